//! Counter-based randomness: every draw is a function of where it stands, never of what was drawn before.
//!
//! `draw = mix(seed, scenario, index, n)`, with the finaliser of `SplitMix64` (Steele, Lea & Flood, "Fast
//! splittable pseudorandom number generators", OOPSLA 2014) applied between the words. So a worker can
//! compute the draws of its own indices without the others, a schedule can be read from any point, and two
//! runs of one seed agree however many workers they have. Not for cryptography.

use brunt_metrics::ScenarioId;

/// Names an iteration of a scenario for all time: arrival `i` in an open model, or iteration `k` of user `v`
/// in a closed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IterationIndex(pub u64);

impl IterationIndex {
    /// Arrival `i`, or shared iteration `i`.
    pub const fn arrival(i: u64) -> Self {
        Self(i)
    }

    /// Iteration `k` of user `v`. Distinct while `v` and `k` stay below 2^32.
    pub const fn of_user(v: u64, k: u64) -> Self {
        Self((v << 32) ^ k)
    }
}

/// A source of draws that stands at one place of a run; plain data, cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    key: u64,
    n: u64,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Draw {
    /// The draws of one iteration.
    pub const fn new(seed: u64, scenario: ScenarioId, index: IterationIndex) -> Self {
        let key = mix(seed.wrapping_add(GOLDEN));
        let key = mix(key ^ (scenario.0 as u64).wrapping_add(GOLDEN));
        Self { key: mix(key ^ index.0.wrapping_mul(GOLDEN)), n: 0 }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.n = self.n.wrapping_add(1);
        mix(self.key.wrapping_add(self.n.wrapping_mul(GOLDEN)))
    }

    /// Draws of their own for a part that may take any number of them: what follows does not depend on how many.
    #[must_use]
    pub const fn branch(&mut self) -> Self {
        Self { key: mix(self.bits() ^ GOLDEN), n: 0 }
    }

    /// Uniform in `0..1`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..bound`; 0 for a bound of 0. Bias below `bound / 2^64`.
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.bits() as u128 * bound as u128) >> 64) as u64
    }

    /// Standard normal, by the polar form of Box-Muller (Knuth, TAOCP 2, 3.4.1, algorithm P, one value used).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    /// Poisson with the given mean: inversion below 30, the PTRS rejection above it (Hörmann, "The
    /// transformed rejection method for generating Poisson random variables", 1993).
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if mean < 30.0 {
            return self.poisson_by_inversion(mean);
        }
        // The names of the paper's constants, in words: its b, a, 1/alpha and v_r.
        let scale = 0.931 + 2.53 * mean.sqrt();
        let shape = -0.059 + 0.02483 * scale;
        let inverse_alpha = 1.1239 + 1.1328 / (scale - 3.4);
        let quick = 0.9277 - 3.6224 / (scale - 2.0);
        loop {
            let (across, height) = (self.unit() - 0.5, self.unit());
            let margin = 0.5 - across.abs();
            let k = ((2.0 * shape / margin + scale) * across + mean + 0.43).floor();
            if margin >= 0.07 && height <= quick {
                return floor_u64(k);
            }
            if k < 0.0 || (margin < 0.013 && height > margin) {
                continue;
            }
            let accept = (height * inverse_alpha / (shape / (margin * margin) + scale)).ln();
            if accept <= k * mean.ln() - mean - ln_gamma(k + 1.0) {
                return floor_u64(k);
            }
        }
    }

    fn poisson_by_inversion(&mut self, mean: f64) -> u64 {
        let (mut k, mut p, u) = (0_u64, (-mean).exp(), self.unit());
        let mut cumulated = p;
        // The mean is below 30: 1,000 terms are past every double's precision.
        while u > cumulated && k < 1_000 {
            k += 1;
            p *= mean / k as f64;
            cumulated += p;
        }
        k
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
const fn floor_u64(x: f64) -> u64 {
    x as u64
}

/// ln Γ(x) for x > 0 (Lanczos, g = 7, n = 9: Numerical Recipes, 3rd ed., 6.1).
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = C.iter().enumerate().skip(1).fold(C[0], |sum, (i, c)| sum + c / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(n: u64, mut f: impl FnMut(&mut Draw) -> f64) -> (f64, f64) {
        let values: Vec<f64> =
            (0..n).map(|i| f(&mut Draw::new(7, ScenarioId(1), IterationIndex(i)))).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64)
    }

    /// Tolerance: five standard errors of the mean, and 5 % of the variance.
    #[test]
    fn moments_are_those_of_the_distribution() {
        type Source = fn(&mut Draw) -> f64;
        let rows: [(Source, f64, f64); 6] = [
            (Draw::unit, 0.5, 1.0 / 12.0),
            (Draw::normal, 0.0, 1.0),
            (Draw::exponential, 1.0, 1.0),
            (|d| d.poisson(3.5) as f64, 3.5, 3.5),
            (|d| d.poisson(400.0) as f64, 400.0, 400.0),
            (|d| d.below(10) as f64, 4.5, 8.25),
        ];
        for (i, (source, mean, variance)) in rows.into_iter().enumerate() {
            let n = 200_000;
            let (m, v) = draws(n, source);
            assert!((m - mean).abs() < 5.0 * (variance / n as f64).sqrt(), "row {i}: mean {m}");
            assert!((v / variance - 1.0).abs() < 0.05, "row {i}: variance {v}");
        }
    }

    #[test]
    fn a_draw_depends_on_its_place_alone() {
        let at = |seed, scenario, index| Draw::new(seed, ScenarioId(scenario), IterationIndex(index)).bits();
        assert_eq!(at(1, 2, 3), at(1, 2, 3));
        let others = [at(2, 2, 3), at(1, 3, 3), at(1, 2, 4)];
        assert!(others.iter().all(|other| *other != at(1, 2, 3)));
        assert_ne!(IterationIndex::of_user(1, 0), IterationIndex::of_user(0, 1));
    }

    #[test]
    fn branches_have_nothing_in_common() {
        let mut draw = Draw::new(1, ScenarioId(0), IterationIndex(0));
        let mut seen = Vec::new();
        for _ in 0..100 {
            let mut branch = draw.branch();
            seen.extend((0..100).map(|_| branch.bits()));
        }
        seen.extend((0..100).map(|_| draw.bits()));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10_100);
    }

    #[test]
    fn ln_gamma_matches_factorials() {
        // ln(10!) and ln(100!): Abramowitz & Stegun, table 6.4.
        assert!((ln_gamma(11.0) - 15.104_412_573_075_516).abs() < 1e-9);
        assert!((ln_gamma(101.0) - 363.739_375_555_563_5).abs() < 1e-8);
    }
}
