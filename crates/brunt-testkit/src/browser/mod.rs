//! A browser that a test drives: Chromium by way of its driver, in the W3C's `WebDriver` protocol.
//!
//! Start with [`Browser::start`], which says so and returns nothing where the two programs (Debian's `chromium` and
//! `chromium-driver`) are not installed. The browser reaches this machine alone. What a page logged, refused and asked for is
//! in [`Browser::complaints`] and [`Browser::requests`]; waiting is done in the browser ([`Browser::wait_for`]).

mod pages;
mod wire;

pub use pages::{Content, Pages};

use base64::Engine as _;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use tempfile::TempDir;

/// The longest that the driver may take to listen.
const LIMIT: Duration = Duration::from_mins(1);
/// The longest that a page may take to come to what is waited for, in milliseconds.
const PATIENCE_MS: u32 = 45_000;
/// How the protocol names a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Light or dark, as the system asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// How a page is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Width of the window, in CSS pixels.
    pub width: u32,
    /// Height of the window, in CSS pixels.
    pub height: u32,
    /// What the system asks for.
    pub scheme: Scheme,
}

/// A browser with one window. It ends, and its profile is removed, when it is dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    /// The session's path at the driver; empty until there is one.
    session: String,
    /// Removed last.
    folder: TempDir,
}

impl Browser {
    /// Starts one; `None`, with a printed reason, if it is not installed. Where `REQUIRE_BROWSER` is set that is a failure.
    #[expect(clippy::print_stdout, reason = "who runs the tests is told what was left out")]
    pub fn start() -> Option<Self> {
        let missing: Vec<&str> =
            ["chromium", "chromedriver"].into_iter().filter(|name| program(name).is_none()).collect();
        if !missing.is_empty() {
            let reason = format!("skipped: {} is not installed", missing.join(", "));
            assert!(std::env::var_os("REQUIRE_BROWSER").is_none(), "REQUIRE_BROWSER is set, but {reason}");
            println!("{reason}");
            return None;
        }
        Some(Self::started())
    }

    fn started() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut command = Command::new("chromedriver");
        // A group of its own, so that the browser ends with the driver even if the driver cannot end it.
        command.arg("--port=0").process_group(0).env("TMPDIR", folder.path()).env("HOME", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let lines = BufReader::new(driver.stdout.take().expect("a pipe was asked for")).lines();
        let mut browser = Self { driver, port: 0, session: String::new(), folder };
        let (send, said) = channel();
        std::thread::spawn(move || {
            // Read to the end, so that a full pipe never stops the driver; nobody listens once its port is known.
            lines.map_while(Result::ok).for_each(|line| drop(send.send(line)));
        });
        while browser.port == 0 {
            let line =
                said.recv_timeout(LIMIT).unwrap_or_else(|e| panic!("chromedriver does not listen: {e}"));
            let port = line.strip_suffix('.').and_then(|l| l.rsplit_once("successfully on port "));
            browser.port = port.and_then(|(_, port)| port.parse().ok()).unwrap_or(0);
        }
        let profile = browser.folder.path().join("profile").display().to_string();
        let made = browser.ask("POST", "/session", &wire::capabilities(&profile));
        browser.session = format!("/session/{}", made["sessionId"].as_str().expect("a session has an id"));
        browser
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("{}{path}", self.session);
        wire::command(self.port, method, &path, body).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.ask("POST", "/refresh", &json!({}));
    }

