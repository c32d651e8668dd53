//! What a request asks for, or all that is wrong with it, in the shape that `FastAPI` has.

use http::StatusCode;
use serde_json::{Value, json};

use super::cache::Key;
use crate::api::{Query, Reply};

/// The longest name and e-mail, in characters.
const LONGEST: usize = 200;

/// The page of a list without parameters, and the largest.
const USUAL_PAGE: u64 = 100;
const LARGEST_PAGE: u64 = 1_000;

/// What is to be done with the users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    List { limit: u64, offset: u64 },
    Show(u64),
    Create { name: String, email: String },
    Update { id: u64, name: Option<String>, email: Option<String> },
    Delete(u64),
}

impl Operation {
    /// Where a cache has the answer, if this is a read.
    pub(super) fn key(&self) -> Option<Key> {
        match *self {
            Self::List { limit, offset } => Some(Key::Page { limit, offset }),
            Self::Show(id) => Some(Key::User(id)),
            Self::Create { .. } | Self::Update { .. } | Self::Delete(_) => None,
        }
    }
}

/// The details of a 422 as they are found.
#[derive(Debug, Default)]
pub(super) struct Details(Vec<Value>);

/// Whether a field may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

impl Details {
    fn add(&mut self, kind: &str, loc: &Value, msg: &str, input: &Value) {
        self.0.push(json!({ "type": kind, "loc": loc, "msg": msg, "input": input }));
    }

    fn reply(self) -> Reply {
        Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": self.0 }))
    }

    fn or<T>(self, value: Option<T>) -> Result<T, Reply> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(self.reply()),
        }
    }

    /// The id in the path; one that no user can have is 0.
    fn id(&mut self, text: &str) -> Option<u64> {
        let id: Result<i128, _> = text.parse();
        if id.is_err() {
            let msg = "Input should be a valid integer, unable to parse string as an integer";
            self.add("int_parsing", &json!(["path", "user_id"]), msg, &json!(text));
        }
        id.ok().map(|id| u64::try_from(id).unwrap_or(0))
    }

    /// A number in the query between the limits.
    fn number(&mut self, query: Query<'_>, name: &str, usual: u64, (least, most): (u64, u64)) -> Option<u64> {
        let Some(text) = query.get(name) else {
            return Some(usual);
        };
        let loc = json!(["query", name]);
        let Ok(number) = text.trim().parse::<i128>() else {
            let msg = "Input should be a valid integer, unable to parse string as an integer";
            self.add("int_parsing", &loc, msg, &json!(text));
            return None;
        };
        if number < i128::from(least) {
            let msg = format!("Input should be greater than or equal to {least}");
            self.add("greater_than_equal", &loc, &msg, &json!(text));
        } else if number > i128::from(most) {
            let msg = format!("Input should be less than or equal to {most}");
            self.add("less_than_equal", &loc, &msg, &json!(text));
        }
        u64::try_from(number).ok()
    }

    /// The body as an object.
    fn object(&mut self, body: &[u8]) -> Option<Value> {
        if body.is_empty() {
            self.add("missing", &json!(["body"]), "Field required", &Value::Null);
            return None;
        }
        match serde_json::from_slice(body) {
            Ok(object @ Value::Object(_)) => Some(object),
            Ok(other) => {
                let msg = "Input should be a valid dictionary or object to extract fields from";
                self.add("model_attributes_type", &json!(["body"]), msg, &other);
                None
            }
            Err(error) => {
                let before = body.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
                let at = before.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
                let msg = format!("JSON decode error: {error}");
                self.add("json_invalid", &json!(["body", at]), &msg, &json!({}));
                None
            }
        }
    }

    fn text(&mut self, object: &Value, name: &str, need: Need) -> Option<String> {
        let loc = json!(["body", name]);
        let text = match (object.get(name), need) {
            (Some(Value::String(text)), _) => text.trim(),
            (Some(other), _) => {
                self.add("string_type", &loc, "Input should be a valid string", other);
                return None;
            }
            (None, Need::Optional) => return None,
            (None, Need::Required) => {
                self.add("missing", &loc, "Field required", object);
                return None;
            }
        };
        if text.is_empty() {
            self.add("string_too_short", &loc, "String should have at least 1 character", &json!(text));
        } else if text.chars().count() > LONGEST {
            let msg = format!("String should have at most {LONGEST} characters");
            self.add("string_too_long", &loc, &msg, &json!(text));
        }
        Some(text.to_owned())
    }

    fn email(&mut self, object: &Value, need: Need) -> Option<String> {
        let email = self.text(object, "email", need)?;
        let is_email = email.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
        });
        if !email.is_empty()
            && (!is_email || email.contains(char::is_whitespace) || email.matches('@').count() > 1)
        {
            let msg = "value is not a valid email address";
            self.add("value_error", &json!(["body", "email"]), msg, &json!(email));
        }
        Some(email)
    }
}

