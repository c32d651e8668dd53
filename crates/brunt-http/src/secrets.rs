//! The secrets of a workload, and texts without them: a server may send back what it was sent, and words about its
//! answer are shown and kept.
//!
//! Found are secrets as they are, and as JSON, URLs and forms write them. Not found is what is made of one in any
//! other way, and what is secret without the plan saying so: a token that a server gave.

use brunt_workload::{
    Body, CheckRule, Condition, Draw, Escape, IterationIndex, Journey, JsonTest, Request, Scope, Source,
    Step, Text, TextPart, Workload,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Shorter ones are not hidden: they stand in words that have nothing to do with them.
const MIN_HIDDEN: usize = 4;

const HIDDEN: &[u8] = b"(hidden)";

/// What stands before the credentials in a header, and is no secret.
const SCHEMES: [&str; 6] = ["Basic", "Bearer", "Token", "ApiKey", "Digest", "Negotiate"];

/// Texts that are not to be shown.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Every form of each, the longest first.
    forms: Vec<Vec<u8>>,
    /// Whether one begins with this byte.
    begins: Vec<bool>,
}

impl Secrets {
    /// All that the workload's requests, checks and journeys have.
    pub fn of(workload: &Workload) -> Self {
        let mut found = Vec::new();
        workload.requests.iter().for_each(|request| of_request(request, &mut found));
        for check in &workload.checks {
            if let CheckRule::Json { test: JsonTest::Compare(_, text), .. } = &check.rule {
                found.push(text);
            }
        }
        let classes = workload.scenarios.iter().flat_map(|scenario| &scenario.classes);
        classes.for_each(|class| of_journey(&class.journey, &mut found));
        Self::default().with(found)
    }

    /// These secrets and those in `texts`, as the requests of hooks have them.
    #[must_use]
    pub fn with<'a>(self, texts: impl IntoIterator<Item = &'a Text>) -> Self {
        let mut secrets: BTreeSet<String> = BTreeSet::new();
        texts.into_iter().for_each(|text| of_text(text, &mut secrets));
        let mut forms: BTreeSet<Vec<u8>> = self.forms.into_iter().collect();
        forms.extend(secrets.iter().flat_map(|secret| forms_of(secret)).map(String::into_bytes));
        let mut forms: Vec<Vec<u8>> = forms.into_iter().collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        let begins = (0..=u8::MAX).map(|byte| forms.iter().any(|form| form.first() == Some(&byte))).collect();
        Self { forms, begins }
    }

    /// The text with `(hidden)` in place of each secret.
    pub fn hide(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.hide_first(text.as_bytes(), usize::MAX).0).into_owned()
    }

    /// The bytes without secrets; as they are, where there is none: nothing is copied then.
    pub(crate) fn hidden<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if (0..bytes.len()).all(|at| self.at(&bytes[at..]).is_none()) {
            return Cow::Borrowed(bytes);
        }
        Cow::Owned(self.hide_first(bytes, usize::MAX).0)
    }

    /// So many bytes of what is without secrets, or a few more, and how many of `bytes` that took.
    pub(crate) fn hide_first(&self, bytes: &[u8], most: usize) -> (Vec<u8>, usize) {
        let mut out = Vec::new();
        let mut at = 0;
        while at < bytes.len() && out.len() < most {
            if let Some(length) = self.at(&bytes[at..]) {
                let mut end = at + length;
                at += 1;
                // The rest of one that begins in another is no less secret.
                while at < end {
                    end = end.max(at + self.at(&bytes[at..]).unwrap_or(0));
                    at += 1;
                }
                out.extend_from_slice(HIDDEN);
            } else {
                out.push(bytes[at]);
                at += 1;
            }
        }
        (out, at)
    }

    /// The length of the longest secret that `bytes` begin with.
    fn at(&self, bytes: &[u8]) -> Option<usize> {
        let first = usize::from(*bytes.first()?);
        if !self.begins.get(first).copied().unwrap_or(false) {
            return None;
        }
        self.forms.iter().find(|form| bytes.starts_with(form)).map(Vec::len)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} hidden)", self.forms.len())
    }
}

