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

/// The first column of the table of endpoints, from the top.
const FIRST_COLUMN: &str =
    "return [...document.querySelector('#endpoints tbody').rows].map(r => r.cells[0].textContent)";

#[test]
fn scripts_sort_tables_and_change_the_theme() {
    with_browser(|browser| {
        let context = brunt();
        let run = fixture("runs/v1.1-small").display().to_string();
        browser.look(VIEWS[0].1);
        browser.open(&file_url(&written(&context, &[&run])));
        let head = "#endpoints thead th:first-child";
        let before = lines(&browser.run(FIRST_COLUMN, &[]));
        let mut sorted = before.clone();
        sorted.sort();
        assert!(sorted.len() > 2, "{before:?}");
        browser.click(&format!("{head} button"));
        assert_eq!(lines(&browser.run(FIRST_COLUMN, &[])), sorted);
        browser.click(&format!("{head} button"));
        sorted.reverse();
        assert_eq!(lines(&browser.run(FIRST_COLUMN, &[])), sorted);
        let direction = format!("return document.querySelector('{head}').ariaSort");
        assert_eq!(browser.run(&direction, &[]), "descending");
        // By number, whatever the unit: what is not known is last.
        let column = "const cells = [...document.querySelectorAll('#figure-latency tbody tr')].map(r => r.cells[1].textContent);
            return cells";
        browser.run("document.querySelector('#figure-latency details').open = true", &[]);
        browser.click("#figure-latency thead th:nth-child(2) button");
        let times: Vec<f64> = lines(&browser.run(column, &[]))
            .iter()
            .map(|cell| cell.strip_suffix(" ms").expect("a time in ms").parse().expect("a number"))
            .collect();
        assert!(times.len() > 3 && times.is_sorted_by(|a, b| a >= b), "{times:?}");

        let ground = "return getComputedStyle(document.body).backgroundColor";
        let light = browser.run(ground, &[]);
        browser.click("nav button");
        let dark = browser.run(ground, &[]);
        assert_ne!(light, dark);
        assert_eq!(faults(browser), Vec::<String>::new());
        picture(browser, "report-chosen-dark");
        browser.click("nav button");
        assert_eq!(browser.run(ground, &[]), light);
    });
}

/// The right arrow, Shift, Escape: codes of the protocol.
const RIGHT: char = '\u{e014}';
const SHIFT: char = '\u{e008}';
const ESCAPE: char = '\u{e00c}';

#[test]
fn scripts_read_values_and_zoom() {
    with_browser(|browser| {
        let context = brunt();
        let run = fixture("runs/v1.1-small").display().to_string();
        browser.look(VIEWS[0].1);
        browser.open(&file_url(&written(&context, &[&run])));
        let read = |figure: &str| {
            let text = browser
                .run(&format!("return document.querySelector('#figure-{figure} .read').textContent"), &[]);
            text.as_str().unwrap_or_default().to_owned()
        };
        let rows = "return [...document.querySelectorAll('#figure-latency tbody tr')].map(r => [...r.cells].map(c => c.textContent).join())";
        let rows = lines(&browser.run(rows, &[]));
        assert!(read("latency").starts_with("Point at it"), "{}", read("latency"));
        browser.run("document.querySelector('#figure-latency .drawing').focus()", &[]);
        for (at, row) in rows.iter().enumerate() {
            browser.press(RIGHT, &[]);
            let second = row.split(',').next().expect("a row begins with its second");
            assert!(read("latency").starts_with(&format!("{second} · ")), "{at}: {}", read("latency"));
            // Every value of the row is read, and all figures follow.
            assert!(
                row.split(',').all(|cell| cell == "-" || read("latency").contains(cell)),
                "{row}: {}",
                read("latency")
            );
            assert!(read("errors").starts_with(&format!("{second} · ")), "{}", read("errors"));
        }
        browser.press(RIGHT, &[SHIFT]);
        assert!(read("latency").starts_with(rows.last().and_then(|r| r.split(',').next()).expect("a row")));

        let inner = "const svg = document.querySelector('#figure-latency svg'); svg.scrollIntoView({ block: 'center' });
            const [left, top, right, bottom] = svg.querySelector('[data-along]').dataset.along.split(' ').map(Number);
            const at = svg.getBoundingClientRect(); return [at.left + left, at.left + right, at.top + (top + bottom) / 2].map(Math.round)";
        let inner = browser.run(inner, &[]);
        let px = |i: usize| inner[i].as_i64().expect("a whole number");
        let part = |share: i64| px(0) + (px(1) - px(0)) * share / 100;
        let line = "return document.querySelector('#figure-users [data-along] g:last-of-type > polyline').getBoundingClientRect().width";
        let before = browser.run(line, &[]).as_f64().expect("a width");
        browser.drag((part(20), px(2)), (part(70), px(2)));
        let after = browser.run(line, &[]).as_f64().expect("a width");
        assert!((after / before - 2.0).abs() < 0.05, "half of the time is twice as wide: {before}, {after}");
        assert_eq!(browser.run("return document.querySelector('.zoom').hidden", &[]), false);
        assert_eq!(faults(browser), Vec::<String>::new());
        picture(browser, "report-zoomed");
        browser.press(ESCAPE, &[]);
        assert_eq!(browser.run("return document.querySelector('.zoom').hidden", &[]), true);
        assert_eq!(browser.run(line, &[]).as_f64(), Some(before));
    });
}
