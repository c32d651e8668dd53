//! Writes runs into the index, and takes them out.

use crate::entry::Entry;
use crate::row::code_of;
use crate::schema::Dialect;
use brunt_metrics::Nanos;
use brunt_run::histogram_to_bytes;
use sqlx::any::AnyArguments;
use sqlx::{AnyConnection, AnyPool, Arguments as _, AssertSqlSafe, Row as _};

/// How many rows one statement inserts: few enough for any database's limit on parameters, many enough that a server is not
/// asked once a row.
const ROWS: usize = 50;

/// The columns of a run, in the order in which they are written and read. The first is not written: the database gives it.
pub(crate) const COLUMNS: [&str; 25] = [
    "n",
    "run_key",
    "id",
    "run_id",
    "folder",
    "stamp",
    "name",
    "profile",
    "targets",
    "started_ms",
    "state",
    "why",
    "outlook",
    "verdict",
    "trust",
    "branch",
    "commit_id",
    "elapsed_ns",
    "requests",
    "errors",
    "measured_ns",
    "p50_ns",
    "p95_ns",
    "p99_ns",
    "step_s",
];

/// A value of a column. There are no fractions: where one is missing, the driver would tell a server another type.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }

    pub(crate) fn count(count: u64) -> Self {
        Self::Number(Some(signed(count)))
    }
}

/// Databases have signed numbers only; nothing here comes near the limit.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The values as a statement takes them.
pub(crate) fn arguments(values: impl IntoIterator<Item = Value>) -> Result<AnyArguments, sqlx::Error> {
    let mut arguments = AnyArguments::default();
    for value in values {
        match value {
            Value::Number(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// How a run is told from all others: in a folder of records by its folder, which cannot be there twice; on a server, where
/// several folders meet, by the id that it was born with as well.
pub(crate) fn key(dialect: Dialect, entry: &Entry) -> String {
    let row = entry.row();
    match dialect {
        Dialect::Sqlite => row.id.clone(),
        Dialect::Postgres if row.run_id == row.id => row.id.clone(),
        Dialect::Postgres => format!("{}/{}", row.run_id, row.id),
    }
}

/// Puts a run into the index, in place of what stood there of it.
pub(crate) async fn put(pool: &AnyPool, dialect: Dialect, entry: &Entry) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin_with(dialect.begin()).await?;
    // First the run itself: on a server its row is locked then, so that two that put it do so one after the other.
    let n = put_run(&mut tx, key(dialect, entry), entry).await?;
    forget_parts(&mut tx, n).await?;
    let labels = entry.row().labels.iter();
    let labels =
        labels.map(|(name, value)| vec![Value::Number(Some(n)), Value::text(name), Value::text(value)]);
    insert(&mut tx, "brunt_label (run, name, value)", labels).await?;
    let wholes = entry.wholes().map(|(endpoint, label, counted)| {
        vec![
            Value::Number(Some(n)),
            Value::Number(Some(endpoint)),
            Value::text(label),
            Value::count(counted.requests),
            Value::count(counted.errors),
            Value::Bytes(histogram_to_bytes(&counted.times)),
        ]
    });
    insert(&mut tx, "brunt_endpoint (run, endpoint, label, requests, errors, histogram)", wholes).await?;
    let slices = entry.folded().slices.iter().flat_map(|(from, slice)| {
        slice.iter().map(move |(endpoint, counted)| {
            vec![
                Value::Number(Some(n)),
                Value::Number(Some(*endpoint)),
                Value::count(*from),
                Value::count(counted.requests),
                Value::count(counted.errors),
                Value::Bytes(histogram_to_bytes(&counted.times)),
            ]
        })
    });
    insert(&mut tx, "brunt_slice (run, endpoint, from_s, requests, errors, histogram)", slices).await?;
    tx.commit().await
}

async fn put_run(connection: &mut AnyConnection, key: String, entry: &Entry) -> Result<i64, sqlx::Error> {
    let written = &COLUMNS[1..];
    let marks: Vec<String> = (1..=written.len()).map(|i| format!("${i}")).collect();
    let updates: Vec<String> = written.iter().map(|c| format!("{c} = excluded.{c}")).collect();
    let statement = format!(
        "insert into brunt_run ({}) values ({}) on conflict (run_key) do update set {} returning n",
        written.join(", "),
        marks.join(", "),
        updates.join(", ")
    );
    let arguments = arguments(run_values(key, entry))?;
    let row = sqlx::query_with(AssertSqlSafe(statement), arguments).fetch_one(connection).await?;
    row.try_get(0)
}

fn run_values(key: String, entry: &Entry) -> Vec<Value> {
    let row = entry.row();
    let time = |time: Option<Nanos>| Value::Number(time.map(|t| signed(t.0)));
    let count = |count: Option<u64>| Value::Number(count.map(signed));
    let word = |word: Option<&str>| Value::Text(word.map(str::to_owned));
    vec![
        Value::text(key),
        Value::text(&row.id),
        Value::text(&row.run_id),
        Value::text(row.folder.to_string_lossy()),
        Value::text(entry.stamp()),
        Value::text(&row.name),
        Value::Text(row.profile.clone()),
        Value::text(row.targets.join(TARGETS)),
        Value::count(row.started_unix_ms),
        Value::text(row.state.code()),
        Value::Text(row.state.why()),
        word(row.outlook.map(code_of)),
        Value::Text(row.verdict.clone()),
        word(row.trust.map(crate::Trust::word)),
        Value::Text(row.branch.clone()),
        Value::Text(row.commit.clone()),
        time(row.elapsed),
        count(row.requests),
        count(row.errors),
        time(row.measured),
        time(row.p50),
        time(row.p95),
        time(row.p99),
        Value::count(entry.folded().step.max(1)),
    ]
}

/// What stands between the targets of a run: no URL has it.
pub(crate) const TARGETS: &str = "\n";

async fn insert(
    connection: &mut AnyConnection,
    into: &str,
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<(), sqlx::Error> {
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let some: Vec<Vec<Value>> = rows.by_ref().take(ROWS).collect();
        let mut at = 0;
        let group = |row: &Vec<Value>| {
            let marks: Vec<String> = row
                .iter()
                .map(|_| {
                    at += 1;
                    format!("${at}")
                })
                .collect();
            format!("({})", marks.join(", "))
        };
        let groups: Vec<String> = some.iter().map(group).collect();
        let statement = format!("insert into {into} values {}", groups.join(", "));
        let arguments = arguments(some.into_iter().flatten())?;
        sqlx::query_with(AssertSqlSafe(statement), arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn forget_parts(connection: &mut AnyConnection, n: i64) -> Result<(), sqlx::Error> {
    for statement in [
        "delete from brunt_label where run = $1",
        "delete from brunt_endpoint where run = $1",
        "delete from brunt_slice where run = $1",
    ] {
        sqlx::query(statement).bind(n).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Takes a run out of the index; answers whether it was there.
pub(crate) async fn forget(pool: &AnyPool, dialect: Dialect, key: &str) -> Result<bool, sqlx::Error> {
    let mut tx = pool.begin_with(dialect.begin()).await?;
    let gone = sqlx::query("delete from brunt_run where run_key = $1 returning n")
        .bind(key.to_owned())
        .fetch_optional(&mut *tx)
        .await?;
    let n = gone.map(|row| row.try_get::<i64, _>(0)).transpose()?;
    if let Some(n) = n {
        forget_parts(&mut tx, n).await?;
    }
    tx.commit().await?;
    Ok(n.is_some())
}
