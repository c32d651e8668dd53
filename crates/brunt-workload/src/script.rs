//! Sessions that are written down request by request: what a traffic model draws, or a log holds.

use crate::RequestId;
use brunt_metrics::Nanos;

/// Sessions by position; iteration `i` plays session `i`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Where each session's moves begin; one more than there are sessions.
    starts: Vec<u32>,
    moves: Vec<Move>,
    requests: Vec<RequestId>,
}

/// Requests that leave together, at a time within their session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Move {
    after: Nanos,
    from: u32,
    to: u32,
}

/// What is done next in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn<'a> {
    /// When, from the session's begin. Whoever still waits for an answer then is late by as much, not lost.
    pub after: Nanos,
    /// Not empty; several leave side by side.
    pub requests: &'a [RequestId],
}

impl Script {
    /// A script without sessions.
    pub fn new() -> Self {
        Self { starts: vec![0], ..Self::default() }
    }

    /// Begins one more session.
    pub fn begin(&mut self) {
        self.starts.push(self.end());
    }

    /// Adds a request to the last session: `after` its begin, at or after the one before it, or together with that.
    pub fn push(&mut self, after: Nanos, together: bool, request: RequestId) {
        let next = u32::try_from(self.requests.len()).unwrap_or(u32::MAX);
        self.requests.push(request);
        let begun = self.starts.len().checked_sub(2).is_some_and(|at| self.starts[at] < self.end());
        match self.moves.last_mut() {
            Some(last) if together && begun => last.to = next + 1,
            Some(_) | None => self.moves.push(Move { after, from: next, to: next + 1 }),
        }
        let end = self.end();
        if let Some(last) = self.starts.last_mut() {
            *last = end;
        }
    }

    fn end(&self) -> u32 {
        u32::try_from(self.moves.len()).unwrap_or(u32::MAX)
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// What is done in a session, in order.
    pub fn turns(&self, session: u64) -> impl Iterator<Item = Turn<'_>> {
        let at = usize::try_from(session).unwrap_or(usize::MAX);
        let bounds = self.starts.get(at).zip(self.starts.get(at.saturating_add(1)));
        let moves =
            bounds.and_then(|(from, to)| self.moves.get(*from as usize..*to as usize)).unwrap_or_default();
        moves.iter().map(|m| Turn {
            after: m.after,
            requests: self.requests.get(m.from as usize..m.to as usize).unwrap_or_default(),
        })
    }

    /// How many requests there are in all sessions.
    pub const fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The most requests that leave together.
    pub fn widest(&self) -> u64 {
        self.moves.iter().map(|m| u64::from(m.to - m.from)).max().unwrap_or(1)
    }

    /// The endpoint's first request, for naming what a session begins with.
    pub fn first(&self) -> Option<RequestId> {
        self.requests.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Script;
    use crate::RequestId;
    use brunt_metrics::Nanos;

    #[test]
    fn what_is_pushed_is_played_session_by_session() {
        let mut script = Script::new();
        let ms = Nanos::from_millis;
        script.begin();
        script.push(ms(0), false, RequestId(1));
        script.push(ms(0), true, RequestId(2));
        script.push(ms(500), false, RequestId(3));
        script.begin();
        // Nothing was before it in this session that it could leave together with.
        script.push(ms(0), true, RequestId(4));
        let turns = |session| {
            script
                .turns(session)
                .map(|t| (t.after, t.requests.iter().map(|r| r.0).collect::<Vec<_>>()))
                .collect::<Vec<_>>()
        };
        assert_eq!(script.sessions(), 2);
        assert_eq!(turns(0), [(ms(0), vec![1, 2]), (ms(500), vec![3])]);
        assert_eq!(turns(1), [(ms(0), vec![4])]);
        assert_eq!(turns(2), []);
    }
}
