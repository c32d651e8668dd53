//! How well what comes next in a session is foreseen: bits per request, of sessions that were not learnt from.
//!
//! A session of n requests is n + 1 events: its requests, and its end or, where a model draws it first, its length. Which of the two it is makes no
//! difference to the sum, since both are the chance of the same row of requests. A mixture is taken as a whole: what came before in the session
//! says how likely each of its classes is.

/// How likely one step of a session was before it was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foreseen {
    /// The chance of what was asked for, or of the end, from above 0 to 1.
    pub token: f64,
    /// The chance of the cell of the gap before it; `None` before the first request and the end, and where nothing is said of gaps.
    pub gap: Option<f64>,
}

/// One class's word on a session.
#[derive(Clone, Debug, PartialEq)]
pub struct OfClass {
    /// The share of the class among sessions, before anything is seen.
    pub share: f64,
    /// The chance of the session's length; 1 where its end is among the steps.
    pub length: f64,
    /// Its steps.
    pub steps: Vec<Foreseen>,
}

/// Bits that sessions took, in sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bits {
    /// Requests, and one end for each session.
    events: f64,
    tokens: f64,
    gaps: f64,
}

impl Bits {
    /// Takes a session of so many requests, as each class has it; all classes tell of the same steps.
    pub fn add(&mut self, requests: usize, classes: &[OfClass]) {
        self.events += requests as f64 + 1.0;
        let shares: f64 = classes.iter().map(|class| class.share).sum();
        let mut belief: Vec<f64> = classes.iter().map(|class| class.share / shares).collect();
        self.tokens += surprise(&mut belief, classes.iter().map(|class| class.length));
        for step in 0..classes.iter().map(|class| class.steps.len()).min().unwrap_or(0) {
            let of = || classes.iter().map(|class| class.steps[step]);
            self.tokens += surprise(&mut belief, of().map(|foreseen| foreseen.token));
            if of().all(|foreseen| foreseen.gap.is_some()) {
                self.gaps += surprise(&mut belief, of().map(|foreseen| foreseen.gap.unwrap_or(1.0)));
            }
        }
    }

    /// Bits for what is asked for and where it ends, by request or end.
    pub fn tokens_per_event(&self) -> f64 {
        self.tokens / self.events
    }

    /// Bits for the cells of gaps, by request or end.
    pub fn gaps_per_event(&self) -> f64 {
        self.gaps / self.events
    }

    /// Requests and ends that were taken.
    pub const fn events(&self) -> f64 {
        self.events
    }
}

/// What an event costs in bits when each class gave it that chance, and what is believed of the classes after it (Bayes).
fn surprise(belief: &mut [f64], chances: impl Iterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    for (belief, chance) in belief.iter_mut().zip(chances) {
        *belief *= chance;
        sum += *belief;
    }
    for belief in belief {
        *belief /= sum;
    }
    -f64::log2(sum)
}

#[cfg(test)]
mod tests {
    use super::{Bits, Foreseen, OfClass};

    fn class(share: f64, length: f64, steps: &[(f64, Option<f64>)]) -> OfClass {
        let steps = steps.iter().map(|(token, gap)| Foreseen { token: *token, gap: *gap }).collect();
        OfClass { share, length, steps }
    }

    #[test]
    fn one_class_is_a_sum_of_logarithms() {
        let mut bits = Bits::default();
        bits.add(2, &[class(1.0, 0.5, &[(0.25, None), (0.125, Some(0.5))])]);
        assert!((bits.tokens_per_event() - 6.0 / 3.0).abs() < 1e-12);
        assert!((bits.gaps_per_event() - 1.0 / 3.0).abs() < 1e-12);
    }

    /// The chance of a session under a mixture is the sum over classes of share times chance.
    #[test]
    fn a_mixture_is_taken_as_a_whole() {
        let mut bits = Bits::default();
        let of = [
            class(0.3, 0.5, &[(0.9, None), (0.2, Some(0.7))]),
            class(0.1, 0.1, &[(0.4, None), (0.6, Some(0.1))]),
        ];
        bits.add(2, &of);
        let whole = (0.3 * 0.5 * 0.9 * 0.2 * 0.7 + 0.1 * 0.1 * 0.4 * 0.6 * 0.1) / 0.4;
        let sum = (bits.tokens_per_event() + bits.gaps_per_event()) * bits.events();
        assert!((sum + f64::log2(whole)).abs() < 1e-12);
    }
}
