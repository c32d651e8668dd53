//! `brunt fidelity --watch-log`: whether a log that grows is still what a model learnt.

use super::drive::{Traffic, is_traffic};
use super::fidelity::ABOVE;
use super::follow::Follow;
use super::read::{given, read_part};
use super::synth::site;
use crate::args::FidelityArgs;
use crate::console::Console;
use crate::load;
use brunt_logs::Log;
use brunt_traffic::site::Site;
use brunt_traffic::{Aspect, Crossed, Key, Likeness, Limits, MOST_EVENTS, Observer, Part, expected, look};
use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

/// Where this many requests should have come and none did, the log is silent.
const MISSED: f64 = 20.0;

/// Looks at the log again and again; says how each look came out.
pub(super) fn watch(
    args: &FidelityArgs,
    path: &Path,
    given_limits: BTreeMap<Aspect, f64>,
    console: Console,
) -> Result<u8, String> {
    if is_traffic(&args.synthetic, None) != Some(Traffic::Model) {
        return Err(format!(
            "`{}` is no model\n  help: `--watch-log` compares with what `brunt learn` wrote",
            args.synthetic.display()
        ));
    }
    let site = site(&args.synthetic)?;
    let time = |name, text: &str| load::duration(name, text).map(Duration::from).map_err(|e| e.to_string());
    let (window, every) = (time("--window", &args.window)?, time("--every", &args.every)?);
    if window.is_zero() || every.is_zero() {
        return Err(
            "`--window` and `--every` must be longer than nothing\n  help: e.g. `--window 6h --every 10m`"
                .into(),
        );
    }
    let looks = match &args.span {
        Some(text) => time("--for", text)?.as_nanos().div_ceil(every.as_nanos()),
        None => u128::MAX,
    };
    let window_ms = i64::try_from(window.as_millis()).unwrap_or(i64::MAX / 4);
    let limits = limits(args, &site, window_ms, given_limits, console)?;
    let fail = |e: &dyn std::fmt::Display| format!("cannot read `{}`: {e}", path.display());
    let follow = BufReader::new(Follow::open(path.to_owned()).map_err(|e| fail(&e))?);
    let mut log = match given(&args.format).map_err(|e| e.to_string())? {
        Some(format) => Log::with_format(follow, format),
        None => Log::new(follow),
    };
    let mut kept: Option<Part> = None;
    let mut code = 0;
    let mut silent = Duration::ZERO;
    let mut skipped = 0;
    for nth in 0..looks {
        if nth > 0 {
            pause(every);
        }
        let mut observer = Observer::new(MOST_EVENTS, Key::default());
        while let Some(entry) = log.entry().map_err(|e| fail(&e))? {
            observer.take(&entry);
        }
        if log.skipped().lines > skipped {
            console.note(format!("{} lines are no requests", log.skipped().lines - skipped));
            skipped = log.skipped().lines;
        }
        let new = observer.part();
        silent = if new.taken() == 0 && nth > 0 { silent + every } else { Duration::ZERO };
        let all = match kept.take() {
            Some(before) => before.merge(new, MOST_EVENTS).map_err(|e| fail(&e))?,
            None => new,
        };
        let end = all.last_ms().map_or(0, |last| last + 1);
        let now = all.between(end.saturating_sub(window_ms), end);
        let seen = Look {
            from_unix_ms: end - window_ms,
            to_unix_ms: end,
            requests: now.taken(),
            likeness: look(&now, &site, (args.draws, args.seed)),
            missed: expected(&site, end, end + i64::try_from(silent.as_millis()).unwrap_or(0)),
        };
        let crossed = seen.likeness.as_ref().map(|l| limits.crossed(l)).unwrap_or_default();
        if !crossed.is_empty() || seen.missed > MISSED {
            code = ABOVE;
        }
        console.println(if args.json { seen.json(&crossed) } else { seen.text(&crossed) });
        kept = Some(now);
    }
    Ok(code)
}

/// What drift is: as given, as the reference shows, or as the measures say themselves.
fn limits(
    args: &FidelityArgs,
    site: &Site,
    window_ms: i64,
    given: BTreeMap<Aspect, f64>,
    console: Console,
) -> Result<Limits, String> {
    if !given.is_empty() {
        return Ok(Limits::Given(given));
    }
    if args.real.is_empty() {
        return Ok(Limits::Verdicts);
    }
    let reference =
        read_part(&args.real, &args.format, Key::default(), console).map_err(|e| e.to_string())?;
    Limits::of_reference(&reference, site, window_ms, (args.draws, args.seed)).ok_or_else(|| {
        format!(
            "`--real` holds fewer than four windows of {} with a hundred requests: it does not show how far measures scatter when all is well\n  \
             help: a longer log, a shorter `--window`, or limits of your own by `--fail-over`",
            args.window
        )
    })
}

/// One look at the log.
struct Look {
    from_unix_ms: i64,
    to_unix_ms: i64,
    requests: u64,
    /// `None` where there were too few requests.
    likeness: Option<Likeness>,
    /// Requests that the model expected while none came.
    missed: f64,
}

impl Look {
    fn text(&self, crossed: &[Crossed]) -> String {
        let mut says: Vec<String> = crossed
            .iter()
            .map(|c| format!("{} {:.3} above {:.3}", c.aspect.name(), c.value, c.limit))
            .collect();
        if self.missed > MISSED {
            says.push(format!("no request, where {:.0} were expected", self.missed));
        }
        let told = match (says.is_empty(), self.likeness.is_some()) {
            (true, true) => "as it was learnt".to_owned(),
            (true, false) => "too few to tell".to_owned(),
            (false, _) => format!("drift: {}", says.join(", ")),
        };
        let (from, to) = (moment(self.from_unix_ms), moment(self.to_unix_ms));
        format!("{from} to {to}  {} requests  {told}", self.requests)
    }

    /// One line.
    fn json(&self, crossed: &[Crossed]) -> String {
        serde_json::json!({
            "from_unix_ms": self.from_unix_ms, "to_unix_ms": self.to_unix_ms, "requests": self.requests,
            "measures": self.likeness.as_ref().map(|l| &l.measures), "missed": self.missed, "drift": crossed,
            "silent": self.missed > MISSED,
        })
        .to_string()
    }
}

fn moment(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms)
        .map_or_else(|_| unix_ms.to_string(), |t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

#[expect(clippy::disallowed_methods, reason = "between looks nothing runs: the log grows")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
