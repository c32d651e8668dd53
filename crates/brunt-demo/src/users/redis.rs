//! As much of a Redis client as the users target needs: RESP2, one connection per serving thread, nothing else.
//!
//! For: a few short commands whose failure is no disaster. Not for: TLS, clusters, subscriptions. A connection that fails
//! or times out is closed, and the next is tried after a while that grows. Start with [`Session::call`].

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Mutex,
};

use super::config::RedisUrl;
use crate::{clock::now, delay::Timer};

/// Longer than any of our commands takes on a server that is well.
const PATIENCE: Duration = Duration::from_secs(1);

/// The first and the longest time from a failure to the next attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The longest answer, in bytes: a page of a thousand users takes some hundred thousand.
const LONGEST_ANSWER: usize = 16 << 20;

/// Nesting of lists in an answer.
const DEEPEST: usize = 4;

/// A value in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Nil,
    Number(i64),
    Text(String),
    List(Vec<Value>),
    Error(String),
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nil | Self::Number(_) | Self::List(_) | Self::Error(_) => None,
        }
    }

    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Number(number) => u64::try_from(*number).unwrap_or(0),
            Self::Nil | Self::Text(_) | Self::List(_) | Self::Error(_) => 0,
        }
    }

    pub(super) fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            Self::Nil | Self::Number(_) | Self::Text(_) | Self::Error(_) => &[],
        }
    }
}

/// Commands that are sent together.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    commands: usize,
}

impl Batch {
    pub(super) fn one(parts: &[&str]) -> Self {
        Self::default().and(parts)
    }

    pub(super) fn and(mut self, parts: &[&str]) -> Self {
        self.bytes.extend_from_slice(format!("*{}\r\n", parts.len()).as_bytes());
        for part in parts {
            self.bytes.extend_from_slice(format!("${}\r\n{part}\r\n", part.len()).as_bytes());
        }
        self.commands += 1;
        self
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct RedisError(String);

impl From<io::Error> for RedisError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A Redis server, and our connections to it.
#[derive(Debug)]
pub(super) struct Client {
    url: RedisUrl,
    slots: Vec<Mutex<Slot>>,
    errors: AtomicU64,
    connections: AtomicU64,
}

/// The way of one request to Redis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session<'a> {
    pub(super) client: &'a Client,
    /// The serving thread, whose connection it uses.
    pub(super) thread: usize,
    pub(super) timer: &'a Timer,
}

impl Session<'_> {
    /// Sends `batch` and gives one value per command, none of which is an error.
    pub(super) async fn call(&self, batch: Batch) -> Result<Vec<Value>, RedisError> {
        let called = self.client.try_call(self.thread, self.timer, &batch).await;
        if called.is_err() {
            self.client.errors.fetch_add(1, Relaxed);
        }
        called
    }
}

/// The connection of one thread.
#[derive(Debug, Default)]
struct Slot {
    stream: Option<TcpStream>,
    /// When the next attempt may be made, and the pause after it if it fails.
    pause: Option<(Instant, Duration)>,
}

impl Client {
    pub(super) fn new(url: RedisUrl, threads: usize) -> Self {
        let slots = (0..threads.max(1)).map(|_| Mutex::default()).collect();
        Self { url, slots, errors: AtomicU64::new(0), connections: AtomicU64::new(0) }
    }

    pub(super) fn url(&self) -> &RedisUrl {
        &self.url
    }

    /// Calls that failed so far.
    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// Connections made so far.
    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Relaxed)
    }

    pub(super) fn reset(&self) {
        self.errors.store(0, Relaxed);
    }

    async fn try_call(&self, thread: usize, timer: &Timer, batch: &Batch) -> Result<Vec<Value>, RedisError> {
        let Some(slot) = self.slots.get(thread % self.slots.len().max(1)) else {
            return Err(RedisError("there is no connection".to_owned()));
        };
        let mut slot = slot.lock().await;
        if let Some((not_before, _)) = slot.pause
            && now() < not_before
        {
            return Err(RedisError("the last attempt failed a moment ago".to_owned()));
        }
        // Taken out, and put back only after a whole answer: whoever gives the call up in the middle (or fails) leaves no
        // connection behind on which the next would read the answer to this one.
        let stream = slot.stream.take();
        let outcome = tokio::select! {
            biased;
            outcome = self.exchange(stream, batch) => outcome,
            () = timer.until(now() + PATIENCE) => Err(RedisError("no answer in time".to_owned())),
        };
        match outcome {
            Ok((stream, values)) => {
                *slot = Slot { stream: Some(stream), pause: None };
                match values.iter().find_map(|value| if let Value::Error(e) = value { Some(e) } else { None })
                {
                    Some(error) => Err(RedisError(error.clone())),
                    None => Ok(values),
                }
            }
            Err(error) => {
                let pause = slot.pause.map_or(FIRST_PAUSE, |(_, pause)| (pause * 2).min(LONGEST_PAUSE));
                slot.pause = Some((now() + pause, pause));
                Err(error)
            }
        }
    }

    async fn exchange(
        &self,
        stream: Option<TcpStream>,
        batch: &Batch,
    ) -> Result<(TcpStream, Vec<Value>), RedisError> {
        let mut stream = match stream {
            // A server that was restarted has closed it.
            Some(stream) if is_open(&stream) => stream,
            Some(_) | None => self.connect().await?,
        };
        let values = talk(&mut stream, batch).await?;
        Ok((stream, values))
    }

    async fn connect(&self) -> Result<TcpStream, RedisError> {
        let RedisUrl { host, port, user, password, database } = &self.url;
        let mut stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(true)?;
        self.connections.fetch_add(1, Relaxed);
        let mut login = Batch::default();
        match (user, password) {
            (Some(user), Some(password)) => login = login.and(&["AUTH", user, password]),
            (None, Some(password)) => login = login.and(&["AUTH", password]),
            (Some(_) | None, None) => {}
        }
        if *database > 0 {
            login = login.and(&["SELECT", &database.to_string()]);
        }
        for value in talk(&mut stream, &login).await? {
            if let Value::Error(error) = value {
                return Err(RedisError(error));
            }
        }
        Ok(stream)
    }
}

