//! How many workers a load needs. As many as it needs, not one per core: an open load that is split thin has
//! its free users on the wrong worker when an arrival comes.

use brunt_workload::{Arrivals, Workload};

/// A number of workers, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCount {
    /// How many; at least 1.
    pub workers: u32,
    /// Why, in words.
    pub reason: String,
}

/// Iterations per second that one worker carries with much room to spare: a keep-alive HTTP/1.1 request
/// costs about 10 us of processor time, so this keeps a worker below half of its core.
const PER_WORKER: f64 = 40_000.0;

/// Closed users without pauses that make a further worker worth its while.
const BUSY_USERS_PER_WORKER: f64 = 16.0;

/// How many workers `workload` needs on `cores` cores; `asked` overrides it.
pub fn worker_count(workload: &Workload, cores: u32, asked: Option<u32>) -> WorkerCount {
    if let Some(workers) = asked {
        return WorkerCount { workers: workers.max(1), reason: "as asked for".to_owned() };
    }
    let needed: f64 = workload.scenarios.iter().map(scenario_need).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=cores")]
    let workers = needed.ceil().clamp(1.0, f64::from(cores.max(1))) as u32;
    let reason = format!("the load needs {needed:.1} workers' time; {cores} cores may be used");
    WorkerCount { workers, reason }
}

/// The share of a worker that a scenario needs.
fn scenario_need(scenario: &brunt_workload::Scenario) -> f64 {
    match (&scenario.arrivals, scenario.arrivals.peak_rate()) {
        (Arrivals::Closed, _) | (_, None) => {
            let users = f64::from(scenario.supply.max_users());
            let journeys = scenario.classes.iter().map(|c| {
                let think = c.journey.think;
                let paused = think.time.mean().as_secs_f64() / f64::from(think.every.max(1));
                paused.max(c.journey.pacing.mean().as_secs_f64())
            });
            let pause = journeys.fold(f64::INFINITY, f64::min);
            if pause > 0.0 && pause.is_finite() {
                users / pause / PER_WORKER
            } else {
                users / BUSY_USERS_PER_WORKER
            }
        }
        (_, Some(rate)) => rate / PER_WORKER,
    }
}
