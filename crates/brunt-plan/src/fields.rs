//! The language of plans, described once.
//!
//! Every object with its fields: name, type, words and an example. Decoding knows no field that is not here
//! (and suggests the nearest that is), the JSON Schema and the reference page are printed from here. A field
//! that is added here and not read, or read and not added here, fails a test.

mod load;

pub(crate) use load::{BURSTS, MAX_USERS, REPLAY, SCENARIO, STAGE};

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

const WEIGHT: Type = Type::Int { min: 0, max: MAX_WEIGHT };

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
            name: "actions",
            ty: Type::Map(&Type::List(&Type::Object(&STEP))),
            doc: "What users can do, by name: each a list of steps.",
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
    ],
};

/// Connection settings.
pub(crate) static HTTP: Object = Object {
    name: "http",
    doc: "How connections are made, and what all requests share.",
    fields: &[
        Field {
            name: "version",
            ty: Type::OneOf(&[Type::Number, Type::Word(&["1.1", "2", "auto"])]),
            doc: "`1.1`, `2` (by ALPN over TLS, by prior knowledge in the clear) or `auto` (over TLS what the \
                  server prefers). Default: `1.1`.",
            example: "version: 2",
        },
        Field {
            name: "timeout",
            ty: Type::Duration,
            doc: "How long a request may take. Default: `30s`.",
            example: "timeout: 10s",
        },
        Field {
            name: "connect_timeout",
            ty: Type::Duration,
            doc: "How long opening a connection may take. Default: `10s`.",
            example: "connect_timeout: 5s",
        },
        Field {
            name: "keep_alive",
            ty: Type::Bool,
            doc: "Whether a connection serves more than one request. Default: `true`.",
            example: "keep_alive: false",
        },
        Field {
            name: "redirects",
            ty: Type::Int { min: 0, max: MAX_REDIRECTS },
            doc: "Redirects that a request follows; 0 takes the redirect as the answer. Default: 10.",
            example: "redirects: 0",
        },
        Field {
            name: "headers",
            ty: Type::Map(&Type::Template),
            doc: "Headers of every request; a request's own replace those of the same name.",
            example: "headers: {accept: application/json}",
        },
        Field {
            name: "connect_to",
            ty: Type::List(&Type::Text),
            doc: "Connect elsewhere than where URLs say, as curl's `--connect-to`: `host:port:to-host:to-port`, each \
                  of which may be empty. `Host` header and TLS name stay.",
            example: "connect_to: [\"shop.example:443:10.0.0.7:8443\"]",
        },
        Field {
            name: "shared_connections",
            ty: Type::Int { min: 1, max: 65_535 },
            doc: "HTTP/2 connections that a worker shares between its users. Default: each user has its own, as \
                  browsers have.",
            example: "shared_connections: 4",
        },
        Field { name: "tls", ty: Type::Object(&TLS), doc: "Certificates.", example: "tls: {ca: ca.pem}" },
    ],
};

/// Certificates.
pub(crate) static TLS: Object = Object {
    name: "tls",
    doc: "Whom to trust and who to be.",
    fields: &[
        Field {
            name: "insecure",
            ty: Type::Bool,
            doc: "Accept any certificate. Default: `false`.",
            example: "insecure: true",
        },
        Field {
            name: "ca",
            ty: Type::Path,
            doc: "PEM file of the certificates to trust instead of the system's.",
            example: "ca: ca.pem",
        },
        Field {
            name: "cert",
            ty: Type::Path,
            doc: "PEM file of the certificate chain to present; needs `key`.",
            example: "cert: client.pem",
        },
        Field {
            name: "key",
            ty: Type::Path,
            doc: "PEM file of the private key that belongs to `cert`.",
            example: "key: client.key",
        },
    ],
};

const fn method(name: &'static str, example: &'static str) -> Field {
    Field {
        name,
        ty: Type::Template,
        doc: "Sends a request with this method to a path of the target, or to a whole URL.",
        example,
    }
}

