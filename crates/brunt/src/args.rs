//! What can be asked on the command line. Values that plans have too are kept as text here and read by
//! `brunt-plan`, so that both say the same about them.

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Load testing that learns, drives, measures and judges.
#[derive(Debug, Parser)]
#[command(name = "brunt", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The most workers that may be asked for: no machine that brunt runs on has more processors.
const MOST_WORKERS: i64 = 1_024;

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
    /// Drive load at a URL, or as a plan says
    Run(Box<RunArgs>),
    /// Drive a mixed journey at an embedded target for about 20 seconds
    Demo(DemoArgs),
    /// Start a target to load, and run it until Ctrl-C
    Target(TargetArgs),
    /// Say whether a plan is valid, and everything that is wrong with it
    Check(CheckArgs),
    /// Print the JSON Schema of plans, for editors
    Schema,
    /// List recorded runs
    Runs(RunsArgs),
    /// Show a recorded run as it was shown live
    Show(ShowArgs),
    /// Write a recorded run in a format that other tools read
    Export(ExportArgs),
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("content").args(["body", "body_file"]), allow_negative_numbers = true)]
pub(crate) struct RunArgs {
    /// A URL (http, https, or `http+unix:///path/to.sock:/path`), or a plan (.yaml, .json, .toml)
    #[arg(value_name = "URL|PLAN")]
    pub(crate) what: String,

    /// Users at once; with --rate, the most there may be [default: 10]
    #[arg(short, long, value_name = "N", help_heading = "Load")]
    pub(crate) users: Option<u64>,
    /// Constant arrivals, whatever the target's speed: 500/s, 30/m
    #[arg(long, allow_hyphen_values = true, value_name = "RATE", help_heading = "Load")]
    pub(crate) rate: Option<String>,
    /// How long: 30s, 5m; a bare number is seconds [default: 10s]
    #[arg(short, long, allow_hyphen_values = true, value_name = "TIME", help_heading = "Load")]
    pub(crate) duration: Option<String>,
    /// So many requests in all
    #[arg(short = 'n', long, value_name = "N", help_heading = "Load")]
    pub(crate) requests: Option<u64>,
    /// How fast users come: 10/s; a bare number is per second
    #[arg(long, allow_hyphen_values = true, value_name = "RATE", help_heading = "Load")]
    pub(crate) spawn_rate: Option<String>,
    /// The most users that --rate may need [default: 10000]
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub(crate) max_users: Option<u64>,
    /// A user's pause between requests: 1s, or 1s..10s
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", help_heading = "Load")]
    pub(crate) think: Option<String>,
    /// A part at the start that is measured apart
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", help_heading = "Load")]
    pub(crate) warm_up: Option<String>,
    /// Where all randomness comes from
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub(crate) seed: Option<u64>,

    /// The request's method [default: GET, with a body POST]
    #[arg(short = 'X', long, value_name = "METHOD", help_heading = "Request")]
    pub(crate) method: Option<String>,
    /// A header, as `name: value`; may be given again
    #[arg(short = 'H', long, value_name = "HEADER", help_heading = "Request")]
    pub(crate) header: Vec<String>,
    /// The request's body
    #[arg(long, value_name = "TEXT", help_heading = "Request")]
    pub(crate) body: Option<String>,
    /// The request's body, from a file
    #[arg(long, value_name = "FILE", help_heading = "Request")]
    pub(crate) body_file: Option<PathBuf>,
    /// How long a request may take; a bare number is seconds [default: 30s]
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", help_heading = "Request")]
    pub(crate) timeout: Option<String>,
    /// Redirects followed; 0 takes a redirect as the answer [default: 10]
    #[arg(long, value_name = "N", help_heading = "Request")]
    pub(crate) redirects: Option<u64>,

    /// HTTP/2: by ALPN over TLS, by prior knowledge in the clear
    #[arg(long, help_heading = "Connections")]
    pub(crate) http2: bool,
    /// A new connection for every request
    #[arg(long, help_heading = "Connections")]
    pub(crate) no_keepalive: bool,
    /// HTTP/2 connections that the users of a worker share, instead of one each
    #[arg(long, value_name = "N", help_heading = "Connections")]
    pub(crate) shared_connections: Option<u64>,
    /// Connect elsewhere: host:port:to-host:to-port; may be given again
    #[arg(long, value_name = "RULE", help_heading = "Connections")]
    pub(crate) connect_to: Vec<String>,
    /// Accept any certificate
    #[arg(short = 'k', long, help_heading = "Connections")]
    pub(crate) insecure: bool,
    /// Trust these certificates (PEM) instead of the system's
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub(crate) cacert: Option<PathBuf>,
    /// Present this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key", help_heading = "Connections")]
    pub(crate) cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "Connections")]
    pub(crate) key: Option<PathBuf>,

    /// Drive a plan at this base URL instead of its own
    #[arg(long, value_name = "URL", help_heading = "Run")]
    pub(crate) target: Option<String>,
    /// How long to wait for the target to take connections
    #[arg(long, value_name = "TIME", default_value = "10s", help_heading = "Run")]
    pub(crate) wait: String,
    /// Threads [default: as many as the load needs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_WORKERS), help_heading = "Run")]
    pub(crate) workers: Option<u32>,
    /// Start what is due within this time together: less processor time, at the cost of so much lag
    #[arg(long, value_name = "TIME", help_heading = "Run")]
    pub(crate) tick: Option<String>,
    /// Show the load that would be produced, and send nothing
    #[arg(long, help_heading = "Run")]
    pub(crate) simulate: bool,
    /// With --simulate: how long every answer takes
    #[arg(long, value_name = "TIME", default_value = "100ms", requires = "simulate", help_heading = "Run")]
    pub(crate) simulate_response: String,

    /// The folder of this run's record [default: brunt-runs/ID]
    #[arg(short, long, value_name = "FOLDER", help_heading = "Record")]
    pub(crate) output: Option<PathBuf>,
    /// Write no record
    #[arg(long, conflicts_with = "output", help_heading = "Record")]
    pub(crate) no_record: bool,
    /// Write a row for every request to this CSV file
    #[arg(long, value_name = "FILE", help_heading = "Record")]
    pub(crate) rows: Option<PathBuf>,
    /// With --rows: only one request in N
    #[arg(long, value_name = "N", default_value_t = 1, requires = "rows", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Record")]
    pub(crate) rows_every: u64,

    /// Nothing while it runs; at the end the verdict and where the record is
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// On standard output: a JSON object every second, and a last one with the totals
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Without a terminal: the time between two lines
    #[arg(long, value_name = "TIME", default_value = "10s", help_heading = "Output")]
    pub(crate) progress_interval: String,
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
    /// For `mock`: routes and behaviour, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
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
    /// The plans
    #[arg(required = true, value_name = "PLAN")]
    pub(crate) plans: Vec<PathBuf>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RunsArgs {
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
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
