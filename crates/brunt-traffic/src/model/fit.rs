//! Learning a model from a trace.

use super::chain::Teacher;
use super::triggered::{Call, Triggered};
use super::{Behaviour, Cascade, Class, Fleet, Law, Periodic, Source, bundles, mixture};
use crate::observe::{Client, ClientKind};
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

/// Learns from a trace with endpoints below `endpoints`; `clients` says who its clients are.
pub fn fit(
    trace: &Trace,
    observed: &[Stretch],
    clients: &[Client],
    endpoints: u16,
    settings: &FitSettings,
) -> Behaviour {
    let mut random = Random::new(&[settings.seed, 1]);
    let (sources, steady) = learn_sources(trace, observed, clients, endpoints);
    let mut come_and_go = trace.sessions(settings.session_gap_ms);
    come_and_go.retain(|s| !steady[s.client as usize]);
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

/// Who is always there, and which clients those are.
fn learn_sources(
    trace: &Trace,
    observed: &[Stretch],
    clients: &[Client],
    endpoints: u16,
) -> (Vec<Source>, Vec<bool>) {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); trace.clients];
    trace.client.iter().enumerate().for_each(|(row, client)| rows[*client as usize].push(row));
    let there = trace.persistent(observed);
    let persistent =
        |c: &usize| there[*c] && rows[*c].len() >= FEWEST_OF_SOURCE && *c < clients.len();
    let mut steady = vec![false; trace.clients];
    let mut sources = Vec::new();

    let mut by_address: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for client in (0..trace.clients).filter(persistent) {
        let calls: Vec<Call> =
            rows[client].iter().map(|row| (trace.at_ms[*row], trace.endpoint[*row], 0)).collect();
        if let Some(timer) = Periodic::learn(&calls, observed) {
            sources.push(Source::Periodic(timer));
            steady[client] = true;
        } else {
            by_address.entry(clients[client].address).or_default().push(client);
        }
    }
    let observed_ms = observed.iter().map(|s| s.length_ms()).sum();
    for of_address in by_address.values().filter(|of| of.len() > 1) {
        let agent = |row: usize| of_address.binary_search(&(trace.client[row] as usize)).ok();
        let calls: Vec<Call> = (0..trace.len())
            .filter_map(|row| agent(row).map(|a| (trace.at_ms[row], trace.endpoint[row], a)))
            .collect();
        let others = trace.filtered(|row| agent(row).is_none());
        if let Some(set_off) = Triggered::learn(&calls, &others, observed_ms, endpoints) {
            sources.push(Source::Triggered(set_off));
            of_address.iter().for_each(|client| steady[*client] = true);
        }
    }
    let mut fleets: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for client in (0..trace.clients.min(clients.len())).filter(|c| !steady[*c]) {
        if persistent(&client) || clients[client].kind != ClientKind::People {
            fleets.entry(clients[client].agent).or_default().push(client);
        }
    }
    for members in fleets.into_values() {
        let mut own: Vec<usize> = members.iter().flat_map(|c| rows[*c].iter().copied()).collect();
        own.sort_unstable();
        if !steady_fleet(&own, trace, observed) {
            continue;
        }
        members.iter().for_each(|client| steady[*client] = true);
        let of = own.iter().map(|row| (trace.at_ms[*row], u64::from(trace.client[*row]), trace.endpoint[*row]));
        sources.push(Source::Fleet(Fleet::learn(&Trace::of(of.collect()), observed)));
    }
    (sources, steady)
}

/// Whether somebody is there in a quarter of the hours, and was to the end: who was gone hours before is taken to be gone.
fn steady_fleet(rows: &[usize], trace: &Trace, observed: &[Stretch]) -> bool {
    let hours = observed.iter().map(|s| s.length_ms()).sum::<i64>() as f64 / 3_600_000.0;
    let mut seen: Vec<i64> = rows.iter().map(|row| trace.at_ms[*row].div_euclid(3_600_000)).collect();
    seen.dedup();
    rows.len() >= FEWEST_OF_SOURCE && seen.len() as f64 >= 0.25 * hours
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
