use super::*;

#[test]
fn samples_of_this_machine_make_sense() {
    let mut sampler = HostSampler::new(true);
    // Some work, so that the process's clock moves between the samples.
    let work: u64 = (0..200_000_u64).fold(0, |a, b| a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let second = sampler.sample(7);
    assert_ne!(work, 1);
    assert_eq!((second.index, second.target_is_local), (7, true));
    assert!(second.process_cpu > Some(Nanos::ZERO), "{second:?}");
    for share in second.cores_busy.iter().chain(&second.steal).chain(&second.cpu_pressure) {
        assert!((0.0..=1.0).contains(share), "{second:?}");
    }
    if cfg!(target_os = "linux") {
        assert!(!second.cores_busy.is_empty(), "{second:?}");
        assert!(second.resident_bytes > Some(100_000), "{second:?}");
    }
}

#[test]
fn open_files_are_counted() {
    let Some(before) = open_files(0) else { return };
    let files: Vec<File> = (0..100).filter_map(|_| File::open("/proc/self/fd").ok()).collect();
    let now = open_files(0).expect("counted before");
    // Other tests of this process open and close theirs.
    assert!(now.abs_diff(before + files.len() as u64) < 50, "{before} before, {now} now");
}

#[test]
fn sources_are_read_whole_and_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("source");
    let mut text = Vec::new();
    std::fs::write(&path, "one").expect("written");
    let source = Source::open(&path);
    assert_eq!(source.read(&mut text), Some("one"));
    let long = "x".repeat(3 * FIRST_TEXT + 1);
    std::fs::write(&path, &long).expect("written");
    assert_eq!(source.read(&mut text), Some(long.as_str()));
    std::fs::write(&path, "two").expect("written");
    assert_eq!(source.read(&mut text), Some("two"));
    std::fs::write(&path, "y".repeat(MAX_TEXT + 1)).expect("written");
    assert_eq!(source.read(&mut text), None, "too long");
    std::fs::write(&path, [0xff, 0xfe]).expect("written");
    assert_eq!(source.read(&mut text), None, "not text");
    assert_eq!(Source::open(folder.path()).read(&mut text), None, "a folder");
    assert_eq!(Source::open(folder.path().join("none")).read(&mut text), None);
}

/// Not a test but a measurement: `cargo test --release -p brunt sample_cost -- --ignored --nocapture`.
#[test]
#[ignore = "prints what a sample costs"]
fn sample_cost() {
    let mut sampler = HostSampler::new(false);
    let mut costs: Vec<u64> = (0..2_000)
        .map(|index| {
            let begin = clock(ClockId::Monotonic);
            sampler.sample(index);
            (clock(ClockId::Monotonic) - begin).0 / 1_000
        })
        .collect();
    costs.sort_unstable();
    println!("sample: p50 {} us, p99 {} us, max {} us", costs[1_000], costs[1_980], costs[1_999]);
    println!("{:#?}\n{:#?}", sampler.sample(0), environment());
}
