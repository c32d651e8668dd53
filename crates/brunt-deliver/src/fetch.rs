//! Pages fetched again and again over one kept connection: metrics, and whatever else is asked each second.

use crate::request::{exposed, hidden, tls_config};
use brunt_metrics::Nanos;
use brunt_workload::{Text, TlsSettings};
use std::io::Read;
use std::time::Duration;
use ureq::Agent;

/// The longest page that is read: some 30,000 series. A larger one is asked for the wrong thing each second.
pub const MAX_PAGE: usize = 4 << 20;

/// Why a page is not there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No answer in time.
    #[error("no answer within {:.1} s", .0.as_secs_f64())]
    Timeout(Nanos),
    /// No answer.
    #[error("{0}")]
    NoAnswer(String),
    /// An answer that is no page.
    #[error("answered {0}")]
    Status(u16),
    /// It is longer than [`MAX_PAGE`].
    #[error("the page is longer than {} MiB", MAX_PAGE >> 20)]
    TooLong,
    /// It is no text.
    #[error("the page is not UTF-8 text")]
    NoText,
}

/// Fetches pages.
#[derive(Debug)]
pub struct Fetcher {
    agent: Agent,
    timeout: Nanos,
}

impl Fetcher {
    /// Gives up on an answer after `timeout`. No redirect is followed: only what is named is asked.
    ///
    /// # Errors
    ///
    /// In words, if the settings for TLS cannot be used.
    pub fn new(tls: &TlsSettings, timeout: Nanos) -> Result<Self, String> {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_nanos(timeout.0)))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // What surrounds the load is asked directly: a proxy of the environment is for other things.
            .proxy(None)
            .user_agent(concat!("brunt/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls_config(tls)?)
            .build();
        Ok(Self { agent: Agent::new_with_config(config), timeout })
    }

    /// The page of a URL; its status must be 200.
    ///
    /// # Errors
    ///
    /// [`FetchError`]; no secret of URL or headers stands in it.
    pub fn page(&self, url: &Text, headers: &[(String, Text)]) -> Result<String, FetchError> {
        let failed = |error: ureq::Error| self.failed(&error, url);
        let mut request = self.agent.get(exposed(url));
        for (name, value) in headers {
            request = request.header(name, exposed(value));
        }
        let answer = request.call().map_err(failed)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(FetchError::Status(status));
        }
        let mut bytes = Vec::new();
        let mut body = answer.into_body().into_reader().take(MAX_PAGE as u64 + 1);
        body.read_to_end(&mut bytes).map_err(|error| {
            if error.kind() == std::io::ErrorKind::TimedOut {
                FetchError::Timeout(self.timeout)
            } else {
                FetchError::NoAnswer(error.to_string())
            }
        })?;
        if bytes.len() > MAX_PAGE {
            return Err(FetchError::TooLong);
        }
        String::from_utf8(bytes).map_err(|_| FetchError::NoText)
    }

    /// Errors may quote the URL: what is secret in it is not shown.
    fn failed(&self, error: &ureq::Error, url: &Text) -> FetchError {
        if matches!(error, ureq::Error::Timeout(_)) {
            FetchError::Timeout(self.timeout)
        } else {
            FetchError::NoAnswer(hidden(&error.to_string(), url))
        }
    }
}
