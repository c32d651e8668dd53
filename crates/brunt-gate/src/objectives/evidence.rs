//! How much a figure is worth: the fewest samples that can show what an objective claims, and intervals.
//!
//! | Figure | Fewest samples | Interval (two-sided, 95 %) |
//! |---|---|---|
//! | a percentile q | ln 0.05 / ln q: with fewer, an upper 95 % limit does not exist (59 for p95, 299 for p99, 2,995 for p99.9) | Woodruff: the percentiles at the limits of the share above |
//! | a share of at most a | ln 0.05 / ln (1 - a): as many successes in a row show it (598 for 0.5 %) | Wilson, of as many requests as these are worth |
//! | a mean | 5 | t over batches |
//! | a balance over k values | 5 k: the chi-square test's own bound | - |
//! | all others | 1: they are counted, not estimated | - |
//!
//! Fewer samples are enough to fail when the failure is beyond doubt: the one-sided 95 % limit of Clopper and Pearson
//! (1934) for the share of what broke the limit is above the share that may.
//!
//! Neighbouring requests are not independent, and failures come in bursts; seconds are nearly independent once put into
//! batches: 10 to 40 stretches of equal length. A mean's half width is t(K - 1) s / sqrt(K), s over the batches' means. A share p of
//! n requests has the variance `v = K / (K - 1) sum (h_b - p n_b)^2 / n^2` over batches of `h_b` among `n_b` (the ratio estimator's,
//! Cochran 1977, 6.3); what it is worth is `p (1 - p) / v` independent requests, at most n, and Wilson's interval (1927) is that of so
//! many, with t(K - 1) for z. Both are widened by sqrt((1 + r) / (1 - r)) for the lag-1 autocorrelation r of the batches, 0 to 0.8. A
//! percentile's limits are the percentiles at which the interval of the share above it ends (Woodruff 1952), which follows a skewed
//! tail where a symmetric interval does not. How often all of them hold the truth is measured by `coverage_table` below, and
//! stands in `docs/statistics.md`.

use super::part::{Part, point_of};
use brunt_objective::{Comparison, Point, Share, Statistic};
use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, StudentsT};

/// What is left to chance.
const ALPHA: f64 = 0.05;

/// The normal deviate of a two-sided 95 % interval.
const Z: f64 = 1.959_964;

/// The fewest samples that make a mean.
const MEAN_SAMPLES: u64 = 5;

/// The most batches; twice as many are never kept.
const MAX_BATCHES: usize = 40;

/// The fewest batches that make an interval.
const MIN_BATCHES: usize = 10;

/// The largest autocorrelation that widening can make good.
const MAX_CORRELATION: f64 = 0.8;

/// The fewest samples with which an objective can be judged, for a limit in the figure's unit.
pub(super) fn fewest(statistic: Statistic, comparison: Comparison, limit: f64) -> u64 {
    match statistic {
        Statistic::Time { point: Point::Percentile(p), .. } => rule_of(p.quantile().max(1.0 - p.quantile())),
        Statistic::Time { point: Point::Average, .. } => MEAN_SAMPLES,
        Statistic::Time { point: Point::Minimum | Point::Maximum, .. } => 1,
        // What brunt dropped is counted, not estimated.
        Statistic::Share(Share::Drops) => 1,
        Statistic::Share(_) => allowed(comparison, limit).map_or(1, |a| rule_of(1.0 - a)),
        Statistic::Balance | Statistic::Count(_) | Statistic::Rate(_) | Statistic::Recovery => 1,
    }
}

/// The share of bad ones that an objective allows, if it is neither none nor all.
fn allowed(comparison: Comparison, limit: f64) -> Option<f64> {
    let share = match comparison {
        Comparison::Below | Comparison::AtMost => limit / 100.0,
        Comparison::Above | Comparison::AtLeast => 1.0 - limit / 100.0,
        Comparison::Equal | Comparison::Unequal | Comparison::About => return None,
    };
    (share > 1e-12 && share < 1.0 - 1e-12).then_some(share)
}

