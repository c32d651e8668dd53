//! What is wrong with a plan, and how it is shown.
//!
//! A [`Diagnostic`] says what is wrong, where, why it matters and what to write instead; [`render`] shows a
//! list of them with their source lines. Nothing here decides what is wrong.

use crate::{Source, Span};
use std::fmt::Write;
use unicode_width::UnicodeWidthChar;

/// Whether a plan can run in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The plan cannot run.
    Error,
    /// It can, but perhaps not as meant.
    Warning,
}

/// One problem of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the plan can run in spite of it.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where in the source; `None` when it concerns the whole, or something outside of it.
    pub span: Option<Span>,
    /// Why it matters, shown beside the place; may be empty.
    pub label: String,
    /// What else belongs to it, a line each: places in another file.
    pub notes: Box<[String]>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn error(span: &Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span: Some(span.clone()),
            label: String::new(),
            notes: Box::default(),
            help: None,
        }
    }

    pub(crate) fn warning(span: &Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// An error that has no place in the source.
    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        Self { span: None, ..Self::error(&(0..0), message) }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What was found in one source: at least one error when it comes as an `Err`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.render(Style::Plain))]
pub struct Report {
    /// What the source is called: a path as the user gave it.
    pub name: String,
    /// Its text, for the lines shown.
    pub text: String,
    /// Where lines that are no part of the source were appended to its text, ascending, and whence they are: `the command
    /// line`.
    pub added: Vec<(usize, &'static str)>,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// What was found in a source that is shown as it is.
    pub(crate) fn of(source: &Source, diagnostics: Vec<Diagnostic>) -> Self {
        let (name, text) = (source.name.clone(), source.text.clone());
        Self { name, text, added: Vec::new(), diagnostics }
    }

    /// All of it as text.
    pub fn render(&self, style: Style) -> String {
        let place = Place { name: &self.name, text: &self.text, added: &self.added, style };
        rendered(&self.diagnostics, &place)
    }
}

/// Whether colours are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    #[default]
    Plain,
    /// With ANSI colours.
    Ansi,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// The most problems shown in full: past a few dozen they are mostly one mistake repeated.
const MAX_SHOWN: usize = 50;

/// The widest piece of a source line that is shown, in terminal columns.
const MAX_LINE_WIDTH: usize = 100;

/// Columns shown before the marked place when a line is clipped at its left.
const CLIP_CONTEXT: usize = 30;

/// The diagnostics with their source lines, then a line that counts them; nothing for none.
pub fn render(diagnostics: &[Diagnostic], name: &str, text: &str, style: Style) -> String {
    rendered(diagnostics, &Place { name, text, added: &[], style })
}

fn rendered(diagnostics: &[Diagnostic], place: &Place<'_>) -> String {
    let name = place.name;
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        one(&mut out, diagnostic, place);
        out.push('\n');
    }
    if diagnostics.len() > MAX_SHOWN {
        let _ = writeln!(out, "... and {} more\n", diagnostics.len() - MAX_SHOWN);
    }
    let count = |severity, one: &str| {
        let n = diagnostics.iter().filter(|d| d.severity == severity).count();
        (n > 0).then(|| format!("{n} {one}{}", if n == 1 { "" } else { "s" }))
    };
    let counts: Vec<String> = [count(Severity::Error, "problem"), count(Severity::Warning, "warning")]
        .into_iter()
        .flatten()
        .collect();
    if !counts.is_empty() {
        let _ = writeln!(out, "{} in {name}", counts.join(" and "));
    }
    out
}

struct Place<'a> {
    name: &'a str,
    text: &'a str,
    added: &'a [(usize, &'static str)],
    style: Style,
}

fn one(out: &mut String, d: &Diagnostic, place: &Place<'_>) {
    let (word, colour) = match d.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
    };
    let style = place.style;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}: {}", style.paint(colour, word), style.paint("1", &clean(&d.message)));
    let margin = if let Some(span) = &d.span {
        snippet(out, place, &Line::at(place.text, span), (colour, &clean(&d.label)))
    } else {
        let _ = writeln!(out, "  {} {}", style.paint("34", "-->"), place.name);
        2
    };
    for note in &d.notes {
        let _ = writeln!(out, "{:margin$} {} {}", "", style.paint("34", "="), clean(note));
    }
    if let Some(help) = &d.help {
        let _ =
            writeln!(out, "{:margin$} {} {}", "", style.paint("34", "="), clean(&format!("help: {help}")));
    }
}

/// The line with its mark; returns the width of its number.
fn snippet(out: &mut String, place: &Place<'_>, line: &Line<'_>, (colour, label): (&str, &str)) -> usize {
    let style = place.style;
    let whence = place.added.iter().rfind(|(from, _)| *from <= line.start).map(|(_, whence)| *whence);
    // A line that stands in no file has no number there.
    let number = if whence.is_some() { String::new() } else { line.number.to_string() };
    let margin = number.len().max(1);
    let bar = style.paint("34", "|");
    let arrow = style.paint("34", "-->");
    let number = style.paint("34", &format!("{number:margin$}"));
    let (shown, before, marked) = line.clipped();
    let marks = style.paint(colour, format!("{} {label}", "^".repeat(marked)).trim_end());
    let _ = match whence {
        Some(whence) => writeln!(out, "{:margin$}{arrow} {whence}", ""),
        None => writeln!(out, "{:margin$}{arrow} {}:{}:{}", "", place.name, line.number, line.column),
    };
    let _ = writeln!(out, "{:margin$} {bar}", "");
    let _ = writeln!(out, "{number} {bar} {}", shown.trim_end());
    let _ = writeln!(out, "{:margin$} {bar} {:before$}{marks}", "", "");
    margin
}

