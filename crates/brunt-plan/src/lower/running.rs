//! Who takes part in a scenario, by which shares, and what they do there.

use super::auth::Auth;
use super::class::{ClassPlan, Doing, Once, Share, weighted};
use super::journey::{ActionPlan, Actions};
use super::tables::{For, Tables};
use super::tags::Picked;
use super::weight::{Weight, weight, whole};
use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::tree::{Node, Span, Value};
use brunt_workload::{Action, ActionOrder, Choice, ClassShares, Journey, MAX_CLASSES, Supply, UserClass};
use std::collections::HashMap;

/// A class that takes part, with its share in this scenario.
#[derive(Clone, Copy)]
pub(super) struct Running<'c> {
    pub(super) class: &'c ClassPlan,
    share: Share,
}

/// The classes that take part.
pub(super) fn run<'c>(s: &Fields<'_, '_>, classes: &'c [ClassPlan]) -> Vec<Running<'c>> {
    let Some(node) = s.get("run") else {
        let all: Vec<Running<'_>> =
            classes.iter().map(|class| Running { class, share: class.share }).collect();
        weightless(s, &all);
        return all;
    };
    let named: Vec<(&str, Span, Option<&Node>)> = match &node.value {
        Value::Map(entries) => {
            entries.iter().map(|e| (e.key.as_str(), e.key_span.clone(), Some(&e.value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            s.cx.texts(node, "a user class")
                .into_iter()
                .map(|(name, node)| (name, node.span.clone(), None))
                .collect()
        }
    };
    let is_list = matches!(node.value, Value::Seq(_) | Value::Map(_));
    if named.is_empty() && is_list && node.one_or_many().iter().all(|n| n.keys().is_empty()) {
        let d = Diagnostic::error(&node.span, "`run` is empty").label("nobody would run this scenario");
        s.cx.report(d.help("remove it to run all kinds of users"));
    }
    let mut out: Vec<Running<'_>> = Vec::new();
    for (name, span, own) in &named {
        let share = own.map(|node| weight(s.cx, name, node).map(Share::Weight));
        match classes.iter().find(|c| c.name == *name) {
            Some(class) if out.iter().any(|r| r.class.name == class.name) => {
                s.cx.report(
                    Diagnostic::error(span, format!("`{name}` is given twice"))
                        .help("use `weight` to have more of them"),
                );
            }
            Some(class) => {
                class.used.set(true);
                if let Some(share) = share.unwrap_or(Some(class.share)) {
                    out.push(Running { class, share });
                }
            }
            None => {
                let known = classes.iter().map(|c| c.name.as_str());
                s.cx.report(Cx::unknown("user class", name, span, known).label("`users` does not have it"));
            }
        }
    }
    if out.len() == named.len() {
        weightless(s, &out);
    }
    out
}

/// More kinds of users than a scenario can tell apart.
pub(super) fn too_many(s: &Fields<'_, '_>, running: &[Running<'_>]) {
    if running.len() > MAX_CLASSES {
        let span = if s.has("run") { s.key_span("run") } else { s.span.start..s.span.start };
        let message = format!("{} kinds of users take part in this scenario", running.len());
        let d = Diagnostic::error(&span, message).label(format!("{MAX_CLASSES} are the most"));
        s.cx.report(d.help("share them out over several scenarios: `run: [...]` says who takes part"));
    }
}

fn weightless(s: &Fields<'_, '_>, running: &[Running<'_>]) {
    let nothing = |share: Share| match share {
        Share::Weight(weight) => weight.is_zero(),
        Share::Count(_) => false,
    };
    if !running.is_empty() && running.iter().all(|r| nothing(r.share)) {
        let span = if s.has("run") { s.key_span("run") } else { s.span.start..s.span.start };
        let d = Diagnostic::error(&span, "all user classes of this scenario have weight 0");
        s.cx.report(d.label("nobody would run it").help("give at least one a `weight` above 0"));
    }
    whole(s.cx, &s.key_span("run"), &weights(running));
}

/// By class; one with a fixed number has none.
fn weights(running: &[Running<'_>]) -> Vec<Weight> {
    let weight = |r: &Running<'_>| match r.share {
        Share::Weight(weight) => weight,
        Share::Count(_) => Weight::ZERO,
    };
    running.iter().map(weight).collect()
}

/// The actions that all users of the scenario do instead of their own.
pub(super) fn mix(s: &Fields<'_, '_>, actions: &Actions) -> Option<Vec<(usize, Weight)>> {
    let node = s.get("mix")?;
    if !matches!(node.value, Value::Map(_)) {
        s.cx.expected(node, "a map of actions with weights");
        return Some(Vec::new());
    }
    let why = ("nobody would do anything in this scenario", "write e.g. `mix: {browse: 0.8, buy: 0.2}`");
    Some(weighted(s.cx, "mix", node, actions, why))
}

/// Takes note of what is run, and complains about classes that nobody gives anything to do.
pub(super) fn mark_used(
    cx: &Cx<'_>,
    running: &[Running<'_>],
    mix: Option<&[(usize, Weight)]>,
    actions: &Actions,
) {
    let used = |at: usize| actions.list[at].used.set(true);
    mix.unwrap_or_default().iter().for_each(|(at, _)| used(*at));
    for class in running.iter().map(|r| r.class) {
        class.used.set(true);
        for once in [&class.on_start, &class.on_stop].into_iter().flatten() {
            match once {
                Once::Named(at) => used(*at),
                Once::Own(_) => {}
            }
        }
        match &class.doing {
            _ if mix.is_some() => {}
            Doing::Weighted(doing) => doing.iter().for_each(|(at, _)| used(*at)),
            Doing::InTurn(doing) => doing.iter().for_each(|at| used(*at)),
            Doing::Unsaid => {
                let message = format!("the user class `{}` has no `actions`", class.name);
                let d = Diagnostic::error(&class.span, message).label("it would have nothing to do");
                cx.report(d.help("write e.g. `actions: {browse: 5, buy: 1}`"));
            }
        }
    }
}

/// In an open scenario arrivals belong to classes, not users: a fixed number of users would mean nothing.
pub(super) fn refuse_counts(cx: &Cx<'_>, name: &str, running: &[Running<'_>]) {
    for r in running.iter().filter(|r| matches!(r.share, Share::Count(_))) {
        let message =
            format!("the user class `{}` has a `count`, and `{name}` an arrival rate", r.class.name);
        let d = Diagnostic::error(&r.class.span, message).label("any user may serve an arrival");
        cx.report(d.help("use `weight`: its share of the arrivals"));
    }
}

/// Fixed numbers of users that a closed scenario does not have, or that leave none for the others.
pub(super) fn check_counts(cx: &Cx<'_>, name: &str, supply: &Supply, running: &[Running<'_>]) {
    let users = supply.max_users();
    let mut left = users;
    for r in running {
        let Share::Count(count) = r.share else { continue };
        if count > left {
            let message = format!("the scenario `{name}` has fewer users than `count` asks for");
            let d = Diagnostic::warning(&r.class.span, message);
            let d = d.label(format!("{left} of its {count} take part, of {users} in all"));
            cx.report(d.help("raise the scenario's `users`, or use `weight`"));
        }
        left = left.saturating_sub(count);
    }
    let fixed = running.iter().any(|r| matches!(r.share, Share::Count(_)));
    let waiting = running.iter().find(|r| matches!(r.share, Share::Weight(weight) if !weight.is_zero()));
    if let Some(waiting) = waiting.filter(|_| fixed && left == 0) {
        let message = format!("the scenario `{name}` has no users left for `{}`", waiting.class.name);
        let d = Diagnostic::warning(&waiting.class.span, message);
        let d = d.label(format!("of {users} in all, each is of a kind with a `count`"));
        cx.report(d.help("raise the scenario's `users`"));
    }
}

/// What the classes of one scenario are instantiated with.
pub(super) struct Stage<'s, 'c> {
    pub(super) cx: &'s Cx<'c>,
    /// Where the scenario is named.
    pub(super) span: &'s Span,
    pub(super) of: For<'s>,
    pub(super) actions: &'s Actions,
    pub(super) tables: &'s mut Tables,
    /// Two classes that do the same action share its requests.
    pub(super) known: HashMap<(usize, Picked, usize), Option<Action>>,
    /// Who requests of the class come from that is looked at.
    pub(super) auth: Option<&'s Auth>,
    /// All of these, as far as classes differ in it: what they send differs, too.
    pub(super) auths: Vec<&'s Auth>,
}

impl<'s> Stage<'s, '_> {
    /// What the classes do in the scenario; nothing if the tags leave nobody.
    pub(super) fn classes(
        mut self,
        running: &[Running<'s>],
        mix: Option<&[(usize, Weight)]>,
    ) -> Option<(Vec<UserClass>, ClassShares)> {
        let mut kept = Vec::new();
        let mut classes = Vec::new();
        for r in running {
            let Some(picked) = self.of.tags.pick(&r.class.tags, self.of.picked) else { continue };
            let Some(journey) = self.journey(r.class, mix, picked) else { continue };
            classes.push(UserClass { name: r.class.name.clone(), journey });
            kept.push(*r);
        }
        let count = |(at, r): (usize, &Running<'_>)| match r.share {
            Share::Count(count) => Some((at, count)),
            Share::Weight(_) => None,
        };
        let fixed: Vec<(usize, u32)> = kept.iter().enumerate().filter_map(count).collect();
        let weights = weights(&kept);
        if !self.of.tags.all() && fixed.is_empty() && weights.iter().all(|w| w.is_zero()) {
            return None;
        }
        let rest = Choice::new(whole(self.cx, self.span, &weights));
        Some((classes, ClassShares { fixed, rest }))
    }

    /// Nothing if the tags leave nothing of it.
    fn journey(
        &mut self,
        class: &'s ClassPlan,
        mix: Option<&[(usize, Weight)]>,
        picked: Picked,
    ) -> Option<Journey> {
        self.auth = class.auth.as_ref().or(self.of.auth);
        let (actions, order) = match (mix, &class.doing) {
            (Some(mix), _) => self.weighted(mix, picked),
            (None, Doing::Weighted(doing)) => self.weighted(doing, picked),
            (None, Doing::InTurn(doing)) => {
                let actions: Vec<Action> = doing.iter().filter_map(|at| self.action(*at, picked)).collect();
                (actions, ActionOrder::InTurn)
            }
            (None, Doing::Unsaid) => (Vec::new(), ActionOrder::InTurn),
        };
        let nothing = match &order {
            ActionOrder::InTurn => actions.is_empty(),
            ActionOrder::Weighted(choice) => (0..choice.len()).all(|at| choice.weight(at) == 0),
        };
        if nothing && !self.of.tags.all() {
            return None;
        }
        Some(Journey {
            on_start: class.on_start.as_ref().and_then(|once| self.once(once)),
            actions,
            order,
            on_stop: class.on_stop.as_ref().and_then(|once| self.once(once)),
            think: class.think,
            pacing: class.pacing,
        })
    }

    fn weighted(&mut self, doing: &[(usize, Weight)], picked: Picked) -> (Vec<Action>, ActionOrder) {
        let one = |(at, weight): &(usize, Weight)| self.action(*at, picked).map(|action| (action, *weight));
        let (actions, weights): (Vec<Action>, Vec<Weight>) = doing.iter().filter_map(one).unzip();
        let choice = Choice::new(whole(self.cx, self.span, &weights));
        (actions, ActionOrder::Weighted(choice))
    }

    fn action(&mut self, at: usize, picked: Picked) -> Option<Action> {
        let key = (at, picked, self.auth_key());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let action = self.tables.action(&self.actions.list[at], For { picked, auth: self.auth, ..self.of });
        self.known.insert(key, action.clone());
        action
    }

    /// The same for what is the same; 0 for nothing.
    fn auth_key(&mut self) -> usize {
        let Some(auth) = self.auth else { return 0 };
        let at = self.auths.iter().position(|known| *known == auth).unwrap_or_else(|| {
            self.auths.push(auth);
            self.auths.len() - 1
        });
        at + 1
    }

    /// What is done once needs no tag: the rest may depend on it.
    fn once(&mut self, once: &Once) -> Option<Action> {
        match once {
            Once::Named(at) => self.action(*at, Picked::All),
            Once::Own(plan) => self.own(plan),
        }
    }

    fn own(&mut self, plan: &ActionPlan) -> Option<Action> {
        self.tables.action(plan, For { picked: Picked::All, auth: self.auth, ..self.of })
    }
}
