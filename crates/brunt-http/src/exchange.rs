//! What a request wants of its response, and what came: the same for every protocol.

use crate::http1::KeepHead;
use brunt_metrics::Nanos;
use http::HeaderMap;

/// What must be kept of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    /// The request's method is `HEAD`.
    pub(crate) head_request: bool,
    /// Which heads to keep.
    pub(crate) keep_head: KeepHead,
    /// Keep the body, up to this many bytes.
    pub(crate) body_limit: Option<u64>,
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// If they were wanted. Boxed: most are not, and every user's task has room for a reply.
    pub(crate) headers: Option<Box<HeaderMap>>,
    /// As sent, still encoded, if it was wanted.
    pub(crate) body: Option<Vec<u8>>,
    /// The body's length as sent.
    pub(crate) body_bytes: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// Whether the connection may serve another request.
    pub(crate) keep_alive: bool,
    /// When the last byte was written; 0 if the answer came first.
    pub(crate) sent: Nanos,
    pub(crate) first_byte: Nanos,
    pub(crate) ended: Nanos,
}
