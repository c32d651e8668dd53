//! Steps: which one it is, what belongs to it, and the steps in it.

use super::condition::condition;
use super::pause::pause_time;
use super::request::{Around, METHODS, RequestPlan, remembered, request};
use super::tags::union;
use super::weight::{Weight, weight, whole};
use crate::decode::{Cx, Fields, int_in};
use crate::diagnostic::Diagnostic;
use crate::fields::{BRANCH, STEP};
use crate::tree::{Entry, Node, Value};
use brunt_workload::{
    Condition, EndOf, MAX_PASSES, MAX_STEP_DEPTH, OnFailure, PauseTime, Plain, SlotId, Text,
};

/// A step that has not been given its place in a scenario yet.
pub(super) struct StepPlan {
    /// Its own, sorted.
    pub(super) tags: Vec<String>,
    pub(super) kind: StepKind,
}

pub(super) enum StepKind {
    Request(Box<RequestPlan>),
    /// All steps are requests.
    Batch {
        requests: Vec<StepPlan>,
        at_once: u16,
    },
    Pause(PauseTime),
    Group {
        name: String,
        steps: Vec<StepPlan>,
    },
    If {
        condition: Condition,
        then: Vec<StepPlan>,
        otherwise: Vec<StepPlan>,
    },
    Repeat {
        times: (u32, u32),
        while_: Option<Condition>,
        steps: Vec<StepPlan>,
    },
    Choose {
        branches: Vec<(u32, Vec<StepPlan>)>,
    },
    Set(Vec<(SlotId, Text, Plain)>),
    End(EndOf),
}

/// What makes a step something else than a request, with the fields that belong to it.
const KINDS: [(&str, &[&str]); 8] = [
    ("pause", &[]),
    ("group", &["steps"]),
    ("if", &["then", "else"]),
    ("repeat", &["while", "steps"]),
    ("choose", &[]),
    ("batch", &["at_once"]),
    ("set", &[]),
    ("end", &[]),
];

/// Requests of a batch that are under way at once: as browsers open connections to a host.
const AT_ONCE: u16 = 6;

/// Whether this field says what a step does.
pub(super) fn is_kind(field: &str) -> bool {
    METHODS.contains(&field) || KINDS.iter().any(|(kind, _)| *kind == field)
}

/// What a step stands in.
#[derive(Clone, Copy)]
pub(super) struct Inside {
    depth: usize,
    in_loop: bool,
}

impl Inside {
    /// An action.
    pub(super) const ACTION: Self = Self { depth: 1, in_loop: false };

    const fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    const fn looped(self) -> Self {
        Self { depth: self.depth + 1, in_loop: true }
    }
}

/// The steps of a list; one step needs no list. `what` is told when there are none.
pub(super) fn steps(
    cx: &Cx<'_>,
    node: &Node,
    around: &mut Around<'_>,
    inside: Inside,
    what: &str,
) -> Vec<StepPlan> {
    if inside.depth > MAX_STEP_DEPTH {
        let d = Diagnostic::error(&node.span, format!("steps nest deeper than {MAX_STEP_DEPTH} levels"));
        cx.report(
            d.label("nobody could read this").help("make it an action of its own, or fewer conditions"),
        );
        return Vec::new();
    }
    let nodes = match &node.value {
        Value::Map(_) => std::slice::from_ref(node),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            cx.list_of(node, "steps").unwrap_or_default()
        }
    };
    if nodes.is_empty() && matches!(node.value, Value::Seq(_)) {
        let d = Diagnostic::error(&node.span, what).label("nothing would be done");
        cx.report(d.help("write e.g. `- get: /`"));
    }
    let mut out = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let step = step(cx, node, around, inside);
        let ends = matches!(&step, Some(StepPlan { kind: StepKind::End(_), .. }));
        out.extend(step);
        if let Some(next) = nodes.get(at + 1).filter(|_| ends) {
            let d = Diagnostic::warning(&next.span, "this step is never reached");
            cx.report(d.label("the step before ends what it stands in"));
        }
    }
    out
}

