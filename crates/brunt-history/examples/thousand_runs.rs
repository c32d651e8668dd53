//! What a history of a thousand runs costs: `cargo run -p brunt-history --example thousand_runs [RUNS [postgres://...]]`.
//!
//! Makes records of a minute at ten endpoints and a hundred requests a second each in a temporary folder, which is removed
//! in the end; takes them up, adds one more, lists them, follows them; prints times and sizes. The figures in
//! `docs/history.md` are its own.
#![expect(clippy::print_stdout, reason = "an example prints what it found")]
#![expect(clippy::expect_used, reason = "an example whose premise fails is to fail")]
#![expect(clippy::disallowed_methods, reason = "what takes how long is measured here")]

use brunt_history::{FILE, Filter, History, Place, TrendOf};
use brunt_metrics::{CellKey, CellSecond, EndpointId, Histogram, Nanos, Outcome, Phase, Second, Status};
use brunt_run::{
    Finish, NewRecord, Recorder, RunEvent, RunHeader, RunView, SeriesName, Sink, StopReason, Summary,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

const SECONDS: u64 = 60;
const ENDPOINTS: u32 = 10;
const PER_SECOND: u64 = 100;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runs: u64 = arguments.next().map_or(1_000, |n| n.parse().expect("a number of runs"));
    let server = arguments.next();
    let folder = tempfile::tempdir().expect("a temporary folder");
    timed("records written", || (0..runs).for_each(|run| record(folder.path(), run)));
    println!("records: {} KB each", size(folder.path()) / 1_000 / runs.max(1));
    let place = Place::of(server.as_deref(), folder.path()).expect("a place");
    let history = History::open(&place).expect("it opens");
    let taken = timed("all taken up", || history.refresh().expect("a scan"));
    println!("taken up: {}", taken.read);
    let _ = timed("nothing to take up", || history.refresh().expect("a scan"));
    record(folder.path(), runs);
    let _ = timed("one more added", || history.add(&folder.path().join(id(runs))).expect("it is added"));
    let all = Filter::default();
    let listed = timed("all listed", || history.runs(&all).expect("a list"));
    println!("listed: {}", listed.len());
    let _ = timed("listed by p95, the first 20", || {
        history
            .runs(&Filter { limit: Some(20), sort: brunt_history::SortBy::P95, ..Filter::default() })
            .expect("a list")
    });
    let p99 = TrendOf::quantile(0.99);
    let _ = timed("trend of p99, whole runs", || history.trend(&all, &p99).expect("a trend"));
    let one = TrendOf { endpoint: Some("GET /path/3".into()), ..p99.clone() };
    let _ = timed("trend of p99, one endpoint", || history.trend(&all, &one).expect("a trend"));
    let slice = TrendOf { seconds: Some(30..50), ..p99 };
    let _ = timed("trend of p99, 20 s of each", || history.trend(&all, &slice).expect("a trend"));
    drop(history);
    if server.is_none() {
        let file = std::fs::metadata(folder.path().join(FILE)).expect("the index").len();
        println!("index: {} KB, {:.1} KB a run", file / 1_000, file as f64 / 1_000.0 / (runs + 1) as f64);
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    println!("{what}: {:.0} ms", begin.elapsed().as_secs_f64() * 1e3);
    done
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    entries
        .map(|e| if e.path().is_dir() { size(&e.path()) } else { e.metadata().map_or(0, |m| m.len()) })
        .sum()
}

fn id(run: u64) -> String {
    format!("run-{run:06}")
}

/// Times around 2 ms for the first endpoint, 4 ms for the second and so on, within a third of that (the sum of four numbers
/// is nearly normal), and one in 64 four times as long: the same on every machine.
fn time(dice: &mut u64, endpoint: u32) -> Nanos {
    *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let byte = |at: u32| (*dice >> at) & 0xff;
    let middle = 2_000_000 * u64::from(endpoint + 1);
    let spread = middle / 10 * 7 + middle * 6 / 10 * (byte(24) + byte(32) + byte(40) + byte(48)) / 1_020;
    Nanos(if byte(56) < 4 { spread * 4 } else { spread })
}

fn record(folder: &Path, run: u64) {
    let series =
        |i: u32| SeriesName { method: "GET".into(), name: format!("/path/{i}"), ..SeriesName::default() };
    let header = RunHeader {
        id: id(run),
        name: "thousand".into(),
        started_unix_ms: 1_795_000_000_000 + run * 3_600_000,
        seed: run,
        targets: vec!["http://127.0.0.1:8080".into()],
        planned_duration: Some(Nanos::from_secs(SECONDS)),
        workers: 1,
        simulated: true,
        scenarios: Vec::new(),
        endpoints: (0..ENDPOINTS).map(series).collect(),
        checks: Vec::new(),
        tallies: Vec::new(),
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::from([("team".to_owned(), "shop".to_owned())]),
        environment: BTreeMap::new(),
    };
    let what = NewRecord { header: &header, tool_version: "0.1.0", plan: &serde_json::Value::Null };
    let mut recorder = Recorder::create(&folder.join(id(run)), &what).expect("a new folder");
    let mut view = RunView::default();
    let mut dice = run;
    let mut tell = |event: RunEvent, recorder: &mut Recorder| {
        recorder.event(&event);
        view.apply(&event);
    };
    tell(RunEvent::Started(Box::new(header.clone())), &mut recorder);
    for index in 0..SECONDS {
        let cell = |endpoint| {
            let mut times = Histogram::default();
            (0..PER_SECOND).for_each(|_| times.record(time(&mut dice, endpoint)));
            let key = CellKey {
                endpoint: EndpointId(endpoint),
                phase: Phase::Load,
                status: Status::code(200),
                outcome: Outcome::Ok,
            };
            let times = times.to_sparse();
            CellSecond { response: times.clone(), service: times, ..CellSecond::empty(key) }
        };
        let second = Second { index, cells: (0..ENDPOINTS).map(cell).collect(), ..Second::default() };
        tell(RunEvent::Second(Box::new(second)), &mut recorder);
    }
    let finish = Finish {
        at: Nanos::from_secs(SECONDS),
        reason: StopReason::Completed,
        in_flight: 0,
        self_checks_failed: Vec::new(),
    };
    tell(RunEvent::Finished(finish), &mut recorder);
    recorder.finish(&Summary::of(&view).expect("it began")).expect("the record is written");
}
