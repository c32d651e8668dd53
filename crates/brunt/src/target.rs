//! `brunt target`: something to load.

use crate::args::TargetArgs;
use crate::console::Console;
use crate::exit;
use crate::load::duration;
use crate::signals;
use brunt_demo::users::{RedisUrl, Role};
use brunt_demo::{
    Bind, Bound, Config, InferenceConfig, MockConfig, Planted, ShopConfig, Target, TlsConfig, UsersConfig,
};
use brunt_metrics::Nanos;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

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
    let mut config = config(name, args)?;
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

/// What is to be served, as the flags say.
fn config(name: &str, args: &TargetArgs) -> Result<Config, Box<dyn std::error::Error>> {
    refuse_flags_of_others(name, args)?;
    let text = args.config.as_ref().map(|file| Ok::<_, String>((file.display().to_string(), read(file)?)));
    let text = text.transpose()?;
    let json = text.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
    let target = match (name, json) {
        ("mock", _) => Target::Mock(Box::new(mock(args, json)?)),
        ("shop", Some((file, text))) => Target::Shop(Box::new(ShopConfig::from_json(file, text)?)),
        ("inference", Some((file, text))) => {
            Target::Inference(Box::new(InferenceConfig::from_json(file, text)?))
        }
        ("users", _) => Target::Users(Box::new(users(args, json)?)),
        (_, _) => {
            let names: Vec<&str> = brunt_demo::names().iter().map(|(name, _)| *name).collect();
            let unknown = || format!("there is no target `{name}`; there are {}", names.join(", "));
            Target::named(name).ok_or_else(unknown)?
        }
    };
    let faults = args.fault.iter().map(|text| Planted::parse(text)).collect::<Result<Vec<_>, _>>()?;
    Ok(Config::new(target).faults(faults))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|e| format!("cannot read `{}`: {e}", file.display()))
}

/// Flags with the targets that they are for.
fn refuse_flags_of_others(name: &str, args: &TargetArgs) -> Result<(), String> {
    let rows: [(&str, bool, &[&str]); 6] = [
        ("--config", args.config.is_some(), &["mock", "shop", "inference", "users"]),
        ("--openapi", args.openapi.is_some(), &["mock"]),
        ("--record", args.record.is_some(), &["mock"]),
        ("--fault", !args.fault.is_empty(), &["mock", "shop", "inference", "users"]),
        ("--redis", args.redis.is_some(), &["users"]),
        ("--app", args.app.is_some(), &["users"]),
    ];
    match rows.into_iter().find(|(_, given, targets)| *given && !targets.contains(&name)) {
        Some((flag, _, targets)) => {
            let targets: Vec<String> = targets.iter().map(|t| format!("`{t}`")).collect();
            Err(format!("`{flag}` is for {}, not for `{name}`", targets.join(", ")))
        }
        None => Ok(()),
    }
}

fn mock(args: &TargetArgs, json: Option<(&str, &str)>) -> Result<MockConfig, Box<dyn std::error::Error>> {
    let mut config = match (&args.openapi, json) {
        (Some(file), _) => {
            let bytes = fs::read(file).map_err(|e| format!("cannot read `{}`: {e}", file.display()))?;
            MockConfig::from_openapi(&file.display().to_string(), &bytes)?
        }
        (None, Some((file, text))) => MockConfig::from_json(file, text)?,
        (None, None) if args.record.is_some() => MockConfig::recording(),
        (None, None) => MockConfig::shop(),
    };
    if let Some(file) = &args.record {
        let record = config.record.get_or_insert_default();
        if file.as_os_str() != "-" {
            record.file = Some(std::path::absolute(file)?);
        }
    }
    Ok(config)
}

fn users(args: &TargetArgs, json: Option<(&str, &str)>) -> Result<UsersConfig, Box<dyn std::error::Error>> {
    let mut config = match json {
        Some((file, text)) => UsersConfig::from_json(file, text)?,
        None => UsersConfig::default(),
    };
    if let Some(url) = &args.redis {
        config.redis = Some(RedisUrl::parse(url)?);
    }
    if let Some(number) = args.app {
        config.role = Role::App(number.into());
    }
    config.check()?;
    Ok(config)
}

#[expect(clippy::disallowed_methods, reason = "a target that runs for a given time has nothing else to do")]
fn wait(stop_after: Option<Nanos>) -> io::Result<()> {
    match stop_after {
        Some(time) => std::thread::sleep(time.into()),
        None => signals::wait()?,
    }
    Ok(())
}
