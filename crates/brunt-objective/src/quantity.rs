//! Figures with their units: `250ms`, `0.5%`, `1000/s`, `3`.
//!
//! Times are read digit by digit into whole nanoseconds, so that `0.1s` is exactly 100 ms and what is printed reads back
//! as the same. Shares, rates and counts are decimal fractions; the shortest text that reads back as one is its form.

use crate::Dimension;
use brunt_metrics::Nanos;
use std::fmt;

/// A figure with its dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A time.
    Time(Nanos),
    /// A share, in percent: 0 and more.
    Percent(f64),
    /// Events per second: 0 and more.
    PerSecond(f64),
    /// Events: 0 and more.
    Count(f64),
}

const UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Digits of a number that are taken: what the shortest text of a small fraction has, and room.
const MAX_DIGITS: usize = 40;

/// Digits of a time: what 128 bits hold beside any unit's factor.
const MAX_TIME_DIGITS: usize = 20;

impl Quantity {
    /// Its dimension.
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::Time(_) => Dimension::Time,
            Self::Percent(_) => Dimension::Share,
            Self::PerSecond(_) => Dimension::Rate,
            Self::Count(_) => Dimension::Count,
        }
    }

    /// The number: milliseconds, percent, events per second, events.
    pub fn figure(self) -> f64 {
        match self {
            Self::Time(time) => time.as_millis_f64(),
            Self::Percent(figure) | Self::PerSecond(figure) | Self::Count(figure) => figure,
        }
    }

    /// Reads a figure of this dimension. `None` if it is none.
    pub fn parse(dimension: Dimension, text: &str) -> Option<Self> {
        let text = text.trim();
        match dimension {
            Dimension::Time => duration(text).map(Self::Time),
            Dimension::Share => match text.strip_suffix('%') {
                Some(percent) => number(percent.trim_end()).map(Self::Percent),
                // Without the sign it is a fraction; no share of anything is above 1.
                None => number(text).filter(|n| *n <= 1.0).map(|n| Self::Percent(tidied(n * 100.0))),
            },
            Dimension::Rate => {
                let (count, per) = text.split_once('/')?;
                let (count, per) = (number(count.trim_end())?, per.trim());
                let per =
                    if per.starts_with(char::is_alphabetic) { format!("1{per}") } else { per.to_owned() };
                let per = duration(&per).filter(|per| *per > Nanos::ZERO)?;
                Some(Self::PerSecond(if per == Nanos::SECOND {
                    count
                } else {
                    tidied(count / per.as_secs_f64())
                }))
            }
            Dimension::Count => number(text).map(Self::Count),
        }
    }
}

/// A decimal number, not negative.
pub(crate) fn number(text: &str) -> Option<f64> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (plain && (1..=MAX_DIGITS).contains(&digits)).then(|| text.parse().ok()).flatten()
}

/// Without the dust that a conversion leaves behind the twelfth digit.
pub(crate) fn tidied(value: f64) -> f64 {
    format!("{value:.12e}").parse().unwrap_or(value)
}

/// `250ms`, `1.5s`, `1m30s`: numbers with units (`ns`, `us`, `ms`, `s`, `m`, `h`, `d`), added up. `None` if the text is
/// none, or finer than a nanosecond, or longer than a run can be.
pub fn duration(text: &str) -> Option<Nanos> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let after = after.trim_start();
        let unit = &after[..after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len())];
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(scaled(digits, *factor)?)?;
        rest = after[unit.len()..].trim_start();
    }
    Some(Nanos(total))
}

/// A decimal number times a whole one, if the product is whole.
fn scaled(digits: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(fraction) || digits.len() > MAX_TIME_DIGITS {
        return None;
    }
    let mantissa: u128 = format!("0{whole}{fraction}").parse().ok()?;
    let ten = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let product = mantissa * u128::from(factor);
    product.is_multiple_of(ten).then(|| u64::try_from(product / ten).ok()).flatten()
}

/// The text of a time: `250ms`, `1.5s`, `1m`. [`duration`] reads it back as the same.
pub fn duration_text(time: Nanos) -> String {
    let minute = 60_000_000_000;
    if time.0 >= minute && time.0.is_multiple_of(minute) {
        return format!("{}m", time.0 / minute);
    }
    let (unit, size) = match time.0 {
        0 | 1_000_000_000.. => ("s", 1_000_000_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        1_000..1_000_000 => ("us", 1_000),
        1..1_000 => ("ns", 1),
    };
    let (whole, part) = (time.0 / size, time.0 % size);
    let width = size.ilog10() as usize;
    let fraction = if part == 0 { String::new() } else { format!(".{part:0width$}") };
    format!("{whole}{}{unit}", fraction.trim_end_matches('0'))
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&duration_text(*time)),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::PerSecond(rate) => write!(f, "{rate}/s"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_exactly() {
        use Dimension::{Count, Rate, Share, Time};
        for (dimension, text, expected) in [
            (Time, "250ms", Some("250ms")),
            (Time, "0.1s", Some("100ms")),
            (Time, "1.5 s", Some("1.5s")),
            (Time, "1m30s", Some("90s")),
            (Time, "120s", Some("2m")),
            (Time, "7µs", Some("7us")),
            (Time, "1500us", Some("1.5ms")),
            (Time, "0s", Some("0s")),
            (Time, "0ms", Some("0s")),
            (Time, "1ns", Some("1ns")),
            (Time, "0.1ns", None),
            (Time, "250", None),
            (Time, "-1s", None),
            (Time, "1.2.3s", None),
            (Time, "5 parsecs", None),
            (Time, "", None),
            (Time, "99999999999d", None),
            (Share, "0.5%", Some("0.5%")),
            (Share, "5 %", Some("5%")),
            (Share, "0.07", Some("7%")),
            (Share, "1", Some("100%")),
            (Share, "150%", Some("150%")),
            (Share, "2", None),
            (Share, "-1%", None),
            (Share, "NaN", None),
            (Rate, "1000/s", Some("1000/s")),
            (Rate, "30/m", Some("0.5/s")),
            (Rate, "1/250ms", Some("4/s")),
            (Rate, "1.5 / s", Some("1.5/s")),
            (Rate, "10", None),
            (Rate, "1/0s", None),
            (Count, "100", Some("100")),
            (Count, "1e9", None),
            (Count, "inf", None),
            (Count, ".", None),
        ] {
            let read = Quantity::parse(dimension, text).map(|q| q.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
