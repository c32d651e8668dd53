//! The language of plans, described once.
//!
//! Every object with its fields: name, type, words and an example. Decoding knows no field that is not here
//! (and suggests the nearest that is), the JSON Schema and the reference page are printed from here. A field
//! that is added here and not read, or read and not added here, fails a test.

mod http;

mod step;

mod check;

mod user;

mod load;

mod around;

mod metrics;

mod data;

mod auth;

mod slo;

pub(crate) use around::{HOOK, HOOKS, READY};
pub(crate) use auth::{AUTH, BASIC, FAULTS, LOGIN, RETRIES, SLOW_SEND};
use auth::{AUTH_TYPE, FAULTS_TYPE};
pub(crate) use check::CHECK;
use check::STATUS;
use data::SAVES;
pub(crate) use data::{DATA, SAVE, SECRET};
pub(crate) use slo::SLO;

pub(crate) use metrics::{METRICS, QUERY};

pub(crate) use http::{HTTP, TLS};
pub(crate) use load::{BURSTS, MAX_USERS, REPLAY, SCENARIO, STAGE};
pub(crate) use step::{ACTION, BRANCH, CONDITION, PART, STEP};

pub(crate) use user::{LOG_NORMAL, NORMAL, THINK, USER};

/// A map with known fields.
#[derive(Debug)]
pub struct Object {
    /// Its name in the schema and the reference: `scenario`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its fields, in the order of the reference.
    pub fields: &'static [Field],
}

/// A field of an [`Object`].
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it takes.
    pub ty: Type,
    /// What it does and what it is when not given.
    pub doc: &'static str,
    /// The field as it may be written.
    pub example: &'static str,
}

