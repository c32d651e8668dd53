//! Whether a target takes connections, and whether it says that it is well.

use super::{Check, Health};
use crate::args::RunArgs;
use crate::around::in_world;
use crate::exit;
use crate::load;
use crate::run::way_to_ready;
use brunt_deliver::{HookError, act};
use brunt_http::{Settings, wait_until_ready};
use brunt_metrics::Nanos;
use brunt_plan::Lowered;
use brunt_workload::{Act, Hook, HookRequest, Text};
use clap::Parser;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where services say that they are well.
const HEALTH_PATHS: [&str; 4] = ["/health", "/api/health", "/gateway-health", "/healthz"];

/// The arguments of a run that only looks.
#[derive(Parser)]
struct Looking {
    #[command(flatten)]
    run: RunArgs,
}

/// What `brunt run WHAT` would load.
fn lowered(what: &str) -> Result<Lowered, String> {
    let looking = Looking::try_parse_from(["brunt", what]).map_err(|e| e.to_string())?;
    let mut all = load::workloads(&looking.run).map_err(|e| e.to_string())?;
    if all.is_empty() { Err("it has nothing to run".into()) } else { Ok(all.swap_remove(0)) }
}

/// Whether there is something to run in it.
pub(super) fn is_valid(path: &str) -> bool {
    lowered(path).is_ok()
}

pub(super) fn url(url: &str, health: &[String], wait: Nanos) -> Vec<Check> {
    match lowered(url) {
        Ok(lowered) => look(lowered, health, wait),
        Err(e) => vec![Check::new(Health::Fail, "target", format!("`{url}`: {e}")).code(exit::USAGE)],
    }
}

/// The target of a plan that is valid: with one of its profiles, where each names its own.
pub(super) fn of_plan(path: &str, health: &[String], wait: Nanos) -> Vec<Check> {
    match lowered(path) {
        Ok(lowered) => look(lowered, health, wait),
        Err(_) => vec![
            Check::new(Health::Info, "target", format!("`{path}` names none by itself"))
                .help("look at it beside the plan: `brunt doctor plan.yaml http://127.0.0.1:8080`"),
        ],
    }
}

fn look(lowered: Lowered, health: &[String], wait: Nanos) -> Vec<Check> {
    let workload = Arc::new(lowered.workload);
    let settings = match Settings::prepare(&workload) {
        Ok(settings) => settings,
        Err(e) => return vec![Check::new(Health::Fail, "target", e.to_string()).code(exit::USAGE)],
    };
    let mut checks = Vec::new();
    let names: Vec<String> = workload.target.origins.iter().map(brunt_workload::Origin::authority).collect();
    let target = names.join(", ");
    match wait_until_ready(&settings, wait, |_| {}) {
        Ok(()) => checks.push(Check::new(Health::Ok, "target", format!("{target} takes connections"))),
        Err(e) => {
            let down = Check::new(Health::Fail, "target", e.to_string()).help(way_to_ready(&e));
            return vec![down.code(exit::NOT_READY)];
        }
    }
    for origin in workload.target.origins.iter().filter(|o| o.unix.is_none()) {
        let base = format!("{}://{}", origin.scheme.name(), origin.authority());
        let own: Vec<String> = HEALTH_PATHS.map(String::from).into();
        let asked = if health.is_empty() { &own } else { health };
        let request = |path: &String| Hook {
            act: Act::Http(HookRequest {
                method: "GET".into(),
                url: Text::literal(format!("{base}{path}")),
                headers: Vec::new(),
                body: None,
                status: vec![(200, 299)],
            }),
            timeout: wait,
        };
        let tls = workload.target.tls.clone();
        let ask = |path: &String| {
            in_world(&tls, &AtomicBool::new(false), |world| act(&request(path), world).result)
        };
        checks.extend(healthy(&base, asked, !health.is_empty(), ask));
    }
    checks
}

/// All paths that were asked for must answer; of the usual ones, one.
fn healthy(
    base: &str,
    paths: &[String],
    asked_for: bool,
    ask: impl Fn(&String) -> Result<(), HookError>,
) -> Vec<Check> {
    let mut unwell = Vec::new();
    let mut checks = Vec::new();
    for path in paths {
        match ask(path) {
            Ok(()) => {
                checks.push(Check::new(Health::Ok, "health", format!("{base}{path} says that it is well")));
                if !asked_for {
                    return checks;
                }
            }
            Err(HookError::Status(404 | 405)) if !asked_for => {}
            Err(e) => unwell.push((path, e)),
        }
    }
    for (path, e) in &unwell {
        let check = Check::new(Health::Fail, "health", format!("{base}{path} {e}"));
        checks.push(
            check
                .help(format!("look at it yourself: `curl -f {base}{path}`; is all that it needs running?"))
                .code(exit::NOT_READY),
        );
    }
    if checks.is_empty() {
        let check = Check::new(Health::Info, "health", format!("{base} has none of {}", paths.join(", ")));
        checks.push(check.help("name the path: `--health /status`"));
    }
    checks
}
