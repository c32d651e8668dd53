//! JSON, read in place: one object after the other, and the access logs that are written in it.
//!
//! [`walk`] goes through an object without keeping any of it and gives each value by its path. It takes what is JSON, and some of what is
//! almost JSON: nginx writes `\x22` in it unless it was told `escape=json`.

use crate::Malformed;
use crate::names::{self, Field, Named};
use crate::number::Unit;
use crate::row::{Parsed, Span};
use crate::told::{Told, Writing};
use memchr::{memchr, memchr2};

/// How deep objects and arrays may stand in each other. What browsers save of the stacks that began a request is deepest; reading on would
/// use up our own stack.
const DEEPEST: usize = 256;

/// How long a path is looked at.
const LONGEST_PATH: usize = 96;

/// How far into a line the object may begin.
const MOST_BEFORE: usize = 256;

/// Whose JSON it is; it decides what `duration` is counted in where there is no unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flavour {
    Nginx,
    Caddy,
    Traefik,
    Envoy,
    GoogleCloud,
    #[default]
    Other,
}

impl Flavour {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx JSON",
            Self::Caddy => "Caddy JSON",
            Self::Traefik => "Traefik JSON",
            Self::Envoy => "Envoy JSON",
            Self::GoogleCloud => "Google Cloud JSON",
            Self::Other => "JSON lines",
        }
    }

    /// What a path gives away.
    const fn of(path: &[u8]) -> Option<Self> {
        match path {
            b"request_time" | b"body_bytes_sent" | b"http_user_agent" | b"time_local" | b"time_iso8601" => {
                Some(Self::Nginx)
            }
            b"request.remote_ip" | b"request.client_ip" | b"request.remote_addr" => Some(Self::Caddy),
            b"downstreamstatus" | b"requestpath" | b"startutc" => Some(Self::Traefik),
            b"response_code" | b"response_flags" | b"upstream_cluster" => Some(Self::Envoy),
            b"httprequest.requesturl" | b"httprequest.requestmethod" => Some(Self::GoogleCloud),
            _ => None,
        }
    }

    const fn unit(self) -> Unit {
        match self {
            Self::Caddy => Unit::Seconds,
            Self::Traefik => Unit::Nanos,
            Self::Nginx | Self::Envoy | Self::GoogleCloud | Self::Other => Unit::Millis,
        }
    }
}

/// Whose JSON a line is; nothing if it is no request in JSON.
pub(crate) fn flavour(line: &[u8]) -> Option<Flavour> {
    let (told, flavour) = tell(line).ok()?;
    told.row(&mut line.to_vec(), flavour.unit()).ok().map(|_| flavour)
}

/// Reads one line.
pub(crate) fn parse(line: &mut Vec<u8>) -> Parsed {
    let (told, flavour) = tell(line)?;
    told.row(line, flavour.unit())
}

fn tell(line: &[u8]) -> Result<(Told, Flavour), Malformed> {
    let mut told = Told::nothing();
    let mut flavour = None;
    // A collector of logs may have put something in front.
    let start = memchr(b'{', &line[..line.len().min(MOST_BEFORE)]).ok_or(Malformed::Json)?;
    let end = walk(line, start, &mut |path, value| {
        flavour = flavour.or_else(|| Flavour::of(path));
        if let Some(named) = names::named(path) {
            told.put(named, value.span, value.writing(), line);
        } else if path == b"request.path" {
            told.put(Named { field: Field::Target, rank: 7, unit: None }, value.span, value.writing(), line);
        }
    })
    .ok_or(Malformed::Json)?;
    if matches!(line[end..].trim_ascii(), b"" | b",") {
        Ok((told, flavour.unwrap_or_default()))
    } else {
        Err(Malformed::Json)
    }
}

/// Takes a line out of the object that Docker keeps it in, `{"log": "...\n", "stream": "stdout", ...}`; false where it is in none.
pub(crate) fn take_out(line: &mut Vec<u8>) -> bool {
    let (mut inside, mut kept_by_docker) = (None, false);
    let whole = walk(line, 0, &mut |path, value| match path {
        b"log" => inside = Some(value.span),
        b"stream" => kept_by_docker = true,
        _ => {}
    });
    let (Some(_), Some(span), true) = (whole, inside, kept_by_docker) else { return false };
    let length = unescape(span.in_line_mut(line));
    line.copy_within(span.start()..span.start() + length, 0);
    line.truncate(length);
    line.truncate(line.trim_ascii_end().len());
    true
}

/// A value that is neither an object nor an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    /// Where it stands, without quotes.
    pub(crate) span: Span,
    /// Whether a backslash stands in it.
    escaped: bool,
}

impl Value {
    pub(crate) const fn writing(self) -> Writing {
        if self.escaped { Writing::Json } else { Writing::Plain }
    }
}

/// Gives each value of the object that begins here, by its path: keys as [`names::normal`] leaves them, joined by dots; the values of an
/// array have its path. Answers where the object ends; nothing if it is none, or not whole.
pub(crate) fn walk(text: &[u8], start: usize, visit: &mut dyn FnMut(&[u8], Value)) -> Option<usize> {
    let mut walker = Walker { text, at: start, path: [0; LONGEST_PATH], visit };
    if text.get(start) != Some(&b'{') {
        return None;
    }
    walker.value(Path { len: 0, deep: 0 })?;
    Some(walker.at)
}

