//! What can be measured, and in which dimension.

use std::fmt;

/// What is computed of what the filters let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// A point of the distribution of some times: `p95`, `service avg`, `lag p99`.
    Time {
        /// Of which times.
        basis: Basis,
        /// Which point.
        point: Point,
    },
    /// A share of a whole: `errors`, `checks`, `drops`, `share`.
    Share(Share),
    /// A number: `requests`, `error_count`.
    Count(Count),
    /// A number a second: `rate`.
    Rate(Flow),
    /// `balance`: by how much the value of a tally that is farthest from an equal share is off, as a share of that
    /// equal share.
    Balance,
    /// `recovery`: how long after the end of a spike response times, errors and rate took to come back to what they were
    /// before it.
    Recovery,
}

/// Which times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// From the instant that a request was due to its end: what a user would feel.
    #[default]
    Response,
    /// From the instant that a request was started to its end: what other tools call its duration.
    Service,
    /// From the instant that a request was due to its start: the generator's own delay.
    Lag,
}

/// A point of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// The mean.
    Average,
    /// The minimum.
    Minimum,
    /// The maximum.
    Maximum,
    /// A percentile, by nearest rank.
    Percentile(Percentile),
}

/// A percentile: above 0 and below 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentile(f64);

/// A share of a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Requests that failed, of all.
    Errors,
    /// Checks that held, of all.
    Checks,
    /// Iterations that found no free user, of those that were due.
    Drops,
    /// Answers in which a tally had the value, of those in which it had any.
    Tally,
}

/// A number of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Requests that ended.
    Requests,
    /// Requests that failed.
    Errors,
    /// Iterations that ended.
    Iterations,
    /// Iterations that found no free user.
    Drops,
    /// Answers in which a tally had a value.
    Tally,
}

/// A number a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Requests that ended.
    Requests,
    /// Iterations that ended.
    Iterations,
}

/// What a figure is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Time.
    Time,
    /// A share.
    Share,
    /// Events per second.
    Rate,
    /// Events.
    Count,
}

impl Percentile {
    /// The percentile `of`, if there is one: above 0 and below 100.
    pub fn new(of: f64) -> Option<Self> {
        (of > 0.0 && of < 100.0).then_some(Self(of))
    }

    /// 95 for the 95th.
    pub const fn value(self) -> f64 {
        self.0
    }

    /// 0.95 for the 95th.
    pub fn quantile(self) -> f64 {
        self.0 / 100.0
    }
}

impl Statistic {
    /// Words of the statistics that are one word, with what they stand for.
    pub(crate) const WORDS: [(&str, Self); 13] = [
        ("errors", Self::Share(Share::Errors)),
        ("checks", Self::Share(Share::Checks)),
        ("drops", Self::Share(Share::Drops)),
        ("share", Self::Share(Share::Tally)),
        ("requests", Self::Count(Count::Requests)),
        ("error_count", Self::Count(Count::Errors)),
        ("iterations", Self::Count(Count::Iterations)),
        ("drop_count", Self::Count(Count::Drops)),
        ("count", Self::Count(Count::Tally)),
        ("rate", Self::Rate(Flow::Requests)),
        ("iteration_rate", Self::Rate(Flow::Iterations)),
        ("balance", Self::Balance),
        ("recovery", Self::Recovery),
    ];

    /// What its figures are a number of.
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::Time { .. } | Self::Recovery => Dimension::Time,
            Self::Share(_) | Self::Balance => Dimension::Share,
            Self::Count(_) => Dimension::Count,
            Self::Rate(_) => Dimension::Rate,
        }
    }
}

impl Basis {
    /// The word before a point; response times have none.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Service => "service",
            Self::Lag => "lag",
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { basis: Basis::Response, point } => point.fmt(f),
            Self::Time { basis, point } => write!(f, "{} {point}", basis.word()),
            Self::Share(_) | Self::Count(_) | Self::Rate(_) | Self::Balance | Self::Recovery => {
                let known = Self::WORDS.iter().find(|(_, statistic)| statistic == self);
                f.write_str(known.map_or("", |(word, _)| word))
            }
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Average => f.write_str("avg"),
            Self::Minimum => f.write_str("min"),
            Self::Maximum => f.write_str("max"),
            Self::Percentile(p) => write!(f, "p{}", p.0),
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "a time, as `200ms`",
            Self::Share => "a share, as `1%`",
            Self::Rate => "a rate, as `10/s`",
            Self::Count => "a number, as `100`",
        })
    }
}
