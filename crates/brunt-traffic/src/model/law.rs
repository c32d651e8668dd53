//! A law of one number, kept as what a share of all values lies below.

use crate::random::Random;
use serde::{Deserialize, Serialize};

/// How many values a law keeps at most.
const KEPT: usize = 128;

/// Values of which each stands for an equal share, ascending.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Law(Vec<f64>);

impl Law {
    /// The law of these values, thinned to 128 where there are more: the least and the largest stay.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let n = values.len();
        if n > KEPT {
            values = (0..KEPT).map(|i| values[i * (n - 1) / (KEPT - 1)]).collect();
        }
        Self(values)
    }

    /// Whether nothing is known.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One of the values.
    pub fn draw(&self, random: &mut Random) -> Option<f64> {
        random.pick(&self.0).copied()
    }

    /// A whole number at or between values next to each other; between them evenly in the logarithm, since lengths are
    /// heavy-tailed.
    pub fn draw_between(&self, random: &mut Random) -> Option<f64> {
        let last = self.0.len().checked_sub(1)?;
        let at = random.unit() * last as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position in the list")]
        let below = (at as usize).min(last);
        let (a, b) = (self.0[below], self.0[(below + 1).min(last)]);
        if b - a <= 1.0 || a <= 0.0 {
            return Some(a);
        }
        Some((a.ln() + (at - below as f64) * (b / a).ln()).exp().round())
    }
}
