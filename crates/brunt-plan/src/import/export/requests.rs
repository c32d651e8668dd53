//! Requests for tools that send what they are given: each drawn with the plan's seed.
//!
//! What is known only when a run is under way has a placeholder: `SECRET` for secrets, `{name}` for saved values.

use super::{LeftOut, NotExportable};
use brunt_metrics::ScenarioId;
use brunt_workload::{
    Action, Body, Draw, FeedId, HttpVersion, IterationIndex, Memory, Origin, Request, RequestId, Scheme,
    Scope, Source, Step, Text, TextPart, Workload,
};
use std::fmt::Write;

const SECRET: &str = "SECRET";

/// A request with everything drawn.
struct Drawn<'w> {
    request: &'w Request,
    origin: &'w Origin,
    url: String,
    headers: Vec<(&'w str, String)>,
    body: Option<Vec<u8>>,
}

/// All requests, in the order that actions have them, each once.
fn order(workload: &Workload, left_out: &mut LeftOut) -> Result<Vec<RequestId>, NotExportable> {
    let mut out = Vec::new();
    for login in &workload.logins {
        out.extend(login.requests.iter().copied());
    }
    for class in workload.scenarios.iter().flat_map(|s| &s.classes) {
        let journey = &class.journey;
        let parts = journey.on_start.iter().chain(&journey.actions).chain(&journey.on_stop);
        parts.for_each(|action: &Action| steps(&action.steps, &mut out, left_out));
    }
    let mut seen = std::collections::BTreeSet::new();
    // Scenarios have requests of their own that are the same but for where they are counted.
    out.retain(|id| workload.requests.get(id.0 as usize).is_some_and(|r| seen.insert(shape(r))));
    if out.is_empty() { Err(NotExportable::NoRequests) } else { Ok(out) }
}

fn shape(request: &Request) -> String {
    format!(
        "{} {:?} {:?} {:?} {:?}",
        request.method, request.origin, request.target, request.headers, request.body
    )
}

fn steps(list: &[Step], out: &mut Vec<RequestId>, left_out: &mut LeftOut) {
    for step in list {
        match step {
            Step::Request(id) => out.push(*id),
            Step::Batch { requests, .. } => {
                left_out.say("requests of a batch are not side by side");
                out.extend(requests.iter().copied());
            }
            Step::Pause(_) => left_out.say("pauses are left out"),
            Step::Group { steps: inner, .. } => steps(inner, out, left_out),
            Step::If { then, otherwise, .. } => {
                left_out.say("both branches of an `if` are there");
                steps(then, out, left_out);
                steps(otherwise, out, left_out);
            }
            Step::Repeat { steps: inner, .. } => {
                left_out.say("what is repeated is there once");
                steps(inner, out, left_out);
            }
            Step::Choose { branches, .. } => {
                left_out.say("all branches of a `choose` are there");
                for branch in branches {
                    steps(branch, out, left_out);
                }
            }
            Step::Set { .. } => left_out.say("values that are set have placeholders"),
            Step::Script(_) => {
                left_out.say("sessions of a traffic model are left out: `brunt synth` writes them");
            }
            Step::End(_) => left_out.say("an early `end` is left out"),
        }
    }
}

struct Drawer<'w, 'l> {
    workload: &'w Workload,
    left_out: &'l mut LeftOut,
    draw: Draw,
    memory: Memory,
}

impl<'w, 'l> Drawer<'w, 'l> {
    fn new(workload: &'w Workload, left_out: &'l mut LeftOut) -> Self {
        let draw = Draw::new(workload.seed, ScenarioId(0), IterationIndex(0));
        Self { workload, left_out, draw, memory: Memory::of_user(0) }
    }

