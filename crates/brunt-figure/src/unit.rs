//! Numbers with their units, as people read them: three digits that count, the unit in each.

use serde::Serialize;

/// What a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds; shown in us, ms or s.
    Milliseconds,
    /// Seconds of a run; shown as `1:30`.
    Seconds,
    /// So many a second.
    PerSecond,
    /// A share, 0 to 1; shown in percent.
    Share,
    /// So many.
    Count,
    /// Bytes; shown in kB, MB or GB (thousands).
    Bytes,
    /// A plain number.
    None,
}

impl Unit {
    /// A value in words: `1.42 s`, `263 ms`, `0.31 ms`, `12.5 %`, `1:30`.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Milliseconds if value.abs() >= 1_000.0 => format!("{} s", digits(value / 1_000.0)),
            Self::Milliseconds => format!("{} ms", digits(value)),
            Self::Seconds => clock(value),
            Self::PerSecond => format!("{}/s", digits(value)),
            Self::Share => format!("{} %", digits(value * 100.0)),
            Self::Count | Self::None => digits(value),
            Self::Bytes => {
                let (scaled, unit) = match value.abs() {
                    v if v >= 1e9 => (value / 1e9, "GB"),
                    v if v >= 1e6 => (value / 1e6, "MB"),
                    v if v >= 1e3 => (value / 1e3, "kB"),
                    _ => (value, "B"),
                };
                format!("{} {unit}", digits(scaled))
            }
        }
    }

    /// Its name behind an axis' label; empty where each number has its own.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::PerSecond => "1/s",
            Self::Share => "0 to 1",
            Self::Bytes => "B",
            Self::Count | Self::None => "",
        }
    }
}

/// So many of something: `1 request`, `12 300 requests`.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", Unit::Count.show(number as f64), if number == 1 { "" } else { "s" })
}

/// Three digits that count, without zeros that say nothing: `0.313`, `41`, `1.5`, `12 300`.
fn digits(value: f64) -> String {
    let size = value.abs();
    if size < 1e-9 {
        return "0".into();
    }
    if size >= 999.5 {
        return grouped(value);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
    let places = (2.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn grouped(value: f64) -> String {
    let text = format!("{value:.0}");
    let (sign, number) = text.strip_prefix('-').map_or(("", text.as_str()), |number| ("-", number));
    let mut out = String::from(sign);
    for (i, digit) in number.chars().enumerate() {
        if i > 0 && (number.len() - i).is_multiple_of(3) && number.len() > 4 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

fn clock(seconds: f64) -> String {
    if seconds.fract().abs() > 1e-6 && seconds < 60.0 {
        return format!("{} s", digits(seconds));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a run")]
    let whole = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn numbers_are_read_at_a_glance() {
        for (unit, value, shown) in [
            (Unit::Milliseconds, 0.3126, "0.313 ms"),
            (Unit::Milliseconds, 41.0, "41 ms"),
            (Unit::Milliseconds, 1_424.0, "1.42 s"),
            (Unit::Milliseconds, 0.0, "0 ms"),
            (Unit::Seconds, 90.0, "1:30"),
            (Unit::Seconds, 3_605.0, "1:00:05"),
            (Unit::Seconds, 0.5, "0.5 s"),
            (Unit::PerSecond, 12_345.6, "12\u{202f}346/s"),
            (Unit::PerSecond, 999.7, "1000/s"),
            (Unit::Share, 0.0123, "1.23 %"),
            (Unit::Share, 1.0, "100 %"),
            (Unit::Bytes, 1.5e6, "1.5 MB"),
            (Unit::Count, -3.0, "-3"),
        ] {
            assert_eq!(unit.show(value), shown);
        }
    }
}
