//! Distances between two empirical laws.

use std::collections::BTreeMap;

/// The Jensen-Shannon divergence of two counts, in bits: 0 alike, 1 nothing in common (Lin, "Divergence measures based on the Shannon
/// entropy", 1991). Not a number if one of them is empty.
pub(super) fn jensen_shannon(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let totals = pairs.clone().fold((0.0, 0.0), |sum, (a, b)| (sum.0 + a, sum.1 + b));
    let part = |a: f64, m: f64| if a > 0.0 { a * (a / m).log2() } else { 0.0 };
    let sum: f64 = pairs
        .map(|(a, b)| {
            let (a, b) = (a / totals.0, b / totals.1);
            let middle = f64::midpoint(a, b);
            part(a, middle) + part(b, middle)
        })
        .sum();
    sum / 2.0
}

/// The same of counts by key.
pub(super) fn jensen_shannon_of<K: Ord>(a: &BTreeMap<K, f64>, b: &BTreeMap<K, f64>) -> f64 {
    let mut pairs: Vec<(f64, f64)> =
        a.iter().map(|(key, n)| (*n, b.get(key).copied().unwrap_or(0.0))).collect();
    pairs.extend(b.iter().filter(|(key, _)| !a.contains_key(*key)).map(|(_, n)| (0.0, *n)));
    jensen_shannon(pairs.iter().copied())
}

/// The largest difference between two cumulative distributions (Kolmogorov and Smirnov).
pub(super) fn kolmogorov_smirnov(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let (mut i, mut j, mut worst) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let at = a[i].min(b[j]);
        while i < a.len() && a[i] <= at {
            i += 1;
        }
        while j < b.len() && b[j] <= at {
            j += 1;
        }
        worst = worst.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    if a.is_empty() == b.is_empty() { worst } else { 1.0 }
}

/// The value below which a share of ascending values lies, between the two next to it (type 7 of Hyndman and Fan, 1996).
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position in the slice")]
    let below = (at.floor() as usize).min(last);
    let above = (below + 1).min(last);
    sorted[below] + (at - below as f64) * (sorted[above] - sorted[below])
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean squared distance from the mean.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64
}

/// The entropy of counts, in bits.
pub(super) fn entropy(counts: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    -counts.iter().filter(|n| **n > 0.0).map(|n| n / total * (n / total).log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::{entropy, jensen_shannon, kolmogorov_smirnov, quantile};

    #[test]
    fn distances_of_known_laws() {
        let js = |pairs: &[(f64, f64)]| jensen_shannon(pairs.iter().copied());
        assert!(js(&[(1.0, 2.0), (3.0, 6.0)]).abs() < 1e-12);
        assert!((js(&[(1.0, 0.0), (0.0, 5.0)]) - 1.0).abs() < 1e-12);
        let ks = |a: &[f64], b: &[f64]| kolmogorov_smirnov(&mut a.to_vec(), &mut b.to_vec());
        assert!((ks(&[1.0, 2.0, 3.0, 4.0], &[3.0, 4.0, 5.0, 6.0]) - 0.5).abs() < 1e-12);
        assert!(ks(&[1.0, 1.0, 2.0], &[1.0, 1.0, 2.0]).abs() < 1e-12);
        assert!((quantile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-12);
        assert!((entropy(&[1.0, 1.0, 2.0, 0.0]) - 1.5).abs() < 1e-12);
    }
}
