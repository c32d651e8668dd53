//! A server that breaks HTTP in a known way per path.
//!
//! For: showing that a client survives every way in which a peer can misbehave, within its timeouts and with a truthful
//! account of what happened. It writes to the bare socket, since an HTTP library would refuse to. Not for: load (it is
//! correct first), TLS or HTTP/2.
//!
//! [`faults`] is the table of paths with what each does; start there. `/` answers it as JSON, properly. A path that is not in
//! the table gets a proper 404.
//! A `HEAD` request gets the head of the answer alone, with the fault in it if the fault is in the head.
//!
//! Bounds, so that no test hangs and no disk or memory fills: a connection ends after [`LONGEST_CONNECTION`], an answer
//! after [`LONGEST_ANSWER`] bytes. Large bodies are streamed.

mod request;
mod table;

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub use self::table::{Fault, faults};
use self::{
    request::{Incoming, Method, Request},
    table::{Ending, FAULTS, RequestBody, Step},
};
use crate::{
    about::{About, Line},
    clock::now,
    delay::Timer,
    random::mix,
    stats::{Counters, Times},
    stream::Stream,
};

/// A connection ends after this, whatever it is doing.
pub const LONGEST_CONNECTION: Duration = Duration::from_mins(1);

/// An answer ends after this many bytes, and with it the connection.
pub const LONGEST_ANSWER: u64 = 200_000_000;

/// The path whose last segment is the number of bytes of the body.
const BIG: &str = "/big/";

/// Written at once where a body has no end.
const BLOCK: usize = 16 * 1024;

/// What a body of a given size consists of.
static FILLING: [u8; BLOCK] = [b'x'; BLOCK];

/// The misbehaving server.
#[derive(Debug)]
pub(crate) struct Faulty {
    counters: Counters,
    /// What `/` answers.
    about: String,
}

/// The places of the paths that are not in the table, behind those that are.
const BIG_ROUTE: usize = FAULTS.len();
const OTHER_ROUTE: usize = FAULTS.len() + 1;
const ABOUT_ROUTE: usize = FAULTS.len() + 2;

/// What becomes of the connection after an answer.
#[derive(Debug, PartialEq, Eq)]
enum Connection {
    Continues,
    Ends,
}

impl Faulty {
    pub(crate) fn new(threads: usize) -> Self {
        let paths = FAULTS.iter().map(|fault| fault.path).chain(["/big/{bytes}", "other", "/"]);
        let counters = Counters::new(paths.map(str::to_owned).collect(), threads, Times::Off);
        Self { counters, about: about() }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Serves a connection until it ends, for [`LONGEST_CONNECTION`] at most.
    pub(crate) async fn serve(&self, stream: Stream, timer: &Timer, thread: usize) -> io::Result<()> {
        let deadline = timer.until(now() + LONGEST_CONNECTION);
        tokio::select! {
            result = self.serve_all(stream, timer, thread) => result,
            () = deadline => Ok(()),
        }
    }

    async fn serve_all(&self, stream: Stream, timer: &Timer, thread: usize) -> io::Result<()> {
        let mut incoming = Incoming::new(stream);
        while let Some(request) = incoming.next().await? {
            let route = route_of(&request.path);
            self.counters.add_requests(thread, route, 1);
            if reads_body(route) == RequestBody::Read {
                incoming.skip_body(&request).await?;
            }
            let mut answer = Answer { stream: incoming.stream(), timer, method: request.method, sent: 0 };
            let connection = match FAULTS.get(route) {
                Some(fault) => answer.perform(fault).await?,
                None if route == ABOUT_ROUTE => answer.whole("application/json", &self.about).await?,
                None => answer.plain(route, &request).await?,
            };
            if connection == Connection::Ends {
                return incoming.stream().shutdown().await;
            }
        }
        Ok(())
    }
}

fn route_of(path: &str) -> usize {
    if let Some(index) = FAULTS.iter().position(|fault| fault.path == path) {
        index
    } else if path.starts_with(BIG) {
        BIG_ROUTE
    } else if path == "/" {
        ABOUT_ROUTE
    } else {
        OTHER_ROUTE
    }
}

fn about() -> String {
    let line = |fault: &Fault| Line::new(("any", fault.path, fault.description));
    let big = Line::new(("any", "/big/{bytes}", "a proper body of so many bytes"));
    let about = About {
        target: "faulty",
        sentence: "breaks HTTP in a known way per path",
        routes: FAULTS.iter().map(line).chain([big]).collect(),
        control: vec![Line::new(("GET", "/", "this list"))],
    };
    about.json()
}

fn reads_body(route: usize) -> RequestBody {
    FAULTS.get(route).map_or(RequestBody::Read, |fault| fault.request_body)
}

/// The writing of one answer.
struct Answer<'a> {
    stream: &'a mut Stream,
    timer: &'a Timer,
    method: Method,
    sent: u64,
}

