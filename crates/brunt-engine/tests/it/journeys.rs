//! What users do, step by step: every kind of step, what is done at the start and at the end of a user's life, the
//! order of actions, pacing, and data. Told by the instants at which requests begin.

use crate::workloads::{action, events, ms, request, scenario, workload};
use brunt_metrics::{CheckId, EndpointId, EndpointKind, ErrorKind, Nanos, Outcome, ScenarioSecond, Second};
use brunt_run::RunEvent;
use brunt_workload::ClassShares;
use brunt_workload::{
    Action, ActionOrder, Arrivals, Cell, Choice, Comparison, Condition, Draw, EndOf, Escape, Extract, Feed,
    FeedEnd, FeedId, FeedOrder, FeedPer, Generator, OnFailure, Pause, PauseTime, Pick, Plain, Rate,
    RequestId, Save, Scenario, Script, SlotId, Source, Step, Stop, Supply, Text, TextPart, UserStage,
    Workload,
};
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

/// What requests and groups are called here, by endpoint.
const NAMES: [&str; 10] = ["login", "a", "b", "c", "bye", "bad", "meh", "save", "(g)", "(h)"];

fn step(name: &str) -> Step {
    let at = NAMES.iter().position(|n| *n == name).expect("one of the names");
    Step::Request(RequestId(u32::try_from(at).expect("few names")))
}

fn group(name: &str, steps: Vec<Step>) -> Step {
    let at = NAMES.iter().position(|n| *n == name).expect("one of the names");
    Step::Group { endpoint: EndpointId(u32::try_from(at).expect("few names")), steps }
}

fn repeat(times: (u32, u32), while_: Option<Condition>, steps: Vec<Step>) -> Step {
    Step::Repeat { times, while_, steps }
}

fn when(condition: Condition, then: Vec<Step>, otherwise: Vec<Step>) -> Step {
    Step::If { condition, then, otherwise }
}

fn pause(t: u64) -> Step {
    Step::Pause(PauseTime::Constant(ms(t)))
}

fn batch(names: &[&str], at_once: u16) -> Step {
    let id = |name: &&str| {
        let Step::Request(id) = step(name) else { panic!("{name} is no request") };
        id
    };
    Step::Batch { requests: names.iter().map(id).collect(), at_once }
}

fn dynamic(source: Source) -> Text {
    Text { parts: vec![TextPart::Dynamic { source, escape: Escape::None }] }
}

fn saved(slot: u16, pick: Pick) -> Text {
    dynamic(Source::Saved { slot: SlotId(slot), pick })
}

fn is(slot: u16, value: &str) -> Condition {
    Condition::Compare { left: saved(slot, Pick::First), op: Comparison::Equal, right: Text::literal(value) }
}

fn set(slot: u16, value: Text) -> Step {
    Step::Set { slot: SlotId(slot), value, plain: Plain::Text }
}

fn feed(rows: usize, per: FeedPer, at_end: FeedEnd) -> Feed {
    let cells = (0..rows).map(|i| Cell::Json(i.to_string())).collect();
    Feed {
        name: "people".into(),
        columns: vec!["id".into()],
        cells,
        order: FeedOrder::Sequential,
        per,
        at_end,
    }
}

/// One closed user that goes through these steps `times` times.
fn user(steps: Vec<Step>, times: u64) -> Scenario {
    let stop = Stop { after: None, iterations: None, per_user: Some(times), grace: ms(500) };
    let mut s = scenario(Arrivals::Closed, Supply::Fixed(1), stop);
    s.classes[0].journey.actions = vec![action("all", steps)];
    s
}

fn closed(users: u32, after: u64, grace: u64) -> Scenario {
    let stop = Stop { after: Some(ms(after)), iterations: None, per_user: None, grace: ms(grace) };
    let mut s = scenario(Arrivals::Closed, Supply::Fixed(users), stop);
    s.classes[0].journey.actions = vec![action("all", vec![step("a")])];
    s
}

fn open(rate: u64, cap: u32, after: u64) -> Scenario {
    let mut s = closed(1, after, 500);
    s.arrivals = Arrivals::Constant(Rate::per_second(rate));
    s.supply = Supply::Elastic { initial: 1, cap };
    s
}

