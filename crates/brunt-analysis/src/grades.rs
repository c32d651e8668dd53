//! Grades: a word for a figure, by bands that a team can edit. A way of showing figures, beside them and never in their
//! place; nothing passes or fails by a grade.
//!
//! The default bands are those of the performance guide that brunt's users know: P95 below 50, 100, 200, 500 ms; errors below 0.1, 1,
//! 5 %. Each band reaches up to its limit and does not hold it: 500 ms is already the last grade.

use brunt_run::Figures;
use serde::{Deserialize, Serialize};

/// The bands of a figure, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Of the 95th percentile of response times, in milliseconds.
    pub p95_ms: Vec<Band>,
    /// Of the share of failed requests, in percent.
    pub error_percent: Vec<Band>,
}

/// A grade and how far it reaches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// What it is called.
    pub grade: String,
    /// What it does not reach any more; `None` in the last.
    pub below: Option<f64>,
}

/// Why bands cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BandsError {
    /// Not JSON, or of another form.
    #[error("{file}:{line}:{column}: {problem}\n  = help: write e.g. {EXAMPLE}")]
    Form {
        /// The file.
        file: String,
        /// Where, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// The limits do not rise, or the last has one.
    #[error(
        "{file}: the bands of `{bands}` must rise, and only the last has no `below`\n  = help: write e.g. {EXAMPLE}"
    )]
    Order {
        /// The file.
        file: String,
        /// Which.
        bands: &'static str,
    },
}

const EXAMPLE: &str = r#"`{"p95_ms": [{"grade": "Good", "below": 100}, {"grade": "Poor"}], "error_percent": [{"grade": "Good", "below": 1}, {"grade": "Poor"}]}`"#;

impl Default for Bands {
    fn default() -> Self {
        let bands = |rows: &[(&str, Option<f64>)]| {
            rows.iter().map(|(grade, below)| Band { grade: (*grade).into(), below: *below }).collect()
        };
        Self {
            p95_ms: bands(&[
                ("Excellent", Some(50.0)),
                ("Good", Some(100.0)),
                ("Acceptable", Some(200.0)),
                ("Poor", Some(500.0)),
                ("Critical", None),
            ]),
            error_percent: bands(&[
                ("Excellent", Some(0.1)),
                ("Good", Some(1.0)),
                ("Acceptable", Some(5.0)),
                ("Poor", None),
            ]),
        }
    }
}

impl Bands {
    /// Reads bands from JSON; `file` is what they are called in errors.
    pub fn parse(text: &str, file: &str) -> Result<Self, BandsError> {
        let form = |e: &serde_json::Error| BandsError::Form {
            file: file.into(),
            line: e.line(),
            column: e.column(),
            // serde says the place once more.
            problem: e.to_string().split(" at line ").next().unwrap_or_default().into(),
        };
        let bands: Self = serde_json::from_str(text).map_err(|e| form(&e))?;
        for (name, list) in [("p95_ms", &bands.p95_ms), ("error_percent", &bands.error_percent)] {
            let limits: Vec<f64> = list.iter().map_while(|band| band.below).collect();
            let rises = limits.windows(2).all(|w| w[0] < w[1]);
            if limits.len() + 1 != list.len() || !rises {
                return Err(BandsError::Order { file: file.into(), bands: name });
            }
        }
        Ok(bands)
    }
}

/// The grades of some figures; `None` where there is no figure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Grades {
    /// Of the 95th percentile.
    pub p95: Option<String>,
    /// Of the share of errors.
    pub errors: Option<String>,
}

/// Grades figures.
pub fn grades(figures: &Figures, bands: &Bands) -> Grades {
    let grade = |value: Option<f64>, bands: &[Band]| {
        let value = value?;
        bands.iter().find(|band| band.below.is_none_or(|limit| value < limit)).map(|band| band.grade.clone())
    };
    Grades {
        // A target that only fails, and fast, is not excellent.
        p95: grade(figures.response.p95_ms.filter(|_| figures.error_rate != Some(1.0)), &bands.p95_ms),
        errors: grade(figures.error_rate.map(|share| share * 100.0), &bands.error_percent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_run::LatencyFigures;

    #[test]
    fn bands_are_half_open() {
        for (p95, errors, expected) in [
            (Some(49.9), Some(0.0), (Some("Excellent"), Some("Excellent"))),
            (Some(50.0), Some(0.001), (Some("Good"), Some("Good"))),
            (Some(199.9), Some(0.01), (Some("Acceptable"), Some("Acceptable"))),
            (Some(499.9), Some(0.049), (Some("Poor"), Some("Acceptable"))),
            (Some(500.0), Some(0.05), (Some("Critical"), Some("Poor"))),
            (Some(1.0), Some(1.0), (None, Some("Poor"))),
            (None, None, (None, None)),
        ] {
            let response = LatencyFigures { p95_ms: p95, ..LatencyFigures::default() };
            let got =
                grades(&Figures { response, error_rate: errors, ..Figures::default() }, &Bands::default());
            assert_eq!((got.p95.as_deref(), got.errors.as_deref()), expected, "{p95:?} {errors:?}");
        }
    }

    #[test]
    fn bands_can_be_edited_and_must_rise() {
        let own = r#"{"p95_ms": [{"grade": "ok", "below": 10}, {"grade": "slow"}], "error_percent": [{"grade": "any"}]}"#;
        assert_eq!(Bands::parse(own, "g.json").unwrap().p95_ms[1].grade, "slow");
        let print = serde_json::to_string(&Bands::default()).unwrap();
        assert_eq!(Bands::parse(&print, "g.json"), Ok(Bands::default()));
        for (text, expected) in [
            ("{", "g.json:1:1: EOF"),
            (r#"{"p95": []}"#, "g.json:1:6: unknown field `p95`"),
            (&own.replace(r#", "below": 10"#, ""), "g.json: the bands of `p95_ms` must rise"),
            (&own.replace(r#"{"grade": "any"}"#, ""), "g.json: the bands of `error_percent` must rise"),
        ] {
            let error = Bands::parse(text, "g.json").unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
