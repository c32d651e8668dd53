//! Requests that leave together: a page and its assets, the screen of an app.
//!
//! They are sets rather than chains: which of them come, how often, and roughly in which order. A kind of bundle is a cluster of
//! such sets; within a session it stands as one token.

use super::law::Law;
use crate::random::Random;
use crate::trace::Session;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const GAP_MS: i64 = 2_999;
const FEWEST: usize = 4;
const MOST: usize = 80;
const FEWEST_KINDS: usize = 3;
/// Fewer than this are no pattern.
const FEWEST_BUNDLES: usize = 20;
/// Kinds of bundles at most, unless somebody says otherwise.
pub(super) const MOST_BUNDLES: usize = 48;
/// How far requests stray from their place in the example, in places.
const JITTER: f64 = 1.3;

/// Examples of a kind that are kept.
const EXAMPLES: usize = 64;

/// All kinds of bundles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bundles(pub Vec<BundleKind>);

/// One kind of bundle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleKind {
    /// What comes first, and how often it was that.
    pub first: Vec<(u16, u32)>,
    /// What may be in it.
    pub items: Vec<Item>,
    /// Some that were seen: milliseconds since the first request, and endpoint. They give order and pace, not what is in it.
    pub examples: Vec<Vec<(i64, u16)>>,
}

/// One endpoint of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Which.
    pub endpoint: u16,
    /// How often it is there at all.
    pub chance: f64,
    /// How many times, where it is.
    pub count: Law,
    /// Where in the order, from 0 for the first to 1 for the last.
    pub place: Law,
}

/// A run of requests close together within a session.
struct Run {
    session: usize,
    from: usize,
    to: usize,
}

fn runs(sessions: &[Session]) -> Vec<Run> {
    let mut runs = Vec::new();
    for (session, s) in sessions.iter().enumerate().filter(|(_, s)| s.len() >= FEWEST) {
        let mut from = 0;
        for to in 1..=s.len() {
            let goes_on = to < s.len() && s.at_ms[to] - s.at_ms[to - 1] <= GAP_MS;
            if goes_on {
                continue;
            }
            let mut kinds: Vec<u16> = s.endpoint[from..to].to_vec();
            kinds.sort_unstable();
            kinds.dedup();
            if (FEWEST..=MOST).contains(&(to - from)) && kinds.len() >= FEWEST_KINDS {
                runs.push(Run { session, from, to });
            }
            from = to;
        }
    }
    runs
}

/// Learns the bundles of sessions, and puts them in as one token each: tokens from `endpoints` on are bundles, and what follows one is
/// as long after its end.
pub(super) fn learn(
    sessions: &[Session],
    endpoints: u16,
    most: usize,
    random: &mut Random,
) -> (Bundles, Vec<Session>) {
    let runs = runs(sessions);
    if runs.len() < FEWEST_BUNDLES || most == 0 {
        return (Bundles::default(), sessions.to_vec());
    }
    let clusters = most.min(runs.len() / 8);
    let rows: Vec<Vec<f32>> = runs.iter().map(|run| roots_of_counts(run, sessions, endpoints)).collect();
    let cluster = cluster(&rows, clusters, random);
    let bundles = (0..clusters)
        .map(|k| {
            let of = runs.iter().zip(&cluster).filter(|(_, c)| **c == k);
            kind(&of.map(|(run, _)| run).collect::<Vec<_>>(), sessions)
        })
        .collect();
    (Bundles(bundles), fold_all(sessions, &runs, &cluster, endpoints))
}

fn roots_of_counts(run: &Run, sessions: &[Session], endpoints: u16) -> Vec<f32> {
    let mut row = vec![0.0_f32; usize::from(endpoints)];
    sessions[run.session].endpoint[run.from..run.to].iter().for_each(|e| row[usize::from(*e)] += 1.0);
    for n in &mut row {
        *n = n.sqrt();
    }
    row
}

fn fold_all(sessions: &[Session], runs: &[Run], kind: &[usize], endpoints: u16) -> Vec<Session> {
    let mut folded = sessions.to_vec();
    let mut by_session: BTreeMap<usize, Vec<(&Run, usize)>> = BTreeMap::new();
    for (run, k) in runs.iter().zip(kind) {
        by_session.entry(run.session).or_default().push((run, *k));
    }
    for (session, runs) in by_session {
        folded[session] = fold(&sessions[session], &runs, endpoints);
    }
    folded
}

impl Bundles {
    /// Other sessions with their bundles as one token each, as those that were learnt from: a run of requests is of the kind whose
    /// roots of counts are nearest.
    pub fn fold(&self, sessions: &[Session], endpoints: u16) -> Vec<Session> {
        if self.0.is_empty() {
            return sessions.to_vec();
        }
        let centres: Vec<Vec<f32>> = self.0.iter().map(|kind| kind.centre(endpoints)).collect();
        let runs = runs(sessions);
        let kind: Vec<usize> =
            runs.iter().map(|run| closest(&roots_of_counts(run, sessions, endpoints), &centres)).collect();
        fold_all(sessions, &runs, &kind, endpoints)
    }
}

