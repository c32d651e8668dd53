//! `brunt doctor`, each check where it finds nothing and where it does.

use crate::stage::{at, brunt, mock};
use brunt_testkit::TestContext;
use serde_json::Value;
use std::net::TcpListener;

/// The exit code, and of the check called `name` its health and what it says.
fn check(context: &TestContext, arguments: &[&str], name: &str) -> (Option<i32>, String, String) {
    let captured = context.run(&[&["doctor", "--json"], arguments].concat());
    let json: Value = serde_json::from_str(&captured.stdout).expect("JSON");
    let all = json["checks"].as_array().expect("checks").clone();
    let found =
        all.iter().rfind(|c| c["name"] == name).unwrap_or_else(|| panic!("no {name}: {}", captured.stdout));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (captured.code, text("health"), format!("{} -> {}", text("found"), text("help")))
}

#[test]
fn targets() {
    let context = brunt();
    let target = mock();
    let base = at(&target, "");
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("its address"))
    };
    let rows: [(&[&str], &str, i32, &str, &str); 5] = [
        (&[&base], "target", 0, "ok", "takes connections"),
        (&[&base], "health", 0, "ok", "/health says that it is well"),
        (
            &[&base, "--health", "/status/503"],
            "health",
            3,
            "fail",
            "/status/503 answered 503 -> look at it yourself: `curl -f",
        ),
        (&[&gone, "--wait", "0s"], "target", 3, "fail", "is not ready"),
        (&["http://"], "target", 2, "fail", "http://"),
    ];
    for (arguments, name, code, health, says) in rows {
        let got = check(&context, arguments, name);
        assert!(got.0 == Some(code) && got.1 == health && got.2.contains(says), "{arguments:?}: {got:?}");
    }
}

#[test]
fn ports_results_and_plans() {
    let context = brunt();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    std::fs::write(context.dir().join("file"), "no folder").expect("a file");
    std::fs::write(context.dir().join("bad.yaml"), "x: 1\n").expect("a plan");
    let plan =
        "target: http://127.0.0.1:9\nactions: {a: [get: /]}\nscenarios: {s: {users: 1, duration: 1s}}\n";
    std::fs::write(context.dir().join("good.yaml"), plan).expect("a plan");
    let named = format!("port {port}");
    let rows: [(&[&str], &str, i32, &str, &str); 5] = [
        (&["--port", &port], &named, 0, "info", "somebody listens there -> if that is the target"),
        (&["--results", "new/place"], "results", 0, "ok", "can be made by the first run"),
        (&["--results", "file/in"], "results", 1, "fail", "`file/in` cannot be written"),
        (&["bad.yaml"], "plan", 2, "fail", "is not valid -> see what is wrong: `brunt check bad.yaml`"),
        (&["good.yaml", "--wait", "0s"], "plan", 3, "ok", "is valid"),
    ];
    for (arguments, name, code, health, says) in rows {
        let got = check(&context, arguments, name);
        assert!(got.0 == Some(code) && got.1 == health && got.2.contains(says), "{arguments:?}: {got:?}");
    }
    assert!(!context.dir().join("new/place").exists(), "what was made for the trial is gone");
}

/// For people: a line a check, what to do below it.
#[test]
fn as_lines() {
    let captured = brunt().run(&["doctor", "--results", "results"]);
    assert_eq!(captured.code, Some(0), "{}", captured.stdout);
    let names: Vec<_> = captured.stdout.lines().filter_map(|l| l.get(6..20)).map(str::trim).collect();
    for name in [
        "processors",
        "open files",
        "memory",
        "ports out",
        "results",
        "port 8080",
        "port 8089",
        "other tools",
    ] {
        assert!(names.contains(&name), "{name}: {}", captured.stdout);
    }
}