/// Whether nothing was said and nobody hung up since the last answer.
fn is_open(stream: &TcpStream) -> bool {
    let unread = stream.try_read(&mut [0]);
    matches!(unread, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

async fn talk(stream: &mut TcpStream, batch: &Batch) -> Result<Vec<Value>, RedisError> {
    stream.write_all(&batch.bytes).await?;
    let (mut buffer, mut at, mut values) = (Vec::new(), 0, Vec::new());
    while values.len() < batch.commands {
        match parse(&buffer[at..], 0)? {
            Some((value, length)) => {
                values.push(value);
                at += length;
            }
            None if buffer.len() > LONGEST_ANSWER => {
                return Err(RedisError("the answer is too long".to_owned()));
            }
            None if stream.read_buf(&mut buffer).await? == 0 => {
                return Err(RedisError("the connection was closed".to_owned()));
            }
            None => {}
        }
    }
    Ok(values)
}

/// The first value in `bytes` and its length; nothing if it is not complete.
fn parse(bytes: &[u8], depth: usize) -> Result<Option<(Value, usize)>, RedisError> {
    let strange = || RedisError("the answer is not RESP".to_owned());
    let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") else {
        return Ok(None);
    };
    let line = std::str::from_utf8(&bytes[1..end.max(1)]).map_err(|_| strange())?;
    let after = end + 2;
    let number = || line.parse::<i64>().map_err(|_| strange());
    let value = match bytes.first() {
        Some(b'+') => Value::Text(line.to_owned()),
        Some(b'-') => Value::Error(line.to_owned()),
        Some(b':') => Value::Number(number()?),
        Some(b'$') => {
            let Ok(length) = usize::try_from(number()?) else {
                return Ok(Some((Value::Nil, after)));
            };
            if length > LONGEST_ANSWER {
                return Err(RedisError("the answer is too long".to_owned()));
            }
            return Ok(bytes.get(after..after + length + 2).map(|bytes| {
                let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                (Value::Text(text), after + length + 2)
            }));
        }
        Some(b'*') if depth < DEEPEST => return parse_list(bytes, after, number()?, depth),
        Some(_) | None => return Err(strange()),
    };
    Ok(Some((value, after)))
}

fn parse_list(
    bytes: &[u8],
    mut at: usize,
    length: i64,
    depth: usize,
) -> Result<Option<(Value, usize)>, RedisError> {
    if length < 0 {
        return Ok(Some((Value::Nil, at)));
    }
    let mut list = Vec::new();
    for _ in 0..length {
        match parse(&bytes[at..], depth + 1)? {
            Some((value, length)) => {
                list.push(value);
                at += length;
            }
            None => return Ok(None),
        }
    }
    Ok(Some((Value::List(list), at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (bytes, expected) in [
            ("+OK\r\n", Some((text("OK"), 5))),
            ("-ERR no\r\n", Some((Value::Error("ERR no".to_owned()), 9))),
            (":42\r\n:1\r\n", Some((Value::Number(42), 5))),
            ("$5\r\nhe\r\no\r\n", Some((text("he\r\no"), 11))),
            ("$-1\r\n", Some((Value::Nil, 5))),
            ("$0\r\n\r\n", Some((text(""), 6))),
            ("*-1\r\n", Some((Value::Nil, 5))),
            ("*2\r\n$1\r\na\r\n*1\r\n:7\r\n", {
                Some((Value::List(vec![text("a"), Value::List(vec![Value::Number(7)])]), 19))
            }),
            ("", None),
            ("$5\r\nhel", None),
            ("*2\r\n:1\r\n", None),
            ("+O", None),
        ] {
            assert_eq!(parse(bytes.as_bytes(), 0), Ok(expected), "{bytes:?}");
        }
        let deep = "*1\r\n".repeat(DEEPEST + 2);
        for bytes in ["HTTP/1.1 400 Bad Request\r\n", "\r\n", ":x\r\n", "$99999999999\r\n", &deep] {
            assert!(parse(bytes.as_bytes(), 0).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn commands() {
        let batch = Batch::one(&["GET", "clé"]).and(&["PING"]);
        assert_eq!(batch.commands, 2);
        assert_eq!(batch.bytes, "*2\r\n$3\r\nGET\r\n$4\r\nclé\r\n*1\r\n$4\r\nPING\r\n".as_bytes());
    }
}
