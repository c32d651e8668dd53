//! The format that a server was told to log in, as a person copies it out of its configuration: nginx's `log_format`, Apache's `LogFormat`.
//!
//! It is read once, into texts and values that take turns; a value ends where the text behind it begins. A quote that a backslash stands
//! before ends nothing.

use crate::names::{self, Field, Named};
use crate::number::Unit;
use crate::row::{Parsed, Span};
use crate::told::{Told, Writing};
use crate::{Malformed, clf};
use memchr::memmem::Finder;

/// A format that cannot be read logs by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Apache logs nothing by this name.
    #[error(
        "`{name}` at byte {position}: Apache's LogFormat has no such directive; write `%%` for a percent sign"
    )]
    Unknown {
        /// Where it begins, from 1.
        position: usize,
        /// As it was written.
        name: String,
    },
    /// Nothing stands between two values.
    #[error(
        "`{name}` at byte {position}: nothing stands between it and the value before, so that nobody can tell where one ends"
    )]
    Adjacent {
        /// Where the second begins, from 1.
        position: usize,
        /// As it was written.
        name: String,
    },
    /// A name begins and does not end.
    #[error("`{name}` at byte {position}: the `}}` is missing")]
    Unclosed {
        /// Where it begins, from 1.
        position: usize,
        /// As it was written.
        name: String,
    },
    /// It tells no time.
    #[error("no time is logged: `$time_local`, `$time_iso8601` or `$msec` (nginx), `%t` (Apache)")]
    NoTime,
    /// It tells nothing that was asked for.
    #[error("no request is logged: `$request` or `$request_uri` (nginx), `%r` or `%U` (Apache)")]
    NoRequest,
}

/// Whose configuration it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Nginx,
    Apache,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Box<Finder<'static>>),
    Value(Option<Named>),
}

/// Formats that servers write when they are not told otherwise, in the words of nginx.
const DEFAULTS: [(&str, &str); 3] = [
    (
        "Envoy text",
        r#"[$time_iso8601] "$request" $status $flags $in $bytes_sent $duration_ms $upstream_ms "$http_x_forwarded_for" "$http_user_agent" "$id" "$http_host" "$upstream""#,
    ),
    (
        "Istio text",
        r#"[$time_iso8601] "$request" $status $flags $details $ended "$failure" $in $bytes_sent $duration_ms $upstream_ms "$http_x_forwarded_for" "$http_user_agent" "$id" "$http_host" "$upstream""#,
    ),
    (
        "HAProxy HTTP",
        r#"$prefix: $remote_addr [$time_local] $frontend $backend $asked/$queued/$connected/$answered/$duration_ms $status $bytes_sent $cookie $set_cookie $ended $behind"$request""#,
    ),
];

/// A format, ready to read lines by.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    name: &'static str,
    writing: Writing,
    pieces: Vec<Piece>,
}

impl Pattern {
    /// Reads a format. The directive may stand around it: `log_format main '...' '...';`, `LogFormat "..." main`.
    pub(crate) fn new(text: &str) -> Result<Self, FormatError> {
        let source = bare(text);
        let of_nginx =
            source.windows(2).any(|w| w[0].0 == b'$' && (w[1].0.is_ascii_alphabetic() || w[1].0 == b'{'));
        let server = if of_nginx { Server::Nginx } else { Server::Apache };
        let writing = if text.contains("escape=json") { Writing::Json } else { Writing::Plain };
        let mut reader = Reader { source: &source, at: 0, pieces: Vec::new(), text: Vec::new() };
        match server {
            Server::Nginx => reader.nginx()?,
            Server::Apache => reader.apache()?,
        }
        reader.end_text();
        let pieces = reader.pieces;
        let tells = |field| {
            pieces.iter().any(|piece| matches!(piece, Piece::Value(Some(named)) if named.field == field))
        };
        if !tells(Field::Time) {
            return Err(FormatError::NoTime);
        }
        if !tells(Field::Request) && !tells(Field::Target) {
            return Err(FormatError::NoRequest);
        }
        let name = match server {
            Server::Nginx => "nginx log_format, as given",
            Server::Apache => "Apache LogFormat, as given",
        };
        Ok(Self { name, writing, pieces })
    }

