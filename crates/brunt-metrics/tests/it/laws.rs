//! The laws of merging: a second is a second whoever recorded its parts, in whichever order they are added.

use brunt_metrics::{
    EndpointId, ErrorKind, MAX_TALLY_VALUES, Nanos, Outcome, Parts, Phase, Sample, ScenarioId, Second, Shard,
    Status, TallyId,
};
use proptest::prelude::*;

fn any_sample() -> impl Strategy<Value = Sample> {
    (0_u32..4, 0_u64..1_000_000, 0_u64..50_000_000, prop::bool::ANY).prop_map(|(endpoint, due, took, ok)| {
        Sample {
            endpoint: EndpointId(endpoint),
            phase: if due % 7 == 0 { Phase::WarmUp } else { Phase::Load },
            scheduled: Nanos(due),
            started: Nanos(due + took / 10),
            ended: Nanos(due + took),
            parts: Parts::default(),
            outcome: if ok { Outcome::Ok } else { Outcome::Error(ErrorKind::Reset) },
            status: if ok { Status::code(200) } else { Status::NONE },
            bytes_out: took % 100,
            bytes_in: took % 1_000,
            retries: 0,
        }
    })
}

fn recorded(worker: u32, samples: &[Sample]) -> Second {
    let mut shard = Shard::new(worker, 1, 4, 0).with_tallies(2);
    shard.scenario(ScenarioId(0)).started += samples.len() as u64;
    for sample in samples {
        shard.request_started(sample.started);
        shard.record(sample);
        shard.record_lag(sample.lag());
        let upstream = format!("app{}", sample.bytes_in % 7);
        shard.tally(TallyId(0), sample.phase, if sample.bytes_out < 80 { b"HIT" } else { b"MISS" });
        shard.tally(TallyId(1), sample.phase, upstream.as_bytes());
        if sample.retries == 0 && sample.bytes_out.is_multiple_of(3) {
            shard.record_aside(sample);
        }
    }
    let mut second = shard.seal(Nanos::SECOND);
    // Requests overlap differently in one shard and in several; their integral is checked on its own.
    second.in_flight_time = Nanos::ZERO;
    second.workers.clear();
    second
}

proptest! {
    #[test]
    fn two_shards_merged_are_one_shard(
        a in prop::collection::vec(any_sample(), 0..80), b in prop::collection::vec(any_sample(), 0..80),
    ) {
        let one = recorded(0, &[a.clone(), b.clone()].concat());
        let (mut left, mut right) = (recorded(0, &a), recorded(1, &b));
        let (first, second) = (left.clone(), right.clone());
        left.merge(&second);
        right.merge(&first);
        prop_assert_eq!(&left, &one);
        prop_assert_eq!(&right, &one);
    }

    #[test]
    fn merging_is_associative(
        a in prop::collection::vec(any_sample(), 0..40),
        b in prop::collection::vec(any_sample(), 0..40),
        c in prop::collection::vec(any_sample(), 0..40),
    ) {
        let (a, b, c) = (recorded(0, &a), recorded(1, &b), recorded(2, &c));
        let mut left = a.clone();
        left.merge(&b);
        left.merge(&c);
        let mut tail = b.clone();
        tail.merge(&c);
        let mut right = a.clone();
        right.merge(&tail);
        prop_assert_eq!(left, right);
    }

    /// Past the bound of a worker, which values are told apart depends on who saw them; what is counted does not,
    /// and the sums of workers still add up in any order.
    #[test]
    fn tallies_past_their_bound_lose_nothing(seen in prop::collection::vec(prop::collection::vec(0_u32..100, 0..80), 3)) {
        let sealed = |worker: u32, values: &[u32]| {
            let mut shard = Shard::new(worker, 0, 0, 0).with_tallies(1);
            for v in values {
                shard.tally(TallyId(0), Phase::Load, format!("v{v}").as_bytes());
            }
            shard.seal(Nanos::SECOND)
        };
        let [a, b, c] = [0, 1, 2].map(|w: u32| sealed(w, &seen[w as usize]));
        let mut left = a.clone();
        left.merge(&b);
        left.merge(&c);
        let mut right = c.clone();
        right.merge(&b);
        right.merge(&a);
        prop_assert_eq!(&left, &right);
        let counted: u64 = left.tallies.iter().map(|t| t.count).sum();
        prop_assert_eq!(counted, seen.iter().map(|s| s.len() as u64).sum::<u64>());
        prop_assert!(left.tallies.len() <= 3 * (MAX_TALLY_VALUES + 1));
        prop_assert!(left.tallies.windows(2).all(|w| w[0].key() < w[1].key()));
    }
}
