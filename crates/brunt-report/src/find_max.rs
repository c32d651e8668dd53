//! The search for the limit as text, Markdown and JSON: its result in a sentence, its trials in a table, its curve.
//!
//! All three say the same. Loads and rooms are explained in `docs/find-max.md`.

use crate::markup::in_markdown;
use brunt_analysis::capacity::{LoadUnit, Outcome, TrialResult, hysteresis};
use serde::Serialize;
use std::fmt::Write as _;

/// The version of [`find_max_json`]'s form.
const JSON_VERSION: u32 = 1;
/// How wide the curve is drawn, in characters.
const CURVE_WIDTH: usize = 40;

/// A search that is over, or under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindMax {
    /// What was loaded.
    pub target: String,
    /// What the loads are.
    pub unit: LoadUnit,
    /// The objectives that had to hold, in their standard form.
    pub objectives: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// All trials, in order.
    pub trials: Vec<TrialResult>,
}

impl FindMax {
    /// The result in plain sentences, the most important first.
    pub fn sentences(&self) -> Vec<String> {
        let mut out = vec![self.headline()];
        if let Outcome::Found { estimate, confirmed, short, closest, .. } = &self.outcome {
            if let Some(closest) = closest {
                let at = closest.endpoint.as_ref().map(|e| format!(", mostly {e}")).unwrap_or_default();
                out.push(format!("What breaks above it: {}{at}.", closest.text));
            }
            out.push(format!("The limit is most likely near {}.", self.load(*estimate)));
            match short {
                Some(why) => out.push(format!("The interval is wider than asked for: {why}.")),
                None if *confirmed => out.push("What holds was held twice.".into()),
                None => {}
            }
        }
        if let Some((load, before, after)) = hysteresis(&self.trials) {
            out.push(format!(
                "After the first overload the target no longer held {}, which it had held before (room {before:.2}, then \
                 {after:.2}): it does not recover by itself, or not within the pause; the figures are those of the state it was left in.",
                self.load(load)
            ));
        }
        let doubtful = self.trials.iter().filter(|t| !t.clear && t.generator.is_none()).count();
        if doubtful > 0 {
            out.push(format!(
                "{doubtful} of {} trials ended with doubt left: longer trials (`--trial`) make the result surer.",
                self.trials.len()
            ));
        }
        out
    }

    fn headline(&self) -> String {
        match &self.outcome {
            Outcome::Found { lower, upper, .. } => {
                format!("Holds at {}, breaks at {}.", self.load(*lower), self.load(*upper))
            }
            Outcome::NoLimit { up_to } => {
                format!("No limit found: everything holds up to the cap of {}.", self.load(*up_to))
            }
            Outcome::GeneratorLimited { at, holds: Some(holds), why } => format!(
                "Holds at {}; generator-limited at {}: {why}. How much further the target goes, this machine cannot tell.",
                self.load(*holds),
                self.load(*at)
            ),
            Outcome::GeneratorLimited { at, holds: None, why } => {
                format!(
                    "Generator-limited at {}, and at all above it: {why}. Nothing is known of the target.",
                    self.load(*at)
                )
            }
            Outcome::NeverHolds { at, closest } => {
                let why = closest.as_ref().map(|c| format!(": {}", c.text)).unwrap_or_default();
                format!("Does not hold even at {}{why}.", self.load(*at))
            }
            Outcome::Unfinished { lower, upper, why } => {
                let known = match (lower, upper) {
                    (Some(l), Some(u)) => format!("holds at {}, breaks at {}", self.load(*l), self.load(*u)),
                    (Some(l), None) => format!("holds at {}, nothing broke yet", self.load(*l)),
                    (None, Some(u)) => format!("breaks at {}, nothing held yet", self.load(*u)),
                    (None, None) => "nothing is known yet".into(),
                };
                format!("Not finished, {why}: {known}.")
            }
        }
    }

    fn load(&self, load: f64) -> String {
        self.unit.text(load)
    }
}

/// One trial in a line, for progress.
pub fn trial_line(unit: LoadUnit, number: usize, trial: &TrialResult) -> String {
    let what = verdict(trial);
    let why = match (&trial.generator, &trial.closest) {
        (Some(why), _) => format!(": {why}"),
        (None, Some(closest)) => format!(": {}", closest.text),
        (None, None) => String::new(),
    };
    let doubt = if trial.clear || trial.generator.is_some() { "" } else { ", with doubt" };
    format!(
        "trial {number:>2}  {:<8} {:>10}  {what}{doubt}{why}",
        trial.purpose.word(),
        unit.text(trial.load)
    )
}

fn verdict(trial: &TrialResult) -> &'static str {
    match (&trial.generator, trial.room) {
        (Some(_), _) => "not valid",
        (None, Some(room)) if room >= 1.0 => "holds",
        (None, Some(_)) => "breaks",
        (None, None) => "no answers",
    }
}

