//! Which data an action takes rows from: every text of its steps, requests, checks and logins is asked.

use brunt_workload::{
    Body, Check, CheckRule, Condition, FeedId, JsonTest, Login, Request, RequestId, Source, Step, Text,
    TextPart,
};
use std::collections::BTreeSet;

/// What steps refer to by position.
#[derive(Clone, Copy)]
pub(super) struct Referred<'t> {
    pub(super) requests: &'t [Request],
    pub(super) checks: &'t [Check],
    pub(super) logins: &'t [Login],
}

impl Referred<'_> {
    /// The data that these steps use, in order.
    pub(super) fn feeds(self, steps: &[Step]) -> Vec<FeedId> {
        let mut found = BTreeSet::new();
        self.steps(steps, &mut found);
        found.into_iter().collect()
    }

    fn steps(self, steps: &[Step], found: &mut BTreeSet<FeedId>) {
        for step in steps {
            match step {
                Step::Request(id) => self.request(*id, found),
                Step::Batch { requests, at_once: _ } => {
                    for id in requests {
                        self.request(*id, found);
                    }
                }
                // Plans have no scripts: those are put in when all is lowered.
                Step::Pause(_) | Step::Script(_) | Step::End(_) => {}
                Step::Group { endpoint: _, steps } => self.steps(steps, found),
                Step::If { condition, then, otherwise } => {
                    of_condition(condition, found);
                    self.steps(then, found);
                    self.steps(otherwise, found);
                }
                Step::Repeat { times: _, while_, steps } => {
                    if let Some(condition) = while_ {
                        of_condition(condition, found);
                    }
                    self.steps(steps, found);
                }
                Step::Choose { choice: _, branches } => {
                    for branch in branches {
                        self.steps(branch, found);
                    }
                }
                Step::Set { slot: _, value, plain: _ } => of_text(value, found),
            }
        }
    }

    fn request(self, id: RequestId, found: &mut BTreeSet<FeedId>) {
        let Some(request) = usize::try_from(id.0).ok().and_then(|at| self.requests.get(at)) else { return };
        self.own_texts(request, found);
        let login = request.login.and_then(|id| self.logins.get(usize::from(id.0)));
        for id in login.map(|l| l.requests.as_slice()).unwrap_or_default() {
            // A login's own requests need no login.
            if let Some(request) = usize::try_from(id.0).ok().and_then(|at| self.requests.get(at)) {
                self.own_texts(request, found);
            }
        }
    }

    fn own_texts(self, request: &Request, found: &mut BTreeSet<FeedId>) {
        of_text(&request.target, found);
        request.headers.iter().for_each(|(_, text)| of_text(text, found));
        match &request.body {
            Body::None | Body::Bytes(_) => {}
            Body::Text(text) => of_text(text, found),
        }
        request.saves.iter().filter_map(|s| s.default.as_ref()).for_each(|text| of_text(text, found));
        for id in &request.checks {
            let rule = usize::try_from(id.0).ok().and_then(|at| self.checks.get(at)).map(|c| &c.rule);
            match rule {
                Some(CheckRule::Json { path: _, test: JsonTest::Compare(_, text) }) => of_text(text, found),
                Some(
                    CheckRule::Json { .. }
                    | CheckRule::Status(_)
                    | CheckRule::BodyContains(_)
                    | CheckRule::BodyLacks(_)
                    | CheckRule::BodyMatches(_)
                    | CheckRule::Saved(_)
                    | CheckRule::Header { .. }
                    | CheckRule::BodySize { .. }
                    | CheckRule::MaxTime(_),
                )
                | None => {}
            }
        }
    }
}

fn of_text(text: &Text, found: &mut BTreeSet<FeedId>) {
    for part in &text.parts {
        match part {
            TextPart::Dynamic { source: Source::Cell { feed, column: _ }, escape: _ } => {
                found.insert(*feed);
            }
            TextPart::Dynamic { source: Source::Base64(inner), escape: _ } => of_text(inner, found),
            TextPart::Dynamic {
                source: Source::Generated(_) | Source::Saved { .. } | Source::Secret(_),
                escape: _,
            }
            | TextPart::Literal(_) => {}
        }
    }
}

fn of_condition(condition: &Condition, found: &mut BTreeSet<FeedId>) {
    match condition {
        Condition::Compare { left, op: _, right } => {
            of_text(left, found);
            of_text(right, found);
        }
        Condition::True(text) => of_text(text, found),
        Condition::Saved(_) | Condition::LastOk | Condition::LastStatus(_) | Condition::Chance(_) => {}
        Condition::Not(inner) => of_condition(inner, found),
        Condition::All(list) | Condition::Any(list) => list.iter().for_each(|c| of_condition(c, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_workload::{Choice, Comparison, Escape, SlotId};

    #[test]
    fn every_place_is_asked() {
        let cell = |n| Text {
            parts: vec![TextPart::Dynamic {
                source: Source::Base64(Text {
                    parts: vec![TextPart::Dynamic {
                        source: Source::Cell { feed: FeedId(n), column: 0 },
                        escape: Escape::None,
                    }],
                }),
                escape: Escape::None,
            }],
        };
        let set = |n| Step::Set { slot: SlotId(0), value: cell(n), plain: brunt_workload::Plain::Text };
        let compare =
            |n| Condition::Compare { left: Text::literal("a"), op: Comparison::Equal, right: cell(n) };
        let steps = [
            set(7),
            Step::If { condition: Condition::True(cell(1)), then: vec![set(2)], otherwise: vec![set(3)] },
            Step::Repeat {
                times: (1, 1),
                while_: Some(Condition::Not(Box::new(Condition::All(vec![compare(4)])))),
                steps: vec![set(7)],
            },
            Step::Choose { choice: Choice::new([1]), branches: vec![vec![set(5)]] },
        ];
        let nothing = Referred { requests: &[], checks: &[], logins: &[] };
        assert_eq!(nothing.feeds(&steps), [1, 2, 3, 4, 5, 7].map(FeedId));
    }
}
