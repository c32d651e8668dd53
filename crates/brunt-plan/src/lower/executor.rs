//! The load of a scenario: which of its fields go together, and the row of arrivals x supply x stop they say.
//!
//! | Shape | Fields | Arrivals | Supply | Stop |
//! |---|---|---|---|---|
//! | constant users | `users`, `duration` | closed | fixed | after |
//! | spawned users | and `spawn_rate` | closed | spawn | after |
//! | shared iterations | `users`, `iterations` | closed | fixed | iterations |
//! | per-user iterations | `users`, `iterations_per_user` | closed | fixed | per user |
//! | ramping users | `stages` of users | closed | ramp | after the stages |
//! | constant rate | `rate`, `duration` or `iterations` | constant, poisson | elastic | after, iterations |
//! | ramping rate | `stages` of rates | ramp, poisson | elastic | after the stages |
//! | bursts | `bursts`, `duration` or `iterations` | bursts | elastic | after, iterations |
//! | replay | `replay` | replay | elastic | after the last |

use super::replay::replay;
use crate::decode::{Cx, Fields, Voice, int_in};
use crate::diagnostic::Diagnostic;
use crate::fields::{BURSTS, MAX_USERS, STAGE};
use crate::tree::{Node, Span, Value};
use brunt_metrics::Nanos;
use brunt_workload::{Arrivals, BurstPause, DEFAULT_GRACE, Rate, RateRamp, Stop, Supply, UserStage};

/// The most users of an open scenario that gives no `max_users`: with answers of a second they carry
/// 10,000/s, and they still fit into the memory of a small machine.
pub const DEFAULT_MAX_USERS: u32 = 10_000;

/// Users of an open scenario at its start: enough for answers of 100 ms at its highest rate, 1,000 at most.
/// More come when they are needed.
fn initial_users(arrivals: &Arrivals, cap: u32) -> u32 {
    let wanted = match arrivals {
        Arrivals::Bursts { size, .. } => *size as f64,
        Arrivals::Closed
        | Arrivals::Constant(_)
        | Arrivals::Ramp(_)
        | Arrivals::Poisson(_)
        | Arrivals::Replay { .. } => arrivals.peak_rate().unwrap_or(0.0) / 10.0,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
    let initial = wanted.ceil().clamp(1.0, 1_000.0) as u32;
    initial.min(cap)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Users,
    UserStages,
    Rate,
    RateStages,
    Bursts,
    Replay,
}

/// Every field that says how much load there is.
const LOAD_FIELDS: [&str; 11] = [
    "users",
    "spawn_rate",
    "iterations",
    "iterations_per_user",
    "rate",
    "stages",
    "poisson",
    "bursts",
    "replay",
    "max_users",
    "duration",
];

impl Shape {
    /// The field that makes it this shape.
    const fn field(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::UserStages | Self::RateStages => "stages",
            Self::Rate => "rate",
            Self::Bursts => "bursts",
            Self::Replay => "replay",
        }
    }

    const fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["users", "spawn_rate", "iterations", "iterations_per_user", "duration"],
            Self::UserStages => &["stages", "users"],
            Self::Rate => &["rate", "poisson", "iterations", "duration", "max_users"],
            Self::RateStages => &["stages", "rate", "poisson", "max_users"],
            Self::Bursts => &["bursts", "iterations", "duration", "max_users"],
            Self::Replay => &["replay", "iterations", "duration", "max_users"],
        }
    }

    /// Why `field` has no place in it.
    fn why_not(self, field: &str) -> &'static str {
        match (self, field) {
            (Self::UserStages | Self::RateStages, "duration") => "the stages already say how long",
            (Self::UserStages | Self::RateStages, "iterations" | "iterations_per_user") => {
                "the scenario ends with its last stage"
            }
            (Self::UserStages, "rate") => "these stages are of users",
            (Self::RateStages, "users") => "these stages are of rates; write `max_users` to limit users",
            (Self::Users | Self::UserStages, "max_users") => "the users are counted already",
            (_, "poisson") => "only a rate can be random",
            (Self::Users | Self::UserStages, _) => {
                "users start again when they are done, whatever the schedule"
            }
            (_, "users") => "arrivals take as many users as they need; write `max_users` to limit them",
            (_, "spawn_rate" | "iterations_per_user") => "users come as arrivals need them",
            (Self::Rate | Self::RateStages | Self::Bursts | Self::Replay, _) => {
                "only one thing can say when iterations start"
            }
        }
    }
}

const NEVER: &str = "this scenario would never send a request";

