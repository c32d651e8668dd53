//! Where brunt prints, and what it knows of the terminal. The only place that writes to the standard streams
//! and reads the environment.

use crate::args::{ColorWhen, OutputArgs};
use brunt_plan::Style as PlanStyle;
use brunt_tui::{ScreenSize, Style};
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// The terminal as far as brunt cares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    pub(crate) style: Style,
    /// Whether standard error is a terminal that can be drawn on.
    pub(crate) live: bool,
}

impl Console {
    #[expect(clippy::disallowed_methods, reason = "the environment is read here, once")]
    pub(crate) fn from_environment(args: OutputArgs) -> Self {
        let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let terminal = io::stderr().is_terminal() && !dumb;
        let color = match args.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => terminal && !set("NO_COLOR"),
        };
        Self { style: Style { color, ascii: args.ascii }, live: terminal && !set("CI") }
    }

    pub(crate) const fn plan_style(self) -> PlanStyle {
        if self.style.color { PlanStyle::Ansi } else { PlanStyle::Plain }
    }

    /// Results: standard output. A reader that has gone away is no error.
    #[expect(clippy::unused_self, reason = "printing belongs to the console")]
    pub(crate) fn print(self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// A result and a line end.
    pub(crate) fn println(self, text: impl Display) {
        self.print(&format!("{text}\n"));
    }

    /// Everything else: standard error.
    #[expect(clippy::unused_self, reason = "printing belongs to the console")]
    pub(crate) fn note(self, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// An error, with what to do about it.
    pub(crate) fn error(self, text: impl Display) {
        let label = if self.style.color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
        self.note(format!("{label}: {text}"));
    }

    /// How large the terminal is; 100 columns where there is none.
    #[expect(clippy::unused_self, reason = "the terminal belongs to the console")]
    pub(crate) fn size(self) -> ScreenSize {
        let size = rustix::termios::tcgetwinsize(io::stderr()).ok().filter(|s| s.ws_col > 0);
        size.map_or(ScreenSize { columns: 100, rows: 50 }, |s| ScreenSize {
            columns: usize::from(s.ws_col),
            rows: usize::from(s.ws_row),
        })
    }
}

/// An environment variable, if it is set and text.
#[expect(clippy::disallowed_methods, reason = "the environment is read here")]
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Milliseconds since 1970: the one wall-clock time of a run, and the default seed.
#[expect(clippy::disallowed_methods, reason = "a run's date is read here, once")]
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}
