//! How wide text is, and what it is cut to.

use ab_glyph::{Font, FontRef};
use std::sync::LazyLock;

/// The font of all measuring, and of pixels: `DejaVu Sans`, which is wider than most, so that what fits in it fits in others.
pub(crate) fn font() -> Option<&'static FontRef<'static>> {
    static FONT: LazyLock<Option<FontRef<'static>>> =
        LazyLock::new(|| FontRef::try_from_slice(dejavu::sans::regular()).ok());
    FONT.as_ref()
}

/// The width of text in pixels, at a size in pixels (of the em, as in CSS).
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let Some(font) = font() else {
        // Never without the font, which is part of the program; then what is usual.
        return text.chars().count() as f64 * size * 0.6;
    };
    let em = f64::from(font.units_per_em().unwrap_or(2_048.0));
    text.chars().map(|c| f64::from(font.h_advance_unscaled(font.glyph_id(c)))).sum::<f64>() / em * size
}

/// The text without what would break a line or steer a reader.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi(c) { '\u{fffd}' } else { c }).collect()
}

/// Characters that change the order in which others are shown (Unicode TR 9).
const fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text in at most so many pixels: the middle is left out, since both ends of a name tell it from others.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let text = clean(text);
    if width(&text, size) <= room {
        return text;
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let head = kept.div_ceil(2);
        let tail = chars.len() - (kept - head);
        chars[..head].iter().chain(&['\u{2026}']).chain(&chars[tail..]).collect::<String>()
    };
    let (mut fits, mut too_long) = (0, chars.len());
    while too_long - fits > 1 {
        let middle = usize::midpoint(fits, too_long);
        if width(&cut(middle), size) <= room { fits = middle } else { too_long = middle }
    }
    cut(fits)
}

/// The text in lines of at most so many pixels, broken at spaces.
pub(crate) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in clean(text).split(' ') {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(fit(word, size, room)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_in_the_middle_and_wrapped_at_spaces() {
        let name = "GET /catalogue/products/{id}/reviews?page=2&sort=newest";
        let cut = fit(name, 12.0, 160.0);
        assert!(width(&cut, 12.0) <= 160.0 && cut.starts_with("GET /") && cut.ends_with("newest"), "{cut}");
        assert_eq!(fit("short", 12.0, 160.0), "short");
        assert_eq!(fit("a\u{1b}[2Jb", 12.0, 160.0), "a\u{fffd}[2Jb");
        let lines = wrap("one two three four five six", 12.0, 60.0);
        assert!(lines.len() > 1 && lines.iter().all(|l| width(l, 12.0) <= 60.0), "{lines:?}");
    }
}
