//! A finding while it is being made: what a detector knows, before ranks and texts of the rules file.

use super::{Confidence, Cost, Evidence, Figure, Number, Seconds, kind::Kind};

/// What a detector says.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    /// The name of a team's own rule; otherwise the kind has one.
    pub(super) rule: Option<String>,
    pub(super) claim: String,
    pub(super) cost: Cost,
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<Evidence>,
    pub(super) alternative: String,
    pub(super) confirm_by: String,
}

impl Draft {
    pub(super) fn new(kind: Kind, claim: String) -> Self {
        Self {
            kind,
            rule: None,
            claim,
            cost: Cost::default(),
            confidence: Confidence::Medium,
            evidence: Vec::new(),
            alternative: String::new(),
            confirm_by: String::new(),
        }
    }

    pub(super) fn costs(mut self, time_share: f64, error_share: f64) -> Self {
        let share = |s: f64| if s.is_finite() { s.clamp(0.0, 1.0) } else { 0.0 };
        self.cost = Cost { time_share: share(time_share), error_share: share(error_share) };
        self
    }

    pub(super) fn sure(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    pub(super) fn or_else(mut self, alternative: &str, confirm_by: &str) -> Self {
        alternative.clone_into(&mut self.alternative);
        confirm_by.clone_into(&mut self.confirm_by);
        self
    }
}

impl Evidence {
    pub(super) fn of(series: impl Into<String>, figure: Figure) -> Self {
        Self { series: series.into(), window: None, numbers: Vec::new(), figure }
    }

    pub(super) fn within(mut self, window: Seconds) -> Self {
        self.window = Some(window);
        self
    }

    /// Adds a number; one that is none is left out.
    pub(super) fn number(self, name: &str, value: f64, unit: &str) -> Self {
        self.ranged(name, value, unit, None)
    }

    /// Adds a number with its 95 % interval.
    pub(super) fn ranged(mut self, name: &str, value: f64, unit: &str, interval: Option<(f64, f64)>) -> Self {
        if value.is_finite() {
            let interval = interval.filter(|(low, high)| low.is_finite() && high.is_finite());
            self.numbers.push(Number { name: name.to_owned(), value, unit: unit.to_owned(), interval });
        }
        self
    }
}

/// Three significant digits, without an exponent.
pub(super) fn digits(value: f64) -> String {
    let places = if value == 0.0 || !value.is_finite() { 0.0 } else { 2.0 - value.abs().log10().floor() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 9")]
    let places = places.clamp(0.0, 9.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time in milliseconds, in words.
pub(super) fn time(ms: f64) -> String {
    if ms >= 10_000.0 { format!("{} s", digits(ms / 1_000.0)) } else { format!("{} ms", digits(ms)) }
}

/// A share, in words.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", digits(100.0 * share))
}
