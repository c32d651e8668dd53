//! The fenced blocks of a Markdown page, as data: what is to be run, and what must come of it.
//!
//! Pure text work. Knows fences of three or more backticks, nested or not; nothing else of Markdown.

/// A block that something is to be done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The line of its opening fence, from 1.
    pub(super) line: usize,
    /// Its content.
    pub(super) text: String,
    /// What is to be done.
    pub(super) kind: Kind,
}

/// What is to be done with a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Commands to run.
    Console { commands: Vec<Command> },
    /// Commands not to run.
    NotRun { reason: String },
    /// A plan to check.
    Plan { extension: String, save_as: Option<String>, exit: i32 },
}

/// One command of a console block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Its line in the page, from 1.
    pub(super) line: usize,
    /// What the shell gets.
    pub(super) text: String,
    /// The exit code that it must have.
    pub(super) exit: i32,
    /// Whether it runs until its block ends.
    pub(super) background: bool,
}

impl Command {
    /// Whether CI runs it as a step of its own.
    pub(super) fn left_to_ci(&self) -> bool {
        self.text.starts_with("cargo ")
    }
}

/// The blocks of a page that something is to be done with, and what is wrong with others, as `LINE: text`.
pub(super) fn blocks(page: &str) -> (Vec<Block>, Vec<String>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((index, opening)) = lines.next() {
        let indent = opening.len() - opening.trim_start().len();
        let ticks = opening.trim_start().chars().take_while(|c| *c == '`').count();
        if ticks < 3 {
            continue;
        }
        let info = opening.trim_start()[ticks..].trim();
        let fence = "`".repeat(ticks);
        let mut text = String::new();
        let mut closed = false;
        for (_, line) in lines.by_ref() {
            if line.trim() == fence {
                closed = true;
                break;
            }
            text.push_str(line.get(indent..).unwrap_or_else(|| line.trim_start()));
            text.push('\n');
        }
        let line = index + 1;
        if !closed {
            problems.push(format!("{line}: the block that begins here never ends"));
            break;
        }
        match kind(info, &text, line) {
            Ok(Some(kind)) => found.push(Block { line, text, kind }),
            Ok(None) => {}
            Err(problem) => problems.push(format!("{line}: {problem}")),
        }
    }
    (found, problems)
}

/// What a block's info string asks for.
fn kind(info: &str, text: &str, line: usize) -> Result<Option<Kind>, String> {
    let (language, rest) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
    let rest = rest.trim();
    match language {
        "console" => match rest.strip_prefix("no-run") {
            Some(reason) => {
                let reason = reason.trim_start_matches(':').trim().to_owned();
                if reason.is_empty() {
                    return Err("a block is left out without a reason; write `console no-run: <why>`".into());
                }
                Ok(Some(Kind::NotRun { reason }))
            }
            None => console(rest, text, line).map(Some),
        },
        "sh" | "bash" | "shell" => {
            Err(format!("a `{language}` block is not run; write `console`, with `$ ` before each command"))
        }
        "yaml" | "json" | "toml" => plan(language, rest),
        _ => Ok(None),
    }
}

/// A plan block, or some other data.
fn plan(language: &str, rest: &str) -> Result<Option<Kind>, String> {
    let mut words = rest.split_whitespace();
    let save_as = match words.next() {
        Some("plan") => None,
        Some(word) => match word.strip_prefix("plan=") {
            Some(name) if name.contains('/') || name.is_empty() => {
                return Err(format!("`{word}` is not a file name"));
            }
            Some(name) => Some(name.to_owned()),
            None => return Ok(None),
        },
        None => return Ok(None),
    };
    let exit = exit_code(words.next())?;
    Ok(Some(Kind::Plan { extension: language.into(), save_as, exit }))
}

/// `exit=N`, or 0 without it.
fn exit_code(word: Option<&str>) -> Result<i32, String> {
    match word {
        None => Ok(0),
        Some(word) => word
            .strip_prefix("exit=")
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| format!("`{word}` is not understood; write `exit=N`")),
    }
}