/// The three choices of an executor, or nothing after complaints. `name_span` is where the scenario is named.
pub(super) fn executor(s: &Fields<'_, '_>, name_span: &Span) -> Option<(Arrivals, Supply, Stop)> {
    let mut stop = Stop {
        after: s.positive_duration("duration", NEVER),
        iterations: s.int("iterations", NEVER),
        per_user: s.int("iterations_per_user", NEVER),
        grace: s.duration("graceful_stop").unwrap_or(DEFAULT_GRACE),
    };
    let shape = shape(s, name_span)?;
    for field in LOAD_FIELDS.iter().filter(|f| s.has(f) && !shape.allowed().contains(f)) {
        let message = format!("{} cannot be combined with {}", s.cx.name(field), s.cx.name(shape.field()));
        s.cx.report(
            Diagnostic::error(&s.key_span(field), message)
                .label(shape.why_not(field))
                .help("keep one of them"),
        );
    }
    let none_yet = shape == Shape::UserStages
        && s.get("users").is_some_and(|node| matches!(s.cx.scalar(node), Value::Int(0)));
    let users = if none_yet { Some(0) } else { s.int("users", "nobody would run this scenario") };
    let users = users.and_then(|n| u32::try_from(n).ok());
    let row = match shape {
        Shape::Users => closed(s, users),
        Shape::UserStages => {
            let supply = user_stages(s, users.unwrap_or(0));
            stop.after = supply.as_ref().and_then(Supply::duration);
            supply.map(|supply| (Arrivals::Closed, supply))
        }
        Shape::Rate | Shape::RateStages | Shape::Bursts | Shape::Replay => open(s, shape, &mut stop),
    };
    if matches!(shape, Shape::Users | Shape::Rate | Shape::Bursts) {
        require_end(s, shape);
    }
    row.map(|(arrivals, supply)| (arrivals, supply, stop))
}

fn shape(s: &Fields<'_, '_>, name_span: &Span) -> Option<Shape> {
    let cx = s.cx;
    if s.has("bursts") {
        return Some(Shape::Bursts);
    }
    if s.has("replay") {
        return Some(Shape::Replay);
    }
    if s.has("stages") {
        return stages_shape(s);
    }
    if s.has("rate") {
        return Some(Shape::Rate);
    }
    if s.has("users") {
        return Some(Shape::Users);
    }
    if s.has_unknown() {
        return None;
    }
    let given = LOAD_FIELDS.iter().find(|f| s.has(f)).copied();
    let d = match given {
        Some(field @ ("spawn_rate" | "iterations" | "iterations_per_user")) => {
            let message = format!("{} needs {}", cx.name(field), cx.name("users"));
            Diagnostic::error(&s.key_span(field), message).label("of how many users?")
        }
        Some(field @ ("poisson" | "max_users")) => {
            let message = format!("{} needs {}", cx.name(field), cx.name("rate"));
            Diagnostic::error(&s.key_span(field), message).label("how many per second?")
        }
        Some(_) | None => {
            Diagnostic::error(name_span, "the scenario has no load").label("it would never send a request")
        }
    };
    cx.report(d.help(format!("write e.g. {}, or {}", cx.setting("users", 10), cx.setting("rate", "50/s"))));
    None
}

/// A closed or open scenario must end: `duration` or iterations.
fn require_end(s: &Fields<'_, '_>, shape: Shape) {
    let ends: &[&str] = match shape {
        Shape::Users => &["duration", "iterations", "iterations_per_user"],
        Shape::Rate if s.get("poisson").is_some_and(|n| n.value == Value::Bool(true)) => &["duration"],
        Shape::Rate | Shape::Bursts => &["duration", "iterations"],
        Shape::UserStages | Shape::RateStages | Shape::Replay => return,
    };
    if !s.has_unknown() && !ends.iter().any(|field| s.has(field)) {
        let d = Diagnostic::error(&s.key_span(shape.field()), "the scenario has no end");
        let ways: Vec<String> =
            ends.iter().map(|f| s.cx.setting(f, if *f == "duration" { "1m" } else { "1000" })).collect();
        s.cx.report(d.label("how long?").help(format!("add e.g. {}", ways.join(" or "))));
    }
}

fn closed(s: &Fields<'_, '_>, users: Option<u32>) -> Option<(Arrivals, Supply)> {
    let spawn = match s.get("spawn_rate") {
        Some(node) => Some(positive_rate(s.cx, "spawn_rate", node, "no user would ever come")?),
        None if s.has("spawn_rate") => return None,
        None => None,
    };
    if s.has("iterations") && s.has("iterations_per_user") {
        let d = Diagnostic::error(
            &s.key_span("iterations_per_user"),
            "`iterations_per_user` cannot be combined with `iterations`",
        );
        s.cx.report(d.label("are they shared, or does each user have its own?").help("keep one of them"));
    }
    let users = users?;
    if let Some(iterations) = s.int("iterations", NEVER).filter(|n| *n < u64::from(users)) {
        let message = format!("{users} users share {iterations} iterations");
        let d = Diagnostic::warning(&s.key_span("iterations"), message);
        s.cx.report(d.label(format!("{} of them have nothing to do", u64::from(users) - iterations)));
    }
    let supply = match spawn {
        Some(rate) => Supply::Spawn { users, rate },
        None => Supply::Fixed(users),
    };
    Some((Arrivals::Closed, supply))
}

