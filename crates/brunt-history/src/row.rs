//! A run as the index lists it.

use brunt_metrics::Nanos;
use brunt_run::{Outlook, Verdict};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A run, as far as lists need it. What is not known is `None`, never 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is called on a command line: the name of its folder.
    pub id: String,
    /// The id that it was born with; empty if its record cannot be opened.
    pub run_id: String,
    /// Its record: below the folder of records; on a server, as whoever added it said.
    pub folder: PathBuf,
    /// The workload's name.
    pub name: String,
    /// The profile of the plan.
    pub profile: Option<String>,
    /// Where the load went, one base URL an origin.
    pub targets: Vec<String>,
    /// When it began, in milliseconds since 1970-01-01T00:00Z; 0 if its record cannot be opened.
    pub started_unix_ms: u64,
    /// What became of its record.
    pub state: State,
    /// What it may be taken for, if that was judged.
    pub outlook: Option<Outlook>,
    /// The verdict in a sentence.
    pub verdict: Option<String>,
    /// Whether its figures can be trusted, if that was judged.
    pub trust: Option<Trust>,
    /// Words to find it by.
    pub labels: BTreeMap<String, String>,
    /// The branch of the code that it ran for or from.
    pub branch: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// How long it took.
    pub elapsed: Option<Nanos>,
    /// Requests of the load phase that ended.
    pub requests: Option<u64>,
    /// Of these, those that failed.
    pub errors: Option<u64>,
    /// For how long load was measured.
    pub measured: Option<Nanos>,
    /// Response times of the load phase: p50, p95, p99.
    pub p50: Option<Nanos>,
    /// See `p50`.
    pub p95: Option<Nanos>,
    /// See `p50`.
    pub p99: Option<Nanos>,
}

impl Row {
    /// What tells it from all others, also on a server, where folders of one name meet: the id that it was born with, and that
    /// of its folder.
    pub fn full_id(&self) -> String {
        format!("{}/{}", self.run_id, self.id)
    }

    /// Requests a second.
    pub fn rate(&self) -> Option<f64> {
        let measured = self.measured.filter(|m| *m > Nanos::ZERO)?;
        Some(self.requests? as f64 / measured.as_secs_f64())
    }

    /// The share of requests that failed, 0 to 1.
    pub fn error_share(&self) -> Option<f64> {
        let requests = self.requests.filter(|r| *r > 0)?;
        Some(self.errors? as f64 / requests as f64)
    }
}

/// What became of a run's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has its end.
    Finished,
    /// The run was killed, or it still runs.
    Unfinished,
    /// A part of it is lost, and why: figures are those of what is left.
    Damaged(String),
    /// It cannot be opened, and why.
    Broken(String),
}

impl State {
    /// As it stands in the index.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Unfinished => "unfinished",
            Self::Damaged(_) => "damaged",
            Self::Broken(_) => "broken",
        }
    }

    pub(crate) fn why(&self) -> Option<String> {
        match self {
            Self::Finished | Self::Unfinished => None,
            Self::Damaged(why) | Self::Broken(why) => Some(why.clone()),
        }
    }

    pub(crate) fn of(code: &str, why: Option<String>) -> Option<Self> {
        let why = why.unwrap_or_default();
        match code {
            "finished" => Some(Self::Finished),
            "unfinished" => Some(Self::Unfinished),
            "damaged" => Some(Self::Damaged(why)),
            "broken" => Some(Self::Broken(why)),
            _ => None,
        }
    }
}

/// Whether a run's figures can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Nothing speaks against them.
    Sound,
    /// The generator was the limit: the load was not what was asked for, or times are its own.
    GeneratorLimited,
    /// Something else speaks against them: dropped arrivals, a self-check, a run that was cut.
    Doubtful,
}

/// What reasons of a verdict begin with when the machine that made the load was the limit.
const OWN_LIMITS: [&str; 2] = ["generator-", "local-limit"];

impl Trust {
    /// What a verdict says of it.
    pub fn of(verdict: &Verdict) -> Self {
        let own = |id: &str| OWN_LIMITS.iter().any(|prefix| id.starts_with(prefix));
        match verdict.outlook {
            Outlook::Invalid if verdict.findings.iter().any(|f| f.against && own(&f.id)) => {
                Self::GeneratorLimited
            }
            Outlook::Invalid | Outlook::Cut => Self::Doubtful,
            Outlook::Failed
            | Outlook::StoppedEarly
            | Outlook::NotEnoughEvidence
            | Outlook::Warned
            | Outlook::Passed => Self::Sound,
        }
    }

    /// Its word, in lists and in the index.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::GeneratorLimited => "generator-limited",
            Self::Doubtful => "doubtful",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Sound, Self::GeneratorLimited, Self::Doubtful].into_iter().find(|t| t.word() == word)
    }
}

/// All outlooks with their codes, as records have them.
pub(crate) const OUTLOOKS: [(Outlook, &str); 7] = [
    (Outlook::Cut, "cut"),
    (Outlook::Invalid, "invalid"),
    (Outlook::Failed, "failed"),
    (Outlook::StoppedEarly, "stopped_early"),
    (Outlook::NotEnoughEvidence, "not_enough_evidence"),
    (Outlook::Warned, "warned"),
    (Outlook::Passed, "passed"),
];

/// An outlook as it stands in the index.
pub(crate) fn code_of(outlook: Outlook) -> &'static str {
    OUTLOOKS.iter().find(|(o, _)| *o == outlook).map_or("", |(_, code)| code)
}

/// The outlook of a code.
pub(crate) fn outlook_of(code: &str) -> Option<Outlook> {
    OUTLOOKS.iter().find(|(_, c)| *c == code).map(|(outlook, _)| *outlook)
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_run::VerdictReason;

    #[test]
    fn trust_is_read_off_the_verdict() {
        let reason = |id: &str, against| VerdictReason { id: id.into(), against, text: String::new() };
        for (outlook, findings, expected) in [
            (Outlook::Passed, vec![reason("generator-cpu", false)], Trust::Sound),
            (Outlook::Failed, vec![reason("objective", true)], Trust::Sound),
            (Outlook::Invalid, vec![reason("generator-lag", true)], Trust::GeneratorLimited),
            (Outlook::Invalid, vec![reason("local-limit", true)], Trust::GeneratorLimited),
            (
                Outlook::Invalid,
                vec![reason("dropped", true), reason("generator-cpu", false)],
                Trust::Doubtful,
            ),
            (Outlook::Cut, vec![], Trust::Doubtful),
        ] {
            let verdict = Verdict { outlook, summary: String::new(), findings, objectives: vec![] };
            assert_eq!(Trust::of(&verdict), expected, "{outlook:?}");
            assert_eq!(Trust::of_word(expected.word()), Some(expected));
        }
    }

    #[test]
    fn every_outlook_has_its_code() {
        for (outlook, code) in OUTLOOKS {
            assert_eq!(serde_json::to_value(outlook).expect("JSON"), code);
            assert_eq!(outlook_of(code_of(outlook)), Some(outlook));
        }
    }
}
