use super::*;
use brunt_metrics::{CellKey, EndpointId, ErrorKind, Histogram, Outcome, Phase, Status};
use proptest::prelude::*;

fn cell(outcome: Outcome, times_ns: &[u64]) -> CellSecond {
    let key = CellKey { endpoint: EndpointId(0), phase: Phase::Load, status: Status::code(200), outcome };
    let mut response = Histogram::default();
    for ns in times_ns {
        response.record(Nanos(*ns));
    }
    let bytes_in = 10 * times_ns.len() as u64;
    CellSecond { bytes_in, response: response.drain(), ..CellSecond::empty(key) }
}

const OK: Outcome = Outcome::Ok;
const FAILED: Outcome = Outcome::Error(ErrorKind::Status);

fn entry(seconds: &[(u64, Outcome, &[u64])], recent: Recent) -> Entry {
    let mut entry = Entry::default();
    for (second, outcome, ns) in seconds {
        entry.add(*second, &cell(*outcome, ns), recent);
    }
    entry
}

fn written(write: impl FnOnce(&mut String)) -> String {
    let mut row = String::new();
    write(&mut row);
    assert_eq!(row.pop(), Some(','));
    row
}

#[test]
fn percentile_cells_are_whole_milliseconds() {
    let ms = |ms: u64| ms * 1_000_000;
    let hundred: Vec<u64> = (1..=100).map(ms).collect();
    for (times, cells) in [
        (vec![], "N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A"),
        (vec![0], "0,0,0,0,0,0,0,0,0,0,0"),
        (vec![499_999], "0,0,0,0,0,0,0,0,0,0,0"),
        (vec![500_000], "1,1,1,1,1,1,1,1,1,1,1"),
        (vec![ms(147)], "147,147,147,147,147,147,147,147,147,147,147"),
        (vec![ms(3_432), ms(58_760)], "3432,58760,58760,58760,58760,58760,58760,58760,58760,58760,58760"),
        (hundred, "50,66,75,80,90,95,98,99,100,100,100"),
    ] {
        let seconds: &[(u64, Outcome, &[u64])] = if times.is_empty() { &[] } else { &[(0, OK, &times)] };
        assert_eq!(written(|row| entry(seconds, Recent::Counts).percentiles(row)), cells, "{times:?}");
    }
}

#[test]
fn the_window_has_ten_seconds() {
    let seconds: Vec<_> = (0..30).map(|s| (s, OK, vec![s * 1_000_000])).collect();
    let seconds: Vec<_> = seconds.iter().map(|(s, o, t)| (*s, *o, t.as_slice())).collect();
    let entry = entry(&seconds, Recent::Times);
    for (now, cells) in [
        (29, "24,26,27,27,28,29,29,29,29,29,29"),
        (35, "27,28,28,29,29,29,29,29,29,29,29"),
        (38, "29,29,29,29,29,29,29,29,29,29,29"),
        (39, "0,0,0,0,0,0,0,0,0,0,0"),
    ] {
        assert_eq!(written(|row| entry.percentiles_now(row, now)), cells, "{now}");
    }
    assert!(entry.recent.len() <= usize::try_from(KEPT_SECONDS).unwrap());
    assert_eq!(written(|row| Entry::default().percentiles_now(row, 3)), ["N/A"; 11].join(","));
}

#[test]
fn figures() {
    for (seconds, row) in [
        (vec![], "0,0,0,0.0,0,0,0"),
        (vec![(0, OK, &[12_000_000, 13_500_000][..])], "2,0,12,12.75,12.0,13.5,10.0"),
        (vec![(0, OK, &[1_000_000][..]), (4, FAILED, &[3_000_000])], "2,1,1,2.0,1.0,3.0,10.0"),
        // Rounded, the median would lie below the minimum, or above the maximum.
        (vec![(0, OK, &[200_000][..])], "1,0,0.2,0.2,0.2,0.2,10.0"),
        (vec![(0, OK, &[700_000][..])], "1,0,0.7,0.7,0.7,0.7,10.0"),
    ] {
        assert_eq!(written(|text| entry(&seconds, Recent::Counts).figures(text)), row, "{seconds:?}");
    }
}

proptest! {
    #[test]
    fn percentile_cells_agree_with_a_sorted_list(
        mut times in prop::collection::vec(0_u64..20_000_000_000, 1..400), split in 0_usize..400,
    ) {
        let (some, others) = times.split_at(split.min(times.len()));
        let entry = entry(&[(0, OK, some), (1, FAILED, others)], Recent::Counts);
        let cells = written(|row| entry.percentiles(row));
        times.sort_unstable();
        for (cell, percentile) in cells.split(',').zip(PERCENTILES) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 1..=400")]
            let rank = ((percentile * times.len() as f64).ceil() as usize).clamp(1, times.len());
            let (got, truth) = (cell.parse::<f64>().unwrap(), times[rank - 1] as f64 / 1e6);
            // Half a millisecond of rounding, and the histogram's three digits.
            prop_assert!((got - truth).abs() <= 0.501 + truth * 0.001, "{percentile}: {got} for {truth}");
        }
    }
}
