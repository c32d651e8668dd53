//! Locust's CSV files (`locust/stats.py` of <https://github.com/locustio/locust>): totals by request name, the course of
//! the run in figures, and errors in words. None of them has samples.

use crate::assemble::{FROM_SEND, Totals, figures};
use crate::fold::Heading;
use crate::notes::{At, Notes};
use crate::results::MAX_ERRORS;
use crate::source::Source;
use crate::table::{Row, Table};
use crate::words::{kind_of, shown};
use crate::{ErrorWords, HistoryPoint, Kind, Percentiles, Place, Results, ResultsError, Tool};
use brunt_metrics::{ErrorKind, Nanos};
use brunt_run::{
    EndpointFigures, Figures, LatencyFigures, ScenarioFigures, SeriesName, Warning, WarningKind,
};
use std::path::PathBuf;

/// The total's name; before 1.0 it was `Total`.
const TOTALS: [&str; 2] = ["Aggregated", "Total"];
/// Lines of a history that are kept: a week of seconds, or fewer with many names.
const MAX_POINTS: usize = 7 * 24 * 3_600;
/// Rows of request names that are kept.
const MAX_ROWS: usize = 2_000;
/// Exceptions of the test that are told one by one.
const MAX_EXCEPTIONS: usize = 20;

/// Which of Locust's files one is, in the order in which they are read: the others speak of the totals' rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Stats,
    History,
    Failures,
    Exceptions,
}

impl Role {
    /// The role of a file of a kind; `None` if it is none of the four.
    pub(crate) fn of(kind: Kind) -> Option<Self> {
        [Self::Stats, Self::History, Self::Failures, Self::Exceptions]
            .into_iter()
            .find(|role| role.kind() == kind)
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Stats => Kind::LocustStats,
            Self::History => Kind::LocustHistory,
            Self::Failures => Kind::LocustFailures,
            Self::Exceptions => Kind::LocustExceptions,
        }
    }
}

/// One of Locust's files, opened.
pub(crate) struct LocustFile<'a> {
    pub(crate) role: Role,
    pub(crate) path: PathBuf,
    pub(crate) source: Source<'a>,
}

/// Reads the files of one run, in any order.
pub(crate) fn read_locust(
    mut files: Vec<LocustFile<'_>>,
    name: &str,
    mut notes: Notes,
) -> Result<Results, ResultsError> {
    files.sort_by_key(|f| f.role);
    let heading = Heading::new(Tool::Locust, name);
    let first = files.first().map_or(Kind::LocustStats, |f| f.role.kind());
    if !matches!(first, Kind::LocustStats | Kind::LocustHistory) {
        let place = Place { file: notes.file().to_owned(), line: 0, column: 0 };
        let missing = "the totals of the same run".to_owned();
        let help = "give `PREFIX_stats.csv` too, or the folder that it is in".to_owned();
        return Err(ResultsError::Lacking { place, kind: first, missing, help });
    }
    let mut totals = Totals::new(first, &heading);
    let (mut kinds, mut paths) = (Vec::new(), Vec::new());
    for LocustFile { role, path, source } in files {
        notes.turn_to(&path);
        match role {
            Role::Stats => stats(source, &mut totals, &mut notes)?,
            Role::History => history(source, &mut totals, &mut notes)?,
            Role::Failures => failures(source, &mut totals, &mut notes)?,
            Role::Exceptions => exceptions(source, &mut totals, &mut notes)?,
        }
        kinds.push(role.kind());
        paths.push(path);
    }
    say_gaps(&kinds, &mut notes);
    let mut results = totals.into_results(&heading, notes);
    (results.kinds, results.files) = (kinds, paths);
    Ok(results)
}

fn say_gaps(kinds: &[Kind], notes: &mut Notes) {
    notes.gap(
        "Locust's files have no samples: percentiles are Locust's own, of times rounded to two digits, and distributions and \
         outliers cannot be shown",
    );
    notes.gap("which statuses came is not told");
    if kinds.contains(&Kind::LocustHistory) {
        notes.gap("rates of the history are Locust's own, smoothed over ten seconds and some seconds late");
    } else {
        notes.gap(
            "without `PREFIX_stats_history.csv` the course of the run and the number of users are not known",
        );
    }
    notes.gap(format!("Locust: {FROM_SEND}"));
}

