//! `compare` and `baseline`, on totals that are made from the golden record's: what is said of them is always the same.

use crate::stage::brunt;
use brunt_testkit::{TestContext, fixture};
use serde_json::{Value, json};

/// The totals of a run, with its response times and errors multiplied, under an id of its own.
fn totals(context: &TestContext, id: &str, latency: f64, errors: u64) {
    let text = std::fs::read_to_string(fixture("runs/v1.1-small/summary.json")).expect("the golden record");
    let mut run: Value = serde_json::from_str(&text).expect("JSON");
    run["id"] = json!(id);
    run["verdict"] = Value::Null;
    let change = |figures: &mut Value| {
        // So many that a share of errors is known well.
        figures["requests"] = json!(50_000);
        figures["errors"] = json!(50 * errors);
        figures["error_rate"] = json!(0.001 * errors as f64);
        for name in ["mean_ms", "p50_ms", "p95_ms", "p99_ms"] {
            let value = figures["response"][name].as_f64().unwrap_or_default();
            figures["response"][name] = json!(value * latency);
        }
    };
    change(&mut run["total"]);
    for endpoint in run["endpoints"].as_array_mut().expect("endpoints") {
        change(&mut endpoint["figures"]);
    }
    context.write(&format!("{id}.json"), run.to_string());
}

/// Five runs that differ a little, and one of another speed.
fn stage() -> TestContext {
    let context = brunt();
    for (id, latency) in [("a1", 1.0), ("a2", 1.02), ("a3", 0.99), ("a4", 1.01), ("a5", 0.98)] {
        totals(&context, id, latency, 1);
    }
    totals(&context, "slow", 1.5, 1);
    totals(&context, "same", 1.01, 1);
    totals(&context, "wrong", 1.0, 40);
    context
}

const FIVE: &str = "a1.json,a2.json,a3.json,a4.json,a5.json";

/// A run without an end judges nothing, unless whoever compares takes it as it is; a file that cannot be read keeps nobody from
/// the others beside it.
#[test]
fn what_is_not_whole() {
    let context = stage();
    let text = std::fs::read_to_string(context.dir().join("same.json")).expect("totals");
    let mut run: Value = serde_json::from_str(&text).expect("JSON");
    (run["finish"], run["id"]) = (Value::Null, json!("cut"));
    context.write("cut.json", run.to_string());
    let main = format!("main={FIVE}");
    let refused = context.run(&["compare", &main, "cut.json"]).expect_code(98);
    assert!(refused.stdout.contains("cut off"), "{}", refused.stdout);
    let taken = context.run(&["compare", &main, "cut.json", "--accept-cut"]).expect_code(0);
    assert!(!taken.stdout.contains("cut off"), "{}", taken.stdout);
    context.write("five/torn.json", "{\"format\": {\"major\": 1");
    for id in ["a1", "a2", "a3", "a4", "a5"] {
        let text = std::fs::read_to_string(context.dir().join(format!("{id}.json"))).expect("totals");
        context.write(&format!("five/{id}.json"), text);
    }
    let compared = context.run(&["compare", "five", "same.json"]).expect_code(0);
    assert!(compared.stderr.contains("left out: "), "{}", compared.stderr);
    let kept = context.run(&["baseline", "set", "main", "five"]).expect_code(0);
    assert!(kept.stderr.contains("left out: "), "{}", kept.stderr);
    let shown = context.run(&["baseline", "show", "main"]).expect_code(0);
    assert!(shown.stderr.contains("left out: "), "{}", shown.stderr);
    let torn = context.run(&["compare", "five/torn.json", "same.json"]).expect_code(2);
    assert!(torn.stderr.contains("torn.json"), "{}", torn.stderr);
}

#[test]
fn what_is_said_of_sides() {
    let context = stage();
    let main = format!("main={FIVE}");
    for (name, arguments, code) in [
        ("worse", &["compare", &main, "new=slow.json"][..], 99),
        ("same", &["compare", &main, "new=same.json"], 0),
        ("one_against_one", &["compare", "a1.json", "slow.json"], 97),
        ("errors", &["compare", &main, "new=wrong.json", "--on", "errors"], 99),
        ("variants", &["compare", "round_robin=a1.json", "least_conn=slow.json", "adaptive=wrong.json"], 97),
        ("markdown", &["compare", &main, "new=slow.json", "--markdown", "-"], 99),
    ] {
        let captured = context.run(arguments).expect_code(code);
        insta::assert_snapshot!(format!("compare_{name}"), captured.snapshot());
    }
}

