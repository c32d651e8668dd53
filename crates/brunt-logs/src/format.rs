//! What a log is written in: given by whoever knows it, or recognised by its first lines.
//!
//! Where a log does not say what its durations are counted in, this is taken for it:
//!
//! - combined: a field behind the agent with three decimals or more is seconds (nginx), a lone whole number microseconds (Apache's `%D`);
//! - JSON: `request_time` is seconds, `duration` is what Caddy (seconds), Traefik (nanoseconds) and Envoy (milliseconds) mean by it, all
//!   else is milliseconds; a name may end in its unit (`latency_us`), a value too (`"12ms"`);
//! - tables: seconds if all durations of the first lines have a decimal point and most are below 1, else milliseconds;
//! - W3C extended: milliseconds (IIS), but seconds in `CloudFront`'s.
//!
//! A time without a zone is UTC. A number is a time in seconds, milli-, micro- or nanoseconds by its size.

use crate::clf;
use crate::document::Shape;
use crate::json::{self, Flavour};
use crate::lines::BOM;
use crate::pattern::{FormatError, Pattern};
use crate::row::{Parsed, Refusal, Row};
use crate::{alb, har, table, w3c};
use std::fmt;

/// What a log is written in.
#[derive(Clone, Debug)]
pub struct Format {
    kind: Kind,
    /// Whether each line is kept in an object of Docker's.
    of_docker: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Clf(clf::Layout),
    Json(Flavour),
    Alb,
    W3c(w3c::Layout),
    /// A table whose first row, of names, has not been read.
    TableToCome,
    Table(table::Layout),
    Document(Shape),
    Pattern(Pattern),
}

impl Default for Format {
    /// The combined format of nginx and Apache.
    fn default() -> Self {
        Kind::Clf(clf::Layout::combined()).into()
    }
}

impl From<Kind> for Format {
    fn from(kind: Kind) -> Self {
        Self { kind, of_docker: false }
    }
}

/// How many lines of a log its format is recognised by.
const LINES: usize = 100;

