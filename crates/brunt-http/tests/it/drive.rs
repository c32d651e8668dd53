//! Plans of a few requests, run by the engine with HTTP users over real sockets, and what came of them.

use brunt_engine::{Control, Observers, RunOptions, VuSource, controller, run};
use brunt_http::{HttpUsers, Settings};
use brunt_metrics::{
    CellSecond, CheckId, EndpointId, EndpointKind, Nanos, Part, PartSum, ScenarioId, Second,
};
use brunt_run::{ErrorDetail, RunEvent, RunHeader, StopReason};
use brunt_workload::{
    Action, ActionOrder, Arrivals, Body, Check, CheckRule, Choice, ClassShares, ConnectTo, Endpoint, Escape,
    Extract, Fault, FaultKind, FaultMix, FaultMixId, HttpVersion, Journey, Login, LoginFor, LoginId,
    OnFailure, Origin, OriginId, Pause, PauseTime, Pick, Plain, Request, RequestId, Save, Scenario, Scheme,
    SlotId, Source, StartAt, Step, Stop, Supply, Tally, TargetSettings, Text, TextPart, UserClass, Workload,
};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn ms(n: u64) -> Nanos {
    Nanos::from_millis(n)
}

pub(crate) fn origin(url: &str) -> Origin {
    if let Some(path) = url.strip_prefix("unix:") {
        return Origin { scheme: Scheme::Http, host: "localhost".into(), port: 80, unix: Some(path.into()) };
    }
    let (scheme, rest) = match url.strip_prefix("https://") {
        Some(rest) => (Scheme::Https, rest),
        None => (Scheme::Http, url.strip_prefix("http://").unwrap_or(url)),
    };
    let (host, port) = rest.rsplit_once(':').unwrap();
    let host = host.trim_matches(['[', ']']).to_owned();
    Origin { scheme, host, port: port.parse().unwrap(), unix: None }
}

/// What users do, in order, a number of times.
pub(crate) struct Plan {
    pub(crate) target: TargetSettings,
    pub(crate) requests: Vec<Request>,
    steps: Vec<Step>,
    checks: Vec<Check>,
    users: u32,
    iterations: u64,
    /// Cut this long after the start.
    cut: bool,
    logins: Vec<Login>,
    faults: Vec<FaultMix>,
    tallies: Vec<Tally>,
}

/// The names of values: `${a}` is slot 0.
const SLOTS: [&str; 4] = ["a", "b", "c", "token"];

pub(crate) fn slot(name: &str) -> SlotId {
    SlotId(u16::try_from(SLOTS.iter().position(|slot| *slot == name).unwrap()).unwrap())
}

/// A text with `${a}`, or `${a:all}` and so on.
pub(crate) fn text(text: &str, escape: Escape) -> Text {
    let mut pieces = text.split("${");
    let first = pieces.next().unwrap();
    let mut parts = Text::literal(first).parts;
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap();
        let (name, pick) = name.split_once(':').unwrap_or((name, "first"));
        let pick = match pick {
            "all" => Pick::All,
            "count" => Pick::Count,
            "random" => Pick::Random,
            "last" => Pick::Last,
            _ => Pick::First,
        };
        parts.push(TextPart::Dynamic { source: Source::Saved { slot: slot(name), pick }, escape });
        parts.push(TextPart::Literal(rest.into()));
    }
    Text { parts }
}

impl Plan {
    pub(crate) fn to(url: &str) -> Self {
        let target = TargetSettings { origins: vec![origin(url)], ..TargetSettings::default() };
        let (requests, steps, checks) = (Vec::new(), Vec::new(), Vec::new());
        let (logins, faults, tallies) = (Vec::new(), Vec::new(), Vec::new());
        Self { target, requests, steps, checks, users: 1, iterations: 1, cut: false, logins, faults, tallies }
    }

