//! The page of a run, opened as a file, as it comes by mail or out of a CI server.

use super::{VIEWS, faults, file_url, lines, picture, with_browser};
use crate::stage::brunt;
use brunt_testkit::{Browser, TestContext, fixture};
use std::path::PathBuf;

/// Names that would do something where they are not kept text.
const HOSTILE: [&str; 5] = [
    "/<img src=x onerror=alert(1)>",
    "/</title></style></script><script>alert(1)</script>",
    "/=cmd()",
    "/a|b`c`\u{1b}[2J",
    "/'\" onmouseover=\"alert(1)",
];

/// Locust's statistics of endpoints with such names.
fn hostile() -> String {
    let head = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,\
                Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n";
    let row = |name: &str| {
        format!(
            "GET,\"{}\",100,3,20,25.5,10,90,500,10.0,0.3,20,22,25,30,40,50,60,70,80,85,90\n",
            name.replace('"', "\"\"")
        )
    };
    let total = ",Aggregated,500,15,20,25.5,10,90,500,50.0,1.5,20,22,25,30,40,50,60,70,80,85,90\n";
    format!("{head}{}{total}", HOSTILE.map(row).concat())
}

/// Writes a page; `words` are what comes after `brunt report`.
fn written(context: &TestContext, words: &[&str]) -> PathBuf {
    let _ = context.run(&[&["report"], words, &["-o", "page.html"]].concat()).expect_code(0);
    context.dir().join("page.html")
}

/// Pages of several kinds: their names, and what they are made of.
fn pages() -> Vec<(&'static str, Vec<String>)> {
    let run = fixture("runs/v1.1-small").display().to_string();
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    vec![
        ("run", words(&[&run, "--slo", "p95 < 1ms", "--slo", "errors < 50%"])),
        ("compared", words(&[&run, "--baseline", &fixture("runs/v1-small").display().to_string()])),
        ("k6", words(&[&fixture("results/k6.csv.gz").display().to_string()])),
        ("hostile", words(&["hostile_stats.csv"])),
    ]
}

#[test]
fn nothing_is_asked_for_and_nothing_is_wrong() {
    with_browser(|browser| {
        let context = brunt();
        context.write("hostile_stats.csv", hostile());
        let mut wrong = Vec::new();
        for (name, words) in pages() {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let url = file_url(&written(&context, &words));
            let mut grounds = Vec::new();
            for (seen_as, view) in VIEWS {
                browser.look(view);
                let _ = browser.requests();
                browser.open(&url);
                assert_eq!(browser.requests(), [url.as_str()], "{name}, {seen_as}: what was asked for");
                wrong.extend(faults(browser).into_iter().map(|fault| format!("{name}, {seen_as}: {fault}")));
                let ground = browser.run("return getComputedStyle(document.body).backgroundColor", &[]);
                grounds.push(ground.as_str().unwrap_or_default().to_owned());
                picture(browser, &format!("report-{name}-{seen_as}"));
            }
            assert!(grounds[0] != grounds[1] && grounds[0] == grounds[2], "{name}: {grounds:?}");
        }
        assert_eq!(wrong, Vec::<String>::new());
    });
}

#[test]
fn hostile_names_are_text() {
    with_browser(|browser| {
        let context = brunt();
        context.write("hostile_stats.csv", hostile());
        let url = file_url(&written(&context, &["hostile_stats.csv"]));
        browser.open(&url);
        let heads = lines(&browser.run(
            "return [...document.querySelectorAll('#endpoints th[scope=row]')].map(n => n.textContent)",
            &[],
        ));
        for name in HOSTILE {
            // What would steer a terminal is shown as something harmless.
            let shown = name.replace('\u{1b}', " ");
            let stands = heads.iter().any(|head| head.contains(&shown));
            assert!(stands, "{shown:?} is not among {heads:#?}");
        }
        let made = "return document.querySelectorAll('img, iframe, [onerror], [onmouseover]').length";
        assert_eq!(browser.run(made, &[]), 0);
        assert_eq!(browser.complaints(), Vec::<String>::new());
    });
}

/// What a page says, without what only scripts offer: figures, rows of tables, words of the decision.
fn says(browser: &Browser) -> Vec<String> {
    let script = "return [
        ...[...document.querySelectorAll('h1, h2, h3, #decision, tbody tr, figcaption')].map(n => n.textContent),
        `${document.querySelectorAll('svg[role=img]').length} drawings`];";
    lines(&browser.run(script, &[]))
}

#[test]
fn without_scripts_it_is_complete() {
    with_browser(|browser| {
        let context = brunt();
        let run = fixture("runs/v1.1-small").display().to_string();
        let url = file_url(&written(&context, &[&run, "--slo", "p95 < 1ms"]));
        browser.open(&url);
        let with = says(browser);
        assert!(with.len() > 50 && with.iter().any(|line| line.contains("✗ Failed")), "{with:#?}");
        browser.without_scripts();
        browser.open(&url);
        assert_eq!(
            browser.run("return document.querySelectorAll('button').length", &[]),
            0,
            "scripts are off"
        );
        assert_eq!(says(browser), with);
    });
}
