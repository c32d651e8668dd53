use super::*;

fn two(before: &str, now: &str, select: &[SeriesPick]) -> Vec<(String, Option<f64>)> {
    let mut state = Before::default();
    let first = readings(&Page::parse(before), select, &mut state, 1.0);
    let rates = first.all.iter().filter(|r| matches!(r.unit, ResourceUnit::PerSecond | ResourceUnit::Cores));
    assert!(rates.clone().all(|r| r.value.is_none()), "no rate of one reading");
    let second = readings(&Page::parse(now), select, &mut state, 2.0);
    second.all.into_iter().map(|r| (r.name, r.value)).collect()
}

fn check(before: &str, now: &str, expected: &[(&str, Option<f64>)]) {
    let got = two(before, now, &[]);
    let expected: Vec<(String, Option<f64>)> = expected.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
    assert_eq!(got, expected, "{before} -> {now}");
}

#[test]
fn what_happened_between_two_readings() {
    check("g 5", "g 7", &[("g", Some(7.0))]);
    check("a_total 5", "a_total 9", &[("a_total", Some(2.0))]);
    check("# TYPE a counter\na 5", "# TYPE a counter\na 9", &[("a", Some(2.0))]);
    // The process began anew.
    check("a_total 500", "a_total 4", &[("a_total", Some(2.0))]);
    // A series that comes later has no rate yet.
    check("", "a_total 4", &[("a_total", None)]);
    check("x NaN", "x NaN", &[("x", None)]);
    check("x_info 1\nx_created 1e9", "x_info 1\nx_created 1e9", &[]);
    let page = |count: u64, sum: f64| {
        format!(
            "# TYPE t_seconds histogram\nt_seconds_bucket{{le=\"1\"}} 3\nt_seconds_sum {sum}\nt_seconds_count {count}\n"
        )
    };
    check(&page(10, 1.0), &page(14, 3.0), &[("t_seconds rate", Some(2.0)), ("t_seconds mean", Some(0.5))]);
    check(&page(10, 1.0), &page(10, 1.0), &[("t_seconds rate", Some(0.0)), ("t_seconds mean", None)]);
    let summary = "# TYPE s summary\ns{quantile=\"0.5\"} 0.2\ns_sum 1\ns_count 2";
    check(summary, summary, &[("s{quantile=\"0.5\"}", Some(0.2)), ("s rate", Some(0.0)), ("s mean", None)]);
}

#[test]
fn a_gauge_beside_says_the_limit() {
    let page = Page::parse(
        "gpu_memory_used_bytes{gpu=\"0\"} 3\ngpu_memory_total_bytes{gpu=\"0\"} 8\ngpu_memory_total_bytes{gpu=\"1\"} 9\n\
         inference_queue_size 2\ninference_queue_capacity 64\nprocess_open_fds 9\nprocess_max_fds 1024\nlone_size 4",
    );
    let got = readings(&page, &[], &mut Before::default(), 1.0).all;
    let limits: Vec<Option<f64>> = got.iter().map(|r| r.limit).collect();
    assert_eq!(limits, [Some(8.0), None, None, Some(64.0), None, Some(1024.0), None, None]);
}

fn pick(name: &str, labels: &[(&str, Must, &str)]) -> SeriesPick {
    let labels = labels.iter().map(|(label, must, value)| LabelPick {
        label: (*label).to_owned(),
        value: (*value).to_owned(),
        must: *must,
    });
    SeriesPick { name: name.to_owned(), labels: labels.collect() }
}

#[test]
fn series_are_picked_by_name_and_labels() {
    let text = "a{x=\"1\"} 1\na{x=\"2\"} 2\nab 3\nb 4\n# TYPE h summary\nh_sum 1\nh_count 1";
    let names = |select: &[SeriesPick]| -> Vec<String> {
        two(text, text, select).into_iter().map(|(name, _)| name).collect()
    };
    for (select, expected) in [
        (pick("a", &[]), &["a{x=\"1\"}", "a{x=\"2\"}"][..]),
        (pick("a*", &[("x", Must::NotBe, "1")]), &["a{x=\"2\"}", "ab"]),
        (pick("*b", &[]), &["ab", "b"]),
        (pick("a", &[("x", Must::Be, "")]), &[]),
        (pick("h", &[]), &["h rate", "h mean"]),
        (pick("c", &[]), &[]),
    ] {
        assert_eq!(names(std::slice::from_ref(&select)), expected, "{select:?}");
    }
    assert_eq!(names(&[pick("ab", &[]), pick("b", &[])]), ["ab", "b"]);
}

#[test]
fn patterns() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("a", "a", true),
        ("a", "ab", false),
        ("*", "", true),
        ("a*c", "abc", true),
        ("a*c", "ac", true),
        ("a*c", "acb", false),
        ("*a*", "xay", true),
        ("a*b*c", "a-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("aa*a", "aa", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn a_large_page_is_bounded_and_says_so() {
    let lines: Vec<String> = (0..10_000).map(|i| format!("m{{i=\"{i}\"}} 1\n")).collect();
    let text = lines.concat();
    let got = readings(&Page::parse(&text), &[], &mut Before::default(), 1.0);
    assert_eq!(got.all.len(), MAX_FIGURES);
    assert!(got.notes[0].starts_with("9936 of its series are left out"), "{:?}", got.notes);
}