    fn request(&mut self, id: RequestId, index: u64) -> Option<Drawn<'w>> {
        self.draw = Draw::new(self.workload.seed, ScenarioId(0), IterationIndex(index));
        self.memory = Memory::of_user(index);
        for (at, feed) in self.workload.feeds.iter().enumerate() {
            let Ok(id) = u16::try_from(at).map(FeedId) else { continue };
            let row = index.checked_rem(feed.rows() as u64).and_then(|row| u32::try_from(row).ok());
            if let Some(row) = row {
                self.memory.hold_row(id, row);
            }
        }
        let workload = self.workload;
        let request = workload.requests.get(id.0 as usize)?;
        let origin = workload.target.origins.get(usize::from(request.origin.0))?;
        let target = self.text(&request.target);
        let url = format!("{}://{}{target}", origin.scheme.name(), origin.authority());
        let headers = request.headers.iter().map(|(name, value)| (name.as_str(), self.text(value))).collect();
        let body = match &request.body {
            Body::None => None,
            Body::Bytes(bytes) => Some(bytes.to_vec()),
            Body::Text(text) => Some(self.text(text).into_bytes()),
        };
        if !request.checks.is_empty() {
            self.left_out.say("checks are left out");
        }
        if !request.saves.is_empty() {
            self.left_out.say("values are not saved");
        }
        Some(Drawn { request, origin, url, headers, body })
    }

    fn text(&mut self, text: &Text) -> String {
        let mut out = Vec::new();
        for part in &text.parts {
            match part {
                TextPart::Dynamic { source: Source::Secret(_) | Source::Base64(_), .. } => {
                    self.left_out
                        .say(format!("secrets are not written: put them in the place of `{SECRET}`"));
                    out.extend_from_slice(SECRET.as_bytes());
                }
                TextPart::Dynamic { source: Source::Saved { slot, .. }, .. } => {
                    let name = self.workload.slots.get(usize::from(slot.0)).map_or("saved", String::as_str);
                    self.left_out.say(format!("`{{{name}}}` stands for a value that a run saves"));
                    out.extend_from_slice(format!("{{{name}}}").as_bytes());
                }
                TextPart::Literal(_) | TextPart::Dynamic { .. } => {
                    let one = Text { parts: vec![part.clone()] };
                    let scope = Scope { feeds: &self.workload.feeds, memory: &self.memory };
                    // Nothing is missing: rows are held, and saved values do not come here.
                    let _ = one.render(&mut self.draw, &scope, &mut out);
                }
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// As `sh` takes it for one word.
fn shell(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

pub(super) fn curl(workload: &Workload, left_out: &mut LeftOut) -> Result<String, NotExportable> {
    let ids = order(workload, left_out)?;
    let settings = &workload.target;
    let mut drawer = Drawer::new(workload, left_out);
    let mut out = String::new();
    for (index, id) in (0_u64..).zip(ids) {
        let Some(drawn) = drawer.request(id, index) else { continue };
        let mut words = vec!["curl".to_owned()];
        let implied = match (drawn.request.method.as_str(), &drawn.body) {
            ("GET", None) | ("POST", Some(_)) => true,
            ("HEAD", None) => {
                words.push("-I".to_owned());
                true
            }
            (_, _) => false,
        };
        if !implied {
            words.extend(["-X".to_owned(), shell(&drawn.request.method)]);
        }
        words.push(shell(&drawn.url));
        for (name, value) in &drawn.headers {
            let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
            words.extend(["-H".to_owned(), shell(&header)]);
        }
        if let Some(body) = &drawn.body {
            if !drawn.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                // curl would say that it is a form.
                words.extend(["-H".to_owned(), "'content-type:'".to_owned()]);
            }
            match std::str::from_utf8(body) {
                Ok(text) if !text.contains('\0') => words.extend(["--data-raw".to_owned(), shell(text)]),
                Ok(_) | Err(_) => drawer.left_out.say(format!("the body of {} is not text", drawn.url)),
            }
        }
        connection(&drawn, settings, &mut words, drawer.left_out);
        let _ = writeln!(out, "{}", words.join(" "));
    }
    Ok(out)
}

/// What concerns the connection.
fn connection(
    drawn: &Drawn<'_>,
    settings: &brunt_workload::TargetSettings,
    words: &mut Vec<String>,
    left_out: &mut LeftOut,
) {
    let request = drawn.request;
    if request.redirects > 0 {
        words.extend(["-L".to_owned(), "--max-redirs".to_owned(), request.redirects.to_string()]);
    }
    words.extend(["-m".to_owned(), seconds(request.timeout)]);
    if let Some(socket) = &drawn.origin.unix {
        words.extend(["--unix-socket".to_owned(), shell(&socket.display().to_string())]);
    }
    match (settings.version, drawn.origin.scheme) {
        (HttpVersion::Http1, _) => {}
        (HttpVersion::Http2, Scheme::Http) => words.push("--http2-prior-knowledge".to_owned()),
        (HttpVersion::Http2 | HttpVersion::Negotiate, _) => words.push("--http2".to_owned()),
    }
    if settings.tls.insecure && drawn.origin.scheme == Scheme::Https {
        words.push("-k".to_owned());
    }
    if settings.tls.ca_pem.is_some() {
        left_out.say("certificates to trust are left out: add `--cacert FILE`");
    }
    for rule in &settings.connect_to {
        let port = |port: Option<u16>| port.map(|p| p.to_string()).unwrap_or_default();
        let (host, to_host) =
            (rule.host.clone().unwrap_or_default(), rule.to_host.clone().unwrap_or_default());
        let rule = format!("{host}:{}:{to_host}:{}", port(rule.port), port(rule.to_port));
        words.extend(["--connect-to".to_owned(), shell(&rule)]);
    }
}

fn seconds(time: brunt_metrics::Nanos) -> String {
    let text = format!("{:.3}", time.0 as f64 / 1e9);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn vegeta(
    workload: &Workload,
    targets: usize,
    left_out: &mut LeftOut,
) -> Result<String, NotExportable> {
    let ids = order(workload, left_out)?;
    if ids.len() > 1 {
        left_out.say("vegeta sends targets one after the other: weights of actions are left out");
    }
    left_out.say("the load is said to vegeta itself: `vegeta attack -rate=50 -duration=10s`");
    let mut drawer = Drawer::new(workload, left_out);
    let count = targets.max(ids.len());
    let drawn: Vec<Drawn<'_>> =
        (0_u64..).zip(ids.iter().cycle().take(count)).filter_map(|(i, id)| drawer.request(*id, i)).collect();
    let as_json = drawn.iter().any(|d| d.body.is_some());
    let mut out = String::new();
    for target in &drawn {
        if target.origin.unix.is_some() {
            drawer.left_out.say("a Unix socket is said to vegeta by `-unix-socket`");
        }
        if as_json {
            json_target(target, &mut out);
        } else {
            let _ = writeln!(out, "{} {}", target.request.method, target.url);
            for (name, value) in &target.headers {
                let _ = writeln!(out, "{name}: {value}");
            }
            out.push('\n');
        }
    }
    if as_json {
        drawer.left_out.say("targets with bodies are JSON lines: `vegeta attack -format=json`");
    }
    Ok(out)
}

fn json_target(target: &Drawn<'_>, out: &mut String) {
    let mut headers = serde_json::Map::new();
    for (name, value) in &target.headers {
        headers.insert((*name).to_owned(), serde_json::json!([value]));
    }
    let mut object = serde_json::Map::new();
    object.insert("method".to_owned(), target.request.method.as_str().into());
    object.insert("url".to_owned(), target.url.as_str().into());
    if let Some(body) = &target.body {
        object.insert("body".to_owned(), base64(body).into());
    }
    if !headers.is_empty() {
        object.insert("header".to_owned(), headers.into());
    }
    let _ = writeln!(out, "{}", serde_json::Value::Object(object));
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..4 {
            let six = (bits >> (18 - 6 * i)) & 63;
            out.push(if i <= chunk.len() { char::from(ALPHABET[six as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_bytes() {
        for (text, expected) in
            [("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("/x:1", "/x:1"), ("$x", "'$x'")]
        {
            assert_eq!(shell(text), expected);
        }
        for (bytes, expected) in
            [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes), expected);
        }
    }
}
