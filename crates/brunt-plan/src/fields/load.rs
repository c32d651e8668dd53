//! The part of the language that says how much load there is and when.

use super::step::TAGS;
use super::{Field, Object, Type, WEIGHT};

const COUNT: Type = Type::Int { min: 1, max: 1_000_000_000_000 };

/// The most users of one scenario: two orders of magnitude above what one machine carries.
pub(crate) const MAX_USERS: u64 = 1_000_000;

/// A scenario.
pub(crate) static SCENARIO: Object = Object {
    name: "scenario",
    doc: "Load over time. Closed (the load follows the target's speed): `users`, `users` with `spawn_rate`, \
          `iterations` or `iterations_per_user`, `stages` of users. Open (the load follows a schedule, whatever the \
          target does): `rate`, `stages` of rates, either of them `poisson`, `bursts`, `replay`.",
    fields: &[
        Field {
            name: "users",
            ty: Type::Int { min: 1, max: MAX_USERS },
            doc: "Users at once. With `stages`: users at the start (default 0).",
            example: "users: 50",
        },
        Field {
            name: "spawn_rate",
            ty: Type::Rate,
            doc: "How fast `users` come. Default: all at once.",
            example: "spawn_rate: 10/s",
        },
        Field {
            name: "iterations",
            ty: COUNT,
            doc: "Iterations in all, shared between the users; in an open scenario the number of arrivals.",
            example: "iterations: 1000",
        },
        Field {
            name: "iterations_per_user",
            ty: COUNT,
            doc: "Iterations of each user.",
            example: "iterations_per_user: 10",
        },
        Field {
            name: "rate",
            ty: Type::Rate,
            doc: "Iterations started per time, evenly spaced. With `stages`: the rate at the start (default 0).",
            example: "rate: 500/s",
        },
        Field {
            name: "stages",
            ty: Type::List(&Type::Object(&STAGE)),
            doc: "How users or rate go on, linearly from stage to stage. The scenario ends with the last.",
            example: "stages: [{to: 50, over: 30s}, {hold: 1m}, {to: 0, over: 10s}]",
        },
        Field {
            name: "poisson",
            ty: Type::Bool,
            doc: "Arrivals independent of each other, at the rate as a mean. Default: `false`.",
            example: "poisson: true",
        },
        Field {
            name: "bursts",
            ty: Type::Object(&BURSTS),
            doc: "Many iterations at once, then a pause.",
            example: "bursts: {size: 10, pause: 0.5s..2s}",
        },
        Field {
            name: "replay",
            ty: Type::Object(&REPLAY),
            doc: "Iterations at recorded instants. The scenario ends with the last.",
            example: "replay: {file: times.txt, speed: 2}",
        },
        Field {
            name: "duration",
            ty: Type::Duration,
            doc: "How long iterations are started. Not with `stages`, which say so themselves.",
            example: "duration: 1m",
        },
        Field {
            name: "max_users",
            ty: Type::Int { min: 1, max: MAX_USERS },
            doc: "The most users that an open scenario may need at once; arrivals that find none free are dropped, \
                  and counted. Default: 10,000.",
            example: "max_users: 1000",
        },
        Field {
            name: "warm_up",
            ty: Type::Duration,
            doc: "The first part, measured apart. Default: none.",
            example: "warm_up: 5s",
        },
        Field {
            name: "cool_down",
            ty: Type::Duration,
            doc: "The last part, measured apart. Default: none.",
            example: "cool_down: 5s",
        },
        Field {
            name: "start",
            ty: Type::Duration,
            doc: "When it starts, from the run's start. Default: `0s`.",
            example: "start: 10s",
        },
        Field {
            name: "after",
            ty: Type::Text,
            doc: "The scenario after whose end it starts.",
            example: "after: warm",
        },
        Field {
            name: "delay",
            ty: Type::Duration,
            doc: "The time between the end of `after` and the start. Default: `0s`.",
            example: "delay: 5s",
        },
        Field {
            name: "graceful_stop",
            ty: Type::Duration,
            doc: "How long running iterations may go on after `duration`, the last stage or Ctrl-C before they are cut; where `iterations` or data end the scenario, the last ones take as long as they take. Default: `30s`.",
            example: "graceful_stop: 5s",
        },
        Field {
            name: "run",
            ty: Type::OneOf(&[Type::List(&Type::Text), Type::Map(&WEIGHT), Type::Text]),
            doc: "The kinds of users that take part; the numbers of a map replace their `weight` and `count`. Default: all.",
            example: "run: {shopper: 3, admin: 1}",
        },
        Field {
            name: "mix",
            ty: Type::Map(&WEIGHT),
            doc: "What all users of this scenario do: actions with weights, instead of their own `actions` or `in_turn`.",
            example: "mix: {browse: 0.8, buy: 0.2}",
        },
        TAGS,
    ],
};

/// A stage of users or rate.
pub(crate) static STAGE: Object = Object {
    name: "stage",
    doc: "One stage: `to` a number of users or a rate, `over` a time; or `hold` what is.",
    fields: &[
        Field {
            name: "to",
            ty: Type::OneOf(&[Type::Int { min: 0, max: MAX_USERS }, Type::Rate]),
            doc: "Users (`50`) or rate (`500/s`) at the stage's end.",
            example: "to: 50",
        },
        Field {
            name: "over",
            ty: Type::Duration,
            doc: "How long it takes to get there. Default: `0s`, a jump.",
            example: "over: 30s",
        },
        Field { name: "hold", ty: Type::Duration, doc: "Stay as it is for so long.", example: "hold: 1m" },
    ],
};

/// Bursts.
pub(crate) static BURSTS: Object = Object {
    name: "bursts",
    doc: "Many iterations at once, then a pause.",
    fields: &[
        Field {
            name: "size",
            ty: Type::Int { min: 1, max: MAX_USERS },
            doc: "Iterations of one burst.",
            example: "size: 10",
        },
        Field {
            name: "pause",
            ty: Type::DurationRange,
            doc: "The time from the start of a burst to the start of the next: one, or between two.",
            example: "pause: 0.5s..2s",
        },
    ],
};

/// Recorded arrivals.
pub(crate) static REPLAY: Object = Object {
    name: "replay",
    doc: "Iterations at recorded instants.",
    fields: &[
        Field {
            name: "file",
            ty: Type::Path,
            doc: "A text file with one instant a line, in seconds with fraction, counted from anything (so also \
                  Unix times). Empty lines and lines that begin with `#` are skipped.",
            example: "file: times.txt",
        },
        Field {
            name: "speed",
            ty: Type::Number,
            doc: "How many times as fast as recorded: 0.001 to 1000. Default: 1.",
            example: "speed: 2",
        },
    ],
};