fn of_request<'a>(request: &'a Request, found: &mut Vec<&'a Text>) {
    found.push(&request.target);
    found.extend(request.headers.iter().map(|(_, value)| value));
    found.extend(request.saves.iter().filter_map(|save| save.default.as_ref()));
    if let Body::Text(text) = &request.body {
        found.push(text);
    }
}

fn of_journey<'a>(journey: &'a Journey, found: &mut Vec<&'a Text>) {
    let actions = journey.on_start.iter().chain(&journey.actions).chain(&journey.on_stop);
    actions.for_each(|action| of_steps(&action.steps, found));
}

/// Steps are nested no deeper than plans allow.
fn of_steps<'a>(steps: &'a [Step], found: &mut Vec<&'a Text>) {
    for step in steps {
        match step {
            Step::Request(_) | Step::Batch { .. } | Step::Pause(_) | Step::Script(_) | Step::End(_) => {}
            Step::Set { value, .. } => found.push(value),
            Step::Group { steps, .. } => of_steps(steps, found),
            Step::If { condition, then, otherwise } => {
                of_condition(condition, found);
                of_steps(then, found);
                of_steps(otherwise, found);
            }
            Step::Repeat { while_, steps, .. } => {
                if let Some(condition) = while_ {
                    of_condition(condition, found);
                }
                of_steps(steps, found);
            }
            Step::Choose { branches, .. } => branches.iter().for_each(|branch| of_steps(branch, found)),
        }
    }
}

fn of_condition<'a>(condition: &'a Condition, found: &mut Vec<&'a Text>) {
    match condition {
        Condition::Compare { left, right, .. } => found.extend([left, right]),
        Condition::True(text) => found.push(text),
        Condition::Saved(_) | Condition::LastOk | Condition::LastStatus(_) | Condition::Chance(_) => {}
        Condition::Not(inner) => of_condition(inner, found),
        Condition::All(inner) | Condition::Any(inner) => inner.iter().for_each(|c| of_condition(c, found)),
    }
}

fn of_text(text: &Text, secrets: &mut BTreeSet<String>) {
    for part in &text.parts {
        let TextPart::Dynamic { source, .. } = part else { continue };
        match source {
            Source::Secret(secret) => of_secret(secret.expose(), secrets),
            Source::Base64(inner) => {
                of_text(inner, secrets);
                if let Some(encoded) = fixed_base64(inner) {
                    of_secret(&encoded, secrets);
                }
            }
            Source::Generated(_) | Source::Saved { .. } | Source::Cell { .. } => {}
        }
    }
}

/// The text in base64, if it is the same every time.
fn fixed_base64(inner: &Text) -> Option<String> {
    let is_fixed = |part: &TextPart| match part {
        TextPart::Literal(_) => true,
        TextPart::Dynamic { source, .. } => matches!(source, Source::Secret(_)),
    };
    if !inner.parts.iter().all(is_fixed) {
        return None;
    }
    let part = TextPart::Dynamic { source: Source::Base64(inner.clone()), escape: Escape::None };
    let mut draw = Draw::new(0, brunt_metrics::ScenarioId(0), IterationIndex(0));
    let mut out = Vec::new();
    // Nothing of it can be missing.
    Text { parts: vec![part] }.render(&mut draw, &Scope::NONE, &mut out).ok()?;
    String::from_utf8(out).ok()
}

fn of_secret(secret: &str, secrets: &mut BTreeSet<String>) {
    let secret = secret.trim();
    let is_scheme = |word: &str| SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word));
    if is_scheme(secret) {
        return;
    }
    let credentials = secret.split_once(' ').filter(|(word, _)| is_scheme(word)).map(|(_, rest)| rest.trim());
    // As `user:password` are sent.
    let pair = unbase64(credentials.unwrap_or(secret)).filter(|pair| pair.contains(':'));
    let password = pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, password)| password);
    let all = [Some(secret), credentials, pair.as_deref(), password];
    secrets.extend(all.into_iter().flatten().filter(|s| s.len() >= MIN_HIDDEN).map(str::to_owned));
}

