//! What simulated users do beside their steps: logins, and requests that are broken on purpose. Told by the instants at
//! which the model is asked, and by what is counted in how long: count, failures, longest response time.

use crate::workloads::{get, ms, request, scenario, seconds, workload};
use brunt_metrics::{CellSecond, CheckId, EndpointId, EndpointKind, ErrorKind, Nanos, Outcome, Second};
use brunt_workload::{
    Arrivals, Draw, Extract, Fault, FaultKind, FaultMix, FaultMixId, Login, LoginFor, LoginId, Pick, Plain,
    RequestId, Save, SlotId, Step, Stop, Supply, Workload,
};
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

const NAMES: [&str; 4] = ["get", "token", "whoami", "broken"];

/// So many users, twice each.
fn users(count: u32, steps: Vec<Step>) -> Workload {
    let stop = Stop { after: None, iterations: None, per_user: Some(2), grace: ms(5_000) };
    let mut s = scenario(Arrivals::Closed, Supply::Fixed(count), stop);
    s.classes[0].journey.actions[0].steps = steps;
    let mut w = workload(vec![s]);
    for (endpoint, name) in (0..).map(EndpointId).zip(NAMES) {
        let kind = if name == "broken" { EndpointKind::Injected } else { EndpointKind::Request };
        let known = brunt_workload::Endpoint { name: name.into(), kind, ..w.endpoints[0].clone() };
        w.endpoints.push(known);
        w.requests.push(request(endpoint));
    }
    w.endpoints.remove(0);
    w.requests.remove(0);
    w
}

fn with_login(mut w: Workload, who: LoginFor) -> Workload {
    w.requests[0].login = Some(LoginId(0));
    let requests = vec![RequestId(1), RequestId(2)];
    let refresh_on = vec![(401, 401)];
    w.logins = vec![Login { name: "auth".into(), requests, slots: Vec::new(), who, refresh_on }];
    w
}

/// Every request is broken so.
fn broken(mut w: Workload, kind: FaultKind) -> Workload {
    let fault = Fault { kind, share: 1.0, endpoints: vec![EndpointId(3)] };
    w.fault_mixes = vec![FaultMix { faults: vec![fault] }];
    w.requests[0].faults = Some(FaultMixId(0));
    w
}

fn saving(mut w: Workload) -> Workload {
    let (slot, from, pick) = (SlotId(0), Extract::Status, Pick::First);
    w.requests[0].saves =
        vec![Save { slot, from, pick, default: None, plain: Plain::Text, check: CheckId(0) }];
    w.slots = vec!["x".into()];
    w
}

fn counted(name: &str, cells: &mut dyn Iterator<Item = &CellSecond>) -> String {
    let (mut count, mut failed, mut longest) = (0, 0, Nanos::ZERO);
    for cell in cells {
        count += cell.count();
        failed += if cell.key.outcome.is_ok() { 0 } else { cell.count() };
        longest = longest.max(cell.response.max);
    }
    if count == 0 { String::new() } else { format!(" {name} {count}/{failed}/{}", longest.0 / 1_000_000) }
}

/// Each answer takes 100 ms. `whoami` fails before `shy`.
fn told(workload: Workload, shy: u64) -> String {
    let log = Rc::new(RefCell::new(String::new()));
    let written = Rc::clone(&log);
    let model = move |endpoint: EndpointId, started: Nanos, _: &mut Draw| {
        let name = NAMES[endpoint.0 as usize];
        let _ = write!(log.borrow_mut(), "{name}@{} ", started.0 / 1_000_000);
        let fails = name == "whoami" && started < ms(shy);
        (started + ms(100), if fails { Outcome::Error(ErrorKind::Status) } else { Outcome::Ok })
    };
    let (all, end) = seconds(workload, model);
    let mut sum = Second::default();
    for second in &all {
        sum.merge(second);
    }
    let mut out = written.borrow().trim_end().to_owned();
    out.push_str(" =>");
    for (id, name) in (0..).map(EndpointId).zip(NAMES) {
        out += &counted(name, &mut sum.cells.iter().chain(&sum.asides).filter(|c| c.key.endpoint == id));
    }
    let _ = write!(out, ", begun {}, over at {}", sum.requests_started, end.0 / 1_000_000);
    out
}

