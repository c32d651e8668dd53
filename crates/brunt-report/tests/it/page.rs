//! The page of a run: what stands in it, and what cannot get into it.

use crate::golden_of;
use brunt_analysis::{Bands, Course, Finding, Rules, findings, grades, hot_spots};
use brunt_figure::{Asked, Kind, Source, figure};
use brunt_gate::{Judge, judge_with};
use brunt_report::{AnalysedRun, Basis, Page, report_html};
use brunt_run::{RunEvent, RunView, Summary};
use std::time::Instant;

struct Shown {
    run: AnalysedRun,
    course: Course,
}

fn shown(events: Vec<RunEvent>, objectives: &[&str]) -> Shown {
    let objectives = objectives.iter().map(|o| brunt_objective::parse(o).unwrap()).collect();
    let (mut view, mut judge) = (RunView::default(), Judge::new(objectives, None));
    for event in &events {
        view.apply(event);
        judge.apply(event);
    }
    let course = Course::from_events(events);
    let summary = Summary::of(&view).unwrap();
    let run = AnalysedRun {
        name: summary.name.clone(),
        tool: "brunt".into(),
        files: Vec::new(),
        notes: Vec::new(),
        verdict: judge_with(&view, &judge),
        grades: grades(&summary.total, &Bands::default()),
        hot_spots: hot_spots(&summary),
        findings: findings(&course, &Rules::default()),
        basis: Basis::Seconds,
        summary,
    };
    Shown { run, course }
}

fn html(of: &Shown) -> String {
    let source = Source {
        name: &of.run.name,
        summary: &of.run.summary,
        course: Some(&of.course),
        findings: &of.run.findings,
    };
    let asked = Asked { points: 180, ..Asked::default() };
    let figures: Vec<_> =
        Kind::ALL.into_iter().filter_map(|kind| figure(kind, &[source], &asked).ok()).collect();
    let page = Page {
        run: &of.run,
        figures: &figures,
        compared: None,
        errors: &of.course.details,
        plan: Some("{\n  \"name\": \"</pre><script>\"\n}"),
    };
    report_html(&page)
}

/// The golden record with other names at its endpoints and in its errors.
fn renamed(name: &str) -> Vec<RunEvent> {
    let mut events = golden_of("v1.1-small");
    for event in &mut events {
        match event {
            RunEvent::Started(header) => {
                name.clone_into(&mut header.name);
                header.endpoints.iter_mut().for_each(|e| name.clone_into(&mut e.name));
                header.scenarios.iter_mut().for_each(|s| name.clone_into(&mut s.name));
            }
            RunEvent::ErrorDetail(detail) => name.clone_into(&mut detail.text),
            RunEvent::Phase(_)
            | RunEvent::Second(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_)
            | RunEvent::Finished(_) => {}
        }
    }
    events
}

#[test]
fn what_was_found_stands_beside_the_decision() {
    let mut of = shown(golden_of("v1.1-small"), &[]);
    let named = |claim: &str, part_of: Option<&str>, reliable| Finding {
        claim: claim.into(),
        part_of: part_of.map(Into::into),
        reliable,
        ..crate::analysis::finding()
    };
    of.run.findings = vec![
        named("stalls for 500 ms <i>", None, true),
        named("a part of it", Some("periodic-stall"), true),
        named("the generator's", None, false),
        named("second", None, true),
        named("third", None, true),
        named("fourth", None, true),
    ];
    let page = html(&of);
    let head = page.split_once("id=\"decision\"").unwrap().1.split_once("</div>").unwrap().0;
    let claims: Vec<_> = head.split("Found: </b>").skip(1).map(|c| c.split_once(" <a ").unwrap().0).collect();
    assert_eq!(claims, ["stalls for 500 ms &lt;i&gt;", "second", "third"]);
    assert!(head.contains("href=\"#findings\">high confidence</a>"), "{head}");
}

#[test]
fn the_decision_comes_first_and_all_of_it_stands_in_text() {
    let page = html(&shown(golden_of("v1.1-small"), &["p95 < 1ms", "errors < 50%"]));
    let body = page.split_once("<body>").unwrap().1;
    let places: Vec<usize> = [
        "✗ Failed",
        "failed: P95 latency ",
        "id=\"objectives\"",
        "id=\"changed\"",
        "id=\"findings\"",
        "id=\"timeline\"",
        "id=\"figure-latency\"",
        "id=\"endpoints\"",
        "id=\"errors\"",
        "id=\"environment\"",
    ]
    .iter()
    .map(|part| body.find(part).unwrap_or_else(|| panic!("{part} is not in the page")))
    .collect();
    assert!(places.is_sorted(), "{places:?}");
    // Without a style sheet everything is there still: drawings carry their colours, nothing is hidden by it.
    assert!(!page.contains("display:none\"") && !page.contains(" style="), "styles in place");
    assert_eq!(body.matches("<svg ").count(), body.matches("<figure ").count());
    for table in ["p95 &lt; 1ms", "✓ passed", "✗ failed", "GET /items/{id}"] {
        assert!(body.contains(table), "{table}");
    }
}

/// Figures of the target, a source's gap, and the drawing, where there are any; else how to get some.
#[test]
fn what_was_sampled_is_there() {
    for (record, parts) in [
        (
            "v1.2-small",
            &[
                "id=\"figure-resources\"",
                "<th scope=\"row\">nginx cpu</th><td>3</td>",
                "<td>0.25 cores</td>",
                "`nginx` stopped answering",
            ][..],
        ),
        ("v1.1-small", &["Nothing was sampled beside the load."]),
    ] {
        let page = html(&shown(golden_of(record), &[]));
        let target = page.split_once("id=\"target\"").unwrap().1.split_once("id=\"generator\"").unwrap().0;
        for part in parts {
            assert!(target.contains(part), "{record} {part}: {target}");
        }
    }
}

