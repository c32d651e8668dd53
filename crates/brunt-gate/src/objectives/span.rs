//! When the load that counts began and ended, of each scenario.

use brunt_metrics::{Nanos, Phase, ScenarioId, Second};
use brunt_run::PhaseChange;
use std::collections::BTreeMap;

/// A load phase that begins or ends this close to a second's edge has all of that second: timers fire a little late.
const EDGE: f64 = 0.02;

/// The load phases so far.
#[derive(Clone, Debug, Default)]
pub(super) struct LoadSpans {
    scenarios: BTreeMap<ScenarioId, (Nanos, Option<Nanos>)>,
}

impl LoadSpans {
    pub(super) fn change(&mut self, change: &PhaseChange) {
        if change.phase == Some(Phase::Load) {
            self.scenarios.insert(change.scenario, (change.at, None));
        } else if let Some((_, end @ None)) = self.scenarios.get_mut(&change.scenario) {
            *end = Some(change.at);
        }
    }

    /// When the first load phase began.
    pub(super) fn begin(&self) -> Option<Nanos> {
        self.scenarios.values().map(|(begin, _)| *begin).min()
    }

    /// How much of a second had load of scenarios that `through` lets pass, 0 to 1. Without phases (a torn
    /// record, foreign results), a second with a request of the load phase counts whole.
    pub(super) fn of(&self, second: &Second, through: impl Fn(ScenarioId) -> bool) -> f64 {
        if self.scenarios.is_empty() {
            let seen = second.cells.iter().any(|c| c.key.phase == Phase::Load);
            return f64::from(u8::from(seen));
        }
        let (from, to) = (second.index as f64, second.index as f64 + 1.0);
        let spans = self.scenarios.iter().filter(|(id, _)| through(**id));
        let within = spans.filter_map(|(_, (begin, end))| {
            let begin = begin.as_secs_f64().max(from);
            let end = end.map_or(to, |end| end.as_secs_f64().min(to));
            (end > begin).then_some((begin, end))
        });
        let joined = within.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        joined.map_or(0.0, |(begin, end)| end - begin)
    }
}

/// Whether a second had load throughout.
pub(super) fn is_whole(load: f64) -> bool {
    load > 1.0 - EDGE
}
