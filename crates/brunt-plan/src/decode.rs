//! From tree to typed values, field by field, noting every problem and going on.
//!
//! [`Cx`] collects problems and knows how to name a field (`rate` in a plan, `--rate` on a command line);
//! [`Fields`] is a map checked against its [`Object`]. A reader returns `None` both for an absent field and for
//! one that was complained about: [`Fields::has`] tells them apart.

use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{Field, Object, Type};
use crate::lower::{Names, Surroundings};
use crate::tree::{Entry, Node, Span, Value};
use crate::units::{UnitProblem, parse_duration, parse_rate};
use brunt_metrics::Nanos;
use brunt_workload::Rate;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How fields are named in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// `rate: 50/s`.
    Plan,
    /// `--rate 50/s`.
    Flags,
}

/// Flags whose name is not that of the field.
const FLAGS: [(&str, &str); 6] = [
    ("iterations", "requests"),
    ("version", "http2"),
    ("ca", "cacert"),
    ("json", "body"),
    ("target", "URL"),
    ("headers", "header"),
];

/// What decoding and lowering share: the problems so far, and the way to files.
pub(crate) struct Cx<'a> {
    voice: Voice,
    text: &'a str,
    folder: &'a Path,
    surroundings: &'a Surroundings<'a>,
    files: RefCell<HashMap<PathBuf, Option<Arc<[u8]>>>>,
    problems: RefCell<Vec<Diagnostic>>,
    names: OnceCell<Names>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        voice: Voice,
        text: &'a str,
        folder: &'a Path,
        surroundings: &'a Surroundings<'a>,
    ) -> Self {
        Self {
            voice,
            text,
            folder,
            surroundings,
            files: RefCell::default(),
            problems: RefCell::default(),
            names: OnceCell::new(),
        }
    }

    /// What `${...}` may name; nothing until it is known.
    pub(crate) fn names(&self) -> &Names {
        self.names.get_or_init(Names::default)
    }

    /// Says what `${...}` may name, before any text is read.
    pub(crate) fn set_names(&self, names: Names) {
        // A second time would be a slip of ours; the first stays.
        let _ = self.names.set(names);
    }

    /// The line of a place, from 1.
    pub(crate) fn line_of(&self, span: &Span) -> usize {
        self.text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1
    }

    /// How many problems there are so far.
    pub(crate) fn problems(&self) -> usize {
        self.problems.borrow().len()
    }

    pub(crate) const fn voice(&self) -> Voice {
        self.voice
    }

    /// What relative paths start from.
    pub(crate) const fn folder(&self) -> &'a Path {
        self.folder
    }

    /// An environment variable.
    pub(crate) fn env(&self, name: &str) -> Option<String> {
        (self.surroundings.env)(name)
    }

    /// Whether the plan says `${...}` where the node stands, whatever may have come of it.
    pub(crate) fn has_parts(&self, node: &Node) -> bool {
        self.text.get(node.span.clone()).is_some_and(|raw| raw.contains("${"))
    }

    /// The value of a node that stands for a number or a truth value. Where the plan says `${...}` and what came of it
    /// is text (the environment's variables are), the text is read as the value that it looks like.
    pub(crate) fn scalar(&self, node: &Node) -> Value {
        let Some(text) = node.as_str().filter(|_| self.has_parts(node)) else {
            return node.value.clone();
        };
        match (text.parse::<i128>(), text.parse::<f64>(), text.parse::<bool>()) {
            (Ok(value), _, _) => Value::Int(value),
            (_, Ok(value), _) => Value::Float(value),
            (_, _, Ok(value)) => Value::Bool(value),
            (Err(_), Err(_), Err(_)) => node.value.clone(),
        }
    }

    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.problems.borrow_mut().push(diagnostic);
    }

    /// All that was reported, in the order of the text, without repetitions.
    pub(crate) fn into_problems(self) -> Vec<Diagnostic> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|d| (d.span.is_none(), d.span.as_ref().map(|s| (s.start, s.end)), d.severity));
        problems.dedup();
        problems
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.problems.borrow().iter().any(|d| d.severity == Severity::Error)
    }

    /// A field as messages name it.
    pub(crate) fn name(&self, field: &str) -> String {
        match self.voice {
            Voice::Plan => format!("`{field}`"),
            Voice::Flags => format!("`{}`", flag(field)),
        }
    }

    /// A field with a value, as it is written.
    pub(crate) fn setting(&self, field: &str, value: impl Display) -> String {
        match self.voice {
            Voice::Plan => format!("`{field}: {value}`"),
            Voice::Flags => format!("`{} {value}`", flag(field)),
        }
    }

    /// Where bytes `range` of a text node's value stand in the source: exactly where the source spells the
    /// value out, else the whole node.
    pub(crate) fn within(&self, node: &Node, range: Span) -> Span {
        node.as_str().map_or_else(|| node.span.clone(), |value| self.within_text(&node.span, value, range))
    }

    /// As [`Self::within`], for any text that stands at `span`.
    pub(crate) fn within_text(&self, span: &Span, value: &str, range: Span) -> Span {
        let raw = self.text.get(span.clone()).unwrap_or_default();
        match raw.find(value) {
            Some(at) => span.start + at + range.start..span.start + at + range.end,
            None => span.clone(),
        }
    }

    /// A file that the plan names, relative to its folder; each is read once.
    pub(crate) fn file(&self, node: &Node) -> Option<Arc<[u8]>> {
        let path = self.folder.join(self.text_of(node, "a path")?);
        if let Some(known) = self.files.borrow().get(&path) {
            return known.clone();
        }
        let content = match (self.surroundings.files)(&path) {
            Ok(bytes) => Some(Arc::from(bytes)),
            Err(error) => {
                let message = format!("cannot read `{}`", path.display());
                let help = match self.voice {
                    Voice::Plan => "relative paths start from the folder of the plan",
                    Voice::Flags => "relative paths start from the current folder",
                };
                self.report(Diagnostic::error(&node.span, message).label(error.to_string()).help(help));
                None
            }
        };
        self.files.borrow_mut().insert(path, content.clone());
        content
    }

    pub(crate) fn expected(&self, node: &Node, what: &str) {
        self.report(Diagnostic::error(&node.span, format!("expected {what}, found {}", node.found())));
    }

    pub(crate) fn text_of<'n>(&self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() {
            let quoted = matches!(node.value, Value::Bool(_) | Value::Int(_) | Value::Float(_));
            let d = Diagnostic::error(&node.span, format!("expected {what}, found {}", node.found()));
            self.report(if quoted { d.help("put it between quotes") } else { d });
        }
        text
    }

    pub(crate) fn list_of<'n>(&self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        if let Value::Seq(items) = &node.value {
            return Some(items);
        }
        self.expected(node, &format!("a list of {what}"));
        None
    }

    pub(crate) fn map_of<'n>(&self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        if let Value::Map(entries) = &node.value {
            return Some(entries);
        }
        self.expected(node, &format!("a map of {what}"));
        None
    }

    /// One text, or a list of texts.
    pub(crate) fn texts<'n>(&self, node: &'n Node, what: &str) -> Vec<(&'n str, &'n Node)> {
        match &node.value {
            Value::Seq(items) => items.iter().filter_map(|i| Some((self.text_of(i, what)?, i))).collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Map(_) => self.text_of(node, what).map(|t| (t, node)).into_iter().collect(),
        }
    }

    /// `unknown` is not one of `known`: which may be meant?
    pub(crate) fn unknown<'k>(
        what: &str,
        unknown: &str,
        span: &Span,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Diagnostic {
        let d = Diagnostic::error(span, format!("unknown {what} `{unknown}`"));
        let known: Vec<&str> = known.into_iter().take(MOST_SUGGESTIONS).collect();
        let lower = unknown.to_lowercase();
        let near = known
            .iter()
            .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_lowercase()), *k))
            .min()
            .filter(|(distance, k)| *distance <= (k.chars().count().max(3) / 3));
        match near {
            Some((_, near)) => d.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => d,
            None => {
                let more = if known.len() > 20 { ", ..." } else { "" };
                let names: Vec<String> = known.iter().take(20).map(|k| format!("`{k}`")).collect();
                d.help(format!("known are {}{more}", names.join(", ")))
            }
        }
    }

    fn unit(&self, field: &str, node: &Node, problem: UnitProblem, example: &str) {
        let is_number = matches!(node.value, Value::Int(_) | Value::Float(_));
        let example = if is_number && problem == UnitProblem::NoUnit {
            let unit = example.trim_start_matches(|c: char| c.is_ascii_digit());
            let unit = unit.split("..").next().unwrap_or_default();
            let number = self.text.get(node.span.clone()).unwrap_or_default();
            format!("{number}{unit}")
        } else {
            example.to_owned()
        };
        let help = format!("write e.g. {}", self.setting(field, example));
        let d = Diagnostic::error(&node.span, format!("{} {problem}", self.name(field)));
        self.report(d.label(problem.label()).help(help));
    }

    /// A number where a text with a unit belongs.
    fn number_problem(node: &Node) -> Option<UnitProblem> {
        match &node.value {
            Value::Float(x) if !x.is_finite() => Some(UnitProblem::NotFinite),
            Value::Float(x) if *x < 0.0 => Some(UnitProblem::Negative),
            Value::Int(x) if *x < 0 => Some(UnitProblem::Negative),
            Value::Int(_) | Value::Float(_) => Some(UnitProblem::NoUnit),
            Value::Null | Value::Bool(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    pub(crate) fn quantity<T>(
        &self,
        field: &str,
        node: &Node,
        example: &str,
        parse: impl Fn(&str) -> Result<T, UnitProblem>,
    ) -> Option<T> {
        if let Some(problem) = Self::number_problem(node) {
            self.unit(field, node, problem, example);
            return None;
        }
        let text = self.text_of(node, &format!("text like `{example}`"))?;
        parse(text).map_err(|problem| self.unit(field, node, problem, example)).ok()
    }

    pub(crate) fn rate(&self, field: &str, node: &Node) -> Option<Rate> {
        self.quantity(field, node, "50/s", parse_rate)
    }

    /// `1s`, or `1s..3s` as its two ends.
    pub(crate) fn duration_range(&self, field: &str, node: &Node) -> Option<(Nanos, Nanos)> {
        let range = |text: &str| match text.split_once("..") {
            None => parse_duration(text).map(|t| (t, t)),
            Some((min, max)) => Ok((parse_duration(min)?, parse_duration(max)?)),
        };
        let (min, max) = self.quantity(field, node, "1s..3s", range)?;
        if min > max {
            let d = Diagnostic::error(&node.span, format!("{} ends before it begins", self.name(field)));
            self.report(d.label("the first must not be longer than the second"));
            return None;
        }
        Some((min, max))
    }
}

/// Suggestions are sought among so many names, so that 10,000 wrong names of 10,000 stay quick.
const MOST_SUGGESTIONS: usize = 500;

fn article(name: &str) -> &'static str {
    if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

fn flag(field: &str) -> String {
    if field.starts_with("--") {
        return field.to_owned();
    }
    match FLAGS.iter().find(|f| f.0 == field) {
        Some((_, "URL")) => "URL".to_owned(),
        Some((_, flag)) => format!("--{flag}"),
        None => format!("--{}", field.replace('_', "-")),
    }
}

/// A map whose keys are all known to its [`Object`].
pub(crate) struct Fields<'n, 'c> {
    pub(crate) cx: &'c Cx<'c>,
    object: &'static Object,
    pub(crate) span: Span,
    found: Vec<Option<&'n Entry>>,
    has_unknown: bool,
}

impl<'n, 'c> Fields<'n, 'c> {
    /// Complains about unknown and empty fields, and about a `node` that is no map (`None`).
    pub(crate) fn of(cx: &'c Cx<'c>, node: &'n Node, object: &'static Object) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let names: Vec<String> = object.fields.iter().take(3).map(|f| format!("`{}:`", f.name)).collect();
            let what = format!("a map with {} ...", names.join(", "));
            cx.expected(node, &what);
            return None;
        };
        let mut found = vec![None; object.fields.len()];
        let mut has_unknown = false;
        for entry in entries {
            let Some(at) = object.fields.iter().position(|f| f.name == entry.key) else {
                let known = object.fields.iter().map(|f| f.name);
                let what = format!("field of {} {}", article(object.name), object.name.replace('_', " "));
                let what = what
                    .replace("of a plan", "of the plan")
                    .replace("of a http", "of `http`")
                    .replace("of a hooks", "of `hooks`");
                cx.report(Cx::unknown(&what, &entry.key, &entry.key_span, known));
                has_unknown = true;
                continue;
            };
            if entry.value.value == Value::Null && !matches!(object.fields[at].ty, Type::Any) {
                let d = Diagnostic::error(&entry.key_span, format!("{} has no value", cx.name(&entry.key)));
                cx.report(d.help(format!("write e.g. `{}`, or remove it", object.fields[at].example)));
            }
            found[at] = Some(entry);
        }
        Some(Self { cx, object, span: node.span.clone(), found, has_unknown })
    }

    fn at(&self, name: &str) -> Option<(&'static Field, Option<&'n Entry>)> {
        let at = self.object.fields.iter().position(|f| f.name == name);
        debug_assert!(at.is_some(), "`{name}` is read but not described in `{}`", self.object.name);
        at.map(|at| (&self.object.fields[at], self.found[at]))
    }

    /// Whether the field is given, well or badly.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.at(name).is_some_and(|(_, entry)| entry.is_some())
    }

    /// Whether a field was complained about as unknown: what then seems to be missing may be just that.
    pub(crate) const fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// The given fields, in the order of the description.
    pub(crate) fn given(&self) -> impl Iterator<Item = &'n Entry> {
        self.found.iter().copied().flatten()
    }

    /// The field's name as it was written: on a command line, two flags may say one field.
    fn written(&self, name: &'static str) -> &str {
        let written = self.cx.text.get(self.key_span(name)).filter(|_| self.cx.voice == Voice::Flags);
        written.filter(|text| text.starts_with("--")).unwrap_or(name)
    }

    /// Where the field is named; the whole map when it is not given.
    pub(crate) fn key_span(&self, name: &str) -> Span {
        self.at(name).and_then(|(_, entry)| entry).map_or_else(|| self.span.clone(), |e| e.key_span.clone())
    }

    /// The field's value, when it has one.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        let (field, entry) = self.at(name)?;
        entry.map(|e| &e.value).filter(|n| n.value != Value::Null || matches!(field.ty, Type::Any))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'n str> {
        self.cx.text_of(self.get(name)?, "text")
    }

    pub(crate) fn bool(&self, name: &str) -> Option<bool> {
        let node = self.get(name)?;
        if let Value::Bool(value) = self.cx.scalar(node) {
            return Some(value);
        }
        self.cx.expected(node, "`true` or `false`");
        None
    }

    /// A whole number in the range that the field's description states.
    pub(crate) fn int(&self, name: &'static str, why: &str) -> Option<u64> {
        let (field, _) = self.at(name)?;
        let range = if let Type::Int { min, max } = &field.ty { (*min, *max) } else { (0, u64::MAX) };
        int_in(self.cx, self.written(name), self.get(name)?, range, why)
    }

    pub(crate) fn duration(&self, name: &str) -> Option<Nanos> {
        self.cx.quantity(name, self.get(name)?, "30s", parse_duration)
    }

    /// A duration above 0.
    pub(crate) fn positive_duration(&self, name: &str, why: &str) -> Option<Nanos> {
        let time = self.duration(name)?;
        if time > Nanos::ZERO {
            return Some(time);
        }
        let d = Diagnostic::error(
            &self.get(name)?.span,
            format!("{} must be greater than 0", self.cx.name(name)),
        );
        self.cx.report(d.label(why).help(format!("write e.g. {}", self.cx.setting(name, "30s"))));
        None
    }

    /// A number above 0 and up to `max`.
    pub(crate) fn number(&self, name: &str, max: f64) -> Option<f64> {
        let node = self.get(name)?;
        let value = match self.cx.scalar(node) {
            Value::Int(value) => value as f64,
            Value::Float(value) => value,
            Value::Null | Value::Bool(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => {
                self.cx.expected(node, "a number");
                return None;
            }
        };
        if value > 0.0 && value <= max {
            return Some(value);
        }
        let d = Diagnostic::error(
            &node.span,
            format!("{} must be above 0 and at most {max}", self.cx.name(name)),
        );
        self.cx.report(d);
        None
    }

    /// A file's content.
    pub(crate) fn file(&self, name: &str) -> Option<Arc<[u8]>> {
        self.cx.file(self.get(name)?)
    }

    /// Complains that a field is missing.
    pub(crate) fn missing(&self, name: &str) {
        let Some((field, entry)) = self.at(name) else {
            return;
        };
        if entry.is_none() && !self.has_unknown {
            let start = self.span.start;
            let d = Diagnostic::error(&(start..start), format!("{} is missing", self.cx.name(name)));
            self.cx.report(
                d.label(format!("{} {} needs it", article(self.object.name), self.object.name))
                    .help(format!("write e.g. `{}`", field.example)),
            );
        }
    }
}

/// A whole number in `min..=max`.
pub(crate) fn int_in(cx: &Cx<'_>, name: &str, node: &Node, (min, max): (u64, u64), why: &str) -> Option<u64> {
    let Value::Int(value) = cx.scalar(node) else {
        cx.expected(node, "a whole number");
        return None;
    };
    match u64::try_from(value) {
        Ok(value) if (min..=max).contains(&value) => Some(value),
        _ if value > i128::from(max) => {
            let d = Diagnostic::error(&node.span, format!("{} may be {max} at most", cx.name(name)));
            cx.report(d.label("more than brunt can hold"));
            None
        }
        Ok(_) | Err(_) => {
            let bound = if min == 1 { "greater than 0".to_owned() } else { format!("at least {min}") };
            cx.report(Diagnostic::error(&node.span, format!("{} must be {bound}", cx.name(name))).label(why));
            None
        }
    }
}
