//! The tables of docs/anomalies.md: `cargo xtask anomalies series VALUES.csv LABELS.json` and `cargo xtask anomalies log LOG PATH...`.
//!
//! The first holds the detector and two usual rules against labelled series (CSV of series, timestamp, value; JSON of series to windows),
//! the second lists the anomalies of a log, and how those that one address made on the named paths were found.

use brunt_logs::{Log, open};
use brunt_traffic::anomaly::{Anomaly, AnomalyKind, AnomalySettings, Grid, Rule, Scores, anomalies};
use brunt_traffic::{MOST_ENDPOINTS, Observed, Observer, Vocabulary};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const HOUR_MS: i64 = 3_600_000;

/// Alarms of any rule that are no farther apart are one.
const JOIN_MS: i64 = HOUR_MS;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["series", values, labels] => series_table(values, labels),
        ["log", path, attacked @ ..] => log_table(path, attacked),
        _ => {
            Err("usage: anomaly_table series VALUES.csv LABELS.json, or: anomaly_table log LOG PATH..."
                .into())
        }
    }
}

/// A series with the windows that people have marked.
struct Labelled {
    /// Milliseconds since 1970, value.
    samples: Vec<(i64, f64)>,
    every_ms: i64,
    windows: Vec<(i64, i64)>,
}

/// Cells of a series: from, to in milliseconds, score.
type Cells = Vec<(i64, i64, f64)>;

/// Alarms of a series: from, to in milliseconds.
type Found = Vec<(i64, i64)>;

/// Gives the alarms of a series at a threshold.
struct Contender {
    name: &'static str,
    /// Of each series: cells with their scores.
    scored: Vec<Cells>,
    /// Times the threshold that ends an alarm.
    close: f64,
    /// The threshold that nobody chose by these series.
    plain: f64,
}

impl Contender {
    fn of(name: &'static str, all: &[Labelled], plain: f64, scores: fn(&Labelled) -> Cells) -> Self {
        Self { name, scored: all.iter().map(scores).collect(), close: 1.0, plain }
    }

    fn found(&self, series: usize, threshold: f64) -> Found {
        let mut runs: Cells = Vec::new();
        for (from, to, score) in self.scored[series].iter().filter(|cell| cell.2 >= threshold * self.close) {
            match runs.last_mut() {
                Some(last) if *from <= last.1 => (last.1, last.2) = (*to, last.2.max(*score)),
                _ => runs.push((*from, *to, *score)),
            }
        }
        joined(runs.into_iter().filter(|run| run.2 >= threshold).map(|run| (run.0, run.1)).collect())
    }
}

fn joined(alarms: Found) -> Found {
    let mut out: Found = Vec::new();
    for (from, to) in alarms {
        match out.last_mut() {
            Some(last) if from - last.1 <= JOIN_MS => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// Windows that an alarm touches, alarms that touch none, windows that none touches.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    hit: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn of(found: &Found, windows: &[(i64, i64)]) -> Self {
        let touch = |a: &(i64, i64), w: &(i64, i64)| a.0 <= w.1 && a.1 > w.0;
        let hit = windows.iter().filter(|w| found.iter().any(|a| touch(a, w))).count();
        let wrong = found.iter().filter(|a| !windows.iter().any(|w| touch(a, w))).count();
        Self { hit, wrong, missed: windows.len() - hit }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            hit: self.hit + other.hit,
            wrong: self.wrong + other.wrong,
            missed: self.missed + other.missed,
        }
    }

    fn precision(self) -> f64 {
        self.hit as f64 / (self.hit + self.wrong).max(1) as f64
    }

    fn recall(self) -> f64 {
        self.hit as f64 / (self.hit + self.missed).max(1) as f64
    }

    fn f1(self) -> f64 {
        2.0 * self.hit as f64 / (2 * self.hit + self.wrong + self.missed).max(1) as f64
    }

    fn cells(self) -> String {
        format!("{:.3} | {:.3} | {:.3}", self.precision(), self.recall(), self.f1())
    }
}

