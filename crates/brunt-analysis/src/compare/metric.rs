//! What is compared, which way is better, and how much is too much.

use brunt_run::Figures;
use serde::{Deserialize, Serialize};

/// A figure that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The median response time.
    P50,
    /// The 95th percentile of the response time.
    P95,
    /// The 99th percentile of the response time.
    P99,
    /// The share of requests that failed.
    ErrorRate,
    /// Requests that ended, a second.
    Throughput,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

impl Metric {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 5] = [Self::P50, Self::P95, Self::P99, Self::ErrorRate, Self::Throughput];

    /// A name for tables and files; stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::ErrorRate => "error rate",
            Self::Throughput => "throughput",
        }
    }

    /// Which way is better.
    pub const fn direction(self) -> Direction {
        match self {
            Self::P50 | Self::P95 | Self::P99 | Self::ErrorRate => Direction::Lower,
            Self::Throughput => Direction::Higher,
        }
    }

    /// The quantile that it is; `None` for what is none.
    pub const fn quantile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::ErrorRate | Self::Throughput => None,
        }
    }

    /// Its value in the totals of a run: milliseconds, a share, or per second.
    pub fn of(self, figures: &Figures) -> Option<f64> {
        match self {
            Self::P50 => figures.response.p50_ms,
            Self::P95 => figures.response.p95_ms,
            Self::P99 => figures.response.p99_ms,
            Self::ErrorRate => figures.error_rate,
            Self::Throughput => figures.requests_per_second,
        }
    }

    /// A value on the scale on which changes add up: logarithms, or the share itself. `None` where there is none.
    pub(super) fn scaled(self, value: f64) -> Option<f64> {
        match self {
            Self::ErrorRate => Some(value),
            Self::P50 | Self::P95 | Self::P99 | Self::Throughput => (value > 0.0).then(|| value.ln()),
        }
    }

    /// A difference on that scale as people read it: relative (0.1 for +10 %), or in shares.
    pub(super) fn readable(self, difference: f64) -> f64 {
        match self {
            Self::ErrorRate => difference,
            Self::P50 | Self::P95 | Self::P99 | Self::Throughput => difference.exp_m1(),
        }
    }

    /// 1 where a rise does harm, -1 where it does good.
    pub(super) const fn sign(self) -> f64 {
        match self.direction() {
            Direction::Lower => 1.0,
            Direction::Higher => -1.0,
        }
    }
}

/// How much worse is tolerated: relative changes, and for errors a difference of shares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Margins {
    /// Of the median: 0.1 for 10 % slower.
    pub p50: f64,
    /// Of the 95th percentile.
    pub p95: f64,
    /// Of the 99th percentile.
    pub p99: f64,
    /// Of the error rate, as a difference: 0.001 for 0.1 percentage points.
    pub error_rate: f64,
    /// Of the throughput: 0.1 for 10 % less.
    pub throughput: f64,
}

impl Default for Margins {
    /// 10 %, of p99 20 %, and 0.1 percentage points of errors.
    fn default() -> Self {
        Self { p50: 0.1, p95: 0.1, p99: 0.2, error_rate: 0.001, throughput: 0.1 }
    }
}

impl Margins {
    /// That of a metric, as people read it.
    pub const fn of(&self, metric: Metric) -> f64 {
        match metric {
            Metric::P50 => self.p50,
            Metric::P95 => self.p95,
            Metric::P99 => self.p99,
            Metric::ErrorRate => self.error_rate,
            Metric::Throughput => self.throughput,
        }
    }

    /// That of a metric as harm on the scale on which changes add up.
    pub(super) fn harm(&self, metric: Metric) -> f64 {
        let margin = self.of(metric);
        match metric {
            Metric::ErrorRate => margin,
            Metric::P50 | Metric::P95 | Metric::P99 => margin.ln_1p(),
            Metric::Throughput => -(-margin.min(0.999)).ln_1p(),
        }
    }
}

/// How a comparison judges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// How much worse is tolerated.
    pub margins: Margins,
    /// The metrics, of all requests together, that decide.
    pub primary: Vec<Metric>,
    /// The chance of a false alarm that is accepted, and that of a false pass: 0.05. Intervals are of 1 - 2 `alpha`.
    pub alpha: f64,
    /// The power for which the smallest detectable change is said.
    pub power: f64,
    /// The share of false ones that is accepted among the endpoints' findings.
    pub exploratory: f64,
    /// Whether runs without an end are taken as they are.
    #[serde(default)]
    pub endless: Endless,
}

/// What is done with a run that has no end: it was cut or killed, or its file ends in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endless {
    /// Nothing is judged by it.
    #[default]
    Refused,
    /// Whoever compares knows of it: what there is is taken for all.
    Taken,
}

impl Default for Rules {
    fn default() -> Self {
        let primary = Metric::ALL.to_vec();
        let endless = Endless::default();
        Self { margins: Margins::default(), primary, alpha: 0.05, power: 0.8, exploratory: 0.1, endless }
    }
}
