//! Who was the limit: brunt, starved on purpose, must say so; a target that is full must not make it say so.

use super::asked_for;
use crate::stage::{alone, at, brunt, count, mock, summary};
use brunt_demo::{Config, MockConfig, start};
use brunt_testkit::{Captured, TestContext};
use std::process::{Child, Command, Stdio};

/// Processes that keep one processor busy, ended when dropped.
struct Burners(Vec<Child>);

impl Burners {
    /// `None` where processes cannot be bound to a processor.
    fn on_core_0(count: usize) -> Option<Self> {
        let burner = || {
            // Bounded: should the test die, so do they.
            let script = "end=$(( $(date +%s) + 20 )); while [ $(date +%s) -lt $end ]; do i=0; \
                          while [ $i -lt 100000 ]; do i=$((i + 1)); done; done";
            let mut command = Command::new("taskset");
            command.args(["-c", "0", "/bin/sh", "-c", script]).stdout(Stdio::null()).spawn().ok()
        };
        (0..count).map(|_| burner()).collect::<Option<Vec<_>>>().map(Self)
    }
}

impl Drop for Burners {
    fn drop(&mut self) {
        for burner in &mut self.0 {
            // It may have ended by itself.
            let _ = burner.kill();
            let _ = burner.wait();
        }
    }
}

#[test]
fn a_starved_generator_says_so() {
    if !asked_for() {
        return;
    }
    let _alone = alone();
    let target = mock();
    let Some(_burners) = Burners::on_core_0(6) else {
        println!("skipped: there is no `taskset` here");
        return;
    };
    let bound = TestContext::new("taskset");
    let brunt = env!("CARGO_BIN_EXE_brunt");
    let url = at(&target, "/");
    let load = ["-c", "0", brunt, "run", &url, "--rate", "10000", "-d", "5s", "--json", "--no-record"];
    let captured = bound.run(&load).expect_code(98);
    let summary = summary(&captured);
    let verdict = summary["verdict"]["summary"].as_str().unwrap_or_default();
    println!("starved: {verdict}");
    assert!(verdict.starts_with("not valid, generator-limited: "), "{verdict}");
}

/// Runs against a target of 2 servers of 10 ms: 200 answers per second, no more.
fn saturated(load: &[&str]) -> Captured {
    let _alone = alone();
    let json = r#"{"routes": [{"path": "/"}],
        "capacity": {"servers": 2, "service": {"constant": "10ms"}, "queue": 100000}}"#;
    let target = start(Config::mock(MockConfig::from_json("mock.json", json).expect("it is valid")));
    let target = target.expect("a free port");
    brunt().run(&[&["run", &at(&target, "/"), "--json", "--no-record"], load].concat())
}

#[test]
fn a_full_target_is_not_the_generators_fault() {
    if !asked_for() {
        return;
    }
    let loads: [&[&str]; 3] = [
        // More users than servers, more arrivals than answers, and as many users as there may be.
        &["-u", "50", "-d", "5s"],
        &["--rate", "400", "-d", "5s"],
        &["--rate", "400", "-d", "5s", "--max-users", "100"],
    ];
    for load in loads {
        let summary = summary(&saturated(load));
        let verdict = summary["verdict"]["summary"].as_str().unwrap_or_default();
        println!("{}: {verdict}", load.join(" "));
        let findings = summary["verdict"]["findings"].as_array().cloned().unwrap_or_default();
        for finding in findings {
            let id = finding["id"].as_str().unwrap_or_default();
            assert!(!(id.starts_with("generator-") && finding["against"] == true), "{load:?}: {finding}");
        }
        let rate = summary["total"]["requests_per_second"].as_f64().unwrap_or_default();
        assert!(rate < 205.0, "{load:?}: {rate}");
        assert_eq!(count(&summary, "/total/errors"), 0);
    }
}
