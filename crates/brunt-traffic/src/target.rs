//! What was asked for, cleaned, and what its parts look like.

/// What was asked for: one of these for all requests that asked for the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Target {
    /// Upper case; `-` where the request line was no request.
    pub method: Box<str>,
    /// It begins with `/`, and holds nothing but visible ASCII: what else was there is percent-encoded.
    pub path: Box<str>,
    /// What stood behind the question mark, cleaned likewise; `None` without one.
    pub query: Option<Box<str>>,
}

/// What a part of a path or the value of a parameter looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Digits.
    Int,
    /// A UUID.
    Uuid,
    /// Sixteen or more hexadecimal digits.
    Hex,
    /// `2024-05-12`, with or without a time.
    Date,
    /// A number with a point or a sign.
    Number,
    /// An e-mail address.
    Email,
    /// Long, letters and digits mixed: a token.
    Token,
    /// Anything else.
    Word,
}

impl Shape {
    /// What a text looks like.
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (mut digits, mut letters, mut hex) = (0, 0, 0);
        for b in bytes {
            digits += usize::from(b.is_ascii_digit());
            letters += usize::from(b.is_ascii_alphabetic());
            hex += usize::from(b.is_ascii_hexdigit());
        }
        let n = bytes.len();
        if n > 0 && digits == n {
            return Self::Int;
        }
        if n == 36 && hex == 32 && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-') {
            return Self::Uuid;
        }
        if n >= 16 && hex == n {
            return Self::Hex;
        }
        if n >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && digits >= 8 && letters <= 2 {
            return Self::Date;
        }
        if digits > 0 && bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+')) {
            return Self::Number;
        }
        if text.contains('@') || text.contains("%40") {
            return Self::Email;
        }
        let plain =
            bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=' | b'%'));
        if n >= 20 && plain && digits >= 3 && letters >= 3 && changes(bytes) * 3 >= n {
            return Self::Token;
        }
        Self::Word
    }

    /// Its name between braces, as it stands in templates.
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Int => "{int}",
            Self::Uuid | Self::Hex => "{hex}",
            Self::Date => "{date}",
            Self::Number => "{number}",
            Self::Email => "{email}",
            Self::Token => "{token}",
            Self::Word => "{var}",
        }
    }
}

/// What stands for a part of a path: itself where it is a word, else what it looks like.
pub(crate) fn typed(part: &str) -> &str {
    match Shape::of(part) {
        Shape::Word => part,
        shape @ (Shape::Int
        | Shape::Uuid
        | Shape::Hex
        | Shape::Date
        | Shape::Number
        | Shape::Email
        | Shape::Token) => shape.placeholder(),
    }
}

/// How often digits, small and capital letters take turns: often in tokens, seldom in words.
fn changes(bytes: &[u8]) -> usize {
    let class = |b: &u8| match b {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    bytes.windows(2).filter(|pair| class(&pair[0]) != class(&pair[1])).count()
}

impl Target {
    /// Whether it is a request that could be sent.
    pub fn is_request(&self) -> bool {
        &*self.method != "-"
    }

    /// Puts what parts look like where their values stood.
    pub(crate) fn forget_values(&mut self) {
        let parts: Vec<&str> = self.path.split('/').map(typed).collect();
        self.path = parts.join("/").into();
        self.query = self.query.take().map(|query| {
            let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
            names.join("&").into()
        });
    }
}

/// The most of a path that is kept.
const LONGEST_PATH: usize = 2_048;

/// Makes a target of what a log has: hosts go, escapes of the log become what they stand for, and what cannot
/// stand in a request is percent-encoded.
pub(crate) fn clean(method: &[u8], target: &[u8]) -> Target {
    let target = origin(target);
    if method.is_empty() || !target.starts_with(b"/") {
        return Target { method: "-".into(), path: "/".into(), query: None };
    }
    let target = &target[..target.len().min(LONGEST_PATH)];
    let target = &target[..memchr_fragment(target)];
    let question = target.iter().position(|b| *b == b'?');
    let path = encoded(&target[..question.unwrap_or(target.len())]);
    let query = question.map(|at| encoded(&target[at + 1..]));
    Target { method: String::from_utf8_lossy(method).into(), path, query }
}

fn memchr_fragment(target: &[u8]) -> usize {
    target.iter().position(|b| *b == b'#').unwrap_or(target.len())
}

/// A target without scheme and host, as proxies log them.
fn origin(target: &[u8]) -> &[u8] {
    for scheme in [&b"http://"[..], b"https://"] {
        if let Some(rest) = target.strip_prefix(scheme) {
            return rest.iter().position(|b| *b == b'/').map_or(b"/", |at| &rest[at..]);
        }
    }
    target
}

fn encoded(text: &[u8]) -> Box<str> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let mut byte = *byte;
        at += 1;
        if byte == b'\\'
            && let Some(code) = escape(&text[at..])
        {
            byte = code;
            at += 3;
        }
        if byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out.into()
}

/// `x16` after a backslash: how nginx and Apache write what is not printable.
fn escape(text: &[u8]) -> Option<u8> {
    let [b'x', a, b, ..] = text else { return None };
    let digit = |d: &u8| char::from(*d).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(a)? * 16 + digit(b)?)
}

#[cfg(test)]
mod tests {
    use super::{Shape, clean};

    #[test]
    fn parts_look_like_what_they_are() {
        for (text, wanted) in [
            ("42", Shape::Int),
            ("123e4567-e89b-12d3-a456-426614174000", Shape::Uuid),
            ("0123456789abcdef", Shape::Hex),
            ("2024-05-12", Shape::Date),
            ("2024-05-12T10:00:00Z", Shape::Date),
            ("-3.5", Shape::Number),
            ("ada@example.org", Shape::Email),
            ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", Shape::Token),
            ("apache-drill-with-avro-and-mongodb", Shape::Word),
            ("jquery-migrate.min.js", Shape::Word),
            ("", Shape::Word),
        ] {
            assert_eq!(Shape::of(text), wanted, "{text}");
        }
    }

    #[test]
    fn targets_are_cleaned() {
        for (method, target, wanted) in [
            ("GET", "/a?b=c#d", "GET /a?b=c"),
            ("GET", "http://h:80/a b", "GET /a%20b"),
            ("GET", "https://h", "GET /"),
            ("GET", r"/\xE2\x82\xAC", "GET /%E2%82%AC"),
            ("GET", "/<script>", "GET /%3Cscript%3E"),
            ("", "x", "- /"),
            ("OPTIONS", "*", "- /"),
        ] {
            let t = clean(method.as_bytes(), target.as_bytes());
            let query = t.query.map(|q| format!("?{q}")).unwrap_or_default();
            assert_eq!(format!("{} {}{query}", t.method, t.path), wanted);
        }
    }
}
