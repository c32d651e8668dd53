//! k6's thresholds as objectives, with k6's meaning.
//!
//! ```text
//! assertion  = method op float              as k6's `metrics/thresholds_parser.go` has it
//! method     = "avg" | "min" | "med" | "max" | "p(" float ")" | "count" | "rate" | "value"
//! op         = ">" | ">=" | "<" | "<=" | "==" | "===" | "!="
//! selector   = metric [ "{" tag ":" value ( "," tag ":" value )* "}" ]
//! ```
//!
//! What differs from how brunt would say it stays so: `http_req_duration` is the service time of all requests, those that
//! failed too. One thing does not: k6 passes a threshold on a metric without samples; brunt fails it.

use crate::objective::{Abort, Comparison, Limit, Measure, NoData, Objective, Severity, Window};
use crate::quantity::tidied;
use crate::{
    Basis, Count, Dimension, Filter, FilterKey, Filters, Flow, Match, NO_STATUS, Percentile, Point, Quantity,
    Share, Statistic,
};
use brunt_metrics::Nanos;

/// A threshold as it stands under `thresholds` of k6's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold<'t> {
    /// The metric, perhaps with tags: `http_req_duration{name:checkout}`.
    pub selector: &'t str,
    /// The assertion: `p(95)<500`.
    pub assertion: &'t str,
    /// `delayAbortEval` of one with `abortOnFail`; `None` without.
    pub abort_after: Option<Nanos>,
}

/// Why a threshold is no objective.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unconvertible {
    /// It is no assertion of k6's grammar.
    #[error("`{0}` is no threshold of k6")]
    NotAThreshold(String),
    /// brunt measures nothing of the kind.
    #[error("nothing is measured that says what `{0}` says")]
    Metric(String),
    /// The metric has no such method.
    #[error("`{metric}` has no `{method}`")]
    Method {
        /// The metric.
        metric: String,
        /// The method.
        method: String,
    },
    /// Requests cannot be told apart by this.
    #[error("requests cannot be told apart by the tag `{0}`")]
    Tag(String),
}

/// The objective that says what a threshold says.
///
/// # Errors
///
/// Those that no objective can say.
pub fn threshold(threshold: &Threshold<'_>) -> Result<Objective, Unconvertible> {
    let (metric, tags) = selector(threshold.selector)?;
    let (method, comparison, value) = assertion(threshold.assertion)?;
    let (statistic, mut filters, figure) = measured(metric, method, value)?;
    for (tag, value) in tags {
        let filter = filter(metric, tag, value)?;
        if !FilterKey::of(statistic).contains(&filter.key) {
            return Err(Unconvertible::Tag(tag.to_owned()));
        }
        filters.retain(|known: &Filter| known.key != filter.key);
        filters.push(filter);
    }
    Ok(Objective {
        name: None,
        measure: Measure { statistic, filters: Filters(filters) },
        comparison,
        limit: Limit::Absolute(figure),
        window: Window::Run,
        severity: Severity::Fail,
        no_data: NoData::Fails,
        abort: threshold.abort_after.map(|after| Abort { after }),
    })
}

/// A tag and its value.
type Tag<'t> = (&'t str, &'t str);

/// The metric and its tags.
fn selector(text: &str) -> Result<(&str, Vec<Tag<'_>>), Unconvertible> {
    let Some((metric, tags)) = text.split_once('{') else { return Ok((text.trim(), Vec::new())) };
    let tags =
        tags.trim_end().strip_suffix('}').ok_or_else(|| Unconvertible::NotAThreshold(text.to_owned()))?;
    let pair = |pair| match str::split_once(pair, ':') {
        Some((tag, value)) => Ok((bare(tag), bare(value))),
        None => Err(Unconvertible::Tag(pair.trim().to_owned())),
    };
    let pairs: Result<Vec<_>, _> = tags.split(',').filter(|p| !p.trim().is_empty()).map(pair).collect();
    Ok((metric.trim(), pairs?))
}

/// Without white space and quotes around it.
fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

