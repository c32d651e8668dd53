//! Playing a model.

use super::chain::Steps;
use super::{Behaviour, Class, Source};
use crate::random::Random;
use crate::trace::{DAY_MS, HOUR_MS, Stretch, Trace};
use std::collections::BTreeMap;

/// How a model is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Play {
    /// The same seed gives the same requests.
    pub seed: u64,
    /// Multiplies how many sessions begin.
    pub rate: f64,
    /// Whether times are whole seconds, as in most logs.
    pub whole_seconds: bool,
}

/// One request that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Who; clients that come again keep their number.
    pub client: u32,
    /// Which session.
    pub session: u32,
    /// What.
    pub endpoint: u16,
    /// Whether it leaves together with the one before it of its session.
    pub together: bool,
    /// Whether it is of a client that is always there.
    pub source: bool,
}

/// Requests that were made, by time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// By time.
    pub requests: Vec<Made>,
}

/// Sessions that began so long before a stretch may go on in it.
const LEAD_MS: i64 = 2 * HOUR_MS;

/// Words that keep the streams of draws apart.
const BEGINS: u64 = 1;
const SESSIONS: u64 = 2;
const SOURCES: u64 = 3;
const RETURNS: u64 = 4;

/// Makes the requests of some stretches of time.
pub fn generate(behaviour: &Behaviour, stretches: &[Stretch], play: &Play) -> Drawn {
    let chain = &behaviour.chain;
    generate_by(behaviour, stretches, play, &mut |class, length, random, steps| {
        chain.play(class, length, random, steps);
    })
}

/// Writes a new session of a class and a length over `steps`: milliseconds since its begin, and an endpoint or bundle.
pub type Compose<'a> = dyn FnMut(u16, usize, &mut Random, &mut Steps) + 'a;

/// [`generate`], with something else in place of the chain.
pub fn generate_by(
    behaviour: &Behaviour,
    stretches: &[Stretch],
    play: &Play,
    compose: &mut Compose<'_>,
) -> Drawn {
    let mut maker = Maker {
        behaviour,
        compose,
        stretches,
        play,
        made: Vec::new(),
        clients: 0,
        sessions: 0,
        steps: Vec::new(),
        inner: Vec::new(),
    };
    maker.steady();
    for (k, class) in behaviour.classes.iter().enumerate() {
        maker.class(k as u64, class);
    }
    maker.made.sort_by_key(|m| m.at_ms);
    maker.set_off();
    Drawn { requests: maker.made }
}

impl Drawn {
    /// As a trace.
    pub fn trace(&self) -> Trace {
        Trace::of(self.requests.iter().map(|m| (m.at_ms, u64::from(m.client), m.endpoint)).collect())
    }
}

struct Maker<'a, 'c> {
    behaviour: &'a Behaviour,
    compose: &'a mut Compose<'c>,
    stretches: &'a [Stretch],
    play: &'a Play,
    made: Vec<Made>,
    clients: u32,
    sessions: u32,
    steps: Steps,
    inner: Steps,
}

impl Maker<'_, '_> {
    fn time(&self, at_ms: i64) -> i64 {
        if self.play.whole_seconds { at_ms.div_euclid(1_000) * 1_000 } else { at_ms }
    }

    fn observed(&self, at_ms: i64) -> bool {
        let i = self.stretches.partition_point(|s| s.to_ms <= at_ms);
        self.stretches.get(i).is_some_and(|s| s.holds(at_ms))
    }

    /// Whether what begins then may reach into a stretch: sessions go on that began before.
    fn reaches(&self, begin_ms: i64) -> bool {
        let i = self.stretches.partition_point(|s| s.to_ms <= begin_ms);
        self.stretches.get(i).is_some_and(|s| s.from_ms - LEAD_MS <= begin_ms)
    }

    /// Timers, and clients that are always there.
    fn steady(&mut self) {
        for (i, source) in self.behaviour.sources.iter().enumerate() {
            let mut random = Random::new(&[self.play.seed, SOURCES, i as u64]);
            let (first, whole) = (self.clients, self.play.whole_seconds);
            let time = |at: i64| if whole { at.div_euclid(1_000) * 1_000 } else { at };
            let mut most = 0;
            match source {
                Source::Periodic(timer) => {
                    for stretch in self.stretches {
                        let made = &mut self.made;
                        timer.play(*stretch, &mut random, |(at, endpoint, agent)| {
                            let agent = u32::try_from(agent).unwrap_or(0);
                            most = most.max(agent);
                            let (client, at_ms) = (first + agent, time(at));
                            let session = client;
                            made.push(Made {
                                at_ms,
                                client,
                                session,
                                endpoint,
                                together: false,
                                source: true,
                            });
                        });
                    }
                    self.clients += most + 1;
                    self.sessions = self.clients;
                }
                Source::Fleet(fleet) => {
                    let (behaviour, seed, rate) = (self.behaviour, self.play.seed, self.play.rate);
                    let mut n = 0;
                    fleet.play(self.stretches, rate, &mut random, |begin| {
                        let Some(class) = behaviour.classes.get(usize::from(begin.class)) else {
                            return begin.at_ms;
                        };
                        let mut random = Random::new(&[seed, SESSIONS, SOURCES, i as u64, n]);
                        n += 1;
                        most = most.max(begin.address);
                        self.session((begin.class, class), begin.at_ms, first + begin.address, &mut random)
                    });
                    self.clients += most + 1;
                }
                Source::Triggered(_) => {}
            }
        }
    }

