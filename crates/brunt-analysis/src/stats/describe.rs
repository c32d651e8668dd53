//! Location and spread of some numbers.

/// By what the median absolute deviation is multiplied to estimate the standard deviation of normal values:
/// 1 / `normal_quantile(0.75)` (Rousseeuw & Croux 1993).
pub const Z_PER_MAD: f64 = 1.482_602_218_505_602;

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample variance, which divides by n - 1; `None` below two values.
pub fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (values.len() > 1).then(|| squares / (values.len() - 1) as f64)
}

/// The sample standard deviation, which divides by n - 1; `None` below two values.
pub fn std_dev(values: &[f64]) -> Option<f64> {
    variance(values).map(f64::sqrt)
}

/// The middle value, or the mean of the two middle ones; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The quantile `q` in 0..=1, interpolated between order statistics: Hyndman & Fan (1996), definition 7, which R and
/// `NumPy` take too. `None` of nothing. Latencies' quantiles come from histograms instead, by nearest rank.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= at <= last")]
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    Some((sorted[above] - sorted[below]).mul_add(at - below as f64, sorted[below]))
}

/// The median absolute deviation from the median, not scaled; `None` of nothing.
pub fn mad(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    median(&values.iter().map(|v| (v - middle).abs()).collect::<Vec<_>>())
}

/// How many robust standard deviations each value lies from the median: (x - median) / (1.4826 MAD), the modified z
/// score of Iglewicz & Hoaglin (1993). `None` of nothing, or where more than half of the values are equal, since there is no
/// spread to measure by.
pub fn robust_z(values: &[f64]) -> Option<Vec<f64>> {
    let (middle, spread) = (median(values)?, mad(values)? * Z_PER_MAD);
    (spread > 0.0).then(|| values.iter().map(|v| (v - middle) / spread).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 8] = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];

    fn check(got: Option<f64>, expected: Option<f64>) {
        match (got, expected) {
            (Some(g), Some(e)) => assert!((g - e).abs() < 1e-12, "{g} instead of {e}"),
            (got, expected) => assert_eq!(got, expected),
        }
    }

    #[test]
    fn known_lists() {
        check(mean(&VALUES), Some(5.0));
        check(variance(&VALUES), Some(32.0 / 7.0));
        check(median(&VALUES), Some(4.5));
        check(mad(&VALUES), Some(0.5));
        // numpy.quantile([2, 4, 4, 4, 5, 5, 7, 9], 0.9), NumPy 2.3
        check(quantile(&VALUES, 0.9), Some(7.6));
        check(quantile(&VALUES, 0.0), Some(2.0));
        check(quantile(&[3.0], 0.9), Some(3.0));
        check(std_dev(&[1.0]), None);
        check(mean(&[]), None);
        check(quantile(&[], 0.5), None);
    }

    #[test]
    fn robust_z_needs_spread() {
        assert_eq!(robust_z(&[1.0, 1.0, 1.0, 9.0]), None);
        let z = robust_z(&[1.0, 2.0, 3.0, 4.0, 100.0]).unwrap();
        check(Some(z[2]), Some(0.0));
        check(Some(z[4]), Some(97.0 / Z_PER_MAD));
    }
}