    /// The formats that servers write when they are not told otherwise, but for the combined one.
    pub(crate) fn defaults() -> impl Iterator<Item = Self> {
        DEFAULTS.iter().filter_map(|(name, text)| Some(Self { name, ..Self::new(text).ok()? }))
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Reads one line.
    pub(crate) fn row(&self, line: &mut Vec<u8>) -> Parsed {
        let told = self.tell(line).ok_or(Malformed::Format)?;
        told.row(line, Unit::Seconds)
    }

    fn tell(&self, line: &[u8]) -> Option<Told> {
        let mut told = Told::nothing();
        let mut at = 0;
        let mut pieces = self.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Text(text) => {
                    at += line.get(at..)?.starts_with(text.needle()).then_some(text.needle().len())?;
                }
                Piece::Value(named) => {
                    let end = match pieces.peek() {
                        None => line.len(),
                        Some(Piece::Value(_)) => at,
                        Some(Piece::Text(text)) => {
                            let rest = line.get(at..)?;
                            let blank = text.needle().first() == Some(&b' ');
                            let least = match named.map(|named| named.field) {
                                Some(Field::Time) => time_length(rest),
                                Some(Field::Request) if blank => request_length(rest),
                                _ => 0,
                            };
                            at + value_end(rest, text, least)?
                        }
                    };
                    if let Some(named) = named {
                        told.put(*named, Span::new(at, end), self.writing, line);
                    }
                    at = end;
                }
            }
        }
        Some(told)
    }
}

/// Where the text behind a value begins, which is at least so long.
fn value_end(rest: &[u8], text: &Finder<'_>, least: usize) -> Option<usize> {
    let quote = text.needle().first() == Some(&b'"');
    let mut from = least;
    loop {
        let found = from + text.find(rest.get(from..)?)?;
        if !(quote && clf::escaped(rest, found)) {
            return Some(found);
        }
        from = found + 1;
    }
}

/// How far a time reaches that holds a blank: what tells values apart may be one.
fn time_length(rest: &[u8]) -> usize {
    match rest {
        [b'[', ..] => memchr::memchr(b']', rest).map_or(0, |at| at + 1),
        [_, _, b'/', ..] if rest.get(20) == Some(&b' ') => 26.min(rest.len()),
        [_, _, _, _, b'-', _, _, b'-', _, _, b' ', ..] => 19.min(rest.len()),
        _ => 0,
    }
}

/// How far a request reaches at least that no quotes stand around: to its protocol.
fn request_length(rest: &[u8]) -> usize {
    const PROTOCOL: &[u8] = b" HTTP/";
    memchr::memmem::find(rest, PROTOCOL).map_or(0, |at| at + PROTOCOL.len())
}

/// The format without the directive, quotes and escapes around it; each byte with its place in what was given.
fn bare(text: &str) -> Vec<(u8, usize)> {
    let bytes: Vec<(u8, usize)> = text.bytes().zip(1..).collect();
    let begin = text.len() - text.trim_start().len();
    let mut rest = &bytes[begin..begin + text.trim().len()];
    let directive = text.trim_start().starts_with("log_format") || text.trim_start().starts_with("LogFormat");
    if directive {
        rest = rest.iter().position(|(b, _)| matches!(b, b'\'' | b'"')).map_or(&[], |at| &rest[at..]);
    }
    let mut bare = Vec::new();
    while let Some(((quote, _), inside)) = rest.split_first() {
        if !matches!(quote, b'\'' | b'"') || (!directive && !closes(inside, *quote)) {
            if directive {
                // What follows the quoted parts is a name or the end.
                break;
            }
            push_unescaped(&mut bare, rest);
            break;
        }
        let end = (0..inside.len())
            .find(|at| inside[*at].0 == *quote && (*at == 0 || inside[at - 1].0 != b'\\'))
            .unwrap_or(inside.len());
        push_unescaped(&mut bare, &inside[..end]);
        rest = inside.get(end + 1..).unwrap_or_default();
        while let Some(((b' ' | b'\n' | b'\t' | b'\r', _), behind)) = rest.split_first() {
            rest = behind;
        }
    }
    bare
}

