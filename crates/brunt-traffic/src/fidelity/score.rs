//! All measures of likeness of one synthetic trace.

use super::bursts::{SCALES, autocorrelation, counts, dispersion_curve};
use super::copies::share_of_copies;
use super::discriminator::{Described, tell_apart};
use super::distance::{jensen_shannon, jensen_shannon_of, kolmogorov_smirnov, quantile};
use super::features::{session_feature, sessions, window_feature, windows};
use crate::random::Random;
use crate::trace::{SESSION_GAP_MS, Session, Stretch, Trace, hour_of, total_ms};
use serde::Serialize;
use std::collections::BTreeMap;

/// Sessions longer than this have gaps that would drown all others: persistent sources.
const LONGEST_FOR_GAPS: usize = 500;

/// Fewer sessions than this say nothing to a discriminator.
const FEWEST_SESSIONS: usize = 200;

/// Quantiles by which a law is drawn: at 1/40, 3/40 and so on.
pub const STEPS: usize = 20;

/// How alike a synthetic trace is to a real one; each measure is described where it is made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Synthetic requests per real one, in the same time.
    pub requests: f64,
    /// Synthetic sessions per real one.
    pub sessions: f64,
    /// Synthetic clients per real one.
    pub clients: f64,
    /// Endpoint shares: Jensen-Shannon divergence, bits.
    pub endpoints_js: f64,
    /// The same within each hour of the day, weighed by requests.
    pub hourly_endpoints_js: f64,
    /// The shape of the day, shares of hours: divergence, bits.
    pub hours_js: f64,
    /// Requests of sessions: largest difference of the cumulative distributions.
    pub length_ks: f64,
    /// Pauses within sessions: largest difference of the cumulative distributions.
    pub gap_ks: f64,
    /// What follows what: divergence of three in a row, bits.
    pub trigram_js: f64,
    /// Burstiness: mean distance of the dispersion curves over 1 s to 8,192 s, in doublings.
    pub burstiness: f64,
    /// Mean distance of the autocorrelations of requests per minute.
    pub memory: f64,
    /// Requests of the busiest 1 % of minutes: real, synthetic.
    pub p99_per_minute: (f64, f64),
    /// Requests of the busiest minute: real, synthetic.
    pub max_per_minute: (f64, f64),
    /// Windows of five minutes told apart by a trained discriminator: 0.5 not at all, 1 always.
    pub windows: f64,
    /// The same of sessions.
    pub session_discriminator: f64,
    /// The same of sessions without clients that are always there.
    pub transient_discriminator: f64,
    /// Sessions that are copies of ones that were learnt from: share, and the same share of the real ones.
    pub copies: (f64, f64),
    /// Shares of the endpoints: real, synthetic.
    pub shares: Vec<(f64, f64)>,
    /// Requests of sessions, by [`STEPS`] quantiles: real, synthetic.
    pub lengths: Vec<(f64, f64)>,
    /// Pauses within sessions in seconds, likewise.
    pub gaps: Vec<(f64, f64)>,
    /// The dispersion curves: real, synthetic.
    pub curves: ([f64; SCALES], [f64; SCALES]),
    /// What told windows apart, with its share.
    pub window_tells: Vec<(String, f64)>,
    /// What told sessions apart, with its share.
    pub session_tells: Vec<(String, f64)>,
}

/// The real side, with all that has to be computed of it once.
#[derive(Debug)]
pub struct Scorer<'a> {
    real: &'a Trace,
    observed: &'a [Stretch],
    names: &'a [String],
    learnt: Vec<Session>,
    offset_ms: i64,
    side: Side,
}

#[derive(Debug)]
struct Side {
    sessions: Vec<Session>,
    windows: Described,
    described: Described,
    transient: Described,
}

impl Side {
    fn of(trace: &Trace, observed: &[Stretch], kinds: usize) -> Self {
        let list = trace.sessions(SESSION_GAP_MS);
        let persistent = trace.persistent(observed);
        let transient = list.iter().filter(|s| !persistent[s.client as usize]);
        Self {
            windows: windows(trace, observed, kinds),
            described: sessions(list.iter(), kinds),
            transient: sessions(transient, kinds),
            sessions: list,
        }
    }
}

type Grams = BTreeMap<[u16; 3], f64>;

