//! The table of docs/fidelity.md, for any log: `cargo xtask fidelity LOG [alternate] [masked]`.
//!
//! Learns from one part of the log and judges by the other: the model, the baselines, and real days against real days.

mod table;

use brunt_traffic::model::{FitSettings, Play, generate};
use brunt_traffic::{Baseline, Random};
use std::error::Error;
use std::io::Write;
use std::time::Duration;
use table::{Parts, head, line, now, rows};

/// Seeds whose mean is shown.
const SEEDS: u64 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let began = now();
    let parts = Parts::read(&args, "usage: cargo xtask fidelity LOG [alternate] [masked]")?;
    let read = began.elapsed();
    let (from, held_time, judge) = (&parts.from, &parts.held_time, parts.judge());

    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "learnt from {} requests, judged by {}; {} lines read and told apart in {read:.2?}\n",
        from.len(),
        parts.held.len(),
        parts.lines
    )?;
    head(&mut out)?;
    for baseline in Baseline::ALL {
        let scores: Vec<_> = (0..SEEDS)
            .map(|seed| {
                let mut random = Random::new(&[100 + seed]);
                let kinds = parts.names.len();
                judge.score(&baseline.make((from, kinds), &parts.from_time, held_time, &mut random), seed)
            })
            .collect();
        line(&mut out, baseline.name(), &scores)?;
    }
    let (mut scores, mut fitting, mut making, mut made) = (Vec::new(), Duration::ZERO, Duration::ZERO, 0);
    for seed in 0..SEEDS {
        let began = now();
        let model = parts.lesson(&FitSettings { seed, ..FitSettings::default() }).behaviour;
        fitting += began.elapsed();
        let began = now();
        let drawn = generate(&model, held_time, &Play { seed: 100 + seed, rate: 1.0, whole_seconds: true });
        making += began.elapsed();
        made += drawn.requests.len();
        scores.push(judge.score(&drawn.trace(), seed));
    }
    line(&mut out, "**brunt's model**", &scores)?;
    let ends = (*from.at_ms.last().unwrap_or(&0), *parts.held.at_ms.last().unwrap_or(&0));
    let moved = rows(from, parts.split.shift_ms(ends.0, ends.1), |at| held_time.iter().any(|s| s.holds(at)));
    line(&mut out, "real days against real days (the floor)", &[judge.score(&moved, 0)])?;
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
