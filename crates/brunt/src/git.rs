//! Of which code a run is: the branch and the commit, as CI says them, or as the working folder's `.git` does.
//!
//! The files of `.git` are read without starting git: that takes no time, asks no one whether the folder may be trusted, and
//! works where git is not installed. What they do not say (reftables, no repository) is not known.

use std::fs;
use std::path::{Path, PathBuf};

/// Variables of CI servers with a commit, and those with its branch: the first that is set counts, and of a change that is
/// proposed its own branch comes before the one that it is proposed for.
const CI: [(&str, &[&str]); 9] = [
    ("GITHUB_SHA", &["GITHUB_HEAD_REF", "GITHUB_REF_NAME"]),
    ("CI_COMMIT_SHA", &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"]),
    ("BUILD_SOURCEVERSION", &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME"]),
    ("BITBUCKET_COMMIT", &["BITBUCKET_BRANCH"]),
    ("CIRCLE_SHA1", &["CIRCLE_BRANCH"]),
    ("TRAVIS_COMMIT", &["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"]),
    ("BUILDKITE_COMMIT", &["BUILDKITE_BRANCH"]),
    ("DRONE_COMMIT_SHA", &["DRONE_SOURCE_BRANCH", "DRONE_BRANCH"]),
    ("GIT_COMMIT", &["CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"]),
];

/// The longest name that is kept.
const MAX_NAME: usize = 200;
/// The largest file of references that is read, in bytes: thousands of them.
const MAX_PACKED: u64 = 16 << 20;

/// The code that a run is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) commit: Option<String>,
    pub(crate) branch: Option<String>,
}

/// The code that `folder` holds, or that the environment says.
pub(crate) fn code(folder: &Path, env: &dyn Fn(&str) -> Option<String>) -> Code {
    let set = |name: &str| env(name).map(|value| kept(&value)).filter(|value| !value.is_empty());
    for (commit, branches) in CI {
        if let Some(commit) = set(commit).filter(|commit| is_commit(commit)) {
            let branch = branches.iter().find_map(|name| set(name));
            return Code { commit: Some(commit), branch };
        }
    }
    Code { commit: commit(folder), branch: branch(folder) }
}

/// One line of readable text.
fn kept(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Where a working folder's git keeps what is its own, and what it shares with others of the same repository.
struct Folders {
    own: PathBuf,
    shared: PathBuf,
}

fn folders(start: &Path) -> Option<Folders> {
    let start = start.canonicalize().ok()?;
    let git = start.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists())?;
    // In a worktree `.git` is a file that says where the real one is.
    let own = if git.is_dir() {
        git
    } else {
        let text = fs::read_to_string(&git).ok()?;
        git.parent()?.join(text.trim().strip_prefix("gitdir:")?.trim())
    };
    let shared = match fs::read_to_string(own.join("commondir")) {
        Ok(text) => own.join(text.trim()),
        Err(_) => own.clone(),
    };
    Some(Folders { own, shared })
}

fn head(folders: &Folders) -> Option<String> {
    fs::read_to_string(folders.own.join("HEAD")).ok().map(|text| text.trim().to_owned())
}

/// The branch that is checked out where `start` lies.
pub(crate) fn branch(start: &Path) -> Option<String> {
    let head = head(&folders(start)?)?;
    Some(kept(head.strip_prefix("ref: refs/heads/")?))
}

/// The commit that is checked out where `start` lies.
fn commit(start: &Path) -> Option<String> {
    let folders = folders(start)?;
    let head = head(&folders)?;
    let Some(name) = head.strip_prefix("ref: ") else { return Some(head).filter(|h| is_commit(h)) };
    // What a reference may be called keeps it inside; a file that says otherwise is not git's.
    if !name.starts_with("refs/") || name.split('/').any(|part| part == "..") {
        return None;
    }
    let loose =
        [&folders.own, &folders.shared].into_iter().find_map(|f| fs::read_to_string(f.join(name)).ok());
    let found = loose.map(|text| text.trim().to_owned()).or_else(|| packed(&folders.shared, name))?;
    Some(found).filter(|f| is_commit(f))
}

/// A reference among those that git has put into one file.
fn packed(shared: &Path, name: &str) -> Option<String> {
    let path = shared.join("packed-refs");
    fs::metadata(&path).ok().filter(|about| about.len() <= MAX_PACKED)?;
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (commit, of) = line.split_once(' ')?;
        (of == name).then(|| commit.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    /// What is found in a folder with these files, where `at` lies.
    fn check(files: &[(&str, &str)], at: &str, expected: (Option<&str>, Option<&str>)) {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        fs::create_dir_all(folder.path().join(at)).expect("a folder");
        let got = code(&folder.path().join(at), &|_| None);
        assert_eq!((got.commit.as_deref(), got.branch.as_deref()), expected, "{files:?}");
    }

    #[test]
    fn a_working_folder_says_its_code_without_git() {
        let main = (".git/HEAD", "ref: refs/heads/main\n");
        let (a, b) = (format!("{A}\n"), format!("# pack-refs\n{B} refs/heads/main\n{A} refs/tags/x\n"));
        check(&[main, (".git/refs/heads/main", &a)], "deep/er", (Some(A), Some("main")));
        check(&[main, (".git/packed-refs", &b)], "", (Some(B), Some("main")));
        check(&[main, (".git/refs/heads/main", &a), (".git/packed-refs", &b)], "", (Some(A), Some("main")));
        check(&[main], "", (None, Some("main")));
        check(&[(".git/HEAD", &a)], "", (Some(A), None));
        check(&[(".git/HEAD", "nonsense")], "", (None, None));
        check(&[(".git/HEAD", "ref: ../../../etc/hostname")], "", (None, None));
        check(&[(".git/HEAD", "ref: refs/heads/feature/x\n")], "", (None, Some("feature/x")));
        let worktree = [
            ("tree/.git", "gitdir: ../main/.git/worktrees/tree\n"),
            ("main/.git/worktrees/tree/HEAD", "ref: refs/heads/b\n"),
            ("main/.git/worktrees/tree/commondir", "../..\n"),
            ("main/.git/refs/heads/b", a.as_str()),
        ];
        check(&worktree, "tree", (Some(A), Some("b")));
    }

    #[test]
    fn ci_knows_better() {
        let folder = tempfile::tempdir().expect("a folder");
        let github = [("GITHUB_SHA", A), ("GITHUB_REF_NAME", "main"), ("GITHUB_HEAD_REF", "")];
        for (set, commit, branch) in [
            (&github[..], Some(A), Some("main")),
            (
                &[("GITHUB_SHA", A), ("GITHUB_REF_NAME", "7/merge"), ("GITHUB_HEAD_REF", "fix")],
                Some(A),
                Some("fix"),
            ),
            (&[("CI_COMMIT_SHA", B), ("CI_COMMIT_REF_NAME", "v1")], Some(B), Some("v1")),
            (&[("GIT_COMMIT", B), ("BRANCH_NAME", "a\u{1b}[31mb")], Some(B), Some("a[31mb")),
            (&[("BUILDKITE_COMMIT", "HEAD"), ("BUILDKITE_BRANCH", "main")], None, None),
            (&[("GITHUB_SHA", A)], Some(A), None),
            (&[], None, None),
        ] {
            let set: BTreeMap<_, _> = set.iter().copied().collect();
            let got = code(folder.path(), &|name| set.get(name).map(|v| (*v).to_owned()));
            assert_eq!((got.commit.as_deref(), got.branch.as_deref()), (commit, branch), "{set:?}");
        }
    }
}
