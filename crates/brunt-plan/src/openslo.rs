//! OpenSLO documents (version 1) as objectives: <https://github.com/OpenSLO/OpenSLO>.
//!
//! ```yaml
//! apiVersion: openslo/v1
//! kind: SLO
//! metadata: {name: checkout-latency}
//! spec:
//!   indicator:
//!     spec: {thresholdMetric: {metricSource: {type: loadtest, spec: {metric: latency, action: checkout}}}}
//!   objectives: [{op: lte, value: 250, target: 0.95}]        # p95{action=checkout} <= 250ms
//! ```
//!
//! | Indicator | Objective |
//! |---|---|
//! | `thresholdMetric`, `metric: latency` (or `service_time`), `target: t`, `value: v` | `p(100 t) op v ms`: that a share t of requests takes at most v is what the percentile says |
//! | the same with `quantile: q` or `statistic: avg` | that statistic `op v ms`; `target` is about slices of time, which a run has not |
//! | `thresholdMetric`, `metric: errors`, `rate`, or any statistic of brunt | `errors op v %`, `rate op v/s` |
//! | `ratioMetric`, `bad: errors` or `good: success`, `target: t` | `errors <= 100 (1 - t) %` |
//! | `ratioMetric`, `good: checks`, `target: t` | `checks >= 100 t %` |
//! | `ratioMetric`, `good: latency` with `threshold_ms: v`, `target: t` | `p(100 t) <= v ms` |
//!
//! Sources of another type than `loadtest` measure the world and not the run: they are refused. `timeWindow` and alerts
//! are about months, and are left to those who watch them.

use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::objective::diagnostic;
use crate::read::read;
use crate::tree::{Node, Value};
use crate::{Format, Source};
use brunt_objective::{Filter, FilterKey, Match, Objective, parse};

/// Kinds of documents that say nothing of a run.
const BESIDE: [&str; 5] =
    ["Service", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"];

/// Keys of a source's `spec` that are filters.
const FILTERS: [FilterKey; 9] = [
    FilterKey::Scenario,
    FilterKey::Action,
    FilterKey::Method,
    FilterKey::Name,
    FilterKey::Endpoint,
    FilterKey::Tag,
    FilterKey::Group,
    FilterKey::Check,
    FilterKey::Status,
];

/// Whether a text holds OpenSLO documents.
pub(crate) fn looks_like(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches(['{', ' ', '"', ',']);
        line.starts_with("apiVersion") && line.contains("openslo/")
    })
}

/// The objectives of all documents of a file.
pub(crate) fn objectives(cx: &Cx<'_>, source: &Source) -> Vec<Objective> {
    let mut documents = Vec::new();
    for text in split(source) {
        match read(&Source { text, ..source.clone() }) {
            Ok(root) => documents.push(root),
            Err(problems) => problems.into_iter().for_each(|d| cx.report(d)),
        }
    }
    let reader = Reader { cx, documents: &documents };
    documents.iter().flat_map(|root| reader.document(root)).collect()
}

/// Each document of a stream, with all others blanked out, so that places stay true.
fn split(source: &Source) -> Vec<String> {
    if source.format != Format::Yaml {
        return vec![source.text.clone()];
    }
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in source.text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push((from, at));
            from = at + line.len();
        }
        at += line.len();
    }
    parts.push((from, at));
    let blank = |text: &str| text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect::<String>();
    let says = |text: &str| text.lines().any(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
    let whole = parts.into_iter().filter(|(from, to)| says(&source.text[*from..*to]));
    whole.map(|(from, to)| format!("{}{}", blank(&source.text[..from]), &source.text[from..to])).collect()
}

struct Reader<'a, 'c> {
    cx: &'a Cx<'c>,
    documents: &'a [Node],
}

/// What an indicator measures.
enum Indicator<'n> {
    /// A figure that is held against an objective's value.
    Threshold(&'n Node),
    /// A share of good or bad ones.
    Ratio { good: Option<&'n Node>, bad: Option<&'n Node> },
}

