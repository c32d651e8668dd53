//! Small promises of the repository that no other tool keeps: lengths, names, paths and leftovers.
//!
//! A file is judged from its path and text alone; `run` only fetches them. Warnings are printed, problems fail.

use crate::repository::{self, Findings, XtaskError};
use std::path::{Path, PathBuf};

/// A file of more lines (tests apart) is named, so that it is split before it must be.
const LONG_LINES: usize = 600;

/// A file of more lines (tests apart) fails.
const MOST_LINES: usize = 700;

/// The largest file in bytes: what is larger belongs beside the repository, not in every clone.
const MOST_BYTES: u64 = 1_000_000;

/// File and folder names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "utilities", "common", "helper", "helpers", "misc", "manager", "stuff"];

/// The pages that name every crate.
const MAPS: [&str; 2] = ["ARCHITECTURE.md", "CHANGELOG.md"];

/// Folders of one machine: a committed file that points there works nowhere else. Spelled in parts, so that this
/// file is not its own finding.
const MACHINE_FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/t", "mp/"), concat!("/ro", "ot/")];

/// Marks of unfinished work, spelled in parts for the same reason.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

/// Kinds of files whose unfinished work is looked for: prose may speak of the word.
const CODE: [&str; 7] = ["rs", "toml", "py", "sh", "js", "lua", "css"];

/// A silenced lint without its reason, likewise in parts.
const SILENCED: [&str; 2] = [concat!("#[al", "low("), concat!("#![al", "low(")];

/// What a file gets to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    /// Fails.
    Problem(String),
    /// Is printed.
    Warning(String),
}

/// `cargo xtask tidy`.
pub(crate) fn run() -> Findings {
    let root = repository::root();
    let files = repository::files(&root)?;
    let mut problems = Vec::new();
    for file in &files {
        for finding in judge(&root, file)? {
            match finding {
                Finding::Problem(text) => problems.push(text),
                Finding::Warning(text) => println!("warning: {text}"),
            }
        }
    }
    let crates = crate_names(&files);
    for map in MAPS {
        problems.extend(unnamed_crates(
            map,
            std::fs::read_to_string(root.join(map)).ok().as_deref(),
            &crates,
        ));
    }
    if problems.is_empty() {
        println!("tidy: {} files, {} crates, all named in {}", files.len(), crates.len(), MAPS.join(" and "));
    }
    Ok(problems)
}

/// All findings of one file.
fn judge(root: &Path, file: &Path) -> Result<Vec<Finding>, XtaskError> {
    let path = root.join(file);
    let failed = |source| XtaskError::Read { path: path.clone(), source };
    let bytes = std::fs::metadata(&path).map_err(failed)?.len();
    let mut found = judge_path(file, bytes);
    if bytes <= MOST_BYTES {
        let content = std::fs::read(&path).map_err(failed)?;
        if let Ok(text) = std::str::from_utf8(&content) {
            found.extend(judge_text(file, text));
        }
    }
    Ok(found)
}

/// What a file's name and size say.
fn judge_path(file: &Path, bytes: u64) -> Vec<Finding> {
    let shown = file.display();
    let mut found = Vec::new();
    if bytes > MOST_BYTES {
        found.push(Finding::Problem(format!("{shown}: {bytes} bytes; a file may have {MOST_BYTES}")));
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if name.ends_with(".snap.new") || name.ends_with(".pending-snap") {
        found.push(Finding::Problem(format!(
            "{shown}: a snapshot that nobody has read yet; accept it or delete it"
        )));
    }
    let empty = file.components().map(|part| PathBuf::from(part.as_os_str())).find(|part| {
        part.file_stem().is_some_and(|stem| EMPTY_NAMES.iter().any(|empty| stem.eq_ignore_ascii_case(empty)))
    });
    if let Some(part) = empty {
        let part = part.display();
        found.push(Finding::Problem(format!("{shown}: `{part}` says nothing; name it after what it does")));
    }
    found
}

/// What a file's text says.
fn judge_text(file: &Path, text: &str) -> Vec<Finding> {
    let shown = file.display();
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    let mut found = Vec::new();
    if extension == "rs" {
        let lines = lines_without_tests(file, text);
        if lines > MOST_LINES {
            found.push(Finding::Problem(format!(
                "{shown}: {lines} lines without tests; split it ({MOST_LINES} at most)"
            )));
        } else if lines > LONG_LINES {
            found
                .push(Finding::Warning(format!("{shown}: {lines} lines without tests; aim at {LONG_LINES}")));
        }
    }
    for (index, line) in text.lines().enumerate() {
        let at = format!("{shown}:{}", index + 1);
        if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| has_absolute(line, folder)) {
            found.push(Finding::Problem(format!(
                "{at}: `{folder}` is a folder of one machine; use a relative path"
            )));
        }
        if let Some(mark) =
            UNFINISHED.iter().find(|mark| CODE.contains(&&*extension) && has_unfinished(line, mark))
        {
            found.push(Finding::Problem(format!(
                "{at}: `{mark}` without its issue; write `{mark}(#12)`, or do it"
            )));
        }
        if extension == "rs" && SILENCED.iter().any(|silenced| line.contains(silenced)) {
            found.push(Finding::Problem(format!("{at}: write `#[expect(lint, reason = \"...\")]` instead")));
        }
    }
    found
}

