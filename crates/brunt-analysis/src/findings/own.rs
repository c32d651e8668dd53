//! A team's own rules: when figures of the run are beyond limits, then a sentence and advice.
//!
//! ```text
//! condition  = comparison { "or" comparison }
//! comparison = term ("<" | "<=" | ">" | ">=") term
//! term       = number [ unit ] | [ number "*" ] figure
//! unit       = "us" | "ms" | "s" | "%"
//! figure     = "avg" | "med" | "max" | "pN" | "error_rate" | "rate" | "asked" | "requests" | "errors"
//! ```
//!
//! Times are in milliseconds where no unit stands, rates are requests a second, all of the judged part of the run. A rule
//! holds when all of its conditions do; a figure without data makes no condition hold.

use super::{Confidence, Evidence, Figure, draft::Draft, draft::digits, facts::Facts, kind::Kind};
use brunt_metrics::Nanos;
use brunt_run::{LatencyFigures, Summary};

/// A rule of a rules file.
#[derive(Clone, Debug)]
pub(super) struct OwnRule {
    pub(super) name: String,
    pub(super) when: Vec<Condition>,
    pub(super) say: String,
    pub(super) causes: Vec<String>,
    pub(super) advice: Vec<String>,
}

/// Comparisons of which one must hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition(Vec<Comparison>);

#[derive(Clone, Debug, PartialEq)]
struct Comparison {
    left: Term,
    order: Order,
    right: Term,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Below,
    AtMost,
    Above,
    AtLeast,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(f64),
    Times(f64, Quantity),
}

/// What figures are taken from.
#[derive(Clone, Copy)]
pub(super) enum Measured<'a> {
    /// The seconds of a run: any percentile can be told.
    Seconds(&'a Facts<'a>),
    /// Totals alone: the figures that stand in them, and no other.
    Totals(&'a Summary),
}

/// A figure of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quantity {
    Mean,
    Quantile(f64),
    ErrorRate,
    Rate,
    Asked,
    Requests,
    Errors,
}

impl Condition {
    /// Reads a condition; the error says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        text.split(" or ").map(Comparison::parse).collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// What holds, with the figures that made it; `None` if nothing does.
    fn holds(&self, measured: Measured<'_>) -> Option<Vec<(String, f64, &'static str)>> {
        self.0.iter().find_map(|c| c.holds(measured))
    }
}

impl Comparison {
    fn parse(text: &str) -> Result<Self, String> {
        let at = text.find(['<', '>']).ok_or("there is no `<` or `>`")?;
        let (left, rest) = text.split_at(at);
        let (order, right) = match rest.as_bytes() {
            [b'<', b'=', ..] => (Order::AtMost, &rest[2..]),
            [b'>', b'=', ..] => (Order::AtLeast, &rest[2..]),
            [b'<', ..] => (Order::Below, &rest[1..]),
            _ => (Order::Above, &rest[1..]),
        };
        Ok(Self { left: Term::parse(left.trim())?, order, right: Term::parse(right.trim())? })
    }

    fn holds(&self, measured: Measured<'_>) -> Option<Vec<(String, f64, &'static str)>> {
        let (left, right) = (self.left.value(measured)?, self.right.value(measured)?);
        let holds = match self.order {
            Order::Below => left < right,
            Order::AtMost => left <= right,
            Order::Above => left > right,
            Order::AtLeast => left >= right,
        };
        holds.then(|| [&self.left, &self.right].into_iter().filter_map(|t| t.figure(measured)).collect())
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some((number, figure)) = text.split_once('*') {
            let number = number.trim();
            let times = number.parse().map_err(|_| format!("`{number}` is no number"))?;
            return Ok(Self::Times(times, Quantity::parse(figure.trim())?));
        }
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(Self::Times(1.0, Quantity::parse(text)?));
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let number: f64 = text[..end].parse().map_err(|_| format!("`{}` is no number", &text[..end]))?;
        let factor = match text[end..].trim() {
            "" | "ms" | "/s" => 1.0,
            "us" => 0.001,
            "s" => 1_000.0,
            "%" => 0.01,
            other => return Err(format!("`{other}` is no unit: us, ms, s, %, /s")),
        };
        Ok(Self::Number(number * factor))
    }

    fn value(&self, measured: Measured<'_>) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Times(times, quantity) => quantity.value(measured).map(|v| times * v),
        }
    }

    /// Name, value and unit of its figure.
    fn figure(&self, measured: Measured<'_>) -> Option<(String, f64, &'static str)> {
        match self {
            Self::Number(_) => None,
            Self::Times(_, quantity) => {
                let (name, unit) = quantity.words();
                let factor = if unit == "%" { 100.0 } else { 1.0 };
                Some((name, factor * quantity.value(measured)?, unit))
            }
        }
    }
}

impl Quantity {
    fn parse(text: &str) -> Result<Self, String> {
        let percentile =
            text.strip_prefix('p').and_then(|p| p.parse::<f64>().ok()).filter(|p| (0.0..=100.0).contains(p));
        Ok(match text {
            "avg" => Self::Mean,
            "med" => Self::Quantile(0.5),
            "max" => Self::Quantile(1.0),
            "error_rate" => Self::ErrorRate,
            "rate" => Self::Rate,
            "asked" => Self::Asked,
            "requests" => Self::Requests,
            "errors" => Self::Errors,
            other => match percentile {
                Some(p) => Self::Quantile(p / 100.0),
                None => {
                    return Err(format!(
                        "`{other}` is no figure: avg, med, pN, max, error_rate, rate, asked, requests, errors"
                    ));
                }
            },
        })
    }