/// What a field takes.
#[derive(Debug)]
pub enum Type {
    /// Any text.
    Text,
    /// Text in which `${...}` is replaced anew in each iteration.
    Template,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A path, from the plan's folder.
    Path,
    /// `true` or `false`.
    Bool,
    /// A whole number in this range.
    Int {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// A number above 0.
    Number,
    /// `500ms`, `2s`, `1m30s`.
    Duration,
    /// `1s` or `1s..3s`.
    DurationRange,
    /// `500/s`, `30/m`, `1/250ms`.
    Rate,
    /// `16KB`, or `1KB..2KB`.
    SizeRange,
    /// A map with known fields.
    Object(&'static Object),
    /// A list.
    List(&'static Type),
    /// A map from names that the plan chooses.
    Map(&'static Type),
    /// Any of these.
    OneOf(&'static [Type]),
    /// Any value.
    Any,
}

const WEIGHT: Type = Type::OneOf(&[Type::Int { min: 0, max: MAX_WEIGHT }, Type::Number]);

/// The largest weight of a user class or an action.
pub(crate) const MAX_WEIGHT: u64 = 1_000_000;

/// The most redirects that a request may follow.
pub(crate) const MAX_REDIRECTS: u64 = 100;

/// The whole plan.
pub static PLAN: Object = Object {
    name: "plan",
    doc: "A plan says what is loaded (`target`), what users do there (`actions`, `users`) and how much of it \
          happens when (`scenarios`).",
    fields: &[
        Field {
            name: "name",
            ty: Type::Text,
            doc: "The plan's name in tables and records. Default: `plan`.",
            example: "name: checkout",
        },
        Field {
            name: "target",
            ty: Type::Text,
            doc: "The base URL: `http://`, `https://`, or `http+unix:///run/app.sock` for a Unix socket. Paths of \
                  requests are appended to it. May be left out when every request has a whole URL.",
            example: "target: https://shop.example",
        },
        Field {
            name: "vars",
            ty: Type::Map(&Type::Any),
            doc: "Variables: `${tier}` anywhere in the plan is replaced by the value of `tier` before the plan is read. \
                  `--set tier=silver` gives another. A text that is nothing but `${tier}` takes the value as it is, a \
                  number too.",
            example: "vars: {tier: gold, peak: 20}",
        },
        Field {
            name: "seed",
            ty: Type::Int { min: 0, max: u64::MAX },
            doc: "Everything random comes from it: two runs with one seed send the same. Default: drawn for each \
                  run, and recorded.",
            example: "seed: 42",
        },
        Field {
            name: "http",
            ty: Type::Object(&HTTP),
            doc: "How connections are made, and what all requests share.",
            example: "http: {timeout: 5s}",
        },
        Field {
            name: "secrets",
            ty: Type::Map(&Type::OneOf(&[Type::Text, Type::Object(&SECRET)])),
            doc: "Texts that are sent and never shown: `${key}` in texts stands for `key`. No output and no record has them.",
            example: "secrets: {key: {env: API_KEY}}",
        },
        Field {
            name: "data",
            ty: Type::Map(&Type::OneOf(&[Type::Path, Type::Object(&DATA)])),
            doc: "Tables that users take rows from, by name: `${people.email}` in texts. A text alone is the file.",
            example: "data: {people: people.csv}",
        },
        Field {
            name: "auth",
            ty: AUTH_TYPE,
            doc: "Who requests come from. Default: `none`.",
            example: "auth: {bearer: \"${token}\"}",
        },
        Field {
            name: "logins",
            ty: Type::Map(&Type::Object(&LOGIN)),
            doc: "Logins by name, for `auth`.",
            example: "logins: {api: {steps: [{post: /login, save: {token: $.token}}]}}",
        },
        Field {
            name: "faults",
            ty: FAULTS_TYPE,
            doc: "Faults that are put into a share of all requests on purpose. Default: `none`.",
            example: "faults: {abort: 1%}",
        },
        Field {
            name: "tally",
            ty: Type::Map(&Type::Text),
            doc: "Headers of answers whose values are counted, by name: which cache, which server answered.",
            example: "tally: {cache: x-cache}",
        },
        Field {
            name: "actions",
            ty: Type::Map(&Type::OneOf(&[Type::List(&Type::Object(&STEP)), Type::Object(&ACTION)])),
            doc: "What users can do, by name: each a list of steps, or a map with `steps` and `tags`.",
            example: "actions: {browse: [{get: /products}]}",
        },
        Field {
            name: "users",
            ty: Type::Map(&Type::Object(&USER)),
            doc: "The kinds of users, by name. Default: one kind, `user`, that does all actions equally often.",
            example: "users: {shopper: {think: 1s..3s, actions: {browse: 5, buy: 1}}}",
        },
        Field {
            name: "scenarios",
            ty: Type::Map(&Type::Object(&SCENARIO)),
            doc: "How much load there is and when, by name; they run side by side unless `start` or `after` says \
                  otherwise. At least one, at most 256.",
            example: "scenarios: {peak: {users: 50, duration: 1m}}",
        },
        Field {
            name: "preset",
            ty: Type::Text,
            doc: "A named load that stands in for `scenarios`, think times and `expect` where the plan does not say \
                  them: `smoke`, `light`, `heavy`, `spike` ... (`brunt presets` lists them).",
            example: "preset: smoke",
        },
        Field {
            name: "hooks",
            ty: Type::Object(&HOOKS),
            doc: "What is done around the load: waiting for the target, preparing it, cleaning up.",
            example: "hooks: {ready: {get: /health}, setup: [{run: ./seed.sh}]}",
        },
        Field {
            name: "metrics",
            ty: Type::Map(&metrics::SOURCE_TYPE),
            doc: "What is watched beside the load, by name: processes, control groups and containers of this host, pages of \
                  metrics, Prometheus, Redis. Their figures are recorded on the run's time axis ([metrics](metrics.md)).",
            example: "metrics: {web: process:nginx, model: {page: http://127.0.0.1:8080/metrics, select: [queue_size]}}",
        },
        Field {
            name: "expect",
            ty: Type::OneOf(&[Type::List(&Type::Text), Type::Text]),
            doc: "What the run is expected to show, one objective each, judged as those of `slo`: a statistic, a comparison \
                  (`~` for about is a note) and a limit. What profiles and presets expect stands here.",
            example: "expect: [p95 < 200ms, errors < 1%, rate ~ 50/s]",
        },
        Field {
            name: "slo",
            ty: Type::OneOf(&[
                Type::List(&Type::OneOf(&[Type::Text, Type::Object(&SLO)])),
                Type::Text,
                Type::Object(&SLO),
            ]),
            doc: "What the target promises: objectives that the run is judged by, as texts or maps. The grammar stands in \
                  [objectives.md](objectives.md). `--slo` adds more.",
            example: "slo: [\"p95{action=checkout} < 250ms over 1m\", {objective: errors < 1%, abort: 30s}, {file: openslo.yaml}]",
        },
        Field {
            name: "profiles",
            ty: Type::Map(&Type::Any),
            doc: "Pieces of plan by name; `--profile heavy` lays one over the plan: maps are merged, `null` removes, \
                  anything else replaces. `--profile light,heavy` and `--profile all` run several, one after the other.",
            example: "profiles: {heavy: {scenarios: {load: {users: 200}}}}",
        },
        Field {
            name: "environments",
            ty: Type::Map(&Type::Any),
            doc: "Pieces of plan by name, as profiles: `--env staging`, or `ENVIRONMENT=staging`, lays one over the \
                  plan, before its profile.",
            example: "environments: {staging: {target: https://staging.example}}",
        },
        Field {
            name: "environment",
            ty: Type::Text,
            doc: "The environment when neither `--env` nor `ENVIRONMENT` names one. Default: none.",
            example: "environment: staging",
        },
    ],
};
