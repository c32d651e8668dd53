//! The HTTP/1 response reader: bytes in, in any pieces, a response out. Pure.
//!
//! Follows RFC 9112: sections 6 (message body length), 7.1 (chunked coding). Header fields are split by
//! `httparse`; framing is ours, because a load generator must know exactly where a response ends, how many
//! bytes it had, and what was wrong with it. Everything is bounded: a head by [`MAX_HEAD`] bytes and
//! [`MAX_HEADERS`] fields, a chunk-size line and the trailers by limits of their own.

use std::mem::MaybeUninit;

/// The largest head read, in bytes. Servers' own limits are 8 to 32 KiB.
pub(crate) const MAX_HEAD: usize = 64 * 1024;
/// The most header fields read.
pub(crate) const MAX_HEADERS: usize = 128;
/// The largest chunk-size line, extensions included.
const MAX_CHUNK_LINE: usize = 4 * 1024;
/// The largest trailer section.
const MAX_TRAILERS: usize = 16 * 1024;

/// What was wrong with a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// The start line or a header field does not parse.
    #[error("not a valid HTTP/1 response head")]
    Head,
    /// More or longer header fields than are read.
    #[error("a response head of more than 65,536 bytes or 128 fields")]
    HeadTooLarge,
    /// `Content-Length` is not a number, or two of them differ.
    #[error("an invalid or contradictory content-length")]
    ContentLength,
    /// A chunk's size is not a hexadecimal number, or too large.
    #[error("an invalid chunk size")]
    ChunkSize,
    /// A chunk is not followed by a line end.
    #[error("a chunk that does not end where it says")]
    ChunkEnd,
    /// Trailers longer than are read.
    #[error("trailers of more than 16,384 bytes")]
    TrailersTooLarge,
    /// More than ten interim (1xx) responses.
    #[error("more than ten interim responses")]
    TooManyInterim,
}

impl ResponseError {
    /// Whether the response was merely larger than what is read.
    pub(crate) const fn is_too_large(self) -> bool {
        matches!(self, Self::HeadTooLarge | Self::TrailersTooLarge)
    }
}

/// What the head of a response says that matters to the load path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status code.
    pub(crate) status: u16,
    /// Whether the connection may serve another request after this response.
    pub(crate) keep_alive: bool,
    /// The raw head, kept if asked for (checks on headers, redirects, cookies).
    pub(crate) raw: Option<Box<[u8]>>,
}

/// Which heads are worth keeping whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepHead {
    /// Those with a `Set-Cookie` or a `Location`.
    IfStateful,
    /// All.
    Always,
}

/// Where body bytes go. `None` discards them.
pub(crate) type Sink<'a> = Option<&'a mut Vec<u8>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// This many body bytes remain.
    Length(u64),
    ChunkSize {
        size: u64,
        digits: u8,
        /// Bytes of the line so far; past the digits only the line end matters.
        line: usize,
        in_extension: bool,
    },
    ChunkData(u64),
    /// After a chunk's data: CR LF, or LF alone.
    ChunkEnd {
        after_cr: bool,
    },
    /// Trailer bytes so far, and whether the current line is empty so far.
    Trailers {
        bytes: usize,
        line_is_empty: bool,
    },
    UntilClose,
    Done,
}

/// Reads one response.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    state: State,
    head: Head,
    /// Of a head that came in pieces.
    partial: Vec<u8>,
    head_request: bool,
    keep: KeepHead,
    interim: u8,
    body_bytes: u64,
}

/// RFC 9110 allows any number; more than this is an attack or a bug.
const MAX_INTERIM: u8 = 10;

impl ResponseReader {
    /// A reader for the response to a request; `head_request` says that its method was `HEAD`.
    pub(crate) fn new(head_request: bool, keep: KeepHead) -> Self {
        Self {
            state: State::Head,
            head: Head::default(),
            partial: Vec::new(),
            head_request,
            keep,
            interim: 0,
            body_bytes: 0,
        }
    }

    /// Takes in `input` and answers how many of its bytes belong to the response. Less than all of them only
    /// when the response is complete.
    pub(crate) fn feed(&mut self, input: &[u8], mut sink: Sink<'_>) -> Result<usize, ResponseError> {
        let mut used = 0;
        while used < input.len() && self.state != State::Done {
            let rest = &input[used..];
            used += match self.state {
                State::Head => self.feed_head(rest)?,
                State::Length(remaining) => {
                    let n = self.body(rest, remaining, &mut sink);
                    let remaining = remaining - n as u64;
                    self.state = if remaining == 0 { State::Done } else { State::Length(remaining) };
                    n
                }
                State::UntilClose => self.body(rest, u64::MAX, &mut sink),
                State::ChunkSize { .. } => self.feed_chunk_size(rest)?,
                State::ChunkData(remaining) => {
                    let n = self.body(rest, remaining, &mut sink);
                    let remaining = remaining - n as u64;
                    self.state = if remaining == 0 {
                        State::ChunkEnd { after_cr: false }
                    } else {
                        State::ChunkData(remaining)
                    };
                    n
                }
                State::ChunkEnd { after_cr } => {
                    self.state = match (rest[0], after_cr) {
                        (b'\r', false) => State::ChunkEnd { after_cr: true },
                        (b'\n', _) => CHUNK_START,
                        _ => return Err(ResponseError::ChunkEnd),
                    };
                    1
                }
                State::Trailers { .. } => self.feed_trailers(rest)?,
                State::Done => 0,
            };
        }
        Ok(used)
    }