fn step(cx: &Cx<'_>, node: &Node, around: &mut Around<'_>, inside: Inside) -> Option<StepPlan> {
    let fields = Fields::of(cx, node, &STEP)?;
    let mut kinds: Vec<&Entry> = fields.given().filter(|e| is_kind(&e.key)).collect();
    kinds.sort_by_key(|e| e.key_span.start);
    let tags = around.tags.read(&fields);
    let kind = match kinds.as_slice() {
        [] => {
            no_kind(&fields, node);
            None
        }
        [one] => {
            foreign(&fields, one);
            kind(&fields, one, around, inside)
        }
        [first, second, ..] => {
            let are_requests = [first, second].iter().all(|e| METHODS.contains(&e.key.as_str()));
            let message = if are_requests {
                "a step sends one request".to_owned()
            } else {
                format!("a step does one thing: `{}` and `{}` are two", first.key, second.key)
            };
            let d = Diagnostic::error(&second.key_span, message).label("a second one");
            cx.report(d.help(format!("begin a new step with `- {}: ...`", second.key)));
            None
        }
    };
    kind.map(|kind| StepPlan { tags, kind })
}

/// A step that says nothing to do.
fn no_kind(fields: &Fields<'_, '_>, node: &Node) {
    if fields.has_unknown() {
        return;
    }
    let of_another = [
        ("then", "if", "if: \"${stock} > 0\""),
        ("else", "if", "if: \"${stock} > 0\""),
        ("while", "repeat", "repeat: 100"),
        ("at_once", "batch", "batch: [{get: /style.css}]"),
        ("steps", "group` or `repeat", "repeat: 3"),
    ];
    let d = match of_another.iter().find(|(field, _, _)| fields.has(field)) {
        Some(("while", _, _)) => Diagnostic::error(
            &fields.key_span("while"),
            "a loop needs a limit: `while` stands beside `repeat`",
        )
        .label("how often at most?")
        .help("add e.g. `repeat: 100` to it"),
        Some((field, owner, example)) => {
            Diagnostic::error(&fields.key_span(field), format!("`{field}` needs `{owner}` in the same step"))
                .label("it belongs to nothing")
                .help(format!("write e.g. `{example}` beside it"))
        }
        None => Diagnostic::error(&node.span, "this step does nothing")
            .label("neither a request nor a pause nor anything else")
            .help("write e.g. `get: /products` or `pause: 1s`"),
    };
    fields.cx.report(d);
}

/// Fields that do not belong to what the step does.
fn foreign(fields: &Fields<'_, '_>, kind: &Entry) {
    let own = KINDS.iter().find(|(name, _)| *name == kind.key).map(|(_, own)| *own);
    let of_others = |field: &str| KINDS.iter().any(|(_, fields)| fields.contains(&field));
    let belongs = |field: &str| match own {
        _ if field == "tags" || field == kind.key => true,
        Some(own) => own.contains(&field),
        None => !of_others(field),
    };
    let mut strangers: Vec<&Entry> = fields.given().filter(|e| !belongs(&e.key)).collect();
    strangers.sort_by_key(|e| e.key_span.start);
    let Some(first) = strangers.first() else { return };
    let what = if own.is_some() { format!("a step with `{}`", kind.key) } else { "a request".to_owned() };
    let owner = KINDS.iter().find(|(_, fields)| fields.contains(&first.key.as_str())).map(|(name, _)| *name);
    let d = Diagnostic::error(&first.key_span, format!("{what} has no `{}`", first.key));
    let d = match owner {
        Some(owner) => d.label(format!("this belongs to a step with `{owner}`")),
        None => d.label("this belongs to a request"),
    };
    fields.cx.report(d.help(format!("begin a new step with `- {}: ...`", kind.key)));
}