/// Three in a row, with the begin and the end of a session as one more endpoint.
fn trigrams(sessions: &[Session], kinds: usize) -> Grams {
    let edge = u16::try_from(kinds).unwrap_or(u16::MAX);
    let mut grams = Grams::new();
    for session in sessions {
        let row: Vec<u16> =
            [edge].into_iter().chain(session.endpoint.iter().copied()).chain([edge]).collect();
        for three in row.windows(3) {
            *grams.entry([three[0], three[1], three[2]]).or_default() += 1.0;
        }
    }
    grams
}

impl<'a> Scorer<'a> {
    /// A real trace to judge by, the time in which it was observed, its endpoints, and what the judged model was learnt from.
    /// `offset_ms` is what local time is ahead of UTC.
    pub fn new(
        real: &'a Trace,
        observed: &'a [Stretch],
        names: &'a [String],
        learnt: &Trace,
        offset_ms: i64,
    ) -> Self {
        let side = Side::of(real, observed, names.len());
        Self { real, observed, names, learnt: learnt.sessions(SESSION_GAP_MS), offset_ms, side }
    }

    /// Judges one that is of the same time; `random` chooses what the discriminators are trained on.
    pub fn score(&self, synthetic: &Trace, random: &mut Random) -> Score {
        self.score_over(synthetic, self.observed, random)
    }

    /// Judges one that is of another time: counts are taken by the hour.
    pub fn score_over(&self, synthetic: &Trace, observed: &[Stretch], random: &mut Random) -> Score {
        let kinds = self.names.len();
        let longer = total_ms(self.observed) as f64 / (total_ms(observed) as f64).max(1.0);
        let other = Side::of(synthetic, observed, kinds);
        let (mine, real) = (&self.side, self.real);
        let window = tell_apart(&mine.windows, &other.windows, random);
        let session = told(&mine.described, &other.described, random);
        let transient = told(&mine.transient, &other.transient, random);
        let curves =
            (dispersion_curve(&real.at_ms, self.observed), dispersion_curve(&synthetic.at_ms, observed));
        let minutes = |trace: &Trace, observed: &[Stretch]| {
            let mut all = counts(&trace.at_ms, observed, 60).concat();
            all.sort_unstable_by(f64::total_cmp);
            (quantile(&all, 0.99), all.last().copied().unwrap_or(f64::NAN))
        };
        let (of_real, of_synthetic) = (minutes(real, self.observed), minutes(synthetic, observed));
        let lags = autocorrelation(&real.at_ms, self.observed)
            .iter()
            .zip(autocorrelation(&synthetic.at_ms, observed))
            .map(|(a, b)| (a - b).abs())
            .sum::<f64>()
            / 60.0;
        let doublings = |(a, b): (&f64, &f64)| (b / a).log2().abs();
        let (mut real_lengths, mut made_lengths) = (lengths(&mine.sessions), lengths(&other.sessions));
        let (mut real_gaps, mut made_gaps) = (gaps(&mine.sessions), gaps(&other.sessions));
        let (real_shares, made_shares) =
            (counted(real, kinds, |_| true), counted(synthetic, kinds, |_| true));
        Score {
            requests: longer * synthetic.len() as f64 / real.len() as f64,
            sessions: longer * other.sessions.len() as f64 / mine.sessions.len() as f64,
            clients: longer * synthetic.clients as f64 / real.clients as f64,
            endpoints_js: jensen_shannon(real_shares.iter().copied().zip(made_shares.iter().copied())),
            hourly_endpoints_js: self.hourly(synthetic),
            hours_js: self.day(synthetic, observed),
            length_ks: kolmogorov_smirnov(&mut real_lengths, &mut made_lengths),
            gap_ks: kolmogorov_smirnov(&mut real_gaps, &mut made_gaps),
            lengths: quantiles(&real_lengths, &made_lengths),
            gaps: quantiles(&real_gaps, &made_gaps),
            shares: real_shares
                .iter()
                .zip(&made_shares)
                .map(|(a, b)| (a / real.len().max(1) as f64, b / synthetic.len().max(1) as f64))
                .collect(),
            trigram_js: jensen_shannon_of(
                &trigrams(&mine.sessions, kinds),
                &trigrams(&other.sessions, kinds),
            ),
            burstiness: curves.0.iter().zip(&curves.1).map(doublings).sum::<f64>() / SCALES as f64,
            memory: lags,
            p99_per_minute: (of_real.0, of_synthetic.0),
            max_per_minute: (of_real.1, of_synthetic.1),
            windows: window.area,
            session_discriminator: session.0,
            transient_discriminator: transient.0,
            copies: (
                share_of_copies(&other.sessions, &self.learnt),
                share_of_copies(&mine.sessions, &self.learnt),
            ),
            curves,
            window_tells: self.named(&window.tells, window_feature),
            session_tells: self.named(&session.1, session_feature),
        }
    }

