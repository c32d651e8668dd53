//! Prometheus' text format, version 0.0.4, and what `OpenMetrics` 1.0 writes otherwise. Pure, over any text.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>. Lines that cannot be read are passed
//! over: one bad line of a page is no reason to see nothing of the rest.

use std::collections::BTreeMap;

/// The longest name or value of a label that is kept; longer ones are no names.
const MAX_WORD: usize = 512;

/// What a family of samples is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Type {
    Counter,
    Gauge,
    Histogram,
    Summary,
    /// What the page does not say, or says in words of later versions.
    #[default]
    Unknown,
}

/// A line with a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    /// In the page's order.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

/// A page that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Page {
    /// By family.
    pub(crate) types: BTreeMap<String, Type>,
    pub(crate) samples: Vec<Sample>,
}

impl Page {
    /// Reads any text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines() {
            let line = line.trim();
            if let Some(comment) = line.strip_prefix('#') {
                page.note_type(comment);
            } else if let Some(sample) = sample(line) {
                page.samples.push(sample);
            }
        }
        page
    }

    /// `# TYPE name counter`.
    fn note_type(&mut self, comment: &str) {
        let mut words = comment.split_ascii_whitespace();
        if words.next() != Some("TYPE") {
            return;
        }
        let (Some(name), Some(kind)) = (words.next(), words.next()) else { return };
        let kind = match kind {
            "counter" => Type::Counter,
            "gauge" | "stateset" | "info" => Type::Gauge,
            "histogram" => Type::Histogram,
            "summary" => Type::Summary,
            _ => Type::Unknown,
        };
        self.types.insert(name.to_owned(), kind);
    }

    /// What a name is of. OpenMetrics writes the family of a counter without its `_total`.
    pub(crate) fn type_of(&self, name: &str) -> Type {
        let family = name.strip_suffix("_total").unwrap_or(name);
        self.types.get(name).or_else(|| self.types.get(family)).copied().unwrap_or_default()
    }

    /// The family of which `name` is the part `suffix`, if it is a histogram or a summary.
    pub(crate) fn family_of<'n>(&self, name: &'n str, suffix: &str) -> Option<&'n str> {
        let family = name.strip_suffix(suffix)?;
        matches!(self.types.get(family), Some(Type::Histogram | Type::Summary)).then_some(family)
    }
}

/// `name{label="value",...} 1.5 [timestamp] [# exemplar]`.
fn sample(line: &str) -> Option<Sample> {
    let end = line.find(|c: char| c == '{' || c.is_ascii_whitespace())?;
    let (name, rest) = line.split_at(end);
    if !is_name(name) {
        return None;
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = number(rest.split_ascii_whitespace().next()?)?;
    Some(Sample { name: name.to_owned(), labels, value })
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    !text.is_empty()
        && text.len() <= MAX_WORD
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(fits)
}

/// Labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, value) = rest.split_once('=')?;
        let name = name.trim();
        let (value, after) = quoted(value.trim_start())?;
        if !is_name(name) {
            return None;
        }
        labels.push((name.to_owned(), value));
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// A text in quotes, with `\\`, `\"` and `\n` in it, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                other => out.push(other),
            },
            other if out.len() < MAX_WORD => out.push(other),
            _ => {}
        }
    }
    None
}

/// A number as Go writes it: `1e+06`, `+Inf`, `NaN`.
fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        other => other.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Expected<'a> = Option<(&'a str, &'a [(&'a str, &'a str)], f64)>;

    fn check(line: &str, expected: Expected<'_>) {
        let got = Page::parse(line).samples.pop();
        let expected = expected.map(|(name, labels, value)| Sample {
            name: name.to_owned(),
            labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            value,
        });
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn lines_are_read() {
        check("up 1", Some(("up", &[], 1.0)));
        check("  a:b_c   1.5e+06 1395066363000 ", Some(("a:b_c", &[], 1.5e6)));
        check("x{a=\"b\"} 2", Some(("x", &[("a", "b")], 2.0)));
        check("x{a=\"b\",c=\"d\",} 2", Some(("x", &[("a", "b"), ("c", "d")], 2.0)));
        check("x{ a = \"b\" , c=\"d\" } 2", Some(("x", &[("a", "b"), ("c", "d")], 2.0)));
        check(r#"x{p="C:\\D","#, None);
        check(r#"x{p="C:\\D\n\"q\""} 3"#, Some(("x", &[("p", "C:\\D\n\"q\"")], 3.0)));
        check("x{a=\"}\"} 2 # {trace=\"1\"} 0.5", Some(("x", &[("a", "}")], 2.0)));
        check("x{le=\"+Inf\"} +Inf", Some(("x", &[("le", "+Inf")], f64::INFINITY)));
        check("x{} 4", Some(("x", &[], 4.0)));
        for wrong in ["", "x", "x y", "1x 2", "x{a=b} 2", "x{a=\"b\" 2", "x{=\"b\"} 2", "# EOF", "<html> 5"] {
            check(wrong, None);
        }
    }

    #[test]
    fn types_are_known_by_family() {
        let page = Page::parse(
            "# TYPE a_total counter\n# TYPE b counter\n# HELP a_total TYPE\n# TYPE h histogram\n#TYPE g gauge\n# TYPE u moon",
        );
        for (name, expected) in [
            ("a_total", Type::Counter),
            ("b_total", Type::Counter),
            ("g", Type::Gauge),
            ("u", Type::Unknown),
            ("v", Type::Unknown),
        ] {
            assert_eq!(page.type_of(name), expected, "{name}");
        }
        assert_eq!(page.family_of("h_bucket", "_bucket"), Some("h"));
        assert_eq!(page.family_of("g_count", "_count"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC*") {
            let _ = Page::parse(&text);
        }

        #[test]
        fn texts_that_look_like_pages_are_read(lines in prop::collection::vec(
            "(# (TYPE|HELP) )?[a-z_0-9:]{0,6}[{]?([a-z]{0,3}=\"?[^\"\n]{0,4}\"?[,}]?){0,3} ?[-+0-9.eInfNa]{0,6}", 0..12)) {
            let _ = Page::parse(&lines.join("\n"));
        }

        #[test]
        fn what_is_written_is_read(value in any::<f64>(), label in "\\PC{0,12}") {
            let escaped = label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let page = Page::parse(&format!("m{{l=\"{escaped}\"}} {value}"));
            prop_assert_eq!(page.samples.len(), 1);
            prop_assert_eq!(&page.samples[0].labels, &vec![("l".to_owned(), label)]);
            prop_assert!(page.samples[0].value.total_cmp(&value).is_eq() || value.is_nan());
        }
    }
}
