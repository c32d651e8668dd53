//! What went wrong, in the form of RFC 9457 (`application/problem+json`), with what to do.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{title}{}", detail.as_ref().map(|d| format!(": {d}")).unwrap_or_default())]
pub struct Problem {
    /// The status of the answer: 400 to 599.
    pub status: u16,
    /// What is wrong, in a few words.
    pub title: String,
    /// The particulars, possibly of several lines.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without particulars.
    pub fn new(status: u16, title: impl Into<String>) -> Self {
        Self { status, title: title.into(), detail: None, hint: None }
    }

    /// What was asked for is not valid.
    pub fn invalid(title: impl Into<String>) -> Self {
        Self::new(422, title)
    }

    /// It cannot be done now.
    pub fn conflict(title: impl Into<String>) -> Self {
        Self::new(409, title)
    }

    /// There is no such thing.
    pub fn missing(title: impl Into<String>) -> Self {
        Self::new(404, title)
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With particulars.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank", "status": self.status, "title": self.title, "detail": self.detail, "hint": self.hint,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
