//! Planted faults as text, one line each: the same keys as in JSON, and read by the same deserializer.

use serde_json::{Map, Value};

use super::{Kind, Place, Planted};

/// The kinds, each with an example and its own keys; brackets are optional parts.
const FORMS: [Form; 13] = [
    Form::requests("slow", "slow:extra=300ms[,WHERE] or slow:factor=2[,WHERE]", &["extra", "factor"]),
    Form::requests("tail", "tail:mean=300ms,share=0.01[,WHERE]", &["mean"]),
    Form::requests("bimodal", "bimodal:mode=80ms,share=0.2[,WHERE]", &["mode"]),
    Form::requests("errors", "errors:status=500[,every=30s,for=5s,WHERE]", &["status", "every", "for"]),
    Form::requests("leak", "leak:per_1000=50ms[,per_minute=10ms,WHERE]", &["per_1000", "per_minute"]),
    Form::requests("lock", "lock:hold=20ms[,WHERE]", &["hold"]),
    Form::requests("pool", "pool:size=4[,queue=100,WHERE]", &["size", "queue"]),
    Form::requests("rate_limit", "rate_limit:rate=50/s[,burst=50,WHERE]", &["rate", "burst"]),
    Form::requests("outage", "outage:from=10s,to=15s[,drain=50/s,WHERE]", &["drain"]),
    Form::requests("close", "close[:WHERE]", &[]),
    Form::whole("stall", "stall:every=5s,for=500ms", &["every", "for"], Need::Nothing),
    Form::whole("uneven", "uneven:weights=8/1/1", &["weights"], Need::Backends),
    Form::whole("cold_cache", "cold_cache[:for=5s]", &["for"], Need::Cache),
];

/// What WHERE stands for.
const WHERE: &str = "path=/search,method=GET,share=0.5,from=10s,to=20s, each of which may be left out";

/// The keys before and behind a kind's own, in the order of a text.
const BEFORE: [&str; 2] = ["path", "method"];
const BEHIND: [&str; 3] = ["share", "from", "to"];

/// What people may call a fault, and how it is written.
const OTHER_WORDS: [(&str, &str); 12] = [
    ("step", "slow:factor=2,from=30s"),
    ("cold_start", "slow:factor=3,to=10s"),
    ("drift", "leak:per_minute=10ms"),
    ("long_tail", "tail:mean=300ms,share=0.01"),
    ("burst", "errors:status=500,from=10s,to=15s"),
    ("error_burst", "errors:status=500,every=30s,for=5s"),
    ("freeze", "stall:every=5s,for=500ms"),
    ("gc", "stall:every=5s,for=500ms"),
    ("limit", "rate_limit:rate=50/s"),
    ("contention", "lock:hold=20ms"),
    ("recovery", "outage:from=10s,to=15s,drain=50/s"),
    ("churn", "close"),
];

/// How a kind is written.
struct Form {
    name: &'static str,
    usage: &'static str,
    own: &'static [&'static str],
    scope: Scope,
    needs: Need,
}

/// What a target must have for a kind to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    Backends,
    Cache,
}

/// What a kind is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Requests, so that it takes the keys of a [`Place`].
    Requests,
    /// The target as a whole.
    Whole,
}

impl Form {
    const fn requests(name: &'static str, usage: &'static str, own: &'static [&'static str]) -> Self {
        Self { name, usage, own, scope: Scope::Requests, needs: Need::Nothing }
    }

    const fn whole(
        name: &'static str,
        usage: &'static str,
        own: &'static [&'static str],
        needs: Need,
    ) -> Self {
        Self { name, usage, own, scope: Scope::Whole, needs }
    }

    /// The form of the kind called `name`; the error is a sentence.
    fn find(name: &str) -> Result<&'static Self, String> {
        FORMS.iter().find(|form| form.name == name).ok_or_else(|| {
            let word = OTHER_WORDS.iter().find(|(word, _)| *word == name);
            let suggestion = match word {
                Some((_, text)) => format!("; write e.g. `{text}`"),
                None => alike(name, FORMS.iter().map(|form| form.name)),
            };
            format!("there is no fault `{name}`{suggestion}")
        })
    }

    /// All keys, in the order of a text.
    fn keys(&self) -> Vec<&'static str> {
        match self.scope {
            Scope::Requests => [&BEFORE, self.own, &BEHIND].concat(),
            Scope::Whole => self.own.to_vec(),
        }
    }
}

