//! A small gated recurrent network (Cho et al., 2014) in plain loops: what comes next of a row of tokens, and after which gap.
//!
//! With x the sum of the embeddings of a step's inputs and h what is remembered:
//!
//! ```text
//! z = s(W_z x + U_z h + b_z),  r = s(W_r x + U_r h + b_r),  n = tanh(W_n x + r * (U_n h) + b_n),  h' = (1 - z) n + z h
//! token: softmax(O h' + o),  gap given the token: softmax(P tanh(G h' + T_token) + p)
//! ```
//!
//! Learns by Adam (Kingma and Ba, 2015) over whole sessions, of which gradients go back through [`CHUNK`] steps. The same seed gives the same
//! weights on one machine; exponentials may differ in the last digit between machines.

use brunt_traffic::Random;
use brunt_traffic::fidelity::Foreseen;
use std::ops::{ControlFlow, Range};

/// Inputs of a step.
pub(crate) const INPUTS: usize = 5;

/// Steps that a gradient goes back through; what is remembered goes on across them.
pub(crate) const CHUNK: usize = 64;

/// How large a network is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    /// Rows of the table of embeddings: all values of all inputs.
    pub inputs: usize,
    /// Numbers of an embedding.
    pub width: usize,
    /// Numbers that are remembered.
    pub hidden: usize,
    /// Tokens that may come.
    pub tokens: usize,
    /// Numbers between what is remembered and the gap.
    pub gap_hidden: usize,
    /// Cells of gaps.
    pub gaps: usize,
}

/// One step of a session, as the network sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// Rows of the table of embeddings.
    pub inputs: [u16; INPUTS],
    /// What came.
    pub token: u16,
    /// The cell of the gap before it, if there is one to learn.
    pub gap: Option<u16>,
}

/// Where the weights stand in one long row.
#[derive(Clone, Debug)]
struct Places {
    embedding: Range<usize>,
    input: Range<usize>,
    state: Range<usize>,
    bias: Range<usize>,
    token: Range<usize>,
    token_bias: Range<usize>,
    gap_state: Range<usize>,
    gap_token: Range<usize>,
    gap: Range<usize>,
    gap_bias: Range<usize>,
}

impl Places {
    fn of(s: &Shape) -> Self {
        let mut end = 0;
        let mut next = |n: usize| {
            let from = end;
            end += n;
            from..end
        };
        Self {
            embedding: next(s.inputs * s.width),
            input: next(s.width * 3 * s.hidden),
            state: next(s.hidden * 3 * s.hidden),
            bias: next(3 * s.hidden),
            token: next(s.hidden * s.tokens),
            token_bias: next(s.tokens),
            gap_state: next(s.hidden * s.gap_hidden),
            gap_token: next(s.tokens * s.gap_hidden),
            gap: next(s.gap_hidden * s.gaps),
            gap_bias: next(s.gaps),
        }
    }
}

/// The network.
#[derive(Clone, Debug)]
pub(crate) struct Gru {
    shape: Shape,
    places: Places,
    weights: Vec<f32>,
}

/// All that one step computes; gradients need it again.
#[derive(Clone, Debug, Default)]
struct Trail {
    x: Vec<f32>,
    before: Vec<f32>,
    /// z, r and n.
    gates: Vec<f32>,
    /// `U_n h`.
    candidate: Vec<f32>,
    after: Vec<f32>,
    /// What the heads see of `after`.
    shown: Vec<f32>,
    /// What each number of `shown` was multiplied by, while learning.
    mask: Vec<f32>,
    token: Vec<f32>,
    gap_hidden: Vec<f32>,
    gap: Vec<f32>,
}

/// `out += scale * row`.
fn add(out: &mut [f32], scale: f32, row: &[f32]) {
    for (o, w) in out.iter_mut().zip(row) {
        *o += scale * w;
    }
}

/// `out += x W`, with a row of W for each of x.
fn multiply(out: &mut [f32], x: &[f32], weights: &[f32]) {
    for (x, row) in x.iter().zip(weights.chunks_exact(out.len())) {
        add(out, *x, row);
    }
}

/// In eight sums, which a processor adds up side by side.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (mut sums, mut rest) = ([0.0_f32; 8], 0.0);
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    for (x, y) in a8.remainder().iter().zip(b8.remainder()) {
        rest += x * y;
    }
    for (x, y) in a8.zip(b8) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    rest + sums.iter().sum::<f32>()
}

