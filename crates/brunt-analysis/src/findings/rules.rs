//! The rules file: limits of the detectors, texts, and a team's own rules.
//!
//! It is JSON. What a file does not say stays as it is in `rules/default.json`, which is built in and serves as an example:
//!
//! ```json
//! {
//!   "findings": {
//!     "long-tail": { "limits": { "p99_over_p95": 4 }, "advice": ["Ask #storage first"] },
//!     "anomaly": { "on": false }
//!   },
//!   "rules": [
//!     { "name": "too-slow-for-us", "when": ["p99 > 300 ms"], "say": "p99 breaks our promise", "advice": ["Page the owner"] }
//!   ]
//! }
//! ```
//!
//! Start with [`Rules::parse`] and [`Rules::default`].

use super::kind::Kind;
use super::own::{Condition, OwnRule};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// The rules that are built in.
const DEFAULT: &str = include_str!("../../rules/default.json");

/// What detectors go by, and what they say.
#[derive(Clone, Debug)]
pub struct Rules {
    findings: BTreeMap<Kind, Entry>,
    pub(super) own: Vec<OwnRule>,
}

/// A problem of a rules file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesError {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in bytes.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub help: String,
}

impl std::error::Error for RulesError {}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n  --> {}:{}:{}\n  = help: {}",
            self.problem, self.file, self.line, self.column, self.help
        )
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    findings: BTreeMap<Kind, WrittenEntry>,
    #[serde(default)]
    rules: Vec<WrittenRule>,
}

/// What is written on one kind of finding; what is not written stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    on: Option<bool>,
    #[serde(default)]
    limits: BTreeMap<String, f64>,
    causes: Option<Vec<String>>,
    advice: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    on: Option<bool>,
    #[serde(default)]
    when: Vec<String>,
    #[serde(default)]
    say: String,
    #[serde(default)]
    causes: Vec<String>,
    #[serde(default)]
    advice: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    off: bool,
    limits: BTreeMap<String, f64>,
    causes: Vec<String>,
    advice: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        let empty = Self { findings: BTreeMap::new(), own: Vec::new() };
        match empty.with(DEFAULT, "rules/default.json", Limits::New) {
            Ok(rules) => rules,
            Err(error) => unreachable!("what is built in is tested: {error}"),
        }
    }
}

/// Whether a file may name limits that no other did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limits {
    New,
    Known,
}

impl Rules {
    /// The built-in rules with what the text of `file` changes of them.
    pub fn parse(text: &str, file: &str) -> Result<Self, RulesError> {
        Self::default().with(text, file, Limits::Known)
    }

    /// The text of the built-in rules: an example to start from.
    pub fn default_text() -> &'static str {
        DEFAULT
    }

    /// The ids of all findings that can be made, and of the rules, in the order of the documentation.
    pub fn ids(&self) -> Vec<String> {
        let kinds = Kind::ALL.iter().filter(|k| **k != Kind::Rule).map(|k| k.name().to_owned());
        kinds.chain(self.own.iter().map(|r| r.name.clone())).collect()
    }

    fn with(mut self, text: &str, file: &str, limits: Limits) -> Result<Self, RulesError> {
        let place = Place { text, file };
        let written: File = serde_json::from_str(text).map_err(|e| place.of_json(&e))?;
        for (kind, entry) in written.findings {
            let known = self.findings.entry(kind).or_default();
            for (name, value) in entry.limits {
                if limits == Limits::Known && !known.limits.contains_key(&name) {
                    return Err(place.unknown_limit(kind, &name, &known.limits));
                }
                if !value.is_finite() || value < 0.0 {
                    let help = "a limit is a number of 0 or more".to_owned();
                    return Err(place.at(
                        &name,
                        Some(kind.name()),
                        format!("`{name}` cannot be {value}"),
                        help,
                    ));
                }
                known.limits.insert(name, value);
            }
            known.off = entry.on.map_or(known.off, |on| !on);
            known.causes = entry.causes.unwrap_or(std::mem::take(&mut known.causes));
            known.advice = entry.advice.unwrap_or(std::mem::take(&mut known.advice));
        }
        for rule in written.rules {
            let name = rule.name.clone();
            self.own.retain(|r| r.name != name);
            if rule.on != Some(false) {
                self.own.push(lowered(rule, &place)?);
            }
        }
        Ok(self)
    }

    /// A limit of a kind of finding.
    ///
    /// The names are those of `rules/default.json`: a test holds every name that a detector asks for to it.
    pub(super) fn limit(&self, kind: Kind, name: &str) -> f64 {
        let limit = self.findings.get(&kind).and_then(|e| e.limits.get(name)).copied();
        debug_assert!(limit.is_some(), "`{}` has no limit `{name}`", kind.name());
        limit.unwrap_or(f64::INFINITY)
    }

    pub(super) fn is_on(&self, kind: Kind) -> bool {
        self.findings.get(&kind).is_none_or(|e| !e.off)
    }

    /// Causes and advice of a kind of finding.
    pub(super) fn texts(&self, kind: Kind) -> (Vec<String>, Vec<String>) {
        self.findings.get(&kind).map(|e| (e.causes.clone(), e.advice.clone())).unwrap_or_default()
    }
}