#[test]
fn as_json() {
    let context = stage();
    let out = context.run(&["compare", FIVE, "slow.json", "--json"]).expect_code(99);
    let value: Value = serde_json::from_str(&out.stdout).expect("JSON");
    assert_eq!(value["outcome"], "worse");
    let p95 = &value["comparisons"][0]["total"][1];
    assert_eq!(
        (&p95["metric"], &p95["verdict"], &p95["stands"]),
        (&json!("p95"), &json!("worse"), &json!(true))
    );
    assert!(p95["change"]["interval"]["low"].as_f64().is_some_and(|low| low > 0.3), "{p95}");
    assert_eq!(value["variants"].as_array().map(Vec::len), Some(2));
    assert_eq!(value["best"], "a1 +4");
}

#[test]
fn what_cannot_be_compared() {
    let context = stage();
    let changed = context.read("slow.json").replace("constant rate 40/s", "constant rate 80/s");
    context.write("other.json", changed.replace("\"slow\"", "\"other\""));
    for (name, arguments, code) in [
        ("another_question", &["compare", FIVE, "other.json"][..], 2),
        ("another_question_anyway", &["compare", FIVE, "other.json", "--different"], 99),
        ("twice", &["compare", FIVE, "a2.json"], 2),
        ("no_margin", &["compare", FIVE, "slow.json", "--margin", "p95=ten"], 2),
        ("no_metric", &["compare", FIVE, "slow.json", "--on", "p95,speed"], 2),
        ("no_run", &["compare", FIVE, "nowhere"], 2),
        ("no_baseline", &["compare", "baseline:main", "slow.json"], 2),
    ] {
        let captured = context.run(arguments).expect_code(code);
        insta::assert_snapshot!(format!("compare_{name}"), captured.snapshot());
    }
}

#[test]
fn results_of_other_tools() {
    let context = brunt();
    let locust = fixture("results/locust/full_stats.csv").display().to_string();
    let k6 = fixture("results/k6_handle_summary.json").display().to_string();
    let sides = ["compare", &format!("locust={locust}"), &format!("k6={k6}")];
    let refused = context.run(&sides).expect_code(2);
    assert!(refused.stderr.contains("  tool: locust has `"), "{}", refused.stderr);
    let shown = context.run(&[&sides[..], &["--different"]].concat()).expect_code(97);
    assert!(shown.stdout.contains("not enough data: one run each"), "{}", shown.stdout);
}

#[test]
fn baselines_are_kept_by_name_and_by_branch() {
    let context = stage();
    let run = |arguments: &[&str], code: i32| context.run(arguments).expect_code(code).snapshot();
    let all = ["a1.json", "a2.json", "a3.json", "a4.json", "a5.json"];
    let set = [&["baseline", "set", "main"][..], &all].concat();
    let mut seen = vec![run(&["baseline", "list"], 0), run(&set, 0)];
    seen.push(run(&["compare", "baseline:main", "new=slow.json", "--json"], 99).lines().count().to_string());
    context.write(".git/HEAD", "ref: refs/heads/feature/x\n");
    seen.push(run(&["baseline", "set", ".", "same.json", "slow.json", "--keep", "1"], 0));
    for arguments in [
        &["baseline", "list"][..],
        &["baseline", "show", "main"],
        &["baseline", "show", "."],
        &["baseline", "set", "main", "nowhere.json"],
        &["baseline", "remove", "main"],
        &["baseline", "remove", "main"],
    ] {
        let captured = context.run(arguments);
        seen.push(captured.snapshot());
    }
    insta::assert_snapshot!("baselines", seen.join("\n----\n"));
    context.write("brunt-runs/baselines.json", "{\"format\": 2}");
    insta::assert_snapshot!("baselines_broken", run(&["baseline", "list"], 2));
}
