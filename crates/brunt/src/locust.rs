//! Locust's way of saying things, brought into ours: flags, `LOCUST_*` variables, `locust.conf`.
//!
//! What the command line says holds; then the environment; then the file.

use crate::args::RunArgs;
use crate::console::{Console, env};
use crate::load::{LoadError, source};
use brunt_plan::{Format, LocustSettings, Source, locust_settings};
use std::path::{Path, PathBuf};

/// Variables that Locust reads and that have a meaning here, with the settings that they are.
const VARIABLES: [(&str, &str); 12] = [
    ("LOCUST_HOST", "host"),
    ("LOCUST_USERS", "users"),
    ("LOCUST_SPAWN_RATE", "spawn-rate"),
    ("LOCUST_RUN_TIME", "run-time"),
    ("LOCUST_TAGS", "tags"),
    ("LOCUST_EXCLUDE_TAGS", "exclude-tags"),
    ("LOCUST_CSV", "csv"),
    ("LOCUST_CSV_FULL_HISTORY", "csv-full-history"),
    ("LOCUST_HTML", "html"),
    ("LOCUST_STOP_TIMEOUT", "stop-timeout"),
    ("LOCUST_USER_CLASSES", "user-classes"),
    ("LOCUST_LOGFILE", "logfile"),
];

/// Brings Locust's way of saying things into ours, and what its variables and a `locust.conf` say into the arguments.
pub(crate) fn settle(args: &mut RunArgs, console: Console) -> Result<(), LoadError> {
    if let Some((flag, instead)) = args.locust.refused().next() {
        return Err(LoadError::Usage(format!("`{flag}` has no meaning here\n  = help: {instead}")));
    }
    tags_end_before_the_plan(args);
    let (hosts, headers): (Vec<String>, Vec<String>) =
        std::mem::take(&mut args.header).into_iter().partition(|h| is_url(h.trim()));
    args.header = headers;
    if let Some(host) = hosts.into_iter().next_back() {
        args.target.get_or_insert(host);
    }
    // With `-f`, all that stands alone is user classes.
    if args.file.is_some()
        && let Some(first) = args.what.take()
    {
        args.classes.insert(0, first);
    }
    environment(args, console)?;
    if args.what.is_none() && args.file.is_none() {
        args.what = args.target.take_if(|target| is_url(target));
    }
    let file = args.file.as_deref().or(args.what.as_deref()).map(PathBuf::from);
    if let Some(file) = file.filter(|f| is_conf(f) && args.from.is_none()) {
        let (settings, _) = locust_settings(&source(&file)?)?;
        files(args, &settings);
        // What else a file of settings alone says is imported with it.
        if let Some(plan) = &settings.locustfile {
            args.what = None;
            args.file = Some(file.parent().unwrap_or(Path::new("")).join(plan).display().to_string());
            load(args, settings);
        }
    }
    Ok(())
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn is_conf(file: &Path) -> bool {
    file.extension().is_some_and(|e| e == "conf")
}

/// As in Locust, any number of tags follow `--tags`, and so the plan may look like one: a URL or a file that is there is
/// none. What stands behind it is user classes.
fn tags_end_before_the_plan(args: &mut RunArgs) {
    for tags in [&mut args.tags, &mut args.exclude_tags] {
        if args.what.is_none()
            && args.file.is_none()
            && let Some(at) = tags.iter().position(|tag| is_url(tag) || Path::new(tag).is_file())
        {
            let mut rest = tags.split_off(at).into_iter();
            args.what = rest.next();
            args.classes.extend(rest);
        }
    }
}

/// `LOCUST_*` variables, for those who run a plan as they run a locustfile: by `-f`, `--headless` or a `locust.conf`, or with
/// nothing but the variables.
fn environment(args: &mut RunArgs, console: Console) -> Result<(), LoadError> {
    if args.what.is_none() && args.file.is_none() && args.target.is_none() {
        args.file = env("LOCUST_CONFIG").or_else(|| env("LOCUST_LOCUSTFILE"));
    }
    let conf = args.file.as_ref().or(args.what.as_ref()).is_some_and(|f| is_conf(Path::new(f)));
    if !conf && args.file.is_none() && !args.locust.headless {
        return Ok(());
    }
    let given: Vec<(&str, String)> = VARIABLES
        .into_iter()
        .filter_map(|(variable, key)| {
            Some((variable, format!("{key} = {}\n", env(variable)?.replace('\n', " "))))
        })
        .collect();
    if given.is_empty() {
        return Ok(());
    }
    let text: String = given.iter().map(|(_, line)| line.as_str()).collect();
    let (settings, _) = locust_settings(&Source::inline("LOCUST_* variables", Format::Yaml, text))?;
    files(args, &settings);
    load(args, settings);
    let names: Vec<&str> = given.iter().map(|(variable, _)| *variable).collect();
    console.note(format!("taken from the environment: {}", names.join(", ")));
    Ok(())
}

/// Which files are written, where nothing else says so.
fn files(args: &mut RunArgs, settings: &LocustSettings) {
    args.csv = args.csv.take().or(settings.csv.clone());
    args.csv_full_history |= settings.csv_full_history;
    args.html = args.html.take().or(settings.html.as_ref().map(PathBuf::from));
    args.locust.logfile = args.locust.logfile.take().or(settings.logfile.as_ref().map(PathBuf::from));
}

/// Which load runs on which host, where nothing else says so.
fn load(args: &mut RunArgs, settings: LocustSettings) {
    args.target = args.target.take().or(settings.host);
    args.users = args.users.or(settings.users);
    args.spawn_rate = args.spawn_rate.take().or(settings.spawn_rate);
    args.duration = args.duration.take().or(settings.run_time);
    args.stop_timeout = args.stop_timeout.take().or(settings.stop_timeout);
    for (own, theirs) in [
        (&mut args.tags, settings.tags),
        (&mut args.exclude_tags, settings.exclude_tags),
        (&mut args.classes, settings.user_classes),
    ] {
        if own.is_empty() {
            *own = theirs;
        }
    }
}
