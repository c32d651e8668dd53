//! Paths and expressions of checks and saves, compiled once for a run.

use crate::error::SetupError;
use brunt_workload::{CheckRule, Extract, Workload};
use regex::bytes::Regex;
use serde_json_path::JsonPath;

/// All of a workload's.
pub(crate) struct Patterns {
    /// By `CheckId`.
    pub(crate) checks: Vec<Pattern>,
    /// By `RequestId`, then by the save's place.
    pub(crate) saves: Vec<Vec<Pattern>>,
}

/// One, if its owner has any.
pub(crate) enum Pattern {
    None,
    Path(Box<JsonPath>),
    Regex(Regex),
}

impl Patterns {
    pub(crate) fn compile(workload: &Workload) -> Result<Self, SetupError> {
        let checks = workload.checks.iter().map(|check| of_rule(&check.rule)).collect::<Result<_, _>>()?;
        let of_request = |request: &brunt_workload::Request| {
            request.saves.iter().map(|save| of_extract(&save.from)).collect::<Result<Vec<_>, _>>()
        };
        let saves = workload.requests.iter().map(of_request).collect::<Result<_, _>>()?;
        Ok(Self { checks, saves })
    }
}

fn of_rule(rule: &CheckRule) -> Result<Pattern, SetupError> {
    match rule {
        CheckRule::BodyMatches(text) => regex(text),
        CheckRule::Json { path: text, .. } => path(text),
        CheckRule::Status(_)
        | CheckRule::BodyContains(_)
        | CheckRule::BodyLacks(_)
        | CheckRule::Saved(_)
        | CheckRule::Header { .. }
        | CheckRule::BodySize { .. }
        | CheckRule::MaxTime(_) => Ok(Pattern::None),
    }
}

fn of_extract(extract: &Extract) -> Result<Pattern, SetupError> {
    match extract {
        Extract::Json(text) => path(text),
        Extract::Regex(text) | Extract::Header { regex: Some(text), .. } => regex(text),
        Extract::Header { regex: None, .. } | Extract::Cookie(_) | Extract::Status | Extract::Body => {
            Ok(Pattern::None)
        }
    }
}

fn regex(text: &str) -> Result<Pattern, SetupError> {
    Regex::new(text).map(Pattern::Regex).map_err(|e| invalid("regular expression", text, &e))
}

fn path(text: &str) -> Result<Pattern, SetupError> {
    JsonPath::parse(text)
        .map(|path| Pattern::Path(Box::new(path)))
        .map_err(|e| invalid("JSON path", text, &e))
}

fn invalid(what: &'static str, text: &str, e: &dyn std::fmt::Display) -> SetupError {
    SetupError::Pattern { what, text: text.to_owned(), reason: e.to_string() }
}
