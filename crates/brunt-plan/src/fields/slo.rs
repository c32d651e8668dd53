//! The part of the language that says what a target promises.

use super::{Field, Object, Type};

/// An objective with its policies.
pub(crate) static SLO: Object = Object {
    name: "slo",
    doc: "An objective with a name and policies, or a file of objectives. What a field says replaces what the text says.",
    fields: &[
        Field {
            name: "objective",
            ty: Type::Text,
            doc: "The objective.",
            example: "objective: p95{action=checkout} < 250ms",
        },
        Field {
            name: "name",
            ty: Type::Text,
            doc: "What it is called in reports. Default: what it says.",
            example: "name: checkout is quick",
        },
        Field {
            name: "severity",
            ty: Type::Word(&["fail", "warn"]),
            doc: "Whether the run fails if it is not met, or it is only said. Default: `fail`.",
            example: "severity: warn",
        },
        Field {
            name: "no_data",
            ty: Type::Word(&["fails", "passes", "skips"]),
            doc: "What happens if there is nothing to measure. Default: `fails`.",
            example: "no_data: skips",
        },
        Field {
            name: "abort",
            ty: Type::OneOf(&[Type::Bool, Type::Duration]),
            doc: "Whether the run ends as soon as it is not met: `true`, or at the earliest so long after the load began. \
                  Default: `false`.",
            example: "abort: 30s",
        },
        Field {
            name: "file",
            ty: Type::Path,
            doc: "Instead of all these: a file of objectives. OpenSLO documents, or a list as this one.",
            example: "file: openslo.yaml",
        },
    ],
};
