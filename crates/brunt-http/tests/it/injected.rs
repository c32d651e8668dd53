//! Faults that are put into requests on purpose, as the server sees them.

use crate::drive::{Plan, header, ms};
use crate::server::{answer, read_request, scripted};
use brunt_engine::{SimulationOptions, simulate};
use brunt_metrics::{CellSecond, Nanos, Outcome, Second};
use brunt_run::RunEvent;
use brunt_workload::{Draw, Extract, FaultKind, HttpVersion, LoginFor};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What came until the client closed, without an answer.
#[test]
fn an_aborted_request_is_half_a_request() {
    for (body, ends_with) in [("0123456789", "\r\n\r\n01234"), ("", "\r\n\r\n")] {
        let (tell, told) = channel();
        let tell = Mutex::new(tell);
        let server = scripted(move |_, mut stream| {
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all);
            let _ = tell.lock().unwrap().send(String::from_utf8_lossy(&all).into_owned());
        });
        let plan =
            Plan::to(&server.url).request("POST", "/").body(body).fault(FaultKind::Abort, 1.0).times(3);
        let ran = plan.run();
        assert_eq!((ran.outcomes().as_str(), ran.asides().as_str()), ("", "1: 3 x ok"), "{}", ran.details());
        assert!(ran.total.scenarios.iter().all(|s| s.failed == 0));
        assert_eq!((ran.connects(), ran.open), (3, 0), "each costs its connection");
        for _ in 0..3 {
            let seen = told.recv_timeout(Duration::from_secs(10)).unwrap();
            assert!(seen.starts_with("POST / ") && seen.ends_with(ends_with), "{seen:?}");
        }
    }
}

#[test]
fn a_request_is_sent_slowly() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let server = scripted(move |_, mut stream| {
        let (mut reads, mut all, mut buffer) = (0, Vec::new(), [0; 4_096]);
        while !all.ends_with(b"a body") {
            let Ok(n @ 1..) = stream.read(&mut buffer) else { return };
            all.extend_from_slice(&buffer[..n]);
            reads += 1;
        }
        answer(&mut stream, "", b"");
        let _ = tell.lock().unwrap().send(reads);
    });
    let fault = FaultKind::SlowSend(ms(200));
    let plan = Plan::to(&server.url).request("POST", "/").body("a body").fault(fault, 1.0);
    // The time to answer in is counted from the end of the sending.
    let ran = plan.timeout(ms(150)).run();
    assert_eq!((ran.outcomes().as_str(), ran.asides().as_str()), ("", "1: 1 x 200 ok"), "{}", ran.details());
    let took = ran.total.asides[0].service.max;
    assert!(took >= ms(199), "{took}");
    let reads = told.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(reads > 3, "came in {reads} pieces");
}

/// A server that has heard enough is heard.
#[test]
fn a_slow_sender_hears_an_early_answer() {
    let server = scripted(|_, mut stream| {
        let _ = stream.read(&mut [0; 10]);
        let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 408 x\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let fault = FaultKind::SlowSend(Nanos::from_secs(20));
    let ran = Plan::to(&server.url).get("/").fault(fault, 1.0).run();
    assert_eq!(ran.asides(), "1: 1 x 408 status", "{}", ran.details());
}

#[test]
fn a_malformed_body_is_no_json_and_no_text() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let target = brunt_demo::start(brunt_demo::Config::mock(brunt_demo::MockConfig::default())).unwrap();
        let plan = Plan::to(&target.url()).request("POST", "/echo").body("{\"a\":1}");
        let ran = plan.fault(FaultKind::MalformedBody, 1.0).version(version).run();
        assert_eq!(ran.asides(), "1: 1 x 200 ok", "{}", ran.details());
    }
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let server = scripted(move |_, mut stream| {
        let (mut all, mut buffer) = (Vec::new(), [0; 4_096]);
        while !all.ends_with(b"[") {
            let Ok(n @ 1..) = stream.read(&mut buffer) else { return };
            all.extend_from_slice(&buffer[..n]);
        }
        answer(&mut stream, "", b"");
        let _ = tell.lock().unwrap().send(all);
    });
    let plan = Plan::to(&server.url).request("POST", "/").body("{\"a\":1}");
    assert_eq!(plan.fault(FaultKind::MalformedBody, 1.0).run().asides(), "1: 1 x 200 ok");
    let seen = told.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(seen.ends_with(b"\r\n\r\n{\"a\xff\xfe{\"\x00["), "{}", String::from_utf8_lossy(&seen));
    assert!(String::from_utf8_lossy(&seen).contains("Content-Length: 9\r\n"));
}

