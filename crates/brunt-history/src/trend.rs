//! How the response times of requests went from run to run.
//!
//! A value is that of a merged histogram, always: over endpoints, over slices of a run, over runs. A stretch of a run that
//! is made of whole slices is answered by the index; any other by the run's record, second by second. Where the record is
//! gone, the slices around it are taken, and [`TrendPoint::covered`] says what that was.

use crate::endpoints::{ALL, Counted, counted_in};
use crate::query::Indexed;
use crate::row::Row;
use crate::store::{Value, arguments};
use brunt_metrics::{EndpointId, EndpointKind, Nanos};
use brunt_run::{Reader, RunEvent, histogram_from_bytes};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row as _};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How many runs one statement asks for.
const RUNS: usize = 200;

/// What is followed from run to run.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendOf {
    /// Which quantile, 0 to 1.
    pub quantile: f64,
    /// Of the endpoint of this name; if none is called so, of all with this in their names. `None`: of all requests.
    pub endpoint: Option<String>,
    /// Of these seconds of each run; `None`: of the whole load phase.
    pub seconds: Option<Range<u64>>,
}

impl TrendOf {
    /// A quantile of all requests of whole runs.
    pub const fn quantile(quantile: f64) -> Self {
        Self { quantile, endpoint: None, seconds: None }
    }
}

/// The runs with their values, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// One entry a run that has ended.
    pub points: Vec<TrendPoint>,
    /// The names of the endpoints that were followed; empty if it was all requests.
    pub endpoints: Vec<String>,
    /// The value of all these requests together.
    pub together: Option<Nanos>,
    /// Runs that were left out: without an end, damaged, or not to be opened.
    pub left_out: u64,
}

/// A run of a trend.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    /// The run.
    pub row: Row,
    /// The requests that the value is made of, with those that were never sent.
    pub requests: u64,
    /// Of these, those that failed.
    pub errors: u64,
    /// The value; `None` if there were no such requests.
    pub value: Option<Nanos>,
    /// What of the run it is made of.
    pub covered: Covered,
}

/// What of a run a value is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Covered {
    /// What was asked for, exactly.
    Asked,
    /// These seconds: the record is not there to look into, and the index has whole slices only.
    Around(Range<u64>),
}

/// Requests of one run, by the index's number of it.
type ByRun = BTreeMap<i64, Counted>;

/// The trend over runs that have ended, oldest first.
pub(crate) async fn trend(pool: &AnyPool, runs: Vec<Indexed>, of: &TrendOf) -> Result<Trend, sqlx::Error> {
    let chosen = choose(pool, &runs, of.endpoint.as_deref()).await?;
    let (mut counted, covered) = match &of.seconds {
        None => (wholes(pool, &runs, &chosen).await?, BTreeMap::new()),
        Some(seconds) => stretches(pool, &runs, &chosen, seconds).await?,
    };
    let mut together = Counted::default();
    let point = |run: Indexed| {
        let counted = counted.remove(&run.n).unwrap_or_default();
        together.merge(&counted);
        TrendPoint {
            requests: counted.requests,
            errors: counted.errors,
            value: counted.quantile(of.quantile),
            covered: covered.get(&run.n).cloned().map_or(Covered::Asked, Covered::Around),
            row: run.row,
        }
    };
    let points = runs.into_iter().map(point).collect();
    Ok(Trend {
        points,
        endpoints: chosen.names.into_iter().collect(),
        together: together.quantile(of.quantile),
        left_out: 0,
    })
}

/// The endpoints that are followed.
#[derive(Default)]
struct Chosen {
    /// By run; nothing is chosen where all requests are followed.
    by_run: Option<BTreeMap<i64, Vec<i64>>>,
    names: BTreeSet<String>,
}

impl Chosen {
    fn has(&self, run: i64, endpoint: i64) -> bool {
        match &self.by_run {
            None => true,
            Some(chosen) => chosen.get(&run).is_some_and(|own| own.contains(&endpoint)),
        }
    }
}