    pub(crate) fn request(mut self, method: &str, target: &str) -> Self {
        let id = u32::try_from(self.requests.len()).unwrap();
        self.steps.push(Step::Request(RequestId(id)));
        self.requests.push(Request {
            endpoint: EndpointId(id),
            origin: OriginId(0),
            method: method.into(),
            target: text(target, Escape::Path),
            headers: Vec::new(),
            body: Body::None,
            timeout: Nanos::from_secs(5),
            redirects: 10,
            checks: Vec::new(),
            saves: Vec::new(),
            on_failure: OnFailure::End,
            login: None,
            faults: None,
        });
        self
    }

    /// Saves something of the last request's answer.
    pub(crate) fn save(self, name: &str, from: Extract) -> Self {
        self.save_as(name, from, Pick::First, None)
    }

    pub(crate) fn save_as(mut self, name: &str, from: Extract, pick: Pick, default: Option<&str>) -> Self {
        let check = CheckId(u32::try_from(self.checks.len()).unwrap());
        self.checks.push(Check { name: format!("{name} saved"), rule: CheckRule::Saved(slot(name)) });
        let default = default.map(Text::literal);
        self.with(|r| r.saves.push(Save { slot: slot(name), from, pick, default, plain: Plain::Text, check }))
    }

    /// Takes the last `count` requests out of the journey: they are a login, which saves `token`.
    pub(crate) fn login(mut self, count: usize, who: LoginFor) -> Self {
        self.steps.truncate(self.steps.len() - count);
        let first = self.requests.len() - count;
        let requests = (first..self.requests.len()).map(|i| RequestId(u32::try_from(i).unwrap())).collect();
        let (name, slots, refresh_on) = ("api".into(), vec![slot("token")], vec![(401, 401)]);
        self.logins.push(Login { name, requests, slots, who, refresh_on });
        self
    }

    /// The last request uses the login.
    pub(crate) fn logged_in(self) -> Self {
        self.with(|r| r.login = Some(LoginId(0)))
    }

    /// Puts a fault into this share of the last request.
    pub(crate) fn fault(mut self, kind: FaultKind, share: f64) -> Self {
        // Counted after all requests: see `workload`.
        self.faults.push(FaultMix { faults: vec![Fault { kind, share, endpoints: Vec::new() }] });
        let id = FaultMixId(u16::try_from(self.faults.len() - 1).unwrap());
        self.with(|r| r.faults = Some(id))
    }

    pub(crate) fn tally(mut self, header: &str) -> Self {
        self.tallies.push(Tally { name: header.into(), header: header.into() });
        self
    }

    /// Makes a batch of the last `count` requests.
    pub(crate) fn batch(mut self, count: usize, at_once: u16) -> Self {
        let steps = self.steps.split_off(self.steps.len() - count).into_iter();
        let requests =
            steps.filter_map(|s| if let Step::Request(id) = s { Some(id) } else { None }).collect();
        self.steps.push(Step::Batch { requests, at_once });
        self
    }

    pub(crate) fn get(self, target: &str) -> Self {
        self.request("GET", target)
    }

