//! What a terminal can show: colours and characters. Meaning never rests on colour alone.

use crate::text::{fit, width};

/// What the output can take. The caller decides it (terminal or not, `NO_COLOR`, `--ascii`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// Nothing but ASCII.
    pub ascii: bool,
}

/// The part that a piece of text plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Label,
    Strong,
    Good,
    Bad,
    Warn,
}

impl Tone {
    /// Select Graphic Rendition parameters (ECMA-48, 8.3.117).
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Label => Some("2"),
            Self::Strong => Some("1"),
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
            Self::Warn => Some("33"),
        }
    }
}

impl Style {
    /// The sign for "nothing was measured".
    pub(crate) const fn none(self) -> &'static str {
        if self.ascii { "-" } else { "\u{2013}" }
    }

    pub(crate) const fn good(self) -> &'static str {
        if self.ascii { "ok" } else { "\u{2713}" }
    }

    pub(crate) const fn bad(self) -> &'static str {
        if self.ascii { "FAIL" } else { "\u{2717}" }
    }

    pub(crate) const fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "\u{2026}" }
    }

    pub(crate) const fn bar(self) -> (&'static str, &'static str) {
        if self.ascii { ("#", "-") } else { ("\u{2588}", "\u{2591}") }
    }

    /// Eight heights, lowest first.
    pub(crate) const fn heights(self) -> [char; 8] {
        if self.ascii {
            ['_', '.', ':', '-', '=', '+', '*', '#']
        } else {
            ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}']
        }
    }

    /// `text` in ASCII if that is all there is: `?` for what has no place there.
    pub(crate) fn encode(self, text: &str) -> String {
        if !self.ascii {
            return text.into();
        }
        text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
    }
}

/// A line made of pieces; cut to a width as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Vec<(Tone, String)>);

impl Line {
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self::default().and(tone, text)
    }

    pub(crate) fn and(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.0.push((tone, text.into()));
        self
    }

    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| width(text)).sum()
    }

    /// The line in at most `columns` columns: the piece that reaches the edge is cut, the rest left out.
    pub(crate) fn render(&self, columns: usize, style: Style) -> String {
        let mut out = String::new();
        for (tone, shown) in self.fitted(columns, style) {
            match tone.code().filter(|_| style.color && !shown.is_empty()) {
                Some(code) => out.extend(["\u{1b}[", code, "m", &shown, "\u{1b}[0m"]),
                None => out += &shown,
            }
        }
        out
    }

    /// Its pieces, in as many columns.
    pub(crate) fn fitted(&self, columns: usize, style: Style) -> Vec<(Tone, String)> {
        let (mut out, mut left) = (Vec::new(), columns);
        for (tone, text) in &self.0 {
            out.push((*tone, style.encode(&fit(text, left, style.ellipsis()))));
            if width(text) > left {
                break;
            }
            left -= width(text);
        }
        out
    }
}
