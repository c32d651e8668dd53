//! Lines of `events.jsonl`: everything of a run but its seconds, one JSON object a line.
//!
//! A line is `{"after": 1234, "kind": "warning", "body": {..}}`: `after` is the length that `seconds.brunt`
//! had when the event happened, so that both files together give the run's order exactly.

use super::frame::Tear;
use crate::{ErrorDetail, Finish, Mark, PhaseChange, ResourceSeries, RunEvent, Verdict, Warning};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read};

/// The longest line. Texts of errors are bounded to 200 bytes, and verdicts to their findings.
pub(super) const MAX_LINE: usize = 1 << 20;

#[derive(Serialize)]
struct Line<'a> {
    after: u64,
    #[serde(flatten)]
    event: Body<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
enum Body<'a> {
    Phase(&'a PhaseChange),
    ErrorDetail(&'a ErrorDetail),
    ResourceSeries(&'a ResourceSeries),
    Warning(&'a Warning),
    Mark(&'a Mark),
    Verdict(&'a Verdict),
    Finished(&'a Finish),
}

/// The line of an event, with its line feed; `None` for events that are kept elsewhere.
pub(super) fn line(event: &RunEvent, after: u64) -> Option<Result<Vec<u8>, serde_json::Error>> {
    let event = match event {
        RunEvent::Phase(p) => Body::Phase(p),
        RunEvent::ErrorDetail(e) => Body::ErrorDetail(e),
        RunEvent::Warning(w) => Body::Warning(w),
        RunEvent::Mark(m) => Body::Mark(m),
        RunEvent::Verdict(v) => Body::Verdict(v),
        RunEvent::Finished(f) => Body::Finished(f),
        RunEvent::ResourceSeries(s) => Body::ResourceSeries(s),
        RunEvent::Started(_) | RunEvent::Second(_) | RunEvent::Host(_) | RunEvent::Resources(_) => {
            return None;
        }
    };
    let text = serde_json::to_vec(&Line { after, event }).map(|mut text| {
        text.push(b'\n');
        text
    });
    Some(text)
}

/// What comes next in the file of lines.
#[derive(Debug)]
pub(super) enum NextLine {
    /// A whole line. No event if its kind, or a word in it, is of a later version.
    Line {
        after: u64,
        event: Option<RunEvent>,
    },
    End,
    Torn(Tear),
}

/// Reads lines one after another; holds one at a time.
#[derive(Debug)]
pub(super) struct LineReader<R> {
    source: R,
    intact: u64,
}

impl<R: BufRead> LineReader<R> {
    pub(super) const fn new(source: R) -> Self {
        Self { source, intact: 0 }
    }

    /// Where in the file the last whole line ends.
    pub(super) const fn intact(&self) -> u64 {
        self.intact
    }

    /// Reads a line. Not to be called again after anything but [`NextLine::Line`].
    pub(super) fn read(&mut self) -> NextLine {
        match self.read_line() {
            Ok(next) => next,
            Err(error) => NextLine::Torn(Tear::Unreadable(error.to_string())),
        }
    }

    fn read_line(&mut self) -> io::Result<NextLine> {
        let mut bytes = Vec::new();
        let length = self.source.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut bytes)?;
        if length == 0 {
            return Ok(NextLine::End);
        }
        if bytes.pop() != Some(b'\n') {
            return Ok(NextLine::Torn(Tear::Cut));
        }
        match parse(&bytes) {
            Ok(line) => {
                self.intact += length as u64;
                Ok(line)
            }
            Err(error) => Ok(NextLine::Torn(Tear::Undecodable(error.to_string()))),
        }
    }
}

fn parse(bytes: &[u8]) -> Result<NextLine, serde_json::Error> {
    #[derive(Deserialize)]
    struct Raw {
        after: u64,
        kind: String,
        body: serde_json::Value,
    }
    let Raw { after, kind, body } = serde_json::from_slice(bytes)?;
    let event = match kind.as_str() {
        "phase" => serde_json::from_value(body).ok().map(RunEvent::Phase),
        "error_detail" => serde_json::from_value(body).ok().map(RunEvent::ErrorDetail),
        "resource_series" => serde_json::from_value(body).ok().map(RunEvent::ResourceSeries),
        "warning" => serde_json::from_value(body).ok().map(RunEvent::Warning),
        "mark" => serde_json::from_value(body).ok().map(RunEvent::Mark),
        "verdict" => serde_json::from_value(body).ok().map(RunEvent::Verdict),
        "finished" => serde_json::from_value(body).ok().map(RunEvent::Finished),
        _ => None,
    };
    Ok(NextLine::Line { after, event })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outlook, ResourceId, ResourceKind, ResourceUnit, StopReason, VerdictReason, WarningKind};
    use brunt_metrics::{EndpointId, ErrorKind, Nanos, Phase, ScenarioId};

    fn events() -> Vec<RunEvent> {
        vec![
            RunEvent::Phase(PhaseChange {
                at: Nanos(1),
                scenario: ScenarioId(0),
                phase: Some(Phase::WarmUp),
            }),
            RunEvent::ErrorDetail(ErrorDetail {
                at: Nanos(2),
                endpoint: EndpointId(3),
                kind: ErrorKind::ConnectRefused,
                text: "connection \"refused\"\n".to_owned(),
            }),
            RunEvent::Warning(Warning { at: Nanos(3), kind: WarningKind::SelfCheck, text: "w".to_owned() }),
            RunEvent::Verdict(Verdict {
                outlook: Outlook::NotEnoughEvidence,
                summary: "s".to_owned(),
                findings: vec![VerdictReason {
                    id: "little".to_owned(),
                    against: true,
                    text: "t".to_owned(),
                }],
                objectives: Vec::new(),
            }),
            RunEvent::ResourceSeries(ResourceSeries {
                id: ResourceId(7),
                source: "nginx".to_owned(),
                name: "cpu".to_owned(),
                unit: ResourceUnit::Cores,
                kind: ResourceKind::Cpu,
                limit: Some(1.5),
                every: 1,
            }),
            RunEvent::Finished(Finish {
                at: Nanos(4),
                reason: StopReason::WorkerLost,
                in_flight: 5,
                self_checks_failed: vec!["x".to_owned()],
            }),
        ]
    }

    #[test]
    fn lines_as_written() {
        let text: Vec<u8> = events().iter().flat_map(|e| line(e, 12).unwrap().unwrap()).collect();
        insta::assert_snapshot!(String::from_utf8(text).unwrap());
    }

    #[test]
    fn reading_undoes_writing() {
        for event in events() {
            let bytes = line(&event, 77).unwrap().unwrap();
            match LineReader::new(bytes.as_slice()).read() {
                NextLine::Line { after: 77, event: Some(read) } => assert_eq!(read, event),
                other @ (NextLine::Line { .. } | NextLine::End | NextLine::Torn(_)) => panic!("{other:?}"),
            }
            for end in 1..bytes.len() {
                let mut reader = LineReader::new(&bytes[..end]);
                assert!(matches!(reader.read(), NextLine::Torn(_)));
                assert_eq!(reader.intact(), 0);
            }
        }
    }

    #[test]
    fn kinds_and_words_of_later_versions_are_passed_over() {
        for text in [
            r#"{"after":12,"kind":"marker","body":{"x":1}}"#,
            r#"{"after":12,"kind":"warning","body":{"at":3,"kind":"moon","text":"t"},"more":1}"#,
        ] {
            let bytes = format!("{text}\n");
            let next = LineReader::new(bytes.as_bytes()).read();
            assert!(matches!(next, NextLine::Line { after: 12, event: None }), "{next:?}");
        }
    }
}