fn kind(fields: &Fields<'_, '_>, kind: &Entry, around: &mut Around<'_>, inside: Inside) -> Option<StepKind> {
    let cx = fields.cx;
    if METHODS.contains(&kind.key.as_str()) {
        return request_step(fields, kind, around);
    }
    let value = fields.get(&kind.key);
    match kind.key.as_str() {
        "pause" => pause_time(cx, "pause", value?).map(StepKind::Pause),
        "group" => {
            let name = value.and_then(|node| name_of_group(cx, node));
            let steps = block(fields, "group", "steps", around, inside.deeper());
            Some(StepKind::Group { name: name?, steps })
        }
        "if" => {
            let condition = value.and_then(|node| condition(cx, node, around));
            let then = block(fields, "if", "then", around, inside.deeper());
            let otherwise = fields
                .get("else")
                .map(|n| steps(cx, n, around, inside.deeper(), "`else` is empty"))
                .unwrap_or_default();
            Some(StepKind::If { condition: condition?, then, otherwise })
        }
        "repeat" => {
            let times = value.and_then(|node| times(cx, node));
            let given = fields.get("while");
            let while_ = given.map(|node| condition(cx, node, around));
            let steps = block(fields, "repeat", "steps", around, inside.looped());
            Some(StepKind::Repeat {
                times: times?,
                while_: while_.map_or(Some(None), |c| c.map(Some))?,
                steps,
            })
        }
        "choose" => {
            branches(cx, value?, around, inside.deeper()).map(|branches| StepKind::Choose { branches })
        }
        "batch" => {
            let at_once = fields.int("at_once", "nothing would be sent").and_then(|n| u16::try_from(n).ok());
            let requests = batch(cx, value?, around);
            Some(StepKind::Batch { requests, at_once: at_once.unwrap_or(AT_ONCE) })
        }
        "set" => set(cx, value?, around).map(StepKind::Set),
        _ => end(cx, value?, inside).map(StepKind::End),
    }
}

fn request_step(fields: &Fields<'_, '_>, method: &Entry, around: &mut Around<'_>) -> Option<StepKind> {
    let on_failure = match fields.get("on_failure").map(|node| (node, node.as_str())) {
        None | Some((_, Some("end"))) => OnFailure::End,
        Some((_, Some("continue"))) => OnFailure::Continue,
        Some((node, _)) => {
            fields.cx.expected(node, "`end` or `continue`");
            OnFailure::End
        }
    };
    let mut plan = request(fields, method, around)?;
    plan.request.on_failure = on_failure;
    Some(StepKind::Request(Box::new(plan)))
}

/// The steps in the field `field`, which a step of kind `kind` must have.
fn block(
    fields: &Fields<'_, '_>,
    kind: &str,
    field: &str,
    around: &mut Around<'_>,
    inside: Inside,
) -> Vec<StepPlan> {
    if let Some(node) = fields.get(field) {
        return steps(fields.cx, node, around, inside, &format!("`{field}` is empty"));
    }
    if !fields.has(field) && !fields.has_unknown() {
        let d = Diagnostic::error(&fields.key_span(kind), format!("`{kind}` needs `{field}`"));
        let d = d.label("nothing would be done");
        fields.cx.report(d.help(format!("add e.g. `{field}: [{{get: /}}]` to it")));
    }
    Vec::new()
}

/// Names of groups stand in tables, like those of actions.
const MAX_NAME: usize = 100;

fn name_of_group(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let name = cx.text_of(node, "the group's name")?;
    if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let d = Diagnostic::error(&node.span, "this cannot be the name of a group");
        cx.report(d.label(format!("one line of 1 to {MAX_NAME} characters")));
        return None;
    }
    Some(name.to_owned())
}

/// `3`, or `1..5`.
fn times(cx: &Cx<'_>, node: &Node) -> Option<(u32, u32)> {
    if let Value::Int(_) = cx.scalar(node) {
        let times = int_in(cx, "repeat", node, (1, u64::from(MAX_PASSES)), "nothing would be done")?;
        return u32::try_from(times).ok().map(|n| (n, n));
    }
    let one = |text: &str| text.trim().parse::<u32>().ok().filter(|n| *n <= MAX_PASSES);
    let range =
        node.as_str().and_then(|text| text.split_once("..")).and_then(|(min, max)| one(min).zip(one(max)));
    match range {
        Some((min, max)) if min <= max && max > 0 => Some((min, max)),
        Some(_) | None => {
            let d =
                Diagnostic::error(&node.span, "`repeat` takes a number of times, or two with `..` between");
            let d = d.label(format!("up to {MAX_PASSES}, the smaller one first"));
            cx.report(d.help("write e.g. `repeat: 3` or `repeat: 1..5`"));
            None
        }
    }
}

