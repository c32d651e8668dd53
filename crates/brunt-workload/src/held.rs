//! A workload held at a level load: what a search for the limit asks for, trial by trial.
//!
//! The plan says what users do and how the load is shared out over its scenarios; the search says how much. Nothing else of
//! the plan's course is kept: no ramps, no scenario after another.

use crate::{Arrivals, Rate, RateRamp, StartAt, Stop, Supply, Workload};
use brunt_metrics::Nanos;

/// What a load is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// Iterations a second of all open scenarios together.
    Rate,
    /// Users of all closed scenarios together.
    Users,
}

/// A level load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hold {
    /// How much: above 0.
    pub load: f64,
    /// Of what.
    pub by: HeldBy,
    /// The first part, measured apart.
    pub warm_up: Nanos,
    /// How long it lasts after that.
    pub lasts: Nanos,
    /// How long iterations may go on after the end.
    pub grace: Nanos,
}

/// Rates are asked for in events per so much time: to a thousandth of one a second.
const RATE_PER: Nanos = Nanos::from_secs(1_000);
/// The same for random arrivals, whose sums must fit: to a tenth of one a second.
const POISSON_PER: Nanos = Nanos::from_secs(10);

impl Workload {
    /// What the plan itself asks for at its peak; `None` if no scenario is of that kind, or if one has no rate of its own
    /// (bursts, recorded instants).
    pub fn peak_load(&self, by: HeldBy) -> Option<f64> {
        let of_kind = |s: &&crate::Scenario| s.arrivals.is_open() == (by == HeldBy::Rate);
        let mut own = self.scenarios.iter().filter(of_kind).peekable();
        own.peek()?;
        own.map(|s| own_peak(&s.arrivals, &s.supply)).sum()
    }

    /// The same users doing the same things, at a level load: every scenario of the kind has its share of it, by what the plan
    /// asks for at its peak. Scenarios of the other kind keep their peak. All start at once. `None` where
    /// [`Workload::peak_load`] is, or is 0.
    pub fn held(&self, hold: &Hold) -> Option<Self> {
        let peak = self.peak_load(hold.by).filter(|peak| *peak > 0.0)?;
        let factor = hold.load / peak;
        let mut held = self.clone();
        for scenario in &mut held.scenarios {
            let lasts = hold.warm_up + hold.lasts;
            let own = |by| if by == hold.by { factor } else { 1.0 };
            if scenario.arrivals.is_open() {
                let rate = scenario.arrivals.peak_rate()? * own(HeldBy::Rate);
                scenario.arrivals = level(&scenario.arrivals, rate, lasts)?;
            } else {
                let users = f64::from(scenario.supply.max_users()) * own(HeldBy::Users);
                scenario.supply = Supply::Fixed(whole(users));
                for (_, count) in &mut scenario.class_shares.fixed {
                    *count = whole(f64::from(*count) * own(HeldBy::Users));
                }
            }
            scenario.start = StartAt::Offset(Nanos::ZERO);
            scenario.warm_up = hold.warm_up;
            scenario.cool_down = Nanos::ZERO;
            scenario.stop = Stop { grace: hold.grace, ..Stop::after(lasts) };
        }
        Some(held)
    }
}

/// A scenario's part of the peak load, in iterations a second or in users; `None` if it has no rate.
fn own_peak(arrivals: &Arrivals, supply: &Supply) -> Option<f64> {
    match arrivals {
        Arrivals::Closed => Some(f64::from(supply.max_users())),
        Arrivals::Constant(_) | Arrivals::Ramp(_) | Arrivals::Poisson(_) => arrivals.peak_rate(),
        Arrivals::Bursts { .. } | Arrivals::Replay { .. } => None,
    }
}

