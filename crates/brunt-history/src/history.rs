//! The index as others use it: opened, filled, asked.

use crate::entry::Entry;
use crate::error::{is_damage, of_database, sqlite_code};
use crate::filter::{Filter, Order, SortBy};
use crate::query::{self, Indexed};
use crate::row::{Row, State};
use crate::schema::{Dialect, Otherwise, Tables, VERSION, prepare};
use crate::stamp::stamp;
use crate::store;
use crate::trend::{self, Trend, TrendOf};
use crate::{FILE, HistoryError, Place};
use brunt_run::run_folders;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Row as _};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use url::Url;

/// The longest that a server may take to answer the first time.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest that another brunt may keep the file locked, in milliseconds: it writes one run at a time, which takes far less.
const BUSY_MS: u32 = 20_000;
/// What stands in for the file where none can be.
const MEMORY: &str = "sqlite::memory:";
/// What `SQLite` puts beside its file.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// An index of runs. See the crate's text for how to use it.
pub struct History {
    place: Place,
    dialect: Dialect,
    runtime: Runtime,
    /// Replaced when a file that is damaged is made anew.
    pool: Mutex<AnyPool>,
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("place", &self.place).finish_non_exhaustive()
    }
}

/// What was taken up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Runs that were new, or had changed.
    pub read: u64,
    /// Runs whose records are gone.
    pub forgotten: u64,
    /// The index was made anew, since it was damaged or that of an earlier version.
    pub made_anew: bool,
}

impl History {
    /// Opens the index at `place`; one that is not there is made, and so is one that is damaged or was made by an earlier
    /// version, empty. Where no file can be made (a folder of records that is not there, or may not be written), the index is
    /// in memory: [`refresh`](Self::refresh) fills it all the same.
    pub fn open(place: &Place) -> Result<Self, HistoryError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(|| {
            // It fails where somebody else in the process did it, and then there is nothing to do.
            let _ = sqlx::any::install_drivers(&[sqlx::postgres::any::DRIVER, sqlx::sqlite::any::DRIVER]);
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (dialect, pool) = match place {
            Place::Folder(runs) => (Dialect::Sqlite, runtime.block_on(open_file(place, runs))?),
            Place::Server { url, .. } => (Dialect::Postgres, runtime.block_on(open_server(place, url))?),
        };
        Ok(Self { place: place.clone(), dialect, runtime, pool: Mutex::new(pool) })
    }

    /// Where it is.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    fn pool(&self) -> AnyPool {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn failed(&self, doing: &'static str) -> impl Fn(sqlx::Error) -> HistoryError {
        let place = self.place.clone();
        move |error| hidden(&place, of_database(&place, doing, &error))
    }

    /// Takes up the record in `folder`, in place of what was known of it. Answers its entry.
    pub fn add(&self, folder: &Path) -> Result<Row, HistoryError> {
        let entry = Entry::read(folder);
        self.runtime
            .block_on(store::put(&self.pool(), self.dialect, &entry))
            .map_err(self.failed("write"))?;
        Ok(entry.row().clone())
    }

    /// Takes up what is new or has changed in the folder of records, and forgets what is gone from it. Of a server's index
    /// only what is here is looked at, and nothing is forgotten: others' records are not here.
    ///
    /// A file that turns out to be damaged is made anew.
    pub fn refresh(&self) -> Result<Refreshed, HistoryError> {
        match self.scan() {
            Err(HistoryError::Damaged { .. }) if self.dialect == Dialect::Sqlite => {
                self.replace_file()?;
                Ok(Refreshed { made_anew: true, ..self.scan()? })
            }
            done => done,
        }
    }

    /// Makes the index anew from the records. A server's keeps the runs of others, unless its tables are of another version.
    pub fn rebuild(&self) -> Result<Refreshed, HistoryError> {
        match self.dialect {
            Dialect::Sqlite => {
                if self.is_whole() {
                    self.empty()?;
                } else {
                    self.replace_file()?;
                }
                Ok(Refreshed { made_anew: true, ..self.scan()? })
            }
            Dialect::Postgres => self.read_again(),
        }
    }

    /// The runs that a filter means.
    pub fn runs(&self, filter: &Filter) -> Result<Vec<Row>, HistoryError> {
        Ok(self.indexed(filter)?.into_iter().map(|run| run.row).collect())
    }

