//! What can be asked on the command line. Values that plans have too are kept as text here and read by
//! `brunt-plan`, so that both say the same about them.

mod analyze;
mod compare;
mod cut;
mod doctor;
mod findmax;
mod locust;
mod page;
mod plot;
mod reports;
mod run;
mod runs;
mod traffic;
mod web;

pub(crate) use analyze::AnalyzeArgs;
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
pub(crate) use compare::{BaselineArgs, BaselineCommand, CompareArgs};
pub(crate) use cut::CutArgs;
pub(crate) use doctor::DoctorArgs;
pub(crate) use findmax::{FindMaxArgs, SearchBy};
pub(crate) use page::PageArgs;
pub(crate) use plot::PlotArgs;
pub(crate) use reports::ReportArgs;
pub(crate) use run::{RunArgs, RunCommand};
pub(crate) use runs::{
    ConsentArgs, FilterArgs, HistoryArgs, LabelCommand, ListArgs, PruneArgs, RmArgs, RunsArgs, RunsCommand,
    TrendArgs, VerdictWord, WhereArgs,
};
use std::path::PathBuf;
pub(crate) use traffic::{
    FactorArgs, FidelityArgs, FormatArgs, LearnArgs, LogsArgs, PipelineArgs, SynthArgs,
};
pub(crate) use web::{UiCommand, WebArgs};

