//! `brunt convert`: another tool's file to a plan.

use crate::args::ConvertArgs;
use crate::console::Console;
use crate::exit;
use crate::load::{self, LoadError, foreign, source};
use brunt_plan::import;
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

fn converted(args: &ConvertArgs, console: Console) -> Result<String, LoadError> {
    let source = source(&args.file)?;
    let Some(foreign) = foreign(&source, args.from.as_deref())? else {
        return Err(LoadError::Usage(format!("`{}` is a plan already", args.file.display())));
    };
    let imported = import(foreign, &source)?;
    if !imported.warnings.diagnostics.is_empty() {
        console.note(imported.warnings.render(console.plan_style()).trim_end());
    }
    Ok(imported.to_yaml())
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
