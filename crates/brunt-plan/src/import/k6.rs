//! k6's `options`, as JSON: which load, not which requests. The requests are `GET /` of the target until somebody
//! writes them.
//!
//! Every executor becomes the scenario that produces the same load. What an option means stands in k6's documentation
//! of options and executors; the keys are those of its `lib/options.go` and `lib/executor`.

use super::build::{Map, Piece, text_at};
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Value};
use crate::units::parse_duration;
use brunt_objective::k6::{Threshold, Unconvertible};

/// Options that this reader knows what to do with.
const TAKEN: [&str; 13] = [
    "vus",
    "duration",
    "iterations",
    "stages",
    "scenarios",
    "thresholds",
    "maxRedirects",
    "userAgent",
    "insecureSkipTLSVerify",
    "noConnectionReuse",
    "hosts",
    "tags",
    "noVUConnectionReuse",
];

/// Options of k6 that a plan has no word for.
const KNOWN: [&str; 28] = [
    "paused",
    "executionSegment",
    "executionSegmentSequence",
    "noSetup",
    "setupTimeout",
    "noTeardown",
    "teardownTimeout",
    "handleSummaryTimeout",
    "rps",
    "dns",
    "batch",
    "batchPerHost",
    "httpDebug",
    "tlsCipherSuites",
    "tlsVersion",
    "tlsAuth",
    "throw",
    "blacklistIPs",
    "blockHostnames",
    "minIterationDuration",
    "cloud",
    "ext",
    "summaryTrendStats",
    "summaryTimeUnit",
    "systemTags",
    "metricSamplesBufferSize",
    "noCookiesReset",
    "discardResponseBodies",
];

/// Keys of every scenario.
const COMMON: [&str; 7] = ["executor", "startTime", "gracefulStop", "env", "exec", "tags", "options"];

/// Executors with their own keys.
const EXECUTORS: [(&str, &[&str]); 6] = [
    ("shared-iterations", &["vus", "iterations", "maxDuration"]),
    ("per-vu-iterations", &["vus", "iterations", "maxDuration"]),
    ("constant-vus", &["vus", "duration"]),
    ("ramping-vus", &["startVUs", "stages", "gracefulRampDown"]),
    ("constant-arrival-rate", &["rate", "timeUnit", "duration", "preAllocatedVUs", "maxVUs"]),
    ("ramping-arrival-rate", &["startRate", "timeUnit", "stages", "preAllocatedVUs", "maxVUs"]),
];

/// Options that say a load, by which options are told from all else.
const LOADS: [&str; 5] = ["vus", "stages", "iterations", "duration", "thresholds"];

/// Fields of plans that k6 does not have.
const OF_PLANS: [&str; 10] =
    ["actions", "target", "users", "preset", "profiles", "environments", "http", "data", "vars", "slo"];

/// Whether it is of k6, slips included: a file of which one key is misspelt is to be told which.
pub(super) fn looks_like(root: &Node) -> bool {
    let root = root.entry("options").map_or(root, |e| &e.value);
    let keys = root.keys();
    if keys.iter().any(|k| OF_PLANS.contains(k)) {
        return false;
    }
    let has_executor = |node: &Node| match &node.value {
        Value::Map(entries) => entries.iter().any(|e| e.value.entry("executor").is_some()),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            false
        }
    };
    if keys.iter().filter_map(|k| root.entry(k)).any(|e| has_executor(&e.value)) {
        return true;
    }
    let is_near =
        |key: &str, known: &[&str]| known.iter().any(|k| k.len() > 2 && strsim::osa_distance(k, key) <= 2);
    let is_known = |key: &str| TAKEN.contains(&key) || KNOWN.contains(&key);
    let odd: Vec<&&str> = keys.iter().filter(|k| !is_known(k)).collect();
    let all_near = odd.iter().all(|k| is_near(k, &TAKEN) || is_near(k, &KNOWN));
    let says_load = keys.iter().any(|k| LOADS.contains(k));
    let nearly = !keys.is_empty() && keys.iter().any(|k| is_near(k, &LOADS));
    (says_load && 2 * odd.len() <= keys.len()) || (nearly && all_near)
}

pub(super) fn plan(root: &Node, problems: &mut Vec<Diagnostic>) -> Node {
    let mut reader = Reader { problems };
    // The file may hold the options alone, or under their name.
    let root = root.entry("options").map_or(root, |e| &e.value);
    // `null` is k6's way to print what is not set.
    let root = &without_nulls(root);
    reader.unknown(root);
    let mut plan = Map::at(root.span.clone());
    plan.put("name", "k6-options");
    let mut step = Map::at(root.span.clone());
    step.put("get", "/");
    let mut actions = Map::at(root.span.clone());
    actions.put("default", vec![step]);
    if let Some(http) = reader.http(root) {
        plan.put("http", http);
    }
    plan.put("actions", actions);
    let tags = tags_of(root);
    plan.put("scenarios", reader.scenarios(root, &tags));
    let expect = reader.thresholds(root);
    if !expect.is_empty() {
        plan.put("expect", expect);
    }
    plan.node()
}

