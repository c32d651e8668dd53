//! Was brunt itself the limit? The generator is a suspect, and these are the rules it is tried by.
//!
//! | Rule | Seconds that count | Too many |
//! |---|---|---|
//! | lag | lag p99 > max(1 ms, 5 % of the median service time) | > 5 % |
//! | processor | a worker's thread > 90 % of a processor, **and** lag grows over the run | > 10 % |
//! | stalls | a worker's event loop > max(20 ms, 10 % of the median service time) late | > 5 % |
//! | local limits | a request failed because this machine had no port or descriptor left | any |
//!
//! The limits of a single second are constants of `brunt_run` ([`LATE_FLOOR`] and its neighbours); here
//! stands how many are too many. Noise is not a limit: a rule that counts seconds needs at least
//! [`MIN_SECONDS`] of them (all of them in a shorter run, in which more than 5 % of the requests must be late as
//! well). A p99 needs a hundred values: slow seconds are judged together until they have them.
//!
//! A busy processor alone is no fault: a closed loop without pauses goes as fast as its worker can, and its
//! times stay true as long as nothing comes late. It is said, since the throughput may then be brunt's own.
//! Time stolen by a hypervisor, a control group's quota or other processes is named as the cause where it
//! was seen. Arrivals dropped at the users' cap are not judged here: without lag they are the target's
//! back-pressure, not brunt's fault.

use crate::Bearing::{Invalidates, Note};
use crate::Reason;
use crate::reason::percent;
use brunt_metrics::ErrorKind;
use brunt_run::{HealthFacts, LATE_FLOOR, LATE_VALUES, RunView};
use std::fmt::Write as _;

/// The share of seconds that may be late.
pub const LATE_SECONDS: f64 = 0.05;
/// The share of seconds in which a worker may be hot while lag grows.
pub const HOT_SECONDS: f64 = 0.10;
/// The share of seconds in which an event loop may stall.
pub const STALLED_SECONDS: f64 = 0.05;
/// The share of seconds with a cause from outside that is worth naming.
const DISTURBED_SECONDS: f64 = 0.05;
/// The fewest seconds that make a rule: one or two are a hiccup of the machine.
pub const MIN_SECONDS: u64 = 3;
/// The share of the descriptors' limit above which it is worth a note.
const FILES_NEAR_LIMIT: f64 = 0.90;

/// What there is to say about the generator so far. Reasons that invalidate come first; without one, the
/// generator was not the limit.
pub fn health(view: &RunView) -> Vec<Reason> {
    let facts = view.facts();
    let mut reasons = Vec::new();
    reasons.extend(local_limits(view));
    reasons.extend(lag(facts));
    reasons.extend(processor(facts));
    reasons.extend(stalls(facts));
    let trusted = facts.healthy_requests_max;
    if let Some(limit) = reasons.iter_mut().find(|r| r.bearing == Invalidates && trusted > 0) {
        let _ = write!(limit.text, "; the highest rate of a healthy second was {trusted} requests/s");
    }
    reasons.extend(disturbances(facts));
    reasons.extend(notes(view));
    reasons.sort_by_key(|r| r.bearing);
    reasons
}

/// Whether `count` of the judged seconds is more than `share` of them, and more than a hiccup.
fn too_many(count: u64, judged: u64, share: f64) -> bool {
    count as f64 > share * judged as f64 && count >= MIN_SECONDS.min(judged)
}

fn local_limits(view: &RunView) -> Option<Reason> {
    let errors = view.errors();
    let count: u64 = errors.iter().filter(|e| e.kind == ErrorKind::LocalLimit).map(|e| e.count).sum();
    let detail = view.words_of(ErrorKind::LocalLimit);
    let detail = detail.map(|d| format!(" ({})", d.text)).unwrap_or_default();
    (count > 0).then(|| {
        let text = format!(
            "{count} requests failed because this machine had no port or file descriptor left{detail}: \
             use fewer connections, keep them alive, or raise the limit"
        );
        Reason::new(Invalidates, "local-limit", text)
    })
}

