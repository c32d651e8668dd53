//! The other way: plans as other tools' files, and as another spelling of themselves.
//!
//! What the other tool cannot say is listed beside the text, so that nothing is lost unnoticed. Secrets stay out.
//!
//! Start with [`export`] for other tools, with [`convert_plan`] for YAML, JSON and TOML.

mod load;

mod requests;

pub(super) mod spelling;

use crate::diagnostic::{Diagnostic, Report};
use crate::lower::Lowered;
use crate::read::read;
use crate::{Format, Source};

/// What a plan is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportTo {
    /// A command of curl for each request.
    Curl,
    /// Targets for vegeta: as HTTP, or as JSON lines if one has a body.
    Vegeta {
        /// At least so many; each request is drawn anew until there are.
        targets: usize,
    },
    /// k6's options as JSON: the load, not the requests.
    K6,
    /// `locust.conf`: the load, not the requests.
    Locust,
}

impl ExportTo {
    /// Every form with its name and what it is.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Curl, "curl", "a command of curl for each request"),
        (Self::Vegeta { targets: 0 }, "vegeta", "targets for vegeta"),
        (Self::K6, "k6", "k6 options as JSON"),
        (Self::Locust, "locust", "locust.conf"),
    ];
}

/// A plan as another tool's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The file.
    pub text: String,
    /// What the file does not say, in one sentence each.
    pub left_out: Vec<String>,
}

/// Why a plan cannot be written so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotExportable {
    /// There is no request in it.
    #[error("the plan sends nothing")]
    NoRequests,
    /// None of its scenarios has a counterpart.
    #[error("{tool} has no counterpart of {what}")]
    NoCounterpart {
        /// The other tool.
        tool: &'static str,
        /// What of the plan.
        what: String,
    },
}

/// What could not be said, each once.
#[derive(Default)]
struct LeftOut(Vec<String>);

impl LeftOut {
    fn say(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.0.contains(&what) {
            self.0.push(what);
        }
    }
}

/// Writes a plan as another tool's file.
pub fn export(lowered: &Lowered, to: ExportTo) -> Result<Exported, NotExportable> {
    let mut left_out = LeftOut::default();
    let text = match to {
        ExportTo::Curl => requests::curl(&lowered.workload, &mut left_out),
        ExportTo::Vegeta { targets } => requests::vegeta(&lowered.workload, targets, &mut left_out),
        ExportTo::K6 => load::k6(lowered, &mut left_out),
        ExportTo::Locust => load::locust(lowered, &mut left_out),
    }?;
    Ok(Exported { text, left_out: left_out.0 })
}

/// A plan in another spelling; comments are lost.
pub fn convert_plan(source: &Source, to: Format) -> Result<String, Report> {
    let report = |diagnostics: Vec<Diagnostic>| Report::of(source, diagnostics);
    let root = read(source).map_err(report)?;
    spelling::written(&root, to).map_err(|problem| report(vec![problem]))
}
