//! `brunt fidelity`: how alike traffic is to a real log.

use super::drive::{Traffic, is_traffic};
use super::figures;
use super::read::read;
use super::synth::site;
use super::watch::watch;
use crate::args::{FidelityArgs, FormatArgs};
use crate::console::Console;
use crate::exit;
use brunt_traffic::{Aspect, Judged, Likeness, Observed, Synthetic, likeness};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A measure above its limit: as an objective that was not held.
pub(super) const ABOVE: u8 = 97;

/// `brunt fidelity`.
pub(crate) fn fidelity(args: &FidelityArgs, console: Console) -> u8 {
    match work(args, console) {
        Ok(code) => code,
        Err(text) => {
            console.error(text);
            exit::USAGE
        }
    }
}

fn work(args: &FidelityArgs, console: Console) -> Result<u8, String> {
    let limits = args.fail_over.iter().map(|text| limit(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
    if let Some(log) = &args.watch_log {
        return watch(args, log, limits, console);
    }
    let real = read(&args.real, &args.format, console).map_err(|e| e.to_string())?.observed;
    let likeness = judge(&real, &args.synthetic, (args.draws, args.seed), console)?;
    if args.json {
        console.println(serde_json::to_string_pretty(&likeness).map_err(|e| e.to_string())?);
    } else {
        console.print(&likeness.text());
    }
    if let Some(folder) = &args.figures {
        let name =
            |path: &Path| path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let real = args.real.first().map_or_else(String::new, |path| name(path));
        let both = format!("{real} and {}", name(&args.synthetic));
        figures::write(&figures::of_likeness(&both, &likeness), folder, console)?;
    }
    let mut code = 0;
    for (aspect, most) in limits {
        // What could not be measured holds no limit.
        let value = likeness.measures.iter().find(|m| m.aspect == aspect).map_or(f64::NAN, |m| m.value);
        if value.is_nan() || value > most {
            console.println(format!("failed    {} is {value:.3}, above {most}", aspect.name()));
            code = ABOVE;
        }
    }
    Ok(code)
}

fn limit(text: &str) -> Result<(Aspect, f64), String> {
    let pair = text.split_once('=').and_then(|(name, limit)| Some((name, limit.parse::<f64>().ok()?)));
    let (name, limit) = pair.filter(|(_, limit)| limit.is_finite()).ok_or_else(|| {
        format!("`--fail-over {text}` is no limit\n  help: write e.g. `--fail-over sessions=0.6`")
    })?;
    let aspect = Aspect::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known = Aspect::ALL.map(Aspect::name).join(", ");
        format!("`--fail-over {name}` is not measured\n  help: one of {known}")
    })?;
    Ok((aspect, limit))
}

/// Judges a file, whatever it holds.
pub(super) fn judge(
    real: &Observed,
    path: &Path,
    (draws, seed): (u16, u64),
    console: Console,
) -> Result<Likeness, String> {
    match is_traffic(path, None) {
        Some(Traffic::Model) => Ok(likeness(real, &Judged::Model(&site(path)?, draws), seed)),
        Some(Traffic::Requests) => {
            let text = fs::read(path).map_err(|e| format!("cannot read `{}`: {e}", path.display()))?;
            let made = Synthetic::from_json(&text)
                .map_err(|e| format!("`{}` holds no generated requests: {e}", path.display()))?;
            Ok(likeness(real, &Judged::Requests(&made), seed))
        }
        Some(Traffic::Log) | None => {
            let log = read(&[path.to_owned()], &FormatArgs::default(), console)
                .map_err(|e| e.to_string())?
                .observed;
            Ok(likeness(real, &Judged::Log(&log), seed))
        }
    }
}
