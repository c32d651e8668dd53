//! Replaces what differs from run to run by placeholders, so that the rest can stand in a snapshot.

use regex::Regex;

/// Replacements, applied one after the other.
///
/// Two ready lists: [`Filters::stable`] takes out what no text should depend on (ports, run ids, versions) and is
/// safe on error messages; [`Filters::measured`] also takes out durations, rates, sizes, shares and counts.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    rows: Vec<(Regex, String)>,
}

/// Ports of loopback hosts, run ids (`20261120-190102-checkout-7f3a`), our version.
const STABLE: [(&str, &str); 3] = [
    (r"\b(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b", "$1:[PORT]"),
    (r"\b\d{8}-\d{6}-[a-z0-9_-]*[0-9a-f]{4}\b", "[RUN]"),
    (r"\bbrunt (\d+\.){2}\d+\b", "brunt [VERSION]"),
];

/// What is measured; longer forms before the shorter ones that they contain.
const MEASURED: [(&str, &str); 9] = [
    // `1 234 567` is one figure; overlapping groups need a second pass.
    (r"\b(\d+) (\d{3})\b", "$1$2"),
    (r"\b(\d+) (\d{3})\b", "$1$2"),
    (r"\b127\.0\.0\.1\b", "[LOOPBACK]"),
    (r"\b\d+:\d{2}(:\d{2})?\b", "[CLOCK]"),
    (r"\b\d[\d,]*(\.\d+)?k? ?(req)?/s\b", "[RATE]"),
    (r"\b\d[\d,]*(\.\d+)? ?(ns|us|µs|ms|s|min|h)\b", "[TIME]"),
    (r"\b\d[\d,]*(\.\d+)? ?([KMG]i?)?B(/s)?\b", "[SIZE]"),
    (r"\b\d[\d,]*(\.\d+)? ?%", "[SHARE]"),
    (r"\b\d[\d,]*(\.\d+)?k?\b", "[N]"),
];

impl Filters {
    /// Takes out what no text should depend on.
    pub fn stable() -> Self {
        STABLE.iter().fold(Self::default(), |filters, (pattern, with)| filters.pattern(pattern, with))
    }

    /// Takes out what is measured as well. Widths of table columns follow the figures: runs of spaces and of rules
    /// become one.
    #[must_use]
    pub fn measured(self) -> Self {
        let filters = MEASURED.iter().fold(self, |filters, (pattern, with)| filters.pattern(pattern, with));
        filters.pattern(r"(\S) {2,}", "$1  ").pattern(r"[─-]{3,}", "---")
    }

    /// Adds a replacement of a literal text, before all others: a folder's path may look like anything.
    #[must_use]
    pub fn text(mut self, text: &str, with: &str) -> Self {
        let escaped = Regex::new(&regex::escape(text)).expect("an escaped text is a pattern");
        self.rows.insert(0, (escaped, with.replace('$', "$$")));
        self
    }

    /// Adds a replacement of a regular expression, after all others; `$1` means its first group. Panics on a pattern
    /// that is none.
    #[must_use]
    pub fn pattern(mut self, pattern: &str, with: &str) -> Self {
        let pattern = Regex::new(pattern).unwrap_or_else(|error| panic!("{error}"));
        self.rows.push((pattern, with.to_owned()));
        self
    }

    /// The text with all replacements made.
    pub fn apply(&self, text: &str) -> String {
        self.rows.iter().fold(text.to_owned(), |text, (pattern, with)| {
            pattern.replace_all(&text, with.as_str()).into_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_replaced() {
        let stable = Filters::stable();
        let measured = Filters::stable().measured();
        let rows = [
            ("http://127.0.0.1:43817/x", "http://127.0.0.1:[PORT]/x", "http://[LOOPBACK]:[PORT]/x"),
            ("brunt-runs/20261120-190102-checkout-7f3a", "brunt-runs/[RUN]", "brunt-runs/[RUN]"),
            ("brunt 0.1.0", "brunt [VERSION]", "brunt [VERSION]"),
            (
                "`rate: 50/s` at plan.yaml:14:11",
                "`rate: 50/s` at plan.yaml:14:11",
                "`rate: [RATE]` at plan.yaml:[CLOCK]",
            ),
            ("p99 12.5ms, 3 errors", "p99 12.5ms, 3 errors", "p99 [TIME], [N] errors"),
            ("1,204 requests  20.07/s", "1,204 requests  20.07/s", "[N] requests  [RATE]"),
            ("12 345 678 of  9 000 at p99 110", "12 345 678 of  9 000 at p99 110", "[N] of  [N] at p99 [N]"),
            ("0.5 % of 16 KB", "0.5 % of 16 KB", "[SHARE] of [SIZE]"),
            ("http2 p95", "http2 p95", "http2 p95"),
            ("a      b\n──────", "a      b\n──────", "a  b\n---"),
        ];
        for (text, as_stable, as_measured) in rows {
            assert_eq!(stable.apply(text), as_stable);
            assert_eq!(measured.apply(text), as_measured);
        }
    }

    #[test]
    fn texts_come_first_and_mean_themselves() {
        let filters = Filters::stable().text("127.0.0.1:80/$x.", "[$DIR]");
        assert_eq!(filters.apply("127.0.0.1:80/$x. 127.0.0.1:80/$xy"), "[$DIR] 127.0.0.1:[PORT]/$xy");
    }
}