fn lag(facts: &HealthFacts) -> Option<Reason> {
    let (late, values) = (facts.late_values, facts.lag_values);
    if values < LATE_VALUES && late * 2 > values {
        let text = format!(
            "{late} of {values} requests were sent late (above {LATE_FLOOR} and 5 % of the service time)"
        );
        return Some(Reason::new(Invalidates, "generator-lag", text));
    }
    // In a run of a second or two, one hiccup is a large share of the seconds: the requests must say it too.
    let few = facts.judged < MIN_SECONDS && late as f64 <= LATE_SECONDS * values as f64;
    (too_many(facts.late, facts.judged, LATE_SECONDS) && !few).then(|| {
        let text = format!(
            "requests were sent late in {} of seconds (lag p99 up to {}, above {LATE_FLOOR} and 5 % of the \
             service time)",
            percent(facts.late, facts.judged),
            facts.lag_p99_max,
        );
        Reason::new(Invalidates, "generator-lag", text)
    })
}

fn processor(facts: &HealthFacts) -> Option<Reason> {
    if !too_many(facts.hot, facts.judged, HOT_SECONDS) {
        return None;
    }
    let hot = percent(facts.hot, facts.judged);
    let growth = facts.lag_growth().filter(|growth| *growth > LATE_FLOOR);
    Some(match growth {
        Some(growth) => Reason::new(
            Invalidates,
            "generator-cpu",
            format!("a worker used over 90 % of a processor in {hot} of seconds while lag grew by {growth}"),
        ),
        None => Reason::new(
            Note,
            "generator-cpu",
            format!(
                "a worker used over 90 % of a processor in {hot} of seconds; times are not affected, but the \
                 throughput may be brunt's own limit: more workers could go further"
            ),
        ),
    })
}

fn stalls(facts: &HealthFacts) -> Option<Reason> {
    too_many(facts.stalled, facts.judged, STALLED_SECONDS).then(|| {
        let text = format!(
            "brunt's event loop stalled in {} of seconds (up to {}): answers were noticed late",
            percent(facts.stalled, facts.judged),
            facts.stall_max,
        );
        Reason::new(Invalidates, "generator-stall", text)
    })
}

/// What others did to this machine.
fn disturbances(facts: &HealthFacts) -> Vec<Reason> {
    let causes = [
        (facts.stolen, "cause-steal", "a hypervisor took processor time from this machine"),
        (facts.throttled, "cause-throttled", "a control group's quota stopped brunt"),
        (facts.pressed, "cause-pressure", "tasks of this machine waited for a processor"),
    ];
    let frequent = causes.into_iter().filter(|(n, ..)| too_many(*n, facts.judged, DISTURBED_SECONDS));
    let reason =
        |(n, id, what)| Reason::new(Note, id, format!("{what} in {} of seconds", percent(n, facts.judged)));
    frequent.map(reason).collect()
}

fn notes(view: &RunView) -> Vec<Reason> {
    let mut notes = Vec::new();
    if let Some(host) = view.host() {
        if host.target_is_local {
            let text = "the target runs on this machine: both share its processors";
            notes.push(Reason::new(Note, "target-is-local", text));
        }
        if let (Some(open), Some(limit)) = (view.host_peaks().open_files, host.open_files_limit)
            && open as f64 > FILES_NEAR_LIMIT * limit as f64
        {
            let text = format!(
                "up to {open} of {limit} file descriptors were open: raise the limit before more load"
            );
            notes.push(Reason::new(Note, "open-files", text));
        }
    }
    let lost = view.facts().rows_lost;
    if lost > 0 {
        let text = format!("{lost} rows of the request log are missing: the disk could not follow");
        notes.push(Reason::new(Note, "rows-lost", text));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hiccup_is_not_a_limit() {
        for (count, judged, expected) in [
            (0, 0, false),
            (1, 1, true),
            (1, 2, false),
            (2, 20, false),
            (3, 20, true),
            (3, 60, false),
            (4, 60, true),
        ] {
            assert_eq!(too_many(count, judged, LATE_SECONDS), expected, "{count} of {judged}");
        }
    }
}
