//! Texts of a log in URLs, log lines and cells.

use std::fmt::Write as _;

/// A request's path below a base URL, so that it stays below it and is one.
///
/// What RFC 3986 does not allow in a path or a query, and `#`, is percent-encoded as UTF-8; escapes that are there are
/// kept. A path that does not begin with `/` gets one: without it, `@other.example/` would name another host.
/// The scripts do the same, see `urlOf` and `url_of` in them.
pub(super) fn url(target: &str, path: &str) -> String {
    let mut url = target.trim_end_matches('/').to_owned();
    if !path.starts_with('/') {
        url.push('/');
    }
    let bytes = path.as_bytes();
    for (at, byte) in bytes.iter().copied().enumerate() {
        let escape = || matches!(bytes.get(at + 1..at + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
        match byte {
            b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => hex(&mut url, "%", byte),
            b'%' if !escape() => hex(&mut url, "%", byte),
            0x21..=0x7e => url.push(char::from(byte)),
            0..=0x20 | 0x7f..=0xff => hex(&mut url, "%", byte),
        }
    }
    url
}

/// A text within the quotes of an access log, as nginx writes it: `"`, `\` and what is not printable ASCII as `\x22`.
/// Empty is `-`.
pub(super) fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => hex(&mut safe, "\\x", byte),
            0x20..=0x7e => safe.push(char::from(byte)),
            0..=0x1f | 0x7f..=0xff => hex(&mut safe, "\\x", byte),
        }
    }
    safe
}

/// A cell of a CSV file, RFC 4180. A text that a spreadsheet would take for a formula gets a `'` in front
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
pub(super) fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

/// A literal that is the same text in JavaScript and in Python. `<` is escaped too, so that a script may stand in a page.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            // JavaScript before ES2019 ends a line at the last two; both languages know `\u` and four digits.
            '\0'..='\x1f' | '<' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String cannot fail.
                let _ = write!(literal, "\\u{:04x}", u32::from(c));
            }
            ' '..='\u{10ffff}' => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

fn hex(text: &mut String, prefix: &str, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(text, "{prefix}{byte:02X}");
}