#[test]
fn a_burst_of_retries_goes_out_beside_the_request() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let target = brunt_demo::start(brunt_demo::Config::mock(brunt_demo::MockConfig::default())).unwrap();
        let plan = Plan::to(&target.url()).get("/delay/20").fault(FaultKind::Retries(4), 1.0);
        let ran = plan.times(3).version(version).run();
        assert_eq!(ran.outcomes(), "0: 3 x 200 ok", "{}", ran.details());
        assert_eq!(ran.asides(), "1: 12 x 200 ok");
        // The proper ones share a connection, each copy has its own; over HTTP/2 all share one.
        let connections = if version == HttpVersion::Http1 { 13 } else { 1 };
        assert_eq!((ran.connects(), ran.open), (connections, 0), "{version:?}");
    }
}

/// What follows a burst is due when its last copy is answered; the proper request has its own times.
#[test]
fn nobody_is_late_after_a_burst() {
    for side_by_side in [0, 2] {
        let server = scripted(|number, mut stream| {
            let (_keep, never) = channel::<()>();
            while read_request(&mut stream).is_some() {
                // The copies come on connections of their own.
                if number > 0 {
                    let _ = never.recv_timeout(Duration::from_millis(400));
                }
                answer(&mut stream, "", b"");
            }
        });
        let plan = Plan::to(&server.url).get("/0").get("/1").fault(FaultKind::Retries(2), 1.0).get("/2");
        let ran = if side_by_side > 0 { plan.batch(side_by_side, 1) } else { plan }.run();
        assert_eq!(ran.outcomes(), "0: 1 x 200 ok, 1: 1 x 200 ok, 2: 1 x 200 ok", "{}", ran.details());
        // None has waited for them, nor is brunt late.
        let half = ran.total.asides[0].service.max.0 / 2;
        let slowest = ran.total.cells.iter().map(|cell| cell.response.max).max().unwrap();
        let lag = ran.total.lag.max;
        assert!(slowest.0 < half && lag.0 < half, "{slowest} {lag}");
    }
}

#[test]
fn shares_are_kept_and_saves_are_made_up_for() {
    let seen = Arc::new(Mutex::new(0));
    let server = scripted(move |_, mut stream| {
        while read_request(&mut stream).is_some() {
            *seen.lock().unwrap() += 1;
            answer(&mut stream, "", b"{\"id\":1}");
        }
    });
    let ran = Plan::to(&server.url).get("/").fault(FaultKind::Abort, 0.25).times(400).run();
    let (aside, proper) = (
        ran.total.asides.iter().map(CellSecond::count).sum::<u64>(),
        ran.total.cells.iter().map(CellSecond::count).sum::<u64>(),
    );
    assert!(aside + proper == 400 && (60..=140).contains(&aside), "{aside} {proper}");
    let plan = Plan::to(&server.url).get("/").save("a", Extract::Json("$.id".into()));
    let ran = plan.fault(FaultKind::Abort, 1.0).get("/${a}").times(5).run();
    assert_eq!(
        (ran.outcomes().as_str(), ran.asides().as_str()),
        ("0: 5 x 200 ok, 1: 5 x 200 ok", "2: 5 x ok")
    );
}