struct Reader<'p> {
    problems: &'p mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn unknown(&mut self, root: &Node) {
        let Value::Map(entries) = &root.value else {
            let d = Diagnostic::error(&root.span, format!("options are an object, found {}", root.found()));
            return self.problems.push(d);
        };
        for entry in entries {
            let key = entry.key.as_str();
            if TAKEN.contains(&key) {
                continue;
            }
            if KNOWN.contains(&key) {
                let message = format!("`{key}` has no counterpart in a plan");
                self.problems.push(Diagnostic::warning(&entry.key_span, message).label("left out"));
                continue;
            }
            let known = TAKEN.iter().chain(KNOWN.iter()).copied();
            self.problems.push(Cx::unknown("option of k6", key, &entry.key_span, known));
        }
    }

    fn http(&mut self, root: &Node) -> Option<Map> {
        let mut http = Map::at(root.span.clone());
        if let Some(n) = root.entry("maxRedirects") {
            http.put("redirects", n.value.clone());
        }
        let reuse = root.entry("noConnectionReuse").or_else(|| root.entry("noVUConnectionReuse"));
        if reuse.is_some_and(|e| e.value.value == Value::Bool(true)) {
            http.put("keep_alive", false);
        }
        if let Some(agent) = root.entry("userAgent") {
            let mut headers = Map::at(agent.key_span.clone());
            headers.put("user-agent", agent.value.clone());
            http.put("headers", headers);
        }
        if root.entry("insecureSkipTLSVerify").is_some_and(|e| e.value.value == Value::Bool(true)) {
            let mut tls = Map::at(root.span.clone());
            tls.put("insecure", true);
            http.put("tls", tls);
        }
        if let Some(Value::Map(hosts)) = root.entry("hosts").map(|e| &e.value.value) {
            let rules: Vec<Piece> = hosts.iter().filter_map(|e| self.host(e)).collect();
            http.put("connect_to", Piece::List(rules));
        }
        (!http.is_empty()).then_some(http)
    }

    /// `"test.k6.io": "1.2.3.4:8080"` as curl's `--connect-to`.
    fn host(&mut self, entry: &Entry) -> Option<Piece> {
        let to = entry.value.as_str()?;
        if entry.key.contains('*') {
            let d = Diagnostic::warning(&entry.key_span, format!("`{}` stands for many hosts", entry.key));
            self.problems
                .push(d.label("left out").help("write a rule for each host under `http.connect_to`"));
            return None;
        }
        let (host, port) = split_port(&entry.key);
        let (to_host, to_port) = split_port(to);
        Some(text_at(&entry.key_span, format!("{host}:{port}:{to_host}:{to_port}")).into())
    }

    /// `tags` are those of the whole run.
    fn scenarios(&mut self, root: &Node, tags: &[String]) -> Map {
        let mut out = Map::at(root.span.clone());
        if let Some(Value::Map(entries)) = root.entry("scenarios").map(|e| &e.value.value) {
            for key in ["vus", "duration", "iterations", "stages"] {
                if let Some(beside) = root.entry(key) {
                    let message = format!("`{key}` cannot be combined with `scenarios`");
                    self.problems
                        .push(Diagnostic::error(&beside.key_span, message).label("k6 refuses this too"));
                }
            }
            for entry in entries {
                let own = tags_of(&entry.value);
                // A scenario's own value of a tag wins.
                let outer = tags.iter().filter(|tag| !own.iter().any(|o| key_of(o) == key_of(tag)));
                let all: Vec<String> = outer.chain(&own).cloned().collect();
                let mut scenario = self.scenario(entry);
                if !all.is_empty() {
                    scenario.put("tags", all);
                }
                out.put(&entry.key, scenario);
            }
        } else {
            let mut scenario = self.shorthand(root);
            if !tags.is_empty() {
                scenario.put("tags", tags.to_vec());
            }
            out.put("default", scenario);
        }
        out
    }

    /// `vus`, `duration`, `iterations`, `stages` at the top stand for one scenario.
    fn shorthand(&mut self, root: &Node) -> Map {
        let mut scenario = Map::at(root.span.clone());
        let get = |key: &str| root.entry(key).map(|e| e.value.clone());
        if let Some(stages) = root.entry("stages") {
            scenario.put("users", get("vus").map_or(Piece::from(1_u64), Piece::from));
            scenario.put("stages", self.stages(&stages.value, &|to| to.into()));
        } else if let Some(iterations) = get("iterations") {
            scenario.put("users", get("vus").map_or(Piece::from(1_u64), Piece::from));
            scenario.put("iterations", iterations);
            scenario.put("duration", get("duration").map_or(Piece::from("10m"), Piece::from));
        } else {
            scenario.put("users", get("vus").map_or(Piece::from(1_u64), Piece::from));
            match get("duration") {
                Some(duration) => _ = scenario.put("duration", duration),
                // As k6: one iteration of one user.
                None => _ = scenario.put("iterations", get("vus").map_or(Piece::from(1_u64), Piece::from)),
            }
        }
        scenario
    }

    fn scenario(&mut self, entry: &Entry) -> Map {
        let node = &entry.value;
        let mut out = Map::at(entry.key_span.clone());
        let executor = node.entry("executor").and_then(|e| Some((e.value.as_str()?, &e.value.span)));
        let Some((executor, span)) = executor else {
            let d =
                Diagnostic::error(&entry.key_span, format!("the scenario `{}` has no `executor`", entry.key));
            self.problems.push(d.help("write e.g. `\"executor\": \"constant-vus\"`"));
            return some_load(out);
        };
        let Some((_, own)) = EXECUTORS.iter().find(|e| e.0 == executor) else {
            let known = EXECUTORS.iter().map(|e| e.0);
            self.problems.push(Cx::unknown("executor", executor, span, known));
            return some_load(out);
        };
        if let Value::Map(keys) = &node.value {
            for key in
                keys.iter().filter(|k| !own.contains(&k.key.as_str()) && !COMMON.contains(&k.key.as_str()))
            {
                let known = own.iter().chain(COMMON.iter()).copied();
                self.problems.push(Cx::unknown(
                    &format!("key of `{executor}`"),
                    &key.key,
                    &key.key_span,
                    known,
                ));
            }
        }
        self.load(executor, node, &mut out);
        self.common(node, executor, &mut out);
        out
    }

    /// The load itself. Defaults are k6's.
    fn load(&mut self, executor: &str, node: &Node, out: &mut Map) {
        let or = |key: &str, default: Piece| node.entry(key).map_or(default, |e| e.value.clone().into());
        match executor {
            "shared-iterations" | "per-vu-iterations" => {
                let iterations =
                    if executor == "shared-iterations" { "iterations" } else { "iterations_per_user" };
                out.put("users", or("vus", 1_u64.into()));
                out.put(iterations, or("iterations", 1_u64.into()));
                out.put("duration", or("maxDuration", "10m".into()));
            }
            "constant-vus" => {
                out.put("users", or("vus", 1_u64.into()));
                self.required(node, "duration", out);
            }
            "ramping-vus" => {
                let start = or("startVUs", 1_u64.into()).at(&node.span);
                if start.value != Value::Int(0) {
                    out.put("users", start);
                }
                if let Some(stages) = self.need(node, "stages") {
                    out.put("stages", self.stages(&stages, &|to| to.into()));
                }
            }
            _ => {
                let unit = node.entry("timeUnit").and_then(|e| e.value.as_str()).unwrap_or("1s").to_owned();
                let rate = |n: Node| -> Piece {
                    let number = match n.value {
                        Value::Int(n) => n.to_string(),
                        Value::Float(n) => n.to_string(),
                        Value::Null | Value::Bool(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => {
                            return n.into();
                        }
                    };
                    text_at(&n.span, format!("{number}/{unit}")).into()
                };
                if executor == "constant-arrival-rate" {
                    if let Some(n) = self.need(node, "rate") {
                        out.put("rate", rate(n));
                    }
                    self.required(node, "duration", out);
                } else {
                    if let Some(start) = node.entry("startRate").filter(|e| e.value.value != Value::Int(0)) {
                        out.put("rate", rate(start.value.clone()));
                    }
                    if let Some(stages) = self.need(node, "stages") {
                        out.put("stages", self.stages(&stages, &rate));
                    }
                }
                let users = node.entry("maxVUs").or_else(|| node.entry("preAllocatedVUs"));
                out.put_some("max_users", users.map(|e| e.value.clone()));
            }
        }
    }

    fn common(&mut self, node: &Node, executor: &str, out: &mut Map) {
        if let Some(start) = node.entry("startTime") {
            out.put("start", start.value.clone());
        }
        let grace = if executor == "ramping-vus" { "gracefulRampDown" } else { "gracefulStop" };
        if let Some(grace) = node.entry("gracefulStop").or_else(|| node.entry(grace)) {
            out.put("graceful_stop", grace.value.clone());
        }
        for key in ["env", "exec", "options"] {
            if let Some(entry) = node.entry(key) {
                let d = Diagnostic::warning(&entry.key_span, format!("`{key}` belongs to a script"));
                let help =
                    if key == "exec" { "name a user class: `run: ...`" } else { "use `vars` or `http`" };
                self.problems.push(d.label("left out").help(help));
            }
        }
    }

    fn need(&mut self, node: &Node, key: &str) -> Option<Node> {
        let found = node.entry(key).map(|e| e.value.clone());
        if found.is_none() {
            self.problems.push(
                Diagnostic::error(&node.span, format!("`{key}` is missing")).label("this executor needs it"),
            );
        }
        found
    }

    fn required(&mut self, node: &Node, key: &str, out: &mut Map) {
        if let Some(value) = self.need(node, key) {
            out.put(key, value);
        }
    }

    fn stages(&mut self, node: &Node, to: &dyn Fn(Node) -> Piece) -> Vec<Map> {
        let mut out = Vec::new();
        for stage in node.one_or_many() {
            for key in stage.keys().into_iter().filter(|k| !["duration", "target"].contains(k)) {
                if let Some(entry) = stage.entry(key) {
                    self.problems.push(Cx::unknown(
                        "key of a stage",
                        key,
                        &entry.key_span,
                        ["duration", "target"],
                    ));
                }
            }
            let mut map = Map::at(stage.span.clone());
            let (target, duration) = (self.need(stage, "target"), self.need(stage, "duration"));
            map.put_some("to", target.map(to));
            map.put_some("over", duration);
            out.push(map);
        }
        out
    }

    fn thresholds(&mut self, root: &Node) -> Vec<Node> {
        let mut out = Vec::new();
        let Some(Value::Map(entries)) = root.entry("thresholds").map(|e| &e.value.value) else {
            return out;
        };
        for entry in entries {
            for item in entry.value.one_or_many() {
                out.extend(self.threshold(&entry.key, item).map(|text| text_at(&item.span, text)));
            }
        }
        out
    }

    /// A threshold as the text of the objective that says the same.
    fn threshold(&mut self, selector: &str, item: &Node) -> Option<String> {
        let assertion = item.as_str().or_else(|| item.entry("threshold").and_then(|e| e.value.as_str()));
        let aborts = item.entry("abortOnFail").is_some_and(|e| e.value.value == Value::Bool(true));
        let delay = item.entry("delayAbortEval").and_then(|e| parse_duration(e.value.as_str()?).ok());
        let threshold = Threshold {
            selector,
            assertion: assertion.unwrap_or_default(),
            abort_after: aborts.then(|| delay.unwrap_or_default()),
        };
        match brunt_objective::k6::threshold(&threshold) {
            Ok(objective) => Some(objective.to_string()),
            Err(problem) => {
                self.problems.push(match problem {
                    // k6 refuses it too, and a gate that is left out holds nobody.
                    Unconvertible::NotAThreshold(_) => Diagnostic::error(&item.span, problem.to_string())
                        .help("write e.g. `\"p(95)<500\"` or `\"rate<0.01\"`"),
                    Unconvertible::Metric(_) | Unconvertible::Method { .. } | Unconvertible::Tag(_) => {
                        let message = format!("the threshold on `{selector}` has no counterpart: {problem}");
                        Diagnostic::warning(&item.span, message).label("left out")
                    }
                });
                None
            }
        }
    }
}

/// Stands for a load that cannot be known, so that nothing is said of it beyond what is wrong.
fn some_load(mut scenario: Map) -> Map {
    scenario.put("users", 1_u64);
    scenario.put("iterations", 1_u64);
    scenario
}

/// `"tags": {"team": "shop"}` as the word `team:shop`.
fn tags_of(node: &Node) -> Vec<String> {
    let Some(Value::Map(tags)) = node.entry("tags").map(|e| &e.value.value) else { return Vec::new() };
    tags.iter().filter_map(|e| Some(format!("{}:{}", e.key, e.value.as_str()?))).collect()
}

fn key_of(tag: &str) -> &str {
    tag.split(':').next().unwrap_or(tag)
}

fn without_nulls(node: &Node) -> Node {
    let mut node = node.clone();
    if let Value::Map(entries) = &mut node.value {
        entries.retain(|e| e.value.value != Value::Null);
        for entry in entries {
            entry.value = without_nulls(&entry.value);
        }
    }
    node
}

fn split_port(text: &str) -> (&str, &str) {
    match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        Some(_) | None => (text, ""),
    }
}
