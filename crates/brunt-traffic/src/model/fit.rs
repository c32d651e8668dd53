//! Learning a model from a trace.

use super::chain::Teacher;
use super::sources;
use super::{Behaviour, Cascade, Class, Law, bundles, mixture};
use crate::random::Random;
use crate::trace::{Session, Stretch, Trace};
use std::collections::BTreeMap;

/// How a model is learnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitSettings {
    /// Kinds of sessions at most.
    pub classes: usize,
    /// A pause that ends a session, in milliseconds.
    pub session_gap_ms: i64,
    /// Contexts that were seen less often are forgotten.
    pub least_seen: u32,
    /// Chance in fitting: the same seed gives the same model.
    pub seed: u64,
}

impl Default for FitSettings {
    fn default() -> Self {
        Self { classes: 24, session_gap_ms: 1_800_000, least_seen: 1, seed: 1 }
    }
}

/// Fewer requests than this are no source of their own.
const FEWEST_OF_SOURCE: usize = 200;
/// So many sessions for each class that is told apart.
const SESSIONS_PER_CLASS: usize = 100;

/// Learns from a trace with endpoints below `endpoints`; `addresses` says which clients are of one address.
pub fn fit(
    trace: &Trace,
    observed: &[Stretch],
    addresses: &[u32],
    endpoints: u16,
    settings: &FitSettings,
) -> Behaviour {
    let mut random = Random::new(&[settings.seed, 1]);
    let persistent = persistent(trace, observed);
    let sources = learn_sources(trace, observed, addresses, &persistent, endpoints);
    let mut come_and_go = trace.sessions(settings.session_gap_ms);
    come_and_go.retain(|s| !persistent[s.client as usize]);
    let (bundles, folded) = bundles::learn(&come_and_go, endpoints, &mut random);
    let tokens = usize::from(endpoints) + bundles.0.len();
    let kinds = settings.classes.min(folded.len() / SESSIONS_PER_CLASS).max(1);
    let class = mixture::classes(&folded, tokens, kinds, &mut random);
    let mut teacher = Teacher::new();
    for (session, class) in folded.iter().zip(&class) {
        teacher.add(*class, session);
    }
    let classes = (0..kinds).map(|k| one_class(k, &come_and_go, &folded, &class, observed)).collect();
    Behaviour { endpoints, sources, bundles, classes, chain: teacher.finish(settings.least_seen) }
}

fn persistent(trace: &Trace, observed: &[Stretch]) -> Vec<bool> {
    let mut requests = vec![0; trace.clients];
    trace.client.iter().for_each(|c| requests[*c as usize] += 1);
    let there = trace.persistent(observed);
    there.iter().zip(requests).map(|(there, n)| *there && n >= FEWEST_OF_SOURCE).collect()
}

fn learn_sources(
    trace: &Trace,
    observed: &[Stretch],
    addresses: &[u32],
    persistent: &[bool],
    endpoints: u16,
) -> Vec<super::Source> {
    // Agents of an address, numbered within it.
    let mut by_address: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for client in (0..persistent.len()).filter(|c| persistent[*c]) {
        by_address.entry(addresses.get(client).copied().unwrap_or(u32::MAX)).or_default().push(client);
    }
    let mut sources = Vec::new();
    for clients in by_address.into_values() {
        let agent = |row: usize| clients.binary_search(&(trace.client[row] as usize)).ok();
        let calls: Vec<_> = (0..trace.len())
            .filter_map(|row| agent(row).map(|a| (trace.at_ms[row], trace.endpoint[row], a)))
            .collect();
        let others = trace.filtered(|row| agent(row).is_none());
        sources.extend(sources::learn(&calls, clients.len(), &others, observed, endpoints));
    }
    sources
}

fn one_class(k: usize, whole: &[Session], folded: &[Session], class: &[u16], observed: &[Stretch]) -> Class {
    let of = |i: &usize| usize::from(class[*i]) == k;
    let members: Vec<usize> = (0..class.len()).filter(of).collect();
    let begins: Vec<i64> = members.iter().map(|i| whole[*i].start_ms()).collect();
    let mut last: BTreeMap<u32, i64> = BTreeMap::new();
    let mut pauses = Vec::new();
    for i in &members {
        let session = &whole[*i];
        let end = session.at_ms.last().copied().unwrap_or_default();
        if let Some(before) = last.insert(session.client, end) {
            pauses.push((session.start_ms() - before) as f64 / 1_000.0);
        }
    }
    Class {
        share: members.len() as f64 / class.len().max(1) as f64,
        length: Law::of(members.iter().map(|i| folded[*i].len() as f64).collect()),
        arrivals: Cascade::learn(&begins, observed),
        returning: pauses.len() as f64 / members.len().max(1) as f64,
        pause_s: Law::of(pauses),
    }
}
