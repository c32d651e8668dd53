//! A tree written down as YAML, as a person would write it: short things in one line, long ones in blocks.

use crate::diagnostic::Report;
use crate::tree::{Entry, Node, Value};
use std::fmt::Write;

/// The widest map or list that is written in one line.
const ONE_LINE: usize = 96;

/// The plan, with what could not be taken over as comments at the top.
pub(super) fn yaml(root: &Node, warnings: &Report, from: &str) -> String {
    let mut out = format!("# Made from {} by `brunt convert`.\n", one_line(from));
    for warning in &warnings.diagnostics {
        // Writing to a String cannot fail.
        let _ = write!(out, "# Not taken over: {}", one_line(&warning.message));
        let _ = match &warning.help {
            Some(help) => writeln!(out, " ({})", one_line(help)),
            None => writeln!(out),
        };
    }
    if let Value::Map(entries) = &root.value {
        for entry in entries {
            if matches!(entry.value.value, Value::Map(_) | Value::Seq(_)) && !out.ends_with("\n\n") {
                out.push('\n');
            }
            field(entry, 0, &mut out);
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn field(entry: &Entry, indent: usize, out: &mut String) {
    let _ = write!(out, "{:indent$}{}:", "", scalar_text(&entry.key));
    value(&entry.value, indent, out);
}

/// What follows a key or a dash, to the end of its line or lines.
fn value(node: &Node, indent: usize, out: &mut String) {
    let flow = flow(node);
    // Scenarios, users and actions read better in blocks; what stands in them may be short.
    let short = flow.chars().count() + indent <= ONE_LINE && indent > 0;
    match &node.value {
        Value::Map(entries) if !entries.is_empty() && !short => {
            out.push('\n');
            for entry in entries {
                field(entry, indent + 2, out);
            }
        }
        Value::Seq(items) if !items.is_empty() && !short => {
            out.push('\n');
            for item in items {
                list_item(item, indent + 2, out);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Seq(_)
        | Value::Map(_) => {
            let _ = writeln!(out, " {flow}");
        }
    }
}

fn list_item(item: &Node, indent: usize, out: &mut String) {
    let flow = flow(item);
    match &item.value {
        Value::Map(entries) if entries.len() > 1 || flow.chars().count() + indent > ONE_LINE => {
            let mut block = String::new();
            for entry in entries {
                field(entry, indent + 2, &mut block);
            }
            let _ = write!(out, "{:indent$}- {}", "", block.trim_start());
        }
        Value::Map(entries) => {
            let mut block = String::new();
            for entry in entries {
                field(entry, indent + 2, &mut block);
            }
            let block = if block.is_empty() { "{}\n" } else { block.trim_start() };
            let _ = write!(out, "{:indent$}- {block}", "");
        }
        Value::Seq(_) | Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            let _ = writeln!(out, "{:indent$}- {flow}", "");
        }
    }
}

fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) if value.is_nan() => ".nan".to_owned(),
        Value::Float(value) if value.is_infinite() => if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Value::Float(value) => format!("{value:?}"),
        Value::Str(text) => scalar_text(text),
        Value::Seq(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|e| format!("{}: {}", scalar_text(&e.key), flow(&e.value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// Text as a plain scalar where YAML reads it as the same text anywhere, else in double quotes.
fn scalar_text(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./%~<>=+ ".contains(c);
    let starts_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        || (text.starts_with(|c: char| c.is_ascii_digit())
            && text.contains(|c: char| c.is_ascii_alphabetic() || c == '/')
            && text.parse::<f64>().is_err()
            && !text.starts_with("0x")
            && !text.starts_with("0o"));
    let word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_word = word.contains(&text.to_ascii_lowercase().as_str());
    if starts_plain && text.chars().all(plain) && !text.ends_with(' ') && !is_word {
        return text.to_owned();
    }
    // JSON strings are YAML's double-quoted scalars.
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read;
    use crate::{Format, Source};
    use proptest::prelude::*;

    fn shape(node: &Node) -> String {
        flow(node)
    }

    fn any_node() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|i| Value::Int(i.into())),
            (-1e9_f64..1e9).prop_map(Value::Float),
            "[ -~äß\\n\\t]{0,12}".prop_map(Value::Str),
            prop::sample::select(vec![
                "null", "true", "12", "1e3", "0x10", "- a", "a: b", "#x", "~", "1s..3s", "${a}", "", " a",
                "a ",
            ])
            .prop_map(|text| Value::Str(text.to_owned())),
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            let node = inner.prop_map(|value| Node { span: 0..0, value });
            prop_oneof![
                prop::collection::vec(node.clone(), 0..4).prop_map(Value::Seq),
                prop::collection::btree_map("[a-z0-9 :#-]{1,8}", node, 0..4).prop_map(|map| {
                    Value::Map(
                        map.into_iter().map(|(key, value)| Entry { key, key_span: 0..0, value }).collect(),
                    )
                }),
            ]
        })
    }

    proptest! {
        /// What is written is read as the same.
        #[test]
        fn parse_of_print_is_the_same(value in any_node()) {
            let root = Entry { key: "plan".to_owned(), key_span: 0..0, value: Node { span: 0..0, value } };
            let root = Node { span: 0..0, value: Value::Map(vec![root]) };
            let report = Report { name: "x".into(), text: String::new(), added: Vec::new(), diagnostics: Vec::new() };
            let text = yaml(&root, &report, "x");
            let again = read(&Source::inline("x", Format::Yaml, text.clone())).expect(&text);
            prop_assert_eq!(shape(&again), shape(&root), "{}", text);
        }
    }
}
