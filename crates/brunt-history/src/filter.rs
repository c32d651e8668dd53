//! Which runs, and in which order: as data, and as SQL that both databases read alike.

use crate::row::code_of;
use crate::store::{TARGETS, Value, signed};
use brunt_run::Outlook;

/// Which runs are meant. What is left empty leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of workloads of this name; `*` stands for anything.
    pub name: Option<String>,
    /// With this profile; `*` stands for anything.
    pub profile: Option<String>,
    /// Of this branch; `*` stands for anything.
    pub branch: Option<String>,
    /// Of a commit that begins so.
    pub commit: Option<String>,
    /// With all of these labels: a name, with its value or with any.
    pub labels: Vec<(String, Option<String>)>,
    /// With one of these verdicts.
    pub outlooks: Vec<Outlook>,
    /// At a target whose address has this in it; `*` stands for anything.
    pub target: Option<String>,
    /// Begun at or after this, in milliseconds since 1970-01-01T00:00Z.
    pub since_unix_ms: Option<u64>,
    /// Begun before this.
    pub until_unix_ms: Option<u64>,
    /// Only these: by id, or by [full id](crate::Row::full_id).
    pub ids: Vec<String>,
    /// At most so many: the first by `sort`.
    pub limit: Option<u64>,
    /// By what they are ordered.
    pub sort: SortBy,
    /// In which direction.
    pub order: Order,
}

/// By what runs are ordered. Runs without the value come last; equal ones by their start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortBy {
    /// When they began.
    #[default]
    Started,
    /// The workload's name.
    Name,
    /// How long they took.
    Length,
    /// Requests.
    Requests,
    /// Requests a second.
    Rate,
    /// The share of requests that failed.
    Errors,
    /// The median of the response times.
    P50,
    /// Their 95th percentile.
    P95,
    /// Their 99th percentile.
    P99,
}

/// A direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// The newest, longest, slowest first.
    #[default]
    Descending,
    /// The oldest, shortest, fastest first.
    Ascending,
}

impl SortBy {
    /// What is ordered by, in SQL. A rate and a share are computed as fractions on both databases.
    const fn column(self) -> &'static str {
        match self {
            Self::Started => "r.started_ms",
            Self::Name => "r.name",
            Self::Length => "r.elapsed_ns",
            Self::Requests => "r.requests",
            Self::Rate => "r.requests * 1.0 / nullif(r.measured_ns, 0)",
            Self::Errors => "r.errors * 1.0 / nullif(r.requests, 0)",
            Self::P50 => "r.p50_ns",
            Self::P95 => "r.p95_ns",
            Self::P99 => "r.p99_ns",
        }
    }
}

/// A piece of SQL, and the values for its `$1`, `$2` ...
#[derive(Debug, Default)]
pub(crate) struct Condition {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

impl Condition {
    /// Notes a value and answers its mark.
    pub(crate) fn mark(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn and(&mut self, text: &str) {
        self.text.push_str(if self.text.is_empty() { " where " } else { " and " });
        self.text.push_str(text);
    }

    fn like(&mut self, column: &str, pattern: &str) {
        let mark = self.mark(Value::text(pattern));
        // Both databases fold ASCII alike; what LIKE itself does with case differs between them.
        self.and(&format!("lower({column}) like lower({mark}) escape '!'"));
    }

    /// No id of a folder has a slash, and every full id has one: one list holds both.
    fn ids(&mut self, ids: &[String]) {
        let marks: Vec<String> = ids.iter().map(|id| self.mark(Value::text(id))).collect();
        if !marks.is_empty() {
            let marks = marks.join(", ");
            self.and(&format!("(r.id in ({marks}) or (r.run_id || '/' || r.id) in ({marks}))"));
        }
    }

    fn one_of(&mut self, column: &str, values: impl Iterator<Item = Value>) {
        let marks: Vec<String> = values.map(|value| self.mark(value)).collect();
        if !marks.is_empty() {
            self.and(&format!("{column} in ({})", marks.join(", ")));
        }
    }
}

/// A pattern with `*` as SQL's LIKE has it.
fn pattern(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '*' => out.push('%'),
            '%' | '_' | '!' => out.extend(['!', c]),
            _ => out.push(c),
        }
    }
    out
}

impl Filter {
    /// The condition on `brunt_run r`, with `where` before it.
    pub(crate) fn condition(&self) -> Condition {
        let mut c = Condition::default();
        let like = [("r.name", &self.name), ("r.profile", &self.profile), ("r.branch", &self.branch)];
        for (column, text) in like {
            if let Some(text) = text {
                c.like(column, &pattern(text));
            }
        }
        if let Some(commit) = &self.commit {
            c.like("r.commit_id", &format!("{}%", pattern(commit)));
        }
        if let Some(target) = &self.target {
            debug_assert!(!TARGETS.contains('*'), "targets are told apart by what no pattern holds");
            c.like("r.targets", &format!("%{}%", pattern(target)));
        }
        c.one_of("r.outlook", self.outlooks.iter().map(|o| Value::text(code_of(*o))));
        c.ids(&self.ids);
        if let Some(since) = self.since_unix_ms {
            let mark = c.mark(Value::Number(Some(signed(since))));
            c.and(&format!("r.started_ms >= {mark}"));
        }
        if let Some(until) = self.until_unix_ms {
            let mark = c.mark(Value::Number(Some(signed(until))));
            c.and(&format!("r.started_ms < {mark}"));
        }
        for (name, value) in &self.labels {
            let mark = c.mark(Value::text(name));
            let value = value
                .as_ref()
                .map(|v| format!(" and l.value = {}", c.mark(Value::text(v))))
                .unwrap_or_default();
            c.and(&format!(
                "exists (select 1 from brunt_label l where l.run = r.n and l.name = {mark}{value})"
            ));
        }
        c
    }

    /// The order and the limit, in SQL.
    pub(crate) fn tail(&self) -> String {
        let direction = match self.order {
            Order::Descending => "desc",
            Order::Ascending => "asc",
        };
        let column = self.sort.column();
        let limit = self.limit.map(|n| format!(" limit {n}")).unwrap_or_default();
        format!(
            " order by case when {column} is null then 1 else 0 end, {column} {direction}, r.started_ms {direction}, \
             r.run_key {direction}{limit}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_themselves_but_for_stars() {
        for (text, expected) in [("shop", "shop"), ("shop*", "shop%"), ("50%_!", "50!%!_!!"), ("*", "%")] {
            assert_eq!(pattern(text), expected);
        }
    }

    #[test]
    fn a_condition_binds_all_that_a_user_wrote() {
        let filter = Filter {
            name: Some("x'; drop table brunt_run; --".into()),
            labels: vec![("a'".into(), Some("b'".into())), ("c".into(), None)],
            outlooks: vec![Outlook::Failed, Outlook::Passed],
            limit: Some(3),
            ..Filter::default()
        };
        let condition = filter.condition();
        assert_eq!(condition.values.len(), 6);
        assert!(!condition.text.contains("drop") && !condition.text.contains("a'"), "{}", condition.text);
        assert!(filter.tail().ends_with("limit 3"));
        assert_eq!(Filter::default().condition().text, "");
    }
}
