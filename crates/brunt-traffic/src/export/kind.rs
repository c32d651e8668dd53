//! What there is to write.

use super::{document, har, lines, script};
use crate::Synthetic;
use std::io::{self, Write};

/// A kind of file that generated requests are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// The canonical document, which [`Synthetic::from_json`] reads; one request a line.
    Json,
    /// A plain array of requests with time in seconds, method, path, headers and body: no sessions, no endpoints.
    JsonArray,
    /// An access log in the combined format, as if every request had been answered with 200 at the moment it was due.
    AccessLog,
    /// A table with a row a request, RFC 4180.
    Csv,
    /// HTTP Archive 1.2: a page a session, an entry a request, responses empty.
    Har,
    /// Targets of vegeta, a JSON object a line. vegeta sends them evenly spaced: instants and sessions are lost.
    Vegeta,
    /// A script for k6, which reads the canonical document beside it.
    K6,
    /// A locustfile, which reads the canonical document beside it.
    Locust,
}

/// What the files say beside the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// The base URL that requests go to unless the tool is told another: `http://127.0.0.1:8080`.
    pub target: String,
    /// What the canonical document is called that a script reads, as seen from the script.
    pub schedule_file: String,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            target: "http://127.0.0.1:8080".to_owned(),
            schedule_file: Export::Json.file_name().to_owned(),
        }
    }
}

impl Export {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: [Self; 8] = [
        Self::Json,
        Self::JsonArray,
        Self::AccessLog,
        Self::Csv,
        Self::Har,
        Self::Vegeta,
        Self::K6,
        Self::Locust,
    ];

    /// What people call it: `access-log`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonArray => "json-array",
            Self::AccessLog => "access-log",
            Self::Csv => "csv",
            Self::Har => "har",
            Self::Vegeta => "vegeta",
            Self::K6 => "k6",
            Self::Locust => "locust",
        }
    }

    /// The one of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|export| export.name() == name)
    }

    /// The names of all, in the order of [`Export::ALL`].
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(Self::name)
    }

    /// What its file is called unless somebody says otherwise.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Json | Self::JsonArray => "synthetic_requests.json",
            Self::AccessLog => "access.log",
            Self::Csv => "synthetic_requests.csv",
            Self::Har => "synthetic_requests.har",
            Self::Vegeta => "targets.jsonl",
            Self::K6 => "scenario.js",
            Self::Locust => "locustfile.py",
        }
    }

    /// What must lie beside it for it to work, under the name [`ExportOptions::schedule_file`].
    pub const fn companion(self) -> Option<Self> {
        match self {
            Self::K6 | Self::Locust => Some(Self::Json),
            Self::Json | Self::JsonArray | Self::AccessLog | Self::Csv | Self::Har | Self::Vegeta => None,
        }
    }
}

/// Writes generated requests as one kind of file.
///
/// A script needs its [companion](Export::companion) as well, which the caller writes. Fails where `out` does, and with
/// [`io::ErrorKind::InvalidData`] for a time that no calendar has.
pub fn write(
    synthetic: &Synthetic,
    export: Export,
    options: &ExportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    match export {
        Export::Json => document::canonical(synthetic, out),
        Export::JsonArray => document::array(synthetic, out),
        Export::AccessLog => lines::access_log(synthetic, out),
        Export::Csv => lines::csv(synthetic, out),
        Export::Har => har::write(synthetic, options, out),
        Export::Vegeta => lines::vegeta(synthetic, options, out),
        Export::K6 => script::k6(synthetic, options, out),
        Export::Locust => script::locust(synthetic, options, out),
    }
}
