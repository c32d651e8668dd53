//! The routes of the GPU server.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    config::InferenceConfig,
    gpu::{Asked, Batch, Full, Gpu, Outcome},
    metrics::{self, Process},
    models::{NoMemory, Place, Start},
};
use crate::{
    api::{Endpoint, Reply, Service, Turn},
    clock::now,
    mock::ConfigError,
    planted::{Abilities, Cache, Work},
};

/// What an inference says it saw.
const LABELS: [&str; 6] = ["cat", "dog", "bicycle", "teapot", "tree", "lighthouse"];

/// The content type of the metrics.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The GPU server, shared by all threads.
#[derive(Debug)]
pub(crate) struct Inference {
    gpu: Arc<Gpu>,
}

/// The routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Predict,
    Models,
    Load,
    Unload,
    Health,
    Metrics,
}

impl Service for Inference {
    type Route = Route;

    const NAME: &'static str = "inference";
    const ABOUT: &'static str = "a GPU server for models, with batches, a bounded queue and cold starts";
    const ROUTES: &'static [Endpoint<Route>] = &[
        service("POST", "/predict", "{\"model\": \"resnet50\", \"input\": [1, 2]}", Route::Predict),
        service("POST", "/inference", "the same", Route::Predict),
        service("POST", "/v1/inference", "the same", Route::Predict),
        service("GET", "/models", "the models and the GPU's memory", Route::Models),
        service("POST", "/models/load", "{\"model\": \"gpt2\"}; answers when it is loaded", Route::Load),
        service("POST", "/models/unload", "{\"model\": \"gpt2\"}", Route::Unload),
        Endpoint { work: Work::Report, ..service("GET", "/health", "whether it serves", Route::Health) },
        Endpoint { work: Work::Report, ..service("GET", "/metrics", "for Prometheus", Route::Metrics) },
    ];

    fn abilities(&self) -> Abilities {
        Abilities { backends: 0, cache: Cache::Present }
    }

    fn seed(&self) -> u64 {
        self.gpu.config().seed
    }

    async fn answer(&self, route: Route, turn: &Turn<'_>) -> Reply {
        if route == Route::Predict {
            let reply = self.predict(turn).await.unwrap_or_else(|refusal| refusal);
            self.gpu.counts(|counts| counts.add_answer(reply.status.as_u16()));
            return reply;
        }
        turn.timer.until(turn.arrived + turn.effect.extra).await;
        if let Some(error) = turn.planted_error() {
            return error;
        }
        match route {
            Route::Load => self.load(turn).await.unwrap_or_else(|refusal| refusal),
            Route::Unload => self.unload(turn).unwrap_or_else(|refusal| refusal),
            Route::Models => self.list(),
            Route::Health | Route::Predict => self.health(),
            Route::Metrics => {
                let text = metrics::text(&self.gpu, Process::now(), now());
                Reply::text(StatusCode::OK, METRICS_TYPE, text)
            }
        }
    }

    fn reset(&self, _now: Instant) {
        self.gpu.reset();
    }

    fn report(&self) -> Value {
        let (batches, items) = self.gpu.counts(|counts| (counts.batches(), counts.items()));
        json!({
            "waiting": self.gpu.waiting(),
            "batches": batches,
            "batched_requests": items,
            "capacity_per_s": self.gpu.config().capacity_per_s(),
        })
    }
}

const fn service(
    method: &'static str,
    path: &'static str,
    about: &'static str,
    route: Route,
) -> Endpoint<Route> {
    Endpoint { method, path, about, work: Work::Service, route }
}

