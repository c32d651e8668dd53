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
    /// A row or line that ends too early: the end of the file if nothing follows.
    torn: Option<Torn>,
    cut: Option<Problem>,
}

/// What may be the end of a file that was cut off.
#[derive(Debug)]
struct Torn {
    at: At,
    kind: &'static str,
    text: String,
}

/// What was noted of a run.
pub(crate) struct Noted {
    pub(crate) problems: Vec<Problem>,
    pub(crate) gaps: Vec<String>,
    /// Where the source ends in the middle.
    pub(crate) cut: Option<Problem>,
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
        self.settle();
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

    /// Notes that the file ends in the middle.
    pub(crate) fn cut(&mut self, at: At, text: impl Into<String>) {
        let problem = Problem { place: self.place(at), text: text.into() };
        if self.cut.is_none() {
            self.cut = Some(problem.clone());
        }
        self.problems.push(problem);
    }

    /// Notes a row or line that is left out since it ends too early. If nothing follows, the file was cut off there.
    pub(crate) fn torn(&mut self, kind: &'static str, at: At, text: String) {
        self.torn = Some(Torn { at, kind, text });
    }

    /// Whether the last that was read ended too early.
    pub(crate) const fn is_torn(&self) -> bool {
        self.torn.is_some()
    }

    /// Something follows: what was torn was so within the file.
    pub(crate) fn go_on(&mut self) {
        if let Some(Torn { at, kind, text }) = self.torn.take() {
            self.problem(kind, at, || format!("{text} is left out"));
        }
    }

    /// Nothing follows.
    fn settle(&mut self) {
        if let Some(Torn { at, text, .. }) = self.torn.take() {
            self.cut(at, format!("the file was cut off here: the last of it is {text}, which is left out"));
        }
    }

    /// Notes what the source cannot tell; the same sentence only once.
    pub(crate) fn gap(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.gaps.contains(&sentence) {
            self.gaps.push(sentence);
        }
    }

    /// All that was noted.
    pub(crate) fn finish(mut self) -> Noted {
        self.settle();
        for (kind, (count, last)) in self.seen {
            if let Some(place) = last {
                let more = count.saturating_sub(TOLD_OF_A_KIND).max(1);
                self.problems
                    .push(Problem { place, text: format!("{more} more such ({kind}), this is the last") });
            }
        }
        Noted { problems: self.problems, gaps: self.gaps, cut: self.cut }
    }
}