/// A table's cells: what there is, or `-`.
fn cells(search: &FindMax, trial: &TrialResult) -> [String; 9] {
    let figure = |value: Option<f64>, text: &dyn Fn(f64) -> String| value.map_or_else(|| "-".into(), text);
    let ms =
        |value| figure(value, &|ms: f64| if ms < 10.0 { format!("{ms:.2}ms") } else { format!("{ms:.0}ms") });
    let f = &trial.figures;
    [
        search.load(trial.load),
        trial.purpose.word().into(),
        figure(f.achieved, &|rate| format!("{rate:.1}/s")),
        ms(f.p50_ms),
        ms(f.p95_ms),
        ms(f.p99_ms),
        figure(f.error_rate, &|share| format!("{:.2} %", share * 100.0)),
        figure(trial.room, &|room| if room >= 100.0 { "ample".into() } else { format!("{room:.2}") }),
        format!("{}{}", verdict(trial), if trial.clear || trial.generator.is_some() { "" } else { "?" }),
    ]
}

const COLUMNS: [&str; 9] = ["load", "for", "answered", "p50", "p95", "p99", "errors", "room", "verdict"];

/// For a terminal: the sentences, the trials by load, and the curve.
pub fn find_max_text(search: &FindMax, unicode: bool) -> String {
    let mut rows = vec![COLUMNS.map(String::from)];
    rows.extend(by_load(search).into_iter().map(|t| cells(search, t)));
    let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let mut out = search.sentences().join("\n");
    out.push_str("\n\n");
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            let wide = width(column);
            let _ = match column {
                1 | 8 => write!(out, "{cell:<wide$}"),
                _ => write!(out, "{cell:>wide$}"),
            };
            out.push_str("  ");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&curve(search, unicode));
    out
}

/// The p95 of each load as a bar, to the same scale; what broke is marked.
fn curve(search: &FindMax, unicode: bool) -> String {
    let (full, mark) = if unicode { ("█", "✗") } else { ("#", "x") };
    let valid: Vec<_> = by_load(search).into_iter().filter(|t| t.generator.is_none()).collect();
    // What broke by far would flatten all the rest.
    let held = valid.iter().filter(|t| t.room.is_some_and(|r| r >= 1.0)).filter_map(|t| t.figures.p95_ms);
    let top = held.fold(0.0, f64::max) * 2.0;
    let top = if top > 0.0 { top } else { valid.iter().filter_map(|t| t.figures.p95_ms).fold(0.0, f64::max) };
    let mut out = String::from("p95 by load\n");
    for trial in valid {
        let Some(p95) = trial.figures.p95_ms.filter(|_| top > 0.0) else { continue };
        let length = bar(p95 / top);
        let beyond = if p95 > top { ">" } else { "" };
        let broke = if trial.room.is_none_or(|r| r < 1.0) { format!(" {mark}") } else { String::new() };
        let _ = writeln!(
            out,
            "{:>10} {}{beyond} {p95:.1}ms{broke}",
            search.load(trial.load),
            full.repeat(length)
        );
    }
    out
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between 1 and the width")]
fn bar(share: f64) -> usize {
    (share * CURVE_WIDTH as f64).round().clamp(1.0, CURVE_WIDTH as f64) as usize
}

fn by_load(search: &FindMax) -> Vec<&TrialResult> {
    let mut trials: Vec<_> = search.trials.iter().collect();
    trials.sort_by(|a, b| a.load.total_cmp(&b.load));
    trials
}

/// For a pull request or a wiki.
pub fn find_max_markdown(search: &FindMax) -> String {
    let mut out = format!("## Up to the limit: {}\n\n", in_markdown(&search.target));
    for sentence in search.sentences() {
        let _ = writeln!(out, "- {}", in_markdown(&sentence));
    }
    let objectives: Vec<_> = search.objectives.iter().map(|o| format!("`{o}`")).collect();
    let _ = writeln!(out, "- Held against {}.\n", objectives.join(", "));
    let _ = writeln!(out, "| {} |\n|{}", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
    for trial in by_load(search) {
        let _ = writeln!(out, "| {} |", cells(search, trial).map(|c| in_markdown(&c)).join(" | "));
    }
    out
}

/// For programs: one object, `version` first; documented in `docs/find-max.md`.
pub fn find_max_json(search: &FindMax) -> String {
    #[derive(Serialize)]
    struct Versioned<'a> {
        version: u32,
        sentences: Vec<String>,
        #[serde(flatten)]
        search: &'a FindMax,
    }
    let versioned = Versioned { version: JSON_VERSION, sentences: search.sentences(), search };
    serde_json::to_string_pretty(&versioned).unwrap_or_default()
}