/// Columns that rows of totals and of the history share, by their percentile.
struct Times {
    min: Option<usize>,
    mean: Option<usize>,
    median: Option<usize>,
    max: Option<usize>,
    percentiles: [Option<usize>; 6],
}

impl Times {
    fn of(table: &Table<'_>, prefix: &str) -> Self {
        let named = |name: &str| table.column(&[format!("{prefix}{name} Response Time").as_str()]);
        let percentiles = ["50%", "75%", "90%", "95%", "99%", "99.9%"].map(|name| table.column(&[name]));
        Self {
            min: named("Min"),
            mean: named("Average"),
            median: named("Median"),
            max: named("Max"),
            percentiles,
        }
    }

    /// Exact extremes and mean, percentiles as Locust rounded them; nothing without requests.
    fn read(&self, row: &Row<'_>, requests: u64, notes: &mut Notes) -> LatencyFigures {
        if requests == 0 {
            return LatencyFigures::default();
        }
        let mut ms = |column| row.duration(column, 1e6, notes).map(Nanos::as_millis_f64);
        let [p50, p75, p90, p95, p99, p99_9] = self.percentiles.map(&mut ms);
        LatencyFigures {
            min_ms: ms(self.min),
            mean_ms: ms(self.mean),
            std_dev_ms: None,
            p50_ms: p50.or_else(|| ms(self.median)),
            p75_ms: p75,
            p90_ms: p90,
            p95_ms: p95,
            p99_ms: p99,
            p99_9_ms: p99_9,
            max_ms: ms(self.max),
        }
    }
}

fn is_total(name: &str, method: &str) -> bool {
    TOTALS.contains(&name) && matches!(method, "" | "None" | "Aggregated")
}

pub(super) fn series(method: &str, name: &str) -> SeriesName {
    let method = if method.is_empty() { "*" } else { method };
    SeriesName {
        scenario: String::new(),
        action: shown(name),
        method: shown(method),
        name: shown(name),
        ..SeriesName::default()
    }
}

fn stats(source: Source<'_>, totals: &mut Totals, notes: &mut Notes) -> Result<(), ResultsError> {
    let mut table = Table::open(source, Kind::LocustStats);
    let name = table.need(&["Name"], notes)?;
    let requests = table.need(&["Request Count", "# requests"], notes)?;
    let failed = table.need(&["Failure Count", "# failures"], notes)?;
    let method = table.column(&["Type", "Method"]);
    let rate = table.column(&["Requests/s"]);
    let size = table.column(&["Average Content Size"]);
    let times = Times::of(&table, "");
    let mut total = None;
    while let Some(row) = table.next(notes) {
        let Some(requests) = row.count(Some(requests), notes) else { continue };
        let errors = row.count(Some(failed), notes).unwrap_or(0).min(requests);
        let response = times.read(&row, requests, notes);
        let mut figures = figures(requests, errors, row.number(rate, notes), response);
        figures.bytes_in = crate::number::counted(row.number(size, notes).unwrap_or(0.0) * requests as f64);
        let (name, method) = (row.name(Some(name)), row.name(method));
        if is_total(&name, &method) {
            total = Some(figures);
        } else if totals.summary.endpoints.len() < MAX_ROWS {
            let series = series(&method, &name);
            totals.summary.endpoints.push(EndpointFigures { series, figures });
        } else {
            notes.problem("too many names", row.at(), || {
                format!("more than {MAX_ROWS} names: left out of the list")
            });
        }
    }
    let all = total.unwrap_or_else(|| {
        let text = "it has no row `Aggregated`, which Locust writes last: counts are the sum of the rows, percentiles are not known";
        if totals.summary.endpoints.is_empty() {
            notes.problem("no total", At::default(), || text.to_owned());
        } else {
            notes.cut(At::default(), format!("the file was cut off: {text}"));
        }
        sum(&totals.summary.endpoints)
    });
    let seconds = all.measured_ms / 1e3;
    totals.summary.total = all;
    totals.lasted(seconds);
    // Rates of all rows are over the same time.
    let measured = totals.summary.total.measured_ms;
    totals.summary.endpoints.iter_mut().for_each(|e| e.figures.measured_ms = measured);
    Ok(())
}

