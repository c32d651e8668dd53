//! Which endpoints cost users the most, in time and in errors.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::percent, draft::time};
use super::{facts::Facts, kind::Kind};
use brunt_metrics::{EndpointId, EndpointKind, ErrorKind, Phase};
use brunt_run::Summary;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    requests: f64,
    failed: f64,
    /// Milliseconds of service, of all.
    time: f64,
}

/// An endpoint by its name, and what it had.
type Row = (String, Sums);

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    let rows: Vec<Row> = sums(facts).into_iter().map(|(id, one)| (facts.name(id), one)).collect();
    among(&rows, rules)
}

/// The same from totals, where means are known of all.
pub(super) fn of_totals(summary: &Summary, rules: &Rules) -> Vec<Draft> {
    let row = |e: &brunt_run::EndpointFigures| {
        let (figures, requests) = (&e.figures, e.figures.requests as f64);
        let unsent = figures.errors_by_kind.get(ErrorKind::Missing.name()).copied().unwrap_or(0);
        let timed = figures.requests.saturating_sub(unsent) as f64;
        let mean = figures.service.mean_ms.or(figures.response.mean_ms);
        let mean = if timed > 0.0 { mean? } else { 0.0 };
        Some((e.series.label(), Sums { requests, failed: figures.errors as f64, time: mean * timed }))
    };
    let busy = summary.endpoints.iter().filter(|e| e.figures.requests > 0);
    busy.map(row).collect::<Option<Vec<Row>>>().map_or_else(Vec::new, |rows| among(&rows, rules))
}

fn among(rows: &[Row], rules: &Rules) -> Vec<Draft> {
    let mut all = Sums::default();
    for (_, one) in rows {
        all.requests += one.requests;
        all.failed += one.failed;
        all.time += one.time;
    }
    if rows.len() < 2 || all.requests < rules.limit(Kind::HotEndpoint, "requests") {
        return Vec::new();
    }
    // The one whose time above that of the others weighs most: a cheap one may have most time by its number alone.
    let above =
        |one: &Sums| one.time - one.requests * (all.time - one.time) / (all.requests - one.requests).max(1.0);
    let by_time = rows.iter().max_by(|a, b| above(&a.1).total_cmp(&above(&b.1)));
    let by_errors = rows.iter().max_by(|a, b| a.1.failed.total_cmp(&b.1.failed));
    let hot = by_time.and_then(|(name, one)| hot(rules, (name, *one), all));
    let failing = by_errors.and_then(|(name, one)| failing(rules, (name, *one), all));
    hot.into_iter().chain(failing).collect()
}

fn sums(facts: &Facts<'_>) -> BTreeMap<EndpointId, Sums> {
    let mut sums: BTreeMap<EndpointId, Sums> = BTreeMap::new();
    let header = facts.course.header.as_ref();
    let is_request = |id| header.is_none_or(|h| h.kind(id) == EndpointKind::Request);
    let cells = facts.slices().flat_map(|s| &s.measured.cells);
    for cell in cells.filter(|c| c.key.phase == Phase::Load && is_request(c.key.endpoint)) {
        let one = sums.entry(cell.key.endpoint).or_default();
        one.requests += cell.count() as f64;
        one.failed += if cell.key.outcome.is_ok() { 0.0 } else { cell.count() as f64 };
        one.time += cell.service.sum_ns as f64 / 1e6;
    }
    sums
}

fn hot(rules: &Rules, (name, one): (&str, Sums), all: Sums) -> Option<Draft> {
    let (share, of_requests) = (one.time / all.time.max(1e-9), one.requests / all.requests);
    let mean = one.time / one.requests.max(1.0);
    let others = (all.time - one.time) / (all.requests - one.requests).max(1.0);
    let times = mean / others.max(1e-9);
    if share < rules.limit(Kind::HotEndpoint, "time_share") || times < rules.limit(Kind::HotEndpoint, "times")
    {
        return None;
    }
    let claim = format!(
        "{name} is {} of the requests and {} of the time: {} on average, the others {}",
        percent(of_requests),
        percent(share),
        time(mean),
        time(others)
    );
    let evidence = Evidence::of(name, Figure::Endpoints)
        .number("share of requests", 100.0 * of_requests, "%")
        .number("share of time", 100.0 * share, "%")
        .number("mean", mean, "ms")
        .number("mean of the others", others, "ms");
    let draft = Draft::new(Kind::HotEndpoint, claim).costs(share * (1.0 - 1.0 / times), 0.0);
    Some(draft.sure(Confidence::High).evidence(evidence).or_else(
        "its work is what it should be, and users ask for it",
        "load it alone at the same rate: its time stays if the work is its own, and falls if it waits for others",
    ))
}

fn failing(rules: &Rules, (name, one): (&str, Sums), all: Sums) -> Option<Draft> {
    let kind = Kind::FailingEndpoint;
    let (share, of_requests) = (one.failed / all.failed.max(1.0), one.requests / all.requests);
    let rate = one.failed / one.requests.max(1.0);
    let others = (all.failed - one.failed) / (all.requests - one.requests).max(1.0);
    let enough = one.failed >= rules.limit(kind, "errors") && rate >= rules.limit(kind, "error_rate");
    let apart = share >= rules.limit(kind, "error_share") && rate >= rules.limit(kind, "times") * others;
    if !enough || !apart {
        return None;
    }
    let claim = format!(
        "{name} is {} of the requests and {} of the errors: {} of its requests fail, {} of the others",
        percent(of_requests),
        percent(share),
        percent(rate),
        percent(others)
    );
    let interval = share_interval(one.failed, one.requests);
    let evidence = Evidence::of(name, Figure::Endpoints)
        .ranged("error rate", 100.0 * rate, "%", interval)
        .number("error rate of the others", 100.0 * others, "%")
        .number("errors", one.failed, "");
    let draft = Draft::new(kind, claim).costs(0.0, one.failed / all.requests).sure(Confidence::High);
    Some(draft.evidence(evidence).or_else(
        "it is asked for something that cannot be answered: the test's data are wrong",
        "send one of its requests by hand, and read the target's log at that time",
    ))
}

/// The 95 % interval of a share, in per cent.
pub(super) fn share_interval(hits: f64, n: f64) -> Option<(f64, f64)> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
    let interval = crate::stats::wilson(hits as u64, n as u64, 0.95);
    interval.map(|i| (100.0 * i.low, 100.0 * i.high))
}
