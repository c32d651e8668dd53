//! Can a trained discriminator tell synthetic from real? (Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", 2017.)

use super::trees::{Boosted, Rows};
use crate::random::Random;
use std::collections::BTreeMap;

/// Rows of each side that are used at most.
const MOST_ROWS: usize = 3_000;
const FOLDS: usize = 5;

/// Numbers that describe pieces of a trace, and the stretch of six hours that each is from: what is near in time is never split
/// between training and judging.
#[derive(Clone, Debug, Default)]
pub(super) struct Described {
    pub(super) rows: Rows,
    pub(super) stretch: Vec<i64>,
}

/// How well the two were told apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ToldApart {
    /// The area under the curve of right against wrong, mean of five folds: 0.5 if they cannot be told apart, 1 if always.
    pub(super) area: f64,
    /// Its standard deviation over the folds.
    pub(super) deviation: f64,
    /// The features that told most, with their share of what was learnt.
    pub(super) tells: Vec<(usize, f64)>,
}

/// Trains on four fifths and judges on the fifth, five times.
pub(super) fn tell_apart(real: &Described, synthetic: &Described, random: &mut Random) -> ToldApart {
    let n = real.rows.len().min(synthetic.rows.len()).min(MOST_ROWS);
    let mut rows = Vec::with_capacity(2 * n);
    let (mut class, mut stretch) = (Vec::new(), Vec::new());
    for (side, of) in [(false, real), (true, synthetic)] {
        for i in drawn(of.rows.len(), n, random) {
            rows.push(of.rows[i].clone());
            stretch.push(of.stretch[i]);
            class.push(side);
        }
    }
    let mut stretches = stretch.clone();
    stretches.sort_unstable();
    stretches.dedup();
    let shuffled = drawn(stretches.len(), stretches.len(), random);
    let fold: BTreeMap<i64, usize> =
        shuffled.iter().enumerate().map(|(place, i)| (stretches[*i], place % FOLDS)).collect();

    let (mut areas, mut gains) = (Vec::new(), vec![0.0; rows.first().map_or(0, Vec::len)]);
    for k in 0..FOLDS {
        let judged = |i: &usize| fold[&stretch[*i]] == k;
        let (test, train): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(judged);
        let of = |which: &[usize]| which.iter().map(|i| class[*i]).collect::<Vec<_>>();
        let (truth, taught) = (of(&test), of(&train));
        let one_sided = |of: &[bool]| of.iter().all(|c| *c) || of.iter().all(|c| !*c);
        if one_sided(&truth) || one_sided(&taught) {
            continue;
        }
        let boosted = Boosted::train(&train.iter().map(|i| rows[*i].clone()).collect(), &taught);
        let scores: Vec<f64> = test.iter().map(|i| boosted.score(&rows[*i])).collect();
        areas.push(area(&scores, &truth));
        gains.iter_mut().zip(&boosted.gains).for_each(|(sum, gain)| *sum += gain);
    }
    let total: f64 = gains.iter().sum::<f64>().max(1e-12);
    let mut tells: Vec<(usize, f64)> = gains.iter().map(|g| g / total).enumerate().collect();
    tells.sort_by(|a, b| b.1.total_cmp(&a.1));
    tells.truncate(5);
    if areas.is_empty() {
        // One side is missing altogether, or all of it is from one stretch: nothing was shown.
        let area = if n == 0 && real.rows.len() != synthetic.rows.len() { 1.0 } else { f64::NAN };
        return ToldApart { area, deviation: f64::NAN, tells };
    }
    let deviation = super::distance::variance(&areas).sqrt();
    ToldApart { area: super::distance::mean(&areas), deviation, tells }
}

/// `n` positions of `of`, each at most once, in random order.
fn drawn(of: usize, n: usize, random: &mut Random) -> Vec<usize> {
    let mut all: Vec<usize> = (0..of).collect();
    for i in 0..n.min(of) {
        let j = i + random.below(of - i);
        all.swap(i, j);
    }
    all.truncate(n);
    all
}

/// The chance that a row of class `true` scores higher than one of the other, ties counted half (Mann and Whitney).
fn area(scores: &[f64], truth: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut ranks, mut i) = (0.0, 0);
    while i < order.len() {
        let same = order[i..].iter().take_while(|j| scores[**j].total_cmp(&scores[order[i]]).is_eq()).count();
        let rank = i as f64 + f64::midpoint(same as f64, 1.0);
        ranks += rank * order[i..i + same].iter().filter(|j| truth[**j]).count() as f64;
        i += same;
    }
    let of_class = truth.iter().filter(|c| **c).count() as f64;
    let others = truth.len() as f64 - of_class;
    (ranks - of_class * (of_class + 1.0) / 2.0) / (of_class * others)
}

#[cfg(test)]
mod tests {
    use super::{Described, area, tell_apart};
    use crate::random::Random;

    #[test]
    fn areas_of_known_orders() {
        let is = |scores: &[f64], truth: &[bool]| area(scores, truth);
        assert!((is(&[1.0, 2.0, 3.0, 4.0], &[false, false, true, true]) - 1.0).abs() < 1e-12);
        assert!((is(&[1.0, 1.0, 1.0, 1.0], &[false, true, false, true]) - 0.5).abs() < 1e-12);
        assert!((is(&[1.0, 2.0, 3.0, 4.0], &[true, false, true, false]) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_same_law_cannot_be_told_apart_and_another_can() {
        let mut random = Random::new(&[3]);
        let mut of = |shift: f64| Described {
            rows: (0..1_500).map(|_| vec![random.normal() + shift, random.normal()]).collect(),
            stretch: (0..1_500).map(|i| i / 20).collect(),
        };
        let (a, b, c) = (of(0.0), of(0.0), of(1.0));
        let same = tell_apart(&a, &b, &mut Random::new(&[4])).area;
        let other = tell_apart(&a, &c, &mut Random::new(&[4]));
        assert!((0.45..0.55).contains(&same), "{same}");
        // Two normal laws one deviation apart: the best there is reaches 0.76.
        assert!((0.70..0.78).contains(&other.area), "{other:?}");
        assert_eq!(other.tells[0].0, 0);
    }
}
