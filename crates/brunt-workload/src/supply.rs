//! Who may run iterations: the number of users as a function of time, and each user's own times.

use crate::{Lanes, Rate};
use brunt_metrics::Nanos;

/// The users of a scenario: the second of the three choices that make an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supply {
    /// That many from the start to the end.
    Fixed(u32),
    /// User `v` starts at `v / rate`, until there are `users`.
    Spawn {
        /// How many in the end.
        users: u32,
        /// How fast they come.
        rate: Rate,
    },
    /// The number goes linearly from stage to stage; the last to start is the first to stop.
    Ramp {
        /// Users at the start.
        start: u32,
        /// What follows.
        stages: Vec<UserStage>,
    },
    /// As many as open arrivals need at once: `initial` from the start, more when none is free, never more
    /// than `cap`. An arrival that finds none free at the cap is dropped, and counted.
    Elastic {
        /// Users at the start.
        initial: u32,
        /// The most there may be; above 0.
        cap: u32,
    },
}

/// One stage of [`Supply::Ramp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserStage {
    /// Users at its end.
    pub target: u32,
    /// How long it takes to get there; 0 is a jump.
    pub duration: Nanos,
}

/// A user starts or stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transition {
    /// When, counted from the scenario's start.
    pub at: Nanos,
    /// What happens. Stops sort before starts of the same instant.
    pub change: Change,
    /// To whom: its index among all users of the scenario.
    pub user: u64,
}

/// What a [`Transition`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The user finishes its iteration and leaves.
    Stop,
    /// The user begins.
    Start,
}

impl Supply {
    /// The most users there can be.
    pub fn max_users(&self) -> u32 {
        match self {
            Self::Fixed(users) | Self::Spawn { users, .. } => *users,
            Self::Ramp { start, stages } => stages.iter().map(|s| s.target).fold(*start, u32::max),
            Self::Elastic { cap, .. } => *cap,
        }
    }

    /// How many users the schedule asks for at `at`: `v` runs exactly while `v < users_at(t)`. For
    /// [`Supply::Elastic`] the initial number: the rest depends on the target.
    pub fn users_at(&self, at: Nanos) -> u32 {
        match self {
            Self::Fixed(users) => *users,
            Self::Elastic { initial, .. } => *initial,
            Self::Spawn { users, rate } => {
                let begun = rate.events_before(at + Nanos(1));
                u32::try_from(begun).unwrap_or(u32::MAX).min(*users)
            }
            Self::Ramp { start, stages } => ramp_users(*start, stages, at),
        }
    }

    /// The instants at which the users that `lanes` own start and stop, ascending. A user that stays to the
    /// end has no stop here: that is the scenario's [`Stop`](crate::Stop).
    pub fn transitions(&self, lanes: &Lanes) -> Vec<Transition> {
        let owned = lanes.count_below(u64::from(self.max_users()));
        let users = (0..owned).filter_map(|k| lanes.nth(k));
        let start = |at, user| Transition { at, change: Change::Start, user };
        let mut out: Vec<Transition> = match self {
            Self::Fixed(_) => users.map(|v| start(Nanos::ZERO, v)).collect(),
            Self::Elastic { initial, .. } => {
                users.take_while(|v| v < &u64::from(*initial)).map(|v| start(Nanos::ZERO, v)).collect()
            }
            Self::Spawn { rate, .. } => users.map(|v| start(rate.instant(v), v)).collect(),
            Self::Ramp { start, stages } => users.flat_map(|v| presence(*start, stages, v)).collect(),
        };
        out.sort_unstable();
        out
    }

    /// How long the supply itself lasts; `None` when it has no end of its own.
    pub fn duration(&self) -> Option<Nanos> {
        match self {
            Self::Ramp { stages, .. } => Some(stages.iter().fold(Nanos::ZERO, |sum, s| sum + s.duration)),
            Self::Fixed(_) | Self::Spawn { .. } | Self::Elastic { .. } => None,
        }
    }
}

/// Up: `from + floor((to - from) t / d)`; down: `from - floor((from - to) t / d)`.
fn ramp_users(start: u32, stages: &[UserStage], at: Nanos) -> u32 {
    let (mut from, mut begin) = (start, Nanos::ZERO);
    for stage in stages {
        let end = begin + stage.duration;
        if at < end {
            let change = u128::from(from.abs_diff(stage.target)) * u128::from((at - begin).0)
                / u128::from(stage.duration.0);
            let change = u32::try_from(change).unwrap_or(u32::MAX);
            return if stage.target >= from { from + change } else { from - change };
        }
        (from, begin) = (stage.target, end);
    }
    from
}

