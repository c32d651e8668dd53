//! From text to an objective, or to everything that is wrong with it.
//!
//! ```text
//! objective = measure compare limit clause*                       clauses may be parted by commas
//! measure   = statistic [ "{" filter ( "," filter )* "}" ]
//! statistic = [ basis ] point | "lag"                             `lag` alone is `lag p99`
//!           | "errors" | "checks" | "drops" | "share"             shares
//!           | "requests" | "error_count" | "iterations" | "drop_count" | "count"
//!           | "rate" | "iteration_rate"                           events per second
//!           | "balance" | "recovery"
//! basis     = "response" | "service" | "lag"                      `response` if none is said
//! point     = "avg" | "med" | "min" | "max" | "p" number          0 < number < 100; `med` is `p50`
//! filter    = key ( "=" | "!=" ) value ( "|" value )*
//! key       = "scenario" | "action" | "method" | "name" | "endpoint" | "tag" | "phase" | "status" | "error"
//!           | "outcome" | "group" | "check" | "tally" | "value"
//! value     = bare text | '"' text '"' | "'" text "'"             `\` before a quote or a `\` in quotes
//! compare   = "<" | "<=" | ">" | ">=" | "==" | "!=" | "~"         `~` is a note and never judged
//! limit     = quantity | ( "baseline" | measure ) [ change ]
//! change    = "*" number | ( "+" | "-" ) quantity                 `+ 10%` of a time is `* 1.1`
//! quantity  = time (`250ms`) | share (`0.5%`, `0.005`) | rate (`1000/s`) | number, as the statistic needs
//! clause    = "over" time | "for" time | "per" "stage"            at most one; else the whole run
//!           | "warn" | "fail"
//!           | "no" "data" ( "fails" | "passes" | "skips" )
//!           | "abort" [ "after" time ]
//!           | "as" value
//! ```

use crate::objective::{Abort, Change, Comparison, Limit, Measure, NoData, Objective, Reference, Severity};
use crate::quantity::{number, tidied};
use crate::scan::Piece;
use crate::{
    Basis, Dimension, Filter, FilterKey, Filters, MAX_WINDOW, Match, NO_STATUS, Percentile, Point, Problem,
    Quantity, Share, Statistic, Window, duration,
};
use brunt_metrics::{ErrorKind, Nanos};

/// What is asked for when nothing else is known.
const EXAMPLE: &str = "write e.g. `p95 < 250ms`, `errors < 0.5%` or `rate > 1000/s`";

/// Words that end a limit.
const CLAUSES: [&str; 8] = ["over", "for", "per", "warn", "fail", "no", "abort", "as"];

/// Reads an objective. The grammar stands at the head of this file.
///
/// # Errors
///
/// Every problem of the text, at least one, each with its place.
pub fn parse(text: &str) -> Result<Objective, Vec<Problem>> {
    let mut reader = Reader { whole: text.len(), problems: Vec::new() };
    let objective = reader.objective(Piece::new(text));
    match objective {
        Some(objective) if reader.problems.is_empty() => Ok(objective),
        Some(_) | None => Err(reader.problems),
    }
}

struct Reader {
    whole: usize,
    problems: Vec<Problem>,
}

