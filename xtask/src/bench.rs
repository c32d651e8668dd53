//! brunt beside its peers: builds the release binary and hands it to `bench/lab/lab.py`, which measures and prints.
//!
//! The lab owns the commands of every tool, ours among them, and the goals; here is only which measurements there
//! are and how long each takes.

use crate::repository::{self, Findings, XtaskError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A measurement of the lab.
struct Bench {
    /// Its name on the command line.
    name: &'static str,
    /// What it shows.
    about: &'static str,
    /// The lab's runs that make it up.
    runs: &'static [&'static [&'static str]],
    /// What is added to each run by `--quick`: enough to see that all works, too little to quote.
    quick: &'static [&'static str],
}

const BENCHES: [Bench; 11] = [
    Bench {
        name: "closed",
        about: "closed loop, 64 connections, HTTP/1.1 keep-alive",
        runs: &[&["closed"]],
        quick: &["--rounds", "1", "--secs", "2"],
    },
    Bench {
        name: "journey",
        about: "a drawn id, a JSON check and a saved value, beside fixed requests",
        runs: &[&["journey"]],
        quick: &["--rounds", "1", "--secs", "2"],
    },
    Bench {
        name: "open",
        about: "constant rates of 2,000/s and 10,000/s",
        runs: &[&["open"], &["open", "--server", "stall", "--rates", "2000"]],
        quick: &["--rounds", "1", "--secs", "4"],
    },
    Bench {
        name: "users",
        about: "1,000 and 10,000 users with think time",
        runs: &[&["vus", "--vus", "1000"], &["vus", "--vus", "10000"]],
        quick: &["--rounds", "1", "--secs", "12"],
    },
    Bench {
        name: "https",
        about: "closed loop, HTTPS keep-alive",
        runs: &[&["https"]],
        quick: &["--rounds", "1", "--secs", "2"],
    },
    Bench {
        name: "h2",
        about: "closed loop, HTTP/2 over TLS, 64 streams over 4 connections",
        runs: &[&["h2"]],
        quick: &["--rounds", "1", "--secs", "2"],
    },
    Bench {
        name: "bodies",
        about: "bodies of 16 KB and 1 MB",
        runs: &[&["closed", "--path", "/16k"], &["closed", "--path", "/1m"]],
        quick: &["--rounds", "1", "--secs", "2"],
    },
    Bench {
        name: "stall",
        about: "a server that stands still 1 s in every 10 s, at 500/s",
        runs: &[&["stall"]],
        quick: &["--rounds", "1", "--secs", "10"],
    },
    Bench {
        name: "cores",
        about: "one worker and two",
        runs: &[&["cores"]],
        quick: &["--rounds", "1", "--secs", "3"],
    },
    Bench {
        name: "startup",
        about: "from exec to the first byte at the server",
        runs: &[&["startup"]],
        quick: &["--rounds", "3"],
    },
    Bench {
        name: "logs",
        about: "access logs read, learnt and made anew, beside grep and GoAccess, and how that grows",
        runs: &[&["logs"]],
        quick: &["--rounds", "1", "--secs", "1"],
    },
];

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    names: Vec<String>,
    quick: bool,
    build: bool,
    /// Passed to the lab as they are.
    passed_on: Vec<String>,
}

/// `cargo xtask bench`.
pub(crate) fn run(arguments: &[String]) -> Findings {
    let request = parse(arguments)?;
    let root = repository::root();
    let brunt = repository::target_folder(&root)?.join("release").join("brunt");
    if request.build {
        cargo_build(&root, None)?;
    }
    let mut problems = Vec::new();
    for name in &request.names {
        if name == "build" {
            println!("\n## build\n");
            build_facts(&root, &brunt)?;
        }
        for bench in BENCHES.iter().filter(|bench| bench.name == name) {
            println!("\n## {}: {}\n", bench.name, bench.about);
            for run in bench.runs {
                problems.extend(measure(&root, &brunt, bench, run, &request)?);
            }
        }
    }
    Ok(problems)
}

