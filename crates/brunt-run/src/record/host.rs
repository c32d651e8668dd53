//! What the machine looked like in a second, as bytes, and back. Layout: `docs/run-record.md`.

use super::wire::{Cursor, Malformed, put, put_f64};
use crate::HostSecond;
use brunt_metrics::Nanos;

/// Appends `host`: the second, a mask of the figures that are there, the figures, the cores.
pub(super) fn encode(host: &HostSecond, out: &mut Vec<u8>) {
    put(out, host.index);
    let counts = counts(host);
    let fractions = [host.steal, host.cpu_pressure];
    let present = counts.iter().map(Option::is_some).chain(fractions.iter().map(Option::is_some));
    let mask = present
        .chain([host.target_is_local])
        .enumerate()
        .fold(0, |mask, (bit, set)| mask | u64::from(set) << bit);
    put(out, mask);
    counts.into_iter().flatten().for_each(|count| put(out, count));
    fractions.into_iter().flatten().for_each(|fraction| put_f64(out, fraction));
    put(out, host.cores_busy.len() as u64);
    host.cores_busy.iter().for_each(|&share| put_f64(out, share));
}

/// The whole numbers, in the order of their bits in the mask.
fn counts(host: &HostSecond) -> [Option<u64>; 9] {
    [
        host.process_cpu.map(|n| n.0),
        host.throttled.map(|n| n.0),
        host.resident_bytes,
        host.open_files,
        host.open_files_limit,
        host.tcp_in_use,
        host.tcp_time_wait,
        host.ephemeral_ports,
        host.tcp_retransmits,
    ]
}

/// Reads a host's second. What follows it is ignored, and so are bits of the mask that this version doesn't
/// know: a later minor version may append figures.
pub(super) fn decode(cursor: &mut Cursor<'_>) -> Result<HostSecond, Malformed> {
    let index = cursor.varint()?;
    let mask = cursor.varint()?;
    let mut bits = (0..).map(|bit| mask >> bit & 1 == 1);
    let mut next = || bits.next().unwrap_or(false);
    let mut counts = [None; 9];
    for count in &mut counts {
        *count = if next() { Some(cursor.varint()?) } else { None };
    }
    let steal = if next() { Some(cursor.f64()?) } else { None };
    let cpu_pressure = if next() { Some(cursor.f64()?) } else { None };
    let target_is_local = next();
    let cores = cursor.length()?;
    let mut cores_busy = Vec::new();
    for _ in 0..cores {
        cores_busy.push(cursor.f64()?);
    }
    let [process_cpu, throttled, resident_bytes, open_files, open_files_limit, sockets @ ..] = counts;
    let [tcp_in_use, tcp_time_wait, ephemeral_ports, tcp_retransmits] = sockets;
    Ok(HostSecond {
        index,
        process_cpu: process_cpu.map(Nanos),
        cores_busy,
        steal,
        cpu_pressure,
        throttled: throttled.map(Nanos),
        resident_bytes,
        open_files,
        open_files_limit,
        tcp_in_use,
        tcp_time_wait,
        ephemeral_ports,
        tcp_retransmits,
        target_is_local,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option::of;
    use proptest::prelude::*;

    fn any_host() -> impl Strategy<Value = HostSecond> {
        let shares = (prop::collection::vec(0.0..=1.0, 0..5), of(0.0..=1.0), of(0.0..=1.0));
        (any::<u64>(), prop::array::uniform9(of(any::<u64>())), shares, any::<bool>()).prop_map(
            |(index, n, (cores_busy, steal, cpu_pressure), target_is_local)| HostSecond {
                index,
                process_cpu: n[0].map(Nanos),
                cores_busy,
                steal,
                cpu_pressure,
                throttled: n[1].map(Nanos),
                resident_bytes: n[2],
                open_files: n[3],
                open_files_limit: n[4],
                tcp_in_use: n[5],
                tcp_time_wait: n[6],
                ephemeral_ports: n[7],
                tcp_retransmits: n[8],
                target_is_local,
            },
        )
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding_and_truncations_are_noticed(host in any_host()) {
            let mut bytes = Vec::new();
            encode(&host, &mut bytes);
            prop_assert_eq!(decode(&mut Cursor::new(&bytes)), Ok(host));
            for end in 0..bytes.len() {
                prop_assert!(decode(&mut Cursor::new(&bytes[..end])).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&mut Cursor::new(&bytes));
        }
    }
}
