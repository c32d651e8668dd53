//! Durations as people write them: `"5ms"`, `"250us"`, `"1.5s"`, `"2m"`. For `#[serde(with = "crate::duration_text")]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The units that are understood, with the seconds they stand for; longest name first where one ends in another.
const UNITS: [(&str, f64); 6] =
    [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// The longest duration that a configuration may name: a day. Anything longer is a slip of the pen.
const LONGEST: Duration = Duration::from_hours(24);

/// The duration that `text` names, or the sentence that says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let hint = "write a number and a unit, e.g. \"5ms\", \"250us\", \"1.5s\" or \"2m\"";
    let value: f64 = number.parse().map_err(|_| format!("`{text}` is not a duration; {hint}"))?;
    let Some((_, seconds)) = UNITS.iter().find(|(name, _)| *name == unit.trim()) else {
        return Err(format!("`{text}` has no unit that is known; {hint}"));
    };
    // Rounded to whole nanoseconds, so that "0.1ms" is exactly 100 us.
    match Duration::try_from_secs_f64((value * seconds * 1e9).round() / 1e9) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        Ok(_) | Err(_) => Err(format!("`{text}` is longer than a day")),
    }
}

/// The shortest text that [`parse`] reads back as `duration`.
pub(crate) fn print(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    for (unit, size) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)] {
        if nanos.is_multiple_of(size) {
            return format!("{}{unit}", nanos / size);
        }
    }
    format!("{nanos}ns")
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&print(*duration))
}

/// The same for a duration that may be missing.
pub(crate) mod optional {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::parse(&text)).transpose().map_err(D::Error::custom)
    }

    #[expect(clippy::ref_option, reason = "serde passes a reference")]
    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_durations() {
        for (text, nanos) in [
            ("5ms", 5_000_000),
            ("0.1ms", 100_000),
            ("250us", 250_000),
            ("7ns", 7),
            ("1.5s", 1_500_000_000),
            ("2m", 120_000_000_000),
            ("1h", 3_600_000_000_000),
            ("0s", 0),
        ] {
            let duration = parse(text).expect(text);
            assert_eq!(duration.as_nanos(), nanos, "{text}");
            assert_eq!(parse(&print(duration)), Ok(duration), "{text}");
        }
        for text in ["", "5", "ms", "-5ms", "5 parsecs", "1e9s", "48h", "1.2.3s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
