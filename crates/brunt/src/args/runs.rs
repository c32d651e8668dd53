//! What can be asked of `brunt runs`.

use brunt_history::SortBy;
use clap::{ArgGroup, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Where the history is.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct HistoryArgs {
    /// The history on a PostgreSQL server, as `postgres://user@host/database`, instead of the file beside the records
    /// [default: `BRUNT_HISTORY`]
    #[arg(long, value_name = "URL", help_heading = "History")]
    pub(crate) history: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Say how response times went from run to run: a table, and with --output a figure
    Trend(TrendArgs),
    /// Give runs labels, or take them away
    Label(LabelArgs),
    /// Remove records of runs
    Rm(RmArgs),
    /// Remove all records but the newest, or those that are old
    Prune(PruneArgs),
}

/// Where the records are, and the history.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WhereArgs {
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

/// Which runs are meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct FilterArgs {
    /// Only runs of plans of this name; `*` stands for anything
    #[arg(long, value_name = "NAME", help_heading = "Which runs")]
    pub(crate) name: Option<String>,
    /// Only with this profile; `*` stands for anything
    #[arg(long, value_name = "NAME", help_heading = "Which runs")]
    pub(crate) profile: Option<String>,
    /// Only of this branch; `*` stands for anything, `.` is the current one
    #[arg(long, value_name = "BRANCH", help_heading = "Which runs")]
    pub(crate) branch: Option<String>,
    /// Only of commits that begin so
    #[arg(long, value_name = "COMMIT", help_heading = "Which runs")]
    pub(crate) commit: Option<String>,
    /// Only with this label, as `team=checkout`, or `team` with any value; may be given again
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Which runs")]
    pub(crate) label: Vec<String>,
    /// Only with these verdicts
    #[arg(long, value_name = "VERDICTS", value_enum, value_delimiter = ',', help_heading = "Which runs")]
    pub(crate) verdict: Vec<VerdictWord>,
    /// Only against targets with this in their address; `*` stands for anything
    #[arg(long, value_name = "TEXT", help_heading = "Which runs")]
    pub(crate) target: Option<String>,
    /// Only begun since then: `7d` ago, `12h` ago, a day (2026-11-20, in UTC) or a time (2026-11-20T14:00Z)
    #[arg(long, value_name = "WHEN", help_heading = "Which runs")]
    pub(crate) since: Option<String>,
    /// Only begun before then
    #[arg(long, value_name = "WHEN", help_heading = "Which runs")]
    pub(crate) until: Option<String>,
    /// Only those of this baseline (`.`: the current branch's)
    #[arg(long, value_name = "NAME", help_heading = "Which runs")]
    pub(crate) baseline: Option<String>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) places: WhereArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// At most so many, the first of the list
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// By what the list is sorted: the newest, longest, slowest first
    #[arg(long, value_name = "BY", value_enum, default_value_t = SortWord::Started)]
    pub(crate) sort: SortWord,
    /// The other way round
    #[arg(long)]
    pub(crate) reverse: bool,
    /// A JSON object a run, one a line
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// As CSV
    #[arg(long)]
    pub(crate) csv: bool,
    /// Make the history anew from the records first (of a server: read those that are here again)
    #[arg(long)]
    pub(crate) rebuild: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TrendArgs {
    /// Only these runs: ids, or their beginnings
    #[arg(value_name = "RUN")]
    pub(crate) run: Vec<String>,
    /// Which quantile of the response times: p50, p95, p99.9, max, or 0.95
    #[arg(short, long, value_name = "QUANTILE", default_value = "p95")]
    pub(crate) quantile: String,
    /// Only requests of the endpoint of this name; if none is called so, of all with this in their names
    #[arg(long, value_name = "NAME")]
    pub(crate) endpoint: Option<String>,
    /// Only this part of each run: 30s..90s, 5m.. or ..1m since its start
    #[arg(long, value_name = "FROM..TO")]
    pub(crate) slice: Option<String>,
    /// At most so many, the newest
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Draw it: a file that ends in .svg, .png, .csv or .json
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// A line at a response time, as `300ms` or `p95=300ms`; may be given again
    #[arg(long = "mark", value_name = "[NAME=]TIME")]
    pub(crate) mark: Vec<String>,
    /// Light on dark
    #[arg(long)]
    pub(crate) dark: bool,
    /// A JSON object a run, one a line
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// As CSV
    #[arg(long)]
    pub(crate) csv: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    pub(crate) places: WhereArgs,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LabelArgs {
    #[command(subcommand)]
    pub(crate) command: LabelCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum LabelCommand {
    /// Give a run labels; one that it has gets the new value
    Add {
        /// The run: its id, the beginning of it, its folder, or `last`
        run: String,
        /// As `team=checkout`
        #[arg(required = true, value_name = "NAME=VALUE")]
        labels: Vec<String>,
        #[command(flatten)]
        places: WhereArgs,
    },
    /// Take labels away from a run
    Remove {
        /// The run: its id, the beginning of it, its folder, or `last`
        run: String,
        /// Names of labels
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        places: WhereArgs,
    },
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RmArgs {
    /// The runs: ids, or their beginnings, or `last`
    #[arg(required = true, value_name = "RUN")]
    pub(crate) run: Vec<String>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) places: WhereArgs,
}

#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("old").args(["keep", "older_than"]).required(true).multiple(true))]
pub(crate) struct PruneArgs {
    /// Keep so many of the newest; runs without an end and those that a baseline keeps stay besides
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<u64>,
    /// Remove only what is older, as 30d or 12h
    #[arg(long, value_name = "TIME")]
    pub(crate) older_than: Option<String>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) places: WhereArgs,
}

/// How sure one is.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct ConsentArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Say what would be removed, and remove nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

/// Verdicts, in words of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictWord {
    /// It passed, with or without warnings
    Passed,
    /// An objective that only warns was not met
    Warned,
    /// An objective was not met
    Failed,
    /// Its figures cannot be trusted
    NotValid,
    /// There were too few requests to claim anything
    NotEnoughEvidence,
    /// It was stopped early
    StoppedEarly,
    /// It was cut
    Cut,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortWord {
    Started,
    Name,
    Length,
    Requests,
    Rate,
    Errors,
    P50,
    P95,
    P99,
}

impl SortWord {
    pub(crate) const fn sort(self) -> SortBy {
        match self {
            Self::Started => SortBy::Started,
            Self::Name => SortBy::Name,
            Self::Length => SortBy::Length,
            Self::Requests => SortBy::Requests,
            Self::Rate => SortBy::Rate,
            Self::Errors => SortBy::Errors,
            Self::P50 => SortBy::P50,
            Self::P95 => SortBy::P95,
            Self::P99 => SortBy::P99,
        }
    }
}
