//! Holds each crate to the layer that `layers.toml` gives it: no edge between our crates that the table does not
//! have, no heavy library outside the crate that exists to hold it.
//!
//! Reads declared dependencies only (`cargo metadata --no-deps`): what a dependency brings along is its own affair.

use crate::repository::{self, Findings};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `layers.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// By crate name.
    #[serde(rename = "crate")]
    crates: BTreeMap<String, Row>,
    /// By name of an external crate; a name that ends in `*` stands for all that begin so.
    heavy: BTreeMap<String, Heavy>,
    /// Our crates that every crate may use in its tests.
    dev_for_all: Vec<String>,
}

/// What one of our crates may know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The higher may use the lower.
    layer: u8,
    /// Our crates that it may use.
    may_use: Vec<String>,
    /// Our crates that only its tests may use.
    #[serde(default)]
    tests_may_use: Vec<String>,
    /// What it must never know, for the message.
    never_knows: String,
}

/// A library with a price, and who alone may pay it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heavy {
    /// Who may have it. Tests may use it anywhere.
    only: Vec<String>,
    /// Why not others.
    why: String,
}

/// A declared dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    for_tests: bool,
}

/// `cargo xtask layers`.
pub(crate) fn run() -> Findings {
    let root = repository::root();
    let table: Table = toml::from_str(&repository::read(&root.join("layers.toml"))?)?;
    let (members, edges) = members_and_edges(&repository::metadata(&root)?);
    let mut found = table_problems(&table);
    found.extend(problems(&table, &members, &edges));
    if found.is_empty() {
        println!("layers: {} crates, {} edges, all as layers.toml has them", members.len(), edges.len());
    }
    Ok(found)
}

/// The workspace's crates and all that they declare to depend on.
fn members_and_edges(metadata: &serde_json::Value) -> (Vec<String>, Vec<Edge>) {
    let mut members = Vec::new();
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let from = package["name"].as_str().unwrap_or_default().to_owned();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            edges.push(Edge {
                from: from.clone(),
                to: dependency["name"].as_str().unwrap_or_default().to_owned(),
                for_tests: dependency["kind"].as_str() == Some("dev"),
            });
        }
        members.push(from);
    }
    (members, edges)
}

/// What is wrong with the table itself.
fn table_problems(table: &Table) -> Vec<String> {
    let mut found = Vec::new();
    for (name, row) in &table.crates {
        for used in row.may_use.iter().chain(&row.tests_may_use) {
            match table.crates.get(used) {
                None => found
                    .push(format!("layers.toml: `{name}` may use `{used}`, which the table does not have")),
                Some(other) if other.layer > row.layer && row.may_use.contains(used) => found.push(format!(
                    "layers.toml: `{name}` (layer {}) may use `{used}` (layer {}): nothing points up",
                    row.layer, other.layer
                )),
                Some(_) => {}
            }
        }
    }
    found
}

/// Where the workspace departs from the table.
fn problems(table: &Table, members: &[String], edges: &[Edge]) -> Vec<String> {
    let mut found = Vec::new();
    for member in members.iter().filter(|member| !table.crates.contains_key(*member)) {
        found.push(format!(
            "crate `{member}` has no row in layers.toml\n  = help: add [crate.{member}] with its layer"
        ));
    }
    for edge in edges {
        if let Some(row) = table.crates.get(&edge.from) {
            found.extend(edge_problem(table, row, edge));
        }
    }
    found
}

/// Why an edge must not be, if so.
fn edge_problem(table: &Table, row: &Row, edge: &Edge) -> Option<String> {
    let Edge { from, to, for_tests } = edge;
    if table.crates.contains_key(to) {
        let allowed = row.may_use.contains(to)
            || *for_tests && (row.tests_may_use.contains(to) || table.dev_for_all.contains(to));
        let kind = if *for_tests { "dev-dependency" } else { "dependency" };
        return (!allowed).then(|| {
            format!(
                "`{from}` has the {kind} `{to}`, which layers.toml does not allow: `{from}` must never know {}\n  \
                 = help: move the code to a crate that may know both, or change layers.toml and ARCHITECTURE.md \
                 together, with the reason",
                row.never_knows
            )
        });
    }
    if *for_tests {
        return None;
    }
    let heavy = table.heavy.iter().find(|(name, _)| covers(name, to)).map(|(_, heavy)| heavy)?;
    (!heavy.only.contains(from)).then(|| {
        format!(
            "`{from}` depends on `{to}`, which only {} may hold: {}",
            heavy.only.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            heavy.why
        )
    })
}

/// Whether an entry of the heavy table means this crate.
fn covers(entry: &str, name: &str) -> bool {
    match entry.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => entry == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
        dev_for_all = ["kit"]
        [crate.low]
        layer = 0
        may_use = []
        never_knows = "async"
        [crate.high]
        layer = 1
        may_use = ["low"]
        tests_may_use = ["side"]
        never_knows = "files"
        [crate.side]
        layer = 1
        may_use = []
        never_knows = "us"
        [crate.kit]
        layer = 0
        may_use = []
        never_knows = "us"
        [heavy]
        h2 = { only = ["high"], why = "HTTP lives there" }
        "saphyr*" = { only = [], why = "one parser" }
    "#;

    fn table() -> Table {
        toml::from_str(TABLE).unwrap()
    }

    #[test]
    fn edges_are_judged_by_the_table() {
        let rows = [
            ("high", "low", false, None),
            ("low", "high", false, Some("`low` has the dependency `high`")),
            ("high", "side", false, Some("must never know files")),
            ("high", "side", true, None),
            ("low", "kit", true, None),
            ("low", "kit", false, Some("dependency `kit`")),
            ("low", "serde", false, None),
            ("high", "h2", false, None),
            ("low", "h2", false, Some("only `high` may hold: HTTP lives there")),
            ("low", "h2", true, None),
            ("high", "saphyr-parser", false, Some("one parser")),
        ];
        for (from, to, for_tests, expected) in rows {
            let edge = Edge { from: from.into(), to: to.into(), for_tests };
            let found = problems(&table(), &[], std::slice::from_ref(&edge));
            match expected {
                None => assert!(found.is_empty(), "{edge:?}: {found:?}"),
                Some(text) => assert!(found.len() == 1 && found[0].contains(text), "{edge:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        let found = problems(&table(), &["low".into(), "new".into()], &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("crate `new` has no row"), "{found:?}");
    }

    #[test]
    fn a_table_that_points_up_or_nowhere_is_refused() {
        let mut table = table();
        table.crates.get_mut("low").unwrap().may_use = vec!["high".into(), "gone".into()];
        let found = table_problems(&table);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("nothing points up") && found[1].contains("`gone`"), "{found:?}");
    }

    #[test]
    fn kinds_of_dependencies_are_told_apart() {
        let metadata = serde_json::json!({"packages": [{"name": "high", "dependencies": [
            {"name": "low", "kind": null}, {"name": "side", "kind": "dev"}, {"name": "cc", "kind": "build"}]}]});
        let (members, edges) = members_and_edges(&metadata);
        assert_eq!(members, ["high"]);
        let kinds: Vec<_> = edges.iter().map(|edge| (edge.to.as_str(), edge.for_tests)).collect();
        assert_eq!(kinds, [("low", false), ("side", true), ("cc", false)]);
    }

    #[test]
    fn this_workspace_keeps_its_layers() {
        let found = run().unwrap();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}
