//! What is read, in its standard form; and that the standard form reads back as the same.

use brunt_metrics::Nanos;
use brunt_objective::{
    Abort, Basis, Change, Comparison, Count, Filter, FilterKey, Filters, Flow, Limit, Match, Measure, NoData,
    Objective, Percentile, Point, Quantity, Reference, Severity, Share, Statistic, Window, parse,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

#[test]
fn texts_in_their_standard_form() {
    for (text, standard) in [
        ("p95 < 250ms", "p95 < 250ms"),
        ("  p95<250ms  ", "p95 < 250ms"),
        ("p99.9 <= 1.5s", "p99.9 <= 1.5s"),
        ("med < 200ms", "p50 < 200ms"),
        ("avg < 0.2s", "avg < 200ms"),
        ("max < 2s", "max < 2s"),
        ("min > 1us", "min > 1us"),
        ("response p95 < 1m", "p95 < 1m"),
        ("service p95 < 90s", "service p95 < 90s"),
        ("lag < 5ms", "lag p99 < 5ms"),
        ("lag max < 5ms", "lag max < 5ms"),
        ("errors < 0.5%", "errors < 0.5%"),
        ("errors<0.005", "errors < 0.5%"),
        ("errors <= 0%", "errors <= 0%"),
        ("errors < 5 %", "errors < 5%"),
        ("error_count == 0", "error_count == 0"),
        ("requests >= 1000", "requests >= 1000"),
        ("rate > 1000/s", "rate > 1000/s"),
        ("rate > 60/m", "rate > 1/s"),
        ("rate ~ 10/s", "rate ~ 10/s"),
        ("iteration_rate != 0/s", "iteration_rate != 0/s"),
        ("checks > 99%", "checks > 99%"),
        ("checks{check=\"status is 200\"} == 100%", "checks{check=\"status is 200\"} == 100%"),
        ("drops < 0.1%", "drops < 0.1%"),
        ("recovery < 30s", "recovery < 30s"),
        ("balance{tally=x-upstream} <= 10%", "balance{tally=x-upstream} <= 10%"),
        ("share{tally=x-cache, value=HIT|STALE} > 80%", "share{tally=x-cache, value=HIT|STALE} > 80%"),
        ("count{tally=x-cache,value=MISS} < 10", "count{tally=x-cache, value=MISS} < 10"),
        (
            "p95{action=checkout, status=2xx} < 250ms over 1m",
            "p95{action=checkout, status=2xx} < 250ms over 1m",
        ),
        ("p95{ tag != admin , status = none } < 1s", "p95{tag!=admin, status=none} < 1s"),
        ("p95{name=/users/{id}} < 1s", "p95{name=\"/users/{id}\"} < 1s"),
        ("p95{endpoint='GET /a, b'} < 1s", "p95{endpoint=\"GET /a, b\"} < 1s"),
        ("p95{name=\"say \\\"<\\\"\"} < 1s", "p95{name=\"say \\\"<\\\"\"} < 1s"),
        ("p95{action=warn} < 1s", "p95{action=warn} < 1s"),
        ("errors{error=request timeout} < 1%", "errors{error=\"request timeout\"} < 1%"),
        ("p95 < baseline", "p95 < baseline"),
        ("p95 < baseline * 1.1", "p95 < baseline * 1.1"),
        ("p95 < baseline + 20ms", "p95 < baseline + 20ms"),
        ("p95 < baseline + 10%", "p95 < baseline * 1.1"),
        ("rate > baseline - 10%", "rate > baseline * 0.9"),
        ("errors < baseline + 0.1%", "errors < baseline + 0.1%"),
        ("rate >= baseline - 5/s", "rate >= baseline - 5/s"),
        ("p50{action=repeat} < p50{action=first} * 0.8", "p50{action=repeat} < p50{action=first} * 0.8"),
        ("p95 < 250ms for 30s", "p95 < 250ms for 30s"),
        ("p95 < 250ms per stage", "p95 < 250ms per stage"),
        ("p95 < 250ms warn", "p95 < 250ms, warn"),
        ("p95 < 250ms, fail", "p95 < 250ms"),
        ("p95 < 250ms no data passes", "p95 < 250ms, no data passes"),
        ("p95 < 250ms, no data skip, warn", "p95 < 250ms, warn, no data skips"),
        ("p95 < 250ms, no data fails", "p95 < 250ms"),
        ("errors < 5% over 10s abort", "errors < 5% over 10s, abort"),
        ("errors < 5%, abort after 1m, over 10s", "errors < 5% over 10s, abort after 1m"),
        (
            "p95 < 250ms over 60s warn no data skips abort after 90s as \"checkout, fast\"",
            "p95 < 250ms over 1m, warn, no data skips, abort after 90s, as \"checkout, fast\"",
        ),
        ("p95 < 250ms as fast", "p95 < 250ms, as fast"),
    ] {
        let read = parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"));
        assert_eq!(read.to_string(), standard);
        assert_eq!(parse(standard).as_ref(), Ok(&read), "{standard}");
    }
}

fn statistic() -> impl Strategy<Value = Statistic> {
    let percentile = (1..9_999_u32).prop_filter_map("0 < p < 100", |p| Percentile::new(f64::from(p) / 100.0));
    let point = prop_oneof![
        select(vec![Point::Average, Point::Minimum, Point::Maximum]),
        percentile.prop_map(Point::Percentile)
    ];
    let basis = select(vec![Basis::Response, Basis::Service, Basis::Lag]);
    prop_oneof![
        (basis, point).prop_map(|(basis, point)| Statistic::Time { basis, point }),
        select(vec![Share::Errors, Share::Checks, Share::Drops, Share::Tally]).prop_map(Statistic::Share),
        select(vec![Count::Requests, Count::Errors, Count::Iterations, Count::Drops, Count::Tally])
            .prop_map(Statistic::Count),
        select(vec![Flow::Requests, Flow::Iterations]).prop_map(Statistic::Rate),
        Just(Statistic::Balance),
    ]
}

/// A value of a key, from a text that may hold anything.
fn value(key: FilterKey, text: String, at: Index) -> String {
    let known: &[&str] = match key {
        FilterKey::Status => &["200", "5xx", "none", "999"],
        FilterKey::Phase => &["warm-up", "load", "cool-down"],
        FilterKey::Outcome => &["ok", "error", "all"],
        FilterKey::Error => &["request timeout", "dns", "check"],
        FilterKey::Scenario
        | FilterKey::Action
        | FilterKey::Method
        | FilterKey::Name
        | FilterKey::Endpoint
        | FilterKey::Tag
        | FilterKey::Group
        | FilterKey::Check
        | FilterKey::Tally
        | FilterKey::Value => return text,
    };
    at.get(known).to_string()
}

fn measure() -> impl Strategy<Value = Measure> {
    let values = prop::collection::vec(("[ -~µ日]{1,8}", any::<Index>()), 1..3);
    let filter = (any::<Index>(), select(vec![Match::Is, Match::IsNot]), values);
    (statistic(), prop::collection::vec(filter, 0..4)).prop_map(|(statistic, filters)| {
        let keys = FilterKey::of(statistic);
        let filters = filters.into_iter().filter(|_| !keys.is_empty()).map(|(at, matches, values)| {
            let key = *at.get(keys);
            Filter {
                key,
                matches,
                values: values.into_iter().map(|(text, at)| value(key, text, at)).collect(),
            }
        });
        let mut filters: Vec<Filter> = filters.collect();
        for key in [FilterKey::Tally, FilterKey::Value] {
            if keys.contains(&key) && !filters.iter().any(|f| f.key == key) {
                filters.push(Filter { key, matches: Match::Is, values: vec!["x".to_owned()] });
            }
        }
        Measure { statistic, filters: Filters(filters) }
    })
}

fn quantity(statistic: Statistic, figure: u64, scale: u32) -> Quantity {
    use brunt_objective::Dimension;
    let fraction = figure as f64 / f64::from(10_u32.pow(scale));
    match statistic.dimension() {
        Dimension::Time => Quantity::Time(Nanos(figure)),
        Dimension::Share => Quantity::Percent(fraction % 100.0),
        Dimension::Rate => Quantity::PerSecond(fraction),
        Dimension::Count => Quantity::Count(fraction),
    }
}

prop_compose! {
    fn objective()(
        measure in measure(),
        other in measure(),
        (figure, scale, how) in (0..10_000_000_u64, 0..5_u32, 0..6_u8),
        comparison in select(Comparison::ALL.to_vec()),
        (window, seconds) in (0..4_u8, 1..3_600_u64),
        severity in select(vec![Severity::Fail, Severity::Warn]),
        no_data in select(vec![NoData::Fails, NoData::Passes, NoData::Skips]),
        abort in prop::option::of(0..100_000_u64),
        name in prop::option::of("[ -~]{0,6}[!-~]"),
    ) -> Objective {
        let quantity = quantity(measure.statistic, figure, scale);
        let same = other.statistic.dimension() == measure.statistic.dimension();
        let to = if same && how % 2 == 0 { Reference::Measure(Box::new(other)) } else { Reference::Baseline };
        let limit = match how {
            0 | 1 => Limit::Relative { to, change: Change::Times(figure as f64 / 1_000.0) },
            2 => Limit::Relative { to, change: Change::Plus(quantity) },
            3 => Limit::Relative { to, change: Change::Minus(quantity) },
            _ => Limit::Absolute(quantity),
        };
        let seconds = Nanos::from_secs(seconds);
        let window = [Window::Run, Window::Stage, Window::Over(seconds), Window::For(seconds)][usize::from(window)];
        let abort = abort.filter(|_| comparison != Comparison::About).map(|ms| Abort { after: Nanos::from_millis(ms) });
        Objective { name, measure, comparison, limit, window, severity, no_data, abort }
    }
}

proptest! {
    #[test]
    fn parse_of_print_is_the_same(objective in objective()) {
        let text = objective.to_string();
        prop_assert_eq!(parse(&text), Ok(objective), "{}", text);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", near in "(p95|errors|recovery)? ?[{}=!|\"'\\\\,a-z]{0,20}(<|>|~)?=? ?[-0-9a-z%/.* +é{\"]{0,20}") {
        for text in [text, near] {
            if let Err(problems) = parse(&text) {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.span.end <= text.len(), "{problem:?}");
                    prop_assert!(problem.span.start < problem.span.end || text.is_empty(), "{problem:?}");
                }
            }
        }
    }
}
