//! All operations, as a table: the router is made of it, and so are the OpenAPI document and the page that lists them.

use crate::guard::Wish;
use serde_json::{Map, Value, json};

/// Something that can be asked for over HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path; `{name}` stands for one segment.
    pub path: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Query parameters, each with what it means.
    pub query: &'static [(&'static str, &'static str)],
    /// The fields of its body, each with its type and what it means; empty if it has no body.
    pub body: &'static [(&'static str, &'static str, &'static str)],
    /// The media type of its answer.
    pub answer: &'static str,
    pub(crate) call: Call,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Status,
    Offer,
    Series,
    Endpoints,
    Failures,
    Mix,
    Log,
    Findings,
    Figure,
    Reference,
    Events,
    Runs,
    Trend,
    File,
    Compare,
    Session,
    Check,
    Preview,
    Start,
    Act,
    Keep,
    LocustRequests,
    LocustCsv,
    LocustExceptions,
    Metrics,
    Health,
    OpenApi,
}

const JSON: &str = "application/json";

const fn get(path: &'static str, summary: &'static str, call: Call) -> Operation {
    Operation { method: "GET", path, summary, query: &[], body: &[], answer: JSON, call }
}

const fn post(
    path: &'static str,
    summary: &'static str,
    body: &'static [(&'static str, &'static str, &'static str)],
    call: Call,
) -> Operation {
    Operation { method: "POST", path, summary, query: &[], body, answer: JSON, call }
}

/// What a run is asked for with; all may be left out.
const FORM: &[(&str, &str, &str)] = &[
    ("demo", "boolean", "run the embedded demo against a target of its own"),
    ("host", "string", "where the load goes: a base URL; without a plan, the URL that is requested"),
    ("users", "integer", "users at once"),
    ("spawn_rate", "string", "users started per second: `2`, `10/s`"),
    ("rate", "string", "constant arrivals in place of users: `50/s`"),
    ("run_time", "string", "how long: `30s`, `5m`"),
    ("profile", "string", "a profile of the plan"),
    ("environment", "string", "an environment of the plan"),
    ("preset", "string", "a named load"),
    ("tags", "array", "only what has one of these tags"),
    ("exclude_tags", "array", "nothing that has one of these"),
    ("classes", "array", "only these user classes"),
    ("objectives", "array", "objectives beside the plan's: `p95 < 250ms`"),
    ("think", "string", "a user's pause between requests, without a plan"),
    ("stop_timeout", "string", "how long what runs may go on after the end"),
    ("seed", "integer", "where all randomness comes from"),
    ("confirm", "string", "the host's name once more, for public addresses"),
];

/// All operations.
pub const OPERATIONS: &[Operation] = &[
    get(
        "/api/v1/status",
        "Where the run stands: stage, totals, the last ten seconds, objectives, generator, verdict.",
        Call::Status,
    ),
    get("/api/v1/plan", "What can be started, and what the form proposes.", Call::Offer),
    Operation {
        query: &[
            ("endpoint", "an endpoint's id; all requests without it"),
            ("after", "only points after this second"),
        ],
        ..get("/api/v1/series", "The run's course in at most 900 points.", Call::Series)
    },
    get("/api/v1/endpoints", "Each endpoint: totals of the load, and the last ten seconds.", Call::Endpoints),
    get(
        "/api/v1/failures",
        "Failures by kind and status: how often, since when, where, in which words.",
        Call::Failures,
    ),
    get("/api/v1/mix", "Shares of requests by action, planned and sent; tallies, checks, groups.", Call::Mix),
    get("/api/v1/log", "What happened, in order of time.", Call::Log),
    get("/api/v1/findings", "What the run shows so far, with evidence.", Call::Findings),
    get(
        "/api/v1/figures/{kind}",
        "A figure of the run, as data (`brunt plot` lists the kinds).",
        Call::Figure,
    ),
    get("/api/v1/reference", "The run that this one is compared with.", Call::Reference),
    Operation {
        answer: "text/event-stream",
        ..get(
            "/api/v1/events",
            "A `tick` each second, with what changed; `Last-Event-ID` resumes.",
            Call::Events,
        )
    },
    get("/api/v1/runs", "Recorded runs, newest first.", Call::Runs),
    Operation {
        query: &[("name", "the name of their plan")],
        ..get("/api/v1/trend", "How runs of one name went from one to the next, as a figure.", Call::Trend)
    },
    Operation {
        answer: "application/octet-stream",
        ..get(
            "/api/v1/runs/{id}/files/{name}",
            "A file about a recorded run: a report, its totals, a figure.",
            Call::File,
        )
    },
    Operation {
        query: &[("a", "the run before"), ("b", "the run after")],
        ..get("/api/v1/compare", "Two runs against each other.", Call::Compare)
    },
    post(
        "/api/v1/session",
        "Exchange the token for a cookie.",
        &[("token", "string", "the token that brunt printed")],
        Call::Session,
    ),
    post("/api/v1/check", "Whether something answers at the target.", FORM, Call::Check),
    post("/api/v1/preview", "What a run would do.", FORM, Call::Preview),
    post("/api/v1/start", "Start a run.", FORM, Call::Start),
    post(
        "/api/v1/act",
        "Do something with the run: stop, cut, pause, resume, edit, annotate.",
        &[
            ("act", "string", "`stop`, `cut`, `pause`, `resume`, `edit` or `annotate`"),
            ("scenario", "string", "edit: which scenario; all without it"),
            ("users", "integer", "edit: users at once, of closed scenarios"),
            ("spawn_rate", "string", "edit: how fast they come or go"),
            ("rate", "string", "edit: arrivals, of open scenarios"),
            ("text", "string", "annotate: what it says"),
        ],
        Call::Act,
    ),
    post(
        "/api/v1/runs/{id}/baseline",
        "Keep a run as a baseline.",
        &[("name", "string", "the baseline's name")],
        Call::Keep,
    ),
    get("/stats/requests", "Locust's statistics, as its own page reads them.", Call::LocustRequests),
    Operation {
        answer: "text/csv",
        ..get(
            "/stats/{file}/csv",
            "Locust's CSV files: `requests`, `failures`, `exceptions`.",
            Call::LocustCsv,
        )
    },
    Operation {
        answer: "text/csv",
        ..get("/exceptions/csv", "Locust's CSV file of exceptions.", Call::LocustExceptions)
    },
    Operation { answer: "text/plain", ..get("/metrics", "The run's figures for Prometheus.", Call::Metrics) },
    get("/healthz", "Whether the page is there.", Call::Health),
    get("/openapi.json", "This description.", Call::OpenApi),
];

