//! A server of a few pages that a test wrote, for a browser that a test drives.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What a path answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its media type.
    pub media: &'static str,
    /// The policy that the browser holds the page to (`Content-Security-Policy`); empty for none.
    pub policy: String,
    /// What it is.
    pub text: String,
}

/// A server on the loopback. It ends with the test's process.
#[derive(Debug)]
pub struct Pages {
    url: String,
}

impl Pages {
    /// Serves what is there, by path: `/`, `/chart.js`. Everything else is not found.
    pub fn of(all: BTreeMap<String, Content>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let all = Arc::new(all);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let all = Arc::clone(&all);
                // A browser that goes away is no failure of a test.
                std::thread::spawn(move || drop(answer(stream, &all)));
            }
        });
        Self { url }
    }

    /// The URL of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

fn answer(mut stream: TcpStream, all: &BTreeMap<String, Content>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && line != "\r\n" {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let nothing = Content { media: "text/plain", policy: String::new(), text: String::new() };
    // Browsers ask for this one by themselves.
    let (status, content) = match all.get(path) {
        Some(content) => ("200 OK", content),
        None if path == "/favicon.ico" => ("204 No Content", &nothing),
        None => ("404 Not Found", &nothing),
    };
    let policy = match content.policy.as_str() {
        "" => String::new(),
        policy => format!("content-security-policy: {policy}\r\n"),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {}; charset=utf-8\r\n{policy}content-length: {}\r\nconnection: close\r\n\r\n{}",
        content.media,
        content.text.len(),
        content.text
    )
}
