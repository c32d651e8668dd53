//! Metric samples of k6, whatever file they come from, become requests.
//!
//! One request is eight to ten samples in a row, of which each has one value and all the tags. What belongs together has
//! one name, instant and status, and each metric once. A file that was sorted or filtered falls apart: what then stands
//! alone and is no `http_req_duration` counts for nothing, and that is said.

use crate::assemble::FROM_SEND;
use crate::fold::{Dated, Fold, Sampled};
use crate::notes::{At, Notes};
use crate::number::{Instant, counted};
use crate::table::sound;
use crate::words::{self, status};
use brunt_metrics::{EndpointId, ErrorKind, Nanos, Outcome, Part, Status};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds, k6's unit of all times.
const MS: f64 = 1e6;
/// Seconds for which the number of users is kept: a week, as runs may last.
const MAX_USER_SECONDS: usize = 7 * 24 * 3_600;
/// Names of metrics that are not read and are told.
const MAX_METRICS: usize = 12;
/// Targets that are listed.
const MAX_TARGETS: usize = 8;
/// Where checks outside of all groups are shown.
const NO_GROUP: &str = "(outside of groups)";

/// Tags of a sample that are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) url: Cow<'a, str>,
    pub(super) method: Cow<'a, str>,
    pub(super) status: Cow<'a, str>,
    pub(super) scenario: Cow<'a, str>,
    pub(super) group: Cow<'a, str>,
    pub(super) check: Cow<'a, str>,
    pub(super) error: Cow<'a, str>,
    pub(super) error_code: Cow<'a, str>,
    pub(super) expected_response: Cow<'a, str>,
}

/// One value of a metric.
pub(super) struct Point<'a> {
    pub(super) metric: &'a str,
    pub(super) when: Instant,
    pub(super) value: f64,
    pub(super) tags: Tags<'a>,
    pub(super) at: At,
}

/// A metric of HTTP requests, by its place in a request's samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Http {
    Count,
    Duration,
    Failed,
    Part(Part),
}

fn http(metric: &str) -> Option<Http> {
    Some(match metric {
        "http_reqs" => Http::Count,
        "http_req_duration" => Http::Duration,
        "http_req_failed" => Http::Failed,
        "http_req_blocked" => Http::Part(Part::Blocked),
        "http_req_connecting" => Http::Part(Part::Connect),
        "http_req_tls_handshaking" => Http::Part(Part::Tls),
        "http_req_sending" => Http::Part(Part::Sending),
        "http_req_waiting" => Http::Part(Part::Waiting),
        "http_req_receiving" => Http::Part(Part::Receiving),
        _ => return None,
    })
}

impl Http {
    const fn bit(self) -> u16 {
        match self {
            Self::Count => 1,
            Self::Duration => 2,
            Self::Failed => 4,
            Self::Part(part) => 8 << part as u16,
        }
    }
}

/// The samples of one request, as far as they came.
#[derive(Debug)]
struct Request {
    endpoint: EndpointId,
    when: Instant,
    status: Status,
    /// What the tags say of its success.
    expected: Option<bool>,
    error: Option<ErrorKind>,
    seen: u16,
    duration: Option<Nanos>,
    failed: Option<bool>,
    parts: [Nanos; Part::ALL.len()],
    at: At,
}

/// Samples on their way into seconds.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) fold: Fold,
    request: Option<Request>,
    users: BTreeMap<i64, (Instant, u64)>,
    pub(super) bytes_out: u64,
    pub(super) bytes_in: u64,
    targets: BTreeSet<String>,
    others: BTreeSet<String>,
    /// Samples of requests without a duration.
    alone: u64,
    read: u64,
}

