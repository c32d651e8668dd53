//! `brunt run`. Beside its own flags it takes Locust's, with Locust's meaning.

use super::locust::LocustArgs;
use super::traffic::FactorArgs;
use super::{HistoryArgs, ReportArgs, WebArgs};
use clap::ArgGroup;
use std::path::PathBuf;

/// The most workers that may be asked for: no machine that brunt runs on has more processors.
const MOST_WORKERS: i64 = 1_024;

/// `brunt run` as a command: a run, and reports on it.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "`--output FILE.md` writes a Markdown report to FILE.md, as `--markdown FILE.md` does, and `--output FILE.html` a page; \
the record goes to brunt-runs/ID then."
)]
pub(crate) struct RunCommand {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
    /// Show and steer the run in a browser too; its results stay there until Ctrl-C
    #[arg(long, conflicts_with_all = ["simulate", "headless", "interactive"], help_heading = "Page")]
    pub(crate) ui: bool,
    #[command(flatten)]
    pub(crate) web: WebArgs,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("content").args(["body", "body_file"]), allow_negative_numbers = true)]
pub(crate) struct RunArgs {
    /// A URL (http, https, or `http+unix:///path/to.sock:/path`), a plan (.yaml, .json, .toml), another tool's
    /// file (HAR, OpenAPI, Postman, curl, vegeta, k6 options, locust.conf), a traffic model or requests made of one (`brunt
    /// learn`, `brunt synth`), or an access log to replay
    #[arg(value_name = "URL|PLAN")]
    pub(crate) what: Option<String>,
    /// Only these user classes of the plan
    #[arg(value_name = "USER")]
    pub(crate) classes: Vec<String>,
    /// The plan, as Locust's flag: what stands alone is user classes then
    #[arg(
        short = 'f',
        long = "file",
        alias = "locustfile",
        alias = "config",
        value_name = "PLAN",
        help_heading = "Plan"
    )]
    pub(crate) file: Option<String>,
    /// Lay these profiles of the plan over it and run each, one after the other; `all` for all of them
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Plan")]
    pub(crate) profile: Vec<String>,
    /// Lay this environment of the plan over it [default: ENVIRONMENT]
    #[arg(long, value_name = "NAME", help_heading = "Plan")]
    pub(crate) env: Option<String>,
    /// A variable of the plan (peak=20), or a field by its path (scenarios.peak.users=20); may be given again
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Plan")]
    pub(crate) set: Vec<String>,
    /// Only what has one of these tags; may be given again
    #[arg(short = 'T', long, value_name = "TAG", value_delimiter = ',', num_args = 1.., help_heading = "Plan")]
    pub(crate) tags: Vec<String>,
    /// Nothing that has one of these tags
    #[arg(short = 'E', long, value_name = "TAG", value_delimiter = ',', num_args = 1.., help_heading = "Plan")]
    pub(crate) exclude_tags: Vec<String>,
    /// What the file is, if that cannot be seen: har, openapi, postman, curl, vegeta, k6, locust, model, requests, log, ...
    #[arg(long, value_name = "FORMAT", help_heading = "Plan")]
    pub(crate) from: Option<String>,
    /// For a traffic model, generated requests or a log: send them as this plan's first request is sent, with its headers, login and checks
    #[arg(long, value_name = "PLAN", help_heading = "Traffic")]
    pub(crate) base: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) traffic: FactorArgs,
    /// Ask for target, users, spawn rate and duration
    #[arg(long, conflicts_with = "json", help_heading = "Plan")]
    pub(crate) interactive: bool,

    /// A named load: smoke, light, heavy, spike ... (`brunt presets` lists them); comma-separated: one after the other
    #[arg(
        long,
        visible_alias = "pattern",
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Load"
    )]
    pub(crate) preset: Vec<String>,

    /// Users at once; with --rate, the most there may be [default: 10]
    #[arg(short, long, visible_alias = "concurrency", value_name = "N", help_heading = "Load")]
    pub(crate) users: Option<u64>,
    /// Constant arrivals, whatever the target's speed: 500/s, 30/m
    #[arg(long, allow_hyphen_values = true, value_name = "RATE", help_heading = "Load")]
    pub(crate) rate: Option<String>,
    /// How long: 30s, 5m; a bare number is seconds [default: 10s]
    #[arg(
        short,
        visible_short_alias = 't',
        long,
        visible_alias = "run-time",
        allow_hyphen_values = true,
        value_name = "TIME",
        help_heading = "Load"
    )]
    pub(crate) duration: Option<String>,
    /// So many requests in all
    #[arg(short = 'n', long, value_name = "N", help_heading = "Load")]
    pub(crate) requests: Option<u64>,
    /// How fast users come: 10/s; a bare number is per second
    #[arg(short = 'r', long, allow_hyphen_values = true, value_name = "RATE", help_heading = "Load")]
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
    /// How long running iterations may go on after the end [default: 30s]
    #[arg(short = 's', long, visible_alias = "graceful-stop", value_name = "TIME", help_heading = "Load")]
    pub(crate) stop_timeout: Option<String>,
    /// Where all randomness comes from
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub(crate) seed: Option<u64>,

    /// The request's method [default: GET, with a body POST]
    #[arg(short = 'X', long, value_name = "METHOD", help_heading = "Request")]
    pub(crate) method: Option<String>,
    /// A header, as `name: value`; may be given again. A URL here is the target, as in Locust
    #[arg(short = 'H', long, value_name = "HEADER", help_heading = "Request")]
    pub(crate) header: Vec<String>,
    /// How requests are authorised: env (`AUTH_TOKEN`, `API_KEY`), bearer:TOKEN, basic:USER:PASSWORD or key:KEY
    #[arg(long, value_name = "HOW", help_heading = "Request")]
    pub(crate) auth: Option<String>,
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
    #[arg(long, visible_alias = "host", value_name = "URL", help_heading = "Run")]
    pub(crate) target: Option<String>,
    /// How long to wait for the target to take connections
    #[arg(long, value_name = "TIME", default_value = "10s", help_heading = "Run")]
    pub(crate) wait: String,
    /// What is watched beside the load: `process:nginx`, `cgroup:/PATH`, `container:ID`, a page of metrics by its URL,
    /// `prometheus:URL?query=QUERY`, `redis:HOST:PORT`; `NAME=SOURCE` names it; may be given again
    #[arg(long, value_name = "SOURCE", help_heading = "Run")]
    pub(crate) metrics: Vec<String>,
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

    /// An objective, as 'p95 < 250ms' or 'errors < 1% over 30s', or a file of them; may be given again
    #[arg(long, visible_alias = "threshold", value_name = "OBJECTIVE|FILE", help_heading = "Judge")]
    pub(crate) slo: Vec<String>,
    /// The run that limits as `baseline * 1.1` refer to: an id, the beginning of one, a folder, or `last`
    #[arg(long, value_name = "RUN", help_heading = "Judge")]
    pub(crate) baseline: Option<String>,

    /// The folder of this run's record [default: brunt-runs/ID]
    #[arg(short, long, value_name = "FOLDER", help_heading = "Record")]
    pub(crate) output: Option<PathBuf>,
    /// Write no record
    #[arg(long, conflicts_with = "output", help_heading = "Record")]
    pub(crate) no_record: bool,
    /// Words to find the run by, as `team=checkout`; may be given again
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Record")]
    pub(crate) label: Vec<String>,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
    /// Write a row for every request to this CSV file
    #[arg(long, value_name = "FILE", help_heading = "Record")]
    pub(crate) rows: Option<PathBuf>,
    /// With --rows: only one request in N
    #[arg(long, value_name = "N", default_value_t = 1, requires = "rows", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Record")]
    pub(crate) rows_every: u64,

    /// Locust's CSV files: `PREFIX_stats.csv`, `_stats_history.csv`, `_failures.csv`, `_exceptions.csv`
    #[arg(long, value_name = "PREFIX", help_heading = "Results")]
    pub(crate) csv: Option<String>,
    /// With CSV files: every name in the history, not the total alone
    #[arg(long, help_heading = "Results")]
    pub(crate) csv_full_history: bool,
    /// The run as one page, as `brunt report` writes it
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) html: Option<PathBuf>,
    /// k6's end-of-test summary as JSON
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) summary_export: Option<PathBuf>,
    /// Locust's CSV files, a page and a log, as `FOLDER/<YYYYMMDD_HHMMSS>_<name>...` [default: `results/load_tests`]
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true, default_missing_value = "results/load_tests", help_heading = "Results")]
    pub(crate) results: Option<PathBuf>,

    /// Nothing while it runs; at the end the verdict and where the record is
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// A full screen while it runs: charts, endpoints, keys to steer the run
    #[arg(long, help_heading = "Output", conflicts_with_all = ["quiet", "json"])]
    pub(crate) tui: bool,
    /// On standard output: a JSON object every second, and a last one with the totals
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Without a terminal: the time between two lines
    #[arg(long, value_name = "TIME", default_value = "10s", help_heading = "Output")]
    pub(crate) progress_interval: String,

    #[command(flatten)]
    pub(crate) locust: LocustArgs,
}