fn fold(session: &Session, runs: &[(&Run, usize)], endpoints: u16) -> Session {
    let mut folded = Session { client: session.client, at_ms: Vec::new(), endpoint: Vec::new() };
    let (mut at, mut shift) = (0, 0);
    let copy = |folded: &mut Session, rows: std::ops::Range<usize>, shift: i64| {
        folded.at_ms.extend(session.at_ms[rows.clone()].iter().map(|t| t - shift));
        folded.endpoint.extend_from_slice(&session.endpoint[rows]);
    };
    for (run, k) in runs {
        copy(&mut folded, at..run.from, shift);
        folded.at_ms.push(session.at_ms[run.from] - shift);
        folded.endpoint.push(endpoints.saturating_add(u16::try_from(*k).unwrap_or(u16::MAX)));
        shift += session.at_ms[run.to - 1] - session.at_ms[run.from];
        at = run.to;
    }
    copy(&mut folded, at..session.len(), shift);
    folded
}

fn kind(runs: &[&Run], sessions: &[Session]) -> BundleKind {
    let mut first: BTreeMap<u16, u32> = BTreeMap::new();
    let mut seen: BTreeMap<u16, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for run in runs {
        let row = &sessions[run.session].endpoint[run.from..run.to];
        *first.entry(row[0]).or_default() += 1;
        let mut counts: BTreeMap<u16, f64> = BTreeMap::new();
        for (place, endpoint) in row.iter().enumerate() {
            *counts.entry(*endpoint).or_default() += 1.0;
            seen.entry(*endpoint).or_default().1.push(place as f64 / (row.len() - 1) as f64);
        }
        for (endpoint, count) in counts {
            seen.entry(endpoint).or_default().0.push(count);
        }
    }
    let items = seen
        .into_iter()
        .map(|(endpoint, (counts, places))| Item {
            endpoint,
            chance: counts.len() as f64 / runs.len() as f64,
            count: Law::of(counts),
            place: Law::of(places),
        })
        .collect();
    let step = runs.len().div_ceil(EXAMPLES).max(1);
    let example = |run: &&Run| {
        let of = &sessions[run.session];
        let rows = run.from..run.to;
        rows.map(|row| (of.at_ms[row] - of.at_ms[run.from], of.endpoint[row])).collect()
    };
    BundleKind {
        first: first.into_iter().collect(),
        items,
        examples: runs.iter().step_by(step).map(example).collect(),
    }
}

/// Dimensions that transitions are projected onto before they are clustered.
const DIMENSIONS: usize = 30;

/// Clusters of sessions by what follows what in them, as WESSBAS makes them: shares of transitions, projected at random (Johnson and
/// Lindenstrauss), k-means.
pub(crate) fn spread_clusters(
    sessions: &[Session],
    kinds: usize,
    clusters: usize,
    random: &mut Random,
) -> Vec<usize> {
    let edge = u64::try_from(kinds).unwrap_or(u64::MAX);
    let mut known: BTreeMap<(u64, u64), Vec<f32>> = BTreeMap::new();
    let rows: Vec<Vec<f32>> = sessions
        .iter()
        .map(|session| {
            let mut counts: BTreeMap<(u64, u64), f32> = BTreeMap::new();
            let mut from = edge;
            for to in session.endpoint.iter().map(|e| u64::from(*e)).chain([edge]) {
                *counts.entry((from, to)).or_default() += 1.0;
                from = to;
            }
            let norm = counts.values().map(|n| n * n).sum::<f32>().sqrt();
            let mut row = vec![0.0_f32; DIMENSIONS];
            for (link, n) in counts {
                let direction = known.entry(link).or_insert_with(|| {
                    let mut random = Random::new(&[0x70_726f_6a65_6374, link.0, link.1]);
                    #[expect(clippy::cast_possible_truncation, reason = "a normal deviate")]
                    let direction = (0..DIMENSIONS).map(|_| random.normal() as f32).collect();
                    direction
                });
                row.iter_mut().zip(direction.iter()).for_each(|(x, d)| *x += n / norm * d);
            }
            row
        })
        .collect();
    cluster(&rows, clusters, random)
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f32>())
}

fn closest(row: &[f32], centres: &[Vec<f32>]) -> usize {
    (0..centres.len())
        .min_by(|a, b| distance(row, &centres[*a]).total_cmp(&distance(row, &centres[*b])))
        .unwrap_or(0)
}