fn assertion(text: &str) -> Result<(&str, Comparison, f64), Unconvertible> {
    let refused = || Unconvertible::NotAThreshold(text.to_owned());
    // The longer sign first, as k6 tries them.
    let signs = [
        ("<=", Comparison::AtMost),
        ("<", Comparison::Below),
        (">=", Comparison::AtLeast),
        (">", Comparison::Above),
        ("===", Comparison::Equal),
        ("==", Comparison::Equal),
        ("!=", Comparison::Unequal),
    ];
    let found = signs.into_iter().find_map(|(sign, comparison)| Some((text.split_once(sign)?, comparison)));
    let ((method, value), comparison) = found.ok_or_else(refused)?;
    let value =
        value.trim().parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0).ok_or_else(refused)?;
    Ok((method.trim(), comparison, value))
}

/// What a metric's method computes, of what, and the figure that it is held against.
fn measured(
    metric: &str,
    method: &str,
    value: f64,
) -> Result<(Statistic, Vec<Filter>, Quantity), Unconvertible> {
    let missing = || Unconvertible::Method { metric: metric.to_owned(), method: method.to_owned() };
    let all = Filter { key: FilterKey::Outcome, matches: Match::Is, values: vec!["all".to_owned()] };
    let trend = |basis| point(method).map(|point| Statistic::Time { basis, point }).ok_or_else(missing);
    let (statistic, filters) = match (metric, method) {
        ("http_req_duration", _) => (trend(Basis::Service)?, vec![all]),
        ("group_duration", _) => (trend(Basis::Response)?, vec![all]),
        ("http_req_failed", "rate") => (Statistic::Share(Share::Errors), Vec::new()),
        ("checks", "rate") => (Statistic::Share(Share::Checks), Vec::new()),
        ("http_reqs", "count") => (Statistic::Count(Count::Requests), Vec::new()),
        ("http_reqs", "rate") => (Statistic::Rate(Flow::Requests), Vec::new()),
        ("iterations", "count") => (Statistic::Count(Count::Iterations), Vec::new()),
        ("iterations", "rate") => (Statistic::Rate(Flow::Iterations), Vec::new()),
        ("dropped_iterations", "count") => (Statistic::Count(Count::Drops), Vec::new()),
        ("http_req_failed" | "checks" | "http_reqs" | "iterations" | "dropped_iterations", _) => {
            return Err(missing());
        }
        (_, _) => return Err(Unconvertible::Metric(metric.to_owned())),
    };
    let figure = match statistic.dimension() {
        // Trends are in milliseconds.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative; saturates"
        )]
        Dimension::Time => Quantity::Time(Nanos((value * 1e6).round() as u64)),
        Dimension::Share => Quantity::Percent(tidied(value * 100.0)),
        Dimension::Rate => Quantity::PerSecond(value),
        Dimension::Count => Quantity::Count(value),
    };
    Ok((statistic, filters, figure))
}

fn point(method: &str) -> Option<Point> {
    match method {
        "avg" => Some(Point::Average),
        "min" => Some(Point::Minimum),
        "max" => Some(Point::Maximum),
        "med" => Percentile::new(50.0).map(Point::Percentile),
        _ => {
            let p = method.strip_prefix("p(")?.strip_suffix(')')?.trim().parse::<f64>().ok()?;
            match p {
                0.0 => Some(Point::Minimum),
                100.0 => Some(Point::Maximum),
                _ => Percentile::new(p).map(Point::Percentile),
            }
        }
    }
}

