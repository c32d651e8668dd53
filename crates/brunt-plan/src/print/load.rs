//! When things happen: arrivals, users, pauses.

use crate::units::{duration_text, rate_text};
use brunt_metrics::Nanos;
use brunt_workload::{Arrivals, Pause, PauseTime, RateRamp, RateStage, Supply};
use serde_json::{Value, json};

pub(super) fn arrivals(a: &Arrivals) -> Value {
    match a {
        Arrivals::Closed => json!("closed"),
        Arrivals::Constant(rate) => json!({ "constant": rate_text(*rate) }),
        Arrivals::Ramp(r) => json!({ "ramp": ramp(r) }),
        Arrivals::Poisson(r) => json!({ "poisson": ramp(r) }),
        Arrivals::Bursts { size, pause } => {
            json!({ "bursts": { "size": size, "pause": range(pause.min, pause.max) } })
        }
        Arrivals::Replay { instants, speed } => json!({
            "replay": {
                "instants": instants.len(),
                "length": duration_text(instants.last().copied().unwrap_or_default()),
                "speed": [speed.0, speed.1],
            }
        }),
    }
}

fn ramp(ramp: &RateRamp) -> Vec<Value> {
    let scale = scale_of(ramp);
    let stage = |stage: &RateStage| {
        json!({
            "from_per_second": stage.from as f64 * scale,
            "to_per_second": stage.to as f64 * scale,
            "over": duration_text(stage.duration),
        })
    };
    ramp.stages().iter().map(stage).collect()
}

/// Events per second for one event per the ramp's unit.
fn scale_of(ramp: &RateRamp) -> f64 {
    let most = ramp.stages().iter().map(|s| s.from.max(s.to)).max().unwrap_or(0);
    if most == 0 { 0.0 } else { ramp.peak() / most as f64 }
}

pub(super) fn supply(s: &Supply) -> Value {
    match s {
        Supply::Fixed(users) => json!({ "fixed": users }),
        Supply::Spawn { users, rate } => json!({ "spawn": { "users": users, "rate": rate_text(*rate) } }),
        Supply::Ramp { start, stages } => {
            let stages: Vec<Value> =
                stages.iter().map(|s| json!({ "to": s.target, "over": duration_text(s.duration) })).collect();
            json!({ "ramp": { "start": start, "stages": stages } })
        }
        Supply::Elastic { initial, cap } => json!({ "elastic": { "initial": initial, "cap": cap } }),
    }
}

pub(super) fn pause(pause: &Pause) -> Value {
    match pause.every {
        1 => pause_time(&pause.time),
        every => json!({ "time": pause_time(&pause.time), "every": every }),
    }
}

pub(super) fn pause_time(time: &PauseTime) -> Value {
    match time {
        PauseTime::None => Value::Null,
        PauseTime::Constant(time) => json!(duration_text(*time)),
        PauseTime::Uniform { min, max } => json!(range(*min, *max)),
        PauseTime::Normal { mean, std_dev } => {
            json!({ "normal": { "mean": duration_text(*mean), "std_dev": duration_text(*std_dev) } })
        }
        PauseTime::Exponential { mean } => json!({ "exponential": duration_text(*mean) }),
        PauseTime::LogNormal { median, sigma } => {
            json!({ "log_normal": { "median": duration_text(*median), "sigma": sigma } })
        }
    }
}

fn range(min: Nanos, max: Nanos) -> String {
    if min == max { duration_text(min) } else { format!("{}..{}", duration_text(min), duration_text(max)) }
}
