//! What is remembered of an answer.

use crate::answer::Answer;
use crate::patterns::Pattern;
use brunt_workload::{Draw, Extract, MAX_LIST, Missing, Pick, Save, Scope, Value};
use regex::bytes::Regex;

/// The longest value that is kept: each user keeps its own. A token or a page's form is far below it.
pub(crate) const MAX_SAVED: usize = 64 * 1024;

/// The longest list that is kept, over all its items.
const MAX_SAVED_LIST: usize = 1024 * 1024;

/// Why nothing is saved.
pub(crate) enum Lack {
    /// There is none.
    Absent(String),
    /// It is longer than what is kept.
    TooLong(usize),
    /// Its default uses something that is missing.
    Default(Missing),
}

impl Lack {
    pub(crate) fn words(self, name: &str, missing: impl Fn(Missing) -> String) -> String {
        match self {
            Self::Absent(where_) => format!("value `{name}` was not found: {where_}"),
            Self::TooLong(length) => format!(
                "value `{name}` is too long to be saved: {length} bytes of at most {MAX_SAVED} ({MAX_SAVED_LIST} for a list)"
            ),
            Self::Default(lack) => {
                format!("value `{name}` was not found, and of its default {}", missing(lack))
            }
        }
    }
}

/// What `save` finds in `answer`, or its default.
pub(crate) fn value_of(
    save: &Save,
    pattern: &Pattern,
    answer: &Answer<'_>,
    draw: &mut Draw,
    scope: &Scope<'_>,
) -> Result<Value, Lack> {
    let found = match extract(&save.from, pattern, save.pick, answer) {
        Ok(found) => found.picked(save.pick, draw).ok_or_else(|| save.from.nothing(answer)),
        Err(words) => Err(words),
    };
    let value = match (found, &save.default) {
        (Ok(value), _) => value,
        (Err(_), Some(default)) => {
            let mut text = Vec::new();
            default.render(draw, scope, &mut text).map_err(Lack::Default)?;
            save.plain.value(String::from_utf8_lossy(&text).into_owned())
        }
        (Err(words), None) => return Err(Lack::Absent(words)),
    };
    let length = value.bytes();
    let most = if matches!(value, Value::List(_)) { MAX_SAVED_LIST } else { MAX_SAVED };
    if length > most { Err(Lack::TooLong(length)) } else { Ok(value) }
}

trait Bytes {
    fn bytes(&self) -> usize;
}

impl Bytes for Value {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) => text.len(),
            Self::List(items) => items.iter().map(Self::bytes).sum(),
        }
    }
}

/// What was found, before one of it is picked. Borrowed: only what is picked is copied.
enum Found<'a> {
    Json(Vec<&'a serde_json::Value>),
    Texts(Vec<String>),
    Status(u16),
}

impl Found<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Json(values) => values.len(),
            Self::Texts(texts) => texts.len(),
            Self::Status(_) => 1,
        }
    }

    fn at(&self, place: usize) -> Option<Value> {
        match self {
            Self::Json(values) => values.get(place).map(|value| of_json(value)),
            Self::Texts(texts) => texts.get(place).map(|text| Value::Text(text.clone())),
            Self::Status(status) => (place == 0).then(|| Value::Json(status.to_string())),
        }
    }

    fn picked(&self, pick: Pick, draw: &mut Draw) -> Option<Value> {
        match pick {
            Pick::First => self.at(0),
            Pick::Last => self.len().checked_sub(1).and_then(|last| self.at(last)),
            Pick::Random if self.len() == 0 => None,
            Pick::Random => usize::try_from(draw.below(self.len() as u64)).ok().and_then(|at| self.at(at)),
            Pick::All if self.len() == 0 => None,
            Pick::All => {
                Some(Value::List((0..self.len().min(MAX_LIST)).filter_map(|at| self.at(at)).collect()))
            }
            Pick::Count => Some(Value::Json(self.len().to_string())),
        }
    }
}

