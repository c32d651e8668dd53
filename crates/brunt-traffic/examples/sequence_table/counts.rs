//! Bits per request of what counts foresee: requests by the hour, chains of some order, the mixture of them, and the model.

use brunt_traffic::Session;
use brunt_traffic::fidelity::{Bits, Foreseen, GAP_EDGES_S, OfClass, gap_cell};
use brunt_traffic::model::{Backoff, Behaviour, Chain, Context, Lesson, context};

const HOUR_MS: i64 = 3_600_000;

/// What a table of counts remembers of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// The hour of the day (UTC): what resampling by hour knows.
    Hour,
    /// So many requests before.
    Order(usize),
}

/// Tables of counts of tokens, with the end of a session as one more, and of gaps.
#[derive(Debug)]
struct Counts {
    memory: Memory,
    next: Backoff,
    gap: Backoff,
}

/// One event of a session: contexts and outcome, of what was asked for and of the gap before it.
struct Event {
    next: (Vec<Context>, u16),
    gap: Option<([Context; 3], u16)>,
}

impl Memory {
    /// The events of a session and its end; `end` is the token of the end.
    fn events(self, session: &Session, end: u16) -> Vec<Event> {
        let tokens = &session.endpoint;
        let gaps: Vec<i64> = session.gaps_s().collect();
        let event = |i: usize| {
            let next = match self {
                Self::Hour => {
                    let at = session.at_ms[i.min(session.len() - 1)];
                    let hour = u16::try_from(at.div_euclid(HOUR_MS).rem_euclid(24)).unwrap_or(0);
                    vec![context(&[1, hour]), context(&[0])]
                }
                Self::Order(order) => (0..=order)
                    .rev()
                    .map(|order| {
                        let before = |back: usize| i.checked_sub(back).map_or(end, |at| tokens[at]);
                        let mut parts: Vec<u16> = vec![u16::try_from(order).unwrap_or(0)];
                        parts.extend((1..=order).map(before));
                        context(&parts)
                    })
                    .collect(),
            };
            let token = tokens.get(i).copied().unwrap_or(end);
            let gap = (i > 0 && i < tokens.len()).then(|| {
                let known = match self {
                    Self::Hour | Self::Order(0) => [context(&[0]); 3],
                    Self::Order(_) => {
                        [context(&[2, tokens[i - 1], token]), context(&[1, token]), context(&[0])]
                    }
                };
                (known, u16::from(gap_cell(gaps[i - 1])))
            });
            Event { next: (next, token), gap }
        };
        (0..=tokens.len()).map(event).collect()
    }
}

impl Counts {
    fn of<'a>(memory: Memory, sessions: impl Iterator<Item = &'a Session>, end: u16) -> Self {
        let levels = match memory {
            Memory::Hour => 2,
            Memory::Order(order) => order + 1,
        };
        let mut counts = Self { memory, next: Backoff::with_levels(levels), gap: Backoff::with_levels(3) };
        for event in sessions.flat_map(|session| memory.events(session, end)) {
            counts.next.add(&event.next.0, event.next.1);
            if let Some((contexts, cell)) = event.gap {
                counts.gap.add(&contexts, cell);
            }
        }
        counts
    }

    fn foresee(&self, session: &Session, end: u16) -> Vec<Foreseen> {
        let foreseen = |event: Event| Foreseen {
            token: self.next.chance(&event.next.0, event.next.1, usize::from(end) + 1),
            gap: event.gap.map(|(contexts, cell)| self.gap.chance(&contexts, cell, GAP_EDGES_S.len() - 1)),
        };
        self.memory.events(session, end).into_iter().map(foreseen).collect()
    }
}

/// Bits of one table for all sessions.
pub(crate) fn one_table(memory: Memory, learnt: &[Session], held: &[Session], end: u16) -> Bits {
    let counts = Counts::of(memory, learnt.iter(), end);
    let mut bits = Bits::default();
    for session in held {
        let steps = counts.foresee(session, end);
        bits.add(session.len(), &[OfClass { share: 1.0, length: 1.0, steps }]);
    }
    bits
}

/// How far a class is believed beside what all sessions have in common.
const OWN: f64 = 0.9;

fn blend(own: Vec<Foreseen>, all: &[Foreseen]) -> Vec<Foreseen> {
    let both = |own: f64, all: f64| OWN * own + (1.0 - OWN) * all;
    let blended = own.into_iter().zip(all).map(|(own, all)| Foreseen {
        token: both(own.token, all.token),
        gap: own.gap.zip(all.gap).map(|(own, all)| both(own, all)),
    });
    blended.collect()
}

/// Bits of a table for each class, a tenth of each mixed from a table of all, as the reference has it.
pub(crate) fn table_by_class(memory: Memory, lesson: &Lesson, held: &[Session], end: u16) -> Bits {
    let all = Counts::of(memory, lesson.sessions.iter(), end);
    let own: Vec<Counts> = (0..lesson.behaviour.classes.len())
        .map(|k| {
            let members = lesson.sessions.iter().zip(&lesson.class).filter(|(_, of)| usize::from(**of) == k);
            Counts::of(memory, members.map(|(session, _)| session), end)
        })
        .collect();
    let mut bits = Bits::default();
    for session in held {
        let common = all.foresee(session, end);
        let of = own.iter().zip(&lesson.behaviour.classes).map(|(counts, class)| OfClass {
            share: class.share,
            length: 1.0,
            steps: blend(counts.foresee(session, end), &common),
        });
        bits.add(session.len(), &of.collect::<Vec<_>>());
    }
    bits
}

/// The share of lengths that no session had, by 1 / (n (n + 1)), which is 1 in sum.
const UNSEEN: f64 = 0.001;

/// Shares and lengths of the classes, with steps still to be told.
pub(crate) fn classes(behaviour: &Behaviour, length: usize) -> impl Iterator<Item = OfClass> {
    let n = length as f64;
    behaviour.classes.iter().map(move |class| OfClass {
        share: class.share,
        length: (1.0 - UNSEEN) * class.length.chance_between(n) + UNSEEN / (n * (n + 1.0)),
        steps: Vec::new(),
    })
}

/// Bits of the model's chain; where there is a chain of a single class, a tenth of each class is mixed from that.
pub(crate) fn model(behaviour: &Behaviour, common: Option<&Chain>, held: &[Session], tokens: usize) -> Bits {
    let mut bits = Bits::default();
    for session in held {
        let all = common.map(|chain| chain.foresee(0, session, tokens));
        let of = classes(behaviour, session.len()).zip(0..).map(|(class, k)| {
            let own = behaviour.chain.foresee(k, session, tokens);
            let steps = match &all {
                Some(all) => blend(own, all),
                None => own,
            };
            OfClass { steps, ..class }
        });
        bits.add(session.len(), &of.collect::<Vec<_>>());
    }
    bits
}
