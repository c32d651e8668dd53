//! What the decision rests on: figures with their numbers, tables, the surroundings.

use super::{Page, clean, table};
use crate::analysis::{ENDPOINTS, endpoints as endpoint_rows, led_by};
use brunt_figure::{Figure, Frame, Kind, Look, Table, Unit, svg};
use brunt_run::{ResourceUnit, Summary, WarningKind};
use maud::{Markup, PreEscaped, html};

/// Rows of a figure's table; a longer one is left to `brunt plot`, which writes it as CSV.
const MOST_ROWS: usize = 1_000;

/// Rows of the endpoints' table: hundreds can still be looked through, thousands cannot.
const MOST_ENDPOINTS: usize = 500;

/// The first words of so many errors.
const MOST_ERRORS: usize = 100;

/// Figures of these kinds, those that the page has.
fn figures(page: &Page<'_>, kinds: &[Kind]) -> Markup {
    let of_kind = |kind: &Kind| page.figures.iter().filter(|f| f.kind == *kind).collect::<Vec<_>>();
    html! { @for kind in kinds { @for figure in of_kind(kind) { (one(figure)) } } }
}

fn one(figure: &Figure) -> Markup {
    let look = Look { frame: Frame::Bare, ..Look::default() };
    let numbers = Table::of(figure);
    let heads: Vec<&str> = numbers.columns.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> =
        numbers.rows.iter().map(|row| row.iter().map(brunt_figure::Value::show).collect()).collect();
    html! {
        figure id=(format!("figure-{}", figure.kind)) {
            figcaption {
                (clean(&figure.title))
                @for line in &figure.says { p { (clean(line)) } }
            }
            div.drawing tabindex="0" role="region" aria-label=(clean(&figure.title)) { (PreEscaped(svg(figure, &look))) }
            p.soft { (figure.how_to_read) }
            @for note in &figure.notes { p.soft { (clean(note)) } }
            @if rows.len() <= MOST_ROWS {
                details { summary { "Numbers" } (table(&format!("Numbers of {}", figure.kind), &heads, &rows)) }
            } @else {
                p.soft { (rows.len()) " rows of numbers: brunt plot " (figure.kind) " RUN -o numbers.csv" }
            }
        }
    }
}

pub(super) fn timeline(page: &Page<'_>) -> Markup {
    let none = page.figures.iter().all(|f| f.kind != Kind::Latency);
    html! {
        @if none { p { "The source has no course over time." } }
        (figures(page, &[Kind::Rate, Kind::Latency, Kind::Errors, Kind::Users]))
        (by_hand(&page.run.summary))
    }
}

/// What was done to the run while it went on, and the figures between.
fn by_hand(summary: &Summary) -> Markup {
    let marks: Vec<Vec<String>> =
        summary.marks.iter().map(|m| vec![format!("{:.1} s", m.at.as_secs_f64()), m.text.clone()]).collect();
    let known = |unit: Unit, value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| unit.show(v));
    let segments: Vec<Vec<String>> = summary
        .segments
        .iter()
        .map(|s| {
            let times = [s.response.p50_ms, s.response.p95_ms, s.response.p99_ms];
            let first = [
                format!("{} s", s.from_s),
                s.after.clone().unwrap_or_else(|| "as planned".to_owned()),
                s.requests.to_string(),
                known(Unit::PerSecond, s.requests_per_second),
                known(Unit::Share, s.error_rate),
            ];
            first.into_iter().chain(times.map(|ms| known(Unit::Milliseconds, ms))).collect()
        })
        .collect();
    html! {
        @if !marks.is_empty() {
            h3 { "Done by hand" }
            (table("Done by hand", &["At", "What"], &marks))
        }
        @if !segments.is_empty() {
            h3 { "Between changes of the load" }
            (table("Between changes of the load",
                &["From", "After", "Requests", "Rate", "Failed", "p50", "p95", "p99"], &segments))
        }
    }
}