fn positive_rate(cx: &Cx<'_>, field: &str, node: &Node, why: &str) -> Option<Rate> {
    let rate = cx.rate(field, node)?;
    if rate.count > 0 {
        return Some(rate);
    }
    let d = Diagnostic::error(&node.span, format!("{} must be greater than 0", cx.name(field))).label(why);
    let instead = match (field, cx.voice()) {
        ("rate", Voice::Plan) => "remove the scenario, or write",
        (_, Voice::Plan | Voice::Flags) => "write",
    };
    cx.report(d.help(format!("{instead} e.g. {}", cx.setting(field, "50/s"))));
    None
}

fn open(s: &Fields<'_, '_>, shape: Shape, stop: &mut Stop) -> Option<(Arrivals, Supply)> {
    let never = "this scenario would never send a request";
    let poisson = s.bool("poisson").unwrap_or(false);
    let cap = s
        .int("max_users", "nobody would run this scenario")
        .map_or(DEFAULT_MAX_USERS, |n| u32::try_from(n).unwrap_or(u32::MAX));
    let arrivals = match shape {
        Shape::Rate => {
            let node = s.get("rate")?;
            let rate = positive_rate(s.cx, "rate", node, never)?;
            if poisson {
                Arrivals::Poisson(ramp(s, rate, &[(rate, stop.after?)], &node.span)?)
            } else {
                Arrivals::Constant(rate)
            }
        }
        Shape::RateStages => {
            let ramp = rate_stages(s)?;
            stop.after = Some(ramp.duration());
            if poisson { Arrivals::Poisson(ramp) } else { Arrivals::Ramp(ramp) }
        }
        Shape::Bursts => bursts(s)?,
        Shape::Replay => {
            let (arrivals, end) = replay(s)?;
            stop.after = Some(stop.after.map_or(end, |after| after.min(end)));
            arrivals
        }
        Shape::Users | Shape::UserStages => return None,
    };
    let initial = initial_users(&arrivals, cap);
    Some((arrivals, Supply::Elastic { initial, cap }))
}

fn ramp(s: &Fields<'_, '_>, start: Rate, stages: &[(Rate, Nanos)], span: &Span) -> Option<RateRamp> {
    RateRamp::new(start, stages)
        .map_err(|_| {
            let d = Diagnostic::error(span, "these rates and times cannot be scheduled exactly");
            let d = d.label("their least common time is too long, or the rate too high for it");
            s.cx.report(d.help("write all rates of a scenario in one unit, e.g. all in `/s`"));
        })
        .ok()
}

fn bursts(s: &Fields<'_, '_>) -> Option<Arrivals> {
    let fields = Fields::of(s.cx, s.get("bursts")?, &BURSTS)?;
    for field in ["size", "pause"] {
        fields.missing(field);
    }
    let size = fields.int("size", "a burst of nothing");
    let node = fields.get("pause");
    let (min, max) = node.and_then(|node| s.cx.duration_range("pause", node))?;
    if max == Nanos::ZERO {
        let d = Diagnostic::error(&node?.span, "`pause` must be greater than 0");
        s.cx.report(d.label("all bursts would come at once").help("write e.g. `pause: 0.5s..2s`"));
        return None;
    }
    Some(Arrivals::Bursts { size: size?, pause: BurstPause { min, max } })
}

/// What a stage asks for.
#[derive(Clone, Copy)]
enum Goal {
    Users(u32),
    Rate(Rate),
    Hold,
}

/// Users or rates, by the first stage that says; all that hold are what `rate` or `users` is.
fn stages_shape(s: &Fields<'_, '_>) -> Option<Shape> {
    let node = s.get("stages")?;
    let stages = s.cx.list_of(node, "stages")?;
    if stages.is_empty() {
        let d = Diagnostic::error(&node.span, "`stages` is empty")
            .label("this scenario would never send a request");
        s.cx.report(d.help("write e.g. `stages: [{to: 50, over: 30s}]`"));
        return None;
    }
    let to = |stage: &Node| match &stage.value {
        Value::Map(entries) => {
            entries.iter().find(|e| e.key == "to").map(|e| matches!(e.value.value, Value::Str(_)))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            None
        }
    };
    let is_rate = stages.iter().find_map(to).unwrap_or_else(|| s.has("rate"));
    Some(if is_rate { Shape::RateStages } else { Shape::UserStages })
}