fn sum(endpoints: &[EndpointFigures]) -> Figures {
    let of = |get: fn(&Figures) -> u64| endpoints.iter().map(|e| get(&e.figures)).sum::<u64>();
    let rates: Option<f64> = endpoints.iter().map(|e| e.figures.requests_per_second).sum();
    let mut all = figures(of(|f| f.requests), of(|f| f.errors), rates, LatencyFigures::default());
    all.bytes_in = of(|f| f.bytes_in);
    all
}

struct HistoryColumns {
    timestamp: usize,
    users: usize,
    name: usize,
    method: Option<usize>,
    rate: Option<usize>,
    failure_rate: Option<usize>,
    requests: Option<usize>,
    failures: Option<usize>,
    now: Times,
    total: Times,
}

fn history(source: Source<'_>, totals: &mut Totals, notes: &mut Notes) -> Result<(), ResultsError> {
    let mut table = Table::open(source, Kind::LocustHistory);
    let columns = HistoryColumns {
        timestamp: table.need(&["Timestamp"], notes)?,
        users: table.need(&["User Count"], notes)?,
        name: table.need(&["Name"], notes)?,
        method: table.column(&["Type", "Method"]),
        rate: table.column(&["Requests/s"]),
        failure_rate: table.column(&["Failures/s"]),
        requests: table.column(&["Total Request Count"]),
        failures: table.column(&["Total Failure Count"]),
        now: Times::of(&table, "none "),
        total: Times::of(&table, "Total "),
    };
    let alone = totals.kind == Kind::LocustHistory;
    let mut course = Course::default();
    while let Some(row) = table.next(notes) {
        add_point(&row, &columns, totals, &mut course, notes);
    }
    let full = totals.history.iter().any(|p| p.endpoint.is_some());
    if full {
        totals.history.iter_mut().for_each(|p| p.percentiles = Percentiles::Recent);
        for point in &mut totals.history {
            // Locust writes 0 for the percentiles of no requests.
            if point.response.p99_9_ms.or(point.response.p99_ms) == Some(0.0)
                && point.requests_per_second == Some(0.0)
            {
                point.response = LatencyFigures::default();
            }
        }
    }
    totals.history.sort_by_key(|p| (p.at, p.endpoint.is_some()));
    totals.summary.started_unix_ms = course.started.unwrap_or(0) * 1_000;
    let seconds = course.latest.saturating_sub(course.started.unwrap_or(course.latest));
    if alone {
        if full {
            // The file's percentiles are of the last ten seconds, and no percentile of the whole.
            let kept = |l: LatencyFigures| LatencyFigures {
                p75_ms: None,
                p90_ms: None,
                p95_ms: None,
                p99_ms: None,
                p99_9_ms: None,
                ..l
            };
            course.total.response = kept(course.total.response);
            course.total.service = kept(course.total.service);
        }
        totals.summary.total = course.total;
        totals.lasted(seconds as f64);
        let total = &mut totals.summary.total;
        total.requests_per_second =
            (seconds > 0 && total.requests > 0).then(|| total.requests as f64 / seconds as f64);
        notes.gap("without `PREFIX_stats.csv` totals are those of the history's last line");
    }
    let total = &totals.summary.total;
    totals.summary.scenarios = vec![users(course.users_max, course.user_seconds, total)];
    Ok(())
}

/// What a history says of the whole run.
#[derive(Default)]
struct Course {
    started: Option<u64>,
    latest: u64,
    users: u64,
    users_max: u64,
    user_seconds: f64,
    total: Figures,
}

