//! The table of likeness for any log: `cargo xtask fidelity LOG [time|alternate] [masked]`.

use brunt_logs::Log;
use brunt_traffic::fidelity::{Score, Scorer, without_bursts};
use brunt_traffic::model::{FitSettings, Play, fit, generate};
use brunt_traffic::{MOST_ENDPOINTS, Observer, Random, Split, Trace, Vocabulary};
use std::io::Write;
use std::{error::Error, fs::File, io::BufReader};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().ok_or("usage: fidelity_table LOG [time|alternate] [masked]")?;
    let split = if args.iter().any(|a| a == "alternate") { Split::Alternate } else { Split::Time };
    let masked = args.iter().any(|a| a == "masked");
    let mut log = Log::new(BufReader::new(File::open(path)?));
    let mut observer = Observer::default();
    while let Some(entry) = log.entry()? {
        observer.take(&entry);
    }
    let seen = observer.finish();
    let all = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |_| true).trace(&seen);
    let learnt = split.learnt(&all);
    let words = Vocabulary::mine(&seen, MOST_ENDPOINTS, 1, |i| learnt[i]);
    let all = words.trace(&seen);
    let (mut fit_rows, mut held) = (all.filtered(|i| learnt[i]), all.filtered(|i| !learnt[i]));
    let (fit_time, held_time) = (fit_rows.observed(), held.observed());
    if masked {
        fit_rows = without_bursts(&fit_rows, &fit_time).0;
        held = without_bursts(&held, &held_time).0;
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "learnt {} requests, judged by {}", fit_rows.len(), held.len())?;
    let renumbered = |t: &Trace| {
        Trace::of((0..t.len()).map(|i| (t.at_ms[i], u64::from(t.client[i]), t.endpoint[i])).collect())
    };
    let held = renumbered(&held);
    let scorer =
        Scorer::new(&held, &held_time, &words.endpoints.names, &fit_rows, i64::from(seen.offset_s) * 1_000);
    let shift = split.shift_ms(*fit_rows.at_ms.last().unwrap_or(&0), *held.at_ms.last().unwrap_or(&0));
    let moved = Trace::of(
        (0..fit_rows.len())
            .map(|i| (fit_rows.at_ms[i] + shift, u64::from(fit_rows.client[i]), fit_rows.endpoint[i]))
            .filter(|(at, ..)| held_time.iter().any(|s| s.holds(*at)))
            .collect(),
    );
    show(&mut out, "floor", &scorer.score(&moved, &mut Random::new(&[5])))?;
    let endpoints = u16::try_from(words.endpoints.names.len())?;
    for seed in 0..2 {
        #[expect(clippy::disallowed_methods, reason = "how long a fit takes is part of the table")]
        let began = std::time::Instant::now();
        let model = fit(
            &fit_rows,
            &fit_time,
            &seen.clients,
            endpoints,
            &FitSettings { seed, ..FitSettings::default() },
        );
        let fitted = began.elapsed();
        let play = Play { seed: 100 + seed, rate: 1.0, whole_seconds: true };
        let drawn = generate(&model, &held_time, &play);
        writeln!(
            out,
            "fit {fitted:?} generate {:?} for {}",
            began.elapsed().saturating_sub(fitted),
            drawn.requests.len()
        )?;
        show(&mut out, "model", &scorer.score(&drawn.trace(), &mut Random::new(&[5 + seed])))?;
    }
    Ok(())
}

fn show(out: &mut impl Write, name: &str, s: &Score) -> Result<(), Box<dyn Error>> {
    writeln!(
        out,
        "{name}: windows {:.3} sessions {:.3} transient {:.3} burst {:.2} gaps {:.3} length {:.3} trigram {:.3} endpoints {:.4} hourly {:.3} memory {:.3} copies {:.3} ({:.3}) n {:.2} sess {:.2} clients {:.2} p99/min {:?} max {:?}",
        s.windows,
        s.session_discriminator,
        s.transient_discriminator,
        s.burstiness,
        s.gap_ks,
        s.length_ks,
        s.trigram_js,
        s.endpoints_js,
        s.hourly_endpoints_js,
        s.memory,
        s.copies.0,
        s.copies.1,
        s.requests,
        s.sessions,
        s.clients,
        s.p99_per_minute,
        s.max_per_minute
    )?;
    writeln!(out, "   {:.1?}\n   {:.1?}", s.curves.0, s.curves.1)?;
    writeln!(out, "   {:?}\n   {:?}", s.window_tells, s.session_tells)?;
    Ok(())
}
