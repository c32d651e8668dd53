//! `locust.conf` and Locust's flags: which load, on which host, with which files written.
//!
//! ```text
//! # key = value; keys are the long flags without their dashes
//! host = http://localhost:8080
//! users = 50
//! spawn-rate = 5
//! run-time = 5m
//! tags = [read, write]
//! ```
//!
//! The keys are those of Locust's `argument_parser.py`. A plan of the settings alone sends `GET /`; one named by
//! `locustfile` is the binary's to load.

use super::build::Map;
use crate::Source;
use crate::decode::Cx;
use crate::diagnostic::{Diagnostic, Report};
use crate::tree::{Node, Span};
use crate::units::UnitProblem;
use brunt_metrics::Nanos;

/// Settings that have a meaning here.
const TAKEN: [&str; 15] = [
    "locustfile",
    "host",
    "users",
    "spawn-rate",
    "run-time",
    "tags",
    "exclude-tags",
    "csv",
    "csv-full-history",
    "html",
    "logfile",
    "stop-timeout",
    "user-classes",
    "headless",
    "json-file",
];

/// Settings of Locust that have none.
const KNOWN: [&str; 40] = [
    "config",
    "config-users",
    "web-host",
    "web-port",
    "web-base-path",
    "autostart",
    "autoquit",
    "web-login",
    "tls-cert",
    "tls-key",
    "class-picker",
    "master",
    "master-bind-host",
    "master-bind-port",
    "expect-workers",
    "expect-workers-max-wait",
    "enable-rebalancing",
    "worker",
    "processes",
    "master-host",
    "master-port",
    "print-stats",
    "only-summary",
    "reset-stats",
    "json",
    "skip-log-setup",
    "skip-log",
    "loglevel",
    "show-task-ratio",
    "show-task-ratio-json",
    "exit-code-on-error",
    "equal-weights",
    "profile",
    "otel",
    "list",
    "shape-class",
    "heartbeat",
    "iterations",
    "step-load",
    "step-users",
];

/// What `locust.conf` or the command line says. Text is kept as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocustSettings {
    /// The file that says what users do.
    pub locustfile: Option<String>,
    /// The base URL.
    pub host: Option<String>,
    /// Users at once.
    pub users: Option<u64>,
    /// Users started a second.
    pub spawn_rate: Option<String>,
    /// How long: seconds, or `1h30m`.
    pub run_time: Option<String>,
    /// Only actions with one of these.
    pub tags: Vec<String>,
    /// No actions with one of these.
    pub exclude_tags: Vec<String>,
    /// The prefix of CSV files.
    pub csv: Option<String>,
    /// Rows for every name in the history.
    pub csv_full_history: bool,
    /// Where the HTML report goes.
    pub html: Option<String>,
    /// How long users may go on at the end, in seconds or as a duration.
    pub stop_timeout: Option<String>,
    /// The user classes that take part.
    pub user_classes: Vec<String>,
    /// Where the log goes.
    pub logfile: Option<String>,
}

/// A setting with its places.
struct Setting<'t> {
    key: &'t str,
    key_span: Span,
    value: &'t str,
    span: Span,
}

pub(super) fn looks_like(text: &str) -> bool {
    let mut settings = 0;
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with(['#', ';', '['])) {
        let Some((key, _)) = line.split_once('=') else { return false };
        let key = key.trim();
        if !TAKEN.contains(&key) && !KNOWN.contains(&key) {
            return false;
        }
        settings += 1;
    }
    settings > 0
}

/// The settings of a `locust.conf`, and what in it has no meaning here.
pub fn locust_settings(source: &Source) -> Result<(LocustSettings, Report), Report> {
    let mut problems = Vec::new();
    let settings = read_settings(source, &mut problems);
    let report = Report::of(source, problems);
    if report.has_errors() { Err(report) } else { Ok((settings, report)) }
}

fn read_settings(source: &Source, problems: &mut Vec<Diagnostic>) -> LocustSettings {
    let mut out = LocustSettings::default();
    for setting in lines(&source.text, problems) {
        apply(&setting, &mut out, problems);
    }
    out
}

fn lines<'t>(text: &'t str, problems: &mut Vec<Diagnostic>) -> Vec<Setting<'t>> {
    let mut out = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';', '[']) {
            continue;
        }
        let begin = start + (line.len() - line.trim_start().len());
        let Some((key, value)) = trimmed.split_once('=') else {
            // A bare flag is true, as in Locust.
            let span = begin..begin + trimmed.len();
            out.push(Setting { key: trimmed, key_span: span.clone(), value: "true", span });
            continue;
        };
        let (key, value_raw) = (key.trim(), value);
        let value = value_raw.trim();
        let value_at = begin + trimmed.len() - value_raw.trim_start().len();
        out.push(Setting {
            key,
            key_span: begin..begin + key.len(),
            value,
            span: value_at..value_at + value.len(),
        });
    }
    if out.is_empty() {
        problems.push(Diagnostic::error(&(0..0), "no setting is in it").help("write e.g. `users = 10`"));
    }
    out
}

