//! `brunt synth`: from a model to requests.

use crate::args::{FactorArgs, SynthArgs};
use crate::console::{Console, unix_ms};
use crate::{exit, load};
use brunt_traffic::site::Site;
use brunt_traffic::synth::{Factors, Wanted, synthesise};
use brunt_traffic::{Export, ExportOptions, Synthetic, write_export};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// `brunt synth`.
pub(crate) fn synth(args: &SynthArgs, console: Console) -> u8 {
    match work(args, console) {
        Ok(()) => 0,
        Err(text) => {
            console.error(text);
            exit::USAGE
        }
    }
}

fn work(args: &SynthArgs, console: Console) -> Result<(), String> {
    let site = site(&args.model)?;
    let span = load::duration("--for", &args.span).map_err(|e| e.to_string())?;
    let made = synthesise(&site, &wanted(&site, &args.factors, span.as_secs_f64(), args.seed)?);
    let export = Export::from_name(&args.to).ok_or_else(|| format!("`--to {}` is not known", args.to))?;
    let options = ExportOptions { target: args.target.clone(), ..ExportOptions::default() };
    let written = write_all(&made, export, &options, args.output.as_deref())?;
    console.println(format!(
        "made      {} requests in {} sessions, {} long{}",
        made.requests.len(),
        sessions(&made),
        args.span,
        changed(&made),
    ));
    for path in written {
        console.println(format!("written   {}", path.display()));
    }
    Ok(())
}

pub(super) fn sessions(made: &Synthetic) -> usize {
    let mut ids: Vec<u32> = made.requests.iter().map(|r| r.session).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

fn changed(made: &Synthetic) -> String {
    let factors: Vec<String> = made.factors.iter().map(|(name, f)| format!("{name} x {f}")).collect();
    if factors.is_empty() { String::new() } else { format!(" ({})", factors.join(", ")) }
}

/// Reads a model file.
pub(super) fn site(path: &Path) -> Result<Site, String> {
    let text = fs::read(path).map_err(|e| {
        format!("cannot read `{}`: {e}\n  help: `brunt learn access.log -o {0}` makes one", path.display())
    })?;
    Site::from_json(&text).map_err(|e| {
        format!("`{}` is no model: {e}\n  help: `brunt learn access.log` makes one", path.display())
    })
}

/// What the flags ask for.
pub(super) fn wanted(site: &Site, args: &FactorArgs, span_s: f64, seed: u64) -> Result<Wanted, String> {
    let given = [
        ("--scale", args.scale, 10_000.0),
        ("--compress", args.compress, 10_000.0),
        ("--writes", args.writes, 1_000.0),
        ("--tail", args.tail, 1_000.0),
        ("--burstiness", args.burstiness, 1_000.0),
    ];
    for (flag, factor, most) in given {
        if !factor.is_finite() || factor < 0.0 || factor > most || (flag != "--burstiness" && factor < 0.001)
        {
            return Err(format!(
                "`{flag} {factor}` is out of range\n  help: write a factor from 0.001 to {most}, e.g. `{flag} 2`"
            ));
        }
    }
    let preset = if args.improved {
        Factors::IMPROVED
    } else if args.black_friday {
        Factors { rate: 5.0, burstiness: 1.5, ..Factors::NONE }
    } else {
        Factors::NONE
    };
    #[expect(clippy::cast_possible_truncation, reason = "durations are bounded by ten days")]
    let span_ms = (span_s * 1_000.0) as i64;
    Ok(Wanted {
        seed,
        start_ms: start(site, &args.at)?,
        span_ms,
        factors: Factors {
            rate: args.scale * preset.rate,
            compress: args.compress,
            writes: args.writes * preset.writes,
            tail: args.tail * preset.tail,
            burstiness: args.burstiness * preset.burstiness,
        },
        self_calls: args.self_calls,
        sources: !args.people_only,
    })
}

const HOUR_MS: i64 = 3_600_000;

/// The moment that is meant: `peak` is the busiest hour of the week after the log's end.
fn start(site: &Site, text: &str) -> Result<i64, String> {
    let end = site.learnt.observed.last().map_or(0, |s| s.to_ms);
    match text {
        "peak" => {
            // 1970-01-01 was a Thursday: the first Monday was four days later.
            let monday = 4 * 24;
            let week = (end.div_euclid(HOUR_MS) - monday).div_euclid(168) + 1;
            return Ok((monday + week * 168 + site.peak_hour()) * HOUR_MS);
        }
        "now" => return Ok(i64::try_from(unix_ms()).unwrap_or(0)),
        _ => {}
    }
    let at = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|day| day.at(0, 0, 0, 0)));
    let at = at.ok().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    at.map(|at| at.timestamp().as_millisecond()).ok_or_else(|| {
        format!("`--at {text}` is no moment\n  help: write `peak`, `now`, `2026-03-16` or `2026-03-16T09:00`")
    })
}

/// Writes requests as a kind of file, and what that needs beside it.
pub(super) fn write_all(
    made: &Synthetic,
    export: Export,
    options: &ExportOptions,
    output: Option<&Path>,
) -> Result<Vec<PathBuf>, String> {
    let Some(companion) = export.companion() else {
        let path = output.map_or_else(|| PathBuf::from(export.file_name()), Path::to_owned);
        write_one(made, export, options, &path)?;
        return Ok(vec![path]);
    };
    let folder = output.map_or_else(|| PathBuf::from("."), Path::to_owned);
    fs::create_dir_all(&folder).map_err(|e| format!("cannot make `{}`: {e}", folder.display()))?;
    let (script, requests) = (folder.join(export.file_name()), folder.join(&options.schedule_file));
    write_one(made, export, options, &script)?;
    write_one(made, companion, options, &requests)?;
    Ok(vec![script, requests])
}

fn write_one(made: &Synthetic, export: Export, options: &ExportOptions, path: &Path) -> Result<(), String> {
    let fail = |e: std::io::Error| format!("cannot write `{}`: {e}", path.display());
    let mut out = BufWriter::new(File::create(path).map_err(fail)?);
    write_export(made, export, options, &mut out).map_err(fail)?;
    out.flush().map_err(fail)
}
