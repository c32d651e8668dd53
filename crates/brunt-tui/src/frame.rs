//! The live block: about ten lines that say how the run goes.
//!
//! Every number has its unit, and what is not of the whole run names its window. Narrow screens lose what
//! matters least: below 80 columns the sparkline and the worst endpoints, below 60 the maximum, the share of
//! the run and the hint.

use crate::objectives;
use crate::plain::{is_open, phase_name};
use crate::style::{Line, Tone};
use crate::text::{clock, count, duration, fit_middle, percent, rate, sparkline, width, wrap};
use crate::{Style, text};
use brunt_metrics::{ErrorKind, Nanos, SparseHistogram, Status, bucket_bounds_us};
use brunt_run::{LATE_FLOOR, RunView, Standing, TimelinePoint};
use std::fmt::Write as _;

/// Columns from which everything is shown.
const WIDE: usize = 80;
/// Columns below which only the most needed is shown.
const NARROW: usize = 60;
/// A sparkline shorter than this says nothing.
const SPARK_MIN: usize = 6;
/// A longer one says no more.
const SPARK_MAX: usize = 30;
/// Kinds of errors named in a line.
const KINDS: usize = 4;
/// Endpoints named as the worst.
const WORST: usize = 3;
/// Requests in the window below which an endpoint is not compared: its p99 is one request.
const WORST_REQUESTS: u64 = 10;
/// A warning longer than this stands in the summary.
const WARNING_LINES: usize = 2;
/// For how long a warning stays in the block.
const WARNING_SHOWN: Nanos = Nanos::from_secs(10);

/// The live block at `now`, in lines of at most `columns`, at most `rows` of them. Without rows enough, what
/// matters least is left out. Nothing measured is shown as a dash, never as 0.
pub fn frame(view: &RunView, now: Nanos, columns: usize, rows: usize, style: Style) -> Vec<String> {
    let screen = Screen { view, now, columns, style };
    // With the order in which they go when there are too few rows, last first.
    let mut lines: Vec<(u8, Line)> = vec![(9, screen.title())];
    lines.extend(screen.progress().map(|line| (3, line)));
    lines.extend(screen.rate().into_iter().map(|line| (8, line)));
    lines.push((7, screen.latency()));
    lines.push((6, screen.errors()));
    lines.extend(screen.objectives().map(|line| (6, line)));
    lines.extend(screen.worst().map(|line| (2, line)));
    lines.push((4, screen.generator()));
    lines.extend(screen.warnings().into_iter().map(|line| (5, line)));
    lines.extend(screen.hint().map(|line| (1, line)));
    while lines.len() > rows {
        let least = lines.iter().map(|(rank, _)| *rank).min();
        let Some(at) = lines.iter().rposition(|(rank, _)| Some(*rank) == least) else {
            break;
        };
        lines.remove(at);
    }
    lines.iter().map(|(_, line)| line.render(columns, style)).collect()
}

/// The lines that say where the run stands, without those that the full screen shows otherwise.
pub(crate) fn head(view: &RunView, now: Nanos, columns: usize, style: Style) -> Vec<Line> {
    let screen = Screen { view, now, columns, style };
    let mut lines = vec![screen.title()];
    lines.extend(screen.progress());
    lines.extend(screen.rate());
    lines.extend([screen.latency(), screen.errors(), screen.generator()]);
    lines.extend(screen.warnings());
    lines
}

struct Screen<'a> {
    view: &'a RunView,
    now: Nanos,
    columns: usize,
    style: Style,
}

