//! What an index answers, whichever database it is.

use crate::records::{BEGAN, DAY, ENDPOINTS, Made, Run};
use brunt_history::{Covered, Filter, History, Order, SortBy, State, TrendOf, Trust};
use brunt_metrics::{Nanos, Phase, SparseHistogram};
use brunt_run::Outlook;
use std::fs;
use std::path::Path;

/// Seven runs of some days, with all that lists tell apart.
pub(crate) fn runs() -> Vec<Run> {
    vec![
        Run { labels: vec![("team", "cart"), ("x", "")], ..Run::steady("alpha", 0, 10) },
        Run { outlook: Outlook::Failed, ..Run::steady("beta", 1, 40) },
        Run {
            branch: Some("feature/50%_x"),
            labels: vec![("team", "search")],
            ..Run::steady("gamma", 2, 20)
        },
        Run { outlook: Outlook::Invalid, reason: Some("generator-lag"), ..Run::steady("delta", 3, 30) },
        Run { name: "shop-v2", branch: None, requests: Vec::new(), ..Run::steady("empty", 4, 0) },
        Run { end: false, ..Run::steady("running", 5, 10) },
    ]
}

/// All that is asked of an index that was filled from a folder with [`runs`].
pub(crate) fn check_all(history: &History, folder: &Path) {
    lists(history);
    facts(history);
    trends(history, folder);
    changes(history, folder);
}