/// The commands of a console block.
fn console(rest: &str, text: &str, fence_line: usize) -> Result<Kind, String> {
    let exit_of_last = exit_code(rest.split_whitespace().next())?;
    let mut commands: Vec<Command> = Vec::new();
    let mut continues = false;
    for (index, line) in text.lines().enumerate() {
        let line_number = fence_line + 1 + index;
        if continues {
            let more = line.trim_start().trim_start_matches("> ");
            continues = more.ends_with('\\');
            if let Some(last) = commands.last_mut() {
                last.text.push(' ');
                last.text.push_str(more.trim_end_matches('\\').trim());
            }
        } else if let Some(command) = line.strip_prefix("$ ") {
            continues = command.ends_with('\\');
            let text = command.trim_end_matches('\\').trim().to_owned();
            commands.push(Command { line: line_number, text, exit: 0, background: false });
        } else if let Some(code) = line.trim().strip_prefix("# exit:") {
            let code = code.trim();
            let last = commands.last_mut().ok_or("`# exit:` stands before any command")?;
            last.exit = code.parse().map_err(|_| format!("`{code}` is not an exit code"))?;
        }
    }
    if commands.is_empty() {
        return Err("a console block without a command; put `$ ` before it".into());
    }
    if exit_of_last != 0
        && let Some(last) = commands.last_mut()
    {
        last.exit = exit_of_last;
    }
    for command in &mut commands {
        if let Some(text) = command.text.strip_prefix("cargo run --release -- ") {
            command.text = format!("brunt {text}");
        }
        if let Some(text) = command.text.strip_suffix('&') {
            command.background = !text.ends_with('&');
            command.text = text.trim_end().to_owned();
        }
    }
    Ok(Kind::Console { commands })
}

/// The commands with each port that they name replaced by a free one, the same port by the same, in a block that
/// brings its own server; other blocks stay as they are.
pub(super) fn with_free_ports(
    commands: &[Command],
    mut free_port: impl FnMut() -> Option<u16>,
) -> Vec<Command> {
    let mut commands = commands.to_vec();
    if !commands.iter().any(|command| command.background) {
        return commands;
    }
    let mut ports: Vec<String> = commands.iter().flat_map(|command| ports_in(&command.text)).collect();
    ports.sort();
    ports.dedup();
    let renamed: Vec<(String, String)> =
        ports.into_iter().filter_map(|port| Some((port, free_port()?.to_string()))).collect();
    for command in &mut commands {
        command.text = replace_numbers(&command.text, &renamed);
    }
    commands
}

/// The numbers that a command uses as ports: after `--port`, or after the colon of a loopback host.
fn ports_in(text: &str) -> Vec<String> {
    const BEFORE_A_PORT: [&str; 5] = ["--port ", "--port=", "localhost:", "127.0.0.1:", "[::1]:"];
    BEFORE_A_PORT
        .iter()
        .flat_map(|before| text.match_indices(before).map(|(at, _)| &text[at + before.len()..]))
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>())
        .filter(|digits| !digits.is_empty() && digits != "0")
        .collect()
}

