//! Files with a line or a row a request: the access log, the table, vegeta's targets.

use super::escape::{cell, quoted, url};
use crate::{Synthetic, SyntheticRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// When a request is due.
pub(super) fn due(synthetic: &Synthetic, request: &SyntheticRequest) -> io::Result<Timestamp> {
    let start_ms = synthetic.start_unix_s.saturating_mul(1_000);
    let at_ms = start_ms.saturating_add_unsigned(request.at_ms);
    Timestamp::from_millisecond(at_ms).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A header by name, however it is written.
pub(super) fn header<'a>(request: &'a SyntheticRequest, name: &str) -> Option<&'a str> {
    request
        .headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// The combined log format (nginx: `ngx_http_log_module`). Every request has status 200 and no size, for the document
/// knows neither.
pub(super) fn access_log(synthetic: &Synthetic, out: &mut dyn Write) -> io::Result<()> {
    for request in &synthetic.requests {
        // 2^24 addresses in 10.0.0.0/8: sessions further apart than that share one.
        let [_, a, b, c] = request.session.to_be_bytes();
        writeln!(
            out,
            "10.{a}.{b}.{c} - - [{}] \"{} {} HTTP/1.1\" 200 - \"{}\" \"{}\"",
            due(synthetic, request)?.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            quoted(&request.method),
            quoted(&request.path),
            quoted(header(request, "referer").unwrap_or_default()),
            quoted(header(request, "user-agent").unwrap_or_default()),
        )?;
    }
    Ok(())
}

/// `at_ms,session,together,method,path,endpoint`: milliseconds from the start; 1 where a request leaves with the one before
/// it of its session.
pub(super) fn csv(synthetic: &Synthetic, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"at_ms,session,together,method,path,endpoint\r\n")?;
    for request in &synthetic.requests {
        write!(
            out,
            "{},{},{},{},{},{}\r\n",
            request.at_ms,
            request.session,
            u8::from(request.together),
            cell(&request.method),
            cell(&request.path),
            cell(&request.endpoint),
        )?;
    }
    Ok(())
}

/// A target of vegeta (tsenart/vegeta: lib/target.schema.json).
#[derive(Serialize)]
struct Target<'a> {
    method: &'a str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header: BTreeMap<&'a str, [&'a str; 1]>,
}

/// A JSON object a line, in the order in which requests are due.
pub(super) fn vegeta(
    synthetic: &Synthetic,
    options: &super::ExportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    for request in &synthetic.requests {
        let target = Target {
            method: &request.method,
            url: url(&options.target, &request.path),
            body: request.body.as_ref().map(|body| STANDARD.encode(body)),
            header: request.headers.iter().map(|(name, value)| (name.as_str(), [value.as_str()])).collect(),
        };
        serde_json::to_writer(&mut *out, &target)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
