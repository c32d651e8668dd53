//! `brunt convert`: another tool's file to a plan, a plan to another tool's file, or to another spelling.

use crate::args::ConvertArgs;
use crate::console::{Console, unix_ms};
use crate::exit;
use crate::load::{self, LoadError, foreign, lower_any, source};
use brunt_plan::{
    Correlate, ExportTo, Format, Hosts, ImportOptions, Overrides, Source, convert_plan, export, import_with,
};
use std::fs;

/// `brunt convert`.
pub(crate) fn convert(args: &ConvertArgs, console: Console) -> u8 {
    match converted(args, console) {
        Ok(text) => write(args, &text, console),
        Err(problem) => {
            load::show(&problem, console);
            exit::USAGE
        }
    }
}

/// What is to be written.
enum To {
    Plan(Format),
    Other(ExportTo),
}

fn converted(args: &ConvertArgs, console: Console) -> Result<String, LoadError> {
    let to = to(&args.to)?;
    let source = source(&args.file)?;
    match to {
        To::Plan(format) => plan(args, &source, format, console),
        To::Other(to) => {
            let overrides = Overrides {
                target: args.target.clone(),
                profile: args.profile.clone(),
                default_seed: unix_ms(),
                ..Overrides::default()
            };
            let lowered = lower_any(&source, args.from.as_deref(), &overrides)?;
            let exported = export(&lowered, to).map_err(|e| LoadError::Usage(e.to_string()))?;
            for what in &exported.left_out {
                console.note(format!("left out: {what}"));
            }
            Ok(exported.text)
        }
    }
}

fn to(name: &str) -> Result<To, LoadError> {
    match name {
        "yaml" | "plan" => return Ok(To::Plan(Format::Yaml)),
        "json" => return Ok(To::Plan(Format::Json)),
        "toml" => return Ok(To::Plan(Format::Toml)),
        _ => {}
    }
    if let Some(row) = ExportTo::ALL.iter().find(|row| row.1 == name) {
        Ok(To::Other(row.0))
    } else {
        let others: Vec<&str> = ExportTo::ALL.iter().map(|row| row.1).collect();
        Err(LoadError::Usage(format!(
            "`--to {name}` is not known\n  = help: yaml, json, toml, {}",
            others.join(", ")
        )))
    }
}

/// A plan: of another tool's file, or of a plan in another spelling.
fn plan(args: &ConvertArgs, source: &Source, format: Format, console: Console) -> Result<String, LoadError> {
    let Some(foreign) = foreign(source, args.from.as_deref())? else {
        return Ok(convert_plan(source, format)?);
    };
    let options = ImportOptions {
        correlate: if args.no_correlate { Correlate::No } else { Correlate::default() },
        hosts: if args.all_hosts { Hosts::All } else { Hosts::default() },
        ..ImportOptions::default()
    };
    let mut imported = import_with(foreign, source, &options)?;
    if let Some(target) = &args.target {
        imported.set_target(target);
    }
    if !imported.warnings.diagnostics.is_empty() {
        console.note(imported.warnings.render(console.plan_style()).trim_end());
    }
    for note in &imported.notes {
        console.note(format!("note: {note}"));
    }
    match format {
        Format::Yaml => Ok(imported.to_yaml()),
        Format::Json => Ok(imported.to_json()),
        Format::Toml => Ok(imported.to_toml()?),
    }
}

fn write(args: &ConvertArgs, text: &str, console: Console) -> u8 {
    let Some(path) = &args.output else {
        console.print(text);
        return 0;
    };
    match fs::write(path, text) {
        Ok(()) => 0,
        Err(e) => {
            console.error(format!("cannot write `{}`: {e}", path.display()));
            exit::USAGE
        }
    }
}
