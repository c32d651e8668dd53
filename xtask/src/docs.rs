//! Runs what the documentation shows: every `console` block of README.md and docs/, and checks every plan.
//!
//! A page's blocks run in order in one temporary folder, with the built `brunt` first on `PATH`:
//!
//! ````text
//! ```console                       each line after `$ ` is a command and must exit 0
//! ```console exit=99               the last command must exit 99
//! ```console no-run: needs root    not run, for that reason
//! ```yaml plan                     `brunt check` must accept it (json and toml likewise)
//! ```yaml plan=shop.yaml           and later blocks of the page find it under that name
//! ```yaml plan exit=2              `brunt check` must refuse it
//! ````
//!
//! A line `# exit: 99` after a command means that command. One that ends in `&` runs until its block ends; in such a block
//! the ports that commands name are replaced by free ones. `cargo run --release -- ` means `brunt `. Other cargo
//! commands are left to `.ci/run`, which runs them once. What commands print is not compared.

mod block;

mod session;

use crate::repository::{self, Findings, XtaskError};
use block::{Block, Kind};
use session::Session;
use std::path::{Path, PathBuf};

/// `cargo xtask docs`.
pub(crate) fn run(arguments: &[String]) -> Findings {
    let root = repository::root();
    let brunt = match arguments {
        [] => built_brunt(&root)?,
        [flag, path] if flag == "--brunt" => PathBuf::from(path),
        other => {
            return Err(XtaskError::Usage(format!("docs: `{}` is not understood", other.join(" "))));
        }
    };
    let mut problems = Vec::new();
    for page in pages(&root)? {
        let text = repository::read(&root.join(&page))?;
        let (blocks, unread) = block::blocks(&text);
        problems.extend(unread.into_iter().map(|problem| format!("{}:{problem}", page.display())));
        let mut session = Session::new(&brunt)?;
        let mut counts = Counts::default();
        for block in &blocks {
            let found = run_block(&mut session, block, &mut counts)?;
            problems.extend(found.into_iter().map(|problem| format!("{}:{problem}", page.display())));
        }
        println!("{}: {}", page.display(), counts.in_words());
    }
    Ok(problems)
}

/// What was done with a page.
#[derive(Default)]
struct Counts {
    commands: usize,
    plans: usize,
    left_out: Vec<String>,
}

impl Counts {
    fn in_words(&self) -> String {
        let mut words = format!("{} commands run, {} plans checked", self.commands, self.plans);
        for reason in &self.left_out {
            words.push_str("\n  not run: ");
            words.push_str(reason);
        }
        words
    }
}

/// Runs one block; problems begin with their line.
fn run_block(session: &mut Session, block: &Block, counts: &mut Counts) -> Findings {
    match &block.kind {
        Kind::Console { commands } => {
            let mut problems = Vec::new();
            let rewritten = block::with_free_ports(commands, session::free_port);
            for command in &rewritten {
                if command.left_to_ci() {
                    counts.left_out.push(format!("{} (.ci/run does)", command.text));
                    continue;
                }
                counts.commands += 1;
                problems.extend(session.run(command)?);
            }
            problems.extend(session.end_background());
            Ok(problems)
        }
        Kind::NotRun { reason } => {
            counts.left_out.push(format!("line {}: {reason}", block.line));
            Ok(Vec::new())
        }
        Kind::Plan { extension, save_as, exit } => {
            counts.plans += 1;
            let name = save_as.clone().unwrap_or_else(|| format!("block-{}.{extension}", block.line));
            session.save(&name, &block.text)?;
            let text = format!("brunt check {name}");
            let command = block::Command { line: block.line, text, exit: *exit, background: false };
            Ok(session.run(&command)?.into_iter().collect())
        }
    }
}

/// README.md and every page below docs/.
fn pages(root: &Path) -> Result<Vec<PathBuf>, XtaskError> {
    let is_page = |file: &PathBuf| {
        file == Path::new("README.md")
            || file.starts_with("docs") && file.extension().is_some_and(|e| e == "md")
    };
    Ok(repository::files(root)?.into_iter().filter(is_page).collect())
}

/// The release binary, else the debug one.
fn built_brunt(root: &Path) -> Result<PathBuf, XtaskError> {
    let target = repository::target_folder(root)?;
    ["release", "debug"]
        .iter()
        .map(|profile| target.join(profile).join("brunt"))
        .find(|path| path.is_file())
        .ok_or_else(|| XtaskError::Usage("no brunt is built\n  help: cargo build --release".into()))
}
