//! Why results cannot be read, and what was wrong with those that can.

use crate::Kind;
use brunt_run::{OpenError, SummaryError};
use std::fmt;
use std::io;
use std::path::PathBuf;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Its line, counted from 1; 0 for the file as a whole.
    pub line: u64,
    /// The column (in CSV the field), counted from 1; 0 for the line as a whole.
    pub column: u64,
}

/// `results.csv:14:3`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.line > 0 && self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// Something wrong with a file that did not keep it from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong, and what was done about it: a sentence.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Why results cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// A file or folder could not be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is nothing in the file.
    #[error("`{}` is empty: whatever should have written results into it did not get there", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is no file of results that is known.
    #[error("`{}` is no result file that brunt knows: its first line is `{first_line}`; {help}", .path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it begins with, shortened, control characters replaced.
        first_line: String,
        /// What to do: which files are known, or which it resembles.
        help: String,
    },
    /// It is known, but this form of it is not read.
    #[error("`{}` is {what}, which brunt does not read: {help}", .path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// What to do.
        help: String,
    },
    /// It lacks what cannot be done without.
    #[error("{place}: {kind} without {missing}; {help}")]
    Lacking {
        /// Where.
        place: Place,
        /// What the file is.
        kind: Kind,
        /// What is not there.
        missing: String,
        /// What to do.
        help: String,
    },
    /// What stands there cannot be what it should be, and nothing can be read without it.
    #[error("{place}: {kind}: {reason}; {help}")]
    Malformed {
        /// Where.
        place: Place,
        /// What the file is.
        kind: Kind,
        /// What is wrong.
        reason: String,
        /// What to do.
        help: String,
    },
    /// A file begins like JSON and is none, or is cut off.
    #[error("{place}: {reason}; {help}")]
    BrokenJson {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
        /// Which files are known.
        help: String,
        /// Whether it ends in the middle.
        cut: bool,
    },
    /// A record of ours cannot be read.
    #[error(transparent)]
    Record(#[from] OpenError),
    /// A summary of ours cannot be read.
    #[error("`{}`: {source}", .path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SummaryError,
    },
    /// A folder has no results in it.
    #[error(
        "`{}` holds no results that brunt knows: give a file of results, the folder of a run (`brunt runs` lists them), \
         or a folder that holds such",
        .folder.display()
    )]
    Nothing {
        /// The folder.
        folder: PathBuf,
    },
    /// No path was given.
    #[error("no file of results was given; name a file, or a folder that holds some")]
    NoPath,
}
