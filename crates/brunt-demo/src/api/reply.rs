//! An answer that is held in memory.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::connection::After;

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// Boxed, so that a result with a refusal stays small.
    pub(crate) headers: Box<HeaderMap>,
    pub(crate) body: Bytes,
    /// What becomes of the connection.
    pub(crate) after: After,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Box::default(), body: Bytes::new(), after: After::KeepAlive }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self { body: value.to_string().into(), ..Self::empty(status) }
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    /// An error as JSON: `code` for programs, `message` for people.
    pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "error": code, "message": message }))
    }

    pub(crate) fn text(status: StatusCode, content_type: &'static str, text: String) -> Self {
        Self { body: text.into(), ..Self::empty(status) }
            .header(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets a header to a text; one that cannot stand in a header is left out.
    pub(crate) fn named(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}
