//! Where connections go, and where they cannot.

use crate::drive::{Plan, ms};
use crate::server::scripted;
use brunt_demo::{Bind, Config, MockConfig, start};
use brunt_metrics::Part;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

#[test]
fn unix_sockets_and_ipv6() {
    let folder = tempfile::tempdir().unwrap();
    for bind in [Bind::Unix(folder.path().join("socket")), Bind::Tcp("[::1]:0".parse().unwrap())] {
        let target = start(Config::mock(MockConfig::default()).bind(bind.clone())).unwrap();
        let ran = Plan::to(&target.url()).get("/").times(3).run();
        assert_eq!(ran.outcomes(), "0: 3 x 200 ok", "{bind:?}: {}", ran.details());
        assert_eq!((ran.connects(), target.stats().connections), (1, 1));
        assert_eq!(ran.part(Part::Connect).count, 1);
        assert_eq!(ran.part(Part::Dns).count, 0);
    }
    let ran = Plan::to(&format!("unix:{}", folder.path().join("none").display())).get("/").run();
    assert_eq!(ran.outcomes(), "0: 1 x connect");
    assert!(ran.details().ends_with("none: No such file or directory (os error 2)"), "{}", ran.details());
}

#[test]
fn names_are_resolved_once() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let url = format!("http://localhost:{}", target.addr().unwrap().port());
    let plan = Plan::to(&url).get("/").times(5).target(|t| t.keep_alive = false);
    let ran = plan.run();
    assert_eq!(ran.outcomes(), "0: 5 x 200 ok", "{}", ran.details());
    let resolving = ran.part(Part::Dns);
    assert!(resolving.count >= 1 && resolving.max < ms(5_000));
}

#[test]
fn connect_to_leads_elsewhere() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    let port = target.addr().unwrap().port();
    let here = (Some("127.0.0.1"), Some(port));
    for (url, from, to, outcomes) in [
        ("http://nowhere.invalid:80", (Some("nowhere.invalid"), Some(80)), here, "0: 1 x 200 ok"),
        ("http://nowhere.invalid:80", (Some("NOWHERE.invalid"), None), here, "0: 1 x 200 ok"),
        ("http://nowhere.invalid:80", (None, Some(80)), here, "0: 1 x 200 ok"),
        ("http://nowhere.invalid:80", (None, None), here, "0: 1 x 200 ok"),
        ("http://127.0.0.1:1", (None, None), (None, Some(port)), "0: 1 x 200 ok"),
        ("http://127.0.0.1:1", (Some("other"), None), here, "0: 1 x connect refused"),
        ("http://127.0.0.1:1", (None, Some(2)), here, "0: 1 x connect refused"),
    ] {
        let ran = Plan::to(url).get("/").connect_to(from, to).run();
        assert_eq!(ran.outcomes(), outcomes, "{url} {from:?}: {}", ran.details());
    }
}

#[test]
fn places_that_do_not_exist() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // A label of more than 63 bytes is refused by the resolver itself: no network is needed to know.
    let name = format!("http://{}.invalid:80", "x".repeat(70));
    for (url, outcomes, detail) in [
        (format!("http://{free}"), "0: 4 x connect refused", format!("cannot connect to {free}: ")),
        (name, "0: 4 x dns", "cannot resolve xxx".to_owned()),
    ] {
        let ran = Plan::to(&url).get("/").times(4).run();
        assert_eq!(ran.outcomes(), outcomes, "{}", ran.details());
        assert!(ran.details().starts_with(&detail), "{}", ran.details());
        assert_eq!((ran.connects(), ran.open), (0, 0));
    }
}

/// A listener that has no room for another connection: a SYN to it is dropped, as by a firewall.
struct Full {
    address: SocketAddr,
    _held: (tokio::runtime::Runtime, tokio::net::TcpListener, Vec<TcpStream>),
}

fn full() -> Full {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let listener = {
        let _inside = runtime.enter();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket.listen(0).unwrap()
    };
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
        assert!(waiting.len() < 1_000, "a listener that never fills");
    }
    Full { address, _held: (runtime, listener, waiting) }
}

#[test]
fn the_timeout_that_comes_first_is_named() {
    let full = full();
    let url = format!("http://{}", full.address);
    for (connect, request, outcomes) in
        [(100, 3_000, "0: 2 x connect timeout"), (3_000, 100, "0: 2 x request timeout")]
    {
        let plan = Plan::to(&url).get("/").timeout(ms(request)).times(2);
        let ran = plan.target(|t| t.connect_timeout = ms(connect)).run();
        assert_eq!(ran.outcomes(), outcomes);
        assert!((ms(100)..ms(1_500)).contains(&ran.service_max()), "{}", ran.service_max());
        assert_eq!((ran.connects(), ran.open), (0, 0));
    }
    // The connect timeout is for connecting alone.
    let silent = scripted(|_, _stream| std::thread::park());
    let plan = Plan::to(&silent.url).get("/").timeout(ms(200)).target(|t| t.connect_timeout = ms(50));
    let ran = plan.run();
    assert_eq!(ran.outcomes(), "0: 1 x request timeout");
    assert!(ran.service_max() >= ms(200));
}
