//! Texts, generators and conditions as a plan writes them.

use super::HIDDEN;
use crate::units::duration_text;
use brunt_metrics::Nanos;
use brunt_workload::{
    Alphabet, Comparison, Condition, Feed, FeedId, Generator, Pick, Plain, SlotId, Source, Text, TextPart,
    TimeForm, Workload,
};
use serde_json::{Value, json};

/// The names that texts refer to by position.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    slots: &'a [String],
    feeds: &'a [Feed],
}

impl<'a> Names<'a> {
    pub(super) fn of(workload: &'a Workload) -> Self {
        Self { slots: &workload.slots, feeds: &workload.feeds }
    }

    pub(super) fn slot(self, slot: SlotId) -> String {
        self.slots.get(usize::from(slot.0)).cloned().unwrap_or_else(|| format!("#{}", slot.0))
    }

    fn cell(self, feed: FeedId, column: u16) -> String {
        let known = self.feeds.get(usize::from(feed.0)).and_then(|feed| {
            let column = feed.columns.get(usize::from(column))?;
            Some(format!("{}.{column}", feed.name))
        });
        known.unwrap_or_else(|| format!("#{}.{column}", feed.0))
    }

    pub(super) fn text(self, text: &Text) -> String {
        let part = |part: &TextPart| match part {
            TextPart::Literal(text) => text.replace("${", "$${"),
            TextPart::Dynamic { source, escape: _ } => self.source(source),
        };
        text.parts.iter().map(part).collect()
    }

    /// A text that is remembered: a number is one here too.
    pub(super) fn remembered(self, text: &Text, plain: Plain) -> Value {
        let json = match plain {
            Plain::Json => text.as_literal().and_then(|json| serde_json::from_str(json).ok()),
            Plain::Text => None,
        };
        json.unwrap_or_else(|| self.text(text).into())
    }

    fn source(self, source: &Source) -> String {
        match source {
            Source::Generated(generator) => format!("${{{}}}", expression(generator)),
            Source::Saved { slot, pick } => {
                let name = self.slot(*slot);
                match pick {
                    Pick::First => format!("${{{name}}}"),
                    Pick::Last => format!("${{last({name})}}"),
                    Pick::Random => format!("${{pick({name})}}"),
                    Pick::All => format!("${{all({name})}}"),
                    Pick::Count => format!("${{count({name})}}"),
                }
            }
            Source::Cell { feed, column } => format!("${{{}}}", self.cell(*feed, *column)),
            Source::Secret(_) => HIDDEN.to_owned(),
            // Only credentials are written so.
            Source::Base64(_) => HIDDEN.to_owned(),
        }
    }
}

fn expression(generator: &Generator) -> String {
    match generator {
        Generator::Int { min, max } => format!("int({min},{max})"),
        Generator::Zipf(zipf) => {
            let (min, max, exponent) = zipf.parameters();
            format!("zipf({min},{max},{exponent})")
        }
        Generator::Float { min, max, digits } => format!("float({min},{max},{digits})"),
        Generator::Bool { chance } => format!("bool({chance})"),
        Generator::OneOf(texts) => {
            let texts: Vec<String> = texts.iter().map(|t| argument(t)).collect();
            format!("choice({})", texts.join(","))
        }
        Generator::Weighted(texts, choice) => {
            let one = |(at, text): (usize, &String)| format!("{}:{}", argument(text), choice.weight(at));
            let texts: Vec<String> = texts.iter().enumerate().map(one).collect();
            format!("weighted({})", texts.join(","))
        }
        Generator::Uuid => "uuid()".to_owned(),
        Generator::Chars { alphabet, min, max } => {
            let name = match alphabet {
                Alphabet::Digits => "digits",
                Alphabet::Hex => "hex",
                Alphabet::Letters => "letters",
                Alphabet::Alphanumeric => "chars",
            };
            counted(name, *min, *max)
        }
        Generator::FirstName => "first_name()".to_owned(),
        Generator::LastName => "last_name()".to_owned(),
        Generator::FullName => "name()".to_owned(),
        Generator::UserName => "user_name()".to_owned(),
        Generator::Email => "email()".to_owned(),
        Generator::Phone => "phone()".to_owned(),
        Generator::Word => "word()".to_owned(),
        Generator::Words { min, max } => counted("words", *min, *max),
        Generator::Ipv4 => "ipv4()".to_owned(),
        Generator::Time { form, offset_ms } => {
            let name = match form {
                TimeForm::Rfc3339 => "now",
                TimeForm::Date => "date",
                TimeForm::Unix => "unix",
                TimeForm::UnixMs => "unix_ms",
            };
            format!("{name}({})", offset(*offset_ms))
        }
        Generator::User => "user()".to_owned(),
        Generator::Iteration => "iteration()".to_owned(),
    }
}

fn counted(name: &str, min: u32, max: u32) -> String {
    if min == max { format!("{name}({min})") } else { format!("{name}({min},{max})") }
}

fn offset(ms: i64) -> String {
    let time = duration_text(Nanos(ms.unsigned_abs().saturating_mul(1_000_000)));
    match ms {
        0 => String::new(),
        ms if ms < 0 => format!("-{time}"),
        _ => time,
    }
}

/// In quotes where it could be taken for more than one argument.
fn argument(text: &str) -> String {
    let plain = |c: char| !matches!(c, ',' | ':' | ')' | '}' | '\'' | '"');
    if !text.is_empty() && text.trim() == text && text.chars().all(plain) {
        return text.to_owned();
    }
    let quote = if text.contains('\'') { '"' } else { '\'' };
    format!("{quote}{text}{quote}")
}

/// As plans write it.
pub(super) const fn comparison(op: Comparison) -> &'static str {
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

pub(super) fn condition(condition: &Condition, names: Names<'_>) -> Value {
    let all = |list: &[Condition]| list.iter().map(|c| self::condition(c, names)).collect::<Vec<_>>();
    match condition {
        Condition::Compare { left, op, right } => {
            json!(format!("{} {} {}", operand(left, names), comparison(*op), operand(right, names)))
        }
        Condition::True(text) => json!(operand(text, names)),
        Condition::Saved(slot) => json!({ "saved": names.slot(*slot) }),
        Condition::LastOk => json!({ "ok": true }),
        Condition::LastStatus(ranges) => json!({ "status": ranges }),
        Condition::Chance(chance) => json!({ "chance": chance }),
        Condition::Not(inner) if **inner == Condition::LastOk => json!({ "ok": false }),
        Condition::Not(inner) => json!({ "not": self::condition(inner, names) }),
        Condition::All(list) => json!({ "all": all(list) }),
        Condition::Any(list) => json!({ "any": all(list) }),
    }
}

/// In quotes where a condition needs them.
fn operand(text: &Text, names: Names<'_>) -> String {
    let shown = names.text(text);
    let bare = text.parts.len() == 1 && shown.split_whitespace().count() == 1 && shown.trim() == shown;
    match (bare && !shown.contains(['\'', '"', '=', '<', '>', '!']), shown.contains('\'')) {
        (true, _) => shown,
        (false, false) => format!("'{shown}'"),
        (false, true) => format!("\"{shown}\""),
    }
}
