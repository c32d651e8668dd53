//! HTTP Archive 1.2 (ahmadnassri/har-schema).

use super::ExportOptions;
use super::escape::url;
use super::lines::{due, header};
use crate::{Synthetic, SyntheticRequest};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// A page a session, an entry a request, both in the order in which they are due; one entry a line.
///
/// The document knows no responses: each is an empty 200 that took no time. `_together` marks an entry that leaves with the
/// one before it of its page, `_endpoint` names what it belongs to (names that begin with `_` are free to use in HAR).
pub(super) fn write(synthetic: &Synthetic, options: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
    let creator = json!({"name": "brunt", "version": env!("CARGO_PKG_VERSION")});
    write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\n\"pages\":[")?;
    let mut seen = BTreeSet::new();
    for request in &synthetic.requests {
        if seen.insert(request.session) {
            let separator = if seen.len() == 1 { "\n" } else { ",\n" };
            write!(out, "{separator}{}", page(synthetic, request)?)?;
        }
    }
    write!(out, "],\n\"entries\":[")?;
    let mut separator = "\n";
    for request in &synthetic.requests {
        write!(out, "{separator}{}", entry(synthetic, options, request)?)?;
        separator = ",\n";
    }
    out.write_all(b"]}}\n")
}

fn page(synthetic: &Synthetic, first: &SyntheticRequest) -> io::Result<Value> {
    let session = first.session;
    Ok(json!({
        "startedDateTime": started(synthetic, first)?,
        "id": page_id(session),
        "title": format!("session {session}"),
        "pageTimings": {},
    }))
}

fn entry(synthetic: &Synthetic, options: &ExportOptions, request: &SyntheticRequest) -> io::Result<Value> {
    let mut entry = json!({
        "pageref": page_id(request.session),
        "startedDateTime": started(synthetic, request)?,
        "time": 0,
        "request": outgoing(options, request),
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": ""}, "redirectURL": "", "headersSize": -1, "bodySize": -1,
            "comment": "generated: nothing was sent yet",
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "_endpoint": request.endpoint,
    });
    if request.together {
        entry["_together"] = Value::Bool(true);
    }
    Ok(entry)
}

fn outgoing(options: &ExportOptions, request: &SyntheticRequest) -> Value {
    let url = url(&options.target, &request.path);
    let headers: Vec<Value> =
        request.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut outgoing = json!({
        "method": request.method, "url": url, "httpVersion": "HTTP/1.1", "cookies": [], "headers": headers,
        "queryString": query(&url), "headersSize": -1,
        "bodySize": request.body.as_ref().map_or(0, String::len),
    });
    if let Some(body) = &request.body {
        let mime = header(request, "content-type").unwrap_or_default();
        outgoing["postData"] = json!({"mimeType": mime, "text": body});
    }
    outgoing
}

/// The parameters of a URL, as they stand in it.
fn query(url: &str) -> Vec<Value> {
    let Some((_, query)) = url.split_once('?') else { return Vec::new() };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json!({"name": name, "value": value})
        })
        .collect()
}

fn page_id(session: u32) -> String {
    format!("session-{session}")
}

fn started(synthetic: &Synthetic, request: &SyntheticRequest) -> io::Result<String> {
    Ok(due(synthetic, request)?.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}
