//! How alike traffic is to a real log: measures with what real days reach among themselves, and words for them.

use crate::fidelity::{Score, Scorer, by_hour, waits};
use crate::model::{Play, generate};
use crate::observe::Observed;
use crate::prepare::{MOST_ENDPOINTS, Vocabulary};
use crate::random::Random;
use crate::site::Site;
use crate::synthetic::Synthetic;
use crate::target::{Target, clean};
use crate::trace::{DAY_MS, HOUR_MS, Stretch, Trace, total_ms};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What is judged.
#[derive(Debug)]
pub enum Judged<'a> {
    /// A model: it is played for the time of the real log, so many times.
    Model(&'a Site, u16),
    /// Generated requests.
    Requests(&'a Synthetic),
    /// Another log, or the requests of a load test.
    Log(&'a Observed),
}

/// What a measure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// Requests in the same time: how many times as many, as doublings.
    Volume,
    /// The shape of the day: divergence of the shares of hours, bits.
    Hours,
    /// The shares of endpoints: divergence, bits.
    Mix,
    /// How many requests sessions have: largest difference of the cumulative distributions.
    Lengths,
    /// Pauses within sessions: the same.
    Gaps,
    /// Three requests in a row: divergence, bits.
    Order,
    /// Burstiness from 1 s to 8,192 s: mean distance of the dispersion curves, doublings.
    Bursts,
    /// Waits at a server that is busy 30 % of the time: distance of the 95th percentiles, doublings.
    Queue,
    /// Distinct targets among as many requests: distance, doublings.
    Parameters,
    /// Windows of five minutes, told apart by a trained discriminator: 0.5 not at all, 1 always.
    Windows,
    /// Sessions, the same.
    Sessions,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Volume,
        Self::Hours,
        Self::Mix,
        Self::Lengths,
        Self::Gaps,
        Self::Order,
        Self::Bursts,
        Self::Queue,
        Self::Parameters,
        Self::Windows,
        Self::Sessions,
    ];

    /// What it is called, in text, JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Hours => "hours",
            Self::Mix => "mix",
            Self::Lengths => "lengths",
            Self::Gaps => "gaps",
            Self::Order => "order",
            Self::Bursts => "bursts",
            Self::Queue => "queue",
            Self::Parameters => "parameters",
            Self::Windows => "windows",
            Self::Sessions => "sessions",
        }
    }
}

/// What a measure comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As real days among themselves.
    Real,
    /// Nearly.
    Close,
    /// Not.
    Apart,
    /// There is too little to tell.
    Unknown,
}

impl Verdict {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Real => "as real days among themselves",
            Self::Close => "close",
            Self::Apart => "not alike",
            Self::Unknown => "too little to tell",
        }
    }
}

/// One measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// What it is about.
    pub aspect: Aspect,
    /// The mean over all draws.
    pub value: f64,
    /// 95 % of draws lie within this of it; of a single draw nothing is known.
    pub spread: Option<f64>,
    /// What real days reach among themselves; nothing is known of a log that is too short.
    pub floor: Option<f64>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// All measures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Likeness {
    /// By aspect.
    pub measures: Vec<Measure>,
    /// The gravest of them.
    pub verdict: Verdict,
    /// What told windows apart, with its share.
    pub window_tells: Vec<(String, f64)>,
    /// What told sessions apart, with its share.
    pub session_tells: Vec<(String, f64)>,
    /// Burstiness by scale, from 1 s by doublings: real, synthetic.
    pub curves: Vec<(f64, f64)>,
    /// Requests an hour by hour of the day: real, synthetic.
    pub hours: Vec<(f64, f64)>,
    /// Shares of endpoints: name, real, synthetic; those with the largest first.
    pub mix: Vec<(String, f64, f64)>,
    /// Requests of sessions, by twenty quantiles from 0.025: real, synthetic.
    pub lengths: Vec<(f64, f64)>,
    /// Pauses within sessions in seconds, likewise.
    pub gaps: Vec<(f64, f64)>,
    /// What to know about it.
    pub notes: Vec<String>,
}

/// Shorter logs have no days to compare among themselves.
const FLOOR_FROM_MS: i64 = 4 * HOUR_MS;

/// One trace to be judged, with the time that it is of and its distinct targets per request.
struct Other {
    trace: Trace,
    observed: Vec<Stretch>,
    distinct: f64,
}

