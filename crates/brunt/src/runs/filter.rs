//! Which runs are meant: from words of the command line to a filter.

use super::Refused;
use crate::args::{FilterArgs, VerdictWord};
use crate::baseline::Baselines;
use crate::git;
use brunt_history::Filter;
use brunt_run::Outlook;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::path::Path;

/// What stands for the current branch on the command line.
const HERE: &str = ".";

/// The units of a time ago, in milliseconds.
const UNITS: [(char, u64); 5] =
    [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000), ('w', 7 * 86_400_000)];

/// The filter that the flags say. `now` is in milliseconds since 1970.
pub(super) fn filter(args: &FilterArgs, runs: &Path, now: u64) -> Result<Filter, Refused> {
    let branch = match args.branch.as_deref() {
        Some(HERE) => Some(git::branch(Path::new(HERE)).ok_or(
            "there is no branch to take the name of: no `.git/HEAD` here or above, or it is at no branch\n  help: give its name",
        )?),
        other => other.map(str::to_owned),
    };
    let when = |flag: &str, word: &Option<String>| {
        word.as_deref().map(|word| instant(word, now).ok_or_else(|| not_when(flag, word))).transpose()
    };
    Ok(Filter {
        name: args.name.clone(),
        profile: args.profile.clone(),
        branch,
        commit: args.commit.clone(),
        labels: args.label.iter().map(|word| label(word)).collect(),
        outlooks: args.verdict.iter().flat_map(|word| outlooks(*word)).copied().collect(),
        target: args.target.clone(),
        since_unix_ms: when("--since", &args.since)?,
        until_unix_ms: when("--until", &args.until)?,
        ids: match &args.baseline {
            Some(name) => kept(name, runs)?,
            None => Vec::new(),
        },
        ..Filter::default()
    })
}

/// The runs of a baseline that lie in the folder of records.
fn kept(name: &str, runs: &Path) -> Result<Vec<String>, Refused> {
    let words = Baselines::load(runs)?.kept(name)?;
    let ids: Vec<String> = words.into_iter().filter(|word| runs.join(word).is_dir()).collect();
    if ids.is_empty() {
        let text = format!(
            "no run of the baseline `{name}` is in `{}`\n  help: `brunt baseline show {name}` says which it has",
            runs.display()
        );
        return Err(text.into());
    }
    Ok(ids)
}

fn label(word: &str) -> (String, Option<String>) {
    match word.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
        None => (word.trim().to_owned(), None),
    }
}

const fn outlooks(word: VerdictWord) -> &'static [Outlook] {
    match word {
        VerdictWord::Passed => &[Outlook::Passed, Outlook::Warned],
        VerdictWord::Warned => &[Outlook::Warned],
        VerdictWord::Failed => &[Outlook::Failed],
        VerdictWord::NotValid => &[Outlook::Invalid],
        VerdictWord::NotEnoughEvidence => &[Outlook::NotEnoughEvidence],
        VerdictWord::StoppedEarly => &[Outlook::StoppedEarly],
        VerdictWord::Cut => &[Outlook::Cut],
    }
}

fn not_when(flag: &str, word: &str) -> String {
    format!(
        "`{flag} {word}` is no time\n  help: write how long ago, as `7d` or `12h`, a day, as `2026-11-20`, or a time, as \
         `2026-11-20T14:00Z`"
    )
}

/// How long ago, in milliseconds.
pub(super) fn ago(word: &str) -> Option<u64> {
    let unit = word.chars().last()?;
    let (_, factor) = UNITS.iter().find(|(u, _)| *u == unit)?;
    let number = word.strip_suffix(unit)?;
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// An instant in milliseconds since 1970: a time ago, a day or a time; without a zone it is UTC.
fn instant(word: &str, now: u64) -> Option<u64> {
    let word = word.trim();
    if let Some(ago) = ago(word) {
        return Some(now.saturating_sub(ago));
    }
    let utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp());
    let day = || utc(word.parse::<Date>().ok()?.at(0, 0, 0, 0));
    let at = word
        .parse::<Timestamp>()
        .ok()
        .or_else(|| if word.len() == 10 { day() } else { utc(word.parse().ok()?) })?;
    u64::try_from(at.as_millisecond()).ok()
}

/// When a run began, in UTC to the minute; `-` if that is not known.
pub(super) fn began(unix_ms: u64) -> String {
    let at =
        i64::try_from(unix_ms).ok().filter(|ms| *ms > 0).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        let now = 1_795_201_262_000;
        for (word, expected) in [
            ("7d", Some(now - 7 * 86_400_000)),
            ("2w", Some(now - 14 * 86_400_000)),
            ("90m", Some(now - 5_400_000)),
            ("2026-11-20", Some(1_795_132_800_000)),
            ("2026-11-20T14:00Z", Some(1_795_183_200_000)),
            ("2026-11-20T14:00+02:00", Some(1_795_176_000_000)),
            ("2026-11-20T14:00", Some(1_795_183_200_000)),
            ("2026-11-20 14:00", Some(1_795_183_200_000)),
            ("99999999999999999999d", None),
            ("-7d", None),
            ("7", None),
            ("yesterday", None),
            ("2026-13-01", None),
            ("", None),
        ] {
            assert_eq!(instant(word, now), expected, "{word}");
        }
        assert_eq!(began(1_795_183_200_000), "2026-11-20 14:00");
        assert_eq!(began(0), "-");
    }
}
