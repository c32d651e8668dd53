//! Requests side by side in one user.

use crate::drive::{Plan, ms};
use crate::server::{answer, read_request, scripted};
use brunt_metrics::Nanos;
use brunt_workload::{Extract, HttpVersion, OnFailure};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// Answers when `together` requests are there at once, and tells how many there have been at most.
fn gate(together: usize) -> (crate::server::Scripted, Arc<AtomicUsize>) {
    let most = Arc::new(AtomicUsize::new(0));
    let (seen, gate) = (Arc::clone(&most), Arc::new((Mutex::new((0, 0, 0)), Condvar::new())));
    let server = scripted(move |_, mut stream| {
        while read_request(&mut stream).is_some() {
            // Waiting in this round; rounds so far; unanswered.
            let (state, changed) = &*gate;
            let mut now = state.lock().unwrap();
            (now.0, now.2) = (now.0 + 1, now.2 + 1);
            seen.fetch_max(now.2, Ordering::SeqCst);
            let round = now.1;
            if now.0 == together {
                (now.0, now.1) = (0, round + 1);
                changed.notify_all();
            }
            while now.1 == round {
                now = changed.wait(now).unwrap();
            }
            now.2 -= 1;
            drop(now);
            answer(&mut stream, "", b"");
        }
    });
    (server, most)
}

#[test]
fn so_many_are_under_way_at_once() {
    for (requests, at_once, together) in [(6, 3, 3), (4, 6, 4), (3, 1, 1), (8, 2, 2)] {
        let (server, most) = gate(together);
        let mut plan = Plan::to(&server.url);
        for _ in 0..requests {
            plan = plan.get("/");
        }
        let ran = plan.batch(requests, at_once).times(3).run();
        assert_eq!(ran.total.requests(), 3 * requests as u64, "{}", ran.details());
        assert_eq!(ran.total.errors(), 0, "{}", ran.details());
        assert_eq!(most.load(Ordering::SeqCst), together);
        assert_eq!((ran.connects(), ran.open), (together as u64, 0), "lanes keep their connections");
    }
}

#[test]
fn http2_streams_share_a_connection() {
    let target = brunt_demo::start(brunt_demo::Config::mock(brunt_demo::MockConfig::default())).unwrap();
    let plan = Plan::to(&target.url()).get("/delay/30").get("/delay/30").get("/delay/30").batch(3, 3);
    let ran = plan.times(2).version(HttpVersion::Http2).run();
    assert_eq!(ran.outcomes(), "0: 2 x 200 ok, 1: 2 x 200 ok, 2: 2 x 200 ok", "{}", ran.details());
    assert_eq!((ran.connects(), target.stats().connections), (1, 1));
}

/// What one sets or saves, those that begin later have.
#[test]
fn cookies_and_memory_are_shared() {
    let server = scripted(|_, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let known = request.contains("Cookie: sid=1") && request.starts_with("GET /use/7 ");
            if request.starts_with("GET /first") {
                answer(&mut stream, "Set-Cookie: sid=1; Path=/\r\n", b"7");
            } else if known {
                answer(&mut stream, "", b"");
            } else {
                let _ = stream.write_all(b"HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let plan = Plan::to(&server.url).get("/first").save("a", Extract::Body).get("/use/${a}").get("/use/${a}");
    let ran = plan.batch(3, 1).run();
    assert_eq!(ran.outcomes(), "0: 1 x 200 ok, 1: 1 x 200 ok, 2: 1 x 200 ok", "{}", ran.details());
    let plan = Plan::to(&server.url).get("/first").save("a", Extract::Body).get("/use/${a}").get("/use/${a}");
    let ran = plan.batch(2, 1).run();
    assert_eq!(ran.outcomes(), "0: 1 x 200 ok, 1: 1 x 200 ok, 2: 1 x 200 ok", "{}", ran.details());
}

/// Each has a timeout of its own, and one that fails ends the iteration unless it does not matter.
#[test]
fn timeouts_and_failures_are_each_ones_own() {
    for (on_failure, after) in [(OnFailure::End, ""), (OnFailure::Continue, ", 3: 1 x 200 ok")] {
        let target = brunt_demo::start(brunt_demo::Config::mock(brunt_demo::MockConfig::default())).unwrap();
        let long = |r: &mut brunt_workload::Request| (r.timeout, r.on_failure) = (ms(60), on_failure);
        let plan = Plan::to(&target.url()).get("/delay/150").timeout(Nanos::from_secs(5));
        let plan = plan.get("/delay/5000").with(long).get("/delay/5");
        let ran = plan.batch(3, 3).get("/").run();
        let outcomes = format!("0: 1 x 200 ok, 1: 1 x request timeout, 2: 1 x 200 ok{after}");
        assert_eq!(ran.outcomes(), outcomes, "{}", ran.details());
        assert_eq!(ran.total.scenarios[0].failed, u64::from(after.is_empty()));
    }
}

#[test]
fn a_cut_ends_all_of_them() {
    let target = brunt_demo::start(brunt_demo::Config::faulty()).unwrap();
    let plan = Plan::to(&target.url()).get("/never").get("/never").get("/never").batch(3, 2);
    let ran = plan.timeout(Nanos::from_secs(20)).with(|r| r.timeout = Nanos::from_secs(20)).cut().run();
    assert_eq!(ran.total.requests(), 2, "none is begun after the cut: {}", ran.outcomes());
}

/// What waits for a place in its batch, or behind copies of the request before it, is not late.
#[test]
fn waiting_for_each_other_is_no_lag() {
    use brunt_workload::FaultKind;
    let target = brunt_demo::start(brunt_demo::Config::mock(brunt_demo::MockConfig::default())).unwrap();
    let slow = || Plan::to(&target.url()).get("/delay/400").get("/delay/400").get("/health");
    let batch = slow().batch(3, 1);
    let burst = Plan::to(&target.url()).get("/delay/400").fault(FaultKind::Retries(2), 1.0).get("/health");
    for plan in [batch, burst] {
        let ran = plan.run();
        assert_eq!(ran.total.errors(), 0, "{}", ran.details());
        let lag = ran.total.lag.max;
        assert!(lag < ms(300), "{lag}");
    }
}
