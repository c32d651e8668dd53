//! The series of a log, and what of them is an anomaly.

use super::detect::{Alarm, Rule, Scores, Side, alarms};
use super::event::{Anomaly, Scope};
use super::series::Grid;
use crate::observe::{ClientKind, Observed};
use crate::prepare::Vocabulary;
use crate::trace::{DAY_MS, stretches};

/// Cells that are looked at, the finer first: attacks last minutes, and what is seldom asked for shows in longer cells alone.
const CELLS_MS: [i64; 2] = [60_000, 600_000];

/// Alarms that are no farther apart are one anomaly.
const JOIN_MS: i64 = 600_000;

/// A log that is silent for longer was not kept; for less, its service was not there.
pub(super) const SILENCE_MS: i64 = 3 * 3_600_000;

/// What fewer requests are there of is not looked at by itself.
const LEAST_REQUESTS: usize = 30;

/// A spike or a drop has so many requests more or less than expected...
pub(super) const LEAST_EXCESS: f64 = 20.0;
/// ... an attack so many more: passwords are guessed a dozen at a time too...
const LEAST_EXCESS_OF_ATTACK: f64 = 10.0;
/// ... and so many times as many, or as few.
const LEAST_TIMES: f64 = 1.5;

/// Anomalies that are kept at most, those of the greatest scores.
pub const MOST_ANOMALIES: usize = 200;

/// How readily an anomaly is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnomalySettings {
    /// False alarms a day that are tolerated: above 0. Half as many need a score that is 0.3 higher.
    pub alarms_per_day: f64,
}

impl Default for AnomalySettings {
    fn default() -> Self {
        Self { alarms_per_day: 1.0 }
    }
}

/// The anomalies of a log by their begin, at most [`MOST_ANOMALIES`]. The log is cut where it is silent for three hours or longer:
/// what was not observed is no drop.
///
/// Looked at are all requests, those of people, those that failed (status 400 or more) and those of each endpoint, in cells of 1 and 10
/// minutes; logs of more than [`MOST_CELLS`](super::MOST_CELLS) minutes in those of 10 alone. Spikes of endpoints at the same
/// time are one anomaly, those that look like attacks apart; what endpoints explain is not told again for the whole. Memory: four
/// bytes a request, and a few numbers a cell.
pub fn anomalies(observed: &Observed, words: &Vocabulary, settings: &AnomalySettings) -> Vec<Anomaly> {
    let log = Watched::new(observed, words);
    let tracks = log.tracks();
    let cells_per_day: f64 = log.grids.iter().map(|grid| DAY_MS as f64 / grid.cell_ms as f64).sum();
    let rule = Rule::allowing(settings.alarms_per_day, 2.0 * cells_per_day * tracks.len() as f64);
    let outbreaks = tracks.iter().flat_map(|track| log.outbreaks(track, rule)).collect();
    let mut found = super::event::told(&log, outbreaks);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.from_unix_s.cmp(&b.from_unix_s)));
    found.truncate(MOST_ANOMALIES);
    found.sort_by_key(|a| (a.from_unix_s, a.kind, a.scope));
    found
}

/// A log with its cells.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    pub observed: &'a Observed,
    pub words: &'a Vocabulary,
    grids: Vec<Grid>,
}

/// Requests that are counted together.
#[derive(Debug)]
struct Track {
    scope: Scope,
    endpoint: Option<u16>,
    /// Positions of its requests, ascending.
    rows: Vec<u32>,
}

/// An anomaly of one track.
#[derive(Clone, Debug)]
pub(super) struct Outbreak {
    pub scope: Scope,
    /// Of the scope [`Scope::Endpoints`].
    pub endpoint: Option<u16>,
    pub side: Side,
    pub from_ms: i64,
    pub to_ms: i64,
    pub score: f64,
    pub peak: f64,
    /// Requests of the track between these moments.
    pub requests: f64,
    pub expected: f64,
    /// Positions of these requests.
    pub rows: Vec<u32>,
}

impl Outbreak {
    pub(super) fn excess(&self) -> f64 {
        (self.requests - self.expected).abs()
    }

    /// Whether it is no farther from a stretch of time than what is one anomaly.
    pub(super) const fn near(&self, from_ms: i64, to_ms: i64) -> bool {
        self.from_ms <= to_ms + JOIN_MS && from_ms <= self.to_ms + JOIN_MS
    }
}

impl<'a> Watched<'a> {
    fn new(observed: &'a Observed, words: &'a Vocabulary) -> Self {
        let times: Vec<i64> = observed.events.iter().map(|e| e.at_ms).collect();
        let kept = stretches(&times, SILENCE_MS);
        let grids = CELLS_MS.iter().filter_map(|cell_ms| Grid::over(&kept, *cell_ms)).collect();
        Self { observed, words, grids }
    }

    /// The endpoint of a request, by its position.
    pub(super) fn endpoint(&self, row: u32) -> u16 {
        self.words.of_target[self.observed.events[row as usize].target as usize]
    }

