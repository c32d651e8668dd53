//! JSON documents: the canonical one, and a plain array.

use crate::Synthetic;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The whole document, with one request a line, so that it can be searched and compared line by line.
pub(super) fn canonical(synthetic: &Synthetic, out: &mut dyn Write) -> io::Result<()> {
    let head = serde_json::to_string(&head_of(synthetic))?;
    // Requests are the last field, and there are none in the head.
    let head = head.strip_suffix("]}").unwrap_or(&head);
    out.write_all(head.as_bytes())?;
    rows(&synthetic.requests, out)?;
    out.write_all(b"]}\n")
}

/// All but the requests, which may be many and are not copied.
fn head_of(synthetic: &Synthetic) -> Synthetic {
    let Synthetic { brunt_synthetic, model, seed, start_unix_s, span_ms, factors, requests: _ } = synthetic;
    Synthetic {
        brunt_synthetic: brunt_synthetic.clone(),
        model: model.clone(),
        seed: *seed,
        start_unix_s: *start_unix_s,
        span_ms: *span_ms,
        factors: factors.clone(),
        requests: Vec::new(),
    }
}

/// A request of the plain array.
#[derive(Serialize)]
struct Plain<'a> {
    /// Seconds from the start.
    time: f64,
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: &'a BTreeMap<String, String>,
    /// Empty where nothing is sent, as scripts that read this expect.
    body: &'a str,
}

/// Requests alone, one a line.
pub(super) fn array(synthetic: &Synthetic, out: &mut dyn Write) -> io::Result<()> {
    let plain = synthetic.requests.iter().map(|request| Plain {
        time: request.at_ms as f64 / 1_000.0,
        method: &request.method,
        path: &request.path,
        headers: &request.headers,
        body: request.body.as_deref().unwrap_or_default(),
    });
    out.write_all(b"[")?;
    rows(plain, out)?;
    out.write_all(b"]\n")
}

/// Values with commas between, each on a line of its own.
fn rows<T: Serialize>(values: impl IntoIterator<Item = T>, out: &mut dyn Write) -> io::Result<()> {
    let mut separator: &[u8] = b"\n";
    for value in values {
        out.write_all(separator)?;
        serde_json::to_writer(&mut *out, &value)?;
        separator = b",\n";
    }
    if separator == b",\n" {
        out.write_all(b"\n")?;
    }
    Ok(())
}
