//! What `brunt logs`, `learn`, `synth`, `fidelity` and `pipeline` are asked for.

use std::path::PathBuf;

/// Which logs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LogFiles {
    /// Access logs: files, packed (gz, xz, zst) or not; folders of them; `-` for standard input
    #[arg(value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// What logs are written in, where that cannot be seen.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct FormatArgs {
    /// How lines are written, if that cannot be seen: nginx's `log_format` or Apache's `LogFormat`, or one of combined, json, alb, w3c, csv
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) files: LogFiles,
    /// As JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// How many anomalies a day may be chance: fewer are more sure, more find more
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = alarms)]
    pub(crate) alarms_per_day: f64,
    /// Also draw the course, day and week, and endpoints into this folder, as SVG
    #[arg(long, value_name = "FOLDER", conflicts_with = "simulate")]
    pub(crate) figures: Option<PathBuf>,
    /// Read nothing: write a log of a made-up shop of so many days to standard output, for a start without one
    #[arg(long, value_name = "DAYS", conflicts_with = "logs")]
    pub(crate) simulate: Option<u16>,
    /// Where the randomness of `--simulate` comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

fn alarms(text: &str) -> Result<f64, String> {
    let n: f64 = text.parse().map_err(|_| "a number is wanted".to_owned())?;
    if n > 0.0 && n.is_finite() { Ok(n) } else { Err("more than 0 are wanted".to_owned()) }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LearnArgs {
    #[command(flatten)]
    pub(crate) files: LogFiles,
    /// Where the model goes
    #[arg(short, long, value_name = "FILE", default_value = "site.model.json")]
    pub(crate) output: PathBuf,
    /// What the model is called [default: the log's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A value that fewer clients asked for is not kept, but made up anew
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) least_clients: usize,
    /// Endpoints that are told apart at most
    #[arg(long, value_name = "N", default_value_t = brunt_traffic::MOST_ENDPOINTS)]
    pub(crate) endpoints: usize,
    /// What the API takes, as OpenAPI: bodies come from it, which no log tells
    #[arg(long, value_name = "FILE")]
    pub(crate) openapi: Option<PathBuf>,
    /// Learn nothing yet: write what was observed to this file, for `--merge`; it holds targets as they were, and hashes of clients
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with_all = ["output", "name", "openapi", "merge"])]
    pub(crate) part: Option<PathBuf>,
    /// The secret that clients are hashed under, 32 hexadecimal digits; made where it is not there. All parts of a log need the same
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// LOG are parts that `--part` wrote: learn from them as from one log, in this order
    #[arg(long, conflicts_with_all = ["key", "log_format"])]
    pub(crate) merge: bool,
    /// Chance in fitting: the same seed makes the same model
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

/// What is generated, and what is changed about it.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FactorArgs {
    /// Where it begins: `peak` (the busiest hour of the week), `now`, a day (2026-03-16) or a moment (2026-03-16T09:00), UTC
    #[arg(long, value_name = "WHEN", default_value = "peak", help_heading = "Traffic")]
    pub(crate) at: String,
    /// How many times as many sessions
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, help_heading = "Traffic")]
    pub(crate) scale: f64,
    /// How many times as fast the clock of the day goes; think times stay as they are
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, help_heading = "Traffic")]
    pub(crate) compress: f64,
    /// How many times as many sessions that write, against the others
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, help_heading = "Traffic")]
    pub(crate) writes: f64,
    /// How much more what is seldom asked for is asked for
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, help_heading = "Traffic")]
    pub(crate) tail: f64,
    /// How many times as uneven arrivals are
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, help_heading = "Traffic")]
    pub(crate) burstiness: f64,
    /// A harder one: twice as many sessions, twice as likely to write, twice the tail, 1.5 times as uneven
    #[arg(long, help_heading = "Traffic")]
    pub(crate) improved: bool,
    /// The shape of the day with five times the peak, and burstier
    #[arg(long, conflicts_with = "improved", help_heading = "Traffic")]
    pub(crate) black_friday: bool,
    /// People only: no monitors, crawlers, feed readers
    #[arg(long, help_heading = "Traffic")]
    pub(crate) people_only: bool,
    /// Also calls that the site makes to itself, as crons set off by visits: a system under test makes its own
    #[arg(long, help_heading = "Traffic")]
    pub(crate) self_calls: bool,
}

