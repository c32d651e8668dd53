//! The cockpit as a person uses it: forms filled in, buttons pressed, pages read.

use super::{VIEWS, faults, lines, picture, with_browser};
use crate::stage::{brunt, mock};
use brunt_testkit::{Browser, Running, TestContext};
use std::fmt::Write as _;

/// A served page: the process, and where it is.
fn served<'a>(context: &'a TestContext, words: &[&str]) -> (Running<'a>, String) {
    let running = context.spawn(&[words, &["--web-port", "0"]].concat());
    let url = running.wait_for_line(|line| line.strip_prefix("brunt is at ").map(str::to_owned));
    (running, url.trim_end_matches('/').to_owned())
}

fn text(browser: &Browser, expression: &str) -> String {
    browser.run(&format!("return String({expression})"), &[]).as_str().unwrap_or_default().to_owned()
}

/// Clicks the button of this text, wherever it is.
fn push(browser: &Browser, label: &str) {
    browser.wait_for(&format!(
        "(() => {{ document.querySelectorAll('[data-push]').forEach(n => n.removeAttribute('data-push'));
            const found = [...document.querySelectorAll('button')].find(b => b.textContent === '{label}' && b.getClientRects().length);
            found?.setAttribute('data-push', ''); return Boolean(found); }})()"
    ));
    browser.click("[data-push]");
}

fn open_tab(browser: &Browser, tab: &str) {
    browser.click(&format!("#tab-{tab}"));
    browser
        .wait_for(&format!("document.querySelector('#tab-{tab}').getAttribute('aria-current') === 'page'"));
}

/// What is wrong with what is shown, by day and by night, at a desk and on a telephone; and what was asked of others.
fn look_at(browser: &Browser, state: &str, own: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (seen_as, view) in VIEWS {
        browser.look(view);
        wrong.extend(faults(browser).into_iter().map(|fault| format!("{state}, {seen_as}: {fault}")));
        picture(browser, &format!("cockpit-{state}-{seen_as}"));
    }
    browser.look(VIEWS[0].1);
    let strangers = browser
        .requests()
        .into_iter()
        .filter(|url| !url.starts_with(own) && !url.starts_with("chrome:") && !url.starts_with("data:"));
    wrong.extend(strangers.map(|url| format!("{state}: asked for {url}")));
    wrong
}

/// Whether the stage that the page's head names is this one.
fn stage(text: &str) -> String {
    format!("document.title.startsWith('{text}')")
}

/// A run from the form to its end, watched by a second browser, read again after a reload, and compared with one more.
#[test]
fn a_run_from_the_form_to_the_comparison() {
    with_browser(|browser| {
        let target = mock();
        let context = brunt();
        let (page, url) = served(&context, &["ui"]);
        let _ = browser.requests();
        browser.look(VIEWS[0].1);
        browser.open(&url);
        browser.wait_for("document.querySelector('input[name=host]')");
        let mut wrong = look_at(browser, "form", &url);
        for run in 0..2 {
            browser.fill("input[name=host]", &format!("{}/delay/5", target.url()));
            browser.fill("input[name=users]", "2");
            browser.fill("input[name=run_time]", "120s");
            browser.wait_for("document.body.innerText.includes('peak 2 users')");
            push(browser, "Start");
            browser.wait_for(&stage("Running"));
            browser.wait_for("document.querySelectorAll('.charts svg').length >= 4");
            if run == 0 {
                wrong.extend(steered(browser, &url));
            } else {
                browser.click("#compare-live");
                browser.wait_for("document.querySelector('.charts').textContent.includes('before')");
                wrong.extend(look_at(browser, "beside-the-run-before", &url));
            }
            push(browser, "Stop");
            browser.wait_for("document.querySelector('.decision a')");
            if run == 0 {
                wrong.extend(ended(browser, &url));
                push(browser, "New test");
                browser.wait_for("document.querySelector('input[name=host]')?.getClientRects().length");
            }
        }
        wrong.extend(compared(browser, &url));
        assert_eq!(wrong, Vec::<String>::new());
        page.interrupt();
        let _ = page.wait().expect_code(0);
        target.stop();
    });
}

/// Users, pause and a note, each seen in a second browser too.
fn steered(browser: &Browser, url: &str) -> Vec<String> {
    let other = Browser::start().expect("the first one started");
    other.open(url);
    other.wait_for(&stage("Running"));
    push(browser, "Edit");
    browser.fill("dialog input[name=users]", "5");
    let mut wrong = look_at(browser, "edit", url);
    push(browser, "Change");
    push(browser, "Add note");
    browser.fill("dialog input[name=text]", "<img src=x onerror=alert(1)>");
    push(browser, "Add");
    push(browser, "Pause");
    let tile = "[...document.querySelectorAll('.tile')].some(t => t.textContent.startsWith('Users5'))";
    for seen in [browser, &other] {
        seen.wait_for(&stage("Paused"));
        seen.wait_for(tile);
        // The note is on the charts of both, as text.
        seen.wait_for("document.querySelector('.charts').textContent.includes('<img src=x')");
        assert_eq!(text(seen, "document.querySelectorAll('img').length"), "0");
    }
    push(browser, "Go on");
    other.wait_for(&stage("Running"));
    for tab in ["endpoints", "failures", "mix", "log", "history", "overview"] {
        open_tab(browser, tab);
        browser.wait_for("document.querySelector('#main').textContent.length > 20");
        wrong.extend(look_at(browser, &format!("running-{tab}"), url));
    }
    wrong.extend(other.complaints());
    wrong
}

