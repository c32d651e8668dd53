//! Quantities as people write them: durations `1m30s`, rates `500/s`, sizes `16KB`.
//!
//! All arithmetic is on decimal digits in integers: `0.1s` is exactly 100,000,000 ns and `1.5/s` exactly 3 in
//! 2 s. A bare number is refused where a unit is needed; the command line's own parsers take seconds and
//! events per second.

use brunt_metrics::Nanos;
use brunt_workload::Rate;
use std::fmt::Write;

/// The longest duration: ten days. Schedules are computed exactly, in 128 bits, up to 13 days; a longer one
/// in a plan has always been a slip of the unit.
pub const MAX_DURATION: Nanos = Nanos::from_secs(10 * 24 * 3_600);

/// The highest rate, in events per second: ten million. One machine sends a tenth of that at best, and
/// schedules are computed exactly only up to about 30 million.
pub const MAX_RATE: u64 = 10_000_000;

/// Why a text is no quantity. Displayed as what follows the field's name: "needs a unit".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitProblem {
    /// A number alone.
    #[error("needs a unit")]
    NoUnit,
    /// A number below zero.
    #[error("must not be negative")]
    Negative,
    /// `NaN` or infinite.
    #[error("must be a finite number")]
    NotFinite,
    /// A unit that is not known.
    #[error("has a unit that is not known")]
    UnknownUnit,
    /// No duration.
    #[error("is not a duration")]
    NotADuration,
    /// No rate.
    #[error("is not a rate")]
    NotARate,
    /// No size.
    #[error("is not a size")]
    NotASize,
    /// More than [`MAX_DURATION`].
    #[error("is longer than 10 days")]
    TooLong,
    /// More than [`MAX_RATE`].
    #[error("is more than 10,000,000/s")]
    TooFast,
    /// A rate in more than [`MAX_DURATION`].
    #[error("is a rate in more than 10 days")]
    TooSlow,
    /// More bytes than can be counted.
    #[error("is too large")]
    TooLarge,
    /// More digits than are kept.
    #[error("has too many digits")]
    TooPrecise,
}

impl UnitProblem {
    /// Why it matters, shown beside the text.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoUnit => "a number of what?",
            Self::Negative => "below 0",
            Self::NotFinite => "neither NaN nor infinity can be scheduled",
            Self::UnknownUnit => "this unit is not known",
            Self::NotADuration | Self::NotARate | Self::NotASize => "this cannot be read",
            Self::TooLong => "schedules are computed exactly up to 10 days: is the unit right?",
            Self::TooFast => "no machine sends as much, and schedules are exact only up to there",
            Self::TooSlow => "the time after `/` may be up to 10 days",
            Self::TooLarge => "more than 2^63 bytes",
            Self::TooPrecise => "nanoseconds are the finest that is kept",
        }
    }
}

const DURATION_UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

const SIZE_UNITS: [(&str, u64); 9] = [
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("k", 1_000),
    ("m", 1_000_000),
];

/// A decimal number: `mantissa / 10^scale`.
#[derive(Clone, Copy)]
struct Decimal {
    mantissa: u128,
    scale: u32,
}

/// Digits that are kept, before and after the point together: what 128 bits hold beside any unit's factor.
const MAX_DIGITS: usize = 20;

impl Decimal {
    /// The number at the start of `text`, and what follows it; `None` if there is none.
    fn leading(text: &str) -> Option<(Result<Self, UnitProblem>, &str)> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let digits = format!("{}{}", whole.trim_start_matches('0'), fraction);
        if digits.len() > MAX_DIGITS {
            return Some((Err(UnitProblem::TooPrecise), rest));
        }
        let mantissa = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        Some((Ok(Self { mantissa, scale: u32::try_from(fraction.len()).ok()? }), rest))
    }

    fn times(self, factor: u64) -> Result<u128, UnitProblem> {
        let scaled = self.mantissa * u128::from(factor);
        let ten = 10_u128.pow(self.scale);
        if scaled.is_multiple_of(ten) { Ok(scaled / ten) } else { Err(UnitProblem::TooPrecise) }
    }
}

/// What all three have in common before anything is read.
fn precheck(text: &str) -> Result<(), UnitProblem> {
    let lower = text.to_ascii_lowercase();
    let number = lower.trim_start_matches(['-', '+', '.']);
    if number.starts_with("inf") || number.starts_with("nan") {
        return Err(UnitProblem::NotFinite);
    }
    if text.starts_with('-') && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(UnitProblem::Negative);
    }
    Ok(())
}

