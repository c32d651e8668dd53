//! What wrk and wrk2 print (`src/wrk.c` of <https://github.com/wg/wrk> and <https://github.com/giltene/wrk2>).

use crate::assemble::{FROM_SEND, Totals, figures};
use crate::fold::Heading;
use crate::notes::{At, Notes};
use crate::number::{Comma, MAX_COUNT, counted, number};
use crate::{Kind, Results, ResultsError, Tool};
use brunt_metrics::ErrorKind;
use brunt_run::LatencyFigures;

/// What the lines say.
#[derive(Debug, Default)]
struct Report {
    url: String,
    latency: LatencyFigures,
    requests: Option<u64>,
    seconds: Option<f64>,
    bytes: f64,
    bad: u64,
    socket: [u64; 4],
    corrected: bool,
    wrk2: bool,
    ended: bool,
}

/// The counts of `Socket errors: connect 0, read 1, write 0, timeout 2`.
const SOCKET: [(&str, ErrorKind); 4] = [
    ("connect", ErrorKind::Connect),
    ("read", ErrorKind::Reset),
    ("write", ErrorKind::Reset),
    ("timeout", ErrorKind::RequestTimeout),
];

/// Reads the text.
pub(crate) fn read_wrk(text: &str, name: &str, mut notes: Notes) -> Result<Results, ResultsError> {
    let mut report = Report::default();
    let mut block = Block::None;
    for (number, line) in (1..).zip(text.lines()) {
        block = read_line(line.trim(), block, &mut report, At::line(number), &mut notes);
    }
    let (Some(requests), Some(seconds)) = (report.requests, report.seconds) else {
        return Err(ResultsError::Lacking {
            place: notes.place(At::line(text.lines().count() as u64)),
            kind: Kind::WrkText,
            missing: "the line `... requests in ...s, ... read`".to_owned(),
            help: "is the text whole? wrk prints it when it ends".to_owned(),
        });
    };
    let tool = if report.wrk2 { Tool::Wrk2 } else { Tool::Wrk };
    let mut heading = Heading::new(tool, name);
    heading.targets = vec![report.url.clone()];
    heading.open = report.wrk2;
    let mut totals = Totals::new(Kind::WrkText, &heading);
    // A request that timed out or broke gets no answer and is in no count of wrk's requests. One that timed out may
    // still be answered, so that it counts twice: wrk cannot tell.
    let broken: u64 = report.socket.iter().sum();
    let rate = (seconds > 0.0).then(|| (requests + broken) as f64 / seconds);
    totals.summary.total =
        figures(requests + broken, report.bad.min(requests) + broken, rate, report.latency);
    totals.lasted(seconds);
    let total = &mut totals.summary.total;
    total.bytes_in = counted(report.bytes);
    if report.bad > 0 {
        total.errors_by_kind.insert(ErrorKind::Status.name().to_owned(), report.bad);
    }
    for ((_, kind), count) in SOCKET.iter().zip(report.socket).filter(|(_, count)| *count > 0) {
        *total.errors_by_kind.entry(kind.name().to_owned()).or_default() += count;
    }
    if !report.ended {
        let at = At::line(text.lines().count() as u64);
        notes.cut(at, "the text was cut off: it lacks the line `Requests/sec:`, which is printed last, behind the errors");
    }
    say_gaps(&report, tool, &mut notes);
    Ok(totals.into_results(&heading, notes))
}

fn say_gaps(report: &Report, tool: Tool, notes: &mut Notes) {
    notes.gap(format!("{tool}'s text has totals only: no endpoints, no course in time, no statuses apart"));
    if report.latency.p50_ms.is_none() {
        notes.gap(format!("without `--latency` {tool} prints no percentiles"));
    }
    if report.corrected {
        notes.gap("wrk2's times count from when a request was due: its percentiles are corrected for coordinated omission");
    } else {
        notes.gap(format!("{tool}: {FROM_SEND}"));
    }
    if report.socket[3] > 0 {
        notes.gap(format!("{tool} counts a request that timed out and is answered later twice"));
    }
}

/// In which block of the text a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    None,
    Distribution,
    /// wrk2's second distribution: times without correction. It is passed over.
    Uncorrected,
    Spectrum,
}