/// Below this similarity (Jaro-Winkler, 0 to 1) a suggestion is more often noise than help.
const ALIKE: f64 = 0.75;

/// The most faults at a time; each costs a comparison per request.
const MOST: usize = 100;

/// One line per kind.
pub(super) fn known() -> String {
    let forms = FORMS.iter().map(|form| format!("  {}", form.usage));
    forms.chain([format!("where WHERE is {WHERE}")]).collect::<Vec<_>>().join("\n")
}

/// The names of all kinds with what they need, in the order of [`known`].
pub(super) fn names() -> impl Iterator<Item = (&'static str, Need)> {
    FORMS.iter().map(|form| (form.name, form.needs))
}

pub(super) fn parse(text: &str) -> Result<Planted, Vec<String>> {
    let (name, rest) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
    let mut keys = Map::new();
    let mut problems = Vec::new();
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            None => problems.push(format!("`{pair}` is not of the form key=value")),
            Some((key, _)) if keys.contains_key(key) => problems.push(format!("`{key}` stands there twice")),
            Some((key, value)) => match typed(key, value) {
                Ok(typed) => drop(keys.insert(key.to_owned(), typed)),
                Err(problem) => problems.push(problem),
            },
        }
    }
    // What is wrong with a key is not worth a word if the kind is not known.
    let read = match Form::find(name) {
        Ok(form) if problems.is_empty() => read(form, keys),
        Ok(form) => Err(unknown(form, &keys).chain(problems).collect()),
        Err(problem) => Err(vec![problem]),
    };
    read.map_err(|problems| problems.into_iter().map(|problem| format!("`{text}`: {problem}")).collect())
}

/// A value as JSON has it.
fn typed(key: &str, value: &str) -> Result<Value, String> {
    match key {
        "share" | "factor" => {
            let number: Result<f64, _> = value.parse();
            number.map(Value::from).map_err(|_| format!("`{key}` is `{value}`; write e.g. 0.5"))
        }
        "status" | "size" | "queue" | "burst" => {
            let number: Result<u32, _> = value.parse();
            let example = if key == "status" { 500 } else { 10 };
            number.map(Value::from).map_err(|_| format!("`{key}` is `{value}`; write e.g. {example}"))
        }
        "weights" => {
            let weights: Result<Vec<u32>, _> = value.split('/').map(str::parse).collect();
            weights.map(Value::from).map_err(|_| format!("`weights` is `{value}`; write e.g. 8/1/1"))
        }
        _ => Ok(Value::from(value)),
    }
}

/// Reads the JSON form of one fault and checks it.
pub(super) fn from_value(value: Value) -> Result<Planted, Vec<String>> {
    let one = match value {
        Value::Object(object) if object.len() == 1 => object.into_iter().next(),
        Value::Object(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_) => None,
    };
    let Some((name, Value::Object(keys))) = one else {
        let example = r#"{"slow": {"extra": "300ms"}}"#;
        return Err(vec![format!(
            "a fault is a text, or an object with its kind as the only key, e.g. {example}"
        )]);
    };
    let read = Form::find(&name).map_err(|problem| vec![problem]).and_then(|form| read(form, keys));
    read.map_err(|problems| problems.into_iter().map(|problem| format!("`{name}`: {problem}")).collect())
}

/// The keys that `form` does not have, a sentence each.
fn unknown<'a>(form: &'a Form, keys: &'a Map<String, Value>) -> impl Iterator<Item = String> + 'a {
    let known = form.keys();
    keys.keys().filter(move |key| !known.contains(&key.as_str())).map(|key| {
        let keys = form.keys();
        let suggestion = match alike(key, keys.iter().copied()) {
            none if none.is_empty() => format!("; `{}` takes {}", form.name, keys.join(", ")),
            suggestion => suggestion,
        };
        format!("there is no key `{key}`{suggestion}")
    })
}

