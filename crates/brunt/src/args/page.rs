//! What `brunt report` is asked for.

use super::CutArgs;
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PageArgs {
    /// The run: its id or the beginning of it, `last`, its folder, or a result file of any tool
    #[arg(value_name = "RUN", default_value = "last")]
    pub(crate) run: String,
    /// What it is compared with: a run, several with commas, or a baseline's name
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: Option<String>,
    /// An objective, or a file of them, in place of those that the run was held to; may be given again
    #[arg(long, visible_alias = "threshold", value_name = "OBJECTIVE|FILE")]
    pub(crate) slo: Vec<String>,
    /// Where to; `-`: standard output
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) cut: CutArgs,
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
}
