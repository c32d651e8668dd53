//! Objectives in plans: `slo:` and `expect:`, and files of them.
//!
//! What an objective is, and its grammar, stand in `brunt-objective`. Here texts are found, read with their places, and
//! joined with what stands beside them in a map. OpenSLO documents are read in `openslo.rs`.

use crate::Source;
use crate::decode::{Cx, Fields, Voice};
use crate::diagnostic::{Diagnostic, Report};
use crate::fields::SLO;
use crate::lower::Surroundings;
use crate::openslo;
use crate::read::read;
use crate::tree::{Node, Span, Value};
use brunt_metrics::Nanos;
use brunt_objective::{Abort, NoData, Objective, Problem, Severity, parse};

/// The most objectives of a plan: a page of them.
const MAX_OBJECTIVES: usize = 100;

/// The objectives of a plan, those under `expect` first.
pub(crate) fn objectives(plan: &Fields<'_, '_>) -> Vec<Objective> {
    let cx = plan.cx;
    let mut out = Vec::new();
    if let Some(node) = plan.get("expect") {
        for (text, node) in cx.texts(node, "an objective") {
            out.extend(objective(cx, text, node));
        }
    }
    if let Some(node) = plan.get("slo") {
        for item in node.one_or_many() {
            out.extend(entry(cx, item));
        }
    }
    if out.len() > MAX_OBJECTIVES {
        let span = plan.key_span(if plan.has("slo") { "slo" } else { "expect" });
        let d =
            Diagnostic::error(&span, format!("{} objectives, and {MAX_OBJECTIVES} are the most", out.len()));
        cx.report(d.help("a page that nobody reads keeps no promise: choose"));
    }
    out
}

/// Reads the objective of a command line's `--slo`.
pub fn objective_of_text(text: &str) -> Result<Objective, Report> {
    parse(text).map_err(|problems| Report {
        name: "--slo".to_owned(),
        text: text.to_owned(),
        added: Vec::new(),
        diagnostics: problems.into_iter().map(|p| diagnostic(p, |range| range)).collect(),
    })
}

/// Reads a file of objectives: OpenSLO documents, a list as under `slo:`, or a map with such a list as its `slo`.
pub fn objectives_of_file(
    source: &Source,
    surroundings: &Surroundings<'_>,
) -> Result<Vec<Objective>, Report> {
    let cx = Cx::new(Voice::Plan, &source.text, &source.folder, surroundings);
    let out = file(&cx, source);
    let failed = cx.has_errors();
    let report = Report::of(source, cx.into_problems());
    if failed { Err(report) } else { Ok(out) }
}

fn file(cx: &Cx<'_>, source: &Source) -> Vec<Objective> {
    if openslo::looks_like(&source.text) {
        return openslo::objectives(cx, source);
    }
    let root = match read(source) {
        Ok(root) => root,
        Err(problems) => {
            for d in problems {
                cx.report(d);
            }
            return Vec::new();
        }
    };
    let list = match &root.value {
        Value::Map(_) if root.entry("slo").is_some() => root.entry("slo").map_or(&root, |e| &e.value),
        Value::Seq(_) => &root,
        Value::Map(_) | Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            let d = Diagnostic::error(&root.span, "this is no file of objectives");
            cx.report(
                d.help("write a list, as `- p95 < 250ms`, `slo: [p95 < 250ms]`, or an OpenSLO document"),
            );
            return Vec::new();
        }
    };
    list.one_or_many().iter().flat_map(|item| entry(cx, item)).collect()
}

/// One of `slo:`: a text, or a map.
fn entry(cx: &Cx<'_>, node: &Node) -> Vec<Objective> {
    if let Some(text) = node.as_str() {
        return objective(cx, text, node).into_iter().collect();
    }
    let Some(fields) = Fields::of(cx, node, &SLO) else { return Vec::new() };
    if fields.has("file") {
        for beside in ["objective", "name", "severity", "no_data", "abort"] {
            if fields.has(beside) {
                let message = format!("`{beside}` cannot be combined with `file`");
                let d = Diagnostic::error(&fields.key_span(beside), message);
                cx.report(d.help("say it in the file, or write the objective here"));
            }
        }
        return from_file(cx, &fields);
    }
    fields.missing("objective");
    let read =
        fields.get("objective").and_then(|node| objective(cx, cx.text_of(node, "an objective")?, node));
    let named = fields.text("name").map(str::to_owned);
    let severity = word(&fields, "severity", &[("fail", Severity::Fail), ("warn", Severity::Warn)]);
    let no_data = word(
        &fields,
        "no_data",
        &[("fails", NoData::Fails), ("passes", NoData::Passes), ("skips", NoData::Skips)],
    );
    let abort = fields.get("abort").and_then(|node| match node.value {
        Value::Bool(true) => Some(Abort { after: Nanos::ZERO }),
        Value::Bool(false) => None,
        Value::Null | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => {
            fields.duration("abort").map(|after| Abort { after })
        }
    });
    let Some(mut objective) = read else { return Vec::new() };
    objective.name = named.or(objective.name);
    objective.severity = severity.unwrap_or(objective.severity);
    objective.no_data = no_data.unwrap_or(objective.no_data);
    objective.abort = abort.or(objective.abort);
    vec![objective]
}

fn word<T: Copy>(fields: &Fields<'_, '_>, name: &'static str, known: &[(&str, T)]) -> Option<T> {
    let text = fields.text(name)?;
    let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none()
        && let Some(node) = fields.get(name)
    {
        let names = known.iter().map(|(word, _)| *word);
        fields.cx.report(Cx::unknown(&name.replace('_', " "), text, &node.span, names));
    }
    found
}

/// Objectives of another file. What is wrong there is said here, with its place there.
fn from_file(cx: &Cx<'_>, fields: &Fields<'_, '_>) -> Vec<Objective> {
    let Some(node) = fields.get("file") else { return Vec::new() };
    let Some(bytes) = fields.file("file") else { return Vec::new() };
    let path = cx.folder().join(node.as_str().unwrap_or_default());
    let read = Source::from_bytes(&path, bytes.to_vec()).and_then(|source| {
        let inner = Surroundings {
            files: &|_| Err(std::io::ErrorKind::Unsupported.into()),
            env: &|name| cx.env(name),
        };
        objectives_of_file(&source, &inner)
    });
    read.unwrap_or_else(|report| {
        let notes: Vec<String> = report.to_string().lines().map(str::to_owned).collect();
        let d =
            Diagnostic::error(&node.span, format!("`{}` holds no objectives that can be read", report.name));
        cx.report(d.notes(notes));
        Vec::new()
    })
}

/// Reads one text where it stands.
fn objective(cx: &Cx<'_>, text: &str, node: &Node) -> Option<Objective> {
    match parse(text) {
        Ok(objective) => Some(objective),
        Err(problems) => {
            for p in problems {
                cx.report(diagnostic(p, |range| cx.within(node, range)));
            }
            None
        }
    }
}

/// A problem of the text as one of the source that it stands in.
pub(crate) fn diagnostic(problem: Problem, place: impl Fn(Span) -> Span) -> Diagnostic {
    let d = Diagnostic::error(&place(problem.span), problem.message).label(problem.label);
    match problem.help {
        Some(help) => d.help(help),
        None => d,
    }
}
