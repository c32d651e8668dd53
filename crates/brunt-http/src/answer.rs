//! An answer as checks and saves see it: its body decoded, its JSON parsed once, if anybody asks.

use crate::exchange::Reply;
use crate::secrets::Secrets;
use brunt_metrics::Nanos;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use std::cell::OnceCell;

/// A complete answer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    headers: Option<&'a HeaderMap>,
    /// `Set-Cookie` values of the redirects before it, the last first.
    earlier_cookies: &'a [HeaderValue],
    /// Decoded.
    pub(crate) body: &'a [u8],
    /// As sent.
    pub(crate) body_bytes: u64,
    /// The request's service time.
    pub(crate) service: Nanos,
    secrets: &'a Secrets,
    json: OnceCell<Result<Value, String>>,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(
        reply: &'a Reply,
        body: &'a [u8],
        earlier_cookies: &'a [HeaderValue],
        service: Nanos,
        secrets: &'a Secrets,
    ) -> Self {
        let (status, body_bytes) = (reply.status, reply.body_bytes);
        let headers = reply.headers.as_deref();
        Self { status, headers, earlier_cookies, body, body_bytes, service, secrets, json: OnceCell::new() }
    }

    /// The beginning of something, fit to be shown.
    pub(crate) fn excerpt(&self, bytes: &[u8]) -> String {
        excerpt(bytes, self.secrets)
    }

    /// The body with `(hidden)` in place of each secret.
    pub(crate) fn without_secrets(&self) -> Vec<u8> {
        self.secrets.hide_first(self.body, usize::MAX).0
    }

    /// The body as JSON, or why it is none.
    pub(crate) fn json(&self) -> Result<&Value, &str> {
        let parse =
            || serde_json::from_slice(self.body).map_err(|e| format!("a body that is not JSON ({e})"));
        self.json.get_or_init(parse).as_ref().map_err(String::as_str)
    }

    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        self.headers.map(|headers| headers.get_all(name)).into_iter().flatten()
    }

    /// The values that a cookie was set to, the one that counts first.
    pub(crate) fn cookie(&self, name: &str) -> impl Iterator<Item = String> {
        let own: Vec<&HeaderValue> = self.header("set-cookie").collect();
        let all = own.into_iter().rev().chain(self.earlier_cookies);
        all.filter_map(move |value| {
            let pair = value.to_str().ok()?.split(';').next()?;
            let (found, value) = pair.split_once('=')?;
            (found.trim() == name).then(|| value.trim().to_owned())
        })
    }
}

/// At most this many characters of what was found are shown in an error's words.
const MAX_EXCERPT: usize = 80;

/// The beginning of what a server sent, fit to be shown: on one line, without control characters and secrets, which
/// are found before anything is cut.
fn excerpt(bytes: &[u8], secrets: &Secrets) -> String {
    // No character takes more than four bytes; one that is cut at the end is not shown.
    let (head, read) = secrets.hide_first(bytes, MAX_EXCERPT * 4);
    let text = String::from_utf8_lossy(&head);
    let mut shown: String =
        text.chars().take(MAX_EXCERPT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_EXCERPT).is_some() || read < bytes.len() {
        shown.push('…');
    }
    shown
}
