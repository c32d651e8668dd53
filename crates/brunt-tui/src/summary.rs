//! What stands on the screen when a run is over: the verdict first, then its reasons, then the figures.

use crate::Style;
use crate::frame::error_name;
use crate::objectives;
use crate::plain::is_open;
use crate::resources;
use crate::style::{Line, Tone};
use crate::table::Table;
use crate::text::{
    bytes, clock, count, duration, fit_middle, left, percent, percent_digits, rate, width, wrap,
};
use brunt_metrics::{EndpointKind, Nanos, Outcome, Phase, Status};
use brunt_run::{
    CheckView, CodeCount, EndpointView, ErrorView, LatencyView, Outlook, RunView, TallyView, Verdict,
    VerdictReason, WarningKind,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// So many checks are shown in full, failed or not.
const FEW_CHECKS: usize = 8;

/// The most endpoints, and the most checks, that the summary shows: what fits on a screen or two. The record
/// has all.
pub const MAX_ROWS: usize = 30;

/// The widest name of a tally, and no more than a third of the screen; what is longer loses its middle.
const TALLY_NAME_MAX: usize = 24;

/// The most kinds of errors shown.
const MAX_ERRORS: usize = 10;

/// The most gaps of figures beside the load that are told: one that comes and goes says no more the ninth time.
const MAX_WARNINGS: usize = 8;

/// The final view of a run, for a screen of `columns`; ends in a newline. All figures are those of the load
/// phase but where it says otherwise.
pub fn summary(view: &RunView, columns: usize, style: Style) -> String {
    let out = Out { view, columns, style, lines: Vec::new() };
    let mut lines = out
        .verdict()
        .objectives()
        .plan()
        .figures()
        .groups()
        .injected()
        .tallies()
        .errors()
        .checks()
        .load()
        .apart()
        .resources()
        .changes()
        .lines;
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

    /// How each objective stands, with its figures below it.
    fn objectives(mut self) -> Self {
        for outcome in self.view.objectives() {
            let (tone, mark) = objectives::mark(outcome.standing, self.style);
            // A name of its own stands before what it says; without one, it is called by what it says.
            let text = if outcome.objective.starts_with(&outcome.name) {
                outcome.text.clone()
            } else {
                format!("{}: {}", outcome.name, outcome.text)
            };
            self.wrapped(tone, &format!("  {mark} "), &text);
            self.wrapped(Tone::Label, "    ", &objectives::facts(outcome));
            for note in outcome.further_notes() {
                self.wrapped(Tone::Label, "    ", note);
            }
        }
        self.gap();
        self
    }

    /// What the plan says of the run.
    fn plan(mut self) -> Self {
        let Some(header) = self.view.header() else { return self };
        if let Some(profile) = &header.profile {
            self.wrapped(Tone::Plain, "profile     ", profile);
        }
        if !header.objectives.is_empty() && self.view.objectives().is_empty() {
            let text = format!("{} (not judged)", header.objectives.join(", "));
            self.wrapped(Tone::Plain, "objectives  ", &text);
        }
        self.gap();
        self
    }

    fn figures(mut self) -> Self {
        let (endpoints, left_out) = busiest(self.view.endpoints(Phase::Load));
        let heads = ["count", "req/s", "err %", "p50", "p95", "svc p95", "p99", "max"];
        let mut table = Table::new("endpoint", &heads);
        let names: Vec<String> = endpoints.iter().map(|e| self.name(e)).collect();
        for (endpoint, name) in endpoints.iter().zip(&names) {
            let tone = if endpoint.errors > 0 { Tone::Bad } else { Tone::Plain };
            // Actions that send the same request are rows of their own: which is which?
            let shared = names.iter().filter(|other| *other == name).count() > 1;
            let name = if shared { format!("{name} in {}", endpoint.series.action) } else { name.clone() };
            table.row(tone, name, self.cells(endpoint));
        }
        let total = self.view.total(Phase::Load);
        table.row(Tone::Strong, "all".into(), self.cells(&total));
        self.lines.extend(table.render(self.columns, self.style));
        self.left_out(
            &left_out,
            "endpoints",
            "requests are not shown; they count in `all`, the record has them",
        );
        let legend = "times from due to answered; svc (service): from sent to answered";
        self.wrapped(Tone::Label, "", legend);
        self.gap();
        self
    }

    fn left_out(&mut self, left_out: &[EndpointView], what: &str, words: &str) {
        if !left_out.is_empty() {
            let (many, ended) = (left_out.len() as u64, left_out.iter().map(|e| e.count).sum());
            self.wrapped(
                Tone::Label,
                "",
                &format!("{} more {what} with {} {words}", count(many), count(ended)),
            );
        }
    }

    fn groups(mut self) -> Self {
        let (groups, left_out) = busiest(self.view.asides(EndpointKind::Group, Phase::Load));
        if groups.is_empty() {
            return self;
        }
        let mut table = Table::new("group", &["count", "failed", "p50", "p95", "p99", "max"]);
        for group in &groups {
            let times = [group.response.p50, group.response.p95, group.response.p99, group.response.max];
            let times = times.map(|t| duration(t, self.style).replace(' ', ""));
            let cells = [count(group.count), count(group.errors)].into_iter().chain(times).collect();
            let tone = if group.errors > 0 { Tone::Bad } else { Tone::Plain };
            table.row(tone, self.name(group), cells);
        }
        self.lines.extend(table.render(self.columns, self.style));
        self.left_out(&left_out, "groups", "passes are not shown; the record has them");
        self.wrapped(
            Tone::Label,
            "",
            "a group's time is that of all its steps, pauses between them included",
        );
        self.gap();
        self
    }

    /// What became of the requests that were broken on purpose: a column for each way in which they ended.
    fn injected(mut self) -> Self {
        let (injected, left_out) = busiest(self.view.asides(EndpointKind::Injected, Phase::Load));
        if injected.is_empty() {
            return self;
        }
        let answers: Vec<_> = injected.iter().map(answers).collect();
        let mut all: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, n) in answers.iter().flatten() {
            *all.entry(name).or_default() += n;
        }
        let mut names: Vec<_> = all.into_iter().collect();
        names.sort_by_key(|&(name, n)| (std::cmp::Reverse(n), name));
        let heads: Vec<&str> = ["count"].into_iter().chain(names.into_iter().map(|(name, _)| name)).collect();
        let mut table = Table::new("injected by brunt", &heads);
        for (endpoint, answers) in injected.iter().zip(&answers) {
            let ended = heads[1..].iter().map(|head| answers.get(*head).copied().unwrap_or(0));
            let cells = [endpoint.count].into_iter().chain(ended).map(count).collect();
            table.row(Tone::Plain, self.name(endpoint), cells);
        }
        self.lines.extend(table.render(self.columns, self.style));
        self.left_out(&left_out, "kinds", "requests are not shown; the record has them");
        self.wrapped(Tone::Label, "", "broken on purpose, and how they ended; they count in no other figure");
        self.gap();
        self
    }

    fn tallies(mut self) -> Self {
        let tallies = self.view.tallies(Some(Phase::Load));
        let longest = tallies.iter().map(|t| width(&t.name)).max().unwrap_or(0);
        // As wide as the names of the other lines, or as the longest.
        let room = (self.columns / 3).min(TALLY_NAME_MAX);
        let names = longest.min(room).max(11) + 1;
        for tally in tallies.iter().take(MAX_ROWS) {
            let line = self.tally(tally, names);
            self.line(&line);
        }
        if tallies.len() > MAX_ROWS {
            let more = tallies.len() - MAX_ROWS;
            self.line(&Line::new(Tone::Label, format!("            {more} more tallies are in the record")));
        }
        if !tallies.is_empty() {
            self.gap();
        }
        self
    }

    /// `x-cache     HIT 81.3 %   MISS 18.7 %   of 4812`, with as many values as there is room for.
    fn tally(&self, tally: &TallyView, names: usize) -> Line {
        let name = fit_middle(&tally.name, names - 1, self.style.ellipsis());
        let line = Line::new(Tone::Plain, left(&name, names));
        let mut rest = tally.values.len();
        if rest == 0 {
            return line.and(Tone::Label, "came in no answer");
        }
        let more = |rest: usize| if rest > 0 { format!("   {rest} more") } else { String::new() };
        let of = format!("   of {}", count(tally.total));
        let mut shown = String::new();
        for value in &tally.values {
            let gap = if shown.is_empty() { "" } else { "   " };
            let share = percent(tally.share(value.count), self.style);
            let entry = format!("{gap}{} {share}", value.value);
            let used = names + width(&shown) + width(&entry) + width(&more(rest - 1)) + width(&of);
            // The first is shown whatever its length: the rest gives way, and a line is cut at the screen's edge.
            if used > self.columns && !shown.is_empty() {
                break;
            }
            shown += &entry;
            rest -= 1;
        }
        let line = line.and(Tone::Plain, shown).and(Tone::Label, more(rest));
        if line.width() + width(&of) > self.columns { line } else { line.and(Tone::Label, of) }
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
            let first = error.endpoints.first().and_then(|(at, _)| self.view.words_at(error.kind, *at));
            if let Some(detail) = first {
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
        // Those that failed most come first; where there are many, those that always held are only counted.
        checks.sort_by_key(|c| (std::cmp::Reverse(c.failed), c.id));
        let failed = checks.iter().take_while(|c| c.failed > 0).count();
        let shown = if checks.len() <= FEW_CHECKS { checks.len() } else { failed.min(MAX_ROWS) };
        let mut mark = "checks      ";
        for CheckView { endpoint, name, passed, failed, .. } in &checks[..shown] {
            let at = endpoint.map(|id| format!(" at {}", self.view.series(id).label())).unwrap_or_default();
            let all = passed + failed;
            let share = percent(Some(*passed as f64 / all.max(1) as f64), self.style);
            let text = format!("{name}{at}: held {} of {} times ({share})", count(*passed), count(all));
            self.wrapped(if *failed > 0 { Tone::Bad } else { Tone::Plain }, mark, &text);
            mark = "            ";
        }
        if failed > shown {
            let text = format!("{} more that failed are in the record", failed - shown);
            self.wrapped(Tone::Label, mark, &text);
            mark = "            ";
        }
        let held = checks.len() - failed.max(shown);
        if held > 0 {
            let times: u64 = checks[failed.max(shown)..].iter().map(|c| c.passed).sum();
            let others = if shown > 0 { " others" } else { "" };
            let text = format!("{held}{others} held every time ({} times in all)", count(times));
            self.wrapped(Tone::Plain, mark, &text);
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
        for warning in self.view.warnings().iter().filter(|w| w.kind == WarningKind::DataEnded).take(MAX_ROWS)
        {
            self.wrapped(Tone::Warn, "data ended  ", &warning.text);
        }
        let total = self.view.total(Phase::Load);
        let mut data = format!("{} received, {} sent", bytes(total.bytes_in), bytes(total.bytes_out));
        if total.retries > 0 {
            let _ = write!(data, ", {} requests sent again", count(total.retries));
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

    /// What was done to the run while it went on, and its statistics in between.
    fn changes(mut self) -> Self {
        if self.view.marks().is_empty() {
            return self;
        }
        self.gap();
        for mark in self.view.marks().iter().take(MAX_ROWS) {
            self.wrapped(Tone::Plain, "by hand     ", &format!("{} {}", clock(mark.at), mark.text));
        }
        for segment in self.view.segments() {
            let requests = if segment.seconds == 0 {
                None
            } else {
                Some(segment.requests as f64 / segment.seconds as f64)
            };
            let errors = (segment.requests > 0).then(|| segment.errors as f64 / segment.requests as f64);
            let text = format!(
                "from {}, {} s: {} req/s, p50 {}, p95 {}, p99 {}, {} errors",
                clock(Nanos::from_secs(segment.from)),
                segment.seconds,
                rate(requests, self.style),
                duration(segment.response.p50, self.style),
                duration(segment.response.p95, self.style),
                duration(segment.response.p99, self.style),
                percent(errors, self.style)
            );
            self.wrapped(Tone::Plain, "segment     ", &text);
        }
        self
    }

    /// What was seen of the target beside the load, and where its sources said nothing.
    fn resources(mut self) -> Self {
        let all = self.view.resources();
        let (shown, left_out) = resources::shown(&all);
        if !shown.is_empty() {
            self.gap();
            let mut table = Table::new("beside the load", &resources::HEADS);
            for view in shown {
                table.row(Tone::Plain, view.series.label(), resources::cells(view, self.style));
            }
            self.lines.extend(table.render(self.columns, self.style));
            if left_out > 0 {
                let text = format!("{left_out} more figures are in the record");
                self.wrapped(Tone::Label, "", &text);
            }
        }
        let told = self.view.warnings().iter().filter(|w| w.kind == WarningKind::Resource);
        for warning in told.take(MAX_WARNINGS) {
            self.wrapped(Tone::Warn, "  ! ", &warning.text);
        }
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

/// The busiest endpoints, in the plan's order, and those that are not shown.
fn busiest(mut endpoints: Vec<EndpointView>) -> (Vec<EndpointView>, Vec<EndpointView>) {
    endpoints.sort_by_key(|e| std::cmp::Reverse(e.count));
    let left_out = endpoints.split_off(endpoints.len().min(MAX_ROWS));
    endpoints.sort_by_key(|e| e.id);
    (endpoints, left_out)
}

/// How requests ended, and how often: the class of the status that came, or else the kind of error.
fn answers(endpoint: &EndpointView) -> BTreeMap<String, u64> {
    let mut answers = BTreeMap::new();
    for CodeCount { outcome, status, count } in &endpoint.codes {
        let name = match outcome {
            Outcome::Ok | Outcome::Error(_) if *status != Status::NONE => status.folded().to_string(),
            Outcome::Error(kind) => kind.name().to_owned(),
            Outcome::Ok => "no answer".to_owned(),
        };
        *answers.entry(name).or_default() += count;
    }
    answers
}

const fn mark(outlook: Outlook, style: Style) -> (Tone, &'static str) {
    match outlook {
        Outlook::Passed => (Tone::Good, style.good()),
        Outlook::Failed => (Tone::Bad, style.bad()),
        Outlook::Cut
        | Outlook::Invalid
        | Outlook::StoppedEarly
        | Outlook::NotEnoughEvidence
        | Outlook::Warned => (Tone::Warn, "!"),
    }
}

/// The findings that the verdict's own sentence does not tell already.
fn told_besides(verdict: &Verdict) -> impl Iterator<Item = &VerdictReason> {
    let told = |finding: &&VerdictReason| {
        // Objectives stand below, each with its figures.
        finding.id != "objective" && !verdict.summary.contains(&finding.text)
    };
    verdict.findings.iter().filter(told)
}
