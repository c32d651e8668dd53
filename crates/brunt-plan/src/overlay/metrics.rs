//! `--metrics`, laid over the plan's own sources.

use super::Layers;
use crate::tree::{Entry, Node, Value};

/// The name and the source of `NAME=SOURCE`: no source has a `=` behind nothing but what names are made of.
fn named(source: &str) -> Option<(&str, &str)> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_' || c == ' ')
    };
    source.split_once('=').filter(|(name, _)| is_name(name))
}

/// As it is shown in messages: a URL may hold a password, against the rules.
fn shown(source: &str) -> String {
    if source.contains('@') { crate::print::HIDDEN.to_owned() } else { source.to_owned() }
}

impl Layers<'_> {
    /// Sources of metrics beside the plan's own: `NAME=SOURCE`, which replaces one of that name, or a source alone.
    pub(super) fn metrics(&mut self, sources: &[String]) {
        for source in sources {
            let (name, of) = match named(source) {
                Some((name, of)) => (name.to_owned(), of),
                None => (self.metrics_name(source), source.as_str()),
            };
            let entry = self.flag(&name, "--metrics", &shown(source), Value::Str(of.to_owned()));
            if let Some(metrics) = self.root.get_mut("metrics") {
                metrics.put(entry);
            } else {
                let span = entry.value.span.clone();
                let value = Node { span: span.clone(), value: Value::Map(vec![entry]) };
                self.root.put(Entry { key: "metrics".to_owned(), key_span: span, value });
            }
        }
    }

    /// What a source is called that has no name: what is looked at; with a number where another is called so.
    fn metrics_name(&self, source: &str) -> String {
        const PLAIN: [&str; 6] = ["process:", "command:", "container:", "cgroup:", "http://", "https://"];
        let plain = PLAIN.iter().find_map(|begin| source.strip_prefix(begin));
        let plain = plain.filter(|name| !name.chars().all(|c| c.is_ascii_digit()));
        let name = plain.unwrap_or(if source.starts_with("prometheus:") { "prometheus" } else { source });
        let taken = |name: &str| self.root.entry("metrics").is_some_and(|m| m.value.entry(name).is_some());
        let numbered = (2_u32..).map(|n| format!("{name} {n}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }
}
