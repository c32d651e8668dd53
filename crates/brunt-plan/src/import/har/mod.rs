//! Recordings of a browser: HAR 1.2.
//!
//! A page becomes an action, its requests steps in the order of time. Requests that were under way at once become a
//! batch, gaps of more than [`SHORTEST_PAUSE_MS`] pauses. Values that an answer brought and a later request sent are
//! saved and used ([`weave`]), secrets come from the environment, and what the client does by itself (cookies,
//! `host`, `content-length`) is left to it.
//!
//! Start with [`plan`]; [`entry`] reads entries, [`weave`] finds the values, [`paths`] names the endpoints.

mod entry;

mod paths;

mod weave;

use super::Notes;
use super::build::{Map, Piece, text_at};
use super::call::{Call, Header, Names, Secrets, header_map, in_turn, load, plain, split_origin};
use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{Entry, Node, Value};
use brunt_metrics::Nanos;
use entry::{Recorded, Recording};
use std::collections::{BTreeMap, BTreeSet};
use weave::{Request, Weave};

/// Whether values that answers brought are looked for in later requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correlate {
    /// They are saved and used.
    #[default]
    Yes,
    /// Requests say what they said when they were recorded.
    No,
}

/// Which hosts of a recording are taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hosts {
    /// Only that of the first page: one does not put load on others.
    #[default]
    First,
    /// All.
    All,
}

/// The shortest gap that is somebody's pause and not the browser's own work.
const SHORTEST_PAUSE_MS: f64 = 100.0;

/// Requests that browsers have under way at once without being told (HTTP/1.1), and a plan's default.
const DEFAULT_AT_ONCE: usize = 6;

pub(super) fn looks_like(root: &Node) -> bool {
    root.entry("log").is_some_and(|log| log.value.entry("entries").is_some())
}

pub(super) fn plan(
    root: &Node,
    options: super::ImportOptions,
    (secrets, problems, notes): (&mut Secrets, &mut Vec<Diagnostic>, &mut Notes),
) -> Option<Node> {
    let recording = entry::recording(root, problems)?;
    let (kept, origin) = keep_hosts(recording, options.hosts, problems)?;
    let mut plan = Map::at(root.span.clone());
    plan.put("name", "recording");
    plan.put("target", text_at(&kept.entries[0].url_span, origin.clone()));
    let groups = groups(&kept.entries);
    let names = paths::names(&kept.entries);
    let requests = requests(&kept.entries, &groups, options.correlate, secrets);
    warn_old_cookies(&kept.entries, problems);
    for request in &requests {
        request.saves.iter().for_each(|save| notes.say(format!("correlated: {}", save.note)));
    }
    if options.correlate == Correlate::Yes && requests.iter().all(|r| r.saves.is_empty()) {
        notes.say("no value of an answer was found in a later request");
    }
    let shared = shared_headers(&requests);
    let mut http = Map::at(root.span.clone());
    if kept.entries.iter().any(Recorded::is_redirect) {
        // The recording has what the redirects led to as requests of their own.
        http.put("redirects", 0_u64);
    }
    if !shared.is_empty() {
        http.put("headers", header_map(&shared));
    }
    if !http.is_empty() {
        plan.put("http", http);
    }
    secrets.put_into(&mut plan, problems);
    let mut writer = Writer { entries: &kept.entries, groups, names, requests, shared, origin };
    let (actions, order) = writer.actions(&kept.pages, root);
    plan.put("actions", actions);
    in_turn(&mut plan, "visitor", &order);
    load(&mut plan, vec![("users", Piece::from(1_u64)), ("duration", "1m".into())]);
    notes.say("a recording is of one visitor: so is the load, for a minute; more users come by `-u 50`");
    Some(plan.node())
}

