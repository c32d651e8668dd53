//! The part of the language that says what is expected of answers.

use super::{Field, Object, Type};

/// Statuses.
pub(super) const STATUS: Type = Type::OneOf(&[
    Type::Int { min: 100, max: 599 },
    Type::Text,
    Type::List(&Type::OneOf(&[Type::Int { min: 100, max: 599 }, Type::Text])),
]);

/// Checks of an answer.
pub(crate) static CHECK: Object = Object {
    name: "check",
    doc: "What must hold of an answer. Each is counted on its own; one that fails makes the request an error.",
    fields: &[
        Field {
            name: "status",
            ty: STATUS,
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
            name: "lacks",
            ty: Type::OneOf(&[Type::Text, Type::List(&Type::Text)]),
            doc: "Text, or texts, that the decoded body does not contain.",
            example: "lacks: error",
        },
        Field {
            name: "matches",
            ty: Type::OneOf(&[Type::Text, Type::List(&Type::Text)]),
            doc: "Regular expressions that match the decoded body somewhere.",
            example: "matches: 'id=\\d+'",
        },
        Field {
            name: "json",
            ty: Type::Map(&Type::OneOf(&[Type::Template, Type::Number, Type::Bool])),
            doc: "JSON paths (RFC 9535) with what they find in the body: a value, or a text that begins with one of `==`, `!=`, \
                  `<`, `<=`, `>`, `>=`, `contains` and `starts_with`; `exists`, `absent`, or `count` with a number or range.",
            example: "json: {\"$.ok\": true, \"$.items\": \"count 1..50\", \"$.total\": \"> 0\", \"$.error\": absent}",
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
