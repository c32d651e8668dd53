//! The part of the language that says where values come from: secrets, data, what is kept of answers.

use super::{Field, Object, Type};

/// A secret that stands elsewhere.
pub(crate) static SECRET: Object = Object {
    name: "secret",
    doc: "Where a secret comes from: an environment variable, or a file.",
    fields: &[
        Field {
            name: "env",
            ty: Type::Text,
            doc: "The environment variable that holds it. One that is not set is an error, unless `default` is given.",
            example: "env: API_KEY",
        },
        Field {
            name: "default",
            ty: Type::Text,
            doc: "What to take when the environment variable is not set.",
            example: "default: test-key",
        },
        Field {
            name: "file",
            ty: Type::Path,
            doc: "The file that holds it; a line break at its end is left out.",
            example: "file: key.txt",
        },
    ],
};

/// Data.
pub(crate) static DATA: Object = Object {
    name: "table",
    doc: "A table that users take rows from, used as `${name.column}`. The rows are shared out over all workers: no two users \
          are given one row before all rows have been given.",
    fields: &[
        Field {
            name: "file",
            ty: Type::Path,
            doc: "CSV whose first line names the columns (`.tsv`: with tabs); `.json`: a list of objects of one shape, or of \
                  single values (column `value`); `.jsonl`: one of these a line.",
            example: "file: people.csv",
        },
        Field {
            name: "rows",
            ty: Type::List(&Type::Any),
            doc: "The rows themselves, instead of a file: maps of one shape, or single values (column `value`).",
            example: "rows: [{sku: a1, quantity: 2}, {sku: b2, quantity: 1}]",
        },
        Field {
            name: "order",
            ty: Type::Word(&["sequential", "shuffled", "random"]),
            doc: "Which row comes next: as they stand, in a random order with each row once a pass, or any row each time. \
                  Default: `sequential`.",
            example: "order: shuffled",
        },
        Field {
            name: "per",
            ty: Type::Word(&["iteration", "user"]),
            doc: "Whether each iteration takes the next row, or each user keeps one for life. Default: `iteration`.",
            example: "per: user",
        },
        Field {
            name: "at_end",
            ty: Type::Word(&["again", "stop"]),
            doc: "When all rows have been given: begin again, or end the scenarios that use them. Default: `again`.",
            example: "at_end: stop",
        },
        Field {
            name: "delimiter",
            ty: Type::Text,
            doc: "What separates the fields of a CSV file. Default: `,`.",
            example: "delimiter: \";\"",
        },
    ],
};

/// Something kept of an answer.
pub(crate) static SAVE: Object = Object {
    name: "save",
    doc: "What is kept of an answer: exactly one of `json`, `regex`, `header`, `cookie` and `from`; `regex` may stand beside \
          `header`. An answer that has none of it is an error of its own kind, unless `default` is given.",
    fields: &[
        Field {
            name: "json",
            ty: Type::Text,
            doc: "What this JSON path (RFC 9535) finds in the body.",
            example: "json: $.items[*].id",
        },
        Field {
            name: "regex",
            ty: Type::Text,
            doc: "What this regular expression finds in the body, or in the header: its first group, or all of the match.",
            example: "regex: 'csrf\" value=\"([^\"]+)'",
        },
        Field {
            name: "header",
            ty: Type::Text,
            doc: "The value of this header.",
            example: "header: location",
        },
        Field {
            name: "cookie",
            ty: Type::Text,
            doc: "The value of this cookie, where the answer sets it.",
            example: "cookie: session",
        },
        Field {
            name: "from",
            ty: Type::Word(&["status", "body"]),
            doc: "The status, or the whole body.",
            example: "from: status",
        },
        Field {
            name: "pick",
            ty: Type::Word(&["first", "last", "random", "all"]),
            doc: "Which, if several are found; `all` keeps a list, of which `${pick(name)}` takes any. Default: `first`.",
            example: "pick: random",
        },
        Field {
            name: "default",
            ty: Type::OneOf(&[Type::Template, Type::Number, Type::Bool]),
            doc: "What to keep when nothing is found.",
            example: "default: none",
        },
    ],
};

/// The field `save` of a step.
pub(super) const SAVES: Type = Type::Map(&Type::OneOf(&[Type::Text, Type::Object(&SAVE)]));
