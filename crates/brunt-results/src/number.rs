//! Numbers and times as result files hold them, also after a spreadsheet had them.

use brunt_metrics::Nanos;
use jiff::Timestamp;

/// A duration above it is taken for it: nothing waits so long for an answer, and the histograms end there.
pub(crate) const LONGEST: Nanos = Nanos::from_secs(3_600);

/// A number, and whether a spreadsheet changed its form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    /// It has a comma, as some languages write it.
    pub(crate) localised: bool,
}

/// Reads a number; `None` if it is none, or not finite. `comma` says what a lone comma means.
pub(crate) fn number(text: &str, comma: Comma) -> Option<Number> {
    let text = text.trim();
    let text = text.strip_prefix('\'').unwrap_or(text);
    let finite = |t: &str| t.parse::<f64>().ok().filter(|v| v.is_finite());
    // Rust also reads words for what is not finite; `infinity` and `nan` are filtered.
    if let Some(value) = finite(text) {
        return Some(Number { value, localised: false });
    }
    if !text.contains(',') || !text.bytes().all(|b| b.is_ascii_digit() || b"+-.,eE".contains(&b)) {
        return None;
    }
    let plain = match (text.rfind(','), text.rfind('.')) {
        (Some(c), Some(d)) if c > d => text.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => text.replace(',', ""),
        (Some(c), None) => {
            let groups = text.matches(',').count() > 1 || text.len() - c == 4;
            let thousands = groups && comma == Comma::GroupsThousands;
            if thousands { text.replace(',', "") } else { text.replacen(',', ".", 1) }
        }
        (None, _) => return None,
    };
    finite(&plain).map(|value| Number { value, localised: true })
}

/// What a lone comma before three digits means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comma {
    /// `1,234` is more than a thousand: files whose fields are separated by commas.
    GroupsThousands,
    /// `1,234` is little more than one: files whose fields are separated by semicolons.
    IsPoint,
}

/// A duration, and what had to be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duration {
    /// It is as it was.
    Sound(Nanos),
    /// It was above [`LONGEST`].
    Clamped(Nanos),
    /// It was negative: a clock that was set back while it was measured. Nobody knows how long it was.
    Negative,
}

impl Duration {
    /// A duration of so many nanoseconds.
    pub(crate) fn of(nanoseconds: f64) -> Self {
        if nanoseconds < 0.0 {
            return Self::Negative;
        }
        if nanoseconds > LONGEST.0 as f64 {
            return Self::Clamped(LONGEST);
        }
        Self::Sound(Nanos(whole(nanoseconds)))
    }
}

/// The nearest whole number; 0 for what is negative or no number.
pub(crate) fn whole(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and NaN is 0")]
    let whole = value.round() as u64;
    whole
}

/// The highest count that is taken for one: what is above it stands in no real file, and millions of such can be added.
pub(crate) const MAX_COUNT: u64 = 1 << 40;

/// The nearest count: [`whole`], at most [`MAX_COUNT`].
pub(crate) fn counted(value: f64) -> u64 {
    whole(value).min(MAX_COUNT)
}

/// How fine instants of a source are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Whole seconds: what happened in one, happened somewhere in it.
    Seconds,
    /// Fine enough to take as exact.
    #[default]
    Fine,
}

/// An instant: nanoseconds since 1970, or since the source's own start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant {
    pub(crate) ns: i64,
    pub(crate) grain: Grain,
}

/// Reads an instant since 1970: seconds, milli-, micro- or nanoseconds (told by their size), or RFC 3339, also as
/// `2026-11-26 09:14:54.498` in UTC.
pub(crate) fn instant(text: &str, comma: Comma) -> Option<Instant> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return from_whole(whole);
    }
    if let Some(seconds) = decimal_seconds(text) {
        return Some(seconds);
    }
    if let Some(n) = number(text, comma) {
        return from_fraction(n.value);
    }
    let parsed =
        text.parse::<Timestamp>().ok().or_else(|| format!("{}Z", text.replacen('/', "-", 2)).parse().ok())?;
    let grain = if text.contains('.') { Grain::Fine } else { Grain::Seconds };
    Some(Instant { ns: i64::try_from(parsed.as_nanosecond()).ok()?, grain })
}