impl<'n> Reader<'n, '_> {
    fn refuse<T>(&self, node: &Node, message: impl Into<String>, help: &str) -> Option<T> {
        let d = Diagnostic::error(&node.span, message);
        self.cx.report(if help.is_empty() { d } else { d.help(help) });
        None
    }

    fn document(&self, root: &'n Node) -> Vec<Objective> {
        let text = |key: &str| root.entry(key).and_then(|e| e.value.as_str());
        if !text("apiVersion").is_some_and(|v| v.starts_with("openslo/v1")) {
            let at = root.entry("apiVersion").map_or(root, |e| &e.value);
            self.refuse::<()>(at, "only version 1 of OpenSLO is read", "write `apiVersion: openslo/v1`");
            return Vec::new();
        }
        match text("kind") {
            Some("SLO") => self.slo(root).unwrap_or_default(),
            // Read where an SLO names it.
            Some("SLI") => Vec::new(),
            Some(kind) if BESIDE.contains(&kind) => Vec::new(),
            Some(_) | None => {
                let at = root.entry("kind").map_or(root, |e| &e.value);
                self.refuse::<()>(at, "this kind of document is not known", "brunt reads `SLO` and `SLI`");
                Vec::new()
            }
        }
    }

    fn slo(&self, root: &'n Node) -> Option<Vec<Objective>> {
        let name = name_of(root);
        let Some(spec) = root.entry("spec").map(|e| &e.value) else {
            return self.refuse(root, "an SLO without a `spec`", "");
        };
        let shared = self.indicator(spec)?;
        let Some(list) = spec.entry("objectives").map(|e| &e.value) else {
            return self.refuse(
                spec,
                "an SLO without `objectives`",
                "write e.g. `objectives: [{op: lte, value: 250, target: 0.95}]`",
            );
        };
        let mut out = Vec::new();
        for item in list.one_or_many() {
            let own = if item.entry("indicator").is_some() || item.entry("indicatorRef").is_some() {
                self.indicator(item)?
            } else {
                None
            };
            let Some(indicator) = own.as_ref().or(shared.as_ref()) else {
                return self.refuse(
                    item,
                    "no indicator says what is measured",
                    "add `indicator` or `indicatorRef`",
                );
            };
            let Some(mut objective) = self.objective(indicator, item) else { continue };
            let label = item.entry("displayName").and_then(|e| e.value.as_str());
            objective.name = match (&name, label) {
                (Some(name), Some(label)) => Some(format!("{name}: {label}")),
                (Some(one), None) => Some(one.clone()),
                (None, label) => label.map(str::to_owned),
            };
            out.push(objective);
        }
        Some(out)
    }

    /// The indicator of an SLO or of one of its objectives; `Some(None)` if it names none.
    #[expect(clippy::option_option, reason = "`None` is a problem that was reported")]
    fn indicator(&self, of: &'n Node) -> Option<Option<Indicator<'n>>> {
        let spec = if let Some(inline) = of.entry("indicator") {
            inline.value.entry("spec")
        } else if let Some(named) = of.entry("indicatorRef") {
            let wanted = named.value.as_str().unwrap_or_default();
            let is = |d: &&Node| {
                let kind = d.entry("kind").and_then(|e| e.value.as_str());
                let name =
                    d.entry("metadata").and_then(|m| m.value.entry("name")).and_then(|e| e.value.as_str());
                kind == Some("SLI") && name == Some(wanted)
            };
            let Some(found) = self.documents.iter().find(is) else {
                let known = self
                    .documents
                    .iter()
                    .filter(|d| d.entry("kind").and_then(|e| e.value.as_str()) == Some("SLI"));
                let names = known.filter_map(|d| d.entry("metadata")?.value.entry("name")?.value.as_str());
                self.cx.report(Cx::unknown("indicator", wanted, &named.value.span, names));
                return None;
            };
            found.entry("spec")
        } else {
            return Some(None);
        };
        let Some(spec) = spec.map(|e| &e.value) else {
            return self.refuse(of, "the indicator has no `spec`", "");
        };
        if let Some(threshold) = spec.entry("thresholdMetric") {
            return self.source(&threshold.value).map(|s| Some(Indicator::Threshold(s)));
        }
        if let Some(ratio) = spec.entry("ratioMetric") {
            let side = |key: &str| match ratio.value.entry(key) {
                Some(metric) => self.source(&metric.value).map(Some),
                None => Some(None),
            };
            let (good, bad) = (side("good")?, side("bad")?);
            return Some(Some(Indicator::Ratio { good, bad }));
        }
        self.refuse(spec, "the indicator is neither a `thresholdMetric` nor a `ratioMetric`", "")
    }

    /// The `spec` of a metric's source, if it is about load tests.
    fn source(&self, metric: &'n Node) -> Option<&'n Node> {
        let Some(source) = metric.entry("metricSource").map(|e| &e.value) else {
            return self.refuse(metric, "the metric has no `metricSource`", "");
        };
        let kind = source.entry("type").and_then(|e| e.value.as_str());
        if kind != Some("loadtest") {
            let at = source.entry("type").map_or(source, |e| &e.value);
            let message = format!("a run has no metrics of type `{}`", kind.unwrap_or("(none)"));
            return self.refuse(at, message, "write `type: loadtest` with e.g. `spec: {metric: latency}`");
        }
        match source.entry("spec") {
            Some(spec) => Some(&spec.value),
            None => self.refuse(
                source,
                "the source does not say what is measured",
                "write e.g. `spec: {metric: latency}`",
            ),
        }
    }

    fn objective(&self, indicator: &Indicator<'n>, item: &'n Node) -> Option<Objective> {
        match indicator {
            Indicator::Threshold(spec) => self.threshold(spec, item),
            Indicator::Ratio { good, bad } => self.ratio(*good, *bad, item),
        }
    }

    fn threshold(&self, spec: &'n Node, item: &'n Node) -> Option<Objective> {
        let Some(value) = item.entry("value").and_then(|e| number(&e.value)) else {
            return self.refuse(
                item,
                "the objective has no `value`",
                "write e.g. `{op: lte, value: 250, target: 0.95}`",
            );
        };
        let operator = item.entry("op").map(|e| (e.value.as_str().unwrap_or_default(), &e.value));
        let sign = match operator {
            Some(("lt", _)) => "<",
            Some(("lte", _)) => "<=",
            Some(("gt", _)) => ">",
            Some(("gte", _)) => ">=",
            Some((word, at)) => {
                let known = ["lt", "lte", "gt", "gte"];
                self.cx.report(Cx::unknown("operator", word, &at.span, known));
                return None;
            }
            None => return self.refuse(item, "the objective has no `op`", "write one of lt, lte, gt, gte"),
        };
        let metric = self.metric(spec)?;
        let times = ["latency", "service_time"].contains(&metric);
        let statistic = if times {
            let point =
                match (spec.entry("quantile").and_then(|e| number(&e.value)), text_at(spec, "statistic")) {
                    (Some(quantile), _) => format!("p{}", percent(quantile)),
                    (None, Some(statistic)) => statistic.to_owned(),
                    (None, None) => self.point(item)?,
                };
            if metric == "latency" { point } else { format!("service {point}") }
        } else {
            metric.to_owned()
        };
        let unit = match statistic.split(' ').next_back().unwrap_or_default() {
            "errors" | "checks" | "drops" | "share" | "balance" => "%",
            "rate" | "iteration_rate" => "/s",
            "requests" | "error_count" | "iterations" | "drop_count" | "count" => "",
            "recovery" => "s",
            _ => {
                if text_at(spec, "unit") == Some("s") {
                    "s"
                } else {
                    "ms"
                }
            }
        };
        self.read(&format!("{statistic} {sign} {value}{unit}"), spec)
    }

    /// The percentile of a target: that a share of all is within the value.
    fn point(&self, item: &'n Node) -> Option<String> {
        let target = self.target(item)?;
        Some(if target >= 1.0 { "max".to_owned() } else { format!("p{}", percent(target)) })
    }

    fn target(&self, item: &'n Node) -> Option<f64> {
        let share = item.entry("target").and_then(|e| number(&e.value));
        let share =
            share.or_else(|| item.entry("targetPercent").and_then(|e| number(&e.value)).map(|p| p / 100.0));
        match share {
            Some(share) if share > 0.0 && share <= 1.0 => Some(share),
            Some(_) | None => self.refuse(
                item.entry("target").map_or(item, |e| &e.value),
                "the objective has no target above 0 and up to 1",
                "write e.g. `target: 0.95`, or `targetPercent: 95`",
            ),
        }
    }

    fn ratio(&self, good: Option<&'n Node>, bad: Option<&'n Node>, item: &'n Node) -> Option<Objective> {
        let target = self.target(item)?;
        let (spec, metric) = match (good, bad) {
            (Some(good), _) => (good, self.metric(good)?),
            (None, Some(bad)) => (bad, self.metric(bad)?),
            (None, None) => return self.refuse(item, "the ratio counts neither good nor bad ones", ""),
        };
        let may_fail = percent(1.0 - target);
        let text = match (good.is_some(), metric) {
            (true, "success" | "requests") | (false, "errors") => format!("errors <= {may_fail}%"),
            (true, "checks") => format!("checks >= {}%", percent(target)),
            (true, "latency" | "service_time") => {
                let Some(ms) = spec.entry("threshold_ms").and_then(|e| number(&e.value)) else {
                    return self.refuse(spec, "good latencies need a bound", "add e.g. `threshold_ms: 250`");
                };
                let basis = if metric == "latency" { "" } else { "service " };
                format!("{basis}{} <= {ms}ms", self.point(item)?)
            }
            (side, _) => {
                let known: &[&str] =
                    if side { &["success", "latency", "service_time", "checks"] } else { &["errors"] };
                let at = spec.entry("metric").map_or(spec, |e| &e.value);
                self.cx.report(Cx::unknown("metric of a ratio", metric, &at.span, known.iter().copied()));
                return None;
            }
        };
        self.read(&text, spec)
    }

    fn metric(&self, spec: &'n Node) -> Option<&'n str> {
        match text_at(spec, "metric") {
            Some(metric) => Some(metric),
            None => {
                self.refuse(spec, "the source does not say which `metric`", "write e.g. `metric: latency`")
            }
        }
    }

    /// Reads what was put together, and adds the filters of the source.
    fn read(&self, text: &str, spec: &'n Node) -> Option<Objective> {
        let known = ["metric", "quantile", "statistic", "unit", "threshold_ms"];
        let words = FILTERS.map(FilterKey::word);
        for key in spec.keys() {
            if !known.contains(&key) && !words.contains(&key) {
                let at = spec.entry(key).map_or_else(|| spec.span.clone(), |e| e.key_span.clone());
                self.cx.report(Cx::unknown(
                    "key of a load test's source",
                    key,
                    &at,
                    known.into_iter().chain(words),
                ));
            }
        }
        let at = spec.entry("metric").map_or(spec, |e| &e.value);
        let mut objective = match parse(text) {
            Ok(objective) => objective,
            Err(problems) => {
                for p in problems {
                    self.cx.report(diagnostic(p, |_| at.span.clone()));
                }
                return None;
            }
        };
        for key in FILTERS {
            let Some(entry) = spec.entry(key.word()) else { continue };
            let Some(value) = self.cx.text_of(&entry.value, "text") else { continue };
            objective.measure.filters.0.push(Filter {
                key,
                matches: Match::Is,
                values: vec![value.to_owned()],
            });
        }
        // What the filters may be is said by the grammar.
        match parse(&objective.to_string()) {
            Ok(objective) => Some(objective),
            Err(problems) => {
                for p in problems {
                    self.cx.report(diagnostic(p, |_| spec.span.clone()));
                }
                None
            }
        }
    }
}

fn name_of(root: &Node) -> Option<String> {
    let metadata = &root.entry("metadata")?.value;
    ["displayName", "name"].iter().find_map(|key| text_at(metadata, key)).map(str::to_owned)
}

fn text_at<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.entry(key).and_then(|e| e.value.as_str())
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        Value::Str(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Seq(_) | Value::Map(_) => None,
    }
}

/// A share in percent, without the dust of binary fractions.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}
