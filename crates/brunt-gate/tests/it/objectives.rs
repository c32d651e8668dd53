//! The decision table of objectives: what a run is taken for, and in which words.

use crate::runs::{Run, healthy};
use brunt_gate::{BaselineFigures, Judge, exit_code, judge_summary, judge_with};
use brunt_metrics::{
    CellKey, CellSecond, EndpointId, EndpointKind, ErrorKind, Histogram, Nanos, Outcome, Phase, ScenarioId,
    Second, Status, TallyId, TallySecond,
};
use brunt_objective::{Objective, parse};
use brunt_run::{
    ObjectiveOutcome, PhaseChange, RunEvent, RunHeader, RunView, SeriesName, StopReason, Summary,
};
use std::fmt::Write as _;

/// A run whose header may be changed too.
struct Case {
    run: Run,
    header: fn(&mut RunHeader),
    baseline: Option<Summary>,
}

fn objective(text: &str) -> Objective {
    parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn events(case: &Case) -> Vec<RunEvent> {
    let mut events = case.run.events();
    for event in &mut events {
        if let RunEvent::Started(header) = event {
            (case.header)(header);
        }
    }
    events
}

fn follow(case: &Case, texts: &[&str]) -> (RunView, Judge) {
    let baseline = case.baseline.clone().map(|summary| BaselineFigures::of_totals("`main`".into(), summary));
    let mut judge = Judge::new(texts.iter().map(|t| objective(t)).collect(), baseline.as_ref());
    let mut view = RunView::default();
    for event in events(case) {
        view.apply(&event);
        judge.apply(&event);
    }
    (view, judge)
}

fn told(outcome: &ObjectiveOutcome) -> String {
    let mut text = format!("{:?}: {}", outcome.standing, outcome.text);
    let number = |n: f64| format!("{n:.3}").trim_end_matches('0').trim_end_matches('.').to_owned();
    let mut facts = vec![format!("n {}", outcome.samples)];
    facts.extend(outcome.margin.map(|m| format!("margin {}", number(m))));
    facts.extend(outcome.interval.map(|(low, high)| format!("interval {} to {}", number(low), number(high))));
    facts.extend(outcome.burn.map(|b| format!("burn {}", number(b))));
    facts.extend(
        outcome
            .broken
            .map(|b| format!("broken {} s, {} to {}, {} in a row", b.seconds, b.first, b.last, b.longest)),
    );
    facts.extend(
        outcome.worst.map(|w| format!("worst {} from {} in {} s", number(w.value), w.from, w.seconds)),
    );
    facts.extend(outcome.aborted_at.map(|at| format!("aborted at {at}")));
    facts.extend(outcome.notes.iter().map(|note| format!("note: {note}")));
    let _ = write!(text, "\n    {}", facts.join("; "));
    text
}

/// A table of runs, each with objectives.
#[derive(Default)]
struct Table {
    out: String,
    cases: usize,
}

impl Table {
    fn row(&mut self, name: &str, texts: &[&str], change: impl FnOnce(&mut Case)) {
        let mut case = Case { run: healthy(), header: |_| (), baseline: None };
        change(&mut case);
        let (view, judge) = follow(&case, texts);
        let verdict = judge_with(&view, &judge);
        let _ = writeln!(self.out, "{name}: {:?} {}", verdict.outlook, exit_code(verdict.outlook));
        for outcome in &verdict.objectives {
            self.cases += 1;
            let _ = writeln!(self.out, "  {}\n    {}", outcome.objective, told(outcome));
        }
        self.out.push('\n');
    }
}

/// All requests of a second take `ms`.
fn slow(second: &mut Second, ms: u64) {
    for cell in &mut second.cells {
        let mut times = Histogram::default();
        (0..cell.count()).for_each(|_| times.record(Nanos::from_millis(ms)));
        (cell.response, cell.service) = (times.to_sparse(), times.to_sparse());
    }
    busy(second);
}

/// All of its requests fail, as fast as ever.
fn fail(second: &mut Second) {
    for cell in &mut second.cells {
        cell.key.outcome = Outcome::Error(ErrorKind::Status);
    }
}

/// Time in flight that fits the cells.
fn busy(second: &mut Second) {
    let sum: u128 = second.cells.iter().map(|c| c.service.sum_ns).sum();
    second.in_flight_time = Nanos(u64::try_from(sum).unwrap_or(u64::MAX));
}

fn cell(endpoint: u32, outcome: Outcome, count: u64, ms: u64) -> CellSecond {
    let status = if outcome.is_ok() {
        Status::code(200)
    } else {
        Status::code(if outcome == Outcome::Error(ErrorKind::RequestTimeout) { 0 } else { 503 })
    };
    let mut times = Histogram::default();
    (0..count).for_each(|_| times.record(Nanos::from_millis(ms)));
    let key = CellKey { endpoint: EndpointId(endpoint), phase: Phase::Load, status, outcome };
    CellSecond { response: times.to_sparse(), service: times.to_sparse(), ..CellSecond::empty(key) }
}

fn failing(count: u64) -> Vec<(ErrorKind, u16, u64)> {
    vec![(ErrorKind::Status, 503, count)]
}

/// A second endpoint, tagged, and a tally.
fn richer(header: &mut RunHeader) {
    let series = |action: &str, method: &str, name: &str| SeriesName {
        scenario: "browse".into(),
        action: action.into(),
        method: method.into(),
        name: name.into(),
        ..SeriesName::default()
    };
    let tags = vec!["money".into()];
    header.endpoints.push(SeriesName { tags, ..series("checkout", "POST", "/orders") });
    header.endpoints.push(SeriesName { kind: EndpointKind::Group, ..series("login", "*", "login") });
    header.tallies = vec!["x-upstream".into(), "x-cache".into()];
}

fn checkouts(second: &mut Second) {
    second.cells.push(cell(1, Outcome::Ok, 50, 300));
    second.cells.push(cell(1, Outcome::Error(ErrorKind::Status), 5, 1));
    second.cells.sort_by_key(|c| c.key);
    second.asides = vec![cell(2, Outcome::Ok, 10, 700)];
    second.requests_started += 55;
    busy(second);
    let seen = |tally: u16, value: &str, count| TallySecond {
        tally: TallyId(tally),
        phase: Phase::Load,
        value: value.into(),
        count,
    };
    second.tallies = vec![
        seen(0, "app1", 50),
        seen(0, "app2", 52),
        seen(0, "app3", 48),
        seen(1, "HIT", 90),
        seen(1, "MISS", 10),
    ];
}

fn evidence(t: &mut Table) {
    let latency = [
        "p95 < 250ms",
        "p99 < 5ms",
        "avg < 5ms",
        "max <= 10ms",
        "min > 20ms",
        "service p95 < 250ms",
        "lag p99 < 5ms",
    ];
    t.row("zero variance", &latency, |_| ());
    t.row(
        "shares without errors",
        &["errors < 0.5%", "errors < 0.1%", "errors <= 0%", "errors == 0%"],
        |_| (),
    );
    t.row(
        "few requests",
        &["p95 < 250ms", "p95 < 5ms", "p50 < 250ms", "max < 250ms", "p99.9 < 250ms"],
        |c| {
            (c.run.seconds, c.run.ok) = (10, 5);
        },
    );
    t.row("few requests and most of them fail", &["errors < 0.5%", "errors < 95%"], |c| {
        (c.run.seconds, c.run.ok, c.run.errors) = (10, 1, failing(2));
    });
    t.row("a single second", &["p95 < 250ms", "p95 < 250ms over 5s", "p95 < 250ms for 5s"], |c| {
        c.run.seconds = 1;
    });
    t.row(
        "no data",
        &[
            "p95 < 1s",
            "p95 < 1s, no data passes",
            "p95 < 1s, no data skips",
            "p95 < 1s, warn",
            "errors < 1%",
            "rate > 1/s",
            "checks > 99%",
        ],
        |c| c.run.ok = 0,
    );
    t.row("nobody is called so", &["p95{action=chekout} < 1s", "checks{check=x} > 1%"], |_| ());
}

fn errors(t: &mut Table) {
    t.row("the mission's sentences", &["p95 < 250ms", "errors < 0.5%", "rate > 1000/s"], |c| {
        (c.run.ok, c.run.errors, c.run.fault) = (988, failing(12), |s: &mut Second| slow(s, 350));
    });
    t.row(
        "all errors",
        &["p95 < 250ms", "p95{outcome=all} < 250ms", "errors < 5%", "error_count < 10"],
        |c| {
            (c.run.ok, c.run.errors) = (0, failing(10));
        },
    );
    t.row(
        "fast failures do not make fast",
        &["p50 < 250ms", "p50{outcome=all} < 250ms", "p50{status=503} < 250ms"],
        |c| {
            c.run.fault = |s| {
                s.cells =
                    vec![cell(0, Outcome::Ok, 40, 300), cell(0, Outcome::Error(ErrorKind::Status), 60, 1)];
                busy(s);
            };
        },
    );
    t.row(
        "timeouts are as slow as they say",
        &["p95 < 250ms", "errors{error=\"request timeout\"} < 1%", "errors{status=5xx} < 1%"],
        |c| {
            c.run.errors = vec![(ErrorKind::RequestTimeout, 0, 10)];
            c.run.fault = |s| {
                let timeouts = s.cells.iter_mut().filter(|c| !c.key.outcome.is_ok());
                timeouts
                    .for_each(|c| *c = cell(0, Outcome::Error(ErrorKind::RequestTimeout), c.count(), 30_000));
                busy(s);
            };
        },
    );
    t.row("warned", &["p95 < 5ms, warn", "errors < 1%"], |_| ());
    t.row("warned, and not judged", &["p99.9 < 5s, warn"], |c| c.run.ok = 20);
    t.row("failed beside warned", &["p95 < 5ms, warn", "rate > 5000/s, as \"peak\"", "avg < 5ms"], |c| {
        c.header = |h| h.scenarios[0].open = false;
    });
}

fn series(t: &mut Table) {
    let texts = [
        "p95{action=checkout} < 250ms",
        "p95{action=checkout, outcome=all} < 250ms",
        "p95{tag=money} < 500ms",
        "p95{tag!=money} < 250ms",
        "p95{endpoint=\"POST /orders\"} < 500ms",
        "p95{method=post, scenario=browse} < 500ms",
        "p95{group=login} < 500ms",
        "errors{action=checkout} < 1%",
        "rate{action=checkout} > 50/s",
        "balance{tally=x-upstream} <= 5%",
        "balance{tally=x-upstream} <= 2%",
        "share{tally=x-cache, value=HIT} > 80%",
        "count{tally=x-cache, value=MISS} <= 50",
        "p50{action=search} < p50{action=checkout} * 0.5",
        "requests >= 1550",
        "iterations >= 1000",
        "iteration_rate > 99/s",
        "drops < 0.1%",
    ];
    t.row("by name, tag, group and value", &texts, |c| (c.header, c.run.fault) = (richer, checkouts));
}

fn windows(t: &mut Table) {
    let sick: fn(&mut Second) = |s| {
        if (20..28).contains(&s.index) {
            slow(s, 400);
        }
    };
    let texts = [
        "p95 < 250ms",
        "p50 < 250ms",
        "p50 < 250ms over 10s",
        "p95 < 250ms over 30s",
        "p95 < 250ms for 5s",
        "p95 < 250ms for 10s",
    ];
    t.row("eight slow seconds of forty", &texts, |c| (c.run.seconds, c.run.fault) = (40, sick));
    t.row("longer than the run", &["p95 < 250ms over 1m", "p95 < 250ms for 1m", "p95 < 1ms over 1m"], |c| {
        c.run.seconds = 40;
    });
    t.row("windows with too little", &["p95 < 250ms over 5s"], |c| c.run.ok = 6);
    t.row("per stage", &["p95 < 250ms per stage", "p50 < 250ms", "rate > 50/s per stage"], |c| {
        (c.run.seconds, c.run.fault) = (40, |s: &mut Second| {
            if s.index >= 30 {
                slow(s, 400);
            }
        });
        c.header = |h| {
            h.scenarios[0].curve = [vec![50.0; 15], vec![100.0; 15], vec![200.0; 10]].concat();
            h.scenarios[0].curve_step = Nanos::SECOND;
        };
    });
    t.row("one stage", &["p95 < 250ms per stage"], |_| ());
}

fn validity(t: &mut Table) {
    let texts = ["p95 < 250ms", "p95 < 5ms", "p95 < 5ms, warn", "rate ~ 100/s"];
    t.row("generator-limited", &texts, |c| (c.run.disturbed, c.run.lag_us) = (10, 9_000));
    t.row("arrivals dropped", &texts, |c| c.run.dropped = 4);
    t.row("stopped early", &[texts[0], "requests > 5000"], |c| c.run.reason = Some(StopReason::StoppedEarly));
    t.row("stopped early and failed", &texts, |c| c.run.reason = Some(StopReason::StoppedEarly));
    t.row("cut", &texts, |c| c.run.reason = Some(StopReason::Cut));
    t.row("no end", &texts, |c| c.run.reason = None);
    t.row(
        "offered less than required",
        &["rate > 1000/s", "iteration_rate >= 1000/s", "rate > 50/s"],
        |_| (),
    );
    t.row("closed, and slower than required", &["rate > 1000/s"], |c| {
        c.header = |h| h.scenarios[0].open = false;
    });
    t.row("aborted", &["p95 < 250ms, abort after 3s", "errors < 1%"], |c| {
        (c.run.seconds, c.run.fault, c.run.reason) =
            (20, |s: &mut Second| slow(s, 400), Some(StopReason::StoppedEarly));
    });
    t.row("a window aborts", &["p95 < 250ms over 2s, abort"], |c| {
        c.run.fault = |s| {
            if s.index > 5 {
                slow(s, 400);
            }
        };
    });
}

/// Fifty reads more, of this many milliseconds each.
fn repeated(second: &mut Second, ms: u64) {
    second.cells.push(cell(1, Outcome::Ok, 50, ms));
    second.cells.sort_by_key(|c| c.key);
    second.requests_started += 50;
    busy(second);
}

fn relative(t: &mut Table) {
    let before = || {
        let run = Run { ok: 200, service_ms: 8, ..healthy() };
        Summary::of(&run.view())
    };
    let texts = [
        "p95 < baseline * 1.1",
        "p95 < baseline + 20ms",
        "rate > baseline - 10%",
        "errors < baseline + 1%",
        "p97 < baseline",
    ];
    t.row("against a baseline", &texts, |c| c.baseline = before());
    t.row("without a baseline", &texts[..2], |_| ());
    // What a cache is for: a repeated read takes at most four fifths of a first one.
    let gain = ["avg{name=\"/orders\"} < avg{name=\"/search\"} * 0.8 warn"];
    t.row("repeated reads of a cache", &gain, |c| {
        (c.header, c.run.fault) = (richer, |s: &mut Second| repeated(s, 2));
    });
    t.row("repeated reads of a cache that keeps nothing", &gain, |c| {
        (c.header, c.run.fault) = (richer, |s: &mut Second| repeated(s, 10));
    });
}

fn recovery(t: &mut Table) {
    let spike: fn(&mut RunHeader) = |h| {
        h.scenarios[0].curve = [vec![10.0; 10], vec![100.0; 10], vec![10.0; 20]].concat();
        h.scenarios[0].curve_step = Nanos::SECOND;
    };
    let texts = ["recovery < 5s", "recovery < 30s"];
    t.row("recovers in four seconds", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (40, spike, |s: &mut Second| {
            if (10..24).contains(&s.index) {
                slow(s, 900);
            }
        });
    });
    t.row("does not recover", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (40, spike, |s: &mut Second| {
            if s.index >= 10 {
                slow(s, 900);
            }
        });
    });
    t.row("a crowd that stays", &texts, |c| {
        (c.run.seconds, c.header) = (40, |h: &mut RunHeader| {
            h.scenarios[0].curve = [vec![0.0, 50.0], vec![100.0; 38]].concat();
            h.scenarios[0].curve_step = Nanos::SECOND;
        });
        c.run.fault = |s| {
            if s.index < 10 {
                slow(s, 900);
            }
        };
    });
    t.row("nothing planned", &texts[..1], |c| c.header = |h| h.scenarios[0].curve.clear());
}

