//! Two lists of plain numbers, as other judges take them: one value a step or a run, no histograms.

use super::judge::{Effect, Judged, Verdict};
use super::metric::{Metric, Rules};
use crate::stats::{Estimate, mean, welch};

/// Compares independent values of which less is better, by Welch's interval of the difference of means relative to the
/// baseline's mean, with the margin of p95. `None` below two values on a side.
///
/// It looks at means, since values of a step stand for requests: seven bad steps of ten are bad, wherever their median lies.
pub fn compare_values(baseline: &[f64], candidate: &[f64], rules: &Rules) -> Option<Verdict> {
    let difference = welch(baseline, candidate)?;
    // Relative to a baseline of zero there is no scale; the candidate's own takes its place.
    let scale =
        [mean(baseline)?, mean(candidate)?].into_iter().map(f64::abs).find(|m| *m > 0.0).unwrap_or(1.0);
    let relative =
        Estimate { value: difference.value / scale, error: difference.error / scale, ..difference };
    let Judged { verdict, .. } = Effect::of(relative).judged(Metric::P95, rules);
    Some(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(what: &str, baseline: &[f64], candidate: &[f64], expected: &str) {
        let word = match compare_values(baseline, candidate, &Rules::default()) {
            Some(Verdict::Worse) => "fail",
            Some(Verdict::Same | Verdict::Better) => "pass",
            Some(Verdict::Unclear(_)) => "unclear",
            None => "none",
        };
        assert_eq!(word, expected, "{what}");
    }

    /// Values that Kayenta's judge passes and its users expect to fail, from its issues.
    #[test]
    fn what_others_let_pass() {
        let high = |n: usize| [vec![100.0; n], vec![1.0; 10 - n]].concat();
        check("spinnaker 6278, seven of ten", &[1.0; 10], &high(7), "fail");
        check("spinnaker 6278, eight of ten", &[1.0; 10], &high(8), "fail");
        check("spinnaker 6278, all", &[1.0; 10], &high(10), "fail");
        check("nothing changed", &[1.0; 10], &[1.0; 10], "pass");
        // The issue calls the wilder set the control; it says that more variability must fail, so it is the candidate here.
        let calm = [10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 17.0, 17.1, 17.2, 17.3, 17.4, 17.5, 17.6, 17.7];
        let wild = [1.0, 100.0, 4.0, 101.0, 5.0, 102.0, 6.0, 103.0, 7.0, 104.0, 8.0, 105.0, 9.0, 106.0, 17.0];
        check("kayenta 780, variability", &calm, &wild, "fail");
        check("kayenta 799, errors from none", &[0.0; 5], &[1.0, 4.0, 2.0, 3.0, 1.0], "fail");
        // Three steps of six with an error: by the exact permutation test p = 0.09. Not enough, and no pass either.
        check("kayenta 426, sparse", &[0.0; 6], &[0.0, 1.0, 2.0, 1.0, 0.0, 0.0], "unclear");
        check("too few", &[1.0], &[2.0, 3.0], "none");
    }
}
