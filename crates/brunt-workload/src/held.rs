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
        let mut shares = self.scenarios.iter().filter_map(|s| share(&s.arrivals, &s.supply, by)).peekable();
        shares.peek()?;
        shares.sum()
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
            }
            scenario.start = StartAt::Offset(Nanos::ZERO);
            scenario.warm_up = hold.warm_up;
            scenario.cool_down = Nanos::ZERO;
            scenario.stop = Stop { grace: hold.grace, ..Stop::after(lasts) };
        }
        Some(held)
    }
}

/// A scenario's part of the peak load. The outer `None`: it is of the other kind; the inner: it has no rate.
fn share(arrivals: &Arrivals, supply: &Supply, by: HeldBy) -> Option<Option<f64>> {
    match (by, arrivals.is_open()) {
        (HeldBy::Rate, true) => Some(match arrivals {
            Arrivals::Constant(_) | Arrivals::Ramp(_) | Arrivals::Poisson(_) => arrivals.peak_rate(),
            Arrivals::Closed | Arrivals::Bursts { .. } | Arrivals::Replay { .. } => None,
        }),
        (HeldBy::Users, false) => Some(Some(f64::from(supply.max_users()))),
        (HeldBy::Rate, false) | (HeldBy::Users, true) => None,
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
