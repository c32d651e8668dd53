#![allow(warnings)]
use brunt_engine::*; use brunt_http::*; use brunt_metrics::*; use brunt_workload::*; use brunt_run::*; use std::sync::Arc;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (port, users, rate, secs): (u16, u32, u64, u64) = (a[1].parse().unwrap(), a[2].parse().unwrap(), a[3].parse().unwrap(), a[4].parse().unwrap());
    let think: u64 = a.get(5).map_or(0, |t| t.parse().unwrap());
    let workers: u32 = a.get(6).map_or(1, |t| t.parse().unwrap());
    let action = brunt_workload::Action { name: "get".into(), steps: vec![Step::Request(RequestId(0))] };
    let journey = Journey { actions: vec![action], choice: Choice::new([1]), think: if think>0 { Pause{time: PauseTime::Uniform{min:Nanos::from_millis(1000),max:Nanos::from_millis(think)},every:1} } else {Pause::NONE} };
    let (arr, sup) = if rate > 0 { (Arrivals::Constant(Rate::per_second(rate)), Supply::Elastic { initial: 1, cap: users }) } else { (Arrivals::Closed, Supply::Fixed(users)) };
    let s = Scenario { name: "m".into(), start: StartAt::Offset(Nanos::ZERO), arrivals: arr, supply: sup, stop: Stop::after(Nanos::from_secs(secs)), warm_up: Nanos::ZERO, cool_down: Nanos::ZERO, classes: vec![UserClass { name: "u".into(), journey }], class_choice: Choice::new([1]) };
    let w = Arc::new(Workload { name: "t".into(), seed: 1, scenarios: vec![s], endpoints: vec![Endpoint { scenario: "m".into(), action: "get".into(), method: "GET".into(), name: "/".into() }], requests: vec![Request { endpoint: EndpointId(0), origin: OriginId(0), method: "GET".into(), target: Text::literal("/ok"), headers: vec![], body: Body::None, timeout: Nanos::from_secs(10), redirects: 0, checks: vec![] }], checks: vec![], target: TargetSettings { origins: vec![Origin { scheme: Scheme::Http, host: "127.0.0.1".into(), port, unix: None }], ..Default::default() } });
    let settings = Settings::prepare(&w).unwrap();
    let header = RunHeader { id: "x".into(), name: "x".into(), started_unix_ms: 0, seed: 1, targets: vec![], planned_duration: None, workers, simulated: false, scenarios: vec![], endpoints: vec![], checks: vec![], environment: Default::default() };
    let (_c, inbox) = controller();
    let mut h = Histogram::default(); let mut lag = Histogram::default(); let mut n = 0; let mut err = 0; let mut dropped = 0;
    run(&w, &|_| HttpUsers::new(settings.clone()), RunOptions { header, rows: vec![] }, inbox, Observers { observe: &mut |e| { match e { RunEvent::Second(s) => { n += s.requests(); err += s.errors(); lag.add(&s.lag); for c in &s.cells { h.add(&c.response); } dropped += s.scenarios.iter().map(|s| s.dropped).sum::<u64>(); } RunEvent::ErrorDetail(d) => eprintln!("{d:?}"), _ => {} } }, host: &mut |_| None }).unwrap();
    println!("n {n} err {err} dropped {dropped} lag p50 {:?} p99 {:?} max {:?}", lag.quantile(0.5), lag.quantile(0.99), lag.max());
    let ms = |q| h.quantile(q).map_or(0.0, |v: Nanos| v.as_millis_f64());
    println!("LAB {{\"p50\":{},\"p95\":{},\"p99\":{},\"max\":{}}}", ms(0.5), ms(0.95), ms(0.99), ms(1.0));
}