/// As many in a row, each with chance `q`, have the chance `ALPHA` together.
fn rule_of(q: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates")]
    let n = (ALPHA.ln() / q.ln()).ceil() as u64;
    n.max(1)
}

/// Whether too few samples show a failure beyond doubt.
pub(super) fn fails_beyond_doubt(
    statistic: Statistic,
    comparison: Comparison,
    limit: f64,
    part: &Part,
) -> bool {
    let (bad, of, may) = match statistic {
        Statistic::Time { point: Point::Percentile(p), .. } => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative; saturates"
            )]
            let limit = brunt_metrics::Nanos((limit * 1e6).max(0.0).round() as u64);
            let above = part.times.count_above(limit);
            match comparison {
                Comparison::Below | Comparison::AtMost => (above, part.times.total, 1.0 - p.quantile()),
                Comparison::Above | Comparison::AtLeast => {
                    (part.times.total - above, part.times.total, p.quantile())
                }
                Comparison::Equal | Comparison::Unequal | Comparison::About => return false,
            }
        }
        Statistic::Share(_) => {
            let Some(may) = allowed(comparison, limit) else { return false };
            let bad = if comparison.is_upper() { part.hits } else { part.total - part.hits.min(part.total) };
            (bad, part.total, may)
        }
        Statistic::Time { .. }
        | Statistic::Count(_)
        | Statistic::Rate(_)
        | Statistic::Balance
        | Statistic::Recovery => return false,
    };
    lower_limit(bad, of).is_some_and(|lower| lower > may)
}

/// The one-sided lower 95 % limit of a share (Clopper and Pearson).
fn lower_limit(hits: u64, of: u64) -> Option<f64> {
    if hits == 0 || hits > of {
        return None;
    }
    let beta = Beta::new(hits as f64, (of - hits + 1) as f64).ok()?;
    Some(beta.inverse_cdf(ALPHA))
}

/// Wilson's interval of a share, in percent (Wilson 1927): with z for 95 %, of independent requests.
pub(super) fn wilson(hits: u64, of: u64) -> Option<(f64, f64)> {
    if of == 0 || hits > of {
        return None;
    }
    let (low, high) = wilson_limits(hits as f64 / of as f64, of as f64, Z);
    Some((100.0 * low, 100.0 * high))
}

fn wilson_limits(p: f64, n: f64, z: f64) -> (f64, f64) {
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

/// The chance of counts at least so uneven if all values are equally likely (Pearson's chi-square test). `None` below two
/// values or where fewer than five are expected of each.
pub(super) fn evenness(part: &Part) -> Option<f64> {
    let k = part.values().len();
    let expected = part.total as f64 / k as f64;
    if k < 2 || expected < 5.0 {
        return None;
    }
    let statistic: f64 = part.values().map(|n| (n as f64 - expected).powi(2) / expected).sum();
    ChiSquared::new((k - 1) as f64).ok().map(|chi| chi.sf(statistic))
}

/// Stretches of a run, as few as are needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    parts: Vec<Part>,
    /// Seconds in a full batch; a power of two.
    step: u64,
    /// Seconds in the last one.
    filled: u64,
}

impl Batches {
    /// Adds a second.
    pub(super) fn push(&mut self, second: &Part) {
        self.step = self.step.max(1);
        if self.parts.is_empty() || self.filled == self.step {
            if self.parts.len() == 2 * MAX_BATCHES {
                self.parts = joined(&self.parts, 2);
                self.step *= 2;
            }
            self.parts.push(Part::default());
            self.filled = 0;
        }
        self.filled += 1;
        if let Some(last) = self.parts.last_mut() {
            last.merge(second);
        }
    }

