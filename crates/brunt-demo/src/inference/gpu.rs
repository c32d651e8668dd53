//! The GPU: one queue, one batch at a time.
//!
//! Whoever finds the GPU idle starts a task that works until the queue is empty; the task belongs to no request, so that
//! a client that goes away stops nothing. Batches follow each other from deadline to deadline: a machine that wakes the
//! task late does not lower the capacity. Start with [`Gpu::submit`].

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    config::InferenceConfig,
    metrics::Counts,
    models::{Models, Place, Start},
};
use crate::{clock::now, delay::Timer, planted::stretched, stats::lock};

/// What became of a request in its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done(Batch),
    /// The model was unloaded while the request waited.
    NotLoaded,
}

/// The batch that a request was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) size: usize,
    pub(super) start: Start,
    pub(super) began: Instant,
    pub(super) took: Duration,
}

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// The GPU with its memory and its queue.
#[derive(Debug)]
pub(super) struct Gpu {
    config: InferenceConfig,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    models: Models,
    waiting: VecDeque<Waiting>,
    activity: Activity,
    counts: Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    Idle,
    Busy,
}

/// What a request asks of the GPU.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) model: usize,
    /// That of the cache, as planted faults have it; nothing if every model is cold.
    pub(super) epoch: Option<u64>,
    /// How many times as long its batch takes; of all in a batch the greatest counts.
    pub(super) factor: f64,
}

#[derive(Debug)]
struct Waiting {
    asked: Asked,
    sender: oneshot::Sender<Outcome>,
}

/// A batch on the GPU.
struct Running {
    batch: Batch,
    ends: Instant,
    senders: Vec<oneshot::Sender<Outcome>>,
}

impl Gpu {
    pub(super) fn new(config: InferenceConfig) -> Self {
        let state = State {
            models: Models::new(&config),
            waiting: VecDeque::new(),
            activity: Activity::Idle,
            counts: Counts::new(config.models.len()),
        };
        Self { config, state: Mutex::new(state) }
    }

    pub(super) fn config(&self) -> &InferenceConfig {
        &self.config
    }

    /// Looks at or changes the models.
    pub(super) fn models<T>(&self, look: impl FnOnce(&mut Models) -> T) -> T {
        look(&mut lock(&self.state).models)
    }

    /// Looks at or changes the counts.
    pub(super) fn counts<T>(&self, look: impl FnOnce(&mut Counts) -> T) -> T {
        look(&mut lock(&self.state).counts)
    }

    /// How many requests wait.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).waiting.len()
    }

    /// Queues a request; what comes out of it is what became of it.
    pub(super) fn submit(
        self: &Arc<Self>,
        asked: Asked,
        timer: &Timer,
    ) -> Result<oneshot::Receiver<Outcome>, Full> {
        let (sender, receiver) = oneshot::channel();
        let mut state = lock(&self.state);
        if state.waiting.len() >= self.config.queue {
            // Those that gave up do not count.
            state.waiting.retain(|waiting| !waiting.sender.is_closed());
            if state.waiting.len() >= self.config.queue {
                return Err(Full);
            }
        }
        state.waiting.push_back(Waiting { asked, sender });
        let idle = state.activity == Activity::Idle;
        state.activity = Activity::Busy;
        drop(state);
        if idle {
            tokio::spawn(Arc::clone(self).work(now(), timer.clone()));
        }
        Ok(receiver)
    }

    /// Sets everything back to the start. Those that wait are still served.
    pub(super) fn reset(&self) {
        let mut state = lock(&self.state);
        state.models = Models::new(&self.config);
        state.counts = Counts::new(self.config.models.len());
    }

    /// Works off the queue, beginning at `at`.
    async fn work(self: Arc<Self>, mut at: Instant, timer: Timer) {
        while let Some(running) = self.next_batch(at) {
            timer.until(running.ends).await;
            for sender in running.senders {
                // Fails only if the client has gone.
                let _ = sender.send(Outcome::Done(running.batch));
            }
            at = running.ends;
        }
    }

    /// Takes the next batch off the queue at `at`, or becomes idle.
    fn next_batch(&self, at: Instant) -> Option<Running> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        while let Some(first) = state.waiting.pop_front() {
            if first.sender.is_closed() {
                continue;
            }
            let Waiting { asked: Asked { model, epoch, factor }, sender } = first;
            if state.models.place(model, at.max(now())) != Place::Loaded {
                let _ = sender.send(Outcome::NotLoaded);
                continue;
            }
            let mut senders = vec![sender];
            let others = take_alike(&mut state.waiting, model, self.config.max_batch - 1);
            let factor = others.iter().fold(factor, |factor, other| factor.max(other.asked.factor));
            senders.extend(others.into_iter().map(|other| other.sender));
            let size = senders.len();
            let start = state.models.begin(model, epoch);
            let usual = self.config.batch_time(size)
                + match start {
                    Start::Cold => self.config.cold_start,
                    Start::Warm => Duration::ZERO,
                };
            let took = stretched(usual, factor);
            state.counts.add_batch(size, took);
            return Some(Running { batch: Batch { size, start, began: at, took }, ends: at + took, senders });
        }
        state.activity = Activity::Idle;
        None
    }
}

