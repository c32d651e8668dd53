//! Keeping what came: the last requests in memory, and each as a line of a file.
//!
//! For: seeing what a client really sends. What looks like a secret in a header or a query is hidden before it is kept;
//! bodies are kept as they are. Start with [`Record`].

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::Mutex,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Method, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{answer::Reply, body::Content, error::Problem};
use crate::stats::lock;

/// The most requests that can be kept: with empty bodies they take some hundred megabytes.
const MOST_KEPT: usize = 1_000_000;

/// The most of one body that can be kept, in bytes.
const MOST_BODY: usize = 16 << 20;

/// The most that is kept in memory over all, in bytes; the oldest requests make place.
const MOST_BYTES: usize = 256 << 20;

/// The longest file, in bytes; what comes beyond is counted and not written.
const LONGEST_FILE: u64 = 4 << 30;

/// What stands in the place of a secret.
const HIDDEN: &str = "(hidden)";

/// How a mock records the requests that come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Record {
    /// How many requests are kept in memory, the last ones; 10,000 by default.
    pub keep: usize,
    /// How many bytes of each body are kept; 16 KiB by default.
    pub body_bytes: usize,
    /// A file to which each request is appended as a line of JSON; none by default.
    pub file: Option<PathBuf>,
}

impl Default for Record {
    fn default() -> Self {
        Self { keep: 10_000, body_bytes: 16 << 10, file: None }
    }
}

impl Record {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, value, most) in
            [("record.keep", self.keep, MOST_KEPT), ("record.body_bytes", self.body_bytes, MOST_BODY)]
        {
            if value > most {
                problems
                    .push(Problem { at: at.to_owned(), message: format!("is {value}; {most} is the most") });
            }
        }
        problems
    }
}

/// A body as far as it is kept.
#[derive(Debug, Default)]
pub(super) struct Captured {
    bytes: Vec<u8>,
    /// The size of the whole.
    size: u64,
}

/// What was recorded.
#[derive(Debug)]
pub(super) struct Recorder {
    record: Record,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The requests as JSON, oldest first.
    lines: VecDeque<String>,
    bytes: usize,
    /// Requests so far.
    received: u64,
    not_written: u64,
    file: Option<File>,
    written: u64,
}

impl Recorder {
    /// Opens the file, if there is to be one.
    pub(super) fn new(record: &Record) -> Result<Self, Problem> {
        let mut kept = Kept::default();
        if let Some(path) = &record.file {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            let file = opened.map_err(|error| Problem {
                at: "record.file".to_owned(),
                message: format!("`{}` cannot be written: {error}", path.display()),
            })?;
            kept.written = file.metadata().map_or(0, |metadata| metadata.len());
            kept.file = Some(file);
        }
        Ok(Self { record: record.clone(), kept: Mutex::new(kept) })
    }

    /// Reads a body to its end and keeps its beginning.
    pub(super) async fn capture(&self, mut body: Incoming) -> Result<Captured, StatusCode> {
        let mut captured = Captured::default();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
            if let Some(data) = frame.data_ref() {
                captured.add(data, self.record.body_bytes);
            }
        }
        Ok(captured)
    }

    /// The beginning of a body that has been read.
    pub(super) fn captured(&self, bytes: &[u8]) -> Captured {
        let mut captured = Captured::default();
        captured.add(bytes, self.record.body_bytes);
        captured
    }

    /// Keeps a request that came `at_ns` after the start.
    pub(super) fn add(&self, head: &Parts, body: &Captured, at_ns: u64) {
        let mut object = describe(head, body);
        object.insert("at_ms".to_owned(), json!(at_ns as f64 / 1e6));
        let mut kept = lock(&self.kept);
        kept.received += 1;
        object.insert("n".to_owned(), json!(kept.received));
        let line = Value::Object(object).to_string();
        kept.write(&line);
        kept.bytes += line.len();
        kept.lines.push_back(line);
        while kept.lines.len() > self.record.keep || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.len();
        }
    }

    /// The answer to `/__requests`.
    pub(super) fn reply(&self, head: &Parts) -> Reply {
        match head.method {
            Method::GET | Method::HEAD => self.shown(head),
            Method::DELETE => {
                self.clear();
                Reply::new(StatusCode::NO_CONTENT, Content::EMPTY)
            }
            _ => Reply::text(StatusCode::METHOD_NOT_ALLOWED, "/__requests takes GET and DELETE\n"),
        }
    }

    fn shown(&self, head: &Parts) -> Reply {
        let query = head.uri.query().unwrap_or_default();
        let as_lines = query.split('&').any(|pair| pair == "format=lines");
        let kept = lock(&self.kept);
        let not_kept = kept.received - kept.lines.len() as u64;
        let lines = kept.lines.iter().map(String::as_str);
        let (content_type, text) = if as_lines {
            ("application/x-ndjson", lines.flat_map(|line| [line, "\n"]).collect::<String>())
        } else {
            let requests = lines.collect::<Vec<_>>().join(",\n");
            let (received, not_written) = (kept.received, kept.not_written);
            let counts =
                format!("\"received\":{received},\"not_kept\":{not_kept},\"not_written\":{not_written}");
            ("application/json", format!("{{{counts},\"requests\":[\n{requests}\n]}}\n"))
        };
        drop(kept);
        Reply::new(StatusCode::OK, Content::Bytes(text.into()))
            .header(header::CONTENT_TYPE, http::HeaderValue::from_static(content_type))
            .header(http::HeaderName::from_static("x-not-kept"), not_kept.into())
    }

    /// Forgets what is in memory and begins with number 1 again; the file stays.
    pub(super) fn clear(&self) {
        let mut kept = lock(&self.kept);
        kept.lines.clear();
        (kept.bytes, kept.received, kept.not_written) = (0, 0, 0);
    }
}

