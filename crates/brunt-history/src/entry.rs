//! A record, as the index keeps it.

pub use crate::endpoints::MAX_SLICES;
use crate::endpoints::{Counted, Folded, Folding};
use crate::row::{Row, State, Trust};
use crate::stamp::stamp;
use brunt_metrics::Nanos;
use brunt_run::{Finish, Reader, RunEvent, RunHeader, RunState, SeriesName, Summary, Verdict, run_at};
use std::path::Path;

/// The fact of a record's environment that says the commit of the code that it was for or from.
pub const COMMIT: &str = "git_commit";
/// The fact that says its branch.
pub const BRANCH: &str = "git_branch";

/// What the index keeps of a record: a pure function of the record's files.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    row: Row,
    stamp: String,
    endpoints: Vec<SeriesName>,
    folded: Folded,
}

impl Entry {
    /// Reads the record in `folder`. A record that cannot be opened is an entry too, and says why.
    ///
    /// Of a run that has ended all seconds are read; one without an end has no figures, since it may still run.
    pub fn read(folder: &Path) -> Self {
        let id = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // Taken first: what is written meanwhile makes it another.
        let stamp = stamp(folder);
        let listed = run_at(folder, id);
        let mut row = blank(listed.id, folder);
        let mut reader = match Reader::open(folder) {
            Ok(reader) => reader,
            Err(error) => {
                row.state = State::Broken(error.to_string());
                return Self { row, stamp, endpoints: Vec::new(), folded: Folded::default() };
            }
        };
        describe(&mut row, reader.header(), folder);
        let endpoints = reader.header().endpoints.clone();
        let mut folded = Folded::default();
        match listed.state {
            RunState::Broken(why) => row.state = State::Broken(why),
            RunState::Unfinished => row.state = State::Unfinished,
            RunState::Finished(_) => {
                let summary = reader.summary().ok().flatten();
                let end;
                (folded, end) = read_all(&mut reader);
                row.state = match reader.ending().torn.first() {
                    // What is behind the damage must not pass for the end of what is before it.
                    Some(torn) => State::Damaged(torn.to_string()),
                    None => State::Finished,
                };
                figures(&mut row, &folded, &end, summary.as_ref());
            }
        }
        Self { row, stamp, endpoints, folded }
    }

    /// The run.
    pub const fn row(&self) -> &Row {
        &self.row
    }

    pub(crate) fn stamp(&self) -> &str {
        &self.stamp
    }

    pub(crate) const fn folded(&self) -> &Folded {
        &self.folded
    }

    /// Each endpoint that had requests, and all together, with what it is called.
    pub(crate) fn wholes(&self) -> impl Iterator<Item = (i64, String, &Counted)> {
        self.folded.whole.iter().map(|(key, counted)| {
            let series = usize::try_from(*key).ok().and_then(|at| self.endpoints.get(at));
            (*key, series.map(SeriesName::label).unwrap_or_default(), counted)
        })
    }
}

fn blank(id: String, folder: &Path) -> Row {
    Row {
        id,
        run_id: String::new(),
        folder: folder.to_owned(),
        name: String::new(),
        profile: None,
        targets: Vec::new(),
        started_unix_ms: 0,
        state: State::Unfinished,
        outlook: None,
        verdict: None,
        trust: None,
        labels: std::collections::BTreeMap::new(),
        branch: None,
        commit: None,
        elapsed: None,
        requests: None,
        errors: None,
        measured: None,
        p50: None,
        p95: None,
        p99: None,
    }
}

/// What is known of a run before its first request, and what was said of it since.
fn describe(row: &mut Row, header: &RunHeader, folder: &Path) {
    row.run_id.clone_from(&header.id);
    row.name.clone_from(&header.name);
    row.profile.clone_from(&header.profile);
    row.targets.clone_from(&header.targets);
    row.started_unix_ms = header.started_unix_ms;
    // Labels that cannot be read cost the labels, not the entry.
    row.labels = brunt_run::labels(folder, header).unwrap_or_else(|_| header.labels.clone());
    row.branch = header.environment.get(BRANCH).cloned();
    row.commit = header.environment.get(COMMIT).cloned();
}

/// What a record says at its end.
#[derive(Default)]
struct End {
    verdict: Option<Verdict>,
    finish: Option<Finish>,
}

fn read_all(reader: &mut Reader) -> (Folded, End) {
    let (mut folding, mut end) = (Folding::new(), End::default());
    for event in reader.by_ref() {
        match event {
            RunEvent::Second(second) => folding.add(&second),
            RunEvent::Verdict(verdict) => end.verdict = Some(verdict),
            RunEvent::Finished(finish) => end.finish = Some(finish),
            RunEvent::Started(_)
            | RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_) => {}
        }
    }
    (folding.finish(), end)
}

fn figures(row: &mut Row, folded: &Folded, end: &End, summary: Option<&Summary>) {
    let none = Counted::default();
    let all = folded.whole.get(&crate::endpoints::ALL).unwrap_or(&none);
    (row.requests, row.errors) = (Some(all.requests), Some(all.errors));
    (row.p50, row.p95, row.p99) = (all.quantile(0.5), all.quantile(0.95), all.quantile(0.99));
    if row.state != State::Finished {
        return;
    }
    row.elapsed = end.finish.as_ref().map(|f| f.at);
    row.outlook = end.verdict.as_ref().map(|v| v.outlook);
    row.verdict = end.verdict.as_ref().map(|v| v.summary.clone());
    row.trust = end.verdict.as_ref().map(Trust::of);
    row.measured = summary.map(|s| nanos(s.total.measured_ms));
}

fn nanos(ms: f64) -> Nanos {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time read from JSON: saturates"
    )]
    let nanos = (ms * 1e6).round() as u64;
    Nanos(nanos)
}
