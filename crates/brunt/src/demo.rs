//! `brunt demo`: a run to look at.

use crate::args::{Args, Command, DemoArgs, ReportArgs, RunArgs};
use crate::console::Console;
use crate::exit;
use crate::load::{LoadError, SURROUNDINGS};
use crate::run::{Job, Refusal, run};
use brunt_demo::Config;
use brunt_demo::mock::MockConfig;
use brunt_plan::{Format, Overrides, Source, demo_plan, lower};
use clap::Parser;

/// `brunt demo`.
pub(crate) fn demo(args: &DemoArgs, console: Console) -> u8 {
    if args.plan {
        console.print(demo_plan());
        return 0;
    }
    let target = match brunt_demo::start(Config::mock(MockConfig::shop())) {
        Ok(target) => target,
        Err(e) => {
            console.error(format!("cannot start the demo's target: {e}"));
            return exit::INTERNAL;
        }
    };
    if !args.quiet {
        console.note(format!("a shop to load is at {}", target.url()));
    }
    let overrides = Overrides {
        target: Some(target.url()),
        seed: Some(args.seed),
        default_seed: args.seed,
        ..Overrides::default()
    };
    let source = Source::inline("demo.yaml", Format::Yaml, demo_plan());
    let lowered = lower(&source, &overrides, &SURROUNDINGS);
    let code = lowered
        .map_err(|report| Refusal::from(LoadError::Plan(report)))
        .and_then(|lowered| {
            run(
                &Job { args: &run_args(args), reports: &ReportArgs::default(), label: None },
                lowered,
                console,
            )
        })
        .unwrap_or_else(|refusal| refusal.show(console));
    target.stop();
    code
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