fn read_line(line: &str, block: Block, report: &mut Report, at: At, notes: &mut Notes) -> Block {
    if let Some(rest) = line.strip_prefix("Running ") {
        report.url = rest.split_once(" @ ").map(|(_, url)| crate::words::shown(url)).unwrap_or_default();
    } else if line.starts_with("Thread calibration:") {
        report.wrk2 = true;
    } else if let Some(rest) = line.strip_prefix("Latency Distribution") {
        report.wrk2 |= !rest.trim().is_empty();
        report.corrected |= rest.contains("Recorded Latency");
        return if rest.contains("Uncorrected") { Block::Uncorrected } else { Block::Distribution };
    } else if line.starts_with("Detailed Percentile spectrum") {
        return Block::Spectrum;
    } else if line.starts_with("Latency ") && block == Block::None {
        let mut words = line.split_whitespace().skip(1);
        report.latency.mean_ms = words.next().and_then(time_ms);
        report.latency.std_dev_ms = words.next().and_then(time_ms);
        report.latency.max_ms = words.next().and_then(time_ms);
    } else if let Some((quantile, time)) = line.split_once('%').filter(|_| block == Block::Distribution) {
        if let (Ok(quantile), Some(ms)) = (quantile.trim().parse::<f64>(), time_ms(time.trim())) {
            set_percentile(&mut report.latency, quantile, ms);
        }
    } else if let Some((count, rest)) = line.split_once(" requests in ") {
        read_total(count, rest, report, at, notes);
        return Block::None;
    } else if let Some(rest) = line.strip_prefix("Socket errors:") {
        for (slot, (name, _)) in report.socket.iter_mut().zip(SOCKET) {
            let count = rest.split(',').find_map(|part| part.trim().strip_prefix(name));
            *slot = count.and_then(|c| c.trim().parse::<u64>().ok()).unwrap_or(0).min(MAX_COUNT);
        }
    } else if line.starts_with("Requests/sec:") {
        report.ended = true;
    } else if let Some(rest) = line.strip_prefix("Non-2xx or 3xx responses:") {
        report.bad = rest.trim().parse::<u64>().unwrap_or(0).min(MAX_COUNT);
    }
    block
}

/// `605 requests in 2.00s, 654.04KB read`.
fn read_total(count: &str, rest: &str, report: &mut Report, at: At, notes: &mut Notes) {
    report.requests = count.trim().parse().ok().map(|n: u64| n.min(MAX_COUNT));
    let (time, read) = rest.split_once(',').unwrap_or((rest, ""));
    report.seconds = time_ms(time.trim()).map(|ms| ms / 1e3);
    report.bytes = read.split_whitespace().next().and_then(bytes).unwrap_or(0.0);
    if report.requests.is_none() || report.seconds.is_none() {
        let shown = crate::words::shown(rest);
        notes.problem("no total", at, || format!("`{shown}` is no time"));
    }
}

fn set_percentile(latency: &mut LatencyFigures, quantile: f64, ms: f64) {
    let known: [(f64, &mut Option<f64>); 7] = [
        (50.0, &mut latency.p50_ms),
        (75.0, &mut latency.p75_ms),
        (90.0, &mut latency.p90_ms),
        (95.0, &mut latency.p95_ms),
        (99.0, &mut latency.p99_ms),
        (99.9, &mut latency.p99_9_ms),
        (100.0, &mut latency.max_ms),
    ];
    for (wanted, slot) in known {
        if (wanted - quantile).abs() < 1e-9 {
            *slot = Some(ms);
        }
    }
}

/// `73.44us`, `6.67ms`, `1.20s`, `2.00m`, `1.00h`, in milliseconds.
fn time_ms(text: &str) -> Option<f64> {
    // The longer units first: `ms` also ends with `s`.
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6)];
    let (digits, factor) =
        units.iter().find_map(|(unit, factor)| text.strip_suffix(unit).map(|d| (d, factor)))?;
    number(digits, Comma::IsPoint).map(|n| n.value * factor).filter(|v| *v >= 0.0)
}

/// `654.04KB`: powers of 1,024.
fn bytes(text: &str) -> Option<f64> {
    let units = [("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("B", 0)];
    let (digits, power) =
        units.iter().find_map(|(unit, power)| text.strip_suffix(unit).map(|d| (d, *power)))?;
    number(digits, Comma::IsPoint).map(|n| n.value * 2_f64.powi(power)).filter(|v| *v >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (text, ms) in [
            ("73.44us", Some(0.07344)),
            ("6.67ms", Some(6.67)),
            ("1.20s", Some(1_200.0)),
            ("2.00m", Some(120_000.0)),
            ("nan", None),
            ("-nanus", None),
        ] {
            assert_eq!(
                time_ms(text).map(|v| (v * 1e6).round()),
                ms.map(|v: f64| (v * 1e6).round()),
                "{text}"
            );
        }
        for (text, value) in [
            ("654.04KB", Some(669_737.0)),
            ("12B", Some(12.0)),
            ("1.00GB", Some(1_073_741_824.0)),
            ("?", None),
        ] {
            assert_eq!(bytes(text).map(f64::round), value, "{text}");
        }
    }
}
