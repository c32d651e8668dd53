//! The common and the combined log format of Apache, nginx and whoever writes like them.
//!
//! `host ident user [time] "request" status bytes`, in the combined one followed by `"referer" "agent"`; in front there may stand the
//! virtual host (Apache's `vhost_combined`), behind a list of forwarding addresses and a duration: [`Layout`] finds out which.
//! A quote inside of a request that nobody escaped is taken for what it is: the request ends at the quote that a status follows.

use crate::number::{self, Unit};
use crate::{Entry, Malformed, time};
use memchr::{memchr, memchr_iter};
use std::net::IpAddr;

/// What stands around the fields that all have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    front: Front,
    /// Whether referer and agent are there.
    combined: bool,
    /// Which field behind the agent holds forwarding addresses.
    forwarded: Option<usize>,
    /// Which field behind the agent holds the duration, and in what.
    duration: Option<(usize, Unit)>,
}

/// What stands in front of the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Front {
    #[default]
    Nothing,
    /// The virtual host.
    Host,
    /// What a collector of logs says of where it found the line: `web_1  | `, `May 12 00:00:17 web nginx: `.
    Prefix,
}

/// How many fields behind the agent are looked at.
const MOST_EXTRAS: usize = 16;

impl Layout {
    /// What most of these lines have, of those that are of this format.
    ///
    /// A quoted field behind the agent that holds addresses is `X-Forwarded-For`. A field there with three decimals or more, as nginx
    /// writes `$request_time`, or one that names itself (`rt=`, `5ms`), is a duration in seconds; a lone whole number is Apache's `%D`, microseconds.
    pub(crate) fn of(lines: &[&[u8]]) -> Self {
        let known: Vec<&[u8]> =
            lines.iter().copied().filter(|line| parse(line, Self::default()).is_ok()).collect();
        let most =
            |holds: &dyn Fn(&[u8]) -> bool| known.iter().filter(|line| holds(line)).count() * 2 > known.len();
        let (forwarded, duration) = extras(&known);
        let front = if most(&|line| fields(line).is_ok_and(|found| host_in(found.front))) {
            Front::Host
        } else if most(&|line| fields(line).is_ok_and(|found| client_behind(found.front).is_some())) {
            Front::Prefix
        } else {
            Front::Nothing
        };
        Self {
            front,
            combined: most(&|line| fields(line).is_ok_and(|found| memchr(b'"', found.behind).is_some())),
            forwarded,
            duration,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match (self.combined, self.front) {
            (true, Front::Nothing | Front::Prefix) => "nginx/Apache combined",
            (true, Front::Host) => "nginx/Apache combined with virtual hosts",
            (false, Front::Nothing | Front::Prefix) => "nginx/Apache common",
            (false, Front::Host) => "nginx/Apache common with virtual hosts",
        }
    }

    pub(crate) const fn combined() -> Self {
        Self { front: Front::Nothing, combined: true, forwarded: None, duration: None }
    }
}

/// Reads one line.
pub(crate) fn parse(line: &[u8], layout: Layout) -> Result<Entry<'_>, Malformed> {
    let Fields { front, time, request: asked, status, behind } = fields(line)?;
    let (at_us, offset_s) = time::clf(time).ok_or(Malformed::Time)?;
    let (host, front) = match layout.front {
        Front::Host if host_in(front) => cut(front, b' '),
        Front::Prefix => (&[][..], &front[client_behind(front).unwrap_or(0)..]),
        Front::Nothing | Front::Host => (&[][..], front),
    };
    let (client, forwarded) = client(front);
    let (method, target) = request(asked);
    let size = memchr(b' ', behind).unwrap_or(behind.len());
    let bytes = number::whole(&behind[..size]);
    let mut quoted = Quoted(&behind[size..]);
    let referer = quoted.next().unwrap_or_default();
    let agent = quoted.next().unwrap_or_default();
    let mut entry = Entry {
        at_us,
        offset_s,
        client: told(client),
        forwarded: told(forwarded),
        host: told(host),
        session: &[],
        agent: told(agent),
        referer: told(referer),
        method,
        target,
        status,
        bytes,
        duration_us: None,
    };
    if layout.forwarded.is_some() || layout.duration.is_some() {
        for (i, extra) in Extras(quoted.0).take(MOST_EXTRAS).enumerate() {
            if layout.forwarded == Some(i) {
                entry.forwarded = told(extra);
            }
            if let Some((_, unit)) = layout.duration.filter(|(at, _)| *at == i) {
                entry.duration_us = number::duration_us(unnamed(extra), unit);
            }
        }
    }
    Ok(entry)
}

/// The pieces that all layouts have.
struct Fields<'a> {
    /// What stands before the time.
    front: &'a [u8],
    time: &'a [u8],
    request: &'a [u8],
    status: u16,
    /// What stands behind the status.
    behind: &'a [u8],
}

fn fields(line: &[u8]) -> Result<Fields<'_>, Malformed> {
    let open = bracket(line).ok_or(Malformed::Time)?;
    let close = open + memchr(b']', &line[open..]).ok_or(Malformed::Time)?;
    let rest = line[close + 1..].strip_prefix(b" \"").ok_or(Malformed::Request)?;
    let end = request_end(rest).ok_or(if memchr(b'"', rest).is_some() {
        Malformed::Status
    } else {
        Malformed::Request
    })?;
    let status = rest[end + 2..end + 5].iter().fold(0, |n, d| n * 10 + u16::from(d - b'0'));
    let behind = rest[end + 5..].strip_prefix(b" ").unwrap_or_default();
    Ok(Fields {
        front: line[..open].trim_ascii_end(),
        time: &line[open + 1..close],
        request: &rest[..end],
        status,
        behind,
    })
}

