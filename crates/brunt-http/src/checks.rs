//! Holding a response against its checks.

use crate::exchange::{Reply, Wants};
use crate::http1::KeepHead;
use brunt_metrics::Nanos;
use brunt_workload::{CheckRule, Request, Workload};

/// What must be kept of the response to `request`.
pub(crate) fn wants(request: &Request, workload: &Workload) -> Wants {
    let rules = || request.checks.iter().map(|id| &workload.checks[id.0 as usize].rule);
    let body = rules().any(CheckRule::needs_body);
    let header = rules().any(|rule| matches!(rule, CheckRule::Header { .. }));
    Wants {
        head_request: request.method == "HEAD",
        keep_head: if body || header { KeepHead::Always } else { KeepHead::IfStateful },
        body_limit: body.then_some(workload.target.max_kept_body),
    }
}

/// Whether `reply` satisfies `rule`; `body` is the decoded one, `service` the request's service time.
pub(crate) fn holds(rule: &CheckRule, reply: &Reply, body: &[u8], service: Nanos) -> bool {
    match rule {
        CheckRule::Status(ranges) => ranges.iter().any(|(low, high)| (*low..=*high).contains(&reply.status)),
        CheckRule::BodyContains(needle) => contains(body, needle),
        CheckRule::Header { name, contains } => reply.headers.as_ref().is_some_and(|headers| {
            let mut values = headers.get_all(name).iter();
            match contains {
                None => values.next().is_some(),
                Some(text) => values.any(|v| v.to_str().is_ok_and(|v| v.contains(text))),
            }
        }),
        CheckRule::BodySize { min, max } => (*min..=*max).contains(&reply.body_bytes),
        CheckRule::MaxTime(limit) => service <= *limit,
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || haystack.windows(needle.len()).any(|w| w == needle)
}
