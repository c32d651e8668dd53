//! What a target says of itself on `/`: its routes and its control paths, for whoever types `curl`.
//!
//! Start with [`About`].

use serde::Serialize;

/// A target in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct About {
    pub(crate) target: &'static str,
    /// What it is, in a sentence.
    #[serde(rename = "about")]
    pub(crate) sentence: &'static str,
    pub(crate) routes: Vec<Line>,
    pub(crate) control: Vec<Line>,
}

/// A method and a path, and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) about: String,
}

impl Line {
    pub(crate) fn new((method, path, about): (&str, &str, &str)) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), about: about.to_owned() }
    }
}

impl About {
    /// Indented JSON with a newline at its end.
    pub(crate) fn json(&self) -> String {
        // In the order of the fields: a person reads what it is before how to control it. Texts alone do not fail.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// One line each.
    pub(crate) fn text(&self) -> String {
        let lines = self.routes.iter().chain(&self.control);
        let lines = lines.map(|Line { method, path, about }| format!("{method:<7}{path:<24}{about}\n"));
        format!("{}: {}\n\n{}", self.target, self.sentence, lines.collect::<String>())
    }
}
