//! Samples what surrounds a load, each second beside it: processes and control groups of this host, Prometheus servers,
//! pages of metrics, Redis.
//!
//! Each source has a thread of its own that is asked once a second and answers when it can; who asks never waits. So a source
//! that is slow or gone costs its own figures and nothing else: the second goes on without them, with a gap, and one
//! warning. Texts are parsed by pure functions (`text`, `proc`, `cgroup`, `query`, `page`), and what all sources said becomes
//! events of the run in one pure place (`board`).
//!
//! Start with [`Probes`]. Nothing here knows what load runs, or judges what it sees; only what the sources name is asked.

mod board;

mod cgroup;

mod groups;

mod page;

mod proc;

mod process;

mod query;

mod reading;

mod redis;

mod sampler;

mod text;

use board::{Board, Said};
use brunt_metrics::Nanos;
use brunt_run::RunEvent;
use brunt_workload::{MetricSource, TlsSettings};
use sampler::Sampler;
use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Two samples nearer than this say nothing of rates, and a source has had no time to answer: a second that was sealed late
/// is followed at once by the next, which is not sampled then.
const SHORTEST: f64 = 0.2;

/// So long the end of a run waits for what its last second's sources say.
const LAST: Duration = Duration::from_millis(300);

/// The sources of a run, being sampled.
pub struct Probes {
    board: Board,
    lines: Vec<SyncSender<u64>>,
    answers: Receiver<Answer>,
    /// The second that was asked for last, and when.
    open: Option<(u64, Instant)>,
    said: HashMap<usize, Said>,
    /// Sources asked for it.
    asked: usize,
}

struct Answer {
    source: usize,
    second: u64,
    said: Said,
}

impl Probes {
    /// Begins to watch: each source is looked at once, so that the first second has rates. Returns at once.
    ///
    /// # Errors
    ///
    /// If a thread cannot be started.
    pub fn start(sources: &[MetricSource], tls: &TlsSettings) -> io::Result<Self> {
        let (tell, answers) = channel();
        let mut lines = Vec::new();
        for (at, source) in sources.iter().enumerate() {
            // One question: a source that is still busy with the one before is not asked again.
            let (line, questions) = sync_channel(1);
            let (source, tls, tell) = (source.clone(), tls.clone(), tell.clone());
            thread::Builder::new()
                .name(format!("brunt-probe-{at}"))
                .spawn(move || watch(at, Sampler::new(&source, &tls), &questions, &tell))?;
            lines.push(line);
        }
        let seconds = |every: Nanos| (every.0 / Nanos::SECOND.0).max(1);
        let board = Board::new(sources.iter().map(|s| (s.name.clone(), seconds(s.every))));
        Ok(Self { board, lines, answers, open: None, said: HashMap::new(), asked: 0 })
    }

    /// Asks all sources that are due how things are at the end of a second. Never waits.
    #[expect(
        clippy::disallowed_methods,
        reason = "sources answer in the machine's own time, not in the run's seconds"
    )]
    pub fn ask(&mut self, second: u64) {
        if self.open.is_some() {
            return;
        }
        self.open = Some((second, Instant::now()));
        self.asked = 0;
        for (at, line) in self.lines.iter().enumerate() {
            if self.board.is_due(at, second) && line.try_send(second).is_ok() {
                self.asked += 1;
            }
        }
    }

    /// What was said of the second that was asked for last. To be called before the next is asked for. Never waits; where
    /// the next follows at once, answers may still come in its time, and it is not asked for.
    pub fn take(&mut self) -> Vec<RunEvent> {
        while let Ok(answer) = self.answers.try_recv() {
            self.note(answer);
        }
        let early = self.open.is_some_and(|(_, asked)| asked.elapsed().as_secs_f64() < SHORTEST);
        if early && self.said.len() < self.asked { Vec::new() } else { self.close() }
    }

    /// The same at the end of a run, which may wait for a moment.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long is waited is measured on the machine's clock: the run is over"
    )]
    pub fn finish(&mut self) -> Vec<RunEvent> {
        let until = Instant::now() + LAST;
        while self.open.is_some() && self.said.len() < self.asked {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(answer) = self.answers.recv_timeout(left) else { break };
            self.note(answer);
        }
        self.close()
    }

    /// What comes too late belongs to a second that is over.
    fn note(&mut self, answer: Answer) {
        if self.open.is_some_and(|(second, _)| second == answer.second) {
            self.said.insert(answer.source, answer.said);
        }
    }

    fn close(&mut self) -> Vec<RunEvent> {
        let Some((second, _)) = self.open.take() else { return Vec::new() };
        let mut said = std::mem::take(&mut self.said);
        self.board.close(second, &mut said)
    }
}

/// A source's thread: answers as long as it is asked.
#[expect(
    clippy::disallowed_methods,
    reason = "rates are over the machine's own time, not over the run's seconds"
)]
fn watch(source: usize, mut sampler: Sampler, questions: &Receiver<u64>, tell: &Sender<Answer>) {
    let mut before = Instant::now();
    // What it says now is what rates begin from; who is not there yet is asked again.
    drop(sampler.sample(1.0));
    while let Ok(second) = questions.recv() {
        let now = Instant::now();
        let seconds = now.duration_since(before).as_secs_f64();
        let said =
            if seconds < SHORTEST { Ok(reading::Readings::default()) } else { sampler.sample(seconds) };
        if said.is_ok() && seconds >= SHORTEST {
            before = now;
        }
        if tell.send(Answer { source, second, said }).is_err() {
            return;
        }
    }
}
