//! Text from files and targets inside of markup: nothing in it is markup itself, or steers a terminal.

/// Names and sentences from outside, without what would steer a terminal or break a line.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

/// What changes the direction of the text around it, so that a name could show as another (Unicode's UAX 9, 2.1 to 2.6).
const fn turns(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// As text in Markdown: nothing in it is a tag, a table's border, a link or emphasis.
pub(crate) fn in_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '~' => out.extend(['\\', c]),
            _ => push_text(&mut out, c),
        }
    }
    out
}

/// As text in an element or an attribute of XML and HTML; what XML 1.0 cannot hold is replaced.
pub(crate) fn in_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => push_text(&mut out, c),
        }
    }
    out
}

/// What no form of markup takes as it is.
fn push_text(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        _ => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        for (text, markdown, xml) in [
            ("a<b>&\"'", "a&lt;b&gt;&amp;\"'", "a&lt;b&gt;&amp;&quot;&apos;"),
            ("\u{1b}[31m", "\u{fffd}\\[31m", "\u{fffd}[31m"),
            ("|*_`\\#~]\n", "\\|\\*\\_\\`\\\\\\#\\~\\]\u{fffd}", "|*_`\\#~]\u{fffd}"),
            ("\u{ffff}", "\u{ffff}", "\u{fffd}"),
            ("/a\u{202e}gnp.exe", "/a\u{fffd}gnp.exe", "/a\u{fffd}gnp.exe"),
        ] {
            assert_eq!((in_markdown(text).as_str(), in_xml(text).as_str()), (markdown, xml), "{text:?}");
        }
    }
}
