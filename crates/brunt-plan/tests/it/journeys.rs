//! Journeys: steps, kinds of users, mixes, tags.

use crate::fixtures::{lower_with, lowered, plans};
use brunt_plan::{Format, Overrides, Source, TagFilter, lowered_json};
use brunt_workload::{Action, RequestId, Step, Workload};
use std::fmt::Write;

fn workload(name: &str) -> Workload {
    let source = plans("good").into_iter().find(|s| s.name == name).expect("a fixture of this name");
    lowered(&source).unwrap_or_else(|report| panic!("{report}")).workload
}

/// A plan with tags on everything, and what is left of it: by scenario its classes with their actions' requests.
#[test]
fn tags_select() {
    let source = plans("good").into_iter().find(|s| s.name == "tags.yaml").expect("the test's own data");
    let mut out = String::new();
    for (include, exclude) in [
        ("", ""),
        ("read", ""),
        ("write", ""),
        ("web", ""),
        ("night", ""),
        ("", "write"),
        ("", "web"),
        ("", "login"),
        ("", "night"),
        ("read,write", "deep"),
        ("deep", ""),
        ("raed,write", "x"),
        ("raed", ""),
        ("read", "read"),
        ("", "read,write,web,night"),
    ] {
        let list = |text: &str| text.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        let tags = TagFilter { include: list(include), exclude: list(exclude) };
        let overrides = Overrides { tags, ..Overrides::default() };
        let _ = writeln!(out, "--tags {include:?} --exclude-tags {exclude:?}");
        match lower_with(&source, &overrides, &|path| std::fs::read(path)) {
            Ok(lowered) => {
                write!(out, "{}", lowered.warnings).expect("the test's own data");
                selected(&lowered.workload, &mut out);
            }
            Err(report) => write!(out, "{report}").expect("the test's own data"),
        }
    }
    insta::assert_snapshot!(out);
}

/// A login's requests have its tags and are made whatever is picked; hooks with tags are picked, others always done.
#[test]
fn logins_and_hooks_have_tags() {
    let text = "target: http://t.example\n\
        logins: {api: {tags: auth, steps: [{post: /login, save: {token: $.t}}]}}\n\
        auth: {login: api, bearer: '${token}'}\n\
        actions: {browse: {tags: read, steps: [{get: /}]}}\n\
        hooks: {setup: [{run: always}, {run: seeded, tags: [seed, read]}, {post: /flags, tags: write}]}\n\
        scenarios: {s: {users: 1, duration: 1s}}\n";
    let source = Source::inline("p.yaml", Format::Yaml, text);
    for (include, exclude, done) in [
        ("", "", 3),
        ("read", "", 2),
        ("", "seed", 2),
        ("", "write", 2),
        ("read", "seed", 1),
        ("", "auth", 3),
    ] {
        let list = |text: &str| text.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        let tags = TagFilter { include: list(include), exclude: list(exclude) };
        let overrides = Overrides { tags, ..Overrides::default() };
        let lowered =
            lower_with(&source, &overrides, &|path| std::fs::read(path)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(lowered.hooks.at.len(), done, "{include} {exclude}");
        let tags: Vec<_> =
            lowered.workload.endpoints.iter().map(|e| (e.name.as_str(), e.tags.join(" "))).collect();
        assert!(tags.contains(&("/login", "auth".into())), "{tags:?}");
    }
}

fn selected(workload: &Workload, out: &mut String) {
    for s in &workload.scenarios {
        let _ = writeln!(out, "  {} {:?}", s.name, s.start);
        for class in &s.classes {
            let journey = &class.journey;
            let once = |a: &Option<Action>| a.as_ref().map(|a| shape(workload, &a.steps)).unwrap_or_default();
            let actions: Vec<String> =
                journey.actions.iter().map(|a| format!("{} {}", a.name, shape(workload, &a.steps))).collect();
            writeln!(
                out,
                "    {}: {}<{}>{}",
                class.name,
                once(&journey.on_start),
                actions.join("; "),
                once(&journey.on_stop)
            )
            .expect("the test's own data");
        }
    }
}

/// Steps in short: requests by name, with the endpoints' tags.
fn shape(workload: &Workload, steps: &[Step]) -> String {
    let endpoint = |id: &brunt_metrics::EndpointId| {
        let e = &workload.endpoints[id.0 as usize];
        format!("{}{}", e.name, e.tags.iter().fold(String::new(), |tags, t| tags + "#" + t))
    };
    let request = |id: &RequestId| endpoint(&workload.requests[id.0 as usize].endpoint);
    let one = |step: &Step| match step {
        Step::Request(id) => request(id),
        Step::Batch { requests, .. } => {
            format!("batch({})", requests.iter().map(request).collect::<Vec<_>>().join(" "))
        }
        Step::Pause(_) => "pause".to_owned(),
        Step::Group { endpoint: id, steps } => format!("{}{}", endpoint(id), shape(workload, steps)),
        Step::If { then, otherwise, .. } => {
            format!("if{}else{}", shape(workload, then), shape(workload, otherwise))
        }
        Step::Repeat { steps, .. } => format!("repeat{}", shape(workload, steps)),
        Step::Choose { branches, .. } => {
            format!("choose({})", branches.iter().map(|b| shape(workload, b)).collect::<Vec<_>>().join(" "))
        }
        Step::Script(_) => "script".to_owned(),
        Step::Set { .. } => "set".to_owned(),
        Step::End(_) => "end".to_owned(),
    };
    format!("({})", steps.iter().map(one).collect::<Vec<_>>().join(" "))
}

#[test]
fn steps_of_every_kind() {
    let json = lowered_json(&workload("steps.yaml"));
    insta::assert_snapshot!(format!(
        "{:#}\n{:#}",
        json["scenarios"][0]["classes"][0]["actions"], json["endpoints"]
    ));
}

#[test]
fn classes_of_every_kind() {
    let json = lowered_json(&workload("classes.yaml"));
    let scenarios = json["scenarios"].as_array().expect("the test's own data");
    let classes: Vec<String> = scenarios.iter().map(|s| format!("{:#}", s["classes"])).collect();
    insta::assert_snapshot!(classes.join("\n"));
    let endpoints: Vec<String> =
        json["endpoints"].as_array().expect("the test's own data").iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(endpoints.join("\n"));
}

/// Groups past the limit fold into one of their own in each scenario.
#[test]
fn groups_fold_too() {
    let mut text = "target: http://a\nactions:\n".to_owned();
    for i in 0..1_500 {
        let _ = writeln!(text, "  a{i}: [{{group: g{i}, steps: [{{get: /{i}}}]}}]");
    }
    text.push_str("scenarios: {s: {users: 1, duration: 1s}, t: {users: 1, duration: 1s}}\n");
    let source = Source::inline("p", Format::Yaml, text);
    let workload = lower_with(&source, &Overrides::default(), &|path| std::fs::read(path))
        .expect("the test's own data")
        .workload;
    assert!(workload.endpoints.len() <= brunt_workload::MAX_ENDPOINTS);
    let folded: Vec<String> = workload
        .endpoints
        .iter()
        .filter(|e| e.name == "(other)")
        .map(|e| format!("{} {:?}", e.scenario, e.kind))
        .collect();
    assert_eq!(folded, ["s Request", "s Group", "t Request", "t Group"]);
}
