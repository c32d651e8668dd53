//! From arguments to workloads: a URL with flags, a plan, another tool's file; one workload a profile.

use crate::args::{CheckArgs, RunArgs};
use crate::console::{Console, env, unix_ms};
use crate::exit;
use crate::traffic::{self, is_traffic};
use brunt_metrics::Nanos;
use brunt_metrics::ScenarioId;
use brunt_plan::{
    Foreign, ImportOptions, LoadOverride, Lowered, Overrides, QuickBody, QuickOptions, Report, SecretValues,
    Source, Surroundings, TagFilter, locust_settings, lower, lower_foreign, lower_quick, profiles, recognise,
};
use brunt_traffic::site::Sent;
use brunt_workload::{Body, Draw, HttpVersion, IterationIndex, Memory, Scope, Text};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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

/// What plans may read.
pub(crate) const SURROUNDINGS: Surroundings<'static> = Surroundings { files: &read_file, env: &env };

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    // A device or a pipe may never end.
    if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    fs::read(path)
}

/// What is to be run, and how it is called.
pub(crate) enum What {
    Url(String),
    File(PathBuf),
}

/// The workloads of `brunt run`, to be run one after the other.
pub(crate) fn workloads(args: &RunArgs) -> Result<Vec<Lowered>, LoadError> {
    match what(args)? {
        What::Url(url) => of_url(args, &url),
        What::File(path) => of_file(args, &path),
    }
}

fn what(args: &RunArgs) -> Result<What, LoadError> {
    let Some(what) = args.file.as_ref().or(args.what.as_ref()) else {
        let text = "what is to be loaded?\n  = help: `brunt run http://127.0.0.1:8080`, `brunt run plan.yaml`, or \
                    `brunt demo` to see one run; `brunt init` writes a first plan";
        return Err(LoadError::Usage(text.to_owned()));
    };
    if what.contains("://") {
        return Ok(What::Url(what.clone()));
    }
    let path = PathBuf::from(what);
    let script = match path.extension().and_then(|e| e.to_str()) {
        Some("py") => Some("locustfiles in Python"),
        Some("js" | "ts" | "mjs") => Some("k6 scripts"),
        Some(_) | None => None,
    };
    if let Some(kind) = script {
        let text = format!(
            "`{what}`: {kind} cannot be run yet\n  = help: write the journeys as a plan (`brunt init` begins one), or \
             bring k6's options as JSON, a HAR file or an OpenAPI document: `brunt convert FILE`"
        );
        return Err(LoadError::Usage(text));
    }
    Ok(What::File(path))
}

fn of_url(args: &RunArgs, url: &str) -> Result<Vec<Lowered>, LoadError> {
    if let Some(target) = &args.target {
        let text = format!(
            "`--target {target}` is for plans\n  = help: give that URL instead: `brunt run {target}`"
        );
        return Err(LoadError::Usage(text));
    }
    if args.rate.is_some() && args.users.is_some() && args.max_users.is_some() {
        let text = "beside `--rate`, `--users` and `--max-users` say the same\n  = help: keep one of them";
        return Err(LoadError::Usage(text.to_owned()));
    }
    if let Some(flag) = plan_flag(args) {
        let text = format!("{flag} cannot be used with a URL\n  = help: name a plan: `brunt run plan.yaml`");
        return Err(LoadError::Usage(text));
    }
    if args.preset.is_empty() {
        return Ok(vec![lower_quick(&quick(args, url, None), &SURROUNDINGS)?]);
    }
    let one = |preset: &String| Ok(lower_quick(&quick(args, url, Some(preset.clone())), &SURROUNDINGS)?);
    args.preset.iter().map(one).collect()
}

fn of_file(args: &RunArgs, path: &Path) -> Result<Vec<Lowered>, LoadError> {
    if let Some(kind) = is_traffic(path, args.from.as_deref()) {
        return traffic::workload(args, path, kind);
    }
    if traffic::asks(&args.traffic) || args.base.is_some() {
        return Err(LoadError::Usage(format!(
            "`{}` is a plan: flags about traffic are for models, generated requests and logs\n  = help: `brunt learn access.log` \
             makes a model",
            path.display()
        )));
    }
    refuse_url_flags(args, path)?;
    let source = source(path)?;
    let overrides = overrides(args)?;
    let mut out = Vec::new();
    for profile in chosen(&args.profile, &source)? {
        for preset in optional(&args.preset) {
            let overrides = Overrides { profile: profile.clone(), preset, ..overrides.clone() };
            out.push(lower_any(&source, args.from.as_deref(), &overrides)?);
        }
    }
    Ok(out)
}

