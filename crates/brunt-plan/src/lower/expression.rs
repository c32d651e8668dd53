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

use super::names::{Given, Names};
use crate::tree::Span;
use crate::units::parse_duration;
use brunt_workload::{
    Alphabet, Choice, Escape, FeedId, Generator, Pick, Source, TextPart, TimeForm, Zipf,
};

/// The most alternatives of one `choice`; more belong into a data file.
const MAX_CHOICES: usize = 1_000;

/// The most characters that are made up at once: larger bodies belong into a file.
const MAX_CHARS: u32 = 100_000;

/// The most words.
const MAX_WORDS: u32 = 10_000;

/// Digits of a weight after the point, as everywhere in plans.
const MAX_WEIGHT_DIGITS: usize = 6;

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

/// What is wrong with arguments: which one, if it is one, and what.
struct Wrong {
    argument: Option<usize>,
    why: String,
}

type Made = Result<Source, Wrong>;

/// A function: its name, how it may be written, and what it makes of its arguments.
struct Function {
    name: &'static str,
    example: &'static str,
    make: fn(&[Argument<'_>]) -> Made,
}

const fn function(name: &'static str, example: &'static str, make: fn(&[Argument<'_>]) -> Made) -> Function {
    Function { name, example, make }
}

static FUNCTIONS: [Function; 26] = [
    function("int", "${int(1,500)}", int),
    function("zipf", "${zipf(1,1000)}", zipf),
    function("float", "${float(0,1)}", float),
    function("bool", "${bool(0.5)}", bool),
    function("choice", "${choice(tea,mugs)}", choice),
    function("weighted", "${weighted(tea:3,mugs:1)}", weighted),
    function("uuid", "${uuid()}", |a| alone(a, Generator::Uuid)),
    function("digits", "${digits(6)}", |a| chars(a, Alphabet::Digits)),
    function("hex", "${hex(16)}", |a| chars(a, Alphabet::Hex)),
    function("letters", "${letters(3,8)}", |a| chars(a, Alphabet::Letters)),
    function("chars", "${chars(20)}", |a| chars(a, Alphabet::Alphanumeric)),
    function("first_name", "${first_name()}", |a| alone(a, Generator::FirstName)),
    function("last_name", "${last_name()}", |a| alone(a, Generator::LastName)),
    function("name", "${name()}", |a| alone(a, Generator::FullName)),
    function("user_name", "${user_name()}", |a| alone(a, Generator::UserName)),
    function("email", "${email()}", |a| alone(a, Generator::Email)),
    function("phone", "${phone()}", |a| alone(a, Generator::Phone)),
    function("word", "${word()}", |a| alone(a, Generator::Word)),
    function("words", "${words(2,5)}", words),
    function("ipv4", "${ipv4()}", |a| alone(a, Generator::Ipv4)),
    function("now", "${now()}", |a| time(a, TimeForm::Rfc3339)),
    function("date", "${date(-7d)}", |a| time(a, TimeForm::Date)),
    function("unix", "${unix()}", |a| time(a, TimeForm::Unix)),
    function("unix_ms", "${unix_ms(1h)}", |a| time(a, TimeForm::UnixMs)),
    function("user", "${user()}", |a| alone(a, Generator::User)),
    function("iteration", "${iteration()}", |a| alone(a, Generator::Iteration)),
];

/// Functions of saved values.
const PICKS: [(&str, Pick, &str); 5] = [
    ("first", Pick::First, "${first(ids)}"),
    ("last", Pick::Last, "${last(ids)}"),
    ("pick", Pick::Random, "${pick(ids)}"),
    ("all", Pick::All, "${all(ids)}"),
    ("count", Pick::Count, "${count(ids)}"),
];

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

impl<'t> Place<'t> {
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

fn wrong(why: impl Into<String>) -> Wrong {
    Wrong { argument: None, why: why.into() }
}

fn wrong_at(argument: usize, why: impl Into<String>) -> Wrong {
    Wrong { argument: Some(argument), why: why.into() }
}

fn alone(arguments: &[Argument<'_>], generator: Generator) -> Made {
    if arguments.is_empty() { Ok(Source::Generated(generator)) } else { Err(wrong("takes no arguments")) }
}

fn whole_number(arguments: &[Argument<'_>], at: usize) -> Result<i64, Wrong> {
    let text = arguments.get(at).map_or("", Argument::text);
    text.parse().map_err(|_| wrong_at(at, "takes whole numbers"))
}

fn number(arguments: &[Argument<'_>], at: usize) -> Result<f64, Wrong> {
    let text = arguments.get(at).map_or("", Argument::text);
    text.parse().ok().filter(|x: &f64| x.is_finite()).ok_or_else(|| wrong_at(at, "takes numbers"))
}

fn int(arguments: &[Argument<'_>]) -> Made {
    if arguments.len() != 2 {
        return Err(wrong("takes two numbers, the smallest and the largest"));
    }
    let (min, max) = (whole_number(arguments, 0)?, whole_number(arguments, 1)?);
    if min > max {
        return Err(wrong("takes the smallest number first"));
    }
    Ok(Source::Generated(Generator::Int { min, max }))
}

fn zipf(arguments: &[Argument<'_>]) -> Made {
    /// Numbers up to there are exact in the arithmetic of the law.
    const MOST: i64 = 1 << 53;
    if !(2..=3).contains(&arguments.len()) {
        return Err(wrong("takes the smallest number, the largest, and perhaps an exponent"));
    }
    let (min, max) = (whole_number(arguments, 0)?, whole_number(arguments, 1)?);
    if min > max {
        return Err(wrong("takes the smallest number first"));
    }
    if min < -MOST || max > MOST {
        return Err(wrong("takes numbers up to 2^53"));
    }
    let exponent = if arguments.len() == 3 { number(arguments, 2)? } else { 1.0 };
    if !(0.01..=10.0).contains(&exponent) {
        return Err(wrong_at(2, "takes an exponent between 0.01 and 10"));
    }
    Ok(Source::Generated(Generator::Zipf(Zipf::new(min, max, exponent))))
}

fn float(arguments: &[Argument<'_>]) -> Made {
    if !(2..=3).contains(&arguments.len()) {
        return Err(wrong("takes the smallest number, the largest, and perhaps how many digits"));
    }
    let (min, max) = (number(arguments, 0)?, number(arguments, 1)?);
    if min > max {
        return Err(wrong("takes the smallest number first"));
    }
    let digits = match arguments.get(2) {
        Some(argument) => argument.text().parse().ok().filter(|n| *n <= 9),
        None => Some(2),
    };
    let digits = digits.ok_or_else(|| wrong_at(2, "takes 0 to 9 digits after the point"))?;
    Ok(Source::Generated(Generator::Float { min, max, digits }))
}

fn bool(arguments: &[Argument<'_>]) -> Made {
    let chance = match arguments {
        [] => 0.5,
        [one] => match one.text().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().map_or(f64::NAN, |x| x / 100.0),
            None => number(arguments, 0)?,
        },
        [..] => return Err(wrong("takes how likely `true` is, and nothing else")),
    };
    if !(0.0..=1.0).contains(&chance) {
        return Err(wrong_at(0, "takes a chance between 0 and 1"));
    }
    Ok(Source::Generated(Generator::Bool { chance }))
}

fn choice(arguments: &[Argument<'_>]) -> Made {
    if arguments.is_empty() {
        return Err(wrong("needs something to choose from"));
    }
    if arguments.len() > MAX_CHOICES {
        return Err(wrong("takes 1,000 alternatives at most"));
    }
    Ok(Source::Generated(Generator::OneOf(arguments.iter().map(|a| a.text().to_owned()).collect())))
}

fn weighted(arguments: &[Argument<'_>]) -> Made {
    if arguments.is_empty() {
        return Err(wrong("needs something to choose from"));
    }
    if arguments.len() > MAX_CHOICES {
        return Err(wrong("takes 1,000 alternatives at most"));
    }
    let mut texts = Vec::new();
    let mut weights = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let Some((text, weight)) = argument.place.text.rsplit_once(':') else {
            return Err(wrong_at(at, "takes alternatives with weights"));
        };
        let weight = decimal(weight.trim())
            .ok_or_else(|| wrong_at(at, "takes weights from 0 to 1,000, with up to 6 digits after the point"))?;
        texts.push(unquoted(text.trim()).to_owned());
        weights.push(weight);
    }
    // Only the proportions count: by the greatest common divisor, small weights stay small.
    let divisor = weights.iter().fold(0, |a, b| gcd(a, *b));
    if divisor == 0 {
        return Err(wrong("needs a weight above 0"));
    }
    let choice = Choice::new(weights.iter().map(|w| w / divisor));
    Ok(Source::Generated(Generator::Weighted(texts, choice)))
}

/// A weight in millionths.
fn decimal(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > MAX_WEIGHT_DIGITS {
        return None;
    }
    let millionths = format!("{whole}{fraction:0<MAX_WEIGHT_DIGITS$}").parse::<u32>().ok()?;
    (millionths <= 1_000_000_000).then_some(millionths)
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One number, or the least and the most.
fn counts(arguments: &[Argument<'_>], what: &str, most: u32) -> Result<(u32, u32), Wrong> {
    let count = |at: usize| {
        let text = arguments.get(at).map_or("", Argument::text);
        let number = text.parse::<u32>().ok().filter(|n| *n <= most);
        number.ok_or_else(|| wrong_at(at, format!("takes numbers from 0 to {most}")))
    };
    match arguments {
        [_] => Ok((count(0)?, count(0)?)),
        [_, _] => match (count(0)?, count(1)?) {
            (min, max) if min > max => Err(wrong("takes the smallest number first")),
            both => Ok(both),
        },
        [] | [..] => Err(wrong(format!("takes how many {what}, or the least and the most"))),
    }
}

fn chars(arguments: &[Argument<'_>], alphabet: Alphabet) -> Made {
    let (min, max) = counts(arguments, "characters", MAX_CHARS)?;
    Ok(Source::Generated(Generator::Chars { alphabet, min, max }))
}

fn words(arguments: &[Argument<'_>]) -> Made {
    let (min, max) = counts(arguments, "words", MAX_WORDS)?;
    Ok(Source::Generated(Generator::Words { min, max }))
}

fn time(arguments: &[Argument<'_>], form: TimeForm) -> Made {
    /// A hundred years.
    const MOST_DAYS: u64 = 36_525;
    let offset_ms = match arguments {
        [] => 0,
        [one] => {
            let text = one.text();
            let (negative, length) = match text.strip_prefix('-') {
                Some(length) => (true, length),
                None => (false, text.strip_prefix('+').unwrap_or(text)),
            };
            let ms = offset(length.trim(), MOST_DAYS).ok_or_else(|| {
                wrong_at(0, "takes a time to add, like `-1h` or `2d`, of a hundred years at most")
            })?;
            if negative { -ms } else { ms }
        }
        [..] => return Err(wrong("takes a time to add, and nothing else")),
    };
    Ok(Source::Generated(Generator::Time { form, offset_ms }))
}

/// A length of time in milliseconds; days may be more than those of schedules.
fn offset(text: &str, most_days: u64) -> Option<i64> {
    if let Some(days) = text.strip_suffix('d').and_then(|n| n.trim().parse::<u64>().ok()) {
        return i64::try_from(days.checked_mul(86_400_000)?).ok().filter(|_| days <= most_days);
    }
    let nanos = parse_duration(text).ok()?;
    i64::try_from(nanos.0 / 1_000_000).ok()
}

#[cfg(test)]
mod tests;
