//! A run as one page: the decision first, then the evidence.
//!
//! One file that loads nothing. It is complete without its script and its style sheet: what it says stands in headings,
//! sentences and tables, and its drawings carry their colours themselves, so a server that forbids styles shows all of it. The
//! style sheet adds a layout, a dark theme and a print form, the script (`report.js`) tables that sort, a cursor, zoom and a choice of
//! theme; a policy in the page allows those two, by their hashes, and nothing else. Text from outside is escaped by construction (`maud`).
//!
//! Start with [`Page`] and [`report_html`]. Nothing is computed here.

mod evidence;
mod style;
mod summary;

use crate::AnalysedRun;
use brunt_analysis::compare::Comparison;
use brunt_figure::Figure;
use brunt_run::ErrorDetail;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What a page shows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The run, judged and analysed.
    pub run: &'a AnalysedRun,
    /// Its figures, in the order in which they are shown.
    pub figures: &'a [Figure],
    /// What changed since a baseline, if there is one.
    pub compared: Option<&'a Comparison>,
    /// The first words of its errors.
    pub errors: &'a [ErrorDetail],
    /// The plan as it ran, without secrets; `None` where it is not known.
    pub plan: Option<&'a str>,
}

/// Sections, in their order: an anchor and a heading.
const SECTIONS: [(&str, &str); 10] = [
    ("objectives", "Objectives"),
    ("changed", "What changed"),
    ("findings", "Findings"),
    ("timeline", "Timeline"),
    ("distribution", "Distribution"),
    ("endpoints", "Endpoints"),
    ("errors", "Errors"),
    ("target", "Target"),
    ("generator", "Generator"),
    ("environment", "Environment and plan"),
];

/// A page of a run.
pub fn report_html(page: &Page<'_>) -> String {
    let name = format!("{}: {}", page.run.name, summary::outlook(page.run.verdict.outlook));
    let (sheet, script) = (style::sheet(), style::script());
    let body = html! {
        a.skip href="#decision" { "Skip to the decision" }
        nav aria-label="Sections" {
            @for (anchor, heading) in SECTIONS { a href=(format!("#{anchor}")) { (heading) } }
        }
        main {
            (summary::head(page))
            (section(0, &summary::objectives(page)))
            (section(1, &summary::changed(page)))
            (section(2, &summary::findings(page)))
            (section(3, &evidence::timeline(page)))
            (section(4, &evidence::distribution(page)))
            (section(5, &evidence::endpoints(page)))
            (section(6, &evidence::errors(page)))
            (section(7, &evidence::target(page)))
            (section(8, &evidence::generator(page)))
            (section(9, &evidence::environment(page)))
        }
    };
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(style::policy(&sheet, &script));
                title { (name) }
                style { (PreEscaped(sheet.as_str())) }
            }
            body { (body) script { (PreEscaped(script.as_str())) } }
        }
    };
    // Nothing that steers a terminal gets into the file, wherever it came from.
    document.into_string().chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn section(at: usize, content: &Markup) -> Markup {
    let (anchor, heading) = SECTIONS[at];
    html! { section id=(anchor) { h2 { (heading) } (content) } }
}

/// A table in a box of its own that scrolls, so that the page never does.
fn table(caption: &str, heads: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(caption) {
            table {
                thead { tr { @for head in heads {
                    @if head.is_empty() { td {} } @else { th scope="col" { (head) } }
                } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { (clean(cell)) } } @else { td { (clean(cell)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Text from outside without what would steer a reader's screen.
fn clean(text: &str) -> String {
    crate::markup::harmless(text)
}
