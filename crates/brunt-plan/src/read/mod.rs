//! From text to tree: one reader for each format, with the same limits and the same complaints.

mod json;

mod toml;

mod yaml;

use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, MAX_DEPTH, Node, Span};
use crate::{Format, Source};
use std::collections::HashMap;

/// The tree of a plan's text, or why there is none.
pub(crate) fn read(source: &Source) -> Result<Node, Vec<Diagnostic>> {
    let read = match source.format {
        Format::Yaml => yaml::read(&source.text),
        Format::Json => json::read(&source.text),
        Format::Toml => toml::read(&source.text),
    };
    read.map_err(|mut problems| {
        problems.sort_by_key(|d| d.span.as_ref().map(|s| s.start));
        problems
    })
}

/// The complaint about a text that nests deeper than [`MAX_DEPTH`].
fn too_deep(span: &Span) -> Diagnostic {
    Diagnostic::error(span, format!("the plan nests deeper than {MAX_DEPTH} levels"))
        .label("this is one level too many")
}

/// Keys seen so far in one map; a map with few keys is searched without hashing.
#[derive(Default)]
struct Keys(HashMap<String, Span>);

impl Keys {
    /// Adds `entry` to `entries`, or complains about a key that is there already.
    fn add(&mut self, entries: &mut Vec<Entry>, entry: Entry, text: &str) -> Result<(), Diagnostic> {
        if let Some(first) = self.0.get(&entry.key) {
            let line = text.get(..first.start).map_or(0, |before| before.matches('\n').count()) + 1;
            return Err(Diagnostic::error(&entry.key_span, format!("`{}` is given twice", entry.key))
                .label(format!("first given in line {line}"))
                .help("keep one of them"));
        }
        self.0.insert(entry.key.clone(), entry.key_span.clone());
        entries.push(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{MAX_NODES, Value};
    use std::fmt::Write;

    /// A tree as text, with each scalar's source text beside it.
    fn shape(node: &Node, text: &str, out: &mut String) {
        match &node.value {
            Value::Seq(items) => {
                out.push('[');
                for item in items {
                    shape(item, text, out);
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for e in entries {
                    write!(out, "{}<{}>:", e.key, &text[e.key_span.clone()]).unwrap();
                    shape(&e.value, text, out);
                }
                out.push('}');
            }
            scalar @ (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)) => {
                write!(out, "{scalar:?}<{}> ", &text[node.span.clone()]).unwrap();
            }
        }
    }

    fn check(format: Format, text: &str, expected: &str) {
        let out = match read(&Source::inline("p", format, text)) {
            Ok(node) => {
                let mut out = String::new();
                shape(&node, text, &mut out);
                out
            }
            Err(problems) => problems
                .iter()
                .map(|p| format!("{} @ {:?}", p.message, p.span.clone().map(|s| s.start)))
                .collect::<Vec<_>>()
                .join("; "),
        };
        assert_eq!(out.trim_end(), expected, "{format:?} {text:?}");
    }

    #[test]
    fn the_three_formats_give_one_tree() {
        let expected =
            "{a<a>:Int(1)<1> b<b>:[Str(\"x\")<\"x\"> Bool(true)<true> ]c<c>:{d<d>:Float(1.5)<1.5> }}";
        check(Format::Yaml, "a: 1\nb: [\"x\", true]\nc:\n  d: 1.5\n", expected);
        check(Format::Toml, "a = 1\nb = [\"x\", true]\n[c]\nd = 1.5\n", expected);
        let quoted =
            expected.replace("a<a>", "a<\"a\">").replace("b<b>", "b<\"b\">").replace("c<c>", "c<\"c\">");
        let quoted = quoted.replace("d<d>", "d<\"d\">");
        check(Format::Json, "{\"a\": 1, \"b\": [\"x\", true], \"c\": {\"d\": 1.5}}", &quoted);
    }

    #[test]
    fn scalars_of_yaml() {
        for (text, expected) in [
            ("~", "Null<~>"),
            ("null", "Null<null>"),
            ("yes", "Str(\"yes\")<yes>"),
            ("-12", "Int(-12)<-12>"),
            ("0x10", "Int(16)<0x10>"),
            ("0o17", "Int(15)<0o17>"),
            ("1e3", "Float(1000.0)<1e3>"),
            (".inf", "Float(inf)<.inf>"),
            ("30/m", "Str(\"30/m\")<30/m>"),
            ("nan", "Str(\"nan\")<nan>"),
            ("'12'", "Str(\"12\")<'12'>"),
            ("!!str 12", "Str(\"12\")<!!str 12>"),
            ("ü: ü日x", "{ü<ü>:Str(\"ü日x\")<ü日x> }"),
            ("a: &x [1]\nb: *x", "{a<a>:[Int(1)<1> ]b<b>:[Int(1)<1> ]}"),
            ("\u{feff}a: 1", "{a<a>:Int(1)<1> }"),
            ("a: 1\r\nb: ü\r\nc: x", "{a<a>:Int(1)<1> b<b>:Str(\"ü\")<ü> c<c>:Str(\"x\")<x> }"),
        ] {
            check(Format::Yaml, text, expected);
        }
    }

    #[test]
    fn json_knows_its_escapes() {
        check(
            Format::Json,
            r#"["\u00fc\ud83d\ude00\/", -1.5e1, null, 18446744073709551616]"#,
            "[Str(\"ü😀/\")<\"\\u00fc\\ud83d\\ude00\\/\"> Float(-15.0)<-1.5e1> Null<null> Int(18446744073709551616)<18446744073709551616> ]",
        );
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (format, text, expected) in [
            (Format::Yaml, "a: 1\na: 2", "`a` is given twice @ Some(5)"),
            (Format::Yaml, "", "the plan is empty @ Some(0)"),
            (
                Format::Yaml,
                "a: 1\n---\nb: 2",
                "a plan is one YAML document, and here a second one begins @ Some(5)",
            ),
            (Format::Yaml, "a: !thing 1", "YAML tags are not used in plans @ Some(3)"),
            (Format::Json, "{\"a\": 1, \"a\": 2}", "`a` is given twice @ Some(9)"),
            (Format::Json, "{\"a\": 1,}", "a comma with nothing after it @ Some(7)"),
            (Format::Json, "{\"a\" 1}", "expected `:` after the key @ Some(5)"),
            (Format::Json, "{\"a\": tru}", "this is not JSON @ Some(6)"),
            (Format::Json, "{\"a\": \"x", "the text is not closed @ Some(6)"),
            (Format::Json, "{} x", "expected the end of the plan @ Some(3)"),
            (Format::Json, "[1, 2", "the list is not closed @ Some(0)"),
            (Format::Toml, "a = 1979-05-27", "dates are not used in plans @ Some(4)"),
            (Format::Toml, "a = 1\na = 2\n", "duplicate key @ Some(6)"),
        ] {
            check(format, text, expected);
        }
    }

    #[test]
    fn deep_and_multiplying_texts_are_refused() {
        let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
        let complaint =
            |format, text: String| read(&Source::inline("p", format, text)).unwrap_err()[0].message.clone();
        for format in [Format::Yaml, Format::Json] {
            assert!(complaint(format, deep("[", "]", 170)).contains("deeper"));
            // Deeper still, the YAML parser has a limit of its own.
            assert!(!complaint(format, deep("[", "]", 100_000)).is_empty());
        }
        assert!(complaint(Format::Yaml, deep("- ", "", 100_000)).contains("deeper"));
        for n in [170, 100_000] {
            assert!(!complaint(Format::Toml, format!("a = {}", deep("[", "]", n))).is_empty());
        }
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        let mut towers = "a0: &a0 [x]\n".to_owned();
        for i in 1..170 {
            let all = vec![format!("*a{}", i - 1); 10].join(", ");
            writeln!(laughs, "a{i}: &a{i} [{all}]").unwrap();
            writeln!(towers, "a{i}: &a{i} [*a{}]", i - 1).unwrap();
        }
        assert!(complaint(Format::Yaml, laughs).contains(&MAX_NODES.to_string()));
        assert!(complaint(Format::Yaml, towers).contains("deeper"));
    }
}
