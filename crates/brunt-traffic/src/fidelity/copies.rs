//! Whether synthetic sessions are copies of real ones.

use crate::trace::Session;
use std::collections::HashSet;

/// Sessions shorter than this are alike by chance.
const SHORTEST: usize = 6;

/// Where gaps of seconds are told apart: the same in the model and here.
pub const GAP_EDGES_S: [i64; 15] = [0, 1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 240, 480, 900, 1801];

/// The cell of [`GAP_EDGES_S`] that a gap falls in, from 0 to 13.
pub fn gap_cell(gap_s: i64) -> u8 {
    let above = GAP_EDGES_S.partition_point(|edge| *edge <= gap_s);
    u8::try_from(above.clamp(1, 14) - 1).unwrap_or(0)
}

fn key(session: &Session) -> (Vec<u16>, Vec<u8>) {
    (session.endpoint.clone(), session.gaps_s().map(gap_cell).collect())
}

/// The share of sessions of six requests or more, not all of one endpoint, whose exact order of endpoints and cells of gaps is
/// that of a session that was learnt from.
pub(super) fn share_of_copies(sessions: &[Session], learnt: &[Session]) -> f64 {
    let known: HashSet<_> = learnt.iter().filter(|s| s.len() >= SHORTEST).map(key).collect();
    let told = sessions
        .iter()
        .filter(|s| s.len() >= SHORTEST && s.endpoint.iter().any(|e| Some(e) != s.endpoint.first()));
    let (mut all, mut copied) = (0_u64, 0_u64);
    for session in told {
        all += 1;
        copied += u64::from(known.contains(&key(session)));
    }
    copied as f64 / all.max(1) as f64
}
