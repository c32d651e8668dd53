//! Logging in before a request that needs it, once for whoever shares it, and again when it is over.

use crate::drive::{Plan, text};
use crate::server::{Scripted, answer, read_request, scripted};
use brunt_workload::{Escape, Extract, LoginFor};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Gives out tokens at `/login`; each is good for so many requests of `/work`, and only the latest is.
fn server(good_for: usize, refused: bool) -> (Scripted, Arc<AtomicUsize>) {
    let logins = Arc::new(AtomicUsize::new(0));
    let (count, used) = (Arc::clone(&logins), Arc::new(AtomicUsize::new(0)));
    let server = scripted(move |_, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            if request.starts_with("POST /login") && !refused {
                let token = count.fetch_add(1, Ordering::SeqCst) + 1;
                used.store(0, Ordering::SeqCst);
                answer(&mut stream, "", format!("{{\"token\":\"t{token}\"}}").as_bytes());
                continue;
            }
            let token = format!("Bearer t{}", count.load(Ordering::SeqCst));
            if request.contains(&token) && used.fetch_add(1, Ordering::SeqCst) < good_for {
                answer(&mut stream, "", b"ok");
            } else {
                count.fetch_add(usize::from(refused), Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 401 no\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    (server, logins)
}

fn plan(url: &str, who: LoginFor) -> Plan {
    let plan = Plan::to(url).request("POST", "/login").save("token", Extract::Json("$.token".into()));
    let plan = plan.login(1, who).get("/work").logged_in();
    plan.with(|r| r.headers.push(("Authorization".into(), text("Bearer ${token}", Escape::None))))
}

#[test]
fn a_login_is_made_once() {
    for (who, users, good_for, logins) in [
        (LoginFor::EachUser, 1, usize::MAX, 1),
        (LoginFor::EachWorker, 1, usize::MAX, 1),
        (LoginFor::EachWorker, 8, usize::MAX, 1),
    ] {
        let (server, count) = server(good_for, false);
        let ran = plan(&server.url, who).users(users).times(40).run();
        assert_eq!(ran.outcomes(), format!("0: {logins} x 200 ok, 1: 40 x 200 ok"), "{}", ran.details());
        assert_eq!((count.load(Ordering::SeqCst), ran.retries()), (logins, 0), "{who:?} {users}");
    }
}

/// Where no login is made, a request with one is as late as it is: between due and sent.
#[test]
fn requests_with_a_login_have_their_lag() {
    let (server, _) = server(usize::MAX, false);
    let median = |plan: Plan| plan.times(400).run().total.lag.quantile(0.5).unwrap();
    let with = median(plan(&server.url, LoginFor::EachUser));
    let without = median(Plan::to(&server.url).get("/work"));
    // Without it, it was a hundredth.
    assert!(with.0 * 5 >= without.0, "{with} {without}");
}

/// Each user has a login of its own; here all tokens are good.
#[test]
fn each_user_logs_in() {
    let server = scripted(|_, mut stream| {
        while read_request(&mut stream).is_some() {
            answer(&mut stream, "", b"{\"token\":\"x\"}");
        }
    });
    let ran = plan(&server.url, LoginFor::EachUser).users(4).times(40).run();
    assert_eq!(ran.outcomes(), "0: 4 x 200 ok, 1: 40 x 200 ok", "{}", ran.details());
}

#[test]
fn a_login_that_is_over_is_made_again() {
    let (server, count) = server(10, false);
    let ran = plan(&server.url, LoginFor::EachUser).times(40).run();
    assert_eq!(ran.outcomes(), "0: 4 x 200 ok, 1: 40 x 200 ok", "{}", ran.details());
    assert_eq!((count.load(Ordering::SeqCst), ran.retries()), (4, 3));
}

/// All users are refused at once; one of them logs in for all.
#[test]
fn a_shared_login_is_renewed_by_one() {
    let current = Arc::new(AtomicUsize::new(0));
    let logins = Arc::clone(&current);
    let answered = Arc::new(AtomicUsize::new(0));
    let server = scripted(move |_, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            if request.starts_with("POST /login") {
                let token = logins.fetch_add(1, Ordering::SeqCst) + 1;
                answer(&mut stream, "", format!("{{\"token\":\"t{token}\"}}").as_bytes());
                continue;
            }
            // After twenty answers the first token is good no more.
            let over = request.contains("Bearer t1\r\n") && answered.fetch_add(1, Ordering::SeqCst) >= 20;
            let status = if over { "401 no" } else { "200 ok" };
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        }
    });
    let ran = plan(&server.url, LoginFor::EachWorker).users(8).times(100).run();
    assert_eq!(ran.outcomes(), "0: 2 x 200 ok, 1: 100 x 200 ok", "{}", ran.details());
    assert_eq!(current.load(Ordering::SeqCst), 2);
    assert!((1..=8).contains(&ran.retries()), "{}", ran.retries());
}

/// A request is sent again once: a new login that is refused as well is the end of it.
#[test]
fn a_login_that_does_not_help() {
    let (server, count) = server(0, false);
    let ran = plan(&server.url, LoginFor::EachUser).times(3).run();
    assert_eq!(ran.outcomes(), "0: 4 x 200 ok, 1: 3 x 401 status", "{}", ran.details());
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

#[test]
fn a_login_that_fails() {
    for who in [LoginFor::EachUser, LoginFor::EachWorker] {
        let (server, _) = server(0, true);
        let ran = plan(&server.url, who).times(3).run();
        assert_eq!(ran.outcomes(), "0: 3 x 401 status, 1: 3 x missing value");
        let words = "login `api` failed: its request `POST ` ended with status 401 (its own line says why)";
        assert!(ran.details().contains(words), "{}", ran.details());
    }
}