/// Replaces whole numbers, never digits inside of longer ones. One pass, so that a new number is never replaced
/// again.
fn replace_numbers(text: &str, renamed: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[at..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |length| at + length);
        let number = &rest[at..end];
        out.push_str(&rest[..at]);
        out.push_str(renamed.iter().find(|(old, _)| old == number).map_or(number, |(_, new)| new));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, text, exit code, background.
    type Expected = &'static [(usize, &'static str, i32, bool)];

    fn commands(page: &str) -> Vec<(usize, String, i32, bool)> {
        let (blocks, problems) = blocks(page);
        assert!(problems.is_empty(), "{problems:?}");
        let commands = |block: Block| match block.kind {
            Kind::Console { commands } => commands,
            Kind::NotRun { .. } | Kind::Plan { .. } => Vec::new(),
        };
        let plain = |command: Command| (command.line, command.text, command.exit, command.background);
        blocks.into_iter().flat_map(commands).map(plain).collect()
    }

    #[test]
    fn commands_of_console_blocks() {
        let rows: [(&str, Expected); 6] = [
            (
                "text\n```console\n$ brunt --help\nusage\n$ brunt x\n```\n",
                &[(3, "brunt --help", 0, false), (5, "brunt x", 0, false)],
            ),
            ("```console exit=99\n$ a\n$ b\n```", &[(2, "a", 0, false), (3, "b", 99, false)]),
            ("```console\n$ a\nout\n# exit: 2\n$ b\n```", &[(2, "a", 2, false), (5, "b", 0, false)]),
            ("```console\n$ a \\\n    --x 1 \\\n> --y\n```", &[(2, "a --x 1 --y", 0, false)]),
            ("- item\n  ```console\n  $ cargo run --release -- demo\n  ```", &[(3, "brunt demo", 0, false)]),
            (
                "```console\n$ brunt target mock --port 8085 &\n$ a && b\n```",
                &[(2, "brunt target mock --port 8085", 0, true), (3, "a && b", 0, false)],
            ),
        ];
        for (page, expected) in rows {
            let expected: Vec<_> =
                expected.iter().map(|(l, t, e, b)| (*l, (*t).to_owned(), *e, *b)).collect();
            assert_eq!(commands(page), expected, "{page}");
        }
    }

    #[test]
    fn plans_and_blocks_left_out() {
        let rows = [
            ("yaml plan", Kind::Plan { extension: "yaml".into(), save_as: None, exit: 0 }),
            ("json plan exit=2", Kind::Plan { extension: "json".into(), save_as: None, exit: 2 }),
            (
                "toml plan=shop.toml",
                Kind::Plan { extension: "toml".into(), save_as: Some("shop.toml".into()), exit: 0 },
            ),
            ("console no-run: needs root", Kind::NotRun { reason: "needs root".into() }),
            ("console no-run needs root", Kind::NotRun { reason: "needs root".into() }),
        ];
        for (info, expected) in rows {
            let (found, problems) = blocks(&format!("```{info}\nx: 1\n```\n"));
            assert_eq!((found.len(), problems.len()), (1, 0), "{info}: {problems:?}");
            assert_eq!(found[0].kind, expected, "{info}");
        }
    }

    #[test]
    fn bad_blocks_are_named_with_their_line() {
        let rows = [
            ("```console no-run\n$ a\n```", "1: a block is left out without a reason"),
            ("\n```sh\nls\n```", "2: a `sh` block is not run"),
            ("```console\nno command\n```", "1: a console block without a command"),
            ("```console exit=no\n$ a\n```", "1: `exit=no` is not understood"),
            ("```console\n# exit: 1\n$ a\n```", "1: `# exit:` stands before"),
            ("```yaml plan=../x.yaml\n```", "1: `plan=../x.yaml` is not a file name"),
            ("```rust\nfn f() {}\n", "1: the block that begins here never ends"),
        ];
        for (page, expected) in rows {
            let (_, problems) = blocks(page);
            assert!(problems.len() == 1 && problems[0].starts_with(expected), "{page}: {problems:?}");
        }
    }

    #[test]
    fn blocks_of_no_interest_and_nested_fences_are_passed_over() {
        let page = "````text\n```console\n$ rm -r x\n```\n````\n```json\n{}\n```\n```\n$ output\n```\n```rust\n```\n";
        assert_eq!(blocks(page), (Vec::new(), Vec::new()));
    }

    #[test]
    fn ports_are_replaced_alike_within_a_block() {
        let (found, _) = blocks(
            "```console\n$ brunt target mock --port 8085 &\n$ brunt run http://localhost:8085/x -n 8085 --rate 80850/s\n```",
        );
        let Kind::Console { commands } = &found[0].kind else { panic!("{found:?}") };
        let mut next = 40_000;
        let renamed = with_free_ports(commands, || {
            next += 1;
            Some(next)
        });
        assert_eq!(renamed[0].text, "brunt target mock --port 40001");
        assert_eq!(renamed[1].text, "brunt run http://localhost:40001/x -n 40001 --rate 80850/s");
        let (found, _) = blocks("```console\n$ brunt run http://localhost:8085\n```");
        let Kind::Console { commands } = &found[0].kind else { panic!("{found:?}") };
        assert_eq!(with_free_ports(commands, || Some(1)), *commands);
    }
}