/// Judges traffic by a real log.
pub fn likeness(real: &Observed, judged: &Judged<'_>, seed: u64) -> Likeness {
    let words = Vocabulary::mine(real, MOST_ENDPOINTS, 1, |_| true);
    let names = &words.endpoints.names;
    let trace = words.trace(real);
    let observed = trace.observed();
    let offset_ms = i64::from(real.offset_s) * 1_000;
    let nothing = Trace::default();
    let scorer = Scorer::new(&trace, &observed, names, &nothing, offset_ms);
    let others = others(judged, &words, &observed, seed);
    let mut notes = Vec::new();
    let scores: Vec<Score> = others
        .iter()
        .enumerate()
        .map(|(i, other)| {
            let mut random = Random::new(&[seed, 21, i as u64]);
            scorer.score_over(&other.trace, &other.observed, &mut random)
        })
        .collect();
    let real_distinct = distinct(real, trace.len());
    let measured: Vec<Vec<(Aspect, f64)>> = scores
        .iter()
        .zip(&others)
        .map(|(score, other)| measures(score, (&trace, &observed, real_distinct), other))
        .collect();
    let floor = floor(&trace, &observed, names, offset_ms, seed);
    if floor.is_none() {
        notes.push("the real log is too short to say what real days reach among themselves".to_owned());
    }
    let measures: Vec<Measure> = measured
        .first()
        .map(|first| {
            (0..first.len())
                .map(|m| {
                    let values: Vec<f64> = measured.iter().map(|s| s[m].1).collect();
                    let aspect = first[m].0;
                    let floor =
                        floor.as_ref().and_then(|f| f.iter().find(|(a, _)| *a == aspect).map(|(_, v)| *v));
                    measure(aspect, &values, floor)
                })
                .collect()
        })
        .unwrap_or_default();
    let gravest = measures.iter().map(|m| m.verdict).filter(|v| *v != Verdict::Unknown).max();
    let per_hour = |trace: &Trace, observed: &[Stretch]| {
        let (counts, hours) = by_hour(trace, observed, offset_ms);
        counts.into_iter().zip(hours).map(|(n, h)| if h > 0.0 { n / h } else { 0.0 }).collect::<Vec<_>>()
    };
    let synthetic_hours = others.last().map(|o| per_hour(&o.trace, &o.observed)).unwrap_or_default();
    let told = scores.into_iter().next_back();
    Likeness {
        verdict: gravest.unwrap_or(Verdict::Unknown),
        measures,
        window_tells: told.as_ref().map(|t| t.window_tells.clone()).unwrap_or_default(),
        session_tells: told.as_ref().map(|t| t.session_tells.clone()).unwrap_or_default(),
        mix: told.as_ref().map(|t| mix(names, &t.shares)).unwrap_or_default(),
        lengths: told.as_ref().map(|t| t.lengths.clone()).unwrap_or_default(),
        gaps: told.as_ref().map(|t| t.gaps.clone()).unwrap_or_default(),
        curves: told.map(|t| t.curves.0.into_iter().zip(t.curves.1).collect()).unwrap_or_default(),
        hours: per_hour(&trace, &observed).into_iter().zip(synthetic_hours).collect(),
        notes,
    }
}

/// Endpoints with a share in either, the largest first.
fn mix(names: &[String], shares: &[(f64, f64)]) -> Vec<(String, f64, f64)> {
    let mut all: Vec<(String, f64, f64)> =
        names.iter().zip(shares).map(|(n, (a, b))| (n.clone(), *a, *b)).collect();
    all.retain(|(_, real, made)| real + made > 0.0);
    all.sort_by(|a, b| (b.1 + b.2).total_cmp(&(a.1 + a.2)));
    all
}

/// Distinct targets among the first so many requests.
fn distinct(of: &Observed, most: usize) -> f64 {
    let seen: BTreeSet<u32> = of.events.iter().take(most).map(|e| e.target).collect();
    seen.len() as f64 / most.clamp(1, of.events.len().max(1)) as f64
}

