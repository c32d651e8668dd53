//! `{{name}}` and `{{$dynamic}}` as a plan's expressions.

use super::super::call::{identifier, plain};
use crate::diagnostic::Diagnostic;
use crate::tree::{Node, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Postman's dynamic variables that a function here stands for.
const DYNAMIC: [(&str, &str); 40] = [
    ("guid", "uuid()"),
    ("randomUUID", "uuid()"),
    ("timestamp", "unix()"),
    ("isoTimestamp", "now()"),
    ("randomInt", "int(0,1000)"),
    ("randomAlphaNumeric", "chars(1)"),
    ("randomBoolean", "bool()"),
    ("randomFirstName", "first_name()"),
    ("randomLastName", "last_name()"),
    ("randomFullName", "name()"),
    ("randomNamePrefix", "choice(Ms,Mr,Dr)"),
    ("randomUserName", "user_name()"),
    ("randomEmail", "email()"),
    ("randomExampleEmail", "email()"),
    ("randomPhoneNumber", "phone()"),
    ("randomPhoneNumberExt", "phone()"),
    ("randomIP", "ipv4()"),
    ("randomPassword", "chars(15)"),
    ("randomWord", "word()"),
    ("randomNoun", "word()"),
    ("randomVerb", "word()"),
    ("randomAdjective", "word()"),
    ("randomColor", "choice(red,green,blue,yellow,violet,teal)"),
    ("randomWords", "words(2,5)"),
    ("randomLoremWord", "word()"),
    ("randomLoremWords", "words(3)"),
    ("randomLoremSentence", "words(5,12)"),
    ("randomLoremParagraph", "words(20,40)"),
    ("randomPhrase", "words(5,12)"),
    ("randomCity", "word()"),
    ("randomCompanyName", "words(2)"),
    ("randomProduct", "word()"),
    ("randomProductName", "words(2,3)"),
    ("randomPrice", "float(0,1000,2)"),
    ("randomDateRecent", "now(-12h)"),
    ("randomDatePast", "now(-2400h)"),
    ("randomDateFuture", "now(2400h)"),
    ("randomHexColor", "hex(6)"),
    ("randomHexadecimal", "hex(1)"),
    ("randomDigit", "digits(1)"),
];

/// The names between `before` and `after` in a text: of variables, not of what Postman makes up.
pub(super) fn names_between<'t>(
    text: &'t str,
    before: &'t str,
    after: &'t str,
) -> impl Iterator<Item = &'t str> {
    let inside = text.split(before).skip(1).filter_map(move |part| part.split_once(after));
    inside.map(|(name, _)| name.trim()).filter(|name| !name.starts_with('$'))
}

/// The collection's variables, and what was found to be used.
#[derive(Default)]
pub(super) struct Variables {
    given: BTreeSet<String>,
    saved: BTreeSet<String>,
    /// Used and given nowhere, with the first place.
    unknown: BTreeMap<String, Span>,
}

impl Variables {
    pub(super) fn of(root: &Node) -> Self {
        let list = root.entry("variable").map(|e| e.value.one_or_many()).unwrap_or_default();
        let name = |v: &Node| {
            v.entry("key").or_else(|| v.entry("id")).and_then(|e| e.value.as_str()).map(identifier)
        };
        Self { given: list.iter().filter_map(name).collect(), ..Self::default() }
    }

    pub(super) fn save(&mut self, name: &str) {
        self.saved.insert(name.to_owned());
    }

    pub(super) fn is_saved(&self, name: &str) -> bool {
        self.saved.contains(name)
    }

    /// Names that neither the collection nor a script gives.
    pub(super) fn unknown(&self) -> impl Iterator<Item = (&String, &Span)> {
        self.unknown.iter().filter(|(name, _)| !self.saved.contains(*name))
    }

    /// A text with its variables as a template.
    pub(super) fn template(&mut self, text: &str, span: &Span, problems: &mut Vec<Diagnostic>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(&plain(before));
            let Some((name, more)) = after.split_once("}}") else {
                out.push_str("{{");
                rest = after;
                continue;
            };
            out.push_str(&self.expression(name.trim(), span, problems));
            rest = more;
        }
        out.push_str(&plain(rest));
        out
    }

    fn expression(&mut self, name: &str, span: &Span, problems: &mut Vec<Diagnostic>) -> String {
        let Some(dynamic) = name.strip_prefix('$') else {
            let name = identifier(name);
            if !self.given.contains(&name) {
                self.unknown.entry(name.clone()).or_insert_with(|| span.clone());
            }
            return format!("${{{name}}}");
        };
        if let Some((_, function)) = DYNAMIC.iter().find(|d| d.0 == dynamic) {
            return format!("${{{function}}}");
        }
        let d = Diagnostic::warning(span, format!("`{{{{${dynamic}}}}}` has no counterpart"));
        problems.push(d.label("a word stands in its place"));
        "${word()}".to_owned()
    }
}
