//! `brunt demo`: a run to look at.

use crate::args::{Args, Command, DemoArgs, ReportArgs, RunArgs};
use crate::console::Console;
use crate::exit;
use crate::load::{LoadError, SURROUNDINGS};
use crate::run::{Job, Refusal, run};
use brunt_demo::mock::MockConfig;
use brunt_demo::{Config, Running};
use brunt_plan::{Format, Lowered, Overrides, Source, demo_plan, lower};
use clap::Parser;

/// `brunt demo`.
pub(crate) fn demo(args: &DemoArgs, console: Console) -> u8 {
    if args.plan {
        console.print(demo_plan());
        return 0;
    }
    let (target, lowered) = match prepared(args.seed) {
        Ok(prepared) => prepared,
        Err(refusal) => return refusal.show(console),
    };
    if !args.quiet {
        console.note(format!("a shop to load is at {}", target.url()));
    }
    let job = Job { args: &run_args(args), reports: &ReportArgs::default(), label: None, watch: None };
    let code = run(&job, lowered, console).map_or_else(|refusal| refusal.show(console), |ran| ran.code);
    target.stop();
    code
}

/// The demo's target, and its plan against that.
pub(crate) fn prepared(seed: u64) -> Result<(Running, Lowered), Refusal> {
    let target = brunt_demo::start(Config::mock(MockConfig::shop()))
        .map_err(|e| Refusal::new(exit::INTERNAL, format!("cannot start the demo's target: {e}")))?;
    let overrides = Overrides {
        target: Some(target.url()),
        seed: Some(seed),
        default_seed: seed,
        ..Overrides::default()
    };
    let source = Source::inline("demo.yaml", Format::Yaml, demo_plan());
    match lower(&source, &overrides, &SURROUNDINGS) {
        Ok(lowered) => Ok((target, lowered)),
        Err(report) => {
            target.stop();
            Err(Refusal::from(LoadError::Plan(report)))
        }
    }
}

/// The demo is a run like any other.
fn run_args(args: &DemoArgs) -> RunArgs {
    let Command::Run(command) = Args::parse_from(["brunt", "run", "demo.yaml"]).command else {
        unreachable!("`brunt run` is the run command")
    };
    let mut run = command.run;
    run.output.clone_from(&args.output);
    run.quiet = args.quiet;
    run.json = args.json;
    run
}