/// The load stays up: never again as before, whatever the last third is like.
fn no_recovery(t: &mut Table) {
    let texts = ["recovery < 5s", "recovery < 30s"];
    let stays: fn(&mut RunHeader) = |h| {
        h.scenarios[0].curve = [vec![10.0; 10], vec![100.0; 50]].concat();
        h.scenarios[0].curve_step = Nanos::SECOND;
    };
    t.row("slower for good", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (60, stays, |s: &mut Second| {
            if s.index >= 10 {
                slow(s, 900);
            }
        });
    });
    t.row("slower every second", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (60, stays, |s: &mut Second| {
            if s.index >= 10 {
                slow(s, 20 * s.index);
            }
        });
    });
    t.row("only errors from then on", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (60, stays, |s: &mut Second| {
            if s.index >= 10 {
                fail(s);
            }
        });
    });
    t.row("failed before the rise already", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (60, stays, |s: &mut Second| {
            if s.index < 10 {
                fail(s);
            }
        });
    });
    t.row("up for good, and fine", &texts, |c| (c.run.seconds, c.header) = (60, stays));
    let crowd: fn(&mut RunHeader) = |h| {
        h.scenarios[0].curve = [vec![0.0, 50.0], vec![100.0; 58]].concat();
        h.scenarios[0].curve_step = Nanos::SECOND;
    };
    t.row("a crowd: slower every second", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (60, crowd, |s: &mut Second| slow(s, 20 * s.index));
    });
    t.row("a crowd: only errors from then on", &texts, |c| {
        (c.run.seconds, c.header, c.run.fault) = (60, crowd, |s: &mut Second| {
            if s.index >= 10 {
                fail(s);
            }
        });
    });
}