fn with(mut s: Scenario, change: impl FnOnce(&mut brunt_workload::Journey)) -> Scenario {
    change(&mut s.classes[0].journey);
    s
}

fn arriving(s: Scenario) -> Scenario {
    with(s, |journey| {
        journey.on_start = Some(action("start", vec![step("login")]));
        journey.on_stop = Some(action("stop", vec![step("bye")]));
    })
}

fn fed(s: Scenario) -> Scenario {
    with(s, |journey| journey.actions[0].feeds.push(FeedId(0)))
}

fn named(s: Scenario, feeds: Vec<Feed>) -> Workload {
    let mut w = workload(vec![s]);
    let endpoint = w.endpoints.remove(0);
    for (at, name) in NAMES.iter().enumerate() {
        let kind = if name.starts_with('(') { EndpointKind::Group } else { EndpointKind::Request };
        w.endpoints.push(brunt_workload::Endpoint { name: (*name).into(), kind, ..endpoint.clone() });
        let mut r = request(EndpointId(u32::try_from(at).expect("few names")));
        if *name == "meh" {
            r.on_failure = OnFailure::Continue;
        }
        if *name == "save" {
            let (from, pick) = (Extract::Status, Pick::First);
            r.saves.push(Save {
                slot: SlotId(0),
                from,
                pick,
                default: None,
                plain: Plain::Text,
                check: CheckId(0),
            });
        }
        if at == 0 { w.requests = vec![r] } else { w.requests.push(r) }
    }
    w.slots = vec!["token".into(), "n".into()];
    w.feeds = feeds;
    w
}

#[derive(Default)]
struct Told {
    text: String,
    counts: ScenarioSecond,
    words: Vec<String>,
    groups: String,
}

/// Requests take 100 ms, `bye` 10 s if it is slow. `bad` and `meh` fail; `login` before 150 ms if it is shy.
fn tell(workload: Workload, shy: bool, slow: bool) -> Told {
    let log = Rc::new(RefCell::new(String::new()));
    let written = Rc::clone(&log);
    let model = move |endpoint: EndpointId, started: Nanos, _: &mut Draw| {
        let name = NAMES[endpoint.0 as usize];
        let _ = write!(log.borrow_mut(), " {name}@{}", started.0 / 1_000_000);
        let fails = matches!(name, "bad" | "meh") || (name == "login" && shy && started < ms(150));
        let outcome = if fails { Outcome::Error(ErrorKind::Status) } else { Outcome::Ok };
        (started + ms(if name == "bye" && slow { 10_000 } else { 100 }), outcome)
    };
    let mut told = Told::default();
    for event in events(workload, model, Nanos::from_secs(60)) {
        match event {
            RunEvent::Second(second) => {
                second.scenarios.iter().for_each(|counts| told.counts.merge(counts));
                told.groups += &groups(&second);
            }
            RunEvent::ErrorDetail(detail) => told.words.push(detail.text),
            RunEvent::Finished(finish) => {
                let _ = write!(told.text, " end@{}", finish.at.0 / 1_000_000);
                assert_eq!(finish.in_flight, 0);
            }
            RunEvent::Started(_)
            | RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_) => {}
        }
    }
    told.text = format!("{}{}", written.borrow(), told.text);
    told
}

fn groups(second: &Second) -> String {
    second.asides.iter().fold(String::new(), |mut out, cell| {
        let longest = cell.response.quantile(1.0).map_or(0, |v| v.0.div_ceil(1_000_000));
        let name = NAMES[cell.key.endpoint.0 as usize];
        let _ = write!(out, " {name} {}x {:?} {longest} ms", cell.count(), cell.key.outcome);
        out
    })
}

fn outline(name: &str, told: &Told) -> String {
    let c = &told.counts;
    assert_eq!((c.due, c.started), (c.started + c.dropped, c.completed + c.failed + c.cut), "{name}");
    let mut row = format!(
        "{name}: {} completed, {} failed, {} cut, {} dropped, {} users\n   {}\n",
        c.completed, c.failed, c.cut, c.dropped, c.users_added, told.text
    );
    for line in [&told.groups, &told.words.join("; ")] {
        if !line.is_empty() {
            let _ = writeln!(row, "    {}", line.trim());
        }
    }
    row
}