/// The entries of the hosts that are asked for, and the origin of the first page.
fn keep_hosts(
    mut recording: Recording,
    hosts: Hosts,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Recording, String)> {
    let Some(first) = recording.entries.first() else {
        if problems.iter().any(|d| d.severity == Severity::Error) {
            return None;
        }
        let d = Diagnostic::error(&(0..0), "the recording has no request that was sent");
        problems.push(d.help("record with the developer tools open, and keep the log over page loads"));
        return None;
    };
    let origin_of =
        |e: &Recorded| split_origin(&e.url).map(|(origin, _)| origin.to_owned()).unwrap_or_default();
    let origin = origin_of(first);
    let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
    if hosts == Hosts::First {
        recording.entries.retain(|e| {
            let own = origin_of(e);
            let keep = own == origin;
            if !keep {
                *skipped.entry(own).or_default() += 1;
            }
            keep
        });
    }
    for (origin, count) in skipped {
        let what = if count == 1 { "request" } else { "requests" };
        let d = Diagnostic::warning(&(0..0), format!("{count} {what} to {origin}"));
        problems
            .push(d.label("another host than the first page's").help("load on others needs their consent"));
    }
    Some((recording, origin))
}

/// Requests that were under way together: each group holds those that began before any of it had ended.
fn groups(entries: &[Recorded]) -> Vec<usize> {
    let mut out = Vec::with_capacity(entries.len());
    let (mut group, mut first_end) = (0, f64::NEG_INFINITY);
    let mut page: Option<usize> = None;
    for entry in entries {
        let joins = entry.start_ms < first_end && page == Some(entry.page);
        if joins {
            first_end = first_end.min(entry.end_ms);
        } else {
            group += usize::from(!out.is_empty());
            first_end = entry.end_ms;
        }
        page = Some(entry.page);
        out.push(group);
    }
    out
}

fn requests(
    entries: &[Recorded],
    groups: &[usize],
    correlate: Correlate,
    secrets: &mut Secrets,
) -> Vec<Request> {
    let mut weave = Weave::new(correlate, secrets);
    let mut at = 0;
    while at < entries.len() {
        let end = groups[at..].iter().position(|g| *g != groups[at]).map_or(entries.len(), |n| at + n);
        (at..end).for_each(|i| weave.request(&entries[i]));
        (at..end).for_each(|i| weave.answer(i, &entries[i]));
        at = end;
    }
    weave.finish()
}

/// Cookies that requests sent and no answer had set: the browser had them before.
fn warn_old_cookies(entries: &[Recorded], problems: &mut Vec<Diagnostic>) {
    let mut set: BTreeSet<&str> = BTreeSet::new();
    let mut old: BTreeMap<&str, &crate::tree::Span> = BTreeMap::new();
    for entry in entries {
        for (name, span) in &entry.sent_cookies {
            if !set.contains(name.as_str()) {
                old.entry(name).or_insert(span);
            }
        }
        set.extend(entry.set_cookies.iter().map(|(name, _)| name.as_str()));
    }
    if let Some(span) = old.values().next() {
        let names: Vec<&str> = old.keys().copied().collect();
        let d = Diagnostic::warning(span, format!("cookies from before the recording: {}", names.join(", ")));
        problems.push(d.help("record from a private window, so that the recording holds the login"));
    }
}

/// Headers that all requests have with the same value: they are said once.
fn shared_headers(requests: &[Request]) -> Vec<Header> {
    let Some((first, others)) = requests.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let everywhere = |h: &&Header| {
        others
            .iter()
            .all(|r| r.headers.iter().any(|o| o.name.eq_ignore_ascii_case(&h.name) && o.value == h.value))
    };
    first.headers.iter().filter(everywhere).cloned().collect()
}

struct Writer<'e> {
    entries: &'e [Recorded],
    groups: Vec<usize>,
    names: Vec<Option<String>>,
    requests: Vec<Request>,
    shared: Vec<Header>,
    origin: String,
}

