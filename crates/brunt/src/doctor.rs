//! `brunt doctor`: whether a run would work from here: the machine, the results' folder, ports, plans, targets.
//!
//! Each check says what it found, and where something is wrong what to type next. It sends one request a health path and
//! nothing else.

mod target;

use crate::args::{CheckArgs, DoctorArgs};
use crate::console::{Console, env};
use crate::exit;
use crate::host::{cores, ephemeral_ports};
use crate::limits::{raise_open_files, read_limits};
use crate::load;
use serde_json::json;
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

/// What a check came to, gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Health {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Info,
    /// May get in the way.
    Warn,
    /// A run would not work.
    Fail,
}

impl Health {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One check.
#[derive(Clone, Debug)]
struct Check {
    health: Health,
    /// What was looked at.
    name: String,
    /// What was found.
    found: String,
    /// What to do about it.
    help: Option<String>,
    /// The exit code if it failed.
    code: u8,
}

impl Check {
    fn new(health: Health, name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { health, name: name.into(), found: found.into(), help: None, code: exit::INTERNAL }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    const fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

/// Below this many files, a few hundred users would be all.
const FEW_FILES: u64 = 4_096;
/// Less memory than this leaves little for connections.
const LITTLE_MEMORY: u64 = 512 << 20;
/// The ports of the targets and web pages that suites use.
const USUAL_PORTS: [u16; 2] = [8080, 8089];

/// `brunt doctor`.
pub(crate) fn command(args: &DoctorArgs, console: Console) -> u8 {
    let wait = match load::duration("--wait", &args.wait) {
        Ok(wait) => wait,
        Err(problem) => {
            load::show(&problem, console);
            return exit::USAGE;
        }
    };
    let mut checks = vec![processors(), files(), memory(), ports_out(), results(&args.results)];
    let ports: &[u16] = if args.port.is_empty() { &USUAL_PORTS } else { &args.port };
    checks.extend(ports.iter().map(|port| port_in(*port)));
    checks.push(tools());
    for what in &args.what {
        if what.contains("://") {
            checks.extend(target::url(what, &args.health, wait));
        } else {
            checks.extend(plan(what, args, wait, console));
        }
    }
    if args.json {
        let object =
            |c: &Check| json!({"health": c.health.word(), "name": c.name, "found": c.found, "help": c.help});
        console.println(json!({"version": 1, "checks": checks.iter().map(object).collect::<Vec<_>>()}));
    } else {
        for check in &checks {
            show(check, console);
        }
    }
    checks.iter().filter(|c| c.health == Health::Fail).map(|c| c.code).max().unwrap_or(0)
}

fn show(check: &Check, console: Console) {
    console.println(format!("{:<4}  {:<14} {}", check.health.word(), check.name, check.found));
    if let Some(help) = &check.help {
        console.println(format!("      {:<14} -> {help}", ""));
    }
}

fn processors() -> Check {
    let cores = cores();
    let found = format!("{cores} can be used");
    if cores > 1 {
        return Check::new(Health::Ok, "processors", found);
    }
    Check::new(Health::Warn, "processors", found)
        .help("a target on this machine would share the one processor with brunt: load it from elsewhere")
}

fn files() -> Check {
    let files = raise_open_files();
    let text = |n: Option<u64>| n.map_or("no limit".into(), |n| n.to_string());
    let found = format!("{} open at once (the limit was {})", text(files.now), text(files.before));
    if files.now.is_none_or(|now| now >= FEW_FILES) {
        return Check::new(Health::Ok, "open files", found);
    }
    Check::new(Health::Warn, "open files", found)
        .help("each connection is one: raise the limit with `ulimit -n 65536`, or for a container with `--ulimit nofile=65536`")
}

fn memory() -> Check {
    let Some(bytes) = read_limits().available_memory else {
        return Check::new(Health::Info, "memory", "the system does not tell");
    };
    let found = format!("{} MiB free", bytes >> 20);
    if bytes >= LITTLE_MEMORY {
        return Check::new(Health::Ok, "memory", found);
    }
    Check::new(Health::Warn, "memory", found)
        .help("10,000 users take some 50 MiB: close what is not needed, or use fewer users")
}

fn ports_out() -> Check {
    match ephemeral_ports() {
        Some(ports) => {
            Check::new(Health::Ok, "ports out", format!("{ports} for connections to one destination"))
        }
        None => Check::new(Health::Info, "ports out", "the system does not tell"),
    }
}

/// Tries what a run will do: make the folder, and write into it.
fn results(folder: &Path) -> Check {
    let name = "results";
    let there = folder.is_dir();
    let probe = folder.join(format!(".brunt-doctor-{}", std::process::id()));
    let tried = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, b"x"))
        .and_then(|()| fs::remove_file(&probe));
    if !there {
        // What was made for the trial goes again; a folder that somebody uses by now stays.
        let _ = fs::remove_dir(folder);
    }
    let shown = folder.display();
    match tried {
        Ok(()) if there => Check::new(Health::Ok, name, format!("`{shown}` can be written")),
        Ok(()) => Check::new(Health::Ok, name, format!("`{shown}` can be made by the first run")),
        Err(e) => {
            let help = if e.kind() == ErrorKind::PermissionDenied {
                format!("who owns it? `ls -ld {shown}`; `chown`, or another folder: `--output FOLDER`")
            } else if e.kind() == ErrorKind::StorageFull {
                "make room on the disk, or name another folder: `--output FOLDER`".to_owned()
            } else {
                "name another folder: `brunt run --output FOLDER`".to_owned()
            };
            Check::new(Health::Fail, name, format!("`{shown}` cannot be written: {e}")).help(help)
        }
    }
}

/// Whether a port of this machine is free.
fn port_in(port: u16) -> Check {
    let name = format!("port {port}");
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Check::new(Health::Ok, name, "free"),
        Err(e) if e.kind() == ErrorKind::AddrInUse => Check::new(Health::Info, name, "somebody listens there").help(format!(
            "if that is the target, all is well; else see who it is: `ss -ltnp sport = :{port}`, or choose another port"
        )),
        Err(e) => Check::new(Health::Warn, name, format!("cannot be used: {e}")),
    }
}

/// Other tools, for those who bring their scripts. None is needed.
fn tools() -> Check {
    let path = env("PATH").unwrap_or_default();
    let folders: Vec<_> = path.split(':').filter(|folder| !folder.is_empty()).collect();
    let there = |tool: &&str| folders.iter().any(|folder| Path::new(folder).join(tool).is_file());
    let found: Vec<_> =
        ["k6", "locust", "docker", "kubectl", "nginx", "redis-cli"].into_iter().filter(there).collect();
    let found = if found.is_empty() { "none; brunt needs none".into() } else { found.join(", ") };
    Check::new(Health::Info, "other tools", found)
}

/// A plan: whether it is valid, with all its profiles; then its target.
fn plan(path: &str, args: &DoctorArgs, wait: brunt_metrics::Nanos, console: Console) -> Vec<Check> {
    let check =
        CheckArgs { plans: vec![path.into()], profile: None, env: None, set: Vec::new(), target: None };
    // It tells the problems itself, with their places, and must not do so between the lines of JSON.
    let valid = if args.json { target::is_valid(path) } else { load::check(&check, console) == 0 };
    if !valid {
        let check = Check::new(Health::Fail, "plan", format!("`{path}` is not valid"));
        return vec![check.help(format!("see what is wrong: `brunt check {path}`")).code(exit::USAGE)];
    }
    let mut checks = vec![Check::new(Health::Ok, "plan", format!("`{path}` is valid"))];
    checks.extend(target::of_plan(path, &args.health, wait));
    checks
}
