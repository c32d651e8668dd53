//! Expectations: what a run is expected to show, in one line each.
//!
//! ```text
//! expectation = statistic compare limit
//! statistic   = "avg" | "med" | "min" | "max" | "p" number | "errors" | "rate" | "checks" | "drops" | "lag" | "recovery"
//! compare     = "<" | "<=" | ">" | ">=" | "~"
//! limit       = duration (avg, med, min, max, pN, lag, recovery) | share (errors, checks, drops) | rate (rate)
//! ```
//!
//! Here they are read and kept with the run. Nobody judges by them yet.

use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::Node;
use crate::units::{parse_duration, parse_rate};

const STATISTICS: [&str; 12] =
    ["avg", "med", "min", "max", "p50", "p95", "p99", "errors", "rate", "checks", "drops", "lag"];

/// The most expectations of a plan: a page of them.
const MAX_EXPECTATIONS: usize = 100;

/// A list of expectations, each in its standard form.
pub(crate) fn expectations(cx: &Cx<'_>, node: &Node) -> Vec<String> {
    let texts = cx.texts(node, "an expectation");
    if let Some((_, extra)) = texts.get(MAX_EXPECTATIONS) {
        cx.report(Diagnostic::error(&extra.span, format!("{MAX_EXPECTATIONS} expectations are the most")));
    }
    texts.into_iter().filter_map(|(text, node)| expectation(cx, text, node)).collect()
}

fn expectation(cx: &Cx<'_>, text: &str, node: &Node) -> Option<String> {
    const HELP: &str = "write e.g. `p95 < 200ms`, `errors < 1%` or `rate ~ 10/s`";
    let Some(at) = text.find(['<', '>', '~']) else {
        let d = Diagnostic::error(&node.span, "this is not an expectation").label("nothing is compared");
        cx.report(d.help(HELP));
        return None;
    };
    let statistic = text[..at].trim();
    let wide = usize::from(text[at + 1..].starts_with('='));
    let (compare, limit) = (&text[at..=at + wide], text[at + wide + 1..].trim());
    let percentile = statistic.strip_prefix('p').and_then(|n| n.parse::<f64>().ok());
    let holds = match statistic {
        "avg" | "med" | "min" | "max" | "lag" | "recovery" => parse_duration(limit).is_ok(),
        _ if percentile.is_some_and(|p| (0.0..=100.0).contains(&p)) => parse_duration(limit).is_ok(),
        "errors" | "checks" | "drops" => share(limit).is_some(),
        "rate" => parse_rate(limit).is_ok(),
        _ => {
            let span = cx.within(node, 0..statistic.len());
            let d = Cx::unknown("statistic", statistic, &span, STATISTICS.iter().copied());
            cx.report(d.label("nothing is measured under this name"));
            return None;
        }
    };
    if !holds {
        let span = cx.within(node, text.len() - limit.len()..text.len());
        let what = match statistic {
            "errors" | "checks" | "drops" => "a share, as `1%`",
            "rate" => "a rate, as `10/s`",
            _ => "a time, as `200ms`",
        };
        let d = Diagnostic::error(&span, format!("`{limit}` is no limit for `{statistic}`"));
        cx.report(d.label(format!("expected {what}")).help(HELP));
        return None;
    }
    Some(format!("{statistic} {compare} {limit}"))
}

/// `1%`, `0.5 %` or `0.01` as a share from 0 to 1.
pub(crate) fn share(text: &str) -> Option<f64> {
    let (number, scale) = match text.strip_suffix('%') {
        Some(number) => (number.trim(), 100.0),
        None => (text, 1.0),
    };
    let share = number.parse::<f64>().ok()? / scale;
    (0.0..=1.0).contains(&share).then_some(share)
}