#[test]
fn the_decision_table() {
    let mut table = Table::default();
    for part in [evidence, errors, series, windows, validity, relative, recovery, no_recovery] {
        part(&mut table);
    }
    assert!(table.cases >= 40);
    insta::assert_snapshot!(table.out);
}

/// The same figures and standings from totals alone, as far as totals go.
#[test]
fn totals_alone() {
    let run =
        Run { errors: failing(12), ok: 988, seconds: 20, fault: |s: &mut Second| slow(s, 350), ..healthy() };
    let summary = Summary::of(&run.view()).unwrap();
    let texts = [
        "p95 < 250ms",
        "p97 < 250ms",
        "errors < 0.5%",
        "errors{error=status} < 5%",
        "errors{status=503} < 5%",
        "rate > 900/s",
        "p95{action=search} < 1s",
        "p95{action=nothing} < 1s",
        "p95 < 250ms over 5s",
        "recovery < 5s",
        "requests >= 20000",
        "iterations > 1",
        "drops < 1%",
        "avg < baseline * 1.1",
        "p50 < p95 * 1.5",
        "lag p99 < 5ms",
    ];
    let objectives: Vec<_> = texts.iter().map(|t| objective(t)).collect();
    let baseline = BaselineFigures::of_totals("`main`".into(), summary.clone());
    let outcomes = judge_summary(&objectives, &summary, Some(&baseline));
    let lines = outcomes.iter().map(|o| format!("{}\n  {}\n", o.objective, told(o)));
    insta::assert_snapshot!(lines.collect::<String>());
}