fn branches(
    cx: &Cx<'_>,
    node: &Node,
    around: &mut Around<'_>,
    inside: Inside,
) -> Option<Vec<(u32, Vec<StepPlan>)>> {
    let nodes = cx.list_of(node, "things to choose from")?;
    if nodes.is_empty() {
        let d = Diagnostic::error(&node.span, "`choose` is empty").label("there is nothing to choose from");
        cx.report(
            d.help("write e.g. `choose: [{weight: 3, steps: [{get: /tea}]}, {steps: [{get: /mugs}]}]`"),
        );
        return None;
    }
    let branch = |node: &Node| {
        let fields = Fields::of(cx, node, &BRANCH)?;
        let weight = match fields.get("weight") {
            Some(node) => weight(cx, "weight", node),
            None => Some(Weight::ONE),
        };
        if !fields.has("steps") {
            fields.missing("steps");
        }
        let tags = around.tags.read(&fields);
        let mut steps =
            fields.get("steps").map(|n| steps(cx, n, around, inside, "`steps` is empty")).unwrap_or_default();
        // A branch is nothing but its steps: what it is tagged with, they are.
        for step in &mut steps {
            step.tags = union(&step.tags, &tags);
        }
        Some((weight?, steps))
    };
    let all: Vec<Option<(Weight, Vec<StepPlan>)>> = nodes.iter().map(branch).collect();
    let (weights, steps): (Vec<Weight>, Vec<Vec<StepPlan>>) =
        all.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
    if weights.iter().all(|w| w.is_zero()) {
        let d = Diagnostic::error(&node.span, "all weights are 0").label("there is nothing to choose from");
        cx.report(d.help("give at least one a weight above 0"));
    }
    Some(whole(cx, &node.span, &weights).into_iter().zip(steps).collect())
}

/// Requests alone.
fn batch(cx: &Cx<'_>, node: &Node, around: &mut Around<'_>) -> Vec<StepPlan> {
    // Whatever stands deeper in it is refused below: the depth does not matter.
    let all = steps(cx, node, around, Inside::ACTION, "`batch` is empty");
    let nodes = node.one_or_many();
    for other in nodes.iter().filter_map(|node| KINDS.iter().find_map(|(kind, _)| node.entry(kind))) {
        let d = Diagnostic::error(&other.key_span, "a `batch` holds requests only")
            .label("requests are sent side by side");
        cx.report(d.help("put this step before the `batch` or behind it"));
    }
    all.into_iter().filter(|step| matches!(step.kind, StepKind::Request(_))).collect()
}

fn set(cx: &Cx<'_>, node: &Node, around: &Around<'_>) -> Option<Vec<(SlotId, Text, Plain)>> {
    let entries = cx.map_of(node, "texts by name")?;
    if entries.is_empty() {
        let d = Diagnostic::error(&node.span, "`set` is empty").label("nothing would be remembered");
        cx.report(d.help("write e.g. `set: {quantity: \"${int(1,5)}\"}`"));
    }
    let one = |entry: &Entry| {
        let slot = around.slots.id(&entry.key)?;
        remembered(cx, &entry.value).map(|(value, plain)| (slot, value, plain))
    };
    let all: Vec<Option<(SlotId, Text, Plain)>> = entries.iter().map(one).collect();
    all.into_iter().collect()
}

fn end(cx: &Cx<'_>, node: &Node, inside: Inside) -> Option<EndOf> {
    match cx.text_of(node, "`iteration` or `loop`")? {
        "iteration" => Some(EndOf::Iteration),
        "loop" if inside.in_loop => Some(EndOf::Loop),
        "loop" => {
            let d = Diagnostic::error(&node.span, "there is no loop to end").label("no `repeat` around it");
            cx.report(d.help("write `end: iteration` to end the action"));
            None
        }
        _ => {
            cx.expected(node, "`iteration` or `loop`");
            None
        }
    }
}