    /// How response times went over the runs that a filter means, oldest first; its order decides only which runs its limit
    /// leaves, of those that have ended.
    pub fn trend(&self, filter: &Filter, of: &TrendOf) -> Result<Trend, HistoryError> {
        let all = self.indexed(&Filter { limit: None, ..filter.clone() })?;
        let found = all.len();
        let mut ended: Vec<Indexed> =
            all.into_iter().filter(|run| run.row.state == State::Finished).collect();
        let left_out = (found - ended.len()) as u64;
        ended.truncate(filter.limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX));
        ended.sort_by(|a, b| (a.row.started_unix_ms, &a.key).cmp(&(b.row.started_unix_ms, &b.key)));
        let made = self.runtime.block_on(trend::trend(&self.pool(), ended, of));
        Ok(Trend { left_out, ..made.map_err(self.failed("read"))? })
    }

    /// Forgets a run; its record stays. Answers whether it was known.
    pub fn forget(&self, run: &Row) -> Result<bool, HistoryError> {
        let this = Filter { ids: vec![run.full_id()], ..Filter::default() };
        let mut known = false;
        for found in &self.indexed(&this)? {
            let gone = self.runtime.block_on(store::forget(&self.pool(), self.dialect, &found.key));
            known |= gone.map_err(self.failed("write"))?;
        }
        Ok(known)
    }

    fn indexed(&self, filter: &Filter) -> Result<Vec<Indexed>, HistoryError> {
        let beside = match &self.place {
            Place::Folder(runs) => Some(runs.as_path()),
            Place::Server { .. } => None,
        };
        self.runtime.block_on(query::runs(&self.pool(), filter, beside)).map_err(self.failed("read"))
    }

    /// Reads what the index does not have as it is.
    fn scan(&self) -> Result<Refreshed, HistoryError> {
        let runs = self.place.runs();
        let every = Filter { sort: SortBy::Started, order: Order::Ascending, ..Filter::default() };
        let known: BTreeMap<String, Indexed> =
            self.indexed(&every)?.into_iter().map(|run| (run.key.clone(), run)).collect();
        // Of a server's, several may have a folder of this name: one of them may be this one.
        let seen: BTreeSet<(&str, &str)> =
            known.values().map(|run| (run.row.id.as_str(), run.stamp.as_str())).collect();
        let mut done = Refreshed::default();
        let names = run_folders(runs)?;
        for name in &names {
            let folder = runs.join(name);
            if seen.contains(&(name.as_str(), stamp(&folder).as_str())) {
                continue;
            }
            done.read += u64::from(self.take_up(&folder)?);
        }
        if self.dialect == Dialect::Sqlite {
            for gone in known.values().filter(|run| names.binary_search(&run.row.id).is_err()) {
                let forgotten = self.runtime.block_on(store::forget(&self.pool(), self.dialect, &gone.key));
                done.forgotten += u64::from(forgotten.map_err(self.failed("write"))?);
            }
        }
        Ok(done)
    }

    /// Puts a record into the index; a broken one only where the index lies beside it, since others can do nothing about it.
    fn take_up(&self, folder: &Path) -> Result<bool, HistoryError> {
        let entry = Entry::read(folder);
        if self.dialect == Dialect::Postgres && matches!(entry.row().state, State::Broken(_)) {
            return Ok(false);
        }
        self.runtime
            .block_on(store::put(&self.pool(), self.dialect, &entry))
            .map_err(self.failed("write"))?;
        Ok(true)
    }

    /// Reads all records that are here, and puts them on the server.
    fn read_again(&self) -> Result<Refreshed, HistoryError> {
        let runs = self.place.runs();
        let mut done = Refreshed::default();
        for name in run_folders(runs)? {
            done.read += u64::from(self.take_up(&runs.join(name))?);
        }
        Ok(done)
    }

    /// Empties the tables: another brunt may have the file open.
    fn empty(&self) -> Result<(), HistoryError> {
        let replaced = self.runtime.block_on(prepare(&self.pool(), self.dialect, Otherwise::Replace));
        replaced.map(drop).map_err(self.failed("write"))
    }

    /// Makes a file anew that is damaged.
    fn replace_file(&self) -> Result<(), HistoryError> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        self.runtime.block_on(pool.close());
        remove_file(self.place.runs());
        *pool = self.runtime.block_on(open_file(&self.place, self.place.runs()))?;
        Ok(())
    }

    /// Whether the file is whole, by its own word.
    fn is_whole(&self) -> bool {
        let asked = sqlx::query("pragma quick_check(1)");
        let said = self.runtime.block_on(asked.fetch_one(&self.pool()));
        said.and_then(|row| row.try_get::<String, _>(0)).is_ok_and(|word| word == "ok")
    }
}

impl Drop for History {
    /// Closes it in order, so that nothing is left beside the file.
    fn drop(&mut self) {
        let pool = self.pool();
        self.runtime.block_on(pool.close());
    }
}

/// An error without the password, whatever the driver says.
fn hidden(place: &Place, error: HistoryError) -> HistoryError {
    let redacted = |why: String| place.redacted(&why);
    match error {
        HistoryError::Open { place, why, help } => HistoryError::Open { place, why: redacted(why), help },
        HistoryError::Damaged { place, why } => HistoryError::Damaged { place, why: redacted(why) },
        HistoryError::Query { place, doing, why } => HistoryError::Query { place, doing, why: redacted(why) },
        HistoryError::Place { .. }
        | HistoryError::Version { .. }
        | HistoryError::List(_)
        | HistoryError::Runtime(_) => error,
    }
}

