//! Figures of the target beside the load, from CSV: a column `seconds` (since the run's start), and one a figure. A unit stands
//! in brackets behind a figure's name: `cpu (%)`.

use brunt_analysis::Resource;
use brunt_metrics::Nanos;

/// The most figures: a page of them.
const MOST: usize = 200;

/// Reads them; `file` is what the text is called in errors.
pub(super) fn parse(text: &str, file: &str) -> Result<Vec<Resource>, String> {
    let example =
        "\n  = help: begin with a line such as `seconds,cpu (%),queue`, then a line a sample: `0,41.5,3`";
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, heads) = lines.next().ok_or_else(|| format!("{file}: it is empty{example}"))?;
    let heads: Vec<&str> = heads.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    if heads.first() != Some(&"seconds") || heads.len() < 2 {
        return Err(format!("{file}:1:1: the first column is not `seconds`, or it is the only one{example}"));
    }
    if heads.len() > MOST + 1 {
        return Err(format!("{file}:1:1: {} figures; {MOST} are the most", heads.len() - 1));
    }
    let mut resources: Vec<Resource> = heads[1..].iter().map(|head| named(head)).collect();
    for (at, line) in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let place = |column: usize| {
            let before: usize = line.split(',').take(column).map(|cell| cell.chars().count() + 1).sum();
            format!("{file}:{}:{}", at + 1, before + 1)
        };
        if cells.len() != heads.len() {
            return Err(format!("{}: {} values for {} columns", place(0), cells.len(), heads.len()));
        }
        let number = |column: usize| {
            let text = cells[column];
            let value = text.parse::<f64>().ok().filter(|v| v.is_finite());
            value.ok_or_else(|| format!("{}: `{text}` is not a number", place(column)))
        };
        let second = number(0)?;
        if second < 0.0 {
            return Err(format!("{}: a sample before the run's start", place(0)));
        }
        for (column, resource) in resources.iter_mut().enumerate() {
            // A gap in one figure is no gap in the others.
            if !cells[column + 1].is_empty() {
                resource.values.push((nanos(second), number(column + 1)?));
            }
        }
    }
    for resource in &mut resources {
        resource.values.sort_by_key(|(at, _)| *at);
    }
    Ok(resources)
}

fn named(head: &str) -> Resource {
    let (name, unit) = match head.strip_suffix(')').and_then(|head| head.rsplit_once('(')) {
        Some((name, unit)) => (name.trim(), unit.trim()),
        None => (head, ""),
    };
    Resource { name: name.into(), unit: unit.into(), ..Resource::default() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturates")]
fn nanos(seconds: f64) -> Nanos {
    Nanos((seconds * 1e9) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_names_units_and_gaps() {
        let got = parse("seconds,cpu (%),queue\n0,10.5,3\n\n1.5,,4\n", "r.csv").expect("figures");
        assert_eq!((got[0].name.as_str(), got[0].unit.as_str()), ("cpu", "%"));
        assert_eq!(got[0].values, [(Nanos::ZERO, 10.5)]);
        assert_eq!(got[1].values, [(Nanos::ZERO, 3.0), (Nanos::from_millis(1_500), 4.0)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            ("", "r.csv: it is empty"),
            ("time,cpu\n", "r.csv:1:1: the first column"),
            ("seconds\n", "r.csv:1:1: the first column"),
            ("seconds,cpu\n1,2,3\n", "r.csv:2:1: 3 values for 2 columns"),
            ("seconds,cpu\n1,fast\n", "r.csv:2:3: `fast` is not a number"),
            ("seconds,cpu\n1,NaN\n", "r.csv:2:3: `NaN` is not a number"),
            ("seconds,cpu\n-1,2\n", "r.csv:2:1: a sample before"),
        ] {
            let error = parse(text, "r.csv").expect_err(text);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