impl Points {
    /// Counts a sample.
    pub(super) fn add(&mut self, point: &Point<'_>, notes: &mut Notes) {
        self.read += 1;
        if let Some(metric) = http(point.metric) {
            self.add_http(metric, point, notes);
            return;
        }
        let scenario = scenario_of(&point.tags);
        let (at, when) = (point.at, Dated { instant: point.when, at: point.at });
        match point.metric {
            "iterations" | "dropped_iterations" => {
                let id = self.fold.scenario(scenario);
                let Some(second) = self.fold.scenario_second(id, when, notes) else { return };
                let count = counted(point.value);
                second.due += count;
                if point.metric == "iterations" {
                    second.started += count;
                    second.completed += count;
                } else {
                    second.dropped += count;
                }
            }
            "checks" => {
                let group = self.fold.group(scenario, group_name(&point.tags.group).unwrap_or(NO_GROUP));
                let check = self.fold.check(group, &point.tags.check);
                let held = point.value != 0.0;
                self.fold.checked(check, [u64::from(held), u64::from(!held)], when, notes);
            }
            "group_duration" => {
                let group = self.fold.group(scenario, group_name(&point.tags.group).unwrap_or(NO_GROUP));
                if let Some(took) = sound(point.value * MS, at, notes) {
                    self.fold.passage(group, when, took, notes);
                }
            }
            "vus" if self.users.len() < MAX_USER_SECONDS => {
                self.users
                    .insert(point.when.ns.div_euclid(1_000_000_000), (point.when, counted(point.value)));
            }
            "data_sent" => self.bytes_out = self.bytes_out.saturating_add(counted(point.value)),
            "data_received" => self.bytes_in = self.bytes_in.saturating_add(counted(point.value)),
            "vus" | "vus_max" | "iteration_duration" => {}
            other if self.others.len() < MAX_METRICS => {
                self.others.insert(words::shown(other));
            }
            _ => {}
        }
    }

    fn add_http(&mut self, metric: Http, point: &Point<'_>, notes: &mut Notes) {
        let tags = &point.tags;
        let name =
            [&tags.name, &tags.url].into_iter().find(|n| !n.is_empty()).map_or("(unnamed)", |n| n.as_ref());
        let method = if tags.method.is_empty() { "*" } else { tags.method.as_ref() };
        let endpoint = self.fold.endpoint(scenario_of(tags), method, name);
        let status = status(&tags.status);
        let same = |r: &Request| {
            r.endpoint == endpoint && r.when == point.when && r.status == status && r.seen & metric.bit() == 0
        };
        if !self.request.as_ref().is_some_and(same) {
            self.end_request(notes);
            self.note_target(&tags.url);
        }
        let request = self.request.get_or_insert_with(|| Request {
            endpoint,
            when: point.when,
            status,
            expected: match tags.expected_response.as_ref() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            error: error_of(&tags.error_code).or_else(|| words::kind_of(&tags.error)),
            seen: 0,
            duration: None,
            failed: None,
            parts: Default::default(),
            at: point.at,
        });
        request.seen |= metric.bit();
        match metric {
            Http::Count => {}
            Http::Duration => request.duration = sound(point.value * MS, point.at, notes),
            Http::Failed => request.failed = Some(point.value != 0.0),
            Http::Part(part) => {
                request.parts[part as usize] = sound(point.value * MS, point.at, notes).unwrap_or_default();
            }
        }
        if metric == Http::Duration && !tags.error.is_empty() {
            let kind = request.error.unwrap_or(ErrorKind::Io);
            self.fold.detail(endpoint, Outcome::Error(kind), point.when, &tags.error);
        }
    }

    fn end_request(&mut self, notes: &mut Notes) {
        let Some(request) = self.request.take() else { return };
        let Some(duration) = request.duration else {
            self.alone += 1;
            return;
        };
        let by_code =
            || request.status != Status::NONE && request.status.class() < 4 && request.error.is_none();
        let passed = request.failed.map(|f| !f).or(request.expected).unwrap_or_else(by_code);
        let kind = match request.status.class() {
            0 => request.error.filter(|k| *k != ErrorKind::Status).unwrap_or(ErrorKind::Io),
            4.. => ErrorKind::Status,
            // The script said which statuses it expects.
            _ => request.error.unwrap_or(ErrorKind::Status),
        };
        let outcome = if passed { Outcome::Ok } else { Outcome::Error(kind) };
        let mut sampled = Sampled::new(request.endpoint, request.when, duration);
        sampled.status = request.status;
        sampled.outcome = outcome;
        sampled.parts = request.parts;
        self.fold.request(&sampled, notes, request.at);
    }

