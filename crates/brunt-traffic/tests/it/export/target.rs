//! A target that writes down what reaches it and when: HTTP/1.1 with kept connections, a thread each.
//!
//! `/slow` is answered after [`SLOW`]; `/moved` leads to `/elsewhere`; everything else is answered at once. Each answer
//! sets a cookie that names the session its request belongs to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long `/slow` takes.
pub(super) const SLOW: Duration = Duration::from_millis(800);

/// A request that arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query as they came.
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    /// When its head was read, and when its answer left, in milliseconds of one clock.
    pub(super) arrived_ms: f64,
    pub(super) answered_ms: f64,
}

/// The target, which serves until the test program ends.
pub(super) struct Target {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Target {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&seen);
        #[expect(clippy::disallowed_methods, reason = "what is measured is when real programs send")]
        let start = Instant::now();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let list = Arc::clone(&list);
                thread::spawn(move || serve(&stream, &list, start));
            }
        });
        Self { url, seen }
    }

    /// What came so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no connection panics").clone()
    }
}

/// Serves a connection to its end.
fn serve(stream: &TcpStream, list: &Mutex<Vec<Seen>>, start: Instant) {
    // Small answers leave at once.
    let _ = stream.set_nodelay(true);
    let now_ms = || start.elapsed().as_secs_f64() * 1_000.0;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(mut seen) = read(&mut reader, now_ms) {
        let status = match seen.path.as_str() {
            "/slow" => {
                thread::park_timeout(SLOW);
                "200 OK"
            }
            "/moved" => "302 Found\r\nlocation: /elsewhere",
            _ => "200 OK",
        };
        let session = seen.headers.get("x-session").map_or("none", String::as_str);
        let answer = format!(
            "HTTP/1.1 {status}\r\nset-cookie: session={session}; path=/\r\ncontent-length: 2\r\n\r\nok"
        );
        seen.answered_ms = now_ms();
        list.lock().expect("no connection panics").push(seen);
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The next request of a connection; nothing at its end.
fn read(reader: &mut impl BufRead, now_ms: impl Fn() -> f64) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let arrived_ms = now_ms();
    let (method, rest) = line.trim_end().split_once(' ')?;
    let path = rest.strip_suffix(" HTTP/1.1")?.to_owned();
    let method = method.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Seen { method, path, headers, body, arrived_ms, answered_ms: arrived_ms })
}