impl Answer<'_> {
    async fn perform(&mut self, fault: &Fault) -> io::Result<Connection> {
        for step in fault.steps {
            if self.sent >= LONGEST_ANSWER {
                return Ok(Connection::Ends);
            }
            self.step(step).await?;
        }
        match fault.ending {
            Ending::KeepAlive => {
                Ok(if self.sent >= LONGEST_ANSWER { Connection::Ends } else { Connection::Continues })
            }
            Ending::Close => Ok(Connection::Ends),
            Ending::Reset => {
                self.stream.reset_on_close()?;
                // An error skips the orderly shutdown; the drop of the socket then resets.
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Ending::Hang => {
                let mut ignored = [0; 1024];
                while self.stream.read(&mut ignored).await? > 0 {}
                Ok(Connection::Ends)
            }
        }
    }

    async fn step(&mut self, step: &Step) -> io::Result<()> {
        match *step {
            Step::Send(bytes) => self.send(bytes).await,
            Step::Body(_) | Step::Fill(_) | Step::Forever(_) if self.method == Method::Head => Ok(()),
            Step::Body(bytes) => self.send(bytes).await,
            Step::Fill(count) => self.fill(count).await,
            Step::Noise(count) => {
                let noise: Vec<u8> = (0..count).map(|index| mix(index).to_le_bytes()[0] | 0x80).collect();
                self.send(&noise).await
            }
            Step::Pause(duration) => {
                self.timer.until(now() + duration).await;
                Ok(())
            }
            Step::Repeat(bytes, count) => {
                let (block, per_block) = block_of(bytes);
                for _ in 0..count / per_block {
                    self.send(&block).await?;
                }
                self.send(&bytes.repeat(count % per_block)).await
            }
            Step::Forever(bytes) => {
                let (block, _) = block_of(bytes);
                while self.sent < LONGEST_ANSWER {
                    self.send(&block).await?;
                }
                Ok(())
            }
            Step::Drip { bytes, every } => self.drip(bytes, every).await,
            Step::DripForever { bytes, every } => loop {
                self.send(bytes).await?;
                self.timer.until(now() + every).await;
            },
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.sent += bytes.len() as u64;
        Ok(())
    }

    async fn drip(&mut self, bytes: &[u8], every: Duration) -> io::Result<()> {
        // Deadlines, so that late wake-ups do not add up.
        let start: Instant = now();
        for (index, byte) in (0_u32..).zip(bytes) {
            self.timer.until(start + every * index).await;
            self.send(&[*byte]).await?;
        }
        Ok(())
    }

    async fn fill(&mut self, count: u64) -> io::Result<()> {
        let mut left = count;
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            self.send(&FILLING[..size]).await?;
            left -= size as u64;
        }
        Ok(())
    }

    /// A proper answer.
    async fn whole(&mut self, content_type: &str, body: &str) -> io::Result<Connection> {
        let length = body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n");
        self.send(head.as_bytes()).await?;
        if self.method != Method::Head {
            self.send(body.as_bytes()).await?;
        }
        Ok(Connection::Continues)
    }

    /// The proper answers of no size known before: `/big/{bytes}` and 404.
    async fn plain(&mut self, route: usize, request: &Request) -> io::Result<Connection> {
        let size = request.path.strip_prefix(BIG).and_then(|count| count.parse().ok());
        match size {
            Some(size) if route == BIG_ROUTE && size <= LONGEST_ANSWER => {
                self.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n").as_bytes()).await?;
                if self.method != Method::Head {
                    self.fill(size).await?;
                }
            }
            _ if route == BIG_ROUTE => {
                self.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await?;
            }
            _ => {
                self.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await?;
            }
        }
        Ok(Connection::Continues)
    }
}

/// `bytes` repeated to about [`BLOCK`], and how often it is in there.
fn block_of(bytes: &[u8]) -> (Vec<u8>, usize) {
    let count = (BLOCK / bytes.len().max(1)).max(1);
    (bytes.repeat(count), count)
}