fn apply(setting: &Setting<'_>, out: &mut LocustSettings, problems: &mut Vec<Diagnostic>) {
    let key = setting.key.trim_start_matches('-').replace('_', "-");
    let text = || unquoted(setting.value).to_owned();
    let yes = || !matches!(setting.value.to_ascii_lowercase().as_str(), "false" | "no" | "0" | "off");
    match key.as_str() {
        "locustfile" => out.locustfile = Some(text()),
        "host" => out.host = Some(text()),
        "users" => match setting.value.replace('_', "").parse::<u64>() {
            Ok(users) if users > 0 => out.users = Some(users),
            Ok(_) | Err(_) => {
                let message = format!("`{}` is no number of users", setting.value);
                problems.push(Diagnostic::error(&setting.span, message).help("write e.g. `users = 10`"));
            }
        },
        "spawn-rate" => match setting.value.parse::<f64>() {
            Ok(rate) if rate > 0.0 => out.spawn_rate = Some(text()),
            Ok(_) | Err(_) => {
                let message = format!("`{}` is no number of users a second", setting.value);
                problems.push(Diagnostic::error(&setting.span, message).help("write e.g. `spawn-rate = 2`"));
            }
        },
        "run-time" => {
            out.run_time = Some(text());
            if locust_time(setting.value).is_err() {
                let d = Diagnostic::error(&setting.span, format!("`{}` is no run time", setting.value));
                problems.push(d.help("write seconds, or e.g. `run-time = 1h30m`"));
            }
        }
        "tags" => out.tags = list(setting.value),
        "exclude-tags" => out.exclude_tags = list(setting.value),
        "user-classes" => out.user_classes = list(setting.value),
        "csv" => out.csv = Some(text()),
        "csv-full-history" => out.csv_full_history = yes(),
        "html" => out.html = Some(text()),
        "logfile" => out.logfile = Some(text()),
        "stop-timeout" => out.stop_timeout = Some(text()),
        "headless" => {}
        key if TAKEN.contains(&key) || KNOWN.contains(&key) => {
            let d = Diagnostic::warning(&setting.key_span, format!("`{key}` has no meaning here"));
            problems.push(d.label("left out"));
        }
        key => {
            let known = TAKEN.iter().chain(KNOWN.iter()).copied();
            problems.push(Cx::unknown("setting of Locust", key, &setting.key_span, known));
        }
    }
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

/// `[a, b]`, `a, b` or `a b`.
fn list(text: &str) -> Vec<String> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    inner
        .split([',', ' '])
        .map(|item| unquoted(item.trim()).to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// Locust's run time: `^\d+$` seconds, or hours, minutes and seconds in this order (`util/timespan.py`).
pub(super) fn locust_time(text: &str) -> Result<Nanos, UnitProblem> {
    let mut rest = text;
    if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) {
        return crate::units::parse_duration_cli(rest);
    }
    let mut total = Nanos::ZERO;
    for unit in ['h', 'm', 's'] {
        if let Some((number, after)) = rest.split_once(unit)
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
        {
            total = total + crate::units::parse_duration(&format!("{number}{unit}"))?;
            rest = after;
        }
    }
    if rest.is_empty() && !text.is_empty() { Ok(total) } else { Err(UnitProblem::NoUnit) }
}

pub(super) fn plan(source: &Source, problems: &mut Vec<Diagnostic>) -> Node {
    let settings = read_settings(source, problems);
    let whole = 0..0;
    if let Some(file) = &settings.locustfile {
        let span = source.text.find(file.as_str()).map_or(whole.clone(), |at| at..at + file.len());
        let message = format!("what users do stands in `{file}`");
        let d = Diagnostic::warning(&span, message).label("here they send `GET /`");
        problems.push(d.help("write their actions into the plan"));
    }
    let mut plan = Map::at(whole.clone());
    plan.put("name", "locust");
    plan.put_some("target", settings.host.as_deref());
    let mut step = Map::at(whole.clone());
    step.put("get", "/");
    let mut actions = Map::at(whole.clone());
    actions.put("default", vec![step]);
    plan.put("actions", actions);
    let mut scenario = Map::at(whole.clone());
    scenario.put("users", settings.users.unwrap_or(1));
    // Locust starts one user a second unless it is told otherwise.
    scenario.put("spawn_rate", format!("{}/s", settings.spawn_rate.as_deref().unwrap_or("1")));
    match settings.run_time.as_deref().map(locust_time) {
        Some(Ok(time)) => _ = scenario.put("duration", crate::units::duration_text(time)),
        // Said where it stands; that nothing ends the run would be said only because of it.
        Some(Err(_)) => _ = scenario.put("duration", "10m"),
        None => {
            let d = Diagnostic::warning(&whole, "the file has no `run-time`")
                .label("Locust would run until it is stopped");
            problems.push(d.help("it runs for 10 minutes here; say otherwise by `-t 5m`"));
            scenario.put("duration", "10m");
        }
    }
    if let Some(grace) = &settings.stop_timeout {
        scenario.put("graceful_stop", crate::units::with_unit(grace, "s"));
    }
    let mut scenarios = Map::at(whole);
    scenarios.put("load", scenario);
    plan.put("scenarios", scenarios);
    plan.node()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_times_are_read_as_locust_reads_them() {
        for (text, seconds) in [
            ("20", Some(20)),
            ("20s", Some(20)),
            ("3m", Some(180)),
            ("1h30m10s", Some(5_410)),
            ("2h20m", Some(8_400)),
            ("", None),
            ("1m2h", None),
            ("x", None),
        ] {
            assert_eq!(locust_time(text).ok(), seconds.map(Nanos::from_secs), "{text}");
        }
    }
}
