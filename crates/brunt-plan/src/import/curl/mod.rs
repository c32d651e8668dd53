//! curl's command lines, one or several in a file.
//!
//! Each command is an action of one request (of several, if it has several URLs); users do them one after the other.
//! Options that concern curl's output are skipped; those that concern the request and have no counterpart are told,
//! and an option that curl does not have is an error. The file says no load: ten users for ten seconds.
//!
//! Start with [`plan`]; [`shell`] reads words, [`options`] says what each option is, [`request`] makes requests.

mod options;

mod request;

mod shell;

use super::Notes;
use super::build::{Map, Piece};
use super::call::{Call, Names, Secrets, in_turn, load, shared_origin, split_origin};
use crate::Source;
use crate::diagnostic::Diagnostic;
use crate::tree::{Node, Span};
use request::Settings;
use shell::Word;

/// What stands before a command in texts that people copy.
const PROMPTS: [&str; 3] = ["$", "%", ">"];

/// Whether the text is a list of commands.
pub(super) fn looks_like(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        let line =
            PROMPTS.iter().find_map(|p| line.strip_prefix(&format!("{p} "))).unwrap_or(line).trim_start();
        is_curl(line.split([' ', '\t', '\\']).next().unwrap_or_default())
    })
}

fn is_curl(word: &str) -> bool {
    matches!(word.rsplit(['/', '\\']).next(), Some("curl" | "curl.exe"))
}

pub(super) fn plan(
    source: &Source,
    secrets: &mut Secrets,
    problems: &mut Vec<Diagnostic>,
    notes: &mut Notes,
) -> Option<Node> {
    let mut settings = Settings::default();
    let mut calls: Vec<Call> = Vec::new();
    let mut commands = 0_usize;
    for words in shell::commands(&source.text, problems) {
        let Some(arguments) = arguments(&words, problems) else { continue };
        for arguments in arguments.split(|w| w.text == "--next" || w.text == "-:") {
            commands += 1;
            calls.extend(request::calls(
                arguments,
                &mut settings,
                &mut request::Reader { secrets, problems },
            ));
        }
    }
    if commands == 0 {
        let d = Diagnostic::error(&(0..0), "no command of curl is in it");
        problems.push(d.help("write e.g. `curl https://shop.example/`"));
        return None;
    }
    let mut plan = Map::at(0..0);
    plan.put("name", "curl");
    let target = shared_origin(&calls);
    plan.put_some("target", target.clone());
    let http = settings.http(&mut calls, commands, problems);
    if !http.is_empty() {
        plan.put("http", http);
    }
    secrets.put_into(&mut plan, problems);
    let mut names = Names::default();
    let mut actions = Map::at(0..0);
    let mut order = Vec::new();
    for call in calls {
        let rest = split_origin(&call.url).map_or(call.url.as_str(), |(_, rest)| rest);
        let path = rest.split(['?', '#']).next().filter(|p| !p.is_empty()).unwrap_or("/");
        let name = names.unique(&format!("{} {}", call.method, shown(path)));
        actions.put(&name, vec![call.step(target.as_deref())]);
        order.push(name);
    }
    plan.put("actions", actions);
    if order.len() > 1 {
        in_turn(&mut plan, "user", &order);
    }
    load(&mut plan, vec![("users", Piece::from(10_u64)), ("duration", "10s".into())]);
    notes.say("a command says no load: ten users for ten seconds");
    Some(plan.node())
}

/// A template as a name shows it.
fn shown(template: &str) -> String {
    let mut out = String::new();
    let template = template.replace("$${", "{");
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let inner = after.split('}').next().unwrap_or_default();
        let name = inner.trim_start_matches("env.").split(":-").next().unwrap_or_default();
        out.extend(["{", name, "}"]);
        rest = after.get(inner.len() + 1..).unwrap_or_default();
    }
    out + rest
}

/// The words after `curl`; nothing of commands that are no curl, which are told.
fn arguments<'w>(words: &'w [Word], problems: &mut Vec<Diagnostic>) -> Option<&'w [Word]> {
    let words = match words {
        [first, rest @ ..] if PROMPTS.contains(&first.text.as_str()) => rest,
        words => words,
    };
    let (first, rest) = words.split_first()?;
    if is_curl(&first.text) {
        return Some(rest);
    }
    let end = rest.last().map_or(first.span.end, |w| w.span.end);
    let span: Span = first.span.start..end;
    let d = Diagnostic::warning(&span, format!("the command `{}`", first.text.replace("$${", "${")));
    problems.push(d.label("only those of curl are taken over"));
    None
}
