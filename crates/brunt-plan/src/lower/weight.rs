//! Weights and shares: whole numbers, fractions, percentages.

use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::fields::MAX_WEIGHT;
use crate::tree::{Node, Span, Value};

/// A weight, exact: `units / 10^digits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    units: u64,
    digits: u32,
}

/// Digits after the point: a share finer than a millionth would need a run of millions of iterations to show.
const MAX_DIGITS: usize = 6;

impl Weight {
    /// The weight of what is given none.
    pub(super) const ONE: Self = Self { units: 1, digits: 0 };

    /// Nothing of it.
    pub(super) const ZERO: Self = Self { units: 0, digits: 0 };

    pub(super) const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// In units of `10^-digits`.
    fn scaled(self, digits: u32) -> u64 {
        self.units.saturating_mul(10_u64.saturating_pow(digits.saturating_sub(self.digits)))
    }
}

/// A weight: a number from 0.
pub(super) fn weight(cx: &Cx<'_>, name: &str, node: &Node) -> Option<Weight> {
    let (negative, large) = match cx.scalar(node) {
        Value::Int(value) => match u64::try_from(value) {
            Ok(units) if units <= MAX_WEIGHT => return Some(Weight { units, digits: 0 }),
            Ok(_) | Err(_) => (value < 0, value > 0),
        },
        Value::Float(value) if value.is_nan() => (false, false),
        Value::Float(value) if value < 0.0 || value > MAX_WEIGHT as f64 => (value < 0.0, value > 0.0),
        // Printing a float gives the shortest text that reads back as it: the digits that were written.
        Value::Float(value) => return decimal(cx, name, node, &value.to_string()),
        Value::Null | Value::Bool(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => (false, false),
    };
    match (negative, large) {
        (true, _) => {
            let d = Diagnostic::error(&node.span, format!("{} must be at least 0", cx.name(name)));
            cx.report(d.label("weights are counted from 0"));
        }
        (false, true) => {
            let d = Diagnostic::error(&node.span, format!("{} may be {MAX_WEIGHT} at most", cx.name(name)));
            cx.report(d.label("only the proportions of weights count").help("write smaller ones"));
        }
        (false, false) => cx.expected(node, "a number"),
    }
    None
}

fn decimal(cx: &Cx<'_>, name: &str, node: &Node, text: &str) -> Option<Weight> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > MAX_DIGITS {
        let message = format!("{} has more than {MAX_DIGITS} digits after the point", cx.name(name));
        let d = Diagnostic::error(&node.span, message).label("so fine a share would never show");
        cx.report(
            d.help("only the proportions of weights count: write e.g. `3` and `1`, or `0.75` and `0.25`"),
        );
        return None;
    }
    let units = format!("{whole}{fraction}").parse().ok()?;
    Some(Weight { units, digits: u32::try_from(fraction.len()).ok()? })
}

/// The weights as whole numbers: all times the least power of ten that makes them so.
pub(super) fn whole(cx: &Cx<'_>, span: &Span, weights: &[Weight]) -> Vec<u32> {
    let digits = weights.iter().map(|w| w.digits).max().unwrap_or(0);
    let scaled: Option<Vec<u32>> = weights.iter().map(|w| u32::try_from(w.scaled(digits)).ok()).collect();
    scaled.unwrap_or_else(|| {
        let d = Diagnostic::error(span, "these weights lie too far apart");
        let d = d.label(format!("times 10^{digits} to make all of them whole, the largest is too large"));
        cx.report(d.help("write them with fewer digits after the point"));
        vec![1; weights.len()]
    })
}

/// A share of all: `30%` or `0.3`, from 0 to 1.
pub(super) fn share(cx: &Cx<'_>, name: &str, node: &Node) -> Option<f64> {
    let value = match cx.scalar(node) {
        Value::Int(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        Value::Str(text) => {
            text.trim().strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok()).map(|n| n / 100.0)
        }
        Value::Null | Value::Bool(_) | Value::Seq(_) | Value::Map(_) => None,
    };
    match value {
        Some(share) if (0.0..=1.0).contains(&share) => Some(share),
        Some(_) => {
            let d = Diagnostic::error(&node.span, format!("{} must lie between 0% and 100%", cx.name(name)));
            cx.report(d.help(format!("write e.g. {} or {}", cx.setting(name, "30%"), cx.setting(name, 0.3))));
            None
        }
        None => {
            cx.expected(node, "a share like `30%` or `0.3`");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_power_of_ten() {
        let weight = |units, digits| Weight { units, digits };
        for (weights, digits, expected) in [
            (vec![weight(5, 0), weight(1, 0)], 0, vec![5, 1]),
            (vec![weight(8, 1), weight(25, 2), Weight::ONE], 2, vec![80, 25, 100]),
            (vec![Weight::ZERO, weight(1, 6)], 6, vec![0, 1]),
        ] {
            let scaled: Vec<u64> = weights.iter().map(|w| w.scaled(digits)).collect();
            assert_eq!(scaled, expected);
        }
    }
}
