//! What a verdict is made of.

use brunt_run::VerdictReason;

/// Something that bears on a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// How.
    pub bearing: Bearing,
    /// A stable name: `generator-lag`, `dropped`, `little`.
    pub id: &'static str,
    /// One sentence with its numbers.
    pub text: String,
}

/// How a reason bears on a verdict, gravest first. A verdict follows the gravest of its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bearing {
    /// The figures cannot be trusted: neither a pass nor a failure stands on them.
    Invalidates,
    /// The run failed.
    Fails,
    /// The load that was asked for was not delivered. What is missing are the arrivals that would have
    /// waited longest, so the figures flatter the target: a failure still stands, a pass does not.
    Undelivered,
    /// There is too little to judge.
    TooLittle,
    /// An objective that only warns was not met.
    Warns,
    /// Worth knowing, and against nothing.
    Note,
}

impl Reason {
    pub(crate) fn new(bearing: Bearing, id: &'static str, text: impl Into<String>) -> Self {
        Self { bearing, id, text: text.into() }
    }

    pub(crate) fn told(self) -> VerdictReason {
        VerdictReason { id: self.id.into(), against: self.bearing != Bearing::Note, text: self.text }
    }
}

/// A share for people: `3.2 %`; two digits below 1 %, and never 0 % for something or 100 % for not all.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    if part > 0 && share < 0.01 {
        "less than 0.01 %".into()
    } else if share < 1.0 {
        format!("{share:.2} %")
    } else if share > 99.9 && part < whole {
        "over 99.9 %".into()
    } else {
        format!("{share:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn shares_never_round_to_none_or_all() {
        for (part, whole, text) in [
            (0, 0, "0.00 %"),
            (0, 9, "0.00 %"),
            (1, 1_000_000, "less than 0.01 %"),
            (5, 1_000, "0.50 %"),
            (32, 1_000, "3.2 %"),
            (999_999, 1_000_000, "over 99.9 %"),
            (9, 9, "100.0 %"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }
}
