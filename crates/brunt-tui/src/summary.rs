//! What stands on the screen when a run is over: the verdict first, then its reasons, then the figures.

use crate::Style;
use crate::frame::error_name;
use crate::plain::is_open;
use crate::style::{Line, Tone};
use crate::table::Table;
use crate::text::{bytes, clock, count, duration, percent, percent_digits, rate, wrap};
use brunt_metrics::{Nanos, Phase};
use brunt_run::{CheckView, EndpointView, ErrorView, LatencyView, Outlook, RunView, Verdict};
use std::fmt::Write as _;

/// The most endpoints, and the most checks, that the summary shows: what fits on a screen or two. The record
/// has all.
pub const MAX_ROWS: usize = 30;

/// The most kinds of errors shown.
const MAX_ERRORS: usize = 10;

/// The final view of a run, for a screen of `columns`; ends in a newline. All figures are those of the load
/// phase but where it says otherwise.
pub fn summary(view: &RunView, columns: usize, style: Style) -> String {
    let out = Out { view, columns, style, lines: Vec::new() };
    let mut lines = out.verdict().figures().errors().checks().load().apart().lines;
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

struct Out<'a> {
    view: &'a RunView,
    columns: usize,
    style: Style,
    lines: Vec<String>,
}

impl Out<'_> {
    fn line(&mut self, line: &Line) {
        self.lines.push(line.render(self.columns, self.style));
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|l| !l.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// Text after a mark; its further lines begin below its first word.
    fn wrapped(&mut self, tone: Tone, mark: &str, text: &str) {
        let indent = crate::text::width(mark);
        for (i, part) in wrap(text, self.columns.saturating_sub(indent)).iter().enumerate() {
            let before = if i == 0 { mark.into() } else { " ".repeat(indent) };
            self.line(&Line::new(tone, before).and(if i == 0 { tone } else { Tone::Plain }, part.clone()));
        }
    }

    fn verdict(mut self) -> Self {
        let Some(verdict) = self.view.verdict() else {
            return self;
        };
        let (tone, mark) = mark(verdict.outlook, self.style);
        self.wrapped(tone, &format!("{mark} "), &verdict.summary);
        for finding in told_besides(verdict) {
            let (tone, mark) = if finding.against { (Tone::Warn, "  ! ") } else { (Tone::Plain, "  - ") };
            self.wrapped(tone, mark, &finding.text);
        }
        self.gap();
        self
    }

    fn figures(mut self) -> Self {
        let mut endpoints = self.view.endpoints(Phase::Load);
        let all = endpoints.len();
        // The busiest are shown, in the plan's order.
        endpoints.sort_by_key(|e| std::cmp::Reverse(e.count));
        let left_out: Vec<EndpointView> = endpoints.split_off(all.min(MAX_ROWS));
        endpoints.sort_by_key(|e| e.id);
        let heads = ["count", "req/s", "err %", "p50", "p95", "svc p95", "p99", "max"];
        let mut table = Table::new("endpoint", &heads);
        for endpoint in &endpoints {
            let tone = if endpoint.errors > 0 { Tone::Bad } else { Tone::Plain };
            table.row(tone, self.name(endpoint), self.cells(endpoint));
        }
        let total = self.view.total(Phase::Load);
        table.row(Tone::Strong, "all".into(), self.cells(&total));
        self.lines.extend(table.render(self.columns, self.style));
        if !left_out.is_empty() {
            let requests: u64 = left_out.iter().map(|e| e.count).sum();
            let text = format!(
                "{} more endpoints with {} requests are not shown; they count in `all`, the record has them",
                count(left_out.len() as u64),
                count(requests),
            );
            self.wrapped(Tone::Label, "", &text);
        }
        let legend = "times from due to answered; svc (service): from sent to answered";
        self.wrapped(Tone::Label, "", legend);
        self.gap();
        self
    }

    fn name(&self, endpoint: &EndpointView) -> String {
        let several = self.view.header().is_some_and(|h| h.scenarios.len() > 1);
        if several && !endpoint.series.scenario.is_empty() {
            return format!("{}: {}", endpoint.series.scenario, endpoint.label());
        }
        endpoint.label()
    }

    fn cells(&self, e: &EndpointView) -> Vec<String> {
        let none = || self.style.none().to_owned();
        let response = &e.response;
        let durations = [response.p50, response.p95, e.service.p95, response.p99, response.max];
        let counts =
            [count(e.count), rate(e.rate, self.style), e.error_share().map_or_else(none, percent_digits)];
        let durations = durations.map(|d| duration(d, self.style).replace(' ', ""));
        counts.into_iter().chain(durations).collect()
    }

    fn errors(mut self) -> Self {
        let errors: Vec<ErrorView> =
            self.view.errors().into_iter().filter(|e| e.phase == Phase::Load).collect();
        for (i, error) in errors.iter().take(MAX_ERRORS).enumerate() {
            let mut text = format!("{} x {}", count(error.count), error_name(error.kind, error.status));
            if let Some((endpoint, _)) = error.endpoints.first() {
                let _ = write!(text, " at {}", self.view.series(*endpoint).label());
                let others = error.endpoints.len() - 1;
                if others > 0 {
                    let _ = write!(text, " and {others} more");
                }
            }
            let (first, last) = (Nanos::from_secs(error.first), Nanos::from_secs(error.last));
            let _ = write!(text, ", first {}, last {}", clock(first), clock(last));
            let detail = self.view.error_details().iter().find(|d| d.kind == error.kind);
            if let Some(detail) = detail.filter(|d| !d.text.is_empty()) {
                let _ = write!(text, ": {}", detail.text);
            }
            self.wrapped(Tone::Bad, if i == 0 { "errors      " } else { "            " }, &text);
        }
        let more: u64 = errors.iter().skip(MAX_ERRORS).map(|e| e.count).sum();
        if more > 0 {
            self.line(&Line::new(Tone::Bad, format!("            {} more of other kinds", count(more))));
        }
        self
    }

    fn checks(mut self) -> Self {
        let mut checks = self.view.checks();
        // Those that failed most come first.
        checks.sort_by_key(|c| (std::cmp::Reverse(c.failed), c.id));
        for (i, check) in checks.iter().take(MAX_ROWS).enumerate() {
            let CheckView { endpoint, name, passed, failed, .. } = check;
            let at = endpoint.map(|id| format!(" at {}", self.view.series(id).label())).unwrap_or_default();
            let all = passed + failed;
            let share = percent(Some(*passed as f64 / all.max(1) as f64), self.style);
            let text = format!("{name}{at}: held {} of {} times ({share})", count(*passed), count(all));
            let mark = if i == 0 { "checks      " } else { "            " };
            self.wrapped(if *failed > 0 { Tone::Bad } else { Tone::Plain }, mark, &text);
        }
        let more = checks.len().saturating_sub(MAX_ROWS);
        if more > 0 {
            self.line(&Line::new(Tone::Label, format!("            {more} more checks are in the record")));
        }
        self
    }

    fn load(mut self) -> Self {
        let c = self.view.iterations();
        let mut text = String::new();
        if is_open(self.view) {
            let _ = write!(text, "{} due, {} dropped, ", count(c.due), count(c.dropped));
        }
        let _ = write!(
            text,
            "{} started, {} completed, {} failed",
            count(c.started),
            count(c.completed),
            count(c.failed)
        );
        if c.cut > 0 {
            let _ = write!(text, ", {} cut", count(c.cut));
        }
        self.wrapped(Tone::Plain, "iterations  ", &text);
        let total = self.view.total(Phase::Load);
        let mut data = format!("{} received, {} sent", bytes(total.bytes_in), bytes(total.bytes_out));
        if total.retries > 0 {
            let _ = write!(data, ", {} requests sent again on a new connection", count(total.retries));
        }
        self.wrapped(Tone::Plain, "data        ", &data);
        let lag = LatencyView::of(self.view.lag());
        let lag = [("p50", lag.p50), ("p99", lag.p99), ("max", lag.max)];
        let lag = lag.map(|(name, value)| format!("{name} {}", duration(value, self.style))).join("  ");
        self.wrapped(
            Tone::Plain,
            "lag         ",
            &format!("{lag}  (brunt's own delay in starting requests)"),
        );
        self
    }

    fn apart(mut self) -> Self {
        for phase in [Phase::WarmUp, Phase::CoolDown] {
            let total = self.view.total(phase);
            if total.count > 0 {
                let errors = percent(total.error_share(), self.style);
                let p95 = duration(total.response.p95, self.style);
                let text = format!("{} requests apart, {errors} errors, p95 {p95}", count(total.count));
                self.wrapped(Tone::Plain, &format!("{:<12}", phase.name()), &text);
            }
        }
        self
    }
}

const fn mark(outlook: Outlook, style: Style) -> (Tone, &'static str) {
    match outlook {
        Outlook::Passed => (Tone::Good, style.good()),
        Outlook::Failed => (Tone::Bad, style.bad()),
        Outlook::Cut | Outlook::Invalid | Outlook::StoppedEarly | Outlook::NotEnoughEvidence => {
            (Tone::Warn, "!")
        }
    }
}

/// The findings that the verdict's own sentence does not tell already.
fn told_besides(verdict: &Verdict) -> impl Iterator<Item = &brunt_run::Finding> {
    verdict.findings.iter().filter(|finding| !verdict.summary.contains(&finding.text))
}
