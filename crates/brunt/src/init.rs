//! `brunt init`: a starter suite, made of a few answers or of another tool's file.

use crate::args::InitArgs;
use crate::console::Console;
use crate::exit;
use crate::interactive::Questions;
use crate::load::{self, LoadError, foreign, source};
use brunt_plan::import;
use std::fs;
use std::io;
use std::path::Path;

const PLAN: &str = include_str!("starter/plan.yaml");
const SCRIPT: &str = include_str!("starter/run_load_tests.sh");

/// Where the plan goes, in the suite's folder.
const PLAN_FILE: &str = "tests/load/plan.yaml";

/// Profiles for a plan that was made of a file: such a file says what is sent, not how much.
const PROFILES: &str = "\nprofiles:\n  light: {preset: light}\n  medium: {preset: medium}\n  heavy: {preset: heavy}\n  \
    spike: {preset: spike}\n";

/// `brunt init`.
pub(crate) fn init(args: &InitArgs, console: Console) -> u8 {
    match suite(args, console) {
        Ok(files) => {
            for (path, _) in &files {
                console.println(format!("written  {}", args.folder.join(path).display()));
            }
            let folder = args.folder.display().to_string();
            let first = if folder == "." { String::new() } else { format!("cd {folder} && ") };
            console.println(format!("next     {first}brunt run {PLAN_FILE} --profile light"));
            0
        }
        Err(problem) => {
            load::show(&problem, console);
            exit::USAGE
        }
    }
}

/// The suite's files, all written.
fn suite(args: &InitArgs, console: Console) -> Result<Vec<(&'static str, String)>, LoadError> {
    let (name, target) = answers(args, console)?;
    let plan = if let Some(file) = &args.from {
        imported(file, target.as_deref(), console)?
    } else {
        let target = target.as_deref().unwrap_or(DEFAULT_TARGET);
        PLAN.replace("NAME", &yaml_text(&name)).replace("TARGET", &yaml_text(target))
    };
    let files = vec![
        (PLAN_FILE, plan),
        ("tests/load/scenarios/.gitkeep", String::new()),
        ("scripts/run_load_tests.sh", SCRIPT.to_owned()),
        ("results/load_tests/.gitignore", "*\n!.gitignore\n".to_owned()),
    ];
    let there: Vec<&str> =
        files.iter().map(|(path, _)| *path).filter(|path| args.folder.join(path).exists()).collect();
    if !there.is_empty() && !args.force {
        return Err(LoadError::Usage(format!(
            "{} is there already\n  = help: choose another folder, or replace what is there with `--force`",
            there.join(", ")
        )));
    }
    for (path, text) in &files {
        let path = args.folder.join(path);
        write(&path, text).map_err(|e| {
            LoadError::Usage(format!(
                "cannot write `{}`: {e}\n  = help: name a folder that can be written to",
                path.display()
            ))
        })?;
    }
    Ok(files)
}

const DEFAULT_TARGET: &str = "http://127.0.0.1:8080";

/// Name and target: as given, as answered, or as proposed. A file brings its own target unless one is given.
fn answers(args: &InitArgs, console: Console) -> Result<(String, Option<String>), LoadError> {
    let folder = fs::canonicalize(&args.folder).ok();
    let folder = folder.as_deref().unwrap_or(&args.folder).file_name();
    let proposed = folder.map_or_else(|| "load".to_owned(), |n| n.to_string_lossy().into_owned());
    if args.yes || args.from.is_some() {
        return Ok((args.name.clone().unwrap_or(proposed), args.target.clone()));
    }
    let usage = |refusal: crate::run::Refusal| LoadError::Usage(refusal.to_string());
    let mut questions = Questions::new(io::stdin().lock(), console);
    let name = match &args.name {
        Some(name) => name.clone(),
        None => questions.ask("Name of the suite", &proposed).map_err(usage)?,
    };
    let target = match &args.target {
        Some(target) => target.clone(),
        None => questions.ask("Target", DEFAULT_TARGET).map_err(usage)?,
    };
    Ok((name, Some(target)))
}

fn imported(file: &Path, target: Option<&str>, console: Console) -> Result<String, LoadError> {
    let source = source(file)?;
    let Some(foreign) = foreign(&source, None)? else {
        return Err(LoadError::Usage(format!(
            "`{}` is not another tool's file\n  = help: name a HAR, OpenAPI, Postman, curl or vegeta file",
            file.display()
        )));
    };
    let mut imported = import(foreign, &source)?;
    if let Some(target) = target {
        imported.set_target(target);
    }
    if !imported.warnings.diagnostics.is_empty() {
        console.note(imported.warnings.render(console.plan_style()).trim_end());
    }
    let mut plan = imported.to_yaml();
    if !plan.contains("\nprofiles:") {
        plan.push_str(PROFILES);
    }
    Ok(plan)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    #[cfg(unix)]
    if path.extension().is_some_and(|e| e == "sh") {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Text as a YAML scalar: JSON's strings are YAML's.
fn yaml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
