//! The context, tried on the shell.

use brunt_testkit::TestContext;
use std::time::Duration;

fn shell() -> TestContext {
    TestContext::new("/bin/sh")
}

#[test]
fn streams_code_and_folder_are_captured() {
    let context = shell();
    context.write("plans/a.yaml", "x: 1\n");
    let captured = context.run(&["-c", "cat plans/a.yaml; pwd >&2; echo 127.0.0.1:4242 >&2; exit 3"]);
    assert_eq!(captured.snapshot(), "exit: 3\n--- stdout\nx: 1\n--- stderr\n[DIR]\n127.0.0.1:[PORT]\n");
    assert_eq!(context.read("plans/a.yaml"), "x: 1\n");
    assert_eq!(shell().run(&["-c", ":"]).expect_code(0).snapshot(), "exit: 0\n");
}

#[test]
fn the_environment_is_what_was_said() {
    let context = shell()
        .env("A", "1")
        .env("A", "2")
        .filters(|filters| filters.pattern("(?m)^(PATH|PWD|OLDPWD|SHLVL|_)=.*\n", ""));
    let captured = context.run(&["-c", "env | sort"]);
    assert_eq!(
        captured.snapshot(),
        "exit: 0\n--- stdout\nA=2\nHOME=[DIR]\nLC_ALL=C\nNO_COLOR=1\nTERM=dumb\nTZ=UTC\n"
    );
}

#[test]
fn a_running_program_is_read_and_killed() {
    let context = shell();
    let running = context.spawn(&["-c", "echo port 7; while :; do :; done"]);
    let port: u16 =
        running.wait_for_line(|line| line.strip_prefix("port ").and_then(|port| port.parse().ok()));
    assert_eq!(port, 7);
    running.kill();
    let captured = running.wait();
    assert_eq!(captured.snapshot(), "ended by a signal\n--- stdout\nport 7\n");
}

#[test]
fn ctrl_c_reaches_the_program() {
    let script = "trap 'echo bye; exit 105' INT; echo ready >&2; while :; do :; done";
    let context = shell();
    let running = context.spawn(&["-c", script]);
    running.wait_for_error_line(|line| (line == "ready").then_some(()));
    running.interrupt();
    assert_eq!(running.wait().snapshot(), "exit: 105\n--- stdout\nbye\n--- stderr\nready\n");
}

#[test]
#[should_panic(expected = "no end within")]
fn a_program_that_does_not_end_fails_the_test() {
    let _ = shell().limit(Duration::from_millis(50)).run(&["-c", "while :; do :; done"]);
}

#[test]
#[should_panic(expected = "ended without such a line\n--- stdout\nother\n")]
fn a_line_that_never_comes_fails_the_test() {
    shell().spawn(&["-c", "echo other"]).wait_for_line(|line| (line == "ready").then_some(()));
}

#[test]
fn what_is_dropped_is_ended() {
    let context = shell();
    let running = context.spawn(&["-c", "echo $$; while :; do :; done"]);
    let id: u32 = running.wait_for_line(|line| line.parse().ok());
    drop(running);
    let gone = || !std::path::Path::new(&format!("/proc/{id}")).exists();
    // Its waiter reaps it as soon as the signal has come through.
    while !gone() {
        std::thread::yield_now();
    }
}