/// The gradients of `multiply`: of what went in, added to `into`, and of the weights, added to `slopes`.
fn multiply_back(into: &mut [f32], x: &[f32], weights: &[f32], out: &[f32], slopes: &mut [f32]) {
    let rows = weights.chunks_exact(out.len()).zip(slopes.chunks_exact_mut(out.len()));
    for ((d, x), (row, slope)) in into.iter_mut().zip(x).zip(rows) {
        *d += dot(row, out);
        add(slope, *x, out);
    }
}

fn softmax(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for x in row.iter_mut() {
        *x = (*x - most).exp();
        sum += *x;
    }
    for x in row {
        *x /= sum;
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn zeroed(row: &mut Vec<f32>, n: usize) {
    row.clear();
    row.resize(n, 0.0);
}

fn copied(row: &mut Vec<f32>, from: &[f32]) {
    row.clear();
    row.extend_from_slice(from);
}

/// One of these chances, by a draw.
fn pick(chances: &[f32], random: &mut Random) -> u16 {
    let mut left = random.unit();
    for (i, chance) in chances.iter().enumerate() {
        left -= f64::from(*chance);
        if left < 0.0 {
            return u16::try_from(i).unwrap_or(0);
        }
    }
    u16::try_from(chances.len() - 1).unwrap_or(0)
}

/// A network that is being played: what it remembers of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Trail);

impl Memory {
    /// Forgets.
    pub(crate) fn clear(&mut self, gru: &Gru) {
        zeroed(&mut self.0.after, gru.shape.hidden);
    }

    /// What comes next.
    pub(crate) fn next(&mut self, gru: &Gru, inputs: &[u16; INPUTS], random: &mut Random) -> u16 {
        let trail = &mut self.0;
        std::mem::swap(&mut trail.before, &mut trail.after);
        gru.remember(inputs, trail);
        gru.token(trail);
        pick(&trail.token, random)
    }

    /// After which gap.
    pub(crate) fn gap(&mut self, gru: &Gru, token: u16, random: &mut Random) -> u16 {
        gru.gap(token, &mut self.0);
        pick(&self.0.gap, random)
    }
}

impl Gru {
    /// With small weights at random.
    pub(crate) fn new(shape: Shape, random: &mut Random) -> Self {
        let places = Places::of(&shape);
        let mut weights = vec![0.0; places.gap_bias.end];
        let mut fill = |place: &Range<usize>, deviation: f64| {
            for w in &mut weights[place.clone()] {
                #[expect(clippy::cast_possible_truncation, reason = "a normal deviate")]
                let drawn = (random.normal() * deviation) as f32;
                *w = drawn;
            }
        };
        let root = |n: usize| (n as f64).sqrt().recip();
        fill(&places.embedding, 0.2);
        fill(&places.input, root(shape.width));
        fill(&places.state, root(shape.hidden));
        fill(&places.token, root(shape.hidden));
        fill(&places.gap_state, root(shape.hidden));
        fill(&places.gap_token, 0.1);
        fill(&places.gap, root(shape.gap_hidden));
        Self { shape, places, weights }
    }

    /// How many weights there are, of four bytes each.
    pub(crate) const fn size(&self) -> usize {
        self.weights.len()
    }

    fn at(&self, place: &Range<usize>) -> &[f32] {
        &self.weights[place.clone()]
    }

    fn embedding(&self, input: u16) -> Range<usize> {
        let from = self.places.embedding.start + usize::from(input) * self.shape.width;
        from..from + self.shape.width
    }

    fn gap_token(&self, token: u16) -> Range<usize> {
        let from = self.places.gap_token.start + usize::from(token) * self.shape.gap_hidden;
        from..from + self.shape.gap_hidden
    }

    /// From `before` to `after`.
    fn remember(&self, inputs: &[u16; INPUTS], trail: &mut Trail) {
        let (h, at) = (self.shape.hidden, &self.places);
        zeroed(&mut trail.x, self.shape.width);
        for input in inputs {
            add(&mut trail.x, 1.0, &self.weights[self.embedding(*input)]);
        }
        copied(&mut trail.gates, self.at(&at.bias));
        multiply(&mut trail.gates, &trail.x, self.at(&at.input));
        zeroed(&mut trail.candidate, 3 * h);
        multiply(&mut trail.candidate, &trail.before, self.at(&at.state));
        add(&mut trail.gates[..2 * h], 1.0, &trail.candidate[..2 * h]);
        trail.candidate.drain(..2 * h);
        trail.after.clear();
        for i in 0..h {
            let (z, r) = (sigmoid(trail.gates[i]), sigmoid(trail.gates[h + i]));
            let n = (trail.gates[2 * h + i] + r * trail.candidate[i]).tanh();
            (trail.gates[i], trail.gates[h + i], trail.gates[2 * h + i]) = (z, r, n);
            trail.after.push((1.0 - z) * n + z * trail.before[i]);
        }
        copied(&mut trail.shown, &trail.after);
        trail.shown.iter_mut().zip(&trail.mask).for_each(|(x, mask)| *x *= mask);
    }

    /// The chances of tokens.
    fn token(&self, trail: &mut Trail) {
        copied(&mut trail.token, self.at(&self.places.token_bias));
        multiply(&mut trail.token, &trail.shown, self.at(&self.places.token));
        softmax(&mut trail.token);
    }

    /// The chances of gaps before a token.
    fn gap(&self, token: u16, trail: &mut Trail) {
        let at = &self.places;
        copied(&mut trail.gap_hidden, &self.weights[self.gap_token(token)]);
        multiply(&mut trail.gap_hidden, &trail.shown, self.at(&at.gap_state));
        trail.gap_hidden.iter_mut().for_each(|x| *x = x.tanh());
        copied(&mut trail.gap, self.at(&at.gap_bias));
        multiply(&mut trail.gap, &trail.gap_hidden, self.at(&at.gap));
        softmax(&mut trail.gap);
    }

    fn foresee_one(&self, step: &Step, trail: &mut Trail) -> Foreseen {
        self.remember(&step.inputs, trail);
        self.token(trail);
        let token = f64::from(trail.token[usize::from(step.token)]).max(1e-30);
        let gap = step.gap.map(|gap| {
            self.gap(step.token, trail);
            f64::from(trail.gap[usize::from(gap)]).max(1e-30)
        });
        Foreseen { token, gap }
    }

    /// How likely each step of a session is, given those before it.
    pub(crate) fn foresee(&self, steps: &[Step]) -> Vec<Foreseen> {
        let mut trail = Trail { after: vec![0.0; self.shape.hidden], ..Trail::default() };
        let step = |step| {
            std::mem::swap(&mut trail.before, &mut trail.after);
            self.foresee_one(step, &mut trail)
        };
        steps.iter().map(step).collect()
    }

    /// Adds the gradient of a chunk's surprise in nats to the slopes; `mask` says what each number that the heads see is multiplied by.
    fn learn(&self, steps: &[Step], work: &mut Work, mut mask: impl FnMut() -> f32) {
        let h = self.shape.hidden;
        let Work { trails, state, slopes } = work;
        if trails.len() < steps.len() {
            trails.resize(steps.len(), Trail::default());
        }
        for (step, trail) in steps.iter().zip(trails.iter_mut()) {
            trail.mask.clear();
            trail.mask.extend((0..h).map(|_| mask()));
            copied(&mut trail.before, state);
            self.foresee_one(step, trail);
            copied(state, &trail.after);
        }
        let (mut back, mut gates, mut inner) = (vec![0.0; h], vec![0.0; 3 * h], vec![0.0; 3 * h]);
        for (step, trail) in steps.iter().zip(trails).rev() {
            self.heads_back(step, trail, &mut back, slopes);
            let mut earlier = vec![0.0; h];
            for i in 0..h {
                let (z, r, n) = (trail.gates[i], trail.gates[h + i], trail.gates[2 * h + i]);
                let candidate = back[i] * (1.0 - z) * (1.0 - n * n);
                gates[i] = back[i] * (trail.before[i] - n) * z * (1.0 - z);
                gates[h + i] = candidate * trail.candidate[i] * r * (1.0 - r);
                gates[2 * h + i] = candidate;
                inner[2 * h + i] = candidate * r;
                earlier[i] = back[i] * z;
            }
            inner[..2 * h].copy_from_slice(&gates[..2 * h]);
            let at = &self.places;
            let state = &mut slopes[at.state.clone()];
            multiply_back(&mut earlier, &trail.before, self.at(&at.state), &inner, state);
            let mut x = vec![0.0; self.shape.width];
            multiply_back(&mut x, &trail.x, self.at(&at.input), &gates, &mut slopes[at.input.clone()]);
            add(&mut slopes[at.bias.clone()], 1.0, &gates);
            for input in &step.inputs {
                add(&mut slopes[self.embedding(*input)], 1.0, &x);
            }
            back = earlier;
        }
    }

    /// Gradients of the token and the gap of one step; the trail's chances become slopes.
    fn heads_back(&self, step: &Step, trail: &mut Trail, back: &mut [f32], slopes: &mut [f32]) {
        let at = &self.places;
        let mut shown = vec![0.0; self.shape.hidden];
        trail.token[usize::from(step.token)] -= 1.0;
        add(&mut slopes[at.token_bias.clone()], 1.0, &trail.token);
        let token = &mut slopes[at.token.clone()];
        multiply_back(&mut shown, &trail.shown, self.at(&at.token), &trail.token, token);
        if let Some(gap) = step.gap {
            trail.gap[usize::from(gap)] -= 1.0;
            add(&mut slopes[at.gap_bias.clone()], 1.0, &trail.gap);
            let mut hidden = vec![0.0; self.shape.gap_hidden];
            let (seen, weights) = (&trail.gap_hidden, self.at(&at.gap));
            multiply_back(&mut hidden, seen, weights, &trail.gap, &mut slopes[at.gap.clone()]);
            hidden.iter_mut().zip(&trail.gap_hidden).for_each(|(d, q)| *d *= 1.0 - q * q);
            add(&mut slopes[self.gap_token(step.token)], 1.0, &hidden);
            let state = &mut slopes[at.gap_state.clone()];
            multiply_back(&mut shown, &trail.shown, self.at(&at.gap_state), &hidden, state);
        }
        for ((back, shown), mask) in back.iter_mut().zip(&shown).zip(&trail.mask) {
            *back += shown * mask;
        }
    }
}

/// What learning needs at hand.
#[derive(Debug, Default)]
struct Work {
    trails: Vec<Trail>,
    /// What is remembered of the session so far.
    state: Vec<f32>,
    slopes: Vec<f32>,
}

/// How a network learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// Times that all sessions are seen.
    pub epochs: usize,
    /// The pace of the first epoch.
    pub rate: f32,
    /// What the pace is multiplied by after each epoch.
    pub decay: f32,
    /// Steps that are averaged over before weights change, at least.
    pub batch: usize,
    /// The share of what is remembered that the heads do not see while learning (dropout, Srivastava et al., 2014).
    pub hidden: f64,
}

/// Adam.
#[derive(Debug)]
struct Adam {
    mean: Vec<f32>,
    square: Vec<f32>,
    taken: i32,
}

impl Adam {
    fn step(&mut self, weights: &mut [f32], slopes: &mut [f32], steps: usize, rate: f32) {
        const KEEP: (f32, f32) = (0.9, 0.999);
        self.taken += 1;
        let (first, second) = (1.0 - KEEP.0.powi(self.taken), 1.0 - KEEP.1.powi(self.taken));
        let rows = weights.iter_mut().zip(slopes).zip(self.mean.iter_mut().zip(&mut self.square));
        for ((w, slope), (mean, square)) in rows {
            let g = *slope / steps as f32;
            *mean = KEEP.0 * *mean + (1.0 - KEEP.0) * g;
            *square = KEEP.1 * *square + (1.0 - KEEP.1) * g * g;
            *w -= rate * (*mean / first) / ((*square / second).sqrt() + 1e-8);
            *slope = 0.0;
        }
    }
}

impl Gru {
    /// Learns from sessions; `after` is shown the network when an epoch is over, and may end it.
    pub(crate) fn train(
        &mut self,
        sessions: &[Vec<Step>],
        schedule: &Schedule,
        random: &mut Random,
        mut after: impl FnMut(&Self, usize) -> ControlFlow<()>,
    ) {
        let n = self.weights.len();
        let mut adam = Adam { mean: vec![0.0; n], square: vec![0.0; n], taken: 0 };
        let mut work = Work { slopes: vec![0.0; n], ..Work::default() };
        let mut order: Vec<usize> = (0..sessions.len()).collect();
        #[expect(clippy::cast_possible_truncation, reason = "a factor near 1")]
        let shown = (1.0 - schedule.hidden).recip() as f32;
        let mut rate = schedule.rate;
        for epoch in 0..schedule.epochs {
            for i in (1..order.len()).rev() {
                order.swap(i, random.below(i + 1));
            }
            let mut waiting = 0;
            for session in &order {
                zeroed(&mut work.state, self.shape.hidden);
                for chunk in sessions[*session].chunks(CHUNK) {
                    self.learn(
                        chunk,
                        &mut work,
                        || if random.unit() < schedule.hidden { 0.0 } else { shown },
                    );
                    waiting += chunk.len();
                    if waiting >= schedule.batch {
                        adam.step(&mut self.weights, &mut work.slopes, waiting, rate);
                        waiting = 0;
                    }
                }
            }
            if waiting > 0 {
                adam.step(&mut self.weights, &mut work.slopes, waiting, rate);
            }
            rate *= schedule.decay;
            if after(self, epoch).is_break() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Gru, Schedule, Shape, Step, Work};
    use brunt_traffic::Random;
    use std::ops::ControlFlow;

    const SHAPE: Shape = Shape { inputs: 9, width: 5, hidden: 6, tokens: 4, gap_hidden: 3, gaps: 3 };

    fn rows(seed: u64, n: usize) -> Vec<Step> {
        let mut random = Random::new(&[seed]);
        let mut below = |n: usize| u16::try_from(random.below(n)).unwrap_or(0);
        (0..n)
            .map(|i| Step {
                inputs: [below(9), below(9), below(9), below(9), below(9)],
                token: below(4),
                gap: (i > 0).then(|| below(3)),
            })
            .collect()
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let gru = Gru::new(SHAPE, &mut Random::new(&[1]));
        let steps = rows(2, 7);
        let mut work = Work { state: vec![0.0; 6], slopes: vec![0.0; gru.size()], ..Work::default() };
        gru.learn(&steps, &mut work, || 1.0);
        let nats = |at: usize, by: f32| {
            let mut moved = gru.clone();
            moved.weights[at] += by;
            let mut sum = 0.0;
            for foreseen in moved.foresee(&steps) {
                sum -= foreseen.token.ln() + foreseen.gap.map_or(0.0, f64::ln);
            }
            sum
        };
        let by = 0.01;
        for (at, slope) in work.slopes.iter().enumerate() {
            let expected = (nats(at, by) - nats(at, -by)) / (2.0 * f64::from(by));
            let (slope, off) = (f64::from(*slope), (f64::from(*slope) - expected).abs());
            assert!(off < 2e-3 + 0.01 * expected.abs(), "weight {at}: {slope} and {expected}");
        }
    }

    #[test]
    fn chances_add_up_to_one() {
        let gru = Gru::new(SHAPE, &mut Random::new(&[3]));
        let mut steps = rows(4, 3);
        let last = |steps: &[Step]| gru.foresee(steps).last().map_or(0.0, |foreseen| foreseen.token);
        let sum: f64 = (0..4)
            .map(|token| {
                steps[2].token = token;
                last(&steps)
            })
            .sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }

    /// Two zeros and a one, again and again: after a zero, only who remembers what was before it knows what comes.
    #[test]
    fn a_period_is_learnt_and_the_same_seed_learns_the_same() {
        let token = |i: u16| u16::from(i % 3 == 2);
        let step = |i: u16| Step { inputs: [token(i + 2), 2, 2, 2, 2], token: token(i), gap: None };
        let row: Vec<Step> = (0..30).map(step).collect();
        let learn = || {
            let mut random = Random::new(&[5]);
            let mut gru = Gru::new(SHAPE, &mut random);
            let schedule = Schedule { epochs: 400, rate: 0.01, decay: 1.0, batch: 30, hidden: 0.0 };
            gru.train(std::slice::from_ref(&row), &schedule, &mut random, |_, _| ControlFlow::Continue(()));
            gru
        };
        let (one, two) = (learn(), learn());
        assert_eq!(one.weights, two.weights);
        assert!(one.foresee(&row)[6..].iter().all(|foreseen| foreseen.token > 0.9));
    }
}
