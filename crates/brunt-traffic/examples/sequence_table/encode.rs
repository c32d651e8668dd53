//! Sessions as a network sees them, and sessions that a network composes.

use crate::gru::{Gru, INPUTS, Memory, Step};
use brunt_traffic::fidelity::{GAP_EDGES_S, gap_cell};
use brunt_traffic::model::{Chain, Steps};
use brunt_traffic::{Random, Session};

/// Cells of gaps.
pub(crate) const GAPS: usize = GAP_EDGES_S.len() - 1;

/// Lengths that are told apart: 1, 2, 3, 4, then by doublings from 5; the chain's, as far as 65,535.
const LENGTHS: usize = 19;

fn length_cell(n: usize) -> u16 {
    let n = u16::try_from(n).unwrap_or(u16::MAX);
    if n < 5 { n } else { 5 + u16::try_from((n / 5).ilog2()).unwrap_or(0) }
}

/// What a network is told of a session before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Its class and its length, as a chain is; requests alone are steps.
    ClassAndLength(u16, usize),
    /// Nothing: its end is one more step.
    Nothing,
}

/// Where the values of the inputs stand in the table of embeddings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alphabet {
    /// Endpoints and bundles; the end of a session is the token behind them.
    pub tokens: u16,
    /// Classes of sessions.
    pub classes: u16,
}

impl Alphabet {
    /// Rows of the table: tokens and none, gaps and none, classes and none, lengths, lengths left.
    pub(crate) fn inputs(self) -> usize {
        usize::from(self.tokens) + 1 + GAPS + 1 + usize::from(self.classes) + 1 + 2 * LENGTHS
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are 14 cells of gaps and 19 of lengths")]
    fn inputs_of(self, told: Told, before: Option<u16>, gap: Option<u16>, done: usize) -> [u16; INPUTS] {
        let gaps = self.tokens + 1;
        let classes = gaps + GAPS as u16 + 1;
        let lengths = classes + self.classes + 1;
        let left = lengths + LENGTHS as u16;
        let (class, length, rest) = match told {
            Told::ClassAndLength(class, length) => {
                (class, length_cell(length), length_cell(length.saturating_sub(done)))
            }
            Told::Nothing => (self.classes, 0, 0),
        };
        [
            before.unwrap_or(self.tokens),
            gaps + gap.unwrap_or(GAPS as u16),
            classes + class,
            lengths + length,
            left + rest,
        ]
    }

    /// A session as steps.
    pub(crate) fn steps(self, told: Told, session: &Session) -> Vec<Step> {
        let (mut before, mut gap, mut gaps_s) = (None, None, session.gaps_s());
        let mut steps = Vec::with_capacity(session.len() + 1);
        for (done, token) in session.endpoint.iter().enumerate() {
            let inputs = self.inputs_of(told, before, gap, done);
            gap = if done == 0 { None } else { gaps_s.next().map(|gap| u16::from(gap_cell(gap))) };
            steps.push(Step { inputs, token: *token, gap });
            before = Some(*token);
        }
        if told == Told::Nothing {
            let inputs = self.inputs_of(told, before, gap, session.len());
            steps.push(Step { inputs, token: self.tokens, gap: None });
        }
        steps
    }
}

/// A network that composes sessions in place of a chain.
pub(crate) struct Player<'a> {
    pub alphabet: Alphabet,
    pub gru: &'a Gru,
    /// Gaps within their cells are the chain's.
    pub chain: &'a Chain,
    pub memory: Memory,
}

impl Player<'_> {
    /// A new session of a class and a length, written over `steps`.
    pub(crate) fn compose(&mut self, class: u16, length: usize, random: &mut Random, steps: &mut Steps) {
        steps.clear();
        self.memory.clear(self.gru);
        let told = Told::ClassAndLength(class, length);
        let (mut at_ms, mut before, mut gap) = (0, None, None);
        for done in 0..length {
            let inputs = self.alphabet.inputs_of(told, before, gap, done);
            let token = self.memory.next(self.gru, &inputs, random);
            gap = (done > 0).then(|| self.memory.gap(self.gru, token, random));
            at_ms += gap.map_or(0, |gap| self.chain.gap_ms(class, gap, random));
            steps.push((at_ms, token));
            before = Some(token);
        }
    }
}
