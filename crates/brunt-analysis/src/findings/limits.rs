//! Where throughput ends, and by what: saturation, and whether the limit looks like a pool, a serial section, or processors.
//!
//! Queueing is where answers take much longer than at low load while load stays. A plateau is a rate of success that
//! does not rise with the load. What the plateau is worth in requests at a time (capacity times the time alone) is the
//! size of a pool, or the inverse of the serial share; the curve below the limit tells the two apart.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::digits, draft::percent, draft::time};
use super::{facts::Facts, facts::Load, kind::Kind, numbers, queueing, queueing::Limit, trends};
use crate::capacity::{Usl, fit_usl};
use std::ops::Range;

/// A limit that was reached.
#[derive(Clone, Debug)]
pub(super) struct Plateau {
    /// The points at the limit.
    pub(super) at: Vec<usize>,
    /// What is done a second there, with its 95 % interval.
    pub(super) capacity: f64,
    interval: (f64, f64),
    /// Mean time at low load, in milliseconds, with its standard error; `None` if there was no low load.
    alone: Option<(f64, f64)>,
}

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    let Some(plateau) = plateau(facts, rules) else { return Vec::new() };
    let saturated = saturation(facts, &plateau);
    let processors = cpu_bound(facts, rules, &plateau);
    let kind = limit_kind(facts, rules, &plateau, saturated.cost.time_share);
    [Some(saturated), processors, kind].into_iter().flatten().collect()
}

