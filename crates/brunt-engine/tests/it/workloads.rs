//! Small workloads to run, and what to keep of a run.

use brunt_engine::{Model, SimulationOptions, simulate};
use brunt_metrics::{EndpointId, EndpointKind, Nanos, Second};
use brunt_run::{RunEvent, RunHeader};
use brunt_workload::{
    Action, ActionOrder, Arrivals, Body, Choice, ClassShares, Endpoint, Journey, OnFailure, Origin, OriginId,
    Pause, PauseTime, Rate, RateRamp, Request, RequestId, Scenario, Scheme, StartAt, Step, Stop, Supply,
    TargetSettings, Text, UserClass, UserStage, Workload,
};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn ms(n: u64) -> Nanos {
    Nanos::from_millis(n)
}

/// The first request of the workload.
pub(crate) fn get() -> Step {
    Step::Request(RequestId(0))
}

pub(crate) fn action(name: &str, steps: Vec<Step>) -> Action {
    Action { name: name.into(), steps, feeds: Vec::new() }
}

/// One request an iteration.
pub(crate) fn scenario(arrivals: Arrivals, supply: Supply, stop: Stop) -> Scenario {
    let journey = Journey {
        on_start: None,
        actions: vec![action("get", vec![get()])],
        order: ActionOrder::Weighted(Choice::new([1])),
        on_stop: None,
        think: Pause::NONE,
        pacing: PauseTime::None,
    };
    Scenario {
        name: "main".into(),
        start: StartAt::Offset(Nanos::ZERO),
        arrivals,
        supply,
        stop,
        warm_up: Nanos::ZERO,
        cool_down: Nanos::ZERO,
        classes: vec![UserClass { name: "user".into(), journey }],
        class_shares: ClassShares::weighted([1]),
    }
}

/// `GET /`, counted at `endpoint`.
pub(crate) fn request(endpoint: EndpointId) -> Request {
    Request {
        endpoint,
        origin: OriginId(0),
        method: "GET".into(),
        target: Text::literal("/"),
        headers: Vec::new(),
        body: Body::None,
        timeout: Nanos::from_secs(10),
        redirects: 0,
        checks: Vec::new(),
        saves: Vec::new(),
        on_failure: OnFailure::End,
        login: None,
        faults: None,
    }
}

pub(crate) fn workload(scenarios: Vec<Scenario>) -> Workload {
    let endpoint = |s: &Scenario| Endpoint {
        scenario: s.name.clone(),
        action: "get".into(),
        method: "GET".into(),
        name: "/".into(),
        kind: EndpointKind::Request,
        tags: Vec::new(),
    };
    let origin = Origin { scheme: Scheme::Http, host: "127.0.0.1".into(), port: 1, unix: None };
    Workload {
        name: "test".into(),
        seed: 7,
        endpoints: scenarios.iter().map(endpoint).collect(),
        requests: vec![request(EndpointId(0))],
        checks: Vec::new(),
        feeds: Vec::new(),
        slots: Vec::new(),
        logins: Vec::new(),
        fault_mixes: Vec::new(),
        tallies: Vec::new(),
        target: TargetSettings { origins: vec![origin], ..TargetSettings::default() },
        scenarios,
    }
}

pub(crate) fn stages(stages: &[(u32, u64)]) -> Vec<UserStage> {
    stages.iter().map(|&(target, t)| UserStage { target, duration: ms(t) }).collect()
}

pub(crate) fn ramp(start: u64, stages: &[(u64, u64)]) -> RateRamp {
    let stages: Vec<_> = stages.iter().map(|&(rate, t)| (Rate::per_second(rate), ms(t))).collect();
    RateRamp::new(Rate::per_second(start), &stages).expect("small enough to be exact")
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
        simulated: true,
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

/// Every event that `run` passes to its observer.
pub(crate) fn events_of(run: impl FnOnce(&mut dyn FnMut(&RunEvent))) -> Vec<RunEvent> {
    let mut events = Vec::new();
    run(&mut |event| events.push(event.clone()));
    events
}

/// Every event of a simulated run.
pub(crate) fn events(workload: Workload, model: impl Model + 'static, at_most: Nanos) -> Vec<RunEvent> {
    let options = SimulationOptions { header: header(), at_most };
    events_of(|observe| simulate(&Arc::new(workload), model, options, observe))
}

/// The seconds of a simulated run, and when it ended.
pub(crate) fn seconds(workload: Workload, model: impl Model + 'static) -> (Vec<Second>, Nanos) {
    let mut seconds = Vec::new();
    let mut end = Nanos::ZERO;
    for event in events(workload, model, Nanos::from_secs(7_200)) {
        match event {
            RunEvent::Second(second) => seconds.push(*second),
            RunEvent::Finished(finish) => end = finish.at,
            RunEvent::Started(_)
            | RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_) => {}
        }
    }
    (seconds, end)
}
