//! What is wrong with a text, and where.

use std::ops::Range;

/// A problem of an objective's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, in bytes of the text; never empty, unless the text is.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// Beside the place: why.
    pub label: String,
    /// What to type instead.
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: String::new(), help: None }
    }

    #[must_use]
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `word` is not one of `known`: which may be meant?
    pub(crate) fn unknown<'k>(
        what: &str,
        word: &str,
        span: Range<usize>,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let lower = word.to_lowercase();
        let distance = |k: &&str| strsim::damerau_levenshtein(&lower, k);
        let near = known.iter().min_by_key(|k| distance(k)).filter(|k| distance(k) <= k.len().max(3) / 3);
        let names = || known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        let help =
            near.map_or_else(|| format!("known are {}", names()), |near| format!("did you mean `{near}`?"));
        Self::new(span, format!("unknown {what} `{word}`")).help(help)
    }
}
