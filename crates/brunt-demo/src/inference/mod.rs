//! A GPU server for models: batches, a bounded queue, cold starts, Prometheus metrics.
//!
//! For: loading a server that saturates as those do, sheds load, and recovers. Not for: inference; the outputs are made up
//! from a hash of the input. Start with [`InferenceConfig`].
//!
//! | Route | |
//! |---|---|
//! | `POST /predict`, `/inference`, `/v1/inference` | `{"model": "resnet50", "input": ..}`; without `model`, the first that is loaded |
//! | `GET /models` | each model's state (`unloaded`, `loading`, `loaded`) and the GPU's memory |
//! | `POST /models/load` | `{"model": "gpt2"}` (`model_name` and `name` will do; without, the first); answers when it is loaded |
//! | `POST /models/unload` | the same |
//! | `GET /health` | what is loaded, and how long the queue is |
//! | `GET /metrics` | Prometheus text format 0.0.4 |
//!
//! # Configuration
//!
//! As JSON ([`InferenceConfig::from_json`]); unknown keys are errors, everything may be left out. These are the defaults:
//!
//! ```json
//! {
//!   "seed": 1,
//!   "max_batch": 8,
//!   "base": "10ms",
//!   "per_item": "2ms",
//!   "queue": 64,
//!   "retry_after": "1s",
//!   "cold_start": "400ms",
//!   "gpu_memory_mb": 16384,
//!   "models": [
//!     { "name": "resnet50", "memory_mb": 1024, "load_time": "500ms", "loaded": true },
//!     { "name": "bert-base", "memory_mb": 2048, "load_time": "800ms", "loaded": false },
//!     { "name": "gpt2", "memory_mb": 6144, "load_time": "1500ms", "loaded": false },
//!     { "name": "llama-7b", "memory_mb": 14336, "load_time": "3s", "loaded": false }
//!   ]
//! }
//! ```
//!
//! # The truth
//!
//! | Behaviour | What a measurement must find |
//! |---|---|
//! | batches | there is one GPU. When it is free, it takes the first that waits and up to `max_batch` - 1 others of the same model, in their order, and answers all of them together after `base` + n × `per_item` |
//! | capacity | `max_batch` / (`base` + `max_batch` × `per_item`) answers per second for one model: 307.7 with the defaults |
//! | an idle server | `base` + `per_item` |
//! | queue | a request that finds `queue` requests waiting gets 503 with `Retry-After` at once, so that the longest wait is about `queue` / capacity and the batch before it: recovery after overload takes no longer |
//! | cold start | the first batch of a model after it was loaded (also at the start) takes `cold_start` longer |
//! | a model that is unknown | 404 `unknown_model` |
//! | a model that is not loaded | 409 `model_not_loaded`, also for those that waited when it was unloaded; while it is loading, 503 `model_loading` with `Retry-After` |
//! | loading | takes `load_time`; of a model that is loading, what is left of it; of one that is loaded, nothing |
//! | memory | a model that does not fit with those that are loaded or loading gets 507 `insufficient_gpu_memory` |
//! | unloading | 409 `model_not_loaded` if it is not |
//!
//! A client that gives up before its batch begins gives its place back. The `factor` of a planted fault stretches the batch
//! that the request is in, and with it the capacity shrinks; what a fault adds (`extra`, `leak`, `tail`) makes the answer
//! late after the batch, and does not keep the GPU busy. A planted `cold_cache` makes models cold again. There is one GPU,
//! so that `uneven` has nothing to balance over and is refused.
//!
//! # Metrics
//!
//! `process_cpu_seconds_total` and, on Linux, `process_resident_memory_bytes` are the real process's. Modelled are
//! `gpu_memory_total_bytes`, `gpu_memory_used_bytes`, `gpu_busy_seconds_total`; counted are `inference_latency_seconds`
//! (histogram per model, of successes, from arrival to answer), `inference_batch_size` (histogram),
//! `inference_queue_size`, `inference_queue_capacity`, `inference_requests_total{status}` and `model_loaded{model}`.
//! A `/__reset` sets the counted ones back to zero, as a restart does.

mod config;
mod gpu;
mod metrics;
mod models;
mod service;

pub use self::config::{InferenceConfig, ModelConfig};
pub(crate) use self::service::Inference;
