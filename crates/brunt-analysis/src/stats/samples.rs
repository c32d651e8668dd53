//! Two or more samples of independent values against each other.

use super::describe::{mean, variance};
use super::distribution::chi_square_upper;
use super::interval::Estimate;

/// The most arrangements that a permutation test goes through: 10 against 10 has 184,756.
pub const MAX_ARRANGEMENTS: u64 = 200_000;

/// The difference `mean(b) - mean(a)` of samples whose variances may differ (Welch 1947); `None` below two values on a side.
///
/// Its error is sqrt(va + vb) with v = s^2/n of each sample; its degrees of freedom by Satterthwaite:
/// (va + vb)^2 / (va^2/(na - 1) + vb^2/(nb - 1)).
pub fn welch(a: &[f64], b: &[f64]) -> Option<Estimate> {
    let (va, vb) = (variance(a)? / a.len() as f64, variance(b)? / b.len() as f64);
    let sum = va + vb;
    let weighted = va * va / (a.len() - 1) as f64 + vb * vb / (b.len() - 1) as f64;
    let degrees = if weighted > 0.0 { sum * sum / weighted } else { (a.len() + b.len() - 2) as f64 };
    Some(Estimate { value: mean(b)? - mean(a)?, error: sum.sqrt(), degrees })
}

/// The exact one-sided p-value of `mean(b) - mean(a)`: the share of all ways to deal the values to two samples of these sizes
/// whose difference is at least as great (Fisher 1935; Pitman 1937). `None` if a side is empty or there are more than
/// [`MAX_ARRANGEMENTS`] ways. Assumes only that the values could be exchanged if nothing differed.
pub fn permutation(a: &[f64], b: &[f64]) -> Option<f64> {
    let (n, k) = (a.len() + b.len(), b.len());
    if a.is_empty() || b.is_empty() || arrangements(n, k)? > MAX_ARRANGEMENTS {
        return None;
    }
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    // With the sizes fixed, the difference rises with the sum of b alone. Rounding must not tell equal sums apart.
    let slack = 1e-12 * pooled.iter().map(|v| v.abs()).sum::<f64>();
    let seen = b.iter().sum::<f64>() - slack;
    let (mut reached, mut all) = (0_u64, 0_u64);
    let mut chosen: Vec<usize> = (0..k).collect();
    loop {
        all += 1;
        reached += u64::from(chosen.iter().map(|&i| pooled[i]).sum::<f64>() >= seen);
        if !advance(&mut chosen, n) {
            return Some(reached as f64 / all as f64);
        }
    }
}

/// The next combination in lexicographic order; false after the last.
fn advance(chosen: &mut [usize], n: usize) -> bool {
    let k = chosen.len();
    let Some(at) = (0..k).rev().find(|&i| chosen[i] < n - k + i) else { return false };
    chosen[at] += 1;
    for i in at + 1..k {
        chosen[i] = chosen[i - 1] + 1;
    }
    true
}

/// n over k; `None` if it does not fit.
fn arrangements(n: usize, k: usize) -> Option<u64> {
    let k = k.min(n - k) as u64;
    (0..k).try_fold(1_u64, |ways, i| Some(ways.checked_mul(n as u64 - i)? / (i + 1)))
}

/// Whether counts fall to classes as expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquare {
    /// sum((seen - expected)^2 / expected).
    pub statistic: f64,
    /// Classes - 1.
    pub degrees: f64,
    /// The chance of as much or more, if the expectation held.
    pub p: f64,
    /// The size of the deviation, whatever the number of counts: Cohen's w = sqrt(statistic / n). 0.1 is small, 0.3 medium.
    pub effect: f64,
}

/// Pearson's test (1900) of counts against expected shares, which are scaled to sum to 1. `None` below two classes, without
/// counts, or with an expected share that is not above 0. Assumes independent counts, and at least five expected in each class.
pub fn chi_square_counts(seen: &[u64], expected_shares: &[f64]) -> Option<ChiSquare> {
    let (n, whole) = (seen.iter().sum::<u64>() as f64, expected_shares.iter().sum::<f64>());
    let fits = seen.len() == expected_shares.len() && seen.len() > 1 && n > 0.0;
    if !fits || !expected_shares.iter().all(|s| *s > 0.0) {
        return None;
    }
    let term = |(count, share): (&u64, &f64)| {
        let expected = n * share / whole;
        (*count as f64 - expected).powi(2) / expected
    };
    let statistic: f64 = seen.iter().zip(expected_shares).map(term).sum();
    let degrees = (seen.len() - 1) as f64;
    Some(ChiSquare {
        statistic,
        degrees,
        p: chi_square_upper(statistic, degrees),
        effect: (statistic / n).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f64; 5] = [10.1, 9.8, 10.4, 10.0, 10.3];
    const B: [f64; 6] = [10.9, 10.2, 11.5, 10.8, 10.1, 11.0];

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-10, "{got} instead of {expected}");
    }

    /// By `SciPy` 1.16.3: `ttest_ind(b, a, equal_var=False, alternative="greater")`, `permutation_test(..., n_resamples=inf)`,
    /// `chisquare`.
    #[test]
    fn as_scipy() {
        let t = welch(&A, &B).unwrap();
        close(t.value / t.error, 2.633_395_137_001_473);
        close(t.degrees, 7.236_953_992_233_028);
        close(t.p_above(0.0), 0.016_379_244_549_319_195);
        close(permutation(&A, &B).unwrap(), 0.023_809_523_809_523_808);
        let chi = chi_square_counts(&[48, 35, 15, 3], &[9.0, 3.0, 3.0, 1.0]).unwrap();
        close(chi.statistic, 17.547_854_785_478_55);
        close(chi.p, 0.000_545_127_728_118_822_2);
    }

    #[test]
    fn permutations_count_ties_and_stop_at_the_bound() {
        // One of the four ways to pick b is as great as what was seen.
        close(permutation(&[1.0, 2.0, 3.0], &[4.0]).unwrap(), 0.25);
        close(permutation(&[1.0, 1.0], &[1.0, 1.0]).unwrap(), 1.0);
        // 3 against 3 cannot be below 1/20, however great the difference.
        close(permutation(&[1.0, 2.0, 3.0], &[7.0, 8.0, 9.0]).unwrap(), 0.05);
        assert_eq!(permutation(&[], &[1.0]), None);
        assert_eq!(permutation(&[0.0; 30], &[0.0; 30]), None);
    }

    #[test]
    fn degenerate_samples() {
        assert_eq!(welch(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(welch(&[1.0, 1.0], &[2.0, 2.0]).map(|t| t.p_above(0.0)), Some(0.0));
        assert_eq!(chi_square_counts(&[5], &[1.0]), None);
        assert_eq!(chi_square_counts(&[0, 0], &[1.0, 1.0]), None);
        assert_eq!(chi_square_counts(&[1, 2], &[1.0, 0.0]), None);
    }
}