/// Takes up to `most` requests for `model` out of the queue, in their order; drops those whose client has gone.
fn take_alike(waiting: &mut VecDeque<Waiting>, model: usize, most: usize) -> Vec<Waiting> {
    let mut taken = Vec::new();
    let mut left = VecDeque::with_capacity(waiting.len());
    for one in waiting.drain(..) {
        if one.sender.is_closed() {
            continue;
        }
        if one.asked.model == model && taken.len() < most {
            taken.push(one);
        } else {
            left.push_back(one);
        }
    }
    *waiting = left;
    taken
}

#[cfg(test)]
mod tests {
    use super::{
        Start::{Cold, Warm},
        *,
    };

    fn gpu(max_batch: usize, queue: usize) -> Arc<Gpu> {
        let mut config = InferenceConfig { max_batch, queue, ..InferenceConfig::default() };
        config.models[1].loaded = true;
        Arc::new(Gpu::new(config))
    }

    /// Queues requests for these models without starting to work.
    fn fill(gpu: &Gpu, models: &[usize]) -> Vec<oneshot::Receiver<Outcome>> {
        let mut state = lock(&gpu.state);
        let queue = |model: &usize| {
            let (sender, receiver) = oneshot::channel();
            let asked = Asked { model: *model, epoch: Some(0), factor: 1.0 };
            state.waiting.push_back(Waiting { asked, sender });
            receiver
        };
        models.iter().map(queue).collect()
    }

    #[test]
    fn batches_are_of_one_model_in_the_order_of_arrival() {
        let gpu = gpu(3, 100);
        let mut receivers = fill(&gpu, &[0, 1, 0, 0, 0, 1, 0]);
        // The fourth gives up.
        receivers.remove(3);
        let mut at = now();
        let mut batches = Vec::new();
        while let Some(running) = gpu.next_batch(at) {
            assert_eq!(running.batch.began, at);
            batches.push((running.batch.size, running.batch.start, running.batch.took.as_millis()));
            at = running.ends;
        }
        assert_eq!(batches, [(3, Cold, 416), (2, Cold, 414), (1, Warm, 12)]);
        assert_eq!((gpu.waiting(), lock(&gpu.state).activity), (0, Activity::Idle));
    }

    #[test]
    fn a_batch_takes_as_long_as_its_slowest() {
        let gpu = gpu(3, 100);
        let _receivers = fill(&gpu, &[0, 0, 0]);
        for (index, factor) in [1.0, 3.0, 2.0].into_iter().enumerate() {
            lock(&gpu.state).waiting[index].asked.factor = factor;
        }
        let took = gpu.next_batch(now()).map(|running| running.batch.took.as_millis());
        assert_eq!(took, Some(3 * 416));
    }

    #[test]
    fn the_capacity_is_that_of_full_batches() {
        let gpu = gpu(8, 10_000);
        let _receivers = fill(&gpu, &vec![0; 8_000]);
        let begin = now();
        let mut at = begin;
        while let Some(running) = gpu.next_batch(at) {
            at = running.ends;
        }
        let seconds = at.duration_since(begin + gpu.config.cold_start).as_secs_f64();
        let capacity = gpu.config.capacity_per_s().expect("it takes time");
        assert!((8_000.0 / seconds / capacity - 1.0).abs() < 1e-6, "{seconds}");
    }

    #[test]
    fn who_waits_for_a_model_that_is_unloaded_is_told() {
        let gpu = gpu(8, 100);
        let mut receivers = fill(&gpu, &[0, 1]);
        gpu.models(|models| models.unload(0, now()));
        assert_eq!(gpu.next_batch(now()).map(|running| running.batch.size), Some(1));
        assert_eq!(receivers[0].try_recv(), Ok(Outcome::NotLoaded));
    }
}
