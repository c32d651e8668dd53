//! Other tools' files: recognised, and turned into plans.
//!
//! Each reader turns a file into the tree of a plan whose places are those of the file. So the tree is lowered as any
//! plan is, a problem points into the file that the user has, and `brunt convert` writes the same tree down.
//!
//! Start with [`recognise`], then [`import`]. What a file says and a plan cannot is told as a warning; nothing is
//! dropped silently.

mod benchmark;

mod build;

mod call;

mod curl;

mod export;

mod har;

mod k6;

mod locust;

mod openapi;

mod performance;

mod postman;

mod vegeta;

mod write;

use crate::decode::Voice;
use crate::diagnostic::{Diagnostic, Report, Severity};
use crate::lower::{Lowered, Overrides, Reading, Surroundings, lower_tree};
use crate::read::read;
use crate::tree::{Node, Span, Value};
use crate::{Format, Source};
use std::path::Path;

pub use call::SecretValues;
pub use export::{ExportTo, Exported, NotExportable, convert_plan, export};
pub use har::{Correlate, Hosts};
pub use locust::{LocustSettings, locust_settings};

/// A file of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A benchmark configuration as JSON: `base_url`, `scenarios`, `traffic_mix`, `user_profiles`.
    Benchmark,
    /// A performance configuration as YAML: `thresholds`, `environments`, `load_test.endpoints`.
    Performance,
    /// `locust.conf`.
    Locust,
    /// k6 options as JSON.
    K6,
    /// Targets of vegeta, as HTTP or as JSON lines.
    Vegeta,
    /// Command lines of curl.
    Curl,
    /// A browser's recording: HAR 1.2.
    Har,
    /// An `OpenAPI` description, 3.0 or 3.1.
    OpenApi,
    /// A Postman collection, 2.1.
    Postman,
}

impl Foreign {
    /// Every format with its name and what it is.
    pub const ALL: [(Self, &'static str, &'static str); 9] = [
        (Self::Benchmark, "benchmark", "JSON with base_url, scenarios, traffic_mix, user_profiles"),
        (Self::Performance, "performance", "YAML with thresholds, environments, load_test.endpoints"),
        (Self::Locust, "locust", "locust.conf"),
        (Self::K6, "k6", "k6 options as JSON"),
        (Self::Vegeta, "vegeta", "targets of vegeta, as HTTP or JSON lines"),
        (Self::Curl, "curl", "command lines of curl"),
        (Self::Har, "har", "a browser's recording, HAR 1.2"),
        (Self::OpenApi, "openapi", "an OpenAPI description, 3.0 or 3.1"),
        (Self::Postman, "postman", "a Postman collection, 2.1"),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

/// How a file is taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Whether values that answers brought are used in later requests (HAR).
    pub correlate: Correlate,
    /// Which hosts are taken over (HAR).
    pub hosts: Hosts,
    /// What is done with secrets (curl, vegeta, HAR, Postman).
    pub secrets: SecretValues,
}

/// What was done that one should know, beside the problems.
#[derive(Clone, Debug, Default)]
struct Notes(Vec<String>);

impl Notes {
    fn say(&mut self, note: impl Into<String>) {
        self.0.push(note.into());
    }
}

/// A plan made of another tool's file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What it was.
    pub foreign: Foreign,
    /// The file's text, which the tree's places stand in.
    source: Source,
    root: Node,
    /// What was found that a plan does not say.
    pub warnings: Report,
    /// What was decided on the way: a load that the file does not say, values that were found to belong together.
    pub notes: Vec<String>,
}

/// Which other tool's file this is, if it is one; plans are none.
pub fn recognise(source: &Source) -> Option<Foreign> {
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    let name = Path::new(&source.name);
    let ending = name.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if ending == "conf" || locust::looks_like(text) {
        return Some(Foreign::Locust);
    }
    if vegeta::looks_like(text) {
        return Some(Foreign::Vegeta);
    }
    if curl::looks_like(text) {
        return Some(Foreign::Curl);
    }
    let format = if text.starts_with('{') { Format::Json } else { source.format };
    let root = read(&Source { format, ..source.clone() }).ok()?;
    of_tree(&root)
}

fn of_tree(root: &Node) -> Option<Foreign> {
    let has = |key: &str| root.entry(key).is_some();
    if has("actions") || !matches!(root.value, Value::Map(_)) {
        return None;
    }
    if has("base_url") {
        return Some(Foreign::Benchmark);
    }
    if openapi::looks_like(root) {
        return Some(Foreign::OpenApi);
    }
    if har::looks_like(root) {
        return Some(Foreign::Har);
    }
    if postman::looks_like(root) {
        return Some(Foreign::Postman);
    }
    if k6::looks_like(root) {
        return Some(Foreign::K6);
    }
    if performance::looks_like(root) {
        return Some(Foreign::Performance);
    }
    None
}

/// Reads another tool's file. An `Err` holds every problem that was found.
pub fn import(foreign: Foreign, source: &Source) -> Result<Imported, Report> {
    import_with(foreign, source, &ImportOptions::default())
}

/// As [`import`], with a say in how.
pub fn import_with(foreign: Foreign, source: &Source, options: &ImportOptions) -> Result<Imported, Report> {
    let (source, root, problems, notes) = read_foreign(foreign, source, *options);
    let warnings = Report::of(&source, problems);
    match root {
        Some(root) if !warnings.has_errors() => {
            Ok(Imported { foreign, source, root, warnings, notes: notes.0 })
        }
        Some(_) | None => Err(warnings),
    }
}

