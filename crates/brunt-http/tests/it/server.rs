//! Servers of a few lines.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A server that hands each connection, with its number from 0, to a function on a thread of its own.
pub(crate) struct Scripted {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub(crate) fn scripted(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let (counter, serve) = (Arc::clone(&connections), Arc::new(serve));
    // Ends with the test process.
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (number, serve) = (counter.fetch_add(1, Ordering::SeqCst), Arc::clone(&serve));
            thread::spawn(move || serve(number, stream));
        }
    });
    Scripted { url, connections }
}

/// The next request with its body, as text; `None` when the client has closed.
pub(crate) fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        let mut buffer = [0; 4_096];
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    }
}

/// Answers 200 with these header lines and this body.
pub(crate) fn answer(stream: &mut impl Write, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

/// An HTTP/2 server in the clear. It answers `/never` never, and all else at once; a connection is shut down
/// gracefully after so many requests.
pub(crate) fn http2(requests_per_connection: usize) -> Scripted {
    scripted(move |_, stream| {
        stream.set_nonblocking(true).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::from_std(stream).unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let (mut served, mut unanswered) = (0, Vec::new());
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                served += 1;
                if request.uri().path() == "/never" {
                    unanswered.push(respond);
                } else {
                    let _ = respond.send_response(http::Response::new(()), true);
                }
                if served == requests_per_connection {
                    connection.graceful_shutdown();
                }
            }
        });
    })
}