fn add_point(
    row: &Row<'_>,
    columns: &HistoryColumns,
    totals: &mut Totals,
    course: &mut Course,
    notes: &mut Notes,
) {
    let Some(timestamp) = row.count(Some(columns.timestamp), notes).filter(|t| *t < 100_000_000_000) else {
        return;
    };
    let users = row.count(Some(columns.users), notes);
    let started = *course.started.get_or_insert(timestamp);
    if timestamp + 60 < course.latest {
        notes.problem("lines back in time", row.at(), || {
            "this line is older than the ones before it: was Locust run twice with one prefix?".to_owned()
        });
    }
    let (name, method) = (row.name(Some(columns.name)), row.name(columns.method));
    let all = is_total(&name, &method);
    let requests = row.count(columns.requests, notes);
    let errors = row.count(columns.failures, notes);
    let mut response = columns.now.read(row, requests.unwrap_or(1), notes);
    if all {
        course.user_seconds +=
            course.users as f64 * timestamp.saturating_sub(course.latest.max(started)) as f64;
        course.latest = course.latest.max(timestamp);
        course.users = users.unwrap_or(0);
        course.users_max = course.users_max.max(course.users);
        let whole = columns.total.read(row, requests.unwrap_or(0), notes);
        let (requests, errors) = (requests.unwrap_or(0), errors.unwrap_or(0));
        course.total = figures(requests, errors.min(requests), None, whole);
        course.total.requests_per_second = None;
    }
    (response.min_ms, response.mean_ms, response.max_ms) = (None, None, None);
    let endpoint = if all { None } else { find(totals, &method, &name) };
    if totals.history.len() >= MAX_POINTS || (!all && endpoint.is_none()) {
        notes.problem("history too long", row.at(), || {
            "there are more lines than are kept: left out".to_owned()
        });
        return;
    }
    totals.history.push(HistoryPoint {
        at: Nanos::from_secs(timestamp.saturating_sub(started)),
        endpoint,
        users,
        requests_per_second: row.number(columns.rate, notes),
        errors_per_second: row.number(columns.failure_rate, notes),
        requests,
        errors,
        response,
        percentiles: Percentiles::SinceStart,
    });
}

/// Where a name stands among the endpoints; it is added, as far as there is room.
fn find(totals: &mut Totals, method: &str, name: &str) -> Option<usize> {
    let wanted = series(method, name);
    let endpoints = &mut totals.summary.endpoints;
    if let Some(at) = endpoints.iter().position(|e| e.series == wanted) {
        return Some(at);
    }
    if endpoints.len() >= MAX_ROWS {
        return None;
    }
    endpoints.push(EndpointFigures { series: wanted, figures: Figures::default() });
    Some(endpoints.len() - 1)
}

pub(super) fn users(most: u64, user_seconds: f64, total: &Figures) -> ScenarioFigures {
    ScenarioFigures {
        name: "(all users)".to_owned(),
        executor: "users, as Locust was told".to_owned(),
        open: false,
        due: 0,
        started: 0,
        dropped: 0,
        completed: 0,
        failed: 0,
        cut: 0,
        users_max: most,
        user_seconds,
        requests: total.requests,
        errors: total.errors,
    }
}

fn failures(source: Source<'_>, totals: &mut Totals, notes: &mut Notes) -> Result<(), ResultsError> {
    let mut table = Table::open(source, Kind::LocustFailures);
    let name = table.need(&["Name"], notes)?;
    let error = table.need(&["Error"], notes)?;
    let count = table.need(&["Occurrences"], notes)?;
    let method = table.column(&["Method", "Type"]);
    while let Some(row) = table.next(notes) {
        let Some(count) = row.count(Some(count), notes) else { continue };
        let text = row.name(Some(error));
        let kind = kind_of(&text).unwrap_or(ErrorKind::Check);
        let wanted = series(&row.name(method), &row.name(Some(name)));
        let endpoint = totals.summary.endpoints.iter().position(|e| e.series == wanted);
        let by_kind = &mut totals.summary.total.errors_by_kind;
        *by_kind.entry(kind.name().to_owned()).or_default() += count;
        if let Some(own) = endpoint.and_then(|at| totals.summary.endpoints.get_mut(at)) {
            *own.figures.errors_by_kind.entry(kind.name().to_owned()).or_default() += count;
        }
        if totals.errors.len() < MAX_ERRORS {
            totals.errors.push(ErrorWords { endpoint, kind, text: shown(&text), count });
        }
    }
    Ok(())
}

fn exceptions(source: Source<'_>, totals: &mut Totals, notes: &mut Notes) -> Result<(), ResultsError> {
    let mut table = Table::open(source, Kind::LocustExceptions);
    let count = table.need(&["Count"], notes)?;
    let message = table.need(&["Message"], notes)?;
    while let Some(row) = table.next(notes) {
        let Some(count) = row.count(Some(count), notes) else { continue };
        if totals.summary.warnings.len() < MAX_EXCEPTIONS {
            let text = format!(
                "the locustfile itself failed {count} times with `{}`: these are no requests, but tasks that were cut short",
                shown(&row.name(Some(message)))
            );
            totals.summary.warnings.push(Warning { at: Nanos::ZERO, kind: WarningKind::Generator, text });
        }
    }
    Ok(())
}
