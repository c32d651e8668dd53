//! Recorded instants: a text file with one a line.

use crate::decode::Fields;
use crate::diagnostic::Diagnostic;
use crate::fields::REPLAY;
use brunt_metrics::Nanos;
use brunt_workload::{Arrivals, Rate};
use std::sync::Arc;

/// The most instants of a recording: at eight bytes each, 160 MB.
const MAX_INSTANTS: usize = 20_000_000;

/// Speeds are kept as fractions of this: six digits.
const SPEED_UNIT: u64 = 1_000_000;

/// The arrivals, and when they are over.
pub(super) fn replay(s: &Fields<'_, '_>) -> Option<(Arrivals, Nanos)> {
    let cx = s.cx;
    let fields = Fields::of(cx, s.get("replay")?, &REPLAY)?;
    fields.missing("file");
    let speed = if fields.has("speed") { speed(&fields) } else { Some((1, 1)) };
    let node = fields.get("file")?;
    let content = cx.file(node)?;
    let instants = match instants(&content) {
        Ok(instants) => instants,
        Err((line, message)) => {
            let d = Diagnostic::error(&node.span, format!("line {line} of the recording {message}"));
            cx.report(d.label("one instant a line, in seconds with fraction"));
            return None;
        }
    };
    let Some(last) = instants.last().copied() else {
        let d = Diagnostic::error(&node.span, "the recording is empty")
            .label("this scenario would never send a request");
        cx.report(d.help("write one instant a line, in seconds: `0.25`"));
        return None;
    };
    let speed = speed?;
    let end = Rate { count: speed.0, per: Nanos(speed.1) }.instant(last.0);
    if end > crate::units::MAX_DURATION {
        let d = Diagnostic::error(&node.span, "the recording is longer than 10 days");
        cx.report(d.label("schedules are computed exactly up to 10 days").help("write a higher `speed`"));
        return None;
    }
    // No iteration starts at the end itself: the last one is due a little before it.
    let end = Nanos((end.0 / 1_000_000 + 1) * 1_000_000);
    Some((Arrivals::Replay { instants: Arc::from(instants), speed }, end))
}

fn speed(fields: &Fields<'_, '_>) -> Option<(u64, u64)> {
    let speed = fields.number("speed", 1_000.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000")]
    let millionths = (speed * SPEED_UNIT as f64).round() as u64;
    if millionths < SPEED_UNIT / 1_000 {
        let span = fields.get("speed").map(|n| n.span.clone()).unwrap_or_default();
        let d = Diagnostic::error(&span, "`speed` must be at least 0.001");
        fields.cx.report(d.label("a second would last longer than a quarter of an hour"));
        return None;
    }
    let divisor = gcd(millionths, SPEED_UNIT);
    Some((millionths / divisor, SPEED_UNIT / divisor))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Ascending, from the first. Logs are written when requests end, so they need not be in order. An error is a
/// line and what is wrong with it.
fn instants(content: &[u8]) -> Result<Vec<Nanos>, (usize, &'static str)> {
    let mut out = Vec::new();
    for (i, line) in content.split(|b| *b == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if out.len() == MAX_INSTANTS {
            return Err((i + 1, "is one too many: 20,000,000 instants are the most"));
        }
        let text = std::str::from_utf8(line).map_err(|_| (i + 1, "is not text"))?;
        out.push(seconds(text).ok_or((i + 1, "is no instant"))?);
    }
    out.sort_unstable();
    let first = out.first().copied().unwrap_or_default();
    for instant in &mut out {
        *instant = *instant - first;
    }
    Ok(out)
}

/// `1700000000.123456`, exactly; what is finer than a nanosecond is cut.
fn seconds(text: &str) -> Option<Nanos> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    whole.checked_mul(1_000_000_000)?.checked_add(digits.parse().ok()?).map(Nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings() {
        let ms = |list: &[u64]| Ok(list.iter().map(|ms| Nanos::from_millis(*ms)).collect::<Vec<_>>());
        for (text, expected) in [
            ("", ms(&[])),
            ("# times\n5\r\n\n5.25\n", ms(&[0, 250])),
            ("1700000001.5\n1700000000.123", ms(&[0, 1_377])),
            ("1\nx\n", Err((2, "is no instant"))),
            ("-1", Err((1, "is no instant"))),
            ("1e9", Err((1, "is no instant"))),
            ("99999999999999999999", Err((1, "is no instant"))),
        ] {
            assert_eq!(instants(text.as_bytes()), expected, "{text:?}");
        }
    }
}