/// Base64 of a text without control characters; `None` for all else.
fn unbase64(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=').bytes().map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut bits, mut held, mut out) = (0_u32, 0, Vec::new());
    for digit in digits {
        bits = (bits << 6 | u32::from(digit?)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    String::from_utf8(out).ok().filter(|text| !text.chars().any(char::is_control))
}

/// A secret in all ways in which it may be written.
fn forms_of(secret: &str) -> BTreeSet<String> {
    let json = Escape::JsonString.of(secret);
    // As many write JSON.
    let solidus = json.replace('/', "\\/");
    let ascii = |text: &str| {
        let mut out = String::new();
        for c in text.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
        out
    };
    let urls = [Escape::Path, Escape::Segment, Escape::Query, Escape::Form].map(|escape| escape.of(secret));
    let mut forms = BTreeSet::from([secret.to_owned(), ascii(&json), ascii(&solidus), json, solidus]);
    forms.extend(urls);
    // As words in quotes show any of them.
    let quoted: Vec<String> = forms.iter().map(|form| Escape::JsonString.of(form)).collect();
    forms.extend(quoted);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_workload::Secret;

    fn secret(text: &str) -> Text {
        of(Source::Secret(Secret::new(text)))
    }

    fn of(source: Source) -> Text {
        Text { parts: vec![TextPart::Dynamic { source, escape: Escape::None }] }
    }

    #[test]
    fn secrets_are_hidden_however_they_are_written() {
        for (secrets, text, expected) in [
            (vec!["hush"], "say hush, hush!", "say (hidden), (hidden)!"),
            (vec!["abc"], "abc is too short", "abc is too short"),
            (vec!["Bearer tok-1"], "got Bearer tok-1; tok-1", "got (hidden); (hidden)"),
            (vec!["Bearer "], "a Bearer of news", "a Bearer of news"),
            // user:s3cret
            (
                vec!["dXNlcjpzM2NyZXQ="],
                "user is user, s3cret, dXNlcjpzM2NyZXQ=",
                "user is user, (hidden), (hidden)",
            ),
            (vec!["Basic dXNlcjpzM2NyZXQ="], "for user:s3cret", "for (hidden)"),
            (
                vec!["a/b\"c d"],
                r#"{"k":"a/b\"c d"} {"k":"a\/b\"c d"}"#,
                r#"{"k":"(hidden)"} {"k":"(hidden)"}"#,
            ),
            (
                vec!["a/b\"c d"],
                "?k=a/b%22c%20d&k=a%2Fb%22c%20d&k=a%2Fb%22c+d",
                "?k=(hidden)&k=(hidden)&k=(hidden)",
            ),
            (vec!["schlüssel"], r#"schlüssel "schl\u00fcssel""#, r#"(hidden) "(hidden)""#),
            (vec!["abcd", "cdef"], "xabcdefy", "x(hidden)y"),
            (vec!["abcd", "abcdef"], "abcdefg abcde", "(hidden)g (hidden)e"),
            (vec![], "as it is \u{1f600}", "as it is \u{1f600}"),
        ] {
            let texts: Vec<Text> = secrets.iter().map(|text| secret(text)).collect();
            let secrets = Secrets::default().with(&texts);
            assert_eq!(secrets.hide(text), expected);
            assert!(!format!("{secrets:?}").contains("hush"));
        }
    }

    #[test]
    fn secrets_are_found_everywhere() {
        let pair = Text { parts: [Text::literal("user:").parts, secret("hush").parts].concat() };
        let secrets = Secrets::default().with([&of(Source::Base64(pair))]);
        assert_eq!(secrets.hide("hush, dXNlcjpodXNo"), "(hidden), (hidden)");
        let steps = vec![Step::Repeat {
            times: (1, 1),
            while_: Some(Condition::Not(Box::new(Condition::True(secret("in a condition"))))),
            steps: vec![Step::Group {
                endpoint: brunt_metrics::EndpointId(0),
                steps: vec![Step::If {
                    condition: Condition::LastOk,
                    then: Vec::new(),
                    otherwise: Vec::new(),
                }],
            }],
        }];
        let mut found = Vec::new();
        of_steps(&steps, &mut found);
        let secrets = Secrets::default().with(found).with([&secret("a hook's")]);
        assert_eq!(secrets.hide("in a condition, a hook's"), "(hidden), (hidden)");
    }
}
