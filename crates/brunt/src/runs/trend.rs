//! `brunt runs trend`: how response times went from run to run.

use super::filter::{began, filter};
use super::list::state;
use super::table::{Column, Empty, NOTHING, Side, table};
use super::{Refused, meant};
use crate::args::TrendArgs;
use crate::compare::clean;
use crate::console::{Console, unix_ms};
use crate::history;
use crate::plot::{form, limit, write};
use brunt_figure::{Look, Standing, Step, Table, Theme, Unit, Value, trend as figure_of};
use brunt_history::{Covered, Filter, Order, SortBy, Trend, TrendOf, TrendPoint};
use brunt_metrics::Nanos;
use brunt_plan::{MAX_DURATION, parse_duration_cli};
use serde_json::json;
use std::fmt::Write as _;
use std::ops::Range;

/// How much of a commit is shown.
const COMMIT: usize = 8;

pub(super) fn trend(args: &TrendArgs, console: Console) -> Result<(), Refused> {
    let (name, quantile) = quantile(&args.quantile)?;
    let seconds = args.slice.as_deref().map(slice).transpose()?;
    let limits = args.mark.iter().map(|word| limit("--mark", word)).collect::<Result<Vec<_>, _>>()?;
    let drawing = args.output.as_ref().map(|path| form(path).map(|form| (path, form))).transpose()?;
    let places = &args.places;
    let history = history::opened(places)?;
    let mut wanted = filter(&args.filter, &places.runs, unix_ms())?;
    for word in &args.run {
        wanted.ids.push(meant(&history, word)?.full_id());
    }
    let wanted = Filter { limit: args.limit, sort: SortBy::Started, order: Order::Descending, ..wanted };
    let of = TrendOf { quantile, endpoint: args.endpoint.clone(), seconds };
    let trend = history.trend(&wanted, &of)?;
    let what = what(&name, args, &trend);
    if trend.points.is_empty() {
        let open = trend.left_out;
        let text = format!(
            "there are no runs to follow: none that is meant has an end ({open} without one, or damaged)\n  help: `brunt runs` lists all"
        );
        return Err(text.into());
    }
    if let Some(endpoint) = args.endpoint.as_ref().filter(|_| trend.endpoints.is_empty()) {
        let text = format!(
            "no endpoint of these runs has `{endpoint}` in its name\n  help: `brunt show {}` names those of the newest",
            trend.points.last().map_or("last", |point| point.row.id.as_str())
        );
        return Err(text.into());
    }
    if args.json {
        for point in &trend.points {
            console.println(as_json(point, &name));
        }
    } else if args.csv {
        console.print(&as_csv(&trend, &name));
    } else {
        console.print(&clean(&as_text(&trend, &name, &what)));
    }
    if let Some((path, form)) = drawing {
        let figure = figure_of(&what, Unit::Milliseconds, &steps(&trend), &limits);
        let theme = if args.dark { Theme::Dark } else { Theme::Light };
        write(&figure, (path, form), &Look { theme, ..Look::default() })?;
        let said = format!("written   {}", path.display());
        if args.json || args.csv { console.note(said) } else { console.println(said) }
    }
    Ok(())
}

/// A quantile with its name: `p95`, `p99.9`, `max`, `median`, `0.95`.
fn quantile(word: &str) -> Result<(String, f64), String> {
    let wrong = || {
        format!("`--quantile {word}` is none\n  help: write p50, p95, p99.9, min, max, or a share as 0.95")
    };
    let is_plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match word {
        "median" => return Ok(("p50".to_owned(), 0.5)),
        "max" => return Ok(("max".to_owned(), 1.0)),
        "min" => return Ok(("min".to_owned(), 0.0)),
        _ => {}
    }
    if let Some(percent) = word.strip_prefix('p') {
        let (whole, part) = percent.split_once('.').unwrap_or((percent, ""));
        if whole.is_empty() || !is_plain(whole) || !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        // Shifted as text: 99.9 / 100 is no longer the number that 0.999 is.
        let share: f64 = format!("0.{whole:0>2}{part}").parse().map_err(|_| wrong())?;
        return match whole.trim_start_matches('0') {
            "100" if part.trim_matches('0').is_empty() => Ok((word.to_owned(), 1.0)),
            digits if digits.len() <= 2 => Ok((word.to_owned(), share)),
            _ => Err(wrong()),
        };
    }
    let share: f64 = word.parse().ok().filter(|_| is_plain(word)).ok_or_else(wrong)?;
    if (0.0..=1.0).contains(&share) { Ok((format!("quantile {word}"), share)) } else { Err(wrong()) }
}

