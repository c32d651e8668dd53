//! Starting, stopping, binding.

use std::{
    io::{ErrorKind, Write},
    net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    num::NonZeroUsize,
    os::unix::net::UnixStream,
    time::Duration,
};

use brunt_demo::{Bind, Config, MockConfig, Target, TlsConfig, mock::Route, mock::Stall, names, start};

use crate::client::{address, ask, connect, exchange, mock, now};

/// Far more than stopping takes, and far less than anything that stopping must not wait for.
const BOUND: Duration = Duration::from_secs(3);

#[test]
fn each_target_starts_and_stops_and_frees_its_port() {
    for (name, _) in names() {
        let running = start(Config::new(Target::named(name).expect(name))).expect(name);
        assert!(running.url().starts_with("http://127.0.0.1:"), "{}", running.url());
        let at = address(&running);
        drop(running);
        assert!(TcpStream::connect(at).is_err(), "{name} still accepts");
        TcpListener::bind(at).expect("the port is free");
    }
}

#[test]
fn stopping_does_not_wait_for_anything() {
    // Awake for the first while, in which the requests arrive; then mostly frozen.
    let stall = Some(Stall { every: Duration::from_millis(500), lasts: Duration::from_millis(450) });
    let slow = mock(MockConfig { stall, ..MockConfig::default() });
    let faulty = start(Config::faulty()).expect("start");
    let mut clients = Vec::new();
    for (running, path) in
        [(&slow, "/delay/60000"), (&slow, "/drip/1000/60000"), (&faulty, "/never"), (&faulty, "/endless")]
    {
        let mut client = connect(running);
        client.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).expect("write");
        clients.push(client);
    }
    let begin = now();
    while faulty.stats().requests < 2 || slow.stats().requests < 2 {
        assert!(begin.elapsed() < BOUND, "the requests do not arrive");
        std::thread::yield_now();
    }
    let begin = now();
    slow.stop();
    faulty.stop();
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
}

#[test]
fn ipv6() {
    let bind = Bind::Tcp(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)));
    let running = start(Config::mock(MockConfig::default()).bind(bind));
    match running {
        Ok(running) => {
            assert!(running.url().starts_with("http://[::1]:"));
            assert_eq!(ask(&running, "GET /health").status, 200);
        }
        // A machine without IPv6.
        Err(error) => assert_eq!(error.kind(), ErrorKind::AddrNotAvailable),
    }
}

#[test]
fn unix_sockets() {
    let path = std::env::temp_dir().join(format!("brunt-demo-{}.sock", std::process::id()));
    for target in [Target::named("mock").expect("mock"), Target::Null] {
        let threads = NonZeroUsize::new(2).expect("2");
        let config = Config::new(target).bind(Bind::Unix(path.clone())).threads(threads);
        let running = start(config.clone()).expect("start");
        assert_eq!(running.url(), format!("unix:{}", path.display()));
        assert_eq!(exchange(&mut UnixStream::connect(&path).expect("connect"), "GET /health").status, 200);
        assert_eq!(start(config).expect_err("in use").kind(), ErrorKind::AddrInUse);
        running.stop();
        assert!(!path.exists());
    }
}

#[test]
fn what_cannot_be_served_is_invalid_input() {
    let bad = Config::mock(MockConfig::with(vec![Route::get("no-slash")]));
    for config in [bad, Config::faulty().tls(TlsConfig::default())] {
        assert_eq!(start(config).expect_err("invalid").kind(), ErrorKind::InvalidInput);
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("bind");
    let config = Config::null().bind(Bind::Tcp(taken.local_addr().expect("address")));
    assert_eq!(start(config).expect_err("taken").kind(), ErrorKind::AddrInUse);
}