pub(super) fn list(query: Query<'_>) -> Result<Operation, Reply> {
    let mut details = Details::default();
    let limit = details.number(query, "limit", USUAL_PAGE, (1, LARGEST_PAGE));
    let offset = details.number(query, "offset", 0, (0, i64::MAX.unsigned_abs()));
    details.or(limit.zip(offset).map(|(limit, offset)| Operation::List { limit, offset }))
}

pub(super) fn show(id: &str) -> Result<Operation, Reply> {
    let mut details = Details::default();
    let id = details.id(id);
    details.or(id.map(Operation::Show))
}

pub(super) fn delete(id: &str) -> Result<Operation, Reply> {
    let mut details = Details::default();
    let id = details.id(id);
    details.or(id.map(Operation::Delete))
}

pub(super) fn create(body: &[u8]) -> Result<Operation, Reply> {
    let mut details = Details::default();
    let fields = details.object(body).and_then(|object| {
        let name = details.text(&object, "name", Need::Required);
        name.zip(details.email(&object, Need::Required))
    });
    details.or(fields.map(|(name, email)| Operation::Create { name, email }))
}

/// `PUT`, which sets all.
pub(super) fn replace(id: &str, body: &[u8]) -> Result<Operation, Reply> {
    update(id, body, Need::Required)
}

/// `PATCH`, which sets what is there.
pub(super) fn patch(id: &str, body: &[u8]) -> Result<Operation, Reply> {
    update(id, body, Need::Optional)
}

fn update(id: &str, body: &[u8], need: Need) -> Result<Operation, Reply> {
    let mut details = Details::default();
    let id = details.id(id);
    let object = details.object(body);
    let fields = object.map(|object| (details.text(&object, "name", need), details.email(&object, need)));
    let operation = id.zip(fields).map(|(id, (name, email))| Operation::Update { id, name, email });
    details.or(operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_well_is_read() {
        let name = || "A".to_owned();
        let email = || "a@b.example".to_owned();
        for (read, expected) in [
            (list(Query("")), Operation::List { limit: 100, offset: 0 }),
            (list(Query("limit=5&offset=10&x=y")), Operation::List { limit: 5, offset: 10 }),
            (show("7"), Operation::Show(7)),
            (show("-1"), Operation::Show(0)),
            (delete("7"), Operation::Delete(7)),
            (
                create(br#"{"name": " A ", "email": "a@b.example", "age": 7}"#),
                Operation::Create { name: name(), email: email() },
            ),
            (
                replace("1", br#"{"name": "A", "email": "a@b.example"}"#),
                Operation::Update { id: 1, name: Some(name()), email: Some(email()) },
            ),
            (patch("1", br#"{"name": "A"}"#), Operation::Update { id: 1, name: Some(name()), email: None }),
            (patch("1", b"{}"), Operation::Update { id: 1, name: None, email: None }),
        ] {
            assert_eq!(read, Ok(expected));
        }
    }

    #[test]
    fn what_is_wrong_is_all_said() {
        let long = format!(r#"{{"name": "{}", "email": "x"}}"#, "x".repeat(LONGEST + 1));
        let rows = [
            ("page", list(Query("limit=0&offset=-1"))),
            ("page of text", list(Query("limit=many&offset="))),
            ("large page", list(Query("limit=1001"))),
            ("id", show("me")),
            ("no body", create(b"")),
            ("no JSON", create(b"{\n  \"name\": }")),
            ("a list", create(b"[]")),
            ("empty", create(b"{}")),
            ("types", create(br#"{"name": 5, "email": null}"#)),
            ("values", create(br#"{"name": "", "email": "a@b"}"#)),
            ("spaces", create(br#"{"name": "A", "email": "a b@c.example"}"#)),
            ("put without name", replace("x", br#"{"email": "a@b.example"}"#)),
            ("patch", patch("1", br#"{"name": null}"#)),
        ];
        let mut shown: Vec<String> = rows
            .into_iter()
            .map(|(name, read)| {
                let reply = read.expect_err(name);
                format!("# {name}: {}\n{}", reply.status, String::from_utf8_lossy(&reply.body))
            })
            .collect();
        let reply = create(long.as_bytes()).expect_err("long");
        shown.push(format!(
            "# long: {} problems",
            String::from_utf8_lossy(&reply.body).matches("\"loc\"").count()
        ));
        insta::assert_snapshot!(shown.join("\n"));
    }
}
