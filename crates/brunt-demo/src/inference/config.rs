//! The configuration of the GPU server and the checks of its values.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    duration_text,
    mock::{ConfigError, Problem, SyntaxError},
};

/// The most requests that may wait, in memory.
const MOST_WAITING: usize = 1_000_000;

/// The most requests in a batch.
const MOST_BATCH: usize = 10_000;

/// The most models; each is a line in the metrics.
const MOST_MODELS: usize = 100;

/// The whole behaviour of the GPU server; see [`crate::inference`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InferenceConfig {
    /// What all randomness derives from.
    pub seed: u64,
    /// The most requests in a batch, at least 1.
    pub max_batch: usize,
    /// What each batch takes.
    #[serde(with = "duration_text")]
    pub base: Duration,
    /// What each request in it adds.
    #[serde(with = "duration_text")]
    pub per_item: Duration,
    /// How many requests may wait.
    pub queue: usize,
    /// The `Retry-After` of a request that was turned away, rounded up to whole seconds.
    #[serde(with = "duration_text")]
    pub retry_after: Duration,
    /// What the first batch after loading takes longer.
    #[serde(with = "duration_text")]
    pub cold_start: Duration,
    /// The memory of the GPU in MiB.
    pub gpu_memory_mb: u64,
    /// The models, at least one.
    pub models: Vec<ModelConfig>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Its name.
    pub name: String,
    /// What it takes of the GPU's memory, in MiB.
    #[serde(default = "one_gibibyte")]
    pub memory_mb: u64,
    /// How long loading it takes.
    #[serde(default = "half_second", with = "duration_text")]
    pub load_time: Duration,
    /// Whether it is loaded at the start.
    #[serde(default)]
    pub loaded: bool,
}

fn one_gibibyte() -> u64 {
    1024
}

fn half_second() -> Duration {
    Duration::from_millis(500)
}

impl Default for InferenceConfig {
    fn default() -> Self {
        let model = |name: &str, memory_mb, load_ms| ModelConfig {
            load_time: Duration::from_millis(load_ms),
            memory_mb,
            ..ModelConfig::new(name)
        };
        Self {
            seed: 1,
            max_batch: 8,
            base: Duration::from_millis(10),
            per_item: Duration::from_millis(2),
            queue: 64,
            retry_after: Duration::from_secs(1),
            cold_start: Duration::from_millis(400),
            gpu_memory_mb: 16 * 1024,
            models: vec![
                ModelConfig { loaded: true, ..model("resnet50", 1024, 500) },
                model("bert-base", 2048, 800),
                model("gpt2", 6144, 1_500),
                model("llama-7b", 14_336, 3_000),
            ],
        }
    }
}

impl ModelConfig {
    /// A model that is not loaded, of 1 GiB, that takes half a second to load.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), memory_mb: one_gibibyte(), load_time: half_second(), loaded: false }
    }
}

impl InferenceConfig {
    /// Reads and checks a configuration; `file` is the name to show in an error.
    pub fn from_json(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_str(text)
            .map_err(|error| ConfigError::Syntax(SyntaxError::new(file, text, &error)))?;
        config.check()?;
        Ok(config)
    }

    /// How long a batch of `items` of a warm model takes.
    pub fn batch_time(&self, items: usize) -> Duration {
        self.base + self.per_item * u32::try_from(items).unwrap_or(u32::MAX)
    }

    /// The most answers per second for one model: `max_batch / (base + max_batch × per_item)`; nothing if batches take no
    /// time.
    pub fn capacity_per_s(&self) -> Option<f64> {
        let seconds = self.batch_time(self.max_batch).as_secs_f64();
        (seconds > 0.0).then(|| self.max_batch as f64 / seconds)
    }

    /// All that is wrong with the values, if anything is.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        let mut add = |at: &str, message: String| problems.push(Problem { at: at.to_owned(), message });
        if !(1..=MOST_BATCH).contains(&self.max_batch) {
            add("max_batch", format!("must be between 1 and {MOST_BATCH}"));
        }
        if !(1..=MOST_WAITING).contains(&self.queue) {
            add("queue", format!("must be between 1 and {MOST_WAITING}"));
        }
        if !(1..=MOST_MODELS).contains(&self.models.len()) {
            add("models", format!("there must be between 1 and {MOST_MODELS}"));
        }
        let mut names = BTreeSet::new();
        for (index, model) in self.models.iter().enumerate() {
            // It stands in the metrics' labels.
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
            if model.name.is_empty() || !model.name.chars().all(plain) {
                let message = format!("`{}` is not of letters, digits and -_./:", model.name);
                add(&format!("models[{index}].name"), message);
            } else if !names.insert(&model.name) {
                add(&format!("models[{index}].name"), format!("`{}` is there twice", model.name));
            }
        }
        let total = |models: &mut dyn Iterator<Item = &ModelConfig>| {
            models.map(|model| model.memory_mb).fold(0, u64::saturating_add)
        };
        let loaded_mb = total(&mut self.models.iter().filter(|model| model.loaded));
        if loaded_mb > self.gpu_memory_mb {
            let message =
                format!("is less than the {loaded_mb} MiB of the models that are loaded at the start");
            add("gpu_memory_mb", message);
        }
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::Service { target: "inference", problems }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_is_the_default() {
        let documentation = include_str!("mod.rs");
        let example = documentation
            .split("```json")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .expect("an example");
        let text: String = example.lines().map(|line| line.trim_start_matches("//!")).collect();
        let config = InferenceConfig::from_json("example.json", &text).expect("the example");
        assert_eq!(config, InferenceConfig::default());
        let capacity = config.capacity_per_s().expect("it takes time");
        assert!((capacity - 307.692).abs() < 0.001, "{capacity}");
    }

    #[test]
    fn errors() {
        let texts = [
            r#"{ "max_batc": 5 }"#,
            r#"{ "base": 10 }"#,
            r#"{ "max_batch": 0, "queue": 0, "gpu_memory_mb": 10, "models": [{ "name": "a b" }, { "name": "c", "loaded": true }, { "name": "c" }] }"#,
            r#"{ "models": [] }"#,
        ]
        .map(|text| InferenceConfig::from_json("inference.json", text).expect_err(text).to_string());
        insta::assert_snapshot!(texts.join("\n\n"));
    }
}
