//! k6's end-of-test summary as its `--summary-export` writes it, for whatever reads that file
//! (`oldJSONSummary` in `js/summary-wrapper.js` of <https://github.com/grafana/k6>).
//!
//! What is in it, and what not:
//!
//! - **Requests** are those of the load phase, as in every total of a run; k6 knows no phases. Iterations,
//!   checks and users are those of the whole run, `vus_max` the most that the plan allows. Rates divide by the time that each was measured in. Times are
//!   milliseconds.
//! - **`http_req_duration`** runs from the instant a request was due to its end, as everywhere in brunt. k6
//!   leaves the time until a connection was ready out of it. Percentiles are by nearest rank, not interpolated.
//! - **`http_req_failed`** counts what is an error in brunt: failed checks too. As in k6, `passes` is how many
//!   *failed* and `value` their share. `{expected_response:true}` are all others.
//! - **The parts of a request's time** are kept as sums, counts and maxima, not as distributions. So `avg` is
//!   exact, `max` is where one part makes up the metric, and the others stand there only where they are known
//!   to be 0, because enough requests did not have the part (a kept connection needs no connect). As in k6, a
//!   request without the part counts as 0, and `http_req_blocked` holds all until the connection was ready,
//!   with DNS, connect and TLS.
//! - **Checks** of one name are one, in the root group: k6 tells them apart by group, brunt by endpoint.
//! - **Groups** of steps and requests that brunt broke on purpose are in no metric, and the root group has no
//!   groups in it. **`iteration_duration`** is not measured, so it is not there.
//! - **Thresholds**: no metric has any. In this dialect `true` would mean that a threshold failed.
//! - Metrics without a value are left out, as in k6; only counters stand there with 0.

mod path_id;

mod trend;

use crate::{ExportError, UserCount};
use brunt_metrics::{Part, Phase};
use brunt_run::{RunEvent, RunView, Which};
use path_id::path_id;
use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use trend::{number, of_histogram, of_parts};

/// Writes the k6 summary of the run that `events` are.
pub fn write_k6_summary(
    events: impl IntoIterator<Item = RunEvent>,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let (mut view, mut users) = (RunView::default(), UserCount::default());
    for event in events {
        view.apply(&event);
        if let RunEvent::Second(second) = &event {
            users.add(second);
        }
    }
    write_k6_summary_of(&view, users, out)
}

/// Writes the k6 summary of a run that was folded into `view` already, its seconds into `users`.
pub fn write_k6_summary_of(
    view: &RunView,
    users: UserCount,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let header = view.header().ok_or(ExportError::NoHeader)?;
    let mut metrics = Map::new();
    http(view, &mut metrics);
    iterations(view, &mut metrics);
    let most: u64 = header.scenarios.iter().map(|s| u64::from(s.max_users)).sum();
    metrics.insert("vus".into(), gauge(users.last(), users.least(), users.most()));
    metrics.insert("vus_max".into(), gauge(most, most, most));
    let checks = checks(view);
    let (passes, fails) = checks.values().fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    if let Some(checks) = rate(passes, fails) {
        metrics.insert("checks".into(), checks);
    }
    let checks: Map<_, _> = checks.into_iter().map(|(name, counts)| check(name, counts)).collect();
    let summary = json!({
        "root_group": { "name": "", "path": "", "id": path_id(""), "groups": {}, "checks": checks },
        "metrics": metrics,
    });
    summary.serialize(&mut Serializer::with_formatter(out, PrettyFormatter::with_indent(b"    ")))?;
    Ok(())
}

/// The metrics of k6 that are parts of a request's time, and which of ours make them up.
const PARTS: [(&str, &[Part]); 6] = [
    ("http_req_blocked", &[Part::Blocked, Part::Dns, Part::Connect, Part::Tls]),
    ("http_req_connecting", &[Part::Connect]),
    ("http_req_tls_handshaking", &[Part::Tls]),
    ("http_req_sending", &[Part::Sending]),
    ("http_req_waiting", &[Part::Waiting]),
    ("http_req_receiving", &[Part::Receiving]),
];

fn http(view: &RunView, metrics: &mut Map<String, Value>) {
    let total = view.total(Phase::Load);
    let seconds = total.duration.as_secs_f64();
    for (name, count) in
        [("http_reqs", total.count), ("data_sent", total.bytes_out), ("data_received", total.bytes_in)]
    {
        metrics.insert(name.into(), counter(count, seconds));
    }
    if let Some(failed) = rate(total.errors, total.count - total.errors) {
        metrics.insert("http_req_failed".into(), failed);
    }
    for (name, which) in
        [("http_req_duration", Which::All), ("http_req_duration{expected_response:true}", Which::Ok)]
    {
        let times = view.response(None, Phase::Load, which);
        if let Some(trend) = times.and_then(|times| of_histogram(&times)) {
            metrics.insert(name.into(), trend);
        }
    }
    for (name, parts) in PARTS {
        let parts: Vec<_> = parts.iter().map(|part| total.parts[*part as usize]).collect();
        if let Some(trend) = of_parts(&parts, total.sent()) {
            metrics.insert(name.into(), trend);
        }
    }
}

fn iterations(view: &RunView, metrics: &mut Map<String, Value>) {
    let counts = view.iterations();
    let seconds = view.elapsed().as_secs_f64();
    // One that ended with a failed request did end; k6's do not count as interrupted for it either.
    metrics.insert("iterations".into(), counter(counts.completed + counts.failed, seconds));
    metrics.insert("dropped_iterations".into(), counter(counts.dropped, seconds));
}

/// How often each check held and did not, by name.
fn checks(view: &RunView) -> BTreeMap<String, (u64, u64)> {
    let mut by_name: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for check in view.checks() {
        let counts = by_name.entry(check.name).or_default();
        *counts = (counts.0 + check.passed, counts.1 + check.failed);
    }
    by_name
}

fn check(name: String, (passes, fails): (u64, u64)) -> (String, Value) {
    let path = format!("::{name}");
    let check = json!({ "name": name, "path": path, "id": path_id(&path), "passes": passes, "fails": fails });
    (name, check)
}

fn counter(count: u64, seconds: f64) -> Value {
    let rate = if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
    json!({ "count": count, "rate": number(rate) })
}

fn gauge(value: u64, min: u64, max: u64) -> Value {
    json!({ "value": value, "min": min, "max": max })
}

/// `None` if nothing was counted.
fn rate(passes: u64, fails: u64) -> Option<Value> {
    let total = passes + fails;
    let share = || number(passes as f64 / total as f64);
    (total > 0).then(|| json!({ "value": share(), "passes": passes, "fails": fails }))
}
