//! What the tests play on: the program, targets that listen, and a machine that is quiet enough to judge a run.

use brunt_demo::{Config, MockConfig, Running, start};
use brunt_testkit::{Captured, TestContext};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The program in a folder of its own.
pub(crate) fn brunt() -> TestContext {
    TestContext::new(env!("CARGO_BIN_EXE_brunt"))
}

/// The built-in paths of the mock: `/echo`, `/delay/{ms}`, `/status/{code}` and so on.
pub(crate) fn mock() -> Running {
    start(Config::mock(MockConfig::default())).expect("a free port")
}

/// The URL of `path` at `target`.
pub(crate) fn at(target: &Running, path: &str) -> String {
    format!("{}{path}", target.url())
}

/// Held by whoever drives load: two tests at once would make each other's generator late.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A test that failed while it held this has said so.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often a run is repeated that brunt itself says was disturbed by the machine.
const ATTEMPTS: usize = 20;

/// The first answer of `attempt` that is not called generator-limited. Tests share the machine with compilers and with
/// each other; a run that says that it was disturbed did what it must, and is no evidence about the rest.
pub(crate) fn undisturbed(mut attempt: impl FnMut() -> Captured) -> Captured {
    let _alone = alone();
    for _ in 0..ATTEMPTS {
        let captured = attempt();
        if !captured.stdout.contains("generator-limited") {
            return captured;
        }
    }
    panic!("{ATTEMPTS} runs in a row were generator-limited: this machine is too busy");
}

/// Runs brunt to a verdict that is not about this machine.
pub(crate) fn judged(context: &TestContext, arguments: &[&str]) -> Captured {
    // A record is never written over: that of an attempt that was disturbed would refuse the next one.
    let output = arguments.iter().skip_while(|argument| !["-o", "--output"].contains(argument)).nth(1);
    let record = output.map(|name| context.dir().join(name)).filter(|folder| !folder.exists());
    undisturbed(|| {
        if let Some(folder) = record.as_ref().filter(|folder| folder.is_dir()) {
            fs::remove_dir_all(folder).expect("a record of an attempt");
        }
        context.run(arguments)
    })
}

/// Runs brunt with `--json` and answers the summary, whatever the verdict.
pub(crate) fn figures(context: &TestContext, arguments: &[&str]) -> Value {
    let _alone = alone();
    summary(&context.run(&[&["run", "--json", "--no-record"], arguments].concat()))
}

/// The last line of `--json`.
pub(crate) fn summary(captured: &Captured) -> Value {
    let last = captured.stdout.lines().last().unwrap_or_else(|| panic!("no output; {}", captured.stderr));
    let summary: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"));
    assert_eq!(summary["type"], "summary");
    summary
}

/// A count of a summary.
pub(crate) fn count(summary: &Value, pointer: &str) -> u64 {
    let value = summary.pointer(pointer).and_then(Value::as_u64);
    value.unwrap_or_else(|| panic!("no count at {pointer} in {summary:#}"))
}

/// A server that keeps what it was sent, byte for byte, and answers 200 to everything.
pub(crate) struct Wire {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&requests);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || while keep(&stream, &kept).is_some() {});
            }
        });
        Self { url, requests }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn port(&self) -> &str {
        self.url.rsplit(':').next().expect("a URL with a port")
    }

    /// What came since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().expect("no reader panics"))
    }
}

/// Reads a request, keeps it, answers it; nothing at the connection's end.
fn keep(mut stream: &TcpStream, kept: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        if reader.read_line(&mut text).ok()? == 0 {
            return None;
        }
    }
    let length = text.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    text.push_str(&String::from_utf8_lossy(&body));
    kept.lock().expect("no reader panics").push(text.replace('\r', ""));
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()
}
