//! The times that logs write: a moment is microseconds since 1970 UTC and what the log's clock was ahead of UTC, in seconds.
//!
//! A zone that is not told is UTC.

/// A moment as logs write it, whichever way: [`clf`], [`iso`] or [`epoch`].
pub(crate) fn any(text: &[u8]) -> Option<(i64, i32)> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let text = text.strip_suffix(b"]").unwrap_or(text);
    match text {
        [_, _, b'/', ..] => clf(text),
        [_, _, _, _, b'-' | b'/', ..] => iso(text),
        _ => epoch(text).map(|at| (at, 0)),
    }
}

/// `20/Feb/2016:00:00:45 -0500`, as Apache and nginx write it.
pub(crate) fn clf(text: &[u8]) -> Option<(i64, i32)> {
    let [d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':', h1, h2, b':', n1, n2, b':', s1, s2, zone @ ..] =
        text
    else {
        return None;
    };
    let month = match (m1, m2, m3) {
        (b'J', b'a', b'n') => 1,
        (b'F', b'e', b'b') => 2,
        (b'M', b'a', b'r') => 3,
        (b'A', b'p', b'r') => 4,
        (b'M', b'a', b'y') => 5,
        (b'J', b'u', b'n') => 6,
        (b'J', b'u', b'l') => 7,
        (b'A', b'u', b'g') => 8,
        (b'S', b'e', b'p') => 9,
        (b'O', b'c', b't') => 10,
        (b'N', b'o', b'v') => 11,
        (b'D', b'e', b'c') => 12,
        _ => return None,
    };
    let date = (number4([*y1, *y2, *y3, *y4])?, month, number2([*d1, *d2])?);
    let clock = (number2([*h1, *h2])?, number2([*n1, *n2])?, number2([*s1, *s2])?);
    moment(date, clock, zone)
}

/// `2016-02-20T00:00:45.123Z`, `2016-02-20 00:00:45,123 +01:00`, `2016/02/20 00:00:45` and their like.
pub(crate) fn iso(text: &[u8]) -> Option<(i64, i32)> {
    let [y1, y2, y3, y4, b'-' | b'/', m1, m2, b'-' | b'/', d1, d2, b'T' | b't' | b' ' | b'_', rest @ ..] =
        text
    else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2, zone @ ..] = rest else { return None };
    let date = (number4([*y1, *y2, *y3, *y4])?, number2([*m1, *m2])?, number2([*d1, *d2])?);
    let clock = (number2([*h1, *h2])?, number2([*n1, *n2])?, number2([*s1, *s2])?);
    moment(date, clock, zone)
}

/// Seconds since 1970, with or without a fraction, or milli-, micro- or nanoseconds.
///
/// Which of them is told by the size: below 10¹¹ it is seconds (until the year 5138), then a thousand times more for each finer unit.
pub(crate) fn epoch(text: &[u8]) -> Option<i64> {
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &[][..]),
    };
    if whole.is_empty() || whole.len() > 19 || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return scientific(text);
    }
    let whole = whole.iter().fold(0_u64, |n, d| n.saturating_mul(10).saturating_add(u64::from(d - b'0')));
    let millionths = |digits: usize| {
        (0..digits).fold(0_u64, |n, i| n * 10 + u64::from(fraction.get(i).map_or(0, |d| d - b'0')))
    };
    let us = match whole {
        0..100_000_000_000 => whole * 1_000_000 + millionths(6),
        100_000_000_000..100_000_000_000_000 => whole * 1_000 + millionths(3),
        100_000_000_000_000..100_000_000_000_000_000 => whole,
        100_000_000_000_000_000.. => whole / 1_000,
    };
    i64::try_from(us).ok()
}

/// `1.5e9`, as some writers of JSON have it: seconds.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn scientific(text: &[u8]) -> Option<i64> {
    let seconds: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (text.iter().any(u8::is_ascii_digit) && (0.0..1e11).contains(&seconds)).then_some((seconds * 1e6) as i64)
}