/// A step of an action.
pub(crate) static STEP: Object = Object {
    name: "step",
    doc: "One step of an action: a request (exactly one of the methods, or `request`), or a `pause`. A failed \
          request ends the action.",
    fields: &[
        method("get", "get: /products/${int(1,500)}"),
        method("post", "post: /cart"),
        method("put", "put: /cart/1"),
        method("patch", "patch: /cart/1"),
        method("delete", "delete: /cart/1"),
        method("head", "head: /products"),
        method("options", "options: /products"),
        Field {
            name: "request",
            ty: Type::Template,
            doc: "Sends a request with any other method: method and path, as in a request line.",
            example: "request: PURGE /products",
        },
        Field {
            name: "pause",
            ty: Type::OneOf(&[Type::DurationRange, Type::Object(&THINK)]),
            doc: "Waits, in the middle of the action. The forms are those of `think`.",
            example: "pause: 1s..3s",
        },
        Field {
            name: "name",
            ty: Type::Text,
            doc: "What the request is called in tables: all requests of one name are one row. Default: the path, with \
                  `{…}` for its generated parts and without the query.",
            example: "name: /products/{id}",
        },
        Field {
            name: "headers",
            ty: Type::Map(&Type::Template),
            doc: "Headers of this request; they replace those of `http.headers` with the same name.",
            example: "headers: {accept: text/html}",
        },
        Field {
            name: "query",
            ty: Type::Map(&Type::OneOf(&[Type::Template, Type::Any])),
            doc: "Query parameters, encoded as they must be.",
            example: "query: {q: \"${choice(tea,mugs)}\"}",
        },
        Field { name: "body", ty: Type::Template, doc: "The body as text.", example: "body: hello" },
        Field {
            name: "json",
            ty: Type::Any,
            doc: "The body as JSON. A text that is nothing but one `${int(...)}` is written as a number.",
            example: "json: {id: \"${int(1,500)}\"}",
        },
        Field {
            name: "form",
            ty: Type::Map(&Type::OneOf(&[Type::Template, Type::Any])),
            doc: "The body as an URL-encoded form.",
            example: "form: {user: ada}",
        },
        Field {
            name: "multipart",
            ty: Type::Map(&Type::OneOf(&[Type::Template, Type::Object(&PART)])),
            doc: "The body as a multipart form: texts and files by field name.",
            example: "multipart: {note: hi, photo: {file: photo.jpg}}",
        },
        Field {
            name: "body_file",
            ty: Type::Path,
            doc: "The body from a file, sent as it is.",
            example: "body_file: order.json",
        },
        Field {
            name: "timeout",
            ty: Type::Duration,
            doc: "How long this request may take. Default: `http.timeout`.",
            example: "timeout: 2s",
        },
        Field {
            name: "redirects",
            ty: Type::Int { min: 0, max: MAX_REDIRECTS },
            doc: "Redirects that this request follows. Default: `http.redirects`.",
            example: "redirects: 0",
        },
        Field {
            name: "check",
            ty: Type::Object(&CHECK),
            doc: "What the answer is held against.",
            example: "check: {status: 2xx}",
        },
    ],
};

/// A part of a multipart body.
pub(crate) static PART: Object = Object {
    name: "part",
    doc: "A file of a multipart form.",
    fields: &[
        Field { name: "file", ty: Type::Path, doc: "The file's path.", example: "file: photo.jpg" },
        Field {
            name: "filename",
            ty: Type::Text,
            doc: "The name sent. Default: the file's own.",
            example: "filename: me.jpg",
        },
        Field {
            name: "content_type",
            ty: Type::Text,
            doc: "The part's media type. Default: `application/octet-stream`.",
            example: "content_type: image/jpeg",
        },
    ],
};

/// Checks of an answer.
pub(crate) static CHECK: Object = Object {
    name: "check",
    doc: "What must hold of an answer. Each is counted on its own; one that fails makes the request an error.",
    fields: &[
        Field {
            name: "status",
            ty: Type::OneOf(&[
                Type::Int { min: 100, max: 599 },
                Type::Text,
                Type::List(&Type::OneOf(&[Type::Int { min: 100, max: 599 }, Type::Text])),
            ]),
            doc: "The status: one, a class, a range, or a list of them.",
            example: "status: [2xx, 304]",
        },
        Field {
            name: "contains",
            ty: Type::OneOf(&[Type::Text, Type::List(&Type::Text)]),
            doc: "Text, or texts, that the decoded body contains.",
            example: "contains: items",
        },
        Field {
            name: "header",
            ty: Type::Map(&Type::OneOf(&[Type::Text, Type::Bool])),
            doc: "Headers by name with a text that they contain; `true` if the header must only be there.",
            example: "header: {content-type: json}",
        },
        Field {
            name: "size",
            ty: Type::SizeRange,
            doc: "The body's size as it was sent: `2KB` exactly, `1KB..2KB`, `1KB..` or `..2KB`.",
            example: "size: 1KB..",
        },
        Field {
            name: "max_time",
            ty: Type::Duration,
            doc: "The longest that the service may take.",
            example: "max_time: 500ms",
        },
    ],
};

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
            name: "think",
            ty: Type::OneOf(&[Type::DurationRange, Type::Object(&THINK)]),
            doc: "The pause after each iteration: constant, uniform between two, or of a distribution. Open \
                  scenarios (a rate) have no use for it. Default: none.",
            example: "think: 1s..3s",
        },
        Field {
            name: "actions",
            ty: Type::OneOf(&[Type::Map(&WEIGHT), Type::List(&Type::Text), Type::Text]),
            doc: "What it does: actions with weights, or a list of actions that are equally likely.",
            example: "actions: {browse: 5, buy: 1}",
        },
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
