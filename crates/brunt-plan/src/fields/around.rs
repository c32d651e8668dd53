//! The part of the language that says what is done around the load.

use super::step::TAGS;
use super::{Field, Object, Type};

/// What is done around the load.
pub(crate) static HOOKS: Object = Object {
    name: "hooks",
    doc: "What is done around the load: wait for the target, prepare it, clean up. Each hook is a command or a request, \
          with its output kept beside the run's record.",
    fields: &[
        Field {
            name: "ready",
            ty: Type::OneOf(&[Type::Object(&READY), Type::List(&Type::Object(&READY))]),
            doc: "Requests that are sent again and again, one after the other, until each is answered as it should be.",
            example: "ready: {get: /health, timeout: 60s}",
        },
        moment(
            "setup",
            "Before the load. A failure ends the run before its first request.",
            "setup: [{run: ./seed.sh}]",
        ),
        moment(
            "warm_up",
            "When the first scenario begins to warm up.",
            "warm_up: [{post: /admin/mark-warm-up}]",
        ),
        moment("load", "When the first scenario has warmed up.", "load: [{run: \"./start-profiler.sh\"}]"),
        moment(
            "cool_down",
            "When the first scenario begins to cool down.",
            "cool_down: [{run: ./stop-profiler.sh}]",
        ),
        moment(
            "teardown",
            "After the load, whatever happened, also when a setup failed.",
            "teardown: [{delete: /test-data}]",
        ),
    ],
};

static ONE_OR_MANY: [Type; 2] = [Type::Object(&HOOK), Type::List(&Type::Object(&HOOK))];

const fn moment(name: &'static str, doc: &'static str, example: &'static str) -> Field {
    Field { name, ty: Type::OneOf(&ONE_OR_MANY), doc, example }
}

const fn method(name: &'static str, example: &'static str) -> Field {
    Field {
        name,
        ty: Type::Template,
        doc: "Sends a request with this method to a path of the target, or to a whole URL. Variables and secrets may be in it.",
        example,
    }
}

const HEADERS: Field = Field {
    name: "headers",
    ty: Type::Map(&Type::Template),
    doc: "The request's headers.",
    example: "headers: {authorization: \"Bearer ${admin_token}\"}",
};

const STATUS: Field = Field {
    name: "status",
    ty: Type::OneOf(&[
        Type::Int { min: 100, max: 599 },
        Type::Text,
        Type::List(&Type::OneOf(&[Type::Int { min: 100, max: 599 }, Type::Text])),
    ]),
    doc: "The status that the answer must have, as in a check. Default: `2xx`.",
    example: "status: [2xx, 409]",
};

/// A hook.
pub(crate) static HOOK: Object = Object {
    name: "hook",
    doc: "Something done once: a command (`run`), or a request.",
    fields: &[
        Field {
            name: "run",
            ty: Type::Text,
            doc: "Runs a command with the system's shell, in the plan's folder. It must end with 0.",
            example: "run: ./seed.sh --users 100",
        },
        method("get", "get: /admin/warm"),
        method("post", "post: /admin/reset"),
        method("put", "put: /flags/new-checkout"),
        method("patch", "patch: /flags/new-checkout"),
        method("delete", "delete: /test-data"),
        method("head", "head: /health"),
        HEADERS,
        Field {
            name: "body",
            ty: Type::Template,
            doc: "The request's body as text.",
            example: "body: reset",
        },
        Field {
            name: "json",
            ty: Type::Any,
            doc: "The request's body as JSON.",
            example: "json: {users: 100}",
        },
        STATUS,
        Field {
            name: "timeout",
            ty: Type::Duration,
            doc: "How long it may take. Default: `30s`.",
            example: "timeout: 2m",
        },
        Field {
            name: "tags",
            ty: TAGS.ty,
            doc: "Words by which it is picked for a run (`--tags`) or left out (`--exclude-tags`). Without tags it is always \
                  done. Its requests are in no results.",
            example: "tags: seeded",
        },
    ],
};

/// A request that tells whether the target is ready.
pub(crate) static READY: Object = Object {
    name: "ready",
    doc: "A request that is sent until it is answered as it should be.",
    fields: &[
        method("get", "get: /health"),
        method("post", "post: /rpc/health"),
        method("head", "head: /health"),
        HEADERS,
        STATUS,
        Field {
            name: "timeout",
            ty: Type::Duration,
            doc: "When to give up. Default: `60s`.",
            example: "timeout: 5m",
        },
        Field {
            name: "every",
            ty: Type::Duration,
            doc: "The time between two tries. Default: `500ms`.",
            example: "every: 2s",
        },
    ],
};