impl Writer<'_> {
    /// The actions, and their names in order.
    fn actions(&mut self, pages: &[String], root: &Node) -> (Map, Vec<String>) {
        let mut out = Map::at(root.span.clone());
        let (mut names, mut order) = (Names::default(), Vec::new());
        let mut at = 0;
        while at < self.entries.len() {
            let page = self.entries[at].page;
            let end =
                self.entries[at..].iter().position(|e| e.page != page).map_or(self.entries.len(), |n| at + n);
            let title = pages.get(page).map_or("requests", String::as_str);
            let title = title.strip_prefix(&self.origin).unwrap_or(title);
            let title = title.split(['?', '#']).next().filter(|t| !t.is_empty()).unwrap_or("/");
            let name = names.unique(&title.replace("${", "{"));
            out.put(&name, self.steps(at, end));
            order.push(name);
            at = end;
        }
        (out, order)
    }

    /// The steps of the entries `from..to`, with the pause that comes after them.
    fn steps(&mut self, from: usize, to: usize) -> Vec<Map> {
        let mut out = Vec::new();
        let mut at = from;
        while at < to {
            let end = self.groups[at..to].iter().position(|g| *g != self.groups[at]).map_or(to, |n| at + n);
            let span = self.entries[at].span.clone();
            let mut steps: Vec<Map> = (at..end).map(|i| self.step(i)).collect();
            if steps.len() == 1 {
                out.append(&mut steps);
            } else {
                let mut batch = Map::at(span.clone());
                let size = steps.len();
                batch.put("batch", steps);
                if size > DEFAULT_AT_ONCE {
                    batch.put("at_once", u64::try_from(size.min(usize::from(u16::MAX))).unwrap_or(u64::MAX));
                }
                out.push(batch);
            }
            let ended = self.entries[at..end].iter().map(|e| e.end_ms).fold(f64::NEG_INFINITY, f64::max);
            if let Some(next) = self.entries.get(end)
                && next.start_ms - ended > SHORTEST_PAUSE_MS
            {
                let mut pause = Map::at(span);
                pause.put("pause", milliseconds(next.start_ms - ended));
                out.push(pause);
            }
            at = end;
        }
        out
    }

    fn step(&mut self, at: usize) -> Map {
        let entry = &self.entries[at];
        let request = &self.requests[at];
        let mut call = Call::at(entry.span.clone());
        call.method.clone_from(&entry.method);
        (call.url, call.url_span) = (request.url.clone(), entry.url_span.clone());
        let is_shared = |h: &&Header| !self.shared.iter().any(|s| s.name.eq_ignore_ascii_case(&h.name));
        call.headers = request.headers.iter().filter(is_shared).cloned().collect();
        call.body.clone_from(&request.body);
        if let Some(name) = request.name.as_ref().or(self.names[at].as_ref()) {
            call.put("name", plain(name));
        }
        let mut check = Map::at(entry.status_span.clone());
        match entry.status {
            // What a cache had then may be asked for anew.
            304 => _ = check.put("status", Piece::List(vec!["2xx".into(), 304_u64.into()])),
            status => _ = check.put("status", u64::from(status)),
        }
        call.put("check", check);
        if !request.saves.is_empty() {
            let entries = request.saves.iter().map(|save| Entry {
                key: save.name.clone(),
                key_span: entry.span.clone(),
                value: save.node(&entry.span),
            });
            let node = Node { span: entry.span.clone(), value: Value::Map(entries.collect()) };
            call.put("save", node);
        }
        let origin = self.origin.clone();
        call.step(Some(&origin))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive; a pause of days saturates"
)]
fn milliseconds(ms: f64) -> String {
    // Nobody's pause is known to the millisecond.
    let rounded = if ms >= 1_000.0 { (ms / 100.0).round() * 100.0 } else { (ms / 10.0).round() * 10.0 };
    crate::units::duration_text(Nanos(rounded.min(86_400_000.0) as u64 * 1_000_000))
}
