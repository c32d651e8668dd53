//! k6's trends: average, minimum, median, maximum and two percentiles, in milliseconds.

use brunt_metrics::{Histogram, Nanos, PartSum};
use serde_json::{Map, Value, json};

/// The percentiles of a k6 trend unless told otherwise, as its summary names them.
const PERCENTILES: [(&str, f64); 3] = [("med", 0.5), ("p(90)", 0.9), ("p(95)", 0.95)];

/// The trend of a histogram; `None` if it counted nothing.
pub(super) fn of_histogram(times: &Histogram) -> Option<Value> {
    let mut trend = Map::new();
    for (name, time) in [("avg", times.mean()), ("min", times.min()), ("max", times.max())] {
        trend.insert(name.into(), ms(time?));
    }
    for (name, percentile) in PERCENTILES {
        trend.insert(name.into(), ms(times.quantile(percentile)?));
    }
    Some(Value::Object(trend))
}

/// What can be told of the trend of a time that is the sum of `parts` in each of `requests` requests, where a
/// request may have had any of the parts or none. `None` without requests.
///
/// Let `n` be the requests and `z` the most that certainly had none of the parts: `n` less all counts of parts.
/// The average is exact. The maximum is that of the part, if only one ever happened. The `i`th smallest of the
/// `n` values is 0 if `i <= z`; k6 interpolates a percentile `p` between the values number `floor` and `ceil`
/// of `p * (n - 1) + 1`, so it is 0 if the latter is at most `z`.
pub(super) fn of_parts(parts: &[PartSum], requests: u64) -> Option<Value> {
    if requests == 0 {
        return None;
    }
    let sum: u128 = parts.iter().map(|part| u128::from(part.sum.0)).sum();
    let counted: u64 = parts.iter().map(|part| part.count).sum();
    let without = requests.saturating_sub(counted);
    let mut trend = Map::new();
    trend.insert("avg".into(), number(sum as f64 / requests as f64 / 1e6));
    if without > 0 {
        trend.insert("min".into(), json!(0));
    }
    let mut happened = parts.iter().filter(|part| part.count > 0);
    match (happened.next(), happened.next()) {
        (None, _) => trend.insert("max".into(), json!(0)),
        (Some(only), None) => trend.insert("max".into(), ms(only.max)),
        (Some(_), Some(_)) => None,
    };
    for (name, percentile) in PERCENTILES {
        if (percentile * (requests - 1) as f64).ceil() < without as f64 {
            trend.insert(name.into(), json!(0));
        }
    }
    Some(Value::Object(trend))
}

fn ms(time: Nanos) -> Value {
    number(time.as_millis_f64())
}

/// A number as JavaScript writes it: without a point if it is whole.
pub(super) fn number(value: f64) -> Value {
    // Up to here every whole number is exact as a float.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && (0.0..=WHOLE).contains(&value) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
        let whole = value as u64;
        return json!(whole);
    }
    json!(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sums(values: &[Vec<u64>]) -> Vec<PartSum> {
        let width = values.first().map_or(0, Vec::len);
        let mut parts = vec![PartSum::default(); width];
        for request in values {
            for (part, ns) in parts.iter_mut().zip(request) {
                part.record(Nanos(*ns));
            }
        }
        parts
    }

    /// k6's own: linear interpolation over all values (`TrendSink.P` in `metrics/sink.go`).
    fn interpolated(sorted: &[f64], p: f64) -> f64 {
        let at = p * (sorted.len() - 1) as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
        let (low, high) = (at.floor() as usize, at.ceil() as usize);
        sorted[low] + (sorted[high] - sorted[low]) * at.fract()
    }

    #[test]
    fn what_parts_tell() {
        let one = |count, sum, max| PartSum { count, sum: Nanos(sum), max: Nanos(max) };
        for (parts, requests, told) in [
            (vec![one(0, 0, 0)], 10, r#"{"avg":0,"max":0,"med":0,"min":0,"p(90)":0,"p(95)":0}"#),
            (
                vec![one(1, 5_000_000, 5_000_000)],
                100,
                r#"{"avg":0.05,"max":5,"med":0,"min":0,"p(90)":0,"p(95)":0}"#,
            ),
            (vec![one(8, 80_000_000, 15_000_000)], 100, r#"{"avg":0.8,"max":15,"med":0,"min":0,"p(90)":0}"#),
            (vec![one(60, 60_000_000, 2_000_000)], 100, r#"{"avg":0.6,"max":2,"min":0}"#),
            (vec![one(100, 150_000_000, 2_000_000)], 100, r#"{"avg":1.5,"max":2}"#),
            (vec![one(2, 2_000_000, 1_000_000), one(2, 6_000_000, 4_000_000)], 4, r#"{"avg":2}"#),
        ] {
            assert_eq!(of_parts(&parts, requests).unwrap().to_string(), told);
        }
        assert_eq!(of_parts(&[one(0, 0, 0)], 0), None);
    }

    #[test]
    fn numbers_are_those_of_javascript() {
        for (value, text) in [(0.0, "0"), (12.0, "12"), (0.5, "0.5"), (1.25e-3, "0.00125")] {
            assert_eq!(number(value).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_told_is_true(
            requests in prop::collection::vec(
                prop::collection::vec(prop_oneof![3 => Just(0_u64), 1 => 1_u64..50_000_000], 3), 1..80),
        ) {
            let trend = of_parts(&sums(&requests), requests.len() as u64).unwrap();
            let mut values: Vec<f64> = requests.iter().map(|r| r.iter().sum::<u64>() as f64 / 1e6).collect();
            values.sort_by(f64::total_cmp);
            let truth = |name: &str| match name {
                "avg" => values.iter().sum::<f64>() / values.len() as f64,
                "min" => values[0],
                "max" => values[values.len() - 1],
                "med" => interpolated(&values, 0.5),
                "p(90)" => interpolated(&values, 0.9),
                _ => interpolated(&values, 0.95),
            };
            for (name, told) in trend.as_object().unwrap() {
                let told = told.as_f64().unwrap();
                prop_assert!((told - truth(name)).abs() < 1e-6, "{name}: {told} for {}", truth(name));
            }
        }
    }
}
