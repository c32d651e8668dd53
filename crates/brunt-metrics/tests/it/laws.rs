//! The laws of merging: a second is a second whoever recorded its parts, in whichever order they are added.

use brunt_metrics::{
    EndpointId, ErrorKind, Nanos, Outcome, Parts, Phase, Sample, ScenarioId, Second, Shard, Status,
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
    let mut shard = Shard::new(worker, 1, 4, 0);
    shard.scenario(ScenarioId(0)).started += samples.len() as u64;
    for sample in samples {
        shard.request_started(sample.started);
        shard.record(sample);
        shard.record_lag(sample.lag());
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
}
