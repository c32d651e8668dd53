//! Flags that only Locust has: what they ask for is done, needs no doing, or is refused with what to type instead.

use std::path::PathBuf;

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct LocustArgs {
    /// As Locust's: brunt never opens a browser by itself
    #[arg(long, hide = true)]
    pub(crate) headless: bool,
    /// As Locust's: the same as --quiet but for the figures at the end
    #[arg(long, hide = true)]
    pub(crate) only_summary: bool,
    /// As Locust's: no effect
    #[arg(short = 'L', long, hide = true, value_name = "LEVEL")]
    pub(crate) loglevel: Option<String>,
    /// The run's log: warnings and first errors as they come, the summary at the end
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) logfile: Option<PathBuf>,

    // Nothing has to be done for these.
    #[arg(long, hide = true)]
    print_stats: bool,
    #[arg(long, hide = true, alias = "skip-log")]
    skip_log_setup: bool,
    #[arg(long, hide = true)]
    autostart: bool,
    #[arg(long, hide = true)]
    enable_rebalancing: bool,

    // These are refused.
    #[arg(long, hide = true)]
    reset_stats: bool,
    #[arg(long, hide = true, value_name = "CODE")]
    exit_code_on_error: Option<u8>,
    #[arg(long, hide = true)]
    master: bool,
    #[arg(long, hide = true, alias = "slave")]
    worker: bool,
    #[arg(long, hide = true, value_name = "N", allow_hyphen_values = true)]
    processes: Option<i64>,
    #[arg(long, hide = true, value_name = "N")]
    expect_workers: Option<u64>,
    #[arg(long, hide = true, value_name = "HOST")]
    master_host: Option<String>,
    #[arg(long, hide = true, value_name = "PORT")]
    master_port: Option<u16>,
    #[arg(long, hide = true)]
    web_login: bool,
    #[arg(long, hide = true)]
    class_picker: bool,
    #[arg(long, hide = true)]
    equal_weights: bool,
    #[arg(long, hide = true, alias = "show-task-ratio-json")]
    show_task_ratio: bool,
    #[arg(short = 'l', long, hide = true)]
    list: bool,
    #[arg(long, hide = true, value_name = "FILE")]
    json_file: Option<PathBuf>,
}

impl LocustArgs {
    /// Flags that are given and mean nothing here, with what there is instead.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        const ONE_MACHINE: &str =
            "one process uses all cores of its machine: `--workers N` says how many threads";
        [
            (
                self.reset_stats,
                "--reset-stats",
                "measure the start apart: `warm_up: 10s` in the plan's scenario",
            ),
            (
                self.exit_code_on_error.is_some_and(|code| code != 0),
                "--exit-code-on-error",
                "say which share of errors fails the run: `--slo 'errors < 0.1%'` ends with 99 then",
            ),
            (self.master, "--master", ONE_MACHINE),
            (self.worker, "--worker", ONE_MACHINE),
            (self.processes.is_some(), "--processes", ONE_MACHINE),
            (self.expect_workers.is_some(), "--expect-workers", ONE_MACHINE),
            (self.master_host.is_some(), "--master-host", ONE_MACHINE),
            (self.master_port.is_some(), "--master-port", ONE_MACHINE),
            (self.web_login, "--web-login", "off this machine the page needs a token: `--web-token`"),
            (
                self.class_picker,
                "--class-picker",
                "name the user classes behind the plan, or write them into it",
            ),
            (
                self.equal_weights,
                "--equal-weights",
                "leave the weights out of the plan: without them all are equal",
            ),
            (
                self.show_task_ratio,
                "--show-task-ratio",
                "`brunt run --simulate PLAN` shows what would be sent",
            ),
            (self.list, "--list", "`brunt check PLAN` says what is in it"),
            (
                self.json_file.is_some(),
                "--json-file",
                "the totals are in the record's summary.json; `--json` prints them",
            ),
        ]
        .into_iter()
        .filter_map(|(given, flag, instead)| given.then_some((flag, instead)))
    }
}
