//! Where an index is: a file in the folder of records, or a server.

use crate::HistoryError;
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// The name of the index in a folder of records.
pub const FILE: &str = "history.sqlite";

/// Schemes of PostgreSQL.
const SCHEMES: [&str; 2] = ["postgres", "postgresql"];

/// Where an index is. Shown without a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// `history.sqlite` in a folder of records.
    Folder(PathBuf),
    /// A database of a PostgreSQL server, and the folder of records that it is filled from here.
    Server {
        /// The server.
        url: Url,
        /// The folder of records.
        runs: PathBuf,
    },
}

impl Place {
    /// The place that `asked` means: a `postgres://` URL, or without one the file in `runs`.
    pub fn of(asked: Option<&str>, runs: &Path) -> Result<Self, HistoryError> {
        let Some(asked) = asked.map(str::trim).filter(|a| !a.is_empty()) else {
            return Ok(Self::Folder(runs.to_owned()));
        };
        let url = Url::parse(asked).map_err(|e| HistoryError::Place {
            // It may hold a password, and cannot be taken apart: only what is before the colon is shown.
            given: asked
                .split(':')
                .next()
                .unwrap_or_default()
                .chars()
                .filter(|c| !c.is_control())
                .take(40)
                .collect(),
            why: e.to_string(),
        })?;
        if SCHEMES.contains(&url.scheme()) {
            Ok(Self::Server { url, runs: runs.to_owned() })
        } else {
            let why = format!("`{}` is not supported", url.scheme());
            Err(HistoryError::Place { given: without_password(&url), why })
        }
    }

    /// The folder of records.
    pub fn runs(&self) -> &Path {
        match self {
            Self::Folder(runs) | Self::Server { runs, .. } => runs,
        }
    }

    /// The password, which must not be shown.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let Self::Server { url, .. } = self else { return Vec::new() };
        let decoded = |text: &str| {
            let mut form = url.clone();
            form.set_query(Some(&format!("p={}", text.replace('+', "%2B"))));
            form.query_pairs().next().map(|(_, value)| value.into_owned())
        };
        let mut secrets: Vec<String> =
            url.password().into_iter().flat_map(|p| [Some(p.to_owned()), decoded(p)]).flatten().collect();
        secrets.extend(url.query_pairs().filter(|(name, _)| name == "password").map(|(_, v)| v.into_owned()));
        secrets.retain(|secret| !secret.is_empty());
        secrets
    }

    /// A text without the password, whoever wrote it.
    pub(crate) fn redacted(&self, text: &str) -> String {
        self.secrets().iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}

/// A URL as it may be shown: options may hold a password too.
fn without_password(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail for URLs that cannot have them, and then there is nothing to hide.
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(runs) => write!(f, "{}", runs.join(FILE).display()),
            Self::Server { url, .. } => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_how_they_are_shown() {
        let runs = Path::new("brunt-runs");
        for (asked, shown) in [
            (None, "brunt-runs/history.sqlite"),
            (Some(""), "brunt-runs/history.sqlite"),
            (Some("postgres://ann:s3cret@db.example/load"), "postgres://ann@db.example/load"),
            (Some("postgresql://db/load?password=s3cret&sslmode=require"), "postgresql://db/load"),
            (Some(" postgres://ann@db/load "), "postgres://ann@db/load"),
        ] {
            let place = Place::of(asked, runs).expect("a place");
            assert_eq!(place.to_string(), shown, "{asked:?}");
            assert!(!format!("{place:?}").contains("s3cret"));
            assert_eq!(place.runs(), runs);
            assert_eq!(
                place.redacted("why s3cret failed").contains("s3cret"),
                !asked.is_some_and(|a| a.contains("s3cret"))
            );
        }
    }

    #[test]
    fn what_is_no_place_is_refused_without_its_password() {
        for (asked, part) in [
            ("mysql://ann:s3cret@db/load", "`mysql` is not supported"),
            ("history.db", "relative URL"),
            ("postgres://ann:s3cret@[db/load", "invalid"),
            ("s3cret", "relative URL"),
        ] {
            let error = Place::of(Some(asked), Path::new("x")).expect_err("no place").to_string();
            assert!(error.contains(part), "{error}");
            assert!(asked == "s3cret" || !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_password_is_hidden_as_written_and_as_meant() {
        let place = Place::of(Some("postgres://ann:p%40ss+1@db/load"), Path::new("x")).expect("a place");
        assert_eq!(place.redacted("p%40ss+1 or p@ss+1"), "*** or ***");
    }
}