/// The end, its reload, and the report.
fn ended(browser: &Browser, url: &str) -> Vec<String> {
    let wrong = look_at(browser, "ended", url);
    let seen = "[...document.querySelectorAll('.decision, .tile dd, #title')].map(n => n.textContent).join()";
    let before = text(browser, seen);
    browser.reload();
    browser.wait_for("document.querySelector('.decision a')");
    assert_eq!(text(browser, seen), before, "a reload keeps all");
    assert!(text(browser, "document.querySelector('.charts').textContent").contains("<img src=x"));
    let report = text(browser, "document.querySelector('.decision a').href");
    let page = browser.run_async("return await (await fetch(arguments[0])).text()", &[report.into()]);
    let page = page.as_str().unwrap_or_default();
    assert!(page.contains("<html") && !page.contains("<img src=x"), "{page:.300}");
    browser.click(".decision a");
    browser.wait_for("document.querySelector('#figure-latency svg')");
    let mut wrong = wrong;
    wrong.extend(look_at(browser, "report", url));
    browser.open(url);
    browser.wait_for("document.querySelector('.decision a')");
    wrong
}

fn compared(browser: &Browser, url: &str) -> Vec<String> {
    open_tab(browser, "history");
    browser.wait_for("document.querySelectorAll('#main tbody tr').length === 2");
    browser.click("#main tbody tr button");
    push(browser, "Compare");
    browser.wait_for(
        "[...document.querySelectorAll('#main h2')].some(n => n.textContent.includes(' against '))",
    );
    browser.wait_for("document.querySelectorAll('#main .charts svg').length >= 2");
    look_at(browser, "compared", url)
}

/// Names that would do something where they are not kept text. Those that steer terminals are refused by the plan.
const HOSTILE: [&str; 3] = ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "=cmd()"];

/// Hostile names among 500 endpoints: all is text, all is found, and the page draws each second in time.
#[test]
fn many_names_and_hostile_ones() {
    with_browser(|browser| {
        let target = mock();
        let context = brunt();
        let mut flow = String::new();
        for name in HOSTILE.into_iter().map(str::to_owned).chain((0..497).map(|i| format!("page {i:03}"))) {
            let _ = writeln!(flow, "    - {{get: /status/200, name: \"{name}\"}}");
        }
        let plan = format!(
            "target: {}\nactions:\n  visit:\n{flow}scenarios:\n  day: {{users: 20, duration: 120s}}\n",
            target.url()
        );
        context.write("plan.yaml", plan);
        let (page, url) = served(&context, &["run", "plan.yaml", "--ui"]);
        browser.look(VIEWS[0].1);
        browser.open(&format!("{url}/#endpoints"));
        browser.wait_for("document.querySelectorAll('#main tbody tr').length >= 200");
        for name in HOSTILE {
            browser.fill("input[type=search]", name);
            let found = "[...document.querySelectorAll('#main tbody tr')].map(r => r.textContent)";
            browser.wait_for(&format!("{found}.length === 1"));
        }
        browser.fill("input[type=search]", "");
        browser.run("const box = document.querySelector('input[type=search]'); box.value = ''; box.dispatchEvent(new Event('input'))", &[]);
        let csv = browser.run_async("return await (await fetch('/stats/requests/csv')).text()", &[]);
        let csv = csv.as_str().unwrap_or_default();
        assert!(csv.contains("'=cmd()") && !csv.contains('\u{1b}'), "{csv:.600}");
        let cost = browser.run_async(
            "const long = []; new PerformanceObserver(l => long.push(...l.getEntries().map(e => e.duration))).observe({ type: 'longtask' });
             await new Promise(go => setTimeout(go, 5000)); return Math.max(0, ...long)",
            &[],
        );
        println!("500 endpoints: the longest task of the page in 5 s took {cost} ms");
        assert!(cost.as_f64() < Some(1_000.0), "{cost} ms: no second is drawn in time");
        let wrong = look_at(browser, "many", &url);
        assert_eq!(text(browser, "document.querySelectorAll('img, [onerror]').length"), "0");
        assert_eq!(wrong, Vec::<String>::new());
        page.interrupt();
        let _ = page.wait();
        target.stop();
    });
}

#[test]
fn a_page_for_reading_offers_no_change() {
    with_browser(|browser| {
        let context = brunt();
        let (page, url) = served(&context, &["ui", "--web-readonly"]);
        browser.open(&url);
        browser.wait_for("document.body.innerText.includes('for reading only')");
        let enabled = "return [...document.querySelectorAll('button')].filter(b => b.getClientRects().length && !b.disabled).map(b => b.textContent)";
        let enabled = lines(&browser.run(enabled, &[]));
        for change in ["Start", "Run the demo", "New test", "Stop", "Edit", "Pause", "Add note"] {
            assert!(!enabled.iter().any(|b| b == change), "{change} is offered: {enabled:?}");
        }
        assert_eq!(look_at(browser, "readonly", &url), Vec::<String>::new());
        page.interrupt();
        let _ = page.wait().expect_code(0);
    });
}