/// The stages with their durations; those with problems are left out, after complaints.
fn goals<'n>(s: &Fields<'n, '_>, rates: bool) -> Vec<(Goal, Nanos, &'n Node)> {
    let Some(stages) = s.get("stages").and_then(|node| s.cx.list_of(node, "stages")) else {
        return Vec::new();
    };
    stages.iter().filter_map(|node| stage(s.cx, node, rates).map(|(goal, time)| (goal, time, node))).collect()
}

fn stage(cx: &Cx<'_>, node: &Node, rates: bool) -> Option<(Goal, Nanos)> {
    let fields = Fields::of(cx, node, &STAGE)?;
    let over = fields.duration("over");
    match (fields.get("to"), fields.has("hold")) {
        (None, true) if !fields.has("over") => {
            let time = fields.positive_duration("hold", "a stage of no time does nothing")?;
            Some((Goal::Hold, time))
        }
        (None, false) => {
            fields.missing("to");
            None
        }
        (Some(_) | None, true) => {
            let d = Diagnostic::error(&fields.key_span("hold"), "`hold` is a stage of its own");
            cx.report(
                d.label("beside `to` or `over` it means nothing").help("begin a new stage: `- hold: 1m`"),
            );
            None
        }
        (Some(to), false) => {
            let goal = goal(cx, to, rates);
            if fields.has("over") { Some((goal?, over?)) } else { Some((goal?, Nanos::ZERO)) }
        }
    }
}

fn goal(cx: &Cx<'_>, node: &Node, rates: bool) -> Option<Goal> {
    match (&node.value, rates) {
        (Value::Str(_), true) => cx.rate("to", node).map(Goal::Rate),
        (Value::Int(_), false) => {
            let users = int_in(cx, "to", node, (0, MAX_USERS), "users are counted from 0")?;
            u32::try_from(users).ok().map(Goal::Users)
        }
        (Value::Int(_), true) => {
            let d = Diagnostic::error(&node.span, "a number of users among rates");
            cx.report(
                d.label("the stages of a scenario are all users or all rates").help("write e.g. `to: 50/s`"),
            );
            None
        }
        (Value::Str(_), false) => {
            let d = Diagnostic::error(&node.span, "a rate among numbers of users");
            cx.report(
                d.label("the stages of a scenario are all users or all rates").help("write e.g. `to: 50`"),
            );
            None
        }
        (Value::Null | Value::Bool(_) | Value::Float(_) | Value::Seq(_) | Value::Map(_), _) => {
            cx.expected(node, "users (`50`) or a rate (`500/s`)");
            None
        }
    }
}

/// Complains about stages that take no time, last too long, or never ask for anything.
fn check_stages(s: &Fields<'_, '_>, stages: &[(Goal, Nanos, &Node)], some: bool) -> Option<()> {
    let node = s.get("stages")?;
    let given = s.cx.list_of(node, "stages")?.len();
    if stages.len() < given {
        return None;
    }
    let total = stages.iter().fold(Nanos::ZERO, |sum, stage| sum + stage.1);
    let message = if total == Nanos::ZERO {
        "the stages take no time"
    } else if total > crate::units::MAX_DURATION {
        "the stages are longer than 10 days"
    } else if !some {
        "the stages never rise above 0"
    } else {
        return Some(());
    };
    let d = Diagnostic::error(&node.span, message).label("this scenario would never send a request");
    let d = if total > crate::units::MAX_DURATION {
        d.label("schedules are computed exactly up to 10 days")
    } else {
        d
    };
    s.cx.report(d.help("write e.g. `stages: [{to: 50, over: 30s}, {hold: 1m}]`"));
    None
}

fn user_stages(s: &Fields<'_, '_>, start: u32) -> Option<Supply> {
    let stages = goals(s, false);
    let mut now = start;
    let mut out = Vec::new();
    for (goal, duration, _) in &stages {
        if let Goal::Users(users) = goal {
            now = *users;
        }
        out.push(UserStage { target: now, duration: *duration });
    }
    check_stages(s, &stages, start > 0 || out.iter().any(|stage| stage.target > 0))?;
    Some(Supply::Ramp { start, stages: out })
}

fn rate_stages(s: &Fields<'_, '_>) -> Option<RateRamp> {
    let stages = goals(s, true);
    let start = match s.get("rate") {
        Some(node) => s.cx.rate("rate", node)?,
        None if s.has("rate") => return None,
        None => Rate::ZERO,
    };
    let mut now = start;
    let mut out = Vec::new();
    for (goal, duration, _) in &stages {
        if let Goal::Rate(rate) = goal {
            now = *rate;
        }
        out.push((now, *duration));
    }
    check_stages(s, &stages, start.count > 0 || out.iter().any(|stage| stage.0.count > 0))?;
    ramp(s, start, &out, &s.get("stages")?.span)
}
