//! Where the repository lies, what files it has, and what can go wrong when reading it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use thiserror::Error;

/// What keeps a verb from answering at all. What a verb *finds* is not an error but its result: a list of texts.
#[derive(Debug, Error)]
pub(crate) enum XtaskError {
    /// The command line.
    #[error("{0}")]
    Usage(String),
    /// A file or folder.
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    /// A temporary folder, or a file in it.
    #[error("cannot write into a temporary folder: {0}")]
    Temporary(std::io::Error),
    /// A program that could not be started.
    #[error("cannot start `{program}`: {source}\n  help: {help}")]
    Start { program: String, source: std::io::Error, help: &'static str },
    /// A program that failed.
    #[error("`{command}` failed:\n{stderr}")]
    Failed { command: String, stderr: String },
    /// `layers.toml`.
    #[error("layers.toml: {0}")]
    Layers(#[from] toml::de::Error),
    /// What `cargo metadata` printed.
    #[error("cargo metadata: {0}")]
    Metadata(#[from] serde_json::Error),
}

/// What a verb finds: one text a problem, none if all is well.
pub(crate) type Findings = Result<Vec<String>, XtaskError>;

/// What is made, not written: folders, and the file that stands for `.git` in a second working tree.
const SKIPPED: [&str; 7] =
    [".git", "target", "brunt-runs", "node_modules", "__pycache__", "artifacts", "coverage"];

/// The repository's root: the folder above this crate.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| manifest.to_path_buf(), Path::to_path_buf)
}

/// Every file below `root` but what builds and runs leave behind, as sorted paths relative to `root`.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>, XtaskError> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failed = |source| XtaskError::Read { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            let skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
            if skipped {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Ok(relative) = entry.path().strip_prefix(root)
            {
                found.push(relative.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A text file of the repository.
pub(crate) fn read(path: &Path) -> Result<String, XtaskError> {
    std::fs::read_to_string(path).map_err(|source| XtaskError::Read { path: path.to_path_buf(), source })
}

/// What cargo knows of the workspace. Needs no network and no registry.
pub(crate) fn metadata(root: &Path) -> Result<serde_json::Value, XtaskError> {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(root).output().map_err(|source| {
            XtaskError::Start { program: "cargo".into(), source, help: "install Rust from https://rustup.rs" }
        })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(XtaskError::Failed { command: format!("cargo {}", arguments.join(" ")), stderr });
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf, XtaskError> {
    let metadata = metadata(root)?;
    Ok(metadata["target_directory"].as_str().map_or_else(|| root.join("target"), PathBuf::from))
}

/// Runs an example of a crate in release, with these arguments.
pub(crate) fn run_example(package: &str, example: &str, arguments: &[String]) -> Findings {
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--release", "-p", package, "--example", example, "--"])
        .args(arguments)
        .status()
        .map_err(|source| XtaskError::Start { program: "cargo".into(), source, help: "install Rust" })?;
    Ok(if status.success() { Vec::new() } else { vec![format!("`{example}` ended with {status}")] })
}

/// Runs `.ci/run`.
pub(crate) fn run_ci() -> Findings {
    let script = root().join(".ci").join("run");
    let status = Command::new("bash")
        .arg(&script)
        .stdin(Stdio::null())
        .current_dir(root())
        .status()
        .map_err(|source| XtaskError::Start { program: "bash".into(), source, help: "install bash" })?;
    Ok(if status.success() { Vec::new() } else { vec![format!(".ci/run ended with {status}")] })
}