/// The limit that the run reached; `None` if it reached none.
pub(super) fn plateau(facts: &Facts<'_>, rules: &Rules) -> Option<Plateau> {
    let base = base(facts)?;
    let times = match facts.load {
        Load::Open => rules.limit(Kind::Saturation, "times"),
        Load::Closed => rules.limit(Kind::Saturation, "times_closed"),
    };
    let queueing = |i: &usize| facts.points[*i].latency.is_some_and(|l| l.p50 > times * base);
    let mut at: Vec<usize> = (0..facts.points.len()).filter(queueing).collect();
    match facts.load {
        // What is worked off after a spike or an outage is no limit that load reached.
        Load::Open => {
            let done = median_of(&at, |i| facts.points[i].ok)?;
            at.retain(|i| facts.points[*i].asked >= 0.97 * done);
        }
        Load::Closed => {
            let most = (0..facts.points.len()).map(|i| facts.level(i)).fold(0.0, f64::max);
            let low = (0..facts.points.len()).map(|i| facts.level(i)).fold(f64::INFINITY, f64::min);
            if most < 1.5 * low {
                return None;
            }
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let fewest = rules.limit(Kind::Saturation, "seconds") as usize;
    if at.len() < fewest {
        return None;
    }
    let rates: Vec<f64> = at.iter().map(|i| facts.points[*i].ok).collect();
    let capacity = numbers::median(&rates)?;
    let error = numbers::spread(&rates)? / (rates.len() as f64).sqrt() * 1.96 * 1.25;
    let pairs: Vec<(f64, f64)> =
        at.iter().map(|i| (facts.level(*i) / capacity, facts.points[*i].ok / capacity)).collect();
    let span = pairs.iter().map(|p| p.0).fold(0.0, f64::max)
        / pairs.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
    // If more load still brings more, it is slow but not at its limit.
    let rising = numbers::line(&pairs).is_some_and(|l| span > 1.25 && l.slope > 0.5 * facts.unit_slope());
    let overloaded = match facts.load {
        // More is asked for than is done, beyond what chance makes of it.
        Load::Open => {
            let sum = |value: fn(&super::facts::Point) -> f64| {
                at.iter().map(|i| value(&facts.points[*i]) * facts.points[*i].seconds).sum::<f64>()
            };
            let (asked, done) = (sum(|p| p.asked), sum(|p| p.ok));
            asked - done > (0.03 * asked).max(4.0 * asked.sqrt())
        }
        Load::Closed => true,
    };
    if rising || !overloaded {
        return None;
    }
    let alone = alone(facts, capacity);
    Some(Plateau { at, capacity, interval: (capacity - error, capacity + error), alone })
}

impl Facts<'_> {
    /// By how much the rate over capacity rises with the level over capacity, below the limit.
    fn unit_slope(&self) -> f64 {
        match self.load {
            Load::Open => 1.0,
            // Users are no rate: any rise of a quarter of what proportionality asks for counts.
            Load::Closed => {
                let rates: Vec<f64> = self.points.iter().map(|p| p.ok).collect();
                let levels: Vec<f64> = (0..self.points.len()).map(|i| self.level(i)).collect();
                let most = |v: &[f64]| numbers::quantile(v, 0.95).unwrap_or(1.0).max(1e-9);
                most(&rates) / most(&levels)
            }
        }
    }
}

/// The median time without a queue: a low quantile over the seconds.
fn base(facts: &Facts<'_>) -> Option<f64> {
    let medians: Vec<f64> = facts.points.iter().filter_map(|p| p.latency.map(|l| l.p50)).collect();
    // In a run that is overloaded from its start, only its first second is not.
    let first = facts.points.iter().find_map(|p| p.latency.map(|l| l.p50))?;
    Some(numbers::quantile(&medians, 0.1)?.min(first))
}

fn median_of(at: &[usize], value: impl Fn(usize) -> f64) -> Option<f64> {
    numbers::median(&at.iter().map(|i| value(*i)).collect::<Vec<_>>())
}

/// The mean time at the lowest load, well below the limit.
fn alone(facts: &Facts<'_>, capacity: f64) -> Option<(f64, f64)> {
    let lowest = (0..facts.points.len()).map(|i| facts.level(i)).fold(f64::INFINITY, f64::min);
    let low = |i: &usize| {
        let point = &facts.points[*i];
        let little = match facts.load {
            Load::Open => facts.level(*i) <= 0.4 * capacity,
            Load::Closed => facts.level(*i) <= (1.1 * lowest).max(1.01),
        };
        little && point.latency.is_some()
    };
    let low: Vec<usize> = (0..facts.points.len()).filter(low).collect();
    let means: Vec<f64> = low.iter().filter_map(|i| facts.points[*i].latency.map(|l| l.mean)).collect();
    let error = numbers::spread(&means)? / (means.len() as f64).sqrt();
    (means.len() >= 3).then(|| numbers::median(&means).map(|m| (m, error)))?
}

fn saturation(facts: &Facts<'_>, plateau: &Plateau) -> Draft {
    let range = plateau.at[0]..plateau.at[plateau.at.len() - 1] + 1;
    let base = base(facts).unwrap_or_default();
    let cost = plateau.at.iter().map(|i| trends::excess(facts, *i..*i + 1, base)).sum();
    let knee = facts.level(range.start);
    let most = plateau.at.iter().map(|i| facts.level(*i)).fold(0.0, f64::max);
    let claim = format!(
        "throughput ends at {}/s: from {} on (second {}) more load up to {} only brings waiting",
        digits(plateau.capacity),
        facts.level_words(knee),
        facts.points[range.start].at,
        facts.level_words(most)
    );
    let usl = usl(facts);
    let mut evidence = Evidence::of("requests that succeeded", Figure::LatencyAgainstRate)
        .within(facts.seconds(&range))
        .ranged("capacity", plateau.capacity, "/s", Some(plateau.interval))
        .number("knee", knee, if facts.load == Load::Open { "/s" } else { "users" })
        .number("p50 at low load", base, "ms");
    if let Some(usl) = &usl {
        evidence = evidence.ranged(
            "USL contention",
            100.0 * usl.sigma,
            "%",
            Some((100.0 * usl.sigma_interval.0, 100.0 * usl.sigma_interval.1)),
        );
        if let Some(peak) = usl.peak() {
            evidence = evidence.number("throughput falls beyond", peak, "requests in flight");
        }
    }
    Draft::new(Kind::Saturation, claim).costs(cost, 0.0).sure(Confidence::High).evidence(evidence).or_else(
        "something between generator and target is full: a proxy, a link, a connection limit",
        "watch the target's processors, pools and queues at this rate; repeat with one instance more",
    )
}

/// The scalability model over requests in flight, of users who wait for their answers: in an open run what is in flight
/// beyond the limit is a backlog, which depends on how long the run goes on.
fn usl(facts: &Facts<'_>) -> Option<Usl> {
    if facts.load == Load::Open {
        return None;
    }
    let points: Vec<(f64, f64)> = facts
        .points
        .iter()
        .filter(|p| p.in_flight > 0.1 && p.ok > 0.0)
        .map(|p| (p.in_flight, p.ok))
        .collect();
    fit_usl(&points)
}

/// Processors at their end while the target is at its limit, and not at low load.
fn cpu_bound(facts: &Facts<'_>, rules: &Rules, plateau: &Plateau) -> Option<Draft> {
    let limit = rules.limit(Kind::CpuBound, "percent");
    let busy = facts.course.resources.iter().filter_map(|r| {
        r.is_cpu().then_some(())?;
        let scale = r.to_percent()?;
        let inside = |at: u64| plateau.at.iter().any(|i| facts.points[*i].at == at);
        let (full, free): (Vec<_>, Vec<_>) =
            r.values.iter().partition(|(t, _)| inside(t.second().saturating_sub(1)));
        let median = |v: Vec<&(brunt_metrics::Nanos, f64)>| {
            numbers::median(&v.iter().map(|x| scale * x.1).collect::<Vec<_>>())
        };
        Some((r, median(full)?, median(free)))
    });
    let (resource, full, free) = busy.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|b| b.1 >= limit)?;
    let claim = format!(
        "at the limit of {}/s {} is at {} %, below it at {} %: processors are the limit",
        digits(plateau.capacity),
        resource.name,
        digits(full),
        free.map_or("-".to_owned(), digits)
    );
    let evidence = Evidence::of(resource.name.clone(), Figure::Resources)
        .within(facts.seconds(&(plateau.at[0]..plateau.at[plateau.at.len() - 1] + 1)))
        .number("at the limit", full, "%")
        .number("below it", free.unwrap_or(f64::NAN), "%")
        .ranged("capacity", plateau.capacity, "/s", Some(plateau.interval));
    let sure = if free.is_some_and(|f| f < 0.9 * full) { Confidence::High } else { Confidence::Medium };
    let cost = saturation(facts, plateau).cost.time_share;
    Some(Draft::new(Kind::CpuBound, claim).costs(cost, 0.0).sure(sure).evidence(evidence).or_else(
        "a busy wait: processors are busy because threads wait by spinning",
        "profile the target at this rate; with twice the processors the limit must nearly double",
    ))
}