fn series_table(values: &str, labels: &str) -> Result<()> {
    let all = labelled(values, labels)?;
    let mut out = std::io::stdout().lock();
    let windows: usize = all.iter().map(|s| s.windows.len()).sum();
    writeln!(out, "{} series, {windows} windows\n", all.len())?;
    // A false alarm a month, of both sides of the hours of a day.
    let plain = Rule::allowing(1.0 / 30.0, 48.0);
    let of = |name: &'static str, plain: f64, scores: fn(&Labelled) -> Cells| {
        Contender::of(name, &all, plain, scores)
    };
    let brunt = |name: &'static str, scores: fn(&Labelled) -> Cells| Contender {
        close: plain.close / plain.open,
        ..of(name, plain.open, scores)
    };
    let contenders = [
        of("median/MAD, as sampled", 3.5, |s| distances(s, s.every_ms, median_mad)),
        of("median/MAD, hours", 3.5, |s| distances(s, HOUR_MS, median_mad)),
        of("median/MAD, 6 hours", 3.5, |s| distances(s, 6 * HOUR_MS, median_mad)),
        of("3 sigma, as sampled", 3.0, |s| distances(s, s.every_ms, mean_sigma)),
        of("3 sigma, hours", 3.0, |s| distances(s, HOUR_MS, mean_sigma)),
        of("3 sigma, 6 hours", 3.0, |s| distances(s, 6 * HOUR_MS, mean_sigma)),
        brunt("brunt, as sampled", |s| brunt_scores(s, s.every_ms)),
        brunt("**brunt, hours**", |s| brunt_scores(s, HOUR_MS)),
        brunt("brunt, 6 hours", |s| brunt_scores(s, 6 * HOUR_MS)),
    ];
    writeln!(
        out,
        "| | best threshold | precision | recall | F1 | left out: precision | recall | F1 | untuned threshold | precision | recall | F1 |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|---|---|")?;
    for contender in &contenders {
        // From 1 to 1000, 40 a decade.
        let thresholds: Vec<f64> = (0..=120).map(|i| 10_f64.powf(f64::from(i) / 40.0)).collect();
        let counts: Vec<Vec<Count>> = (0..all.len())
            .map(|i| thresholds.iter().map(|t| Count::of(&contender.found(i, *t), &all[i].windows)).collect())
            .collect();
        let sum = |at: usize, without: Option<usize>| {
            let those = counts.iter().enumerate().filter(|(i, _)| Some(*i) != without);
            those.fold(Count::default(), |sum, (_, of)| sum.plus(of[at]))
        };
        // The lowest of equally good ones.
        let best = |without: Option<usize>| {
            (0..thresholds.len())
                .rev()
                .max_by(|a, b| sum(*a, without).f1().total_cmp(&sum(*b, without).f1()))
                .unwrap_or(0)
        };
        let at = best(None);
        let left_out = (0..all.len()).fold(Count::default(), |sum, i| sum.plus(counts[i][best(Some(i))]));
        let untuned = (0..all.len())
            .map(|i| Count::of(&contender.found(i, contender.plain), &all[i].windows))
            .fold(Count::default(), Count::plus);
        writeln!(
            out,
            "| {} | {:.2} | {} | {} | {:.2} | {} |",
            contender.name,
            thresholds[at],
            sum(at, None).cells(),
            left_out.cells(),
            contender.plain,
            untuned.cells(),
        )?;
    }
    Ok(())
}

fn brunt_scores(series: &Labelled, cell_ms: i64) -> Cells {
    let (grid, values) = Grid::of_samples(&series.samples, series.every_ms, cell_ms);
    let scores = Scores::of(&grid, &values, 0);
    let most = scores.above.iter().zip(&scores.below).map(|(a, b)| a.max(*b));
    grid.at.iter().zip(most).map(|(at, s)| (at * grid.cell_ms, (at + 1) * grid.cell_ms, s)).collect()
}

/// |value - centre| / spread of the means of cells.
fn distances(series: &Labelled, cell_ms: i64, of: fn(&[f64]) -> (f64, f64)) -> Cells {
    let (grid, sums) = Grid::of_samples(&series.samples, series.every_ms, cell_ms);
    let values: Vec<f64> = sums.iter().zip(&grid.seen).map(|(sum, seen)| sum / seen).collect();
    let (centre, spread) = of(&values);
    let score = |v: f64| (v - centre).abs() / spread.max(f64::MIN_POSITIVE);
    let cells = grid.at.iter().zip(&values);
    cells.map(|(at, v)| (at * grid.cell_ms, (at + 1) * grid.cell_ms, score(*v))).collect()
}

/// Iglewicz & Hoaglin 1993: 1.4826 MAD; where that is 0, 1.2533 times the mean distance from the median.
fn median_mad(values: &[f64]) -> (f64, f64) {
    let centre = median(values.to_vec());
    let off: Vec<f64> = values.iter().map(|v| (v - centre).abs()).collect();
    let mean = off.iter().sum::<f64>() / off.len().max(1) as f64;
    let mad = median(off);
    (centre, if mad > 0.0 { 1.4826 * mad } else { 1.2533 * mean })
}

