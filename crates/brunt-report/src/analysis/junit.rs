//! `JUnit`'s XML, as CI servers read it: a suite a run, a case an objective.

use super::words::harmless;
use super::{AnalysedRun, Analysis};
use brunt_run::{Outlook, Standing};
use std::fmt::Write as _;

/// One `testsuite` a run, one `testcase` an objective, and a first case for the run itself: whether its figures may be trusted.
/// Failed objectives are failures, an invalid run is an error, what was not judged is skipped, with the reason.
pub fn analysis_junit(analysis: &Analysis) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    analysis.runs.iter().for_each(|run| suite(&mut out, run));
    out.push_str("</testsuites>\n");
    out
}

/// What becomes of a case.
enum Fate<'a> {
    Passed,
    Failure(&'a str),
    Error(&'a str),
    Skipped(&'a str),
}

fn suite(out: &mut String, run: &AnalysedRun) {
    let mut cases = vec![("the run is valid".to_owned(), validity(run))];
    for o in &run.verdict.objectives {
        let fate = match o.standing {
            Standing::Failed => Fate::Failure(&o.text),
            Standing::NotJudged => Fate::Skipped(&o.text),
            // A warning must not break a build; it is told in the case's output.
            Standing::Warned | Standing::Passed | Standing::Noted => Fate::Passed,
        };
        cases.push((o.name.clone(), fate));
    }
    let count = |is: fn(&Fate<'_>) -> bool| cases.iter().filter(|(_, fate)| is(fate)).count();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        escape(&run.name),
        cases.len(),
        count(|f| matches!(f, Fate::Failure(_))),
        count(|f| matches!(f, Fate::Error(_))),
        count(|f| matches!(f, Fate::Skipped(_))),
        run.summary.elapsed_ms / 1_000.0
    );
    let notes = std::iter::once(None).chain(run.verdict.objectives.iter().map(Some));
    for ((name, fate), outcome) in cases.iter().zip(notes) {
        let _ = write!(out, "    <testcase classname=\"{}\" name=\"{}\"", escape(&run.name), escape(name));
        let said = |text: &str| escape(text);
        let _ = match fate {
            Fate::Passed => match outcome {
                Some(o) => writeln!(out, "><system-out>{}</system-out></testcase>", said(&o.text)),
                None => writeln!(out, "/>"),
            },
            Fate::Failure(text) => writeln!(out, "><failure message=\"{}\"/></testcase>", said(text)),
            Fate::Error(text) => writeln!(out, "><error message=\"{}\"/></testcase>", said(text)),
            Fate::Skipped(text) => writeln!(out, "><skipped message=\"{}\"/></testcase>", said(text)),
        };
    }
    out.push_str("  </testsuite>\n");
}

fn validity(run: &AnalysedRun) -> Fate<'_> {
    let text = &run.verdict.summary;
    let objective_failed = run.verdict.objectives.iter().any(|o| o.standing == Standing::Failed);
    match run.verdict.outlook {
        Outlook::Cut | Outlook::Invalid => Fate::Error(text),
        // Without an objective that failed, the run itself did.
        Outlook::Failed if !objective_failed => Fate::Failure(text),
        Outlook::Failed | Outlook::Warned | Outlook::Passed => Fate::Passed,
        Outlook::StoppedEarly | Outlook::NotEnoughEvidence => Fate::Skipped(text),
    }
}

/// Text in an attribute or an element; what XML 1.0 cannot hold is replaced.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in harmless(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(super::escape("a<b>&\"'\u{1b}\u{ffff}"), "a&lt;b&gt;&amp;&quot;&apos;\u{fffd}\u{fffd}");
    }
}