    fn named(
        &self,
        tells: &[(usize, f64)],
        feature: fn(usize) -> Result<&'static str, usize>,
    ) -> Vec<(String, f64)> {
        let name = |i: usize| match feature(i) {
            Ok(name) => name.to_owned(),
            Err(endpoint) => self.names.get(endpoint).map_or_else(String::new, |n| format!("count of {n}")),
        };
        tells.iter().map(|(i, share)| (name(*i), *share)).collect()
    }

    /// Divergence of the day's shapes: requests an hour, by hour of the day, where both were observed.
    fn day(&self, synthetic: &Trace, observed: &[Stretch]) -> f64 {
        let ((a, a_hours), (b, b_hours)) =
            (by_hour(self.real, self.observed, self.offset_ms), by_hour(synthetic, observed, self.offset_ms));
        let both = (0..24).filter(|h| a_hours[*h] > 0.1 && b_hours[*h] > 0.1);
        jensen_shannon(both.map(|h| (a[h] / a_hours[h], b[h] / b_hours[h])))
    }

    fn hourly(&self, synthetic: &Trace) -> f64 {
        let kinds = self.names.len();
        let (mut sum, mut weight) = (0.0, 0.0);
        for hour in 0..24 {
            let of = |trace: &Trace| counted(trace, kinds, |at| hour_of(at + self.offset_ms) == hour);
            let (a, b) = (of(self.real), of(synthetic));
            let total = |counts: &[f64]| counts.iter().sum::<f64>();
            if total(&a) > 50.0 && total(&b) > 50.0 {
                sum += total(&a) * jensen_shannon(a.iter().copied().zip(b.iter().copied()));
                weight += total(&a);
            }
        }
        sum / weight
    }
}

/// Requests, and hours that were observed, by hour of the local day.
pub(crate) fn by_hour(trace: &Trace, observed: &[Stretch], offset_ms: i64) -> ([f64; 24], [f64; 24]) {
    let (mut counts, mut hours) = ([0.0; 24], [0.0; 24]);
    for at in &trace.at_ms {
        counts[hour_of(at + offset_ms)] += 1.0;
    }
    for piece in observed.iter().flat_map(|s| s.hours()) {
        hours[hour_of(piece.from_ms + offset_ms)] += piece.length_h();
    }
    (counts, hours)
}

/// The area and what told; certainty where one side has next to nothing.
fn told(real: &Described, synthetic: &Described, random: &mut Random) -> (f64, Vec<(usize, f64)>) {
    if synthetic.rows.len() <= FEWEST_SESSIONS && real.rows.len() > FEWEST_SESSIONS {
        return (1.0, Vec::new());
    }
    let apart = tell_apart(real, synthetic, random);
    (apart.area, apart.tells)
}

fn counted(trace: &Trace, kinds: usize, keep: impl Fn(i64) -> bool) -> Vec<f64> {
    let mut counts = vec![0.0; kinds];
    for (at, endpoint) in trace.at_ms.iter().zip(&trace.endpoint) {
        if keep(*at) {
            counts[usize::from(*endpoint).min(kinds - 1)] += 1.0;
        }
    }
    counts
}

/// Quantiles of two ascending rows; none where one of them is empty.
fn quantiles(real: &[f64], synthetic: &[f64]) -> Vec<(f64, f64)> {
    if real.is_empty() || synthetic.is_empty() {
        return Vec::new();
    }
    let at = |step: usize| (step as f64 + 0.5) / STEPS as f64;
    (0..STEPS).map(|step| (quantile(real, at(step)), quantile(synthetic, at(step)))).collect()
}

fn lengths(sessions: &[Session]) -> Vec<f64> {
    sessions.iter().map(|s| s.len() as f64).collect()
}

fn gaps(sessions: &[Session]) -> Vec<f64> {
    let told = sessions.iter().filter(|s| s.len() > 1 && s.len() < LONGEST_FOR_GAPS);
    told.flat_map(Session::gaps_s).map(|g| g as f64).collect()
}