    fn words(self) -> (String, &'static str) {
        match self {
            Self::Mean => ("avg".to_owned(), "ms"),
            Self::Quantile(q) => (format!("p{}", digits(100.0 * q)), "ms"),
            Self::ErrorRate => ("error rate".to_owned(), "%"),
            Self::Rate => ("rate".to_owned(), "/s"),
            Self::Asked => ("asked".to_owned(), "/s"),
            Self::Requests => ("requests".to_owned(), ""),
            Self::Errors => ("errors".to_owned(), ""),
        }
    }

    fn value(self, measured: Measured<'_>) -> Option<f64> {
        match measured {
            Measured::Seconds(facts) => self.of_seconds(facts),
            Measured::Totals(summary) => self.of_totals(summary),
        }
    }

    fn of_totals(self, summary: &Summary) -> Option<f64> {
        let total = &summary.total;
        match self {
            Self::Mean => total.response.mean_ms,
            Self::Quantile(q) => point(&total.response, q),
            Self::ErrorRate => total.error_rate,
            Self::Rate => total.requests_per_second,
            // What was asked for is in the course of a run alone.
            Self::Asked => None,
            Self::Requests => Some(total.requests as f64),
            Self::Errors => Some(total.errors as f64),
        }
    }

    fn of_seconds(self, facts: &Facts<'_>) -> Option<f64> {
        let seconds: f64 = facts.points.iter().map(|p| p.seconds).sum();
        let judged = (facts.requests > 0.0).then_some(());
        let sum = |value: fn(&super::facts::Point) -> f64| {
            facts.points.iter().map(|p| value(p) * p.seconds).sum::<f64>()
        };
        match self {
            Self::Mean => facts.all().mean().map(Nanos::as_millis_f64),
            Self::Quantile(q) => facts.all().quantile(q).map(Nanos::as_millis_f64),
            Self::ErrorRate => judged.map(|()| facts.errors / facts.requests),
            Self::Rate => judged.map(|()| sum(|p| p.ended) / seconds),
            Self::Asked => judged.map(|()| sum(|p| p.asked) / seconds),
            Self::Requests => Some(facts.requests),
            Self::Errors => Some(facts.errors),
        }
    }
}

/// A point that totals may have. Between two that they have, nothing is guessed.
fn point(figures: &LatencyFigures, q: f64) -> Option<f64> {
    let known = [
        (0.0, figures.min_ms),
        (0.5, figures.p50_ms),
        (0.75, figures.p75_ms),
        (0.9, figures.p90_ms),
        (0.95, figures.p95_ms),
        (0.99, figures.p99_ms),
        (0.999, figures.p99_9_ms),
        (1.0, figures.max_ms),
    ];
    known.into_iter().find(|(at, _)| (at - q).abs() < 1e-9).and_then(|(_, value)| value)
}

impl OwnRule {
    /// What the rule says of a run; `None` if it does not hold.
    pub(super) fn detect(&self, measured: Measured<'_>) -> Option<Draft> {
        let mut figures = Vec::new();
        for condition in &self.when {
            figures.extend(condition.holds(measured)?);
        }
        let words: Vec<String> =
            figures.iter().map(|(n, v, u)| format!("{n} {} {u}", digits(*v)).trim().to_owned()).collect();
        let claim =
            format!("{}: {}", if self.say.is_empty() { &self.name } else { &self.say }, words.join(", "));
        let mut evidence = match measured {
            Measured::Seconds(_) => Evidence::of("the judged part of the run", Figure::LatencyOverTime),
            Measured::Totals(_) => Evidence::of("the totals of the run", Figure::Endpoints),
        };
        for (name, value, unit) in figures {
            evidence = evidence.number(&name, value, unit);
        }
        let mut draft = Draft::new(Kind::Rule, claim).sure(Confidence::High).evidence(evidence).or_else(
            "the limit does not fit this target",
            "this is a symptom: what is found beside it says where it comes from",
        );
        draft.rule = Some(self.name.clone());
        Some(draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read() {
        use Order::{Above, AtMost, Below};
        let times = Term::Times;
        for (text, left, order, right) in [
            ("p95 > 200 ms", times(1.0, Quantity::Quantile(0.95)), Above, Term::Number(200.0)),
            ("p99.9 > 2s", times(1.0, Quantity::Quantile(99.9 / 100.0)), Above, Term::Number(2_000.0)),
            ("error_rate <= 1 %", times(1.0, Quantity::ErrorRate), AtMost, Term::Number(0.01)),
            ("rate < 0.9 * asked", times(1.0, Quantity::Rate), Below, times(0.9, Quantity::Asked)),
            ("avg>3*med", times(1.0, Quantity::Mean), Above, times(3.0, Quantity::Quantile(0.5))),
        ] {
            assert_eq!(
                Condition::parse(text),
                Ok(Condition(vec![Comparison { left, order, right }])),
                "{text}"
            );
        }
        assert_eq!(Condition::parse("p95 > 1 or p99 > 2").map(|c| c.0.len()), Ok(2));
    }

    #[test]
    fn what_is_no_condition_says_why() {
        for (text, problem) in [
            ("p95", "there is no `<` or `>`"),
            ("p95 > 3 parsecs", "`parsecs` is no unit: us, ms, s, %, /s"),
            ("x * p95 > 3", "`x` is no number"),
            ("p101 > 3", "`p101` is no figure: avg, med, pN, max, error_rate, rate, asked, requests, errors"),
        ] {
            assert_eq!(Condition::parse(text), Err(problem.to_owned()), "{text}");
        }
    }
}
