//! `cargo xtask VERB`: what the repository checks about itself, and its side-by-side benches.
//!
//! Nothing here ships. Each verb is a module; its decisions are pure functions over text, tested with miniature
//! inputs, and its edge (files, processes) is thin. `layers` and `tidy` are also plain tests, so that
//! `cargo test --workspace` holds the repository to them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's command-line program")]

mod layers;

mod tidy;

mod docs;

mod bench;

mod repository;

use repository::XtaskError;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask VERB

  layers                    each crate knows only what layers.toml allows
  tidy                      file lengths, names, paths and leftovers
  docs [--brunt PATH]       runs every command and checks every plan that README.md and docs/ show
  bench [WHAT] [--quick] [--rounds N] [--secs N] [--tools a,b] [--no-build]
                            brunt beside installed peers; WHAT is one of
                            closed open users https h2 bodies stall cores startup logs build all
  fidelity LOG [alternate] [masked]
                            the table of docs/fidelity.md for any log: models beside baselines and the floor
  sequence LOG [alternate] [masked] [hidden=64] [only=TABLE]
                            the tables of docs/sequence-model.md: bits per request, and a recurrent network beside the chain
  anomalies series VALUES.csv LABELS.json | log LOG PATH...
                            the tables of docs/anomalies.md: the detector beside usual rules, and the anomalies of a log
  ci                        what CI does: .ci/run
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((verb, rest)) = arguments.split_first() else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let problems = match verb.as_str() {
        "layers" => layers::run(),
        "tidy" => tidy::run(),
        "docs" => docs::run(rest),
        "bench" => bench::run(rest),
        "fidelity" => repository::run_example("brunt-traffic", "fidelity_table", rest),
        "sequence" => repository::run_example("brunt-traffic", "sequence_table", rest),
        "anomalies" => repository::run_example("brunt-traffic", "anomaly_table", rest),
        "ci" => repository::run_ci(),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => Err(XtaskError::Usage(format!("`{other}` is not a verb\n\n{USAGE}"))),
    };
    match problems {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            for problem in &problems {
                eprintln!("error: {problem}");
            }
            eprintln!("{verb}: {} problem(s)", problems.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
