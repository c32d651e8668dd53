//! Data: tables that users take rows from, of CSV and JSON files or of the plan itself.
//!
//! A file is looked at as a whole: its problems come with their own line and column, all at once, at the place
//! where the plan names it.

mod csv;

mod json;

use crate::decode::{Cx, Fields};
use crate::diagnostic::Diagnostic;
use crate::fields::DATA;
use crate::tree::{Entry, Node, Span, Value};
use brunt_workload::{Cell, Feed, FeedEnd, FeedOrder, FeedPer, Scenario, Supply};
use std::cell::RefCell;
use std::path::Path;

/// The most cells of one table: every worker holds all of them in memory, some hundred megabytes.
const MAX_CELLS: usize = 5_000_000;

/// The largest data file.
const MAX_BYTES: usize = 256 << 20;

/// The most columns.
const MAX_COLUMNS: usize = 1_000;

/// Problems of one file that are told: past that they are mostly one mistake repeated.
const MAX_TOLD: usize = 20;

/// Data of the plan.
#[derive(Debug)]
pub(super) struct FeedPlan {
    /// Without its cells.
    pub(super) feed: Feed,
    cells: RefCell<Vec<Cell>>,
    rows: usize,
    /// Where the plan names it.
    span: Span,
}

impl FeedPlan {
    /// With its cells, which are gone from here afterwards.
    pub(super) fn take(&self) -> Feed {
        Feed { cells: self.cells.take(), ..self.feed.clone() }
    }
}

/// A table as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: Vec<String>,
    cells: Vec<Cell>,
}

/// What is wrong with a file, and where in it: line and column from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    line: usize,
    column: usize,
    what: String,
}

/// What is wrong with a file: so many problems, of which the first are kept.
#[derive(Debug, Default)]
struct Problems {
    first: Vec<Problem>,
    count: usize,
}

impl Problems {
    fn add(&mut self, place: (usize, usize), what: impl FnOnce() -> String) {
        self.add_at(|| place, what);
    }

    /// As [`Self::add`], for a place that is looked for only where the problem is told.
    fn add_at(&mut self, place: impl FnOnce() -> (usize, usize), what: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_TOLD {
            let (line, column) = place();
            self.first.push(Problem { line, column, what: what() });
        }
    }

    fn into_result(self, table: Table) -> Result<Table, Self> {
        if self.count == 0 { Ok(table) } else { Err(self) }
    }
}

/// One entry of `data`.
pub(super) fn feed(cx: &Cx<'_>, entry: &Entry) -> Option<FeedPlan> {
    let node = &entry.value;
    let (table, settings) = if let Value::Str(_) = &node.value {
        (file(cx, node, None)?, Settings::default())
    } else {
        let fields = Fields::of(cx, node, &DATA)?;
        let settings = Settings::of(&fields);
        (table(&fields)?, settings)
    };
    if let Some(problem) = size_problem(&table) {
        cx.report(Diagnostic::error(&entry.key_span, format!("`{}` {problem}", entry.key)));
        return None;
    }
    let Settings { order, per, at_end } = settings;
    let Table { columns, cells } = table;
    let rows = cells.len() / columns.len().max(1);
    let feed = Feed { name: entry.key.clone(), columns, cells: Vec::new(), order, per, at_end };
    Some(FeedPlan { feed, cells: RefCell::new(cells), rows, span: entry.key_span.clone() })
}

const fn size_problem(table: &Table) -> Option<&'static str> {
    if table.columns.len() > MAX_COLUMNS {
        return Some("has more than 1,000 columns");
    }
    if table.cells.len() > MAX_CELLS {
        return Some("has more than 5,000,000 cells: every worker would hold them in memory");
    }
    None
}

/// How rows are given out.
#[derive(Default)]
struct Settings {
    order: FeedOrder,
    per: FeedPer,
    at_end: FeedEnd,
}

impl Settings {
    fn of(fields: &Fields<'_, '_>) -> Self {
        let order = word(
            fields,
            "order",
            &[
                ("sequential", FeedOrder::Sequential),
                ("shuffled", FeedOrder::Shuffled),
                ("random", FeedOrder::Random),
            ],
        );
        let per = word(fields, "per", &[("iteration", FeedPer::Iteration), ("user", FeedPer::User)]);
        let at_end = word(fields, "at_end", &[("again", FeedEnd::Again), ("stop", FeedEnd::Stop)]);
        if order == FeedOrder::Random && at_end == FeedEnd::Stop {
            let d = Diagnostic::error(&fields.key_span("at_end"), "random rows have no end");
            let d = d.label("`order: random` may take any row again");
            fields.cx.report(d.help("write `order: shuffled` to take each row once"));
        }
        Self { order, per, at_end }
    }
}

