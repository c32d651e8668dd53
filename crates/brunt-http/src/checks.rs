//! Holding an answer against its checks, and saying what was expected and what was found.

use crate::answer::Answer;
use crate::exchange::Wants;
use crate::http1::KeepHead;
use crate::patterns::Pattern;
use brunt_workload::{
    CheckRule, Comparison, Draw, Extract, JsonTest, Missing, Request, Scope, Source, Text, TextPart, Workload,
};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;

/// What must be kept of the response to `request`.
pub(crate) fn wants(request: &Request, workload: &Workload) -> Wants {
    let rules = || request.checks.iter().map(|id| &workload.checks[id.0 as usize].rule);
    let body = rules().any(CheckRule::needs_body) || request.saves.iter().any(|save| save.from.needs_body());
    let header = rules().any(|rule| matches!(rule, CheckRule::Header { .. }))
        || request.saves.iter().any(|s| matches!(s.from, Extract::Header { .. } | Extract::Cookie(_)))
        || !workload.tallies.is_empty();
    Wants {
        head_request: request.method == "HEAD",
        keep_head: if body || header { KeepHead::Always } else { KeepHead::IfStateful },
        body_limit: body.then_some(workload.target.max_kept_body),
    }
}

/// What a rule is held against, beside the answer.
#[derive(Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) rule: &'a CheckRule,
    pub(crate) pattern: &'a Pattern,
    pub(crate) scope: Scope<'a>,
    pub(crate) slots: &'a [String],
    /// A copy, so that the words are about what was compared.
    pub(crate) draw: Draw,
}

impl Grounds<'_> {
    /// Whether `answer` satisfies the rule.
    pub(crate) fn holds(&self, answer: &Answer<'_>) -> bool {
        match (self.rule, self.pattern) {
            (CheckRule::Status(ranges), _) => within(ranges, answer.status),
            (CheckRule::BodyContains(needle), _) => contains(answer.body, needle),
            (CheckRule::BodyLacks(needle), _) => !contains(answer.body, needle),
            (CheckRule::BodyMatches(_), Pattern::Regex(regex)) => regex.is_match(answer.body),
            (CheckRule::Json { test, .. }, Pattern::Path(path)) => {
                answer.json().is_ok_and(|json| self.passes(test, &path.query(json).all()))
            }
            // Lowering gives every such rule its pattern.
            (CheckRule::BodyMatches(_) | CheckRule::Json { .. }, _) => false,
            (CheckRule::Saved(slot), _) => self.scope.memory.get(*slot).is_some(),
            (CheckRule::Header { name, contains: None }, _) => answer.header(name).next().is_some(),
            (CheckRule::Header { name, contains: Some(text) }, _) => {
                answer.header(name).any(|value| contains(value.as_bytes(), text.as_bytes()))
            }
            (CheckRule::BodySize { min, max }, _) => (*min..=*max).contains(&answer.body_bytes),
            (CheckRule::MaxTime(limit), _) => answer.service <= *limit,
        }
    }

    fn passes(&self, test: &JsonTest, found: &[&Value]) -> bool {
        match test {
            JsonTest::Exists => !found.is_empty(),
            JsonTest::Absent => found.is_empty(),
            JsonTest::Count(min, max) => (*min..=*max).contains(&count(found)),
            JsonTest::Compare(op, text) => self.expected(text).is_ok_and(|expected| {
                !found.is_empty() && found.iter().all(|value| op.holds(&as_text(value), &expected))
            }),
        }
    }

    fn expected(&self, text: &Text) -> Result<String, Missing> {
        let (mut out, mut draw) = (Vec::new(), self.draw);
        text.render(&mut draw, &self.scope, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// Why the rule does not hold: what was expected, what was found.
    pub(crate) fn words(&self, answer: &Answer<'_>) -> String {
        let status = format!("(status {})", answer.status);
        let body = || format!("{:?} {status}", answer.excerpt(answer.body));
        match (self.rule, self.pattern) {
            (CheckRule::Status(wanted), _) => {
                format!("expected status {}, found {}", ranges(wanted), answer.status)
            }
            (CheckRule::BodyContains(needle), _) => {
                format!("expected a body with {:?}, found {}", answer.excerpt(needle), body())
            }
            (CheckRule::BodyLacks(needle), _) => {
                format!(
                    "expected a body without {:?}, found it in {}",
                    answer.excerpt(needle),
                    around(answer, needle)
                )
            }
            (CheckRule::BodyMatches(regex), _) => {
                format!(
                    "expected a body that matches `{}`, found {}",
                    answer.excerpt(regex.as_bytes()),
                    body()
                )
            }
            (CheckRule::Json { path, test }, Pattern::Path(compiled)) => {
                let found = match answer.json() {
                    Ok(json) => self.found(answer, test, &compiled.query(json).all()),
                    Err(words) => {
                        format!("{} {:?}", answer.excerpt(words.as_bytes()), answer.excerpt(answer.body))
                    }
                };
                format!("expected {}, found {found} {status}", self.wanted(answer, path, test))
            }
            (CheckRule::Json { path, .. }, _) => format!("`{path}` is not a JSON path"),
            (CheckRule::Saved(slot), _) => {
                let name = self.slots.get(usize::from(slot.0)).map_or("", String::as_str);
                format!("expected value `{name}` to be saved, found nothing {status}")
            }
            (CheckRule::Header { name, contains }, _) => {
                let values: Vec<String> = answer.header(name).map(|v| answer.excerpt(v.as_bytes())).collect();
                let found =
                    if values.is_empty() { "none".into() } else { format!("{:?}", values.join(", ")) };
                let wanted = contains.as_ref().map(|text| format!(" with {text:?}")).unwrap_or_default();
                format!("expected a header `{name}`{wanted}, found {found} {status}")
            }
            (CheckRule::BodySize { min, max }, _) => {
                let wanted =
                    if *max == u64::MAX { format!("at least {min}") } else { format!("{min} to {max}") };
                format!("expected a body of {wanted} bytes, found {} {status}", answer.body_bytes)
            }
            (CheckRule::MaxTime(limit), _) => {
                format!("expected an answer within {limit}, found {} {status}", answer.service)
            }
        }
    }

    fn wanted(&self, answer: &Answer<'_>, path: &str, test: &JsonTest) -> String {
        match test {
            JsonTest::Exists => format!("`{path}`"),
            JsonTest::Absent => format!("no `{path}`"),
            JsonTest::Count(min, max) if min == max => format!("{min} of `{path}`"),
            JsonTest::Count(min, u64::MAX) => format!("at least {min} of `{path}`"),
            JsonTest::Count(min, max) => format!("{min} to {max} of `{path}`"),
            JsonTest::Compare(op, text) if has_secret(text) => {
                format!("`{path}` {} (a secret)", symbol(*op))
            }
            JsonTest::Compare(op, text) => match self.expected(text) {
                Ok(expected) => format!("`{path}` {} {:?}", symbol(*op), answer.excerpt(expected.as_bytes())),
                Err(missing) => format!("`{path}` {} a text of which {}", symbol(*op), self.missing(missing)),
            },
        }
    }

    fn missing(&self, missing: Missing) -> String {
        match missing {
            Missing::Value(slot) => {
                let name = self.slots.get(usize::from(slot.0)).map_or("", String::as_str);
                format!("value `{name}` was not saved")
            }
            Missing::Row(feed) => {
                let name = self.scope.feeds.get(usize::from(feed.0)).map_or("", |feed| feed.name.as_str());
                format!("data `{name}` gave the user no row")
            }
        }
    }

    fn found(&self, answer: &Answer<'_>, test: &JsonTest, found: &[&Value]) -> String {
        let shown = |value: &Value| {
            // What compares with a secret may be one.
            if let JsonTest::Compare(_, text) = test
                && has_secret(text)
            {
                return "another value".to_owned();
            }
            answer.excerpt(value.to_string().as_bytes())
        };
        match (test, found) {
            (JsonTest::Count(..), _) => count(found).to_string(),
            (_, []) => "nothing".to_owned(),
            (_, [one]) => shown(one),
            (JsonTest::Compare(op, text), many) => {
                let wrong = self.expected(text).ok().and_then(|expected| {
                    many.iter().find(|value| !op.holds(&as_text(value), &expected)).copied()
                });
                format!("{} among {} values", wrong.map(shown).unwrap_or_default(), many.len())
            }
            (JsonTest::Exists | JsonTest::Absent, [first, ..]) => {
                format!("{} values, the first {}", found.len(), shown(first))
            }
        }
    }
}

/// How many are there: of a single array its items, else the values themselves.
fn count(found: &[&Value]) -> u64 {
    match found {
        [Value::Array(items)] => items.len() as u64,
        values => values.len() as u64,
    }
}

/// A string without its quotes, all else as JSON.
pub(crate) fn as_text(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed)
}