/// The first flag that only a plan has a use for, if one was given.
fn plan_flag(args: &RunArgs) -> Option<&'static str> {
    let for_plans = [
        ("--profile", !args.profile.is_empty()),
        ("--env", args.env.is_some()),
        ("--set", !args.set.is_empty()),
        ("--tags", !args.tags.is_empty()),
        ("--exclude-tags", !args.exclude_tags.is_empty()),
        ("user classes", !args.classes.is_empty()),
        ("--stop-timeout", args.stop_timeout.is_some()),
    ];
    for_plans.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
}

/// Traffic says itself what is sent and when: flags that say so too would be ignored, which nobody means.
pub(crate) fn refuse_load_flags(args: &RunArgs) -> Result<(), LoadError> {
    let given = [
        ("--rate", args.rate.is_some()),
        ("--users", args.users.is_some()),
        ("--spawn-rate", args.spawn_rate.is_some()),
        ("--requests", args.requests.is_some()),
        ("--think", args.think.is_some()),
        ("--warm-up", args.warm_up.is_some()),
        ("--method", args.method.is_some()),
        ("--body", args.body.is_some()),
        ("--body-file", args.body_file.is_some()),
        ("--preset", !args.preset.is_empty()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(LoadError::Usage(format!(
            "{flag} cannot be used with traffic that says itself what is sent and when\n  = help: `--scale 2` doubles it, \
             `--compress 24` plays a day in an hour"
        ))),
    }
}

/// What generated requests are sent as: a request to this URL, with the flags for one.
pub(crate) fn pattern(args: &RunArgs, target: &str) -> Result<Lowered, LoadError> {
    if let Some(flag) = plan_flag(args) {
        return Err(LoadError::Usage(format!(
            "{flag} is for plans\n  = help: `--base plan.yaml` sends the traffic as the first request of a plan is sent"
        )));
    }
    let once = RunArgs { max_users: None, requests: Some(1), duration: None, ..args.clone() };
    Ok(lower_quick(&quick(&once, target, None), &SURROUNDINGS)?)
}

/// What generated requests are sent as: like the first request of a plan, with its target, headers, login and checks.
pub(crate) fn base(args: &RunArgs, plan: &Path) -> Result<Lowered, LoadError> {
    refuse_url_flags(&RunArgs { max_users: None, ..args.clone() }, plan)?;
    let overrides = Overrides { load: LoadOverride::default(), ..overrides(args)? };
    lower_any(&source(plan)?, None, &overrides)
}

/// What an operation of an API is sent.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) sent: Sent,
}

/// The operations of an OpenAPI document that take a body, with an example of it each.
pub(crate) fn bodies(path: &Path) -> Result<Vec<Operation>, LoadError> {
    let overrides = Overrides { target: Some("http://127.0.0.1".to_owned()), ..Overrides::default() };
    let workload = lower_any(&source(path)?, Some("openapi"), &overrides)?.workload;
    let memory = Memory::default();
    let scope = Scope { feeds: &workload.feeds, memory: &memory };
    let mut operations = Vec::new();
    for (i, request) in workload.requests.iter().enumerate() {
        let mut draw = Draw::new(1, ScenarioId(0), IterationIndex::arrival(i as u64));
        let mut render = |text: &Text| {
            let mut out = Vec::new();
            text.render(&mut draw, &scope, &mut out).ok().map(|()| String::from_utf8_lossy(&out).into_owned())
        };
        let body = match &request.body {
            Body::None => None,
            Body::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Body::Text(text) => render(text),
        };
        let Some((target, text)) = render(&request.target).zip(body) else { continue };
        let kind = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let content_type =
            kind.and_then(|(_, value)| render(value)).unwrap_or_else(|| "application/json".to_owned());
        let path = target.split('?').next().unwrap_or("/").to_owned();
        operations.push(Operation {
            method: request.method.clone(),
            path,
            sent: Sent { content_type, text },
        });
    }
    Ok(operations)
}

