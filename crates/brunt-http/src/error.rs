//! How requests fail: kinds for counting, words for people.

use crate::http1::ResponseError;
use brunt_metrics::ErrorKind;
use std::io;

/// A failed request: its kind is counted, its text is kept once per kind and endpoint.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The name did not resolve.
    #[error("cannot resolve {host}: {source}")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No connection.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Where to.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// No connection in time.
    #[error("no connection within the connect timeout")]
    ConnectTimeout,
    /// The TLS handshake failed.
    #[error("tls: {0}")]
    Tls(String),
    /// No complete response in time.
    #[error("no complete response within the request timeout")]
    RequestTimeout,
    /// The connection ended before a byte of the response came.
    #[error("the connection was closed before a byte of the response came")]
    Closed,
    /// The connection ended in the middle of the response.
    #[error("the connection was closed in the middle of the response")]
    Truncated,
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// The response was not valid HTTP/1.
    #[error("{0}")]
    Response(#[from] ResponseError),
    /// HTTP/2 failed.
    #[error("http/2: {0}")]
    Http2(String),
    /// The body is larger than what is kept for checks.
    #[error("a body larger than the {0} bytes that are kept for checks")]
    BodyTooLarge(u64),
    /// The body's coding could not be undone.
    #[error("cannot decode the body ({coding}): {reason}")]
    Decode {
        /// The `Content-Encoding`.
        coding: String,
        /// Why.
        reason: String,
    },
    /// A redirect that cannot be followed.
    #[error("{0}")]
    Redirect(String),
    /// Something that the request uses is not there, in words. Nothing was sent.
    #[error("{0}")]
    Missing(String),
    /// The login whose values the request uses failed. Nothing was sent, or what was sent was refused.
    #[error("login `{name}` failed: {reason}")]
    Login {
        /// Which.
        name: String,
        /// Why, in words.
        reason: String,
    },
    /// The run was cut.
    #[error("cut")]
    Cut,
}

impl Failure {
    /// The kind that is counted.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Dns { .. } => ErrorKind::Dns,
            Self::Connect { source, .. } => connect_kind(source),
            Self::ConnectTimeout => ErrorKind::ConnectTimeout,
            Self::Tls(_) => ErrorKind::Tls,
            Self::RequestTimeout => ErrorKind::RequestTimeout,
            Self::Closed | Self::Truncated => ErrorKind::Reset,
            Self::Io(source) => io_kind(source),
            Self::Response(error) if error.is_too_large() => ErrorKind::TooLarge,
            Self::Response(_) | Self::Http2(_) => ErrorKind::Protocol,
            Self::BodyTooLarge(_) => ErrorKind::TooLarge,
            Self::Decode { .. } => ErrorKind::Decode,
            Self::Redirect(_) => ErrorKind::Redirect,
            Self::Missing(_) | Self::Login { .. } => ErrorKind::Missing,
            Self::Cut => ErrorKind::Cut,
        }
    }

    /// Whether the peer closed the connection without a byte of an answer: on a kept connection it may
    /// simply have been closing when the request came.
    pub(crate) fn is_close(&self) -> bool {
        match self {
            Self::Closed => true,
            Self::Io(e) => io_kind(e) == ErrorKind::Reset,
            Self::Dns { .. }
            | Self::Connect { .. }
            | Self::ConnectTimeout
            | Self::Tls(_)
            | Self::RequestTimeout
            | Self::Truncated
            | Self::Response(_)
            | Self::Http2(_)
            | Self::BodyTooLarge(_)
            | Self::Decode { .. }
            | Self::Redirect(_)
            | Self::Missing(_)
            | Self::Login { .. }
            | Self::Cut => false,
        }
    }
}

/// Linux error numbers that say that this machine ran out: too many files (process, system), no free port.
const LOCAL_LIMITS: [i32; 3] = [24, 23, 99];

fn connect_kind(e: &io::Error) -> ErrorKind {
    let is = |kind| e.kind() == kind;
    if e.raw_os_error().is_some_and(|n| LOCAL_LIMITS.contains(&n)) || is(io::ErrorKind::AddrNotAvailable) {
        ErrorKind::LocalLimit
    } else if is(io::ErrorKind::ConnectionRefused) {
        ErrorKind::ConnectRefused
    } else if is(io::ErrorKind::ConnectionReset) {
        ErrorKind::Reset
    } else if is(io::ErrorKind::TimedOut) {
        ErrorKind::ConnectTimeout
    } else {
        ErrorKind::Connect
    }
}

fn io_kind(e: &io::Error) -> ErrorKind {
    let is_reset = matches!(
        e.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::NotConnected
    );
    if is_reset {
        ErrorKind::Reset
    } else if e.kind() == io::ErrorKind::InvalidData {
        ErrorKind::Tls
    } else {
        ErrorKind::Io
    }
}

/// Why no request can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A certificate or key is unusable.
    #[error("cannot use the {what}: {reason}")]
    Certificate {
        /// Which.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// An expression or a path that lowering let through is not valid.
    #[error("cannot use the {what} `{text}`: {reason}")]
    Pattern {
        /// What it is meant to be.
        what: &'static str,
        /// As written.
        text: String,
        /// Why.
        reason: String,
    },
}
