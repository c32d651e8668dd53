//! The part of the language that says what an action does, step by step.

use super::{
    AUTH_TYPE, CHECK, FAULTS_TYPE, Field, MAX_REDIRECTS, Object, SAVES, STATUS, THINK, Type, WEIGHT,
};
use brunt_workload::MAX_PASSES;

/// The most requests of a batch that may be under way at once.
const MAX_AT_ONCE: u64 = 1_000;

/// A step in a step. Statics rather than constants: these may refer to each other.
static ONE_STEP: Type = Type::Object(&STEP);

/// What a step decides by.
static DECISION: Type = Type::OneOf(&DECISIONS);

static DECISIONS: [Type; 2] = [Type::Template, Type::Object(&CONDITION)];

/// The field that most objects have.
pub(super) const TAGS: Field = Field {
    name: "tags",
    ty: Type::OneOf(&[Type::Text, Type::List(&Type::Text)]),
    doc: "Words by which it is picked for a run (`--tags`) or left out (`--exclude-tags`), with all that stands in it.",
    example: "tags: [read, web]",
};

/// An action with tags.
pub(crate) static ACTION: Object = Object {
    name: "action",
    doc: "Something that users do. A list of steps alone is one as well.",
    fields: &[
        Field {
            name: "steps",
            ty: Type::List(&ONE_STEP),
            doc: "What is done, in order.",
            example: "steps: [{get: /products}, {pause: 1s}]",
        },
        TAGS,
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
    doc: "One step of an action. It does exactly one thing: a request (one of the methods, or `request`), `pause`, `group`, \
          `if`, `repeat`, `choose`, `batch`, `set` or `end`. Steps may stand in steps, 32 deep at most. A failed request ends \
          the action unless it says otherwise.",
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
            name: "group",
            ty: Type::Text,
            doc: "Measures the time of its `steps` as a whole, pauses included, under this name. The requests among them are \
                  counted as usual.",
            example: "group: checkout",
        },
        Field {
            name: "if",
            ty: Type::OneOf(&DECISIONS),
            doc: "Does `then` if the condition holds, else `else`. A condition is a text like `${stock} > 0`, or a map.",
            example: "if: \"${stock} > 0\"",
        },
        Field {
            name: "then",
            ty: Type::List(&ONE_STEP),
            doc: "What `if` does when its condition holds.",
            example: "then: [{post: /cart}]",
        },
        Field {
            name: "else",
            ty: Type::List(&ONE_STEP),
            doc: "What `if` does when its condition does not hold. Default: nothing.",
            example: "else: [{get: /similar}]",
        },
        Field {
            name: "repeat",
            ty: Type::OneOf(&[Type::Int { min: 1, max: MAX_PASSES as u64 }, Type::Text]),
            doc: "Does its `steps` so many times, or between so many (`1..5`) drawn anew each time.",
            example: "repeat: 3",
        },
        Field {
            name: "while",
            ty: Type::OneOf(&DECISIONS),
            doc: "Ends `repeat` early: before each pass it is asked whether this condition holds.",
            example: "while: \"${next} != ''\"",
        },
        Field {
            name: "steps",
            ty: Type::List(&ONE_STEP),
            doc: "The steps of `group` and of `repeat`.",
            example: "steps: [{post: /cart}, {post: /orders}]",
        },
        Field {
            name: "choose",
            ty: Type::List(&Type::Object(&BRANCH)),
            doc: "Does one of several things, each as likely as its weight says.",
            example: "choose: [{weight: 3, steps: [{get: /tea}]}, {steps: [{get: /mugs}]}]",
        },
        Field {
            name: "batch",
            ty: Type::List(&ONE_STEP),
            doc: "Sends several requests side by side, as a page load does, and waits for all answers.",
            example: "batch: [{get: /style.css}, {get: /logo.svg}]",
        },
        Field {
            name: "at_once",
            ty: Type::Int { min: 1, max: MAX_AT_ONCE },
            doc: "The most requests of a `batch` that are under way at once. Default: 6, as in browsers.",
            example: "at_once: 10",
        },
        Field {
            name: "set",
            ty: Type::Map(&Type::OneOf(&[Type::Template, Type::Number, Type::Bool])),
            doc: "Remembers texts by name, to be used as `${name}` in what follows.",
            example: "set: {quantity: \"${int(1,5)}\"}",
        },
        Field {
            name: "end",
            ty: Type::Word(&["iteration", "loop"]),
            doc: "Ends the iteration, or the innermost `repeat`, without failing.",
            example: "end: loop",
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
            doc: "The body as JSON. A text that is nothing but one `${...}` is written as the value: a number stays a \
                  number.",
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
        Field {
            name: "save",
            ty: SAVES,
            doc: "What is kept of the answer by name, to be used as `${name}`: a JSON path, `status`, `body`, or a map. \
                  A value lives as long as its user.",
            example: "save: {token: $.token}",
        },
        Field {
            name: "auth",
            ty: AUTH_TYPE,
            doc: "Who this request comes from. Default: as the user class, or the plan, says.",
            example: "auth: none",
        },
        Field {
            name: "faults",
            ty: FAULTS_TYPE,
            doc: "Faults that are put into a share of these requests, instead of the plan's.",
            example: "faults: none",
        },
        Field {
            name: "on_failure",
            ty: Type::Word(&["end", "continue"]),
            doc: "What a failed request, or a failed check, means for the iteration. Default: `end`.",
            example: "on_failure: continue",
        },
        TAGS,
    ],
};

