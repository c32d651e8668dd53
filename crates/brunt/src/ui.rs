//! `brunt ui` and `brunt run --ui`: the cockpit around runs of this process.
//!
//! The page is served on a thread of its own, a run is made on another, and this one waits for what ends: a run, a signal, a time.

mod desk;
mod files;
mod form;
pub(crate) mod mix;
mod past;
pub(crate) mod steer;

use crate::args::{ReportArgs, RunArgs, RunCommand, UiCommand, WebArgs};
use crate::console::{Console, env};
use crate::load::{LoadError, duration};
use crate::locust;
use crate::reports;
use crate::run::Refusal;
use crate::secret::secret;
use crate::signals;
use brunt_engine::{Control, Controller};
use brunt_plan::Style;
use brunt_web::{Aim, Board, Problem, ServeError, Server, Settings, Stage, StartForm, Tls, Token, serve};
use brunt_workload::Workload;
use desk::{Launch, LocalDesk};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Who watches and steers a run from the cockpit.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) board: Arc<Board>,
    control: Mutex<Option<Steered>>,
    /// Whether no further run is to begin.
    ending: AtomicBool,
}

/// A run that can be steered.
pub(crate) struct Steered {
    pub(crate) controller: Controller,
    pub(crate) workload: Arc<Workload>,
}

impl Watch {
    /// The run that can be steered now; `None` when it is over.
    pub(crate) fn steer(&self, steered: Option<Steered>) {
        *self.control.lock().unwrap_or_else(PoisonError::into_inner) = steered;
    }

    /// Whether somebody wants all of it over: of several runs, no further one begins.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// Asks something of the run under way; whether there is one.
    pub(crate) fn send(&self, control: Control) -> bool {
        let steered = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        steered.as_ref().is_some_and(|run| {
            run.controller.send(control);
            true
        })
    }

    /// What the run under way does; `None` if there is none.
    pub(crate) fn workload(&self) -> Option<Arc<Workload>> {
        let steered = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        steered.as_ref().map(|run| Arc::clone(&run.workload))
    }
}

/// What this thread waits for.
pub(crate) enum Word {
    /// Ctrl-C.
    Signal,
    /// The page asks for a run.
    Begin(Launch),
    /// Runs ended, with the exit code of the gravest.
    Ended(u8),
}

/// `brunt ui`: nothing runs before somebody starts it.
pub(crate) fn command(command: &UiCommand, console: Console) -> u8 {
    let asked = Asked { run: &command.run, reports: &command.reports, web: &command.web };
    work(&asked, Begin::WhenAsked, console).unwrap_or_else(|refusal| refusal.show(console))
}

/// `brunt run --ui`: the run begins at once.
pub(crate) fn beside(command: &RunCommand, console: Console) -> u8 {
    let asked = Asked { run: &command.run, reports: &command.reports, web: &command.web };
    work(&asked, Begin::AtOnce, console).unwrap_or_else(|refusal| refusal.show(console))
}

struct Asked<'a> {
    run: &'a RunArgs,
    reports: &'a ReportArgs,
    web: &'a WebArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    WhenAsked,
    AtOnce,
}

fn work(asked: &Asked<'_>, begin: Begin, console: Console) -> Result<u8, Refusal> {
    let (mut args, mut reports) = (asked.run.clone(), asked.reports.clone());
    locust::settle(&mut args, console)?;
    reports::settle(&mut args, &mut reports)?;
    if args.simulate {
        let text = "`--simulate` sends nothing: there would be nothing to watch\n  = help: `brunt run --simulate` prints it; \
                    the page's form shows what a run would do";
        return Err(Refusal::usage(text));
    }
    let autoquit = asked.web.autoquit.as_deref().map(|t| duration("--autoquit", t)).transpose()?;
    let (words, inbox) = channel();
    let board = Arc::new(Board::default());
    let watch = Arc::new(Watch { board: Arc::clone(&board), ..Watch::default() });
    let desk = Arc::new(LocalDesk::new(args, reports, watch, words.clone(), console)?);
    let settings = settings(asked.web, desk.hosts())?;
    signals::each(move || drop(words.send(Word::Signal)))
        .map_err(|e| Refusal::new(crate::exit::INTERNAL, format!("cannot listen for signals: {e}")))?;
    let server = serve(settings, board, Arc::clone(&desk) as Arc<dyn brunt_web::Desk>).map_err(refused)?;
    announce(&server, begin, console);
    if begin == Begin::AtOnce {
        desk.begin(&StartForm::default()).map_err(|problem| Refusal::usage(told(&problem)))?;
    }
    let waited = wait(&desk, &inbox, autoquit.map(Duration::from), console);
    // Who still asks for a run is told that there will be none.
    drop(inbox);
    server.stop();
    Ok(match begin {
        // Left before there was a verdict.
        Begin::AtOnce => waited.unwrap_or(130),
        Begin::WhenAsked => 0,
    })
}

fn refused(e: ServeError) -> Refusal {
    Refusal::usage(e)
}

fn announce(server: &Server, begin: Begin, console: Console) {
    console.println(format!("brunt is at {}", server.url()));
    console.note(match begin {
        Begin::WhenAsked => "open it in a browser; Ctrl-C ends it",
        Begin::AtOnce => "the run can be watched there; Ctrl-C stops it",
    });
}