impl Operation {
    pub(crate) const fn wish(&self) -> Wish {
        match self.call {
            Call::Session => Wish::Session,
            Call::Health | Call::OpenApi => Wish::Page,
            Call::Check | Call::Preview | Call::Start | Call::Act | Call::Keep => Wish::Change,
            Call::Status
            | Call::Offer
            | Call::Series
            | Call::Endpoints
            | Call::Failures
            | Call::Mix
            | Call::Log
            | Call::Findings
            | Call::Figure
            | Call::Reference
            | Call::Events
            | Call::Runs
            | Call::Trend
            | Call::File
            | Call::Compare
            | Call::LocustRequests
            | Call::LocustCsv
            | Call::LocustExceptions
            | Call::Metrics => Wish::Read,
        }
    }

    fn in_path(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    fn described(&self) -> Value {
        let one = |name: &str, place: &str, what: &str| json!({ "name": name, "in": place, "required": place == "path", "description": what, "schema": { "type": "string" } });
        let path = self.in_path().map(|name| one(name, "path", name));
        let query = self.query.iter().map(|(name, what)| one(name, "query", what));
        let problem = json!({ "description": "What went wrong (RFC 9457)", "content": { "application/problem+json": {} } });
        let mut described = json!({
            "summary": self.summary, "operationId": self.path.trim_matches('/').replace(['/', '{', '}'], "_"),
            "parameters": path.chain(query).collect::<Vec<_>>(),
            "responses": { "200": { "description": self.summary, "content": { (self.answer): {} } }, "default": problem },
        });
        if !self.body.is_empty() {
            let fields: Map<String, Value> = self
                .body
                .iter()
                .map(|(name, kind, what)| {
                    let mut field = json!({ "type": kind, "description": what });
                    if *kind == "array" {
                        field["items"] = json!({ "type": "string" });
                    }
                    ((*name).to_owned(), field)
                })
                .collect();
            let schema = json!({ "type": "object", "additionalProperties": false, "properties": fields });
            described["requestBody"] =
                json!({ "required": true, "content": { (JSON): { "schema": schema } } });
        }
        described
    }
}

/// The OpenAPI 3.1 document of all operations.
pub fn openapi() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
        entry[operation.method.to_ascii_lowercase()] = operation.described();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "brunt", "version": "1",
            "description": "A run and what steers it. Changes need the header `x-brunt: 1` and a body of JSON; off the loopback, a token.",
        },
        "paths": paths,
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
        "security": [{}, { "token": [] }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::StartForm;

    /// What is described can be sent, and what can be sent is described.
    #[test]
    fn the_form_is_described_as_it_is_read() {
        let Value::Object(read) = serde_json::to_value(StartForm::default()).unwrap() else {
            panic!("an object")
        };
        let described: Vec<&str> = FORM.iter().map(|(name, ..)| *name).collect();
        let mut fields: Vec<&str> = read.keys().map(String::as_str).collect();
        let mut sorted = described.clone();
        sorted.sort_unstable();
        fields.sort_unstable();
        assert_eq!(sorted, fields);
    }

    #[test]
    fn what_changes_something_is_no_get() {
        for operation in OPERATIONS {
            let changes = matches!(operation.wish(), Wish::Change | Wish::Session);
            assert_eq!(changes, operation.method == "POST", "{}", operation.path);
        }
    }
}
