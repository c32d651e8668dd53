//! What is laid over a plan's tree before it is decoded: environments, profiles, presets, settings of the command
//! line; and the variables in it.
//!
//! An overlay is a piece of plan: its maps are merged into the plan's, `null` removes a key, anything else
//! replaces what was there. Everything keeps its place in the text; what comes from the command line or from a
//! preset is appended to the text as lines of its own, so that a problem in it can be shown as any other.
//! Nothing here knows what the keys mean, but for the few that it is made of.

mod metrics;

mod variables;

use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::lower::Overrides;
use crate::preset::{self, Preset};
use crate::read::read;
use crate::tree::{Entry, Node, Span, Value};
use crate::units::with_unit;
use crate::{Format, Source};

/// A name to its value, as the process's environment.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A tree ready to be decoded, with the text that its places stand in.
pub(crate) struct Prepared {
    pub(crate) source: Source,
    pub(crate) root: Node,
    pub(crate) problems: Vec<Diagnostic>,
    /// Where lines that are no part of the file were appended to its text, and whence they are.
    pub(crate) added: Vec<(usize, &'static str)>,
    pub(crate) profile: Option<String>,
    pub(crate) environment: Option<String>,
    /// What is to be run is not known: nothing else that could be said about the plan would help.
    pub(crate) undecided: bool,
    /// The variables that were put in, with where they are named.
    pub(crate) vars: Vec<(String, Span)>,
}

/// Load asked for on the command line, in place of a plan's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOverride {
    /// Users at once.
    pub users: Option<u64>,
    /// How fast they come: `10/s`, or a bare number a second.
    pub spawn_rate: Option<String>,
    /// How long: `30s`, or a bare number of seconds.
    pub duration: Option<String>,
    /// How long running iterations may go on after the end, likewise.
    pub grace: Option<String>,
    /// The user classes that take part; all if empty.
    pub classes: Vec<String>,
}

impl LoadOverride {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Lays everything that `overrides` ask for over `root`, and puts in the variables.
pub(crate) fn prepare(source: &Source, root: Node, overrides: &Overrides, env: &Environment<'_>) -> Prepared {
    let mut layers = Layers {
        text: source.text.clone(),
        added: Vec::new(),
        root,
        problems: Vec::new(),
        env,
        undecided: false,
        profile_has_preset: false,
    };
    let environment = layers.environment(overrides.environment.as_deref());
    let profile = layers.profile(overrides.profile.as_deref());
    // A preset has been made with the numbers that are asked for.
    let load = if layers.preset(overrides) {
        LoadOverride { users: None, spawn_rate: None, duration: None, ..overrides.load.clone() }
    } else {
        overrides.load.clone()
    };
    layers.load(&load);
    layers.metrics(&overrides.metrics);
    layers.settings(&overrides.set);
    let vars = layers.variables();
    let Layers { text, added, root, problems, undecided, .. } = layers;
    let source = Source { text, ..source.clone() };
    Prepared { source, root, problems, added, profile, environment, undecided, vars }
}

/// The profiles of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles {
    /// Their names, in the plan's order.
    pub names: Vec<String>,
    /// Whether the plan cannot run without one: its scenarios are all in them.
    pub needed: bool,
    /// The names of its environments.
    pub environments: Vec<String>,
}

/// The profiles of a plan. None for what is no plan.
pub fn profiles(source: &Source) -> Profiles {
    let Ok(root) = read(source) else { return Profiles::default() };
    let of = |key: &str| {
        let keys = root.entry(key).map(|e| e.value.keys()).unwrap_or_default();
        keys.into_iter().map(str::to_owned).collect()
    };
    Profiles { names: of("profiles"), needed: needs_profile(&root), environments: of("environments") }
}

/// Whether a text is a plan: it says what is sent or how much, be it right or not. A list of objectives is none.
pub fn is_plan(source: &Source) -> bool {
    let Ok(root) = read(source) else { return false };
    ["actions", "scenarios", "users", "preset", "profiles"].iter().any(|key| root.entry(key).is_some())
}

fn needs_profile(root: &Node) -> bool {
    let own = root.entry("scenarios").is_some() || root.entry("preset").is_some();
    !own && root
        .entry("profiles")
        .is_some_and(|p| p.value.has_below("scenarios") || p.value.has_below("preset"))
}

/// Where flags come from.
const COMMAND_LINE: &str = "the command line";

