//! Failures by row and error: how often each came, and in which seconds of the run first and last.

use brunt_metrics::{CellSecond, ErrorKind, Outcome, Status};
use std::collections::BTreeMap;

/// All failures. Bounded: rows by the run's header, kinds are a closed set, and a second folds statuses.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    counts: BTreeMap<(usize, Error), Failure>,
    /// The first text of a kind at a row.
    texts: BTreeMap<(usize, ErrorKind), String>,
}

/// What tells the failures of a row apart: the kind, and of failures by status the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Error {
    kind: ErrorKind,
    status: Status,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    count: u64,
    first: u64,
    last: u64,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The row at which it came.
    pub(super) entry: usize,
    pub(super) error: String,
    pub(super) count: u64,
    /// The second of the run in which it first came.
    pub(super) first: u64,
    /// The second in which it last came.
    pub(super) last: u64,
}

impl Failures {
    pub(super) fn add(&mut self, second: u64, entry: usize, cell: &CellSecond) {
        let Outcome::Error(kind) = cell.key.outcome else {
            return;
        };
        let status = if kind == ErrorKind::Status { cell.key.status } else { Status::NONE };
        let fresh = Failure { count: 0, first: second, last: second };
        let failure = self.counts.entry((entry, Error { kind, status })).or_insert(fresh);
        failure.count += cell.count();
        failure.last = second;
    }

    pub(super) fn describe(&mut self, entry: usize, kind: ErrorKind, text: &str) {
        self.texts.entry((entry, kind)).or_insert_with(|| text.to_owned());
    }

    /// Every failure, ascending by row and error.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.counts.iter().map(|(&(entry, error), failure)| Line {
            entry,
            error: self.text(entry, error),
            count: failure.count,
            first: failure.first,
            last: failure.last,
        })
    }

    fn text(&self, entry: usize, Error { kind, status }: Error) -> String {
        if kind == ErrorKind::Status {
            // Its text is that of the first status only.
            return format!("{kind} {status}");
        }
        self.texts.get(&(entry, kind)).map_or_else(|| kind.to_string(), |text| format!("{kind}: {text}"))
    }
}
