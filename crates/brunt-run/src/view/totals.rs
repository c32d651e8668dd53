//! What was counted of endpoints since the start of a run, and how it is shown.

use super::latency::{Accumulator, LatencyView};
use crate::SeriesName;
use brunt_metrics::{
    CellSecond, EndpointId, ErrorKind, Histogram, Nanos, Outcome, Part, PartSum, Phase, Status,
};
use std::collections::BTreeMap;

/// Everything counted of one endpoint in one phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    ok: Durations,
    error: Durations,
    codes: BTreeMap<(Outcome, Status), u64>,
    bytes_out: u64,
    bytes_in: u64,
    retries: u64,
    parts: [PartSum; Part::ALL.len()],
}

#[derive(Clone, Debug, Default)]
struct Durations {
    response: Accumulator,
    service: Accumulator,
}

impl Totals {
    pub(super) fn add(&mut self, cell: &CellSecond) {
        let side = if cell.key.outcome.is_ok() { &mut self.ok } else { &mut self.error };
        side.response.add(cell.response_times());
        side.service.add(cell.service_times());
        *self.codes.entry((cell.key.outcome, cell.key.status)).or_default() += cell.count();
        self.bytes_out += cell.bytes_out;
        self.bytes_in += cell.bytes_in;
        self.retries += cell.retries;
        for (mine, theirs) in self.parts.iter_mut().zip(&cell.parts) {
            mine.merge(theirs);
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.codes.values().sum()
    }

    pub(super) fn errors(&self) -> u64 {
        self.codes.iter().filter(|((outcome, _), _)| !outcome.is_ok()).map(|(_, n)| n).sum()
    }

    pub(super) fn response(&self, which: Which) -> Histogram {
        which.join(&self.ok.response, &self.error.response)
    }

    pub(super) fn service(&self, which: Which) -> Histogram {
        which.join(&self.ok.service, &self.error.service)
    }

    /// The view of these totals, measured over `duration`.
    pub(super) fn view(&self, id: Option<EndpointId>, series: SeriesName, duration: Nanos) -> EndpointView {
        let count = self.count();
        EndpointView {
            id,
            series,
            count,
            errors: self.errors(),
            codes: self
                .codes
                .iter()
                .map(|(&(outcome, status), &count)| CodeCount { outcome, status, count })
                .collect(),
            duration,
            rate: (duration > Nanos::ZERO).then(|| count as f64 / duration.as_secs_f64()),
            response: LatencyView::of(&self.response(Which::All)),
            response_ok: LatencyView::of(&self.response(Which::Ok)),
            service: LatencyView::of(&self.service(Which::All)),
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            retries: self.retries,
            parts: self.parts,
        }
    }
}

/// Which requests' durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All that ended.
    All,
    /// Those that succeeded.
    Ok,
    /// Those that ended in an error.
    Error,
}

impl Which {
    fn join(self, ok: &Accumulator, error: &Accumulator) -> Histogram {
        let mut sum = Histogram::default();
        match self {
            Self::All => {
                ok.add_to(&mut sum);
                error.add_to(&mut sum);
            }
            Self::Ok => ok.add_to(&mut sum),
            Self::Error => error.add_to(&mut sum),
        }
        sum
    }
}

/// An endpoint's figures, or those of all endpoints together, in one phase.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointView {
    /// Which endpoint; `None` for all together.
    pub id: Option<EndpointId>,
    /// What it is called; all empty for all together.
    pub series: SeriesName,
    /// Requests that ended.
    pub count: u64,
    /// Of these, in an error.
    pub errors: u64,
    /// How often each outcome and status came, successes first; the sum is `count`.
    pub codes: Vec<CodeCount>,
    /// The time in which its scenario (for all together: any) was in the phase; what `rate` divides by.
    pub duration: Nanos,
    /// Requests ended per second of `duration`; `None` if there was none.
    pub rate: Option<f64>,
    /// From due to ended, all requests: what a user would feel.
    pub response: LatencyView,
    /// The same of those that succeeded.
    pub response_ok: LatencyView,
    /// From started to ended, all requests: what the server did.
    pub service: LatencyView,
    /// Bytes written.
    pub bytes_out: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Times that a request was sent again on a new connection.
    pub retries: u64,
    /// The parts of their time, in the order of [`Part::ALL`].
    pub parts: [PartSum; Part::ALL.len()],
}

impl EndpointView {
    /// A name for tables: `POST /checkout`.
    pub fn label(&self) -> String {
        self.series.label()
    }

    /// The share of requests that ended in an error; `None` if none ended.
    pub fn error_share(&self) -> Option<f64> {
        (self.count > 0).then(|| self.errors as f64 / self.count as f64)
    }

    /// Requests that were sent: only they have times.
    pub fn sent(&self) -> u64 {
        self.codes.iter().filter(|c| c.outcome.is_sent()).map(|c| c.count).sum()
    }

    /// Requests for which a complete response came, whatever it was worth.
    pub fn responses(&self) -> u64 {
        self.codes.iter().filter(|c| c.status != Status::NONE).map(|c| c.count).sum()
    }
}

/// How often an outcome came with a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeCount {
    /// How the requests ended.
    pub outcome: Outcome,
    /// The response's status.
    pub status: Status,
    /// How many.
    pub count: u64,
}

/// All errors of one kind and status in one phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorView {
    /// The phase in which the requests were due.
    pub phase: Phase,
    /// What went wrong.
    pub kind: ErrorKind,
    /// The status that came with it.
    pub status: Status,
    /// How many.
    pub count: u64,
    /// The second of the run in which it was first seen.
    pub first: u64,
    /// The second in which it was last seen.
    pub last: u64,
    /// Where, most frequent first.
    pub endpoints: Vec<(EndpointId, u64)>,
}

/// Errors by phase, kind and status. Bounded: kinds are a closed set and a shard folds statuses.
#[derive(Clone, Debug, Default)]
pub(super) struct Errors(BTreeMap<(Phase, ErrorKind, Status), ErrorTotals>);

#[derive(Clone, Debug)]
struct ErrorTotals {
    count: u64,
    first: u64,
    last: u64,
    endpoints: BTreeMap<EndpointId, u64>,
}

impl Errors {
    pub(super) fn add(&mut self, second: u64, cell: &CellSecond) {
        let Outcome::Error(kind) = cell.key.outcome else {
            return;
        };
        let fresh = ErrorTotals { count: 0, first: second, last: second, endpoints: BTreeMap::new() };
        let totals = self.0.entry((cell.key.phase, kind, cell.key.status)).or_insert(fresh);
        totals.count += cell.count();
        totals.last = second;
        *totals.endpoints.entry(cell.key.endpoint).or_default() += cell.count();
    }

    /// All of them, most frequent first.
    pub(super) fn views(&self) -> Vec<ErrorView> {
        let view = |(&(phase, kind, status), totals): (&(Phase, ErrorKind, Status), &ErrorTotals)| {
            let mut endpoints: Vec<_> = totals.endpoints.iter().map(|(id, n)| (*id, *n)).collect();
            endpoints.sort_by_key(|&(id, n)| (std::cmp::Reverse(n), id));
            let ErrorTotals { count, first, last, .. } = *totals;
            ErrorView { phase, kind, status, count, first, last, endpoints }
        };
        let mut views: Vec<_> = self.0.iter().map(view).collect();
        views.sort_by_key(|e| (std::cmp::Reverse(e.count), e.phase, e.kind, e.status));
        views
    }
}
