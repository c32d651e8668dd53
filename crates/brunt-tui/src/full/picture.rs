//! What the full screen shows of a run, taken from its view once a second.

use crate::frame::{error_name, head};
use crate::plain::is_open;
use crate::style::{Line, Tone};
use crate::text::{clean, clock, count};
use crate::{Style, objectives};
use brunt_metrics::{Nanos, Phase};
use brunt_run::RunView;

/// Lines of the log that are kept.
const MAX_LOG: usize = 200;

/// A run, as far as the full screen shows it.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The lines of the live block that say where the run stands.
    pub(super) head: Vec<Line>,
    pub(super) objectives: Vec<Line>,
    /// Requests per second, by second of the run.
    pub(super) rate: Vec<(f64, f64)>,
    /// Iterations that the schedule asks for, of a run with one.
    pub(super) due: Vec<(f64, f64)>,
    /// Milliseconds: p50, p95, p99.
    pub(super) latency: [Vec<(f64, f64)>; 3],
    pub(super) rows: Vec<Row>,
    pub(super) errors: Vec<String>,
    pub(super) log: Vec<String>,
}

/// An endpoint: of the whole load, and of the last ten seconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) requests: u64,
    /// Of the last ten seconds.
    pub(super) rate: Option<f64>,
    pub(super) errors: Option<f64>,
    pub(super) times: [Option<Nanos>; 3],
}

const QUANTILES: [f64; 3] = [0.50, 0.95, 0.99];

impl Picture {
    /// The run at `now`, for a screen so wide. `said` are lines for the log besides what the run tells itself.
    pub fn of(view: &RunView, now: Nanos, columns: usize, style: Style, said: &[(Nanos, String)]) -> Self {
        let timeline = view.timeline();
        let middle = |from: u64, seconds: u64| from as f64 + seconds as f64 / 2.0;
        let course = |value: &dyn Fn(&brunt_run::TimelinePoint) -> Option<f64>| -> Vec<(f64, f64)> {
            timeline.iter().filter_map(|p| Some((middle(p.from, p.seconds), value(p)?))).collect()
        };
        let latency = QUANTILES.map(|q| course(&|p| p.response.quantile(q).map(Nanos::as_millis_f64)));
        let due = if is_open(view) { course(&|p| Some(p.due_rate())) } else { Vec::new() };
        Self {
            head: head(view, now, columns, style),
            objectives: view
                .objectives()
                .iter()
                .map(|o| {
                    let (tone, mark) = objectives::mark(o.standing, style);
                    Line::new(tone, format!("{mark} ")).and(Tone::Plain, clean(&o.text))
                })
                .collect(),
            rate: course(&|p| Some(p.request_rate())),
            due,
            latency,
            rows: rows(view),
            errors: errors(view),
            log: log(view, said),
        }
    }
}

fn rows(view: &RunView) -> Vec<Row> {
    let window = view.window();
    let totals = view.endpoints(Phase::Load);
    let row = |total: &brunt_run::EndpointView| {
        // The sum of all has no id, and is no row.
        let id = total.id?;
        let recent = window.endpoints.iter().find(|e| e.endpoint == id);
        let seconds = window.seconds.max(1) as f64;
        Some(Row {
            name: clean(&view.series(id).label()),
            requests: total.count,
            rate: recent.map(|e| e.requests as f64 / seconds),
            errors: recent.filter(|e| e.requests > 0).map(|e| e.errors as f64 / e.requests as f64),
            times: QUANTILES.map(|q| recent.and_then(|e| e.response.quantile(q))),
        })
    };
    totals.iter().filter(|e| e.count > 0).filter_map(row).collect()
}

fn errors(view: &RunView) -> Vec<String> {
    let mut all = view.errors();
    all.sort_by_key(|error| std::cmp::Reverse(error.count));
    all.iter()
        .map(|error| {
            let at = error.endpoints.first().map(|(id, _)| view.series(*id).label()).unwrap_or_default();
            let more = error.endpoints.len().saturating_sub(1);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let words =
                view.words_of(error.kind).map(|detail| format!(": {}", detail.text)).unwrap_or_default();
            let last = clock(Nanos::from_secs(error.last));
            let phase = if error.phase == Phase::Load { "" } else { error.phase.name() };
            let aside = if phase.is_empty() { String::new() } else { format!(" ({phase})") };
            clean(&format!(
                "{:>8}  {}{aside}  {at}{more}  last {last}{words}",
                count(error.count),
                error_name(error.kind, error.status)
            ))
        })
        .collect()
}

/// What happened, newest last.
fn log(view: &RunView, said: &[(Nanos, String)]) -> Vec<String> {
    let warnings = view.warnings().iter().map(|w| (w.at, format!("! {}", w.text)));
    let marks = view.marks().iter().map(|m| (m.at, m.text.clone()));
    let mut lines: Vec<(Nanos, String)> = warnings.chain(marks).chain(said.iter().cloned()).collect();
    lines.sort_by_key(|(at, _)| *at);
    let skip = lines.len().saturating_sub(MAX_LOG);
    lines.into_iter().skip(skip).map(|(at, text)| clean(&format!("{}  {text}", clock(at)))).collect()
}