    /// The interval of a percentile or a mean of `whole`, in milliseconds.
    pub(super) fn interval(&self, point: Point, whole: &Part) -> Option<(f64, f64)> {
        let figure = point_of(&whole.times, point)?;
        match point {
            Point::Average => {
                let batches = self.batches(|part| part.times.total >= MEAN_SAMPLES)?;
                let figures: Vec<f64> =
                    batches.iter().filter_map(|part| point_of(&part.times, point)).collect();
                let half = half_width(&figures)?;
                Some(((figure - half).max(0.0), figure + half))
            }
            // Of fewer, an upper limit does not exist.
            Point::Percentile(p) if whole.times.total < rule_of(p.quantile().max(1.0 - p.quantile())) => None,
            Point::Percentile(p) => {
                let batches = self.batches(|_| true)?;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
                let at = brunt_metrics::Nanos((figure * 1e6).round() as u64);
                let above: Vec<(u64, u64)> =
                    batches.iter().map(|part| (part.times.count_above(at), part.times.total)).collect();
                let (low, high) = clustered(1.0 - p.quantile(), &above)?;
                let quantile = |above: f64| Some(whole.times.quantile(1.0 - above)?.as_millis_f64());
                Some((quantile(high)?.min(figure), quantile(low)?.max(figure)))
            }
            // Extremes have no sampling distribution to speak of.
            Point::Minimum | Point::Maximum => None,
        }
    }

    /// The interval of a share of the whole, in percent. `None` where too few batches show how failures cluster.
    pub(super) fn share_interval(&self, whole: &Part) -> Option<(f64, f64)> {
        if whole.total == 0 {
            return None;
        }
        let batches = self.batches(|_| true)?;
        let hits: Vec<(u64, u64)> = batches.iter().map(|part| (part.hits, part.total)).collect();
        let p = whole.hits as f64 / whole.total as f64;
        let (low, high) = clustered(p, &hits)?;
        Some((100.0 * low, 100.0 * high))
    }

    /// 10 to 40 batches of equal length of which each is `enough`: a mean of few requests is no mean, and a ratio is one whatever it
    /// is made of.
    fn batches(&self, enough: impl Fn(&Part) -> bool) -> Option<Vec<Part>> {
        // What the last, unfinished batch holds would weigh too much.
        let whole =
            if self.filled == self.step { self.parts.len() } else { self.parts.len().saturating_sub(1) };
        let (mut batches, mut width) = (self.parts[..whole].to_vec(), 1);
        while batches.len() > MAX_BATCHES || !batches.iter().all(&enough) {
            width += 1;
            batches = joined(&self.parts[..whole], width);
            batches.truncate(whole / width);
            if batches.len() < MIN_BATCHES {
                return None;
            }
        }
        (batches.len() >= MIN_BATCHES).then_some(batches)
    }
}

/// Wilson's interval of a share `p`, 0 to 1, of as many requests as those in the batches are worth: `(hits, requests)` each. A batch
/// without a request adds nothing to a ratio's variance, and is there all the same.
fn clustered(p: f64, batches: &[(u64, u64)]) -> Option<(f64, f64)> {
    let k = batches.len() as f64;
    let n = batches.iter().map(|b| b.1).sum::<u64>() as f64;
    // Around the batches' own share: that of the whole may count seconds that are in none of them.
    if n <= 0.0 {
        return None;
    }
    let own = batches.iter().map(|b| b.0).sum::<u64>() as f64 / n;
    let residuals: Vec<f64> = batches.iter().map(|(hits, of)| *hits as f64 - own * *of as f64).collect();
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    let variance = inflation(&residuals) * k / (k - 1.0) * squares / (n * n);
    let worth = if variance > 0.0 { (own * (1.0 - own) / variance).min(n) } else { n };
    let t = StudentsT::new(0.0, 1.0, k - 1.0).ok()?.inverse_cdf(1.0 - ALPHA / 2.0);
    Some(wilson_limits(p, worth.max(1.0), t))
}

fn joined(parts: &[Part], width: usize) -> Vec<Part> {
    let join = |parts: &[Part]| {
        let mut sum = Part::default();
        for part in parts {
            sum.merge(part);
        }
        sum
    };
    parts.chunks(width.max(1)).map(join).collect()
}

fn half_width(figures: &[f64]) -> Option<f64> {
    let k = figures.len() as f64;
    let mean = figures.iter().sum::<f64>() / k;
    let residuals: Vec<f64> = figures.iter().map(|x| x - mean).collect();
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    let t = StudentsT::new(0.0, 1.0, k - 1.0).ok()?.inverse_cdf(1.0 - ALPHA / 2.0);
    Some(t * (inflation(&residuals) * squares / (k - 1.0) / k).sqrt())
}

