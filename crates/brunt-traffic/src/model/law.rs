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

    /// The mean of something of the values; 0 of nothing.
    pub(super) fn mean_of(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.0.iter().map(|value| of(*value)).sum::<f64>() / self.0.len().max(1) as f64
    }

    /// How likely [`Law::draw_between`] gives this number, from 0 to 1.
    pub fn chance_between(&self, n: f64) -> f64 {
        let Some(last) = self.0.len().checked_sub(1) else { return 0.0 };
        if last == 0 {
            return f64::from(u8::from((self.0[0] - n).abs() < 0.5));
        }
        let of = |pair: &[f64]| {
            let (a, b) = (pair[0], pair[1]);
            if b - a <= 1.0 || a <= 0.0 {
                return f64::from(u8::from((a - n).abs() < 0.5));
            }
            // Evenly in the logarithm between the two, then to the next whole number.
            let (from, to) = ((n - 0.5).clamp(a, b), (n + 0.5).clamp(a, b));
            (to / from).ln() / (b / a).ln()
        };
        self.0.windows(2).map(of).sum::<f64>() / last as f64
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

#[cfg(test)]
mod tests {
    use super::Law;
    use crate::random::Random;

    #[test]
    fn chances_are_what_is_drawn() {
        let law = Law::of(vec![1.0, 1.0, 2.0, 3.0, 7.0, 7.0, 40.0]);
        let chances: Vec<f64> = (1..=40).map(|n| law.chance_between(f64::from(n))).collect();
        assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let (mut random, draws) = (Random::new(&[1]), 40_000);
        let mut seen = [0.0; 40];
        for _ in 0..draws {
            let n = law.draw_between(&mut random).unwrap_or(0.0);
            for (seen, i) in seen.iter_mut().zip(1..) {
                *seen += f64::from(u8::from((f64::from(i) - n).abs() < 0.5));
            }
        }
        for (chance, seen) in chances.iter().zip(&seen) {
            assert!((chance - seen / f64::from(draws)).abs() < 0.01, "{chance} {seen}");
        }
    }
}
