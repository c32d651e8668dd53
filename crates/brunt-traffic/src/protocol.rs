//! How a log is split to learn from one part and judge by the other.

use crate::trace::{DAY_MS, Trace, total_ms};

/// How a log is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Learn from what comes first, judge by the days after 70 % of the observed time: drift is part of it.
    Time,
    /// Learn from every second pair of days, judge by the others: drift hardly matters.
    Alternate,
}

impl Split {
    /// Which rows of a trace are learnt from.
    pub fn learnt(self, trace: &Trace) -> Vec<bool> {
        let cut = match self {
            Self::Time => Self::cut(trace),
            Self::Alternate => 0,
        };
        trace
            .at_ms
            .iter()
            .map(|at| match self {
                Self::Time => *at < cut,
                Self::Alternate => at.div_euclid(2 * DAY_MS).rem_euclid(2) == 0,
            })
            .collect()
    }

    /// The first midnight (UTC) by which 70 % of the observed time is over; where all is from one day, the moment itself.
    fn cut(trace: &Trace) -> i64 {
        let observed = trace.observed();
        let whole = total_ms(&observed);
        let mut left = whole * 7 / 10;
        let mut moment = observed.last().map_or(0, |s| s.to_ms);
        for stretch in &observed {
            if left < stretch.length_ms() {
                moment = stretch.from_ms + left;
                break;
            }
            left -= stretch.length_ms();
        }
        let midnight = -(-moment).div_euclid(DAY_MS) * DAY_MS;
        if observed.last().is_some_and(|s| midnight < s.to_ms) { midnight } else { moment }
    }

    /// What the learnt part is moved by to lie where the judged part is: the same weekday or the next pair of days.
    pub const fn shift_ms(self, learnt_end_ms: i64, judged_end_ms: i64) -> i64 {
        match self {
            Self::Time => {
                let weeks = (judged_end_ms - learnt_end_ms + 7 * DAY_MS - 1).div_euclid(7 * DAY_MS);
                weeks * 7 * DAY_MS
            }
            Self::Alternate => 2 * DAY_MS,
        }
    }
}