fn others(judged: &Judged<'_>, words: &Vocabulary, observed: &[Stretch], seed: u64) -> Vec<Other> {
    match judged {
        Judged::Model(site, draws) => (0..u64::from((*draws).max(1)))
            .map(|i| played(site, words, observed, seed.wrapping_add(i)))
            .collect(),
        Judged::Requests(made) => {
            let start = made.start_unix_s * 1_000;
            let rows = made.requests.iter().map(|r| {
                let target = clean(r.method.as_bytes(), r.path.as_bytes());
                let at = start + i64::try_from(r.at_ms).unwrap_or(0);
                (
                    at.div_euclid(1_000) * 1_000,
                    u64::from(r.session),
                    words.endpoints.position(&words.templates.endpoint(&target)),
                )
            });
            let trace = Trace::of(rows.collect());
            let paths: BTreeSet<(&str, &str)> =
                made.requests.iter().map(|r| (r.method.as_str(), r.path.as_str())).collect();
            let distinct = paths.len() as f64 / made.requests.len().max(1) as f64;
            let span = Stretch { from_ms: start, to_ms: start + i64::try_from(made.span_ms).unwrap_or(0) };
            vec![Other { trace, observed: vec![span], distinct }]
        }
        Judged::Log(log) => {
            let endpoint: Vec<u16> =
                log.targets.iter().map(|t| words.endpoints.position(&words.templates.endpoint(t))).collect();
            let rows = log.events.iter().map(|e| {
                (e.at_ms.div_euclid(1_000) * 1_000, u64::from(e.client), endpoint[e.target as usize])
            });
            let trace = Trace::of(rows.collect());
            let observed = trace.observed();
            vec![Other { trace, observed, distinct: distinct(log, log.events.len()) }]
        }
    }
}

/// A model played for the time of the real log; its endpoints are renamed by the real log's templates, through the targets that it makes.
fn played(site: &Site, words: &Vocabulary, observed: &[Stretch], seed: u64) -> Other {
    let play = Play { seed, rate: 1.0, whole_seconds: true };
    let drawn = generate(&site.behaviour, observed, &play);
    let mut paths: BTreeSet<(u16, String)> = BTreeSet::new();
    let mut rows = Vec::with_capacity(drawn.requests.len());
    for (i, made) in drawn.requests.iter().enumerate() {
        let mut random = Random::new(&[seed, 31, i as u64]);
        let (target, method) = crate::synth::target_of(site, made.endpoint, &mut random);
        let endpoint = words.endpoints.position(
            &words.templates.endpoint(&Target { method: method.into(), ..clean(b"GET", target.as_bytes()) }),
        );
        rows.push((made.at_ms, u64::from(made.client), endpoint));
        paths.insert((made.endpoint, target));
    }
    let distinct = paths.len() as f64 / rows.len().max(1) as f64;
    Other { trace: Trace::of(rows), observed: observed.to_vec(), distinct }
}

fn doublings(a: f64, b: f64) -> f64 {
    (a / b).log2().abs()
}

fn measures(
    score: &Score,
    (real, real_time, real_distinct): (&Trace, &[Stretch], f64),
    other: &Other,
) -> Vec<(Aspect, f64)> {
    // A server that real traffic keeps busy 30 % of the time.
    let service = 0.3 * total_ms(real_time) as f64 / 1_000.0 / real.len().max(1) as f64;
    let wait =
        |trace: &Trace, time: &[Stretch]| waits(&trace.at_ms, time, service, &mut Random::new(&[41])).p95_s;
    let mut all = vec![
        (Aspect::Volume, score.requests.log2().abs()),
        (Aspect::Hours, score.hours_js),
        (Aspect::Mix, score.endpoints_js),
        (Aspect::Lengths, score.length_ks),
        (Aspect::Gaps, score.gap_ks),
        (Aspect::Order, score.trigram_js),
        (Aspect::Bursts, score.burstiness),
        (Aspect::Queue, doublings(wait(&other.trace, &other.observed), wait(real, real_time))),
        (Aspect::Windows, score.windows),
        (Aspect::Sessions, score.session_discriminator),
    ];
    // The more requests, the fewer of them are new: only of equally many the comparison is fair.
    let (a, b) = (other.trace.len(), real.len());
    if a * 2 > b && b * 2 > a {
        all.push((Aspect::Parameters, doublings(other.distinct, real_distinct)));
    }
    all
}

