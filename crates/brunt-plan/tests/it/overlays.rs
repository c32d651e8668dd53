//! What is laid over a plan: environments, profiles, presets, the command line's load and settings, variables.

use crate::fixtures::lower_with;
use brunt_metrics::Nanos;
use brunt_plan::{
    Format, LoadOverride, Lowered, Overrides, PRESETS, QuickOptions, Report, Source, Surroundings, lower,
    lower_quick, profiles,
};
use brunt_workload::{Act, Moment, PauseTime, Supply};
use std::fmt::Write;

const PLAN: &str = "\
target: http://${host}
vars: {host: a.test, peak: 20, tier: gold, mixed: {x: 1}}
actions:
  home: [{get: '/${tier}', headers: {x-env: '${env.REGION:-none}'}}]
users:
  visitor: {think: 1s, actions: {home: 1}}
  admin: {think: 5s, actions: {home: 1}}
scenarios:
  peak: {users: '${peak}', duration: 1m}
  later: {rate: 5/s, duration: 10s, after: peak}
expect: [p95 < 1s]
profiles:
  light: {vars: {peak: 2}, expect: [p95 < 100ms, errors < 1%]}
  heavy: {scenarios: {peak: {users: 200, spawn_rate: 20/s}, later: null}}
  named: {preset: light}
environments:
  staging: {target: 'http://staging.test', vars: {tier: silver}}
  production: {target: 'http://production.test'}
environment: production
";

fn plan(text: &str) -> Source {
    Source::inline("plan.yaml", Format::Yaml, text)
}

fn laid(change: impl FnOnce(&mut Overrides)) -> Result<Lowered, Report> {
    let mut overrides = Overrides::default();
    change(&mut overrides);
    let env = |name: &str| (name == "REGION").then(|| "north".to_owned());
    lower(&plan(PLAN), &overrides, &Surroundings { files: &|_| unreachable!(), env: &env })
}

/// What a lowered plan asks for, in a line a scenario.
fn shape(lowered: &Lowered) -> String {
    let mut out = String::new();
    let w = &lowered.workload;
    let origin = &w.target.origins[0].host;
    let target = w.requests[0].target.as_literal().unwrap_or("?");
    let header = w.requests[0].headers.first().and_then(|h| h.1.as_literal()).unwrap_or("-");
    let _ = writeln!(out, "{origin}{target} x-env {header}");
    for s in &w.scenarios {
        let thinks: Vec<String> = s
            .classes
            .iter()
            .map(|c| match c.journey.think.time {
                PauseTime::Constant(t) => format!("{t}"),
                PauseTime::Uniform { min, max } => format!("{min}..{max}/{}", c.journey.think.every),
                PauseTime::None
                | PauseTime::Normal { .. }
                | PauseTime::Exponential { .. }
                | PauseTime::LogNormal { .. } => "?".to_owned(),
            })
            .collect();
        let stop = s.stop.after.unwrap_or_default();
        let _ = writeln!(
            out,
            "{}: {:?} {stop} grace {} think {}",
            s.name,
            s.supply,
            s.stop.grace,
            thinks.join(" ")
        );
    }
    writeln!(
        out,
        "expect {:?} profile {:?} environment {:?}",
        lowered.objectives.iter().map(ToString::to_string).collect::<Vec<_>>(),
        lowered.profile,
        lowered.environment
    )
    .expect("the test's own data");
    out
}

fn told(result: Result<Lowered, Report>) -> String {
    match result {
        Ok(lowered) => shape(&lowered),
        Err(report) => report.to_string(),
    }
}

fn set(key: &str, value: &str) -> Vec<(String, String)> {
    vec![(key.to_owned(), value.to_owned())]
}

