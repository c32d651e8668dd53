//! `brunt ui` and `brunt run --ui`: the cockpit around runs of this process.
//!
//! The page is served on a thread of its own, a run is made on another, and this one waits for what ends: a run, a signal, a time.

mod desk;
mod files;
mod form;
mod mix;
mod past;
pub(crate) mod steer;

use crate::args::{ReportArgs, RunArgs, RunCommand, UiCommand, WebArgs};
use crate::console::{Console, env};
use crate::load::{LoadError, duration};
use crate::locust;
use crate::reports;
use crate::run::Refusal;
use crate::signals;
use brunt_engine::{Control, Controller};
use brunt_plan::Style;
use brunt_web::{Aim, Board, Problem, ServeError, Server, Settings, StartForm, Tls, Token, serve};
use brunt_workload::Workload;
use desk::LocalDesk;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Who watches and steers a run from the cockpit.
pub(crate) struct Watch {
    pub(crate) board: Arc<Board>,
    control: Mutex<Option<Steered>>,
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
    let autoquit = asked.web.autoquit.as_deref().map(|t| duration("--autoquit", t)).transpose()?;
    let (words, inbox) = channel();
    let board = Arc::new(Board::default());
    let watch = Arc::new(Watch { board: Arc::clone(&board), control: Mutex::default() });
    let desk = Arc::new(LocalDesk::new(args, reports, Arc::clone(&watch), words.clone(), console)?);
    let settings = settings(asked.web, desk.hosts())?;
    signals::each(move || drop(words.send(Word::Signal)))
        .map_err(|e| Refusal::new(crate::exit::INTERNAL, format!("cannot listen for signals: {e}")))?;
    let server = serve(settings, board, Arc::clone(&desk) as Arc<dyn brunt_web::Desk>).map_err(refused)?;
    announce(&server, begin, console);
    if begin == Begin::AtOnce {
        desk.begin(&StartForm::default()).map_err(|problem| Refusal::usage(told(&problem)))?;
    }
    let code = wait(&watch, &inbox, autoquit.map(Duration::from), console);
    server.stop();
    Ok(if begin == Begin::AtOnce { code } else { 0 })
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

/// Until there is nothing to wait for. Answers the exit code of the last runs.
fn wait(watch: &Watch, inbox: &Receiver<Word>, autoquit: Option<Duration>, console: Console) -> u8 {
    let (mut code, mut signals, mut patience) = (0, 0_u32, None);
    loop {
        let word = match patience {
            None => inbox.recv().ok(),
            Some(time) => inbox.recv_timeout(time).ok(),
        };
        match word {
            None => return code,
            Some(Word::Signal) => {
                signals += 1;
                let control = if signals == 1 { Control::Stop } else { Control::Cut };
                if !watch.send(control) {
                    return code;
                }
                console.note(if signals == 1 {
                    "stopping: what is under way may end; press Ctrl-C again to cut it"
                } else {
                    "cutting"
                });
            }
            Some(Word::Ended(of_runs)) => {
                code = of_runs;
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
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| internal(&e))?;
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Token::new(text).ok_or_else(|| internal(&"it is too short"))
}

/// What was refused, as the page tells it.
pub(crate) fn problem(error: &LoadError) -> Problem {
    match error {
        LoadError::Plan(report) => {
            Problem::invalid("this cannot be run").detail(report.render(Style::Plain).trim_end())
        }
        LoadError::File { .. } | LoadError::Usage(_) => {
            let text = error.to_string();
            let (what, hint) = text.split_once("\n  = help: ").unwrap_or((&text, ""));
            let problem = Problem::invalid(what);
            if hint.is_empty() { problem } else { problem.hint(hint) }
        }
    }
}

/// What the page would tell, on a terminal.
fn told(problem: &Problem) -> String {
    let hint = problem.hint.as_ref().map(|h| format!("\n  = help: {h}")).unwrap_or_default();
    format!("{problem}{hint}")
}

type Words = Sender<Word>;
