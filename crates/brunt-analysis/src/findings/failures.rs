//! Errors: a rate limiter, a burst, an onset with the load, or an even share.

use super::{
    Confidence, Evidence, Figure, Rules, Seconds, draft::Draft, draft::digits, draft::percent, draft::time,
};
use super::{endpoints::share_interval, facts::Facts, kind::Kind, numbers};
use brunt_metrics::{ErrorKind, Outcome, Phase, Status};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// The status of a rate limiter (RFC 6585).
const TOO_MANY: Status = Status::code(429);

/// Failed requests of one class, by point.
#[derive(Clone, Debug)]
struct Class {
    name: String,
    limited: bool,
    /// A second.
    rates: Vec<f64>,
    total: f64,
}

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    if facts.errors < rules.limit(Kind::SteadyErrors, "errors") {
        return Vec::new();
    }
    let classes = classes(facts);
    let limiter = classes.iter().find(|c| c.limited).and_then(|c| rate_limit(facts, rules, c));
    let others =
        classes.iter().filter(|c| !c.limited || limiter.is_none()).max_by(|a, b| a.total.total_cmp(&b.total));
    let other = others.and_then(|c| {
        onset(facts, rules, c).or_else(|| burst(facts, rules, c)).or_else(|| steady(facts, rules, c))
    });
    limiter.into_iter().chain(other).collect()
}

fn classes(facts: &Facts<'_>) -> Vec<Class> {
    let places: BTreeMap<u64, usize> = facts.points.iter().enumerate().map(|(i, p)| (p.at, i)).collect();
    let mut classes: BTreeMap<(Status, Outcome), Vec<f64>> = BTreeMap::new();
    for slice in facts.slices() {
        let Some(&at) = places.get(&slice.from) else { continue };
        let failed = |c: &&brunt_metrics::CellSecond| c.key.phase == Phase::Load && !c.key.outcome.is_ok();
        for cell in slice.measured.cells.iter().filter(failed) {
            let rates = classes
                .entry((cell.key.status, cell.key.outcome))
                .or_insert_with(|| vec![0.0; facts.points.len()]);
            rates[at] += cell.count() as f64 / facts.points[at].seconds;
        }
    }
    let class = |((status, outcome), rates): ((Status, Outcome), Vec<f64>)| Class {
        name: class_name(status, outcome),
        limited: status == TOO_MANY,
        total: rates.iter().zip(&facts.points).map(|(r, p)| r * p.seconds).sum(),
        rates,
    };
    classes.into_iter().map(class).collect()
}

fn class_name(status: Status, outcome: Outcome) -> String {
    match outcome {
        Outcome::Error(ErrorKind::Status) | Outcome::Ok => status.to_string(),
        Outcome::Error(kind) => kind.to_string(),
    }
}

/// Refusals by 429 while what is admitted stays one rate.
fn rate_limit(facts: &Facts<'_>, rules: &Rules, class: &Class) -> Option<Draft> {
    let limited: Vec<usize> =
        (0..facts.points.len()).filter(|i| class.rates[*i] >= 0.02 * facts.points[*i].ended).collect();
    if class.total < rules.limit(Kind::RateLimit, "share") * facts.requests || limited.len() < 3 {
        return None;
    }
    let admitted: Vec<f64> = limited.iter().map(|i| facts.points[*i].ok).collect();
    let rate = numbers::median(&admitted)?;
    let error = 1.96 * 1.25 * numbers::spread(&admitted)? / (admitted.len() as f64).sqrt();
    let steady = numbers::spread(&admitted)? <= 0.15 * rate + 1.5 * rate.max(1.0).sqrt();
    // What was let through above the rate before the first refusal fitted into the bucket.
    let burst: f64 =
        (0..=limited[0]).map(|i| facts.points[i].ok - rate).fold(0.0, |held, more| (held + more).max(0.0));
    let asked = limited.iter().map(|i| facts.points[*i].asked).fold(0.0, f64::max);
    let shape = if steady {
        "what is admitted stays the same however much is asked"
    } else {
        "the admitted rate varies"
    };
    let claim = format!(
        "a rate limiter admits {}/s (burst about {}): {} of the requests were refused with 429; {shape}",
        digits(rate),
        digits(burst),
        percent(class.total / facts.requests)
    );
    let evidence = Evidence::of("429", Figure::ErrorsOverTime)
        .within(facts.seconds(&(limited[0]..limited[limited.len() - 1] + 1)))
        .ranged("admitted rate", rate, "/s", Some((rate - error, rate + error)))
        .number("burst", burst, "")
        .number("most asked", asked, "/s")
        .number("refused", class.total, "");
    let sure = if steady { Confidence::High } else { Confidence::Medium };
    let draft = Draft::new(Kind::RateLimit, claim).costs(0.0, class.total / facts.requests).sure(sure);
    Some(draft.evidence(evidence).or_else(
        "the target sheds load when it is full, and says so with 429: then latency rises before",
        "ask for less than the admitted rate: refusals must end; look for the limit in the gateway's settings and in \
         `ratelimit-*` or `retry-after` headers",
    ))
}

