//! Reads runs out of the index.

use crate::filter::Filter;
use crate::row::{Row, State, Trust, outlook_of};
use crate::store::{COLUMNS, TARGETS, arguments};
use brunt_metrics::Nanos;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row as _};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A run with what only the index knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Indexed {
    pub(crate) n: i64,
    pub(crate) key: String,
    pub(crate) stamp: String,
    /// The length of a slice, in seconds.
    pub(crate) step: u64,
    pub(crate) row: Row,
}

/// The runs that a filter means, in its order. `beside` is the folder of records, where the index lies in it.
pub(crate) async fn runs(
    pool: &AnyPool,
    filter: &Filter,
    beside: Option<&Path>,
) -> Result<Vec<Indexed>, sqlx::Error> {
    let condition = filter.condition();
    let columns: Vec<String> = COLUMNS.iter().map(|c| format!("r.{c}")).collect();
    let text = format!("select {} from brunt_run r{}{}", columns.join(", "), condition.text, filter.tail());
    let rows = sqlx::query_with(AssertSqlSafe(text), arguments(condition.values)?).fetch_all(pool).await?;
    let mut found: Vec<Indexed> = rows.iter().map(|row| indexed(row, beside)).collect::<Result<_, _>>()?;
    let mut labels = labels(pool).await?;
    for run in &mut found {
        run.row.labels = labels.remove(&run.n).unwrap_or_default();
    }
    Ok(found)
}

/// All labels, by run: there are few, and one statement for all is quicker than one a run.
async fn labels(pool: &AnyPool) -> Result<BTreeMap<i64, BTreeMap<String, String>>, sqlx::Error> {
    let mut labels: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
    for row in sqlx::query("select run, name, value from brunt_label").fetch_all(pool).await? {
        labels.entry(row.try_get(0)?).or_default().insert(row.try_get(1)?, row.try_get(2)?);
    }
    Ok(labels)
}

/// What cannot stand in the index as it is, by column.
fn nonsense(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: "it makes no sense".into() }
}

fn indexed(row: &AnyRow, beside: Option<&Path>) -> Result<Indexed, sqlx::Error> {
    let at = |column: &str| COLUMNS.iter().position(|c| *c == column).ok_or_else(|| nonsense(column));
    let text = |column: &str| -> Result<String, sqlx::Error> { row.try_get(at(column)?) };
    let word = |column: &str| -> Result<Option<String>, sqlx::Error> { row.try_get(at(column)?) };
    let count = |column: &str| -> Result<Option<u64>, sqlx::Error> {
        let number: Option<i64> = row.try_get(at(column)?)?;
        number.map(|n| u64::try_from(n).map_err(|_| nonsense(column))).transpose()
    };
    let time = |column: &str| count(column).map(|c| c.map(Nanos));
    let id = text("id")?;
    let folder = beside.map_or_else(|| text("folder").map(PathBuf::from), |runs| Ok(runs.join(&id)))?;
    let targets = text("targets")?;
    let run = Row {
        run_id: text("run_id")?,
        folder,
        name: text("name")?,
        profile: word("profile")?,
        targets: targets.split(TARGETS).filter(|t| !t.is_empty()).map(str::to_owned).collect(),
        started_unix_ms: count("started_ms")?.unwrap_or(0),
        state: State::of(&text("state")?, word("why")?).ok_or_else(|| nonsense("state"))?,
        outlook: word("outlook")?.as_deref().and_then(outlook_of),
        verdict: word("verdict")?,
        trust: word("trust")?.as_deref().and_then(Trust::of_word),
        labels: BTreeMap::new(),
        branch: word("branch")?,
        commit: word("commit_id")?,
        elapsed: time("elapsed_ns")?,
        requests: count("requests")?,
        errors: count("errors")?,
        measured: time("measured_ns")?,
        p50: time("p50_ns")?,
        p95: time("p95_ns")?,
        p99: time("p99_ns")?,
        id,
    };
    let step = count("step_s")?.filter(|s| *s > 0).ok_or_else(|| nonsense("step_s"))?;
    Ok(Indexed { n: row.try_get(0)?, key: text("run_key")?, stamp: text("stamp")?, step, row: run })
}