/// A part of a run: `30s..90s`, `5m..`, `..1m`, in whole seconds since its start.
fn slice(word: &str) -> Result<Range<u64>, String> {
    let wrong = |why: String| {
        format!(
            "`--slice {word}`: {why}\n  help: write from and to in whole seconds since the start of a run, as 30s..90s, 5m.. or ..1m"
        )
    };
    let (from, to) = word.split_once("..").ok_or_else(|| wrong("it has no `..`".into()))?;
    let second = |text: &str, without: Nanos| {
        let text = text.trim();
        let time = if text.is_empty() { Ok(without) } else { parse_duration_cli(text) };
        let time = time.map_err(|e| wrong(format!("`{text}` {e}")))?;
        if time.0 % Nanos::SECOND.0 == 0 {
            Ok(time.0 / Nanos::SECOND.0)
        } else {
            Err(wrong(format!("`{text}` is no number of whole seconds")))
        }
    };
    let range = second(from, Nanos::ZERO)?..second(to, MAX_DURATION)?;
    if range.is_empty() { Err(wrong("it ends before it begins".into())) } else { Ok(range) }
}

/// What is followed, in words.
fn what(quantile: &str, args: &TrendArgs, trend: &Trend) -> String {
    let of = match trend.endpoints.as_slice() {
        [] => String::new(),
        [only] => format!(" of {only}"),
        several => {
            format!(" of {} endpoints with `{}`", several.len(), args.endpoint.as_deref().unwrap_or_default())
        }
    };
    let part = args.slice.as_ref().map(|slice| format!(", {slice}")).unwrap_or_default();
    format!("{quantile}{of}{part}")
}

fn show(value: Option<Nanos>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |v| Unit::Milliseconds.show(v.as_millis_f64()))
}

fn as_text(trend: &Trend, quantile: &str, what: &str) -> String {
    let column = |title, side, empty| Column { title, side, empty };
    let columns = [
        column("started (UTC)", Side::Left, Empty::Shown),
        column("run", Side::Left, Empty::Shown),
        column("verdict", Side::Left, Empty::Shown),
        column("requests", Side::Right, Empty::Shown),
        column(quantile, Side::Right, Empty::Shown),
        column("change", Side::Right, Empty::Shown),
        column("branch", Side::Left, Empty::LeftOut),
        column("commit", Side::Left, Empty::LeftOut),
        column("made of", Side::Left, Empty::LeftOut),
    ];
    let mut before: Option<Nanos> = None;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for point in &trend.points {
        let row = &point.row;
        let change = before.zip(point.value).filter(|(before, _)| *before > Nanos::ZERO);
        let change = change.map(|(before, now)| (now.as_millis_f64() / before.as_millis_f64() - 1.0) * 100.0);
        let commit: Option<String> = row.commit.as_ref().map(|c| c.chars().take(COMMIT).collect());
        rows.push(vec![
            began(row.started_unix_ms),
            row.id.clone(),
            state(row).to_owned(),
            point.requests.to_string(),
            show(point.value),
            change.map_or_else(|| NOTHING.to_owned(), |c| format!("{c:+.1} %")),
            row.branch.clone().unwrap_or_else(|| NOTHING.to_owned()),
            commit.unwrap_or_else(|| NOTHING.to_owned()),
            match &point.covered {
                Covered::Asked => String::new(),
                Covered::Around(seconds) => {
                    format!("{} s to {} s: its record is gone", seconds.start, seconds.end)
                }
            },
        ]);
        before = point.value.or(before);
    }
    let mut out = format!("{what}\n\n{}", table(&columns, &rows));
    let runs = trend.points.len();
    if runs > 1 {
        let _ = writeln!(out, "\n{quantile} of all {runs} runs together: {}", show(trend.together));
    }
    if trend.endpoints.len() > 1 {
        let _ = writeln!(out, "made of: {}", trend.endpoints.join(", "));
    }
    if trend.left_out > 0 {
        let those = if trend.left_out == 1 { "run is" } else { "runs are" };
        let _ = writeln!(out, "{} {those} left out: without an end, or damaged", trend.left_out);
    }
    out
}

