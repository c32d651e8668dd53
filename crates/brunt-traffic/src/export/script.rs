//! Scripts for k6 and Locust: the same text for every schedule but for the target, the schedule's name and its figures.

use super::ExportOptions;
use super::escape::literal;
use super::sessions::peak_sessions;
use crate::Synthetic;
use std::collections::BTreeSet;
use std::io::{self, Write};

const K6: &str = include_str!("scenario.js");
const LOCUST: &str = include_str!("locustfile.py");

pub(super) fn k6(synthetic: &Synthetic, options: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(filled(K6, synthetic, options).as_bytes())
}

pub(super) fn locust(synthetic: &Synthetic, options: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(filled(LOCUST, synthetic, options).as_bytes())
}

/// A script with its blanks filled: `{{target}}` and `{{schedule}}` are literals, the others numbers. What fills a blank is
/// never searched for blanks.
fn filled(script: &str, synthetic: &Synthetic, options: &ExportOptions) -> String {
    let mut text = String::with_capacity(script.len() + 256);
    let mut rest = script;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    {
        text.push_str(before);
        text.push_str(&blank(name, synthetic, options));
        rest = after;
    }
    text.push_str(rest);
    text
}

fn blank(name: &str, synthetic: &Synthetic, options: &ExportOptions) -> String {
    match name {
        "target" => literal(options.target.trim_end_matches('/')),
        "schedule" => literal(&options.schedule_file),
        "requests" => synthetic.requests.len().to_string(),
        "sessions" => synthetic
            .requests
            .iter()
            .map(|request| request.session)
            .collect::<BTreeSet<_>>()
            .len()
            .to_string(),
        "span_s" => format!("{:.1}", synthetic.span_ms as f64 / 1_000.0),
        "peak" => peak_sessions(synthetic).to_string(),
        other => format!("{{{{{other}}}}}"),
    }
}
