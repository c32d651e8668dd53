//! Where reports on runs go: the same for `brunt analyze`, and for `brunt run` when it has ended.

use std::path::PathBuf;

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ReportArgs {
    /// Write a report as Markdown (`-`: standard output)
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write XML as `JUnit` has it, a case an objective
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) junit: Option<PathBuf>,
    /// GitHub's annotations on standard output, and a job summary where `GITHUB_STEP_SUMMARY` says
    #[arg(long, help_heading = "Results")]
    pub(crate) github: bool,
    /// Append a section to this deployment report (of several runs on the worst)
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) deployment_report: Option<PathBuf>,
}

impl ReportArgs {
    /// The files that are asked for.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let files = [&self.markdown, &self.junit, &self.deployment_report];
        files.into_iter().flatten().filter(|file| file.as_os_str() != "-")
    }

    /// Whether anything is asked for.
    pub(crate) fn any(&self) -> bool {
        self.github || self.markdown.is_some() || self.files().next().is_some()
    }
}
