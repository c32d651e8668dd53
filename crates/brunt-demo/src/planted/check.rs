//! What can be wrong with the values of a planted fault.

use std::time::Duration;

use super::{Errors, Kind, Leak, Place, Planted, RateLimit, Slow};
use crate::mock::Pattern;

/// The most places of a pool: as many as there are connections on a large machine.
const MOST_PLACES: usize = 100_000;

/// Work is not stretched further than this; a slip of the pen otherwise.
const MOST_FACTOR: f64 = 1_000.0;

impl Planted {
    /// What is wrong with its values, a sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut found = place_problems(&self.place);
        match &self.kind {
            Kind::Slow(slow) => found.extend(slow_problems(slow)),
            Kind::Tail(tail) => {
                found.extend(zero_problem("mean", Some(tail.mean)));
                found.extend(part_problem("a tail", self.place.share));
            }
            Kind::Bimodal(bimodal) => {
                found.extend(zero_problem("mode", Some(bimodal.mode)));
                found.extend(part_problem("a second mode", self.place.share));
            }
            Kind::Errors(errors) => found.extend(errors_problems(errors)),
            Kind::Leak(leak) => found.extend(leak_problems(leak)),
            Kind::Lock(lock) => found.extend(zero_problem("hold", Some(lock.hold))),
            Kind::Pool(pool) => {
                if !(1..=MOST_PLACES).contains(&pool.size) {
                    found.push(format!("`size` is {}, which is not between 1 and {MOST_PLACES}", pool.size));
                }
            }
            Kind::RateLimit(RateLimit { burst, rate: _ }) => {
                if *burst == Some(0) {
                    found.push("`burst` is 0, so that nothing would ever be served".to_owned());
                }
            }
            Kind::Outage(_) => {
                if self.place.from.is_none() || self.place.to.is_none() {
                    found.push("`from` and `to` are needed: when the outage begins and ends".to_owned());
                }
            }
            Kind::Close(_) => {}
            Kind::Stall(stall) => found.extend(rhythm_problem(Some(stall.every), Some(stall.lasts))),
            Kind::Uneven(uneven) => {
                if uneven.weights.iter().all(|weight| *weight == 0) {
                    found.push("`weights` must have one above 0, e.g. 8/1/1".to_owned());
                }
            }
            Kind::ColdCache(cold) => found.extend(zero_problem("for", cold.lasts)),
        }
        found
    }
}

fn place_problems(place: &Place) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(place.path.as_deref().and_then(path_problem));
    let method = place.method.as_ref().filter(|method| !is_method(method));
    found.extend(method.map(|method| format!("`method` is `{method}`; write e.g. GET or POST")));
    if !(place.share > 0.0 && place.share <= 1.0) {
        found.push(format!("`share` is {}, which is not above 0 and up to 1", place.share));
    }
    if place.to.is_some_and(|to| to <= place.from.unwrap_or_default()) {
        let from = if place.from.is_some() { "`from`" } else { "0s" };
        found.push(format!("`to` must be later than {from}"));
    }
    found
}

fn slow_problems(slow: &Slow) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(zero_problem("extra", slow.extra));
    match slow.factor {
        Some(factor) if !(factor > 0.0 && factor <= MOST_FACTOR) => {
            found.push(format!("`factor` is {factor}, which is not above 0 and up to {MOST_FACTOR}"));
        }
        Some(factor) if factor.to_bits() == 1.0_f64.to_bits() => {
            found.push("`factor` is 1, which changes nothing".to_owned());
        }
        None if slow.extra.is_none() => found.push("`extra` or `factor` is needed".to_owned()),
        Some(_) | None => {}
    }
    found
}

fn errors_problems(errors: &Errors) -> Vec<String> {
    let mut found = Vec::new();
    if !(400..=599).contains(&errors.status) {
        found.push(format!("`status` is {}, which is not between 400 and 599", errors.status));
    }
    found.extend(rhythm_problem(errors.every, errors.lasts));
    found
}

fn leak_problems(leak: &Leak) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(zero_problem("per_1000", leak.per_1000));
    found.extend(zero_problem("per_minute", leak.per_minute));
    if leak.per_1000.is_none() && leak.per_minute.is_none() {
        found.push("`per_1000` or `per_minute` is needed".to_owned());
    }
    found
}

fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn path_problem(path: &str) -> Option<String> {
    Pattern::parse(path.strip_suffix("/*").filter(|rest| !rest.is_empty()).unwrap_or(path))
        .err()
        .map(|problem| format!("`path`: {problem}"))
}

/// What all requests do is no part of them.
fn part_problem(what: &str, share: f64) -> Option<String> {
    (share >= 1.0).then(|| format!("{what} needs a `share` below 1, e.g. share=0.1"))
}

fn zero_problem(key: &str, value: Option<Duration>) -> Option<String> {
    (value == Some(Duration::ZERO)).then(|| format!("`{key}` is 0, which changes nothing"))
}

fn rhythm_problem(every: Option<Duration>, lasts: Option<Duration>) -> Option<String> {
    match (every, lasts) {
        (None, None) => None,
        (Some(every), Some(lasts)) if lasts < every && lasts > Duration::ZERO => None,
        (Some(_), Some(_)) => Some("`for` must be above 0 and shorter than `every`".to_owned()),
        (Some(_), None) => Some("`every` needs `for`, which says how long it lasts".to_owned()),
        (None, Some(_)) => Some("`for` needs `every`, the time from one to the next".to_owned()),
    }
}
