//! `brunt learn`: from a log to a model.

use super::part;
use super::read::read;
use crate::args::LearnArgs;
use crate::console::Console;
use crate::{exit, load};
use brunt_traffic::model::{FitSettings, Source};
use brunt_traffic::site::{LearnSettings, Site};
use std::fs;
use std::path::Path;

/// `brunt learn`.
pub(crate) fn learn(args: &LearnArgs, console: Console) -> u8 {
    let done = match &args.part {
        Some(file) => part::write(args, file, console),
        None => from_logs(args, console),
    };
    match done {
        Ok(()) => 0,
        Err(problem) => {
            console.error(problem);
            exit::USAGE
        }
    }
}

fn from_logs(args: &LearnArgs, console: Console) -> Result<(), String> {
    let settings = LearnSettings {
        endpoints: args.endpoints,
        least_clients: args.least_clients,
        fit: FitSettings { seed: args.seed, ..FitSettings::default() },
    };
    let files = &args.files;
    let observed = if args.merge {
        part::merged(&files.logs, console)?
    } else if args.key.is_some() {
        part::observed(args, console)?.observed()
    } else {
        read(&files.logs, &files.format, console).map_err(|e| e.to_string())?.observed
    };
    let name =
        args.name.clone().unwrap_or_else(|| name_of(files.logs.first().map_or(Path::new("site"), |p| p)));
    let mut site = Site::learn(&name, &observed, &settings);
    describe(&mut site, args.openapi.as_deref(), console)?;
    write(&site, &args.output)?;
    console.print(&told(&site));
    console.println(format!("written   {}", args.output.display()));
    Ok(())
}

/// Gives a model the bodies that an API's description tells, and says where none is known.
pub(super) fn describe(site: &mut Site, openapi: Option<&Path>, console: Console) -> Result<(), String> {
    if let Some(path) = openapi {
        let given = load::bodies(path)
            .map_err(|e| e.to_string())?
            .iter()
            .filter(|of| site.give_body(&of.method, &of.path, &of.sent))
            .count();
        console.note(format!("`{}`: {given} of its operations with a body are asked for", path.display()));
    }
    let without = site.without_body();
    if without > 0 {
        console.note(format!(
            "{without} endpoints write, and the log does not tell what: they are sent without a body\n  help: `--openapi FILE`, or \
             `body` in the model"
        ));
    }
    Ok(())
}

/// The log's name, without folders and endings.
fn name_of(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| "site".into(), |n| n.to_string_lossy());
    name.split('.').next().filter(|n| !n.is_empty() && *n != "-").unwrap_or("site").to_owned()
}

/// Writes a model file.
pub(super) fn write(site: &Site, path: &Path) -> Result<(), String> {
    let text = serde_json::to_string(site).map_err(|e| e.to_string())?;
    fs::write(path, text).map_err(|e| format!("cannot write `{}`: {e}", path.display()))
}

/// What a model holds, for people.
pub(super) fn told(site: &Site) -> String {
    let learnt = &site.learnt;
    let hours: f64 = learnt.observed.iter().map(|s| s.length_ms() as f64 / 3_600_000.0).sum();
    let behaviour = &site.behaviour;
    let count = |is: fn(&Source) -> bool| behaviour.sources.iter().filter(|s| is(s)).count();
    let private = &site.privacy;
    format!(
        "learnt    {} requests, {} sessions, {} clients, {hours:.1} h\n\
         endpoints {}, and {} more that are seldom asked for\n\
         sources   {} timers, {} fleets of crawlers and readers, {} set off by other requests\n\
         sessions  {} kinds, {} kinds of requests that leave together, {} contexts\n\
         privacy   {} targets kept that {} clients or more asked for, {} made up, {} left out as secrets\n",
        learnt.requests,
        learnt.sessions,
        learnt.clients,
        site.endpoints.len() - 1,
        site.others.len(),
        count(|s| matches!(s, Source::Periodic(_))),
        count(|s| matches!(s, Source::Fleet(_))),
        count(|s| matches!(s, Source::Triggered(_))),
        behaviour.classes.len(),
        behaviour.bundles.0.len(),
        behaviour.chain.contexts(),
        private.kept,
        private.least_clients,
        private.made,
        private.secret,
    )
}
