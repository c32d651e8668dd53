//! Rates as people write them: `50/s`, `600/m`, `1/h`.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// The units that are understood, with their seconds.
const UNITS: [(&str, f64); 4] = [("s", 1.0), ("min", 60.0), ("m", 60.0), ("h", 3600.0)];

/// The highest rate, per second: no target of ours answers more on a machine.
const HIGHEST: f64 = 1e6;

/// The lowest rate, per second: one a day.
const LOWEST: f64 = 1.0 / 86_400.0;

/// So many per second, from one a day to a million a second. As text `50/s`; `/m` and `/h` are read too.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PerSecond(f64);

impl PerSecond {
    /// The rate that `text` names; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, unit) = text.split_once('/').unwrap_or((text, ""));
        let value: Option<f64> = number.trim().parse().ok();
        let seconds = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, seconds)| *seconds);
        let (Some(value), Some(seconds)) = (value, seconds) else {
            return Err(format!("`{text}` is not a rate; write e.g. \"50/s\" or \"600/m\""));
        };
        let rate = value / seconds;
        if (LOWEST..=HIGHEST).contains(&rate) {
            Ok(Self(rate))
        } else {
            Err(format!("`{text}` is not between one a day and a million a second"))
        }
    }

    /// How many per second.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The time from one to the next.
    pub fn gap(self) -> Duration {
        Duration::from_secs_f64(1.0 / self.0)
    }
}

impl fmt::Display for PerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

impl From<PerSecond> for String {
    fn from(rate: PerSecond) -> Self {
        rate.to_string()
    }
}

impl TryFrom<String> for PerSecond {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_rates() {
        for (text, gap_ms, printed) in [
            ("50/s", 20, "50/s"),
            ("600/m", 100, "10/s"),
            ("30 / min", 2_000, "0.5/s"),
            ("3600/h", 1_000, "1/s"),
        ] {
            let rate = PerSecond::parse(text).expect(text);
            assert_eq!((rate.gap(), rate.to_string()), (Duration::from_millis(gap_ms), printed.to_owned()));
            assert_eq!(PerSecond::parse(printed), Ok(rate));
        }
        for text in ["", "50", "50/", "/s", "50/d", "0/s", "-1/s", "NaN/s", "inf/s", "2000000/s"] {
            assert!(PerSecond::parse(text).is_err(), "{text}");
        }
    }
}
