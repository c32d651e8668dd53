//! What other tools call errors, in our closed set.

use brunt_metrics::{ErrorKind, Outcome, Status};
use brunt_run::MAX_DETAIL;

/// Words of error texts (lower case) and what they mean; the first that is found decides, so the narrower come first.
const WORDS: [(&[&str], ErrorKind); 13] = [
    (
        &[
            "connectionrefused",
            "connection refused",
            "actively refused",
            "httphostconnect",
            "connectexception",
        ],
        ErrorKind::ConnectRefused,
    ),
    (
        &["connect timed out", "connecttimeout", "dial timeout", "dial: i/o timeout", "connection timed out"],
        ErrorKind::ConnectTimeout,
    ),
    (
        &["no such host", "nameresolution", "gaierror", "unknownhost", "lookup ", "getaddrinfo", "dns"],
        ErrorKind::Dns,
    ),
    (&["x509", "certificate", "sslerror", "ssl handshake", "tls", "sslexception"], ErrorKind::Tls),
    (
        &["too many open files", "cannot assign requested address", "eaddrnotavail", "emfile"],
        ErrorKind::LocalLimit,
    ),
    (&["timed out", "timeout", "deadline exceeded", "etimedout"], ErrorKind::RequestTimeout),
    (
        &["no route to host", "network is unreachable", "newconnectionerror", "ehostunreach"],
        ErrorKind::Connect,
    ),
    (
        &[
            "reset",
            "broken pipe",
            "remotedisconnected",
            "connection aborted",
            "connectionaborted",
            "eof",
            "closed",
            "nohttpresponse",
            "failed to respond",
            "retryoncloseerror",
        ],
        ErrorKind::Reset,
    ),
    (&["redirect"], ErrorKind::Redirect),
    (&["decod", "decompress", "gzip"], ErrorKind::Decode),
    (
        &["malformed", "protocol", "invalid http", "bad status line", "badstatusline", "http2:"],
        ErrorKind::Protocol,
    ),
    (&["assertion", "catchresponseerror", "expected", "test failed"], ErrorKind::Check),
    (
        &["client error", "server error", "httperror", "status code", "bad status", "bad response"],
        ErrorKind::Status,
    ),
];

/// The nearest kind of error for a text. In files that brunt wrote for Locust's readers, our own names stand.
pub(crate) fn kind_of(text: &str) -> Option<ErrorKind> {
    // `HTTPError('504 Server Error: Gateway Timeout for url: /x')` is an answer, whatever its words.
    if text.starts_with("HTTPError") || status_in(text).is_some() {
        return Some(ErrorKind::Status);
    }
    let own = |kind: &ErrorKind| {
        text.strip_prefix(kind.name()).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
    };
    if text.starts_with("status ") {
        return Some(ErrorKind::Status);
    }
    if let Some(kind) = ErrorKind::ALL.into_iter().find(own) {
        return Some(kind);
    }
    let lower = text.to_lowercase();
    WORDS.iter().find(|(words, _)| words.iter().any(|w| lower.contains(w))).map(|(_, kind)| *kind)
}

/// The status that an error text begins with: `504 Gateway Timeout`, as vegeta writes it.
fn status_in(text: &str) -> Option<u16> {
    let (code, rest) = text.split_at_checked(3)?;
    let status = code.parse().ok().filter(|s| (100..600).contains(s))?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(status)
}

/// The status of a code; anything that is none is no response.
pub(crate) fn status(code: &str) -> Status {
    code.trim().parse().ok().filter(|c| (100..1_000).contains(c)).map_or(Status::NONE, Status::code)
}

/// How a request ended, of which only status and error text are known: statuses of 400 and more are errors, as is no
/// status.
pub(crate) fn outcome(status: Status, error: &str) -> Outcome {
    if status == Status::NONE {
        return Outcome::Error(kind_of(error).filter(|k| *k != ErrorKind::Status).unwrap_or(ErrorKind::Io));
    }
    match status.class() {
        4.. => Outcome::Error(ErrorKind::Status),
        _ if error.is_empty() => Outcome::Ok,
        _ => Outcome::Error(kind_of(error).unwrap_or(ErrorKind::Io)),
    }
}

/// How a request ended that its tool calls failed.
pub(crate) fn failed(status: Status, error: &str) -> Outcome {
    let named = kind_of(error);
    let kind = match status.class() {
        0 => named.filter(|k| *k != ErrorKind::Status).unwrap_or(ErrorKind::Io),
        4.. => ErrorKind::Status,
        // An answer that should be good, and was not taken: somebody checked it.
        _ => named.filter(|k| *k != ErrorKind::Status).unwrap_or(ErrorKind::Check),
    };
    Outcome::Error(kind)
}

/// A text from outside as it may be shown: without control characters, at most [`MAX_DETAIL`] bytes.
pub(crate) fn shown(text: &str) -> String {
    cleaned(text, MAX_DETAIL)
}

/// The same, at most so many bytes.
pub(crate) fn cleaned(text: &str, most: usize) -> String {
    let text = text.trim();
    let mut out = String::with_capacity(text.len().min(most));
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if out.len() + c.len_utf8() > most {
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_tools() {
        for (text, kind) in [
            ("ConnectionRefusedError(111, 'Connection refused')", Some(ErrorKind::ConnectRefused)),
            ("dial tcp 127.0.0.1:1: connect: connection refused", Some(ErrorKind::ConnectRefused)),
            ("HTTPError('504 Server Error: Gateway Timeout for url: /x')", Some(ErrorKind::Status)),
            ("503 Service Unavailable", Some(ErrorKind::Status)),
            ("RemoteDisconnected('Remote end closed connection without response')", Some(ErrorKind::Reset)),
            ("Get \"http://x\": EOF", Some(ErrorKind::Reset)),
            ("dial tcp: lookup nowhere on 1.1.1.1:53: no such host", Some(ErrorKind::Dns)),
            ("Non HTTP response message: Read timed out", Some(ErrorKind::RequestTimeout)),
            ("Non HTTP response code: java.net.UnknownHostException", Some(ErrorKind::Dns)),
            (
                "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                Some(ErrorKind::RequestTimeout),
            ),
            ("x509: certificate signed by unknown authority", Some(ErrorKind::Tls)),
            ("CatchResponseError('Got wrong response')", Some(ErrorKind::Check)),
            ("request timeout: no answer within 1 s", Some(ErrorKind::RequestTimeout)),
            ("status 503", Some(ErrorKind::Status)),
            ("something else", None),
            ("", None),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }

    #[test]
    fn outcomes_from_status_and_text() {
        let error = Outcome::Error;
        for (code, text, expected) in [
            ("200", "", Outcome::Ok),
            ("301", "", Outcome::Ok),
            ("404", "", error(ErrorKind::Status)),
            ("503", "503 Service Unavailable", error(ErrorKind::Status)),
            ("0", "connection refused", error(ErrorKind::ConnectRefused)),
            ("0", "", error(ErrorKind::Io)),
            ("200", "unexpected EOF", error(ErrorKind::Reset)),
            ("Non HTTP response code: java.net.SocketException", "", error(ErrorKind::Io)),
        ] {
            assert_eq!(outcome(status(code), text), expected, "{code} {text}");
        }
    }
}