struct Layers<'a> {
    text: String,
    /// Where lines were appended, and whence they are.
    added: Vec<(usize, &'static str)>,
    root: Node,
    problems: Vec<Diagnostic>,
    env: &'a Environment<'a>,
    undecided: bool,
    /// The profile names a preset: it is meant in place of the plan's scenarios.
    profile_has_preset: bool,
}

impl Layers<'_> {
    /// Appends a line that is no part of the plan's file, but of `whence`; the span is that of `text` alone.
    fn line(&mut self, whence: &'static str, text: &str) -> Span {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        let start = self.text.len();
        self.added.push((start, whence));
        self.text.push_str(text);
        start..self.text.len()
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// Lays the environment that is asked for over the plan: by the command line, else by `ENVIRONMENT`, else by
    /// the plan's own `environment`.
    fn environment(&mut self, asked: Option<&str>) -> Option<String> {
        let known =
            self.root.entry("environments").map(|e| e.value.keys().into_iter().map(str::to_owned).collect());
        let known: Vec<String> = known.unwrap_or_default();
        let own = self.root.entry("environment").map(|e| e.value.clone());
        let (name, span) = match asked {
            Some(name) => (name.to_owned(), self.line(COMMAND_LINE, &format!("--env {name}"))),
            None if known.is_empty() => return None,
            None => match ((self.env)("ENVIRONMENT"), own) {
                (Some(name), _) => {
                    let span = self.line("the environment", &format!("ENVIRONMENT={name}"));
                    (name, span)
                }
                (None, Some(mut node)) => {
                    self.substitute(&mut node, &[]);
                    (node.as_str().unwrap_or_default().to_owned(), node.span)
                }
                (None, None) => return None,
            },
        };
        self.overlay_named("environments", "environment", &name, &span);
        Some(name)
    }

    fn profile(&mut self, asked: Option<&str>) -> Option<String> {
        let Some(name) = asked else {
            self.profile_is_needed();
            return None;
        };
        let span = self.line(COMMAND_LINE, &format!("--profile {name}"));
        let profiles = self.root.entry("profiles").map(|e| &e.value);
        let profile = profiles.and_then(|p| p.entry(name)).map(|e| &e.value);
        self.profile_has_preset =
            profile.is_some_and(|p| p.entry("preset").is_some() && p.entry("scenarios").is_none());
        self.overlay_named("profiles", "profile", name, &span);
        Some(name.to_owned())
    }

    /// A plan whose scenarios are all in profiles cannot run without one.
    fn profile_is_needed(&mut self) {
        if !needs_profile(&self.root) {
            return;
        }
        let Some(profiles) = self.root.entry("profiles") else { return };
        let names: Vec<String> = profiles.value.keys().iter().map(|n| format!("`{n}`")).collect();
        self.undecided = true;
        if let Some(first) = names.first() {
            let d = Diagnostic::error(&profiles.key_span, "which profile is to run?");
            let d = d.label(format!("the plan's scenarios are in its profiles: {}", names.join(", ")));
            let first = first.trim_matches('`').to_owned();
            self.error(d.help(format!("choose one: `--profile {first}`, or `--profile all`")));
        }
    }

    fn overlay_named(&mut self, field: &str, what: &str, name: &str, span: &Span) {
        let maps = self.root.entry(field).map(|e| e.value.clone());
        let found = maps.as_ref().and_then(|maps| maps.entry(name));
        if let Some(entry) = found {
            overlay(&mut self.root, &entry.value);
        } else {
            let known = maps.as_ref().map(Node::keys).unwrap_or_default();
            let label = if known.is_empty() {
                format!("the plan has no `{field}`")
            } else {
                format!("the plan has {}", known.join(", "))
            };
            let d = Cx::unknown(what, name, span, known.iter().copied()).label(label);
            self.undecided = true;
            self.error(d);
        }
    }

    /// A preset gives scenarios, think times and expectations. One that the command line or a profile names replaces
    /// the plan's; one that the plan names leaves what it says itself.
    /// Answers whether there is one.
    fn preset(&mut self, overrides: &Overrides) -> bool {
        let own = self.root.entry("preset").map(|e| e.value.clone());
        let (name, span) = match (&overrides.preset, own) {
            (Some(name), _) => (name.clone(), self.line(COMMAND_LINE, &format!("--preset {name}"))),
            (None, Some(mut node)) => {
                self.substitute(&mut node, &[]);
                (node.as_str().unwrap_or_default().to_owned(), node.span)
            }
            (None, None) => return false,
        };
        let Some(preset) = preset::preset(&name) else {
            let d = Cx::unknown("preset", &name, &span, preset::PRESETS.iter().map(|p| p.name));
            self.undecided = true;
            self.error(or_help(d.label("no preset has this name"), "`brunt presets` lists them"));
            return true;
        };
        let mut layer = self.preset_tree(preset, &overrides.load);
        let think = layer.take("think");
        let replaces = overrides.preset.is_some() || self.profile_has_preset;
        if replaces {
            self.root.take("scenarios");
            // What the plan expects is about the target, whatever the load.
            if ["expect", "slo"].iter().any(|key| self.root.entry(key).is_some()) {
                layer.take("expect");
            }
            overlay(&mut self.root, &layer);
        } else {
            if self.root.entry("scenarios").is_some() {
                layer.take("scenarios");
            }
            if self.root.entry("slo").is_some() {
                layer.take("expect");
            }
            let own = std::mem::replace(&mut self.root, layer);
            overlay(&mut self.root, &own);
        }
        if let Some(think) = think {
            self.think(&think.value, replaces);
        }
        true
    }

    fn preset_tree(&mut self, preset: &Preset, load: &LoadOverride) -> Node {
        let yaml = preset.yaml(load);
        let at = self.line("the preset", &yaml).start;
        match read(&Source::inline("preset", Format::Yaml, yaml)) {
            Ok(mut node) => {
                node.shift(at);
                node
            }
            Err(problems) => {
                // Presets are ours, and a test reads each; what is left is what the command line put in.
                self.problems.extend(problems.into_iter().map(|mut d| {
                    d.span = d.span.map(|s| s.start + at..s.end + at);
                    d
                }));
                Node { span: at..at, value: Value::Map(Vec::new()) }
            }
        }
    }

    /// Gives every user class the think time of a preset.
    fn think(&mut self, think: &Node, replace: bool) {
        let entry =
            |key: &str, value: Node| Entry { key: key.to_owned(), key_span: value.span.clone(), value };
        if self.root.entry("users").is_none() {
            let actions = self.root.entry("actions").map(|e| e.value.keys()).unwrap_or_default();
            let at = |value| Node { span: think.span.clone(), value };
            let names = actions.into_iter().map(|name| at(Value::Str(name.to_owned()))).collect();
            let class = vec![entry("think", think.clone()), entry("actions", at(Value::Seq(names)))];
            let users = at(Value::Map(vec![entry("user", at(Value::Map(class)))]));
            return self.root.put(entry("users", users));
        }
        let Some(users) = self.root.get_mut("users") else { return };
        let Value::Map(classes) = &mut users.value else { return };
        for class in classes {
            if replace || class.value.entry("think").is_none() {
                class.value.put(entry("think", think.clone()));
            }
        }
    }

    /// Users, spawn rate and duration in place of what the scenarios say.
    fn load(&mut self, load: &LoadOverride) {
        let (users, spawn, duration) = (load.users, load.spawn_rate.as_deref(), load.duration.as_deref());
        if !load.classes.is_empty() {
            let entries = load.classes.iter().map(|name| {
                let span = self.line(COMMAND_LINE, name);
                Node { span: span.end - name.len()..span.end, value: Value::Str(name.clone()) }
            });
            let names: Vec<Node> = entries.collect();
            let span = names[0].span.clone();
            let run = Entry {
                key: "run".to_owned(),
                key_span: span.clone(),
                value: Node { span, value: Value::Seq(names) },
            };
            self.each_scenario(|scenario| scenario.put(run.clone()));
        }
        if let Some(grace) = &load.grace {
            let value = Value::Str(with_unit(grace, "s"));
            let grace = self.flag("graceful_stop", "--stop-timeout", grace, value);
            self.each_scenario(|scenario| scenario.put(grace.clone()));
        }
        let users = users.map(|n| self.flag("users", "--users", &n.to_string(), Value::Int(n.into())));
        let spawn = spawn.map(|r| self.flag("spawn_rate", "--spawn-rate", r, Value::Str(with_unit(r, "/s"))));
        let duration =
            duration.map(|t| self.flag("duration", "--duration", t, Value::Str(with_unit(t, "s"))));
        if let Some(users) = users {
            return self.users_instead(users, spawn, duration);
        }
        for (setting, beside) in [(duration, "duration"), (spawn, "users")] {
            let Some(setting) = setting else { continue };
            let mut applied = 0;
            let span = setting.key_span.clone();
            self.each_scenario(|scenario| {
                if scenario.entry(beside).is_some() {
                    scenario.put(setting.clone());
                    applied += 1;
                }
            });
            if applied == 0 && self.root.entry("scenarios").is_some() {
                let d =
                    Diagnostic::error(&span, format!("no scenario of the plan has a `{beside}` of its own"));
                let d = d.label("there is nothing to set it in");
                self.error(d.help("say the whole load: `--users 10 --spawn-rate 2 --duration 1m`"));
            }
        }
    }

    fn flag(&mut self, key: &str, flag: &str, shown: &str, value: Value) -> Entry {
        let span = self.line(COMMAND_LINE, &format!("{flag} {shown}"));
        let key_span = span.start..span.start + flag.len();
        Entry { key: key.to_owned(), key_span, value: Node { span: span.end - shown.len()..span.end, value } }
    }

    fn each_scenario(&mut self, mut f: impl FnMut(&mut Node)) {
        if let Some(Node { value: Value::Map(scenarios), .. }) = self.root.get_mut("scenarios") {
            for entry in scenarios {
                f(&mut entry.value);
            }
        }
    }

    /// One closed scenario in place of all: of a plan with one it keeps what does not concern the amount of load.
    fn users_instead(&mut self, users: Entry, spawn: Option<Entry>, duration: Option<Entry>) {
        const AMOUNT: [&str; 15] = [
            "users",
            "spawn_rate",
            "iterations",
            "iterations_per_user",
            "rate",
            "stages",
            "poisson",
            "bursts",
            "replay",
            "duration",
            "max_users",
            "warm_up",
            "cool_down",
            "start",
            "after",
        ];
        let old = self.root.take("scenarios");
        let run = old.as_ref().and_then(|e| common_run(&e.value));
        let only = match old.as_ref().map(|e| &e.value.value) {
            Some(Value::Map(entries)) if entries.len() == 1 => Some(entries[0].clone()),
            Some(_) | None => None,
        };
        let own_duration = only.as_ref().and_then(|e| e.value.entry("duration")).cloned();
        let Some(duration) = duration.or(own_duration) else {
            let d = Diagnostic::error(&users.key_span, "for how long?")
                .label("the plan's own scenarios are replaced");
            self.error(d.help("add e.g. `--duration 1m`"));
            if let Some(old) = old {
                self.root.put(old);
            }
            return;
        };
        let span = users.key_span.clone();
        let mut scenario = if let Some(entry) = only {
            entry
        } else {
            let value = Node { span: span.clone(), value: Value::Map(Vec::new()) };
            Entry { key: "load".to_owned(), key_span: span.clone(), value }
        };
        if let Some(run) = run {
            scenario.value.put(run);
        }
        for key in AMOUNT {
            drop(scenario.value.take(key));
        }
        [Some(users), spawn, Some(duration)]
            .into_iter()
            .flatten()
            .for_each(|entry| scenario.value.put(entry));
        let value = Node { span: span.clone(), value: Value::Map(vec![scenario]) };
        self.root.put(Entry { key: "scenarios".to_owned(), key_span: span, value });
    }

    /// `--set`: a variable, or a value at a path of keys.
    fn settings(&mut self, settings: &[(String, String)]) {
        for (key, text) in settings {
            let span = self.line(COMMAND_LINE, &format!("--set {key}={text}"));
            let key_span = span.start + 6..span.start + 6 + key.len();
            let value_at = key_span.end + 1;
            let mut value = match read(&Source::inline("--set", Format::Yaml, text.clone())) {
                Ok(mut node) => {
                    node.shift(value_at);
                    node
                }
                Err(_) => Node { span: value_at..span.end, value: Value::Str(text.clone()) },
            };
            if key.contains('.') {
                self.set_at(key, &key_span, value);
                continue;
            }
            let vars = self.root.entry("vars").map(|e| e.value.clone());
            match vars.as_ref().and_then(|vars| vars.entry(key)) {
                None => {
                    let known = vars.as_ref().map(Node::keys).unwrap_or_default();
                    let d = Cx::unknown("variable", key, &key_span, known)
                        .label("`vars` of the plan does not have it");
                    self.error(
                        d.help("a field of the plan is set by its path: `--set scenarios.peak.users=20`"),
                    );
                }
                Some(entry) => {
                    // What is text in the plan stays text, whatever it looks like.
                    if matches!(entry.value.value, Value::Str(_)) {
                        value.value = Value::Str(text.clone());
                    }
                    if let Some(vars) = self.root.get_mut("vars") {
                        vars.put(Entry { key: key.clone(), key_span, value });
                    }
                }
            }
        }
    }

    fn set_at(&mut self, path: &str, key_span: &Span, value: Node) {
        if let Err(problem) = put_at(&mut self.root, path, key_span, value) {
            self.problems.push(problem);
        }
    }
}

