//! Values that are used where nothing can have saved them yet: warnings, for only the run can tell for sure.
//!
//! Every user has a memory of its own, so it is asked of each user class by itself. What any other action of the
//! class saves counts as saved before, and so does what is saved in one branch of several; what stands under a
//! condition is not looked at, for the condition may be about just that.

use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use brunt_workload::{
    Action, ActionOrder, Body, Journey, Login, Request, RequestId, Scenario, SlotId, Source, Step, Text,
    TextPart,
};
use std::collections::{BTreeMap, BTreeSet};

type Slots = BTreeSet<SlotId>;

/// What steps refer to by position.
#[derive(Clone, Copy)]
pub(super) struct Sent<'w> {
    pub(super) requests: &'w [Request],
    pub(super) logins: &'w [Login],
}

/// Warns once for each value, at the place where it is saved.
pub(super) fn warn(cx: &Cx<'_>, scenarios: &[Scenario], sent: Sent<'_>) {
    if cx.has_errors() {
        return;
    }
    let mut found: BTreeMap<SlotId, (String, String)> = BTreeMap::new();
    for class in scenarios.iter().flat_map(|s| &s.classes) {
        for (action, slots) in early(&class.journey, sent) {
            for slot in slots {
                found.entry(slot).or_insert_with(|| (action.to_owned(), class.name.clone()));
            }
        }
    }
    for (slot, (action, class)) in found {
        let name = cx.names().slot_name(slot);
        let d = Diagnostic::warning(
            &cx.names().span_of(name),
            format!("`{name}` is used before anything has saved it"),
        );
        let d = d.label(format!(
            "`{action}` of the users `{class}` uses it, and nothing that they do before saves it"
        ));
        cx.report(d.help(format!("save it earlier, or ask first: `if: {{saved: {name}}}`")));
    }
}

/// By action, what it uses too early.
fn early<'j>(journey: &'j Journey, sent: Sent<'_>) -> Vec<(&'j str, Slots)> {
    let mut out = Vec::new();
    let mut known = Slots::new();
    let look = |action: &'j Action, known: &mut Slots| {
        let mut missing = Slots::new();
        sent.steps(&action.steps, known, &mut missing);
        (action.name.as_str(), missing)
    };
    out.extend(journey.on_start.iter().map(|on_start| look(on_start, &mut known)));
    let saved: Vec<Slots> = journey.actions.iter().map(|action| sent.saved_by(&action.steps)).collect();
    // In how many actions each is saved: in any order, all but the action itself may have come before it.
    let mut counts: BTreeMap<SlotId, usize> = BTreeMap::new();
    saved.iter().flatten().for_each(|slot| *counts.entry(*slot).or_default() += 1);
    for (action, own) in journey.actions.iter().zip(&saved) {
        match journey.order {
            ActionOrder::InTurn => out.push(look(action, &mut known)),
            ActionOrder::Weighted(_) => {
                let (name, mut missing) = look(action, &mut known.clone());
                missing
                    .retain(|slot| counts.get(slot).copied().unwrap_or(0) <= usize::from(own.contains(slot)));
                out.push((name, missing));
            }
        }
    }
    if let Some(on_stop) = &journey.on_stop {
        known.extend(saved.iter().flatten());
        out.push(look(on_stop, &mut known));
    }
    out
}

impl Sent<'_> {
    fn request(&self, id: RequestId) -> Option<&Request> {
        usize::try_from(id.0).ok().and_then(|at| self.requests.get(at))
    }

    fn login(&self, request: &Request) -> Option<&Login> {
        request.login.and_then(|id| self.logins.get(usize::from(id.0)))
    }

    /// Walks the steps in order: what they use that is not `known` goes to `missing`, what they save to `known`.
    fn steps(&self, steps: &[Step], known: &mut Slots, missing: &mut Slots) {
        for step in steps {
            match step {
                Step::Request(id) => self.batch(&[*id], known, missing),
                Step::Batch { requests, .. } => self.batch(requests, known, missing),
                Step::Group { steps, .. } => self.steps(steps, known, missing),
                Step::Repeat { while_: None, steps, .. } => self.steps(steps, known, missing),
                Step::Choose { branches, .. } => {
                    let before = known.clone();
                    for branch in branches {
                        let mut here = before.clone();
                        self.steps(branch, &mut here, missing);
                        known.extend(here);
                    }
                }
                Step::Set { slot, value, plain: _ } => {
                    uses(value, known, missing);
                    known.insert(*slot);
                }
                Step::If { .. } | Step::Repeat { while_: Some(_), .. } => {
                    known.extend(self.saved_by(std::slice::from_ref(step)));
                }
                Step::Pause(_) | Step::Script(_) | Step::End(_) => {}
            }
        }
    }

    fn batch(&self, requests: &[RequestId], known: &mut Slots, missing: &mut Slots) {
        let requests = requests.iter().filter_map(|id| self.request(*id));
        let mut saved = Slots::new();
        for request in requests {
            for id in self.login(request).map(|l| l.requests.as_slice()).unwrap_or_default() {
                // A login's own requests need no login.
                if let Some(request) = self.request(*id) {
                    request_uses(request, known, missing);
                    known.extend(request.saves.iter().map(|s| s.slot));
                }
            }
            request_uses(request, known, missing);
            saved.extend(request.saves.iter().map(|s| s.slot));
        }
        known.extend(saved);
    }

    /// Everything that these steps may save.
    fn saved_by(&self, steps: &[Step]) -> Slots {
        let mut out = Slots::new();
        for step in steps {
            match step {
                Step::Request(id) => self.saved_by_requests(&[*id], &mut out),
                Step::Batch { requests, .. } => self.saved_by_requests(requests, &mut out),
                Step::Group { steps, .. } | Step::Repeat { steps, .. } => out.extend(self.saved_by(steps)),
                Step::If { then, otherwise, .. } => {
                    out.extend(self.saved_by(then));
                    out.extend(self.saved_by(otherwise));
                }
                Step::Choose { branches, .. } => branches.iter().for_each(|b| out.extend(self.saved_by(b))),
                Step::Set { slot, .. } => {
                    out.insert(*slot);
                }
                Step::Pause(_) | Step::Script(_) | Step::End(_) => {}
            }
        }
        out
    }

    fn saved_by_requests(&self, requests: &[RequestId], out: &mut Slots) {
        for request in requests.iter().filter_map(|id| self.request(*id)) {
            out.extend(request.saves.iter().map(|s| s.slot));
            out.extend(self.login(request).iter().flat_map(|l| &l.slots));
        }
    }
}

fn request_uses(request: &Request, known: &Slots, missing: &mut Slots) {
    uses(&request.target, known, missing);
    request.headers.iter().for_each(|(_, value)| uses(value, known, missing));
    match &request.body {
        Body::None | Body::Bytes(_) => {}
        Body::Text(text) => uses(text, known, missing),
    }
}

fn uses(text: &Text, known: &Slots, missing: &mut Slots) {
    for part in &text.parts {
        match part {
            TextPart::Literal(_) => {}
            TextPart::Dynamic { source, .. } => match source {
                Source::Saved { slot, .. } if !known.contains(slot) => {
                    missing.insert(*slot);
                }
                Source::Base64(inner) => uses(inner, known, missing),
                Source::Saved { .. } | Source::Generated(_) | Source::Cell { .. } | Source::Secret(_) => {}
            },
        }
    }
}