/// By how much neighbours that resemble each other make a variance larger: (1 + r) / (1 - r), r their correlation.
fn inflation(residuals: &[f64]) -> f64 {
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    let products: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let r = if squares > 0.0 { (products / squares).clamp(0.0, MAX_CORRELATION) } else { 0.0 };
    (1.0 + r) / (1.0 - r)
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{Histogram, Nanos};
    use brunt_objective::{Basis, Percentile};

    #[test]
    fn the_fewest_samples_are_the_published_ones() {
        let percentile = |p| {
            let point = Point::Percentile(Percentile::new(p).unwrap());
            Statistic::Time { basis: Basis::Response, point }
        };
        for (statistic, comparison, limit, expected) in [
            (percentile(50.0), Comparison::Below, 1.0, 5),
            (percentile(5.0), Comparison::Below, 1.0, 59),
            (percentile(95.0), Comparison::Below, 1.0, 59),
            (percentile(99.0), Comparison::Below, 1.0, 299),
            (percentile(99.9), Comparison::Below, 1.0, 2_995),
            (Statistic::Share(Share::Errors), Comparison::Below, 0.5, 598),
            (Statistic::Share(Share::Errors), Comparison::Below, 0.1, 2_995),
            (Statistic::Share(Share::Checks), Comparison::Above, 99.0, 299),
            (Statistic::Share(Share::Errors), Comparison::AtMost, 0.0, 1),
            (Statistic::Share(Share::Drops), Comparison::Below, 0.1, 1),
        ] {
            assert_eq!(fewest(statistic, comparison, limit), expected, "{statistic} {limit}");
        }
    }

    /// Wilson: 1 of 10 is 1.79 % to 40.4 % (Newcombe 1998 gives such rows); Clopper and Pearson: 0.05^(1/n) for n of n.
    #[test]
    fn limits_of_shares() {
        let (low, high) = wilson(1, 10).unwrap();
        assert!((low - 1.788).abs() < 0.01 && (high - 40.415).abs() < 0.01, "{low} {high}");
        assert_eq!(wilson(0, 0), None);
        let lower = lower_limit(10, 10).unwrap();
        assert!((lower - 0.05_f64.powf(0.1)).abs() < 1e-6, "{lower}");
        assert_eq!(lower_limit(0, 10), None);
    }

    #[test]
    fn evenness_is_pearsons() {
        let part =
            |counts: &[u64]| Part::of_values(counts.iter().enumerate().map(|(i, n)| (i.to_string(), *n)));
        // chi2 = 2 with 2 degrees of freedom: p = exp(-1).
        let p = evenness(&part(&[110, 100, 90])).unwrap();
        assert!((p - (-1.0_f64).exp()).abs() < 1e-9, "{p}");
        assert_eq!(evenness(&part(&[4, 4])), None);
        assert_eq!(evenness(&part(&[400])), None);
    }

    /// One bad second of 19: that another second had no answer at all makes the interval no narrower; below ten seconds there is none.
    #[test]
    fn a_gap_does_not_make_a_share_certain() {
        let interval = |seconds: u64, silent: Option<u64>| {
            let (mut batches, mut whole) = (Batches::default(), Part::default());
            for second in 0..seconds {
                let total = if Some(second) == silent { 0 } else { 100 };
                let hits = if second == 7 { 100.min(total) } else { 0 };
                let part = Part { hits, total, seconds: 1.0, ..Part::default() };
                batches.push(&part);
                whole.merge(&part);
            }
            batches.share_interval(&whole)
        };
        let (low, high) = interval(19, None).unwrap();
        let (gap_low, gap_high) = interval(19, Some(3)).unwrap();
        assert!(low < 1.5 && high > 20.0, "{low} {high}");
        assert!(gap_high - gap_low > 0.9 * (high - low), "{gap_low} {gap_high} of {low} {high}");
        assert_eq!(interval(9, None), None);
    }

    /// Splitmix: the same numbers everywhere.
    fn uniform(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// What a second of a run has: times in milliseconds, and whether each request failed.
    type Model = fn(&mut Source) -> Vec<(f64, bool)>;

    /// Where a simulated run takes its numbers from, and what it remembers from second to second.
    struct Source {
        state: u64,
        level: f64,
        /// M/M/1: the work that waits, in milliseconds.
        backlog: f64,
        /// M/M/1: when the next one comes, in milliseconds of the second.
        next: f64,
        /// Seconds for which a burst of failures still lasts.
        burst: u32,
    }

    impl Source {
        fn new(seed: u64) -> Self {
            Self { state: seed, level: 0.0, backlog: 0.0, next: 0.0, burst: 0 }
        }

        fn uniform(&mut self) -> f64 {
            uniform(&mut self.state)
        }

        fn normal(&mut self) -> f64 {
            (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
        }

        fn exponential(&mut self) -> f64 {
            -(1.0 - self.uniform()).ln()
        }
    }

    const RATE: usize = 50;

    /// Log-normal times around 50 ms, 1 % of requests failing independently.
    fn independent(s: &mut Source) -> Vec<(f64, bool)> {
        (0..RATE).map(|_| (50.0 * (0.5 * s.normal()).exp(), s.uniform() < 0.01)).collect()
    }

    /// The same, all times of a second multiplied by a factor that wanders (AR(1), 0.6 from second to second, 10 %);
    /// failures in bursts: one second in 100 begins three in which half of the requests fail.
    fn wandering(s: &mut Source) -> Vec<(f64, bool)> {
        s.level = 0.6 * s.level + 0.8 * s.normal();
        s.burst = if s.uniform() < 0.01 { 3 } else { s.burst.saturating_sub(1) };
        let (factor, fails) = ((0.1 * s.level).exp(), if s.burst > 0 { 0.5 } else { 0.001 });
        (0..RATE).map(|_| (50.0 * factor * (0.5 * s.normal()).exp(), s.uniform() < fails)).collect()
    }

    /// A queue of one server at 70 % load: 50 arrivals a second, 14 ms of work each (M/M/1; Lindley 1952). What waits
    /// longer than 200 ms fails.
    fn queue(s: &mut Source) -> Vec<(f64, bool)> {
        let mut out = Vec::new();
        while s.next < 1_000.0 {
            s.backlog += 14.0 * s.exponential();
            out.push((s.backlog, s.backlog > 200.0));
            let gap = 1_000.0 / RATE as f64 * s.exponential();
            s.backlog = (s.backlog - gap).max(0.0);
            s.next += gap;
        }
        s.next -= 1_000.0;
        out
    }

    /// Two kinds of answers: 10 ms, and 8 in 100 of 400 ms, of which one in ten fails.
    fn bimodal(s: &mut Source) -> Vec<(f64, bool)> {
        let one = |s: &mut Source| {
            let slow = s.uniform() < 0.08;
            let middle = if slow { 400.0 } else { 10.0 };
            (middle * (0.2 * s.normal()).exp(), slow && s.uniform() < 0.1)
        };
        (0..RATE).map(|_| one(s)).collect()
    }

    const MODELS: [(&str, Model); 4] = [
        ("independent, log-normal", independent),
        ("AR(1), failures in bursts", wandering),
        ("queue M/M/1 at 70 %", queue),
        ("bimodal", bimodal),
    ];

    /// A simulated run of so many seconds, in batches and as a whole.
    fn simulate(model: Model, seed: u64, seconds: u64) -> (Batches, Part) {
        let mut source = Source::new(seed);
        let (mut batches, mut whole, mut times) = (Batches::default(), Part::default(), Histogram::default());
        for _ in 0..seconds {
            let mut part = Part::default();
            for (ms, failed) in model(&mut source) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive")]
                times.record(Nanos((ms * 1e6) as u64));
                part.total += 1;
                part.hits += u64::from(failed);
            }
            part.times = times.drain();
            batches.push(&part);
            whole.merge(&part);
        }
        (batches, whole)
    }

    fn points() -> [(&'static str, Point); 4] {
        let percentile = |p| Point::Percentile(Percentile::new(p).unwrap());
        [
            ("p50", percentile(50.0)),
            ("p95", percentile(95.0)),
            ("p99", percentile(99.0)),
            ("mean", Point::Average),
        ]
    }

    /// Of so many runs of 300 s, the share whose interval holds the truth: of p50, p95, p99, the mean, the error share.
    fn coverage(model: Model, runs: u64, long: u64) -> [f64; 5] {
        let truth = simulate(model, 1, long).1;
        let mut hits = [0_u64; 5];
        for run in 0..runs {
            let (batches, whole) = simulate(model, 1_000 + run, 300);
            for (hit, (_, point)) in hits.iter_mut().zip(points()) {
                let (low, high) = batches.interval(point, &whole).unwrap();
                *hit += u64::from((low..=high).contains(&point_of(&truth.times, point).unwrap()));
            }
            let (low, high) = batches.share_interval(&whole).unwrap();
            hits[4] += u64::from((low..=high).contains(&(100.0 * truth.hits as f64 / truth.total as f64)));
        }
        hits.map(|n| n as f64 / runs as f64)
    }

    /// The queue is the textbook's: a mean of 14 / (1 - 0.7) ms, exponential, so that its p99 is ln 100 times that.
    #[test]
    fn the_queue_is_the_textbooks() {
        let times = simulate(queue, 3, 40_000).1.times;
        let mean = 14.0 / 0.3;
        let of = |point| point_of(&times, point).unwrap();
        let p99 = of(Point::Percentile(Percentile::new(99.0).unwrap()));
        assert!((of(Point::Average) / mean - 1.0).abs() < 0.03, "{}", of(Point::Average));
        assert!((p99 / (mean * 100.0_f64.ln()) - 1.0).abs() < 0.05, "{p99}");
    }

    /// 95 % nominal; 100 runs have a standard error of 2.2 points. The p99 of a queue is made by a handful of its longest
    /// busy periods, and its errors and those of bursts by a few of them: of runs of 300 s these are known to be too narrow.
    #[test]
    fn intervals_cover_what_they_say() {
        for (what, model) in MODELS {
            for (share, of) in
                coverage(model, 100, 20_000).into_iter().zip(["p50", "p95", "p99", "mean", "errors"])
            {
                let few = match of {
                    "p99" => what.starts_with("queue"),
                    "errors" => what.starts_with("queue") || what.starts_with("AR(1)"),
                    _ => false,
                };
                let least = if few { 0.78 } else { 0.88 };
                assert!(share >= least, "{what}, {of}: {share}");
            }
        }
    }

    /// Wilson's interval alone would hold the truth of bursts seldom.
    #[test]
    fn bursts_widen_the_interval_of_errors() {
        let truth = simulate(wandering, 1, 100_000).1;
        let truth = 100.0 * truth.hits as f64 / truth.total as f64;
        let holds = |interval: (f64, f64)| (interval.0..=interval.1).contains(&truth);
        let (mut plain, mut wide) = (0, 0);
        for run in 0..100 {
            let (batches, whole) = simulate(wandering, 1_000 + run, 300);
            plain += u32::from(holds(wilson(whole.hits, whole.total).unwrap()));
            wide += u32::from(holds(batches.share_interval(&whole).unwrap()));
        }
        assert!(plain < 70 && wide >= 85, "{plain} {wide}");
    }

    /// The table of `docs/statistics.md`.
    #[test]
    #[ignore = "a thousand runs of each: cargo test --release -p brunt-gate coverage_table -- --ignored --nocapture"]
    fn coverage_table() {
        println!("| | p50 | p95 | p99 | mean | error share |\n|---|---|---|---|---|---|");
        for (what, model) in MODELS {
            let shares = coverage(model, 1_000, 1_000_000).map(|share| format!("{:.1}", 100.0 * share));
            println!("| {what} | {} |", shares.join(" | "));
        }
    }
}