/// Where the value of this key begins in the object that begins here.
pub(crate) fn find(text: &[u8], start: usize, key: &[u8]) -> Option<usize> {
    let mut nothing = |_: &[u8], _: Value| {};
    let mut walker = Walker { text, at: start, path: [0; LONGEST_PATH], visit: &mut nothing };
    if walker.peek()? != b'{' {
        return None;
    }
    loop {
        walker.at += 1;
        if walker.peek()? != b'"' {
            return None;
        }
        let found = walker.string()?.span;
        if walker.peek()? != b':' {
            return None;
        }
        walker.at += 1;
        walker.peek()?;
        if found.in_line(text) == key {
            return Some(walker.at);
        }
        walker.value(Path { len: LONGEST_PATH + 1, deep: 0 })?;
        if walker.peek()? != b',' {
            return None;
        }
    }
}

#[derive(Clone, Copy)]
struct Path {
    /// More than fits where it is too long to be looked at.
    len: usize,
    deep: usize,
}

struct Walker<'a> {
    text: &'a [u8],
    at: usize,
    path: [u8; LONGEST_PATH],
    visit: &'a mut dyn FnMut(&[u8], Value),
}

impl Walker<'_> {
    fn value(&mut self, path: Path) -> Option<()> {
        let value = match self.peek()? {
            b'{' => return self.object(path),
            b'[' => return self.array(path),
            b'"' => self.string()?,
            _ => self.scalar()?,
        };
        if path.len <= LONGEST_PATH {
            (self.visit)(&self.path[..path.len], value);
        }
        Some(())
    }

    fn object(&mut self, path: Path) -> Option<()> {
        self.at += 1;
        if path.deep >= DEEPEST {
            return None;
        }
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            if self.peek()? != b'"' {
                return None;
            }
            let key = self.string()?.span;
            let inner = self.extend(path, key);
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.value(inner)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn array(&mut self, path: Path) -> Option<()> {
        self.at += 1;
        if path.deep >= DEEPEST {
            return None;
        }
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.value(Path { len: path.len, deep: path.deep + 1 })?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn extend(&mut self, path: Path, key: Span) -> Path {
        let key = key.in_line(self.text);
        let start = if path.len == 0 { 0 } else { path.len + 1 };
        let end = start + key.len();
        let deep = path.deep + 1;
        let Some(room) = self.path.get_mut(start..end) else { return Path { len: LONGEST_PATH + 1, deep } };
        for (to, from) in room.iter_mut().zip(key) {
            *to = names::normal(*from);
        }
        if start > 0 {
            self.path[start - 1] = b'.';
        }
        Path { len: end, deep }
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn string(&mut self) -> Option<Value> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at += memchr2(b'"', b'\\', self.text.get(at..)?)?;
            if self.text[at] == b'"' {
                break;
            }
            escaped = true;
            at += 2;
        }
        self.at = at + 1;
        Some(Value { span: Span::new(start, at), escaped })
    }

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let length =
            rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')).count();
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        (length > 0).then_some(Value { span, escaped: false })
    }
}

/// Undoes the escapes of a string of JSON, in place; gives the new length. What is no escape stays; half of a pair of surrogates
/// becomes U+FFFD.
pub(crate) fn unescape(text: &mut [u8]) -> usize {
    let (mut read, mut written) = (0, 0);
    while read < text.len() {
        let b = text[read];
        if b != b'\\' {
            text[written] = b;
            (read, written) = (read + 1, written + 1);
            continue;
        }
        let (char, used) = match text.get(read + 1) {
            Some(c @ (b'"' | b'\\' | b'/')) => (char::from(*c), 2),
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(b'r') => ('\r', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'u') => unicode(&text[read..]).unwrap_or(('\\', 1)),
            Some(_) | None => ('\\', 1),
        };
        // An escape is never shorter than what it stands for.
        let length = char.len_utf8();
        char.encode_utf8(&mut text[written..written + length]);
        (read, written) = (read + used, written + length);
    }
    written
}

/// The character of `\uXXXX`, or of two of them, and how many bytes it takes.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0_u32, |n, d| Some(n * 16 + char::from(*d).to_digit(16)?))
    };
    let first = unit(0)?;
    if let Some(char) = char::from_u32(first) {
        return Some((char, 6));
    }
    let pair = unit(6).filter(|low| (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(low));
    let char = pair.and_then(|low| char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00)));
    Some(char.map_or((char::REPLACEMENT_CHARACTER, 6), |char| (char, 12)))
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes() {
        for (text, wanted) in [
            (r"plain", "plain"),
            (r#"a\"b\\c\/d"#, r#"a"b\c/d"#),
            (r"\n\t\u00e4\u20ac", "\n\t\u{e4}\u{20ac}"),
            (r"\ud83d\ude00!", "\u{1f600}!"),
            (r"\ud83d!", "\u{fffd}!"),
            (r"\ude00", "\u{fffd}"),
            (r"\x22 \u12", r"\x22 \u12"),
            ("end\\", "end\\"),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            let length = unescape(&mut bytes);
            assert_eq!(std::str::from_utf8(&bytes[..length]), Ok(wanted), "{text}");
        }
    }
}
