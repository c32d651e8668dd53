//! What can be asked of `brunt compare` and `brunt baseline`.

use super::CutArgs;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "A SIDE is a run's id or its beginning, `last`, a record's folder, a folder of runs, a result file of \
Locust, k6, JMeter, vegeta, oha, hey or wrk, or `baseline:NAME` (`baseline:` for the current branch). Several runs of one side: \
A1,A2,A3. A name for it: new=B1,B2,B3.\n\nExit codes: 0 no regression, 99 regression, 98 a run that must not be judged by, \
97 not decided, 2 not comparable."
)]
pub(crate) struct CompareArgs {
    /// The baseline, and what is compared with it
    #[arg(required = true, num_args = 2.., value_name = "SIDE")]
    pub(crate) sides: Vec<String>,
    /// How much worse is tolerated, as `5%` (of p50, p95, p99 and throughput) or `p95=5%`, `errors=0.2%`; may be given again
    /// [default: 10%, p99=20%, errors=0.1%]
    #[arg(long, value_name = "[METRIC=]PERCENT")]
    pub(crate) margin: Vec<String>,
    /// The metrics that decide, as `p95,errors` [default: p50,p95,p99,errors,throughput]
    #[arg(long, value_name = "METRICS")]
    pub(crate) on: Option<String>,
    /// Go on though the sides were not asked the same question
    #[arg(long)]
    pub(crate) different: bool,
    /// Write the comparison as Markdown, for a pull request (`-`: standard output)
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// On standard output: the comparison as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) cut: CutArgs,
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BaselineArgs {
    /// The folder of records; baselines are kept in its `baselines.json`
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs", global = true)]
    pub(crate) runs: PathBuf,
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Add runs to a baseline; it is made if it is not there
    Set {
        /// Its name (`.`: the current branch's)
        name: String,
        /// Runs: ids or their beginnings, `last`, folders, or result files
        #[arg(required = true, value_name = "RUN")]
        run: Vec<String>,
        /// Keep this many of the newest runs; older ones leave the baseline, and stay where they are [default: 10]
        #[arg(long, value_name = "N")]
        keep: Option<std::num::NonZeroUsize>,
        /// Instead of the runs that it has
        #[arg(long)]
        replace: bool,
    },
    /// List baselines
    List,
    /// Show a baseline's runs, and when a figure changed among them
    Show {
        /// Its name (`.`: the current branch's)
        name: String,
    },
    /// Forget a baseline; its runs stay
    Remove {
        /// Its name (`.`: the current branch's)
        name: String,
    },
}
