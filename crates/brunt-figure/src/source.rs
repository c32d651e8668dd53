//! What figures are made of.

use crate::{Kind, Limit};
use brunt_analysis::{Course, Finding};
use brunt_run::{Figures, Summary};

/// A run that is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What it is called, in legends and notes.
    pub name: &'a str,
    /// Its totals.
    pub summary: &'a Summary,
    /// Its seconds; `None` where its source has only totals.
    pub course: Option<&'a Course>,
    /// What was found in it; drawn as marked stretches and knees.
    pub findings: &'a [Finding],
}

/// What is asked of a figure, beside its kind.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The figure of each endpoint, where a kind shows one: [`Kind::Matrix`], [`Kind::LoadLatency`],
    /// [`Kind::Compare`], [`Kind::Facets`] beside the median.
    pub metric: Metric,
    /// Only endpoints whose names contain one of these; all, if empty.
    pub endpoints: Vec<String>,
    /// The most points of a line.
    pub points: usize,
    /// Values that should not be passed, in milliseconds, drawn along response times.
    pub limits: Vec<Limit>,
}

/// The most points of a line unless asked otherwise: two pixels each in a drawing of 960.
pub const POINTS: usize = 360;

/// The most endpoints that have a panel, a line or bars of their own: what a person can tell apart.
pub const MAX_ENDPOINTS: usize = 12;

/// The most rows of a figure with a row for each endpoint.
pub const MAX_ROWS: usize = 40;

impl Default for Asked {
    fn default() -> Self {
        Self { metric: Metric::P95, endpoints: Vec::new(), points: POINTS, limits: Vec::new() }
    }
}

/// A figure of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The mean response time.
    Mean,
    /// The median.
    P50,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
    /// The share of failed requests.
    Errors,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Mean, Self::P50, Self::P95, Self::P99, Self::Errors];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Errors => "errors",
        }
    }

    /// Its name on an axis.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mean => "mean response time",
            Self::P50 => "p50 response time",
            Self::P95 => "p95 response time",
            Self::P99 => "p99 response time",
            Self::Errors => "failed requests",
        }
    }

    /// The metric of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The unit of its values.
    pub const fn unit(self) -> crate::Unit {
        match self {
            Self::Mean | Self::P50 | Self::P95 | Self::P99 => crate::Unit::Milliseconds,
            Self::Errors => crate::Unit::Share,
        }
    }

    /// The share of requests below the percentile; `None` of what is none.
    pub(crate) const fn quantile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::Mean | Self::Errors => None,
        }
    }

    /// Its value among totals.
    pub(crate) fn of(self, figures: &Figures) -> Option<f64> {
        match self {
            Self::Mean => figures.response.mean_ms,
            Self::P50 => figures.response.p50_ms,
            Self::P95 => figures.response.p95_ms,
            Self::P99 => figures.response.p99_ms,
            Self::Errors => figures.error_rate,
        }
    }
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFigure {
    /// The kind shows other numbers of runs.
    #[error("`{kind}` shows {} {fewest} run{}, and {given} were given", if fewest == most { "exactly" } else { "at least" },
        if *fewest == 1 { "" } else { "s" })]
    Runs {
        /// The kind.
        kind: Kind,
        /// The fewest it shows.
        fewest: usize,
        /// The most it shows.
        most: usize,
        /// How many there are.
        given: usize,
    },
    /// The source of a run has only totals.
    #[error(
        "`{kind}` shows a run second by second, and {run} has only totals\n  help: `throughput`, `endpoint-bars`, `matrix`, \
         `box` and `compare` are drawn from totals"
    )]
    OnlyTotals {
        /// The kind.
        kind: Kind,
        /// The run.
        run: String,
    },
    /// A run of another tool says nothing of its generator.
    #[error("`{kind}` shows the machine that made the load, and {run} says nothing of it")]
    NoGenerator {
        /// The kind.
        kind: Kind,
        /// The run.
        run: String,
    },
    /// Nothing was sampled beside the load, or nothing of that name.
    #[error(
        "`{kind}` shows what was sampled beside the load, and {run} has no such figure{}\n  help: say what to watch: `brunt run \
         --metrics process:nginx`, or `metrics:` in a plan", if asked.is_empty() { String::new() } else { format!(" with `{asked}` in its name") }
    )]
    NoResources {
        /// The kind.
        kind: Kind,
        /// The run.
        run: String,
        /// The names asked for, joined; empty where all were.
        asked: String,
    },
    /// No request ended, or none at the endpoints asked for.
    #[error("{run} has no request{} to draw", if asked.is_empty() { String::new() } else { format!(" at an endpoint with `{asked}` in its name") })]
    Empty {
        /// The run.
        run: String,
        /// The names asked for, joined; empty where all were.
        asked: String,
    },
}
