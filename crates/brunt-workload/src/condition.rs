//! What a journey decides by: values that the user remembers, the last answer, chance.

use crate::{Draw, Missing, Scope, SlotId, Text};

/// Something that holds or does not.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Two texts compared: as numbers if both are, else as text. A value that is missing is the empty text.
    Compare {
        /// On the left.
        left: Text,
        /// How.
        op: Comparison,
        /// On the right.
        right: Text,
    },
    /// The text is neither empty nor `false`, `0` or `null`.
    True(Text),
    /// A value was saved under this name.
    Saved(SlotId),
    /// The last request succeeded, its checks included. Holds before the first.
    LastOk,
    /// The last answer's status lies in one of these ranges, both ends included.
    LastStatus(Vec<(u16, u16)>),
    /// Holds so often: 0 to 1.
    Chance(f64),
    /// Does not hold.
    Not(Box<Self>),
    /// Every one holds.
    All(Vec<Self>),
    /// At least one holds.
    Any(Vec<Self>),
}

/// How two texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// The left holds the right somewhere.
    Contains,
    /// The left begins with the right.
    StartsWith,
}

/// How a user's last request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// Whether it succeeded, its checks included.
    pub ok: bool,
    /// Its status; 0 if no answer came.
    pub status: u16,
}

impl LastAnswer {
    /// Before the first request.
    pub const NONE: Self = Self { ok: true, status: 0 };
}

impl Condition {
    /// Whether it holds. Draws are taken from a branch of `draw`: what follows does not depend on how many.
    pub fn holds(&self, draw: &mut Draw, scope: &Scope<'_>, last: LastAnswer) -> bool {
        self.evaluate(&mut draw.branch(), scope, last)
    }

    fn evaluate(&self, draw: &mut Draw, scope: &Scope<'_>, last: LastAnswer) -> bool {
        match self {
            Self::Compare { left, op, right } => {
                let (left, right) = (rendered(left, draw, scope), rendered(right, draw, scope));
                op.holds(&left, &right)
            }
            Self::True(text) => !matches!(rendered(text, draw, scope).as_str(), "" | "false" | "0" | "null"),
            Self::Saved(slot) => scope.memory.get(*slot).is_some(),
            Self::LastOk => last.ok,
            Self::LastStatus(ranges) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&last.status))
            }
            Self::Chance(chance) => draw.unit() < *chance,
            Self::Not(inner) => !inner.evaluate(draw, scope, last),
            Self::All(conditions) => conditions.iter().all(|c| c.evaluate(draw, scope, last)),
            Self::Any(conditions) => conditions.iter().any(|c| c.evaluate(draw, scope, last)),
        }
    }
}

fn rendered(text: &Text, draw: &mut Draw, scope: &Scope<'_>) -> String {
    let mut out = Vec::new();
    match text.render(draw, scope, &mut out) {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(Missing::Value(_) | Missing::Row(_)) => String::new(),
    }
}

impl Comparison {
    /// Whether `left` stands so to `right`.
    pub fn holds(self, left: &str, right: &str) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let order = match (number(left), number(right)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_) | None, Some(_) | None) => left.cmp(right),
        };
        match self {
            Self::Equal => order == Equal,
            Self::NotEqual => order != Equal,
            Self::Less => order == Less,
            Self::AtMost => order != Greater,
            Self::Greater => order == Greater,
            Self::AtLeast => order != Less,
            Self::Contains => left.contains(right),
            Self::StartsWith => left.starts_with(right),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IterationIndex, Memory, Pick, Source, TextPart, Value};
    use brunt_metrics::ScenarioId;

    #[test]
    fn comparisons() {
        for (left, op, right, expected) in [
            ("10", Comparison::Greater, "9", true),
            ("10", Comparison::Equal, "10.0", true),
            ("b", Comparison::Greater, "a9", true),
            ("10", Comparison::Less, "9x", true),
            ("x", Comparison::AtMost, "x", true),
            ("x", Comparison::NotEqual, "x", false),
            ("sold out", Comparison::Contains, "out", true),
            ("sold out", Comparison::StartsWith, "out", false),
            ("5", Comparison::AtLeast, "5", true),
        ] {
            assert_eq!(op.holds(left, right), expected, "{left} {op:?} {right}");
        }
    }

    #[test]
    fn conditions() {
        let mut memory = Memory::of_user(0);
        memory.set(SlotId(0), Some(Value::Json("3".into())));
        let scope = Scope { feeds: &[], memory: &memory };
        let slot = |n| Text {
            parts: vec![TextPart::Dynamic {
                source: Source::Saved { slot: SlotId(n), pick: Pick::First },
                escape: crate::Escape::None,
            }],
        };
        let compare =
            |n, op, right: &str| Condition::Compare { left: slot(n), op, right: Text::literal(right) };
        let last = LastAnswer { ok: false, status: 404 };
        for (condition, expected) in [
            (compare(0, Comparison::AtLeast, "3"), true),
            (compare(7, Comparison::Equal, ""), true),
            (Condition::True(slot(0)), true),
            (Condition::True(slot(7)), false),
            (Condition::True(Text::literal("false")), false),
            (Condition::Saved(SlotId(0)), true),
            (Condition::Saved(SlotId(7)), false),
            (Condition::LastOk, false),
            (Condition::LastStatus(vec![(200, 299), (404, 404)]), true),
            (Condition::Chance(0.0), false),
            (Condition::Chance(1.0), true),
            (Condition::Not(Box::new(Condition::LastOk)), true),
            (Condition::All(vec![Condition::LastOk, Condition::Chance(1.0)]), false),
            (Condition::Any(vec![Condition::LastOk, Condition::Chance(1.0)]), true),
        ] {
            let mut draw = Draw::new(1, ScenarioId(0), IterationIndex(0));
            assert_eq!(condition.holds(&mut draw, &scope, last), expected, "{condition:?}");
        }
    }
}
