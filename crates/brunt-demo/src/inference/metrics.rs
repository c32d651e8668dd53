//! The metrics in Prometheus text format 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write},
    time::{Duration, Instant},
};

use super::{gpu::Gpu, models::Place};

/// Bounds of the latency histogram, in seconds.
const LATENCY_BOUNDS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0];

/// Bounds of the histogram of batch sizes.
const BATCH_BOUNDS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// What the server has counted.
#[derive(Debug)]
pub(super) struct Counts {
    /// By model.
    latency: Vec<Histogram>,
    batches: Histogram,
    busy: Duration,
    statuses: BTreeMap<u16, u64>,
}

#[derive(Debug, Clone)]
struct Histogram {
    bounds: &'static [f64],
    /// Values up to each bound and not up to the one before.
    counts: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Counts {
    pub(super) fn new(models: usize) -> Self {
        Self {
            latency: vec![Histogram::new(&LATENCY_BOUNDS); models],
            batches: Histogram::new(&BATCH_BOUNDS),
            busy: Duration::ZERO,
            statuses: BTreeMap::new(),
        }
    }

    pub(super) fn add_batch(&mut self, size: usize, took: Duration) {
        self.batches.add(size as f64);
        self.busy += took;
    }

    /// Counts an answered request for inference.
    pub(super) fn add_answer(&mut self, status: u16) {
        *self.statuses.entry(status).or_default() += 1;
    }

    /// Counts how long a successful inference took.
    pub(super) fn add_latency(&mut self, model: usize, took: Duration) {
        self.latency[model].add(took.as_secs_f64());
    }

    pub(super) fn batches(&self) -> u64 {
        self.batches.count
    }

    pub(super) fn items(&self) -> f64 {
        self.batches.sum
    }
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len()], count: 0, sum: 0.0 }
    }

    fn add(&mut self, value: f64) {
        if let Some(index) = self.bounds.iter().position(|bound| value <= *bound) {
            self.counts[index] += 1;
        }
        self.count += 1;
        self.sum += value;
    }
}

/// The process's own figures; nothing where the system does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Process {
    pub(super) cpu: Option<Duration>,
    pub(super) memory_bytes: Option<u64>,
}

impl Process {
    /// Asks the system.
    pub(super) fn now() -> Self {
        Self { cpu: cpu(), memory_bytes: memory_bytes() }
    }
}

fn cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(target_os = "linux")]
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(not(target_os = "linux"))]
fn memory_bytes() -> Option<u64> {
    None
}

/// All metrics as text.
pub(super) fn text(gpu: &Gpu, process: Process, now: Instant) -> String {
    let mut page = Page(String::new());
    if let Some(cpu) = process.cpu {
        page.family("process_cpu_seconds_total", "counter", "CPU time of the process.");
        page.sample("process_cpu_seconds_total", "", cpu.as_secs_f64());
    }
    if let Some(bytes) = process.memory_bytes {
        page.family("process_resident_memory_bytes", "gauge", "Memory of the process.");
        page.sample("process_resident_memory_bytes", "", bytes);
    }
    let config = gpu.config();
    let (used_mb, places) = gpu.models(|models| {
        let places: Vec<Place> = (0..config.models.len()).map(|index| models.place(index, now)).collect();
        (models.used_mb(), places)
    });
    page.family("gpu_memory_total_bytes", "gauge", "Memory of the (modelled) GPU.");
    page.sample("gpu_memory_total_bytes", "", config.gpu_memory_mb << 20);
    page.family("gpu_memory_used_bytes", "gauge", "Memory of the GPU that models take.");
    page.sample("gpu_memory_used_bytes", "", used_mb << 20);
    page.family("inference_queue_size", "gauge", "Requests that wait for a batch.");
    page.sample("inference_queue_size", "", gpu.waiting());
    page.family("inference_queue_capacity", "gauge", "Requests that may wait.");
    page.sample("inference_queue_capacity", "", config.queue);
    page.family("model_loaded", "gauge", "1 if the model is loaded.");
    for (model, place) in config.models.iter().zip(places) {
        let labels = format!("model=\"{}\"", model.name);
        page.sample("model_loaded", &labels, u8::from(place == Place::Loaded));
    }
    gpu.counts(|counts| {
        page.family("gpu_busy_seconds_total", "counter", "Time that batches took or will have taken.");
        page.sample("gpu_busy_seconds_total", "", counts.busy.as_secs_f64());
        page.family("inference_requests_total", "counter", "Answered inference requests.");
        for (status, count) in &counts.statuses {
            page.sample("inference_requests_total", &format!("status=\"{status}\""), count);
        }
        page.family("inference_latency_seconds", "histogram", "From arrival to answer, of successes.");
        for (model, histogram) in config.models.iter().zip(&counts.latency) {
            page.histogram("inference_latency_seconds", &format!("model=\"{}\"", model.name), histogram);
        }
        page.family("inference_batch_size", "histogram", "Requests in a batch.");
        page.histogram("inference_batch_size", "", &counts.batches);
    });
    page.0
}

/// The text that grows. Writing to a string does not fail.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn histogram(&mut self, name: &str, labels: &str, histogram: &Histogram) {
        let separator = if labels.is_empty() { "" } else { "," };
        let mut below = 0;
        for (bound, count) in histogram.bounds.iter().zip(&histogram.counts) {
            below += count;
            let labels = format!("{labels}{separator}le=\"{bound}\"");
            self.sample(&format!("{name}_bucket"), &labels, below);
        }
        let labels_of_all = format!("{labels}{separator}le=\"+Inf\"");
        self.sample(&format!("{name}_bucket"), &labels_of_all, histogram.count);
        self.sample(&format!("{name}_sum"), labels, histogram.sum);
        self.sample(&format!("{name}_count"), labels, histogram.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::now, inference::InferenceConfig};

    #[test]
    fn the_whole_page() {
        let mut config = InferenceConfig::default();
        config.models.truncate(2);
        let gpu = Gpu::new(config);
        gpu.counts(|counts| {
            counts.add_batch(3, Duration::from_millis(16));
            for took in [12, 25, 25, 20_000] {
                counts.add_latency(0, Duration::from_millis(took));
                counts.add_answer(200);
            }
            counts.add_answer(503);
        });
        let process = Process { cpu: Some(Duration::from_millis(1_500)), memory_bytes: Some(4_096) };
        insta::assert_snapshot!(text(&gpu, process, now()));
    }

    #[test]
    fn the_process_has_used_some_of_both() {
        let process = Process::now();
        assert!(process.cpu.is_some_and(|cpu| cpu > Duration::ZERO));
        assert!(cfg!(not(target_os = "linux")) || process.memory_bytes.is_some_and(|bytes| bytes > 100_000));
    }
}