impl Screen<'_> {
    fn wide(&self) -> bool {
        self.columns >= WIDE
    }

    fn narrow(&self) -> bool {
        self.columns < NARROW
    }

    fn label(&self, name: &str) -> Line {
        Line::new(Tone::Label, text::left(name, if self.narrow() { 8 } else { 9 }))
    }

    fn title(&self) -> Line {
        let Some(header) = self.view.header() else {
            return Line::new(Tone::Plain, format!("waiting for the run to begin  {}", clock(self.now)));
        };
        let now = self.view.finish().map_or(self.now, |f| f.at);
        let mut time = clock(now);
        if let Some(planned) = header.planned_duration.map(|planned| planned + self.view.stood_still()) {
            let _ = write!(time, " / {}", clock(planned));
            if !self.narrow() && self.view.finish().is_none() {
                let _ = write!(time, " ({} left)", clock(planned - now));
            }
        }
        let phase = phase_name(self.view);
        let phase = if header.simulated { format!("simulated {phase}") } else { phase.into() };
        let target = match header.targets.as_slice() {
            [] => String::new(),
            [one] => format!(" > {one}"),
            [first, rest @ ..] => format!(" > {first} and {} more", rest.len()),
        };
        let room = self.columns.saturating_sub(width(&phase) + width(&time) + 6);
        let ellipsis = self.style.ellipsis();
        let profile = header.profile.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
        let name = fit_middle(&format!("{}{profile}", header.name), room, ellipsis);
        let target = fit_middle(&target, room.saturating_sub(width(&name)), ellipsis);
        let target = if width(&target) < 8 { String::new() } else { target };
        Line::new(Tone::Strong, name).and(Tone::Plain, format!("{target}   {phase}   {time}"))
    }

    fn progress(&self) -> Option<Line> {
        let planned = self.view.header()?.planned_duration.filter(|p| *p > Nanos::ZERO)?;
        let planned = planned + self.view.stood_still();
        let finished = self.view.finish().is_some();
        let done = (self.now.as_secs_f64() / planned.as_secs_f64()).clamp(0.0, 1.0);
        let done = if finished { 1.0 } else { done };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 0 to 1")]
        let (percent, parts) = ((done * 100.0) as u64, self.columns.saturating_sub(8));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 0 to 1")]
        let full = (done * parts as f64).round() as usize;
        let (fill, empty) = self.style.bar();
        let bar = Line::new(Tone::Plain, "[").and(Tone::Good, fill.repeat(full));
        let bar = bar.and(Tone::Label, empty.repeat(parts.saturating_sub(full)));
        Some(bar.and(Tone::Plain, format!("] {percent:>3} %")))
    }

    /// One line, or more where one is too narrow.
    fn rate(&self) -> Vec<Line> {
        let window = self.view.window();
        let mut first = self
            .label("rate")
            .and(Tone::Strong, format!("{} req/s", rate(window.request_rate(), self.style)));
        let mut lines = Vec::new();
        if is_open(self.view) {
            let (started, due) =
                (rate(window.started_rate(), self.style), rate(window.due_rate(), self.style));
            let starts = format!("{started} / {due} per s");
            if self.narrow() {
                lines.push(self.label("starts").and(Tone::Strong, starts));
            } else {
                first = first.and(Tone::Strong, format!("   starts {starts}"));
            }
        }
        let cap: u64 =
            self.view.header().map_or(0, |h| h.scenarios.iter().map(|s| u64::from(s.max_users)).sum());
        let users = format!("{}/{}", count(self.view.users()), count(cap));
        let users = format!("{users}   in flight {}", count(self.view.in_flight()));
        let together = first.width() + width("   users ") + width(&users);
        if self.narrow() || together > self.columns {
            lines.insert(0, first);
            lines.push(self.label("users").and(Tone::Plain, users));
            return lines;
        }
        let room = self.columns.saturating_sub(together + 3).min(SPARK_MAX);
        let points: Vec<f64> = self.view.timeline().iter().map(TimelinePoint::request_rate).collect();
        if self.wide() && room >= SPARK_MIN && !points.is_empty() {
            first = first.and(Tone::Plain, "   ").and(Tone::Good, sparkline(&points, room, self.style));
        }
        vec![first.and(Tone::Plain, format!("   users {users}"))]
    }

    fn latency(&self) -> Line {
        let response = &self.view.window().response;
        let quantile = |name: &str, q| format!("{name} {}", duration(response.quantile(q), self.style));
        let [p50, p95, p99] =
            [("p50", 0.50), ("p95", 0.95), ("p99", 0.99)].map(|(name, q)| quantile(name, q));
        if self.narrow() {
            let tight = [p50, p95, p99].map(|q| q.replacen(' ', "\0", 1).replace(' ', "").replace('\0', " "));
            return self.label("latency").and(Tone::Strong, tight.join(" "));
        }
        let shown = self.label("latency").and(Tone::Strong, format!("{p50}   {p95}   {p99}"));
        let window = format!("   (last {} s)", self.view.window().seconds);
        let max = format!("   {}", quantile("max", 1.0));
        if shown.width() + width(&max) + width(&window) > self.columns {
            return shown.and(Tone::Label, window);
        }
        shown.and(Tone::Strong, max).and(Tone::Label, window)
    }

    fn errors(&self) -> Line {
        let window = self.view.window();
        let tone = if window.errors > 0 { Tone::Bad } else { Tone::Plain };
        let mut line = self.label("errors").and(tone, percent(window.error_share(), self.style));
        if !self.narrow() {
            let sums = self.view.sums();
            let errors: u64 = self.view.errors().iter().map(|e| e.count).sum();
            let run = (sums.requests_ended > 0).then(|| errors as f64 / sums.requests_ended as f64);
            line = line.and(Tone::Label, format!("   (run {})", percent(run, self.style)));
        }
        let mut kinds: Vec<_> = window.by_kind.iter().collect();
        kinds.sort_by_key(|(kind, n)| (std::cmp::Reverse(**n), **kind));
        for ((kind, status), n) in kinds.iter().take(KINDS) {
            line = line.and(tone, format!("   {} x{}", error_name(*kind, *status), count(**n)));
        }
        let more = kinds.len().saturating_sub(KINDS);
        if more > 0 { line.and(tone, format!("   {more} more kinds")) } else { line }
    }

    /// How many objectives hold and how many do not, and the first that does not.
    fn objectives(&self) -> Option<Line> {
        let outcomes = self.view.objectives();
        let mut line = self.label("slo");
        let mut gap = "";
        for standing in [Standing::Passed, Standing::Failed, Standing::Warned, Standing::NotJudged] {
            let n = outcomes.iter().filter(|o| o.standing == standing).count();
            if n > 0 {
                let (tone, mark) = objectives::mark(standing, self.style);
                line = line.and(tone, format!("{gap}{mark} {n}"));
                gap = "  ";
            }
        }
        if gap.is_empty() {
            return None;
        }
        let broken = |standing| outcomes.iter().find(|o| o.standing == standing);
        let Some(worst) = broken(Standing::Failed).or_else(|| broken(Standing::Warned)) else {
            return Some(line);
        };
        let room = self.columns.saturating_sub(line.width() + 3);
        let text = fit_middle(&worst.text, room, self.style.ellipsis());
        Some(if width(&text) < 12 { line } else { line.and(Tone::Plain, format!("   {text}")) })
    }

    fn worst(&self) -> Option<Line> {
        let window = self.view.window();
        if !self.wide() || window.endpoints.len() < 2 {
            return None;
        }
        let measured = window.endpoints.iter().filter(|e| e.requests >= WORST_REQUESTS);
        let mut worst: Vec<_> = measured.map(|e| (e.response.quantile(0.99), e.endpoint)).collect();
        worst.sort_by_key(|(p99, id)| (std::cmp::Reverse(*p99), *id));
        let mut line = self.label("worst");
        let mut gap = "";
        for (p99, id) in worst.into_iter().take(WORST) {
            let p99 = duration(p99, self.style);
            let name = fit_middle(&self.view.series(id).label(), 30, self.style.ellipsis());
            let entry = format!("{gap}{name} p99 {p99}");
            if line.width() + width(&entry) > self.columns {
                break;
            }
            line = line.and(Tone::Plain, entry);
            gap = "   ";
        }
        (!gap.is_empty()).then_some(line)
    }

    fn generator(&self) -> Line {
        let window = self.view.window();
        let line = if window.is_late() {
            self.label("gen").and(Tone::Warn, "!")
        } else {
            self.label("gen").and(Tone::Good, self.style.good())
        };
        let busiest = self.view.last_second().and_then(|s| s.workers.iter().map(|w| w.cpu).max());
        let cpu = percent(busiest.map(|cpu| cpu.as_secs_f64().min(1.0)), self.style);
        let late = percent(late_share(&window.lag), self.style);
        let connections: u64 = self.view.workers().map(|w| w.connections).sum();
        let (alive, planned) = (self.view.workers().count(), self.view.header().map_or(0, |h| h.workers));
        let mut facts = vec![
            format!("CPU {cpu}"),
            format!("late {late}"),
            format!("sockets {}", count(connections)),
            format!("workers {alive}/{planned}"),
        ];
        if let Some(host) = self.view.host()
            && let (Some(open), Some(limit)) = (host.open_files, host.open_files_limit)
        {
            facts.insert(3, format!("files {}/{}", count(open), count(limit)));
        }
        self.fill(line, &facts)
    }

    /// As many of `facts`, after `line`, as there is room for.
    fn fill(&self, line: Line, facts: &[String]) -> Line {
        let gap = "   ";
        facts.iter().fold(line, |line, fact| {
            let fits = line.width() + width(gap) + width(fact) <= self.columns;
            if fits { line.and(Tone::Plain, format!("{gap}{fact}")) } else { line }
        })
    }

    fn warnings(&self) -> Vec<Line> {
        let window = self.view.window();
        let mut texts = Vec::new();
        if window.is_late() {
            let lag = duration(window.lag.quantile(0.99), self.style);
            texts.push(format!(
                "generator: lag p99 {lag}, brunt itself is late: these times are not only the target's"
            ));
        }
        let ours = window.by_kind.iter().filter(|((kind, _), _)| *kind == ErrorKind::LocalLimit);
        let ours: u64 = ours.map(|(_, n)| n).sum();
        if ours > 0 {
            texts.push(format!("generator: {} requests found no free port or descriptor here", count(ours)));
        }
        let dropped = self.view.iterations().dropped;
        if dropped > 0 {
            let now = count(window.dropped);
            texts.push(format!(
                "dropped: {} iterations found no free user ({now} in the last 10 s)",
                count(dropped)
            ));
        }
        let recent = self.view.warnings().iter().rev().find(|w| w.at + WARNING_SHOWN >= self.now);
        texts.extend(recent.map(|w| w.text.clone()));
        texts.iter().flat_map(|text| self.warning(text)).collect()
    }

    fn warning(&self, text: &str) -> Vec<Line> {
        let lines = wrap(text, self.columns.saturating_sub(2)).into_iter().take(WARNING_LINES).enumerate();
        let mark = |i| if i == 0 { "! " } else { "  " };
        lines.map(|(i, line)| Line::new(Tone::Warn, format!("{}{line}", mark(i)))).collect()
    }

    fn hint(&self) -> Option<Line> {
        let running = self.view.header().is_some() && self.view.finish().is_none();
        (running && !self.narrow())
            .then(|| Line::new(Tone::Label, "Ctrl-C stops and keeps all results, again cuts"))
    }
}

/// What an error is called: its status if that is what is wrong, else its kind.
pub(crate) fn error_name(kind: ErrorKind, status: Status) -> String {
    if kind == ErrorKind::Status { status.to_string() } else { kind.name().into() }
}

/// The share of starts that were later than [`LATE_FLOOR`].
fn late_share(lag: &SparseHistogram) -> Option<f64> {
    let late =
        lag.counts.iter().filter(|(index, _)| bucket_bounds_us(*index as usize).0 * 1_000 > LATE_FLOOR.0);
    (lag.total > 0).then(|| late.map(|(_, n)| n).sum::<u64>() as f64 / lag.total as f64)
}
