//! Functions of `${...}`: what each makes of its arguments.

use super::{Argument, unquoted};
use crate::units::parse_duration;
use brunt_workload::{Alphabet, Choice, Generator, Source, TimeForm, Zipf};

/// The most alternatives of one `choice`; more belong into a data file.
const MAX_CHOICES: usize = 1_000;

/// The most characters that are made up at once: larger bodies belong into a file.
const MAX_CHARS: u32 = 100_000;

/// The most words.
const MAX_WORDS: u32 = 10_000;

/// Digits of a weight after the point, as everywhere in plans.
const MAX_WEIGHT_DIGITS: usize = 6;

/// What is wrong with arguments: which one, if it is one, and what.
pub(super) struct Wrong {
    pub(super) argument: Option<usize>,
    pub(super) why: String,
}

pub(super) type Made = Result<Source, Wrong>;

/// A function: its name, how it may be written, what it gives, and what it makes of its arguments.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) example: &'static str,
    pub(super) doc: &'static str,
    pub(super) make: fn(&[Argument<'_>]) -> Made,
}

const fn function(
    name: &'static str,
    example: &'static str,
    doc: &'static str,
    make: fn(&[Argument<'_>]) -> Made,
) -> Function {
    Function { name, example, doc, make }
}

pub(super) static FUNCTIONS: [Function; 26] = [
    function("int", "${int(1,500)}", "A whole number between two, both included.", int),
    function(
        "zipf",
        "${zipf(1,1000)}",
        "A whole number between two by Zipf's law: the first are popular, the last rare. A third argument is the exponent (1).",
        zipf,
    ),
    function(
        "float",
        "${float(0,1,3)}",
        "A number between two, with so many digits after the point (2).",
        float,
    ),
    function("bool", "${bool(0.5)}", "`true` or `false`, with the chance of `true` (0.5, or `30%`).", bool),
    function(
        "choice",
        "${choice(tea,mugs)}",
        "One of these, each as likely. Texts with commas stand in quotes.",
        choice,
    ),
    function(
        "weighted",
        "${weighted(tea:3,mugs:1)}",
        "One of these, as likely as the number behind it says.",
        weighted,
    ),
    function("uuid", "${uuid()}", "A random (version 4) UUID.", |a| alone(a, Generator::Uuid)),
    function("digits", "${digits(6)}", "So many characters of `0-9`, or between so many.", |a| {
        chars(a, Alphabet::Digits)
    }),
    function("hex", "${hex(16)}", "So many characters of `0-9a-f`, or between so many.", |a| {
        chars(a, Alphabet::Hex)
    }),
    function("letters", "${letters(3,8)}", "So many characters of `a-z`, or between so many.", |a| {
        chars(a, Alphabet::Letters)
    }),
    function("chars", "${chars(20)}", "So many characters of `0-9A-Za-z`, or between so many.", |a| {
        chars(a, Alphabet::Alphanumeric)
    }),
    function("first_name", "${first_name()}", "A person's first name.", |a| alone(a, Generator::FirstName)),
    function("last_name", "${last_name()}", "A person's last name.", |a| alone(a, Generator::LastName)),
    function("name", "${name()}", "First and last name.", |a| alone(a, Generator::FullName)),
    function("user_name", "${user_name()}", "A first name with a number.", |a| alone(a, Generator::UserName)),
    function("email", "${email()}", "An address in `example.com`, nearly always another.", |a| {
        alone(a, Generator::Email)
    }),
    function("phone", "${phone()}", "A telephone number of the range kept for fiction.", |a| {
        alone(a, Generator::Phone)
    }),
    function("word", "${word()}", "An English word.", |a| alone(a, Generator::Word)),
    function("words", "${words(2,5)}", "So many English words, or between so many.", words),
    function("ipv4", "${ipv4()}", "An address of the ranges kept for documentation.", |a| {
        alone(a, Generator::Ipv4)
    }),
    function(
        "now",
        "${now(-1h)}",
        "The present as `2026-11-25T09:30:00.123Z`; an argument is added: `-1h`, `2d`.",
        |a| time(a, TimeForm::Rfc3339),
    ),
    function("date", "${date(-7d)}", "The present day as `2026-11-25`, with an argument as `now`.", |a| {
        time(a, TimeForm::Date)
    }),
    function("unix", "${unix()}", "The present in seconds since 1970, with an argument as `now`.", |a| {
        time(a, TimeForm::Unix)
    }),
    function(
        "unix_ms",
        "${unix_ms(1h)}",
        "The present in milliseconds since 1970, with an argument as `now`.",
        |a| time(a, TimeForm::UnixMs),
    ),
    function("user", "${user()}", "The user's number in its scenario, from 1.", |a| {
        alone(a, Generator::User)
    }),
    function("iteration", "${iteration()}", "The iteration's number of its user, from 1.", |a| {
        alone(a, Generator::Iteration)
    }),
];

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
        let weight = decimal(weight.trim()).ok_or_else(|| {
            wrong_at(at, "takes weights from 0 to 1,000, with up to 6 digits after the point")
        })?;
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
