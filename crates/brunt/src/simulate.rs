//! `brunt run --simulate`: the load that a plan would produce, from the same dispatcher, sending nothing.

use crate::args::RunArgs;
use crate::console::{Console, unix_ms};
use crate::exit;
use crate::header::{About, executor, header};
use crate::load::duration;
use crate::run::Refusal;
use brunt_engine::{SimulationOptions, simulate};
use brunt_metrics::{CellSecond, EndpointId, EndpointKind, Nanos, Outcome, Second};
use brunt_plan::Lowered;
use brunt_run::{RunEvent, RunHeader};
use brunt_workload::{Draw, Workload};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// A workload without an end is simulated for this long.
const AT_MOST: Nanos = Nanos::from_secs(3_600);

/// Rows of the printed curve.
const ROWS: usize = 24;

/// Simulates and prints.
pub(crate) fn show(args: &RunArgs, lowered: Lowered, console: Console) -> Result<u8, Refusal> {
    let response = duration("--simulate-response", &args.simulate_response)?;
    if response == Nanos::ZERO {
        // Users that wait for nothing would go round for ever without simulated time moving on.
        let text = "`--simulate-response` must be greater than 0\n  = help: write e.g. `1us`";
        return Err(Refusal::new(exit::USAGE, text));
    }
    let workload = Arc::new(lowered.workload);
    let about = About {
        id: "simulated".into(),
        started_unix_ms: unix_ms(),
        workers: 1,
        simulated: true,
        environment: BTreeMap::new(),
    };
    let model = move |_: EndpointId, started: Nanos, _: &mut Draw| (started + response, Outcome::Ok);
    let mut seconds = Vec::new();
    let header = header(&workload, about);
    let kinds = header.clone();
    let options =
        SimulationOptions { header, at_most: workload.planned_duration().map_or(AT_MOST, |d| d + AT_MOST) };
    simulate(&workload, model, options, &mut |event| {
        if let RunEvent::Second(second) = event {
            seconds.push(Sums::of(second, &kinds));
        }
    });
    // A second that was sealed but had nothing in it: the run ended where it began.
    while seconds.pop_if(|sums| sums.is_empty()).is_some() {}
    if args.json {
        for (index, sums) in seconds.iter().enumerate() {
            console.println(sums.json(index));
        }
    } else {
        console.print(&render(&workload, &seconds, response, console.style.ascii));
    }
    Ok(0)
}

/// What a stretch of time had.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    due: u64,
    dropped: u64,
    requests: u64,
    /// Requests that are broken on purpose, none of `requests`.
    injected: u64,
    user_time: Nanos,
    seconds: u64,
}

impl Sums {
    fn of(second: &Second, header: &RunHeader) -> Self {
        let injected = |c: &&CellSecond| header.kind(c.key.endpoint) == EndpointKind::Injected;
        let sum = |f: fn(&brunt_metrics::ScenarioSecond) -> u64| second.scenarios.iter().map(f).sum();
        Self {
            due: sum(|s| s.due),
            dropped: sum(|s| s.dropped),
            requests: second.requests_started,
            injected: second.asides.iter().filter(injected).map(CellSecond::count).sum(),
            user_time: Nanos(sum(|s| s.user_time.0)),
            seconds: 1,
        }
    }

    fn add(self, other: Self) -> Self {
        Self {
            due: self.due + other.due,
            dropped: self.dropped + other.dropped,
            requests: self.requests + other.requests,
            injected: self.injected + other.injected,
            user_time: self.user_time + other.user_time,
            seconds: self.seconds + other.seconds,
        }
    }

    fn is_empty(&self) -> bool {
        self.due == 0 && self.requests == 0 && self.injected == 0 && self.user_time == Nanos::ZERO
    }

    fn per_second(self, count: u64) -> f64 {
        count as f64 / self.seconds.max(1) as f64
    }

    fn users(self) -> f64 {
        self.user_time.as_secs_f64() / self.seconds.max(1) as f64
    }

    fn json(self, second: usize) -> serde_json::Value {
        serde_json::json!({
            "type": "simulated", "second": second, "iterations_due": self.due, "dropped": self.dropped,
            "requests": self.requests, "injected": self.injected, "users": self.users(),
        })
    }
}

fn render(workload: &Workload, seconds: &[Sums], response: Nanos, ascii: bool) -> String {
    let mut out = format!("{}: simulated, nothing is sent; every answer takes {response}\n\n", workload.name);
    for scenario in &workload.scenarios {
        let _ = writeln!(out, "  {:<20} {}", scenario.name, executor(scenario));
    }
    let per_row = seconds.len().div_ceil(ROWS).max(1);
    let rows: Vec<Sums> =
        seconds.chunks(per_row).map(|c| c.iter().fold(Sums::default(), |a, b| a.add(*b))).collect();
    let peak = rows.iter().map(|r| r.per_second(r.requests)).fold(0.0, f64::max);
    let _ = writeln!(out, "\n  {:>8} {:>12} {:>10} {:>9}", "from", "requests/s", "users", "dropped");
    for (i, row) in rows.iter().enumerate() {
        let rate = row.per_second(row.requests);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 40")]
        let length = if peak > 0.0 { (rate / peak * 40.0).round() as usize } else { 0 };
        let bar = if ascii { "#" } else { "\u{2588}" }.repeat(length);
        let from = format!("{} s", i * per_row);
        let line = format!("  {from:>8} {rate:>12.1} {:>10.1} {:>9}  {bar}", row.users(), row.dropped);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let total = seconds.iter().fold(Sums::default(), |a, b| a.add(*b));
    let _ = write!(
        out,
        "\n  {} iterations due, {} dropped, {} requests in {} s",
        total.due,
        total.dropped,
        total.requests,
        seconds.len()
    );
    if total.injected > 0 {
        let _ = write!(out, "; {} more are broken on purpose", total.injected);
    }
    out.push('\n');
    out
}
