//! A text and how far it has been read: places, quotes, braces.

use std::ops::Range;

/// A part of an objective's text that knows where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'t> {
    pub(crate) text: &'t str,
    /// The byte at which it begins.
    pub(crate) at: usize,
}

impl<'t> Piece<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The bytes from `from` to `to` of it.
    pub(crate) fn part(self, from: usize, to: usize) -> Self {
        Self { text: &self.text[from..to], at: self.at + from }
    }

    /// Without the white space around it.
    pub(crate) fn trimmed(self) -> Self {
        let from = self.text.len() - self.text.trim_start().len();
        self.part(from, from + self.text.trim().len())
    }

    /// Where it stands; a place to point at, even if it is empty.
    pub(crate) fn span(self, whole: usize) -> Range<usize> {
        if self.text.is_empty() {
            let at = self.at.min(whole.saturating_sub(1));
            return at..(at + 1).min(whole);
        }
        self.at..self.at + self.text.len()
    }

    /// The places of characters that stand outside of quotes and braces.
    pub(crate) fn outside(self) -> impl Iterator<Item = (usize, char)> + 't {
        let mut within = Within::default();
        self.text.char_indices().filter(move |&(_, c)| within.take(c))
    }

    /// Whether all its quotes and braces are closed.
    pub(crate) fn closes(self) -> bool {
        let mut within = Within::default();
        self.text.chars().for_each(|c| _ = within.take(c));
        within.depth == 0 && within.quote.is_none()
    }

    /// Its parts between the separators that stand outside of quotes and braces.
    pub(crate) fn split(self, separator: char) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut from = 0;
        for (at, c) in self.outside() {
            if c == separator {
                parts.push(self.part(from, at).trimmed());
                from = at + c.len_utf8();
            }
        }
        parts.push(self.part(from, self.text.len()).trimmed());
        parts
    }

    /// What white space outside of quotes and braces parts.
    pub(crate) fn words(self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut from = 0;
        let gaps = self.outside().filter(|(_, c)| c.is_whitespace());
        for (at, gap) in gaps.map(|(at, c)| (at, c.len_utf8())).chain([(self.text.len(), 0)]) {
            if at > from {
                words.push(self.part(from, at));
            }
            from = at + gap;
        }
        words
    }

    /// The text without its quotes and escapes; `None` if quotes are not closed, or stand in its middle.
    pub(crate) fn unquoted(self) -> Option<String> {
        let mut chars = self.text.chars();
        let Some(open @ ('"' | '\'')) = chars.next() else {
            return (!self.text.contains(['"', '\''])).then(|| self.text.to_owned());
        };
        let mut out = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\\' => out.push(chars.next()?),
                c if c == open => return chars.next().is_none().then_some(out),
                c => out.push(c),
            }
        }
        None
    }
}

/// Which quotes and braces are open.
#[derive(Default)]
struct Within {
    depth: usize,
    quote: Option<char>,
    escaped: bool,
}

impl Within {
    /// Takes the next character; answers whether it stands outside of all of them.
    fn take(&mut self, c: char) -> bool {
        if let Some(open) = self.quote {
            if !std::mem::take(&mut self.escaped) {
                self.escaped = c == '\\';
                if c == open {
                    self.quote = None;
                }
            }
            return false;
        }
        match c {
            '"' | '\'' => self.quote = Some(c),
            '{' => self.depth += 1,
            '}' if self.depth > 0 => {
                self.depth -= 1;
                return false;
            }
            _ => {}
        }
        self.depth == 0 && self.quote.is_none()
    }
}

/// A value as it can stand in a text: bare if it is made of letters, digits and `_ - . / :`, else in quotes.
pub(crate) fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "_-./:".contains(c);
    if !value.is_empty() && value.chars().all(bare) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
