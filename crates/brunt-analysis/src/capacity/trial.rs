//! What a search for the limit asks for, trial by trial, and what it is told.

use brunt_metrics::Nanos;
use serde::Serialize;

/// Room beyond this is as good as this: a value of nothing at all would be infinitely far from its limit.
pub const MAX_ROOM: f64 = 1_000.0;

/// What a load is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadUnit {
    /// Requests or iterations a second, in an open load.
    PerSecond,
    /// Users that wait for their answers; whole numbers.
    Users,
}

impl LoadUnit {
    /// A load that can be asked for and read: four digits of a rate, whole users.
    pub(super) fn round(self, load: f64) -> f64 {
        match self {
            Self::Users => load.round().max(1.0),
            Self::PerSecond if load > 0.0 => {
                let unit = 10_f64.powf(load.log10().floor() - 3.0);
                // Below 1 a power of ten is not exact, its inverse is.
                if unit < 1.0 {
                    (load / unit).round() / (1.0 / unit).round()
                } else {
                    (load / unit).round() * unit
                }
            }
            Self::PerSecond => 0.0,
        }
    }

    /// A load for people: `140.1/s`, `12 users`.
    pub fn text(self, load: f64) -> String {
        match self {
            Self::PerSecond if load >= 1_000.0 => format!("{load:.0}/s"),
            Self::PerSecond => format!("{}/s", (load * 100.0).round() / 100.0),
            Self::Users if (load - 1.0).abs() < 0.5 => "1 user".into(),
            Self::Users => format!("{load:.0} users"),
        }
    }
}

/// How far to search, and how finely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// What the loads are.
    pub unit: LoadUnit,
    /// The first load.
    pub start: f64,
    /// The least load worth knowing about; at most `start`.
    pub floor: f64,
    /// The safety cap: no trial goes beyond it. At least `start`.
    pub cap: f64,
    /// The search ends when the lowest load that breaks is at most so much above the highest that holds: 0.03 is 3 %.
    pub width: f64,
    /// The most trials.
    pub max_trials: usize,
    /// The most time in trials.
    pub max_time: Nanos,
    /// How long a trial lasts.
    pub dwell: Dwell,
}

/// How long a trial lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dwell {
    /// At least; after it, a trial ends as soon as it is clear whether it holds.
    pub shortest: Nanos,
    /// At most.
    pub longest: Nanos,
    /// The pause before a trial that follows one that broke: what has queued up must drain.
    pub settle: Nanos,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Hold a load.
    Trial(Trial),
    /// It is over.
    Done(Outcome),
}

/// A load to be held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Which, from 1.
    pub number: usize,
    /// How much.
    pub load: f64,
    /// What for.
    pub purpose: Purpose,
    /// For how long.
    pub dwell: Dwell,
    /// The pause before it.
    pub settle: Nanos,
}

/// What a trial is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// More than ever before, until something breaks.
    Climb,
    /// Less, until something holds.
    Descend,
    /// Whether the last good load still holds after the first overload.
    Recheck,
    /// Between what holds and what breaks.
    Narrow,
    /// Once more, because the generator was the limit.
    Repeat,
    /// Whether the result holds a second time.
    Confirm,
}

impl Purpose {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Climb => "climb",
            Self::Descend => "descend",
            Self::Recheck => "recheck",
            Self::Narrow => "narrow",
            Self::Repeat => "repeat",
            Self::Confirm => "confirm",
        }
    }
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialResult {
    /// The load that was asked for.
    pub load: f64,
    /// What the trial was for.
    pub purpose: Purpose,
    /// How long it lasted, in nanoseconds.
    pub took: Nanos,
    /// How far the worst objective is from its limit, by [`room`]. At least 1 holds. `None` if nothing could be judged, which does not hold.
    pub room: Option<f64>,
    /// Whether that was beyond doubt, or the trial ended at its longest with doubt left.
    pub clear: bool,
    /// What broke, or came closest to it.
    pub closest: Option<Closest>,
    /// Why the trial says nothing about the target: the generator was the limit.
    pub generator: Option<String>,
    /// What the target answered.
    pub figures: TrialFigures,
}

/// The objective that broke, or came closest to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closest {
    /// The objective.
    pub objective: String,
    /// The endpoint that contributes most to it, where one stands out.
    pub endpoint: Option<String>,
    /// One sentence with its numbers.
    pub text: String,
}

/// What a target answered to a load. `None` where nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TrialFigures {
    /// Requests that ended.
    pub requests: u64,
    /// Requests ended a second.
    pub achieved: Option<f64>,
    /// The share that failed, 0 to 1.
    pub error_rate: Option<f64>,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// 95th percentile of response times.
    pub p95_ms: Option<f64>,
    /// 99th percentile of response times.
    pub p99_ms: Option<f64>,
}

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Outcome {
    /// Between two loads.
    Found {
        /// The highest load that held, with no lower one breaking (RFC 9971's relevant lower bound).
        lower: f64,
        /// The lowest load that broke.
        upper: f64,
        /// Where between them the limit most likely is.
        estimate: f64,
        /// Whether `lower` held in more than one trial.
        confirmed: bool,
        /// Why the two are further apart than asked for, or `lower` is not confirmed.
        short: Option<String>,
        /// What breaks there.
        closest: Option<Closest>,
    },
    /// Everything held, up to the cap.
    NoLimit {
        /// The highest load that was tried.
        up_to: f64,
    },
    /// The generator could not follow, twice.
    GeneratorLimited {
        /// The lowest load at which that happened.
        at: f64,
        /// The highest load that held.
        holds: Option<f64>,
        /// Why.
        why: String,
    },
    /// Not even the least load held.
    NeverHolds {
        /// The least load.
        at: f64,
        /// What broke.
        closest: Option<Closest>,
    },
    /// Trials or time ran out first.
    Unfinished {
        /// The highest load that held.
        lower: Option<f64>,
        /// The lowest load that broke.
        upper: Option<f64>,
        /// What ran out.
        why: String,
    },
}

/// How a figure nears its limit as the load grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Its inverse falls in a straight line: latencies. For a queue it does (M/M/1: exactly), where the latency itself does not.
    Inverse,
    /// Its logarithm rises in a straight line: shares of errors, which start from almost nothing.
    Logarithm,
    /// It falls itself: a figure that must not go below its limit, such as a rate.
    Itself,
}

/// How much of a room's way from 1 a factor of e of an error share is.
const LOG_ROOM: f64 = 0.25;

/// The room that a figure leaves to its limit, 0 to [`MAX_ROOM`]: at least 1 exactly where it does not exceed the limit (with
/// [`Scale::Itself`]: where it does not go below), and near 1 about a straight line of the load, so that two trials' rooms point
/// at the load with room 1.
pub fn room(value: f64, limit: f64, scale: Scale) -> f64 {
    let nothing = value <= 0.0;
    let room = match scale {
        Scale::Inverse | Scale::Logarithm if nothing => MAX_ROOM,
        Scale::Inverse => limit / value,
        Scale::Logarithm => 1.0 + LOG_ROOM * (limit / value).ln(),
        Scale::Itself if limit <= 0.0 => MAX_ROOM,
        Scale::Itself => value / limit,
    };
    room.clamp(0.0, MAX_ROOM)
}
