//! Records of small made-up runs.

use brunt_metrics::{
    CellKey, CellSecond, EndpointId, ErrorKind, Histogram, Nanos, Outcome, Phase, Second, SparseHistogram,
    Status,
};
use brunt_run::{
    Finish, NewRecord, Outlook, Recorder, RunEvent, RunHeader, RunView, SeriesName, Sink, StopReason,
    Summary, Verdict, VerdictReason,
};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A request: the second in which it ended, its endpoint, its phase, its time in ms, and whether it passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) second: u64,
    pub(crate) endpoint: u32,
    pub(crate) phase: Phase,
    pub(crate) ms: u64,
    pub(crate) ok: bool,
}

/// A run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    /// Days since the first.
    pub(crate) day: u64,
    pub(crate) branch: Option<&'static str>,
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    pub(crate) outlook: Outlook,
    pub(crate) reason: Option<&'static str>,
    pub(crate) requests: Vec<Made>,
    pub(crate) end: bool,
}

/// When the first began.
pub(crate) const BEGAN: u64 = 1_795_000_000_000;
pub(crate) const DAY: u64 = 86_400_000;
pub(crate) const ENDPOINTS: [&str; 3] = ["/cart", "/cart/items", "/search"];

impl Run {
    /// Ten seconds of `ms` at every endpoint, once a second.
    pub(crate) fn steady(id: &str, day: u64, ms: u64) -> Self {
        let each = |second| {
            (0..3).map(move |endpoint| Made {
                second,
                endpoint,
                phase: Phase::Load,
                ms: ms + u64::from(endpoint),
                ok: true,
            })
        };
        Self {
            id: id.to_owned(),
            name: "shop",
            day,
            branch: Some("main"),
            labels: Vec::new(),
            outlook: Outlook::Passed,
            reason: None,
            requests: (0..10).flat_map(each).collect(),
            end: true,
        }
    }

    fn header(&self) -> RunHeader {
        let series =
            |name: &str| SeriesName { method: "GET".into(), name: name.to_owned(), ..SeriesName::default() };
        let commit = format!("{:0>40}", self.id.len());
        let facts = [("git_commit", Some(commit.as_str())), ("git_branch", self.branch)];
        RunHeader {
            id: format!("born-{}", self.id),
            name: self.name.to_owned(),
            started_unix_ms: BEGAN + self.day * DAY,
            seed: 1,
            targets: vec!["http://127.0.0.1:8080".into(), "https://shop.example".into()],
            planned_duration: None,
            workers: 1,
            simulated: false,
            scenarios: Vec::new(),
            endpoints: ENDPOINTS.map(series).to_vec(),
            checks: Vec::new(),
            tallies: Vec::new(),
            objectives: Vec::new(),
            profile: None,
            labels: self
                .labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            environment: facts.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned()))).collect(),
        }
    }

    fn seconds(&self) -> Vec<Second> {
        let mut seconds: BTreeMap<u64, HashMap<CellKey, Histogram>> = BTreeMap::new();
        for made in &self.requests {
            let outcome = if made.ok { Outcome::Ok } else { Outcome::Error(ErrorKind::Status) };
            let key = CellKey {
                endpoint: EndpointId(made.endpoint),
                phase: made.phase,
                status: Status::NONE,
                outcome,
            };
            seconds
                .entry(made.second)
                .or_default()
                .entry(key)
                .or_default()
                .record(Nanos::from_millis(made.ms));
        }
        let sealed = |(index, cells): (u64, HashMap<CellKey, Histogram>)| {
            let cell = |(key, times): (&CellKey, &Histogram)| CellSecond {
                response: times.to_sparse(),
                service: times.to_sparse(),
                ..CellSecond::empty(*key)
            };
            let mut cells: Vec<CellSecond> = cells.iter().map(cell).collect();
            cells.sort_by_key(|cell| cell.key);
            Second { index, cells, ..Second::default() }
        };
        seconds.into_iter().map(sealed).collect()
    }

    /// Writes its record into `runs`.
    pub(crate) fn write(&self, runs: &Path) {
        let header = self.header();
        let what = NewRecord { header: &header, tool_version: "0.1.0", plan: &serde_json::Value::Null };
        let mut recorder = Recorder::create(&runs.join(&self.id), &what).expect("a new folder");
        let mut view = RunView::default();
        let mut events = vec![RunEvent::Started(Box::new(header))];
        events.extend(self.seconds().into_iter().map(|s| RunEvent::Second(Box::new(s))));
        if self.end {
            let reasons =
                self.reason.map(|id| VerdictReason { id: id.into(), against: true, text: String::new() });
            let verdict = Verdict {
                outlook: self.outlook,
                summary: "said so".into(),
                findings: reasons.into_iter().collect(),
                objectives: Vec::new(),
            };
            events.push(RunEvent::Verdict(verdict));
            let last = self.requests.iter().map(|r| r.second + 1).max().unwrap_or(0);
            let finish = Finish {
                at: Nanos::from_secs(last),
                reason: StopReason::Completed,
                in_flight: 0,
                self_checks_failed: Vec::new(),
            };
            events.push(RunEvent::Finished(finish));
        }
        for event in &events {
            recorder.event(event);
            view.apply(event);
        }
        if self.end {
            let summary = Summary::of(&view).expect("it began");
            recorder.finish(&summary).expect("the record is written");
        }
    }

    /// The truth: the times of the load phase of some seconds and endpoints.
    pub(crate) fn times(&self, is_meant: impl Fn(&Made) -> bool) -> SparseHistogram {
        let mut times = Histogram::default();
        for made in self.requests.iter().filter(|r| r.phase == Phase::Load && is_meant(r)) {
            times.record(Nanos::from_millis(made.ms));
        }
        times.to_sparse()
    }
}
