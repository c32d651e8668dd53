//! `brunt demo` and `brunt target`: something to load.

use crate::args::{Args, Command, DemoArgs, RunArgs, TargetArgs};
use crate::console::Console;
use crate::exit;
use crate::load::{LoadError, duration};
use crate::run::{Refusal, run};
use crate::signals;
use brunt_demo::mock::MockConfig;
use brunt_demo::{Bind, Bound, Config, Target, TlsConfig};
use brunt_metrics::Nanos;
use brunt_plan::{Format, Overrides, Source, demo_plan, lower};
use clap::Parser;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

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
    let overrides = Overrides { target: Some(target.url()), seed: Some(args.seed), default_seed: args.seed };
    let source = Source::inline("demo.yaml", Format::Yaml, demo_plan());
    let lowered = lower(&source, &overrides, &|path| fs::read(path));
    let code = lowered
        .map_err(|report| Refusal::from(LoadError::Plan(report)))
        .and_then(|lowered| run(&run_args(args), lowered, console))
        .unwrap_or_else(|refusal| refusal.show(console));
    target.stop();
    code
}

/// The demo is a run like any other.
fn run_args(args: &DemoArgs) -> RunArgs {
    let Command::Run(mut run) = Args::parse_from(["brunt", "run", "demo.yaml"]).command else {
        unreachable!("`brunt run` is the run command")
    };
    run.output.clone_from(&args.output);
    run.quiet = args.quiet;
    run.json = args.json;
    *run
}

/// `brunt target`.
pub(crate) fn target(args: &TargetArgs, console: Console) -> u8 {
    let Some(name) = &args.name else {
        for (name, description) in brunt_demo::names() {
            console.println(format!("{name:<10} {description}"));
        }
        return 0;
    };
    match serve(name, args, console) {
        Ok(()) => 0,
        Err(e) => {
            console.error(e);
            exit::USAGE
        }
    }
}

fn serve(name: &str, args: &TargetArgs, console: Console) -> Result<(), Box<dyn std::error::Error>> {
    let stop_after = args.duration.as_deref().map(|text| duration("--duration", text)).transpose()?;
    let mut config = match (&args.config, name) {
        (Some(file), "mock") => {
            let text =
                fs::read_to_string(file).map_err(|e| format!("cannot read `{}`: {e}", file.display()))?;
            Config::mock(MockConfig::from_json(&file.display().to_string(), &text)?)
        }
        (Some(_), _) => return Err(format!("`--config` is for the target `mock`, not for `{name}`").into()),
        (None, "mock") => Config::mock(MockConfig::shop()),
        (None, _) => {
            let names: Vec<&str> = brunt_demo::names().iter().map(|(name, _)| *name).collect();
            let unknown = || format!("there is no target `{name}`; there are {}", names.join(", "));
            Config::new(Target::named(name).ok_or_else(unknown)?)
        }
    };
    config.threads = args.threads;
    config.bind = match &args.unix {
        Some(path) => Bind::Unix(std::path::absolute(path)?),
        None => Bind::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))),
    };
    if args.tls.is_some() {
        config.tls = Some(TlsConfig::default());
    }
    let running = brunt_demo::start(config).map_err(|e| format!("cannot start `{name}`: {e}"))?;
    if let (Some(file), Some(certificates)) = (&args.tls, running.certificates()) {
        fs::write(file, &certificates.ca_pem)
            .map_err(|e| format!("cannot write `{}`: {e}", file.display()))?;
    }
    // As `brunt run` takes it.
    let url = match running.bound() {
        Bound::Unix(path) => format!("http+unix://{}", path.display()),
        Bound::Tcp(_) => running.url(),
    };
    console.println(format!("{name} is at {url}"));
    wait(stop_after)?;
    let stats = running.stop();
    console.println(format!("{} requests on {} connections", stats.requests, stats.connections));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a target that runs for a given time has nothing else to do")]
fn wait(stop_after: Option<Nanos>) -> io::Result<()> {
    match stop_after {
        Some(time) => std::thread::sleep(time.into()),
        None => signals::wait()?,
    }
    Ok(())
}
