//! Randomness that depends on its place alone: the same words make the same draws, on every machine and in any order.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of draws.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

/// One step of ``SplitMix64`` (Steele, Lea, Flood, 2014): spreads words over a seed.
const fn spread(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// The stream that belongs to these words: a seed, and what the draws are for.
    pub fn new(words: &[u64]) -> Self {
        let state = words.iter().fold(0x6272_756E_7474_7731, |state, word| spread(state ^ spread(*word)));
        Self(ChaCha8Rng::seed_from_u64(state))
    }

    /// Any 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// At least 0, less than 1.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// At least 0, less than `n`; 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        // Lemire's multiplication without the rejection: the bias is below n / 2^64.
        let wide = u128::from(self.word()) * n as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// One of these; nothing of nothing.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Poisson with this mean; 0 for none.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        rand_distr::Poisson::new(mean)
            .map_or(0, |law| whole(rand_distr::Distribution::sample(&law, &mut self.0)))
    }

    /// Gamma with this shape and scale; 0 where one of them is not above 0.
    pub fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        rand_distr::Gamma::new(shape, scale)
            .map_or(0.0, |law| rand_distr::Distribution::sample(&law, &mut self.0))
    }

    /// Beta between 0 and 1.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        rand_distr::Beta::new(a, b).map_or(0.5, |law| rand_distr::Distribution::sample(&law, &mut self.0))
    }

    /// A rank from 1 to `n` by Zipf's law with this exponent.
    pub fn zipf(&mut self, n: u64, exponent: f64) -> u64 {
        rand_distr::Zipf::new(n as f64, exponent)
            .map_or(1, |law| whole(rand_distr::Distribution::sample(&law, &mut self.0)))
    }

    /// How many of `n` fall, each with that chance.
    pub fn binomial(&mut self, n: u64, chance: f64) -> u64 {
        rand_distr::Binomial::new(n, chance.clamp(0.0, 1.0))
            .map_or(0, |law| rand_distr::Distribution::sample(&law, &mut self.0))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count that was drawn as a float"
)]
fn whole(n: f64) -> u64 {
    n as u64
}