#[test]
fn what_is_laid_over() {
    type Change = fn(&mut Overrides);
    let rows: [(&str, Change); 15] = [
        ("nothing", |_| {}),
        ("--profile light", |o| o.profile = Some("light".into())),
        ("--profile heavy", |o| o.profile = Some("heavy".into())),
        ("--profile named", |o| o.profile = Some("named".into())),
        ("--env staging", |o| o.environment = Some("staging".into())),
        ("--set peak=7", |o| o.set = set("peak", "7")),
        ("--set tier=12", |o| o.set = set("tier", "12")),
        ("--set scenarios.peak.users=9", |o| o.set = set("scenarios.peak.users", "9")),
        ("--set users.visitor.think=2s", |o| o.set = set("users.visitor.think", "2s")),
        ("-u 3 -r 1 -d 20", |o| {
            o.load = LoadOverride {
                users: Some(3),
                spawn_rate: Some("1".into()),
                duration: Some("20".into()),
                ..LoadOverride::default()
            };
        }),
        ("-d 5s visitor", |o| {
            o.load = LoadOverride {
                duration: Some("5s".into()),
                grace: Some("2".into()),
                classes: vec!["visitor".into()],
                ..LoadOverride::default()
            };
        }),
        ("--preset burst", |o| o.preset = Some("burst".into())),
        ("--preset ramp-up -u 60 -d 90s", |o| {
            o.preset = Some("ramp-up".into());
            o.load =
                LoadOverride { users: Some(60), duration: Some("90s".into()), ..LoadOverride::default() };
        }),
        ("--preset staircase -u 20 -d 78s", |o| {
            o.preset = Some("staircase".into());
            o.load = LoadOverride { users: Some(20), duration: Some("78".into()), ..LoadOverride::default() };
        }),
        ("--target", |o| o.target = Some("http://b.test".into())),
    ];
    let mut text = String::new();
    for (name, change) in rows {
        let _ = writeln!(text, "# {name}\n{}", told(laid(change)));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_cannot_be_laid_over() {
    type Change = fn(&mut Overrides);
    let rows: [(&str, Change); 12] = [
        ("--profile lite", |o| o.profile = Some("lite".into())),
        ("--env stagin", |o| o.environment = Some("stagin".into())),
        ("--preset smoek", |o| o.preset = Some("smoek".into())),
        ("--set peek=1", |o| o.set = set("peek", "1")),
        ("--set peak=many", |o| o.set = set("peak", "many")),
        ("--set scenarios.peak.user=3", |o| o.set = set("scenarios.peak.user", "3")),
        ("--set expect.7=x", |o| o.set = set("expect.7", "x")),
        ("--set target.x=1", |o| o.set = set("target.x", "1")),
        ("-u 3", |o| o.load.users = Some(3)),
        ("-u 0 -d 1s", |o| (o.load.users, o.load.duration) = (Some(0), Some("1s".into()))),
        ("class", |o| o.load.classes = vec!["visitors".into()]),
        ("-d soon", |o| o.load.duration = Some("soon".into())),
    ];
    let mut text = String::new();
    for (name, change) in rows {
        let _ = writeln!(text, "# {name}\n{}", told(laid(change)));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_environment_is_chosen_by_its_variable() {
    let env = |name: &str| (name == "ENVIRONMENT").then(|| "staging".to_owned());
    let surroundings = Surroundings { files: &|_| unreachable!(), env: &env };
    let lowered = lower(&plan(PLAN), &Overrides::default(), &surroundings).expect("the test's own data");
    assert_eq!(lowered.environment.as_deref(), Some("staging"));
    assert_eq!(lowered.workload.target.origins[0].host, "staging.test");
}

fn lowered(text: &str) -> Result<Lowered, Report> {
    lower_with(&plan(text), &Overrides::default(), &|_| unreachable!("no files"))
}

#[test]
fn variables_and_hooks_gone_wrong() {
    let rest = "actions: {a: [{get: /}]}\nscenarios: {s: {users: 1, duration: 1s}}\n";
    let mut text = String::new();
    for start in [
        "target: http://${env.NOT_SET}",
        "target: http://a.test\nvars: {m: {x: 1}}\nname: 'a ${m}'",
        "target: http://a.test\nvars: [1]",
        "target: http://a.test\nvars: {n: '${env.NOT_SET}'}\nname: '${n}'",
        "target: http://a.test\nexpect: [p95, 'p95 < fast', 'p101 < 1s', 'speed > 1', 'errors < 200%', 'rate ~ 10']",
        "target: http://a.test\nhooks: {setup: [{}, {run: ''}, {run: x, get: /}, {get: a}, {get: /a, post: /b}]}",
        "target: http://a.test\nhooks: {teardown: {get: '/${int(1,2)}'}, ready: {get: /, every: 0s}, after: {run: x}}",
        "target: http+unix:///s.sock\nhooks: {load: {post: /x, body: a, json: 1, status: 999}}",
        "profiles: {x: {scenarios: {}}}\nprofile: x",
    ] {
        let problems = lowered(&format!("{start}\n{rest}")).expect_err("it is wrong");
        let _ = writeln!(text, "{problems}");
    }
    let _ = writeln!(text, "{}", lowered("target: http://a.test\nactions: {a: [{get: /}]}\nprofiles: {x: {scenarios: {s: {users: 1, duration: 1s}}}}").expect_err("it is wrong"));
    insta::assert_snapshot!(text);
}

#[test]
fn variables_may_use_each_other() {
    let of = |vars: &str| {
        let rest = "actions: {a: [{get: '/${a}'}]}\nscenarios: {s: {users: 1, duration: 1s}}\n";
        lowered(&format!("target: http://a.test\nvars: {vars}\n{rest}"))
            .map(|l| l.workload.requests[0].target.as_literal().map(str::to_owned))
    };
    assert_eq!(of("{a: '${b}/x', b: '${c}c', c: 1}").expect("the test's own data").as_deref(), Some("/1c/x"));
    insta::assert_snapshot!(of("{a: '${b}', b: '${a}', c: 1}").expect_err("it is wrong"));
}

#[test]
fn other_load_keeps_who_runs() {
    let text = "target: http://a.test\nactions: {a: [{get: /a}], b: [{get: /b}], c: [{get: /c}]}\n\
        users: {u: {actions: a}, v: {actions: b}, w: {actions: c}}\n\
        scenarios: {s: {users: 2, duration: 1s, run: u}, q: {users: 2, duration: 1s, run: {w: 2}}}\n";
    let load = LoadOverride { users: Some(3), duration: Some("1s".into()), ..LoadOverride::default() };
    let overrides = Overrides { load, ..Overrides::default() };
    let lowered =
        lower_with(&plan(text), &overrides, &|_| unreachable!("no files")).expect("the test's own data");
    let classes: Vec<&str> = lowered.workload.scenarios[0].classes.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(classes, ["u", "w"]);
}

#[test]
fn a_plans_preset_stands_in_for_what_it_does_not_say() {
    let rest = "target: http://a.test\nactions: {a: [{get: /}]}\npreset: smoke\n";
    let names = |more: &str| {
        let lowered = lowered(&format!("{rest}{more}")).expect("the test's own data");
        lowered.workload.scenarios.iter().map(|s| s.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["smoke"]);
    assert_eq!(names("scenarios: {s: {users: 1, duration: 2s}}\n"), ["s"]);
}

#[test]
fn hooks_are_lowered() {
    let hooks = lowered(
        "target: http://a.test/base/\nsecrets: {key: s3cret}\nactions: {a: [{get: /}]}\n\
         scenarios: {s: {users: 1, duration: 1s}}\n\
         hooks:\n  ready: [{get: /health}, {head: 'http://b.test/', status: [2xx, 404], timeout: 5m, every: 2s}]\n  \
         setup: [{run: ./seed.sh, timeout: 2m}, {post: '/admin?k=${key}', json: {users: 100, key: '${key}'}}]\n  \
         teardown: {delete: /data, headers: {x-key: '${key}'}, status: 2xx}\n",
    )
    .expect("the test's own data")
    .hooks;
    assert_eq!(hooks.ready.len(), 2);
    assert_eq!((hooks.ready[1].timeout, hooks.ready[1].every), (Nanos::from_secs(300), Nanos::from_secs(2)));
    let moments: Vec<Moment> = hooks.at.iter().map(|(moment, _)| *moment).collect();
    assert_eq!(moments, [Moment::Setup, Moment::Setup, Moment::Teardown]);
    assert!(matches!(&hooks.at[0].1.act, Act::Command { line, .. } if line == "./seed.sh"));
    let shown = format!("{hooks:?}");
    assert!(shown.contains("http://a.test/base/health") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn every_preset_runs_with_a_url_alone() {
    for preset in &PRESETS {
        let options = QuickOptions {
            url: "http://127.0.0.1:8080/".into(),
            preset: Some(preset.name.into()),
            ..QuickOptions::default()
        };
        let surroundings = Surroundings { files: &|_| unreachable!(), env: &|_| None };
        let lowered = lower_quick(&options, &surroundings).unwrap_or_else(|r| panic!("{}: {r}", preset.name));
        assert_eq!(lowered.workload.scenarios[0].name, preset.name);
        assert_eq!(lowered.objectives.len(), preset.expect.len(), "{}", preset.name);
        let short = QuickOptions { users: Some(7), duration: Some("3s".into()), ..options };
        let short = lower_quick(&short, &surroundings).expect("the test's own data");
        let scenario = &short.workload.scenarios[0];
        match &scenario.supply {
            Supply::Ramp { .. } => {}
            supply @ (Supply::Fixed(_) | Supply::Spawn { .. } | Supply::Elastic { .. }) => {
                assert_eq!(supply.max_users(), 7, "{}", preset.name);
                assert_eq!(scenario.stop.after, Some(Nanos::from_secs(3)), "{}", preset.name);
            }
        }
    }
}

#[test]
fn profiles_are_listed() {
    let of = |text: &str| profiles(&plan(text));
    assert_eq!(of(PLAN).names, ["light", "heavy", "named"]);
    assert!(!of(PLAN).needed);
    assert!(of("profiles: {x: {preset: smoke}}").needed);
    assert!(of("{").names.is_empty() && of("a: 1").names.is_empty());
}
