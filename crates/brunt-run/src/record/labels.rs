//! Labels of a recorded run: those that it was started with, and those given and taken away since.
//!
//! A record is not changed once it is written; what is said of it later stands beside it, in `labels.json`, which
//! replaces what the header says.

use crate::RunHeader;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file of labels that were given later.
const FILE: &str = "labels.json";
/// The most labels of a run: they are words to find it by, not a store.
pub const MAX_LABELS: usize = 32;
/// The longest name of a label, in characters.
pub const MAX_LABEL_NAME: usize = 64;
/// The longest value of a label, in characters.
pub const MAX_LABEL_VALUE: usize = 200;

/// Why labels cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// It is no label.
    #[error("`{text}` is no label: {why}; write e.g. `team=checkout`")]
    Form {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// There are too many.
    #[error("a run has at most {MAX_LABELS} labels")]
    TooMany,
    /// The file cannot be read or written.
    #[error("cannot read or write `{}`: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("`{}` is no list of labels: {reason}; remove it, and the run has those that it was started with", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct LabelFile {
    labels: BTreeMap<String, String>,
}

/// Reads `name=value`.
pub fn parse_label(text: &str) -> Result<(String, String), LabelError> {
    let wrong = |why: &str| LabelError::Form { text: shown(text), why: why.to_owned() };
    let (name, value) = text.split_once('=').ok_or_else(|| wrong("it has no `=`"))?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() {
        return Err(wrong("it has no name before the `=`"));
    }
    if name.chars().count() > MAX_LABEL_NAME {
        return Err(wrong(&format!("its name is longer than {MAX_LABEL_NAME} characters")));
    }
    if value.chars().count() > MAX_LABEL_VALUE {
        return Err(wrong(&format!("its value is longer than {MAX_LABEL_VALUE} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(wrong("it has control characters"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// The beginning of a text, without control characters.
fn shown(text: &str) -> String {
    text.chars().take(MAX_LABEL_NAME).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Reads some of `name=value`; of one name the last counts.
pub fn parse_labels<T: AsRef<str>>(texts: &[T]) -> Result<BTreeMap<String, String>, LabelError> {
    let labels: BTreeMap<_, _> = texts.iter().map(|t| parse_label(t.as_ref())).collect::<Result<_, _>>()?;
    if labels.len() > MAX_LABELS { Err(LabelError::TooMany) } else { Ok(labels) }
}

/// The labels of the record in `folder`, whose header is `header`, as they are now.
pub fn labels(folder: &Path, header: &RunHeader) -> Result<BTreeMap<String, String>, LabelError> {
    let path = folder.join(FILE);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(header.labels.clone()),
        Err(source) => return Err(LabelError::Io { path, source }),
    };
    let read: Result<LabelFile, _> = serde_json::from_slice(&text);
    read.map(|file| file.labels).map_err(|e| LabelError::Damaged { path, reason: e.to_string() })
}

/// Gives the record in `folder` these labels, in place of all that it has.
pub fn set_labels(folder: &Path, labels: &BTreeMap<String, String>) -> Result<(), LabelError> {
    if labels.len() > MAX_LABELS {
        return Err(LabelError::TooMany);
    }
    let path = folder.join(FILE);
    let failed = |source| LabelError::Io { path: path.clone(), source };
    let text = serde_json::to_vec_pretty(&LabelFile { labels: labels.clone() })
        .map_err(|e| failed(io::Error::other(e)))?;
    super::write::write_whole(&path, &text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_name_and_a_value() {
        let long = "x".repeat(MAX_LABEL_VALUE + 1);
        for (text, expected) in [
            ("team=checkout", Ok(("team", "checkout"))),
            (" team = check out ", Ok(("team", "check out"))),
            ("empty=", Ok(("empty", ""))),
            ("a=b=c", Ok(("a", "b=c"))),
            ("team", Err("it has no `=`")),
            ("=x", Err("no name")),
            ("a=b\u{1b}[2J", Err("control characters")),
            (&format!("a={long}"), Err("its value is longer than 200")),
            (&format!("{long}=a"), Err("its name is longer than 64")),
        ] {
            match (parse_label(text), expected) {
                (Ok((name, value)), Ok(expected)) => assert_eq!((name.as_str(), value.as_str()), expected),
                (Err(error), Err(part)) => {
                    let text = error.to_string();
                    assert!(text.contains(part) && !text.contains('\u{1b}'), "{text}");
                }
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
        let many: Vec<String> = (0..=MAX_LABELS).map(|i| format!("l{i}=x")).collect();
        assert!(matches!(parse_labels(&many), Err(LabelError::TooMany)));
        assert_eq!(parse_labels(&["a=1", "a=2"]).expect("labels")["a"], "2");
    }
}