fn read(form: &Form, mut own: Map<String, Value>) -> Result<Planted, Vec<String>> {
    let mut problems: Vec<String> = unknown(form, &own).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut place = Map::new();
    if form.scope == Scope::Requests {
        for key in BEFORE.into_iter().chain(BEHIND) {
            place.extend(own.remove_entry(key));
        }
    }
    let kind = Map::from_iter([(form.name.to_owned(), Value::Object(own))]);
    let kind: Result<Kind, _> = serde_json::from_value(Value::Object(kind));
    let place: Result<Place, _> = serde_json::from_value(Value::Object(place));
    match (kind, place) {
        (Ok(kind), Ok(place)) => {
            let planted = Planted { kind, place };
            problems = planted.problems();
            if problems.is_empty() { Ok(planted) } else { Err(problems) }
        }
        (kind, place) => {
            let errors = kind.err().into_iter().chain(place.err());
            Err(errors.map(|error| error.to_string()).collect())
        }
    }
}

pub(super) fn list_from_json(json: &str) -> Result<Vec<Planted>, Vec<String>> {
    let items: Vec<Value> = serde_json::from_str(json)
        .map_err(|error| vec![format!("a JSON list of faults is needed, e.g. [\"cold_cache\"]: {error}")])?;
    if items.len() > MOST {
        return Err(vec![format!("{} faults are more than {MOST}", items.len())]);
    }
    let (mut list, mut problems) = (Vec::new(), Vec::new());
    for (index, item) in items.into_iter().enumerate() {
        let one = match item {
            Value::String(text) => parse(&text),
            value
            @ (Value::Object(_) | Value::Array(_) | Value::Number(_) | Value::Bool(_) | Value::Null) => {
                from_value(value)
            }
        };
        match one {
            Ok(planted) => list.push(planted),
            Err(found) => problems.extend(found.into_iter().map(|problem| format!("[{index}] {problem}"))),
        }
    }
    if problems.is_empty() { Ok(list) } else { Err(problems) }
}

pub(super) fn print(planted: &Planted) -> String {
    let name = planted.name();
    let value = Value::from(planted.clone());
    let keys = FORMS.iter().filter(|form| form.name == name).flat_map(Form::keys);
    let pairs: Vec<String> = keys
        .filter_map(|key| value.get(name)?.get(key).map(|value| format!("{key}={}", plain(value))))
        .collect();
    if pairs.is_empty() { name.to_owned() } else { format!("{name}:{}", pairs.join(",")) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("/"),
        // As people write them: 2 and not 2.0.
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => value.to_string(),
    }
}

