//! Figures and names as all forms spell them.

use super::AnalysedRun;
use crate::markup::harmless;
use brunt_analysis::{Confidence, Evidence, Finding, leaders};
use brunt_run::{Outlook, Standing};
use std::fmt::Write as _;

/// What there is, or `-`.
pub(super) fn or_dash(value: Option<f64>, text: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".into(), text)
}

pub(super) fn ms(value: Option<f64>) -> String {
    or_dash(value, |ms| if ms < 100.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") })
}

pub(super) fn percent(share: Option<f64>) -> String {
    or_dash(share, |share| format!("{:.2} %", share * 100.0))
}

/// `15,750`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1,050.3`.
pub(super) fn grouped_tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    let (whole, tenths) = text.split_once('.').unwrap_or((&text, "0"));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    format!("{sign}{}.{tenths}", grouped(whole.parse().unwrap_or(0)))
}

pub(crate) const fn outlook(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::Cut => "cut",
        Outlook::Invalid => "not valid",
        Outlook::Failed => "failed",
        Outlook::StoppedEarly => "stopped early",
        Outlook::NotEnoughEvidence => "not enough evidence",
        Outlook::Warned => "passed with warnings",
        Outlook::Passed => "passed",
    }
}

/// Whether a run failed, or must not be judged by, for another reason than its objectives.
pub(super) fn untold(run: &AnalysedRun) -> bool {
    let failed = run.verdict.objectives.iter().any(|o| o.standing == Standing::Failed);
    match run.verdict.outlook {
        Outlook::Cut | Outlook::Invalid => true,
        Outlook::Failed => !failed,
        Outlook::StoppedEarly | Outlook::NotEnoughEvidence | Outlook::Warned | Outlook::Passed => false,
    }
}

/// Whether too little is known of a run to say that it passed or failed.
pub(super) const fn unjudged(run: &AnalysedRun) -> bool {
    matches!(run.verdict.outlook, Outlook::NotEnoughEvidence | Outlook::StoppedEarly)
}

pub(crate) const fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Failed => "✗",
        Standing::NotJudged => "?",
        Standing::Warned => "!",
        Standing::Passed => "✓",
        Standing::Noted => "~",
    }
}

/// The totals in rows: what, and how much.
pub(crate) fn totals(run: &AnalysedRun) -> Vec<(&'static str, String)> {
    let total = &run.summary.total;
    let (r, grades) = (&total.response, &run.grades);
    let grade = |text: String, grade: &Option<String>| match grade {
        Some(grade) => format!("{text} ({grade})"),
        None => text,
    };
    vec![
        ("Requests", grouped(total.requests)),
        ("Failures", grouped(total.errors)),
        ("Success rate", percent(total.error_rate.map(|share| 1.0 - share))),
        ("Error rate", grade(percent(total.error_rate), &grades.errors)),
        ("Throughput", or_dash(total.requests_per_second, |rate| format!("{}/s", grouped_tenths(rate)))),
        ("Average", ms(r.mean_ms)),
        ("Standard deviation", ms(r.std_dev_ms)),
        ("Minimum", ms(r.min_ms)),
        ("P50", ms(r.p50_ms)),
        ("P95", grade(ms(r.p95_ms), &grades.p95)),
        ("P99", ms(r.p99_ms)),
        ("Maximum", ms(r.max_ms)),
    ]
}

/// Columns of the endpoints' table.
pub(crate) const ENDPOINTS: [&str; 9] =
    ["endpoint", "requests", "of time", "err %", "of errors", "p50", "p95", "p99", "spread"];

/// The endpoints, those that hurt most first.
pub(crate) fn endpoints(run: &AnalysedRun) -> Vec<[String; 9]> {
    let row = |spot: &brunt_analysis::HotSpot| {
        let figures = run.summary.endpoints.get(spot.endpoint).map(|e| &e.figures)?;
        let r = &figures.response;
        Some([
            harmless(&spot.name),
            grouped(spot.requests),
            percent(spot.time_share),
            percent(figures.error_rate),
            percent(spot.error_share),
            ms(r.p50_ms),
            ms(r.p95_ms),
            ms(r.p99_ms),
            or_dash(spot.spread, |times| format!("{times:.1}x")),
        ])
    };
    run.hot_spots.iter().filter_map(row).collect()
}

/// Who leads among the endpoints, in a line; empty where there is only one, or nothing is known.
pub(crate) fn led_by(run: &AnalysedRun) -> String {
    if run.hot_spots.len() < 2 {
        return String::new();
    }
    let leaders = leaders(&run.hot_spots);
    let said =
        [("most time", leaders.time), ("most errors", leaders.errors), ("widest spread", leaders.spread)];
    let parts = said.into_iter().filter_map(|(what, name)| Some(format!("{what}: {}", harmless(&name?))));
    parts.collect::<Vec<_>>().join("; ")
}

pub(crate) const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// A piece of evidence in a line: `p95 of all requests, 0:20 to 0:31: before 19 ms, after 30 ms (29 to 31)`.
pub(crate) fn evidence(evidence: &Evidence) -> String {
    let mut out = evidence.series.clone();
    if let Some(window) = evidence.window {
        let _ = write!(out, ", seconds {} to {}", window.from, window.to);
    }
    let number = |n: &brunt_analysis::Number| {
        let unit = if n.unit.is_empty() || n.unit.starts_with('/') {
            n.unit.clone()
        } else {
            format!(" {}", n.unit)
        };
        let interval =
            n.interval.map(|(l, h)| format!(" ({} to {})", short(l), short(h))).unwrap_or_default();
        format!("{} {}{unit}{interval}", n.name, short(n.value))
    };
    let numbers: Vec<String> = evidence.numbers.iter().map(number).collect();
    if !numbers.is_empty() {
        let _ = write!(out, ": {}", numbers.join(", "));
    }
    harmless(&out)
}

/// Three digits that count.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// What a finding costs, in words; empty where it costs nothing.
pub(crate) fn cost(finding: &Finding) -> String {
    let part = |share: f64, of: &str| (share >= 0.0005).then(|| format!("{:.1} % {of}", share * 100.0));
    let parts = [
        part(finding.cost.time_share, "of the waiting"),
        part(finding.cost.error_share, "of the requests fail"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
