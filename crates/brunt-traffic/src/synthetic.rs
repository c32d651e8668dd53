//! Generated requests: what `brunt synth` writes and every export is made from.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The newest version of the document that is written and read.
pub const SYNTHETIC_VERSION: &str = "1.0";

/// Generated requests in the order in which they are due, and where they come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synthetic {
    /// The version of this document, [`SYNTHETIC_VERSION`].
    pub brunt_synthetic: String,
    /// The name of the model.
    pub model: String,
    /// The seed: the same model, seed and factors make the same requests.
    pub seed: u64,
    /// When the first moment of it is, in seconds since 1970 UTC; times of requests count from there.
    pub start_unix_s: i64,
    /// How long it lasts.
    pub span_ms: u64,
    /// What was changed against the model, by name: `rate` 3, `writes` 2.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub factors: BTreeMap<String, f64>,
    /// The requests, by time.
    pub requests: Vec<SyntheticRequest>,
}

/// One generated request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntheticRequest {
    /// When it is due, from the start.
    pub at_ms: u64,
    /// Who sends it: a number that all requests of one session share.
    pub session: u32,
    /// Whether it leaves together with the one before it of its session, as the assets of a page do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub together: bool,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The endpoint that it belongs to: `/users/{id}`.
    pub endpoint: String,
    /// Headers beyond those that a client sends by itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What is sent, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A document of generated requests cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SyntheticError {
    /// It is no such document.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It is of a version that this program does not know.
    #[error("the document is of version {0}, and this program reads {SYNTHETIC_VERSION}")]
    Version(String),
}

impl Synthetic {
    /// Reads a document.
    pub fn from_json(text: &[u8]) -> Result<Self, SyntheticError> {
        let document: Self = serde_json::from_slice(text)?;
        if document.brunt_synthetic != SYNTHETIC_VERSION {
            return Err(SyntheticError::Version(document.brunt_synthetic));
        }
        Ok(document)
    }

    /// The same, so many times as fast: pauses within sessions too.
    #[must_use]
    pub fn sped_up(mut self, factor: f64) -> Self {
        if (factor - 1.0).abs() < 1e-12 {
            return self;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "less than it was, or bounded"
        )]
        let faster = |ms: u64| (ms as f64 / factor.max(1e-6)).round() as u64;
        self.span_ms = faster(self.span_ms);
        self.requests.iter_mut().for_each(|r| r.at_ms = faster(r.at_ms));
        self.factors.insert("speed".to_owned(), factor);
        self
    }
}
