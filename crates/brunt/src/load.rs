//! From arguments to a workload.

use crate::args::{CheckArgs, RunArgs};
use crate::console::{Console, unix_ms};
use crate::exit;
use brunt_metrics::Nanos;
use brunt_plan::{Lowered, Overrides, QuickBody, QuickOptions, Report, Source, lower, lower_quick};
use brunt_workload::HttpVersion;
use std::fs;
use std::path::Path;

/// Why there is no workload.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{0}")]
    Plan(#[from] Report),
    #[error("cannot read `{path}`: {source}{}", hint(.path))]
    File { path: String, source: std::io::Error },
    #[error("{0}")]
    Usage(String),
}

/// What someone may have meant who named a file that is not there.
fn hint(what: &str) -> String {
    if Path::new(what).extension().is_none() || what.contains('/') && !what.starts_with(['.', '/']) {
        format!("\n  = help: a URL starts with `http://` or `https://`: `brunt run http://{what}`")
    } else {
        "\n  = help: is the path right? a plan is a `.yaml`, `.json` or `.toml` file".to_owned()
    }
}

/// The workload of `brunt run`.
pub(crate) fn workload(args: &RunArgs) -> Result<Lowered, LoadError> {
    let is_url = args.what.contains("://");
    if is_url {
        if let Some(target) = &args.target {
            let text = format!(
                "`--target {target}` is for plans\n  = help: give that URL instead: `brunt run {target}`"
            );
            return Err(LoadError::Usage(text));
        }
        if args.rate.is_some() && args.users.is_some() && args.max_users.is_some() {
            let text =
                "beside `--rate`, `--users` and `--max-users` say the same\n  = help: keep one of them";
            return Err(LoadError::Usage(text.to_owned()));
        }
        return Ok(lower_quick(&quick(args), &|path| fs::read(path))?);
    }
    refuse_url_flags(args)?;
    let overrides = Overrides { target: args.target.clone(), seed: args.seed, default_seed: unix_ms() };
    Ok(lower(&source(Path::new(&args.what))?, &overrides, &|path| fs::read(path))?)
}

fn source(path: &Path) -> Result<Source, LoadError> {
    let bytes =
        fs::read(path).map_err(|source| LoadError::File { path: path.display().to_string(), source })?;
    Ok(Source::from_bytes(path, bytes)?)
}

fn quick(args: &RunArgs) -> QuickOptions {
    let body = match (&args.body, &args.body_file) {
        (Some(text), _) => Some(QuickBody::Text(text.clone())),
        (None, Some(file)) => Some(QuickBody::File(file.clone())),
        (None, None) => None,
    };
    QuickOptions {
        url: args.what.clone(),
        users: args.users,
        rate: args.rate.clone(),
        duration: args.duration.clone(),
        requests: args.requests,
        spawn_rate: args.spawn_rate.clone(),
        max_users: args.max_users,
        think: args.think.clone(),
        warm_up: args.warm_up.clone(),
        method: args.method.clone(),
        headers: args.header.clone(),
        body,
        timeout: args.timeout.clone(),
        redirects: args.redirects,
        version: if args.http2 { HttpVersion::Http2 } else { HttpVersion::Http1 },
        no_keep_alive: args.no_keepalive,
        shared_connections: args.shared_connections,
        connect_to: args.connect_to.clone(),
        insecure: args.insecure,
        ca: args.cacert.clone(),
        cert: args.cert.clone(),
        key: args.key.clone(),
        seed: args.seed,
        default_seed: unix_ms(),
    }
}

/// A plan says these itself: given beside one they would be ignored, which nobody means.
fn refuse_url_flags(args: &RunArgs) -> Result<(), LoadError> {
    let given = [
        ("--users", args.users.is_some()),
        ("--rate", args.rate.is_some()),
        ("--duration", args.duration.is_some()),
        ("--requests", args.requests.is_some()),
        ("--spawn-rate", args.spawn_rate.is_some()),
        ("--max-users", args.max_users.is_some()),
        ("--think", args.think.is_some()),
        ("--warm-up", args.warm_up.is_some()),
        ("--method", args.method.is_some()),
        ("--header", !args.header.is_empty()),
        ("--body", args.body.is_some()),
        ("--body-file", args.body_file.is_some()),
        ("--timeout", args.timeout.is_some()),
        ("--redirects", args.redirects.is_some()),
        ("--http2", args.http2),
        ("--no-keepalive", args.no_keepalive),
        ("--shared-connections", args.shared_connections.is_some()),
        ("--connect-to", !args.connect_to.is_empty()),
        ("--insecure", args.insecure),
        ("--cacert", args.cacert.is_some()),
        ("--cert", args.cert.is_some()),
    ];
    let given: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect();
    if given.is_empty() {
        return Ok(());
    }
    Err(LoadError::Usage(format!(
        "{} cannot be used with a plan\n  = help: write it in `{}`; with a plan, `--target` and `--seed` may be \
         given (a URL starts with `http://` or `https://`)",
        given.join(", "),
        args.what,
    )))
}

/// A time from the command line: `30s`, or bare seconds.
pub(crate) fn duration(flag: &str, text: &str) -> Result<Nanos, LoadError> {
    brunt_plan::parse_duration_cli(text).map_err(|problem| {
        LoadError::Usage(format!(
            "`{text}` is not a time for `{flag}`: {}\n  = help: write e.g. `30s`",
            problem.label()
        ))
    })
}

/// `brunt check`.
pub(crate) fn check(args: &CheckArgs, console: Console) -> u8 {
    let mut code = 0;
    for path in &args.plans {
        let overrides = Overrides { target: None, seed: None, default_seed: 0 };
        let lowered = source(path).and_then(|s| Ok(lower(&s, &overrides, &|path| fs::read(path))?));
        match lowered {
            Ok(lowered) => {
                if !lowered.warnings.diagnostics.is_empty() {
                    console.note(lowered.warnings.render(console.plan_style()));
                }
                let scenarios = lowered.workload.scenarios.len();
                let plural = if scenarios == 1 { "" } else { "s" };
                console.println(format!("{}: valid, {scenarios} scenario{plural}", path.display()));
            }
            Err(problem) => {
                show(&problem, console);
                code = exit::USAGE;
            }
        }
    }
    code
}

/// Prints why there is no workload.
pub(crate) fn show(problem: &LoadError, console: Console) {
    match problem {
        LoadError::Plan(report) => console.note(report.render(console.plan_style()).trim_end()),
        LoadError::File { .. } | LoadError::Usage(_) => console.error(problem),
    }
}

/// `brunt schema`.
pub(crate) fn schema(console: Console) -> u8 {
    console.println(format!("{:#}", brunt_plan::json_schema()));
    0
}