/// A run of which a part fails slowly, held against itself: both sides measure the same, whatever filters say.
#[test]
fn a_baseline_measures_what_the_run_does() {
    let refusing = |s: &mut Second| s.cells.push(cell(0, Outcome::Error(ErrorKind::Status), 900, 50));
    let case =
        Case { run: Run { seconds: 30, fault: refusing, ..healthy() }, header: |_| (), baseline: None };
    let filters = ["", "{outcome=all}", "{outcome=error}", "{outcome=ok}", "{error=status}", "{phase=load}"];
    let times = ["p50", "p95", "avg", "max", "service p90"].iter().flat_map(|statistic| {
        filters.iter().flat_map(move |filter| {
            let measure = format!("{statistic}{filter}");
            [format!("{measure} < baseline * 1.0001"), format!("{measure} > baseline * 0.9999")]
        })
    });
    let others = ["errors", "errors{error=status}", "errors{outcome=error}"].iter().flat_map(|measure| {
        [format!("{measure} <= baseline * 1.0001"), format!("{measure} >= baseline * 0.9999")]
    });
    let texts: Vec<String> = times.chain(others).collect();
    let objectives = || texts.iter().map(|t| objective(t)).collect();
    let baseline = BaselineFigures::of_events(events(&case)).unwrap();
    let mut judge = Judge::new(objectives(), Some(&baseline));
    for event in events(&case) {
        judge.apply(&event);
    }
    for (text, outcome) in texts.iter().zip(judge.outcomes()) {
        assert_eq!(outcome.standing, brunt_run::Standing::Passed, "{text}: {outcome:?}");
    }
    // The failed third is among the requests, and slower.
    let errors = judge.outcomes().last().and_then(|o| o.measured);
    assert!(errors.is_some_and(|share| share > 30.0), "{errors:?}");
    // Totals cannot tell them apart.
    let totals = BaselineFigures::of_totals("`main`".into(), baseline.summary.clone());
    let mut judge = Judge::new(vec![objective("avg > baseline * 0.9999")], Some(&totals));
    for event in events(&case) {
        judge.apply(&event);
    }
    assert_eq!(judge.outcomes()[0].standing, brunt_run::Standing::Failed);
}

