//! What can be asked of `brunt find-max`.

use super::RunArgs;
use clap::ValueEnum;
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 the limit, or none up to the cap; 99 not even the least load holds; 98 brunt or its machine \
was the limit; 97 trials or time ran out first; 3 nobody answers; 2 not valid.\n\nAll flags of `brunt run` on plans, requests and \
connections hold here; those on load do not: the search decides it.\n\n`--output FOLDER` is where the trials' records go. \
`--output FILE.md` and `--output FILE.json` are the result instead, as `--markdown` and `find-max.json`; the records go to brunt-runs/ID then."
)]
pub(crate) struct FindMaxArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// What is raised [default: the rate; users for a plan that has nothing but users]
    #[arg(long, value_enum, help_heading = "Search")]
    pub(crate) by: Option<SearchBy>,
    /// The first load: 100/s, or a number of users [default: 20/s or 2 users; with a plan an eighth of what it asks for]
    #[arg(long, value_name = "LOAD", help_heading = "Search")]
    pub(crate) start: Option<String>,
    /// The least load worth knowing about [default: a 32nd of --start]
    #[arg(long, value_name = "LOAD", help_heading = "Search")]
    pub(crate) floor: Option<String>,
    /// The safety cap: no trial goes beyond it [default: 20000/s or 2000 users]
    #[arg(long, value_name = "LOAD", help_heading = "Search")]
    pub(crate) cap: Option<String>,
    /// How close what holds and what breaks must come
    #[arg(long, value_name = "PERCENT", default_value = "3%", help_heading = "Search")]
    pub(crate) width: String,
    /// How long a trial may last
    #[arg(long, value_name = "TIME", default_value = "15s", help_heading = "Search")]
    pub(crate) trial: String,
    /// How long a trial lasts at least; then it ends as soon as the matter is clear [default: a third of --trial]
    #[arg(long, value_name = "TIME", help_heading = "Search")]
    pub(crate) shortest: Option<String>,
    /// The first part of each trial, left out
    #[arg(long, value_name = "TIME", default_value = "1s", help_heading = "Search")]
    pub(crate) trial_warm_up: String,
    /// The pause after a trial that broke
    #[arg(long, value_name = "TIME", default_value = "2s", help_heading = "Search")]
    pub(crate) settle: String,
    /// The most trials
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Search")]
    pub(crate) max_trials: usize,
    /// The most time in trials
    #[arg(long, value_name = "TIME", default_value = "15m", help_heading = "Search")]
    pub(crate) max_time: String,
    /// Write the result as Markdown (`-`: standard output)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) markdown: Option<PathBuf>,
    /// The result as JSON: what `--output FILE.json` names
    #[arg(skip)]
    pub(crate) json_file: Option<PathBuf>,
}

impl FindMaxArgs {
    /// The files that are asked for.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.markdown, &self.json_file].into_iter().flatten().filter(|path| path.as_os_str() != "-")
    }
}

/// What a search raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchBy {
    /// Arrivals a second, whatever the target's speed
    Rate,
    /// Users that wait for their answers
    Users,
}
