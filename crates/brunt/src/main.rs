//! `brunt`: load testing that learns, drives, measures and judges.
//!
//! The binary wires the crates together: it alone reads arguments, files and the environment, prints, and
//! chooses exit codes. Reading order: `args.rs` (what can be asked), `run.rs` (the main job), `session.rs`
//! (who watches a run), then the small commands.

mod analyze;
mod args;
mod around;
mod baseline;
mod beside;
mod compare;
mod console;
mod convert;
mod demo;
mod doctor;
mod findmax;
mod full;
mod git;
mod header;
mod history;
mod host;
mod init;
mod interactive;
mod judge;
mod limits;
mod load;
mod locust;
mod page;
mod plot;
mod records;
mod reports;
mod results;
mod rows;
mod run;
mod runs;
mod secret;
mod session;
mod shells;
mod sides;
mod signals;
mod simulate;
mod target;
mod traffic;
mod ui;

use args::{Args, Command};
use clap::Parser;
use console::Console;
use std::process::ExitCode;

/// Exit codes; those of verdicts are `brunt_gate::exit_code`'s.
pub(crate) mod exit {
    /// Something went wrong inside brunt or on its machine.
    pub(crate) const INTERNAL: u8 = 1;
    /// The command line or a plan is not valid, or does not fit on this machine.
    pub(crate) const USAGE: u8 = 2;
    /// Nobody answered at the target.
    pub(crate) const NOT_READY: u8 = 3;
}

fn main() -> ExitCode {
    let args = Args::parse();
    let console = Console::from_environment(args.output);
    let code = match args.command {
        Command::Run(run) => run::command(&run, console),
        Command::Ui(command) => ui::command(&command, console),
        Command::Demo(demo) => demo::demo(&demo, console),
        Command::Target(target) => target::target(&target, console),
        Command::Doctor(args) => doctor::command(&args, console),
        Command::Check(check) => load::check(&check, console),
        Command::Schema => load::schema(console),
        Command::Convert(convert) => convert::convert(&convert, console),
        Command::Init(init) => init::init(&init, console),
        Command::Logs(args) => traffic::logs(&args, console),
        Command::Learn(args) => traffic::learn(&args, console),
        Command::Synth(args) => traffic::synth(&args, console),
        Command::Fidelity(args) => traffic::fidelity(&args, console),
        Command::Pipeline(args) => traffic::pipeline(&args, console),
        Command::Presets => load::presets(console),
        Command::Completions(completions) => shells::completions(&completions, console),
        Command::Man(man) => shells::man(&man, console),
        Command::Runs(runs) => runs::runs(&runs, console),
        Command::Show(show) => records::show(&show, console),
        Command::Judge(args) => judge::judge(&args, console),
        Command::Analyze(args) => analyze::command(&args, analyze::Bare::Fine, console),
        Command::FindMax(args) => findmax::command(&args, console),
        Command::Compare(compare) => compare::compare_runs(&compare, console),
        Command::Report(args) => page::report(&args, console),
        Command::Plot(args) => plot::plot(&args, console),
        Command::Baseline(baseline) => baseline::baseline(&baseline, console),
        Command::Export(export) => records::export(&export, console),
    };
    ExitCode::from(code)
}