/// Each of them, or once nothing.
fn optional(names: &[String]) -> Vec<Option<String>> {
    if names.is_empty() { vec![None] } else { names.iter().cloned().map(Some).collect() }
}

/// The profiles asked for; `all` stands for all of the plan's.
fn chosen(asked: &[String], source: &Source) -> Result<Vec<Option<String>>, LoadError> {
    let known = profiles(source).names;
    if asked.iter().any(|name| name == "all") && !known.iter().any(|name| name == "all") {
        if known.is_empty() {
            let text = format!("`{}` has no profiles\n  = help: run it without `--profile`", source.name);
            return Err(LoadError::Usage(text));
        }
        return Ok(known.into_iter().map(Some).collect());
    }
    Ok(optional(asked))
}

fn overrides(args: &RunArgs) -> Result<Overrides, LoadError> {
    let load = LoadOverride {
        users: args.users,
        spawn_rate: args.spawn_rate.clone(),
        duration: args.duration.clone(),
        grace: args.stop_timeout.clone(),
        classes: args.classes.clone(),
    };
    Ok(Overrides {
        environment: args.env.clone(),
        load,
        set: settings(&args.set)?,
        tags: TagFilter { include: args.tags.clone(), exclude: args.exclude_tags.clone() },
        target: args.target.clone(),
        seed: args.seed,
        default_seed: unix_ms(),
        metrics: args.metrics.clone(),
        ..Overrides::default()
    })
}

/// `key=value`, each.
fn settings(texts: &[String]) -> Result<Vec<(String, String)>, LoadError> {
    let one = |text: &String| match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err(LoadError::Usage(format!(
            "`--set {text}` sets nothing\n  = help: write a variable and its value: `--set peak=20`"
        ))),
    };
    texts.iter().map(one).collect()
}

/// A plan, or another tool's file.
pub(crate) fn lower_any(
    source: &Source,
    from: Option<&str>,
    overrides: &Overrides,
) -> Result<Lowered, LoadError> {
    match foreign(source, from)? {
        Some(foreign) => {
            // What the file holds is sent, secrets too; a plan that is written down asks the environment for them.
            let options = ImportOptions { secrets: SecretValues::Keep, ..ImportOptions::default() };
            Ok(lower_foreign((foreign, &options), source, overrides, &SURROUNDINGS)?)
        }
        None => Ok(lower(source, overrides, &SURROUNDINGS)?),
    }
}

/// Which other tool's file it is: as the user says, or as it looks.
pub(crate) fn foreign(source: &Source, from: Option<&str>) -> Result<Option<Foreign>, LoadError> {
    let Some(name) = from else { return Ok(recognise(source)) };
    if ["plan", "yaml", "json", "toml"].contains(&name) {
        return Ok(None);
    }
    let known = || Foreign::ALL.iter().map(|row| row.1).collect::<Vec<_>>().join(", ");
    match Foreign::ALL.iter().find(|row| row.1 == name) {
        Some(row) => Ok(Some(row.0)),
        None => Err(LoadError::Usage(format!(
            "`--from {name}` is not known\n  = help: `plan`, or one of {}",
            known()
        ))),
    }
}

pub(crate) fn source(path: &Path) -> Result<Source, LoadError> {
    let bytes =
        fs::read(path).map_err(|source| LoadError::File { path: path.display().to_string(), source })?;
    Ok(Source::from_bytes(path, bytes)?)
}

fn quick(args: &RunArgs, url: &str, preset: Option<String>) -> QuickOptions {
    let body = match (&args.body, &args.body_file) {
        (Some(text), _) => Some(QuickBody::Text(text.clone())),
        (None, Some(file)) => Some(QuickBody::File(file.clone())),
        (None, None) => None,
    };
    QuickOptions {
        url: url.to_owned(),
        preset,
        auth: args.auth.clone(),
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
        metrics: args.metrics.clone(),
    }
}

