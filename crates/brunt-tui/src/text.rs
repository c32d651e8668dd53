//! Text of a known width, and numbers for people.

use crate::Style;
use brunt_metrics::Nanos;
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that `text` takes; control characters take one, as [`clean`] shows them.
pub(crate) fn width(text: &str) -> usize {
    let controls = text.chars().filter(|c| c.is_control()).count();
    clean(text).width().max(controls)
}

/// `text` without anything that a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi(c) { '\u{b7}' } else { c }).collect()
}

/// Characters that change the order in which others are shown (Unicode TR 9).
const fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` in at most `columns` columns; what is too long ends in `ellipsis`.
pub(crate) fn fit(text: &str, columns: usize, ellipsis: &str) -> String {
    let text = clean(text);
    if text.width() <= columns {
        return text;
    }
    let mut out = take(text.chars(), columns.saturating_sub(ellipsis.width()));
    if out.width() + ellipsis.width() <= columns {
        out += ellipsis;
    }
    out
}

/// The same, but it is the middle that is left out: both ends of a name tell it from others.
pub(crate) fn fit_middle(text: &str, columns: usize, ellipsis: &str) -> String {
    let text = clean(text);
    if text.width() <= columns {
        return text;
    }
    let Some(room) = columns.checked_sub(ellipsis.width()).filter(|room| *room >= 2) else {
        return fit(&text, columns, ellipsis);
    };
    let tail: String = take(text.chars().rev(), room / 2).chars().rev().collect();
    let head = take(text.chars(), room - tail.width());
    format!("{head}{ellipsis}{tail}")
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// `text` in lines of at most `columns` columns, broken at spaces; a longer word is broken anywhere.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in clean(text).split(' ') {
        let mut word = word.to_owned();
        let last = lines.last().map_or(0, |l| l.width());
        if last > 0 && last + 1 + word.width() <= columns {
            push(&mut lines, " ");
            push(&mut lines, &word);
            continue;
        }
        if last > 0 {
            lines.push(String::new());
        }
        while word.width() > columns {
            let mut head = take(word.chars(), columns);
            if head.is_empty() {
                // One character is wider than the line: it goes alone.
                head = word.chars().take(1).collect();
            }
            word = word[head.len()..].to_owned();
            push(&mut lines, &head);
            if !word.is_empty() {
                lines.push(String::new());
            }
        }
        push(&mut lines, &word);
    }
    lines
}

fn push(lines: &mut [String], text: &str) {
    if let Some(last) = lines.last_mut() {
        last.push_str(text);
    }
}

/// `text` with spaces before it, up to `columns`.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` with spaces after it, up to `columns`.
pub(crate) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `489 120`: groups of three, from five digits on.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// A rate: two significant digits below 10, whole above.
pub(crate) fn rate(per_second: Option<f64>, style: Style) -> String {
    match per_second {
        None => style.none().into(),
        Some(0.0) => "0".into(),
        Some(r) if r < 0.95 => format!("{r:.2}"),
        Some(r) if r < 9.95 => format!("{r:.1}"),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is not negative")]
        Some(r) => count(r.round() as u64),
    }
}

/// A share as `3.4 %`; two digits below 1 %.
pub(crate) fn percent(share: Option<f64>, style: Style) -> String {
    share.map_or_else(|| style.none().into(), |s| format!("{} %", percent_digits(s)))
}

/// The same without its unit, for columns and keys.
pub(crate) fn percent_digits(share: f64) -> String {
    let percent = 100.0 * share;
    if share <= 0.0 {
        "0".into()
    } else if percent < 0.01 {
        "<0.01".into()
    } else if percent < 0.995 {
        format!("{percent:.2}")
    } else if percent < 99.95 || share >= 1.0 {
        format!("{percent:.1}").trim_end_matches(".0").to_owned()
    } else {
        ">99.9".into()
    }
}

/// A duration, or the sign for none.
pub(crate) fn duration(nanos: Option<Nanos>, style: Style) -> String {
    nanos.map_or_else(|| style.none().into(), |n| n.to_string())
}

/// A point in a run: `4:12`, `1:04:12`.
pub(crate) fn clock(at: Nanos) -> String {
    let s = at.second();
    let (h, m, s) = (s / 3_600, s / 60 % 60, s % 60);
    let mut out = String::new();
    if h > 0 {
        // Writing to a string cannot fail.
        let _ = write!(out, "{h}:{m:02}:{s:02}");
    } else {
        let _ = write!(out, "{m}:{s:02}");
    }
    out
}

