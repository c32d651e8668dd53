//! Models, generated requests and logs as what `brunt run` drives.

use super::read::each;
use super::synth::{site, wanted};
use crate::args::{FactorArgs, RunArgs};
use crate::load::{self, LoadError};
use brunt_logs::{Log, open};
use brunt_plan::Lowered;
use brunt_traffic::synth::synthesise;
use brunt_traffic::{Synthetic, put_into, replayed};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a file is that holds traffic rather than a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// `brunt learn` wrote it.
    Model,
    /// `brunt synth` wrote it.
    Requests,
    /// A server did.
    Log,
}

/// How much of a file is looked at.
const HEAD: u64 = 4_096;

/// What a file is, by how it begins; `None` for plans and everything else. What can be read only once, as a pipe, is not looked at: a
/// plan may come through it.
pub(crate) fn is_traffic(path: &Path, from: Option<&str>) -> Option<Traffic> {
    match from {
        Some("model") => return Some(Traffic::Model),
        Some("requests") => return Some(Traffic::Requests),
        Some("log") => return Some(Traffic::Log),
        Some(_) => return None,
        None => {}
    }
    if !path.is_file() {
        return None;
    }
    let mut head = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let text = String::from_utf8_lossy(&head);
    let start = text.trim_start();
    if start.starts_with('{') {
        let near = start.get(..200.min(start.len())).unwrap_or(start);
        if near.contains("\"brunt_model\"") {
            return Some(Traffic::Model);
        }
        if near.contains("\"brunt_synthetic\"") {
            return Some(Traffic::Requests);
        }
    }
    let known = ["yaml", "yml", "json", "toml", "har", "conf", "txt", "jsonl"];
    if path.extension().is_some_and(|e| known.iter().any(|k| e.eq_ignore_ascii_case(k))) {
        return None;
    }
    let mut log = Log::new(open(File::open(path).ok()?).ok()?);
    matches!(log.entry(), Ok(Some(_))).then_some(Traffic::Log)
}

/// How long a model drives if nobody says.
const SPAN: &str = "10m";

/// The workload of a file with traffic.
pub(crate) fn workload(args: &RunArgs, path: &Path, kind: Traffic) -> Result<Vec<Lowered>, LoadError> {
    let Some(target) = &args.target else {
        let text = format!(
            "`{0}` says what is asked for, not where\n  = help: `brunt run {0} --target http://127.0.0.1:8080`",
            path.display()
        );
        return Err(LoadError::Usage(text));
    };
    load::refuse_load_flags(args)?;
    let synthetic = match kind {
        Traffic::Model => of_model(args, path)?,
        Traffic::Requests => of_requests(args, path)?,
        Traffic::Log => of_log(args, path)?,
    };
    let mut lowered = match &args.base {
        Some(plan) => load::base(args, plan)?,
        None => load::pattern(args, target)?,
    };
    put_into(&mut lowered.workload, &synthetic)
        .map_err(|e| LoadError::Usage(format!("`{}` cannot be driven: {e}", path.display())))?;
    if let Some(cap) = args.max_users {
        cap_users(&mut lowered, cap);
    }
    Ok(vec![lowered])
}

fn cap_users(lowered: &mut Lowered, most: u64) {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    for scenario in &mut lowered.workload.scenarios {
        if let brunt_workload::Supply::Elastic { initial, cap } = &mut scenario.supply {
            *cap = most.max(1);
            *initial = (*initial).min(*cap);
        }
    }
}

fn usage(text: String) -> LoadError {
    LoadError::Usage(text)
}

fn of_model(args: &RunArgs, path: &Path) -> Result<Synthetic, LoadError> {
    let site = site(path).map_err(usage)?;
    let span = load::duration("--duration", args.duration.as_deref().unwrap_or(SPAN))?;
    let seed = args.seed.unwrap_or(1);
    let wanted = wanted(&site, &args.traffic, span.as_secs_f64(), seed).map_err(usage)?;
    Ok(synthesise(&site, &wanted))
}

fn of_requests(args: &RunArgs, path: &Path) -> Result<Synthetic, LoadError> {
    let text =
        std::fs::read(path).map_err(|source| LoadError::File { path: path.display().to_string(), source })?;
    let made = Synthetic::from_json(&text)
        .map_err(|e| usage(format!("`{}` holds no generated requests: {e}", path.display())))?;
    Ok(cut(made, args)?.sped_up(args.traffic.compress))
}

fn of_log(args: &RunArgs, path: &Path) -> Result<Synthetic, LoadError> {
    let mut replay = replayed(&path.display().to_string());
    each(&[PathBuf::from(path)], None, |entry| replay.take(entry)).map_err(|e| usage(e.to_string()))?;
    Ok(cut(replay.finish(), args)?.sped_up(args.traffic.compress))
}

/// As long as `--duration` asks for, before it is sped up.
fn cut(mut made: Synthetic, args: &RunArgs) -> Result<Synthetic, LoadError> {
    if let Some(text) = &args.duration {
        let span = load::duration("--duration", text)?.as_secs_f64() * 1_000.0 * args.traffic.compress;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by ten days")]
        let span = span as u64;
        made.requests.retain(|r| r.at_ms < span);
        made.span_ms = made.span_ms.min(span);
    }
    Ok(made)
}

/// Whether any flag about traffic was given.
pub(crate) fn asks(args: &FactorArgs) -> bool {
    let changed = |f: f64| (f - 1.0).abs() > 1e-12;
    args.at != "peak"
        || [args.scale, args.compress, args.writes, args.tail, args.burstiness].into_iter().any(changed)
        || args.improved
        || args.black_friday
        || args.people_only
        || args.self_calls
}
