//! Whether traffic that goes on is still what a model learnt: the last hours of a log, judged again and again by the measures of [`likeness`](crate::likeness).
//!
//! [`Limits`] say from where on a measure is drift: as given, as a log from when all was well shows, or as the measures themselves say.

use crate::likeness::{Aspect, Judged, Likeness, likeness, limits};
use crate::part::Part;
use crate::site::Site;
use std::collections::BTreeMap;

/// Fewer requests in a window are too few to tell anything by.
const FEWEST_REQUESTS: usize = 100;
/// Fewer windows do not show how far measures scatter when all is well.
const FEWEST_WINDOWS: usize = 4;
/// More windows of a reference are not judged: the last so many are.
const MOST_WINDOWS: i64 = 48;
/// How many standard deviations above the mean of the reference a measure must be.
const DEVIATIONS: f64 = 4.0;

/// From where on a measure is drift.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Limits {
    /// Where its verdict is [`Verdict::Apart`](crate::Verdict).
    #[default]
    Verdicts,
    /// Above these; measures that are not among them are not looked at.
    Given(BTreeMap<Aspect, f64>),
}

/// A measure that is above its limit.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Crossed {
    /// What it is about.
    pub aspect: Aspect,
    /// What it comes to.
    pub value: f64,
    /// What it may come to.
    pub limit: f64,
}

impl Limits {
    /// As a log from when all was well shows, judged in windows of `window_ms` as it will be: what no window of it reaches, and at least four standard
    /// deviations above their mean. `None` where it holds fewer than four windows with a hundred requests.
    pub fn of_reference(
        reference: &Part,
        site: &Site,
        window_ms: i64,
        (draws, seed): (u16, u64),
    ) -> Option<Self> {
        let end = reference.last_ms()?;
        let mut seen: BTreeMap<Aspect, Vec<f64>> = BTreeMap::new();
        let mut windows = 0;
        for nth in 0..MOST_WINDOWS {
            let to = end + 1 - nth * window_ms;
            let Some(look) = look(&reference.between(to - window_ms, to), site, (draws, seed)) else {
                continue;
            };
            windows += 1;
            for measure in look.measures.iter().filter(|m| m.value.is_finite()) {
                seen.entry(measure.aspect).or_default().push(measure.value);
            }
        }
        if windows < FEWEST_WINDOWS {
            return None;
        }
        let limit = |values: Vec<f64>| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
            values.iter().copied().fold(DEVIATIONS.mul_add(variance.sqrt(), mean), f64::max)
        };
        Some(Self::Given(seen.into_iter().map(|(aspect, values)| (aspect, limit(values))).collect()))
    }

    /// The measures that are above their limits. What could not be measured is not.
    pub fn crossed(&self, look: &Likeness) -> Vec<Crossed> {
        let above = look.measures.iter().filter_map(|m| {
            let limit = match self {
                Self::Verdicts => limits(m.aspect, m.floor).1,
                Self::Given(given) => *given.get(&m.aspect)?,
            };
            (m.value > limit).then_some(Crossed { aspect: m.aspect, value: m.value, limit })
        });
        above.collect()
    }
}

/// Judges a model by a window of a log; `None` where it holds too few requests. `draws` of the model are judged.
pub fn look(window: &Part, site: &Site, (draws, seed): (u16, u64)) -> Option<Likeness> {
    let observed = window.clone().observed();
    (observed.events.len() >= FEWEST_REQUESTS).then(|| likeness(&observed, &Judged::Model(site, draws), seed))
}

/// Requests that a model expects in a stretch of time, in milliseconds since 1970 UTC: what silence is to be held against.
pub fn expected(site: &Site, from_ms: i64, to_ms: i64) -> f64 {
    let minutes = (from_ms.div_euclid(60_000)..to_ms.div_euclid(60_000)).take(7 * 24 * 60);
    minutes.map(|minute| site.learnt.week[crate::site::hour_of_week(minute * 60_000)] / 60.0).sum()
}