/// Load testing that learns, drives, measures and judges.
#[derive(Debug, Parser)]
#[command(name = "brunt", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How everything is shown.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct OutputArgs {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, help_heading = "Output")]
    pub(crate) color: ColorWhen,
    /// Nothing but ASCII characters
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) ascii: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Drive load at a URL, or as a plan or another tool's file says
    Run(Box<RunCommand>),
    /// Open the cockpit: start, watch and steer runs in a browser
    Ui(Box<UiCommand>),
    /// Turn another tool's file into a plan, or a plan into another tool's file
    Convert(ConvertArgs),
    /// Write a starter suite: a plan with profiles, a script, a place for results
    Init(InitArgs),
    /// Say what access logs hold: who asks for what and when
    Logs(LogsArgs),
    /// Learn how a site is used from its access logs
    Learn(LearnArgs),
    /// Make requests of a model, as a document or as other tools' files
    Synth(SynthArgs),
    /// Say how alike traffic is to a real log
    Fidelity(FidelityArgs),
    /// From a log to a comparison in one go: learn, judge, run, run harder, compare
    Pipeline(PipelineArgs),
    /// List the named loads of `run --preset`
    Presets,
    /// Drive a mixed journey at an embedded target for about 20 seconds
    Demo(DemoArgs),
    /// Start a target to load, and run it until Ctrl-C
    Target(TargetArgs),
    /// Say whether a run would work from here: this machine, plans, targets
    Doctor(DoctorArgs),
    /// Say whether a plan is valid, and everything that is wrong with it
    Check(CheckArgs),
    /// Print the JSON Schema of plans, for editors
    Schema,
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the man page (or with a folder, write one for each command)
    Man(ManArgs),
    /// List recorded runs, follow response times from run to run, label and remove runs
    Runs(Box<RunsArgs>),
    /// Show a recorded run as it was shown live
    Show(ShowArgs),
    /// Judge a recorded run again, by its own objectives or by others
    Judge(JudgeArgs),
    /// Say what runs show, from records and from other tools' results: figures, findings, verdicts
    Analyze(Box<AnalyzeArgs>),
    /// Search the highest load that holds the objectives
    FindMax(Box<FindMaxArgs>),
    /// Compare runs, or sides of several runs: what changed, and whether it is more than noise
    Compare(CompareArgs),
    /// Write a run as one page: the decision first, then the evidence
    Report(PageArgs),
    /// Draw runs: SVG, PNG, or the numbers
    Plot(PlotArgs),
    /// Keep runs by name, to compare others with
    Baseline(BaselineArgs),
    /// Write a recorded run in a format that other tools read
    Export(ExportArgs),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Where all randomness comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The folder of this run's record [default: brunt-runs/ID]
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Nothing while it runs; at the end the verdict and where the record is
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// On standard output: a JSON object every second, and a last one with the totals
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the demo's plan and run nothing
    #[arg(long)]
    pub(crate) plan: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TargetArgs {
    /// Which target; without a name, they are listed
    pub(crate) name: Option<String>,
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// How it behaves, as JSON; for `mock` its routes too
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// For `mock`: routes from an OpenAPI document
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) openapi: Option<PathBuf>,
    /// For `mock`: take whatever comes, and append it to this file as JSON lines (`-` keeps it in memory only)
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// For `mock`, `shop`, `inference` and `users`: a planted fault, e.g. `slow:path=/search,extra=300ms`; may be given again
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<String>,
    /// For `users`: a Redis to cache in, as `redis://127.0.0.1:6379`
    #[arg(long, value_name = "URL")]
    pub(crate) redis: Option<String>,
    /// For `users`: only this app instance (1 to 3), without the gateway
    #[arg(long, value_name = "N")]
    pub(crate) app: Option<u8>,
    /// Serve HTTPS with a certificate made for the occasion; its CA goes to this file
    #[arg(long, value_name = "CA-FILE")]
    pub(crate) tls: Option<PathBuf>,
    /// Listen on this Unix socket instead
    #[arg(long, value_name = "PATH", conflicts_with_all = ["port", "tls"])]
    pub(crate) unix: Option<PathBuf>,
    /// Threads that serve
    #[arg(long, default_value = "1")]
    pub(crate) threads: std::num::NonZeroUsize,
    /// Stop after this time instead of at Ctrl-C
    #[arg(long, value_name = "TIME")]
    pub(crate) duration: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The plans, or other tools' files
    #[arg(required = true, value_name = "PLAN")]
    pub(crate) plans: Vec<PathBuf>,
    /// With this profile laid over; without it a plan is checked with each of its own
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// With this environment laid over
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// A variable of the plan, or a field by its path; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The base URL for files that name none
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConvertArgs {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What to make of it: a plan (yaml, json, toml), or curl, vegeta, k6, locust
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) to: String,
    /// The profile of a plan that is written as another tool's file
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// HAR: leave values as recorded, also those that come from earlier answers
    #[arg(long)]
    pub(crate) no_correlate: bool,
    /// HAR: requests to all hosts, not to the page's own alone
    #[arg(long)]
    pub(crate) all_hosts: bool,
    /// What it is, if that cannot be seen
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<String>,
    /// The base URL for files that name none
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// Where to write it; standard output if not given
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// The folder to write into
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Make the plan of this file (OpenAPI, HAR, Postman, curl, vegeta, ...)
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// The suite's name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The target's base URL
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// Ask nothing: what is not given is taken as proposed
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// A run's id, the beginning of one, its folder, or `last`
    #[arg(default_value = "last")]
    pub(crate) run: String,
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
    /// Play the run's seconds first, as they were shown live
    #[arg(long)]
    pub(crate) replay: bool,
    /// As --json printed it live
    #[arg(long, conflicts_with = "replay")]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct JudgeArgs {
    /// A run's id, the beginning of one, its folder, or `last`; a folder of runs or another tool's results are judged as by
    /// `brunt analyze`
    #[arg(default_value = "last")]
    pub(crate) run: String,
    /// An objective, as 'p95 < 250ms', or a file of them, instead of the record's own; may be given again
    #[arg(long, visible_alias = "threshold", value_name = "OBJECTIVE|FILE")]
    pub(crate) slo: Vec<String>,
    /// The run that limits as `baseline * 1.1` refer to: an id, the beginning of one, a folder, or `last`
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<String>,
    #[command(flatten)]
    pub(crate) cut: CutArgs,
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
    /// On standard output: the totals as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl JudgeArgs {
    /// The same, asked of `brunt analyze`.
    pub(crate) fn as_analysis(&self) -> AnalyzeArgs {
        AnalyzeArgs {
            inputs: vec![self.run.clone()],
            slo: self.slo.clone(),
            baseline: self.baseline.clone(),
            cut: self.cut,
            json: self.json.then(|| "-".into()),
            runs: self.runs.clone(),
            ..AnalyzeArgs::default()
        }
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// A run's id, the beginning of one, its folder, or `last`
    pub(crate) run: String,
    /// The format
    #[arg(long, value_enum)]
    pub(crate) to: ExportFormat,
    /// The file; standard output if not given
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// HdrHistogram log 1.3 of response times (from the instant a request was due)
    Hlog,
    /// HdrHistogram log 1.3 of service times (from the instant a request was started)
    HlogService,
    /// A row per second, endpoint and outcome
    Csv,
    /// The totals
    Json,
}
