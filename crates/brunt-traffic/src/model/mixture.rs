//! Kinds of sessions: a mixture of chains, fitted by expectation and maximisation (Dempster, Laird, Rubin, 1977).
//!
//! A session is described by its first 400 transitions, the cells of its gaps and the octave of its length; a class is what is usual of them.

use crate::fidelity::{GAP_EDGES_S, gap_cell};
use crate::random::Random;
use crate::trace::Session;

const ROUNDS: usize = 30;
const GAP_CELLS: usize = GAP_EDGES_S.len() - 1;
const OCTAVES: usize = 10;
/// The octave of the length counts as much as three transitions.
const OCTAVE_WEIGHT: f64 = 3.0;
/// What is believed of each transition before anything is seen, and of each gap and octave.
const PRIOR: f64 = 0.02;
const PRIOR_MARK: f64 = 0.5;
const LONGEST: usize = 400;

/// The class of each session, of `classes`.
pub(super) fn classes(sessions: &[Session], tokens: usize, classes: usize, random: &mut Random) -> Vec<u16> {
    if classes < 2 {
        return vec![0; sessions.len()];
    }
    let width = tokens + 1;
    let described: Vec<Vec<(u32, f64)>> = sessions.iter().map(|s| describe(s, width)).collect();
    let features = width * width + GAP_CELLS + OCTAVES;
    let mut shares: Vec<f64> = Vec::with_capacity(sessions.len() * classes);
    for _ in sessions {
        // A Dirichlet draw: most sessions begin in few classes.
        let row: Vec<f64> = (0..classes).map(|_| random.gamma(0.3, 1.0) + 1e-9).collect();
        let sum: f64 = row.iter().sum();
        shares.extend(row.into_iter().map(|g| g / sum));
    }
    for _ in 0..ROUNDS {
        let (logs, weights) = maximise(&described, &shares, classes, width, features);
        expect(&described, &logs, &weights, classes, &mut shares);
    }
    let best = |row: &[f64]| {
        let at = (0..classes).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0);
        u16::try_from(at).unwrap_or(0)
    };
    shares.chunks(classes).map(best).collect()
}

fn describe(session: &Session, width: usize) -> Vec<(u32, f64)> {
    let edge = width - 1;
    let row: Vec<usize> = [edge]
        .into_iter()
        .chain(session.endpoint.iter().map(|e| usize::from(*e)))
        .chain([edge])
        .take(LONGEST)
        .collect();
    let mut marks: Vec<usize> = row.windows(2).map(|pair| pair[0] * width + pair[1]).collect();
    marks.extend(session.gaps_s().take(LONGEST - 1).map(|gap| width * width + usize::from(gap_cell(gap))));
    marks.sort_unstable();
    let mut counted: Vec<(u32, f64)> = marks
        .chunk_by(|a, b| a == b)
        .map(|same| (u32::try_from(same[0]).unwrap_or(u32::MAX), same.len() as f64))
        .collect();
    let octave = (session.len().max(1).ilog2() as usize).min(OCTAVES - 1);
    let mark = width * width + GAP_CELLS + octave;
    counted.push((u32::try_from(mark).unwrap_or(u32::MAX), OCTAVE_WEIGHT));
    counted
}

/// The logarithms of what is usual of each class, by feature and then by class; and the logarithms of the classes' shares.
fn maximise(
    described: &[Vec<(u32, f64)>],
    shares: &[f64],
    classes: usize,
    width: usize,
    features: usize,
) -> (Vec<f64>, Vec<f64>) {
    let mut usual = vec![PRIOR; width * width * classes];
    usual.resize(features * classes, PRIOR_MARK);
    let mut weights = vec![1e-9; classes];
    for (marks, share) in described.iter().zip(shares.chunks(classes)) {
        weights.iter_mut().zip(share).for_each(|(w, s)| *w += s / described.len() as f64);
        for (mark, count) in marks {
            let row = &mut usual[*mark as usize * classes..][..classes];
            row.iter_mut().zip(share).for_each(|(u, s)| *u += count * s);
        }
    }
    let gaps = width * width;
    let mut normalise = |from: usize, to: usize| {
        let mut sums = vec![0.0; classes];
        for row in usual[from * classes..to * classes].chunks(classes) {
            sums.iter_mut().zip(row).for_each(|(sum, u)| *sum += u);
        }
        for row in usual[from * classes..to * classes].chunks_mut(classes) {
            row.iter_mut().zip(&sums).for_each(|(u, sum)| *u = (*u / sum).ln());
        }
    };
    (0..width).for_each(|row| normalise(row * width, (row + 1) * width));
    normalise(gaps, gaps + GAP_CELLS);
    normalise(gaps + GAP_CELLS, features);
    (usual, weights.into_iter().map(f64::ln).collect())
}

/// How likely each session is of each class.
fn expect(described: &[Vec<(u32, f64)>], logs: &[f64], weights: &[f64], classes: usize, shares: &mut [f64]) {
    for (marks, share) in described.iter().zip(shares.chunks_mut(classes)) {
        share.copy_from_slice(weights);
        for (mark, count) in marks {
            let row = &logs[*mark as usize * classes..][..classes];
            share.iter_mut().zip(row).for_each(|(s, log)| *s += count * log);
        }
        let most = share.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = share.iter().map(|s| (s - most).exp()).sum();
        for s in share {
            *s = (*s - most).exp() / sum;
        }
    }
}
