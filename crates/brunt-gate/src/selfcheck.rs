//! Do the figures of a run agree with each other? A difference is a fault of brunt, or lost requests.
//!
//! * **Little's law**: the time that requests spent in flight, integrated over the run, is the sum of their
//!   service times. Two counters that are kept apart; requests still in flight at the end have spent time
//!   that no histogram knows, at most the run's length each. (Little 1961: L = λW, both sides times T.)
//! * **Conservation of iterations**: due = started + dropped; started = completed + failed + cut.
//! * **Conservation of requests**: started = ended + in flight at the end.
//! * **Sums**: every histogram adds up to its count, endpoints add up to the total.
//! * **Order**: percentiles rise with their rank between minimum and maximum; response is never shorter
//!   than service on the mean.
//!
//! What is still under way cannot balance: the ends are checked only once the run is finished. After a cut
//! or the loss of a worker, iterations and requests may be missing and only an excess is wrong.

use crate::Bearing::Invalidates;
use crate::Reason;
use brunt_metrics::{Nanos, Phase};
use brunt_run::{EndpointView, LatencyView, RunView, StopReason};

/// By how much the two sides of Little's law may differ, as a share of the larger.
pub const LITTLE_TOLERANCE: f64 = 0.02;

/// A difference below this is nothing even in the shortest run: one timer's granularity.
const LITTLE_FLOOR: Nanos = Nanos::from_millis(1);

/// The checks that do not hold; empty when all do.
pub fn self_checks(view: &RunView) -> Vec<Reason> {
    let mut broken = Vec::new();
    broken.extend(little(view));
    broken.extend(iterations(view));
    broken.extend(requests(view));
    broken.extend(sums(view));
    broken.extend(order(view));
    broken
}

fn broken(id: &'static str, text: &str) -> Reason {
    Reason::new(Invalidates, id, format!("self-check failed: {text}"))
}

fn little(view: &RunView) -> Option<Reason> {
    let finish = view.finish()?;
    let in_flight = view.sums().in_flight_time.as_secs_f64();
    let service = view.sums().service_ns as f64 / 1e9;
    let unfinished = finish.in_flight as f64 * view.elapsed().as_secs_f64();
    let allowed = (LITTLE_TOLERANCE * in_flight.max(service)).max(LITTLE_FLOOR.as_secs_f64());
    let difference = in_flight - service;
    (difference < -allowed || difference > allowed + unfinished).then(|| {
        let text = format!(
            "requests were in flight for {in_flight:.3} s in all, but their service times add up to {service:.3} s"
        );
        broken("little", &text)
    })
}

fn may_be_incomplete(reason: StopReason) -> bool {
    match reason {
        StopReason::Cut | StopReason::WorkerLost => true,
        StopReason::Completed | StopReason::StoppedEarly => false,
    }
}

fn iterations(view: &RunView) -> Option<Reason> {
    let finish = view.finish()?;
    for (id, scenario) in view.scenarios() {
        let c = &scenario.counts;
        let name = view.header().and_then(|h| h.scenarios.get(usize::from(id.0)));
        let name = name.map_or_else(|| format!("(scenario {})", id.0), |s| s.name.clone());
        if c.due != c.started + c.dropped {
            let (due, started, dropped) = (c.due, c.started, c.dropped);
            let text =
                format!("`{name}` had {due} iterations due, but {started} started and {dropped} dropped");
            return Some(broken("conservation-iterations", &text));
        }
        let ended = c.completed + c.failed + c.cut;
        if ended > c.started || (ended < c.started && !may_be_incomplete(finish.reason)) {
            let text = format!("`{name}` started {} iterations, but {ended} ended", c.started);
            return Some(broken("conservation-iterations", &text));
        }
    }
    None
}

fn requests(view: &RunView) -> Option<Reason> {
    let finish = view.finish()?;
    let sums = view.sums();
    (sums.requests_started != sums.requests_ended + finish.in_flight).then(|| {
        let (started, ended, left) = (sums.requests_started, sums.requests_ended, finish.in_flight);
        let text =
            format!("{started} requests started, but {ended} ended and {left} were in flight at the end");
        broken("conservation-requests", &text)
    })
}

fn sums(view: &RunView) -> Option<Reason> {
    let cells = view.sums().broken_cells;
    if cells > 0 {
        return Some(broken("sums", &format!("{cells} histograms do not add up to their count")));
    }
    for phase in [Phase::WarmUp, Phase::Load, Phase::CoolDown] {
        let total = view.total(phase);
        let endpoints = view.endpoints(phase);
        let (count, errors) = endpoints.iter().fold((0, 0), |(c, e), v| (c + v.count, e + v.errors));
        if count != total.count || errors != total.errors {
            let text = format!(
                "endpoints add up to {count} requests in {}, the total is {}",
                phase.name(),
                total.count
            );
            return Some(broken("sums", &text));
        }
        // What was never sent is counted and has no time.
        let (sent, timed) = (total.sent(), [total.response.count, total.service.count]);
        if timed.iter().any(|n| *n != sent) {
            let text = format!("{sent} requests were sent in {}, {timed:?} have times", phase.name());
            return Some(broken("sums", &text));
        }
    }
    None
}

fn order(view: &RunView) -> Option<Reason> {
    let total = view.total(Phase::Load);
    let endpoints = view.endpoints(Phase::Load);
    let disordered =
        |e: &&EndpointView| !rises(&e.response) || !rises(&e.service) || e.response.mean < e.service.mean;
    let wrong = endpoints.iter().chain([&total]).find(disordered)?;
    let name = if wrong.id.is_some() { wrong.label() } else { "all endpoints".into() };
    Some(broken("order", &format!("the percentiles of {name} are out of order")))
}

fn rises(latency: &LatencyView) -> bool {
    let l = latency;
    let ranks = [l.min, l.p50, l.p75, l.p90, l.p95, l.p99, l.p999, l.max];
    ranks.is_sorted() && l.min <= l.mean && l.mean <= l.max
}