impl Inference {
    /// A server that has just started.
    pub(crate) fn new(config: InferenceConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { gpu: Arc::new(Gpu::new(config)) })
    }

    async fn predict(&self, turn: &Turn<'_>) -> Result<Reply, Reply> {
        let body = turn.json()?;
        let Some(input) = body.get("input").or_else(|| body.get("inputs")) else {
            let message = "say what to infer from: {\"model\": \"resnet50\", \"input\": [1, 2]}";
            return Err(Reply::error(StatusCode::BAD_REQUEST, "no_input", message));
        };
        let model = self.model_to_ask(&body)?;
        let epoch = turn.faults.cache_epoch(turn.arrived);
        let outcome = self
            .gpu
            .submit(Asked { model, epoch, factor: turn.effect.factor }, turn.timer)
            .map_err(|Full| {
                let message = format!("{} requests wait already", self.gpu.config().queue);
                self.later("overloaded", &message)
            })?;
        let batch = match outcome.await {
            Ok(Outcome::Done(batch)) => batch,
            Ok(Outcome::NotLoaded) => return Err(self.not_loaded(model)),
            Err(_) => return Err(self.later("stopped", "the GPU has stopped")),
        };
        turn.timer.until(now() + turn.effect.extra).await;
        if let Some(error) = turn.planted_error() {
            return Ok(error);
        }
        self.gpu.counts(|counts| counts.add_latency(model, now().saturating_duration_since(turn.arrived)));
        Ok(self.result(model, input, batch, turn.arrived))
    }

    fn result(&self, model: usize, input: &Value, batch: Batch, arrived: Instant) -> Reply {
        let Batch { size, start, began, took } = batch;
        let mut hasher = DefaultHasher::new();
        (model, input.to_string()).hash(&mut hasher);
        let hash = hasher.finish();
        let label = LABELS[usize::try_from(hash % LABELS.len() as u64).unwrap_or(0)];
        let value = json!({
            "model": self.name(model),
            "output": { "label": label, "score": 0.5 + (hash >> 32) as f64 / 2_f64.powi(33) },
            "batch_size": size,
            "queue_ms": millis(began.saturating_duration_since(arrived)),
            "inference_ms": millis(took),
            "cold_start": start == Start::Cold,
        });
        Reply::ok(&value).named("x-batch-size", &size.to_string())
    }

    async fn load(&self, turn: &Turn<'_>) -> Result<Reply, Reply> {
        let index = self.named(&turn.json()?)?.unwrap_or(0);
        let (before, loaded) = self.gpu.models(|models| {
            let at = now();
            (models.place(index, at), models.load(index, at))
        });
        let loaded = loaded.map_err(|NoMemory { needed_mb, free_mb }| {
            let name = self.name(index);
            let message = format!(
                "`{name}` needs {needed_mb} MiB and {free_mb} MiB are free; unload another by POST /models/unload"
            );
            let value = json!({
                "error": "insufficient_gpu_memory",
                "message": message,
                "needed_mb": needed_mb,
                "free_mb": free_mb,
            });
            Reply::json(StatusCode::INSUFFICIENT_STORAGE, &value)
        })?;
        turn.timer.until(loaded).await;
        if self.gpu.models(|models| models.place(index, now())) != Place::Loaded {
            // Somebody unloaded it meanwhile.
            return Err(self.not_loaded(index));
        }
        let status = if before == Place::Loaded { "already_loaded" } else { "loaded" };
        Ok(Reply::ok(&json!({ "model": self.name(index), "status": status })))
    }

    fn unload(&self, turn: &Turn<'_>) -> Result<Reply, Reply> {
        let index = self.named(&turn.json()?)?.unwrap_or(0);
        match self.gpu.models(|models| models.unload(index, now())) {
            Place::Unloaded => Err(self.not_loaded(index)),
            Place::Loading(_) | Place::Loaded => {
                Ok(Reply::ok(&json!({ "model": self.name(index), "status": "unloaded" })))
            }
        }
    }

    fn list(&self) -> Reply {
        let at = now();
        let config = self.gpu.config();
        let (places, used_mb) = self.gpu.models(|models| {
            let places: Vec<Place> = (0..config.models.len()).map(|index| models.place(index, at)).collect();
            (places, models.used_mb())
        });
        let model = |(model, place): (&super::ModelConfig, Place)| {
            let state = match place {
                Place::Unloaded => "unloaded",
                Place::Loading(_) => "loading",
                Place::Loaded => "loaded",
            };
            json!({ "name": model.name, "state": state, "memory_mb": model.memory_mb })
        };
        let models: Vec<Value> = config.models.iter().zip(places).map(model).collect();
        let memory = json!({ "total": config.gpu_memory_mb, "used": used_mb });
        Reply::ok(&json!({ "models": models, "gpu_memory_mb": memory }))
    }

    fn health(&self) -> Reply {
        let at = now();
        let config = self.gpu.config();
        let loaded: Vec<&str> = self.gpu.models(|models| {
            let is_loaded = |index: &usize| models.place(*index, at) == Place::Loaded;
            (0..config.models.len()).filter(is_loaded).map(|index| self.name(index)).collect()
        });
        Reply::ok(&json!({ "status": "ok", "models_loaded": loaded, "queue_size": self.gpu.waiting() }))
    }

    /// The model to infer with, which is loaded.
    fn model_to_ask(&self, body: &Value) -> Result<usize, Reply> {
        let asked = self.named(body)?;
        let at = now();
        let (index, place) = self.gpu.models(|models| {
            let index = asked.or_else(|| models.first_loaded(at)).unwrap_or(0);
            (index, models.place(index, at))
        });
        match place {
            Place::Loaded => Ok(index),
            Place::Unloaded => Err(self.not_loaded(index)),
            Place::Loading(_) => {
                Err(self.later("model_loading", &format!("`{}` is being loaded", self.name(index))))
            }
        }
    }

    /// The model that a body names, if it names one.
    fn named(&self, body: &Value) -> Result<Option<usize>, Reply> {
        let Some(asked) = ["model", "model_name", "name"].iter().find_map(|key| body.get(key)) else {
            return Ok(None);
        };
        let models = &self.gpu.config().models;
        let known = asked.as_str().and_then(|name| models.iter().position(|model| model.name == name));
        known.map(Some).ok_or_else(|| {
            let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
            let asked = asked.as_str().map_or_else(|| asked.to_string(), str::to_owned);
            let message = format!("there is no model `{asked}`; there are {}", names.join(", "));
            Reply::error(StatusCode::NOT_FOUND, "unknown_model", &message)
        })
    }

    fn name(&self, index: usize) -> &str {
        &self.gpu.config().models[index].name
    }

    fn not_loaded(&self, index: usize) -> Reply {
        let message = format!("`{}` is not loaded; load it by POST /models/load", self.name(index));
        Reply::error(StatusCode::CONFLICT, "model_not_loaded", &message)
    }

    /// A refusal for now.
    fn later(&self, code: &str, message: &str) -> Reply {
        let after = self.gpu.config().retry_after;
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        Reply::error(StatusCode::SERVICE_UNAVAILABLE, code, message)
            .named("retry-after", &seconds.to_string())
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
