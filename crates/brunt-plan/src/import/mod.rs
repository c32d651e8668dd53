//! Other tools' files: recognised, and turned into plans.
//!
//! Each reader turns a file into the tree of a plan whose places are those of the file. So the tree is lowered as any
//! plan is, a problem points into the file that the user has, and `brunt convert` writes the same tree down.
//!
//! Start with [`recognise`], then [`import`]. What a file says and a plan cannot is told as a warning; nothing is
//! dropped silently.

mod benchmark;

mod build;

mod k6;

mod locust;

mod performance;

mod write;

use crate::decode::Voice;
use crate::diagnostic::{Diagnostic, Report};
use crate::lower::{Lowered, Overrides, Reading, Surroundings, lower_tree};
use crate::read::read;
use crate::tree::{Node, Value};
use crate::{Format, Source};
use std::path::Path;

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
}

impl Foreign {
    /// Every format with its name and what it is.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Benchmark, "benchmark", "JSON with base_url, scenarios, traffic_mix, user_profiles"),
        (Self::Performance, "performance", "YAML with thresholds, environments, load_test.endpoints"),
        (Self::Locust, "locust", "locust.conf"),
        (Self::K6, "k6", "k6 options as JSON"),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
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
}

/// Which other tool's file this is, if it is one; plans are none.
pub fn recognise(source: &Source) -> Option<Foreign> {
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    let name = Path::new(&source.name);
    let ending = name.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if ending == "conf" || locust::looks_like(text) {
        return Some(Foreign::Locust);
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
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    let format = if text.starts_with('{') || text.starts_with('[') { Format::Json } else { source.format };
    let source = Source { format, ..source.clone() };
    let mut problems = Vec::new();
    let root = match foreign {
        Foreign::Benchmark => tree(&source, &mut problems).map(|root| benchmark::plan(&root, &mut problems)),
        Foreign::Performance => {
            tree(&source, &mut problems).map(|root| performance::plan(&root, &mut problems))
        }
        Foreign::K6 => tree(&source, &mut problems).map(|root| k6::plan(&root, &mut problems)),
        Foreign::Locust => locust::plan(&source, &mut problems),
    };
    problems.sort_by_key(|d| d.span.as_ref().map(|s| s.start));
    let warnings = Report { name: source.name.clone(), text: source.text.clone(), diagnostics: problems };
    match root {
        Some(root) if !warnings.has_errors() => Ok(Imported { foreign, source, root, warnings }),
        Some(_) | None => Err(warnings),
    }
}

fn tree(source: &Source, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    read(source).map_err(|found| problems.extend(found)).ok()
}

impl Imported {
    /// The plan as YAML, to be read and edited.
    pub fn to_yaml(&self) -> String {
        write::yaml(&self.root, &self.warnings, &self.source.name)
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