/// Up to 10^11 seconds is the year 5138, and 10^11 milliseconds is 1973: their ranges do not meet in our time.
fn from_whole(value: i64) -> Option<Instant> {
    let (factor, grain) = match value {
        0..100_000_000_000 => (1_000_000_000, Grain::Seconds),
        100_000_000_000..100_000_000_000_000 => (1_000_000, Grain::Fine),
        100_000_000_000_000..100_000_000_000_000_000 => (1_000, Grain::Fine),
        100_000_000_000_000_000.. => (1, Grain::Fine),
        _ => return None,
    };
    value.checked_mul(factor).map(|ns| Instant { ns, grain })
}

/// `1795684486.123456`, exact: a double would be some hundred nanoseconds off.
fn decimal_seconds(text: &str) -> Option<Instant> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 10 {
        return None;
    }
    let fraction = format!("{:0<9}", fraction.chars().take(9).collect::<String>());
    let (whole, fraction) = (whole.parse::<i64>().ok()?, fraction.parse::<i64>().ok()?);
    Some(Instant { ns: whole.checked_mul(1_000_000_000)?.checked_add(fraction)?, grain: Grain::Fine })
}

fn from_fraction(value: f64) -> Option<Instant> {
    let whole = |ns: f64| (0.0..9.0e18).contains(&ns).then(|| i64::try_from(whole(ns)).ok()).flatten();
    let scale = match value {
        v if v < 1e11 => 1e9,
        v if v < 1e14 => 1e6,
        v if v < 1e17 => 1e3,
        _ => 1.0,
    };
    whole(value * scale).map(|ns| Instant { ns, grain: Grain::Fine })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_commas() {
        use Comma::{GroupsThousands, IsPoint};
        for (text, comma, value) in [
            ("12.5", GroupsThousands, Some((12.5, false))),
            (" 7 ", IsPoint, Some((7.0, false))),
            ("1.79E+12", IsPoint, Some((1.79e12, false))),
            ("12,5", IsPoint, Some((12.5, true))),
            ("12,5", GroupsThousands, Some((12.5, true))),
            ("1,234", GroupsThousands, Some((1234.0, true))),
            ("1,234", IsPoint, Some((1.234, true))),
            ("1,234.5", IsPoint, Some((1234.5, true))),
            ("1.234,5", GroupsThousands, Some((1234.5, true))),
            ("1,234,567", GroupsThousands, Some((1_234_567.0, true))),
            ("'12", GroupsThousands, Some((12.0, false))),
            ("N/A", GroupsThousands, None),
            ("", GroupsThousands, None),
            ("NaN", GroupsThousands, None),
            ("inf", IsPoint, None),
            ("1e999", IsPoint, None),
            (",", IsPoint, None),
        ] {
            let got = number(text, comma).map(|n| (n.value, n.localised));
            assert_eq!(got, value, "{text:?} {comma:?}");
        }
    }

    #[test]
    fn instants_in_every_unit() {
        for (text, ns, grain) in [
            ("1795684486", 1_795_684_486_000_000_000, Grain::Seconds),
            ("1795684486123", 1_795_684_486_123_000_000, Grain::Fine),
            ("1795684486123456", 1_795_684_486_123_456_000, Grain::Fine),
            ("1795684486123456789", 1_795_684_486_123_456_789, Grain::Fine),
            ("1795684486.5", 1_795_684_486_500_000_000, Grain::Fine),
            ("1795684486.123456", 1_795_684_486_123_456_000, Grain::Fine),
            ("1,7956844865E+9", 1_795_684_486_500_000_000, Grain::Fine),
            ("2026-11-26T09:14:46Z", 1_795_684_486_000_000_000, Grain::Seconds),
            ("2026-11-26T10:14:46.5+01:00", 1_795_684_486_500_000_000, Grain::Fine),
            ("2026-11-26 09:14:46.5", 1_795_684_486_500_000_000, Grain::Fine),
            ("2026/11/26 09:14:46", 1_795_684_486_000_000_000, Grain::Seconds),
        ] {
            assert_eq!(instant(text, Comma::IsPoint), Some(Instant { ns, grain }), "{text}");
        }
        for text in ["", "-5", "yesterday", "99999999999999999999", "2026-13-26T09:14:46Z"] {
            assert_eq!(
                instant(text, Comma::GroupsThousands).filter(|i| i.ns != 1_000_000_000),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn absurd_durations() {
        for (ns, duration) in [
            (1.4, Duration::Sound(Nanos(1))),
            (-1.0, Duration::Negative),
            (3.7e12, Duration::Clamped(LONGEST)),
        ] {
            assert_eq!(Duration::of(ns), duration);
        }
    }
}
