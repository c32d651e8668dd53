//! k6's `--out json`: a line a sample, and one that describes each metric.

use super::csv::finish;
use super::points::{Point, Points, Tags};
use crate::fold::Heading;
use crate::lines::{Lines, bad_line};
use crate::notes::{At, Notes};
use crate::number::{Comma, instant};
use crate::source::Source;
use crate::{Kind, Results, ResultsError, Tool};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, rename = "type")]
    what: Cow<'a, str>,
    #[serde(borrow, default)]
    metric: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Data<'a>,
}

#[derive(Default, Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    time: Cow<'a, str>,
    #[serde(default)]
    value: Option<f64>,
    #[serde(borrow, default)]
    tags: Option<LineTags<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LineTags<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    scenario: Cow<'a, str>,
    #[serde(borrow)]
    group: Cow<'a, str>,
    #[serde(borrow)]
    check: Cow<'a, str>,
    #[serde(borrow)]
    error: Cow<'a, str>,
    #[serde(borrow)]
    error_code: Cow<'a, str>,
    #[serde(borrow)]
    expected_response: Cow<'a, str>,
}

/// Reads k6's JSON lines.
pub(crate) fn read_json(source: Source<'_>, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let mut lines = Lines::new(source.into_reader());
    let mut points = Points::default();
    while let Some((number, text)) = lines.next(&mut notes) {
        match serde_json::from_slice::<Line<'_>>(text) {
            Ok(line) if line.what == "Point" => add(line, number, &mut points, &mut notes),
            Ok(_) => {}
            Err(error) => bad_line(&error, number, &mut notes),
        }
    }
    finish(points, Kind::K6Json, Heading::new(Tool::K6, name), notes)
}

fn add(line: Line<'_>, number: u64, points: &mut Points, notes: &mut Notes) {
    let at = At::line(number);
    let (Some(when), Some(value)) = (instant(&line.data.time, Comma::IsPoint), line.data.value) else {
        notes.problem("samples without time or value", at, || {
            "a sample without a time or a value is left out".to_owned()
        });
        return;
    };
    let tags = line.data.tags.unwrap_or_default();
    let tags = Tags {
        name: tags.name,
        url: tags.url,
        method: tags.method,
        status: tags.status,
        scenario: tags.scenario,
        group: tags.group,
        check: tags.check,
        error: tags.error,
        error_code: tags.error_code,
        expected_response: tags.expected_response,
    };
    points.add(&Point { metric: &line.metric, when, value, tags, at }, notes);
}