fn ids(history: &History, filter: &Filter) -> String {
    let rows = history.runs(filter).expect("the index answers");
    rows.iter().map(|r| r.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// Filters and orders, with the ids that come.
fn lists(history: &History) {
    let all = Filter::default;
    let text = |text: &str| Some(text.to_owned());
    let sorted = |sort, order| Filter { sort, order, ..all() };
    for (what, filter, expected) in [
        ("all", all(), "running empty delta gamma beta alpha"),
        ("oldest", Filter { order: Order::Ascending, limit: Some(2), ..all() }, "alpha beta"),
        ("name", Filter { name: text("SHOP"), ..all() }, "running delta gamma beta alpha"),
        ("names", Filter { name: text("shop*2"), ..all() }, "empty"),
        ("a name is no part", Filter { name: text("sho"), ..all() }, ""),
        ("branch", Filter { branch: text("feature/*"), ..all() }, "gamma"),
        ("special characters", Filter { branch: text("feature/50%_x"), ..all() }, "gamma"),
        ("no wildcard but *", Filter { branch: text("feature/50%%x"), ..all() }, ""),
        ("commit", Filter { commit: text("0000"), limit: Some(1), ..all() }, "running"),
        ("whole commit", Filter { commit: text(&format!("{:0>40}", 4)), ..all() }, "beta"),
        ("target", Filter { target: text("shop.example"), name: text("shop-*"), ..all() }, "empty"),
        ("no target", Filter { target: text("other.example"), ..all() }, ""),
        ("label", Filter { labels: vec![("team".into(), text("search"))], ..all() }, "gamma"),
        ("any value", Filter { labels: vec![("team".into(), None)], ..all() }, "gamma alpha"),
        ("both", Filter { labels: vec![("team".into(), None), ("x".into(), text(""))], ..all() }, "alpha"),
        ("verdict", Filter { outlooks: vec![Outlook::Failed, Outlook::Invalid], ..all() }, "delta beta"),
        ("since", Filter { since_unix_ms: Some(BEGAN + 4 * DAY), ..all() }, "running empty"),
        ("until", Filter { until_unix_ms: Some(BEGAN + DAY), ..all() }, "alpha"),
        ("ids", Filter { ids: vec!["beta".into(), "nobody".into()], ..all() }, "beta"),
        (
            "full ids",
            Filter { ids: vec!["born-beta/beta".into(), "born-gamma/alpha".into(), "delta".into()], ..all() },
            "delta beta",
        ),
        ("slowest", sorted(SortBy::P95, Order::Descending), "beta delta gamma alpha running empty"),
        ("fastest", sorted(SortBy::P50, Order::Ascending), "alpha gamma delta beta empty running"),
        ("by name", sorted(SortBy::Name, Order::Descending), "empty running delta gamma beta alpha"),
        ("by errors", sorted(SortBy::Errors, Order::Descending), "delta gamma beta alpha running empty"),
        ("by requests", sorted(SortBy::Requests, Order::Ascending), "empty alpha beta gamma delta running"),
        ("quotes", Filter { name: text("'; drop table brunt_run; --"), ..all() }, ""),
    ] {
        assert_eq!(ids(history, &filter), expected, "{what}");
    }
}

/// What is known of single runs.
fn facts(history: &History) {
    let row = |id: &str| {
        history.runs(&Filter { ids: vec![id.into()], ..Filter::default() }).expect("rows").remove(0)
    };
    let alpha = row("alpha");
    assert_eq!((alpha.run_id.as_str(), alpha.name.as_str()), ("born-alpha", "shop"));
    assert_eq!(alpha.targets, ["http://127.0.0.1:8080", "https://shop.example"]);
    assert_eq!(alpha.labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(), ["team=cart", "x="]);
    assert_eq!(
        (alpha.state.clone(), alpha.outlook, alpha.trust),
        (State::Finished, Some(Outlook::Passed), Some(Trust::Sound))
    );
    assert_eq!(
        (alpha.elapsed, alpha.requests, alpha.errors),
        (Some(Nanos::from_secs(10)), Some(30), Some(0))
    );
    let truth = runs()[0].times(|_| true);
    assert_eq!((alpha.p50, alpha.p99), (truth.quantile(0.5), truth.quantile(0.99)));
    assert_eq!(row("delta").trust, Some(Trust::GeneratorLimited));
    let running = row("running");
    assert_eq!((running.state, running.requests, running.p95), (State::Unfinished, None, None));
    let empty = row("empty");
    assert_eq!((empty.requests, empty.p95, empty.rate(), empty.error_share()), (Some(0), None, None, None));
}

/// The values of trends are those of the requests themselves, however they were stored.
fn trends(history: &History, folder: &Path) {
    let made = runs();
    let ended: Vec<&Run> = made.iter().filter(|r| r.end).collect();
    let is_in = |endpoint: Option<&str>, made: &Made| {
        let label = format!("GET {}", ENDPOINTS[made.endpoint as usize]);
        match endpoint {
            None => true,
            Some("GET /cart") => label == "GET /cart",
            Some(part) => label.contains(part),
        }
    };
    for endpoint in [None, Some("GET /cart"), Some("/cart"), Some("search"), Some("nowhere")] {
        for seconds in [None, Some(0..10), Some(3..5), Some(2..99), Some(50..60)] {
            for quantile in [0.0, 0.5, 0.95, 1.0] {
                let of =
                    TrendOf { quantile, endpoint: endpoint.map(str::to_owned), seconds: seconds.clone() };
                let trend = history.trend(&Filter::default(), &of).expect("a trend");
                let is_meant =
                    |m: &Made| is_in(endpoint, m) && seconds.as_ref().is_none_or(|s| s.contains(&m.second));
                let mut together = SparseHistogram::default();
                assert_eq!(trend.points.len(), ended.len());
                for (point, run) in trend.points.iter().zip(&ended) {
                    let truth = run.times(is_meant);
                    assert_eq!(point.row.id, run.id, "oldest first");
                    assert_eq!(
                        (point.value, point.requests),
                        (truth.quantile(quantile), truth.total),
                        "{of:?}"
                    );
                    assert_eq!(point.covered, Covered::Asked);
                    together.merge(&truth);
                }
                assert_eq!(trend.together, together.quantile(quantile), "{of:?}");
                assert_eq!(trend.left_out, 1);
            }
        }
    }
    let of = TrendOf { endpoint: Some("/cart".into()), ..TrendOf::quantile(0.5) };
    let names = history.trend(&Filter::default(), &of).expect("a trend").endpoints;
    assert_eq!(names, ["GET /cart", "GET /cart/items"]);
    long_runs(history, folder);
}

/// Slices of a long run are 10 s: what is not made of them comes from the record, or says what it is made of.
fn long_runs(history: &History, folder: &Path) {
    let at = |second| Made { second, endpoint: 0, phase: Phase::Load, ms: 1 + second, ok: second % 2 == 0 };
    let run = Run { requests: (0..300).map(at).collect(), ..Run::steady("long", 9, 0) };
    run.write(folder);
    history.add(&folder.join("long")).expect("it is added");
    let only = Filter { ids: vec!["long".into()], ..Filter::default() };
    let check = |seconds: std::ops::Range<u64>, expected: std::ops::Range<u64>, covered: Covered| {
        let of = TrendOf { seconds: Some(seconds), ..TrendOf::quantile(0.5) };
        let trend = history.trend(&only, &of).expect("a trend");
        let truth = run.times(|m| expected.contains(&m.second));
        let errors = expected.filter(|s| s % 2 == 1 && *s < 300).count() as u64;
        let point = &trend.points[0];
        assert_eq!((point.value, point.requests, point.errors), (truth.quantile(0.5), truth.total, errors));
        assert_eq!(point.covered, covered);
    };
    check(30..90, 30..90, Covered::Asked);
    check(33..95, 33..95, Covered::Asked);
    check(290..400, 290..300, Covered::Asked);
    let (here, gone) = (folder.join("long/seconds.brunt"), folder.join("long/gone"));
    fs::rename(folder.join("long/run.json"), &gone).expect("a record");
    check(30..90, 30..90, Covered::Asked);
    check(33..95, 30..100, Covered::Around(30..100));
    // Another run at the same path is not this one.
    let text = fs::read_to_string(&gone).expect("a record").replace("born-long", "born-later");
    fs::write(folder.join("long/run.json"), text).expect("a record");
    check(33..95, 30..100, Covered::Around(30..100));
    fs::rename(&gone, folder.join("long/run.json")).expect("a record");
    // What is torn is not made up either.
    let whole = fs::read(&here).expect("a record");
    fs::write(&here, &whole[..whole.len() / 2]).expect("a file");
    check(233..295, 230..300, Covered::Around(230..300));
    fs::write(&here, &whole).expect("a file");
    history.forget(&history.runs(&only).expect("rows")[0]).expect("it is forgotten");
    fs::remove_dir_all(folder.join("long")).expect("a folder");
}

/// Labels given later, a run that is forgotten and found again, a run that ends.
fn changes(history: &History, folder: &Path) {
    let labels = [("team".to_owned(), "pay".to_owned())].into();
    brunt_run::set_labels(&folder.join("beta"), &labels).expect("labels");
    let done = history.refresh().expect("a scan");
    assert_eq!((done.read, done.forgotten), (1, 0), "only what has changed is read");
    let labelled = Filter { labels: vec![("team".into(), Some("pay".into()))], ..Filter::default() };
    assert_eq!(ids(history, &labelled), "beta");

    let beta = history.runs(&labelled).expect("rows").remove(0);
    assert!(history.forget(&beta).expect("it is forgotten"));
    assert!(!history.forget(&beta).expect("it is unknown"));
    assert_eq!(ids(history, &labelled), "");
    assert_eq!(history.refresh().expect("a scan").read, 1);
    assert_eq!(ids(history, &labelled), "beta");
    let of = TrendOf::quantile(0.5);
    let truth = runs()[1].times(|_| true).quantile(0.5);
    assert_eq!(history.trend(&labelled, &of).expect("a trend").together, truth);

    fs::remove_dir_all(folder.join("running")).expect("a folder");
    Run { end: true, ..Run::steady("running", 5, 10) }.write(folder);
    assert_eq!(history.refresh().expect("a scan").read, 1);
    let row =
        history.runs(&Filter { ids: vec!["running".into()], ..Filter::default() }).expect("rows").remove(0);
    assert_eq!(row.state, State::Finished);
    assert_eq!(history.refresh().expect("a scan").read, 0);
}
