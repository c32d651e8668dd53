//! The last step of every reader: what was read becomes [`Results`].

use crate::fold::{Fold, Folded, Heading};
use crate::notes::{At, Noted, Notes};
use crate::{ErrorWords, HistoryPoint, Kind, OwnVerdict, Results, ResultsError};
use brunt_metrics::Nanos;
use brunt_run::{Figures, Finish, FormatVersion, LatencyFigures, PhasesApart, RunEvent, StopReason, Summary};

/// What closed-loop tools' times leave out.
pub(crate) const FROM_SEND: &str = "times count from the instant of sending, not from when a request was due: what a stall of \
    the target kept from being sent is not in them (coordinated omission is possible)";

/// Results without samples, to be filled in.
#[derive(Debug)]
pub(crate) struct Totals {
    pub(crate) kind: Kind,
    pub(crate) summary: Summary,
    pub(crate) history: Vec<HistoryPoint>,
    pub(crate) errors: Vec<ErrorWords>,
    pub(crate) own_verdicts: Vec<OwnVerdict>,
}

impl Totals {
    /// Totals in which nothing is known yet.
    pub(crate) fn new(kind: Kind, heading: &Heading) -> Self {
        Self {
            kind,
            summary: blank(heading),
            history: Vec::new(),
            errors: Vec::new(),
            own_verdicts: Vec::new(),
        }
    }

    /// Sets how long the load lasted, of which rates are.
    pub(crate) fn lasted(&mut self, seconds: f64) {
        self.summary.elapsed_ms = seconds * 1e3;
        self.summary.total.measured_ms = seconds * 1e3;
    }

    pub(crate) fn into_results(self, heading: &Heading, notes: Notes) -> Results {
        let file = notes.file().to_owned();
        let mut summary = self.summary;
        let at = length(summary.elapsed_ms);
        summary.finish =
            Some(Finish { at, reason: StopReason::Completed, in_flight: 0, self_checks_failed: Vec::new() });
        summary.requests_started = summary.total.requests;
        let Noted { problems, gaps, cut } = notes.finish();
        if cut.is_some() {
            summary.finish = None;
        }
        summary.id = id_of(&summary);
        Results {
            tool: heading.tool,
            kinds: vec![self.kind],
            files: vec![file],
            summary,
            events: None,
            history: self.history,
            errors: self.errors,
            own_verdicts: self.own_verdicts,
            gaps,
            problems,
            cut,
        }
    }
}

fn length(ms: f64) -> Nanos {
    Nanos(crate::number::whole(ms * 1e6))
}

/// A summary in which nothing is known but whose it is.
fn blank(heading: &Heading) -> Summary {
    Summary {
        marks: Vec::new(),
        segments: Vec::new(),
        format: FormatVersion::CURRENT,
        id: heading.name.clone(),
        name: heading.name.clone(),
        started_unix_ms: 0,
        elapsed_ms: 0.0,
        seed: 0,
        targets: heading.targets.clone(),
        workers: 0,
        simulated: false,
        profile: None,
        objectives: Vec::new(),
        finish: None,
        verdict: None,
        total: Figures::default(),
        apart: PhasesApart::default(),
        scenarios: Vec::new(),
        endpoints: Vec::new(),
        groups: Vec::new(),
        injected: Vec::new(),
        tallies: Vec::new(),
        resources: Vec::new(),
        checks: Vec::new(),
        lag: LatencyFigures::default(),
        dropped: 0,
        requests_started: 0,
        rows_lost: 0,
        warnings: Vec::new(),
        environment: heading.environment(),
    }
}

/// The results of folded samples.
pub(crate) fn sampled(
    fold: Fold,
    heading: &Heading,
    kind: Kind,
    mut notes: Notes,
) -> Result<Results, ResultsError> {
    if fold.requests() == 0 {
        notes.problem("no requests", At::default(), || "there is not one request in it".to_owned());
    }
    if let Some((length, from)) = fold.hole() {
        notes.problem("holes", At::default(), || {
            let (length, from) = (Nanos::from_secs(length), Nanos::from_secs(from));
            format!("nothing happened for {length}, from {from} on: are these two runs, or did a clock jump? Rates are over all of it")
        });
    }
    let malformed = ResultsError::Malformed {
        place: notes.place(At::default()),
        kind,
        reason: "no run can be made of it".to_owned(),
        help: "is it whole?".to_owned(),
    };
    let Folded { mut summary, mut events } = fold.finish(heading).ok_or(malformed)?;
    summary.id = id_of(&summary);
    if let Some(RunEvent::Started(header)) = events.first_mut() {
        header.id.clone_from(&summary.id);
    }
    Ok(of_events(summary, events, heading, kind, notes))
}

/// A run's id, made of its name and its figures: files of one name are told apart, and a copy of a file is the same run.
fn id_of(summary: &Summary) -> String {
    let figures = summary.to_json().unwrap_or_default();
    format!("{}-{:08x}", summary.name, crc32fast::hash(figures.as_bytes()))
}

/// The results of a run whose events are known.
pub(crate) fn of_events(
    mut summary: Summary,
    mut events: Vec<RunEvent>,
    heading: &Heading,
    kind: Kind,
    notes: Notes,
) -> Results {
    let file = notes.file().to_owned();
    let Noted { problems, gaps, cut } = notes.finish();
    if cut.is_some() {
        // An end would make what is there pass for the whole.
        events.retain(|event| !matches!(event, RunEvent::Finished(_) | RunEvent::Verdict(_)));
        (summary.finish, summary.verdict) = (None, None);
    }
    Results {
        tool: heading.tool,
        kinds: vec![kind],
        files: vec![file],
        summary,
        events: Some(events),
        history: Vec::new(),
        errors: Vec::new(),
        own_verdicts: Vec::new(),
        gaps,
        problems,
        cut,
    }
}

/// Figures of a set of requests of which a tool gives only some.
pub(crate) fn figures(
    requests: u64,
    errors: u64,
    per_second: Option<f64>,
    response: LatencyFigures,
) -> Figures {
    let measured = per_second.filter(|r| *r > 0.0).map_or(0.0, |r| requests as f64 / r * 1e3);
    Figures {
        requests,
        requests_per_second: per_second.filter(|_| requests > 0),
        measured_ms: measured,
        errors,
        error_rate: (requests > 0).then(|| errors as f64 / requests as f64),
        response,
        service: response,
        ..Figures::default()
    }
}
