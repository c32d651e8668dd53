//! Figures of the target beside the load, in words and rows.

use crate::Style;
use crate::text::{bytes, count, duration, percent, rate};
use brunt_metrics::Nanos;
use brunt_run::{ResourceKind, ResourceUnit, ResourceView};

/// The most figures that the summary shows: a page of metrics may have 64.
const MOST: usize = 16;

/// The figures that are shown, in the order in which they came, and how many are not. Where there are many, those whose meaning
/// is known are kept first, then those that changed.
pub(crate) fn shown(all: &[ResourceView]) -> (Vec<&ResourceView>, usize) {
    let rank = |view: &ResourceView| (view.series.kind == ResourceKind::Other, view.min == view.max);
    let mut ranked: Vec<((bool, bool), usize)> = all.iter().map(rank).zip(0..).collect();
    ranked.sort_unstable();
    ranked.truncate(MOST);
    let mut places: Vec<usize> = ranked.into_iter().map(|(_, at)| at).collect();
    places.sort_unstable();
    let left_out = all.len() - places.len();
    (places.into_iter().filter_map(|at| all.get(at)).collect(), left_out)
}

/// The heads of its columns.
pub(crate) const HEADS: [&str; 5] = ["min", "mean", "max", "last", "limit"];

/// A row's cells.
pub(crate) fn cells(view: &ResourceView, style: Style) -> Vec<String> {
    let last = view.last.map(|(_, value)| value);
    [view.min, view.mean, view.max, last, view.series.limit]
        .map(|value| value.map_or_else(|| style.none().to_owned(), |v| figure(view.series.unit, v, style)))
        .to_vec()
}

/// A value with its unit: `0.52 cores`, `12.4 MB`, `3.2 ms`.
fn figure(unit: ResourceUnit, value: f64, style: Style) -> String {
    match unit {
        ResourceUnit::Cores if (value - 1.0).abs() < 1e-9 => "1 core".to_owned(),
        ResourceUnit::Cores => format!("{} cores", plain(value)),
        ResourceUnit::Bytes => bytes(whole(value)),
        ResourceUnit::BytesPerSecond => format!("{}/s", bytes(whole(value))),
        ResourceUnit::Share if value >= 0.0 => percent(Some(value), style),
        ResourceUnit::Seconds if value >= 0.0 => duration(Some(Nanos(whole(value * 1e9))), style),
        ResourceUnit::PerSecond if value >= 0.0 => format!("{}/s", rate(Some(value), style)),
        ResourceUnit::Share
        | ResourceUnit::Seconds
        | ResourceUnit::PerSecond
        | ResourceUnit::Count
        | ResourceUnit::None => plain(value),
    }
}

/// Three digits that count; whole numbers as they are.
fn plain(value: f64) -> String {
    let size = value.abs();
    if value >= 0.0 && (size >= 100.0 || (size - size.round()).abs() < 1e-9) {
        return count(whole(value));
    }
    let places = if size >= 10.0 { 1 } else { 2 };
    let tiny = (1e-12..0.01).contains(&size);
    if tiny { format!("{value:.1e}") } else { format!("{value:.places$}") }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturates")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_run::{ResourceId, ResourceSeries};

    #[test]
    fn values_have_their_units() {
        use ResourceUnit as U;
        for (unit, value, expected) in [
            (U::Cores, 0.524, "0.52 cores"),
            (U::Cores, 2.0, "2 cores"),
            (U::Cores, 1.0, "1 core"),
            (U::Bytes, 12_400_000.0, "12.4 MB"),
            (U::BytesPerSecond, 1_500.0, "1.5 kB/s"),
            (U::Share, 0.034, "3.4 %"),
            (U::Share, -0.5, "-0.50"),
            (U::Seconds, 0.0032, "3.20 ms"),
            (U::PerSecond, 3.24, "3.2/s"),
            (U::Count, 7.0, "7"),
            (U::Count, 123_456.7, "123 457"),
            (U::None, 0.0, "0"),
            (U::None, 0.000_12, "1.2e-4"),
            (U::None, -41.3, "-41.3"),
        ] {
            assert_eq!(figure(unit, value, Style::default()), expected, "{unit:?} {value}");
        }
    }

    #[test]
    fn what_is_known_comes_first_where_there_are_many() {
        let view = |at: u16| ResourceView {
            series: ResourceSeries {
                id: ResourceId(at),
                source: "page".into(),
                name: format!("f{at}"),
                unit: ResourceUnit::None,
                kind: if at % 10 == 9 { ResourceKind::Queue } else { ResourceKind::Other },
                limit: None,
                every: 1,
            },
            samples: 0,
            min: Some(1.0),
            mean: Some(1.0),
            max: Some(if at == 28 { 2.0 } else { 1.0 }),
            last: None,
        };
        // Four are of a known kind, and one of the others changed.
        let all: Vec<ResourceView> = (0..40).map(view).collect();
        let (few, left_out) = shown(&all);
        let ids: Vec<u16> = few.iter().map(|v| v.series.id.0).collect();
        assert_eq!(ids, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19, 28, 29, 39]);
        assert_eq!(left_out, 24);
    }
}