/// A pool or a serial section: which curve is nearer to what was measured below the limit.
fn limit_kind(facts: &Facts<'_>, rules: &Rules, plateau: &Plateau, cost: f64) -> Option<Draft> {
    let (alone, error) = plateau.alone?;
    let alone_s = alone / 1_000.0;
    let pool = residue(facts, plateau, Limit::Pool, alone_s)?;
    let serial = residue(facts, plateau, Limit::Serial, alone_s)?;
    let at_a_time = plateau.capacity * pool.1;
    let score = pool_score(facts.load, serial.0 / pool.0.max(1e-12), at_a_time);
    let clear = score.abs() > rules.limit(Kind::PoolLimit, "ratio").ln();
    let sure = if clear { Confidence::High } else { Confidence::Medium };
    let relative =
        (error / alone).hypot((plateau.interval.1 - plateau.capacity) / 1.96 / plateau.capacity) * 1.96;
    let range = plateau.at[0]..plateau.at[plateau.at.len() - 1] + 1;
    if score >= 0.0 && at_a_time >= 1.5 {
        let draft = pool_limit(facts, plateau, (at_a_time, relative), range).costs(cost, 0.0);
        return Some(draft.sure(sure));
    }
    let share = (1.0 / (plateau.capacity * serial.1)).min(1.0);
    let claim = format!(
        "behaves as if {} of the work ({} of {}) were done one request at a time: that part alone allows {}/s",
        percent(share),
        time(1_000.0 / plateau.capacity),
        time(serial.1 * 1_000.0),
        digits(plateau.capacity)
    );
    let interval = (100.0 * share * (1.0 - relative), 100.0 * share * (1.0 + relative));
    let evidence = Evidence::of("mean time against the load", Figure::RateAgainstInFlight)
        .within(facts.seconds(&range))
        .ranged("serial share", 100.0 * share, "%", Some(interval))
        .number("serial part", 1_000.0 / plateau.capacity, "ms")
        .number("misfit of a pool over misfit of this", pool.0 / serial.0.max(1e-12), "");
    let draft = Draft::new(Kind::SerialSection, claim).costs(cost, 0.0).sure(sure);
    Some(draft.evidence(evidence).or_else(
        &format!("a pool of about {} that is shared unevenly", digits(at_a_time)),
        "look for locks, single-threaded parts and hot rows; a profile of waiting threads shows which",
    ))
}