/// What alternate days of the real log reach among themselves; of a shorter log alternate pieces of an hour or so.
fn floor(
    trace: &Trace,
    observed: &[Stretch],
    names: &[String],
    offset_ms: i64,
    seed: u64,
) -> Option<Vec<(Aspect, f64)>> {
    let whole = total_ms(observed);
    if whole < FLOOR_FROM_MS {
        return None;
    }
    let piece = if whole >= 4 * DAY_MS { DAY_MS } else { (whole / 8).max(HOUR_MS / 2) };
    let half = |which: i64| {
        let part = trace.filtered(|i| trace.at_ms[i].div_euclid(piece).rem_euclid(2) == which);
        let rows = (0..part.len()).map(|i| (part.at_ms[i], u64::from(part.client[i]), part.endpoint[i]));
        let part = Trace::of(rows.collect());
        let time = part.observed();
        (part, time)
    };
    let ((a, a_time), (b, b_time)) = (half(0), half(1));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let nothing = Trace::default();
    let scorer = Scorer::new(&a, &a_time, names, &nothing, offset_ms);
    let score = scorer.score_over(&b, &b_time, &mut Random::new(&[seed, 23]));
    let other = Other { trace: b, observed: b_time, distinct: 1.0 };
    let mut all = measures(&score, (&a, &a_time, 1.0), &other);
    all.retain(|(aspect, _)| *aspect != Aspect::Parameters);
    Some(all)
}

/// Up to which a measure is as real, and up to which it is close, where the floor is `floor`.
pub(crate) fn limits(aspect: Aspect, floor: Option<f64>) -> (f64, f64) {
    let floor = floor.unwrap_or(match aspect {
        Aspect::Windows | Aspect::Sessions => 0.55,
        Aspect::Volume
        | Aspect::Hours
        | Aspect::Mix
        | Aspect::Lengths
        | Aspect::Gaps
        | Aspect::Order
        | Aspect::Bursts
        | Aspect::Queue
        | Aspect::Parameters => 0.0,
    });
    let (real, close) = match aspect {
        Aspect::Windows | Aspect::Sessions => return (floor + 0.05, (floor + 0.15).min(0.9)),
        Aspect::Volume => (0.15, 0.5),
        Aspect::Hours => (0.01, 0.05),
        Aspect::Mix => (0.02, 0.08),
        Aspect::Lengths | Aspect::Gaps => (0.05, 0.15),
        Aspect::Order => (0.1, 0.3),
        Aspect::Bursts => (0.3, 1.0),
        Aspect::Queue => (0.3, 1.0),
        Aspect::Parameters => (0.5, 1.5),
    };
    ((floor * 1.25).max(real), (floor * 2.5).max(close))
}

fn measure(aspect: Aspect, values: &[f64], floor: Option<f64>) -> Measure {
    let n = values.len() as f64;
    let value = values.iter().sum::<f64>() / n;
    let spread = (values.len() > 1).then(|| {
        let variance = values.iter().map(|v| (v - value).powi(2)).sum::<f64>() / (n - 1.0);
        1.96 * variance.sqrt()
    });
    let (real, close) = limits(aspect, floor);
    let verdict = if !value.is_finite() {
        Verdict::Unknown
    } else if value <= real {
        Verdict::Real
    } else if value <= close {
        Verdict::Close
    } else {
        Verdict::Apart
    };
    Measure { aspect, value, spread, floor, verdict }
}

impl Likeness {
    /// One sentence.
    pub fn says(&self) -> String {
        let apart = self.measures.iter().filter(|m| m.verdict == Verdict::Apart).map(|m| m.aspect.name());
        let apart: Vec<&str> = apart.collect();
        match self.verdict {
            Verdict::Real => "alike: no measure tells it from another real day".into(),
            Verdict::Close => "close: every measure is near what real days reach among themselves".into(),
            Verdict::Apart => format!("not alike in {}", apart.join(", ")),
            Verdict::Unknown => "there is too little to tell".into(),
        }
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut out = format!("{:<12} {:>8} {:>8} {:>8}  \n", "measure", "value", "+-", "floor");
        for m in &self.measures {
            let name = m.aspect.name();
            let show = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
            let _ = writeln!(
                out,
                "{name:<12} {:>8} {:>8} {:>8}  {}",
                show(Some(m.value).filter(|v| v.is_finite())),
                show(m.spread.filter(|v| v.is_finite())),
                show(m.floor.filter(|v| v.is_finite())),
                m.verdict.words()
            );
        }
        for (what, tells) in [("windows", &self.window_tells), ("sessions", &self.session_tells)] {
            if let Some((name, share)) = tells.first() {
                let _ = writeln!(out, "told {what} apart most: {name} ({:.0} %)", share * 100.0);
            }
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        let _ = writeln!(out, "likeness  {}", self.says());
        out
    }
}
