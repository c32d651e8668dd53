//! The extended log file format of the W3C (<https://www.w3.org/TR/WD-logfile>), as IIS and `CloudFront` write it.
//!
//! A line `#Fields:` says what the lines below it hold; it may come again, and then it counts anew. Times are UTC.

use crate::names::{Field, Named};
use crate::number::Unit;
use crate::row::{Parsed, Refusal, Span};
use crate::told::{Told, Writing};
use crate::{Malformed, clf};

/// How many columns are looked at.
const MOST_COLUMNS: usize = 128;

/// What the columns are below the last `#Fields:`.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    columns: Vec<Option<Named>>,
    /// IIS counts milliseconds, `CloudFront` seconds.
    unit: Unit,
}

impl Layout {
    /// Before the first `#Fields:`.
    pub(crate) const fn unknown() -> Self {
        Self { columns: Vec::new(), unit: Unit::Millis }
    }

    /// The layout that these lines begin with; they begin with comments, of which one names the fields.
    pub(crate) fn of(lines: &[&[u8]]) -> Option<Self> {
        lines.iter().take_while(|line| line.starts_with(b"#")).find_map(|line| Self::of_fields(line))
    }

    fn of_fields(line: &[u8]) -> Option<Self> {
        let names = line.strip_prefix(b"#Fields:")?;
        let lower = names.to_ascii_lowercase();
        let names = lower.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
        let cloud_front = memchr::memmem::find(&lower, b"x-edge-").is_some();
        Some(Self {
            columns: names.map(named).collect(),
            unit: if cloud_front { Unit::Seconds } else { Unit::Millis },
        })
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self.unit {
            Unit::Seconds => "CloudFront (W3C extended)",
            Unit::Millis | Unit::Micros | Unit::Nanos => "W3C extended (IIS)",
        }
    }

    /// Reads one line.
    pub(crate) fn row(&mut self, line: &mut Vec<u8>) -> Parsed {
        if line.starts_with(b"#") {
            if let Some(layout) = Self::of_fields(line) {
                *self = layout;
            }
            return Err(Refusal::Aside);
        }
        let mut told = Told::nothing();
        let mut seen = 0;
        for (i, span) in values(line).take(MOST_COLUMNS).enumerate() {
            seen = i + 1;
            let Some(Some(named)) = self.columns.get(i) else { continue };
            let plus = named.field == Field::Agent
                && self.unit == Unit::Millis
                && !span.in_line(line).contains(&b' ');
            told.put(*named, span, if plus { Writing::Plus } else { Writing::Plain }, line);
        }
        if seen < self.columns.len() || self.columns.is_empty() {
            return Err(Malformed::Format.into());
        }
        told.row(line, self.unit)
    }
}

fn named(name: &[u8]) -> Option<Named> {
    let (field, rank) = match name {
        b"date" => (Field::Date, 0),
        b"time" => (Field::Time, 0),
        b"c-ip" => (Field::Client, 0),
        b"cs-method" => (Field::Method, 0),
        b"cs-uri" => (Field::Target, 0),
        b"cs-uri-stem" => (Field::Target, 1),
        b"cs-uri-query" => (Field::Query, 0),
        b"sc-status" => (Field::Status, 0),
        b"sc-bytes" => (Field::Bytes, 0),
        b"time-taken" => (Field::Duration, 0),
        b"cs(user-agent)" => (Field::Agent, 0),
        b"cs(referer)" | b"cs(referrer)" => (Field::Referer, 0),
        b"x-host-header" => (Field::Host, 0),
        b"cs-host" | b"cs(host)" => (Field::Host, 1),
        b"x-forwarded-for" | b"cs(x-forwarded-for)" => (Field::Forwarded, 0),
        _ => return None,
    };
    Some(Named { field, rank, unit: None })
}

/// The values of a line, told apart by blanks or tabs, with or without quotes.
fn values(line: &[u8]) -> impl Iterator<Item = Span> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += line.get(at..)?.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let (start, end, next) = if rest[0] == b'"' {
            let end = at + 1 + clf::closing(&rest[1..]);
            (at + 1, end, end + 1)
        } else {
            let end = at + rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            (at, end, end)
        };
        at = next;
        Some(Span::new(start, end))
    })
}