/// `500ms`, `2s`, `1m30s`, `1.5h`: numbers with units (`ns`, `us`, `ms`, `s`, `m`, `h`, `d`), added up.
pub fn parse_duration(text: &str) -> Result<Nanos, UnitProblem> {
    let text = text.trim();
    precheck(text)?;
    let mut rest = text;
    let mut total = 0_u128;
    while !rest.is_empty() {
        let (number, after) = Decimal::leading(rest).ok_or(UnitProblem::NotADuration)?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(if after.is_empty() { UnitProblem::NoUnit } else { UnitProblem::NotADuration });
        }
        let (_, factor) = DURATION_UNITS.iter().find(|u| u.0 == unit).ok_or(UnitProblem::UnknownUnit)?;
        total += number?.times(*factor)?;
        if total > u128::from(MAX_DURATION.0) {
            return Err(UnitProblem::TooLong);
        }
        rest = after.trim_start();
    }
    if text.is_empty() {
        return Err(UnitProblem::NotADuration);
    }
    u64::try_from(total).map(Nanos).map_err(|_| UnitProblem::TooLong)
}

/// As [`parse_duration`]; a bare number is seconds.
pub fn parse_duration_cli(text: &str) -> Result<Nanos, UnitProblem> {
    parse_duration(&with_unit(text, "s"))
}

/// `500/s`, `30/m`, `1/250ms`, `1.5/s`: a number of events in a time.
pub fn parse_rate(text: &str) -> Result<Rate, UnitProblem> {
    let text = text.trim();
    precheck(text)?;
    let (number, after) = Decimal::leading(text).ok_or(UnitProblem::NotARate)?;
    let after = after.trim();
    if after.is_empty() {
        return Err(UnitProblem::NoUnit);
    }
    let per = after.strip_prefix('/').ok_or(UnitProblem::NotARate)?.trim();
    let per = if per.starts_with(char::is_alphabetic) { format!("1{per}") } else { per.to_owned() };
    let per = parse_duration(&per).map_err(as_rate_problem)?;
    let number = number?;
    if per == Nanos::ZERO {
        return Err(UnitProblem::NotARate);
    }
    if number.mantissa * u128::from(Nanos::SECOND.0)
        > u128::from(MAX_RATE) * u128::from(per.0) * 10_u128.pow(number.scale)
    {
        return Err(UnitProblem::TooFast);
    }
    fraction(number, per)
}

/// What is wrong with the time after `/`, as said of the rate.
const fn as_rate_problem(problem: UnitProblem) -> UnitProblem {
    match problem {
        UnitProblem::TooLong | UnitProblem::TooSlow => UnitProblem::TooSlow,
        UnitProblem::UnknownUnit | UnitProblem::TooPrecise | UnitProblem::NotFinite => problem,
        UnitProblem::NoUnit
        | UnitProblem::Negative
        | UnitProblem::NotADuration
        | UnitProblem::NotARate
        | UnitProblem::NotASize
        | UnitProblem::TooFast
        | UnitProblem::TooLarge => UnitProblem::NotARate,
    }
}

