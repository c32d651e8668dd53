//! Two readings of a page of metrics, and what happened between them. Pure.
//!
//! Gauges are as they are. Counters become rates over the time between the readings; one that is lower than before was
//! reset, and counts from 0, as Prometheus has it. Of histograms and summaries come the rate of what they counted and the
//! mean of what they counted between the readings; quantiles that a summary serves are shown as served (its window is the
//! page's own), and buckets are left out: a quantile of them needs a query to Prometheus.

use crate::reading::{MAX_FIGURES, Reading, Readings, kind_of, labelled, unit_of, unit_of_rate};
use crate::text::{Page, Sample, Type};
use brunt_run::{ResourceKind, ResourceUnit};
use brunt_workload::{LabelPick, Must, SeriesPick};
use std::collections::HashMap;

/// What was counted at the reading before, by series.
type Counted = HashMap<String, f64>;

/// The reading before.
#[derive(Debug, Default)]
pub(crate) struct Before {
    counted: Option<Counted>,
}

/// What happened since `before`, `seconds` ago, which becomes this reading.
pub(crate) fn readings(page: &Page, select: &[SeriesPick], before: &mut Before, seconds: f64) -> Readings {
    let mut now = Counted::new();
    let mut out = Readings::default();
    let mut left_out = 0_usize;
    for sample in page.samples.iter().filter(|s| is_picked(page, s, select)) {
        let Some(what) = What::of(page, sample, select) else { continue };
        if out.all.len() + what.figures() > MAX_FIGURES {
            left_out += 1;
            continue;
        }
        let change = Change { page, before: before.counted.as_ref(), now: &mut now, seconds };
        change.read(sample, what, &mut out.all);
    }
    if left_out > 0 {
        let text = format!(
            "{left_out} of its series are left out: {MAX_FIGURES} figures are the most of a source; name those that matter \
             with `select`"
        );
        out.notes.push(text);
    }
    before.counted = Some(now);
    out
}

/// How a sample is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What<'s> {
    Gauge,
    Counter,
    /// How often a histogram or summary counted, by its family.
    Count(&'s str),
}

impl<'s> What<'s> {
    /// `None` for what is no figure of its own.
    fn of(page: &Page, sample: &'s Sample, select: &[SeriesPick]) -> Option<Self> {
        let name = sample.name.as_str();
        if let Some(family) = page.family_of(name, "_count") {
            return Some(Self::Count(family));
        }
        let part = ["_sum", "_bucket", "_created"].iter().any(|end| page.family_of(name, end).is_some());
        let bucket = sample.labels.iter().any(|(label, _)| label == "le");
        // What never changes is looked at only by those who ask for it.
        let fixed = select.is_empty() && (name.ends_with("_info") || name.ends_with("_created"));
        if part || bucket || fixed {
            return None;
        }
        Some(match page.type_of(name) {
            Type::Counter => Self::Counter,
            Type::Gauge | Type::Summary | Type::Histogram => Self::Gauge,
            Type::Unknown if name.ends_with("_total") => Self::Counter,
            Type::Unknown => Self::Gauge,
        })
    }

    const fn figures(self) -> usize {
        match self {
            Self::Gauge | Self::Counter => 1,
            Self::Count(_) => 2,
        }
    }
}

/// What a reading is held against.
struct Change<'a> {
    page: &'a Page,
    before: Option<&'a Counted>,
    now: &'a mut Counted,
    seconds: f64,
}

impl Change<'_> {
    fn read(mut self, sample: &Sample, what: What<'_>, out: &mut Vec<Reading>) {
        match what {
            What::Gauge => {
                let unit = unit_of(&sample.name);
                let name = labelled(&sample.name, &sample.labels);
                let kind = kind_of(&sample.name, unit);
                out.push(Reading::new(&name, unit, kind, sample.value).up_to(limit(self.page, sample)));
            }
            What::Counter => {
                let unit = unit_of_rate(&sample.name);
                let name = labelled(&sample.name, &sample.labels);
                let kind = kind_of(&sample.name, unit);
                let rate = self.since(&name, sample.value).map_or(f64::NAN, |d| d / self.seconds);
                out.push(Reading::new(&name, unit, kind, rate));
            }
            What::Count(family) => self.count(family, sample, out),
        }
    }

    fn count(&mut self, family: &str, sample: &Sample, out: &mut Vec<Reading>) {
        let name = labelled(family, &sample.labels);
        let sum = format!("{family}_sum");
        let sum = self.page.samples.iter().find(|s| s.name == sum && s.labels == sample.labels);
        let counted = self.since(&format!("{name} count"), sample.value);
        let summed = sum.and_then(|s| self.since(&format!("{name} sum"), s.value));
        let rate = counted.map_or(f64::NAN, |c| c / self.seconds);
        let mean = counted.zip(summed).filter(|(c, _)| *c > 0.0).map_or(f64::NAN, |(c, s)| s / c);
        let unit = unit_of(family);
        let named = |end: &str| format!("{name} {end}");
        out.push(Reading::new(&named("rate"), ResourceUnit::PerSecond, ResourceKind::Other, rate));
        out.push(Reading::new(&named("mean"), unit, kind_of(family, unit), mean));
    }

    /// By how much a count grew; `None` at its first reading.
    fn since(&mut self, key: &str, value: f64) -> Option<f64> {
        self.now.insert(key.to_owned(), value);
        let before = *self.before?.get(key)?;
        // A counter that fell began anew.
        Some(if value < before { value } else { value - before })
    }
}

/// What a gauge can at most be, where a gauge beside it says so: `_used` of `_total`, `_size` of `_capacity`.
fn limit(page: &Page, sample: &Sample) -> Option<f64> {
    const PAIRS: [(&str, &[&str]); 4] = [
        ("_used", &["_total", "_limit", "_max"]),
        ("_size", &["_capacity", "_limit", "_max"]),
        ("_open_fds", &["_max_fds"]),
        ("_current", &["_limit", "_max"]),
    ];
    let siblings = PAIRS.iter().filter(|(part, _)| sample.name.contains(part));
    let names: Vec<String> = siblings
        .flat_map(|(part, ends)| ends.iter().map(move |end| sample.name.replace(part, end)))
        .collect();
    let sibling = |name: &String| page.samples.iter().find(|s| s.name == *name && s.labels == sample.labels);
    names.iter().find_map(sibling).map(|s| s.value)
}

fn is_picked(page: &Page, sample: &Sample, select: &[SeriesPick]) -> bool {
    let family = ["_sum", "_count", "_bucket"].iter().find_map(|end| page.family_of(&sample.name, end));
    let names = [Some(sample.name.as_str()), family];
    let fits = |pick: &SeriesPick| {
        names.iter().flatten().any(|name| matches(&pick.name, name))
            && pick.labels.iter().all(|label| holds(label, &sample.labels))
    };
    select.is_empty() || select.iter().any(fits)
}

/// A label that is not there is as one that is empty.
fn holds(pick: &LabelPick, labels: &[(String, String)]) -> bool {
    let value = labels.iter().find(|(label, _)| *label == pick.label).map_or("", |(_, value)| value);
    match pick.must {
        Must::Be => matches(&pick.value, value),
        Must::NotBe => !matches(&pick.value, value),
    }
}

/// Whether `pattern`, in which `*` stands for any characters, is all of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