impl Reader {
    fn say<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems.push(problem);
        None
    }

    fn problem(&self, at: Piece<'_>, message: impl Into<String>) -> Problem {
        Problem::new(at.span(self.whole), message)
    }

    fn objective(&mut self, text: Piece<'_>) -> Option<Objective> {
        let Some((at, comparison)) = comparison(text) else {
            let problem = self.problem(text.trimmed(), "this is not an objective");
            return self.say(match text.text.find('{') {
                Some(open) if !text.part(open, text.text.len()).closes() => problem
                    .label("braces or quotes are not closed")
                    .help("write e.g. `p95{action=checkout} < 250ms`"),
                Some(_) | None => problem.label("nothing is compared").help(EXAMPLE),
            });
        };
        let rest = text.part(at + comparison.sign().len(), text.text.len());
        let mut parts = rest.split(',').into_iter();
        let first = parts.next().unwrap_or(rest);
        let words = first.words();
        let ends = words.iter().position(|w| CLAUSES.contains(&w.text)).unwrap_or(words.len());
        let limit_ends = words.get(ends).map_or(first.text.len(), |w| w.at - first.at);
        let (statistic, filters) = self.measure(text.part(0, at).trimmed());
        let limit = statistic.and_then(|s| self.limit(first.part(0, limit_ends).trimmed(), s));
        let clauses: Vec<Piece<'_>> =
            words[ends..].iter().copied().chain(parts.flat_map(Piece::words)).collect();
        let policies = self.clauses(&clauses);
        let objective = Objective {
            name: policies.name,
            measure: Measure { statistic: statistic?, filters: filters? },
            comparison,
            limit: limit?,
            window: policies.window.unwrap_or_default(),
            severity: policies.severity,
            no_data: policies.no_data,
            abort: policies.abort,
        };
        self.hold_together(text.trimmed(), &objective);
        Some(objective)
    }

    /// The statistic and its filters, each as far as it can be read.
    fn measure(&mut self, text: Piece<'_>) -> (Option<Statistic>, Option<Filters>) {
        let open = text.text.find('{').unwrap_or(text.text.len());
        let statistic = self.statistic(text.part(0, open).trimmed());
        let filters = if open < text.text.len() {
            self.filters(text.part(open, text.text.len()).trimmed())
        } else {
            Some(Filters::default())
        };
        if let (Some(statistic), Some(filters)) = (statistic, &filters) {
            self.fits(statistic, filters, text);
        }
        (statistic, filters)
    }

    fn statistic(&mut self, text: Piece<'_>) -> Option<Statistic> {
        let words = text.words();
        let basis = |word: &str| match word {
            "response" => Some(Basis::Response),
            "service" => Some(Basis::Service),
            "lag" => Some(Basis::Lag),
            _ => None,
        };
        match words.as_slice() {
            [] => {
                let problem = self.problem(text, "nothing is measured");
                self.say(problem.label("a statistic stands before the comparison").help(EXAMPLE))
            }
            [one] if one.text == "lag" => {
                let p99 = Percentile::new(99.0)?;
                Some(Statistic::Time { basis: Basis::Lag, point: Point::Percentile(p99) })
            }
            [one] => {
                if let Some((_, known)) = Statistic::WORDS.iter().find(|(word, _)| *word == one.text) {
                    return Some(*known);
                }
                let point = self.point(*one, &Statistic::WORDS.map(|(word, _)| word));
                point.map(|point| Statistic::Time { basis: Basis::Response, point })
            }
            [first, second] => {
                if let Some(basis) = basis(first.text) {
                    return self.point(*second, &[]).map(|point| Statistic::Time { basis, point });
                }
                let known = ["response", "service", "lag"];
                self.say(Problem::unknown("kind of time", first.text, first.span(self.whole), known))
            }
            [_, _, third, ..] => {
                let problem = self.problem(*third, format!("`{}` is one word too many", third.text));
                self.say(problem.label("a statistic is `p95`, or `service p95`").help(EXAMPLE))
            }
        }
    }

    /// A point of a distribution; `besides` are words that could stand there too.
    fn point(&mut self, word: Piece<'_>, besides: &[&str]) -> Option<Point> {
        let text = word.text;
        let percentile = text.strip_prefix('p').filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        match text {
            "avg" | "mean" => Some(Point::Average),
            "min" => Some(Point::Minimum),
            "max" => Some(Point::Maximum),
            "med" | "median" => Percentile::new(50.0).map(Point::Percentile),
            _ => match percentile.map(|n| number(n).and_then(Percentile::new)) {
                Some(Some(p)) => Some(Point::Percentile(p)),
                Some(None) => {
                    let problem = self.problem(word, format!("`{text}` is no percentile"));
                    self.say(problem.label("above 0 and below 100").help("the extremes are `min` and `max`"))
                }
                None => {
                    let points = ["p95", "p99", "avg", "med", "min", "max"];
                    let known = points.into_iter().chain(besides.iter().copied());
                    let problem = Problem::unknown("statistic", text, word.span(self.whole), known);
                    self.say(problem.label("nothing is measured under this name"))
                }
            },
        }
    }

    fn filters(&mut self, text: Piece<'_>) -> Option<Filters> {
        let Some(inner) = text.text.strip_suffix('}') else {
            let problem = self.problem(text, "the filters do not end before the comparison");
            return self.say(problem.help("write e.g. `p95{action=checkout} < 250ms`"));
        };
        let inner = text.part(1, inner.len().max(1));
        let mut filters = Vec::new();
        let mut whole = true;
        for part in inner.split(',') {
            match self.filter(part) {
                Some(filter) => filters.push(filter),
                None => whole = false,
            }
        }
        whole.then_some(Filters(filters))
    }

    fn filter(&mut self, text: Piece<'_>) -> Option<Filter> {
        let Some(at) = text.outside().find(|(_, c)| *c == '=').map(|(at, _)| at) else {
            let problem = self.problem(text, format!("`{}` is no filter", text.text));
            return self.say(
                problem.label("no value is asked for").help("write e.g. `action=checkout` or `status!=2xx`"),
            );
        };
        let before = text.part(0, at);
        let (matches, name) = match before.text.strip_suffix('!') {
            Some(name) => (Match::IsNot, text.part(0, name.len()).trimmed()),
            None => (Match::Is, before.trimmed()),
        };
        let key = FilterKey::ALL.into_iter().find(|key| key.word() == name.text);
        if key.is_none() {
            let known = FilterKey::ALL.map(FilterKey::word);
            self.problems.push(Problem::unknown("filter", name.text, name.span(self.whole), known));
        }
        let mut values = Vec::new();
        for value in text.part(at + 1, text.text.len()).split('|') {
            match value.unquoted() {
                Some(text) if !value.text.is_empty() => {
                    if let Some(key) = key {
                        self.value(key, &text, value);
                    }
                    values.push(text);
                }
                Some(_) => {
                    let problem = self.problem(text, "a filter without a value");
                    self.problems.push(problem.label("nothing stands after `=`"));
                }
                None => {
                    let problem = self.problem(value, "the quotes of this value do not match");
                    self.problems.push(problem.help("write e.g. `name=\"GET /a, b\"`"));
                }
            }
        }
        Some(Filter { key: key?, matches, values })
    }

    /// Values of a key that has a closed set of them.
    fn value(&mut self, key: FilterKey, text: &str, at: Piece<'_>) {
        let phases = ["warm-up", "load", "cool-down"];
        let kinds = ErrorKind::ALL.map(ErrorKind::name);
        let known: &[&str] = match key {
            FilterKey::Phase => &phases,
            FilterKey::Outcome => &["ok", "error", "all"],
            FilterKey::Error => &kinds,
            FilterKey::Status => {
                let class = text.strip_suffix("xx").is_some_and(|c| matches!(c.as_bytes(), [b'1'..=b'9']));
                let code = text.parse::<u16>().is_ok_and(|code| (100..1_000).contains(&code));
                if !class && !code && text != NO_STATUS {
                    let problem = self.problem(at, format!("`{text}` is no status"));
                    self.problems.push(problem.help("write a code (`503`), a class (`5xx`) or `none`"));
                }
                return;
            }
            FilterKey::Scenario
            | FilterKey::Action
            | FilterKey::Method
            | FilterKey::Name
            | FilterKey::Endpoint
            | FilterKey::Tag
            | FilterKey::Group
            | FilterKey::Check
            | FilterKey::Tally
            | FilterKey::Value => return,
        };
        if !known.contains(&text) {
            let span = at.span(self.whole);
            self.problems.push(Problem::unknown(key.word(), text, span, known.iter().copied()));
        }
    }

    /// Whether the statistic can be told apart by these filters, and has those that it needs.
    fn fits(&mut self, statistic: Statistic, filters: &Filters, at: Piece<'_>) {
        let known = FilterKey::of(statistic);
        for filter in filters.0.iter().filter(|f| !known.contains(&f.key)) {
            let word = filter.key.word();
            let problem = self.problem(at, format!("`{statistic}` cannot be told apart by {word}"));
            let names: Vec<String> = known.iter().map(|k| format!("`{}`", k.word())).collect();
            self.problems.push(match names.len() {
                0 => problem.help("it takes no filters"),
                _ => problem.help(format!("it takes {}", names.join(", "))),
            });
        }
        let needs = |key: FilterKey| {
            let problem = self.problem(at, format!("`{statistic}` does not say of which {}", key.word()));
            problem.help(if key == FilterKey::Value {
                "write e.g. `share{tally=x-cache, value=HIT} > 80%`"
            } else {
                "name a tally of the plan: `balance{tally=x-upstream} <= 10%`"
            })
        };
        let mut missing = Vec::new();
        if known.contains(&FilterKey::Tally) && !filters.has(FilterKey::Tally) {
            missing.push(needs(FilterKey::Tally));
        }
        if statistic == Statistic::Share(Share::Tally) && !filters.has(FilterKey::Value) {
            missing.push(needs(FilterKey::Value));
        }
        self.problems.extend(missing);
    }

    fn limit(&mut self, text: Piece<'_>, statistic: Statistic) -> Option<Limit> {
        let relative = text.text.starts_with(|c: char| c.is_ascii_alphabetic());
        if !relative {
            return self.quantity(text, statistic).map(Limit::Absolute);
        }
        let operator = text.outside().filter(|(_, c)| matches!(c, '*' | '+' | '-')).last();
        let ends = operator.map_or(text.text.len(), |(at, _)| at);
        let reference = text.part(0, ends).trimmed();
        let to = if reference.text == "baseline" {
            Reference::Baseline
        } else if !names_a_measure(reference.text) {
            return self.no_limit(reference, statistic);
        } else {
            let (of, filters) = self.measure(reference);
            let measure = Measure { statistic: of?, filters: filters? };
            if measure.statistic.dimension() != statistic.dimension() {
                let message = format!("`{}` is no limit for `{statistic}`", measure.statistic);
                let problem = self.problem(reference, message);
                let (needs, has) = (statistic.dimension(), measure.statistic.dimension());
                return self.say(problem.label(format!("expected {needs}; this is {has}")));
            }
            Reference::Measure(Box::new(measure))
        };
        let change = match operator {
            None => Change::Times(1.0),
            Some((at, sign)) => self.change(sign, text.part(at + 1, text.text.len()).trimmed(), statistic)?,
        };
        Some(Limit::Relative { to, change })
    }

    /// What begins like a name and is none.
    fn no_limit(&mut self, text: Piece<'_>, statistic: Statistic) -> Option<Limit> {
        let dimension = statistic.dimension();
        let near = strsim::damerau_levenshtein(&text.text.to_lowercase(), "baseline") <= 2;
        let problem = self.problem(text, format!("`{}` is no limit for `{statistic}`", text.text));
        let problem = problem.label(format!("expected {dimension}, `baseline`, or another statistic"));
        self.say(problem.help(if near { "did you mean `baseline`?" } else { EXAMPLE }))
    }

    fn change(&mut self, sign: char, operand: Piece<'_>, statistic: Statistic) -> Option<Change> {
        if sign == '*' {
            let factor = number(operand.text).map(Change::Times);
            if factor.is_none() {
                let problem = self.problem(operand, format!("`{}` is no factor", operand.text));
                self.problems.push(problem.help("write e.g. `baseline * 1.1`"));
            }
            return factor;
        }
        let percent = operand.text.strip_suffix('%').and_then(|n| number(n.trim_end()));
        match percent.filter(|_| statistic.dimension() != Dimension::Share) {
            Some(percent) if sign == '+' => Some(Change::Times(tidied(1.0 + percent / 100.0))),
            Some(percent) => Some(Change::Times(tidied((1.0 - percent / 100.0).max(0.0)))),
            None => {
                let quantity = self.quantity(operand, statistic)?;
                Some(if sign == '+' { Change::Plus(quantity) } else { Change::Minus(quantity) })
            }
        }
    }

    fn quantity(&mut self, text: Piece<'_>, statistic: Statistic) -> Option<Quantity> {
        let dimension = statistic.dimension();
        match Quantity::parse(dimension, text.text) {
            Some(Quantity::Percent(percent)) if percent > 100.0 && statistic != Statistic::Balance => {
                let problem = self.problem(text, format!("`{statistic}` is never above 100 %"));
                self.say(problem.label("a share of a whole"))
            }
            Some(quantity) => Some(quantity),
            None => {
                let message = match text.text {
                    "" => format!("`{statistic}` has no limit"),
                    limit => format!("`{limit}` is no limit for `{statistic}`"),
                };
                let problem = self.problem(text, message);
                self.say(problem.label(format!("expected {dimension}")).help(EXAMPLE))
            }
        }
    }

    fn clauses(&mut self, words: &[Piece<'_>]) -> Policies {
        let mut policies = Policies::default();
        let mut rest = words;
        while let Some((first, after)) = rest.split_first() {
            let taken = self.clause(*first, after, &mut policies);
            rest = after.get(taken..).unwrap_or_default();
        }
        policies
    }

    /// Reads one clause; answers how many words after the first belong to it.
    fn clause(&mut self, first: Piece<'_>, after: &[Piece<'_>], policies: &mut Policies) -> usize {
        let next = |at: usize| after.get(at).map(|w| w.text);
        match (first.text, next(0), next(1)) {
            ("over" | "for", _, _) => {
                self.window(first, after.first().copied(), policies);
                1
            }
            ("per", Some("stage"), _) => {
                self.set_window(first, Window::Stage, policies);
                1
            }
            ("warn", _, _) => {
                policies.severity = Severity::Warn;
                0
            }
            ("fail", _, _) => {
                policies.severity = Severity::Fail;
                0
            }
            ("no", Some("data"), Some(what)) if no_data(what).is_some() => {
                policies.no_data = no_data(what).unwrap_or_default();
                2
            }
            ("abort", Some("after"), Some(time)) => {
                policies.abort = duration(time).map(|after| Abort { after });
                if policies.abort.is_none() {
                    let problem = self.problem(after[1], format!("`{time}` is no time"));
                    self.problems.push(problem.help("write e.g. `abort after 30s`"));
                }
                2
            }
            ("abort", _, _) => {
                policies.abort = Some(Abort::default());
                0
            }
            ("as", Some(_), _) => {
                policies.name = after[0].unquoted().filter(|name| !name.trim().is_empty());
                if policies.name.is_none() {
                    let problem = self.problem(after[0], "this is no name");
                    self.problems.push(problem.help("write e.g. `as \"checkout latency\"`"));
                }
                1
            }
            (word, _, _) => {
                self.unknown_clause(first, word);
                // What follows an unfinished clause would only be complained about again.
                after.iter().take_while(|w| !CLAUSES.contains(&w.text)).count()
            }
        }
    }

    fn unknown_clause(&mut self, at: Piece<'_>, word: &str) {
        let problem = match word {
            "per" => self.problem(at, "`per` what?").help("write `per stage`"),
            "no" => self
                .problem(at, "`no` what?")
                .help("write `no data passes`, `no data skips` or `no data fails`"),
            "as" => self.problem(at, "`as` what?").help("write e.g. `as \"checkout latency\"`"),
            _ => Problem::unknown("clause", word, at.span(self.whole), CLAUSES),
        };
        self.problems.push(problem);
    }

    fn window(&mut self, first: Piece<'_>, word: Option<Piece<'_>>, policies: &mut Policies) {
        let example = format!("write e.g. `{} 30s`", first.text);
        let Some(word) = word else {
            let problem = self.problem(first, format!("`{}` what time?", first.text));
            return self.problems.push(problem.help(example));
        };
        let problem = match duration(word.text) {
            None => self.problem(word, format!("`{}` is no time", word.text)).help(example),
            Some(time) if time > MAX_WINDOW => self.problem(word, "a window may be an hour long"),
            Some(time) if time < Nanos::SECOND || !time.0.is_multiple_of(Nanos::SECOND.0) => self
                .problem(word, "a window is a number of whole seconds")
                .label("runs are measured by the second"),
            Some(time) if first.text == "over" => {
                return self.set_window(first, Window::Over(time), policies);
            }
            Some(time) => return self.set_window(first, Window::For(time), policies),
        };
        self.problems.push(problem);
    }

    fn set_window(&mut self, at: Piece<'_>, window: Window, policies: &mut Policies) {
        if policies.window.replace(window).is_some() {
            let problem = self.problem(at, "an objective has one window");
            self.problems.push(problem.help("write two objectives"));
        }
    }

    /// What only the whole can say.
    fn hold_together(&mut self, text: Piece<'_>, objective: &Objective) {
        let statistic = objective.measure.statistic;
        if statistic == Statistic::Recovery {
            let fits = objective.window == Window::Run
                && (objective.comparison.is_upper() || objective.comparison == Comparison::About)
                && matches!(objective.limit, Limit::Absolute(_));
            if !fits {
                let problem = self.problem(text, "`recovery` is one time of the whole run");
                self.problems.push(problem.help("write e.g. `recovery < 30s`"));
            }
        }
        if objective.comparison == Comparison::About && objective.abort.is_some() {
            let problem = self.problem(text, "`~` is a note: nothing breaks it, so nothing is aborted");
            self.problems.push(problem.help("compare with `<` or `>`"));
        }
    }
}

/// What clauses say.
#[derive(Default)]
struct Policies {
    window: Option<Window>,
    severity: Severity,
    no_data: NoData,
    abort: Option<Abort>,
    name: Option<String>,
}

/// Whether a limit means to name a measure: its first word is one, or nearly.
fn names_a_measure(text: &str) -> bool {
    let word = text.split(['{', ' ']).next().unwrap_or_default();
    let points = ["response", "service", "lag", "avg", "mean", "med", "median", "min", "max"];
    let percentile = word.strip_prefix('p').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    percentile || points.contains(&word) || Statistic::WORDS.iter().any(|(known, _)| *known == word)
}

fn no_data(what: &str) -> Option<NoData> {
    match what {
        "fails" | "fail" => Some(NoData::Fails),
        "passes" | "pass" => Some(NoData::Passes),
        "skips" | "skip" => Some(NoData::Skips),
        _ => None,
    }
}

/// The first sign of comparison that stands outside of quotes and braces.
fn comparison(text: Piece<'_>) -> Option<(usize, Comparison)> {
    text.outside().find_map(|(at, _)| {
        let rest = &text.text[at..];
        Comparison::ALL.into_iter().find(|c| rest.starts_with(c.sign())).map(|c| (at, c))
    })
}
