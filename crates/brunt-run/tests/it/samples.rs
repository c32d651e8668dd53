//! Seconds made from synthetic samples through a `Shard`: the same on every machine and in every version.

use brunt_metrics::{
    CheckId, EndpointId, ErrorKind, Nanos, Outcome, Part, Parts, Phase, Sample, ScenarioId, Second, Shard,
    Status, TallyId,
};

/// A small run's worth: 3 endpoints, 40 requests a second, some failed, the first second a warm-up.
pub(crate) fn seconds(count: u64) -> Vec<Second> {
    recorded(&Load { endpoints: 3, requests_per_second: 40, seconds: count })
}

/// The same with what version 1.1 added: a group (endpoint 3), requests that were broken on purpose (endpoint 4), and
/// two tallies.
pub(crate) fn seconds_of_1_1(count: u64) -> Vec<Second> {
    let mut shard = Shard::new(0, 1, 5, 1).with_tallies(2);
    let mut seconds = seconds(count);
    for (s, second) in (0..).zip(&mut seconds) {
        for i in s * 40..(s + 1) * 40 {
            let sample = sample(i, Nanos(i * 25_000_000), 3);
            let cache = if scramble(i) % 10 < 7 { "HIT" } else { "MISS" };
            shard.tally(TallyId(0), sample.phase, cache.as_bytes());
            shard.tally(TallyId(1), sample.phase, format!("app{}", 1 + i % 3).as_bytes());
            if i.is_multiple_of(4) {
                shard.record_aside(&Sample {
                    endpoint: EndpointId(3),
                    ended: sample.ended + sample.service(),
                    ..sample
                });
            }
            if i.is_multiple_of(10) {
                let (endpoint, status) = (EndpointId(4), Status::code(400));
                let outcome = Outcome::Error(ErrorKind::Status);
                shard.record_aside(&Sample { endpoint, status, outcome, ..sample });
            }
        }
        let sealed = shard.seal(Nanos::from_secs(s + 1));
        (second.asides, second.tallies) = (sealed.asides, sealed.tallies);
    }
    seconds
}

/// How much to make up.
pub(crate) struct Load {
    pub(crate) endpoints: u32,
    pub(crate) requests_per_second: u64,
    pub(crate) seconds: u64,
}

/// The sealed seconds of an open load with some lag.
pub(crate) fn recorded(load: &Load) -> Vec<Second> {
    let mut shard = Shard::new(0, 1, load.endpoints as usize, 1);
    shard.user_added(ScenarioId(0), Nanos::ZERO);
    let step = 1_000_000_000 / load.requests_per_second;
    (0..load.seconds)
        .map(|s| {
            let first = s * load.requests_per_second;
            for i in first..first + load.requests_per_second {
                record(&mut shard, &sample(i, Nanos(i * step), load.endpoints));
            }
            shard.worker().cpu = Nanos::from_millis(3 + s);
            shard.worker().connects = u64::from(s == 0);
            shard.worker().connections = 1;
            shard.seal(Nanos::from_secs(s + 1))
        })
        .collect()
}

fn record(shard: &mut Shard, sample: &Sample) {
    let scenario = shard.scenario(ScenarioId(0));
    scenario.due += 1;
    scenario.started += 1;
    scenario.completed += u64::from(sample.outcome.is_ok());
    scenario.failed += u64::from(!sample.outcome.is_ok());
    shard.request_started(sample.started);
    shard.record_lag(sample.lag());
    shard.record_check(CheckId(0), sample.status == Status::code(200));
    shard.record(sample);
}

/// Request `i`: latencies around 0.7 ms with a tail, as the product of four numbers spreads them.
fn sample(i: u64, due: Nanos, endpoints: u32) -> Sample {
    let dice = scramble(i);
    let factor = |byte: u32| 50 + ((dice >> (8 * byte)) & 0xff) * 100 / 255;
    let took = Nanos(8 * factor(0) * factor(1) * factor(2) / 1_000 * factor(3));
    let lag = Nanos(5_000 + (dice >> 40) % 60_000);
    let (outcome, status) = match dice % 50 {
        0 => (Outcome::Error(ErrorKind::Status), Status::code(503)),
        1 => (Outcome::Error(ErrorKind::RequestTimeout), Status::NONE),
        2..6 => (Outcome::Ok, Status::code(304)),
        _ => (Outcome::Ok, Status::code(200)),
    };
    let mut parts = Parts::default();
    parts.set(Part::Connect, if i == 0 { Nanos(150_000) } else { Nanos::ZERO });
    parts.set(Part::Sending, Nanos(12_000));
    parts.set(Part::Waiting, Nanos(took.0 / 10 * 9));
    parts.set(Part::Receiving, Nanos(took.0 / 20));
    let endpoint = (dice >> 32) % u64::from(endpoints);
    Sample {
        endpoint: EndpointId(u32::try_from(endpoint).unwrap_or_default()),
        phase: if due < Nanos::SECOND { Phase::WarmUp } else { Phase::Load },
        scheduled: due,
        started: due + lag,
        ended: due + lag + took,
        parts,
        outcome,
        status,
        bytes_out: 120,
        bytes_in: 300 + dice % 2_000,
        retries: u8::from(dice.is_multiple_of(97)),
    }
}

/// `SplitMix64`'s finaliser (Steele, Lea, Flood 2014): a fixed function, so that no generator's version matters.
fn scramble(i: u64) -> u64 {
    let mut z = i.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
