//! The part of the language that says who users are and how long they pause.

use super::step::TAGS;
use super::{AUTH_TYPE, Field, MAX_USERS, Object, STEP, Type, WEIGHT};

/// What is done once: steps, or the name of an action.
const ONCE: Type = Type::OneOf(&[Type::List(&Type::Object(&STEP)), Type::Text]);

/// A user class.
pub(crate) static USER: Object = Object {
    name: "user",
    doc: "A kind of user: one action in each iteration, then a pause.",
    fields: &[
        Field {
            name: "weight",
            ty: WEIGHT,
            doc: "How many there are in proportion to the other kinds. Default: 1.",
            example: "weight: 3",
        },
        Field {
            name: "count",
            ty: Type::Int { min: 1, max: MAX_USERS },
            doc: "A fixed number of users of each scenario, instead of `weight`. The other kinds share what is left.",
            example: "count: 2",
        },
        Field {
            name: "think",
            ty: Type::OneOf(&[Type::DurationRange, Type::Object(&THINK)]),
            doc: "The pause after each iteration: constant, uniform between two, or of a distribution. Open \
                  scenarios (a rate) have no use for it. Default: none.",
            example: "think: 1s..3s",
        },
        Field {
            name: "actions",
            ty: Type::OneOf(&[Type::Map(&WEIGHT), Type::List(&Type::Text), Type::Text]),
            doc: "What it does: actions with weights (also fractions), or a list of actions that are equally likely.",
            example: "actions: {browse: 5, buy: 1}",
        },
        Field {
            name: "in_turn",
            ty: Type::OneOf(&[Type::List(&Type::Text), Type::Text]),
            doc: "Instead of `actions`: does these one after the other, one in each iteration, and again from the first.",
            example: "in_turn: [browse, buy]",
        },
        Field {
            name: "pacing",
            ty: Type::OneOf(&[Type::DurationRange, Type::Object(&THINK)]),
            doc: "Iterations of a user begin so far apart at least, whatever they take: its throughput is constant. The forms are \
                  those of `think`, without `every`. Open scenarios (a rate) have no use for it. Default: none.",
            example: "pacing: 5s",
        },
        Field {
            name: "on_start",
            ty: ONCE,
            doc: "What each user does once, as the beginning of its first iteration: steps, or an action's name. If it fails, \
                  the next iteration tries again.",
            example: "on_start: [{post: /login}]",
        },
        Field {
            name: "on_stop",
            ty: ONCE,
            doc: "What each user that has started does once when it leaves: steps, or an action's name.",
            example: "on_stop: [{post: /logout}]",
        },
        Field {
            name: "auth",
            ty: AUTH_TYPE,
            doc: "Who the requests of these users come from. Default: as the plan says.",
            example: "auth: {basic: {user: \"${people.name}\", password: \"${people.password}\"}}",
        },
        TAGS,
    ],
};

/// Think times and pauses.
pub(crate) static THINK: Object = Object {
    name: "think",
    doc: "A pause: exactly one of `time`, `normal`, `exponential` and `log_normal`.",
    fields: &[
        Field {
            name: "time",
            ty: Type::DurationRange,
            doc: "Constant, or uniform between two.",
            example: "time: 1s..3s",
        },
        Field {
            name: "normal",
            ty: Type::Object(&NORMAL),
            doc: "Normal; below zero counts as zero.",
            example: "normal: {mean: 2s, std_dev: 500ms}",
        },
        Field {
            name: "exponential",
            ty: Type::Duration,
            doc: "Exponential with this mean: independent of what was before.",
            example: "exponential: 2s",
        },
        Field {
            name: "log_normal",
            ty: Type::Object(&LOG_NORMAL),
            doc: "Log-normal, as the think times of people are.",
            example: "log_normal: {median: 2s, sigma: 0.5}",
        },
        Field {
            name: "every",
            ty: Type::Int { min: 1, max: 1_000_000 },
            doc: "Pause only after every so many iterations; of no use in a `pause` step. Default: 1.",
            example: "every: 5",
        },
    ],
};

/// A normal distribution.
pub(crate) static NORMAL: Object = Object {
    name: "normal",
    doc: "A normal distribution.",
    fields: &[
        Field { name: "mean", ty: Type::Duration, doc: "Its mean.", example: "mean: 2s" },
        Field {
            name: "std_dev",
            ty: Type::Duration,
            doc: "Its standard deviation.",
            example: "std_dev: 500ms",
        },
    ],
};

/// A log-normal distribution.
pub(crate) static LOG_NORMAL: Object = Object {
    name: "log_normal",
    doc: "A log-normal distribution.",
    fields: &[
        Field { name: "median", ty: Type::Duration, doc: "Half are shorter.", example: "median: 2s" },
        Field {
            name: "sigma",
            ty: Type::Number,
            doc: "The standard deviation of the logarithm: above 0, at most 5.",
            example: "sigma: 0.5",
        },
    ],
};