/// Errors that begin when load passes a level.
fn onset(facts: &Facts<'_>, rules: &Rules, class: &Class) -> Option<Draft> {
    let mut order: Vec<usize> = (0..facts.points.len()).filter(|i| facts.points[*i].ended > 0.0).collect();
    order.sort_by(|a, b| facts.level(*a).total_cmp(&facts.level(*b)));
    let (low, high) = (facts.level(*order.first()?), facts.level(*order.last()?));
    if high < 1.3 * low || order.len() < 12 {
        return None;
    }
    let share = |points: &[usize]| {
        let failed: f64 = points.iter().map(|i| class.rates[*i]).sum();
        failed / points.iter().map(|i| facts.points[*i].ended).sum::<f64>().max(1e-9)
    };
    let gain = |at: usize| share(&order[at..]) - share(&order[..at]);
    let best = (3..order.len() - 2).max_by(|a, b| gain(*a).total_cmp(&gain(*b)))?;
    // The best split lies where errors are many; the onset is where they first pass the limit for good.
    let least = rules.limit(Kind::ErrorOnset, "error_rate");
    let above = share(&order[best..]);
    let smoothed = |at: usize| share(&order[at.saturating_sub(2)..(at + 3).min(order.len())]);
    let first = (0..best).rev().find(|i| smoothed(*i) < (0.15 * above).max(0.3 * least)).map_or(0, |i| i + 1);
    let below = share(&order[..first.max(1)]);
    // At the same level, errors come at all times and not in one stretch of time only.
    let holds =
        order[first..].iter().filter(|i| class.rates[**i] > 0.0).count() * 10 >= (order.len() - first) * 6;
    if above < least || below > 0.1 * above || first < 3 || !holds {
        return None;
    }
    let level = facts.level(order[first]);
    let cost = class.total / facts.requests;
    let waits = latency_ratio(facts, &order[first..], &order[..first]);
    let claim = format!(
        "{} from {} on ({} of the requests above), {} below; p50 is {} times as long above",
        class.name,
        facts.level_words(level),
        percent(share(&order[first..])),
        if below > 0.0 { percent(below) } else { "none".to_owned() },
        waits.map_or("-".to_owned(), digits)
    );
    let evidence = Evidence::of(class.name.clone(), Figure::ErrorsOverTime)
        .number("onset", level, if facts.load == super::facts::Load::Open { "/s" } else { "users" })
        .number("error rate above", 100.0 * share(&order[first..]), "%")
        .number("error rate below", 100.0 * below, "%")
        .number("p50 above over below", waits.unwrap_or(f64::NAN), "");
    let draft =
        Draft::new(Kind::ErrorOnset, claim).costs(0.0, cost).sure(Confidence::High).evidence(evidence);
    Some(draft.or_else(
        "errors began at that time for a reason of their own, and load rose as well",
        "hold the load just below and just above this level, in turns: errors must come and go with it",
    ))
}

fn latency_ratio(facts: &Facts<'_>, above: &[usize], below: &[usize]) -> Option<f64> {
    let p50 = |points: &[usize]| {
        numbers::median(
            &points.iter().filter_map(|i| facts.points[*i].latency.map(|l| l.p50)).collect::<Vec<_>>(),
        )
    };
    Some(p50(above)? / p50(below)?)
}

