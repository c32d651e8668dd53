//! Objectives in words: how each stands, with the figures that bear on it.

use crate::Style;
use crate::style::Tone;
use crate::text::{clock, count, percent_digits};
use brunt_metrics::Nanos;
use brunt_run::{ObjectiveOutcome, ObjectiveUnit, Standing};

/// The mark of a standing, and its tone.
pub(crate) const fn mark(standing: Standing, style: Style) -> (Tone, &'static str) {
    match standing {
        Standing::Passed => (Tone::Good, style.good()),
        Standing::Failed => (Tone::Bad, style.bad()),
        Standing::Warned => (Tone::Warn, "!"),
        Standing::NotJudged => (Tone::Warn, "?"),
        Standing::Noted => (Tone::Label, "~"),
    }
}

/// The figures behind a standing: `margin 52 %   n 1,000   95 % interval 118 to 123 ms   broken 17 s, 0:20 to 0:36`.
pub(crate) fn facts(outcome: &ObjectiveOutcome) -> String {
    let unit = unit(outcome.unit);
    let number = |value: f64| if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    let mut facts = Vec::new();
    if let Some(margin) = outcome.margin {
        facts.push(format!(
            "margin {}{} %",
            if margin < 0.0 { "-" } else { "" },
            percent_digits(margin.abs())
        ));
    }
    facts.push(format!("n {}", count(outcome.samples)));
    if let Some((low, high)) = outcome.interval {
        facts.push(format!("95 % interval {} to {}{unit}", number(low), number(high)));
    }
    if let Some(burn) = outcome.burn {
        facts.push(format!("burn rate {}", number(burn)));
    }
    if let Some(broken) = outcome.broken {
        let at = |second: u64| clock(Nanos::from_secs(second));
        let span = format!("{} to {}", at(broken.first), at(broken.last + 1));
        facts.push(format!("broken in {} s, {span}", count(broken.seconds)));
        if let Some(worst) = outcome.worst {
            facts.push(format!(
                "worst {}{unit} in {} s from {}",
                number(worst.value),
                worst.seconds,
                at(worst.from)
            ));
        }
    }
    if let Some(at) = outcome.aborted_at {
        facts.push(format!("ended the run at {}", clock(Nanos::from_secs(at + 1))));
    }
    facts.join("   ")
}

/// What stands after a number.
const fn unit(unit: ObjectiveUnit) -> &'static str {
    match unit {
        ObjectiveUnit::Milliseconds => " ms",
        ObjectiveUnit::Percent => " %",
        ObjectiveUnit::PerSecond => "/s",
        ObjectiveUnit::Count => "",
    }
}
