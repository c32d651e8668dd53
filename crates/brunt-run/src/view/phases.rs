//! For how long scenarios were in each phase: what rates divide by.

use crate::PhaseChange;
use brunt_metrics::{Nanos, Phase, ScenarioId, Second};
use std::collections::BTreeMap;

/// Closed and open spans of time, per phase, of each scenario and of any.
#[derive(Clone, Debug, Default)]
pub(super) struct PhaseClock {
    scenarios: BTreeMap<ScenarioId, Spans>,
    any: Spans,
    /// How many scenarios are in each phase.
    within: [u64; 3],
    /// Load phases that have ended since the last second: that second still had load.
    load_ended: bool,
    /// Seconds with a request of each phase: the measure of last resort.
    seconds_seen: [u64; 3],
    told: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spans {
    closed: [Nanos; 3],
    open: [Option<Nanos>; 3],
}

impl Spans {
    fn begin(&mut self, phase: Phase, at: Nanos) {
        self.open[phase as usize] = Some(at);
    }

    fn end(&mut self, at: Nanos) {
        for phase in [Phase::WarmUp, Phase::Load, Phase::CoolDown] {
            self.end_phase(phase, at);
        }
    }

    fn end_phase(&mut self, phase: Phase, at: Nanos) {
        if let Some(begin) = self.open[phase as usize].take() {
            self.closed[phase as usize] = self.closed[phase as usize] + (at - begin);
        }
    }

    fn measured(&self, phase: Phase, now: Nanos) -> Nanos {
        let open = self.open[phase as usize].map_or(Nanos::ZERO, |begin| now - begin);
        self.closed[phase as usize] + open
    }
}

impl PhaseClock {
    pub(super) fn change(&mut self, change: &PhaseChange) {
        self.told = true;
        let own = self.scenarios.entry(change.scenario).or_default();
        for phase in [Phase::WarmUp, Phase::Load, Phase::CoolDown] {
            if own.open[phase as usize].is_some() {
                let within = &mut self.within[phase as usize];
                *within = within.saturating_sub(1);
                self.load_ended |= phase == Phase::Load;
            }
        }
        own.end(change.at);
        if let Some(phase) = change.phase {
            own.begin(phase, change.at);
            self.within[phase as usize] += 1;
        }
        for phase in [Phase::WarmUp, Phase::Load, Phase::CoolDown] {
            match (self.within[phase as usize], self.any.open[phase as usize]) {
                (0, Some(_)) => self.any.end_phase(phase, change.at),
                (1.., None) => self.any.begin(phase, change.at),
                (0, None) | (1.., Some(_)) => {}
            }
        }
    }

    /// Notes a second, and answers whether it had load that counts.
    pub(super) fn counts(&mut self, second: &Second) -> bool {
        let mut seen = [false; 3];
        second.cells.iter().for_each(|cell| seen[cell.key.phase as usize] = true);
        for (count, seen) in self.seconds_seen.iter_mut().zip(seen) {
            *count += u64::from(seen);
        }
        let ended = std::mem::take(&mut self.load_ended);
        if self.told { ended || self.within[Phase::Load as usize] > 0 } else { seen[Phase::Load as usize] }
    }

    pub(super) fn finish(&mut self, at: Nanos) {
        self.scenarios.values_mut().for_each(|spans| spans.end(at));
        self.any.end(at);
        self.within = [0; 3];
    }

    pub(super) fn measured(&self, phase: Phase, now: Nanos) -> Nanos {
        if self.told {
            self.any.measured(phase, now)
        } else {
            Nanos::from_secs(self.seconds_seen[phase as usize])
        }
    }

    pub(super) fn measured_scenario(&self, scenario: ScenarioId, phase: Phase, now: Nanos) -> Nanos {
        self.scenarios.get(&scenario).map_or(Nanos::ZERO, |spans| spans.measured(phase, now))
    }
}