fn other_version(place: &Place, found: i64) -> HistoryError {
    let help = match place {
        Place::Folder(_) => {
            "a later brunt made them: use that, or remove the file, and it is made anew from the records"
        }
        Place::Server { .. } if found > VERSION => "a later brunt made them: use that",
        Place::Server { .. } => {
            "drop the tables that begin with `brunt_`, and add the records again with `brunt runs --rebuild` where they are"
        }
    };
    HistoryError::Version { place: place.to_string(), found, known: VERSION, help }
}

async fn open_server(place: &Place, url: &Url) -> Result<AnyPool, HistoryError> {
    let help = "is the server there, and may this user log in? `psql` with the same URL says more; without `--history` the \
                index is a file";
    let refused = |why: String| hidden(place, HistoryError::Open { place: place.to_string(), why, help });
    let failed = |error: sqlx::Error| refused(error.to_string());
    // Asked once without the pool, which would try a server that is not there again and again, and not say why.
    let first = tokio::time::timeout(CONNECT, AnyConnection::connect(url.as_str())).await;
    let first = first.map_err(|_| refused(format!("nobody answered within {} s", CONNECT.as_secs())))?;
    first.map_err(failed)?.close().await.map_err(failed)?;
    let options = AnyPoolOptions::new().max_connections(1).acquire_timeout(CONNECT);
    let pool = options.connect(url.as_str()).await.map_err(failed)?;
    match prepare(&pool, Dialect::Postgres, Otherwise::Keep).await {
        Ok(Tables::Kept | Tables::Made) => Ok(pool),
        Ok(Tables::Other(found)) => Err(other_version(place, found)),
        Err(error) => Err(failed(error)),
    }
}

/// Opens the file in a folder of records, or what stands in for it.
async fn open_file(place: &Place, runs: &Path) -> Result<AnyPool, HistoryError> {
    let url = if runs.is_dir() { file_url(runs) } else { None };
    let Some(url) = url else { return in_memory(place).await };
    for _ in 0..2 {
        let error = match connect(&url).await {
            Ok(pool) => match prepare(&pool, Dialect::Sqlite, Otherwise::ReplaceOlder).await {
                Ok(Tables::Kept | Tables::Made) => return Ok(pool),
                Ok(Tables::Other(found)) => return Err(other_version(place, found)),
                Err(error) => {
                    pool.close().await;
                    error
                }
            },
            Err(error) => error,
        };
        if is_damage(&error) {
            remove_file(runs);
        } else if is_unwritable(&error) {
            return in_memory(place).await;
        } else {
            return Err(unopened(place, &error));
        }
    }
    in_memory(place).await
}

fn unopened(place: &Place, error: &sqlx::Error) -> HistoryError {
    let help = "it is made of the records only: remove the file, and it is made anew";
    HistoryError::Open { place: place.to_string(), why: error.to_string(), help }
}

/// Removes the index, which is made of the records and nothing else.
fn remove_file(runs: &Path) {
    for end in BESIDE {
        // One that is not there needs no removing; one that stays is met again when it is opened.
        let _ = fs::remove_file(runs.join(format!("{FILE}{end}")));
    }
}

/// `None` if the path cannot be said in a URL.
fn file_url(runs: &Path) -> Option<String> {
    let path = std::path::absolute(runs.join(FILE)).ok()?;
    let url = Url::from_file_path(path).ok()?;
    Some(format!("sqlite://{}?mode=rwc", url.path()))
}

/// One connection, which is kept: a command asks one thing after the other, and an index in memory belongs to its connection.
async fn connect(url: &str) -> Result<AnyPool, sqlx::Error> {
    let options = AnyPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = options.connect(url).await?;
    let busy = format!("pragma busy_timeout = {BUSY_MS}");
    // The write-ahead log lets others read while one writes; what a crash of the machine costs is read again. Not asked
    // for when a connection is made: the pool would try a file that is damaged again and again.
    for pragma in [busy.as_str(), "pragma journal_mode = wal", "pragma synchronous = normal"] {
        if let Err(error) = sqlx::query(AssertSqlSafe(pragma)).fetch_optional(&pool).await {
            pool.close().await;
            return Err(error);
        }
    }
    Ok(pool)
}

async fn in_memory(place: &Place) -> Result<AnyPool, HistoryError> {
    let pool = connect(MEMORY).await.map_err(|e| unopened(place, &e))?;
    prepare(&pool, Dialect::Sqlite, Otherwise::Replace).await.map_err(|e| unopened(place, &e))?;
    Ok(pool)
}

/// `SQLite`'s codes for a file that cannot be opened, may not be written, or is on a full disk.
const UNWRITABLE: [u32; 3] = [8, 13, 14];

fn is_unwritable(error: &sqlx::Error) -> bool {
    sqlite_code(error).is_some_and(|code| UNWRITABLE.contains(&code))
}
