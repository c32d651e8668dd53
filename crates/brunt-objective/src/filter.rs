//! What an objective is about: filters, as `{action=checkout, status=2xx|304, tag!=admin}`.

use crate::scan::quoted;
use crate::{Basis, Count, Share, Statistic};
use std::fmt;

/// The value of `status` for requests that got no response.
pub const NO_STATUS: &str = "none";

/// All that must be true of what is measured: every filter lets it through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters(pub Vec<Filter>);

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// On what.
    pub key: FilterKey,
    /// Whether it must be one of the values, or none of them.
    pub matches: Match,
    /// The values; never empty.
    pub values: Vec<String>,
}

/// Whether a value must be one of those given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// `=`
    Is,
    /// `!=`
    IsNot,
}

/// What a filter is a condition on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterKey {
    /// The scenario's name.
    Scenario,
    /// The action's name.
    Action,
    /// The request's method.
    Method,
    /// The request's templated name: `/users/{id}`.
    Name,
    /// Method and name together: `GET /users/{id}`.
    Endpoint,
    /// One of the request's tags.
    Tag,
    /// The phase in which it was due: `warm-up`, `load`, `cool-down`. Without this filter: `load`.
    Phase,
    /// The response's status: a code (`503`), a class (`5xx`), or `none`.
    Status,
    /// The kind of error, as `request timeout`.
    Error,
    /// `ok`, `error` or `all`.
    Outcome,
    /// A group of steps, by its name: its passes are measured, not its requests.
    Group,
    /// The check's name.
    Check,
    /// The tally's name.
    Tally,
    /// The tally's value.
    Value,
}

impl FilterKey {
    /// Every key.
    pub const ALL: [Self; 14] = [
        Self::Scenario,
        Self::Action,
        Self::Method,
        Self::Name,
        Self::Endpoint,
        Self::Tag,
        Self::Phase,
        Self::Status,
        Self::Error,
        Self::Outcome,
        Self::Group,
        Self::Check,
        Self::Tally,
        Self::Value,
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Action => "action",
            Self::Method => "method",
            Self::Name => "name",
            Self::Endpoint => "endpoint",
            Self::Tag => "tag",
            Self::Phase => "phase",
            Self::Status => "status",
            Self::Error => "error",
            Self::Outcome => "outcome",
            Self::Group => "group",
            Self::Check => "check",
            Self::Tally => "tally",
            Self::Value => "value",
        }
    }

    /// The keys by which what a statistic is about can be told apart.
    pub const fn of(statistic: Statistic) -> &'static [Self] {
        use FilterKey::{
            Action, Check, Endpoint, Error, Group, Method, Name, Outcome, Phase, Scenario, Status, Tag,
            Tally, Value,
        };
        match statistic {
            Statistic::Time { basis: Basis::Response | Basis::Service, .. }
            | Statistic::Share(Share::Errors)
            | Statistic::Count(Count::Requests | Count::Errors)
            | Statistic::Rate(crate::Flow::Requests) => {
                &[Scenario, Action, Method, Name, Endpoint, Tag, Phase, Status, Error, Outcome, Group]
            }
            Statistic::Share(Share::Checks) => &[Check, Scenario, Action, Method, Name, Endpoint, Tag],
            Statistic::Share(Share::Tally) | Statistic::Count(Count::Tally) => &[Tally, Value, Phase],
            Statistic::Balance => &[Tally, Phase],
            Statistic::Share(Share::Drops)
            | Statistic::Count(Count::Iterations | Count::Drops)
            | Statistic::Rate(crate::Flow::Iterations) => &[Scenario],
            Statistic::Time { basis: Basis::Lag, .. } | Statistic::Recovery => &[],
        }
    }
}

impl Filter {
    /// Whether a value passes. `of` answers whether what is measured has the value.
    pub fn lets_through(&self, of: impl Fn(&str) -> bool) -> bool {
        let any = self.values.iter().any(|value| of(value));
        match self.matches {
            Match::Is => any,
            Match::IsNot => !any,
        }
    }
}

impl Filters {
    /// The filters on one key.
    pub fn on(&self, key: FilterKey) -> impl Iterator<Item = &Filter> {
        self.0.iter().filter(move |f| f.key == key)
    }

    /// Whether there is a filter on the key.
    pub fn has(&self, key: FilterKey) -> bool {
        self.on(key).next().is_some()
    }

    /// Whether all filters on the key let it through. `of` answers whether what is measured has a value.
    pub fn let_through(&self, key: FilterKey, of: impl Fn(&str) -> bool) -> bool {
        self.on(key).all(|f| f.lets_through(&of))
    }
}

impl fmt::Display for Filters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        f.write_str("{")?;
        for (i, filter) in self.0.iter().enumerate() {
            write!(f, "{}{filter}", if i > 0 { ", " } else { "" })?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.matches {
            Match::Is => "=",
            Match::IsNot => "!=",
        };
        let values: Vec<String> = self.values.iter().map(|v| quoted(v)).collect();
        write!(f, "{}{sign}{}", self.key.word(), values.join("|"))
    }
}