/// One of several things that a step may do.
pub(crate) static BRANCH: Object = Object {
    name: "branch",
    doc: "One of the things that `choose` chooses from.",
    fields: &[
        Field {
            name: "weight",
            ty: WEIGHT,
            doc: "How likely it is in proportion to the others. Default: 1.",
            example: "weight: 3",
        },
        Field {
            name: "steps",
            ty: Type::List(&ONE_STEP),
            doc: "What is done.",
            example: "steps: [{get: /tea}]",
        },
        TAGS,
    ],
};

/// Something that holds or does not.
pub(crate) static CONDITION: Object = Object {
    name: "condition",
    doc: "What `if` and `while` decide by: exactly one of these; or a text. A text is one operand (it holds unless it is empty, \
          `false`, `0` or `null`), or two with `==`, `!=`, `<`, `<=`, `>`, `>=`, `contains` or `starts_with` between. Operands \
          may have generated parts and stand in quotes. Two numbers are compared as numbers, all else as text; a value that \
          was never saved is the empty text.",
    fields: &[
        Field {
            name: "status",
            ty: STATUS,
            doc: "The last answer had this status: one, a class, a range, or a list of them.",
            example: "status: [2xx, 404]",
        },
        Field {
            name: "ok",
            ty: Type::Bool,
            doc: "The last request succeeded, with all its checks (`true`), or failed (`false`).",
            example: "ok: true",
        },
        Field {
            name: "saved",
            ty: Type::Text,
            doc: "A value has been saved or set under this name.",
            example: "saved: token",
        },
        Field {
            name: "chance",
            ty: Type::OneOf(&[Type::Text, Type::Number]),
            doc: "Holds in this share of all cases, at random.",
            example: "chance: 30%",
        },
        Field {
            name: "not",
            ty: Type::OneOf(&DECISIONS),
            doc: "This condition does not hold.",
            example: "not: {saved: token}",
        },
        Field {
            name: "all",
            ty: Type::List(&DECISION),
            doc: "Every one of these conditions holds.",
            example: "all: [{ok: true}, \"${stock} > 0\"]",
        },
        Field {
            name: "any",
            ty: Type::List(&DECISION),
            doc: "At least one of these conditions holds.",
            example: "any: [{status: 404}, {chance: 10%}]",
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