/// Reads the command line. Without a name: all but the cold build, which takes minutes.
fn parse(arguments: &[String]) -> Result<Request, XtaskError> {
    let mut request = Request { build: true, ..Request::default() };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--quick" => request.quick = true,
            "--no-build" => request.build = false,
            "--rounds" | "--secs" | "--tools" | "--json" | "--conns" => {
                let value = rest
                    .next()
                    .ok_or_else(|| XtaskError::Usage(format!("bench: `{argument}` needs a value")))?;
                request.passed_on.extend([argument.clone(), value.clone()]);
            }
            "all" => request
                .names
                .extend(BENCHES.iter().map(|bench| bench.name.to_owned()).chain(["build".into()])),
            name if name == "build" || BENCHES.iter().any(|bench| bench.name == name) => {
                request.names.push(name.into());
            }
            other => {
                let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
                let text =
                    format!("bench: `{other}` is not understood\n  help: {} build all", names.join(" "));
                return Err(XtaskError::Usage(text));
            }
        }
    }
    if request.names.is_empty() {
        request.names.extend(BENCHES.iter().map(|bench| bench.name.to_owned()));
    }
    Ok(request)
}

/// One run of the lab.
fn measure(root: &Path, brunt: &Path, bench: &Bench, run: &[&str], request: &Request) -> Findings {
    let lab = root.join("bench").join("lab").join("lab.py");
    let mut command = Command::new("python3");
    command.arg(lab).args(run).arg("--brunt").arg(brunt);
    if request.quick {
        command.args(bench.quick);
    }
    // Last, so that what the caller says wins.
    command.args(&request.passed_on);
    let status = command.status().map_err(|source| XtaskError::Start {
        program: "python3".into(),
        source,
        help: "the lab needs python3, nginx, openssl, GNU time and taskset: bench/lab/setup.sh apt",
    })?;
    Ok(if status.success() { Vec::new() } else { vec![format!("lab.py {}: {status}", run.join(" "))] })
}

/// Prints the binary's size, and how long a build from nothing takes with the dependencies already downloaded.
fn build_facts(root: &Path, brunt: &Path) -> Result<(), XtaskError> {
    let size = std::fs::metadata(brunt)
        .map_err(|source| XtaskError::Read { path: brunt.to_path_buf(), source })?
        .len();
    let fresh = tempfile::TempDir::new().map_err(XtaskError::Temporary)?;
    #[expect(clippy::disallowed_methods, reason = "what is measured is the wall time of a build")]
    let begin = Instant::now();
    cargo_build(root, Some(fresh.path().to_path_buf()))?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("| | |\n|---|---:|");
    println!("| release binary | {:.1} MB |", size as f64 / 1e6);
    println!("| cold release build, {cores} cores | {:.0} s |", begin.elapsed().as_secs_f64());
    Ok(())
}

/// Builds the release binary, into another target folder if one is given.
fn cargo_build(root: &Path, target: Option<PathBuf>) -> Result<(), XtaskError> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--release", "--package", "brunt"]).current_dir(root);
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let status = command.status().map_err(|source| XtaskError::Start {
        program: "cargo".into(),
        source,
        help: "install Rust from https://rustup.rs",
    })?;
    if status.success() {
        return Ok(());
    }
    Err(XtaskError::Failed {
        command: "cargo build --release --package brunt".into(),
        stderr: status.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_names_benches_and_options() {
        let request = parsed("closed h2 --quick --rounds 5 --no-build").unwrap();
        assert_eq!(request.names, ["closed", "h2"]);
        assert_eq!((request.quick, request.build), (true, false));
        assert_eq!(request.passed_on, ["--rounds", "5"]);
        assert_eq!(parsed("").unwrap().names.len(), BENCHES.len());
        assert!(parsed("all").unwrap().names.contains(&"build".to_owned()));
        for (line, expected) in
            [("fast", "`fast` is not understood"), ("closed --secs", "`--secs` needs a value")]
        {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    #[test]
    fn every_run_is_a_mode_of_the_lab() {
        let lab = repository::read(&repository::root().join("bench/lab/lab.py")).unwrap();
        for run in BENCHES.iter().flat_map(|bench| bench.runs) {
            assert!(lab.contains(&format!("\"{}\"", run[0])), "lab.py has no mode {}", run[0]);
        }
    }
}