/// One of these words; the default when the field is not given.
pub(super) fn word<T: Copy + Default>(fields: &Fields<'_, '_>, name: &str, words: &[(&str, T)]) -> T {
    let Some(node) = fields.get(name) else {
        return T::default();
    };
    let text = fields.cx.text_of(node, "a word");
    let found = text.and_then(|text| words.iter().find(|w| w.0 == text));
    if let (Some(text), None) = (text, found) {
        fields.cx.report(Cx::unknown(&format!("`{name}`"), text, &node.span, words.iter().map(|w| w.0)));
    }
    found.map(|w| w.1).unwrap_or_default()
}

fn table(fields: &Fields<'_, '_>) -> Option<Table> {
    let cx = fields.cx;
    if fields.has("file") && fields.has("rows") {
        let d = Diagnostic::error(&fields.key_span("rows"), "`rows` cannot be combined with `file`");
        cx.report(d.label("data comes from one place").help("keep one of them"));
        return None;
    }
    let delimiter = fields.get("delimiter").map(|node| delimiter(cx, node));
    if let Some(node) = fields.get("rows") {
        if fields.has("delimiter") {
            let d = Diagnostic::error(&fields.key_span("delimiter"), "`delimiter` needs `file`");
            cx.report(d.label("`rows` are no text").help("remove it"));
        }
        return rows(cx, node);
    }
    if !fields.has("file") {
        fields.missing("file");
        return None;
    }
    match delimiter {
        Some(None) => None,
        Some(Some(delimiter)) => {
            file(cx, fields.get("file")?, Some((delimiter, fields.key_span("delimiter"))))
        }
        None => file(cx, fields.get("file")?, None),
    }
}

/// One character that separates fields.
fn delimiter(cx: &Cx<'_>, node: &Node) -> Option<u8> {
    let text = cx.text_of(node, "a character")?;
    let byte = match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Some(*byte),
        _ if text == "\\t" || text == "tab" => Some(b'\t'),
        _ => None,
    };
    if byte.is_none() {
        let d = Diagnostic::error(&node.span, "`delimiter` is one ASCII character, and no quote");
        cx.report(d.help("write e.g. `delimiter: \";\"`, or `delimiter: tab`"));
    }
    byte
}

fn file(cx: &Cx<'_>, node: &Node, delimiter: Option<(u8, Span)>) -> Option<Table> {
    let name = cx.text_of(node, "a path")?;
    let extension =
        Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let is_json = matches!(extension.as_str(), "json" | "jsonl" | "ndjson");
    if let Some((_, span)) = delimiter.as_ref().filter(|_| is_json) {
        let d =
            Diagnostic::error(span, "`delimiter` is for CSV files").label("this file is JSON by its name");
        cx.report(d.help("remove it"));
    }
    let content = cx.file(node)?;
    if content.len() > MAX_BYTES {
        let d = Diagnostic::error(&node.span, format!("`{name}` is larger than 256 MiB"));
        cx.report(d.label("every worker would hold it in memory").help("use a part of it"));
        return None;
    }
    let read = match extension.as_str() {
        "json" => json::table(&content),
        "jsonl" | "ndjson" => json::lines(&content),
        "tsv" => csv::table(&content, delimiter.map_or(b'\t', |d| d.0)),
        _ => csv::table(&content, delimiter.map_or(b',', |d| d.0)),
    };
    read.map_err(|problems| report(cx, &node.span, name, &problems)).ok()
}

fn report(cx: &Cx<'_>, span: &Span, name: &str, problems: &Problems) {
    let told = problems.first.len();
    let notes = problems.first.iter().map(|p| format!("{name}:{}:{}: {}", p.line, p.column, p.what));
    let more = (problems.count > told).then(|| format!("... and {} more", problems.count - told));
    let label =
        if problems.count == 1 { "one problem".to_owned() } else { format!("{} problems", problems.count) };
    let d = Diagnostic::error(span, "this file cannot be used as data").label(label);
    cx.report(d.notes(notes.chain(more).collect()));
}

/// The value of a cell that is no text.
fn scalar_cell(value: &Value) -> Option<Cell> {
    match value {
        Value::Null => Some(Cell::Json("null".to_owned())),
        Value::Bool(value) => Some(Cell::Json(value.to_string())),
        Value::Int(value) => Some(Cell::Json(value.to_string())),
        Value::Float(value) if value.is_finite() => Some(Cell::Json(value.to_string())),
        Value::Str(text) => Some(Cell::Text(text.clone())),
        Value::Float(_) | Value::Seq(_) | Value::Map(_) => None,
    }
}

