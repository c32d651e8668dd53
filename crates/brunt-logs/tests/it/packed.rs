//! Logs that are packed, whole and cut off.

use brunt_logs::{Log, LogError, Packing, open};
use proptest::prelude::*;
use std::io::{Read, Write};

fn log_text(lines: usize) -> Vec<u8> {
    (0..lines)
        .flat_map(|i| {
            let agent = i.wrapping_mul(2_654_435_761) % 1_000_003;
            format!("10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] \"GET /{i} HTTP/1.1\" 200 1 \"-\" \"agent {agent}\"\n").into_bytes()
        })
        .collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn xz(text: &[u8]) -> Vec<u8> {
    let mut packer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn packed_logs_are_unpacked() {
    let text = log_text(20_000);
    for (packing, packed) in [
        (Packing::Plain, text.clone()),
        (Packing::Gzip, gzip(&text)),
        (Packing::Xz, xz(&text)),
        (Packing::Zstd, zstd(&text)),
    ] {
        let twice = [&packed[..], &packed[..]].concat();
        let mut opened = open(&twice[..]).unwrap();
        assert_eq!(opened.packing(), packing);
        let mut unpacked = Vec::new();
        opened.read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == [&text[..], &text[..]].concat(), "{packing}: {} bytes", unpacked.len());
    }
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd(b"x\n")].concat();
    let mut unpacked = String::new();
    open(&skippable[..]).unwrap().read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, "x\n");
    assert_eq!(open(&b""[..]).unwrap().read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn what_takes_too_much_memory_says_so() {
    // A frame of zstd with a window of 1 GB (RFC 8878, 3.1.1.1.2).
    let (_, error) = read(&[0x28, 0xb5, 0x2f, 0xfd, 0, 0xa0, 1, 0, 0]);
    let wanted =
        "line 1: to unpack the zstd data takes more than 512 MB of memory: unpack it into a plain file";
    assert_eq!(error.unwrap().to_string(), wanted);
}

/// How many entries are read, and the error that ends them.
fn read(packed: &[u8]) -> (u64, Option<LogError>) {
    let mut log = Log::new(open(packed).unwrap());
    let mut entries = 0;
    loop {
        match log.entry() {
            Ok(Some(_)) => entries += 1,
            Ok(None) => return (entries, None),
            Err(error) => {
                assert_eq!(log.lines(), entries + log.skipped().lines + log.asides());
                return (entries, Some(error));
            }
        }
    }
}

#[test]
fn what_stands_before_a_cut_is_read() {
    let text = log_text(50_000);
    for (packing, packed) in [("gzip", gzip(&text)), ("xz", xz(&text)), ("zstd", zstd(&text))] {
        let (entries, error) = read(&packed[..packed.len() * 2 / 3]);
        assert!((5_000..45_000).contains(&entries), "{packing}: {entries}");
        assert!(matches!(error, Some(LogError::CutOff { line, .. }) if line == entries + 1), "{error:?}");
        let wanted = format!(
            "line {}: the {packing} data is cut off: the {entries} lines before are read; \
             copy the file again, or unpack what there is into a plain file and go on with it",
            entries + 1
        );
        assert_eq!(error.unwrap().to_string(), wanted);

        // Within the first bytes, and one byte before the end.
        for length in [packed.len() - 1, 9, 5] {
            let (entries, error) = read(&packed[..length]);
            assert!(error.is_some() || (packing == "xz" && length == 5), "{packing}: {length}");
            // A block of zstd is given as a whole or not at all: up to 128 kB.
            let least = if packing == "zstd" { 48_000 } else { 50_000 };
            let wanted = if length > 9 { least..=50_000 } else { 0..=0 };
            assert!(wanted.contains(&entries), "{packing}: {length}: {entries}");
        }

        let mut damaged = packed.clone();
        let middle = damaged.len() / 2;
        damaged[middle..middle + 64].fill(0xaa);
        let (entries, error) = read(&damaged);
        assert!(
            entries < 50_000 && matches!(error, Some(LogError::Damaged { .. } | LogError::CutOff { .. })),
            "{packing}: {error:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// What is damaged anywhere, or nothing but the first bytes of something packed, ends, and does not panic.
    #[test]
    fn damaged(
        packing in 0_usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        noise in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let text = log_text(200);
        let mut packed = [gzip, xz, zstd][packing](&text);
        for (at, byte) in changes {
            let at = at.index(packed.len());
            packed[at] = byte;
        }
        let begin = packed[..6].to_vec();
        packed.truncate(cut.index(packed.len() * 2));
        read(&packed);
        read(&[begin, noise].concat());
    }
}