/// The starts and stops of user `v` alone, from the same rule as [`ramp_users`]. A start and a stop of one
/// instant (a ramp up to a jump down) cancel out.
fn presence(start: u32, stages: &[UserStage], v: u64) -> Vec<Transition> {
    let mut out: Vec<Transition> = Vec::new();
    let mut change = |at, change| {
        if out.pop_if(|last| last.at == at).is_none() {
            out.push(Transition { at, change, user: v });
        }
    };
    if v < u64::from(start) {
        change(Nanos::ZERO, Change::Start);
    }
    let (mut from, mut begin) = (u64::from(start), Nanos::ZERO);
    for stage in stages {
        let to = u64::from(stage.target);
        // The k-th user of the change comes or goes at the least t with floor(change t / d) >= k.
        let at = |k: u64| {
            let t =
                (u128::from(k) * u128::from(stage.duration.0)).div_ceil(u128::from(from.abs_diff(to)).max(1));
            begin + Nanos(u64::try_from(t).unwrap_or(u64::MAX))
        };
        if (from..to).contains(&v) {
            change(at(v - from + 1), Change::Start);
        } else if (to..from).contains(&v) {
            change(at(from - v), Change::Stop);
        }
        (from, begin) = (to, begin + stage.duration);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_supply() -> impl Strategy<Value = Supply> {
        let stage = (0_u32..30, prop_oneof![Just(0), 0_u64..5_000])
            .prop_map(|(target, ms)| UserStage { target, duration: Nanos::from_millis(ms) });
        let ramp = (0_u32..20, prop::collection::vec(stage, 0..5))
            .prop_map(|(start, stages)| Supply::Ramp { start, stages });
        let spawn =
            (0_u32..50, 1_u64..30).prop_map(|(users, r)| Supply::Spawn { users, rate: Rate::per_second(r) });
        prop_oneof![ramp, spawn, (0_u32..50).prop_map(Supply::Fixed)]
    }

    proptest! {
        /// Played back in order, every start finds its user absent and every stop finds it there.
        #[test]
        fn starts_and_stops_of_a_user_alternate(supply in any_supply()) {
            let mut there = std::collections::BTreeSet::new();
            for t in supply.transitions(&Lanes::all()) {
                let changed =
                    if t.change == Change::Start { there.insert(t.user) } else { there.remove(&t.user) };
                prop_assert!(changed, "{t:?}");
            }
        }

        /// The transitions of all users, played back, give the number that the schedule asks for.
        #[test]
        fn transitions_are_the_curve(supply in any_supply(), at_ms in 0_u64..12_000) {
            let at = Nanos::from_millis(at_ms);
            let running = supply.transitions(&Lanes::all()).iter().filter(|t| t.at <= at).fold(0_i64, |n, t| {
                n + if t.change == Change::Start { 1 } else { -1 }
            });
            prop_assert_eq!(running, i64::from(supply.users_at(at)));
        }

        #[test]
        fn the_parts_of_all_workers_are_the_whole(supply in any_supply(), of in 1_u32..9) {
            let mut parts: Vec<Transition> =
                (0..of).flat_map(|w| supply.transitions(&Lanes::equal(w, of))).collect();
            parts.sort_unstable();
            prop_assert_eq!(parts, supply.transitions(&Lanes::all()));
        }
    }

    #[test]
    fn a_ramp_up_and_down() {
        let stages = [(10, 3_000), (10, 1_000), (0, 0)]
            .map(|(target, ms)| UserStage { target, duration: Nanos::from_millis(ms) });
        let supply = Supply::Ramp { start: 0, stages: stages.to_vec() };
        for (ms, users) in [(0, 0), (299, 0), (300, 1), (2_999, 9), (3_000, 10), (3_999, 10), (4_000, 0)] {
            assert_eq!(supply.users_at(Nanos::from_millis(ms)), users, "{ms} ms");
        }
        assert_eq!(supply.max_users(), 10);
        assert_eq!(supply.duration(), Some(Nanos::from_secs(4)));
    }
}