fn lowered(rule: WrittenRule, place: &Place<'_>) -> Result<OwnRule, RulesError> {
    if rule.when.is_empty() {
        let help = "write e.g. \"when\": [\"p95 > 200 ms\"]; \"on\": false turns a rule off".to_owned();
        return Err(place.at(
            &rule.name,
            None,
            format!("rule `{}` says nothing of when it holds", rule.name),
            help,
        ));
    }
    let condition = |text: &String| {
        Condition::parse(text).map_err(|problem| {
            let help =
                "write `p95 > 200 ms`, `error_rate > 1 %`, `p99 > 3 * p95`, `rate < 0.9 * asked`".to_owned();
            place.at(text, Some(&rule.name), format!("`{text}`: {problem}"), help)
        })
    };
    let when = rule.when.iter().map(condition).collect::<Result<Vec<_>, _>>()?;
    Ok(OwnRule { name: rule.name.clone(), when, say: rule.say, causes: rule.causes, advice: rule.advice })
}

/// Where problems are.
struct Place<'t> {
    text: &'t str,
    file: &'t str,
}

impl Place<'_> {
    fn of_json(&self, error: &serde_json::Error) -> RulesError {
        let whole = error.to_string();
        let problem = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
        let word = problem.strip_prefix("unknown variant `").and_then(|rest| rest.split('`').next());
        let near = word.and_then(|word| {
            let distance = |name: &&str| strsim::osa_distance(word, name);
            Kind::ALL.iter().map(|k| k.name()).min_by_key(distance).filter(|name| distance(name) <= 3)
        });
        let help = match near {
            Some(name) => format!("did you mean `{name}`?"),
            None => "docs/findings.md shows what a rules file may say".to_owned(),
        };
        RulesError {
            file: self.file.to_owned(),
            line: error.line(),
            column: error.column().max(1),
            problem,
            help,
        }
    }

    fn unknown_limit(&self, kind: Kind, name: &str, known: &BTreeMap<String, f64>) -> RulesError {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let help =
            if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
        self.at(name, Some(kind.name()), format!("`{}` has no limit `{name}`", kind.name()), help)
    }

    /// The place of the string `what` in the text, after that of `below` if there is one.
    fn at(&self, what: &str, below: Option<&str>, problem: String, help: String) -> RulesError {
        let quoted = |s: &str| serde_json::to_string(s).unwrap_or_default();
        let from = below.and_then(|b| self.text.find(&quoted(b))).unwrap_or(0);
        let offset = self.text[from..].find(&quoted(what)).map_or(from, |at| from + at);
        let before = &self.text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = offset - before.rfind('\n').map_or(0, |at| at + 1) + 1;
        RulesError { file: self.file.to_owned(), line, column, problem, help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_reads() {
        let rules = Rules::default();
        assert_eq!(rules.findings.len(), Kind::ALL.len() - 1);
        assert!((rules.limit(Kind::LongTail, "p99_over_p95") - 3.0).abs() < 1e-9);
        assert!(rules.own.iter().any(|r| r.name == "high-variance"));
        for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::Rule) {
            assert!(!rules.texts(kind).1.is_empty(), "{} gives no advice", kind.name());
        }
    }

    #[test]
    fn a_file_changes_what_it_says_and_nothing_else() {
        let text = r#"{"findings": {"long-tail": {"limits": {"p99_over_p95": 4}, "advice": ["ask"]}, "drift": {"on": false}},
            "rules": [{"name": "ours", "when": ["p95 > 1 s"], "say": "slow"}, {"name": "high-variance", "on": false}]}"#;
        let rules = Rules::parse(text, "ours.json").unwrap();
        assert!((rules.limit(Kind::LongTail, "p99_over_p95") - 4.0).abs() < 1e-9);
        assert!((rules.limit(Kind::LongTail, "p999_over_p50") - 20.0).abs() < 1e-9);
        assert_eq!(rules.texts(Kind::LongTail).1, ["ask"]);
        assert!(!rules.texts(Kind::LongTail).0.is_empty());
        assert!(!rules.is_on(Kind::Drift) && rules.is_on(Kind::LongTail));
        assert!(rules.own.iter().any(|r| r.name == "ours"));
        assert!(!rules.own.iter().any(|r| r.name == "high-variance"));
    }

    #[test]
    fn problems_have_places() {
        for text in [
            "{\n  \"findings\": {\"longtail\": {}}\n}",
            "{\n  \"findings\": {\n    \"long-tail\": {\"limits\": {\"p99\": 3}}\n  }\n}",
            "{\"findings\": {\"drift\": {\"limits\": {\"rise\": -1}}}}",
            "{\"rules\": [{\"name\": \"ours\"}]}",
            "{\"rules\": [\n  {\"name\": \"ours\", \"when\": [\"p95 >> 3\"]}\n]}",
            "{\"rules\": [{\"name\": \"ours\", \"when\": [\"speed > 3\"]}]}",
            "{\"rulez\": []}",
            "{",
        ] {
            let error = Rules::parse(text, "ours.json").unwrap_err();
            insta::with_settings!({ omit_expression => true, description => text.to_owned() }, {
                insta::assert_snapshot!(error.to_string());
            });
        }
    }
}
