//! Pages as a browser shows them: Debian's Chromium, driven by `brunt_testkit::Browser`.
//!
//! Left out, by a printed reason, where `chromium` and `chromedriver` are not installed, unless `REQUIRE_BROWSER` is set.
//! `AXE` is the path of axe-core's `axe.min.js` (`.ci/run` fetches it); without it that part is left out. `PICTURES` names a
//! folder for pictures of what is seen:
//! `RUN_SLOW_TESTS=1 PICTURES=$PWD/target/pictures cargo test -p brunt --test it slow::browser -- --nocapture`.

mod cockpit;
mod report;

use super::asked_for;
use crate::stage::alone;
use brunt_testkit::{Browser, Content, Pages, Scheme, View};
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

/// A desk and a telephone, by day and by night.
const VIEWS: [(&str, View); 4] = [
    ("light", View { width: 1_280, height: 900, scheme: Scheme::Light }),
    ("dark", View { width: 1_280, height: 900, scheme: Scheme::Dark }),
    ("phone", View { width: 390, height: 844, scheme: Scheme::Light }),
    ("phone-dark", View { width: 390, height: 844, scheme: Scheme::Dark }),
];

/// The smallest letters that are allowed, in pixels (the design's rule).
const LEAST_LETTERS: f64 = 12.0;

/// Lets a test use a browser, if it is there. It is alone meanwhile: a browser would make others' load late.
fn with_browser(test: impl FnOnce(&Browser)) {
    if !asked_for() {
        return;
    }
    let _alone = alone();
    if let Some(browser) = Browser::start() {
        test(&browser);
    }
}

/// What axe-core finds on the page that is open: a line for each finding. Nothing, with a printed reason, where it is not there.
#[expect(clippy::print_stdout, reason = "who runs the tests is told what was left out")]
fn axe(browser: &Browser) -> Vec<String> {
    let Some(path) = env::var_os("AXE") else {
        println!("left out: AXE does not name axe-core's script");
        return Vec::new();
    };
    let script = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    // Run by the driver, not by the page: the page's policy does not reach it.
    browser.run(&script, &[]);
    let found = browser.run_async(
        "const { violations } = await axe.run(document, { resultTypes: ['violations'] });
         return violations.flatMap(v => v.nodes.map(n => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary}`));",
        &[],
    );
    lines(&found)
}

fn lines(value: &Value) -> Vec<String> {
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}

/// What is wrong with how the page looks that is open: it scrolls sideways, or letters are too small to read.
fn unreadable(browser: &Browser) -> Vec<String> {
    let script = "
        const wrong = [];
        const page = document.documentElement;
        if (page.scrollWidth > window.innerWidth) wrong.push(`${page.scrollWidth} wide in a window of ${window.innerWidth}`);
        for (const node of document.querySelectorAll('body *')) {
            const speaks = [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim());
            if (!speaks || !node.getClientRects().length || node.closest('title, desc, script, style')) continue;
            const svg = node.closest('svg[viewBox]');
            const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
            const size = parseFloat(getComputedStyle(node).fontSize) * scale;
            // Charts are laid out in whole pixels: a part of one is no smaller letter.
            if (size < arguments[0] - 0.05) wrong.push(`${size} px: ${node.textContent.slice(0, 40)}`);
        }
        return wrong;";
    lines(&browser.run(script, &[LEAST_LETTERS.into()]))
}

/// All that may be wrong with any page of ours.
fn faults(browser: &Browser) -> Vec<String> {
    [browser.complaints(), axe(browser), unreadable(browser)].concat()
}

/// Takes a picture of the whole page that is open, if pictures are asked for.
fn picture(browser: &Browser, name: &str) {
    let Some(folder) = env::var_os("PICTURES").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    // Bars that stay at the window's top belong to the picture's top.
    browser.run("scrollTo(0, 0)", &[]);
    browser.picture(&folder.join(format!("{name}.png")));
}

/// The URL of a file.
fn file_url(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    format!("file://{}", path.display())
}

/// That the tests of this folder can fail: each kind of fault is seen where it is.
#[test]
fn faults_are_seen() {
    let policy = "default-src 'none'; script-src 'self'";
    let page = |policy: &str, body: &str| Content {
        media: "text/html",
        policy: policy.to_owned(),
        text: format!("<!DOCTYPE html><html lang=en><title>t</title><main><h1>t</h1>{body}</main>"),
    };
    let rows = [
        ("/good", page(policy, "<p>fine"), None),
        (
            "/script",
            page(policy, "<script>1</script>"),
            Some("violates the following Content Security Policy"),
        ),
        (
            "/style",
            page(policy, "<p style='color:red'>x"),
            Some("violates the following Content Security Policy"),
        ),
        (
            "/picture",
            page(policy, "<img alt=x src=http://127.0.0.1:9/x.png>"),
            Some("Content Security Policy"),
        ),
        ("/error", page("", "<script>console.error('broken')</script>"), Some("broken")),
        ("/thrown", page("", "<script>throw new Error('thrown')</script>"), Some("thrown")),
        ("/small", page("", "<p style='font-size:11px'>x"), Some("11 px")),
        ("/wide", page("", "<p style='width:2000px'>x"), Some("wide in a window")),
        ("/nameless", page("", "<button></button>"), Some("button-name")),
    ];
    let all: BTreeMap<String, Content> = rows.iter().map(|(p, c, _)| ((*p).to_owned(), c.clone())).collect();
    let pages = Pages::of(all);
    with_browser(|browser| {
        browser.look(VIEWS[0].1);
        for (path, _, expected) in &rows {
            browser.open(&pages.at(path));
            let seen = faults(browser);
            match expected {
                None => assert_eq!(seen, Vec::<String>::new(), "{path}"),
                Some("button-name") if env::var_os("AXE").is_none() => {}
                Some(part) => {
                    assert!(
                        seen.iter().any(|line| line.contains(part)),
                        "{path}: {part} is not in {seen:#?}"
                    );
                }
            }
        }
        let asked = browser.requests();
        assert!(asked.contains(&pages.at("/good")), "{asked:#?}");
    });
}