#[test]
fn logins_and_faults() {
    let side_by_side = || vec![Step::Batch { requests: vec![RequestId(0); 3], at_once: 2 }];
    for (workload, shy, expected) in [
        (
            with_login(users(1, vec![get()]), LoginFor::EachUser),
            0,
            "token@0 whoami@100 get@200 get@300 => get 2/0/300 token 1/0/100 whoami 1/0/100, begun 4, over at 400",
        ),
        (
            with_login(users(2, vec![get()]), LoginFor::EachUser),
            0,
            "token@0 token@0 whoami@100 whoami@100 get@200 get@200 get@300 get@300 => \
             get 4/0/300 token 2/0/100 whoami 2/0/100, begun 8, over at 400",
        ),
        (
            with_login(users(2, vec![get()]), LoginFor::EachWorker),
            0,
            "token@0 whoami@100 get@200 get@200 get@300 get@300 => \
             get 4/0/300 token 1/0/100 whoami 1/0/100, begun 6, over at 400",
        ),
        // One makes it and fails, the other has waited and fails with it; then one of them tries again.
        (
            with_login(users(2, vec![get()]), LoginFor::EachWorker),
            150,
            "token@0 whoami@100 token@200 whoami@300 get@400 get@400 => \
             get 4/2/300 token 2/0/100 whoami 2/1/100, begun 8, over at 500",
        ),
        // Requests side by side need one login.
        (
            with_login(users(1, side_by_side()), LoginFor::EachUser),
            0,
            "token@0 whoami@100 get@200 get@200 get@300 get@400 get@400 get@500 => \
             get 6/0/300 token 1/0/100 whoami 1/0/100, begun 8, over at 600",
        ),
        (broken(users(1, vec![get()]), FaultKind::Abort), 0, "=> broken 2/0/0, begun 0, over at 0"),
        (
            broken(users(1, vec![get()]), FaultKind::MalformedBody),
            0,
            "get@0 get@100 => broken 2/0/100, begun 0, over at 200",
        ),
        (
            broken(users(1, vec![get()]), FaultKind::SlowSend(ms(400))),
            0,
            "get@400 get@900 => broken 2/0/500, begun 0, over at 1000",
        ),
        // Whoever needs what is saved tries again, properly.
        (
            saving(broken(users(1, vec![get()]), FaultKind::MalformedBody)),
            0,
            "get@0 get@100 get@200 get@300 => get 2/0/100 broken 2/0/100, begun 2, over at 400",
        ),
        (
            broken(users(1, vec![get()]), FaultKind::Retries(2)),
            0,
            "get@0 get@0 get@0 get@100 get@100 get@100 => get 2/0/100 broken 4/0/100, begun 2, over at 200",
        ),
        // Nothing is broken in a login.
        (
            with_login(broken(users(1, vec![get()]), FaultKind::Abort), LoginFor::EachUser),
            0,
            "token@0 whoami@100 => token 1/0/100 whoami 1/0/100 broken 2/0/200, begun 2, over at 200",
        ),
    ] {
        assert_eq!(told(workload, shy).trim_start(), expected);
    }
}

/// A share of requests is broken, and the rest of a user's draws does not depend on it.
#[test]
fn a_share_of_requests_is_broken() {
    let mut w = broken(users(1_000, vec![get()]), FaultKind::Abort);
    w.fault_mixes[0].faults[0].share = 0.25;
    let (all, _) = seconds(w, |_, started: Nanos, _: &mut Draw| (started + ms(100), Outcome::Ok));
    let broken: u64 = all.iter().flat_map(|second| &second.asides).map(CellSecond::count).sum();
    let proper: u64 = all.iter().map(Second::requests).sum();
    assert_eq!(broken + proper, 2_000);
    // 500 is expected; the standard deviation is 19.4.
    assert!((430..=570).contains(&broken), "{broken}");
}
