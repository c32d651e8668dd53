//! How long the target takes to be itself again after a spike of load, an outage or a burst of errors.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::digits, draft::time};
use super::{facts::Facts, facts::Load, kind::Kind, numbers, trends};
use std::ops::Range;

/// A disturbance: a spike of load, or seconds in which nothing was answered.
#[derive(Clone, Debug)]
struct Blow {
    range: Range<usize>,
    what: &'static str,
    /// The usual level of load before it.
    base: f64,
}

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Option<Draft> {
    let blow = spike(facts).or_else(|| outage(facts))?;
    let before = calm_before(facts, &blow)?;
    let after = blow.range.end..facts.points.len();
    // Load must be back, or latency has no reason to be.
    let most = usual_at_most(blow.base);
    let back = after.clone().take_while(|i| facts.level(*i) <= most).count();
    let after = after.start..after.start + back;
    let limit = before * rules.limit(Kind::Recovery, "times");
    let slow = |i: usize| facts.points[i].latency.is_some_and(|l| l.p50 > limit) || silent(facts, i);
    let healthy = after.clone().find(|i| (*i..(i + 3).min(after.end)).all(|j| !slow(j)));
    match healthy {
        Some(at) => recovered(facts, rules, &blow, (before, at)),
        None => stuck(facts, rules, &blow, (before, after)),
    }
}

/// The median of p50 over the ten seconds before.
fn calm_before(facts: &Facts<'_>, blow: &Blow) -> Option<f64> {
    let values = facts.logs(blow.range.start.saturating_sub(12)..blow.range.start, |l| l.p50);
    (values.len() >= 4)
        .then(|| numbers::median(&values.iter().map(|v| v.1).collect::<Vec<_>>()).map(f64::exp))?
}

/// Seconds with much more load than before, in an open run, after which load is what it was.
fn spike(facts: &Facts<'_>) -> Option<Blow> {
    if facts.load != Load::Open || facts.points.len() < 20 {
        return None;
    }
    let early = facts.points.len() / 8;
    let levels: Vec<f64> = (0..early.max(5)).map(|i| facts.level(i)).collect();
    let base = numbers::median(&levels)?;
    let most = usual_at_most(base);
    let high = numbers::longest(facts.points.len(), |i| facts.level(i) > (1.4 * base).max(most));
    let after = high.end..facts.points.len();
    let back = after.clone().filter(|i| facts.level(*i) <= most).count();
    let spiky = high.len() >= 2 && high.len() * 2 < facts.points.len();
    (spiky && after.len() >= 5 && back * 10 >= after.len() * 8).then_some(Blow {
        range: high,
        what: "the spike of load",
        base,
    })
}

/// The highest level that is still the usual one: a quarter more, or four deviations of a Poisson count.
fn usual_at_most(base: f64) -> f64 {
    (1.25 * base).max(base + 4.0 * base.max(0.2).sqrt())
}

/// Whether nothing was answered although something was asked or in flight.
fn silent(facts: &Facts<'_>, at: usize) -> bool {
    let point = &facts.points[at];
    point.ended < 0.05 * point.asked.max(point.in_flight)
}

fn outage(facts: &Facts<'_>) -> Option<Blow> {
    let range = numbers::longest(facts.points.len(), |i| silent(facts, i));
    let levels: Vec<f64> = (range.start.saturating_sub(10)..range.start).map(|i| facts.level(i)).collect();
    let base = numbers::median(&levels).filter(|b| *b > 0.0)?;
    (range.len() >= 2).then_some(Blow { range, what: "the silence", base })
}

fn recovered(facts: &Facts<'_>, rules: &Rules, blow: &Blow, (before, at): (f64, usize)) -> Option<Draft> {
    let took = facts.points[at].at as f64 - facts.points[blow.range.end.min(at)].at as f64;
    let silence = blow.what == "the silence";
    if took < rules.limit(Kind::Recovery, "seconds") && !silence {
        return None;
    }
    let seconds = facts.seconds(&blow.range);
    let what = if silence {
        format!("nothing was answered for {} s from second {}; after it", blow.range.len(), seconds.from)
    } else {
        format!("after {} (seconds {} to {})", blow.what, seconds.from, seconds.to)
    };
    let claim = format!("{what} latency took {} s to be back at its usual {}", digits(took), time(before));
    let cost = trends::excess(facts, blow.range.start..at, before);
    let evidence = Evidence::of("p50 of all requests", Figure::LatencyOverTime)
        .within(facts.seconds(&(blow.range.start..at.max(blow.range.end))))
        .ranged("recovery time", took, "s", Some((took - 1.0, took + 1.0)))
        .number("disturbed for", (seconds.to - seconds.from) as f64, "s")
        .number("usual p50", before, "ms");
    let draft = Draft::new(Kind::Recovery, claim).costs(cost, 0.0).sure(Confidence::High).evidence(evidence);
    Some(draft.or_else(
        "a queue that empties at the capacity that is left: the time is backlog over spare capacity",
        "repeat the spike at half the height: a backlog takes half as long, a restart or a failover as long as before",
    ))
}

fn stuck(
    facts: &Facts<'_>,
    rules: &Rules,
    blow: &Blow,
    (before, after): (f64, Range<usize>),
) -> Option<Draft> {
    if (after.len() as f64) < rules.limit(Kind::NotRecovered, "seconds") {
        return None;
    }
    let late = after.end.saturating_sub(10).max(after.start)..after.end;
    let values: Vec<f64> = facts.logs(late, |l| l.p50).iter().map(|v| v.1).collect();
    let now = numbers::median(&values).map_or(f64::INFINITY, f64::exp);
    let claim = format!(
        "{} s after {} load is what it was, but p50 is {} instead of {}: not recovered",
        after.len(),
        blow.what,
        if now.is_finite() { time(now) } else { "without an answer".to_owned() },
        time(before)
    );
    let cost = trends::excess(facts, after.clone(), before);
    let evidence = Evidence::of("p50 of all requests", Figure::LatencyOverTime)
        .within(facts.seconds(&after))
        .number("waited for", after.len() as f64, "s")
        .number("usual p50", before, "ms")
        .number("p50 at the end", now, "ms");
    // What is worked off steadily will be gone: that is slow, and not stuck.
    let third = after.start..after.start + after.len() / 3;
    let early: Vec<f64> = facts.logs(third, |l| l.p50).iter().map(|v| v.1).collect();
    let falling = numbers::median(&early).is_some_and(|early| now < 0.6 * early.exp());
    let sure = if falling { Confidence::Medium } else { Confidence::High };
    let draft = Draft::new(Kind::NotRecovered, claim).costs(cost, 0.0).sure(sure).evidence(evidence);
    Some(draft.or_else(
        "a backlog that is still being worked off: then latency falls steadily",
        "take the load away for some seconds: if it is well afterwards at the same load, it kept itself busy (retries, \
         time-outs whose work goes on)",
    ))
}
