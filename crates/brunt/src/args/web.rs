//! How the cockpit is served.

use super::{ReportArgs, RunArgs};
use std::net::IpAddr;
use std::path::PathBuf;

/// `brunt ui`: what `brunt run` takes is what the page's form proposes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct UiCommand {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
    #[command(flatten)]
    pub(crate) web: WebArgs,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WebArgs {
    /// The address that the page listens at; others than this machine's own need a token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", help_heading = "Page")]
    pub(crate) web_host: IpAddr,
    /// The port of the page; 0 takes a free one
    #[arg(short = 'P', long, value_name = "PORT", default_value_t = 8089, help_heading = "Page")]
    pub(crate) web_port: u16,
    /// The token that the page needs [default: `BRUNT_WEB_TOKEN`; off this machine one is made]
    #[arg(long, value_name = "TOKEN", help_heading = "Page")]
    pub(crate) web_token: Option<String>,
    /// A page that shows, and changes nothing
    #[arg(long, help_heading = "Page")]
    pub(crate) web_readonly: bool,
    /// Serve HTTPS with this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "web_key", help_heading = "Page")]
    pub(crate) web_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "web_cert", help_heading = "Page")]
    pub(crate) web_key: Option<PathBuf>,
    /// Another name that the page is reached by; may be given again
    #[arg(long, value_name = "NAME", help_heading = "Page")]
    pub(crate) allow_host: Vec<String>,
    /// Where the page may aim load besides: a host, `*` for any characters; may be given again
    #[arg(long, value_name = "HOST", help_heading = "Page")]
    pub(crate) allow_target: Vec<String>,
    /// End so long after the run's end, instead of showing its results until Ctrl-C
    #[arg(long, value_name = "TIME", help_heading = "Page")]
    pub(crate) autoquit: Option<String>,
}