fn has_secret(text: &Text) -> bool {
    text.parts.iter().any(|part| match part {
        TextPart::Literal(_) => false,
        TextPart::Dynamic { source, .. } => match source {
            Source::Secret(_) => true,
            Source::Base64(inner) => has_secret(inner),
            Source::Generated(_) | Source::Saved { .. } | Source::Cell { .. } => false,
        },
    })
}

const fn symbol(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::Greater => ">",
        Comparison::AtLeast => ">=",
        Comparison::Contains => "contains",
        Comparison::StartsWith => "starts_with",
    }
}

/// Whether `status` lies in one of `ranges`, both ends included.
pub(crate) fn within(ranges: &[(u16, u16)], status: u16) -> bool {
    ranges.iter().any(|(low, high)| (*low..=*high).contains(&status))
}

fn ranges(ranges: &[(u16, u16)]) -> String {
    let mut words = String::new();
    for (i, (low, high)) in ranges.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ =
            if low == high { write!(words, "{comma}{low}") } else { write!(words, "{comma}{low}-{high}") };
    }
    words
}

/// What stands around `needle` in the body. In one that is part of a secret nothing is shown.
fn around(answer: &Answer<'_>, needle: &[u8]) -> String {
    let body = answer.without_secrets();
    match position(&body, needle) {
        Some(at) => format!("{:?}", answer.excerpt(&body[at.saturating_sub(20)..])),
        None => "a secret".to_owned(),
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    position(haystack, needle).is_some()
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() { Some(0) } else { haystack.windows(needle.len()).position(|w| w == needle) }
}