/// Two sessions: in one a request is due before the answer to the one before it, in the other one fails that matters.
fn scripted() -> Scenario {
    let mut script = Script::new();
    let id = |name| {
        let Step::Request(id) = step(name) else { panic!("{name} is no request") };
        id
    };
    script.begin();
    // `b` is due while `a` is still waited for; what fails and does not matter ends nothing.
    for (after, together, name) in
        [(0, false, "a"), (50, false, "b"), (400, false, "meh"), (700, false, "c"), (700, true, "a")]
    {
        script.push(ms(after), together, id(name));
    }
    script.begin();
    for (after, name) in [(0, "b"), (200, "bad"), (400, "c")] {
        script.push(ms(after), false, id(name));
    }
    let mut s = with(closed(1, 3_000, 500), |journey| {
        journey.actions = vec![action("all", vec![Step::Script(script.into())])];
    });
    s.arrivals = Arrivals::Replay { instants: [0, 1_000].map(ms).into(), speed: (1, 1) };
    s.supply = Supply::Elastic { initial: 1, cap: 2 };
    s
}

fn steps_of_every_kind() -> Vec<(&'static str, Scenario)> {
    let all = |steps| user(steps, 1);
    let failed = || Condition::Not(Box::new(Condition::LastOk));
    let end_loop = || Step::End(EndOf::Loop);
    vec![
        ("a failure ends an iteration", user(vec![step("a"), step("bad"), step("b")], 2)),
        ("one that does not matter", {
            all(vec![step("meh"), when(failed(), vec![step("b")], vec![step("c")]), step("a")])
        }),
        ("the last status", {
            let found = || Condition::LastStatus(vec![(200, 299)]);
            let probe = |name: &str| vec![step(name), when(found(), vec![step("b")], vec![step("c")])];
            all([probe("a"), probe("meh")].concat())
        }),
        ("groups", all(vec![step("a"), group("(g)", vec![step("b"), pause(50), step("c")]), step("a")])),
        ("groups in groups", {
            user(vec![group("(g)", vec![step("a"), group("(h)", vec![step("b")])]), step("c")], 2)
        }),
        ("open groups fail", all(vec![group("(g)", vec![step("a"), group("(h)", vec![step("bad")])])])),
        ("open groups end", {
            all(vec![group("(g)", vec![step("a"), Step::End(EndOf::Iteration), step("b")]), step("c")])
        }),
        ("a loop", all(vec![repeat((3, 3), None, vec![step("a"), pause(10)]), step("b")])),
        ("a loop of no pass", all(vec![repeat((0, 0), None, vec![step("a")]), step("b")])),
        ("loops in loops", {
            all(vec![repeat((2, 2), None, vec![step("a"), repeat((2, 2), None, vec![step("b")])])])
        }),
        ("until it is saved", {
            let unsaved = Condition::Not(Box::new(Condition::Saved(SlotId(0))));
            all(vec![repeat((9, 9), Some(unsaved), vec![step("a"), step("save")]), step("b")])
        }),
        ("the end of a loop", {
            let body = vec![
                step("a"),
                group("(g)", vec![step("b"), when(is(1, ""), vec![end_loop()], vec![])]),
                step("c"),
            ];
            all(vec![repeat((2, 2), None, vec![repeat((5, 5), None, body)]), step("c")])
        }),
        ("a value that is set", {
            let number = dynamic(Source::Generated(Generator::Int { min: 7, max: 7 }));
            all(vec![set(1, number), when(is(1, "7"), vec![step("a")], vec![step("b")])])
        }),
        ("a value that is missing", all(vec![step("a"), set(1, saved(0, Pick::First)), step("b")])),
        ("sessions of a script", scripted()),
        ("a choice", {
            let branches = vec![vec![step("a")], vec![step("b"), step("c")]];
            user(vec![Step::Choose { choice: Choice::new([1, 1]), branches }], 6)
        }),
        ("a choice of one", {
            user(
                vec![Step::Choose { choice: Choice::new([0, 1]), branches: vec![vec![], vec![step("b")]] }],
                2,
            )
        }),
        ("a batch", all(vec![batch(&["a", "b", "c"], 6), step("a")])),
        ("two at once", all(vec![batch(&["a", "b", "c"], 2), step("a")])),
        ("a batch that fails", all(vec![batch(&["a", "bad", "c"], 6), step("a")])),
        ("a batch that may fail", all(vec![batch(&["a", "meh", "c"], 6), step("a")])),
        ("a batch of none", all(vec![batch(&[], 6), step("a")])),
    ]
}

