//! Who is there when: sessions of a schedule.

use crate::Synthetic;
use std::collections::BTreeMap;

/// How many sessions are under way at once at most: each from its first request to its last, both included.
pub fn peak_sessions(synthetic: &Synthetic) -> usize {
    let mut spans: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for request in &synthetic.requests {
        let at = request.at_ms;
        spans.entry(request.session).and_modify(|(_, last)| *last = at).or_insert((at, at));
    }
    // At the same instant a session that begins (0) counts before one that ends (1) is gone.
    let mut turns: Vec<(u64, u8)> =
        spans.values().flat_map(|(first, last)| [(*first, 0), (*last, 1)]).collect();
    turns.sort_unstable();
    let mut live = 0_usize;
    let mut peak = 0;
    for (_, ends) in turns {
        if ends == 0 {
            live += 1;
            peak = peak.max(live);
        } else {
            live -= 1;
        }
    }
    peak
}