/// Above 0 if the limit is rather a pool than a serial section: the logarithm of how much worse the latter fits, and for
/// small pools whether what is done at a time is a whole number, to the 3 % that it can be told.
fn pool_score(load: Load, misfit: f64, at_a_time: f64) -> f64 {
    // Users in a closed loop fall into step, so that both models are too pessimistic near the knee, the serial one more:
    // simulated pools have 0.95 and more, serial sections 0.91 and less.
    let (even, trust) = match load {
        Load::Open => (1.0, 0.25),
        Load::Closed => (0.93, 0.05),
    };
    let off = (at_a_time - at_a_time.round()).abs() / (0.03 * at_a_time);
    let whole = if at_a_time < 7.5 { trust * (1.4 - off.min(3.0)) } else { 0.0 };
    (misfit / even).ln() + whole
}

fn pool_limit(
    facts: &Facts<'_>,
    plateau: &Plateau,
    (size, relative): (f64, f64),
    range: Range<usize>,
) -> Draft {
    let claim = format!(
        "behaves like {} servers of {} each: look for a pool of {}",
        digits(size),
        time(1_000.0 * size / plateau.capacity),
        size.round()
    );
    let evidence = Evidence::of("mean time against the load", Figure::RateAgainstInFlight)
        .within(facts.seconds(&range))
        .ranged("pool size", size, "", Some((size * (1.0 - relative), size * (1.0 + relative))))
        .ranged("capacity", plateau.capacity, "/s", Some(plateau.interval));
    Draft::new(Kind::PoolLimit, claim).evidence(evidence).or_else(
        &format!("processors, or a section of {} of the work that is done one at a time", percent(1.0 / size)),
        "change the size of the pool (workers, threads, connections to the database): capacity follows in proportion",
    )
}