    /// What has enough requests to be looked at.
    fn tracks(&self) -> Vec<Track> {
        let events = &self.observed.events;
        let all = || (0..u32::try_from(events.len()).unwrap_or(u32::MAX)).collect::<Vec<u32>>();
        let mut tracks = Vec::new();
        let mut group = |scope: Scope, keep: &dyn Fn(usize) -> bool| {
            let rows = all().into_iter().filter(|row| keep(*row as usize)).collect();
            tracks.push(Track { scope, endpoint: None, rows });
        };
        let people =
            |row: usize| self.observed.clients[events[row].client as usize].kind == ClientKind::People;
        group(Scope::All, &|_| true);
        group(Scope::People, &people);
        group(Scope::Failed, &|row| events[row].status >= 400);
        let mut by_endpoint: Vec<Vec<u32>> = vec![Vec::new(); self.words.endpoints.names.len()];
        for row in all() {
            by_endpoint[usize::from(self.endpoint(row))].push(row);
        }
        let endpoints = by_endpoint.into_iter().zip(0_u16..);
        tracks.extend(endpoints.map(|(rows, of)| Track {
            scope: Scope::Endpoints,
            endpoint: Some(of),
            rows,
        }));
        tracks.retain(|track| track.rows.len() >= LEAST_REQUESTS);
        tracks
    }

    fn outbreaks(&self, track: &Track, rule: Rule) -> Vec<Outbreak> {
        let at = |row: &u32| self.observed.events[*row as usize].at_ms;
        let offset_ms = i64::from(self.observed.offset_s) * 1_000;
        let mut found = Vec::new();
        let mut usual = None;
        for grid in &self.grids {
            let values = grid.count(track.rows.iter().map(at));
            let scores = Scores::of(grid, &values, offset_ms);
            found.extend(alarms(grid, &values, &scores, rule).into_iter().map(|alarm| (alarm, grid.cell_ms)));
            usual = Some((grid, scores.expected));
        }
        found.sort_by_key(|(alarm, cell_ms)| (alarm.side, alarm.from_ms, *cell_ms));
        let mut outbreaks: Vec<Outbreak> =
            clusters(&found).into_iter().map(|cluster| track.outbreak(cluster)).collect();
        for outbreak in &mut outbreaks {
            let from = track.rows.partition_point(|row| at(row) < outbreak.from_ms);
            let to = track.rows.partition_point(|row| at(row) < outbreak.to_ms);
            outbreak.rows = track.rows[from..to].to_vec();
            outbreak.requests = outbreak.rows.len() as f64;
            if let Some((grid, expected)) = &usual {
                outbreak.expected = expected_between(grid, expected, outbreak.from_ms, outbreak.to_ms);
            }
        }
        outbreaks.retain(is_large);
        outbreaks
    }
}

impl Track {
    /// Of alarms that belong together, one or more. Where the coarser cells only frame the finer ones, these have the ends.
    fn outbreak(&self, cluster: &[(Alarm, i64)]) -> Outbreak {
        let (fine_ms, coarse_ms) = (CELLS_MS[0], CELLS_MS[1]);
        let ends = |cell_ms: i64| {
            let those = cluster.iter().filter(move |(_, of)| *of == cell_ms).map(|(alarm, _)| alarm);
            let from = those.clone().map(|a| a.from_ms).min();
            from.zip(those.map(|a| a.to_ms).max())
        };
        let (from_ms, to_ms) = match (ends(fine_ms), ends(coarse_ms)) {
            (Some(fine), Some(coarse)) => (
                if fine.0 < coarse.0 + coarse_ms { fine.0 } else { coarse.0 },
                if fine.1 > coarse.1 - coarse_ms { fine.1 } else { coarse.1 },
            ),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => (0, 0),
        };
        let (best, _) =
            cluster.iter().copied().max_by(|a, b| a.0.score.total_cmp(&b.0.score)).unwrap_or(cluster[0]);
        Outbreak {
            scope: self.scope,
            endpoint: self.endpoint,
            side: best.side,
            from_ms,
            to_ms,
            score: best.score,
            peak: best.peak,
            requests: 0.0,
            expected: 0.0,
            rows: Vec::new(),
        }
    }
}

/// Alarms that belong together, of alarms by side and begin.
fn clusters(found: &[(Alarm, i64)]) -> Vec<&[(Alarm, i64)]> {
    let mut clusters = Vec::new();
    let (mut from, mut end_ms) = (0, i64::MIN);
    for (i, (alarm, _)) in found.iter().enumerate() {
        let apart = found[from].0.side != alarm.side || alarm.from_ms > end_ms.saturating_add(JOIN_MS);
        if i > from && apart {
            clusters.push(&found[from..i]);
            (from, end_ms) = (i, i64::MIN);
        }
        end_ms = end_ms.max(alarm.to_ms);
    }
    if from < found.len() {
        clusters.push(&found[from..]);
    }
    clusters
}

/// What was expected between two moments.
fn expected_between(grid: &Grid, expected: &[f64], from_ms: i64, to_ms: i64) -> f64 {
    let first = grid.at.partition_point(|cell| (cell + 1) * grid.cell_ms <= from_ms);
    let cells = grid.at[first..].iter().zip(&expected[first..]);
    let part = |cell: i64| {
        let (begin, end) = (cell * grid.cell_ms, (cell + 1) * grid.cell_ms);
        (end.min(to_ms) - begin.max(from_ms)) as f64 / grid.cell_ms as f64
    };
    cells.take_while(|(cell, _)| **cell * grid.cell_ms < to_ms).map(|(cell, e)| e * part(*cell)).sum()
}

/// Whether anybody would care.
fn is_large(outbreak: &Outbreak) -> bool {
    let (got, expected) = (outbreak.requests, outbreak.expected);
    let times = match outbreak.side {
        Side::Above => got >= LEAST_TIMES * expected,
        Side::Below => got * LEAST_TIMES <= expected,
    };
    times && outbreak.excess() >= LEAST_EXCESS_OF_ATTACK
}