async fn choose(pool: &AnyPool, runs: &[Indexed], wanted: Option<&str>) -> Result<Chosen, sqlx::Error> {
    let Some(wanted) = wanted else { return Ok(Chosen::default()) };
    let mut all: Vec<(i64, i64, String)> = Vec::new();
    for some in runs.chunks(RUNS) {
        let text = format!(
            "select run, endpoint, label from brunt_endpoint where endpoint >= 0 and run in ({})",
            marks(some, 0)
        );
        for row in fetch(pool, text, some, Vec::new()).await? {
            all.push((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        }
    }
    let exact = all.iter().any(|(_, _, label)| label == wanted);
    let mut chosen = Chosen { by_run: Some(BTreeMap::new()), names: BTreeSet::new() };
    for (run, endpoint, label) in all {
        if if exact { label == wanted } else { label.contains(wanted) } {
            chosen.by_run.get_or_insert_default().entry(run).or_default().push(endpoint);
            chosen.names.insert(label);
        }
    }
    Ok(chosen)
}

async fn wholes(pool: &AnyPool, runs: &[Indexed], chosen: &Chosen) -> Result<ByRun, sqlx::Error> {
    let mut counted = ByRun::new();
    for some in runs.chunks(RUNS) {
        let text = format!(
            "select run, endpoint, requests, errors, histogram from brunt_endpoint where {} and run in ({})",
            only(chosen),
            marks(some, 0)
        );
        for row in fetch(pool, text, some, Vec::new()).await? {
            add(&mut counted, &row, chosen)?;
        }
    }
    Ok(counted)
}

/// With which seconds were taken where it could not be those that were asked for.
async fn stretches(
    pool: &AnyPool,
    runs: &[Indexed],
    chosen: &Chosen,
    seconds: &Range<u64>,
) -> Result<(ByRun, BTreeMap<i64, Range<u64>>), sqlx::Error> {
    let (mut counted, mut around) = (ByRun::new(), BTreeMap::new());
    let mut of_slices: BTreeMap<i64, Range<u64>> = BTreeMap::new();
    for run in runs {
        let slices = slices_around(run, seconds);
        if !is_whole(run, seconds) {
            match of_record(run, seconds, chosen) {
                Some(exact) => {
                    counted.insert(run.n, exact);
                    continue;
                }
                None => drop(around.insert(run.n, slices.clone())),
            }
        }
        of_slices.insert(run.n, slices);
    }
    let asked: Vec<&Indexed> = runs.iter().filter(|run| of_slices.contains_key(&run.n)).collect();
    for some in asked.chunks(RUNS) {
        let text = format!(
            "select run, endpoint, requests, errors, histogram, from_s from brunt_slice \
             where from_s >= $1 and from_s < $2 and run in ({})",
            marks(some, 2)
        );
        let ranges = || some.iter().filter_map(|run| of_slices.get(&run.n));
        let first = ranges().map(|r| r.start).min().unwrap_or(0);
        let end = ranges().map(|r| r.end).max().unwrap_or(0);
        for row in fetch(pool, text, some, vec![Value::count(first), Value::count(end)]).await? {
            let (run, from): (i64, i64) = (row.try_get(0)?, row.try_get(5)?);
            let from = u64::try_from(from).unwrap_or(u64::MAX);
            if of_slices.get(&run).is_some_and(|range| range.contains(&from)) {
                add(&mut counted, &row, chosen)?;
            }
        }
    }
    Ok((counted, around))
}

/// The slices of a run that have some of these seconds.
fn slices_around(run: &Indexed, seconds: &Range<u64>) -> Range<u64> {
    seconds.start / run.step * run.step..seconds.end.div_ceil(run.step).saturating_mul(run.step)
}

/// Whether these seconds are whole slices of a run: an end behind that of the run is its end.
fn is_whole(run: &Indexed, seconds: &Range<u64>) -> bool {
    let behind = run.row.elapsed.is_some_and(|elapsed| Nanos::from_secs(seconds.end) >= elapsed);
    seconds.start.is_multiple_of(run.step) && (behind || seconds.end.is_multiple_of(run.step))
}

/// The requests of some seconds, from the run's record; `None` if it is not there or not whole. On a server the same path may
/// be another run's: of another machine, or a later one.
fn of_record(run: &Indexed, seconds: &Range<u64>, chosen: &Chosen) -> Option<Counted> {
    let mut reader = Reader::open(&run.row.folder).ok().filter(|r| r.header().id == run.row.run_id)?;
    let ids: Option<Vec<EndpointId>> = chosen.by_run.is_some().then(|| {
        let known = (0..).map(EndpointId).zip(&reader.header().endpoints);
        let requests = known.filter(|(_, series)| series.kind == EndpointKind::Request).map(|(id, _)| id);
        requests.filter(|id| chosen.has(run.n, i64::from(id.0))).collect()
    });
    let mut counted = Counted::default();
    for event in reader.by_ref() {
        if let RunEvent::Second(second) = event {
            if second.index >= seconds.end {
                break;
            }
            counted.merge(&counted_in(std::iter::once(second.as_ref()), seconds, ids.as_deref()));
        }
    }
    reader.ending().torn.is_empty().then_some(counted)
}

/// Which rows of endpoints may be meant: all requests stand apart.
fn only(chosen: &Chosen) -> String {
    if chosen.by_run.is_none() { format!("endpoint = {ALL}") } else { "endpoint >= 0".to_owned() }
}

/// Marks for the numbers of runs, behind `before` others.
fn marks<T>(runs: &[T], before: usize) -> String {
    (1..=runs.len()).map(|i| format!("${}", i + before)).collect::<Vec<_>>().join(", ")
}

async fn fetch<R: std::borrow::Borrow<Indexed>>(
    pool: &AnyPool,
    text: String,
    runs: &[R],
    before: Vec<Value>,
) -> Result<Vec<AnyRow>, sqlx::Error> {
    let numbers = runs.iter().map(|run| Value::Number(Some(run.borrow().n)));
    let arguments = arguments(before.into_iter().chain(numbers))?;
    sqlx::query_with(AssertSqlSafe(text), arguments).fetch_all(pool).await
}

/// Adds a row of run, endpoint, requests, errors and histogram.
fn add(counted: &mut ByRun, row: &AnyRow, chosen: &Chosen) -> Result<(), sqlx::Error> {
    let (run, endpoint): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if !chosen.has(run, endpoint) {
        return Ok(());
    }
    let nonsense = |column: &str| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: "a histogram or a count of the index is damaged".into(),
    };
    let count = |at: usize, column: &str| -> Result<u64, sqlx::Error> {
        u64::try_from(row.try_get::<i64, _>(at)?).map_err(|_| nonsense(column))
    };
    let bytes: Vec<u8> = row.try_get(4)?;
    let times = histogram_from_bytes(&bytes).ok_or_else(|| nonsense("histogram"))?;
    counted.entry(run).or_default().merge(&Counted {
        requests: count(2, "requests")?,
        errors: count(3, "errors")?,
        times,
    });
    Ok(())
}
