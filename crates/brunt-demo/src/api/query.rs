//! The query of a URL, decoded as a form.

/// The text behind the `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Query<'a>(pub(crate) &'a str);

impl Query<'_> {
    /// The decoded value of the first parameter called `name`.
    pub(crate) fn get(self, name: &str) -> Option<String> {
        let mut pairs = self.0.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
    }
}

/// Undoes percent-encoding and `+`; what is not UTF-8 becomes the replacement character.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten().and_then(hex);
        match (first, escaped) {
            (_, Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', None) => bytes.push(b' '),
            (byte, None) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u8::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        for (query, expected) in [
            ("q=shoe", Some("shoe")),
            ("a=1&q=red+shoe%20%26&q=2", Some("red shoe &")),
            ("q", Some("")),
            ("q=%zz%4", Some("%zz%4")),
            ("q=%c3%a9", Some("é")),
            ("%71=x", Some("x")),
            ("qq=1", None),
            ("", None),
        ] {
            assert_eq!(Query(query).get("q").as_deref(), expected, "{query}");
        }
    }
}
