//! `JUnit`'s XML, as CI servers read it: a suite a run, a case an objective.

use super::words::untold;
use super::{AnalysedRun, Analysis, UnreadableRun};
use crate::markup::in_xml;
use brunt_run::{ObjectiveOutcome, Outlook, Standing};
use std::fmt::Write as _;

/// The host where a source names none: strict readers want one.
const HOST: &str = "localhost";
/// The case of a run that could not be.
const CAN_BE_READ: &str = "the run can be read";

/// One `testsuite` a run, one `testcase` an objective, and a first case for the run itself: whether its figures may be trusted.
/// Failed objectives are failures, a run that is invalid or cannot be read is an error, what was not judged is skipped, with the reason. A run
/// without a date has no `timestamp`.
pub fn analysis_junit(analysis: &Analysis) -> String {
    let runs = analysis.runs.iter().map(Suite::of);
    let suites: Vec<Suite<'_>> = runs.chain(analysis.unreadable.iter().map(Suite::unread)).collect();
    let sum = |of: fn(&Counts) -> usize| suites.iter().map(|suite| of(&suite.counts)).sum::<usize>();
    let all = Counts {
        tests: sum(|c| c.tests),
        failures: sum(|c| c.failures),
        errors: sum(|c| c.errors),
        skipped: sum(|c| c.skipped),
    };
    let time =
        suites.iter().filter_map(|suite| suite.run).map(|run| run.summary.elapsed_ms).sum::<f64>() / 1e3;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"load test\" {} time=\"{time:.3}\">", all.attributes());
    for suite in &suites {
        suite.write(&mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

/// What becomes of a case.
enum Fate {
    Passed,
    Failure,
    Error,
    Skipped,
}

/// A case: its name, what became of it, in a sentence, and what is known beside it.
struct Case<'a> {
    name: &'a str,
    fate: Fate,
    text: &'a str,
    notes: Vec<&'a String>,
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn attributes(&self) -> String {
        let Self { tests, failures, errors, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

struct Suite<'a> {
    name: &'a str,
    /// `None` if it could not be read.
    run: Option<&'a AnalysedRun>,
    cases: Vec<Case<'a>>,
    counts: Counts,
}

impl<'a> Suite<'a> {
    fn of(run: &'a AnalysedRun) -> Self {
        // That objectives failed is said by their own cases.
        let said = run.verdict.outlook != Outlook::Failed || untold(run);
        let text = if said { run.verdict.summary.as_str() } else { "" };
        let itself = Case { name: "the run is valid", fate: validity(run), text, notes: Vec::new() };
        let objective = |o: &'a ObjectiveOutcome| {
            let fate = match o.standing {
                Standing::Failed => Fate::Failure,
                Standing::NotJudged => Fate::Skipped,
                // A warning must not break a build; it is told in the case's output.
                Standing::Warned | Standing::Passed | Standing::Noted => Fate::Passed,
            };
            Case { name: &o.name, fate, text: &o.text, notes: o.further_notes().collect() }
        };
        let cases: Vec<Case<'a>> =
            std::iter::once(itself).chain(run.verdict.objectives.iter().map(objective)).collect();
        Self::with(&run.name, Some(run), cases)
    }

    fn unread(of: &'a UnreadableRun) -> Self {
        let case = Case { name: CAN_BE_READ, fate: Fate::Error, text: &of.reason, notes: Vec::new() };
        Self::with(&of.path, None, vec![case])
    }

    fn with(name: &'a str, run: Option<&'a AnalysedRun>, cases: Vec<Case<'a>>) -> Self {
        let mut counts = Counts { tests: cases.len(), ..Counts::default() };
        for case in &cases {
            match case.fate {
                Fate::Passed => {}
                Fate::Failure => counts.failures += 1,
                Fate::Error => counts.errors += 1,
                Fate::Skipped => counts.skipped += 1,
            }
        }
        Self { name, run, cases, counts }
    }

    fn write(&self, out: &mut String) {
        let summary = self.run.map(|run| &run.summary);
        let timestamp = timestamp(summary.map_or(0, |s| s.started_unix_ms));
        let host = summary.and_then(|s| s.environment.get("hostname"));
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" {} time=\"{:.3}\"{timestamp} hostname=\"{}\">",
            in_xml(self.name),
            self.counts.attributes(),
            summary.map_or(0.0, |s| s.elapsed_ms) / 1_000.0,
            in_xml(host.map_or(HOST, String::as_str)),
        );
        for case in &self.cases {
            case.write(self.name, out);
        }
        out.push_str("  </testsuite>\n");
    }
}

impl Case<'_> {
    fn write(&self, class: &str, out: &mut String) {
        let (class, name, text) = (in_xml(class), in_xml(self.name), in_xml(self.text));
        let notes: Vec<String> =
            std::iter::once(&text).cloned().chain(self.notes.iter().map(|n| in_xml(n))).collect();
        let said = notes.join("\n");
        let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"");
        let _ = match self.fate {
            Fate::Passed if self.text.is_empty() => writeln!(out, "/>"),
            Fate::Passed => writeln!(out, "><system-out>{said}</system-out></testcase>"),
            Fate::Failure => {
                writeln!(out, "><failure type=\"objective\" message=\"{text}\">{said}</failure></testcase>")
            }
            Fate::Error => {
                writeln!(out, "><error type=\"not valid\" message=\"{text}\">{said}</error></testcase>")
            }
            Fate::Skipped => writeln!(out, "><skipped message=\"{text}\"/></testcase>"),
        };
    }
}

/// ISO 8601 in UTC, without a zone as the common schema has it; nothing where the date is not known.
fn timestamp(unix_ms: u64) -> String {
    let millis = i64::try_from(unix_ms).ok().filter(|ms| *ms > 0);
    let at = millis.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.map_or_else(String::new, |at| format!(" timestamp=\"{}\"", at.strftime("%Y-%m-%dT%H:%M:%S")))
}

fn validity(run: &AnalysedRun) -> Fate {
    match run.verdict.outlook {
        Outlook::Cut | Outlook::Invalid => Fate::Error,
        // Without an objective that failed, the run itself did.
        Outlook::Failed if untold(run) => Fate::Failure,
        Outlook::Failed | Outlook::Warned | Outlook::Passed => Fate::Passed,
        Outlook::StoppedEarly | Outlook::NotEnoughEvidence => Fate::Skipped,
    }
}
