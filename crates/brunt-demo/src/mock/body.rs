//! The body of an answer: in memory or made on the way, at once or in pieces over time.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::{compile::Mock, config::Drip};
use crate::{
    clock::now,
    delay::{Sleep, Timer},
};

/// The size of the pieces in which a body without content of its own is made.
const BLOCK: usize = 64 * 1024;

/// What such a body consists of.
static FILLER: [u8; BLOCK] = filler();

#[expect(clippy::large_stack_arrays, reason = "evaluated by the compiler, into a static")]
const fn filler() -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let alphabet = b"abcdefghijklmnopqrstuvwxyz012345";
    let mut index = 0;
    while index < BLOCK {
        block[index] = alphabet[index % alphabet.len()];
        index += 1;
    }
    block
}

/// What a body consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Bytes(Bytes),
    /// So many bytes of filler.
    Filler(u64),
}

impl Content {
    pub(super) const EMPTY: Self = Self::Bytes(Bytes::new());

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Filler(count) => *count,
        }
    }

    /// Takes the next piece of at most `most` bytes.
    fn take(&mut self, most: u64) -> Bytes {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        match self {
            Self::Bytes(bytes) => bytes.split_to(most.min(bytes.len())),
            Self::Filler(left) => {
                let size = most.min(BLOCK).min(usize::try_from(*left).unwrap_or(BLOCK));
                *left -= size as u64;
                Bytes::from_static(&FILLER[..size])
            }
        }
    }
}

/// One request in flight; its drop is the end of the answer.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Mock>);

impl InFlight {
    /// Counts one more in flight; also gives how many there are with it.
    pub(super) fn enter(mock: &Arc<Mock>) -> (Self, u64) {
        let count = mock.counters().enter();
        (Self(Arc::clone(mock)), count)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.counters().leave();
    }
}

/// A body being sent.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    content: Content,
    pace: Option<Pace>,
    /// Held until the body is sent or given up.
    _in_flight: Option<InFlight>,
}

#[derive(Debug)]
struct Pace {
    timer: Timer,
    every: Duration,
    /// The size of a piece.
    piece: u64,
    /// What is left of the current piece.
    left: u64,
    next: Instant,
    sleep: Option<Sleep>,
}

impl ResponseBody {
    /// A body that is sent at once.
    pub(super) fn new(content: Content, in_flight: Option<InFlight>) -> Self {
        Self { content, pace: None, _in_flight: in_flight }
    }

    /// A body that is sent as `drip` says, from `start` on.
    pub(super) fn dripping(
        content: Content,
        drip: Drip,
        start: Instant,
        timer: &Timer,
        in_flight: InFlight,
    ) -> Self {
        let piece = content.len().div_ceil(u64::from(drip.pieces.max(1))).max(1);
        let next = start + drip.every;
        let pace = Pace { timer: timer.clone(), every: drip.every, piece, left: piece, next, sleep: None };
        Self { content, pace: Some(pace), _in_flight: Some(in_flight) }
    }
}

impl Pace {
    /// How many bytes may be sent; waits for the next piece if the current one is sent.
    fn poll_allowed(&mut self, cx: &mut Context<'_>) -> Poll<u64> {
        if self.left == 0 {
            let sleep = self.sleep.get_or_insert_with(|| self.timer.until(self.next));
            ready!(Pin::new(sleep).poll(cx));
            self.sleep = None;
            // From deadline to deadline; a client that reads too slowly does not get a burst afterwards.
            self.next = (self.next + self.every).max(now());
            self.left = self.piece;
        }
        Poll::Ready(self.left)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.content.len() == 0 {
            return Poll::Ready(None);
        }
        let Some(pace) = &mut this.pace else {
            return Poll::Ready(Some(Ok(Frame::data(this.content.take(u64::MAX)))));
        };
        let allowed = ready!(pace.poll_allowed(cx));
        let data = this.content.take(allowed);
        pace.left -= data.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.content.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.content.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_taken_in_pieces() {
        let mut filler = Content::Filler(BLOCK as u64 + 10);
        assert_eq!(filler.take(5).as_ref(), b"abcde");
        assert_eq!(filler.take(u64::MAX).len(), BLOCK);
        assert_eq!(filler.take(u64::MAX).len(), 5);
        assert_eq!(filler.len(), 0);
        let mut bytes = Content::Bytes(Bytes::from_static(b"hello"));
        assert_eq!(bytes.take(2).as_ref(), b"he");
        assert_eq!(bytes.take(9).as_ref(), b"llo");
    }
}
