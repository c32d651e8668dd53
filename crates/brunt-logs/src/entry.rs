//! One request, as far as a log tells.

/// One request, as far as its log tells. Text is bytes as they stood in the log: nothing promises that it is UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// When, in microseconds since 1970-01-01 UTC. Most logs tell whole seconds, and most servers the
    /// end of a request (Apache its begin).
    pub at_us: i64,
    /// What the log's clock was ahead of UTC, in seconds.
    pub offset_s: i32,
    /// The client's address or name; empty where the log tells none. Behind a proxy it is the proxy's, if the log has it so.
    pub client: &'a [u8],
    /// The addresses that it was forwarded for (`X-Forwarded-For`) as they were logged; empty where the log tells none.
    pub forwarded: &'a [u8],
    /// The host that was asked; empty where the log tells none.
    pub host: &'a [u8],
    /// What names the session; empty where the log tells none.
    pub session: &'a [u8],
    /// The user agent; empty where the log tells none.
    pub agent: &'a [u8],
    /// The page that led here; empty where the log tells none.
    pub referer: &'a [u8],
    /// The method; empty where the request line was no request, `GET` in a log that tells no methods.
    pub method: &'a [u8],
    /// Path and query as they were asked for; empty where the request line was no request.
    pub target: &'a [u8],
    /// The status; 0 where the log tells none.
    pub status: u16,
    /// Bytes of the answer; 0 where the log tells none.
    pub bytes: u64,
    /// How long the server took, in microseconds, if the log tells it.
    pub duration_us: Option<u64>,
}

impl<'a> Entry<'a> {
    /// Who asked, as far as the log tells: the first of the addresses that it was forwarded for, or else the client. Behind a proxy all
    /// clients are the proxy.
    pub fn who(&self) -> &'a [u8] {
        let first = self.forwarded.split(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
        if first.is_empty() { self.client } else { first }
    }
}

/// Why a line is not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is no time that can be read.
    #[error("no time that can be read")]
    Time,
    /// There is no request.
    #[error("no request")]
    Request,
    /// There is no status of three digits.
    #[error("no status")]
    Status,
    /// It is not JSON, or not all of it.
    #[error("no JSON, or not all of it")]
    Json,
    /// It does not look as its format says.
    #[error("not as the format says")]
    Format,
    /// It is longer than a line may be.
    #[error("longer than 1 MB")]
    TooLong,
}