/// k-means with spread-out beginnings (Arthur and Vassilvitskii, 2007).
fn cluster(rows: &[Vec<f32>], clusters: usize, random: &mut Random) -> Vec<usize> {
    let mut centres: Vec<Vec<f32>> = vec![rows[random.below(rows.len())].clone()];
    let mut nearest: Vec<f64> = rows.iter().map(|row| distance(row, &centres[0])).collect();
    while centres.len() < clusters {
        let mut left = random.unit() * nearest.iter().sum::<f64>();
        let mut chosen = rows.len() - 1;
        for (i, d) in nearest.iter().enumerate() {
            left -= d;
            if left <= 0.0 {
                chosen = i;
                break;
            }
        }
        centres.push(rows[chosen].clone());
        let newest = &centres[centres.len() - 1];
        nearest.iter_mut().zip(rows).for_each(|(d, row)| *d = d.min(distance(row, newest)));
    }
    let mut of = vec![0; rows.len()];
    for _ in 0..20 {
        for (row, of) in rows.iter().zip(&mut of) {
            *of = closest(row, &centres);
        }
        let mut sums = vec![(vec![0.0_f32; rows[0].len()], 0.0_f32); clusters];
        for (row, of) in rows.iter().zip(&of) {
            sums[*of].0.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            sums[*of].1 += 1.0;
        }
        for (centre, (sum, n)) in centres.iter_mut().zip(sums) {
            if n > 0.0 {
                *centre = sum.into_iter().map(|x| x / n).collect();
            }
        }
    }
    of
}

impl BundleKind {
    /// The mean roots of its counts, by endpoint.
    fn centre(&self, endpoints: u16) -> Vec<f32> {
        let mut row = vec![0.0_f32; usize::from(endpoints)];
        for item in &self.items {
            #[expect(clippy::cast_possible_truncation, reason = "a root of a count")]
            let root = (item.chance * item.count.mean_of(f64::sqrt)) as f32;
            if let Some(at) = row.get_mut(usize::from(item.endpoint)) {
                *at = root;
            }
        }
        row
    }

    /// A new one: milliseconds since its begin and endpoint, written over `steps`.
    pub(super) fn play(&self, whole_seconds: bool, random: &mut Random, steps: &mut Vec<(i64, u16)>) {
        steps.clear();
        let total: u32 = self.first.iter().map(|(_, n)| n).sum();
        let mut left = u32::try_from(random.below(total as usize)).unwrap_or(0);
        let mut first = None;
        for (endpoint, n) in &self.first {
            if left < *n {
                first = Some(*endpoint);
                break;
            }
            left -= n;
        }
        let Some(first) = first else { return };
        let example: &[(i64, u16)] = random.pick(&self.examples).map_or(&[], Vec::as_slice);
        let mut places: Vec<(f64, u16)> = Vec::new();
        for item in &self.items {
            if random.unit() < item.chance {
                let count = item.count.draw(random).unwrap_or(1.0);
                // In the order of one that was seen; what was not in that, where it mostly is.
                let mut seen = example.iter().enumerate().filter(|(_, (_, e))| *e == item.endpoint);
                let mut n = 0.0;
                while n < count {
                    // Neighbours change places now and then: no page is loaded twice in the very same way.
                    let place = seen.next().map(|(at, _)| {
                        (at as f64 + JITTER * (random.unit() - 0.5)) / (example.len() - 1).max(1) as f64
                    });
                    places.push((place.or_else(|| item.place.draw(random)).unwrap_or(0.5), item.endpoint));
                    n += 1.0;
                }
            }
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(at) = places.iter().position(|(_, e)| *e == first) {
            places.remove(at);
        }
        steps.push((0, first));
        steps.extend(places.iter().map(|(_, endpoint)| (0, *endpoint)));
        let n = steps.len();
        if example.len() < 2 {
            return;
        }
        for (i, step) in steps.iter_mut().enumerate() {
            let at = i as f64 / (n - 1).max(1) as f64 * (example.len() - 1) as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a place in the example"
            )]
            let below = (at as usize).min(example.len() - 2);
            let (a, b) = (example[below].0 as f64, example[below + 1].0 as f64);
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of seconds")]
            let ms = (a + (at - below as f64) * (b - a)) as i64;
            step.0 = if whole_seconds { ms.div_euclid(1_000) * 1_000 } else { ms };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::learn;
    use crate::random::Random;
    use crate::trace::Session;

    /// Pages of two kinds with their assets, after a request for itself.
    fn pages() -> Vec<Session> {
        let page = |n: u16| {
            let kind = n % 2 * 4;
            let endpoint = vec![8, kind, kind + 1 + n % 3, kind + 2, kind + 3];
            let at_ms = vec![0, 60_000, 61_000, 61_000, 62_000];
            Session { client: u32::from(n), at_ms, endpoint }
        };
        (0..60).map(page).collect()
    }

    #[test]
    fn what_was_learnt_from_is_folded_alike() {
        let (bundles, folded) = learn(&pages(), 9, 2, &mut Random::new(&[1]));
        assert!(folded.iter().all(|session| session.len() == 2 && session.endpoint[1] >= 9));
        assert_eq!(bundles.fold(&pages(), 9), folded);
    }

    #[test]
    fn no_kinds_no_folding() {
        let (bundles, folded) = learn(&pages(), 9, 0, &mut Random::new(&[1]));
        assert!(bundles.0.is_empty());
        assert_eq!(folded, pages());
        assert_eq!(bundles.fold(&pages(), 9), pages());
    }
}