    fn class(&mut self, k: u64, class: &Class) {
        let Some(arrivals) = &class.arrivals else { return };
        let seed = self.play.seed;
        let mut returns = Random::new(&[seed, RETURNS, k]);
        // Who has left, by when.
        let mut gone: BTreeMap<(i64, u32), u32> = BTreeMap::new();
        let first = self.stretches.first().map_or(0, |s| (s.from_ms - LEAD_MS).div_euclid(DAY_MS));
        let last = self.stretches.last().map_or(-1, |s| (s.to_ms - 1).div_euclid(DAY_MS));
        for day in first..=last {
            let word = day.cast_unsigned();
            let begins = arrivals.begins(day, self.play.rate, &mut Random::new(&[seed, BEGINS, k, word]));
            for (i, begin) in begins.into_iter().enumerate() {
                if !self.reaches(begin) {
                    continue;
                }
                let mut random = Random::new(&[seed, SESSIONS, k, word, i as u64]);
                let mut client = None;
                if returns.unit() < class.returning {
                    let pause = class.pause_s.draw(&mut returns).unwrap_or(0.0);
                    #[expect(clippy::cast_possible_truncation, reason = "a pause that was seen")]
                    let by = begin - (pause.max(1_801.0) * 1_000.0) as i64;
                    let who = gone.range(..=(by, u32::MAX)).next_back().map(|(key, who)| (*key, *who));
                    if let Some((key, who)) = who {
                        gone.remove(&key);
                        client = Some(who);
                    }
                }
                let client = client.unwrap_or_else(|| {
                    self.clients += 1;
                    self.clients
                });
                let end = self.session((u16::try_from(k).unwrap_or(0), class), begin, client, &mut random);
                gone.insert((end, client), client);
            }
        }
    }

    /// Plays one session, and says when it ends.
    fn session(&mut self, (k, class): (u16, &Class), begin: i64, client: u32, random: &mut Random) -> i64 {
        self.sessions += 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length that was seen")]
        let length = class.length.draw_between(random).unwrap_or(1.0).max(1.0) as usize;
        (self.compose)(k, length, random, &mut self.steps);
        let (mut shift, mut end) = (0, begin);
        for step in 0..self.steps.len() {
            let (offset, token) = self.steps[step];
            let at = begin + offset + shift;
            match token.checked_sub(self.behaviour.endpoints) {
                None => self.push(at, client, token, false),
                Some(kind) => {
                    if let Some(bundle) = self.behaviour.bundles.0.get(usize::from(kind)) {
                        bundle.play(self.play.whole_seconds, random, &mut self.inner);
                    }
                    for i in 0..self.inner.len() {
                        let (offset, endpoint) = self.inner[i];
                        self.push(at + offset, client, endpoint, i > 0);
                    }
                    shift += self.inner.last().map_or(0, |(offset, _)| *offset);
                }
            }
            end = begin + offset + shift;
        }
        end
    }

    fn push(&mut self, at: i64, client: u32, endpoint: u16, together: bool) {
        if self.observed(at) {
            let (at_ms, session) = (self.time(at), self.sessions);
            self.made.push(Made { at_ms, client, session, endpoint, together, source: false });
        }
    }

    /// Calls that the others set off.
    fn set_off(&mut self) {
        for (i, source) in self.behaviour.sources.iter().enumerate() {
            let Source::Triggered(triggered) = source else { continue };
            let mut random = Random::new(&[self.play.seed, SOURCES, i as u64]);
            let requests: Vec<(i64, u16)> = self.made.iter().map(|m| (m.at_ms, m.endpoint)).collect();
            let (first, mut calls) = (self.clients + 1, Vec::new());
            triggered.play(&requests, &mut random, |call| calls.push(call));
            for (at, endpoint, agent) in calls {
                if !self.observed(at) {
                    continue;
                }
                let client = first + u32::try_from(agent).unwrap_or(0);
                let at_ms = self.time(at);
                self.made.push(Made {
                    at_ms,
                    client,
                    session: client,
                    endpoint,
                    together: false,
                    source: true,
                });
            }
            self.clients = first + u32::try_from(triggered.agents()).unwrap_or(0);
            self.made.sort_by_key(|m| m.at_ms);
        }
    }
}
