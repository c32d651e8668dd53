//! `brunt logs`: what a log holds.

use super::figures;
use super::read::{Logs, read};
use crate::args::LogsArgs;
use crate::console::Console;
use crate::exit;
use brunt_traffic::anomaly::AnomalySettings;
use brunt_traffic::{MOST_ENDPOINTS, Portrait, SESSION_GAP_MS, Vocabulary, shop_log};

/// What logs hold.
pub(super) fn portrait(logs: &Logs, anomalies: AnomalySettings) -> Portrait {
    let words = Vocabulary::mine(&logs.observed, MOST_ENDPOINTS, 1, |_| true);
    Portrait::of(&logs.census, &logs.observed, &words, SESSION_GAP_MS, &anomalies)
}

/// `brunt logs`.
pub(crate) fn logs(args: &LogsArgs, console: Console) -> u8 {
    if let Some(days) = args.simulate {
        let mut out = String::new();
        shop_log(u32::from(days.max(1)), args.seed, |line| {
            out.push_str(line);
            out.push('\n');
            if out.len() > 1 << 16 {
                console.print(&out);
                out.clear();
            }
        });
        console.print(&out);
        return 0;
    }
    let read = match read(&args.files.logs, &args.files.format, console) {
        Ok(read) => read,
        Err(problem) => {
            console.error(problem);
            return exit::USAGE;
        }
    };
    let portrait = portrait(&read, AnomalySettings { alarms_per_day: args.alarms_per_day });
    if let Some(folder) = &args.figures {
        let name = args.files.logs.first().map_or_else(String::new, |path| path.display().to_string());
        if let Err(problem) =
            figures::write(&figures::of_log(&name, &portrait, &read.census), folder, console)
        {
            console.error(problem);
            return exit::USAGE;
        }
    }
    if args.json {
        match serde_json::to_string_pretty(&portrait) {
            Ok(text) => console.println(text),
            Err(problem) => {
                console.error(problem);
                return exit::INTERNAL;
            }
        }
    } else {
        console.print(&portrait.text(console.style.ascii));
    }
    0
}