/// The rate as it was written; only fractions of an event are reduced to whole ones.
fn fraction(number: Decimal, per: Nanos) -> Result<Rate, UnitProblem> {
    if let Ok(count) = number.times(1) {
        return Ok(Rate { count: u64::try_from(count).map_err(|_| UnitProblem::TooFast)?, per });
    }
    let per = u128::from(per.0) * 10_u128.pow(number.scale);
    let divisor = gcd(number.mantissa, per);
    let count = u64::try_from(number.mantissa / divisor).map_err(|_| UnitProblem::TooPrecise)?;
    match u64::try_from(per / divisor) {
        Ok(per) if per <= MAX_DURATION.0 => Ok(Rate { count, per: Nanos(per) }),
        Ok(_) | Err(_) => Err(UnitProblem::TooSlow),
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// As [`parse_rate`]; a bare number is events per second.
pub fn parse_rate_cli(text: &str) -> Result<Rate, UnitProblem> {
    parse_rate(&with_unit(text, "/s"))
}

/// `text` with `unit` appended when it is a bare number.
pub(crate) fn with_unit(text: &str, unit: &str) -> String {
    let bare = text.trim();
    if !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit() || c == '.') {
        format!("{bare}{unit}")
    } else {
        text.to_owned()
    }
}

/// `16KB` (16,000), `1MiB` (1,048,576), `200B`: bytes.
pub fn parse_size(text: &str) -> Result<u64, UnitProblem> {
    let text = text.trim();
    precheck(text)?;
    let (number, unit) = Decimal::leading(text).ok_or(UnitProblem::NotASize)?;
    let unit = unit.trim().to_ascii_lowercase();
    if unit.is_empty() {
        return Err(UnitProblem::NoUnit);
    }
    let (_, factor) = SIZE_UNITS.iter().find(|u| u.0 == unit).ok_or(UnitProblem::UnknownUnit)?;
    let bytes = number?.times(*factor)?;
    u64::try_from(bytes).ok().filter(|b| b >> 63 == 0).ok_or(UnitProblem::TooLarge)
}

/// The shortest text that [`parse_duration`] reads back as `time`: `1m30s`, `250ms`.
pub fn duration_text(time: Nanos) -> String {
    let mut rest = time.0;
    let mut out = String::new();
    for unit in ["h", "m", "s", "ms", "us", "ns"] {
        let size = DURATION_UNITS.iter().find(|u| u.0 == unit).map_or(1, |u| u.1);
        if rest >= size {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}{unit}", rest / size);
            rest %= size;
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

/// The shortest text that [`parse_rate`] reads back as `rate`: `500/s`, `1/250ms`.
pub fn rate_text(rate: Rate) -> String {
    let per = DURATION_UNITS.iter().find(|u| u.1 == rate.per.0).map(|u| u.0.to_owned());
    format!("{}/{}", rate.count, per.unwrap_or_else(|| duration_text(rate.per)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("500ms", Ok(500_000_000)),
            ("2s", Ok(2_000_000_000)),
            ("1m30s", Ok(90_000_000_000)),
            ("1h", Ok(3_600_000_000_000)),
            ("0.1ms", Ok(100_000)),
            ("1.5s", Ok(1_500_000_000)),
            ("5 s", Ok(5_000_000_000)),
            ("7µs", Ok(7_000)),
            ("0s", Ok(0)),
            ("10d", Ok(MAX_DURATION.0)),
            ("240h1ns", Err(UnitProblem::TooLong)),
            ("99999999999999999999d", Err(UnitProblem::TooLong)),
            ("999999999999999999999d", Err(UnitProblem::TooPrecise)),
            ("30", Err(UnitProblem::NoUnit)),
            ("1m30", Err(UnitProblem::NoUnit)),
            ("-5s", Err(UnitProblem::Negative)),
            ("inf", Err(UnitProblem::NotFinite)),
            ("-.inf", Err(UnitProblem::NotFinite)),
            ("NaN", Err(UnitProblem::NotFinite)),
            ("5 parsecs", Err(UnitProblem::UnknownUnit)),
            ("1e9s", Err(UnitProblem::UnknownUnit)),
            ("0.1ns", Err(UnitProblem::TooPrecise)),
            ("", Err(UnitProblem::NotADuration)),
            ("s", Err(UnitProblem::NotADuration)),
            ("1.2.3s", Err(UnitProblem::NotADuration)),
            ("5s!", Err(UnitProblem::NotADuration)),
        ] {
            assert_eq!(parse_duration(text), expected.map(Nanos), "{text}");
        }
        assert_eq!(parse_duration_cli("30"), Ok(Nanos::from_secs(30)));
        assert_eq!(parse_duration_cli("0.5"), Ok(Nanos::from_millis(500)));
        assert_eq!(parse_duration_cli("1m"), Ok(Nanos::from_secs(60)));
    }

    #[test]
    fn rates() {
        let rate = |count, per| Ok(Rate { count, per: Nanos(per) });
        for (text, expected) in [
            ("500/s", rate(500, 1_000_000_000)),
            ("30/m", rate(30, 60_000_000_000)),
            ("1/250ms", rate(1, 250_000_000)),
            ("1.5/s", rate(3, 2_000_000_000)),
            ("0.1 / s", rate(1, 10_000_000_000)),
            ("2.0/s", rate(2, 1_000_000_000)),
            ("0/s", rate(0, 1_000_000_000)),
            ("10000000/s", rate(10_000_000, 1_000_000_000)),
            ("10000001/s", Err(UnitProblem::TooFast)),
            ("1/1ns", Err(UnitProblem::TooFast)),
            ("1/11d", Err(UnitProblem::TooSlow)),
            ("0.000001/s", Err(UnitProblem::TooSlow)),
            ("500", Err(UnitProblem::NoUnit)),
            ("-1/s", Err(UnitProblem::Negative)),
            ("NaN/s", Err(UnitProblem::NotFinite)),
            ("1/0s", Err(UnitProblem::NotARate)),
            ("1/fortnight", Err(UnitProblem::UnknownUnit)),
            ("fast", Err(UnitProblem::NotARate)),
        ] {
            assert_eq!(parse_rate(text), expected, "{text}");
        }
        assert_eq!(parse_rate_cli("500"), rate(500, 1_000_000_000));
    }

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("200B", Ok(200)),
            ("16KB", Ok(16_000)),
            ("1MiB", Ok(1 << 20)),
            ("1.5 kb", Ok(1_500)),
            ("16", Err(UnitProblem::NoUnit)),
            ("-1B", Err(UnitProblem::Negative)),
            ("0.5B", Err(UnitProblem::TooPrecise)),
            ("99999999999GiB", Err(UnitProblem::TooLarge)),
            ("1 acre", Err(UnitProblem::UnknownUnit)),
        ] {
            assert_eq!(parse_size(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(ns in 0..=MAX_DURATION.0, count in 0_u64..1000, per_ms in 1_u64..100_000) {
            prop_assert_eq!(parse_duration(&duration_text(Nanos(ns))), Ok(Nanos(ns)));
            let rate = Rate { count, per: Nanos::from_millis(per_ms) };
            prop_assert_eq!(parse_rate(&rate_text(rate)), Ok(rate));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", digits in "[-0-9.]{0,40}[a-z/]{0,3}[0-9]{0,30}[a-z]{0,2}") {
            for text in [text, digits] {
                let _ = (parse_duration_cli(&text), parse_rate_cli(&text), parse_size(&text));
            }
        }
    }
}