    /// Changes the last request.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Request)) -> Self {
        change(self.requests.last_mut().unwrap());
        self
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.with(|r| r.headers.push((name.into(), Text::literal(value))))
    }

    pub(crate) fn body(self, text: &str) -> Self {
        self.with(|r| r.body = Body::Bytes(text.as_bytes().into()))
    }

    pub(crate) fn timeout(self, timeout: Nanos) -> Self {
        self.with(|r| r.timeout = timeout)
    }

    pub(crate) fn check(mut self, rule: CheckRule) -> Self {
        let id = CheckId(u32::try_from(self.checks.len()).unwrap());
        self.checks.push(Check { name: format!("check {}", id.0), rule });
        self.with(|r| r.checks.push(id))
    }

    pub(crate) fn pause(mut self, time: Nanos) -> Self {
        self.steps.push(Step::Pause(PauseTime::Constant(time)));
        self
    }

    /// Sets a value to a text of the plan.
    pub(crate) fn set(mut self, name: &str, value: &str, plain: Plain) -> Self {
        self.steps.push(Step::Set { slot: slot(name), value: Text::literal(value), plain });
        self
    }

    /// The last save's default is of this kind.
    pub(crate) fn plain(self, plain: Plain) -> Self {
        self.with(|r| r.saves.iter_mut().for_each(|save| save.plain = plain))
    }

    pub(crate) fn target(mut self, change: impl FnOnce(&mut TargetSettings)) -> Self {
        change(&mut self.target);
        self
    }

    pub(crate) fn version(self, version: HttpVersion) -> Self {
        self.target(|t| t.version = version)
    }

    pub(crate) fn connect_to(
        self,
        from: (Option<&str>, Option<u16>),
        to: (Option<&str>, Option<u16>),
    ) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        self.target(|t| {
            let (host, to_host) = (text(from.0), text(to.0));
            t.connect_to.push(ConnectTo { host, port: from.1, to_host, to_port: to.1 });
        })
    }

    pub(crate) fn users(self, users: u32) -> Self {
        Self { users, ..self }
    }

    pub(crate) fn times(self, iterations: u64) -> Self {
        Self { iterations, ..self }
    }

    /// Cuts the run when its first second is over.
    pub(crate) fn cut(self) -> Self {
        Self { cut: true, ..self }
    }

    pub(crate) fn workload(&self) -> Arc<Workload> {
        let action = Action { name: "act".into(), steps: self.steps.clone(), feeds: Vec::new() };
        let journey = Journey {
            on_start: None,
            actions: vec![action],
            order: ActionOrder::Weighted(Choice::new([1])),
            on_stop: None,
            think: Pause::NONE,
            pacing: PauseTime::None,
        };
        let endpoint = |r: &Request| Endpoint {
            scenario: "main".into(),
            action: "act".into(),
            method: r.method.clone(),
            name: String::new(),
            kind: EndpointKind::Request,
            tags: Vec::new(),
        };
        let mut endpoints: Vec<Endpoint> = self.requests.iter().map(endpoint).collect();
        let mut fault_mixes = self.faults.clone();
        for fault in fault_mixes.iter_mut().flat_map(|mix| &mut mix.faults) {
            fault.endpoints = vec![EndpointId(u32::try_from(endpoints.len()).unwrap())];
            let (action, name, kind) = ("act".into(), fault.kind.name().into(), EndpointKind::Injected);
            let (scenario, method) = ("main".into(), "*".into());
            endpoints.push(Endpoint { scenario, action, method, name, kind, tags: Vec::new() });
        }
        let scenario = Scenario {
            name: "main".into(),
            start: StartAt::Offset(Nanos::ZERO),
            arrivals: Arrivals::Closed,
            supply: Supply::Fixed(self.users),
            // The time is a guard: no test comes near it.
            stop: Stop {
                after: Some(Nanos::from_secs(30)),
                iterations: Some(self.iterations),
                per_user: None,
                grace: Nanos::from_secs(5),
            },
            warm_up: Nanos::ZERO,
            cool_down: Nanos::ZERO,
            classes: vec![UserClass { name: "user".into(), journey }],
            class_shares: ClassShares::weighted([1]),
        };
        Arc::new(Workload {
            name: "test".into(),
            seed: 7,
            scenarios: vec![scenario],
            endpoints,
            requests: self.requests.clone(),
            checks: self.checks.clone(),
            feeds: Vec::new(),
            slots: SLOTS.map(str::to_owned).to_vec(),
            logins: self.logins.clone(),
            fault_mixes,
            tallies: self.tallies.clone(),
            target: self.target.clone(),
        })
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::prepare(&self.workload()).unwrap()
    }

    pub(crate) fn run(&self) -> Ran {
        let settings = self.settings();
        self.run_with(&|_| HttpUsers::new(settings.clone()))
    }

    pub(crate) fn run_with<S: VuSource>(&self, sources: &(impl Fn(u32) -> S + Sync)) -> Ran {
        let (steer, inbox) = controller();
        let mut total = Second::default();
        let mut details = Vec::new();
        let (mut in_flight, mut open) = (0, 0);
        let mut observe = |event: &RunEvent| match event {
            RunEvent::Second(second) => {
                total.merge(second);
                open = second.workers.iter().map(|w| w.connections).sum();
                if self.cut {
                    steer.send(Control::Cut);
                }
            }
            RunEvent::ErrorDetail(detail) => details.push(detail.clone()),
            RunEvent::Finished(finish) => in_flight = finish.in_flight,
            RunEvent::Started(_)
            | RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_) => {}
        };
        let options = RunOptions { header: header(), rows: Vec::new(), tick: Nanos::ZERO };
        let observers = Observers { observe: &mut observe, host: &mut |_| None };
        let reason = run(&self.workload(), sources, options, inbox, observers).unwrap();
        // Whatever happened: nothing is lost.
        assert_eq!(total.requests_started, total.requests(), "every request that began has ended");
        assert_eq!(in_flight, 0);
        assert_ne!(reason, StopReason::WorkerLost, "no worker panicked");
        let scenario =
            total.scenarios.iter().find(|s| s.scenario == ScenarioId(0)).copied().unwrap_or_default();
        assert_eq!(scenario.started, scenario.completed + scenario.failed + scenario.cut);
        Ran { total, details, reason, open }
    }
}