/// The squares that a model leaves in the mean times below the limit, and the time alone (seconds) that fits best.
fn residue(facts: &Facts<'_>, plateau: &Plateau, limit: Limit, alone: f64) -> Option<(f64, f64)> {
    let below: Vec<usize> = match facts.load {
        Load::Open => {
            let first = *plateau.at.first()?;
            (0..first).filter(|i| facts.level(*i) < 0.9 * plateau.capacity).collect()
        }
        Load::Closed => (0..facts.points.len()).collect(),
    };
    let measured: Vec<(usize, f64)> =
        below.iter().filter_map(|i| facts.points[*i].latency.map(|l| (*i, l.mean / 1_000.0))).collect();
    if measured.len() < 6 {
        return None;
    }
    let think = think(facts, alone);
    let irregular = irregularity(facts, &below);
    let trials = (0..21).flat_map(|s| {
        [0.9, 1.0, 1.1].map(|g| (alone * (0.9 + 0.01 * f64::from(s)), (g * irregular).clamp(0.02, 1.5)))
    });
    // Near the limit means vary much and follow the load late; beyond it both models say the same.
    let weight = |i: usize| match facts.load {
        Load::Open => (1.0 - facts.level(i) / plateau.capacity).clamp(0.0, 1.0).powi(2),
        Load::Closed => f64::from(u8::from(facts.level(i) <= 1.5 * plateau.capacity * (alone + think))),
    };
    let weights: f64 = measured.iter().map(|(i, _)| weight(*i)).sum();
    let left = |(work, g): (f64, f64)| {
        let squares = measured.iter().map(|(i, mean)| {
            let level = facts.level(*i);
            let expected = match facts.load {
                Load::Open => work + queueing::open_wait(limit, (level, plateau.capacity), work, g),
                Load::Closed => queueing::closed_response(limit, (level, think), plateau.capacity, (work, g)),
            };
            weight(*i) * (mean / expected).ln().powi(2)
        });
        (squares.sum::<f64>() / weights.max(1e-9), work)
    };
    trials.map(left).min_by(|a, b| a.0.total_cmp(&b.0))
}

/// `(ca^2 + cs^2)/2`: how irregular arrivals and work are. The first from the counts of seconds beside one another, the
/// second from the times at the lowest load.
fn irregularity(facts: &Facts<'_>, below: &[usize]) -> f64 {
    let low =
        numbers::quantile(&below.iter().map(|i| facts.level(*i)).collect::<Vec<_>>(), 0.25).unwrap_or(0.0);
    let times = facts.histogram(below.iter().copied().filter(|i| facts.level(*i) <= low));
    let work = squared_variation(&times).unwrap_or(1.0);
    let arrivals = match facts.load {
        Load::Open => {
            let jumps = below.windows(2).filter(|w| w[1] == w[0] + 1).map(|w| {
                let (a, b) = (facts.points[w[0]].begun, facts.points[w[1]].begun);
                (b - a).powi(2) / (a + b).max(1.0)
            });
            // The estimate is too rough to be taken as it is: it only tells a Poisson process from an even one.
            let dispersion = numbers::mean(&jumps.collect::<Vec<_>>()).unwrap_or(1.0);
            if dispersion > 0.35 { 1.0 } else { 0.0 }
        }
        // Users come back when they were answered: their arrivals are as irregular as the work.
        Load::Closed => work,
    };
    f64::midpoint(arrivals, work)
}

/// The squared coefficient of variation.
fn squared_variation(times: &brunt_metrics::SparseHistogram) -> Option<f64> {
    let mean = times.mean()?.as_millis_f64();
    let squares = times.counts.iter().map(|(bucket, count)| {
        let (low, high) = brunt_metrics::bucket_bounds_us(*bucket as usize);
        (f64::midpoint(low as f64, high as f64) / 1_000.0 - mean).powi(2) * *count as f64
    });
    Some(squares.sum::<f64>() / times.total as f64 / mean.powi(2))
}

/// How long users pause, by the interactive response time law at the lowest load: `users / rate - time`.
fn think(facts: &Facts<'_>, alone: f64) -> f64 {
    let lowest = (0..facts.points.len()).map(|i| facts.level(i)).fold(f64::INFINITY, f64::min);
    let pauses: Vec<f64> = (0..facts.points.len())
        .filter(|i| facts.level(*i) <= 1.1 * lowest && facts.points[*i].ok > 0.0)
        .map(|i| facts.level(i) / facts.points[i].ok - alone)
        .collect();
    let pause = numbers::median(&pauses).unwrap_or(0.0);
    if pause < 0.1 * alone { 0.0 } else { pause }
}
