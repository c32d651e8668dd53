//! Values that come one after another and resemble their neighbours: batches and what they are worth.

use super::describe;
use std::ops::Range;

/// The least number of batches that an interval is made of (Schmeiser 1982: between 10 and 30 lose little).
pub const MIN_BATCHES: usize = 10;
/// Batches are doubled until neighbours are correlated no more than this.
pub const TARGET_AUTOCORRELATION: f64 = 0.2;
/// What remains of autocorrelation is corrected up to here; beyond, the series is too short to say anything.
pub const MAX_AUTOCORRELATION: f64 = 0.8;
/// How much of its standard error is added to the correlation that is left.
pub const CAUTION: f64 = 0.75;

/// Values of neighbouring stretches of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Batches {
    /// One value a batch, in order.
    pub values: Vec<f64>,
    /// How many elements of the series make a batch.
    pub size: usize,
    /// What may be left of the correlation between neighbours: the estimate, and `CAUTION` of its standard error.
    pub autocorrelation: f64,
}

/// The correlation of each value with its successor; `None` below three values or without spread.
///
/// `r = sum((x[t] - m)(x[t + 1] - m)) / sum((x[t] - m)^2)` with m the mean, is too low on average by (1 + 4r)/n (Marriott &
/// Pope 1954), which is added. With ten values it is much: independent ones would seem correlated by -0.1.
pub fn lag1(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = describe::mean(values).filter(|_| values.len() > 2)?;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let products: f64 = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
    let raw = products / squares;
    (squares > 0.0).then(|| (raw + (1.0 + 4.0 * raw) / n).clamp(-1.0, 1.0))
}

/// By what the variance of a mean grows through autocorrelation r of the first order: (1 + r)/(1 - r), the factor of an
/// AR(1) process, with r held to 0 ..= [`MAX_AUTOCORRELATION`]. Negative r is not taken as a gift.
pub fn inflation(autocorrelation: f64) -> f64 {
    let r = autocorrelation.clamp(0.0, MAX_AUTOCORRELATION);
    (1.0 + r) / (1.0 - r)
}

/// Cuts `len` elements into batches of `first` elements, and doubles these until neighbours are correlated by no more than
/// [`TARGET_AUTOCORRELATION`] or a further doubling would leave fewer than [`MIN_BATCHES`] (Law & Kelton; Fishman 1978).
///
/// `value` makes a batch's value of the elements' range: a mean, or a quantile of merged histograms. Batches without a
/// value are left out; the elements at the end that fill no batch are dropped. `None` if fewer than [`MIN_BATCHES`]
/// have a value.
///
/// A part of its standard error, `CAUTION` / sqrt(n) (Bartlett 1946), is added to the correlation that is left: noise that dies down slowly
/// under noise that does not shows little correlation of neighbours, and counts for more than it shows. Without this,
/// simulated comparisons pass a change as great as the margin in 6.7 % of cases instead of 5 % (`docs/statistics.md`).
pub fn batches(len: usize, first: usize, value: impl Fn(Range<usize>) -> Option<f64>) -> Option<Batches> {
    let mut size = first.max(1);
    loop {
        let values: Vec<f64> = (0..len / size).filter_map(|i| value(i * size..(i + 1) * size)).collect();
        if values.len() < MIN_BATCHES {
            return None;
        }
        // Values without spread are not correlated.
        let autocorrelation = lag1(&values).unwrap_or(0.0);
        if autocorrelation <= TARGET_AUTOCORRELATION || len / (2 * size) < MIN_BATCHES {
            let error = CAUTION / (values.len() as f64).sqrt();
            return Some(Batches { values, size, autocorrelation: (autocorrelation + error).min(1.0) });
        }
        size *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag1_of_known_series() {
        // 1..=10: raw r = 0.7 (`statsmodels.tsa.stattools.acf`, 0.15), and (1 + 2.8)/10 is added: held to 1.
        let rising: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(lag1(&rising), Some(1.0));
        // Alternating: raw -0.9; -0.9 + (1 - 3.6)/10 = -1.16.
        let alternating: Vec<f64> = (0..10).map(|i| f64::from(i % 2)).collect();
        assert_eq!(lag1(&alternating), Some(-1.0));
        assert_eq!(lag1(&[1.0, 1.0, 1.0]), None);
        assert_eq!(lag1(&[1.0, 2.0]), None);
        let mixed = [1.0, 3.0, 2.0, 5.0, 4.0, 4.0, 2.0, 1.0];
        // raw: `acf` of statsmodels 0.15 gives 0.157_258_064_516_129
        let raw = 0.157_258_064_516_129;
        assert!((lag1(&mixed).unwrap() - (raw + (1.0 + 4.0 * raw) / 8.0)).abs() < 1e-12);
    }

    #[test]
    fn inflation_is_that_of_an_ar1_process() {
        for (r, factor) in [(-0.5, 1.0), (0.0, 1.0), (0.5, 3.0), (0.8, 9.0), (0.99, 9.0)] {
            assert!((inflation(r) - factor).abs() < 1e-9, "{r}");
        }
    }

    #[test]
    fn batches_double_while_neighbours_agree() {
        // A square wave of period 16: neighbours agree until a batch is a quarter of a period.
        let wave = |i: usize| f64::from(u8::from(i % 16 < 8)) + (i % 7) as f64 * 0.01;
        let mean = |r: Range<usize>| describe::mean(&r.map(wave).collect::<Vec<_>>());
        let made = batches(400, 1, mean).unwrap();
        assert!(made.autocorrelation <= TARGET_AUTOCORRELATION + 0.08 && made.size == 4, "{made:?}");
        assert_eq!(made.values.len(), 400 / made.size);
        assert_eq!(batches(9, 1, mean), None);
        assert_eq!(batches(100, 1, |_| None), None);
        assert_eq!(batches(25, 1, |_| Some(2.0)).map(|b| (b.size, b.values.len())), Some((1, 25)));
    }
}