#[test]
fn steps() {
    let rows = steps_of_every_kind().into_iter();
    let got: String = rows.map(|(name, s)| outline(name, &tell(named(s, vec![]), false, false))).collect();
    insta::assert_snapshot!(got);
}

#[test]
fn order_and_pacing() {
    let three = || ["a", "b", "c"].map(|name| action(name, vec![step(name)])).to_vec();
    let paced = |time: u64, think: u64| {
        with(user(vec![step("a")], 3), |journey| {
            journey.pacing = PauseTime::Constant(ms(time));
            journey.think = Pause { time: PauseTime::Constant(ms(think)), every: 1 };
        })
    };
    let turns = |s: Scenario| {
        with(s, |journey| {
            journey.actions = three();
            journey.order = ActionOrder::InTurn;
        })
    };
    // Two kinds share a pool of one user: each has its own turn, whatever the other did between.
    let shared_pool = |s: Scenario| {
        let s = turns(s);
        let mut other = s.classes[0].clone();
        other.journey.actions = ["login", "save"].map(|name| action(name, vec![step(name)])).to_vec();
        Scenario {
            classes: vec![s.classes[0].clone(), other],
            class_shares: ClassShares::weighted([1, 1]),
            ..s
        }
    };
    let rows = [
        ("in turn, two kinds in a pool", shared_pool(open(5, 1, 1_500))),
        ("in turn", turns(user(vec![], 4))),
        ("in turn, two users", turns(closed(2, 250, 500))),
        ("in turn, arrivals", turns(open(10, 9, 500))),
        ("pacing", paced(250, 0)),
        ("pacing that is too fast", paced(50, 0)),
        ("pacing and a shorter pause", paced(250, 30)),
        ("pacing and a longer pause", paced(250, 400)),
    ];
    let rows = rows.into_iter();
    let got: String = rows.map(|(name, s)| outline(name, &tell(named(s, vec![]), false, false))).collect();
    insta::assert_snapshot!(got);
}

#[test]
fn starts_and_farewells() {
    let ramp = |s: Scenario| {
        let stage = |target, t| UserStage { target, duration: ms(t) };
        Scenario { supply: Supply::Ramp { start: 2, stages: vec![stage(2, 250), stage(1, 0)] }, ..s }
    };
    let per_user = |s: Scenario| {
        let stop = Stop { after: None, per_user: Some(2), ..s.stop };
        Scenario { stop, ..s }
    };
    let shared = |s: Scenario| {
        let stop = Stop { after: None, iterations: Some(3), ..s.stop };
        Scenario { stop, ..s }
    };
    let thinking =
        |s: Scenario| with(s, |j| j.think = Pause { time: PauseTime::Constant(ms(9_000)), every: 1 });
    let leaving = |s: Scenario| with(s, |j| j.on_stop = Some(action("stop", vec![step("bye")])));
    let failing = |s: Scenario| with(s, |j| j.on_stop = Some(action("stop", vec![step("bad"), step("bye")])));
    // (name, scenario, the login fails at first, the farewell is slow)
    let rows = [
        ("a life", per_user(arriving(closed(1, 0, 500))), false, false),
        ("no start, but an end", per_user(leaving(closed(1, 0, 500))), false, false),
        ("a start that fails at first", arriving(closed(1, 350, 500)), true, false),
        ("a start that never succeeds", arriving(closed(1, 90, 500)), true, false),
        ("shared iterations", shared(arriving(closed(2, 0, 500))), false, false),
        ("out of time while thinking", thinking(arriving(closed(1, 1_000, 500))), false, false),
        ("supply takes one away", ramp(arriving(closed(2, 400, 500))), false, false),
        ("a farewell that fails", failing(closed(1, 90, 500)), false, false),
        ("a farewell is cut", arriving(closed(1, 150, 500)), false, true),
        ("no grace, no farewell", thinking(arriving(closed(1, 500, 0))), false, false),
        ("nothing left of the grace", arriving(closed(1, 150, 20)), false, false),
        ("a pool", arriving(open(10, 9, 300)), false, false),
        ("a user that never ran", leaving(open(0, 9, 300)), false, false),
    ];
    let tell = |(name, s, shy, slow)| outline(name, &tell(named(s, vec![]), shy, slow));
    insta::assert_snapshot!(rows.into_iter().map(tell).collect::<String>());
}

