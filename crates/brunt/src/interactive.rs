//! `brunt run --interactive`: asks for what a run needs, and proposes an answer to each.

use crate::args::RunArgs;
use crate::console::Console;
use crate::exit;
use crate::run::Refusal;
use std::io::{self, BufRead, Write};

/// The arguments with what the user answered. An empty answer takes what is proposed.
pub(crate) fn asked(args: &RunArgs, console: Console) -> Result<RunArgs, Refusal> {
    let mut args = args.clone();
    let mut questions = Questions::new(io::stdin().lock(), console);
    let has_plan = args.file.is_some() || args.what.as_ref().is_some_and(|what| !what.contains("://"));
    if has_plan {
        let target = args.target.clone().unwrap_or_default();
        let answer = questions.ask("Target (empty: the plan's own)", &target)?;
        args.target = Some(answer).filter(|answer| !answer.is_empty());
    } else {
        let proposed = args.what.clone().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        args.what = Some(questions.ask("Target", &proposed)?);
    }
    let users = args.users.unwrap_or(10).to_string();
    args.users = Some(questions.number("Users", &users)?);
    let rate = args.spawn_rate.clone().unwrap_or_else(|| "2".to_owned());
    args.spawn_rate = Some(questions.ask("Users started per second", &rate)?);
    let duration = args.duration.clone().unwrap_or_else(|| "60s".to_owned());
    args.duration = Some(questions.ask("Duration", &duration)?);
    args.interactive = false;
    Ok(args)
}

/// Asks on standard output, one line an answer.
pub(crate) struct Questions<R> {
    input: R,
    console: Console,
}

impl<R: BufRead> Questions<R> {
    pub(crate) const fn new(input: R, console: Console) -> Self {
        Self { input, console }
    }

    /// The answer, or what is proposed if it is empty.
    pub(crate) fn ask(&mut self, what: &str, proposed: &str) -> Result<String, Refusal> {
        let shown = if proposed.is_empty() { String::new() } else { format!(" [{proposed}]") };
        self.console.print(&format!("{what}{shown}: "));
        // A prompt that cannot be shown is no reason to give up.
        let _ = io::stdout().flush();
        let mut line = String::new();
        let read = self.input.read_line(&mut line);
        match read {
            Ok(0) => {
                self.console.println("");
                let text = "the input ended before all was answered\n  = help: answer each line, or give flags: \
                            `brunt run URL -u 10 -r 2 -d 60s`";
                Err(Refusal::new(exit::USAGE, text))
            }
            Ok(_) if line.trim().is_empty() => Ok(proposed.to_owned()),
            Ok(_) => Ok(line.trim().to_owned()),
            Err(e) => Err(Refusal::new(exit::USAGE, format!("the answer cannot be read: {e}"))),
        }
    }

    fn number(&mut self, what: &str, proposed: &str) -> Result<u64, Refusal> {
        loop {
            let answer = self.ask(what, proposed)?;
            match answer.parse() {
                Ok(number) if number > 0 => return Ok(number),
                Ok(_) | Err(_) => self.console.println(format!("`{answer}` is not a number above 0")),
            }
        }
    }
}
