//! An objective as data, and its standard form.

use crate::{Filters, Quantity, Statistic, duration_text};
use brunt_metrics::Nanos;
use std::fmt;

/// The longest window: every second of it is kept while a run goes on.
pub const MAX_WINDOW: Nanos = Nanos::from_secs(3_600);

/// What a service promises. `Display` prints the standard form, which [`parse`](crate::parse) reads back as the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// What it is called, if it was named.
    pub name: Option<String>,
    /// What is measured.
    pub measure: Measure,
    /// How it is held against the limit.
    pub comparison: Comparison,
    /// What it is held against.
    pub limit: Limit,
    /// Of which stretch of the run.
    pub window: Window,
    /// What happens if it is not met.
    pub severity: Severity,
    /// What happens if there is nothing to measure.
    pub no_data: NoData,
    /// Whether the run ends as soon as it is not met.
    pub abort: Option<Abort>,
}

/// A statistic of what its filters let through.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What is computed.
    pub statistic: Statistic,
    /// Of what.
    pub filters: Filters,
}

/// How a figure is held against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `~`: a note beside the figure, which nothing passes or fails.
    About,
}

/// What a figure is held against.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A figure of its own.
    Absolute(Quantity),
    /// A figure that is known once its reference is: `baseline * 1.1`, `p50{action=first} * 0.8`.
    Relative {
        /// What it refers to.
        to: Reference,
        /// What is done to it.
        change: Change,
    },
}

/// What a relative limit refers to.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// The same measure in the run that this one is compared with.
    Baseline,
    /// Another measure of the same run, over the same window.
    Measure(Box<Measure>),
}

/// What a relative limit makes of its reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// So many times as much.
    Times(f64),
    /// So much more.
    Plus(Quantity),
    /// So much less, and never below nothing.
    Minus(Quantity),
}

/// The stretch of a run's load phase that an objective is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// All of it.
    #[default]
    Run,
    /// Each stage of the plan by itself: each must hold.
    Stage,
    /// Each window of this length (`over 1m`): every one must hold. Whole seconds, at most [`MAX_WINDOW`].
    Over(Nanos),
    /// Not met only if it is broken in so many seconds in a row (`for 30s`). Whole seconds, at most [`MAX_WINDOW`].
    For(Nanos),
}

/// What happens if an objective is not met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// The run failed.
    #[default]
    Fail,
    /// It is said.
    Warn,
}

/// What happens if there is nothing to measure. No data is no evidence that a promise was kept: unless somebody
/// says otherwise, it fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoData {
    /// As if it was not met.
    #[default]
    Fails,
    /// As if it was met.
    Passes,
    /// It is said, and nothing follows.
    Skips,
}

/// An objective that ends the run when it is not met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abort {
    /// So long after the start of the load phase at the earliest.
    pub after: Nanos,
}

impl Comparison {
    /// Every comparison, longest sign first, as a reader must try them.
    pub const ALL: [Self; 7] =
        [Self::AtMost, Self::AtLeast, Self::Equal, Self::Unequal, Self::Below, Self::Above, Self::About];

    /// Its sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::About => "~",
        }
    }

    /// Whether `value` holds against `limit`; anything holds against `~`.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            // Figures that were computed along different ways are equal up to their last digits.
            Self::Equal => (value - limit).abs() <= 1e-9 * limit.abs().max(1.0),
            Self::Unequal => (value - limit).abs() > 1e-9 * limit.abs().max(1.0),
            Self::About => true,
        }
    }

    /// Whether less is better: what is held is an upper limit.
    pub const fn is_upper(self) -> bool {
        match self {
            Self::Below | Self::AtMost => true,
            Self::Above | Self::AtLeast | Self::Equal | Self::Unequal | Self::About => false,
        }
    }
}

impl Objective {
    /// The part before its policies: what is measured, and against what. What an objective without a name is called.
    pub fn expression(&self) -> String {
        format!("{} {} {}{}", self.measure, self.comparison.sign(), self.limit, self.window)
    }

    /// Its name, or what it says.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.expression())
    }
}

/// The standard form.
impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression())?;
        match self.severity {
            Severity::Fail => {}
            Severity::Warn => f.write_str(", warn")?,
        }
        match self.no_data {
            NoData::Fails => {}
            NoData::Passes => f.write_str(", no data passes")?,
            NoData::Skips => f.write_str(", no data skips")?,
        }
        match self.abort {
            None => {}
            Some(Abort { after: Nanos::ZERO }) => f.write_str(", abort")?,
            Some(Abort { after }) => write!(f, ", abort after {}", duration_text(after))?,
        }
        match &self.name {
            None => Ok(()),
            Some(name) => write!(f, ", as {}", crate::scan::quoted(name)),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.statistic, self.filters)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute(quantity) => quantity.fmt(f),
            Self::Relative { to, change } => write!(f, "{to}{change}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Baseline => f.write_str("baseline"),
            Self::Measure(measure) => measure.fmt(f),
        }
    }
}

/// With a space before it; nothing for `* 1`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(1.0) => Ok(()),
            Self::Times(factor) => write!(f, " * {factor}"),
            Self::Plus(quantity) => write!(f, " + {quantity}"),
            Self::Minus(quantity) => write!(f, " - {quantity}"),
        }
    }
}

/// With a space before it; nothing for the whole run.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run => Ok(()),
            Self::Stage => f.write_str(" per stage"),
            Self::Over(length) => write!(f, " over {}", duration_text(*length)),
            Self::For(length) => write!(f, " for {}", duration_text(*length)),
        }
    }
}
