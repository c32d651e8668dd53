//! What can go wrong with an index.

use crate::FILE;
use brunt_run::ListError;
use std::fmt::Display;

/// Why the history cannot be read or written. No text here holds a password.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It is no place for a history.
    #[error(
        "`{given}` is no place for a history: {why}\n  help: write e.g. `postgres://user@host/database`, or leave it out: then it is `{FILE}` in the folder of records"
    )]
    Place {
        /// What was given, without a password.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// It cannot be opened.
    #[error("cannot open the history at `{place}`: {why}\n  help: {help}")]
    Open {
        /// Where it is.
        place: String,
        /// What the system or the server said.
        why: String,
        /// What to do.
        help: &'static str,
    },
    /// Its tables are of another version.
    #[error(
        "the history at `{place}` has tables of version {found}, and this brunt knows version {known}\n  help: {help}"
    )]
    Version {
        /// Where it is.
        place: String,
        /// The version of its tables.
        found: i64,
        /// The version that this brunt knows.
        known: i64,
        /// What to do.
        help: &'static str,
    },
    /// What it holds is not what it should be.
    #[error(
        "the history at `{place}` is damaged: {why}\n  help: make it again from the records with `brunt runs --rebuild`"
    )]
    Damaged {
        /// Where it is.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// It cannot be read or written.
    #[error(
        "cannot {doing} the history at `{place}`: {why}\n  help: try again; `brunt runs --rebuild` makes it anew from the records"
    )]
    Query {
        /// Where it is.
        place: String,
        /// What was tried: `read`, `write`.
        doing: &'static str,
        /// What the database said.
        why: String,
    },
    /// The folder of records cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// The system gives no runtime.
    #[error("cannot start what talks to the history: {0}")]
    Runtime(#[from] std::io::Error),
}

/// What `SQLite` says of a file that is none of its own, or is torn: its codes for `CORRUPT` and `NOTADB`.
const DAMAGED: [u32; 2] = [11, 26];
/// The lowest byte of an extended code of `SQLite` is the code.
const CODE: u32 = 0xff;
/// Codes of servers are longer.
const SERVERS_CODE: usize = 5;

/// A database's error, by what it means.
pub(crate) fn of_database(place: impl Display, doing: &'static str, error: &sqlx::Error) -> HistoryError {
    let (place, why) = (place.to_string(), error.to_string());
    if is_damage(error) {
        HistoryError::Damaged { place, why }
    } else {
        HistoryError::Query { place, doing, why }
    }
}

/// `SQLite`'s code of an error.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    let number: Option<u32> = code.parse().ok();
    number.filter(|_| code.len() < SERVERS_CODE).map(|number| number & CODE)
}

/// Whether an error means that what is stored is torn: pages, tables that should be there, or values that make no sense.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    let is_missing = |said: &str| said.starts_with("no such ");
    let nonsense = matches!(
        error,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_)
    );
    nonsense
        || sqlite_code(error).is_some_and(|code| DAMAGED.contains(&code))
        || error.as_database_error().is_some_and(|said| is_missing(said.message()))
}
