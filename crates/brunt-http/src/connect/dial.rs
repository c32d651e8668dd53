//! Which of a name's addresses is connected to: the first that answers, by "Happy Eyeballs" (RFC 8305).
//!
//! Families take turns, beginning with the one that the resolver names first (section 4). The next address is tried
//! when the one before has failed, or has not answered for [`ATTEMPT_DELAY`] (section 5), and all go on until one
//! answers. Names are resolved by the system, both families at once, so section 3 does not apply.

use super::Time;
use crate::error::Failure;
use brunt_metrics::Nanos;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use tokio::net::TcpStream;

/// How long an address is waited for before the next is tried as well: what RFC 8305 recommends in section 8.
const ATTEMPT_DELAY: Nanos = Nanos::from_millis(250);

/// An address that is being connected to.
type Attempt = Pin<Box<dyn Future<Output = Result<(TcpStream, SocketAddr), Failure>>>>;

/// A connection to the first address that answers, and which that is. The failure is that of the last to fail.
pub(super) async fn dial(
    addresses: &[SocketAddr],
    time: &impl Time,
) -> Result<(TcpStream, SocketAddr), Failure> {
    match addresses {
        [only] => attempt(*only).await,
        // Boxed, as all that is rare: a user's task is as large as its largest await.
        several => Box::pin(race(&in_turns(several), time)).await,
    }
}

async fn attempt(address: SocketAddr) -> Result<(TcpStream, SocketAddr), Failure> {
    let connected = TcpStream::connect(address).await;
    let stream = connected.map_err(|source| Failure::Connect { address: address.to_string(), source })?;
    // A request is one write: waiting to fill a packet could only delay it.
    let _ = stream.set_nodelay(true);
    Ok((stream, address))
}

/// What ends a round of waiting.
enum Round {
    Answered(TcpStream, SocketAddr),
    /// One has failed, or none has answered for long enough.
    Next,
}

async fn race(addresses: &[SocketAddr], time: &impl Time) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut last = Failure::ConnectTimeout;
    let mut under_way: Vec<Attempt> = Vec::with_capacity(addresses.len());
    let mut left = addresses.iter();
    loop {
        match left.next() {
            Some(address) => under_way.push(Box::pin(attempt(*address))),
            None if under_way.is_empty() => return Err(last),
            None => {}
        }
        let others = left.len() > 0;
        let mut pause = pin!(time.wait_until(time.now() + ATTEMPT_DELAY));
        let round = poll_fn(|cx| {
            let (mut answered, before) = (None, under_way.len());
            under_way.retain_mut(|attempt| match attempt.as_mut().poll(cx) {
                Poll::Pending => true,
                Poll::Ready(Ok(connected)) => {
                    answered.get_or_insert(connected);
                    false
                }
                Poll::Ready(Err(failure)) => {
                    last = failure;
                    false
                }
            });
            if let Some((stream, address)) = answered {
                return Poll::Ready(Round::Answered(stream, address));
            }
            let failed = under_way.len() < before;
            if under_way.is_empty() || (others && (failed || pause.as_mut().poll(cx).is_ready())) {
                return Poll::Ready(Round::Next);
            }
            Poll::Pending
        });
        match round.await {
            Round::Answered(stream, address) => return Ok((stream, address)),
            Round::Next => {}
        }
    }
}

/// The same addresses, families in turns, each in its own order.
fn in_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let of = |own: bool| addresses.iter().copied().filter(move |a| (a.is_ipv4() == first.is_ipv4()) == own);
    let (mut own, mut other) = (of(true), of(false));
    let mut out = Vec::with_capacity(addresses.len());
    while out.len() < addresses.len() {
        out.extend(own.next());
        out.extend(other.next());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        for (given, expected) in [
            ("", ""),
            ("4a", "4a"),
            ("6a 6b 4a 4b", "6a 4a 6b 4b"),
            ("4a 6a 6b 6c", "4a 6a 6b 6c"),
            ("6a 6b 6c 4a", "6a 4a 6b 6c"),
        ] {
            let address = |word: &str| -> SocketAddr {
                let text = match word.split_at(1) {
                    ("4", host) => format!("127.0.0.1:{}", host.as_bytes()[0]),
                    (_, host) => format!("[::1]:{}", host.as_bytes()[0]),
                };
                text.parse().unwrap()
            };
            let list = |words: &str| words.split_whitespace().map(address).collect::<Vec<_>>();
            assert_eq!(in_turns(&list(given)), list(expected), "{given}");
        }
    }

    /// Whose queues of connections are full is deaf on Linux alone.
    #[cfg(target_os = "linux")]
    mod races {
        use super::*;
        use std::future::{pending, ready};
        use std::net::TcpListener;
        use tokio::net::TcpSocket;

        /// Does not move, or is always past what is waited for.
        #[derive(Clone, Copy)]
        enum Clock {
            Still,
            Past,
        }

        impl Time for Clock {
            fn now(&self) -> Nanos {
                Nanos::ZERO
            }

            async fn wait_until(&self, _: Nanos) {
                match self {
                    Self::Still => pending().await,
                    Self::Past => ready(()).await,
                }
            }
        }

        /// Listens, and answers nobody: the one place of its queue is taken. Linux drops what comes then.
        async fn deaf() -> (tokio::net::TcpListener, TcpStream, SocketAddr) {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let listener = socket.listen(0).unwrap();
            let address = listener.local_addr().unwrap();
            let filling = TcpStream::connect(address).await.unwrap();
            (listener, filling, address)
        }

        /// `open` listens, `closed` refuses, `deaf` lets wait.
        #[test]
        fn the_first_that_answers() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            runtime.block_on(async {
                let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
                let [open, other] = listeners.each_ref().map(|l| l.local_addr().unwrap());
                let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
                let (_listener, _filling, deaf) = deaf().await;
                for (addresses, clock, expected) in [
                    (vec![open], Clock::Still, Some(open)),
                    (vec![open, other], Clock::Still, Some(open)),
                    (vec![closed, open], Clock::Still, Some(open)),
                    (vec![closed, closed, open, deaf], Clock::Still, Some(open)),
                    (vec![deaf, open], Clock::Past, Some(open)),
                    (vec![deaf, closed, open], Clock::Past, Some(open)),
                    (vec![deaf, deaf, deaf, open], Clock::Past, Some(open)),
                    (vec![closed], Clock::Past, None),
                    (vec![closed, closed], Clock::Past, None),
                    (vec![], Clock::Past, None),
                ] {
                    let answered = dial(&addresses, &clock).await.ok().map(|(_, address)| address);
                    assert_eq!(answered, expected, "{addresses:?}");
                }
            });
        }
    }
}
