//! `brunt runs`: the list.

use super::filter::{began, filter};
use super::table::{Column, Empty, NOTHING, Side, table};
use super::{Refused, holder};
use crate::args::ListArgs;
use crate::baseline::Baselines;
use crate::compare::clean;
use crate::console::{Console, unix_ms};
use crate::history;
use crate::records::word;
use brunt_figure::{Table, Unit, Value};
use brunt_history::{Filter, Order, Row, State};
use brunt_metrics::Nanos;
use serde_json::json;
use std::collections::BTreeMap;

/// How much of a commit is shown: what git shows.
const COMMIT: usize = 8;

pub(super) fn list(args: &ListArgs, console: Console) -> Result<(), Refused> {
    let places = &args.places;
    let history = history::opened(places)?;
    if args.rebuild {
        let done = history.rebuild()?;
        let runs = if done.read == 1 { "run" } else { "runs" };
        console.note(format!(
            "the history at `{}` has {} {runs} of `{}`",
            history.place(),
            done.read,
            places.runs.display()
        ));
    }
    let order = if args.reverse { Order::Ascending } else { Order::Descending };
    let wanted = filter(&args.filter, &places.runs, unix_ms())?;
    let is_all = wanted == Filter::default();
    let rows = history.runs(&Filter { sort: args.sort.sort(), order, limit: args.limit, ..wanted })?;
    let marks = Baselines::load(&places.runs)?.marks();
    if args.json {
        for row in &rows {
            console.println(as_json(row, &marks));
        }
        return Ok(());
    }
    if args.csv {
        console.print(&as_csv(&rows, &marks));
        return Ok(());
    }
    if rows.is_empty() {
        console.note(if is_all {
            format!("no runs in `{}`", holder(history.place()))
        } else {
            format!("no such runs in `{}`; without filters `brunt runs` lists all", holder(history.place()))
        });
        return Ok(());
    }
    let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, &marks)).collect();
    console.print(&table(&COLUMNS, &cells));
    Ok(())
}

const fn column(title: &'static str, side: Side, empty: Empty) -> Column<'static> {
    Column { title, side, empty }
}

const COLUMNS: [Column<'static>; 12] = [
    column("run", Side::Left, Empty::Shown),
    column("verdict", Side::Left, Empty::Shown),
    column("started (UTC)", Side::Left, Empty::Shown),
    column("length", Side::Right, Empty::Shown),
    column("requests", Side::Right, Empty::Shown),
    column("errors", Side::Right, Empty::Shown),
    column("rate", Side::Right, Empty::LeftOut),
    column("p95", Side::Right, Empty::LeftOut),
    column("branch", Side::Left, Empty::LeftOut),
    column("commit", Side::Left, Empty::LeftOut),
    column("baseline", Side::Left, Empty::LeftOut),
    column("labels", Side::Left, Empty::LeftOut),
];

/// The baselines of each run, by how it is written down there.
type Marks = BTreeMap<String, Vec<String>>;

fn marked(row: &Row, marks: &Marks) -> Vec<String> {
    marks.get(&row.id).cloned().unwrap_or_default()
}

fn cells(row: &Row, marks: &Marks) -> Vec<String> {
    let or_nothing =
        |text: Option<String>| text.filter(|t| !t.is_empty()).unwrap_or_else(|| NOTHING.to_owned());
    let commit = row.commit.as_ref().map(|c| c.chars().take(COMMIT).collect());
    let why = match &row.state {
        State::Damaged(why) | State::Broken(why) => Some(format!("{}: {why}", state(row))),
        State::Finished | State::Unfinished => None,
    };
    let cells = [
        row.id.clone(),
        state(row).to_owned(),
        began(row.started_unix_ms),
        or_nothing(row.elapsed.map(|e| e.to_string())),
        or_nothing(row.requests.map(|n| n.to_string())),
        or_nothing(row.errors.map(|n| n.to_string())),
        or_nothing(row.rate().map(|r| Unit::PerSecond.show(r))),
        or_nothing(row.p95.map(|t| Unit::Milliseconds.show(t.as_millis_f64()))),
        or_nothing(row.branch.clone()),
        or_nothing(commit),
        or_nothing(Some(marked(row, marks).join(", "))),
        or_nothing(why.or_else(|| Some(labels(row)))),
    ];
    cells.map(|cell| clean(&cell).replace('\n', " ")).to_vec()
}

/// Labels in a line.
pub(super) fn labels(row: &Row) -> String {
    row.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// What became of a run, in a word or two.
pub(crate) const fn state(row: &Row) -> &'static str {
    match (&row.state, row.outlook) {
        (State::Broken(_), _) => "broken",
        (State::Damaged(_), _) => "damaged",
        (State::Unfinished, _) => "unfinished",
        (State::Finished, Some(outlook)) => word(outlook),
        (State::Finished, None) => "not judged",
    }
}

fn ms(time: Option<Nanos>) -> Option<f64> {
    time.map(Nanos::as_millis_f64)
}

/// A run as programs read it.
pub(super) fn as_json(row: &Row, marks: &Marks) -> serde_json::Value {
    let why = match &row.state {
        State::Damaged(why) | State::Broken(why) => Some(why),
        State::Finished | State::Unfinished => None,
    };
    json!({
        "id": row.id, "run_id": row.run_id, "folder": row.folder, "name": row.name, "profile": row.profile,
        "targets": row.targets, "started_unix_ms": row.started_unix_ms, "state": state(row), "why": why,
        "verdict": row.verdict, "trust": row.trust.map(brunt_history::Trust::word), "elapsed_s": row.elapsed.map(Nanos::as_secs_f64),
        "requests": row.requests, "errors": row.errors, "requests_per_second": row.rate(), "error_rate": row.error_share(),
        "p50_ms": ms(row.p50), "p95_ms": ms(row.p95), "p99_ms": ms(row.p99), "branch": row.branch, "commit": row.commit,
        "labels": row.labels, "baselines": marked(row, marks),
    })
}

fn as_csv(rows: &[Row], marks: &Marks) -> String {
    let columns = [
        "run",
        "verdict",
        "started_unix_ms",
        "name",
        "profile",
        "target",
        "length_s",
        "requests",
        "errors",
        "requests_per_second",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "trust",
        "branch",
        "commit",
        "baselines",
        "labels",
        "folder",
    ];
    let name = |text: Option<String>| text.filter(|t| !t.is_empty()).map_or(Value::Nothing, Value::Name);
    let number = |value: Option<f64>| value.map_or(Value::Nothing, |v| Value::Number(v, Unit::None));
    let count = |value: Option<u64>| number(value.map(|v| v as f64));
    let row = |row: &Row| {
        vec![
            name(Some(row.id.clone())),
            name(Some(state(row).to_owned())),
            count(Some(row.started_unix_ms).filter(|ms| *ms > 0)),
            name(Some(row.name.clone())),
            name(row.profile.clone()),
            name(Some(row.targets.join(" "))),
            number(row.elapsed.map(Nanos::as_secs_f64)),
            count(row.requests),
            count(row.errors),
            number(row.rate()),
            number(ms(row.p50)),
            number(ms(row.p95)),
            number(ms(row.p99)),
            name(row.trust.map(|t| t.word().to_owned())),
            name(row.branch.clone()),
            name(row.commit.clone()),
            name(Some(marked(row, marks).join(" "))),
            name(Some(labels(row))),
            name(Some(row.folder.display().to_string())),
        ]
    };
    let rows = rows.iter().map(row).collect();
    Table { columns: columns.map(str::to_owned).to_vec(), rows }.csv()
}
