//! What a target says of itself on `/`: its routes and its control paths, for whoever types `curl`.
//!
//! Start with [`About`].

use serde_json::{Value, json};

/// A target in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) target: &'static str,
    /// What it is, in a sentence.
    pub(crate) sentence: &'static str,
    pub(crate) routes: Vec<Line>,
    pub(crate) control: Vec<Line>,
}

/// A method and a path, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) about: String,
}

impl Line {
    pub(crate) fn new((method, path, about): (&str, &str, &str)) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), about: about.to_owned() }
    }

    fn json(&self) -> Value {
        json!({ "method": self.method, "path": self.path, "about": self.about })
    }
}

impl About {
    /// Indented JSON with a newline at its end.
    pub(crate) fn json(&self) -> String {
        let list = |lines: &[Line]| lines.iter().map(Line::json).collect::<Vec<_>>();
        let value = json!({
            "target": self.target,
            "about": self.sentence,
            "routes": list(&self.routes),
            "control": list(&self.control),
        });
        format!("{value:#}\n")
    }

    /// One line each.
    pub(crate) fn text(&self) -> String {
        let lines = self.routes.iter().chain(&self.control);
        let lines = lines.map(|Line { method, path, about }| format!("{method:<7}{path:<24}{about}\n"));
        format!("{}: {}\n\n{}", self.target, self.sentence, lines.collect::<String>())
    }
}