impl Kept {
    fn write(&mut self, line: &str) {
        let Some(file) = &mut self.file else { return };
        let size = line.len() as u64 + 1;
        // One write per line, so that lines of several processes do not mix.
        if self.written + size <= LONGEST_FILE && file.write_all(format!("{line}\n").as_bytes()).is_ok() {
            self.written += size;
        } else {
            self.not_written += 1;
        }
    }
}

impl Captured {
    fn add(&mut self, data: &[u8], most: usize) {
        self.size += data.len() as u64;
        let room = most.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&data[..data.len().min(room)]);
    }
}

fn describe(head: &Parts, body: &Captured) -> Map<String, Value> {
    let mut headers: Map<String, Value> = Map::new();
    for name in head.headers.keys() {
        let values = head.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let shown =
            if is_secret(name.as_str()) { HIDDEN.to_owned() } else { values.collect::<Vec<_>>().join(", ") };
        headers.insert(name.to_string(), shown.into());
    }
    let query = head.uri.query().unwrap_or_default();
    let mut object = Map::from_iter([
        ("method".to_owned(), head.method.as_str().into()),
        ("path".to_owned(), head.uri.path().into()),
        ("query".to_owned(), hidden_query(query).into()),
        ("version".to_owned(), format!("{:?}", head.version).into()),
        ("headers".to_owned(), Value::Object(headers)),
        ("body_size".to_owned(), body.size.into()),
    ]);
    let is_cut = body.size > body.bytes.len() as u64;
    let (key, text) = match text(&body.bytes, is_cut) {
        Some(text) => ("body", text.to_owned()),
        None => ("body_base64", STANDARD.encode(&body.bytes)),
    };
    object.insert(key.to_owned(), text.into());
    if is_cut {
        object.insert("body_cut".to_owned(), true.into());
    }
    object
}

/// The bytes as a text, if they are one; the cut may have gone through a character.
fn text(bytes: &[u8], is_cut: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// Whether a header or a parameter of this name holds a secret by custom.
fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 12] = [
        "auth",
        "cookie",
        "token",
        "secret",
        "password",
        "passwd",
        "apikey",
        "credential",
        "session",
        "signature",
        "jwt",
        "csrf",
    ];
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // The HTTP/2 name of the host is no secret.
    plain != "authority" && (PARTS.iter().any(|part| plain.contains(part)) || plain.ends_with("key"))
}

fn hidden_query(query: &str) -> String {
    let hide = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
        Some(_) | None => pair.to_owned(),
    };
    query.split('&').map(hide).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        for (name, expected) in [
            ("authorization", true),
            ("Proxy-Authorization", true),
            ("cookie", true),
            ("x-api-key", true),
            ("X-Amz-Security-Token", true),
            ("x-csrf-token", true),
            ("api_key", true),
            ("key", true),
            ("accept", false),
            ("content-type", false),
            ("authority", false),
            ("keyword", false),
            ("x-request-id", false),
        ] {
            assert_eq!(is_secret(name), expected, "{name}");
        }
        assert_eq!(hidden_query("a=1&api_key=x&b&token=y"), "a=1&api_key=(hidden)&b&token=(hidden)");
        assert_eq!(hidden_query(""), "");
    }

    #[test]
    fn bodies_are_text_where_they_can_be() {
        for (bytes, most, expected) in [
            (&b"hello"[..], 10, Some("hello")),
            (b"hello", 2, Some("he")),
            ("caf\u{e9}".as_bytes(), 4, Some("caf")),
            (b"\xff\x00", 10, None),
            (b"caf\xc3", 10, None),
            (b"", 10, Some("")),
        ] {
            let mut captured = Captured::default();
            captured.add(bytes, most);
            let is_cut = captured.size > captured.bytes.len() as u64;
            assert_eq!(text(&captured.bytes, is_cut), expected, "{bytes:?}");
        }
    }

    fn parts(target: &str) -> Parts {
        http::Request::builder().uri(target).body(()).expect("request").into_parts().0
    }

    #[test]
    fn the_last_ones_are_kept_and_the_others_counted() {
        let recorder = Recorder::new(&Record { keep: 2, ..Record::default() }).expect("recorder");
        for number in 1..=5 {
            recorder.add(&parts(&format!("/{number}")), &Captured::default(), number * 1_500_000);
        }
        let Content::Bytes(bytes) = recorder.reply(&parts("/__requests")).content else {
            panic!("bytes");
        };
        let shown: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!((&shown["received"], &shown["not_kept"]), (&json!(5), &json!(3)));
        let kept: Vec<_> =
            shown["requests"].as_array().expect("list").iter().map(|r| (&r["n"], &r["at_ms"])).collect();
        assert_eq!(kept, [(&json!(4), &json!(6.0)), (&json!(5), &json!(7.5))]);
        recorder.clear();
        assert_eq!(lock(&recorder.kept).received, 0);
    }
}
