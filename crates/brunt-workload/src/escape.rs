//! How a value is written where it stands: in a path, a query, a form, a JSON text.
//!
//! Literal text is escaped once, when a plan is lowered; what is known only in the run is escaped as it is
//! rendered, by the same rules.

/// The rule of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Escape {
    /// As it is.
    #[default]
    None,
    /// In a path or a whole query: percent-encodes what may not stand there (RFC 3986), and leaves what is
    /// encoded already.
    Path,
    /// As one segment of a path: all is encoded that is not unreserved (RFC 3986), `/` too.
    Segment,
    /// As a value of a query: also what separates parameters is encoded.
    Query,
    /// As a value of a form (`application/x-www-form-urlencoded`, WHATWG URL 5.2): a space is `+`.
    Form,
    /// Between the quotes of a JSON string.
    JsonString,
    /// As a JSON value of its own: numbers, truth values and structures as they are, text in quotes.
    JsonValue,
}

impl Escape {
    /// Appends `text` by the rule. Under [`Escape::JsonValue`] it is taken for text, and quoted.
    pub fn write(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Self::None => out.extend_from_slice(text.as_bytes()),
            Self::Path => {
                percent(text, out, |b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]".contains(&b));
            }
            Self::Segment => percent(text, out, |b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)),
            Self::Query => percent(text, out, |b| b.is_ascii_alphanumeric() || b"-._~!'()*,:@/".contains(&b)),
            Self::Form => {
                let start = out.len();
                percent(text, out, |b| b.is_ascii_alphanumeric() || b"*-._ ".contains(&b));
                out[start..].iter_mut().filter(|b| **b == b' ').for_each(|b| *b = b'+');
            }
            Self::JsonString => json_string(text, out),
            Self::JsonValue => {
                out.push(b'"');
                json_string(text, out);
                out.push(b'"');
            }
        }
    }

    /// `text` by the rule.
    pub fn of(self, text: &str) -> String {
        let mut out = Vec::with_capacity(text.len());
        self.write(text, &mut out);
        // Every rule keeps UTF-8 whole or writes ASCII.
        String::from_utf8(out).unwrap_or_default()
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn percent(text: &str, out: &mut Vec<u8>, keep: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        if keep(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

/// RFC 8259, section 7.
fn json_string(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_rule() {
        for (text, path, query, form, json) in [
            ("a b", "a%20b", "a%20b", "a+b", "a b"),
            ("ü", "%C3%BC", "%C3%BC", "%C3%BC", "ü"),
            (
                "/x?y=1&z=%20",
                "/x?y=1&z=%20",
                "/x%3Fy%3D1%26z%3D%2520",
                "%2Fx%3Fy%3D1%26z%3D%2520",
                "/x?y=1&z=%20",
            ),
            ("a+b", "a+b", "a%2Bb", "a%2Bb", "a+b"),
            (
                "\"\\\r\n\u{1}",
                "%22%5C%0D%0A%01",
                "%22%5C%0D%0A%01",
                "%22%5C%0D%0A%01",
                "\\\"\\\\\\r\\n\\u0001",
            ),
        ] {
            let got = [Escape::None, Escape::Path, Escape::Query, Escape::Form, Escape::JsonString]
                .map(|e| e.of(text));
            assert_eq!(got, [text, path, query, form, json]);
            assert!(
                Escape::Segment.of(text).bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b))
            );
            assert_eq!(Escape::JsonValue.of(text), format!("\"{json}\""));
        }
    }
}