/// The line that a span starts in.
struct Line<'a> {
    number: usize,
    /// Counted in characters from 1.
    column: usize,
    text: &'a str,
    /// Where it begins in the source.
    start: usize,
    /// The marked bytes of `text`.
    marked: Span,
}

impl<'a> Line<'a> {
    fn at(text: &'a str, span: &Span) -> Self {
        let start = boundary(text, span.start);
        let end = boundary(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let line = &text[line_start..line_end];
        Self {
            number: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: line,
            start: line_start,
            marked: start - line_start..end.min(line_end) - line_start,
        }
    }

    /// The part that is shown, the columns before the mark, and the mark's width (at least 1).
    fn clipped(&self) -> (String, usize, usize) {
        let before = width(&self.text[..self.marked.start]);
        let skip = if width(self.text) <= MAX_LINE_WIDTH { 0 } else { before.saturating_sub(CLIP_CONTEXT) };
        let mut shown = String::new();
        let (mut at, mut start, mut marked, mut used) = (0, 0, 0, 0);
        if skip > 0 {
            shown.push('…');
            (start, used) = (1, 1);
        }
        for (i, c) in self.text.char_indices() {
            let (text, w) = visible(c);
            at += w;
            if at <= skip {
                continue;
            }
            if used + w > MAX_LINE_WIDTH {
                shown.push('…');
                break;
            }
            shown.push_str(&text);
            used += w;
            if i < self.marked.start {
                start += w;
            } else if i < self.marked.end {
                marked += w;
            }
        }
        (shown, start, marked.max(1))
    }
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A character as it is shown, and its width: tabs become spaces, control characters a mark.
fn visible(c: char) -> (String, usize) {
    match c {
        '\t' => ("    ".to_owned(), 4),
        '\r' => (String::new(), 0),
        _ => match c.width() {
            Some(w) if !is_direction(c) => (c.to_string(), w),
            Some(_) | None => ("\u{fffd}".to_owned(), 1),
        },
    }
}

/// Characters that turn the direction of the text around them: shown as such, they would hide what is meant.
const fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn width(text: &str) -> usize {
    text.chars().map(|c| visible(c).1).sum()
}

/// What a plan says is repeated in messages: without control characters, on one line, of bounded length.
fn clean(text: &str) -> String {
    const MOST: usize = 400;
    let mut out: String = text
        .chars()
        .take(MOST)
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .map(|c| visible(c).0)
        .collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str, marked: &str, label: &str) -> String {
        let start = text.find(marked).unwrap();
        let d = Diagnostic::error(&(start..start + marked.len()), "it is wrong").label(label);
        render(&[d], "p.yaml", text, Style::Plain)
    }

    #[test]
    fn the_house_form() {
        let text = format!("{}    rate: 0/s\n", "\n".repeat(13));
        let d = Diagnostic::error(&(23..26), "`rate` must be greater than 0")
            .label("this scenario would never send a request")
            .help("remove the scenario, or write e.g. `rate: 50/s`");
        insta::assert_snapshot!(render(&[d], "plans/checkout.yaml", &text, Style::Plain), @r"
        error: `rate` must be greater than 0
          --> plans/checkout.yaml:14:11
           |
        14 |     rate: 0/s
           |           ^^^ this scenario would never send a request
           = help: remove the scenario, or write e.g. `rate: 50/s`

        1 problem in plans/checkout.yaml
        ");
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_mark_in_place() {
        insta::assert_snapshot!(rendered("\tname: 日本 x\r\n", "x", "here"), @r"
        error: it is wrong
         --> p.yaml:1:11
          |
        1 |     name: 日本 x
          |                ^ here

        1 problem in p.yaml
        ");
    }

    #[test]
    fn long_lines_are_clipped_around_the_mark() {
        let text = format!("{}BAD{}", "a".repeat(300), "b".repeat(300));
        let out = rendered(&text, "BAD", "here");
        let lines: Vec<&str> = out.lines().collect();
        assert!(lines[3].chars().count() < MAX_LINE_WIDTH + 10, "{out}");
        assert_eq!(
            lines[3].find("BAD").unwrap() - '…'.len_utf8() + 1,
            lines[4].find("^^^").unwrap(),
            "{out}"
        );
        assert!(lines[4].ends_with("^^^ here"));
    }

    #[test]
    fn colours_only_when_asked() {
        let d = [Diagnostic::nowhere("x")];
        assert!(render(&d, "n", "", Style::Ansi).contains("\u{1b}["));
        assert!(!render(&d, "n", "", Style::Plain).contains('\u{1b}'));
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let out = rendered("a: \u{1b}[2J\u{7}BAD\n", "BAD", "\u{1b}]0;x");
        assert!(!out.contains('\u{1b}') && !out.contains('\u{7}'), "{out:?}");
    }
}