fn mean_sigma(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn labelled(values: &str, labels: &str) -> Result<Vec<Labelled>> {
    let labels: BTreeMap<String, Vec<[String; 2]>> = serde_json::from_reader(File::open(labels)?)?;
    let mut samples: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    for line in BufReader::new(open(File::open(values)?)?).lines().skip(1) {
        let line = line?;
        let mut columns = line.split(',');
        let (Some(name), Some(at), Some(value)) = (columns.next(), columns.next(), columns.next()) else {
            return Err(format!("no three columns: {line}").into());
        };
        samples.entry(name.to_owned()).or_default().push((moment_ms(at)?, value.parse()?));
    }
    let labelled = samples.into_iter().map(|(name, samples)| {
        let mut gaps: Vec<i64> = samples.windows(2).map(|p| p[1].0 - p[0].0).collect();
        gaps.sort_unstable();
        let windows = labels.get(&name).into_iter().flatten();
        let windows: Result<Found> = windows.map(|w| Ok((moment_ms(&w[0])?, moment_ms(&w[1])?))).collect();
        let every_ms = gaps.get(gaps.len() / 2).copied().unwrap_or(1);
        Ok(Labelled { windows: windows?, every_ms, samples })
    });
    labelled.collect()
}

fn moment_ms(text: &str) -> Result<i64> {
    let at: jiff::civil::DateTime = text.parse()?;
    Ok(at.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_millisecond())
}

/// Requests of one address for one path, fifteen or more and no farther apart than ten minutes, are an episode.
struct Episode {
    path: String,
    from_ms: i64,
    to_ms: i64,
    requests: usize,
}

/// Fewer requests of one address are no episode.
const LEAST_OF_EPISODE: usize = 15;
const PAUSE_MS: i64 = 600_000;

fn log_table(path: &str, attacked: &[&str]) -> Result<()> {
    let mut log = Log::new(open(File::open(path)?)?);
    let mut observer = Observer::default();
    while let Some(entry) = log.entry()? {
        observer.take(&entry);
    }
    let seen = observer.finish();
    let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |_| true);
    let mut out = std::io::stdout().lock();
    let times: Vec<i64> = seen.events.iter().map(|e| e.at_ms).collect();
    let mut hours: Vec<i64> = times.iter().map(|t| t.div_euclid(HOUR_MS)).collect();
    hours.dedup();
    let days = hours.len() as f64 / 24.0;
    let episodes = episodes(&seen, attacked);
    for alarms_per_day in [1.0, 0.1] {
        let found = anomalies(&seen, &words, &AnomalySettings { alarms_per_day });
        writeln!(out, "alarms_per_day {alarms_per_day}: {} anomalies in {days:.1} days", found.len())?;
        for kind in [AnomalyKind::Attack, AnomalyKind::Spike, AnomalyKind::Drop] {
            let n = found.iter().filter(|a| a.kind == kind).count();
            writeln!(out, "  {kind:?}: {n}, {:.2} a day", n as f64 / days)?;
        }
        writeln!(
            out,
            "\n| begin (UTC) | path | requests | over, s | found as | begin found, s after | end found, s after |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for episode in &episodes {
            writeln!(out, "{}", row(episode, &found))?;
        }
        writeln!(out)?;
        for a in &found {
            let kind = format!("{:?}", a.kind);
            writeln!(
                out,
                "{} {:>5} s {kind:<6} score {:>6.1} {:>6} for {:>8.2}, x {:>8.1}, {:>3} clients, {:?} {:?} {:?}",
                jiff::Timestamp::from_second(a.from_unix_s)?,
                a.to_unix_s - a.from_unix_s,
                a.score,
                a.requests,
                a.expected,
                a.peak,
                a.clients,
                a.scope,
                a.statuses,
                a.endpoints,
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn row(episode: &Episode, found: &[Anomaly]) -> String {
    let name = |a: &Anomaly| a.endpoints.iter().any(|e| e.contains(&episode.path));
    let over = |a: &&Anomaly| a.from_unix_s * 1_000 <= episode.to_ms && a.to_unix_s * 1_000 > episode.from_ms;
    let begin = jiff::Timestamp::from_millisecond(episode.from_ms).map(|t| t.to_string()).unwrap_or_default();
    let head = format!(
        "| {begin} | {} | {} | {} |",
        episode.path,
        episode.requests,
        (episode.to_ms - episode.from_ms) / 1_000
    );
    found.iter().filter(over).find(|a| name(a)).map_or_else(
        || format!("{head} - | - | - |"),
        |a| {
            let after = |unix_s: i64, ms: i64| (unix_s * 1_000 - ms) / 1_000;
            format!(
                "{head} {:?} | {} | {} |",
                a.kind,
                after(a.from_unix_s, episode.from_ms),
                after(a.to_unix_s, episode.to_ms)
            )
        },
    )
}

fn episodes(seen: &Observed, attacked: &[&str]) -> Vec<Episode> {
    let mut by: BTreeMap<(usize, u32), Vec<i64>> = BTreeMap::new();
    for event in &seen.events {
        let path = &seen.targets[event.target as usize].path;
        if let Some(at) = attacked.iter().position(|a| **a == **path) {
            by.entry((at, seen.clients[event.client as usize].address)).or_default().push(event.at_ms);
        }
    }
    let mut episodes = Vec::new();
    for ((path, _), times) in by {
        for chunk in times.chunk_by(|a, b| b - a <= PAUSE_MS).filter(|chunk| chunk.len() >= LEAST_OF_EPISODE)
        {
            episodes.push(Episode {
                path: attacked[path].to_owned(),
                from_ms: chunk[0],
                to_ms: chunk[chunk.len() - 1],
                requests: chunk.len(),
            });
        }
    }
    episodes.sort_by_key(|e| e.from_ms);
    episodes
}