/// Whether the only such quote that is not escaped stands at the end.
fn closes(inside: &[(u8, usize)], quote: u8) -> bool {
    let first =
        (0..inside.len()).find(|at| inside[*at].0 == quote && (*at == 0 || inside[at - 1].0 != b'\\'));
    first == inside.len().checked_sub(1) && first.is_some()
}

fn push_unescaped(to: &mut Vec<(u8, usize)>, from: &[(u8, usize)]) {
    let mut at = 0;
    while let Some(&(byte, place)) = from.get(at) {
        let next = from.get(at + 1).map(|next| next.0);
        let (byte, used) = match (byte, next) {
            (b'\\', Some(b'"')) => (b'"', 2),
            (b'\\', Some(b'\'')) => (b'\'', 2),
            (b'\\', Some(b't')) => (b'\t', 2),
            _ => (byte, 1),
        };
        to.push((byte, place));
        at += used;
    }
}

/// Reads a format into its pieces.
struct Reader<'a> {
    source: &'a [(u8, usize)],
    at: usize,
    pieces: Vec<Piece>,
    text: Vec<u8>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).map(|(b, _)| *b)
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(Box::new(Finder::new(&self.text).into_owned())));
            self.text.clear();
        }
    }

    /// What was written from here to where the reader is, and its place.
    fn written(&self, start: usize) -> (usize, String) {
        let part = &self.source[start..self.at.min(self.source.len())];
        let text: Vec<u8> = part.iter().map(|(b, _)| *b).collect();
        (part.first().map_or(1, |(_, place)| *place), String::from_utf8_lossy(&text).into_owned())
    }

    fn value(&mut self, start: usize, meaning: Meaning) -> Result<(), FormatError> {
        let named = match meaning {
            Meaning::Tells(named) => Some(named),
            Meaning::Other => None,
            Meaning::Unknown => {
                let (position, name) = self.written(start);
                return Err(FormatError::Unknown { position, name });
            }
        };
        self.end_text();
        if matches!(self.pieces.last(), Some(Piece::Value(_))) {
            let (position, name) = self.written(start);
            return Err(FormatError::Adjacent { position, name });
        }
        self.pieces.push(Piece::Value(named));
        Ok(())
    }

    /// The name up to `}`, behind which the reader is then.
    fn braced(&mut self, start: usize) -> Result<String, FormatError> {
        let inside = self.at + 1;
        while self.peek().is_some_and(|b| b != b'}') {
            self.at += 1;
        }
        if self.peek().is_none() {
            let (position, name) = self.written(start);
            return Err(FormatError::Unclosed { position, name });
        }
        let (_, name) = self.written(inside);
        self.at += 1;
        Ok(name)
    }

    fn nginx(&mut self) -> Result<(), FormatError> {
        while let Some(byte) = self.peek() {
            let start = self.at;
            self.at += 1;
            let name = match (byte, self.peek()) {
                (b'$', Some(b'{')) => self.braced(start)?,
                (b'$', Some(b)) if b.is_ascii_alphanumeric() || b == b'_' => {
                    while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
                        self.at += 1;
                    }
                    self.written(start + 1).1
                }
                _ => {
                    self.text.push(byte);
                    continue;
                }
            };
            self.value(start, of_nginx(&name))?;
        }
        Ok(())
    }

    fn apache(&mut self) -> Result<(), FormatError> {
        while let Some(byte) = self.peek() {
            let start = self.at;
            self.at += 1;
            if byte != b'%' {
                self.text.push(byte);
                continue;
            }
            if self.peek() == Some(b'%') {
                self.at += 1;
                self.text.push(b'%');
                continue;
            }
            // `%>s`, `%!200,304{Referer}i`
            while self.peek().is_some_and(|b| matches!(b, b'>' | b'<' | b'!' | b',' | b'0'..=b'9')) {
                self.at += 1;
            }
            let inside = if self.peek() == Some(b'{') { Some(self.braced(start)?) } else { None };
            let letter = self.peek();
            self.at += 1;
            let meaning = letter.map_or(Meaning::Unknown, |letter| of_apache(letter, inside.as_deref()));
            // `%U%q` is one value: a path and what follows it.
            let query = [(b'%', 0), (b'q', 0)];
            if letter == Some(b'U')
                && self
                    .source
                    .get(self.at..self.at + 2)
                    .is_some_and(|next| next.iter().zip(query).all(|(a, b)| a.0 == b.0))
            {
                self.at += 2;
            }
            self.value(start, meaning)?;
        }
        Ok(())
    }
}

