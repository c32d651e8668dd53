//! One line now and then, where there is no terminal: CI logs, files, pipes.

use crate::Style;
use crate::text;
use brunt_metrics::{Nanos, Phase};
use brunt_run::RunView;
use std::fmt::Write as _;

/// How often a plain line is due: a 20-minute run makes 120 lines.
pub const PLAIN_INTERVAL: Nanos = Nanos::from_secs(10);

/// Where the run stands, as `key=value` pairs; latencies, rates and errors of the last ten seconds.
///
/// `t=250s phase=load rate=612/s starts=612/615 users=118 p50=41.0ms p95=263ms p99=1.42s err=1.20% gen=ok`
pub fn plain_line(view: &RunView) -> String {
    let style = Style { color: false, ascii: true };
    let window = view.window();
    let mut line = format!("t={}s phase={} ", view.elapsed().second(), state(view).phase);
    let _ = write!(line, "rate={}/s ", tight(&text::rate(window.request_rate(), style)));
    if is_open(view) {
        let (started, due) = (window.started_rate(), window.due_rate());
        line += &tight(&format!("starts={}/{}", text::rate(started, style), text::rate(due, style)));
        line.push(' ');
    }
    let _ = write!(line, "users={} ", view.users());
    for (name, q) in [("p50", 0.50), ("p95", 0.95), ("p99", 0.99)] {
        let _ = write!(line, "{name}={} ", tight(&text::duration(window.response.quantile(q), style)));
    }
    let _ = write!(line, "err={} ", tight(&text::percent(window.error_share(), style)));
    let dropped = view.iterations().dropped;
    if dropped > 0 {
        let _ = write!(line, "dropped={dropped} ");
    }
    line += if state(view).late { "gen=LATE" } else { "gen=ok" };
    line
}

fn tight(text: &str) -> String {
    text.replace(' ', "")
}

/// Whether any scenario follows a schedule.
pub(crate) fn is_open(view: &RunView) -> bool {
    view.header().is_some_and(|h| h.scenarios.iter().any(|s| s.open))
}

/// The phase of the run as a whole: load if any scenario is in it.
pub(crate) fn phase(view: &RunView) -> Option<Phase> {
    let within = |phase| view.scenarios().any(|(_, s)| s.phase == Some(phase));
    [Phase::Load, Phase::WarmUp, Phase::CoolDown].into_iter().find(|p| within(*p))
}

/// Whether every scenario has ended. The last second is sealed before the run says that it is over.
fn has_ended(view: &RunView) -> bool {
    let begun = view.scenarios().count();
    let ended = view.scenarios().all(|(_, s)| s.phase.is_none());
    ended && view.header().is_some_and(|h| begun > 0 && begun >= h.scenarios.len())
}

/// [`phase`] in a word, also where there is none.
pub(crate) fn phase_name(view: &RunView) -> &'static str {
    match phase(view) {
        Some(phase) => phase.name(),
        None if view.finish().is_some() => "finished",
        None if has_ended(view) => "ending",
        None => "waiting",
    }
}

/// What a change of which is worth a line at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    phase: &'static str,
    late: bool,
    drops: bool,
}

fn state(view: &RunView) -> State {
    State { phase: phase_name(view), late: view.window().is_late(), drops: view.iterations().dropped > 0 }
}

/// Says when a plain line is due: at intervals, and at once when the phase or the generator's health changes
/// or the first iterations are dropped.
#[derive(Clone, Debug)]
pub struct PlainPace {
    interval: Nanos,
    last: Option<(Nanos, State)>,
}

impl PlainPace {
    /// With [`PLAIN_INTERVAL`] or what the user asks for.
    pub const fn new(interval: Nanos) -> Self {
        Self { interval, last: None }
    }

    /// The line that is due after the view took note of something; to be asked after each second. None is due
    /// once all scenarios have ended: the summary follows.
    pub fn line(&mut self, view: &RunView) -> Option<String> {
        if has_ended(view) {
            return None;
        }
        let (now, state) = (view.elapsed(), state(view));
        let due = match self.last {
            None => true,
            Some((at, before)) => before != state || now >= at + self.interval,
        };
        due.then(|| {
            self.last = Some((now, state));
            plain_line(view)
        })
    }
}