/// Arrivals of the same nature at one rate.
fn level(arrivals: &Arrivals, rate: f64, lasts: Nanos) -> Option<Arrivals> {
    let per = |per: Nanos| Rate { count: count(rate * per.as_secs_f64()), per };
    match arrivals {
        Arrivals::Poisson(_) => RateRamp::constant(per(POISSON_PER), lasts).ok().map(Arrivals::Poisson),
        Arrivals::Constant(_) | Arrivals::Ramp(_) => Some(Arrivals::Constant(per(RATE_PER))),
        Arrivals::Closed | Arrivals::Bursts { .. } | Arrivals::Replay { .. } => None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between 1 and what fits")]
fn count(events: f64) -> u64 {
    events.round().clamp(1.0, 9e15) as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between 1 and what fits")]
fn whole(users: f64) -> u32 {
    users.round().clamp(1.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClassShares, Scenario};

    fn scenario(arrivals: Arrivals, supply: Supply) -> Scenario {
        Scenario {
            name: "s".into(),
            start: StartAt::Offset(Nanos::from_secs(9)),
            arrivals,
            supply,
            stop: Stop::after(Nanos::from_secs(60)),
            warm_up: Nanos::ZERO,
            cool_down: Nanos::from_secs(5),
            classes: Vec::new(),
            class_shares: ClassShares::weighted([1]),
        }
    }

    fn workload() -> Workload {
        let ramp =
            RateRamp::new(Rate::per_second(0), &[(Rate::per_second(30), Nanos::from_secs(10))]).unwrap();
        let elastic = Supply::Elastic { initial: 1, cap: 100 };
        let scenarios = vec![
            scenario(Arrivals::Constant(Rate::per_second(10)), elastic.clone()),
            scenario(Arrivals::Ramp(ramp), elastic),
            scenario(Arrivals::Closed, Supply::Spawn { users: 8, rate: Rate::per_second(1) }),
        ];
        Workload { scenarios, ..Workload::default() }
    }

    fn hold(load: f64, by: HeldBy) -> Hold {
        Hold { load, by, warm_up: Nanos::SECOND, lasts: Nanos::from_secs(5), grace: Nanos::SECOND }
    }

    #[test]
    fn a_rate_is_shared_out_as_the_plan_does_at_its_peak() {
        let workload = workload();
        assert_eq!(workload.peak_load(HeldBy::Rate), Some(40.0));
        let held = workload.held(&hold(100.0, HeldBy::Rate)).unwrap();
        let rates: Vec<_> = held.scenarios.iter().map(|s| s.arrivals.peak_rate()).collect();
        assert_eq!(rates, [Some(25.0), Some(75.0), None]);
        assert_eq!(held.scenarios[2].supply, Supply::Fixed(8), "what is not raised stays");
        let first = &held.scenarios[0];
        assert_eq!(first.start, StartAt::Offset(Nanos::ZERO));
        assert_eq!((first.stop.after, first.cool_down), (Some(Nanos::from_secs(6)), Nanos::ZERO));
    }

    #[test]
    fn users_are_raised_by_themselves() {
        let workload = workload();
        assert_eq!(workload.peak_load(HeldBy::Users), Some(8.0));
        let held = workload.held(&hold(20.0, HeldBy::Users)).unwrap();
        assert_eq!(held.scenarios[2].supply, Supply::Fixed(20));
        assert_eq!(held.scenarios[0].arrivals.peak_rate(), Some(10.0));
    }

    #[test]
    fn what_has_no_rate_cannot_be_held() {
        let pause = crate::BurstPause { min: Nanos::SECOND, max: Nanos::SECOND };
        let bursts = scenario(Arrivals::Bursts { size: 5, pause }, Supply::Elastic { initial: 1, cap: 9 });
        let workload = Workload { scenarios: vec![bursts], ..Workload::default() };
        for by in [HeldBy::Rate, HeldBy::Users] {
            assert_eq!(workload.peak_load(by), None);
            assert_eq!(workload.held(&hold(5.0, by)), None);
        }
    }
}
