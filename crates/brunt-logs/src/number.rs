//! The numbers that logs write.

/// What a duration is counted in where the log does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    const fn nanos(self) -> u64 {
        match self {
            Self::Seconds => 1_000_000_000,
            Self::Millis => 1_000_000,
            Self::Micros => 1_000,
            Self::Nanos => 1,
        }
    }

    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"s" | b"sec" | b"secs" | b"seconds" => Some(Self::Seconds),
            b"ms" | b"msec" | b"millis" | b"milliseconds" => Some(Self::Millis),
            b"us" | b"usec" | b"\xc2\xb5s" | b"\xce\xbcs" | b"micros" | b"microseconds" => Some(Self::Micros),
            b"ns" | b"nsec" | b"nanos" | b"nanoseconds" => Some(Self::Nanos),
            _ => None,
        }
    }

    /// The unit that a name ends in, and the name without it: `latency_ms`.
    pub(crate) fn of_name(name: &[u8]) -> Option<(&[u8], Self)> {
        let at = memchr::memrchr(b'_', name)?;
        Some((&name[..at], Self::of(&name[at + 1..])?))
    }
}

/// Whole digits at the start, saturating; 0 where there are none (`-`).
pub(crate) fn whole(text: &[u8]) -> u64 {
    text.iter()
        .take_while(|d| d.is_ascii_digit())
        .fold(0_u64, |n, d| n.saturating_mul(10).saturating_add(u64::from(d - b'0')))
}

/// A status: three digits, and nothing but perhaps a fraction of zeros behind them.
pub(crate) fn status(text: &[u8]) -> Option<u16> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9']
        | [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b'.', b'0'] => {
            Some([a, b, c].iter().fold(0, |n, d| n * 10 + u16::from(**d - b'0')))
        }
        b"0" => Some(0),
        _ => None,
    }
}

/// A duration in microseconds: `0.123`, `12ms`, `1.5s`, `1m2.5s`, with this unit where none is written. Nothing where it is no duration,
/// is negative, or is longer than a century.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked; a fraction of a microsecond is dropped"
)]
pub(crate) fn duration_us(text: &[u8], unit: Unit) -> Option<u64> {
    const CENTURY_NS: f64 = 100.0 * 366.0 * 86_400e9;
    let mut rest = text.trim_ascii();
    let mut nanos = 0.0;
    loop {
        let digits = rest
            .iter()
            .enumerate()
            .take_while(|(i, b)| {
                b.is_ascii_digit()
                    || **b == b'.'
                    || (matches!(b, b'e' | b'E')
                        && rest.get(i + 1).is_some_and(|n| n.is_ascii_digit() || *n == b'-'))
                    || (**b == b'-' && matches!(rest.get(i.wrapping_sub(1)), Some(b'e' | b'E')))
            })
            .count();
        if digits == 0 {
            return None;
        }
        let number: f64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.iter().take_while(|b| !b.is_ascii_digit() && **b != b'.').count();
        let (name, behind) = rest.split_at(letters);
        nanos += number
            * match name.trim_ascii() {
                [] => unit.nanos() as f64,
                b"m" => 60e9,
                b"h" => 3_600e9,
                name => Unit::of(name)?.nanos() as f64,
            };
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    // The sum in floating point may fall short of a whole by less than a billionth.
    (0.0..CENTURY_NS).contains(&nanos).then_some(((nanos + 1e-3) / 1e3) as u64)
}

#[cfg(test)]
mod tests {
    use super::{Unit, duration_us, status, whole};

    #[test]
    fn durations() {
        for (text, unit, wanted) in [
            ("0.123", Unit::Seconds, Some(123_000)),
            ("0.000", Unit::Seconds, Some(0)),
            ("0.057", Unit::Seconds, Some(57_000)),
            ("12", Unit::Millis, Some(12_000)),
            ("1500", Unit::Nanos, Some(1)),
            ("12ms", Unit::Seconds, Some(12_000)),
            ("1.5s", Unit::Millis, Some(1_500_000)),
            ("250\u{b5}s", Unit::Millis, Some(250)),
            ("1m2.5s", Unit::Millis, Some(62_500_000)),
            ("1e-3", Unit::Seconds, Some(1_000)),
            ("-1", Unit::Seconds, None),
            ("-", Unit::Seconds, None),
            ("", Unit::Seconds, None),
            ("1.2.3", Unit::Seconds, None),
            ("5 parsecs", Unit::Seconds, None),
            ("1e300", Unit::Seconds, None),
        ] {
            assert_eq!(duration_us(text.as_bytes(), unit), wanted, "{text}");
        }
    }

    #[test]
    fn counts_and_statuses() {
        assert_eq!((whole(b"12x"), whole(b"-"), whole(b"99999999999999999999999")), (12, 0, u64::MAX));
        assert_eq!(
            (status(b"200"), status(b"0"), status(b"20"), status(b"2000")),
            (Some(200), Some(0), None, None)
        );
    }
}
