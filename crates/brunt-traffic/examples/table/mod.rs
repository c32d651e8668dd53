//! What the tables of docs/fidelity.md share: a log that is split, its judge, and a line of scores.

use brunt_logs::{Log, open};
use brunt_traffic::fidelity::{Score, Scorer, waits, without_bursts};
use brunt_traffic::model::{FitSettings, Lesson, lesson};
use brunt_traffic::{MOST_ENDPOINTS, Observed, Observer, Random, Split, Stretch, Trace, Vocabulary};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::time::Instant;

/// A log, of which one part is learnt from and the other judged by.
pub(crate) struct Parts {
    pub seen: Observed,
    pub lines: u64,
    pub split: Split,
    pub names: Vec<String>,
    /// Who asked in it has the number of `seen`.
    pub from: Trace,
    pub from_time: Vec<Stretch>,
    pub held: Trace,
    pub held_time: Vec<Stretch>,
}

impl Parts {
    /// Reads `LOG [alternate] [masked]`.
    pub(crate) fn read(args: &[String], usage: &'static str) -> Result<Self, Box<dyn Error>> {
        let path = args.first().ok_or(usage)?;
        let split = if args.iter().any(|a| a == "alternate") { Split::Alternate } else { Split::Time };
        let mut log = Log::new(open(File::open(path)?)?);
        let mut observer = Observer::default();
        while let Some(entry) = log.entry()? {
            observer.take(&entry);
        }
        let (seen, lines) = (observer.finish(), log.lines());
        let all = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |_| true).trace(&seen);
        let learnt = split.learnt(&all);
        let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |i| learnt[i]);
        let all = words.trace(&seen);
        let (mut from, mut held) = (all.filtered(|i| learnt[i]), all.filtered(|i| !learnt[i]));
        let (from_time, held_time) = (from.observed(), held.observed());
        if args.iter().any(|a| a == "masked") {
            from = without_bursts(&from, &from_time);
            held = without_bursts(&held, &held_time);
        }
        let held = rows(&held, 0, |_| true);
        Ok(Self { names: words.endpoints.names, seen, lines, split, from, from_time, held, held_time })
    }

    /// How many endpoints there are.
    pub(crate) fn endpoints(&self) -> u16 {
        u16::try_from(self.names.len()).unwrap_or(u16::MAX)
    }

    /// A model of the part that is learnt from.
    pub(crate) fn lesson(&self, settings: &FitSettings) -> Lesson {
        lesson(&self.from, &self.from_time, &self.seen.clients, self.endpoints(), settings)
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        let offset_ms = i64::from(self.seen.offset_s) * 1_000;
        let scorer = Scorer::new(&self.held, &self.held_time, &self.names, &self.from, offset_ms);
        Judge { parts: self, scorer, real: wait(&self.held, &self.held, &self.held_time) }
    }
}

/// The part that is judged by, with what has to be computed of it once.
pub(crate) struct Judge<'a> {
    parts: &'a Parts,
    scorer: Scorer<'a>,
    real: f64,
}

impl Judge<'_> {
    /// All measures, and the wait against the real one.
    pub(crate) fn score(&self, trace: &Trace, seed: u64) -> (Score, f64) {
        let score = self.scorer.score(trace, &mut Random::new(&[5 + seed]));
        (score, wait(trace, &self.parts.held, &self.parts.held_time) / self.real)
    }
}

#[expect(clippy::disallowed_methods, reason = "how long things take is part of the table")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The rows of a trace, moved in time, with clients numbered anew.
pub(crate) fn rows(of: &Trace, shift_ms: i64, keep: impl Fn(i64) -> bool) -> Trace {
    let moved = (0..of.len()).map(|i| (of.at_ms[i] + shift_ms, u64::from(of.client[i]), of.endpoint[i]));
    Trace::of(moved.filter(|(at, ..)| keep(*at)).collect())
}

/// The 95th percentile of the wait at a server that the real traffic keeps busy 30 % of the time, in seconds.
fn wait(trace: &Trace, real: &Trace, time: &[Stretch]) -> f64 {
    let seconds = time.iter().map(|s| s.length_ms()).sum::<i64>() as f64 / 1_000.0;
    waits(&trace.at_ms, time, 0.3 * seconds / real.len() as f64, &mut Random::new(&[1])).p95_s
}

pub(crate) fn head(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(
        out,
        "| | windows | sessions | transient | bursts | gaps | lengths | order | copies | p95 wait |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    Ok(())
}

/// The mean of some scores.
pub(crate) fn line(out: &mut impl Write, name: &str, scores: &[(Score, f64)]) -> Result<(), Box<dyn Error>> {
    let mean = |of: fn(&Score) -> f64| scores.iter().map(|(s, _)| of(s)).sum::<f64>() / scores.len() as f64;
    let waits = scores.iter().map(|(_, wait)| wait).sum::<f64>() / scores.len() as f64;
    writeln!(
        out,
        "| {name} | {:.3} | {:.3} | {:.3} | {:.2} | {:.3} | {:.3} | {:.3} | {:.3} | x {waits:.2} |",
        mean(|s| s.windows),
        mean(|s| s.session_discriminator),
        mean(|s| s.transient_discriminator),
        mean(|s| s.burstiness),
        mean(|s| s.gap_ks),
        mean(|s| s.length_ks),
        mean(|s| s.trigram_js),
        mean(|s| s.copies.0),
    )?;
    Ok(())
}
