//! `JMeter`'s results (JTL), as CSV or as XML: a row or an element a sample.
//!
//! `timeStamp` is the sample's start, as `JMeter`'s shipped `jmeter.properties` have it (`sampleresult.timestamp.start=true`).
//! `elapsed` goes from before the connection to the end of the answer. A sample of a transaction controller sums up
//! samples that stand by themselves: it is a group here.

mod csv;
mod xml;

pub(crate) use csv::{DEFAULT_COLUMNS, read_csv};
pub(crate) use xml::read_xml;

use crate::assemble::{FROM_SEND, sampled};
use crate::fold::{Dated, Fold, Heading, Sampled};
use crate::notes::{At, Notes};
use crate::number::Instant;
use crate::words::{failed, status};
use crate::{Kind, Results, ResultsError, Tool};
use brunt_metrics::{Nanos, Part};

const MS: f64 = 1e6;

/// How a transaction controller's message begins.
const TRANSACTION: &str = "Number of samples in transaction";

/// A sample, in either form.
struct Jtl<'a> {
    at: At,
    began: Instant,
    elapsed: Nanos,
    label: &'a str,
    code: &'a str,
    message: &'a str,
    /// What an assertion says.
    failure: &'a str,
    thread: &'a str,
    success: &'a str,
    /// It has neither a URL nor a type of data, as transaction controllers have none.
    bare: bool,
    bytes: u64,
    sent: u64,
    /// Threads of its group.
    users: Option<u64>,
    connect: Nanos,
    /// From the start to the first byte, with connecting in it; 0 without an answer.
    latency: Nanos,
    /// How many it stands for.
    samples: u64,
}

impl Jtl<'_> {
    fn is_transaction(&self) -> bool {
        self.bare && self.message.starts_with(TRANSACTION)
    }

    fn add(&self, fold: &mut Fold, notes: &mut Notes) {
        let at = self.at;
        let ns = self.began.ns.saturating_add(i64::try_from(self.elapsed.0).unwrap_or(0));
        let ended = Instant { ns, grain: self.began.grain };
        let scenario = thread_group(self.thread);
        if self.samples > 1 {
            notes.problem("rows that sum up samples", at, || {
                "a row stands for several samples (statistical mode) and counts as one: set `mode=Standard` and run again".to_owned()
            });
        }
        if self.is_transaction() {
            let group = fold.group(scenario, self.label);
            fold.passage(group, Dated { instant: ended, at }, self.elapsed, notes);
            return;
        }
        let status = status(self.code);
        let message = if self.failure.is_empty() { self.message } else { self.failure };
        let passed = match self.success.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => (2..4).contains(&status.class()),
        };
        let endpoint = fold.endpoint(scenario, "*", self.label);
        let mut sampled = Sampled::new(endpoint, ended, self.elapsed);
        sampled.status = status;
        if !passed {
            // Without an answer the code is a sentence: `Non HTTP response code: java.net.ConnectException`.
            let words = format!("{} {message}", self.code).replace("Non HTTP response", "");
            sampled.outcome = failed(status, &words);
            fold.detail(endpoint, sampled.outcome, ended, message);
        }
        sampled.bytes_in = self.bytes;
        sampled.bytes_out = self.sent;
        sampled.parts = self.parts();
        fold.request(&sampled, notes, at);
        if let Some(users) = self.users {
            let scenario = fold.scenario(scenario);
            fold.users(scenario, users, Dated { instant: self.began, at }, notes);
        }
    }

    /// What follows the first byte is the rest of the answer.
    fn parts(&self) -> [Nanos; Part::ALL.len()] {
        let mut parts = [Nanos::ZERO; Part::ALL.len()];
        parts[Part::Connect as usize] = self.connect;
        if self.latency > Nanos::ZERO {
            parts[Part::Waiting as usize] = self.latency - self.connect;
            parts[Part::Receiving as usize] = self.elapsed - self.latency;
        }
        parts
    }
}

fn finish(fold: Fold, kind: Kind, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    if fold.requests() == 0 && fold.has_names() {
        notes.problem("only transactions", At::default(), || {
            "all rows are of transaction controllers that hide their requests: turn `Generate parent sample` off, or save as XML"
                .to_owned()
        });
    }
    notes.gap(format!("JMeter: {FROM_SEND}"));
    notes.gap("JMeter's time goes from before the connection to the end of the answer; it says nothing of DNS and TLS apart");
    sampled(fold, &Heading::new(Tool::Jmeter, name), kind, notes)
}

/// `Thread Group 1-3` is the third thread of the first start of `Thread Group`.
fn thread_group(thread: &str) -> &str {
    let thread = thread.trim();
    let numbers = |tail: &str| {
        tail.split_once('-').is_some_and(|(a, b)| {
            [a, b].iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    match thread.rsplit_once(' ') {
        Some((group, tail)) if numbers(tail) => group,
        _ if thread.is_empty() => "Thread Group",
        _ => thread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{ErrorKind, Outcome};

    #[test]
    fn thread_groups() {
        for (thread, group) in [
            ("Thread Group 1-3", "Thread Group"),
            ("Buyers 2-15", "Buyers"),
            ("setUp", "setUp"),
            ("", "Thread Group"),
            ("Ultimate Group 1-", "Ultimate Group 1-"),
        ] {
            assert_eq!(thread_group(thread), group, "{thread:?}");
        }
        assert_eq!(
            failed(status("200"), " Test failed: text expected to contain /x/"),
            Outcome::Error(ErrorKind::Check)
        );
    }
}