/// How an objective stands at a second does not depend on what comes later, and the end is the last standing.
#[test]
fn live_and_at_the_end_by_the_same_code() {
    let run = Run { seconds: 30, fault: |s: &mut Second| slow(s, s.index * 20), ..healthy() };
    let case = Case { run, header: |_| (), baseline: None };
    let texts = ["p95 < 250ms", "p95 < 250ms over 5s", "errors < 1%", "rate > 10/s"];
    let whole = follow(&case, &texts).1.outcomes();
    let mut judge = Judge::new(texts.iter().map(|t| objective(t)).collect(), None);
    let mut standings = Vec::new();
    for event in events(&case) {
        judge.apply(&event);
        if matches!(event, RunEvent::Second(_)) {
            standings.push(judge.outcomes());
        }
    }
    assert_eq!(standings.len(), 30);
    assert_eq!(standings.last(), Some(&whole));
}

/// A record without phases (torn, or another tool's) is judged by the seconds that had load.
#[test]
fn without_phases_seconds_with_load_count() {
    let mut judge = Judge::new(vec![objective("rate > 50/s"), objective("p95 < 250ms over 5s")], None);
    for event in healthy().events() {
        if !matches!(event, RunEvent::Phase(PhaseChange { scenario: ScenarioId(0), .. })) {
            judge.apply(&event);
        }
    }
    let told: Vec<_> = judge.outcomes().iter().map(|o| o.text.clone()).collect();
    assert_eq!(
        told,
        [
            "Throughput 100.0 req/sec meets threshold 50 req/sec",
            "P95 latency 10.0ms is within threshold 250ms"
        ]
    );
}
