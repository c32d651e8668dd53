//! What can be asked of `brunt doctor`.

use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 all is well, or only worth knowing; 3 a target does not answer as it should; 2 a plan is not \
valid; 1 something of this machine would keep a run from working."
)]
pub(crate) struct DoctorArgs {
    /// Base URLs, or plans; without any, only the machine is looked at
    #[arg(value_name = "URL|PLAN")]
    pub(crate) what: Vec<String>,
    /// The path that tells whether a target is well; may be given again [default: /health, /api/health, /gateway-health, /healthz]
    #[arg(long, value_name = "PATH")]
    pub(crate) health: Vec<String>,
    /// How long a target may take to answer
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub(crate) wait: String,
    /// A port that must be free, or whose server is shown; may be given again [default: 8080 and 8089]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Vec<u16>,
    /// Where results go
    #[arg(long, value_name = "FOLDER", default_value = "brunt-runs")]
    pub(crate) results: PathBuf,
    /// On standard output: all checks as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
