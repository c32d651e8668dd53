//! Distributions: thin over `statrs`' special functions, with quantiles of their own.
//!
//! `statrs` inverts the incomplete beta function by an iteration that loses digits in far tails; Newton's method and
//! bisection of the distribution function do not. All functions answer NaN
//! outside of their domain, which callers exclude by construction.

use statrs::function::{beta, erf, gamma};

/// Newton's steps at most: with one degree of freedom each step only doubles far values.
const MAX_STEPS: usize = 200;
/// Halvings of an interval: more than the bits of a double's mantissa.
const HALVINGS: usize = 80;

/// P(Z <= z) of the standard normal distribution.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erf::erfc(-z / std::f64::consts::SQRT_2)
}

/// The z with P(Z <= z) = `p`, for `p` in 0..=1.
pub fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erf::erfc_inv(2.0 * p)
}

/// P(T <= t) of Student's distribution with `degrees` > 0 degrees of freedom.
///
/// By the incomplete beta function I: for t >= 0 it is 1 - I(df / (df + t^2); df/2, 1/2) / 2 (Abramowitz & Stegun 26.7.1).
pub fn t_cdf(t: f64, degrees: f64) -> f64 {
    if !is_above_zero(degrees) || t.is_nan() {
        return f64::NAN;
    }
    let tail = 0.5 * beta_cdf(degrees / t.mul_add(t, degrees), degrees / 2.0, 0.5);
    if t < 0.0 { tail } else { 1.0 - tail }
}

/// The t with P(T <= t) = `p`, for `p` in 0..=1 and `degrees` > 0.
pub fn t_quantile(p: f64, degrees: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || !is_above_zero(degrees) {
        return f64::NAN;
    }
    if p < 0.5 {
        return -t_quantile(1.0 - p, degrees);
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    // The normal quantile lies below, and the distribution function is concave above 0: Newton's steps only ever rise to the
    // quantile, and never pass it.
    let half = degrees / 2.0;
    let scale =
        (gamma::ln_gamma(half + 0.5) - gamma::ln_gamma(half)).exp() / (degrees * std::f64::consts::PI).sqrt();
    let density = |t: f64| scale * (t * t / degrees).ln_1p().mul_add(-(half + 0.5), 0.0).exp();
    let mut t = normal_quantile(p);
    for _ in 0..MAX_STEPS {
        let step = (p - t_cdf(t, degrees)) / density(t);
        t += step;
        if step <= t.abs() * 1e-14 {
            break;
        }
    }
    t
}

/// P(X > x) of the chi-square distribution with `degrees` > 0 degrees of freedom.
pub fn chi_square_upper(x: f64, degrees: f64) -> f64 {
    if !is_above_zero(degrees) || x.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 { 1.0 } else { gamma::gamma_ur(degrees / 2.0, x / 2.0) }
}

/// P(X <= x) of the beta distribution with shapes `a`, `b` > 0: the regularised incomplete beta function.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if !is_above_zero(a) || !is_above_zero(b) || x.is_nan() {
        return f64::NAN;
    }
    match x {
        x if x <= 0.0 => 0.0,
        x if x >= 1.0 => 1.0,
        x => beta::beta_reg(a, b, x),
    }
}

/// The x with P(X <= x) = `p` of the beta distribution with shapes `a`, `b` > 0, for `p` in 0..=1.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || !is_above_zero(a) || !is_above_zero(b) {
        return f64::NAN;
    }
    bisect(0.0, 1.0, |x| beta_cdf(x, a, b) < p)
}

/// P(X <= `k`) of `n` trials that each succeed with probability `p` (Abramowitz & Stegun 26.5.24).
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    beta_cdf(1.0 - p, (n - k) as f64, k as f64 + 1.0)
}

/// False for NaN too.
fn is_above_zero(value: f64) -> bool {
    value > 0.0
}

