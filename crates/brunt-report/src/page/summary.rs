//! What a reader decides by: verdict and trust, objectives, what changed, findings.

use super::{Page, clean, table};
use crate::analysis::{confidence, cost, evidence, mark, totals};
use crate::compare::{Primary, cells, design, heads, outcome as comparison_outcome};
use crate::{Basis, metric_figure};
use brunt_analysis::Finding;
use brunt_analysis::compare::{Metric, Outcome};
use brunt_figure::Unit;
use brunt_run::{ObjectiveOutcome, ObjectiveUnit, Outlook, Standing, Summary};
use jiff::Timestamp;
use maud::{Markup, html};

pub(super) const fn outlook(outlook: Outlook) -> &'static str {
    crate::analysis::outlook(outlook)
}

/// A mark, a class and a word: the mark and the word say it without colour.
const fn sign(outlook: Outlook) -> (&'static str, &'static str) {
    match outlook {
        Outlook::Passed => ("✓", "pass"),
        Outlook::Failed => ("✗", "fail"),
        Outlook::Cut
        | Outlook::Invalid
        | Outlook::StoppedEarly
        | Outlook::NotEnoughEvidence
        | Outlook::Warned => ("!", "doubt"),
    }
}

/// What ran, what it comes to, whether it can be trusted, and the figures that most people ask for.
pub(super) fn head(page: &Page<'_>) -> Markup {
    let (run, summary) = (page.run, &page.run.summary);
    let verdict = &run.verdict;
    let (mark, class) = sign(verdict.outlook);
    let word = outlook(verdict.outlook);
    let reasons: Vec<_> = verdict.findings.iter().filter(|r| r.id != "objective").collect();
    html! {
        header {
            h1 { (clean(&run.name)) }
            p.soft { (clean(&about(summary))) }
            @for load in loads(summary) { p.soft { (clean(&load)) } }
        }
        div.decision.(class) id="decision" role="status" {
            strong { (mark) " " (capital(word)) }
            p { (clean(&verdict.summary)) }
            @if let Some(trust) = trust(summary) { p { b { "Trust: " } (trust) } }
            @for reason in reasons { p { @if reason.against { b { "Against it: " } } (clean(&reason.text)) } }
            @for finding in leading(&run.findings) {
                p {
                    b { "Found: " } (clean(&finding.claim)) " "
                    a href="#findings" { (confidence(finding.confidence)) " confidence" }
                }
            }
        }
        dl.tiles {
            @for (what, value, beside) in tiles(page) {
                div { dt { (what) } dd { (value) @if let Some(beside) = beside { small { (beside) } } } }
            }
        }
    }
}

/// How many findings stand beside the decision: a first screen holds no more.
const MOST_LEADING: usize = 3;

/// What was found and may be relied on, the dearest first, without what is a part of something above it.
fn leading(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|f| f.reliable && f.part_of.is_none()).take(MOST_LEADING)
}