fn of_json(value: &serde_json::Value) -> Value {
    value.as_str().map_or_else(|| Value::Json(value.to_string()), |text| Value::Text(text.to_owned()))
}

fn extract<'a>(
    from: &Extract,
    pattern: &Pattern,
    pick: Pick,
    answer: &'a Answer<'_>,
) -> Result<Found<'a>, String> {
    match (from, pattern) {
        (Extract::Json(_), Pattern::Path(path)) => {
            let found = path.query(answer.json()?).all();
            Ok(Found::Json(match (found.as_slice(), pick) {
                // One of a list, or all of it: its items are meant.
                ([serde_json::Value::Array(items)], Pick::Last | Pick::Random | Pick::All | Pick::Count) => {
                    items.iter().collect()
                }
                (_, Pick::First | Pick::Last | Pick::Random | Pick::All | Pick::Count) => found,
            }))
        }
        (Extract::Regex(_), Pattern::Regex(regex)) => Ok(Found::Texts(matches(regex, answer.body, pick))),
        (Extract::Header { name, .. }, Pattern::Regex(regex)) => {
            let values = answer.header(name);
            Ok(Found::Texts(values.filter_map(|value| first_match(regex, value.as_bytes())).collect()))
        }
        (Extract::Header { name, .. }, _) => {
            let values =
                answer.header(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            Ok(Found::Texts(values.collect()))
        }
        (Extract::Cookie(name), _) => Ok(Found::Texts(answer.cookie(name).collect())),
        (Extract::Status, _) => Ok(Found::Status(answer.status)),
        (Extract::Body, _) => match std::str::from_utf8(answer.body) {
            Ok(text) => Ok(Found::Texts(vec![text.to_owned()])),
            Err(_) => Err("the body is not UTF-8".to_owned()),
        },
        // Lowering gives every one its pattern.
        (Extract::Json(text) | Extract::Regex(text), _) => Err(format!("`{text}` cannot be used")),
    }
}

fn group(captures: &regex::bytes::Captures<'_>) -> Option<String> {
    let part = if captures.len() > 1 { captures.get(1) } else { captures.get(0) };
    part.map(|part| String::from_utf8_lossy(part.as_bytes()).into_owned())
}

fn first_match(regex: &Regex, text: &[u8]) -> Option<String> {
    regex.captures(text).and_then(|captures| group(&captures))
}

/// What the expression finds: no more than what is picked from. A random one is one of the first [`MAX_LIST`].
fn matches(regex: &Regex, body: &[u8], pick: Pick) -> Vec<String> {
    let mut all = regex.captures_iter(body).filter_map(|captures| group(&captures));
    match pick {
        Pick::First => all.next().into_iter().collect(),
        Pick::Last => all.last().into_iter().collect(),
        Pick::Random | Pick::All => all.take(MAX_LIST).collect(),
        Pick::Count => all.collect(),
    }
}

trait Nothing {
    /// Where nothing was found, in words.
    fn nothing(&self, answer: &Answer<'_>) -> String;
}

impl Nothing for Extract {
    fn nothing(&self, answer: &Answer<'_>) -> String {
        let (status, body) = (answer.status, || answer.excerpt(answer.body));
        match self {
            Self::Json(path) => format!("`{path}` finds nothing in {:?} (status {status})", body()),
            Self::Regex(regex) => {
                format!(
                    "`{}` matches nothing in {:?} (status {status})",
                    answer.excerpt(regex.as_bytes()),
                    body()
                )
            }
            Self::Header { name, regex: None } => format!("there is no header `{name}` (status {status})"),
            Self::Header { name, regex: Some(regex) } => {
                let values: Vec<String> = answer.header(name).map(|v| answer.excerpt(v.as_bytes())).collect();
                format!(
                    "`{regex}` matches nothing in the header `{name}`, which is {values:?} (status {status})"
                )
            }
            Self::Cookie(name) => format!("the answer sets no cookie `{name}` (status {status})"),
            Self::Status | Self::Body => format!("there is none (status {status})"),
        }
    }
}