/// A stretch of seconds with many more errors than the rest.
fn burst(facts: &Facts<'_>, rules: &Rules, class: &Class) -> Option<Draft> {
    let kind = Kind::ErrorBurst;
    let shares: Vec<f64> = facts
        .points
        .iter()
        .zip(&class.rates)
        .map(|(p, r)| if p.ended > 0.0 { r / p.ended } else { 0.0 })
        .collect();
    // Errors that begin and stay may take most of the run.
    let usual = numbers::quantile(&shares, 0.1)?;
    let limit = rules.limit(kind, "error_rate").max(5.0 * usual);
    // One good second within a burst does not end it.
    let bad = |i: usize| {
        shares[i] > limit || (i > 0 && i + 1 < shares.len() && shares[i - 1] > limit && shares[i + 1] > limit)
    };
    let stretches = stretches(shares.len(), bad);
    let range = stretches.iter().max_by(|a, b| {
        let sum = |r: &Range<usize>| class.rates[r.clone()].iter().sum::<f64>();
        sum(a).total_cmp(&sum(b))
    })?;
    let inside: f64 = range.clone().map(|i| class.rates[i] * facts.points[i].seconds).sum();
    if let Some(begun) = step_up(facts, class, range) {
        return Some(begun);
    }
    if range.len() * 2 > shares.len() || inside < rules.limit(kind, "errors") || inside < 0.5 * class.total {
        return None;
    }
    let ended: f64 = range.clone().map(|i| facts.points[i].ended * facts.points[i].seconds).sum();
    let seconds = facts.seconds(range);
    let beside = coincidences(facts, range);
    let claim = format!(
        "{} in seconds {} to {}: {} of the requests there, {} in the rest; {}",
        class.name,
        seconds.from,
        seconds.to,
        percent(inside / ended.max(1.0)),
        percent((class.total - inside) / (facts.requests - ended).max(1.0)),
        if beside.is_empty() { "load and latency were as usual".to_owned() } else { beside.join(", ") }
    );
    let evidence = Evidence::of(class.name.clone(), Figure::ErrorsOverTime)
        .within(seconds)
        .number("start", seconds.from as f64, "s")
        .number("length", (seconds.to - seconds.from) as f64, "s")
        .ranged("error rate", 100.0 * inside / ended.max(1.0), "%", share_interval(inside, ended))
        .number("errors", inside, "")
        .number("bursts", stretches.len() as f64, "");
    let draft =
        Draft::new(kind, claim).costs(0.0, inside / facts.requests).sure(Confidence::High).evidence(evidence);
    Some(draft.or_else(
        "a disturbance between generator and target",
        "read the logs of the target, its dependencies and its deployment at these seconds",
    ))
}

/// Errors that begin at some second and stay.
fn step_up(facts: &Facts<'_>, class: &Class, range: &Range<usize>) -> Option<Draft> {
    let to_the_end = range.end + 2 >= facts.points.len() && range.start >= 5 && range.len() >= 8;
    let before: f64 = class.rates[..range.start].iter().sum();
    if !to_the_end || before > 0.1 * class.total {
        return None;
    }
    let seconds = facts.seconds(range);
    let claim = format!(
        "{} begin in second {} and stay: {} of all requests failed so",
        class.name,
        seconds.from,
        percent(class.total / facts.requests)
    );
    let evidence = Evidence::of(class.name.clone(), Figure::ErrorsOverTime)
        .within(seconds)
        .number("start", seconds.from as f64, "s")
        .number("errors", class.total, "");
    let draft = Draft::new(Kind::ChangePoint, claim).costs(0.0, class.total / facts.requests);
    Some(draft.sure(Confidence::High).evidence(evidence).or_else(
        "something that fills up: a disk, a table, a limit of connections",
        "look for what happened at that second, and whether a restart ends it",
    ))
}

