//! Learning a model from a trace.

use super::bundles::MOST_BUNDLES;
use super::triggered::{Call, Triggered};
use super::{Behaviour, Cascade, Chain, Class, Fleet, Law, Periodic, Source, bundles, mixture};
use crate::observe::{Client, ClientKind};
use crate::random::Random;
use crate::trace::{HOUR_MS, SESSION_GAP_MS, Session, Stretch, Trace, total_ms};
use std::collections::BTreeMap;

/// How a model is learnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitSettings {
    /// Kinds of sessions at most.
    pub classes: usize,
    /// A pause that ends a session, in milliseconds.
    pub session_gap_ms: i64,
    /// Kinds of bundles at most; with 0 every request stands for itself.
    pub bundles: usize,
    /// Contexts that were seen less often are forgotten.
    pub least_seen: u32,
    /// Chance in fitting: the same seed gives the same model.
    pub seed: u64,
}

impl Default for FitSettings {
    fn default() -> Self {
        Self { classes: 24, session_gap_ms: SESSION_GAP_MS, bundles: MOST_BUNDLES, least_seen: 1, seed: 1 }
    }
}

/// Fewer requests than this are no source of their own.
const FEWEST_OF_SOURCE: usize = 200;
/// So many sessions for each class that is told apart.
const SESSIONS_PER_CLASS: usize = 100;

/// A model, and what its chain was taught: enough to teach something else the same.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The model.
    pub behaviour: Behaviour,
    /// The sessions of all who come and go, with bundles as one token each, by when they began.
    pub sessions: Vec<Session>,
    /// The class of each of them.
    pub class: Vec<u16>,
}

/// Learns from a trace with endpoints below `endpoints`; `clients` says who its clients are.
pub fn fit(
    trace: &Trace,
    observed: &[Stretch],
    clients: &[Client],
    endpoints: u16,
    settings: &FitSettings,
) -> Behaviour {
    lesson(trace, observed, clients, endpoints, settings).behaviour
}

/// [`fit`], with the sessions that the chain learnt from.
pub fn lesson(
    trace: &Trace,
    observed: &[Stretch],
    clients: &[Client],
    endpoints: u16,
    settings: &FitSettings,
) -> Lesson {
    let mut random = Random::new(&[settings.seed, 1]);
    let (mut sources, steady) = learn_sources(trace, observed, clients, endpoints);
    let mut come_and_go = trace.sessions(settings.session_gap_ms);
    come_and_go.retain(|s| !steady[s.client as usize]);
    let (bundles, folded) = bundles::learn(&come_and_go, endpoints, settings.bundles, &mut random);
    let tokens = usize::from(endpoints) + bundles.0.len();
    let (fleet, fleets) = fleets(&come_and_go, trace, observed, clients);

    // Fleets have classes of their own, behind those of the crowd.
    let mut class = vec![0_u16; folded.len()];
    let mut classes = 0;
    for of in std::iter::once(None).chain((0..fleets).map(Some)) {
        let members: Vec<usize> = (0..folded.len()).filter(|i| fleet[*i] == of).collect();
        let most = if of.is_none() { settings.classes } else { CLASSES_OF_FLEET };
        let kinds = most.min(members.len() / SESSIONS_PER_CLASS).max(1);
        let own: Vec<Session> = members.iter().map(|i| folded[*i].clone()).collect();
        for (i, k) in members.iter().zip(mixture::classes(&own, tokens, kinds, &mut random)) {
            class[*i] = classes + k;
        }
        if of.is_some() {
            let own: Vec<_> = members.iter().map(|i| (&come_and_go[*i], class[*i])).collect();
            sources.push(Source::Fleet(Fleet::learn(&own, observed, settings.session_gap_ms)));
        }
        classes += u16::try_from(kinds).unwrap_or(1);
    }
    let chain = Chain::learn(class.iter().copied().zip(&folded), settings.least_seen);
    let crowd = |k: u16| (0..class.len()).any(|i| class[i] == k && fleet[i].is_none());
    let classes =
        (0..classes).map(|k| one_class((k, crowd(k)), (&come_and_go, &folded), &class, observed)).collect();
    let behaviour = Behaviour { endpoints, sources, bundles, classes, chain };
    Lesson { behaviour, sessions: folded, class }
}

/// Kinds of sessions that a fleet has at most.
const CLASSES_OF_FLEET: usize = 6;

/// Which fleet each session is of, and how many fleets there are: agents that do not claim to be people, or clients that are always there, in a quarter
/// of the hours or more.
fn fleets(
    sessions: &[Session],
    trace: &Trace,
    observed: &[Stretch],
    clients: &[Client],
) -> (Vec<Option<usize>>, usize) {
    let there = trace.persistent(observed);
    let hours = total_ms(observed) as f64 / HOUR_MS as f64;
    let mut by_agent: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, session) in sessions.iter().enumerate() {
        let client = session.client as usize;
        let Some(who) = clients.get(client) else { continue };
        if there[client] || who.kind != ClientKind::People {
            by_agent.entry(who.agent).or_default().push(i);
        }
    }
    let mut fleet = vec![None; sessions.len()];
    let mut count = 0;
    for members in by_agent.into_values() {
        let requests: usize = members.iter().map(|i| sessions[*i].len()).sum();
        let mut seen: Vec<i64> =
            members.iter().flat_map(|i| &sessions[*i].at_ms).map(|at| at.div_euclid(HOUR_MS)).collect();
        seen.sort_unstable();
        seen.dedup();
        if requests >= FEWEST_OF_SOURCE && seen.len() as f64 >= 0.25 * hours {
            for i in members {
                fleet[i] = Some(count);
            }
            count += 1;
        }
    }
    (fleet, count)
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
    let persistent = |c: &usize| there[*c] && rows[*c].len() >= FEWEST_OF_SOURCE && *c < clients.len();
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
    let observed_ms = total_ms(observed);
    for of_address in by_address.values().filter(|of| of.len() > 1) {
        let agent = |row: usize| of_address.binary_search(&(trace.client[row] as usize)).ok();
        let calls: Vec<Call> = (0..trace.len())
            .filter_map(|row| agent(row).map(|a| (trace.at_ms[row], trace.endpoint[row], a)))
            .collect();
        let others = trace.filtered(|row| agent(row).is_none());
        if let Some(set_off) = Triggered::learn(&calls, &others, observed_ms, endpoints) {
            sources.push(Source::Triggered(set_off));
            for client in of_address {
                steady[*client] = true;
            }
        }
    }
    (sources, steady)
}

fn one_class(
    (k, crowd): (u16, bool),
    (whole, folded): (&[Session], &[Session]),
    class: &[u16],
    observed: &[Stretch],
) -> Class {
    let of = |i: &usize| class[*i] == k;
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
        arrivals: crowd.then(|| Cascade::learn(&begins, observed)),
        returning: pauses.len() as f64 / members.len().max(1) as f64,
        pause_s: Law::of(pauses),
    }
}