/// k6's system tags that brunt has too, and tags of the script's own.
fn filter(metric: &str, tag: &str, value: &str) -> Result<Filter, Unconvertible> {
    let refused = || Unconvertible::Tag(tag.to_owned());
    let (key, value) = match (tag, value) {
        ("group", _) if metric == "group_duration" => (FilterKey::Group, value.trim_start_matches("::")),
        ("expected_response", "true") => (FilterKey::Outcome, "ok"),
        ("expected_response", "false") => (FilterKey::Outcome, "error"),
        ("scenario", _) => (FilterKey::Scenario, value),
        ("method", _) => (FilterKey::Method, value),
        ("name" | "url", _) => (FilterKey::Name, value),
        ("check", _) => (FilterKey::Check, value),
        ("status", "0") => (FilterKey::Status, NO_STATUS),
        ("status", _) => (FilterKey::Status, value),
        (
            "group" | "proto" | "subproto" | "tls_version" | "error" | "error_code" | "expected_response",
            _,
        ) => {
            return Err(refused());
        }
        // A tag that the script gives: in a plan, one of the request's words.
        (_, _) => (FilterKey::Tag, value),
    };
    Ok(Filter { key, matches: Match::Is, values: vec![value.to_owned()] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn thresholds_mean_what_they_mean_in_k6() {
        for (selector, assertion, expected) in [
            ("http_req_duration", "p(95)<500", "service p95{outcome=all} < 500ms"),
            ("http_req_duration", "p(99.9) <= 1500.5", "service p99.9{outcome=all} <= 1.5005s"),
            ("http_req_duration", "med<200", "service p50{outcome=all} < 200ms"),
            ("http_req_duration", "p(100)<200", "service max{outcome=all} < 200ms"),
            (
                "http_req_duration{name:checkout}",
                "avg<200",
                "service avg{outcome=all, name=checkout} < 200ms",
            ),
            ("http_req_duration{expected_response:true}", "max<200", "service max{outcome=ok} < 200ms"),
            (
                "http_req_duration{ type:API , status:200 }",
                "min<2",
                "service min{outcome=all, tag=API, status=200} < 2ms",
            ),
            ("group_duration{group:::login}", "avg<2000", "avg{outcome=all, group=login} < 2s"),
            ("http_req_failed", "rate<0.01", "errors < 1%"),
            ("http_req_failed", "rate===0", "errors == 0%"),
            ("http_req_failed{scenario:\"peak\"}", "rate<0.07", "errors{scenario=peak} < 7%"),
            ("checks", "rate>0.99", "checks > 99%"),
            ("checks{check:status is 200}", "rate==1", "checks{check=\"status is 200\"} == 100%"),
            ("http_reqs", "count>=100", "requests >= 100"),
            ("http_reqs", "rate>50", "rate > 50/s"),
            ("iterations", "rate!=0", "iteration_rate != 0/s"),
            ("iterations", "count > 1", "iterations > 1"),
            ("dropped_iterations", "count==0", "drop_count == 0"),
            ("dropped_iterations", "rate<1", "`dropped_iterations` has no `rate`"),
            ("http_req_duration", "count<1", "`http_req_duration` has no `count`"),
            ("http_req_duration", "p95<1", "`http_req_duration` has no `p95`"),
            ("http_req_duration", "p(95)", "`p(95)` is no threshold of k6"),
            ("http_req_duration", "p(95)<-1", "`p(95)<-1` is no threshold of k6"),
            ("my_metric", "avg<1", "nothing is measured that says what `my_metric` says"),
            ("http_req_duration{proto:h2}", "avg<1", "requests cannot be told apart by the tag `proto`"),
            ("http_req_duration{type}", "avg<1", "requests cannot be told apart by the tag `type`"),
            ("iterations{name:x}", "count>1", "requests cannot be told apart by the tag `name`"),
        ] {
            let got = threshold(&Threshold { selector, assertion, abort_after: None });
            let text = got.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            assert_eq!(text, expected, "{selector} {assertion}");
            if let Ok(objective) = got {
                assert_eq!(parse(&text), Ok(objective));
            }
        }
    }

    #[test]
    fn an_abort_keeps_its_delay() {
        let of = |abort_after| {
            threshold(&Threshold { selector: "checks", assertion: "rate>0.9", abort_after })
                .unwrap()
                .to_string()
        };
        assert_eq!(of(Some(Nanos::ZERO)), "checks > 90%, abort");
        assert_eq!(of(Some(Nanos::from_secs(10))), "checks > 90%, abort after 10s");
    }
}
