//! A run's totals as one self-contained page: tables, no scripts, nothing loaded from elsewhere.

use crate::ExportError;
use crate::markup::in_xml;
use brunt_run::{Figures, LatencyFigures, RunView, Summary};
use std::fmt::Write as _;
use std::io::Write;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:78rem;padding:0 1rem;\
    color:#1c2128;background:#fff}h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}\
    table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid \
    #d8dee4;font-variant-numeric:tabular-nums}th{font-weight:600;color:#57606a}th:first-child,td:first-child\
    {text-align:left;overflow-wrap:anywhere}.verdict{margin:.8rem 0;padding:.6rem .8rem;border-left:4px solid \
    #57606a;background:#f6f8fa}.dim{color:#57606a}@media (prefers-color-scheme:dark){body{color:#e6edf3;\
    background:#0d1117}.verdict{background:#161b22}th,td{border-color:#30363d}th,.dim{color:#9198a1}}";

/// Writes the page of the run that was folded into `view`.
pub fn write_summary_html(view: &RunView, out: &mut impl Write) -> Result<(), ExportError> {
    let summary = Summary::of(view).ok_or(ExportError::NoHeader)?;
    out.write_all(page(&summary).as_bytes())?;
    Ok(())
}

fn page(s: &Summary) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{0}</title>\n<style>{STYLE}</style>\n<h1>{0}</h1>\n",
        in_xml(&s.name)
    );
    let profile = s.profile.as_ref().map(|p| format!(", profile {}", in_xml(p))).unwrap_or_default();
    let _ = writeln!(
        page,
        "<p class=\"dim\">{}{profile} &middot; {} &middot; {:.1} s &middot; seed {}</p>",
        in_xml(&s.id),
        in_xml(&s.targets.join(", ")),
        s.elapsed_ms / 1_000.0,
        s.seed
    );
    if let Some(verdict) = &s.verdict {
        let _ = writeln!(page, "<p class=\"verdict\">{}</p>", in_xml(&verdict.summary));
    }
    if !s.objectives.is_empty() {
        let _ = writeln!(
            page,
            "<p>Expected: {} <span class=\"dim\">(not judged)</span></p>",
            in_xml(&s.objectives.join(", "))
        );
    }
    let _ = writeln!(page, "<h2>Requests</h2>");
    head(
        &mut page,
        &[
            "",
            "Action",
            "Requests",
            "Failed",
            "Requests/s",
            "min ms",
            "mean ms",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "max ms",
        ],
    );
    for endpoint in s.endpoints.iter().filter(|e| e.figures.requests > 0) {
        request_row(&mut page, (&endpoint.series.label(), &endpoint.series.action), &endpoint.figures);
    }
    request_row(&mut page, ("All", ""), &s.total);
    page.push_str("</table>\n");
    errors(&mut page, s);
    groups(&mut page, s);
    injected(&mut page, s);
    for tally in s.tallies.iter().filter(|t| t.total > 0) {
        let _ = writeln!(page, "<h2>{}</h2>", in_xml(&tally.name));
        head(&mut page, &["Value", "Answers", "Share"]);
        for value in &tally.values {
            row(&mut page, &value.value, &[value.count.to_string(), format!("{:.1} %", value.share * 100.0)]);
        }
        page.push_str("</table>\n");
    }
    if !s.warnings.is_empty() {
        page.push_str("<h2>Warnings</h2>\n<ul>\n");
        for warning in &s.warnings {
            let _ = writeln!(page, "<li>{}</li>", in_xml(&warning.text));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("<p class=\"dim\">Times run from the instant a request was due to its end.</p>\n</html>\n");
    page
}

fn errors(page: &mut String, s: &Summary) {
    if s.total.errors == 0 {
        return;
    }
    page.push_str("<h2>Failures</h2>\n");
    head(page, &["Request", "Kind", "Count"]);
    for endpoint in &s.endpoints {
        for (kind, count) in &endpoint.figures.errors_by_kind {
            row(page, &endpoint.series.label(), &[in_xml(kind), count.to_string()]);
        }
    }
    page.push_str("</table>\n");
}

fn groups(page: &mut String, s: &Summary) {
    if s.groups.iter().all(|g| g.count == 0) {
        return;
    }
    page.push_str("<h2>Groups</h2>\n");
    head(page, &["", "Passes", "Failed", "min ms", "mean ms", "p50 ms", "p95 ms", "p99 ms", "max ms"]);
    for group in s.groups.iter().filter(|g| g.count > 0) {
        let mut cells = vec![group.count.to_string(), group.failed.to_string()];
        cells.extend(times(&group.duration));
        row(page, &group.series.label(), &cells);
    }
    page.push_str("</table>\n");
}

fn injected(page: &mut String, s: &Summary) {
    if s.injected.iter().all(|e| e.figures.requests == 0) {
        return;
    }
    page.push_str("<h2>Injected by brunt</h2>\n");
    head(page, &["", "Requests", "Answered"]);
    for endpoint in s.injected.iter().filter(|e| e.figures.requests > 0) {
        let answers: Vec<String> =
            endpoint.figures.statuses.iter().map(|(s, n)| format!("{s}: {n}")).collect();
        row(
            page,
            &endpoint.series.label(),
            &[endpoint.figures.requests.to_string(), in_xml(&answers.join(", "))],
        );
    }
    page.push_str("</table>\n");
}

fn head(page: &mut String, names: &[&str]) {
    let _ = writeln!(page, "<table>\n<tr><th>{}</th></tr>", names.join("</th><th>"));
}

fn row(page: &mut String, name: &str, cells: &[String]) {
    let _ = writeln!(page, "<tr><td>{}</td><td>{}</td></tr>", in_xml(name), cells.join("</td><td>"));
}

fn request_row(page: &mut String, (name, action): (&str, &str), f: &Figures) {
    let rate = f.requests_per_second.map_or("-".to_owned(), |r| format!("{r:.2}"));
    let failed = match f.error_rate {
        Some(rate) if f.errors > 0 => format!("{} ({:.2} %)", f.errors, rate * 100.0),
        Some(_) => "0".to_owned(),
        None => "-".to_owned(),
    };
    let mut cells = vec![in_xml(action), f.requests.to_string(), failed, rate];
    cells.extend(times(&f.response));
    row(page, name, &cells);
}

fn times(l: &LatencyFigures) -> [String; 6] {
    let ms = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.2}"));
    [l.min_ms, l.mean_ms, l.p50_ms, l.p95_ms, l.p99_ms, l.max_ms].map(ms)
}
