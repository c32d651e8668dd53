//! The part of the language that says what is watched beside the load.

use super::auth::AUTH_TYPE;
use super::{Field, Object, Type};

/// A source, short or long.
pub(super) const SOURCE_TYPE: Type = Type::OneOf(&[Type::Text, Type::Object(&METRICS)]);

/// A source of figures beside the load.
pub(crate) static METRICS: Object = Object {
    name: "source",
    doc: "Something whose figures are sampled beside the load, each second: one of `process`, `command`, `cgroup`, \
          `container`, `page`, `prometheus` and `redis`. A text alone says the same in short, as `--metrics` does: \
          `process:nginx`, `http://127.0.0.1:8080/metrics`.",
    fields: &[
        Field {
            name: "process",
            ty: Type::OneOf(&[Type::Int { min: 1, max: u32::MAX as u64 }, Type::Text]),
            doc: "Processes of this host by name, or one by its id; with all that they started.",
            example: "process: nginx",
        },
        Field {
            name: "command",
            ty: Type::Text,
            doc: "Processes of this host in whose command line this stands; with all that they started.",
            example: "command: \"uvicorn app:main\"",
        },
        Field {
            name: "cgroup",
            ty: Type::Text,
            doc: "A control group of this host, by its path.",
            example: "cgroup: /system.slice/nginx.service",
        },
        Field {
            name: "container",
            ty: Type::Text,
            doc: "A container of this host, by the beginning of its id (or of the name, where control groups are named so). No \
                  daemon is asked.",
            example: "container: 3f2a9c",
        },
        Field {
            name: "page",
            ty: Type::Template,
            doc: "A page in Prometheus' text format, by its URL.",
            example: "page: http://127.0.0.1:8080/metrics",
        },
        Field {
            name: "select",
            ty: Type::OneOf(&[Type::List(&Type::Text), Type::Text]),
            doc: "Of a page: which series, by name and perhaps labels; `*` stands for any characters. Default: all, up to 64 \
                  figures.",
            example: "select: [queue_size, \"http_requests_total{code!=\\\"200\\\"}\", \"gpu_*\"]",
        },
        Field {
            name: "prometheus",
            ty: Type::Template,
            doc: "A Prometheus server, by its base URL, which is asked `queries`.",
            example: "prometheus: http://127.0.0.1:9090",
        },
        Field {
            name: "queries",
            ty: Type::Map(&Type::OneOf(&[Type::Text, Type::Object(&QUERY)])),
            doc: "What a Prometheus server is asked: queries by the name of their figure, at most 16.",
            example: "queries: {cpu: \"sum(rate(process_cpu_seconds_total[10s]))\"}",
        },
        Field {
            name: "redis",
            ty: Type::Text,
            doc: "A Redis server, by host and port, which is asked `INFO`.",
            example: "redis: 127.0.0.1:6379",
        },
        Field {
            name: "user",
            ty: Type::Template,
            doc: "Of Redis: who asks, where users have names.",
            example: "user: watcher",
        },
        Field {
            name: "password",
            ty: Type::Template,
            doc: "Of Redis: the password. Never shown.",
            example: "password: ${redis_password}",
        },
        Field {
            name: "auth",
            ty: AUTH_TYPE,
            doc: "Of a page or a Prometheus server: who asks, as `bearer` or `basic`, or `api_key` in a header.",
            example: "auth: {bearer: \"${metrics_token}\"}",
        },
        Field {
            name: "headers",
            ty: Type::Map(&Type::Template),
            doc: "Of a page or a Prometheus server: further headers.",
            example: "headers: {x-scope-orgid: shop}",
        },
        Field {
            name: "every",
            ty: Type::Duration,
            doc: "The time between two samples, in whole seconds. Default: `1s`.",
            example: "every: 5s",
        },
        Field {
            name: "timeout",
            ty: Type::Duration,
            doc: "How long an answer may take; less than `every`. Default: `800ms`.",
            example: "timeout: 500ms",
        },
    ],
};

/// A query to a Prometheus server.
pub(crate) static QUERY: Object = Object {
    name: "query",
    doc: "A query to a Prometheus server: an instant query, each of whose elements is a figure.",
    fields: &[
        Field {
            name: "query",
            ty: Type::Text,
            doc: "The query.",
            example: "query: \"sum(rate(container_cpu_usage_seconds_total[30s]))\"",
        },
        Field {
            name: "unit",
            ty: Type::Word(&["cores", "bytes", "bytes/s", "share", "seconds", "/s", "count"]),
            doc: "The unit of its values. Default: what the figure's name ends with, as Prometheus names things.",
            example: "unit: cores",
        },
        Field {
            name: "limit",
            ty: Type::Number,
            doc: "What its values can at most be, in its unit: a quota, a size.",
            example: "limit: 4",
        },
    ],
};