    /// The connection was closed: whether that completes the response.
    pub(crate) fn closed(&mut self) -> bool {
        if self.state == State::UntilClose {
            self.state = State::Done;
        }
        self.is_done()
    }

    /// Whether the response is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The head; its status is 0 until it has come.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Body bytes so far, without chunk framing.
    pub(crate) fn body_bytes(&self) -> u64 {
        self.body_bytes
    }

    fn body(&mut self, rest: &[u8], remaining: u64, sink: &mut Sink<'_>) -> usize {
        let n = usize::try_from(remaining).unwrap_or(usize::MAX).min(rest.len());
        self.body_bytes += n as u64;
        if let Some(sink) = sink {
            sink.extend_from_slice(&rest[..n]);
        }
        n
    }

    /// Takes in a head. Nothing but its first bytes is judged before it is complete, so that the result does
    /// not depend on the pieces in which it comes.
    fn feed_head(&mut self, rest: &[u8]) -> Result<usize, ResponseError> {
        if self.partial.is_empty() && rest[0] == VERSION[0] {
            // The usual case, and all that a load of small responses does: the whole head is there.
            if let Ok(Some(length)) = self.parse_head(rest) {
                return Ok(length);
            }
        }
        let before = self.partial.len();
        // Two bytes past the limit: enough to see that it is passed.
        let taken = rest.len().min((MAX_HEAD + 2).saturating_sub(before));
        self.partial.extend_from_slice(&rest[..taken]);
        if self.partial.iter().zip(VERSION).any(|(came, must)| came != must) {
            return Err(ResponseError::Head);
        }
        match head_end(&self.partial, before) {
            Some(end) if end <= MAX_HEAD => {
                let mut head = std::mem::take(&mut self.partial);
                head.truncate(end);
                match self.parse_head(&head)? {
                    Some(_) => Ok(end - before),
                    None => Err(ResponseError::Head),
                }
            }
            None if self.partial.len() <= MAX_HEAD => Ok(taken),
            Some(_) | None => Err(ResponseError::HeadTooLarge),
        }
    }

    /// Parses a head at the start of `bytes`; `None` if it is not complete.
    fn parse_head(&mut self, bytes: &[u8]) -> Result<Option<usize>, ResponseError> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            bytes,
            &mut fields,
        );
        let length = match parsed {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(ResponseError::HeadTooLarge),
            Err(_) => return Err(ResponseError::Head),
        };
        if length > MAX_HEAD {
            return Err(ResponseError::HeadTooLarge);
        }
        let status = response.code.unwrap_or(0);
        if (100..200).contains(&status) && status != 101 {
            self.interim += 1;
            if self.interim > MAX_INTERIM {
                return Err(ResponseError::TooManyInterim);
            }
            return Ok(Some(length));
        }
        let framing = Framing::read(response.headers)?;
        let http11 = response.version == Some(1);
        self.state = framing.state(status, self.head_request);
        let delimited = self.state != State::UntilClose && !framing.is_ambiguous() && status != 101;
        let keep = match self.keep {
            KeepHead::IfStateful => framing.stateful,
            KeepHead::Always => true,
        };
        self.head = Head {
            status,
            keep_alive: delimited && !framing.close && (http11 || framing.keep_alive),
            raw: keep.then(|| bytes[..length].into()),
        };
        Ok(Some(length))
    }

    fn feed_chunk_size(&mut self, rest: &[u8]) -> Result<usize, ResponseError> {
        let State::ChunkSize { mut size, mut digits, mut line, mut in_extension } = self.state else {
            return Ok(0);
        };
        for (i, byte) in rest.iter().enumerate() {
            line += 1;
            if line > MAX_CHUNK_LINE {
                return Err(ResponseError::ChunkSize);
            }
            match byte {
                b'\n' if digits > 0 => {
                    self.state = match size {
                        0 => State::Trailers { bytes: 0, line_is_empty: true },
                        size => State::ChunkData(size),
                    };
                    return Ok(i + 1);
                }
                b';' | b' ' | b'\t' | b'\r' if digits > 0 => in_extension = true,
                _ if in_extension && *byte != b'\n' => {}
                _ => {
                    let digit = char::from(*byte).to_digit(16).ok_or(ResponseError::ChunkSize)?;
                    digits += 1;
                    // 15 digits are an exabyte: more is a lie.
                    if digits > 15 {
                        return Err(ResponseError::ChunkSize);
                    }
                    size = size * 16 + u64::from(digit);
                }
            }
        }
        self.state = State::ChunkSize { size, digits, line, in_extension };
        Ok(rest.len())
    }

    fn feed_trailers(&mut self, rest: &[u8]) -> Result<usize, ResponseError> {
        let State::Trailers { mut bytes, mut line_is_empty } = self.state else { return Ok(0) };
        for (i, byte) in rest.iter().enumerate() {
            bytes += 1;
            if bytes > MAX_TRAILERS {
                return Err(ResponseError::TrailersTooLarge);
            }
            match byte {
                b'\n' if line_is_empty => {
                    self.state = State::Done;
                    return Ok(i + 1);
                }
                b'\n' => line_is_empty = true,
                b'\r' => {}
                _ => line_is_empty = false,
            }
        }
        self.state = State::Trailers { bytes, line_is_empty };
        Ok(rest.len())
    }
}

