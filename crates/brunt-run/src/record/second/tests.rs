//! `decode(encode(x)) == x`, and decoding of anything else neither panics nor trusts.

use super::*;
use crate::record::samples;
use proptest::prelude::*;

fn encoded(second: &Second) -> Vec<u8> {
    let mut out = Vec::new();
    encode(second, &mut out);
    out
}

/// A histogram as recording makes it.
fn any_histogram() -> impl Strategy<Value = SparseHistogram> {
    prop::collection::vec(0_u64..4_000_000_000_000, 0..40).prop_map(|values| {
        let mut h = brunt_metrics::Histogram::default();
        for v in values {
            h.record(Nanos(v));
        }
        h.drain()
    })
}

fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..3, 0_u64..super::super::wire::MAX_COUNT]
}

fn any_part() -> impl Strategy<Value = PartSum> {
    let taken = (any_count(), any::<u64>(), any::<u64>());
    prop_oneof![
        Just(PartSum::default()),
        taken.prop_map(|(count, sum, max)| PartSum { count, sum: Nanos(sum), max: Nanos(max) }),
    ]
}

fn any_cell() -> impl Strategy<Value = CellSecond> {
    let key = (any::<u32>(), 0_u8..3, any::<u16>(), 0_u8..18);
    let counts = (any_count(), any_count(), any_count());
    let histograms = (any_histogram(), prop::option::of(any_histogram()));
    (key, counts, histograms, prop::array::uniform7(any_part())).prop_map(
        |(k, n, (response, service), parts)| CellSecond {
            key: CellKey {
                endpoint: EndpointId(k.0),
                phase: Phase::from_code(k.1).unwrap(),
                status: Status::from_raw(k.2),
                outcome: Outcome::from_code(k.3).unwrap(),
            },
            bytes_out: n.0,
            bytes_in: n.1,
            retries: n.2,
            parts,
            service: service.unwrap_or_else(|| response.clone()),
            response,
        },
    )
}

fn any_scenario() -> impl Strategy<Value = ScenarioSecond> {
    (any::<u16>(), prop::array::uniform8(any_count()), any::<u64>()).prop_map(|(id, n, time)| {
        ScenarioSecond {
            scenario: ScenarioId(id),
            due: n[0],
            started: n[1],
            dropped: n[2],
            completed: n[3],
            failed: n[4],
            cut: n[5],
            user_time: Nanos(time),
            users_added: n[6],
            users_retired: n[7],
        }
    })
}

fn any_worker() -> impl Strategy<Value = WorkerSecond> {
    (any::<u32>(), any::<u64>(), any::<u64>(), prop::array::uniform3(any_count())).prop_map(
        |(worker, cpu, stall, n)| WorkerSecond {
            worker,
            cpu: Nanos(cpu),
            stall_max: Nanos(stall),
            connections: n[0],
            connects: n[1],
            rows_lost: n[2],
        },
    )
}

fn any_tally() -> impl Strategy<Value = TallySecond> {
    (any::<u16>(), 0_u8..3, "[a-zé日]{0,16}", any_count()).prop_map(|(id, phase, value, count)| TallySecond {
        tally: TallyId(id),
        phase: Phase::from_code(phase).unwrap(),
        value,
        count,
    })
}

fn any_second() -> impl Strategy<Value = Second> {
    let check = (any::<u32>(), any_count(), any_count()).prop_map(|(id, passed, failed)| CheckSecond {
        check: CheckId(id),
        passed,
        failed,
    });
    (
        any::<u64>(),
        prop::array::uniform2(prop::collection::btree_map(any::<u32>(), any_cell(), 0..6)),
        prop::collection::vec(any_scenario(), 0..4),
        prop::collection::vec(check, 0..4),
        any_histogram(),
        (any_count(), any::<u64>()),
        prop::collection::vec(any_worker(), 0..4),
        prop::collection::vec(any_tally(), 0..4),
    )
        .prop_map(
            |(index, cells, scenarios, checks, lag, (requests_started, in_flight), workers, tallies)| {
                let [cells, asides] = cells.map(|c| c.into_values().collect());
                Second {
                    index,
                    cells,
                    asides,
                    scenarios,
                    checks,
                    lag,
                    requests_started,
                    in_flight_time: Nanos(in_flight),
                    workers,
                    tallies,
                }
            },
        )
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(second in any_second()) {
        let bytes = encoded(&second);
        prop_assert_eq!(decode(&mut Cursor::new(&bytes)), Ok(second));
    }

    #[test]
    fn what_is_appended_later_is_ignored(second in any_second(), more in prop::collection::vec(any::<u8>(), 0..20)) {
        let bytes = [encoded(&second), more].concat();
        prop_assert_eq!(decode(&mut Cursor::new(&bytes)), Ok(second));
    }

    /// But the one that leaves a body of version 1.0: that is read as such. (A frame's length and checksum notice it.)
    #[test]
    fn every_truncation_is_noticed(second in any_second()) {
        let bytes = encoded(&second);
        let mut as_1_0 = Vec::new();
        encode_as_1_0(&second, &mut as_1_0);
        for end in 0..bytes.len() {
            let read = decode(&mut Cursor::new(&bytes[..end]));
            if end == as_1_0.len() {
                let second = Second { asides: Vec::new(), tallies: Vec::new(), ..second.clone() };
                prop_assert_eq!(read, Ok(second));
            } else {
                prop_assert!(read.is_err(), "cut at {} of {}", end, bytes.len());
            }
        }
    }

    /// Whatever decodes can be merged and asked for quantiles without a panic.
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..400)) {
        if let Ok(mut second) = decode(&mut Cursor::new(&bytes)) {
            let copy = second.clone();
            second.merge(&copy);
            for cell in &second.cells {
                cell.response.quantile(0.99);
                cell.service.mean();
            }
        }
    }

    /// The same for bytes that are almost right.
    #[test]
    fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), to: u8) {
        let mut bytes = encoded(&samples::seconds(1)[0]);
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(mut second) = decode(&mut Cursor::new(&bytes)) {
            let copy = second.clone();
            second.merge(&copy);
            second.lag.quantile(0.5);
        }
    }
}

#[test]
fn an_outcome_of_a_later_version_is_read_as_io_and_its_cell_joins_that_of_io() {
    let mut second = samples::seconds(1).remove(0);
    let key = CellKey { outcome: Outcome::Error(ErrorKind::Io), ..second.cells[0].key };
    let mut cell = second.cells[0].clone();
    cell.key = key;
    second.cells = vec![cell.clone(), cell];
    let mut bytes = encoded(&second);
    // The first cell's ending: after the index, the number of cells and the endpoint, each one byte here.
    assert_eq!(bytes[3], 15 << 2);
    bytes.splice(3..4, [0x80 | (33 << 2), 1]);
    let read = decode(&mut Cursor::new(&bytes)).unwrap();
    assert_eq!(read.cells.len(), 1);
    assert_eq!(read.cells[0].key, key);
    assert_eq!(read.requests(), second.requests());
}

/// A change of these bytes is a change of the format.
#[test]
fn the_encoding_of_the_golden_seconds_stays() {
    let mut as_1_0 = Vec::new();
    for second in samples::seconds(5) {
        encode_as_1_0(&second, &mut as_1_0);
    }
    assert_eq!((as_1_0.len(), crc32fast::hash(&as_1_0)), (2_483, 3_822_935_586));
    let bytes: Vec<u8> = samples::seconds_of_1_1(5).iter().flat_map(encoded).collect();
    assert_eq!((bytes.len(), crc32fast::hash(&bytes)), (3_650, 3_452_978_009));
}