pub(crate) fn steps(trend: &Trend) -> Vec<Step> {
    let step = |point: &TrendPoint| Step {
        name: point.row.id.clone(),
        value: point.value.map(Nanos::as_millis_f64),
        standing: Standing::of(point.row.outlook),
    };
    trend.points.iter().map(step).collect()
}

/// The seconds that a value is made of, where they are not those that were asked for.
fn around(covered: &Covered) -> Option<[u64; 2]> {
    match covered {
        Covered::Asked => None,
        Covered::Around(seconds) => Some([seconds.start, seconds.end]),
    }
}

fn as_json(point: &TrendPoint, quantile: &str) -> serde_json::Value {
    let row = &point.row;
    json!({
        "id": row.id, "started_unix_ms": row.started_unix_ms, "state": state(row), "quantile": quantile,
        "value_ms": point.value.map(Nanos::as_millis_f64), "requests": point.requests, "errors": point.errors,
        "made_of_s": around(&point.covered), "branch": row.branch, "commit": row.commit, "labels": row.labels,
    })
}

fn as_csv(trend: &Trend, quantile: &str) -> String {
    let value_column = format!("{quantile}_ms");
    let columns =
        ["run", "started_unix_ms", "verdict", "requests", "errors", &value_column, "branch", "commit"];
    let number = |value: f64| Value::Number(value, Unit::None);
    let name = |text: &Option<String>| text.clone().map_or(Value::Nothing, Value::Name);
    let row = |point: &TrendPoint| {
        vec![
            Value::Name(point.row.id.clone()),
            number(point.row.started_unix_ms as f64),
            Value::Name(state(&point.row).to_owned()),
            number(point.requests as f64),
            number(point.errors as f64),
            point.value.map_or(Value::Nothing, |v| number(v.as_millis_f64())),
            name(&point.row.branch),
            name(&point.row.commit),
        ]
    };
    Table { columns: columns.map(str::to_owned).to_vec(), rows: trend.points.iter().map(row).collect() }.csv()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        for (word, expected) in [
            ("p95", Some(0.95)),
            ("p99.9", Some(0.999)),
            ("p5", Some(0.05)),
            ("p0", Some(0.0)),
            ("p100", Some(1.0)),
            ("p99.99", Some(0.9999)),
            ("median", Some(0.5)),
            ("min", Some(0.0)),
            ("max", Some(1.0)),
            ("0.95", Some(0.95)),
            ("1", Some(1.0)),
            ("p101", None),
            ("p", None),
            ("p9.9.9", None),
            ("p-5", None),
            ("95", None),
            ("1e-1", None),
            ("fast", None),
        ] {
            assert_eq!(quantile(word).ok().map(|(_, q)| q), expected, "{word}");
        }
    }

    #[test]
    fn slices() {
        let most = MAX_DURATION.0 / Nanos::SECOND.0;
        for (word, expected) in [
            ("30s..90s", Some(30..90)),
            ("30..90", Some(30..90)),
            ("5m..", Some(300..most)),
            ("..1m", Some(0..60)),
            ("..", Some(0..most)),
            ("1m30s..2m", Some(90..120)),
            ("30s", None),
            ("90s..30s", None),
            ("500ms..2s", None),
            ("a..b", None),
        ] {
            assert_eq!(slice(word).ok(), expected, "{word}");
        }
    }
}
