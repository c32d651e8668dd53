//! Tallies: how often each value of something came, such as `HIT` and `MISS` in a header.
//!
//! Values are whatever a server sends, so they are bounded where they are first seen: a worker keeps the first
//! [`MAX_TALLY_VALUES`] distinct values of a tally, each of at most [`MAX_TALLY_VALUE`] bytes without control
//! characters, for the whole run, and counts all others as [`TALLY_OTHER`]. Merging adds and never folds, so that it
//! stays associative; the sum over workers holds at most so many values times the workers. Counting a value that
//! has been seen allocates nothing, and neither does one that is past the bound.
//!
//! A server that spreads over more values than this is not being balanced or cached: an id is no tally.

use crate::{Phase, TallyId};

/// The distinct values of a tally that a worker counts apart: more servers or cache states than a line can show.
pub const MAX_TALLY_VALUES: usize = 32;

/// The longest value, in bytes; longer ones are cut, and are one if they agree up to there.
pub const MAX_TALLY_VALUE: usize = 64;

/// What values past the bound count as. A value that is this text itself counts there as well.
pub const TALLY_OTHER: &str = "(other)";

/// What an empty value counts as.
pub const TALLY_EMPTY: &str = "(empty)";

/// How often one value of a tally came in one second, in the answers to requests due in one phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TallySecond {
    /// Which tally.
    pub tally: TallyId,
    /// The phase in which the requests were due.
    pub phase: Phase,
    /// The value: at most [`MAX_TALLY_VALUE`] bytes, no control characters.
    pub value: String,
    /// How often it came.
    pub count: u64,
}

impl TallySecond {
    /// What it is told apart and sorted by.
    pub fn key(&self) -> (TallyId, Phase, &str) {
        (self.tally, self.phase, &self.value)
    }
}

/// Adds `theirs` to `mine`; both ascend by key.
pub(crate) fn merge(mine: &mut Vec<TallySecond>, theirs: &[TallySecond]) {
    for entry in theirs {
        match mine.binary_search_by(|known| known.key().cmp(&entry.key())) {
            Ok(at) => mine[at].count += entry.count,
            Err(at) => mine.insert(at, entry.clone()),
        }
    }
}

/// One tally of one worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct TallyCounts {
    values: Vec<(Box<str>, ByPhase)>,
    other: ByPhase,
}

type ByPhase = [u64; 3];

impl TallyCounts {
    /// Counts `value` once.
    #[inline]
    pub(crate) fn count(&mut self, phase: Phase, value: &[u8]) {
        // Most values are as they will be kept, and seen before.
        match self.values.iter_mut().find(|(known, _)| known.as_bytes() == value) {
            Some((_, counts)) => counts[phase as usize] += 1,
            None => self.count_cleaned(phase, value),
        }
    }

    #[cold]
    fn count_cleaned(&mut self, phase: Phase, value: &[u8]) {
        let mut room = [0; MAX_TALLY_VALUE];
        let value = cleaned(value, &mut room);
        if value == TALLY_OTHER {
            self.other[phase as usize] += 1;
        } else if let Some((_, counts)) = self.values.iter_mut().find(|(known, _)| **known == *value) {
            counts[phase as usize] += 1;
        } else if self.values.len() < MAX_TALLY_VALUES {
            let mut counts = ByPhase::default();
            counts[phase as usize] = 1;
            self.values.push((value.into(), counts));
        } else {
            self.other[phase as usize] += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.other == ByPhase::default()
            && self.values.iter().all(|(_, counts)| *counts == ByPhase::default())
    }

    /// Takes out what was counted; the values stay known.
    pub(crate) fn drain(&mut self, tally: TallyId, into: &mut Vec<TallySecond>) {
        let values = self.values.iter_mut().map(|(value, counts)| (&**value, counts));
        for (value, counts) in values.chain([(TALLY_OTHER, &mut self.other)]) {
            for phase in [Phase::WarmUp, Phase::Load, Phase::CoolDown] {
                let count = std::mem::take(&mut counts[phase as usize]);
                if count > 0 {
                    into.push(TallySecond { tally, phase, value: value.to_owned(), count });
                }
            }
        }
    }
}

/// `value` as it is kept, written into `room`: what is no UTF-8 and no character to print is replaced, what is too
/// long is cut.
fn cleaned<'a>(value: &[u8], room: &'a mut [u8; MAX_TALLY_VALUE]) -> &'a str {
    if value.is_empty() {
        return TALLY_EMPTY;
    }
    let mut used = 0;
    'cut: for chunk in value.utf8_chunks() {
        let replaced = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        for c in chunk.valid().chars().chain(replaced) {
            let c = if c.is_control() { ' ' } else { c };
            let Some(free) = room.get_mut(used..used + c.len_utf8()) else { break 'cut };
            used += c.encode_utf8(free).len();
        }
    }
    // Whole characters were written: it is UTF-8.
    str::from_utf8(&room[..used]).unwrap_or(TALLY_OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(values: &[&[u8]]) -> Vec<(String, u64)> {
        let mut counts = TallyCounts::default();
        for value in values {
            counts.count(Phase::Load, value);
        }
        let mut out = Vec::new();
        counts.drain(TallyId(0), &mut out);
        assert!(counts.is_empty());
        out.into_iter().map(|t| (t.value, t.count)).collect()
    }

    #[test]
    fn values_are_kept_clean_and_short() {
        let long = "x".repeat(80);
        let wide = "\u{e9}".repeat(40);
        for (value, kept) in [
            (&b"HIT"[..], "HIT"),
            (b"", "(empty)"),
            (b"(other)", "(other)"),
            (b"a\r\n\x1b[2Jb", "a   [2Jb"),
            (b"caf\xe9!", "caf\u{fffd}!"),
            ("\u{65e5}\u{672c}".as_bytes(), "\u{65e5}\u{672c}"),
            (long.as_bytes(), &long[..64]),
            (wide.as_bytes(), &wide[..64]),
            (format!("{}\u{65e5}", &long[..62]).as_bytes(), &long[..62]),
        ] {
            assert_eq!(counted(&[value, value]), [(kept.to_owned(), 2)]);
        }
    }

    #[test]
    fn values_past_the_bound_are_others_and_none_is_lost() {
        let names: Vec<String> = (0..MAX_TALLY_VALUES + 8).map(|i| format!("app{i:02}")).collect();
        let values: Vec<&[u8]> = names.iter().chain(&names).map(String::as_bytes).collect();
        let counted = counted(&values);
        assert_eq!(counted.len(), MAX_TALLY_VALUES + 1);
        assert!(counted[..MAX_TALLY_VALUES].iter().zip(&names).all(|(c, name)| *c == (name.clone(), 2)));
        assert_eq!(counted[MAX_TALLY_VALUES], (TALLY_OTHER.to_owned(), 16));
    }
}
