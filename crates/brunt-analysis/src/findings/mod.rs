//! What a run shows about its target: claims with evidence, ranked by what they cost users.
//!
//! [`findings`] is a pure function of a [`Course`] and of [`Rules`]. It holds what can be seen from the outside, second
//! by second; what cannot be told from that is left out or said to be a limit, and never guessed.
//!
//! A detector is a function from the facts of a run (`facts.rs`) to drafts; `kind.rs` says which kinds are coarser views of
//! which. Start with [`findings`], then [`Finding`].

mod finding;

mod rules;

mod own;

mod kind;

mod draft;

mod facts;

mod numbers;

mod generator;

mod limits;

mod queueing;

mod recovery;

mod failures;

mod endpoints;

mod trends;

mod stalls;

mod shapes;

mod tallies;

mod connections;

mod drivers;

mod anomalies;

pub use finding::{Confidence, Cost, Evidence, Figure, Finding, Number, Seconds, Severity};
pub use rules::{Rules, RulesError};

use crate::Course;
use brunt_run::Summary;
use draft::Draft;
use facts::Facts;
use kind::Kind;
use own::Measured;

/// A finding that costs so much or more is grave.
const HIGH: f64 = 0.25;
/// One that costs so much is noticed.
const MEDIUM: f64 = 0.05;
/// One that costs less is only good to know.
const LOW: f64 = 0.005;

/// What the run shows, the most expensive first; generator limits before all else, and findings that are part of
/// another one after those that are not.
///
/// If the generator was the limit, all that is said about the target is marked as not reliable.
pub fn findings(course: &Course, rules: &Rules) -> Vec<Finding> {
    let facts = Facts::new(course);
    if facts.points.is_empty() {
        return Vec::new();
    }
    let mut drafts: Vec<Draft> = generator::detect(&facts, rules).into_iter().collect();
    let reliable = drafts.is_empty();
    drafts.extend(limits::detect(&facts, rules));
    drafts.extend(recovery::detect(&facts, rules));
    drafts.extend(failures::detect(&facts, rules));
    drafts.extend(endpoints::detect(&facts, rules));
    drafts.extend(trends::detect(&facts, rules));
    drafts.extend(stalls::detect(&facts, rules));
    drafts.extend(shapes::detect(&facts, rules));
    drafts.extend(tallies::detect(&facts, rules));
    drafts.extend(connections::detect(&facts, rules));
    drafts.extend(drivers::detect(&facts, rules));
    drafts.extend(anomalies::detect(&facts, rules));
    drafts.retain(|d| rules.is_on(d.kind));
    drafts.extend(rules.own.iter().filter_map(|r| r.detect(Measured::Seconds(&facts))));
    ranked(drafts, rules, reliable)
}

/// What totals alone show, for sources without a course over time: endpoints that dominate, and rules. What needs seconds is
/// not looked for, and whether the generator was the limit cannot be told.
pub fn findings_of_totals(summary: &Summary, rules: &Rules) -> Vec<Finding> {
    let mut drafts = endpoints::of_totals(summary, rules);
    drafts.retain(|d| rules.is_on(d.kind));
    drafts.extend(rules.own.iter().filter_map(|r| r.detect(Measured::Totals(summary))));
    ranked(drafts, rules, true)
}

fn ranked(drafts: Vec<Draft>, rules: &Rules, reliable: bool) -> Vec<Finding> {
    let present: Vec<Kind> = drafts.iter().map(|d| d.kind).collect();
    let parent =
        |kind: Kind| kind.explained_by().iter().find(|k| **k != kind && present.contains(k)).copied();
    let mut ranked: Vec<(Draft, Option<Kind>)> = drafts
        .into_iter()
        .map(|d| {
            let parent = parent(d.kind);
            (d, parent)
        })
        .collect();
    ranked.sort_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
    ranked.into_iter().map(|(draft, parent)| finished(draft, parent, rules, reliable)).collect()
}

/// Less is first: the generator, what stands on its own, what costs most given how sure it is.
fn rank((draft, parent): &(Draft, Option<Kind>)) -> (bool, bool, f64) {
    let trust = match draft.confidence {
        Confidence::High => 1.0,
        Confidence::Medium => 0.6,
        Confidence::Low => 0.2,
    };
    (draft.kind != Kind::GeneratorLimited, parent.is_some(), -draft.cost.weight() * trust)
}

fn finished(draft: Draft, parent: Option<Kind>, rules: &Rules, reliable: bool) -> Finding {
    let weight = draft.cost.weight();
    let severity = match weight {
        w if w >= HIGH => Severity::High,
        w if w >= MEDIUM => Severity::Medium,
        w if w >= LOW => Severity::Low,
        _ => Severity::Info,
    };
    let own = draft.rule.as_ref().and_then(|name| rules.own.iter().find(|r| r.name == *name));
    let (causes, advice) = match own {
        Some(rule) => (rule.causes.clone(), rule.advice.clone()),
        None => rules.texts(draft.kind),
    };
    Finding {
        reliable: reliable || draft.kind == Kind::GeneratorLimited,
        id: draft.rule.unwrap_or_else(|| draft.kind.name().to_owned()),
        claim: draft.claim,
        cost: draft.cost,
        severity,
        confidence: draft.confidence,
        evidence: draft.evidence,
        alternative: draft.alternative,
        confirm_by: draft.confirm_by,
        causes,
        advice,
        part_of: parent.map(|k| k.name().to_owned()),
    }
}