/// `help`, unless there is a name that may be meant.
fn or_help(diagnostic: Diagnostic, help: &str) -> Diagnostic {
    match &diagnostic.help {
        Some(own) if own.contains("did you mean") => diagnostic,
        Some(_) | None => diagnostic.help(help),
    }
}

/// Lays `over` over `base`.
fn overlay(base: &mut Node, over: &Node) {
    match (&mut base.value, &over.value) {
        (Value::Map(_), Value::Map(entries)) => {
            for entry in entries {
                if entry.value.value == Value::Null {
                    drop(base.take(&entry.key));
                    continue;
                }
                match base.get_mut(&entry.key) {
                    Some(old)
                        if matches!((&old.value, &entry.value.value), (Value::Map(_), Value::Map(_))) =>
                    {
                        overlay(old, &entry.value);
                    }
                    Some(_) | None => base.put(entry.clone()),
                }
            }
        }
        (_, _) => *base = over.clone(),
    }
}

/// The `run` that holds for scenarios taken together: what all say, or all classes that any of them names. None if one
/// of them runs all classes.
fn common_run(scenarios: &Node) -> Option<Entry> {
    let Value::Map(entries) = &scenarios.value else { return None };
    let runs: Vec<&Entry> = entries.iter().map(|e| e.value.entry("run")).collect::<Option<_>>()?;
    let first = (*runs.first()?).clone();
    if runs.iter().all(|run| run.value.value == first.value.value) {
        return Some(first);
    }
    let mut names: Vec<Node> = Vec::new();
    for run in runs {
        let named = match &run.value.value {
            Value::Map(entries) => entries.iter().map(|e| (&e.key, &e.key_span)).collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Seq(_) => {
                let items = run.value.one_or_many().iter();
                items
                    .filter_map(
                        |n| if let Value::Str(text) = &n.value { Some((text, &n.span)) } else { None },
                    )
                    .collect::<Vec<_>>()
            }
        };
        for (name, span) in named {
            if !names.iter().any(|known| known.as_str() == Some(name)) {
                names.push(Node { span: span.clone(), value: Value::Str(name.clone()) });
            }
        }
    }
    let value = Node { span: first.value.span.clone(), value: Value::Seq(names) };
    Some(Entry { value, ..first })
}

