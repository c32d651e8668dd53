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

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// All at once, and its answer is read.
    Proper,
    /// Spread over this time, and its answer is read.
    Slow(Nanos),
    /// Up to half of its body, and nothing is read.
    Abort,
}

/// A request that is sent slowly goes out in this many pieces at most.
pub(crate) const SLOW_PIECES: u32 = 20;

/// The instant at which piece `piece` of `pieces` is due: the first at once, the last at the end of `over`.
pub(crate) fn piece_due(begun: Nanos, over: Nanos, piece: u32, pieces: u32) -> Nanos {
    let last = u64::from(pieces.saturating_sub(1)).max(1);
    begun + Nanos(over.0 / last * u64::from(piece)).min(over)
}

/// How far an exchange has come. Kept outside of it, so that an exchange that fails or is given up has been
/// counted as far as it went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// When the last byte was written; 0 until then.
    pub(crate) sent: Nanos,
    /// When the first byte of the answer came; 0 until then.
    pub(crate) first_byte: Nanos,
    pub(crate) bytes_out: u64,
    pub(crate) bytes_in: u64,
}

/// A complete response; or none, where none is waited for.
#[derive(Debug)]
pub(crate) struct Reply {
    /// 0 if none came.
    pub(crate) status: u16,
    /// If they were wanted. Boxed: most are not, and every user's task has room for a reply.
    pub(crate) headers: Option<Box<HeaderMap>>,
    /// As sent, still encoded, if it was wanted.
    pub(crate) body: Option<Vec<u8>>,
    /// The body's length as sent.
    pub(crate) body_bytes: u64,
    /// Whether the connection may serve another request.
    pub(crate) keep_alive: bool,
    pub(crate) ended: Nanos,
}

impl Reply {
    /// Of a request that was aborted as it was to be.
    pub(crate) const fn aborted(ended: Nanos) -> Self {
        Self { status: 0, headers: None, body: None, body_bytes: 0, keep_alive: false, ended }
    }
}
