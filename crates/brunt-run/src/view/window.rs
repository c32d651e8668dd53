//! The last seconds of a run, merged: what a person watching wants to know.

use super::facts::is_late;
use brunt_metrics::{EndpointId, ErrorKind, Histogram, Nanos, Outcome, Second, SparseHistogram, Status};
use std::collections::{BTreeMap, VecDeque};

/// How many seconds the window holds: long enough for a p99 at moderate rates, short enough to be "now".
pub const WINDOW_SECONDS: usize = 10;

/// The last [`WINDOW_SECONDS`] seconds, summed. All phases count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// How many seconds it holds.
    pub seconds: u64,
    /// Requests that ended.
    pub requests: u64,
    /// Of these, in an error.
    pub errors: u64,
    /// Iterations that schedules asked for.
    pub due: u64,
    /// Iterations begun.
    pub started: u64,
    /// Iterations dropped at the users' cap.
    pub dropped: u64,
    /// Response times of all requests.
    pub response: SparseHistogram,
    /// Service times of all requests.
    pub service: SparseHistogram,
    /// How late iterations were begun.
    pub lag: SparseHistogram,
    /// Errors by kind and status.
    pub by_kind: BTreeMap<(ErrorKind, Status), u64>,
    /// Endpoints that had a request, ascending.
    pub endpoints: Vec<WindowEndpoint>,
    /// The share of a processor that the busiest worker used in its busiest second, 0 to 1.
    pub busiest_worker: f64,
}

/// One endpoint in a [`Window`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowEndpoint {
    /// Which.
    pub endpoint: EndpointId,
    /// Requests that ended.
    pub requests: u64,
    /// Of these, in an error.
    pub errors: u64,
    /// Response times of all of them.
    pub response: SparseHistogram,
}

impl Window {
    /// Requests ended per second; `None` before the first second.
    pub fn request_rate(&self) -> Option<f64> {
        (self.seconds > 0).then(|| self.requests as f64 / self.seconds as f64)
    }

    /// Iterations begun per second; `None` before the first second.
    pub fn started_rate(&self) -> Option<f64> {
        (self.seconds > 0).then(|| self.started as f64 / self.seconds as f64)
    }

    /// Iterations due per second; `None` before the first second.
    pub fn due_rate(&self) -> Option<f64> {
        (self.seconds > 0).then(|| self.due as f64 / self.seconds as f64)
    }

    /// The share of requests that ended in an error; `None` if none ended.
    pub fn error_share(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.errors as f64 / self.requests as f64)
    }

    /// Whether brunt starts requests so late that it changes what is measured, by the rule of
    /// [`LATE_FLOOR`](super::LATE_FLOOR) and [`LATE_SHARE`](super::LATE_SHARE).
    pub fn is_late(&self) -> bool {
        let service = self.service.quantile(0.5).unwrap_or_default();
        self.lag.quantile(0.99).is_some_and(|lag| is_late(lag, service))
    }

    pub(super) fn of(seconds: &VecDeque<Second>) -> Self {
        let mut sum = Second::default();
        let mut window = Self { seconds: seconds.len() as u64, ..Self::default() };
        for second in seconds {
            sum.merge(second);
            let busiest = second.workers.iter().map(|w| w.cpu).max().unwrap_or_default();
            window.busiest_worker =
                window.busiest_worker.max(busiest.as_secs_f64() / Nanos::SECOND.as_secs_f64());
        }
        for s in &sum.scenarios {
            window.due += s.due;
            window.started += s.started;
            window.dropped += s.dropped;
        }
        let (mut response, mut service) = (Histogram::default(), Histogram::default());
        for cell in &sum.cells {
            let (key, count) = (cell.key, cell.count());
            response.add(cell.response_times());
            service.add(cell.service_times());
            let endpoint = match window.endpoints.last_mut() {
                Some(last) if last.endpoint == key.endpoint => last,
                Some(_) | None => {
                    window
                        .endpoints
                        .push(WindowEndpoint { endpoint: key.endpoint, ..WindowEndpoint::default() });
                    // Just pushed.
                    let at = window.endpoints.len() - 1;
                    &mut window.endpoints[at]
                }
            };
            endpoint.requests += count;
            endpoint.response.merge(cell.response_times());
            window.requests += count;
            if let Outcome::Error(kind) = key.outcome {
                endpoint.errors += count;
                window.errors += count;
                *window.by_kind.entry((kind, key.status)).or_default() += count;
            }
        }
        window.response = response.drain();
        window.service = service.drain();
        window.lag = sum.lag;
        window
    }
}
