//! The order of scenarios: each after the one that it waits for.

use super::scenario::{Draft, Drafted};
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use brunt_metrics::ScenarioId;
use brunt_workload::{Scenario, StartAt};

/// Scenarios after those that they wait for, else in the order of the plan. Those that are left out are gone; what
/// waited for one waits for what that one waited for.
pub(super) fn in_order(cx: &Cx<'_>, mut drafts: Vec<Draft<'_>>) -> Option<Vec<Scenario>> {
    let names: Vec<&str> = drafts.iter().map(|d| d.name).collect();
    let mut waits: Vec<Option<usize>> = Vec::new();
    for draft in &drafts {
        let at = draft.after.as_ref().map(|(name, span)| {
            let at = names.iter().position(|n| n == name);
            if at.is_none() {
                let others = names.iter().copied().filter(|n| *n != draft.name);
                cx.report(Cx::unknown("scenario", name, span, others).label("`scenarios` does not have it"));
            }
            at
        });
        waits.push(at.flatten());
    }
    report_cycles(cx, &drafts, &waits);
    pass_over_left_out(&mut drafts, &mut waits);
    let mut ids: Vec<Option<ScenarioId>> = vec![None; drafts.len()];
    let mut out = Vec::new();
    let mut left: Vec<Option<Draft<'_>>> = drafts
        .into_iter()
        .map(|draft| match draft.drafted {
            Drafted::LeftOut => None,
            Drafted::Ready(_) | Drafted::Broken => Some(draft),
        })
        .collect();
    while left.iter().any(Option::is_some) {
        // The first that waits for nothing, or for one that is placed already.
        let ready =
            (0..left.len()).find(|i| left[*i].is_some() && waits[*i].is_none_or(|w| ids[w].is_some()))?;
        let draft = left[ready].take()?;
        let Drafted::Ready(mut scenario) = draft.drafted else { return None };
        scenario.start = match waits[ready].and_then(|w| ids[w]) {
            Some(scenario) => StartAt::After { scenario, delay: draft.delay },
            None => StartAt::Offset(draft.offset),
        };
        ids[ready] = u16::try_from(out.len()).ok().map(ScenarioId);
        out.push(*scenario);
    }
    Some(out)
}

fn pass_over_left_out(drafts: &mut [Draft<'_>], waits: &mut [Option<usize>]) {
    for at in 0..drafts.len() {
        // At most so many steps: scenarios may wait for each other, which was complained about.
        for _ in 0..drafts.len() {
            let Some(before) = waits[at].filter(|w| matches!(drafts[*w].drafted, Drafted::LeftOut)) else {
                break;
            };
            let delay = drafts[at].delay;
            waits[at] = waits[before];
            match waits[before] {
                Some(_) => drafts[at].delay = drafts[before].delay + delay,
                None => drafts[at].offset = drafts[before].offset + delay,
            }
        }
    }
}

fn report_cycles(cx: &Cx<'_>, drafts: &[Draft<'_>], waits: &[Option<usize>]) {
    for start in 0..drafts.len() {
        let mut path = vec![start];
        let mut at = waits[start];
        while let Some(next) = at.filter(|next| !path.contains(next)) {
            path.push(next);
            at = waits[next];
        }
        // A cycle is told once, at its first scenario.
        if at == Some(start)
            && path.iter().all(|p| *p >= start)
            && let Some((_, span)) = &drafts[start].after
        {
            path.push(start);
            let names: Vec<String> = path.iter().map(|p| format!("`{}`", drafts[*p].name)).collect();
            let d = Diagnostic::error(span, "scenarios wait for each other");
            cx.report(d.label(names.join(" after ")).help("let one of them start by itself"));
        }
    }
}