/// `-` is how these formats say nothing.
pub(crate) fn told(field: &[u8]) -> &[u8] {
    if field == b"-" { &[] } else { field }
}

/// What stands before the first of these, and behind it.
fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    memchr(at, text).map_or((text, &[]), |i| (&text[..i], &text[i + 1..]))
}

/// The client in front of a line. A list of forwarding addresses in its place is given as well; the client is the first of it.
fn client(front: &[u8]) -> (&[u8], &[u8]) {
    let first = cut(front, b' ').0;
    match first.strip_suffix(b",") {
        None => (first, &[]),
        Some(alone) => (alone, &front[..memchr::memmem::find(front, b" - ").unwrap_or(front.len())]),
    }
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
pub(crate) fn request(line: &[u8]) -> (&[u8], &[u8]) {
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
        let close = closing(rest);
        self.0 = rest.get(close + 1..).unwrap_or_default();
        Some(&rest[..close])
    }
}

/// Where the quote is that closes what was opened before; the end where there is none.
pub(crate) fn closing(rest: &[u8]) -> usize {
    memchr_iter(b'"', rest).find(|at| !escaped(rest, *at)).unwrap_or(rest.len())
}

/// Whether an odd number of backslashes stands before.
pub(crate) fn escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

/// Fields with or without quotes, told apart by spaces.
struct Extras<'a>(&'a [u8]);

impl<'a> Iterator for Extras<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0.trim_ascii_start();
        let (field, rest) = match text.split_first()? {
            (b'"', quoted) => {
                let close = closing(quoted);
                (&quoted[..close], quoted.get(close + 1..).unwrap_or_default())
            }
            _ => cut(text, b' '),
        };
        self.0 = rest;
        Some(field)
    }
}

/// Whether a host stands in front of the client: then there are four words before the time, of which the second is an address and the
/// third says that nobody identified anybody.
fn host_in(front: &[u8]) -> bool {
    let mut words = front.split(|b| *b == b' ');
    let (first, second, third) = (words.next(), words.next(), words.next());
    first.is_some_and(|host| !host.ends_with(b",") && !host.ends_with(b":"))
        && second.is_some_and(is_address)
        && third == Some(b"-")
        && words.next().is_some()
}

/// How many words of a collector in front of a line are looked at: a date, a host, a program, a stream.
const MOST_WORDS: usize = 8;

/// Where the client begins behind what a collector of logs put in front: at the first address. Nothing where the line begins with one, or
/// with a list of them, or holds none.
fn client_behind(front: &[u8]) -> Option<usize> {
    let mut at = 0;
    for word in front.split(|b| *b == b' ').take(MOST_WORDS) {
        if is_address(word.strip_suffix(b",").unwrap_or(word)) {
            return (at > 0).then_some(at);
        }
        at += word.len() + 1;
    }
    None
}

fn is_address(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<IpAddr>().is_ok())
}

/// Whether this is addresses, told apart by commas.
fn is_forwarded(text: &[u8]) -> bool {
    text.split(|b| *b == b',')
        .all(|one| matches!(one.trim_ascii(), b"unknown") || is_address(one.trim_ascii()))
}

/// `rt=0.005` without its name.
fn unnamed(text: &[u8]) -> &[u8] {
    memchr(b'=', text).map_or(text, |at| &text[at + 1..])
}

/// Which fields behind the agent hold forwarding addresses and the duration.
fn extras(known: &[&[u8]]) -> (Option<usize>, Option<(usize, Unit)>) {
    let rows: Vec<Vec<&[u8]>> = known
        .iter()
        .filter_map(|line| fields(line).ok())
        .map(|found| {
            let size = memchr(b' ', found.behind).unwrap_or(found.behind.len());
            let mut quoted = Quoted(&found.behind[size..]);
            quoted.nth(1);
            Extras(quoted.0).take(MOST_EXTRAS).collect()
        })
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    // A column is what all that it tells is.
    let all = |column: usize, is: &dyn Fn(&[u8]) -> bool| {
        let mut told =
            rows.iter().filter_map(|row| row.get(column)).filter(|text| ***text != b"-"[..]).peekable();
        told.peek().is_some() && told.all(|text| is(text))
    };
    let find = |is: &dyn Fn(&[u8]) -> bool| (0..columns).find(|column| all(*column, is));
    let forwarded = find(&is_forwarded);
    let seconds = find(&|text| {
        let number = unnamed(text);
        let told = number.len() < text.len()
            && matches!(&text[..text.len() - number.len()], b"rt=" | b"request_time=");
        let decimals = memchr(b'.', number).map_or(0, |dot| number.len() - dot - 1);
        (told || (number.len() == text.len() && (decimals >= 3 || number.ends_with(b"ms"))))
            && number::duration_us(number, Unit::Seconds).is_some()
    })
    .map(|column| (column, Unit::Seconds));
    let micros = || {
        let is = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        let mut wholes = (0..columns).filter(|column| all(*column, &is));
        // Two of them are Apache's `combinedio`, bytes in and out.
        wholes.next().filter(|_| wholes.next().is_none()).map(|column| (column, Unit::Micros))
    };
    (forwarded, seconds.or_else(micros))
}