/// A plan says these itself: given beside one they would be ignored, which nobody means.
fn refuse_url_flags(args: &RunArgs, plan: &Path) -> Result<(), LoadError> {
    let given = [
        ("--rate", args.rate.is_some()),
        ("--requests", args.requests.is_some()),
        ("--max-users", args.max_users.is_some()),
        ("--think", args.think.is_some()),
        ("--warm-up", args.warm_up.is_some()),
        ("--auth", args.auth.is_some()),
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
        "{} cannot be used with a plan\n  = help: write it in `{}`; with a plan, `--users`, `--spawn-rate`, `--duration`, \
         `--target`, `--set` and `--seed` may be given (a URL starts with `http://` or `https://`)",
        given.join(", "),
        plan.display(),
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
        match check_one(args, path, console) {
            Ok(valid) if valid => {}
            Ok(_) => code = exit::USAGE,
            Err(problem) => {
                show(&problem, console);
                code = exit::USAGE;
            }
        }
    }
    code
}

/// What is laid over a plan that is checked.
struct Variant {
    profile: Option<String>,
    environment: Option<String>,
}

/// A plan with each of its profiles, and with each of its environments; whether all of them are valid. What is wrong
/// with several is said once.
fn check_one(args: &CheckArgs, path: &Path, console: Console) -> Result<bool, LoadError> {
    let source = plan_of(path)?;
    // Such files say what is sent, not where.
    let elsewhere = matches!(recognise(&source), Some(Foreign::Performance | Foreign::K6));
    let target = args.target.clone().or_else(|| elsewhere.then(|| "http://127.0.0.1".to_owned()));
    let mut said: Vec<String> = Vec::new();
    let mut valid = true;
    for Variant { profile, environment } in variants(args, &source) {
        let with = [
            profile.as_ref().map(|p| format!("profile {p}")),
            environment.as_ref().map(|e| format!("environment {e}")),
        ];
        let with: Vec<String> = with.into_iter().flatten().collect();
        let with = if with.is_empty() { String::new() } else { format!(" ({})", with.join(", ")) };
        let overrides = Overrides {
            environment,
            profile,
            set: settings(&args.set)?,
            target: target.clone(),
            ..Overrides::default()
        };
        let report = match lower_any(&source, None, &overrides) {
            Ok(lowered) => {
                let scenarios = lowered.workload.scenarios.len();
                let plural = if scenarios == 1 { "" } else { "s" };
                console.println(format!("{}{with}: valid, {scenarios} scenario{plural}", path.display()));
                lowered.warnings
            }
            Err(LoadError::Plan(report)) => {
                valid = false;
                report
            }
            Err(other) => return Err(other),
        };
        let text = report.render(console.plan_style());
        if !report.diagnostics.is_empty() && !said.contains(&text) {
            console.note(text.trim_end());
            said.push(text);
        }
    }
    Ok(valid)
}

fn variants(args: &CheckArgs, source: &Source) -> Vec<Variant> {
    let profiles = profiles(source);
    let environment = args.env.clone();
    let of = |profile| Variant { profile, environment: environment.clone() };
    let mut out = Vec::new();
    if args.profile.is_some() {
        out.push(of(args.profile.clone()));
    } else {
        out.extend((!profiles.needed).then(|| of(None)));
        out.extend(profiles.names.iter().cloned().map(Some).map(of));
    }
    if environment.is_none() {
        let first = if profiles.needed { profiles.names.first().cloned() } else { None };
        let profile = args.profile.clone().or(first);
        let each = |name| Variant { profile: profile.clone(), environment: Some(name) };
        out.extend(profiles.environments.into_iter().map(each));
    }
    out
}

/// The plan to check: of a `locust.conf` that names one, that one, as `brunt run` does.
fn plan_of(path: &Path) -> Result<Source, LoadError> {
    let whole = source(path)?;
    let settings = match recognise(&whole) {
        Some(Foreign::Locust) => locust_settings(&whole)?.0,
        Some(_) | None => return Ok(whole),
    };
    match settings.locustfile {
        Some(plan) => source(&path.parent().unwrap_or(Path::new("")).join(plan)),
        None => Ok(whole),
    }
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

/// `brunt presets`.
pub(crate) fn presets(console: Console) -> u8 {
    for preset in &brunt_plan::PRESETS {
        console.println(format!("{:<13} {}", preset.name, preset.doc));
    }
    0
}
