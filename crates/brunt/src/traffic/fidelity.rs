//! `brunt fidelity`: how alike traffic is to a real log.

use super::drive::{Traffic, is_traffic};
use super::read::read;
use super::synth::site;
use crate::args::{FidelityArgs, FormatArgs};
use crate::console::Console;
use crate::exit;
use brunt_traffic::{Judged, Likeness, Observed, Synthetic, likeness};
use std::fs;
use std::path::Path;

/// A measure above its limit: as an objective that was not held.
const ABOVE: u8 = 97;

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
    let limits = args.fail_over.iter().map(|text| limit(text)).collect::<Result<Vec<_>, _>>()?;
    let real = read(&args.real, &args.format, console).map_err(|e| e.to_string())?.observed;
    let likeness = judge(&real, &args.synthetic, (args.draws, args.seed), console)?;
    if args.json {
        console.println(serde_json::to_string_pretty(&likeness).map_err(|e| e.to_string())?);
    } else {
        console.print(&likeness.text());
    }
    let mut code = 0;
    for (name, most) in limits {
        let of = likeness.measures.iter().find(|m| m.aspect.name().eq_ignore_ascii_case(&name));
        let Some(of) = of else {
            let known: Vec<&str> = likeness.measures.iter().map(|m| m.aspect.name()).collect();
            return Err(format!("`--fail-over {name}` is not measured\n  help: one of {}", known.join(", ")));
        };
        // What could not be measured holds no limit.
        if of.value.is_nan() || of.value > most {
            console.println(format!("failed    {name} is {:.3}, above {most}", of.value));
            code = ABOVE;
        }
    }
    Ok(code)
}

fn limit(text: &str) -> Result<(String, f64), String> {
    let pair =
        text.split_once('=').and_then(|(name, limit)| Some((name.to_owned(), limit.parse::<f64>().ok()?)));
    pair.filter(|(_, limit)| limit.is_finite()).ok_or_else(|| {
        format!("`--fail-over {text}` is no limit\n  help: write e.g. `--fail-over sessions=0.6`")
    })
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
