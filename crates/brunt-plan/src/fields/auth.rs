//! The part of the language that says who requests come from, and what is wrong with some of them on purpose.

use super::check::STATUS;
use super::step::TAGS;
use super::{Field, Object, STEP, Type};

/// The field `auth`.
pub(super) const AUTH_TYPE: Type =
    Type::OneOf(&[Type::Object(&AUTH), Type::Word(&["none", "env", "env if set"])]);

/// The field `faults` of a request.
pub(super) const FAULTS_TYPE: Type = Type::OneOf(&[Type::Object(&FAULTS), Type::Word(&["none"])]);

/// Who requests come from.
pub(crate) static AUTH: Object = Object {
    name: "auth",
    doc: "How requests say who they come from: one of `basic`, `bearer` and `api_key`, perhaps with the `login` that makes it; \
          or `env` alone, which takes `AUTH_TOKEN` of the environment as bearer token and `API_KEY` as the header `X-API-Key`, \
          whichever are set; or `none`. A request's own replaces that of its user class, which replaces that of the plan. The \
          latter two are sent to the plan's own target only, and nothing of it is ever shown. A header that the request itself \
          gives wins.",
    fields: &[
        Field {
            name: "basic",
            ty: Type::Object(&BASIC),
            doc: "A name and a password.",
            example: "basic: {user: ada, password: \"${password}\"}",
        },
        Field {
            name: "bearer",
            ty: Type::Template,
            doc: "A token in the header `Authorization`.",
            example: "bearer: ${token}",
        },
        Field {
            name: "api_key",
            ty: Type::Template,
            doc: "A key, in a header or in the query.",
            example: "api_key: ${key}",
        },
        Field {
            name: "header",
            ty: Type::Text,
            doc: "The header that `api_key` is sent in. Default: `X-API-Key`.",
            example: "header: X-Shop-Key",
        },
        Field {
            name: "query",
            ty: Type::Text,
            doc: "The query parameter that `api_key` is sent in, instead of a header.",
            example: "query: key",
        },
        Field {
            name: "login",
            ty: Type::Text,
            doc: "A login of the plan that is made before the first request, and again when it is over. Alone, its cookies do.",
            example: "login: api",
        },
    ],
};

/// A name and a password.
pub(crate) static BASIC: Object = Object {
    name: "basic_auth",
    doc: "Basic authentication (RFC 7617).",
    fields: &[
        Field { name: "user", ty: Type::Template, doc: "The name, without `:`.", example: "user: ada" },
        Field {
            name: "password",
            ty: Type::Template,
            doc: "The password.",
            example: "password: ${password}",
        },
    ],
};

/// A login.
pub(crate) static LOGIN: Object = Object {
    name: "login",
    doc: "Requests that give users what other requests need, such as a token. Made before the first request whose `auth` names \
          it. The plan's `auth` and `faults` do not concern them.",
    fields: &[
        Field {
            name: "steps",
            ty: Type::List(&Type::Object(&STEP)),
            doc: "The requests, in order; what they `save` is handed on.",
            example: "steps: [{post: /login, json: {user: ada}, save: {token: $.token}}]",
        },
        Field {
            name: "for",
            ty: Type::Word(&["user", "worker"]),
            doc: "Who logs in: each user for itself, or one of a worker for all. Default: `user`.",
            example: "for: worker",
        },
        Field {
            name: "refresh_on",
            ty: STATUS,
            doc: "Answers with this status mean that the login is over: it is made again, and the request is sent once more. \
                  Default: `401`.",
            example: "refresh_on: [401, 419]",
        },
        Field {
            name: "tags",
            ty: TAGS.ty,
            doc: "Words by which its requests are selected in objectives and results. It is made whenever a request needs it, \
                  whatever is picked for a run.",
            example: "tags: auth",
        },
    ],
};

const SHARE: Type = Type::OneOf(&[Type::Text, Type::Number]);

/// Faults that clients make.
pub(crate) static FAULTS: Object = Object {
    name: "faults",
    doc: "Faults that are put into a share of requests on purpose, at most one into each. What is faulty is counted apart from \
          all other requests, whatever its answer.",
    fields: &[
        Field {
            name: "abort",
            ty: SHARE,
            doc: "Sends half of the request and closes the connection.",
            example: "abort: 1%",
        },
        Field {
            name: "slow_send",
            ty: Type::Object(&SLOW_SEND),
            doc: "Sends the request a piece at a time.",
            example: "slow_send: {share: 1%, over: 2s}",
        },
        Field {
            name: "malformed",
            ty: SHARE,
            doc: "Sends a body that does not parse.",
            example: "malformed: 0.5%",
        },
        Field {
            name: "retries",
            ty: Type::Object(&RETRIES),
            doc: "Sends the request again several times at once, as an impatient client does.",
            example: "retries: {share: 1%, times: 3}",
        },
    ],
};

/// A request that is sent slowly.
pub(crate) static SLOW_SEND: Object = Object {
    name: "slow_send",
    doc: "A request that is sent slowly.",
    fields: &[
        Field { name: "share", ty: SHARE, doc: "The share of requests.", example: "share: 1%" },
        Field { name: "over", ty: Type::Duration, doc: "How long the sending takes.", example: "over: 2s" },
    ],
};

/// The most repetitions at once.
pub(crate) const MAX_RETRIES: u64 = 100;

/// A burst of repetitions.
pub(crate) static RETRIES: Object = Object {
    name: "retry_burst",
    doc: "A burst of repetitions.",
    fields: &[
        Field { name: "share", ty: SHARE, doc: "The share of requests.", example: "share: 1%" },
        Field {
            name: "times",
            ty: Type::Int { min: 1, max: MAX_RETRIES },
            doc: "How often the request is sent again.",
            example: "times: 3",
        },
    ],
};
