//! What can be wrong with a mock's configuration.

use std::fmt;

/// A configuration that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is not JSON, or not of the shape that is documented in [`crate::mock`].
    #[error("{0}")]
    Syntax(SyntaxError),
    /// The shape is right, but values are not: all of them at once.
    #[error("the mock's configuration cannot be served:{}", list(.0))]
    Invalid(Vec<Problem>),
    /// The same for a target that is a service.
    #[error("the configuration of `{target}` cannot be served:{}", list(.problems))]
    Service {
        /// The name of the target.
        target: &'static str,
        /// What is wrong, all at once.
        problems: Vec<Problem>,
    },
}

/// Where and why a text was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The name of the file, as given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The text of that line.
    pub source_line: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it, if that can be guessed.
    pub help: Option<String>,
}

/// One value that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where the value is: `routes[2].failures.rate`.
    pub at: String,
    /// What is wrong with it.
    pub message: String,
}

impl SyntaxError {
    /// The position and message of `error`, found in `text`.
    pub(crate) fn new(file: &str, text: &str, error: &serde_json::Error) -> Self {
        let full = error.to_string();
        // serde_json appends the position, which we show ourselves.
        let message = full.split_once(" at line ").map_or(full.as_str(), |(message, _)| message).to_owned();
        Self {
            file: file.to_owned(),
            line: error.line(),
            column: error.column(),
            source_line: text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default().to_owned(),
            help: did_you_mean(&message),
            message,
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, source_line, message, help } = self;
        let gutter = " ".repeat(line.to_string().len());
        let indent = " ".repeat(column.saturating_sub(1));
        writeln!(f, "{message}")?;
        writeln!(f, "{gutter}--> {file}:{line}:{column}")?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {source_line}")?;
        write!(f, "{gutter} | {indent}^")?;
        match help {
            Some(help) => write!(f, "\n{gutter} = help: {help}"),
            None => Ok(()),
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |list, Problem { at, message }| list + "\n  " + at + ": " + message)
}

/// Below this similarity (Jaro-Winkler, 0 to 1) a suggestion is more often noise than help.
const ALIKE: f64 = 0.75;

/// A suggestion out of serde's "unknown field `x`, expected one of `a`, `b`".
fn did_you_mean(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    // Words in backticks are at the odd places.
    let mut words = message.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    let alike = |word: &&str| strsim::jaro_winkler(wrong, word);
    let best = words.max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(&best) >= ALIKE).then(|| format!("did you mean `{best}`?"))
}