/// Until there is nothing to wait for. Answers the exit code of the last runs; `None` if none has ended.
fn wait(
    desk: &LocalDesk,
    inbox: &Receiver<Word>,
    autoquit: Option<Duration>,
    console: Console,
) -> Option<u8> {
    let watch = desk.watch();
    let (mut code, mut signals, mut patience) = (None, 0_u32, None);
    loop {
        let word = match patience {
            None => inbox.recv().map_err(RecvTimeoutError::from),
            Some(time) => inbox.recv_timeout(time),
        };
        match word {
            // A run is being prepared: its word is on the way.
            Err(RecvTimeoutError::Timeout) if watch.board.is_busy() => {}
            Err(_) => return code,
            Ok(Word::Signal) => {
                signals += 1;
                watch.ending.store(true, Ordering::Release);
                let control = if signals == 1 { Control::Stop } else { Control::Cut };
                // What has ended is still written: that is waited for, once.
                let is_written = signals == 1 && watch.board.standing() == Stage::Stopping;
                if !watch.send(control) && !is_written {
                    return code;
                }
                console.note(if signals == 1 {
                    "stopping: what is under way may end; press Ctrl-C again to cut it"
                } else {
                    "cutting"
                });
            }
            Ok(Word::Begin(launch)) => {
                if desk.launch(launch) {
                    patience = None;
                }
            }
            Ok(Word::Ended(of_runs)) => {
                code = Some(of_runs);
                if signals > 0 {
                    return code;
                }
                patience = autoquit;
                if patience.is_none() {
                    console.note("the results stay on the page; Ctrl-C ends it");
                }
            }
        }
    }
}

fn settings(web: &WebArgs, hosts: Vec<String>) -> Result<Settings, Refusal> {
    let address = SocketAddr::new(web.web_host, web.web_port);
    let given = web.web_token.clone().or_else(|| env("BRUNT_WEB_TOKEN").filter(|t| !t.is_empty()));
    let token = match given {
        Some(text) => Some(Token::new(text).ok_or_else(|| {
            Refusal::usage(format!(
                "the token is too short, or has characters that no header may have\n  = help: give {} or more letters and digits, \
                 or none: then one is made",
                Token::SHORTEST
            ))
        })?),
        None if web.web_host.is_loopback() => None,
        None => Some(made()?),
    };
    let tls = web.web_cert.clone().zip(web.web_key.clone());
    Ok(Settings {
        address,
        hosts: web.allow_host.clone(),
        token,
        read_only: web.web_readonly,
        aim: Aim { hosts, patterns: web.allow_target.clone() },
        tls: tls.map(|(certificate, key)| Tls { certificate, key }),
    })
}

/// A token of 128 random bits.
fn made() -> Result<Token, Refusal> {
    let internal = |e: &dyn std::fmt::Display| {
        Refusal::new(crate::exit::INTERNAL, format!("there is no randomness to make a token of: {e}"))
    };
    Token::new(secret().map_err(|e| internal(&e))?).ok_or_else(|| internal(&"it is too short"))
}

/// What was refused, as the page tells it.
pub(crate) fn problem(error: &LoadError) -> Problem {
    match error {
        LoadError::Plan(report) => {
            Problem::invalid("this cannot be run").detail(report.render(Style::Plain).trim_end())
        }
        LoadError::File { .. } | LoadError::Usage(_) => parted(&error.to_string()),
    }
}

/// A text with its notes and its help, as the page tells it: its first line, the others, and what to do.
pub(crate) fn parted(text: &str) -> Problem {
    let (mut hints, mut particulars) = (Vec::new(), Vec::new());
    let mut lines = text.lines();
    let problem = Problem::invalid(lines.next().unwrap_or_default());
    for line in lines {
        match line.trim_start() {
            "" => {}
            line => match (line.strip_prefix("= help: "), line.strip_prefix("= note: ")) {
                (Some(help), _) => hints.push(help),
                (None, note) => particulars.push(note.unwrap_or(line)),
            },
        }
    }
    let problem = if particulars.is_empty() { problem } else { problem.detail(particulars.join("\n")) };
    if hints.is_empty() { problem } else { problem.hint(hints.join("\n")) }
}

/// What the page would tell, on a terminal.
fn told(problem: &Problem) -> String {
    let hint = problem.hint.as_ref().map(|h| format!("\n  = help: {h}")).unwrap_or_default();
    format!("{problem}{hint}")
}

type Words = Sender<Word>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted() {
        let check = |text: &str, expected: (&str, Option<&str>, Option<&str>)| {
            let Problem { title, detail, hint, .. } = parted(text);
            assert_eq!((title.as_str(), detail.as_deref(), hint.as_deref()), expected, "{text}");
        };
        check("no", ("no", None, None));
        check("no\n  = help: do", ("no", None, Some("do")));
        check(
            "too few files\n   = note: 1 a user\ntoo few ports\n   = note: 1 a user\n   = help: raise it\n   = help: or ask for fewer",
            ("too few files", Some("1 a user\ntoo few ports\n1 a user"), Some("raise it\nor ask for fewer")),
        );
    }
}
