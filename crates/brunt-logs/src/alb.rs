//! Access logs of AWS load balancers: the application load balancer's, and the classic one's, which begins with the time.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html>

use crate::number::{self, Unit};
use crate::row::{Parsed, Row, Span};
use crate::told::{split_url, without_port};
use crate::{Malformed, clf, time};
use memchr::memchr;

/// How many fields are looked at: the one farthest behind is when the request was made.
const MOST_FIELDS: usize = 22;

/// The types of requests and connections.
const TYPES: [&[u8]; 6] = [b"http", b"https", b"h2", b"grpcs", b"ws", b"wss"];

/// Reads one line.
pub(crate) fn parse(line: &mut Vec<u8>) -> Parsed {
    let mut fields = [Span::default(); MOST_FIELDS];
    let mut seen = 0;
    for (to, span) in fields.iter_mut().zip(values(line)) {
        *to = span;
        seen += 1;
    }
    let text = |i: usize| fields.get(i).map_or(&[][..], |span| span.in_line(line));
    // The classic one says no type in front.
    let first = usize::from(TYPES.contains(&text(0)));
    let logged = time::iso(text(first)).ok_or(Malformed::Time)?;
    if seen < first + 12 {
        return Err(Malformed::Format.into());
    }
    let made = if first == 1 { time::iso(text(21)) } else { None };
    let (at_us, offset_s) = made.unwrap_or(logged);
    let status = |i| number::status(text(i));
    let (method, target) = clf::request(text(first + 11));
    if text(first + 11).is_empty() {
        return Err(Malformed::Request.into());
    }
    // Each of the three parts is -1 where the request did not come so far.
    let parts: Vec<u64> =
        (4..7).filter_map(|i| number::duration_us(text(first + i), Unit::Seconds)).collect();
    let mut row = Row {
        at_us,
        offset_s,
        client: without_port(fields[first + 2], line),
        agent: Span::of(line, clf::told(text(first + 12))),
        host: if first == 1 { Span::of(line, clf::told(text(18))) } else { Span::default() },
        method: Span::of(line, method),
        target: Span::of(line, target),
        status: status(first + 7).or_else(|| status(first + 8)).unwrap_or(0),
        bytes: number::whole(text(first + 10)),
        duration_us: (parts.len() == 3).then(|| parts.iter().sum()),
        ..Row::default()
    };
    split_url(&mut row, line);
    Ok(row)
}

/// The values of a line, told apart by blanks, with or without quotes.
fn values(line: &[u8]) -> impl Iterator<Item = Span> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let (start, length) = match rest[0] {
            b'"' => (at + 1, clf::closing(&rest[1..])),
            _ => (at, memchr(b' ', rest).unwrap_or(rest.len())),
        };
        let end = start + length;
        at = end + memchr(b' ', line.get(end..).unwrap_or_default()).map_or(line.len(), |more| more + 1);
        Some(Span::new(start, end))
    })
}
