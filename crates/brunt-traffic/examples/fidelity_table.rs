//! The table of docs/fidelity.md, for any log: `cargo xtask fidelity LOG [alternate] [masked]`.
//!
//! Learns from one part of the log and judges by the other: the model, the baselines, and real days against real days.

use brunt_logs::{Log, open};
use brunt_traffic::fidelity::{Score, Scorer, waits, without_bursts};
use brunt_traffic::model::{FitSettings, Play, fit, generate};
use brunt_traffic::{Baseline, MOST_ENDPOINTS, Observer, Random, Split, Stretch, Trace, Vocabulary};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

/// Seeds whose mean is shown.
const SEEDS: u64 = 3;

#[expect(clippy::too_many_lines, reason = "one table, from its head to its foot")]
fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().ok_or("usage: cargo xtask fidelity LOG [alternate] [masked]")?;
    let split = if args.iter().any(|a| a == "alternate") { Split::Alternate } else { Split::Time };
    let masked = args.iter().any(|a| a == "masked");

    let mut log = Log::new(open(File::open(path)?)?);
    let mut observer = Observer::default();
    let began = now();
    while let Some(entry) = log.entry()? {
        observer.take(&entry);
    }
    let seen = observer.finish();
    let (read, lines) = (began.elapsed(), log.lines());
    let all = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |_| true).trace(&seen);
    let learnt = split.learnt(&all);
    let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |i| learnt[i]);
    let all = words.trace(&seen);
    let (mut from, mut held) = (all.filtered(|i| learnt[i]), all.filtered(|i| !learnt[i]));
    let (from_time, held_time) = (from.observed(), held.observed());
    if masked {
        from = without_bursts(&from, &from_time);
        held = without_bursts(&held, &held_time);
    }
    let held = rows(&held, 0, |_| true);
    let names = &words.endpoints.names;
    let scorer = Scorer::new(&held, &held_time, names, &from, i64::from(seen.offset_s) * 1_000);

    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "learnt from {} requests, judged by {}; {lines} lines read in {read:.2?}\n",
        from.len(),
        held.len()
    )?;
    writeln!(
        out,
        "| | windows | sessions | transient | bursts | gaps | lengths | order | copies | p95 wait |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    let shift = split.shift_ms(*from.at_ms.last().unwrap_or(&0), *held.at_ms.last().unwrap_or(&0));
    let real = wait(&held, &held, &held_time);
    let shown = |trace: &Trace, seed: u64| {
        let score = scorer.score(trace, &mut Random::new(&[5 + seed]));
        (score, wait(trace, &held, &held_time) / real)
    };
    for baseline in Baseline::ALL {
        let scores: Vec<_> = (0..SEEDS)
            .map(|seed| {
                let mut random = Random::new(&[100 + seed]);
                shown(&baseline.make((&from, names.len()), &from_time, &held_time, &mut random), seed)
            })
            .collect();
        line(&mut out, baseline.name(), &scores)?;
    }
    let (mut scores, mut fitting, mut making, mut made) = (Vec::new(), Duration::ZERO, Duration::ZERO, 0);
    for seed in 0..SEEDS {
        let began = now();
        let settings = FitSettings { seed, ..FitSettings::default() };
        let model = fit(&from, &from_time, &seen.clients, u16::try_from(names.len())?, &settings);
        fitting += began.elapsed();
        let began = now();
        let drawn = generate(&model, &held_time, &Play { seed: 100 + seed, rate: 1.0, whole_seconds: true });
        making += began.elapsed();
        made += drawn.requests.len();
        scores.push(shown(&drawn.trace(), seed));
    }
    line(&mut out, "**brunt's model**", &scores)?;
    let moved = rows(&from, shift, |at| held_time.iter().any(|s| s.holds(at)));
    line(&mut out, "real days against real days (the floor)", &[shown(&moved, 0)])?;
    let n = u32::try_from(SEEDS)?;
    writeln!(
        out,
        "\na fit takes {:.2?}; {:.2} M requests are made in a second; what told sessions apart most: {:?}",
        fitting / n,
        made as f64 / making.as_secs_f64() / 1e6,
        scores
            .last()
            .and_then(|(s, _)| s.session_tells.first())
            .map(|(name, _)| name.as_str())
            .unwrap_or_default()
    )?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "how long things take is part of the table")]
fn now() -> Instant {
    Instant::now()
}

/// The rows of a trace, moved in time, with clients numbered anew.
fn rows(of: &Trace, shift_ms: i64, keep: impl Fn(i64) -> bool) -> Trace {
    let moved = (0..of.len()).map(|i| (of.at_ms[i] + shift_ms, u64::from(of.client[i]), of.endpoint[i]));
    Trace::of(moved.filter(|(at, ..)| keep(*at)).collect())
}

/// The 95th percentile of the wait at a server that the real traffic keeps busy 30 % of the time, in seconds.
fn wait(trace: &Trace, real: &Trace, time: &[Stretch]) -> f64 {
    let seconds = time.iter().map(|s| s.length_ms()).sum::<i64>() as f64 / 1_000.0;
    waits(&trace.at_ms, time, 0.3 * seconds / real.len() as f64, &mut Random::new(&[1])).p95_s
}

fn line(out: &mut impl Write, name: &str, scores: &[(Score, f64)]) -> Result<(), Box<dyn Error>> {
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