/// `12.4 MB`, in powers of ten.
pub(crate) fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 999.5 || unit == "TB" {
            let digits = usize::from(unit != "B" && value < 99.95);
            return format!("{value:.digits$} {unit}");
        }
        value /= 1_000.0;
    }
    unreachable!("the loop returns at its last unit")
}

/// Heights of the last `columns` values, scaled to the highest of them.
pub(crate) fn sparkline(values: &[f64], columns: usize, style: Style) -> String {
    let shown = &values[values.len().saturating_sub(columns)..];
    let top = shown.iter().copied().fold(0.0, f64::max);
    let heights = style.heights();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 7 by construction")]
    let height = |v: &f64| {
        if top > 0.0 { heights[((v / top * 7.0).round() as usize).min(7)] } else { heights[0] }
    };
    shown.iter().map(height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: Style = Style { color: false, ascii: false };

    #[test]
    fn text_is_cut_to_columns() {
        for (text, columns, end, middle) in [
            ("abcdef", 6, "abcdef", "abcdef"),
            ("abcdef", 5, "abcd\u{2026}", "ab\u{2026}ef"),
            ("abcdef", 1, "\u{2026}", "\u{2026}"),
            ("abcdef", 0, "", ""),
            ("\u{65e5}\u{672c}\u{8a9e}", 5, "\u{65e5}\u{672c}\u{2026}", "\u{65e5}\u{2026}\u{8a9e}"),
            ("\u{65e5}\u{672c}\u{8a9e}", 4, "\u{65e5}\u{2026}", "\u{65e5}\u{2026}"),
            ("a\u{1b}[31mb", 20, "a\u{b7}[31mb", "a\u{b7}[31mb"),
            ("a\u{202e}b", 20, "a\u{b7}b", "a\u{b7}b"),
        ] {
            assert_eq!(fit(text, columns, "\u{2026}"), end, "{text} {columns}");
            assert_eq!(fit_middle(text, columns, "\u{2026}"), middle, "{text} {columns}");
        }
    }

    #[test]
    fn text_is_wrapped_at_spaces() {
        for (text, columns, lines) in [
            ("", 5, vec![""]),
            ("one two three", 7, vec!["one two", "three"]),
            ("abcdefgh ij", 3, vec!["abc", "def", "gh", "ij"]),
            ("\u{65e5}\u{672c}", 1, vec!["\u{65e5}", "\u{672c}"]),
        ] {
            let got = wrap(text, columns);
            assert_eq!(got, lines, "{text}");
        }
    }

    #[test]
    fn numbers_for_people() {
        let rates = [None, Some(0.0), Some(0.5), Some(9.94), Some(12.4), Some(48_912.6)];
        let shown = rates.map(|r| rate(r, UNICODE));
        assert_eq!(shown, ["\u{2013}", "0", "0.50", "9.9", "12", "48 913"]);
        let shares = [0.0, 0.000_01, 0.005, 0.034, 0.5, 0.999_99, 1.0].map(percent_digits);
        assert_eq!(shares, ["0", "<0.01", "0.50", "3.4", "50", ">99.9", "100"]);
        assert_eq!([1_234, 48_912, 1_234_567].map(count), ["1234", "48 912", "1 234 567"]);
        assert_eq!(
            [0, 999, 1_500, 12_400_000, u64::MAX].map(bytes),
            ["0 B", "999 B", "1.5 kB", "12.4 MB", "18446744 TB"]
        );
        assert_eq!(
            [0, 59, 252, 3_852].map(|s| clock(Nanos::from_secs(s))),
            ["0:00", "0:59", "4:12", "1:04:12"]
        );
    }

    #[test]
    fn a_sparkline_shows_the_last_values() {
        let show = |values: &[f64]| sparkline(values, 4, UNICODE);
        assert_eq!(show(&[]), "");
        assert_eq!(show(&[0.0, 0.0]), "\u{2581}\u{2581}");
        assert_eq!(show(&[99.0, 0.0, 1.0, 7.0, 3.5]), "\u{2581}\u{2582}\u{2588}\u{2585}");
    }
}
