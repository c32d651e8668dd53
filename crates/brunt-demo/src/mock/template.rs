//! Bodies with holes: `{{name}}` for a path parameter, `{{n}}` for the number of the request.

use super::path::Pattern;

/// A text with its holes found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The parameter at this place of the pattern.
    Parameter(usize),
    Number,
}

/// How a value is written into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    None,
    /// As the inside of a JSON string.
    Json,
}

impl Template {
    /// Finds the holes of `text`; the error is a sentence.
    pub(super) fn parse(text: &str, pattern: &Pattern) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once("{{") {
            let Some((name, after)) = from.split_once("}}") else {
                break;
            };
            let trimmed = name.trim();
            let part = match pattern.names().position(|parameter| parameter == trimmed) {
                Some(index) => Part::Parameter(index),
                None if trimmed == "n" => Part::Number,
                // Nested JSON objects end in `}}` as well: only what could be a name is taken for a hole.
                None if trimmed.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                    return Err(format!(
                        "`{{{{{trimmed}}}}}` is neither a parameter of the path nor `{{{{n}}}}`"
                    ));
                }
                None => Part::Text(format!("{{{{{name}}}}}")),
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(part);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The text, if there is no hole in it.
    pub(super) fn fixed(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Parameter(_) | Part::Number => None,
            })
            .collect()
    }

    /// The text with its holes filled.
    pub(super) fn fill(&self, values: &[&str], number: u64, escape: Escape) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Number => text.push_str(&number.to_string()),
                Part::Parameter(index) => {
                    let value = values.get(*index).copied().unwrap_or_default();
                    match escape {
                        Escape::None => text.push_str(value),
                        Escape::Json => {
                            text.push_str(serde_json::Value::from(value).to_string().trim_matches('"'));
                        }
                    }
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes() {
        let pattern = Pattern::parse("/a/{id}/{other}").expect("pattern");
        let parse = |text| Template::parse(text, &pattern);
        let fill = |text| parse(text).expect(text).fill(&["7", "x\\y"], 3, Escape::Json);
        assert_eq!(fill("id {{id}}, {{ n }}: {{other}}"), r"id 7, 3: x\\y");
        assert_eq!(fill(r#"{"a":{"b":1}} {{"#), r#"{"a":{"b":1}} {{"#);
        assert_eq!(parse("plain").expect("plain").fixed().as_deref(), Some("plain"));
        assert_eq!(parse("{{n}}").expect("n").fixed(), None);
        assert!(parse("{{nobody}}").is_err());
    }
}
