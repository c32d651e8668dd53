//! Tallies over a run: how often each value came, in all and in the load phase.

use brunt_metrics::{Phase, TALLY_OTHER, TallyId, TallySecond};
use std::collections::BTreeMap;

/// The most values that a view tells apart, of all tallies together: workers bound theirs far below it, and a
/// damaged record must not fill the memory. What comes after counts as `(other)` of its tally.
pub const MAX_TALLIED: usize = 4_096;

/// What was counted by value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyView {
    /// Which.
    pub id: TallyId,
    /// Its name.
    pub name: String,
    /// Values counted: the sum over `values`.
    pub total: u64,
    /// How often each came, most frequent first.
    pub values: Vec<TallyValueView>,
}

/// How often a value came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyValueView {
    /// The value; `(other)` for those past the bound.
    pub value: String,
    /// How often.
    pub count: u64,
}

impl TallyView {
    /// The share of a count of this tally's; `None` of none.
    pub fn share(&self, count: u64) -> Option<f64> {
        (self.total > 0).then(|| count as f64 / self.total as f64)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    counts: BTreeMap<TallyId, BTreeMap<String, [u64; 3]>>,
    distinct: usize,
}

impl Tallies {
    pub(super) fn add(&mut self, more: &TallySecond) {
        let values = self.counts.entry(more.tally).or_default();
        if let Some(counts) = values.get_mut(&more.value) {
            counts[more.phase as usize] += more.count;
            return;
        }
        let value = if self.distinct < MAX_TALLIED { &more.value } else { TALLY_OTHER };
        self.distinct += 1;
        values.entry(value.to_owned()).or_default()[more.phase as usize] += more.count;
    }

    /// Those of `tallies` names in order, and those without a name that were counted; of one phase, or of all.
    pub(super) fn views(&self, names: &[String], phase: Option<Phase>) -> Vec<TallyView> {
        let named = (0..).map(TallyId).zip(names).map(|(id, name)| self.view(id, name.clone(), phase));
        let unnamed = self.counts.keys().filter(|id| usize::from(id.0) >= names.len());
        named.chain(unnamed.map(|id| self.view(*id, format!("(tally {})", id.0), phase))).collect()
    }

    fn view(&self, id: TallyId, name: String, phase: Option<Phase>) -> TallyView {
        let of = |counts: &[u64; 3]| phase.map_or(counts.iter().sum(), |phase| counts[phase as usize]);
        let mut values: Vec<TallyValueView> = self
            .counts
            .get(&id)
            .into_iter()
            .flatten()
            .map(|(value, counts)| TallyValueView { value: value.clone(), count: of(counts) })
            .filter(|v| v.count > 0)
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        TallyView { id, name, total: values.iter().map(|v| v.count).sum(), values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tally: u16, phase: Phase, value: String, count: u64) -> TallySecond {
        TallySecond { tally: TallyId(tally), phase, value, count }
    }

    #[test]
    fn values_are_told_by_phase_and_most_frequent_first() {
        let mut tallies = Tallies::default();
        for (tally, phase, value, count) in [
            (0, Phase::WarmUp, "MISS", 90),
            (0, Phase::Load, "MISS", 10),
            (0, Phase::Load, "HIT", 30),
            (0, Phase::Load, "HIT", 20),
            (2, Phase::Load, "a", 1),
        ] {
            tallies.add(&seen(tally, phase, value.into(), count));
        }
        let names = ["x-cache".to_owned(), "x-upstream".to_owned()];
        let told = |phase| {
            let views = tallies.views(&names, phase);
            let line = |v: &TallyView| {
                let values: Vec<_> = v.values.iter().map(|v| format!("{} {}", v.value, v.count)).collect();
                format!("{} {}: {}", v.name, v.total, values.join(", "))
            };
            views.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(
            told(Some(Phase::Load)),
            ["x-cache 60: HIT 50, MISS 10", "x-upstream 0: ", "(tally 2) 1: a 1"]
        );
        assert_eq!(told(None), ["x-cache 150: MISS 100, HIT 50", "x-upstream 0: ", "(tally 2) 1: a 1"]);
    }

    #[test]
    fn a_view_is_bounded_and_loses_nothing() {
        let mut tallies = Tallies::default();
        for i in 0..2 * MAX_TALLIED {
            tallies.add(&seen(0, Phase::Load, format!("v{i}"), 1));
        }
        let views = tallies.views(&[], None);
        assert_eq!(views[0].values.len(), MAX_TALLIED + 1);
        assert_eq!(views[0].total, 2 * MAX_TALLIED as u64);
        assert_eq!(
            (views[0].values[0].value.as_str(), views[0].values[0].count),
            (TALLY_OTHER, MAX_TALLIED as u64)
        );
    }
}