fn about(summary: &Summary) -> String {
    let began = i64::try_from(summary.started_unix_ms).ok().filter(|ms| *ms > 0);
    let began = began.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let parts = [
        Some(summary.targets.join(", ")).filter(|t| !t.is_empty()),
        began.map(|t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        Some(format!("{} long", Unit::Seconds.show(summary.elapsed_ms / 1_000.0))),
        Some(format!("run {}", summary.id)).filter(|_| !summary.id.is_empty()),
        summary.profile.as_ref().map(|p| format!("profile {p}")),
        (summary.seed > 0).then(|| format!("seed {}", summary.seed)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn loads(summary: &Summary) -> Vec<String> {
    let one = |s: &brunt_run::ScenarioFigures| {
        let dropped = if s.dropped > 0 { format!(", {} dropped", s.dropped) } else { String::new() };
        format!(
            "{}: {} ({}), {} iterations begun{dropped}",
            s.name,
            s.executor,
            if s.open { "open" } else { "closed" },
            s.started
        )
    };
    summary.scenarios.iter().filter(|s| !s.executor.is_empty()).map(one).collect()
}

/// Whether the load was what was asked for; nothing is said of other tools' runs, which do not tell.
fn trust(summary: &Summary) -> Option<String> {
    let lag = summary.lag.p99_ms?;
    Some(format!(
        "99 % of requests were sent within {} of when they were due; times count from then.",
        Unit::Milliseconds.show(lag)
    ))
}

/// What, how much, and against the baseline.
fn tiles(page: &Page<'_>) -> Vec<(&'static str, String, Option<String>)> {
    let total = &page.run.summary.total;
    let change = |metric: Metric| {
        let row = page.compared?.total.iter().find(|m| m.metric == metric)?;
        Some(format!("baseline {}", metric_figure(metric, row.baseline)))
    };
    let show = |unit: Unit, value: Option<f64>| value.map_or("-".into(), |v| unit.show(v));
    let (ms, r) = (Unit::Milliseconds, &total.response);
    vec![
        ("requests", Unit::Count.show(total.requests as f64), None),
        ("throughput", show(Unit::PerSecond, total.requests_per_second), change(Metric::Throughput)),
        ("p50", show(ms, r.p50_ms), change(Metric::P50)),
        ("p95", show(ms, r.p95_ms), change(Metric::P95)),
        ("p99", show(ms, r.p99_ms), change(Metric::P99)),
        ("failed", show(Unit::Share, total.error_rate), change(Metric::ErrorRate)),
        ("received", Unit::Bytes.show(total.bytes_in as f64), None),
    ]
}

fn number(unit: ObjectiveUnit, value: Option<f64>) -> String {
    let shown = match unit {
        ObjectiveUnit::Milliseconds => value.map(|v| Unit::Milliseconds.show(v)),
        ObjectiveUnit::Percent => value.map(|v| Unit::Share.show(v / 100.0)),
        ObjectiveUnit::PerSecond => value.map(|v| Unit::PerSecond.show(v)),
        ObjectiveUnit::Count => value.map(|v| Unit::Count.show(v)),
    };
    shown.unwrap_or_else(|| "-".into())
}

pub(super) fn objectives(page: &Page<'_>) -> Markup {
    let outcomes = &page.run.verdict.objectives;
    let grades = &page.run.grades;
    html! {
        @if outcomes.is_empty() {
            p { "None were given: nothing was promised, so nothing could be broken." }
        } @else {
            div.table tabindex="0" role="region" aria-label="Objectives" {
                table {
                    thead { tr {
                        @for head in ["Objective", "Stands", "Measured", "Limit", "Margin", "95 % interval", "Made of", "Broken for", "Burn"] {
                            th scope="col" { (head) }
                        }
                    } }
                    tbody { @for o in outcomes { (objective(o)) } }
                }
            }
            ul { @for o in outcomes.iter().filter(|o| o.standing != Standing::Passed) {
                li { (clean(&o.text)) @for note in &o.notes { " (" (clean(note)) ")" } }
            } }
        }
        @if grades.p95.is_some() || grades.errors.is_some() {
            p.soft {
                "In words: "
                @if let Some(grade) = &grades.p95 { "P95 " (grade) }
                @if grades.p95.is_some() && grades.errors.is_some() { ", " }
                @if let Some(grade) = &grades.errors { "errors " (grade) }
                ". Grades stand beside the numbers and decide nothing."
            }
        }
    }
}

fn objective(o: &ObjectiveOutcome) -> Markup {
    let (word, class) = match o.standing {
        Standing::Failed => ("failed", "s-failed"),
        Standing::NotJudged => ("not judged", "s-doubt"),
        Standing::Warned => ("warned", "s-doubt"),
        Standing::Passed => ("passed", "s-passed"),
        Standing::Noted => ("noted", "soft"),
    };
    let interval = o
        .interval
        .map(|(low, high)| format!("{} to {}", number(o.unit, Some(low)), number(o.unit, Some(high))));
    let dash = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    html! {
        tr {
            th scope="row" { (clean(&o.name)) }
            td.(class) { (mark(o.standing)) " " (word) }
            td { (number(o.unit, o.measured)) }
            td { (number(o.unit, o.limit)) }
            td { (dash(o.margin.map(|m| Unit::Share.show(m)))) }
            td { (dash(interval)) }
            td { (Unit::Count.show(o.samples as f64)) }
            td { (dash(o.broken.map(|b| format!("{} s", b.seconds)))) }
            td { (dash(o.burn.map(|b| Unit::None.show(b)))) }
        }
    }
}

pub(super) fn changed(page: &Page<'_>) -> Markup {
    let Some(comparison) = page.compared else {
        return html! { p { "Nothing was compared: name a run by `--baseline`." } };
    };
    let rows = |metrics: &[brunt_analysis::compare::MetricComparison], primary: Primary| {
        metrics.iter().map(|m| cells(m, primary).to_vec()).collect::<Vec<_>>()
    };
    let heads = heads(comparison);
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let none = comparison.outcome == Outcome::NotWorse;
    html! {
        p { b { (clean(&comparison_outcome(comparison))) } }
        @if none { p { "No difference beyond noise counts against this run." } }
        (table("Changes of all requests", &heads, &rows(&comparison.total, Primary::Decides)))
        p.soft { (clean(&design(comparison))) "." }
        @if comparison.endpoints.len() > 1 {
            details {
                summary { "Endpoints (looked at beside: they do not decide)" }
                @for endpoint in &comparison.endpoints {
                    h3 { (clean(&endpoint.series.label())) }
                    (table(&endpoint.series.label(), &heads, &rows(&endpoint.metrics, Primary::Explores)))
                }
            }
        }
    }
}

pub(super) fn findings(page: &Page<'_>) -> Markup {
    let run = page.run;
    html! {
        @if run.basis == Basis::Totals { p.soft { "From totals alone: the source has no course over time." } }
        @if run.findings.is_empty() { p { "Nothing was found." } }
        ol.findings { @for finding in &run.findings { li { (found(finding)) } } }
    }
}

fn found(f: &Finding) -> Markup {
    let costs = cost(f);
    html! {
        b { (clean(&f.claim)) }
        p.soft {
            (f.id) ", confidence " (confidence(f.confidence))
            @if !costs.is_empty() { ", costs " (costs) }
            @if !f.reliable { ". Not reliable: the generator was the limit" }
        }
        ul {
            @for piece in &f.evidence { li { "Seen in " (evidence(piece)) } }
            li { "Or else: " (clean(&f.alternative)) }
            li { "To confirm: " (clean(&f.confirm_by)) }
            @for line in &f.advice { li { "Try: " (clean(line)) } }
        }
    }
}

/// The totals in words and numbers, for those who want all of them.
pub(super) fn all_totals(page: &Page<'_>) -> Markup {
    let rows: Vec<Vec<String>> =
        totals(page.run).into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect();
    table("Totals", &["Figure", "Value"], &rows)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
