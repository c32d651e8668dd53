//! What is compared with what.

use super::metric::Endless;
use crate::Course;
use brunt_run::{Outlook, Summary};

/// A run as comparison takes it.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What it is called in tables.
    pub name: &'a str,
    /// Its totals.
    pub summary: &'a Summary,
    /// Its course, second by second; `None` where only totals are known. Then it can be compared as one run among several,
    /// and not stretch by stretch.
    pub course: Option<&'a Course>,
    /// A number that is the same for plans that ask the same, seed and target aside; `None` where the plan is not known.
    pub plan: Option<u64>,
}

/// The runs of one side: of the same build, the same variant, the same branch.
#[derive(Clone, Debug, Default)]
pub struct Arm<'a> {
    /// What it is called.
    pub name: String,
    /// Its runs.
    pub runs: Vec<Run<'a>>,
}

impl Run<'_> {
    /// Why its figures must not be judged by; `None` if they may. A run that failed its objectives may: it is the target's.
    pub fn unfit(&self, endless: Endless) -> Option<String> {
        let refused = endless == Endless::Refused;
        let Some(verdict) = &self.summary.verdict else {
            let text = "not judged, cut off (the run has no end)";
            return (refused && self.summary.finish.is_none()).then(|| text.to_owned());
        };
        match verdict.outlook {
            Outlook::Invalid => Some(verdict.summary.clone()),
            Outlook::Cut => refused.then(|| verdict.summary.clone()),
            Outlook::Failed
            | Outlook::StoppedEarly
            | Outlook::NotEnoughEvidence
            | Outlook::Warned
            | Outlook::Passed => None,
        }
    }

    /// When it began and ended, in milliseconds of the wall clock; `None` where the source has no wall clock.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length is not negative")]
    pub(super) fn span_ms(&self) -> Option<(u64, u64)> {
        let start = self.summary.started_unix_ms;
        (start > 0).then(|| (start, start + self.summary.elapsed_ms.max(0.0) as u64))
    }
}