/// `; did you mean ..?` if one of `names` is like `wrong`.
fn alike(wrong: &str, names: impl Iterator<Item = &'static str>) -> String {
    let like = |name: &&str| strsim::jaro_winkler(wrong, name);
    names
        .max_by(|a, b| like(a).total_cmp(&like(b)))
        .filter(|best| like(best) >= ALIKE)
        .map_or_else(String::new, |best| format!("; did you mean `{best}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_printed_back() {
        for text in [
            "slow:path=/search,extra=300ms,share=0.5",
            "slow:extra=1s",
            "slow:path=/products/{id},method=GET,extra=250us",
            "errors:status=500,share=0.1",
            "errors:path=/orders/*,method=POST,status=503,every=30s,for=5s",
            "leak:per_1000=50ms",
            "leak:path=/search,per_1000=50ms,per_minute=10ms",
            "lock:path=/orders,hold=20ms",
            "uneven:weights=8/1/1",
            "cold_cache:for=5s",
            "cold_cache",
            "slow:path=/search,extra=300ms,factor=2.5,share=0.5,from=10s,to=20s",
            "slow:factor=2,from=30s",
            "tail:mean=300ms,share=0.01",
            "bimodal:method=GET,mode=80ms,share=0.2",
            "errors:status=500,from=10s,to=15s",
            "pool:path=/search,size=4,queue=0",
            "pool:size=4",
            "rate_limit:rate=50/s",
            "rate_limit:rate=0.5/s,burst=3,share=0.5",
            "outage:drain=50/s,from=10s,to=15s",
            "outage:path=/orders,from=0s,to=15s",
            "close:path=/search,share=0.5",
            "close",
            "stall:every=5s,for=500ms",
        ] {
            let planted = parse(text).expect(text);
            assert_eq!(planted.to_string(), text);
            let json = serde_json::to_string(&[&planted]).expect("JSON");
            assert_eq!(list_from_json(&json), Ok(vec![planted]), "{json}");
        }
        assert_eq!(parse(" slow:extra=1s,share=1, ").expect("spaces").to_string(), "slow:extra=1s");
        assert_eq!(parse("rate_limit:rate=600/m").expect("unit").to_string(), "rate_limit:rate=10/s");
    }

    #[test]
    fn what_is_shown_is_right() {
        for form in &FORMS {
            let (first, _) = form.usage.split_once(" or ").unwrap_or((form.usage, ""));
            let keys = ["path=/a", "method=GET", "share=0.5", "from=1s", "to=20s"];
            let missing = keys.into_iter().filter(|pair| {
                pair.split_once('=').is_some_and(|(key, _)| !first.contains(&format!("{key}=")))
            });
            let full = first.replace(['[', ']'], "").replace("WHERE", &missing.collect::<Vec<_>>().join(","));
            let short = first.split('[').next().expect("one");
            for text in [&full, short] {
                assert_eq!(parse(text).expect(text).name(), form.name);
            }
        }
        for (word, text) in OTHER_WORDS {
            assert!(parse(text).is_ok(), "{text}");
            assert_eq!(
                parse(word).expect_err(word),
                [format!("`{word}`: there is no fault `{word}`; write e.g. `{text}`")]
            );
        }
    }

    #[test]
    fn texts_that_are_no_faults() {
        let rows = [
            "slwo:extra=1s",
            "",
            "slow",
            "slow:extra=1s,shaer=0.5",
            "slow:extra",
            "slow:extra=5",
            "slow:extra=0s,share=2,path=search,method=get",
            "slow:extra=1s,extra=2s",
            "errors:status=200,share=0",
            "errors:status=x,share=y",
            "errors:status=500,every=5s",
            "errors:status=500,for=5s",
            "errors:status=500,every=5s,for=5s",
            "leak",
            "lock:hold=1ms,path=/a{b",
            "uneven:weights=8;1",
            "uneven:weights=0/0",
            "uneven",
            "cold_cache:for=never",
            "slow:from=1s",
            "slow:factor=1",
            "slow:factor=-2,from=5s,to=5s",
            "slow:factor=x,shaer=1",
            "tail:mean=0s,share=0.1",
            "tail:mean=1s",
            "bimodal:mode=80ms",
            "pool:size=0",
            "pool:size=-1",
            "rate_limit:rate=50",
            "rate_limit:rate=50/s,burst=0",
            "outage:to=5s",
            "outage:from=5s,to=5s,drain=0/s",
            "stall:every=5s,for=5s",
            "stall:every=5s,for=1s,path=/search",
            "step:at=30s",
        ];
        let texts: Vec<String> =
            rows.iter().map(|text| Planted::parse(text).expect_err(text).0.join("\n")).collect();
        insta::assert_snapshot!(texts.join("\n"));
        insta::assert_snapshot!(Planted::parse("slwo").expect_err("no fault").to_string());
        let list = r#"["cold_cache", "slwo", {"slow": {"extra": "1"}}, {"lock": {}}, {"lock": {"hodl": "1s"}}, {"pool": 4}, 7]"#;
        let error = Planted::list_from_json(list).expect_err("no list");
        insta::assert_snapshot!(error.0.join("\n"));
        assert!(Planted::list_from_json("{}").is_err());
        assert!(
            Planted::list_from_json(&format!("[{}\"cold_cache\"]", "\"cold_cache\",".repeat(100))).is_err()
        );
    }
}
