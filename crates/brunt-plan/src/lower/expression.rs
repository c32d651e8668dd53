//! `${...}` in texts: what each stands for.
//!
//! ```text
//! text       = { char | "$${" | "${" expression "}" }          "$${" is a plain "${"
//! expression = name                                            a secret, or a saved value
//!            | name "." column                                 a cell of data
//!            | function "(" [ argument { "," argument } ] ")"
//! argument   = quoted | { char - "," }                         trimmed
//! quoted     = "'" { char - "'" } "'" | '"' { char - '"' } '"' may hold "," and "}"
//! offset     = [ "-" | "+" ] duration                          "-1h30m"
//! ```
//!
//! Variables of the plan and of the environment (`${env.NAME}`) are put in before, on the tree.

mod function;

use super::names::{Given, Names};
use crate::tree::Span;
use brunt_workload::{Escape, FeedId, Pick, Source, TextPart};
use function::FUNCTIONS;

/// Something wrong in a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) range: Span,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No `}`.
    Unclosed,
    /// Neither a name nor a function call.
    Form,
    UnknownFunction(String),
    UnknownName(String),
    UnknownColumn(String, FeedId),
    /// Data without a column.
    Data(String, FeedId),
    /// A column of what has none.
    NoData(String),
    /// A function without its parentheses.
    NoCall(&'static str),
    /// Something else than a saved value for a function that takes one.
    NotSaved(&'static str, String),
    /// The arguments of a function.
    Arguments(&'static str, String),
}

/// Functions of saved values.
const PICKS: [(&str, Pick, &str); 5] = [
    ("first", Pick::First, "${first(ids)}"),
    ("last", Pick::Last, "${last(ids)}"),
    ("pick", Pick::Random, "${pick(ids)}"),
    ("all", Pick::All, "${all(ids)}"),
    ("count", Pick::Count, "${count(ids)}"),
];

/// What these give, in their order.
const PICK_DOCS: [&str; 5] = [
    "The first item of a saved list; the name alone is the same.",
    "The last item of a saved list.",
    "Any item of a saved list, each as likely.",
    "All items of a saved list: in JSON as a list, elsewhere with commas between.",
    "How many items a saved list has.",
];

/// Every function as it may be written, with what it gives: for the reference.
pub(crate) fn reference() -> impl Iterator<Item = (&'static str, &'static str)> {
    let picks = PICKS.iter().zip(PICK_DOCS).map(|(pick, doc)| (pick.2, doc));
    FUNCTIONS.iter().map(|f| (f.example, f.doc)).chain(picks)
}

/// The names of all functions.
pub(super) fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|f| f.name).chain(PICKS.iter().map(|p| p.0))
}

/// How a function may be written.
pub(super) fn example_of(name: &str) -> &'static str {
    let pick = PICKS.iter().find(|p| p.0 == name).map(|p| p.2);
    FUNCTIONS.iter().find(|f| f.name == name).map(|f| f.example).or(pick).unwrap_or("${int(1,500)}")
}

/// The parts of a text, or everything that is wrong with it.
pub(super) fn parse(text: &str, names: &Names) -> Result<Vec<TextPart>, Vec<Problem>> {
    let mut parts = Vec::new();
    let mut problems = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('$').map(|i| at + i) {
        literal.push_str(&text[at..found]);
        let rest = &text[found..];
        if rest.starts_with("$${") {
            literal.push_str("${");
            at = found + 3;
        } else if let Some(inner) = rest.strip_prefix("${") {
            let Some(end) = closing(inner) else {
                problems.push(Problem { range: found..found + 2, kind: Kind::Unclosed });
                at = text.len();
                break;
            };
            if !literal.is_empty() {
                parts.push(TextPart::Literal(std::mem::take(&mut literal)));
            }
            let place = Place { start: found + 2, text: &inner[..end] };
            match expression(&place, names) {
                Ok(source) => {
                    parts.extend(source.map(|source| TextPart::Dynamic { source, escape: Escape::None }));
                }
                Err(problem) => problems.push(problem),
            }
            at = found + 2 + end + 1;
        } else {
            literal.push('$');
            at = found + 1;
        }
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        parts.push(TextPart::Literal(literal));
    }
    if problems.is_empty() { Ok(parts) } else { Err(problems) }
}

/// The position of the `}` that ends an expression; quotes hide it.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '}' => return Some(i),
            None => {}
        }
    }
    None
}

/// A piece of a text that knows where it stands.
#[derive(Clone, Copy)]
struct Place<'t> {
    start: usize,
    text: &'t str,
}

impl Place<'_> {
    fn range(self) -> Span {
        self.start..self.start + self.text.len()
    }

    fn trimmed(self) -> Self {
        let text = self.text.trim_start();
        Self { start: self.start + self.text.len() - text.len(), text: text.trim_end() }
    }

    fn problem(self, kind: Kind) -> Problem {
        Problem { range: self.range(), kind }
    }

    /// What stands before and after `separator`.
    fn split(self, separator: char) -> Option<(Self, Self)> {
        let at = self.text.find(separator)?;
        let after = at + separator.len_utf8();
        let before = Self { start: self.start, text: &self.text[..at] };
        Some((before, Self { start: self.start + after, text: &self.text[after..] }))
    }
}

