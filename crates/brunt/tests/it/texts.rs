//! What the program says without sending anything: help, versions, checks, schema, simulations.

use crate::stage::brunt;
use brunt_testkit::fixture;
use std::fmt::Write as _;
use std::fs;

/// The plans in a folder of fixtures, in the order of their names.
fn plans(folder: &str) -> Vec<String> {
    let files = fs::read_dir(fixture(folder)).expect("the fixtures");
    let paths = files.map(|file| file.expect("a fixture").path());
    let is_plan = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|e| ["yaml", "json", "toml"].iter().any(|known| e == *known))
    };
    let mut paths: Vec<_> = paths.filter(is_plan).map(|path| path.display().to_string()).collect();
    paths.sort();
    paths
}

/// The name of a fixture's file.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[test]
fn help_and_version() {
    let context = brunt();
    let mut text = String::new();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["run", "--help"],
        &["demo", "-h"],
        &["target", "-h"],
        &["check", "-h"],
        &["schema", "-h"],
        &["runs", "-h"],
        &["show", "-h"],
        &["export", "-h"],
    ] {
        let captured = context.run(arguments).expect_code(0);
        let _ = writeln!(text, "$ brunt {}\n{}", arguments.join(" "), captured.snapshot());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_and_unknown_commands() {
    let context = brunt();
    insta::assert_snapshot!(
        context.run(&["rnu"]).expect_code(2).snapshot(),
        @r"
    exit: 2
    --- stderr
    error: unrecognized subcommand 'rnu'

      tip: a similar subcommand exists: 'runs'

    Usage: brunt [OPTIONS] <COMMAND>

    For more information, try '--help'.
    "
    );
    assert!(context.run(&[]).expect_code(2).stderr.contains("Usage: brunt"));
}

#[test]
fn good_plans_are_valid() {
    let plans = plans("plans/good");
    let arguments: Vec<&str> = std::iter::once("check").chain(plans.iter().map(String::as_str)).collect();
    let captured = brunt().env("FIXTURE_TOKEN", "s3cret").run(&arguments).expect_code(0);
    assert_eq!(captured.stdout.lines().count(), plans.len());
    assert!(captured.stdout.lines().all(|line| line.contains(": valid, ")), "{}", captured.stdout);
}

#[test]
fn a_bad_plan_says_everything_that_is_wrong() {
    let context = brunt();
    for plan in plans("plans/bad") {
        let warns_only = fs::read_to_string(format!("{plan}.expected")).is_ok_and(|t| !t.contains("error: "));
        let _ = context.run(&["check", &plan]).expect_code(if warns_only { 0 } else { 2 });
    }
    let plan = fs::read_to_string(fixture("plans/bad/rate-zero.yaml")).expect("a fixture");
    context.write("plan.yaml", plan);
    for command in ["check", "run"] {
        let captured = context.run(&[command, "plan.yaml"]).expect_code(2);
        let expected = fs::read_to_string(fixture("plans/bad/rate-zero.yaml.expected")).expect("a fixture");
        assert_eq!(captured.stderr.replace("plan.yaml", "rate-zero.yaml").trim(), expected.trim());
    }
}

#[test]
fn the_schema_is_json() {
    let captured = brunt().run(&["schema"]).expect_code(0);
    let schema: serde_json::Value = serde_json::from_str(&captured.stdout).expect("the schema is JSON");
    assert!(schema["$schema"].as_str().is_some_and(|s| s.contains("json-schema.org")));
    assert!(schema["$defs"]["bursts"].is_object());
}

#[test]
fn simulations_show_every_executor() {
    let context = brunt().env("FIXTURE_TOKEN", "s3cret");
    let mut curves = String::new();
    for plan in plans("plans/good") {
        let captured = context.run(&["run", &plan, "--simulate", "--seed", "1"]).expect_code(0);
        let _ = writeln!(curves, "$ brunt run {} --simulate\n{}", name(&plan), captured.stdout);
        let again = context.run(&["run", &plan, "--simulate", "--seed", "1"]).expect_code(0);
        assert_eq!(captured.stdout, again.stdout, "a simulation is determined by its seed");
    }
    insta::assert_snapshot!(curves);
    assert!(!context.dir().join("brunt-runs").exists(), "a simulation leaves no record");
}

#[test]
fn a_simulation_as_json() {
    let plan = fixture("plans/good/ramping-rate.yaml").display().to_string();
    let captured = brunt().run(&["run", &plan, "--simulate", "--json", "--seed", "1"]).expect_code(0);
    insta::assert_snapshot!(captured.stdout.lines().take(12).collect::<Vec<_>>().join("\n"));
    for line in captured.stdout.lines() {
        let _: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
    }
}

/// Logins are requests, and what is broken on purpose is counted beside them.
#[test]
fn a_simulation_has_logins_and_faults() {
    let context = brunt();
    context.write(
        "plan.yaml",
        "logins: {api: {steps: [{post: /token, save: {token: $.token}}]}}\nauth: {login: api, bearer: '${token}'}\n\
         actions: {a: [{get: /a}]}\nfaults: {malformed: 100%}\nscenarios: {load: {users: 3, iterations: 6}}\n",
    );
    let arguments = ["run", "plan.yaml", "--target", "http://a", "--simulate"];
    let shown = context.run(&arguments).expect_code(0);
    assert!(shown.stdout.contains("3 requests in 1 s; 6 more are broken on purpose"), "{}", shown.stdout);
    let json = context.run(&[&arguments[..], &["--json"]].concat()).expect_code(0);
    let second: serde_json::Value = serde_json::from_str(json.stdout.trim()).expect("one line");
    assert_eq!((&second["requests"], &second["injected"]), (&3.into(), &6.into()), "{second}");
}

#[test]
fn a_url_can_be_simulated() {
    let arguments = ["run", "http://a/", "--rate", "5/s", "-d", "3s", "--simulate", "--ascii"];
    let captured = brunt().run(&[&arguments[..], &["--simulate-response", "1s"]].concat()).expect_code(0);
    insta::assert_snapshot!(captured.stdout);
}
