//! What comes up while a file is read: problems with their places, and what the source cannot tell. Bounded.

use crate::results::MAX_PROBLEMS;
use crate::{Place, Problem};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Of one kind of problem, so many are told with their places; the rest is counted.
const TOLD_OF_A_KIND: u64 = 5;

/// Problems and gaps of one run, in the order in which they came up.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    file: PathBuf,
    problems: Vec<Problem>,
    /// How often each kind of problem came, with the last place.
    seen: BTreeMap<&'static str, (u64, Option<Place>)>,
    gaps: Vec<String>,
}

/// Where in a file: line and column, as [`Place`] counts them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

impl At {
    /// A whole line.
    pub(crate) const fn line(line: u64) -> Self {
        Self { line, column: 0 }
    }
}

impl Notes {
    pub(crate) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// From now on, places are in this file.
    pub(crate) fn turn_to(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn place(&self, at: At) -> Place {
        Place { file: self.file.clone(), line: at.line, column: at.column }
    }

    /// Notes a problem of a kind. `kind` is never shown alone: it only says which problems are alike.
    pub(crate) fn problem(&mut self, kind: &'static str, at: At, text: impl FnOnce() -> String) {
        let place = self.place(at);
        let (count, last) = self.seen.entry(kind).or_default();
        *count += 1;
        if *count > TOLD_OF_A_KIND || self.problems.len() >= MAX_PROBLEMS {
            *last = Some(place);
            return;
        }
        self.problems.push(Problem { place, text: text() });
    }

    /// Notes what the source cannot tell; the same sentence only once.
    pub(crate) fn gap(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.gaps.contains(&sentence) {
            self.gaps.push(sentence);
        }
    }

    /// All that was noted.
    pub(crate) fn finish(mut self) -> (Vec<Problem>, Vec<String>) {
        for (kind, (count, last)) in self.seen {
            if let Some(place) = last {
                let more = count.saturating_sub(TOLD_OF_A_KIND).max(1);
                self.problems
                    .push(Problem { place, text: format!("{more} more such ({kind}), this is the last") });
            }
        }
        (self.problems, self.gaps)
    }
}