/// The lines of a Rust file up to its test module; none in a file of tests.
fn lines_without_tests(file: &Path, text: &str) -> usize {
    let in_tests = file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs");
    if in_tests {
        return 0;
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_test_module =
        |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{');
    lines.windows(2).position(is_test_module).unwrap_or(lines.len())
}

/// Whether a folder stands in a line as the begin of a path, and not in the middle of a longer one or of a URL.
fn has_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| {
            c.is_alphanumeric() || matches!(c, '.' | '/' | '-' | '_' | '}' | ')' | '~' | '*')
        })
    })
}

/// Whether a mark of unfinished work stands in a line as a word without its issue.
fn has_unfinished(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| {
        let word_begins = !line[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let after = &line[at + mark.len()..];
        let word_ends = !after.chars().next().is_some_and(char::is_alphanumeric);
        let issue =
            after.strip_prefix("(#").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        word_begins && word_ends && !issue
    })
}

/// The crates below `crates/`, by their manifests.
fn crate_names(files: &[PathBuf]) -> Vec<String> {
    let name = |file: &PathBuf| {
        let rest = file.strip_prefix("crates").ok()?;
        (rest.components().count() == 2 && rest.ends_with("Cargo.toml"))
            .then(|| rest.parent().map(|folder| folder.display().to_string()))
            .flatten()
    };
    files.iter().filter_map(name).collect()
}

/// The crates that a page does not name; `text` is `None` if there is no such page.
fn unnamed_crates(page: &str, text: Option<&str>, crates: &[String]) -> Vec<String> {
    let Some(text) = text else {
        return vec![format!("{page} is missing")];
    };
    let named = |name: &String| text.contains(&format!("`{name}`"));
    let unnamed: Vec<String> =
        crates.iter().filter(|name| !named(name)).map(|name| format!("`{name}`")).collect();
    if unnamed.is_empty() {
        return Vec::new();
    }
    vec![format!("{page} does not name {}", unnamed.join(", "))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(file: &str, text: &str) -> Vec<String> {
        judge_path(Path::new(file), text.len() as u64)
            .into_iter()
            .chain(judge_text(Path::new(file), text))
            .filter_map(|finding| match finding {
                Finding::Problem(text) => Some(text),
                Finding::Warning(_) => None,
            })
            .collect()
    }

    #[test]
    fn names_and_lines_are_judged() {
        let path = MACHINE_FOLDERS[0];
        let mark = UNFINISHED[0];
        let silenced = SILENCED[0];
        let rows: [(&str, String, Option<&str>); 15] = [
            ("crates/a/src/rate.rs", "fn f() {}\n".into(), None),
            ("crates/a/src/util.rs", String::new(), Some("`util.rs` says nothing")),
            ("crates/a/tests/it/common/mod.rs", String::new(), Some("`common` says nothing")),
            ("crates/a/src/commonest.rs", String::new(), None),
            ("a/x.snap.new", String::new(), Some("nobody has read")),
            ("a.sh", format!("cd {path}main\n"), Some("a.sh:1: `")),
            ("a.md", format!("see \"{path}x\"\n"), Some("relative path")),
            ("a.md", format!("https://example.com{path}x, ./a{path}b, ~{path}\n"), None),
            ("a.rs", format!("\n// {mark}: later\n"), Some("a.rs:2: ")),
            ("a.rs", format!("// {mark}(#12): later\n"), None),
            ("a.rs", format!("// {mark}(soon): later\n"), Some("without its issue")),
            ("a.rs", format!("let {mark}S = 1;\n"), None),
            ("a.md", format!("no {mark} here\n"), None),
            ("a.rs", format!("{silenced}dead_code)]\n"), Some("expect(lint")),
            ("a.bin", "x".repeat(1_000_001), Some("1000001 bytes")),
        ];
        for (file, text, expected) in rows {
            let found = problems(file, &text);
            match expected {
                None => assert!(found.is_empty(), "{file}: {found:?}"),
                Some(part) => assert!(found.len() == 1 && found[0].contains(part), "{file}: {found:?}"),
            }
        }
    }

    #[test]
    fn length_counts_no_tests() {
        let code = "fn f() {}\n";
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", code.repeat(900));
        let rows = [
            ("a.rs", code.repeat(600), None),
            ("a.rs", code.repeat(601), Some("warning")),
            ("a.rs", code.repeat(701), Some("problem")),
            ("a.rs", code.repeat(600) + &tests, None),
            ("a/tests.rs", code.repeat(900), None),
            ("tests/it/a.rs", code.repeat(900), None),
            ("a.py", code.repeat(900), None),
        ];
        for (file, text, expected) in rows {
            let found = judge_text(Path::new(file), &text);
            let kind = found.first().map(|finding| match finding {
                Finding::Problem(_) => "problem",
                Finding::Warning(_) => "warning",
            });
            assert_eq!(kind, expected, "{file}: {found:?}");
        }
    }

    #[test]
    fn pages_name_every_crate() {
        let crates = crate_names(&[
            "crates/a/Cargo.toml".into(),
            "crates/a/b/c/Cargo.toml".into(),
            "xtask/Cargo.toml".into(),
        ]);
        assert_eq!(crates, ["a"]);
        assert_eq!(unnamed_crates("M.md", None, &crates), ["M.md is missing"]);
        assert_eq!(unnamed_crates("M.md", Some("a crate"), &crates), ["M.md does not name `a`"]);
        assert!(unnamed_crates("M.md", Some("the crate `a`"), &crates).is_empty());
    }

    #[test]
    fn this_repository_is_tidy() {
        let found = run().unwrap();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}
