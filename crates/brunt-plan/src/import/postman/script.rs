//! The lines of scripts that save something of an answer, as people and Postman's snippets write them:
//!
//! ```text
//! pm.environment.set("token", pm.response.json().data.token);
//! const body = pm.response.json();            then  pm.collectionVariables.set("id", body.id);
//! pm.globals.set("next", pm.response.headers.get("Location"));
//! ```

use super::super::build::{Map, Piece};
use crate::tree::Span;
use std::fmt::Write;

/// What a line of a script does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// Nothing that matters.
    Nothing,
    Save {
        name: String,
        from: From,
    },
    Other,
}

/// What is saved.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum From {
    Json(String),
    Header(String),
    Cookie(String),
    Body,
    Status,
}

impl From {
    pub(super) fn piece(&self, span: &Span) -> Piece {
        let mut map = Map::at(span.clone());
        match self {
            Self::Json(path) => return path.as_str().into(),
            Self::Body => return "body".into(),
            Self::Status => return "status".into(),
            Self::Header(name) => map.put("header", name.to_ascii_lowercase()),
            Self::Cookie(name) => map.put("cookie", name.as_str()),
        };
        map.into()
    }
}

const SETTERS: [&str; 6] = [
    "pm.environment.set(",
    "pm.collectionVariables.set(",
    "pm.globals.set(",
    "pm.variables.set(",
    "postman.setEnvironmentVariable(",
    "postman.setGlobalVariable(",
];

/// Names that an answer's JSON is usually given.
const JSON_NAMES: [&str; 8] =
    ["jsonData", "json", "response", "responseJson", "body", "data", "res", "responseData"];

pub(super) fn statement(line: &str) -> Statement {
    let line = line.trim().trim_end_matches(';').trim();
    if line.is_empty() || line.starts_with("//") {
        return Statement::Nothing;
    }
    // The answer's JSON under one of the usual names.
    let assigned = ["var ", "let ", "const "].iter().find_map(|word| line.strip_prefix(word));
    if let Some((name, value)) = assigned.and_then(|rest| rest.split_once('=')) {
        let is_json = ["pm.response.json()", "JSON.parse(responseBody)"].contains(&value.trim());
        return if is_json && JSON_NAMES.contains(&name.trim()) {
            Statement::Nothing
        } else {
            Statement::Other
        };
    }
    let Some(inner) =
        SETTERS.iter().find_map(|s| line.strip_prefix(s)).and_then(|rest| rest.strip_suffix(')'))
    else {
        return Statement::Other;
    };
    let Some((name, value)) = inner.split_once(',').map(|(n, v)| (unquoted(n.trim()), v.trim())) else {
        return Statement::Other;
    };
    match (name, value_of(value)) {
        (Some(name), Some(from)) => Statement::Save { name: name.to_owned(), from },
        (_, _) => Statement::Other,
    }
}

fn unquoted(text: &str) -> Option<&str> {
    ['"', '\'', '`'].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q))
}

fn value_of(value: &str) -> Option<From> {
    let called =
        |prefix: &str| value.strip_prefix(prefix)?.strip_suffix(')').and_then(|arg| unquoted(arg.trim()));
    if let Some(name) = called("pm.response.headers.get(") {
        return Some(From::Header(name.to_owned()));
    }
    if let Some(name) = called("pm.cookies.get(") {
        return Some(From::Cookie(name.to_owned()));
    }
    match value {
        "pm.response.text()" | "responseBody" => return Some(From::Body),
        "pm.response.code" => return Some(From::Status),
        _ => {}
    }
    let path =
        value.strip_prefix("pm.response.json()").or_else(|| value.strip_prefix("JSON.parse(responseBody)"));
    let path = path.or_else(|| JSON_NAMES.iter().find_map(|name| value.strip_prefix(name)));
    let path = path.filter(|p| p.is_empty() || p.starts_with(['.', '[', '?']))?;
    json_path(path).map(From::Json)
}

/// `.a.b[0]["c-d"]` as a JSON path; `None` for more than members and positions.
fn json_path(text: &str) -> Option<String> {
    let mut out = "$".to_owned();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.strip_prefix("?.").map_or(rest, |after| &rest[rest.len() - after.len() - 1..]);
        if let Some(after) = rest.strip_prefix('.') {
            let len = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            if len == 0 || after.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            out.push_str(&rest[..=len]);
            rest = &after[len..];
        } else {
            let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
            match (inner.trim().parse::<u32>(), unquoted(inner.trim())) {
                // Writing to a String cannot fail.
                (Ok(position), _) => _ = write!(out, "[{position}]"),
                (Err(_), Some(name)) if !name.contains(['\'', '\\']) => out.extend(["['", name, "']"]),
                (Err(_), _) => return None,
            }
            rest = after;
        }
    }
    Some(out)
}

/// Puts quotes around `${...}` that stand as JSON values of their own.
pub(super) fn quote_values(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let (mut inside, mut escaped) = (false, false);
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if !inside && rest.starts_with("${") && !out.ends_with('$') {
            let end = rest.find('}').unwrap_or(rest.len() - 1);
            out.push('"');
            out.push_str(&rest[..=end]);
            out.push('"');
            rest = &rest[end + 1..];
            continue;
        }
        match c {
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements() {
        let save = |name: &str, from| Statement::Save { name: name.to_owned(), from };
        let json = |path: &str| From::Json(path.to_owned());
        for (line, expected) in [
            (
                "pm.environment.set(\"token\", pm.response.json().data.token);",
                save("token", json("$.data.token")),
            ),
            (
                "pm.collectionVariables.set('id', jsonData.items[0]['a-b'])",
                save("id", json("$.items[0]['a-b']")),
            ),
            (
                "pm.globals.set(\"n\", pm.response.headers.get(\"Location\"));",
                save("n", From::Header("Location".into())),
            ),
            ("pm.environment.set(\"x\", pm.response.json()?.a)", save("x", json("$.a"))),
            ("pm.environment.set(\"all\", pm.response.text());", save("all", From::Body)),
            ("  const body = pm.response.json();", Statement::Nothing),
            ("// nothing", Statement::Nothing),
            ("", Statement::Nothing),
            ("pm.environment.set(\"x\", Date.now())", Statement::Other),
            ("pm.environment.set(name, body.a)", Statement::Other),
            ("pm.environment.set(\"x\", body.map(f))", Statement::Other),
            ("pm.test('ok', () => {", Statement::Other),
        ] {
            assert_eq!(statement(line), expected, "{line}");
        }
    }

    #[test]
    fn values_are_quoted() {
        for (text, expected) in [
            ("{\"a\": ${x}}", "{\"a\": \"${x}\"}"),
            ("{\"a\": \"${x}\"}", "{\"a\": \"${x}\"}"),
            ("{\"a\\\"\": ${x}, \"b\": $${y}}", "{\"a\\\"\": \"${x}\", \"b\": $${y}}"),
            ("${", "\"${\""),
        ] {
            assert_eq!(quote_values(text), expected, "{text}");
        }
    }
}