/// A moment from year, month and day; hour, minute and second; and what is written behind: a fraction, a zone.
fn moment(date: (i64, i64, i64), clock: (i64, i64, i64), behind: &[u8]) -> Option<(i64, i32)> {
    let (year, month, day) = date;
    let (hour, minute, second) = clock;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (micros, zone) = fraction(behind);
    let offset = zone_s(zone)?;
    let at = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - i64::from(offset);
    Some((at * 1_000_000 + micros, offset))
}

/// The microseconds of `.123456789` or `,123`, and what follows.
fn fraction(text: &[u8]) -> (i64, &[u8]) {
    let Some((b'.' | b',', rest)) = text.split_first() else { return (0, text) };
    let digits = rest.iter().take_while(|d| d.is_ascii_digit()).count();
    let micros = (0..6).fold(0, |n, i| n * 10 + if i < digits { i64::from(rest[i] - b'0') } else { 0 });
    (micros, &rest[digits..])
}

/// `Z`, `+0100`, ` -05:30`, `+01`, ` UTC`, or nothing: seconds ahead of UTC.
fn zone_s(text: &[u8]) -> Option<i32> {
    let text = text.trim_ascii();
    let (sign, hours, minutes) = match text {
        [] | b"Z" | b"z" | b"UTC" | b"GMT" => return Some(0),
        [sign @ (b'+' | b'-'), h1, h2] => (sign, number2([*h1, *h2])?, 0),
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] | [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            (sign, number2([*h1, *h2])?, number2([*m1, *m2])?)
        }
        _ => return None,
    };
    let size = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
    Some(if *sign == b'-' { -size } else { size })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
pub(crate) const fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn number2([a, b]: [u8; 2]) -> Option<i64> {
    let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
    (a <= 9 && b <= 9).then(|| i64::from(a * 10 + b))
}

fn number4([a, b, c, d]: [u8; 4]) -> Option<i64> {
    Some(number2([a, b])? * 100 + number2([c, d])?)
}

#[cfg(test)]
mod tests {
    use super::any;

    #[test]
    fn times_as_logs_write_them() {
        for (text, wanted) in [
            ("20/Feb/2016:00:00:45 -0500", Some((1_455_944_445_000_000, -18_000))),
            ("[20/Feb/2016:00:00:45 -0500]", Some((1_455_944_445_000_000, -18_000))),
            ("01/Jan/1970:00:00:00 +0000", Some((0, 0))),
            ("29/Feb/2000:23:59:60 +0530", Some((951_849_000_000_000, 19_800))),
            ("31/Dec/2024:12:00:00", Some((1_735_646_400_000_000, 0))),
            ("32/Dec/2024:12:00:00 +0000", None),
            ("31/Dez/2024:12:00:00 +0000", None),
            ("31/Dec/2024:12:00 +0000", None),
            ("31/Dec/2024:12:00:00 Q", None),
            ("2024-12-31T12:00:00Z", Some((1_735_646_400_000_000, 0))),
            ("2024-12-31T12:00:00.123456789Z", Some((1_735_646_400_123_456, 0))),
            ("2024-12-31T13:30:00.5+01:30", Some((1_735_646_400_500_000, 5_400))),
            ("2024-12-31 12:00:00", Some((1_735_646_400_000_000, 0))),
            ("2024-12-31 12:00:00,25 -0100", Some((1_735_650_000_250_000, -3_600))),
            ("2024/12/31 12:00:00 UTC", Some((1_735_646_400_000_000, 0))),
            ("2024-13-31 12:00:00", None),
            ("2024-12-31", None),
            ("1735646400", Some((1_735_646_400_000_000, 0))),
            ("1735646400.25", Some((1_735_646_400_250_000, 0))),
            ("1735646400123", Some((1_735_646_400_123_000, 0))),
            ("1735646400123.5", Some((1_735_646_400_123_500, 0))),
            ("1735646400123456", Some((1_735_646_400_123_456, 0))),
            ("1735646400123456789", Some((1_735_646_400_123_456, 0))),
            ("1.7356464e9", Some((1_735_646_400_000_000, 0))),
            ("99999999999999999999", None),
            ("nan", None),
            ("infinity", None),
            ("-5", None),
            ("12.x", None),
            ("\u{ff}\u{fe}", None),
            ("", None),
        ] {
            assert_eq!(any(text.as_bytes()), wanted, "{text}");
        }
    }
}