/// Reads another tool's file and lowers its plan at once. An `Err` holds the problems of both, so that they are told in one
/// round; what is wrong with the plan only because of what is wrong with the file is left out.
pub fn lower_foreign(
    (foreign, options): (Foreign, &ImportOptions),
    source: &Source,
    overrides: &Overrides,
    surroundings: &Surroundings<'_>,
) -> Result<Lowered, Report> {
    let (source, root, problems, _) = read_foreign(foreign, source, *options);
    let errors: Vec<Span> =
        problems.iter().filter(|d| d.severity == Severity::Error).filter_map(|d| d.span.clone()).collect();
    let has_errors = problems.iter().any(|d| d.severity == Severity::Error);
    let Some(root) = root else { return Err(Report::of(&source, problems)) };
    let reading = Reading { root, source: &source, voice: Voice::Plan, problems: Vec::new() };
    let with = |mut report: Report| {
        let follows = |d: &Diagnostic| {
            d.span.as_ref().is_none_or(|s| errors.iter().any(|e| s.start <= e.end && e.start <= s.end))
        };
        report.diagnostics.retain(|d| !has_errors || !follows(d));
        report.diagnostics.extend(problems.iter().cloned());
        report.diagnostics.sort_by_key(|d| d.span.as_ref().map(|s| s.start));
        report
    };
    match lower_tree(reading, overrides, surroundings) {
        Ok(lowered) if has_errors => Err(with(lowered.warnings)),
        Ok(lowered) => Ok(Lowered { warnings: with(lowered.warnings.clone()), ..lowered }),
        Err(report) => Err(with(report)),
    }
}

/// The file as it was read, its plan, what was found, and what was decided.
fn read_foreign(
    foreign: Foreign,
    source: &Source,
    options: ImportOptions,
) -> (Source, Option<Node>, Vec<Diagnostic>, Notes) {
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    let format = if text.starts_with('{') || text.starts_with('[') { Format::Json } else { source.format };
    let source = Source { format, ..source.clone() };
    let (mut problems, mut notes) = (Vec::new(), Notes::default());
    let root = plan_of(foreign, &source, options, (&mut problems, &mut notes));
    if root.is_none() && !problems.iter().any(|d| d.severity == Severity::Error) {
        let what = Foreign::ALL.iter().find(|row| row.0 == foreign).map_or("", |row| row.2);
        problems.push(Diagnostic::nowhere(format!("the file is not what it was taken for: {what}")));
    }
    problems.sort_by_key(|d| d.span.as_ref().map(|s| s.start));
    (source, root, problems, notes)
}

fn plan_of(
    foreign: Foreign,
    source: &Source,
    options: ImportOptions,
    (problems, notes): (&mut Vec<Diagnostic>, &mut Notes),
) -> Option<Node> {
    let secrets = &mut call::Secrets::new(options.secrets);
    match foreign {
        Foreign::Benchmark => tree(source, problems).map(|root| benchmark::plan(&root, problems)),
        Foreign::Performance => tree(source, problems).map(|root| performance::plan(&root, problems)),
        Foreign::K6 => tree(source, problems).map(|root| k6::plan(&root, problems)),
        Foreign::Locust => Some(locust::plan(source, problems)),
        Foreign::Vegeta => vegeta::plan(source, secrets, problems, notes),
        Foreign::Curl => curl::plan(source, secrets, problems, notes),
        Foreign::Har => {
            tree(source, problems).and_then(|root| har::plan(&root, options, (secrets, problems, notes)))
        }
        Foreign::OpenApi => tree(source, problems).and_then(|root| openapi::plan(&root, problems, notes)),
        Foreign::Postman => {
            tree(source, problems).and_then(|root| postman::plan(&root, secrets, problems, notes))
        }
    }
}

fn tree(source: &Source, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    read(source).map_err(|found| problems.extend(found)).ok()
}

impl Imported {
    /// Gives the plan another target.
    pub fn set_target(&mut self, url: &str) {
        let span = self.root.span.start..self.root.span.start;
        let value = Node { span: span.clone(), value: Value::Str(url.to_owned()) };
        self.root.put(crate::tree::Entry { key: "target".to_owned(), key_span: span, value });
    }

    /// The plan as YAML, to be read and edited.
    pub fn to_yaml(&self) -> String {
        let yaml = write::yaml(&self.root, &self.warnings, &self.source.name);
        let (first, rest) = yaml.split_once('\n').unwrap_or((yaml.as_str(), ""));
        let clean =
            |note: &String| note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let notes: Vec<String> = self.notes.iter().map(|note| format!("# Note: {}\n", clean(note))).collect();
        format!("{first}\n{}{rest}", notes.concat())
    }

    /// The plan as JSON; what could not be taken over is told by [`Self::warnings`] alone.
    pub fn to_json(&self) -> String {
        export::spelling::written(&self.root, Format::Json).unwrap_or_default()
    }

    /// The plan as TOML. An `Err` says what TOML cannot.
    pub fn to_toml(&self) -> Result<String, Report> {
        export::spelling::written(&self.root, Format::Toml)
            .map_err(|problem| Report::of(&self.source, vec![problem]))
    }

    /// Lowers the plan, as [`lower`](crate::lower) does one that somebody wrote.
    pub fn lower(self, overrides: &Overrides, surroundings: &Surroundings<'_>) -> Result<Lowered, Report> {
        let reading = Reading {
            root: self.root,
            source: &self.source,
            voice: Voice::Plan,
            problems: self.warnings.diagnostics,
        };
        lower_tree(reading, overrides, surroundings)
    }
}