const fn tells(field: Field, rank: u8) -> Meaning {
    Meaning::Tells(Named { field, rank, unit: None })
}

/// What a variable or a directive stands for.
#[derive(Clone, Copy)]
enum Meaning {
    Tells(Named),
    /// Something that tells nothing about requests.
    Other,
    Unknown,
}

/// A variable of nginx: <https://nginx.org/en/docs/varindex.html>. What nobody knows may be the configuration's own.
fn of_nginx(name: &str) -> Meaning {
    match name {
        "proxy_add_x_forwarded_for" => tells(Field::Forwarded, 1),
        _ if name.starts_with("cookie_") => of_cookie(&name["cookie_".len()..]),
        _ => names::named(name.to_ascii_lowercase().as_bytes()).map_or(Meaning::Other, Meaning::Tells),
    }
}

/// A cookie that names a session by its own name.
fn of_cookie(name: &str) -> Meaning {
    let name = name.to_ascii_lowercase();
    if name.contains("sess") || name.ends_with("sid") { tells(Field::Session, 0) } else { Meaning::Other }
}

/// A directive of Apache: <https://httpd.apache.org/docs/2.4/mod/mod_log_config.html>.
fn of_apache(letter: u8, inside: Option<&str>) -> Meaning {
    let duration = |unit| Meaning::Tells(Named { field: Field::Duration, rank: 0, unit: Some(unit) });
    match (letter, inside) {
        (b't', Some(format)) if format.ends_with("_frac") => Meaning::Other,
        (b't', _) => tells(Field::Time, 0),
        (b'h' | b'a', _) => tells(Field::Client, 0),
        (b'r', _) => tells(Field::Request, 0),
        (b'm', _) => tells(Field::Method, 0),
        (b'U', _) => tells(Field::Target, 0),
        (b'q', _) => tells(Field::Query, 0),
        (b's', _) => tells(Field::Status, 0),
        (b'b' | b'B', _) => tells(Field::Bytes, 0),
        (b'O', _) => tells(Field::Bytes, 1),
        (b'D', _) | (b'T', Some("us")) => duration(Unit::Micros),
        (b'T', Some("ms")) => duration(Unit::Millis),
        (b'T', _) => duration(Unit::Seconds),
        (b'v' | b'V', _) => tells(Field::Host, 1),
        (b'i', Some(header)) => match header.to_ascii_lowercase().as_str() {
            "user-agent" => tells(Field::Agent, 0),
            "referer" => tells(Field::Referer, 0),
            "host" => tells(Field::Host, 0),
            "x-forwarded-for" => tells(Field::Forwarded, 0),
            _ => Meaning::Other,
        },
        (b'C', Some(cookie)) => of_cookie(cookie),
        (b'e' | b'n' | b'o', Some(_)) => Meaning::Other,
        (b'A' | b'f' | b'H' | b'I' | b'k' | b'l' | b'L' | b'p' | b'P' | b'R' | b'S' | b'u' | b'X', _) => {
            Meaning::Other
        }
        _ => Meaning::Unknown,
    }
}
