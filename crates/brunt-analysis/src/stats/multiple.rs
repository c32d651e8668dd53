//! Many tests at once: p-values adjusted so that they may be held against the level of one.

/// P-values by which at most `alpha` of families have any false rejection, however the tests depend on each other
/// (Holm 1979): the i-th smallest times n - i + 1, made monotone. In the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let mut least = 0.0_f64;
    adjusted(p, ascending(p).into_iter().enumerate(), |rank, value| {
        least = least.max((value * (n - rank) as f64).min(1.0));
        least
    })
}

/// P-values by which the expected share of false rejections among all rejections is at most `alpha` for independent or
/// positively dependent tests (Benjamini & Hochberg 1995): the i-th smallest times n / i, made monotone. In the order given.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let mut least = 1.0_f64;
    adjusted(p, ascending(p).into_iter().enumerate().rev(), |rank, value| {
        least = least.min(value * n as f64 / (rank + 1) as f64);
        least
    })
}

fn adjusted(
    p: &[f64],
    order: impl Iterator<Item = (usize, usize)>,
    mut adjust: impl FnMut(usize, f64) -> f64,
) -> Vec<f64> {
    let mut out = vec![1.0; p.len()];
    for (rank, at) in order {
        out[at] = adjust(rank, p[at]);
    }
    out
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (g, e) in got.iter().zip(expected) {
            assert!((g - e).abs() < 1e-12, "{got:?} instead of {expected:?}");
        }
    }

    /// By `statsmodels.stats.multitest.multipletests` 0.15 (methods `holm` and `fdr_bh`).
    #[test]
    fn as_statsmodels() {
        let p = [0.01, 0.04, 0.03, 0.005, 0.6];
        check(&holm(&p), &[0.04, 0.09, 0.09, 0.025, 0.6]);
        check(
            &benjamini_hochberg(&p),
            &[
                0.024_999_999_999_999_998,
                0.049_999_999_999_999_996,
                0.049_999_999_999_999_996,
                0.024_999_999_999_999_998,
                0.6,
            ],
        );
        check(&holm(&[]), &[]);
        check(&holm(&[0.2]), &[0.2]);
        check(&benjamini_hochberg(&[0.2, 0.2]), &[0.2, 0.2]);
    }
}