/// The least x in `low..=high` for which `below` does not hold, given that it holds up to some point and no further.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if below(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(what: &str, got: f64, expected: f64) {
        let tolerance = 1e-9 * expected.abs().max(1e-6);
        assert!((got - expected).abs() <= tolerance, "{what}: {got} instead of {expected}");
    }

    /// Expected values by `SciPy` 1.16.3 (`scipy.stats.t.ppf` and so on); those of t agree with the table of
    /// Abramowitz & Stegun, 26.10 (t 0.975 with 10 degrees: 2.228).
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, degrees, t) in T_QUANTILES {
            check(&format!("t {p} {degrees}"), t_quantile(p, degrees), t);
            check(&format!("t cdf {t} {degrees}"), t_cdf(t, degrees), p);
        }
        for (p, z) in NORMAL_QUANTILES {
            check(&format!("z {p}"), normal_quantile(p), z);
            check(&format!("z cdf {z}"), normal_cdf(z), p);
        }
        for (x, degrees, p) in CHI_SQUARE {
            check(&format!("chi2 {x} {degrees}"), chi_square_upper(x, degrees), p);
        }
        for (p, a, b, x) in BETA_QUANTILES {
            check(&format!("beta {p} {a} {b}"), beta_quantile(p, a, b), x);
        }
        for (k, n, p, expected) in BINOMIAL {
            check(&format!("binomial {k} {n} {p}"), binomial_cdf(k, n, p), expected);
        }
    }

    #[test]
    fn closed_forms() {
        // Student's distribution with one degree of freedom is Cauchy's.
        for p in [0.6, 0.9, 0.99, 0.9999] {
            check("cauchy", t_quantile(p, 1.0), (std::f64::consts::PI * (p - 0.5)).tan());
        }
        // With two degrees of freedom chi-square is exponential with mean 2.
        check("exponential", chi_square_upper(3.0, 2.0), (-1.5_f64).exp());
        check("uniform", beta_quantile(0.3, 1.0, 1.0), 0.3);
        check("coin", binomial_cdf(1, 3, 0.5), 0.5);
    }

    #[test]
    fn outside_of_the_domain_there_is_no_number() {
        assert!(
            t_quantile(1.5, 3.0).is_nan() && t_quantile(0.9, 0.0).is_nan() && t_cdf(f64::NAN, 3.0).is_nan()
        );
        assert!(beta_quantile(0.5, 0.0, 1.0).is_nan() && chi_square_upper(1.0, -1.0).is_nan());
        assert_eq!((t_quantile(1.0, 3.0), t_quantile(0.0, 3.0)), (f64::INFINITY, f64::NEG_INFINITY));
    }

    const T_QUANTILES: [(f64, f64, f64); 8] = [
        (0.95, 9.0, 1.833_112_932_653_633_5),
        (0.975, 10.0, 2.228_138_851_964_938_5),
        (0.95, 29.0, 1.699_127_026_533_497_2),
        (0.995, 4.0, 4.604_094_871_415_897),
        (0.9995, 3.0, 12.923_978_636_637_424),
        (0.95, 1000.0, 1.646_378_817_285_463_9),
        (0.05, 5.5, -1.975_279_704_038_909_8),
        (0.8, 2.0, 1.060_660_171_779_822_3),
    ];
    const NORMAL_QUANTILES: [(f64, f64); 5] = [
        (0.95, 1.644_853_626_951_472_2),
        (0.975, 1.959_963_984_540_054),
        (0.995, 2.575_829_303_548_900_4),
        (0.2, -0.841_621_233_572_914_2),
        (0.001, -3.090_232_306_167_813),
    ];
    const CHI_SQUARE: [(f64, f64, f64); 4] = [
        (3.841_458_820_694_124, 1.0, 0.049_999_999_999_999_89),
        (9.21, 2.0, 0.010_001_702_004_705_48),
        (1.0, 5.0, 0.962_565_773_247_296_4),
        (30.0, 10.0, 0.000_856_641_210_775_301),
    ];
    const BETA_QUANTILES: [(f64, f64, f64, f64); 4] = [
        (0.025, 1.0, 10.0, 0.002_528_578_544_461_784_8),
        (0.975, 3.0, 7.0, 0.600_093_573_716_312),
        (0.05, 50.0, 1000.0, 0.037_325_166_138_725_66),
        (0.5, 0.5, 0.5, 0.499_999_999_999_999_9),
    ];
    const BINOMIAL: [(u64, u64, f64, f64); 4] = [
        (3, 10, 0.5, 0.171_875),
        (0, 100, 0.01, 0.366_032_341_273_229_53),
        (5, 40, 0.05, 0.986_123_050_786_696_4),
        (480, 1000, 0.5, 0.108_724_146_602_070_55),
    ];
}