/// Over HTTP/2 a stream is reset, and the connection goes on.
#[test]
fn http2_streams_are_reset_or_held_back() {
    for (fault, asides) in [(FaultKind::Abort, "1: 3 x ok"), (FaultKind::SlowSend(ms(60)), "1: 3 x 200 ok")] {
        for body in ["", "0123456789"] {
            let target =
                brunt_demo::start(brunt_demo::Config::mock(brunt_demo::MockConfig::default())).unwrap();
            let plan = Plan::to(&target.url()).request("POST", "/echo").body(body).fault(fault, 1.0);
            let ran = plan.times(3).version(HttpVersion::Http2).run();
            assert_eq!(ran.asides(), asides, "{fault:?} {body:?}: {}", ran.details());
            assert_eq!(ran.connects(), 1);
            let slow = matches!(fault, FaultKind::SlowSend(_));
            assert!(!slow || ran.total.asides[0].service.max >= ms(59));
        }
    }
}

/// What a server sees of an aborted stream: the head, half of the body, and the reset.
#[test]
fn an_aborted_stream_as_the_server_sees_it() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let server = scripted(move |_, stream| {
        stream.set_nonblocking(true).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::from_std(stream).unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let mut seen = Vec::new();
            while let Some(Ok((request, respond))) = connection.accept().await {
                seen.push((request, respond));
            }
            for (request, _respond) in seen {
                let (path, mut body) = (request.uri().path().to_owned(), request.into_body());
                let (mut bytes, mut reason) = (Vec::new(), None);
                while let Some(data) = body.data().await {
                    match data {
                        Ok(data) => bytes.extend_from_slice(&data),
                        Err(e) => {
                            reason = e.reason();
                            break;
                        }
                    }
                }
                let _ = tell.lock().unwrap().send((path, bytes, reason));
            }
        });
    });
    let plan = Plan::to(&server.url).request("POST", "/x").body("0123456789").fault(FaultKind::Abort, 1.0);
    // A run that ends at once takes its connection with it, and what the server has not read yet.
    let ran = plan.pause(ms(50)).times(3).version(HttpVersion::Http2).run();
    assert_eq!(ran.asides(), "1: 3 x ok", "{}", ran.details());
    for _ in 0..3 {
        let (path, bytes, reason) = told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!((path.as_str(), reason), ("/x", Some(h2::Reason::CANCEL)));
        assert_eq!(bytes, b"01234");
    }
}

/// The same draws decide in a simulation: what is broken there is broken here, request by request.
#[test]
fn a_simulation_breaks_the_same_requests() {
    let target = brunt_demo::start(brunt_demo::Config::mock(brunt_demo::MockConfig::default())).unwrap();
    let plan = Plan::to(&target.url())
        .get("/echo")
        .save("token", Extract::Status)
        .login(1, LoginFor::EachUser)
        .request("POST", "/echo")
        .logged_in()
        .fault(FaultKind::Abort, 0.3)
        .get("/bytes/1")
        .fault(FaultKind::Retries(2), 0.2)
        .get("/bytes/2")
        .save("a", Extract::Status)
        .fault(FaultKind::MalformedBody, 0.4)
        .batch(2, 2)
        .times(100);
    let counted = |total: &Second| -> Vec<(u32, u64)> {
        let mut counts = BTreeMap::new();
        for cell in total.cells.iter().chain(&total.asides) {
            *counts.entry(cell.key.endpoint.0).or_default() += cell.count();
        }
        counts.into_iter().collect()
    };
    let (ran, mut simulated) = (plan.run(), Second::default());
    let model = |_, at: Nanos, _: &mut Draw| (at + ms(1), Outcome::Ok);
    let options = SimulationOptions { header: header(), at_most: Nanos::from_secs(60) };
    simulate(&plan.workload(), model, options, &mut |event| {
        if let RunEvent::Second(second) = event {
            simulated.merge(second);
        }
    });
    assert_eq!(counted(&ran.total), counted(&simulated), "{}", ran.details());
    assert!(simulated.asides.iter().all(|cell| cell.count() > 10), "{:?}", counted(&simulated));
}
