//! What a Prometheus server answers to an instant query. Pure.
//!
//! <https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries>

use crate::reading::{MAX_FIGURES, Reading, kind_of, labelled, unit_of};
use brunt_run::ResourceUnit;
use brunt_workload::MetricsQuery;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    error: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Element>),
    Scalar((f64, String)),
    Matrix(serde::de::IgnoredAny),
    String(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Element {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

/// The figures of an answer: one, or one for each element, told apart by its labels. None where the query found nothing.
pub(crate) fn readings(query: &MetricsQuery, json: &str) -> Result<Vec<Reading>, String> {
    let answer: Answer =
        serde_json::from_str(json).map_err(|_| "this is no answer of a Prometheus server".to_owned())?;
    if answer.status != "success" {
        return Err(format!("`{}`: {}", query.name, answer.error));
    }
    let elements = match answer.data {
        Some(Data::Vector(elements)) => elements,
        Some(Data::Scalar(value)) => vec![Element { metric: BTreeMap::new(), value }],
        Some(Data::Matrix(_) | Data::String(_)) | None => {
            return Err(format!("`{}`: the query gives no instant vector", query.name));
        }
    };
    let one = elements.len() == 1;
    let reading = |element: Element| {
        let labels: Vec<(String, String)> =
            element.metric.into_iter().filter(|(label, _)| !one && label != "__name__").collect();
        let unit = query.unit.as_deref().map_or_else(|| unit_of(&query.name), unit_named);
        let value = element.value.1.parse().unwrap_or(f64::NAN);
        Reading::new(&labelled(&query.name, &labels), unit, kind_of(&query.name, unit), value)
            .up_to(query.limit)
    };
    Ok(elements.into_iter().take(MAX_FIGURES).map(reading).collect())
}

/// The unit of a word of a plan.
fn unit_named(word: &str) -> ResourceUnit {
    match word {
        "cores" => ResourceUnit::Cores,
        "bytes" => ResourceUnit::Bytes,
        "bytes/s" => ResourceUnit::BytesPerSecond,
        "share" => ResourceUnit::Share,
        "seconds" => ResourceUnit::Seconds,
        "/s" => ResourceUnit::PerSecond,
        "count" => ResourceUnit::Count,
        _ => ResourceUnit::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn query(name: &str) -> MetricsQuery {
        MetricsQuery { name: name.to_owned(), query: "up".to_owned(), unit: None, limit: None }
    }

    fn check(json: &str, expected: Result<&[(&str, Option<f64>)], &str>) {
        let got = readings(&query("q"), json);
        let got = got.map(|all| all.into_iter().map(|r| (r.name, r.value)).collect::<Vec<_>>());
        let expected = expected
            .map(|all| all.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect())
            .map_err(str::to_owned);
        assert_eq!(got, expected, "{json}");
    }

    /// The first four as Prometheus 2.42 answered.
    #[test]
    fn answers_are_read() {
        let vector = |result: &str| {
            format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#)
        };
        check(
            &vector(r#"{"metric":{"__name__":"up","job":"a"},"value":[1.5,"1"]}"#),
            Ok(&[("q", Some(1.0))]),
        );
        check(&vector(""), Ok(&[]));
        check(
            r#"{"status":"success","data":{"resultType":"scalar","result":[1.5,"NaN"]}}"#,
            Ok(&[("q", None)]),
        );
        check(
            r#"{"status":"error","errorType":"bad_data","error":"1:3: parse error: unexpected end of input"}"#,
            Err("`q`: 1:3: parse error: unexpected end of input"),
        );
        check(
            &vector(
                r#"{"metric":{"__name__":"u","i":"a"},"value":[1,"1"]},{"metric":{"i":"b"},"value":[1,"2"]}"#,
            ),
            Ok(&[("q{i=\"a\"}", Some(1.0)), ("q{i=\"b\"}", Some(2.0))]),
        );
        check("<html>", Err("this is no answer of a Prometheus server"));
        check(
            r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
            Err("`q`: the query gives no instant vector"),
        );
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in "\\PC*") {
            let _ = readings(&query("q"), &text);
        }
    }
}
