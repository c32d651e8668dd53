//! Waiting for the target before the load.

use crate::drive::{Plan, ms};
use brunt_demo::{Config, MockConfig, TlsConfig, start};
use brunt_http::wait_until_ready;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

#[test]
fn a_target_that_is_there() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let settings = Plan::to(&target.url()).get("/").settings();
    wait_until_ready(&settings, ms(0), |_| panic!("nothing to wait for")).unwrap();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a target that comes late needs time to pass")]
fn a_target_that_comes_late() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Plan::to(&format!("http://{address}")).get("/").settings();
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        TcpListener::bind(address).unwrap()
    });
    let mut told = Vec::new();
    wait_until_ready(&settings, ms(10_000), |origin| told.push(origin.to_owned())).unwrap();
    assert_eq!(told, [format!("http://{address}")], "once");
    late.join().unwrap();
}

#[test]
fn a_target_that_never_comes() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Plan::to(&format!("http://{address}")).get("/").settings();
    let error = wait_until_ready(&settings, ms(250), |_| {}).unwrap_err().to_string();
    let port = address.port().to_string();
    let (before, after) = error.split_once(" after ").unwrap();
    let (waited, last) = after.split_once(": ").unwrap();
    insta::assert_snapshot!(
        format!("{before} after [time]: {last}").replace(&port, "PORT"),
        @"http://127.0.0.1:PORT is not ready after [time]: cannot connect to 127.0.0.1:PORT: Connection refused (os error 111)"
    );
    assert!(waited.ends_with("ms"), "{waited}");
}

#[test]
fn a_certificate_is_not_waited_for() {
    let target = start(Config::mock(MockConfig::default()).tls(TlsConfig::default())).unwrap();
    let other = start(Config::mock(MockConfig::default()).tls(TlsConfig::default())).unwrap();
    let ca = other.certificates().unwrap().ca_pem.clone().into_bytes();
    let settings = Plan::to(&target.url()).get("/").target(|t| t.tls.ca_pem = Some(ca)).settings();
    let error = wait_until_ready(&settings, ms(60_000), |_| panic!("no second attempt")).unwrap_err();
    let error = error.to_string();
    let (_, last) = error.split_once(": ").unwrap();
    assert!(last.contains("tls: "), "{error}");
}
