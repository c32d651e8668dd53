//! What can be wrong with the values of a planted fault.

use std::time::Duration;

use super::Planted;
use crate::mock::Pattern;

impl Planted {
    /// What is wrong with its values, a sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(place) = self.place() {
            found.extend(place.path.as_deref().and_then(path_problem));
            let method = place.method.filter(|method| !is_method(method));
            found.extend(method.map(|method| format!("`method` is `{method}`; write e.g. GET or POST")));
        }
        match self {
            Self::Slow(slow) => {
                found.extend(share_problem(slow.share));
                found.extend(zero_problem("extra", Some(slow.extra)));
            }
            Self::Errors(errors) => {
                found.extend(share_problem(errors.share));
                if !(400..=599).contains(&errors.status) {
                    found.push(format!("`status` is {}, which is not between 400 and 599", errors.status));
                }
                found.extend(burst_problem(errors.every, errors.lasts));
            }
            Self::Leak(leak) => {
                found.extend(zero_problem("per_1000", leak.per_1000));
                found.extend(zero_problem("per_minute", leak.per_minute));
                if leak.per_1000.is_none() && leak.per_minute.is_none() {
                    found.push("`per_1000` or `per_minute` is needed".to_owned());
                }
            }
            Self::Lock(lock) => {
                found.extend(share_problem(lock.share));
                found.extend(zero_problem("hold", Some(lock.hold)));
            }
            Self::Uneven(uneven) => {
                if uneven.weights.iter().all(|weight| *weight == 0) {
                    found.push("`weights` must have one above 0, e.g. 8/1/1".to_owned());
                }
            }
            Self::ColdCache(cold) => found.extend(zero_problem("for", cold.lasts)),
        }
        found
    }
}

fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn path_problem(path: &str) -> Option<String> {
    Pattern::parse(path.strip_suffix("/*").filter(|rest| !rest.is_empty()).unwrap_or(path))
        .err()
        .map(|problem| format!("`path`: {problem}"))
}

fn share_problem(share: f64) -> Option<String> {
    let fits = share > 0.0 && share <= 1.0;
    (!fits).then(|| format!("`share` is {share}, which is not above 0 and up to 1"))
}

fn zero_problem(key: &str, value: Option<Duration>) -> Option<String> {
    (value == Some(Duration::ZERO)).then(|| format!("`{key}` is 0, which changes nothing"))
}

fn burst_problem(every: Option<Duration>, lasts: Option<Duration>) -> Option<String> {
    match (every, lasts) {
        (None, None) => None,
        (Some(every), Some(lasts)) if lasts < every && lasts > Duration::ZERO => None,
        (Some(_), Some(_)) => Some("`for` must be above 0 and shorter than `every`".to_owned()),
        (Some(_), None) => Some("`every` needs `for`, the length of a burst".to_owned()),
        (None, Some(_)) => Some("`for` needs `every`, the time from burst to burst".to_owned()),
    }
}