pub(super) fn distribution(page: &Page<'_>) -> Markup {
    html! {
        (figures(page, &[Kind::Spectrum, Kind::Heat, Kind::LoadLatency]))
        details { summary { "All totals" } (super::summary::all_totals(page)) }
    }
}

pub(super) fn endpoints(page: &Page<'_>) -> Markup {
    let rows: Vec<Vec<String>> =
        endpoint_rows(page.run).into_iter().take(MOST_ENDPOINTS).map(|row| row.to_vec()).collect();
    let leaders = led_by(page.run);
    let more = page.run.hot_spots.len().saturating_sub(MOST_ENDPOINTS);
    html! {
        @if !leaders.is_empty() { p { (leaders) } }
        (table("Endpoints, those that hurt most first", &ENDPOINTS, &rows))
        @if more > 0 { p.soft { (more) " more endpoints are in the record" } }
        (figures(page, &[Kind::Compare, Kind::EndpointBars, Kind::Box, Kind::Matrix, Kind::Facets, Kind::CompareFacets]))
        (aside(&page.run.summary))
        (tallies(&page.run.summary))
    }
}

/// What is measured, but is no request of a user: groups as wholes, and what brunt broke on purpose.
fn aside(summary: &Summary) -> Markup {
    let groups: Vec<Vec<String>> = summary
        .groups
        .iter()
        .filter(|g| g.count > 0)
        .map(|g| {
            let times = [g.duration.p50_ms, g.duration.p95_ms, g.duration.p99_ms, g.duration.max_ms];
            let times = times.map(|ms| ms.map_or_else(|| "-".into(), |ms| Unit::Milliseconds.show(ms)));
            [vec![g.series.label(), g.count.to_string(), g.failed.to_string()], times.to_vec()].concat()
        })
        .collect();
    let injected: Vec<Vec<String>> = summary
        .injected
        .iter()
        .filter(|e| e.figures.requests > 0)
        .map(|e| {
            let answers: Vec<String> = e.figures.statuses.iter().map(|(s, n)| format!("{s}: {n}")).collect();
            vec![e.series.label(), e.figures.requests.to_string(), answers.join(", ")]
        })
        .collect();
    html! {
        @if !groups.is_empty() {
            h3 { "Groups" }
            (table("Groups", &["Group", "Passes", "Failed", "p50", "p95", "p99", "max"], &groups))
        }
        @if !injected.is_empty() {
            h3 { "Injected by brunt" }
            (table("Injected by brunt", &["What", "Requests", "Answered"], &injected))
        }
    }
}

fn tallies(summary: &Summary) -> Markup {
    html! {
        @for tally in summary.tallies.iter().filter(|t| t.total > 0) {
            h3 { (clean(&tally.name)) }
            (table(&tally.name, &["Value", "Answers", "Share"], &tally.values.iter().map(|v| {
                vec![v.value.clone(), Unit::Count.show(v.count as f64), Unit::Share.show(v.share)]
            }).collect::<Vec<_>>()))
        }
        @if !summary.checks.is_empty() {
            h3 { "Checks" }
            (table("Checks", &["Check", "Held", "Did not"], &summary.checks.iter().map(|c| {
                let of = c.series.as_ref().map(|s| format!(" at {}", s.label())).unwrap_or_default();
                vec![format!("{}{of}", c.check), c.passed.to_string(), c.failed.to_string()]
            }).collect::<Vec<_>>()))
        }
    }
}

