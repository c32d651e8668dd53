//! Tails of the negative binomial distribution, as -log10 of a probability.
//!
//! Mean m and dispersion a: the variance is m + a m^2. With r = 1 / a and x = m / (m + r), P(X >= k) = `I_x(k, r)` and
//! P(X <= k) = `I_(1-x)(r, k + 1)`, I being the regularized incomplete beta function (Abramowitz & Stegun 26.5.26). Both hold for
//! k that are no whole numbers too, as a continuation.

/// A mean above which values are measured in units that make it this: the dispersion decides there, not the counting.
const MOST_MEAN: f64 = 1e4;

/// Terms of the continued fraction; it needs about the square root of the larger parameter (Numerical Recipes, 6.4).
const MOST_TERMS: u32 = 20_000;

/// A law of counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Law {
    /// Above 0.
    pub mean: f64,
    /// Above 0.
    pub dispersion: f64,
}

impl Law {
    /// -log10 of the probability of this value or a greater one.
    pub(super) fn at_least(self, value: f64) -> f64 {
        let (law, value) = self.in_units(value);
        if value <= 0.0 {
            return 0.0;
        }
        let (r, x, rest) = law.parameters();
        minus_log10(ln_beta_share(value, r, x, rest))
    }

    /// -log10 of the probability of this value or a smaller one.
    pub(super) fn at_most(self, value: f64) -> f64 {
        let (law, value) = self.in_units(value);
        let (r, x, rest) = law.parameters();
        if value <= 0.0 {
            // P(X = 0) = (1 - x)^r: most cells of most endpoints are empty.
            return minus_log10(-r * (law.mean / r).ln_1p());
        }
        minus_log10(ln_beta_share(r, value + 1.0, rest, x))
    }

    fn in_units(self, value: f64) -> (Self, f64) {
        let unit = (MOST_MEAN / self.mean).min(1.0);
        (Self { mean: self.mean * unit, ..self }, value * unit)
    }

    /// r, x and 1 - x.
    fn parameters(self) -> (f64, f64, f64) {
        let r = 1.0 / self.dispersion;
        (r, self.mean / (self.mean + r), r / (self.mean + r))
    }
}

fn minus_log10(ln: f64) -> f64 {
    (-ln / std::f64::consts::LN_10).max(0.0)
}

/// ln of `I_x(a, b)`; `rest` is 1 - x.
fn ln_beta_share(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * rest.ln();
    if x < (a + 1.0) / (a + b + 2.0) {
        front + (fraction(a, b, x) / a).ln()
    } else {
        let other = (front + (fraction(b, a, rest) / b).ln()).exp();
        // The difference from 1 has no more digits than this.
        (1.0 - other).max(f64::EPSILON).ln()
    }
}

/// The continued fraction of the incomplete beta function, by Lentz' method (Numerical Recipes, 6.4).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let safe = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut above = 1.0;
    let mut below = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let mut product = below;
    for term in 1..=MOST_TERMS {
        let term = f64::from(term);
        let twice = a + 2.0 * term;
        let even = term * (b - term) * x / ((twice - 1.0) * twice);
        let odd = -(a + term) * (a + b + term) * x / (twice * (twice + 1.0));
        let mut change = 1.0;
        for part in [even, odd] {
            below = 1.0 / safe(1.0 + part * below);
            above = safe(1.0 + part / above);
            change = above * below;
            product *= change;
        }
        if (change - 1.0).abs() < 1e-12 {
            break;
        }
    }
    product
}

/// ln of the gamma function of a positive number (Lanczos' approximation with g = 7 and nine terms; 15 digits).
#[expect(clippy::excessive_precision, reason = "published coefficients")]
fn ln_gamma(z: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_93,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_13,
        -176.615_029_162_140_59,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_571_6e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if z < 0.5 {
        // ln Γ(z) = ln Γ(z + 1) - ln z
        return ln_gamma(z + 1.0) - z.ln();
    }
    let z = z - 1.0;
    let t = z + 7.5;
    let mut sum = C[0];
    let mut place = 0.0;
    for c in &C[1..] {
        place += 1.0;
        sum += c / (z + place);
    }
    0.5 * (2.0 * std::f64::consts::PI).ln() + (z + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of the probabilities P(X = j) = Γ(j + r) / (j! Γ(r)) (1 - x)^r x^j.
    fn summed(law: Law, from: u32, to: u32) -> f64 {
        let (r, x, rest) = law.parameters();
        let ln = |j: f64| ln_gamma(j + r) - ln_gamma(j + 1.0) - ln_gamma(r) + r * rest.ln() + j * x.ln();
        -(from..=to).map(|j| ln(f64::from(j)).exp()).sum::<f64>().log10()
    }

    #[test]
    fn tails_are_sums_of_probabilities() {
        for (mean, dispersion) in [(0.01, 5.0), (0.5, 0.2), (3.0, 1.0), (40.0, 0.05), (200.0, 2.0)] {
            let law = Law { mean, dispersion };
            for k in [0, 1, 2, 7, 30, 150] {
                let (up, down) = (law.at_least(f64::from(k)), law.at_most(f64::from(k)));
                let (all_up, all_down) = (summed(law, k, k + 20_000), summed(law, 0, k));
                assert!((up - all_up).abs() < 1e-6 * (1.0 + up), "{law:?} >= {k}: {up} {all_up}");
                assert!((down - all_down).abs() < 1e-6 * (1.0 + down), "{law:?} <= {k}: {down} {all_down}");
            }
        }
    }

    #[test]
    fn great_and_small_values_have_finite_scores() {
        for mean in [1e-6, 1.0, 1e3, 1e9] {
            for dispersion in [0.01, 1.0, 50.0] {
                let law = Law { mean, dispersion };
                for value in [0.0, 0.5, mean, 1e3 * mean, 1e6] {
                    let both = [law.at_least(value), law.at_most(value)];
                    assert!(both.iter().all(|s| s.is_finite() && *s >= 0.0), "{law:?} {value} {both:?}");
                }
            }
        }
    }
}
