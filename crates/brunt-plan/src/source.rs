//! A plan's text, what it is called, and which format it is in.

use crate::diagnostic::{Diagnostic, Report};
use std::path::{Path, PathBuf};

/// The largest plan that is read: 10,000 actions take about 2 MB.
pub const MAX_PLAN_BYTES: usize = 16 << 20;

/// The formats of plan text: one language, three spellings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// JSON.
    Json,
    /// TOML 1.
    Toml,
}

impl Format {
    /// By the ending of the file's name: `.json`, `.toml`, and YAML for everything else.
    pub fn of_path(path: &Path) -> Self {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "json" => Self::Json,
            "toml" => Self::Toml,
            _ => Self::Yaml,
        }
    }
}

/// A plan's text.
#[derive(Clone, Debug)]
pub struct Source {
    /// What diagnostics call it: the path as the user gave it.
    pub name: String,
    /// The text.
    pub text: String,
    /// How to read it.
    pub format: Format,
    /// What relative paths in it start from.
    pub folder: PathBuf,
}

impl Source {
    /// The plan at `path`, whose content is `bytes`. Fails on text that is too large or not UTF-8.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, Report> {
        let name = path.display().to_string();
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let refuse = |text: String, diagnostic| Report {
            name: name.clone(),
            text,
            added: Vec::new(),
            diagnostics: vec![diagnostic],
        };
        if bytes.len() > MAX_PLAN_BYTES {
            let d = Diagnostic::nowhere(format!("the plan is larger than {} MB", MAX_PLAN_BYTES >> 20))
                .help("move bodies into files: `body_file: ...`");
            return Err(refuse(String::new(), d));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { text, format: Format::of_path(path), folder, name }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let d = Diagnostic::error(&(at..at + 1), "the plan is not UTF-8 text")
                    .label("no character has these bytes")
                    .help("save the file as UTF-8");
                Err(refuse(text, d))
            }
        }
    }

    /// A plan that is in no file.
    pub fn inline(name: impl Into<String>, format: Format, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), format, folder: PathBuf::new() }
    }
}