/// Rows that stand in the plan: maps of one shape, or single values of the column `value`.
fn rows(cx: &Cx<'_>, node: &Node) -> Option<Table> {
    let nodes = cx.list_of(node, "rows")?;
    let Some(first) = nodes.first() else {
        let d = Diagnostic::error(&node.span, "`rows` is empty").label("there is nothing to take");
        cx.report(d.help("write e.g. `rows: [{sku: a1}, {sku: b2}]`"));
        return None;
    };
    let columns: Vec<String> = match &first.value {
        Value::Map(entries) => entries.iter().map(|e| e.key.clone()).collect(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => {
            vec![json::COLUMN.to_owned()]
        }
    };
    let single = !matches!(first.value, Value::Map(_));
    let mut cells = Vec::new();
    let mut complete = true;
    for row in nodes {
        match (&row.value, single) {
            (Value::Map(entries), false) => {
                complete &= row_of_map(cx, (row, entries), &columns, &mut cells);
            }
            (value, true) if scalar_cell(value).is_some() => cells.extend(scalar_cell(value)),
            (_, _) => {
                cx.expected(
                    row,
                    if single {
                        "a text or a number, as in the first row"
                    } else {
                        "a map, as the first row is"
                    },
                );
                complete = false;
            }
        }
    }
    complete.then_some(Table { columns, cells })
}

fn row_of_map(
    cx: &Cx<'_>,
    (row, entries): (&Node, &[Entry]),
    columns: &[String],
    out: &mut Vec<Cell>,
) -> bool {
    let before = cx.problems();
    for column in columns {
        let Some(entry) = entries.iter().find(|e| e.key == *column) else {
            let d = Diagnostic::error(&row.span, format!("this row has no `{column}`"));
            cx.report(d.label("the first row has one"));
            continue;
        };
        match scalar_cell(&entry.value.value) {
            Some(cell) => out.push(cell),
            None => cx.expected(&entry.value, "a text or a number"),
        }
    }
    for entry in entries.iter().filter(|e| !columns.contains(&e.key)) {
        let known = columns.iter().map(String::as_str);
        cx.report(
            Cx::unknown("column", &entry.key, &entry.key_span, known).label("the first row does not have it"),
        );
    }
    cx.problems() == before
}

/// Complains about data whose users keep their rows, and which has fewer rows than a scenario has users.
pub(super) fn check_rows(cx: &Cx<'_>, scenarios: &[Scenario]) {
    for (at, plan) in cx.names().feeds().iter().enumerate() {
        if plan.feed.per != FeedPer::User || plan.feed.at_end != FeedEnd::Stop {
            continue;
        }
        let uses = |scenario: &&Scenario| {
            scenario.classes.iter().any(|class| {
                let journey = &class.journey;
                let mut all = journey.on_start.iter().chain(&journey.actions).chain(&journey.on_stop);
                all.any(|action| action.feeds.iter().any(|feed| usize::from(feed.0) == at))
            })
        };
        for scenario in scenarios.iter().filter(uses) {
            let users = match scenario.supply {
                Supply::Fixed(_) | Supply::Spawn { .. } | Supply::Ramp { .. } => {
                    scenario.supply.max_users() as usize
                }
                // As many as are needed: how many is known in the run.
                Supply::Elastic { .. } => continue,
            };
            let rows = plan.rows;
            if rows < users {
                let message = format!("`{}` has {rows} rows for {users} users", plan.feed.name);
                let d = Diagnostic::error(&plan.span, message);
                let d =
                    d.label(format!("in the scenario `{}`, each user keeps a row of its own", scenario.name));
                cx.report(d.help("add rows, or write `at_end: again` to let users share rows"));
            }
        }
    }
}

/// Complains about data that nothing uses: a slip, or left over.
pub(super) fn warn_unused(cx: &Cx<'_>, scenarios: &[Scenario]) {
    if cx.has_errors() {
        return;
    }
    let mut used: Vec<bool> = vec![false; cx.names().feeds().len()];
    for class in scenarios.iter().flat_map(|s| &s.classes) {
        let journey = &class.journey;
        let all = journey.on_start.iter().chain(&journey.actions).chain(&journey.on_stop);
        all.flat_map(|action| &action.feeds).for_each(|feed| {
            if let Some(used) = used.get_mut(usize::from(feed.0)) {
                *used = true;
            }
        });
    }
    for (plan, _) in cx.names().feeds().iter().zip(used).filter(|(_, used)| !used) {
        let d = Diagnostic::warning(&plan.span, format!("the data `{}` is never used", plan.feed.name));
        let column = plan.feed.columns.first().map_or("", String::as_str);
        cx.report(
            d.label("no text takes a column of it")
                .help(format!("write e.g. `${{{}.{column}}}`", plan.feed.name)),
        );
    }
}