/// What else was unusual in a range.
fn coincidences(facts: &Facts<'_>, range: &Range<usize>) -> Vec<String> {
    let rest: Vec<usize> = (0..facts.points.len()).filter(|i| !range.contains(i)).collect();
    let inside: Vec<usize> = range.clone().collect();
    let mut found = Vec::new();
    if let Some(ratio) = latency_ratio(facts, &inside, &rest).filter(|r| !(0.67..=1.5).contains(r)) {
        found.push(format!("p50 of what succeeded was {} times the usual", digits(ratio)));
    }
    let level =
        |points: &[usize]| numbers::median(&points.iter().map(|i| facts.level(*i)).collect::<Vec<_>>());
    if let (Some(here), Some(usual)) = (level(&inside), level(&rest))
        && !(0.8..=1.25).contains(&(here / usual.max(1e-9)))
    {
        found.push(format!("load was {} instead of {}", facts.level_words(here), facts.level_words(usual)));
    }
    let seconds = facts.seconds(range);
    let near = |c: &&brunt_run::PhaseChange| {
        let at = c.at.second();
        at + 1 >= seconds.from && at <= seconds.from + 1 && at > 0
    };
    if facts.course.phases.iter().any(|c| near(&c)) {
        found.push("a scenario changed its phase as it began".to_owned());
    }
    for resource in &facts.course.resources {
        found.extend(unusual(resource, seconds));
    }
    found
}

fn unusual(resource: &crate::Resource, seconds: Seconds) -> Option<String> {
    let (inside, rest): (Vec<_>, Vec<_>) =
        resource.values.iter().partition(|(t, _)| (seconds.from..=seconds.to).contains(&t.second()));
    let values = |v: &[&(brunt_metrics::Nanos, f64)]| v.iter().map(|x| x.1).collect::<Vec<_>>();
    let (here, usual) = (numbers::median(&values(&inside))?, numbers::median(&values(&rest))?);
    let spread = numbers::spread(&values(&rest))?.max(0.05 * usual.abs());
    ((here - usual).abs() > 4.0 * spread).then(|| {
        format!("{} was {}{} instead of {}", resource.name, digits(here), resource.unit, digits(usual))
    })
}

/// Runs of neighbours for which `holds`, of at least two.
fn stretches(n: usize, holds: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for at in (0..n).filter(|i| holds(*i)) {
        match out.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            Some(_) | None => out.push(at..at + 1),
        }
    }
    out.retain(|r| r.len() >= 2);
    out
}

/// Errors that come at any time and load.
fn steady(facts: &Facts<'_>, rules: &Rules, class: &Class) -> Option<Draft> {
    let rate = class.total / facts.requests;
    let enough = rate >= rules.limit(Kind::SteadyErrors, "error_rate");
    let quarter = class.rates.len().div_ceil(4).max(1);
    let parts: Vec<f64> = class.rates.chunks(quarter).map(|c| c.iter().sum::<f64>()).collect();
    let fewest = parts.iter().copied().fold(f64::INFINITY, f64::min);
    if !enough || fewest * 8.0 < class.rates.iter().sum::<f64>() / 2.0 {
        return None;
    }
    let (fast, slow) = mean_times(facts);
    let mut claim =
        format!("{} of the requests fail with {}, at any time of the run", percent(rate), class.name);
    if fast.is_some() || slow.is_some() {
        let [fast, slow] = [fast, slow].map(|mean| mean.map_or("-".to_owned(), time));
        let _ = write!(claim, "; a failed one takes {fast}, another {slow}");
    }
    let evidence = Evidence::of(class.name.clone(), Figure::ErrorsOverTime)
        .within(facts.seconds(&(0..facts.points.len())))
        .ranged("error rate", 100.0 * rate, "%", share_interval(class.total, facts.requests))
        .number("errors", class.total, "")
        .number("mean time of failed", fast.unwrap_or(f64::NAN), "ms")
        .number("mean time of others", slow.unwrap_or(f64::NAN), "ms");
    let draft =
        Draft::new(Kind::SteadyErrors, claim).costs(0.0, rate).sure(Confidence::High).evidence(evidence);
    Some(draft.or_else(
        "some of the test's data cannot be answered: the plan is at fault",
        "compare a failed request with one that succeeded; the first words of each error are in the record",
    ))
}

/// Mean service times of what failed and of what did not, in milliseconds.
fn mean_times(facts: &Facts<'_>) -> (Option<f64>, Option<f64>) {
    let mean = |ok| {
        let cells = facts.slices().flat_map(|s| &s.measured.cells).filter(|c| c.key.outcome.is_ok() == ok);
        let times = cells.map(brunt_metrics::CellSecond::service_times);
        let (sum, n) = times.fold((0.0, 0_u64), |(s, n), t| (s + t.sum_ns as f64 / 1e6, n + t.total));
        (n > 0).then(|| sum / n as f64)
    };
    (mean(false), mean(true))
}