#[test]
fn what_was_done_by_hand_stands_with_its_segments() {
    let page = html(&shown(golden_of("v1.3-small"), &[]));
    for text in ["Done by hand", "cache cleared", "Between changes of the load", "as planned", "40 -&gt; 60"]
    {
        assert!(page.contains(text), "{text}");
    }
    let alone = html(&shown(golden_of("v1.1-small"), &[]));
    assert!(!alone.contains("Done by hand") && !alone.contains("Between changes"));
}

#[test]
fn nothing_is_loaded_and_nothing_else_runs() {
    let page = html(&shown(golden_of("v1.1-small"), &[]));
    // A drawing's own clip path is no address.
    let without = page.replace("url(#", "");
    for forbidden in
        ["<script ", "<link", "<img", "<iframe", "@import", "url(", "http-equiv=\"refresh\"", "javascript:"]
    {
        assert!(!without.contains(forbidden), "{forbidden}");
    }
    // The policy allows exactly the sheet and the script that are there.
    let between = |tag: &str| {
        assert_eq!(page.matches(&format!("<{tag}>")).count(), 1, "{tag}");
        let after = page.split_once(&format!("<{tag}>")).unwrap().1;
        after.split_once(&format!("</{tag}>")).unwrap().0.to_owned()
    };
    let (sheet, script) = (between("style"), between("script"));
    let hash = |text: &str| {
        use base64::Engine as _;
        use sha2::Digest as _;
        base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text.as_bytes()))
    };
    assert!(
        page.contains(&format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'",
            hash(&script),
            hash(&sheet)
        )),
        "the policy fits both"
    );
    // No comment and no tag that would end a script, nothing that makes markup or code of text.
    for forbidden in [
        "</",
        "<!--",
        "//",
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ] {
        assert!(!script.replace("http://www.w3.org/2000/svg", "").contains(forbidden), "{forbidden}");
    }
    assert!(script.len() < 7_000, "{} bytes of script", script.len());
    assert!(!sheet.contains('<'), "{sheet}");
}

#[test]
fn names_are_text() {
    for name in [
        "<img src=x onerror=alert(1)>",
        "</title></style></pre><script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "\u{1b}[2J\u{7}",
    ] {
        let page = html(&shown(renamed(name), &["p95 < 1ms"]));
        assert!(
            !page.contains("<img") && !page.contains("<script>alert") && !page.contains('\u{1b}'),
            "{name}"
        );
        assert_eq!(page.matches("<script").count(), 1, "{name}");
        let attributes = page
            .split('<')
            .filter(|tag| tag.split('>').next().is_some_and(|t| t.contains(" onmouseover=\"")));
        assert_eq!(attributes.count(), 0, "{name}");
        assert_eq!(page.matches("</style>").count(), 1, "{name}");
    }
}

#[test]
fn what_stands_aside_is_there() {
    let page = html(&shown(crate::simulated::simulated(), &[]));
    for heading in ["<h3>Groups</h3>", "<h3>Injected by brunt</h3>"] {
        assert_eq!(page.matches(heading).count(), 1, "{heading}");
    }
}

/// An hour of ten endpoints, and ten thousand names: the budget of size; how long it took is printed.
#[test]
#[expect(clippy::disallowed_methods, reason = "nothing depends on the clock: the time is printed")]
fn pages_stay_small() {
    let golden = golden_of("v1.1-small");
    let seconds: Vec<_> = golden.iter().filter(|e| matches!(e, RunEvent::Second(_))).cloned().collect();
    let phases = golden.iter().filter(|e| matches!(e, RunEvent::Phase(p) if p.phase.is_some()));
    let phases: Vec<RunEvent> = phases.cloned().collect();
    for (endpoints, length, most) in [(10_u32, 3_600_u64, 600_000), (10_000, 1, 5_000_000)] {
        let mut events: Vec<RunEvent> = Vec::new();
        for event in &golden {
            if let RunEvent::Started(header) = event {
                let mut header = header.clone();
                let first = header.endpoints[0].clone();
                header.endpoints = (0..endpoints)
                    .map(|i| brunt_run::SeriesName {
                        name: format!("/items/{i}/with/a/path"),
                        ..first.clone()
                    })
                    .collect();
                events.push(RunEvent::Started(header));
            }
        }
        events.extend(phases.iter().cloned());
        let RunEvent::Second(one) = &seconds[3] else { panic!("a second") };
        for index in 0..length {
            let mut second = (**one).clone();
            second.index = index + 3;
            let cells = second.cells.clone();
            second.cells = (0..endpoints)
                .map(|i| {
                    let mut cell = cells[i as usize % cells.len()].clone();
                    cell.key.endpoint = brunt_metrics::EndpointId(i);
                    cell
                })
                .collect();
            events.push(RunEvent::Second(Box::new(second)));
        }
        let of = shown(events, &["p95 < 1s"]);
        let begun = Instant::now();
        let page = html(&of);
        println!("{endpoints} endpoints, {length} s: {} bytes in {:?}", page.len(), begun.elapsed());
        assert!(page.matches("<svg ").count() >= 8, "it has its figures");
        assert!(page.len() < most, "{endpoints} endpoints, {length} s: {} bytes", page.len());
    }
}
