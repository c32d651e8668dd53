use super::*;
use brunt_demo::{Config, InferenceConfig, start};
use std::process::{Command, Stdio};
use std::time::Instant;

fn source(name: &str, asks: MetricsOf) -> MetricSource {
    MetricSource { name: name.to_owned(), asks, every: Nanos::SECOND, timeout: Nanos::from_millis(800) }
}

fn page(url: &str, select: &[&str]) -> MetricsOf {
    let select = select.iter().map(|name| SeriesPick { name: (*name).to_owned(), labels: Vec::new() });
    MetricsOf::Page {
        page: MetricsRequest { url: Text::literal(url), headers: Vec::new() },
        select: select.collect(),
    }
}

/// What was seen: series by name, values by name and second, warnings.
#[derive(Default)]
struct Seen {
    series: Vec<ResourceSeries>,
    values: BTreeMap<(String, u64), f64>,
    warnings: Vec<String>,
}

impl Seen {
    fn add(&mut self, events: Vec<RunEvent>) {
        for event in events {
            match event.clone() {
                RunEvent::ResourceSeries(series) => self.series.push(series),
                RunEvent::Resources(second) => {
                    for (id, value) in second.values {
                        let name = self.series[usize::from(id.0)].label();
                        self.values.insert((name, second.index), value);
                    }
                }
                RunEvent::Warning(warning) => self.warnings.push(warning.text),
                RunEvent::Started(_)
                | RunEvent::Phase(_)
                | RunEvent::Second(_)
                | RunEvent::Host(_)
                | RunEvent::ErrorDetail(_)
                | RunEvent::Mark(_)
                | RunEvent::Verdict(_)
                | RunEvent::Finished(_) => panic!("{event:?}"),
            }
        }
    }

    fn value(&self, name: &str, second: u64) -> f64 {
        let got = self.values.get(&(name.to_owned(), second));
        *got.unwrap_or_else(|| panic!("no {name} in second {second}: {:?} {:?}", self.values, self.warnings))
    }
}

/// Samples so many seconds, which are as short as rates allow.
#[expect(clippy::disallowed_methods, reason = "sources are sampled in real time")]
fn sampled(sources: &[MetricSource], seconds: u64, mut between: impl FnMut(u64)) -> Seen {
    let mut probes = Probes::start(sources, &TlsSettings::default()).expect("they start");
    let mut seen = Seen::default();
    for second in 0..seconds {
        std::thread::sleep(Duration::from_millis(300));
        between(second);
        let events = probes.take();
        seen.add(events);
        probes.ask(second);
    }
    let events = probes.finish();
    seen.add(events);
    seen
}

#[test]
fn a_process_and_its_child_are_seen() {
    // Two processes, one of which is busy: the shell waits for its child.
    let mut child = Command::new("sh")
        .args(["-c", "sh -c 'while :; do :; done' brunt-probe-busy & wait"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let id = child.id();
    let seen = sampled(&[source("busy", MetricsOf::Process(ProcessPick::Id(id)))], 3, |_| {});
    // The child ends with the pipe it never had: by name of its command line, which nothing else has.
    let found = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).find(|e| {
        std::fs::read(e.path().join("cmdline")).is_ok_and(|line| {
            let line = String::from_utf8_lossy(&line);
            line.ends_with("brunt-probe-busy\0") && line.starts_with("sh\0-c\0while")
        })
    });
    let busy = found.and_then(|e| e.file_name().to_str()?.parse::<u32>().ok()).unwrap();
    let _ = Command::new("kill").arg("-9").arg(busy.to_string()).status();
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(seen.warnings, Vec::<String>::new());
    assert!((seen.value("busy processes", 2) - 2.0).abs() < 0.5);
    let cpu = seen.value("busy cpu", 2);
    assert!(cpu > 0.05 && cpu < 1.5, "{cpu}");
    assert!(seen.value("busy busiest thread", 2) > 0.05);
    assert!(seen.value("busy memory", 2) > 100_000.0);
    assert!(seen.value("busy threads", 2) >= 2.0);
    assert!(seen.value("busy open files", 2) >= 3.0);
    let series = seen.series.iter().find(|s| s.name == "cpu").unwrap();
    assert!(series.limit.is_some_and(|cores| cores > 0.0), "{series:?}");
}

#[test]
fn what_is_not_there_is_said_once_and_others_go_on() {
    let nowhere = source("nowhere", MetricsOf::Process(ProcessPick::Name("brunt-no-such-program".into())));
    let group = source("group", MetricsOf::Cgroup("/no/such/group".into()));
    let refused = source("page", page("http://127.0.0.1:1/metrics", &[]));
    let own = source("own", MetricsOf::Process(ProcessPick::Id(std::process::id())));
    let seen = sampled(&[nowhere, group, refused, own], 3, |_| {});
    assert_eq!(seen.warnings.len(), 3, "{:?}", seen.warnings);
    for (warning, expected) in seen.warnings.iter().zip([
        "metrics of `nowhere`: no process is called `brunt-no-such-program`; its figures have a gap from 0 s",
        "metrics of `group`: there is no control group `/no/such/group`; its figures have a gap from 0 s",
        "metrics of `page`: io: Connection refused",
    ]) {
        assert!(warning.starts_with(expected), "{warning}");
    }
    assert!(seen.value("own memory", 2) > 1_000_000.0);
}

#[test]
fn a_demo_target_serves_what_is_asked_of_inference() {
    let target = start(Config::inference(InferenceConfig::default())).unwrap();
    let names = [
        "process_cpu_*",
        "process_resident*",
        "gpu_memory_used_bytes",
        "inference_queue_size",
        "inference_latency_seconds",
    ];
    let model = source("model", page(&format!("http://{}/metrics", target.addr().unwrap()), &names));
    let seen = sampled(&[model], 2, |_| {});
    assert_eq!(seen.warnings, Vec::<String>::new());
    assert!(seen.value("model process_resident_memory_bytes", 1) > 1_000_000.0);
    assert!(seen.value("model process_cpu_seconds_total", 1) >= 0.0);
    assert!(seen.value("model gpu_memory_used_bytes", 1) > 0.0);
    assert!(seen.value("model inference_queue_size", 1).abs() < 0.5);
    let limits: Vec<_> = seen.series.iter().filter(|s| s.limit.is_some()).map(|s| s.name.as_str()).collect();
    assert_eq!(limits, ["gpu_memory_used_bytes", "inference_queue_size"]);
}

/// A second that was sealed late is followed at once by the next: who has had no time to answer has no gap.
#[test]
#[expect(clippy::disallowed_methods, reason = "sources are sampled in real time")]
fn seconds_that_come_at_once_are_one_sample() {
    let own = source("own", MetricsOf::Process(ProcessPick::Id(std::process::id())));
    for _ in 0..20 {
        let mut probes =
            Probes::start(std::slice::from_ref(&own), &TlsSettings::default()).expect("they start");
        std::thread::sleep(Duration::from_millis(300));
        let mut seen = Seen::default();
        let began = Instant::now();
        for second in 0..3 {
            let events = probes.take();
            seen.add(events);
            probes.ask(second);
        }
        let took = began.elapsed();
        let events = probes.finish();
        seen.add(events);
        // A machine that stood still in between has shown nothing.
        if took < Duration::from_millis(100) {
            assert_eq!(seen.warnings, Vec::<String>::new());
            let memory = seen.values.keys().filter(|(name, _)| name == "own memory");
            assert_eq!(memory.map(|k| k.1).collect::<Vec<_>>(), [0]);
            return;
        }
    }
    panic!("this machine is too busy");
}