impl Format {
    /// The names that [`Format::named`] knows.
    pub const NAMES: [&'static str; 5] = ["combined", "json", "alb", "w3c", "csv"];

    /// The format of this name, one of [`Format::NAMES`]: `combined` stands for the common one as well, `json` for one object a line
    /// whoever wrote it, `csv` for any table with a row of names.
    pub fn named(name: &str) -> Option<Self> {
        let kind = match name {
            "combined" => return Some(Self::default()),
            "json" => Kind::Json(Flavour::Other),
            "alb" => Kind::Alb,
            "w3c" => Kind::W3c(w3c::Layout::unknown()),
            "csv" => Kind::TableToCome,
            _ => return None,
        };
        Some(kind.into())
    }

    /// A format as it stands in the configuration of nginx (`log_format`) or Apache (`LogFormat`), with or without the directive around it.
    ///
    /// Errors when it tells no time or no request, when it names what Apache does not know, and when nothing stands between two values.
    /// Variables of nginx that tell nothing about requests, or that nobody knows, are passed over.
    pub fn parse_log_format(text: &str) -> Result<Self, FormatError> {
        Pattern::new(text).map(|pattern| Kind::Pattern(pattern).into())
    }

    /// Its name for people: `nginx/Apache combined`, `Caddy JSON`.
    pub const fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Clf(layout) => layout.name(),
            Kind::Json(flavour) => flavour.name(),
            Kind::Alb => "AWS load balancer",
            Kind::W3c(layout) => layout.name(),
            Kind::TableToCome => "CSV",
            Kind::Table(layout) => layout.name(),
            Kind::Document(Shape::Archive) => "HTTP archive (HAR)",
            Kind::Document(Shape::Array) => "JSON array",
            Kind::Pattern(pattern) => pattern.name(),
        }
    }

    /// The format that most of a log's first lines are of, up to 100; the combined one where none is known.
    pub(crate) fn recognise(head: &[u8]) -> Self {
        let head = head.strip_prefix(BOM).unwrap_or(head);
        if let Some(shape) = Shape::of(head) {
            return Kind::Document(shape).into();
        }
        let mut lines: Vec<&[u8]> = head
            .split(|b| *b == b'\n')
            .take(LINES)
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .collect();
        lines.retain(|line| !line.trim_ascii().is_empty());
        let taken_out: Vec<Vec<u8>> = lines
            .iter()
            .filter_map(|line| {
                let mut line = line.to_vec();
                json::take_out(&mut line).then_some(line)
            })
            .collect();
        if taken_out.len() * 2 > lines.len() {
            let lines: Vec<&[u8]> =
                taken_out.iter().map(Vec::as_slice).filter(|line| !line.is_empty()).collect();
            return Self { of_docker: true, ..Self::of_lines(&lines) };
        }
        Self::of_lines(&lines)
    }

    /// The format of these lines, of which none is blank.
    fn of_lines(lines: &[&[u8]]) -> Self {
        if let Some(layout) = w3c::Layout::of(lines) {
            return Kind::W3c(layout).into();
        }
        if let Some(layout) = table::Layout::of(lines) {
            return Kind::Table(layout).into();
        }
        let known = |is: &dyn Fn(&[u8]) -> bool| lines.iter().filter(|line| is(line)).count();
        let of_clf = known(&|line| clf::parse(line, clf::Layout::default()).is_ok());
        let flavours: Vec<Flavour> = lines.iter().filter_map(|line| json::flavour(line)).collect();
        let of_alb = known(&|line| alb::parse(&mut line.to_vec()).is_ok());
        if of_clf.max(flavours.len()).max(of_alb) == 0 {
            let fits = |pattern: &Pattern| known(&|line| pattern.row(&mut line.to_vec()).is_ok());
            let best = Pattern::defaults().max_by_key(fits).filter(|pattern| fits(pattern) > 0);
            return best.map_or_else(Self::default, |pattern| Kind::Pattern(pattern).into());
        }
        if flavours.len() >= of_clf.max(of_alb) {
            let count = |flavour: &Flavour| flavours.iter().filter(|one| *one == flavour).count();
            return Kind::Json(flavours.iter().copied().max_by_key(|f| count(f)).unwrap_or_default()).into();
        }
        if of_alb > of_clf { Kind::Alb.into() } else { Kind::Clf(clf::Layout::of(lines)).into() }
    }

    /// Where its entries are, if it is one document, not lines.
    pub(crate) const fn document(&self) -> Option<Shape> {
        if let Kind::Document(shape) = self.kind { Some(shape) } else { None }
    }

    /// Reads one line; changes it only once it is understood. What is not of this format is tried as a combined one, and as JSON.
    pub(crate) fn row(&mut self, line: &mut Vec<u8>) -> Parsed {
        if self.of_docker {
            json::take_out(line);
        }
        let refused = match self.own(line) {
            Err(Refusal::Malformed(why)) => why,
            known => return known,
        };
        let plain = line.trim_ascii();
        if plain.is_empty() {
            return Err(Refusal::Aside);
        }
        if !matches!(self.kind, Kind::Clf(_) | Kind::Document(_))
            && let Ok(entry) = clf::parse(line, clf::Layout::combined())
        {
            return Ok(Row::of(line, &entry));
        }
        if !matches!(self.kind, Kind::Json(_) | Kind::Document(_)) && plain.starts_with(b"{") {
            return json::parse(line).map_err(|_| refused.into());
        }
        Err(refused.into())
    }

    fn own(&mut self, line: &mut Vec<u8>) -> Parsed {
        match &mut self.kind {
            Kind::Clf(layout) => Ok(Row::of(line, &clf::parse(line, *layout)?)),
            Kind::Json(_) => json::parse(line),
            Kind::Alb => alb::parse(line),
            Kind::W3c(layout) => layout.row(line),
            Kind::Table(layout) => layout.row(line),
            Kind::TableToCome => match table::Layout::of_header(line) {
                Some(layout) => {
                    self.kind = Kind::Table(layout);
                    Err(Refusal::Aside)
                }
                None => Err(crate::Malformed::Format.into()),
            },
            Kind::Document(Shape::Archive) => har::parse(line),
            Kind::Document(Shape::Array) => json::parse(line),
            Kind::Pattern(pattern) => pattern.row(line),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
