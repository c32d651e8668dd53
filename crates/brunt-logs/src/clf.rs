//! The common and the combined log format of Apache and nginx.
//!
//! `host ident user [time] "request" status bytes`, in the combined one followed by `"referer" "agent"`. What stands after that is
//! passed over. A quote inside of a request that nobody escaped is taken for what it is: the request ends at the quote that a
//! status follows.

use crate::{Entry, Malformed, time};
use memchr::{memchr, memchr_iter};

pub(crate) fn parse(line: &[u8]) -> Result<Entry<'_>, Malformed> {
    let open = bracket(line).ok_or(Malformed::Time)?;
    let close = open + memchr(b']', &line[open..]).ok_or(Malformed::Time)?;
    let (seconds, offset_s) = time::clf(&line[open + 1..close]).ok_or(Malformed::Time)?;
    let client = &line[..memchr(b' ', line).unwrap_or(open).min(open)];

    let rest = line[close + 1..].strip_prefix(b" \"").ok_or(Malformed::Request)?;
    let end = request_end(rest).ok_or(if memchr(b'"', rest).is_some() {
        Malformed::Status
    } else {
        Malformed::Request
    })?;
    let (method, target) = request(&rest[..end]);
    let status = rest[end + 2..end + 5].iter().fold(0, |n, d| n * 10 + u16::from(d - b'0'));
    let rest = rest[end + 5..].strip_prefix(b" ").unwrap_or(&[]);
    let size = memchr(b' ', rest).unwrap_or(rest.len());
    let bytes = rest[..size]
        .iter()
        .take_while(|d| d.is_ascii_digit())
        .fold(0_u64, |n, d| n.saturating_mul(10).saturating_add(u64::from(d - b'0')));
    let mut fields = Quoted(&rest[size..]);
    let referer = fields.next().unwrap_or_default();
    let agent = fields.next().unwrap_or_default();
    Ok(Entry {
        at_us: seconds.saturating_mul(1_000_000),
        offset_s,
        client: told(client),
        agent: told(agent),
        referer: told(referer),
        method,
        target,
        status,
        bytes,
        duration_us: None,
    })
}

/// `-` is how these formats say nothing.
fn told(field: &[u8]) -> &[u8] {
    if field == b"-" { &[] } else { field }
}

/// Where the time begins: users may hold spaces and brackets of their own, but a time begins with a digit.
fn bracket(line: &[u8]) -> Option<usize> {
    memchr_iter(b'[', line).find(|at| line.get(at + 1).is_some_and(u8::is_ascii_digit))
}

/// The quote that a status follows.
fn request_end(rest: &[u8]) -> Option<usize> {
    memchr_iter(b'"', rest).find(|at| {
        matches!(rest.get(at + 1..at + 5), Some([b' ', a, b, c]) if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit())
            && rest.get(at + 5).is_none_or(|next| *next == b' ')
    })
}

/// Method and target of a request line; nothing where it is none.
fn request(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(space) = memchr(b' ', line) else { return (&[], &[]) };
    let method = &line[..space];
    if method.is_empty() || !method.iter().all(u8::is_ascii_uppercase) {
        return (&[], &[]);
    }
    let target = &line[space + 1..];
    let end = memchr::memrchr(b' ', target).filter(|at| target[at + 1..].starts_with(b"HTTP/"));
    (method, &target[..end.unwrap_or(target.len())])
}

/// Fields between quotes; `\"` does not end one.
struct Quoted<'a>(&'a [u8]);

impl<'a> Iterator for Quoted<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let open = memchr(b'"', self.0)?;
        let rest = &self.0[open + 1..];
        let close = memchr_iter(b'"', rest).find(|at| !escaped(rest, *at)).unwrap_or(rest.len());
        self.0 = rest.get(close + 1..).unwrap_or_default();
        Some(&rest[..close])
    }
}

/// Whether an odd number of backslashes stands before.
fn escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}