    /// What a script returns, run in the page: `run("return document.title", &[])`. Arguments are `arguments[0]` and so on.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// What an `async` script comes to, run in the page: `run_async("return await (await fetch('/x')).text()", &[])`.
    pub fn run_async(&self, script: &str, arguments: &[Value]) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);\
             (async function() {{ {script} }}).apply(null, given)\
             .then(value => done({{ value: value ?? null }}), error => done({{ error: String(error?.stack ?? error) }}));"
        );
        let mut answer = self.ask("POST", "/execute/async", &json!({ "script": script, "args": arguments }));
        assert!(answer.get("error").is_none(), "{}: {script}", answer["error"]);
        answer["value"].take()
    }

    /// Waits, in the page, until an expression is true, and returns its value. Panics, with what the page shows and said, if
    /// it does not come to that.
    pub fn wait_for(&self, expression: &str) -> Value {
        let script = format!(
            "const until = performance.now() + {PATIENCE_MS};\
             for (;;) {{ const seen = ({expression}); if (seen) return {{ seen }};\
             if (performance.now() > until) return {{}};\
             await new Promise(go => setTimeout(go, 30)); }}"
        );
        let mut answer = self.run_async(&script, &[]);
        if answer.get("seen").is_none() {
            let text = self.run("return document.body.innerText.slice(0, 3000)", &[]);
            let text = text.as_str().unwrap_or_default();
            panic!("never came: {expression}\n{:#?}\n--- the page\n{text}", self.complaints());
        }
        answer["seen"].take()
    }

    /// The first element of a CSS selector. Panics if there is none.
    fn element(&self, selector: &str) -> String {
        let found = self.ask("POST", "/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().expect("an element has a reference").to_owned()
    }

    /// Clicks where the first element of a selector is, as a hand would: what lies over it gets the click, which is a failure.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        // To the middle, as a hand would: at the window's edges bars lie over what is to be clicked.
        self.run("arguments[0].scrollIntoView({ block: 'center' })", &[json!({ ELEMENT: element })]);
        self.ask("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Writes into a field in place of what it holds.
    pub fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.ask("POST", &format!("/element/{element}/clear"), &json!({}));
        self.ask("POST", &format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses a key and lets it go, wherever the focus is; modifiers are held. Keys without a letter have codes of their own,
    /// such as `\u{e014}` for the right arrow: section 17.4.2 of the protocol.
    pub fn press(&self, key: char, held: &[char]) {
        let part = |what: &str, key: &char| json!({ "type": what, "value": key.to_string() });
        let mut actions: Vec<Value> = held.iter().chain([&key]).map(|k| part("keyDown", k)).collect();
        actions.extend([&key].into_iter().chain(held.iter().rev()).map(|k| part("keyUp", k)));
        self.act(&json!({ "type": "key", "id": "keyboard", "actions": actions }));
    }

    /// Draws the pointer from one place of the window to another, in CSS pixels, with its button down.
    pub fn drag(&self, from: (i64, i64), to: (i64, i64)) {
        let way = |(x, y): (i64, i64)| json!({ "type": "pointerMove", "x": x, "y": y, "duration": 60 });
        let button = |what: &str| json!({ "type": what, "button": 0 });
        self.pointer(&[way(from), button("pointerDown"), way(to), button("pointerUp")]);
    }

    /// Moves the pointer to a place of the window, in CSS pixels.
    pub fn hover(&self, (x, y): (i64, i64)) {
        self.pointer(&[json!({ "type": "pointerMove", "x": x, "y": y, "duration": 0 })]);
    }

    fn pointer(&self, actions: &[Value]) {
        let mouse = json!({ "pointerType": "mouse" });
        self.act(&json!({ "type": "pointer", "id": "mouse", "parameters": mouse, "actions": actions }));
    }

    fn act(&self, source: &Value) {
        self.ask("POST", "/actions", &json!({ "actions": [source] }));
    }

    /// A command of the browser's own protocol, which can more than `WebDriver`.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.ask("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Changes how pages are seen from now on.
    pub fn look(&self, view: View) {
        let scheme = match view.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
        let size =
            json!({ "width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Turns scripts of pages off, for pages that are opened from now on.
    pub fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// What the console got since the last call: errors, warnings, and what the page's policy refused.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.log("browser");
        let text = |e: &Value| format!("{} {}", e["level"].as_str().unwrap_or("?"), e["message"]);
        let bad = |e: &&Value| !matches!(e["level"].as_str(), Some("INFO" | "DEBUG"));
        entries.iter().filter(bad).map(text).collect()
    }

    /// The URLs that were asked for since the last call, in order, with those of pages themselves. What the browser's own pages ask for,
    /// as the tab that it begins with, is not among them.
    pub fn requests(&self) -> Vec<String> {
        let entries = self.log("performance");
        let url = |entry: &Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &message["message"];
            let is_request = event["method"] == "Network.requestWillBeSent";
            let of_browser =
                event["params"]["documentURL"].as_str().is_some_and(|url| url.starts_with("chrome"));
            (is_request && !of_browser)
                .then(|| event["params"]["request"]["url"].as_str().unwrap_or_default().to_owned())
        };
        entries.iter().filter_map(url).collect()
    }

    fn log(&self, of: &str) -> Vec<Value> {
        self.ask("POST", "/se/log", &json!({ "type": of })).as_array().cloned().unwrap_or_default()
    }

    /// Writes a picture of the whole page, also of what the window does not show, into a PNG file. The folder must be there.
    pub fn picture(&self, file: &Path) {
        let size = &self.devtools("Page.getLayoutMetrics", &json!({}))["cssContentSize"];
        let all = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let picture =
            self.devtools("Page.captureScreenshot", &json!({ "captureBeyondViewport": true, "clip": all }));
        let text = picture["data"].as_str().expect("a picture is text in base64");
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
        std::fs::write(file, bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The driver ends the browser and then answers. If it cannot, the group's end is the browser's too.
            let _ = wire::command(self.port, "DELETE", &self.session, &Value::Null);
        }
        let _ = kill_process_group(Pid::from_child(&self.driver), Signal::KILL);
        let _ = self.driver.wait();
    }
}

/// Where a program is.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
