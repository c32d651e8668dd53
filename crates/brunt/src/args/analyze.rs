//! What can be asked of `brunt analyze`.

use super::{CutArgs, ReportArgs};
use std::path::PathBuf;

#[derive(Clone, Debug, Default, clap::Args)]
#[command(
    after_help = "An INPUT is a run's id or its beginning, `last`, a record's folder, a folder of runs, `baseline:NAME`, or a result \
file of Locust, k6, JMeter, vegeta, oha, hey or wrk (`-`: standard input).\n\nExit codes: 0 passed, 99 an objective is not met or nothing succeeded, 98 a run that \
must not be judged by, 97 too little evidence, 105 stopped early, 130 cut off, 2 not understood. Of several runs the gravest counts."
)]
pub(crate) struct AnalyzeArgs {
    /// The results
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,
    /// An objective, as 'p95 < 250ms', a file of them, or a plan, a performance configuration or k6 options that have some;
    /// without any, those kept with the run; may be given again
    #[arg(long, visible_alias = "threshold", value_name = "OBJECTIVE|FILE", help_heading = "Judge")]
    pub(crate) slo: Vec<String>,
    /// With `--slo PLAN`: the environment whose objectives are meant [default: ENVIRONMENT]
    #[arg(long, visible_alias = "expect-env", value_name = "NAME", requires = "slo", help_heading = "Judge")]
    pub(crate) env: Option<String>,
    /// With `--slo PLAN`: the profile whose objectives are meant
    #[arg(long, value_name = "NAME", requires = "slo", help_heading = "Judge")]
    pub(crate) profile: Option<String>,
    /// The run that limits as `baseline * 1.1` refer to
    #[arg(long, value_name = "RUN", help_heading = "Judge")]
    pub(crate) baseline: Option<String>,
    #[command(flatten, next_help_heading = "Judge")]
    pub(crate) cut: CutArgs,
    /// Rules of the findings, laid over the built-in ones (JSON)
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    pub(crate) rules: Option<PathBuf>,
    /// Print the built-in rules, to start from, and do nothing else
    #[arg(long, exclusive = true, help_heading = "Findings")]
    pub(crate) print_rules: bool,
    /// Bands of the grades (JSON)
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    pub(crate) grades: Option<PathBuf>,
    /// Figures of the target beside the load: CSV with a column `seconds` and one a figure
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    pub(crate) resources: Option<PathBuf>,
    /// Write all of it as JSON (`-`: standard output, and nothing else there)
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
    /// In that section: a rollback was triggered
    #[arg(long, alias = "rollback-triggered", requires = "deployment_report", help_heading = "Results")]
    pub(crate) auto_rollback_triggered: bool,
    /// The folder of records
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) runs: PathBuf,
}