/// What an expression stands for; nothing if that was complained about elsewhere.
fn expression(place: &Place<'_>, names: &Names) -> Result<Option<Source>, Problem> {
    let place = place.trimmed();
    // The whole of `${...}`, where no part of it is more wrong than the rest.
    let whole = || Span { start: place.start.saturating_sub(2), end: place.start + place.text.len() + 1 };
    if place.text.is_empty() {
        return Err(Problem { range: whole(), kind: Kind::Form });
    }
    if let Some((name, rest)) = place.split('(')
        && let Some(arguments) = rest.text.strip_suffix(')')
    {
        return call(name.trimmed(), Place { text: arguments, ..rest }, names);
    }
    if place.text.contains(['(', ')', '"', '\'', '{', '$']) {
        return Err(place.problem(Kind::Form));
    }
    if let Some((data, column)) = place.split('.') {
        return cell(place, (data.trimmed(), column.trimmed()), names);
    }
    match names.get(place.text) {
        Some(Given::Secret(secret)) => Ok(Some(Source::Secret(secret.clone()))),
        Some(Given::Saved(slot)) => Ok(Some(Source::Saved { slot: *slot, pick: Pick::First })),
        Some(Given::Data(feed)) => Err(place.problem(Kind::Data(place.text.to_owned(), *feed))),
        Some(Given::Broken | Given::Variable) => Ok(None),
        None => match function_names().find(|name| *name == place.text) {
            Some(function) => Err(place.problem(Kind::NoCall(function))),
            None => Err(place.problem(Kind::UnknownName(place.text.to_owned()))),
        },
    }
}

fn cell(
    whole: Place<'_>,
    (data, column): (Place<'_>, Place<'_>),
    names: &Names,
) -> Result<Option<Source>, Problem> {
    match names.get(data.text) {
        Some(Given::Data(feed)) => {
            let at = names.columns(*feed).iter().position(|c| c == column.text);
            match at.and_then(|at| u16::try_from(at).ok()) {
                Some(column) => Ok(Some(Source::Cell { feed: *feed, column })),
                None => Err(column.problem(Kind::UnknownColumn(column.text.to_owned(), *feed))),
            }
        }
        Some(Given::Broken) => Ok(None),
        Some(Given::Secret(_) | Given::Saved(_) | Given::Variable) => {
            Err(data.problem(Kind::NoData(data.text.to_owned())))
        }
        None => Err(whole.problem(Kind::UnknownName(whole.text.to_owned()))),
    }
}

fn call(name: Place<'_>, arguments: Place<'_>, names: &Names) -> Result<Option<Source>, Problem> {
    let all = split_arguments(arguments);
    if let Some((function, pick, _)) = PICKS.iter().find(|p| p.0 == name.text) {
        let [one] = all.as_slice() else {
            let why = "takes one saved value".to_owned();
            return Err(arguments_problem(name, arguments, Kind::Arguments(function, why)));
        };
        return match names.get(one.text()) {
            Some(Given::Saved(slot)) => Ok(Some(Source::Saved { slot: *slot, pick: *pick })),
            Some(Given::Broken) => Ok(None),
            Some(Given::Secret(_) | Given::Data(_) | Given::Variable) | None => {
                Err(one.place.problem(Kind::NotSaved(function, one.text().to_owned())))
            }
        };
    }
    let Some(function) = FUNCTIONS.iter().find(|f| f.name == name.text) else {
        return Err(name.problem(Kind::UnknownFunction(name.text.to_owned())));
    };
    (function.make)(&all).map(Some).map_err(|wrong| {
        let kind = Kind::Arguments(function.name, wrong.why);
        match wrong.argument.and_then(|at| all.get(at)) {
            Some(argument) => argument.place.problem(kind),
            None => arguments_problem(name, arguments, kind),
        }
    })
}

/// A problem with a call as a whole: name, parentheses and what is in them.
fn arguments_problem(name: Place<'_>, arguments: Place<'_>, kind: Kind) -> Problem {
    Problem { range: name.start..arguments.start + arguments.text.len() + 1, kind }
}

/// An argument as it is written, trimmed.
#[derive(Clone, Copy)]
struct Argument<'t> {
    place: Place<'t>,
}

impl<'t> Argument<'t> {
    /// Its text, without quotes.
    fn text(&self) -> &'t str {
        unquoted(self.place.text)
    }
}

fn split_arguments(all: Place<'_>) -> Vec<Argument<'_>> {
    let mut out = Vec::new();
    let (mut start, mut quote) = (0, None);
    let piece = |from: usize, to: usize| Argument {
        place: Place { start: all.start + from, text: &all.text[from..to] }.trimmed(),
    };
    for (i, c) in all.text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == ',' => {
                out.push(piece(start, i));
                start = i + 1;
            }
            None => {}
        }
    }
    if !out.is_empty() || !all.text.trim().is_empty() {
        out.push(piece(start, all.text.len()));
    }
    out
}

fn unquoted(text: &str) -> &str {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|a| a.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests;