pub(crate) fn header() -> RunHeader {
    RunHeader {
        id: "test".into(),
        name: "test".into(),
        started_unix_ms: 0,
        seed: 7,
        targets: Vec::new(),
        planned_duration: None,
        workers: 1,
        simulated: false,
        scenarios: Vec::new(),
        endpoints: Vec::new(),
        checks: Vec::new(),
        tallies: Vec::new(),
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::new(),
        environment: BTreeMap::new(),
    }
}

/// What came of a plan.
pub(crate) struct Ran {
    pub(crate) total: Second,
    pub(crate) details: Vec<ErrorDetail>,
    pub(crate) reason: StopReason,
    /// Connections counted as open at the end.
    pub(crate) open: u64,
}

impl Ran {
    /// How the requests of each endpoint ended: `0: 3 x 200 ok, 1: 1 x reset`.
    pub(crate) fn outcomes(&self) -> String {
        Self::outcomes_of(&self.total.cells)
    }

    /// The same of what was made wrongly on purpose.
    pub(crate) fn asides(&self) -> String {
        Self::outcomes_of(&self.total.asides)
    }

    fn outcomes_of(cells: &[CellSecond]) -> String {
        let rows = cells.iter().map(|cell| {
            let status = cell.key.status.to_string();
            let status =
                if status.starts_with(|c: char| c.is_ascii_digit()) { status + " " } else { String::new() };
            let outcome = match cell.key.outcome {
                brunt_metrics::Outcome::Ok => "ok".to_owned(),
                brunt_metrics::Outcome::Error(kind) => kind.to_string(),
            };
            format!("{}: {} x {status}{outcome}", cell.key.endpoint.0, cell.count())
        });
        rows.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn details(&self) -> String {
        self.details.iter().map(|d| d.text.clone()).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn connects(&self) -> u64 {
        self.total.workers.iter().map(|w| w.connects).sum()
    }

    /// Still counted as open at the end of the last second.
    pub(crate) fn retries(&self) -> u64 {
        self.total.cells.iter().map(|c| c.retries).sum()
    }

    pub(crate) fn part(&self, part: Part) -> PartSum {
        let mut sum = PartSum::default();
        self.total.cells.iter().for_each(|c| sum.merge(&c.parts[part as usize]));
        sum
    }

    pub(crate) fn service_max(&self) -> Nanos {
        self.total.cells.iter().map(|c| c.service.max).max().unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> (u64, u64) {
        self.total.cells.iter().fold((0, 0), |(o, i), c| (o + c.bytes_out, i + c.bytes_in))
    }

    /// How often each check held and did not.
    pub(crate) fn checks(&self) -> Vec<(u64, u64)> {
        self.total.checks.iter().map(|c| (c.passed, c.failed)).collect()
    }
}
