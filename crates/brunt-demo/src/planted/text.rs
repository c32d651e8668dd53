//! Planted faults as text, one line each: the same keys as in JSON, and read by the same deserializer.

use serde_json::{Map, Value};

use super::Planted;

/// The kinds, each with an example and its keys; brackets are optional parts.
const KINDS: [Kind; 6] = [
    Kind {
        name: "slow",
        usage: "slow:extra=300ms[,path=/search,method=GET,share=0.5]",
        keys: &["path", "method", "extra", "share"],
    },
    Kind {
        name: "errors",
        usage: "errors:status=500[,path=/orders,method=POST,share=0.1,every=30s,for=5s]",
        keys: &["path", "method", "status", "share", "every", "for"],
    },
    Kind {
        name: "leak",
        usage: "leak:per_1000=50ms[,per_minute=10ms,path=/search,method=GET]",
        keys: &["path", "method", "per_1000", "per_minute"],
    },
    Kind {
        name: "lock",
        usage: "lock:hold=20ms[,path=/orders,method=POST,share=1]",
        keys: &["path", "method", "hold", "share"],
    },
    Kind { name: "uneven", usage: "uneven:weights=8/1/1", keys: &["weights"] },
    Kind { name: "cold_cache", usage: "cold_cache[:for=5s]", keys: &["for"] },
];

struct Kind {
    name: &'static str,
    usage: &'static str,
    keys: &'static [&'static str],
}

/// Below this similarity (Jaro-Winkler, 0 to 1) a suggestion is more often noise than help.
const ALIKE: f64 = 0.75;

/// The most faults at a time; each costs a comparison per request.
const MOST: usize = 100;

/// One line per kind.
pub(super) fn known() -> String {
    KINDS.iter().map(|kind| format!("  {}", kind.usage)).collect::<Vec<_>>().join("\n")
}

pub(super) fn parse(text: &str) -> Result<Planted, Vec<String>> {
    let (name, rest) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        return Err(vec![format!(
            "`{text}`: there is no fault `{name}`{}",
            alike(name, KINDS.iter().map(|k| k.name))
        )]);
    };
    let mut keys = Map::new();
    let mut problems = Vec::new();
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            None => problems.push(format!("`{pair}` is not of the form key=value")),
            Some((key, _)) if !kind.keys.contains(&key) => {
                let suggestion = alike(key, kind.keys.iter().copied());
                problems.push(format!("`{name}` has no `{key}`{suggestion}"));
            }
            Some((key, _)) if keys.contains_key(key) => problems.push(format!("`{key}` stands there twice")),
            Some((key, value)) => match typed(key, value) {
                Ok(typed) => drop(keys.insert(key.to_owned(), typed)),
                Err(problem) => problems.push(problem),
            },
        }
    }
    if problems.is_empty() {
        let object = Map::from_iter([(name.to_owned(), Value::Object(keys))]);
        match read(Value::Object(object)) {
            Ok(planted) => return Ok(planted),
            Err(found) => problems = found,
        }
    }
    Err(problems.into_iter().map(|problem| format!("`{text}`: {problem}")).collect())
}

/// A value as JSON has it.
fn typed(key: &str, value: &str) -> Result<Value, String> {
    match key {
        "share" => {
            let share: Result<f64, _> = value.parse();
            share.map(Value::from).map_err(|_| format!("`share` is `{value}`; write e.g. 0.5"))
        }
        "status" => {
            let status: Result<u16, _> = value.parse();
            status.map(Value::from).map_err(|_| format!("`status` is `{value}`; write e.g. 500"))
        }
        "weights" => {
            let weights: Result<Vec<u32>, _> = value.split('/').map(str::parse).collect();
            weights.map(Value::from).map_err(|_| format!("`weights` is `{value}`; write e.g. 8/1/1"))
        }
        _ => Ok(Value::from(value)),
    }
}

/// Reads the JSON form and checks it.
fn read(value: Value) -> Result<Planted, Vec<String>> {
    let planted: Planted = serde_json::from_value(value).map_err(|error| vec![error.to_string()])?;
    let problems = planted.problems();
    if problems.is_empty() { Ok(planted) } else { Err(problems) }
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
                read(value)
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
    let name = planted.kind();
    let value = serde_json::to_value(planted).unwrap_or_default();
    let keys = KINDS.iter().filter(|kind| kind.name == name).flat_map(|kind| kind.keys);
    let pairs: Vec<String> = keys
        .filter_map(|key| value.get(name)?.get(key).map(|value| format!("{key}={}", plain(value))))
        .collect();
    if pairs.is_empty() { name.to_owned() } else { format!("{name}:{}", pairs.join(",")) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("/"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
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
        ] {
            let planted = parse(text).expect(text);
            assert_eq!(planted.to_string(), text);
            let json = serde_json::to_string(&[&planted]).expect("JSON");
            assert_eq!(list_from_json(&json), Ok(vec![planted]), "{json}");
        }
        assert_eq!(parse(" slow:extra=1s,share=1, ").expect("spaces").to_string(), "slow:extra=1s");
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
        ];
        let texts: Vec<String> =
            rows.iter().map(|text| Planted::parse(text).expect_err(text).0.join("\n")).collect();
        insta::assert_snapshot!(texts.join("\n"));
        insta::assert_snapshot!(Planted::parse("slwo").expect_err("no fault").to_string());
        let list = r#"["cold_cache", "slwo", {"slow": {"extra": "1"}}, {"lock": {}}, 7]"#;
        let error = Planted::list_from_json(list).expect_err("no list");
        insta::assert_snapshot!(error.0.join("\n"));
        assert!(Planted::list_from_json("{}").is_err());
        assert!(
            Planted::list_from_json(&format!("[{}\"cold_cache\"]", "\"cold_cache\",".repeat(100))).is_err()
        );
    }
}
