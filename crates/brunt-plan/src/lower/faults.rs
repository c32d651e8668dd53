//! Faults that clients make on purpose.

use super::tables::Tables;
use super::weight::share;
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::{FAULTS, RETRIES, SLOW_SEND};
use crate::tree::{Node, Value};
use brunt_metrics::{EndpointId, EndpointKind};
use brunt_workload::{Endpoint, Fault, FaultKind, FaultMix, FaultMixId, Scenario};

/// The action that faulty requests are counted under.
const ACTION: &str = "(injected)";

/// The most mixes of a plan.
const MAX_MIXES: usize = 1_000;

/// All mixes of a plan; requests of one mix share it.
#[derive(Debug, Default)]
pub(super) struct FaultMixes {
    mixes: Vec<FaultMix>,
}

impl FaultMixes {
    /// The field `faults`: nothing for `none`, and for what was complained about.
    pub(super) fn read(&mut self, cx: &Cx<'_>, node: &Node) -> Option<FaultMixId> {
        if node.as_str() == Some("none") {
            return None;
        }
        if !matches!(node.value, Value::Map(_)) {
            let d = Diagnostic::error(
                &node.span,
                format!("expected `none` or a map of faults, found {}", node.found()),
            );
            cx.report(d.help("write e.g. `faults: {abort: 1%}`"));
            return None;
        }
        let mix = mix(cx, node)?;
        let at = self.mixes.iter().position(|m| *m == mix).unwrap_or_else(|| {
            self.mixes.push(mix);
            self.mixes.len() - 1
        });
        if at == MAX_MIXES {
            cx.report(Diagnostic::error(
                &node.span,
                format!("the plan has more than {MAX_MIXES} different `faults`"),
            ));
        }
        u16::try_from(at).ok().map(FaultMixId)
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.mixes.is_empty()
    }

    /// The workload's table, with an endpoint for each kind in each scenario that has it.
    pub(super) fn into_table(self, tables: &mut Tables, scenarios: &[Scenario]) -> Vec<FaultMix> {
        let used = tables.faulty();
        let of_kind = |kind: FaultKind, at: usize, tables: &mut Tables| -> Vec<EndpointId> {
            let is_used = |s: &&Scenario| {
                used.contains(&(FaultMixId(u16::try_from(at).unwrap_or(u16::MAX)), s.name.clone()))
            };
            let mut endpoint = |scenario: &Scenario| {
                tables.endpoint(Endpoint {
                    scenario: scenario.name.clone(),
                    action: ACTION.to_owned(),
                    method: "*".to_owned(),
                    name: kind.name().to_owned(),
                    kind: EndpointKind::Injected,
                    tags: Vec::new(),
                })
            };
            // Scenarios without such requests have no row of their own; their place in the list is never looked at.
            let Some(first) = scenarios.iter().find(is_used).map(&mut endpoint) else {
                return vec![EndpointId(0); scenarios.len()];
            };
            scenarios.iter().map(|s| if is_used(&s) { endpoint(s) } else { first }).collect()
        };
        let mixes = self.mixes.into_iter().enumerate();
        mixes
            .map(|(at, mix)| {
                let faults = mix.faults.into_iter();
                let faults = faults.map(|f| Fault { endpoints: of_kind(f.kind, at, tables), ..f });
                FaultMix { faults: faults.collect() }
            })
            .collect()
    }
}

fn mix(cx: &Cx<'_>, node: &Node) -> Option<FaultMix> {
    let fields = Fields::of(cx, node, &FAULTS)?;
    let mut faults = Vec::new();
    let mut add = |kind, share: Option<f64>| {
        faults.extend(share.filter(|s| *s > 0.0).map(|share| Fault { kind, share, endpoints: Vec::new() }));
    };
    add(FaultKind::Abort, fields.get("abort").and_then(|node| share(cx, "abort", node)));
    if let Some(slow) = fields.get("slow_send").and_then(|node| Fields::of(cx, node, &SLOW_SEND)) {
        for field in ["share", "over"] {
            slow.missing(field);
        }
        let over = slow.positive_duration("over", "that would not be slow");
        let part = slow.get("share").and_then(|node| share(cx, "share", node));
        if let Some(over) = over {
            add(FaultKind::SlowSend(over), part);
        }
    }
    add(FaultKind::MalformedBody, fields.get("malformed").and_then(|node| share(cx, "malformed", node)));
    if let Some(retries) = fields.get("retries").and_then(|node| Fields::of(cx, node, &RETRIES)) {
        for field in ["share", "times"] {
            retries.missing(field);
        }
        let times = retries.int("times", "nothing would be sent again").and_then(|n| u16::try_from(n).ok());
        let part = retries.get("share").and_then(|node| share(cx, "share", node));
        if let Some(times) = times {
            add(FaultKind::Retries(times), part);
        }
    }
    let sum: f64 = faults.iter().map(|f| f.share).sum();
    // Shares are decimal fractions: their sum may be off by rounding.
    if sum > 1.0 + 1e-9 {
        let d =
            Diagnostic::error(&node.span, format!("the shares of `faults` add up to {:.1}%", sum * 100.0));
        cx.report(d.label("a request has one fault at most").help("let them add up to 100% at most"));
    }
    if faults.is_empty() {
        if fields.given().next().is_none() && !fields.has_unknown() {
            let d = Diagnostic::error(&node.span, "`faults` is empty");
            cx.report(d.help("write e.g. `faults: {abort: 1%}`, or `faults: none`"));
        }
        return None;
    }
    Some(FaultMix { faults })
}