const CHUNK_START: State = State::ChunkSize { size: 0, digits: 0, line: 0, in_extension: false };

/// Every head begins so (RFC 9112, 4). What does not is no response, however it goes on.
const VERSION: &[u8] = b"HTTP/1.";

/// Where the head at the start of `bytes` ends: after its first empty line. None ends before `from`.
fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    let begin = from.saturating_sub(2);
    let ends = |at: &usize| {
        let line_end = bytes[*at] == b'\n';
        line_end && (bytes[..*at].ends_with(b"\n") || bytes[..*at].ends_with(b"\n\r"))
    };
    (begin..bytes.len()).find(ends).map(|at| at + 1)
}

/// What the header fields say about where the body ends.
#[derive(Debug, Default)]
struct Framing {
    length: Option<u64>,
    coding: Option<TransferCoding>,
    close: bool,
    keep_alive: bool,
    stateful: bool,
}

/// The last of the transfer codings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TransferCoding {
    Chunked,
    /// The body ends with the connection.
    Other,
}

impl Framing {
    fn read(fields: &[httparse::Header<'_>]) -> Result<Self, ResponseError> {
        let mut framing = Self::default();
        for field in fields {
            let name = field.name.as_bytes();
            match name.len() {
                14 if name.eq_ignore_ascii_case(b"content-length") => framing.content_length(field.value)?,
                17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                    framing.transfer_encoding(field.value);
                }
                10 if name.eq_ignore_ascii_case(b"connection") => framing.connection(field.value),
                10 if name.eq_ignore_ascii_case(b"set-cookie") => framing.stateful = true,
                8 if name.eq_ignore_ascii_case(b"location") => framing.stateful = true,
                _ => {}
            }
        }
        Ok(framing)
    }

    fn content_length(&mut self, value: &[u8]) -> Result<(), ResponseError> {
        // A list of equal lengths may stand for one (RFC 9112, 6.3).
        for part in value.split(|b| *b == b',') {
            let digits = part.trim_ascii();
            if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
                return Err(ResponseError::ContentLength);
            }
            let length = digits.iter().fold(0_u64, |n, d| n * 10 + u64::from(d - b'0'));
            if self.length.is_some_and(|known| known != length) {
                return Err(ResponseError::ContentLength);
            }
            self.length = Some(length);
        }
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8]) {
        // Chunked must be the last coding; anything after it, or anything else, ends with the connection.
        let last = value.rsplit(|b| *b == b',').next().unwrap_or_default().trim_ascii();
        let chunked = last.eq_ignore_ascii_case(b"chunked");
        self.coding = Some(if chunked { TransferCoding::Chunked } else { TransferCoding::Other });
    }

    fn connection(&mut self, value: &[u8]) {
        for option in value.split(|b| *b == b',').map(<[u8]>::trim_ascii) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    /// Both a length and a transfer coding: the connection is not to be trusted afterwards (RFC 9112, 6.3).
    const fn is_ambiguous(&self) -> bool {
        self.length.is_some() && self.coding.is_some()
    }

    fn state(&self, status: u16, head_request: bool) -> State {
        if head_request || status == 204 || status == 304 || status == 101 {
            return State::Done;
        }
        match (self.coding, self.length) {
            (Some(TransferCoding::Chunked), _) => CHUNK_START,
            (Some(TransferCoding::Other), _) | (None, None) => State::UntilClose,
            (None, Some(0)) => State::Done,
            (None, Some(length)) => State::Length(length),
        }
    }
}

#[cfg(test)]
mod tests;
