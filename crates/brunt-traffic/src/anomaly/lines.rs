//! Anomalies as lines for people.

use super::event::{Anomaly, AnomalyKind, Scope};
use std::fmt::Write as _;

/// Anomalies that are shown, those of the greatest scores; `--json` has more.
const SHOWN: usize = 20;

/// Beyond this many times as many, how many times does not matter.
const MANY_TIMES: f64 = 100.0;

/// The section of `brunt logs`; `moment` writes a moment (seconds since 1970 UTC) in the log's time.
pub(crate) fn lines(anomalies: &[Anomaly], moment: impl Fn(i64) -> String) -> String {
    if anomalies.is_empty() {
        return "anomalies: none\n".to_owned();
    }
    let mut shown: Vec<&Anomaly> = anomalies.iter().collect();
    shown.sort_by(|a, b| b.score.total_cmp(&a.score));
    shown.truncate(SHOWN);
    shown.sort_by_key(|a| (a.from_unix_s, a.kind, a.scope));
    let mut out = format!("anomalies ({})\n", counted(anomalies));
    for anomaly in &shown {
        let _ = writeln!(out, "  {}", line(anomaly, &moment));
    }
    if shown.len() < anomalies.len() {
        let _ = writeln!(out, "  and {} less clear ones: --json has them", anomalies.len() - shown.len());
    }
    out
}

fn counted(anomalies: &[Anomaly]) -> String {
    let counts =
        AnomalyKind::ALL.map(|kind| (anomalies.iter().filter(|a| a.kind == kind).count(), kind.name()));
    counts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| plural(n as u64, name))
        .collect::<Vec<_>>()
        .join(", ")
}

fn line(anomaly: &Anomaly, moment: &impl Fn(i64) -> String) -> String {
    let (from, to) = (moment(anomaly.from_unix_s), moment(anomaly.to_unix_s));
    // The day once, where it is the same: a moment ends in a clock of eight characters.
    let day = |text: &str| text.len().checked_sub(8).and_then(|at| text.get(..at)).map(str::to_owned);
    let to = if day(&from) == day(&to) { to[to.len() - 8..].to_owned() } else { to };
    let kind = anomaly.kind.name();
    let expected = anomaly.expected;
    let expected = if expected < 10.0 { format!("{expected:.1}") } else { format!("{expected:.0}") };
    let peak = match anomaly.peak {
        peak if peak > MANY_TIMES => format!("x over {MANY_TIMES:.0}"),
        peak if peak >= 10.0 => format!("x {peak:.0}"),
        peak => format!("x {peak:.1}"),
    };
    let rest = anomaly.endpoint_count.saturating_sub(1);
    let first = anomaly.endpoints.first().map(String::as_str).unwrap_or_default();
    let names = if rest > 0 { format!("{first} and {rest} more") } else { first.to_owned() };
    let scope = match anomaly.scope {
        Scope::All => "all requests",
        Scope::People => "of people",
        Scope::Failed => "failed ones",
        Scope::Endpoints => "",
    };
    let of = [scope, &names].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    format!(
        "{from} to {to}  {kind:<6}  {} for {expected} ({peak}), {}, {}{of}",
        anomaly.requests,
        plural(anomaly.clients, "client"),
        answers(anomaly),
    )
}

/// The most frequent status, where an answer is known.
fn answers(anomaly: &Anomaly) -> String {
    let most = anomaly.statuses.iter().filter(|(status, _)| **status > 0).max_by_key(|(_, n)| **n);
    most.map_or_else(String::new, |(status, n)| {
        format!("{status} {:.0}%, ", 100.0 * *n as f64 / anomaly.requests.max(1) as f64)
    })
}

fn plural(n: u64, name: &str) -> String {
    format!("{n} {name}{}", if n == 1 { "" } else { "s" })
}
