//! Which models are in the GPU's memory: a state machine with `now` as a parameter.

use std::time::{Duration, Instant};

use super::config::InferenceConfig;

/// Where a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Unloaded,
    /// It is loaded from this instant on.
    Loading(Instant),
    Loaded,
}

/// How the next batch of a model that is loaded finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Cold,
    Warm,
}

/// Why a model cannot be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoMemory {
    pub(super) needed_mb: u64,
    pub(super) free_mb: u64,
}

/// All models, in the order of the configuration.
#[derive(Debug)]
pub(super) struct Models {
    models: Vec<Model>,
    memory_mb: u64,
}

#[derive(Debug)]
struct Model {
    memory_mb: u64,
    load_time: Duration,
    place: Place,
    /// The cache epoch in which it became warm.
    warm: Option<u64>,
}

impl Models {
    pub(super) fn new(config: &InferenceConfig) -> Self {
        let model = |model: &super::ModelConfig| Model {
            memory_mb: model.memory_mb,
            load_time: model.load_time,
            place: if model.loaded { Place::Loaded } else { Place::Unloaded },
            warm: None,
        };
        Self { models: config.models.iter().map(model).collect(), memory_mb: config.gpu_memory_mb }
    }

    pub(super) fn place(&self, index: usize, now: Instant) -> Place {
        match self.models[index].place {
            Place::Loading(until) if until <= now => Place::Loaded,
            place @ (Place::Unloaded | Place::Loading(_) | Place::Loaded) => place,
        }
    }

    /// The first model that is loaded.
    pub(super) fn first_loaded(&self, now: Instant) -> Option<usize> {
        (0..self.models.len()).find(|index| self.place(*index, now) == Place::Loaded)
    }

    /// What is taken of the memory, also by what is loading.
    pub(super) fn used_mb(&self) -> u64 {
        let taken = self.models.iter().filter(|model| model.place != Place::Unloaded);
        taken.map(|model| model.memory_mb).sum()
    }

    /// Begins to load a model, if it is not there; gives when it is.
    pub(super) fn load(&mut self, index: usize, now: Instant) -> Result<Instant, NoMemory> {
        let free_mb = self.memory_mb.saturating_sub(self.used_mb());
        let model = &mut self.models[index];
        match model.place {
            Place::Loaded => Ok(now),
            Place::Loading(until) => Ok(until),
            Place::Unloaded if model.memory_mb > free_mb => {
                Err(NoMemory { needed_mb: model.memory_mb, free_mb })
            }
            Place::Unloaded => {
                let until = now + model.load_time;
                model.place = Place::Loading(until);
                model.warm = None;
                Ok(until)
            }
        }
    }

    /// Takes a model out of the memory; says where it was.
    pub(super) fn unload(&mut self, index: usize, now: Instant) -> Place {
        let place = self.place(index, now);
        self.models[index].place = Place::Unloaded;
        place
    }

    /// Begins a batch of a model, which is warm afterwards; `epoch` is that of the cache, or nothing if nothing stays warm.
    pub(super) fn begin(&mut self, index: usize, epoch: Option<u64>) -> Start {
        let model = &mut self.models[index];
        let start = if epoch.is_some() && model.warm == epoch { Start::Warm } else { Start::Cold };
        model.warm = epoch;
        start
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Start::{Cold, Warm},
        *,
    };
    use crate::clock::now;

    #[test]
    fn loading_takes_time_and_memory() {
        let mut models = Models::new(&InferenceConfig::default());
        let start = now();
        let ms = |value| start + Duration::from_millis(value);
        assert_eq!((models.used_mb(), models.first_loaded(start)), (1_024, Some(0)));
        assert_eq!(models.load(0, start), Ok(start));
        assert_eq!(models.load(1, start), Ok(ms(800)));
        assert_eq!(models.load(1, ms(300)), Ok(ms(800)));
        assert_eq!(models.place(1, ms(799)), Place::Loading(ms(800)));
        assert_eq!(models.place(1, ms(800)), Place::Loaded);
        assert_eq!(models.used_mb(), 3_072);
        let refused = NoMemory { needed_mb: 14_336, free_mb: 13_312 };
        assert_eq!(models.load(3, ms(900)), Err(refused));
        assert_eq!(models.unload(0, ms(900)), Place::Loaded);
        assert_eq!(models.unload(0, ms(900)), Place::Unloaded);
        assert_eq!(models.load(3, ms(900)), Ok(ms(3_900)));
        assert_eq!(models.first_loaded(ms(900)), Some(1));
    }

    #[test]
    fn the_first_batch_after_loading_is_cold() {
        let mut models = Models::new(&InferenceConfig::default());
        let start = now();
        let starts: Vec<Start> = [Some(0), Some(0), Some(1), Some(1), None, None, Some(1), Some(1)]
            .map(|epoch| models.begin(0, epoch))
            .to_vec();
        assert_eq!(starts, [Cold, Warm, Cold, Warm, Cold, Cold, Cold, Warm]);
        models.unload(0, start);
        models.load(0, start).expect("it fits");
        assert_eq!(models.begin(0, Some(1)), Cold);
    }
}