    fn note_target(&mut self, url: &str) {
        let Some(after) = url.find("://").map(|at| at + 3) else { return };
        let end = url[after..].find(['/', '?', '#']).map_or(url.len(), |n| after + n);
        // Credentials may stand before the host.
        let host = url[after..end].rsplit('@').next().unwrap_or_default();
        if self.targets.len() < MAX_TARGETS && !host.is_empty() {
            self.targets.insert(words::shown(&format!("{}{host}", &url[..after])));
        }
    }

    /// Ends the last request, settles users, and says what k6 cannot tell.
    pub(super) fn finish(mut self, notes: &mut Notes) -> (Fold, Vec<String>, [u64; 2]) {
        self.end_request(notes);
        if self.alone > 0 {
            let alone = self.alone;
            notes.problem("requests without duration", At::default(), || {
                format!(
                    "{alone} requests have samples without their `http_req_duration`, which count for nothing: was the file \
                     sorted or filtered?"
                )
            });
        }
        self.settle_users(notes);
        notes.gap(format!("k6: {FROM_SEND}"));
        notes.gap(
            "k6's request time leaves out waiting for a connection, DNS, connecting and TLS: these stand as parts beside it, and a \
             request that got no connection has a time of 0",
        );
        if self.bytes_in.max(self.bytes_out) > 0 {
            notes.gap("k6 counts bytes per iteration: they stand in the totals, not at endpoints");
        }
        notes.gap("k6 does not say which iterations failed: those that ended count as completed");
        if !self.others.is_empty() {
            let names = self.others.iter().cloned().collect::<Vec<_>>().join("`, `");
            notes.gap(format!("metrics that are no HTTP requests are not read: `{names}`"));
        }
        (self.fold, self.targets.into_iter().collect(), [self.bytes_out, self.bytes_in])
    }

    /// k6 counts users of all scenarios together: with one scenario they are its own.
    fn settle_users(&mut self, notes: &mut Notes) {
        if self.users.is_empty() {
            return;
        }
        let owner = self.fold.only_scenario().unwrap_or_else(|| {
            notes.gap("k6 counts the users of all scenarios together: they stand in a scenario of their own");
            self.fold.scenario("(users of all scenarios)")
        });
        for (when, count) in std::mem::take(&mut self.users).into_values() {
            self.fold.users(owner, count, Dated { instant: when, at: At::default() }, notes);
        }
    }
}

fn scenario_of<'a>(tags: &'a Tags<'_>) -> &'a str {
    if tags.scenario.is_empty() { "default" } else { &tags.scenario }
}

/// `::list::page` is `list::page`; the root has no name.
fn group_name(path: &str) -> Option<&str> {
    Some(path.strip_prefix("::").unwrap_or(path)).filter(|name| !name.is_empty())
}

/// k6's numbers of errors (<https://grafana.com/docs/k6/latest/javascript-api/error-codes/>).
fn error_of(code: &str) -> Option<ErrorKind> {
    Some(match code.trim().parse::<u16>().ok()? {
        1050 => ErrorKind::RequestTimeout,
        1100..=1199 => ErrorKind::Dns,
        1201 | 1220 => ErrorKind::Reset,
        1211 => ErrorKind::ConnectTimeout,
        1212 => ErrorKind::ConnectRefused,
        1210 | 1213 => ErrorKind::Connect,
        1300..=1399 => ErrorKind::Tls,
        1400..=1599 => ErrorKind::Status,
        1600..=1699 => ErrorKind::Protocol,
        1700..=1799 => ErrorKind::Decode,
        1000..=1299 => ErrorKind::Io,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes() {
        for (code, kind) in [
            ("1050", Some(ErrorKind::RequestTimeout)),
            ("1101", Some(ErrorKind::Dns)),
            ("1200", Some(ErrorKind::Io)),
            ("1212", Some(ErrorKind::ConnectRefused)),
            ("1310", Some(ErrorKind::Tls)),
            ("1503", Some(ErrorKind::Status)),
            ("", None),
            ("7", None),
        ] {
            assert_eq!(error_of(code), kind, "{code}");
        }
    }
}