#[test]
fn data() {
    use FeedEnd::{Again, Stop as Ends};
    use FeedPer::{Iteration, User};
    let row_is = |n: &str| Condition::Compare {
        left: dynamic(Source::Cell { feed: FeedId(0), column: 0 }),
        op: Comparison::Equal,
        right: Text::literal(n),
    };
    // `b` for the first row, `a` for any other.
    let looking = |s: Scenario| {
        let steps = vec![when(row_is("0"), vec![step("b")], vec![step("a")])];
        fed(with(s, |j| j.actions = vec![action("all", steps.clone())]))
    };
    let started = |s: Scenario| {
        let look = |name: &str| Action {
            feeds: vec![FeedId(0)],
            ..action("edge", vec![when(row_is("0"), vec![step("b")], vec![step(name)])])
        };
        with(s, |j| (j.on_start, j.on_stop) = (Some(look("login")), Some(look("bye"))))
    };
    let rows = [
        ("rows come again", looking(closed(1, 450, 500)), feed(2, Iteration, Again)),
        ("rows end", looking(closed(2, 9_000, 500)), feed(5, Iteration, Ends)),
        ("rows end, by arrival", looking(open(10, 9, 9_000)), feed(3, Iteration, Ends)),
        (
            "rows end, and what runs goes on",
            {
                let long = vec![step("a"), step("b"), step("c")];
                let s = with(closed(2, 9_000, 500), |j| j.actions = vec![action("all", long)]);
                let think = Pause { time: PauseTime::Constant(ms(10)), every: 1 };
                fed(with(s, |j| j.think = think))
            },
            feed(3, Iteration, Ends),
        ),
        ("a row for each user", looking(closed(5, 190, 500)), feed(3, User, Ends)),
        ("a row for each user, shared", looking(closed(3, 190, 500)), feed(2, User, Again)),
        ("no more users than rows", looking(open(40, 9, 200)), feed(2, User, Ends)),
        ("the start takes the row", started(looking(closed(1, 150, 500))), feed(5, Iteration, Ends)),
        ("start and end have the user's", started(looking(closed(2, 150, 500))), feed(2, User, Ends)),
    ];
    let tell = |(name, s, data)| outline(name, &tell(named(s, vec![data]), false, false));
    insta::assert_snapshot!(rows.into_iter().map(tell).collect::<String>());
}

/// Cut 150 ms after its start, each in the middle of something else: it ends at once, and what is open fails.
#[test]
fn a_cut_reaches_every_step() {
    let slow = || pause(5_000);
    let cases: Vec<(&str, Vec<Step>)> = vec![
        ("a pause", vec![slow()]),
        ("a pause in a group", vec![group("(g)", vec![step("a"), group("(h)", vec![slow()])])]),
        ("a request in a loop", vec![repeat((99, 99), None, vec![group("(g)", vec![step("a")])])]),
        ("a batch", vec![batch(&["a", "b", "c", "a", "b"], 2)]),
        ("what may fail", vec![repeat((99, 99), None, vec![step("meh")])]),
    ];
    let got: String = cases
        .into_iter()
        .map(|(name, steps)| {
            let s = with(arriving(closed(1, 100, 50)), |j| {
                j.on_start = None;
                j.actions = vec![action("all", steps)];
            });
            outline(name, &tell(named(s, vec![]), false, false))
        })
        .collect();
    insta::assert_snapshot!(got);
}