/// Puts `value` at a path of keys and positions; maps that are not there are made.
fn put_at(node: &mut Node, path: &str, key_span: &Span, value: Node) -> Result<(), Diagnostic> {
    let (key, rest) = match path.split_once('.') {
        Some((key, rest)) => (key, Some(rest)),
        None => (path, None),
    };
    match &mut node.value {
        Value::Map(entries) => {
            let Some(rest) = rest else {
                node.put(Entry { key: key.to_owned(), key_span: key_span.clone(), value });
                return Ok(());
            };
            let at = entries.iter().position(|e| e.key == key).unwrap_or_else(|| {
                let empty = Node { span: key_span.clone(), value: Value::Map(Vec::new()) };
                entries.push(Entry { key: key.to_owned(), key_span: key_span.clone(), value: empty });
                entries.len() - 1
            });
            put_at(&mut entries[at].value, rest, key_span, value)
        }
        Value::Seq(items) => {
            let count = items.len();
            let item = key.parse::<usize>().ok().and_then(|at| items.get_mut(at));
            match (item, rest) {
                (Some(item), Some(rest)) => put_at(item, rest, key_span, value),
                (Some(item), None) => {
                    *item = value;
                    Ok(())
                }
                (None, _) => Err(Diagnostic::error(key_span, format!("`{key}` is no place in this list"))
                    .label(match count {
                        1 => "it has one item, number 0".to_owned(),
                        n => format!("it has {n} items, counted from 0"),
                    })),
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            Err(Diagnostic::error(key_span, format!("`{key}` cannot be set below a single value"))
                .label("what stands before it has no keys"))
        }
    }
}