impl Default for FactorArgs {
    fn default() -> Self {
        Self {
            at: "peak".to_owned(),
            scale: 1.0,
            compress: 1.0,
            writes: 1.0,
            tail: 1.0,
            burstiness: 1.0,
            improved: false,
            black_friday: false,
            people_only: false,
            self_calls: false,
        }
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SynthArgs {
    /// The model
    pub(crate) model: PathBuf,
    /// Where to: a file; of k6 and locust a folder for the script and its requests [default: by format]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// As what
    #[arg(long, value_name = "FORMAT", default_value = "json", value_parser = formats())]
    pub(crate) to: String,
    /// How long
    #[arg(long = "for", value_name = "TIME", default_value = "1h")]
    pub(crate) span: String,
    /// The same seed makes the same requests
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The base URL for formats that have one
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) factors: FactorArgs,
}

fn formats() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(brunt_traffic::Export::names())
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FidelityArgs {
    /// The real log to judge by, best one that the model has not seen; may be given again. With `--watch-log`, one from when all was well
    #[arg(long, value_name = "LOG", required_unless_present = "watch_log")]
    pub(crate) real: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// What is judged: a model, generated requests, or another log
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) synthetic: PathBuf,
    /// As JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Also draw both over each other into this folder, as SVG: hours, endpoints, bursts, sessions
    #[arg(long, value_name = "FOLDER", conflicts_with = "watch_log")]
    pub(crate) figures: Option<PathBuf>,
    /// Draws of a model that are judged; the mean is shown, with how far they scatter
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) draws: u16,
    /// Fail (97) where a measure is above this, as `sessions=0.6`; may be given again
    #[arg(long, value_name = "MEASURE=LIMIT")]
    pub(crate) fail_over: Vec<String>,
    /// Watch this log while it grows, and tell when it has drifted from the model
    #[arg(long, value_name = "LOG")]
    pub(crate) watch_log: Option<PathBuf>,
    /// With `--watch-log`: how much of the log is judged, up to its last line
    #[arg(long, value_name = "TIME", default_value = "6h", requires = "watch_log")]
    pub(crate) window: String,
    /// With `--watch-log`: how often
    #[arg(long, value_name = "TIME", default_value = "10m", requires = "watch_log")]
    pub(crate) every: String,
    /// With `--watch-log`: for how long [default: until it is ended]
    #[arg(long = "for", value_name = "TIME", requires = "watch_log")]
    pub(crate) span: Option<String>,
    /// Where randomness comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PipelineArgs {
    #[command(flatten)]
    pub(crate) files: LogFiles,
    /// What is loaded
    #[arg(long, value_name = "URL", required = true)]
    pub(crate) target: String,
    /// Where each step's file goes
    #[arg(short, long, value_name = "FOLDER", default_value = "pipeline")]
    pub(crate) output: PathBuf,
    /// What the API takes, as OpenAPI: bodies come from it, which no log tells
    #[arg(long, value_name = "FILE")]
    pub(crate) openapi: Option<PathBuf>,
    /// How long each of both runs lasts
    #[arg(long = "for", value_name = "TIME", default_value = "5m")]
    pub(crate) span: String,
    /// Where randomness comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Do again what is there already
    #[arg(long)]
    pub(crate) again: bool,
    /// How many times as many sessions as in the log
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub(crate) scale: f64,
    /// How many times as fast the clock of the day goes
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub(crate) compress: f64,
}