pub(super) fn errors(page: &Page<'_>) -> Markup {
    let mut rows: Vec<(u64, Vec<String>)> = Vec::new();
    for endpoint in &page.run.summary.endpoints {
        for (kind, count) in &endpoint.figures.errors_by_kind {
            let share = *count as f64 / endpoint.figures.requests.max(1) as f64;
            let row = vec![endpoint.series.label(), kind.clone(), count.to_string(), Unit::Share.show(share)];
            rows.push((*count, row));
        }
    }
    rows.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(_, row)| row).take(MOST_ENDPOINTS).collect();
    html! {
        @if rows.is_empty() { p { "No request failed." } } @else {
            (table("Errors by endpoint and kind", &["Endpoint", "Kind", "Requests", "Of its requests"], &rows))
        }
        @if !page.errors.is_empty() {
            h3 { "First words" }
            ul { @for e in page.errors.iter().take(MOST_ERRORS) {
                li { (Unit::Seconds.show(e.at.as_secs_f64())) " " (e.kind.name()) ": " (clean(&e.text)) }
            } }
        }
    }
}

/// What was sampled beside the load, with its totals.
pub(super) fn target(page: &Page<'_>) -> Markup {
    let rows: Vec<Vec<String>> = page
        .run
        .summary
        .resources
        .iter()
        .map(|r| {
            let value = |v: Option<f64>| v.map_or_else(|| "-".into(), |v| measured(r.unit, v));
            let values = [r.min, r.mean, r.max, r.last, r.limit].map(value);
            [vec![format!("{} {}", r.source, r.name), r.samples.to_string()], values.to_vec()].concat()
        })
        .collect();
    let heads = ["Figure", "Seconds", "Min", "Mean", "Max", "Last", "Limit"];
    html! {
        (figures(page, &[Kind::Resources]))
        @if rows.is_empty() {
            p { "Nothing was sampled beside the load. brunt run --metrics process:NAME, or metrics in a plan, watches the target." }
        } @else {
            (table("Figures of the target over the load", &heads, &rows))
        }
        @for warning in page.run.summary.warnings.iter().filter(|w| w.kind == WarningKind::Resource) {
            p { (Unit::Seconds.show(warning.at.as_secs_f64())) " " (clean(&warning.text)) }
        }
    }
}

/// A value of a figure beside the load, with its unit.
fn measured(unit: ResourceUnit, value: f64) -> String {
    match unit {
        ResourceUnit::Cores if (value - 1.0).abs() < 1e-9 => "1 core".to_owned(),
        ResourceUnit::Cores => format!("{} cores", Unit::None.show(value)),
        ResourceUnit::Bytes => Unit::Bytes.show(value),
        ResourceUnit::BytesPerSecond => format!("{}/s", Unit::Bytes.show(value)),
        ResourceUnit::Share => Unit::Share.show(value),
        ResourceUnit::Seconds => Unit::Milliseconds.show(value * 1e3),
        ResourceUnit::PerSecond => Unit::PerSecond.show(value),
        ResourceUnit::Count | ResourceUnit::None => Unit::Count.show(value),
    }
}

pub(super) fn generator(page: &Page<'_>) -> Markup {
    let lag = &page.run.summary.lag;
    html! {
        @if lag.p99_ms.is_none() { p { "The source says nothing of the machine that made the load." } }
        (figures(page, &[Kind::Generator]))
        @for warning in page.run.summary.warnings.iter().filter(|w| w.kind != WarningKind::Resource) { p { (Unit::Seconds.show(warning.at.as_secs_f64())) " " (clean(&warning.text)) } }
    }
}

pub(super) fn environment(page: &Page<'_>) -> Markup {
    let run = page.run;
    let rows: Vec<Vec<String>> =
        run.summary.environment.iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect();
    html! {
        p { "Results of " (run.tool) "." }
        @if !run.files.is_empty() { p.soft { (clean(&run.files.join(", "))) } }
        @for note in &run.notes { p { (clean(note)) } }
        @if !rows.is_empty() { (table("Environment", &["What", "Value"], &rows)) }
        @if let Some(plan) = page.plan { details { summary { "The plan as it ran" } pre { (clean_lines(plan)) } } }
        p.soft {
            "Response time runs from the instant a request was due to its end, service time from the instant it was sent. \
             Percentiles come from all requests' histograms. Warm-up and cool-down are in no total."
        }
    }
}

/// Keeps the lines of a text.
fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}
