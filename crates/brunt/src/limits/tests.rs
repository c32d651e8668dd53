use super::*;
use brunt_metrics::Nanos;
use brunt_workload::{Arrivals, ClassShares, Rate, Scenario, StartAt, Stop};
use proptest::prelude::*;

const GIB: u64 = 1024 * 1024 * 1024;

/// A plain machine: 20,000 files, Linux's own port range, memory for all.
const MACHINE: Limits = Limits {
    open_files: Some(20_000),
    files_in_use: 16,
    ephemeral_ports: Some(28_232),
    available_memory: Some(16 * GIB),
};

fn demand(fixed_users: u64, elastic_users: u64) -> Demand {
    Demand { fixed_users, elastic_users, connections_per_user: 1, shared: false }
}

fn check_fit(name: &str, demand: Demand, limits: Limits, expected: Option<u64>) {
    let fit = fit(&demand, &limits, name.contains("TLS")).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(fit.elastic_cap, expected, "{name}");
    assert_eq!(fit.notes.len(), usize::from(expected.is_some()), "{name}");
}

const ROOMY: Limits = Limits { open_files: Some(1 << 20), ..MACHINE };
const SMALL: Limits = Limits { available_memory: Some(GIB), ..ROOMY };

#[test]
fn what_fits_stays() {
    let unix = Limits { ephemeral_ports: None, ..ROOMY };
    let two_origins = |users| Demand { connections_per_user: 2, ..demand(users, 0) };
    let shared = |users| Demand { shared: true, ..demand(users, 0) };
    let rows = [
        ("nothing at all", demand(0, 0), MACHINE),
        ("the last file", demand(19_920, 0), MACHINE),
        ("the last file of two origins", two_origins(9_960), MACHINE),
        ("elastic users in the rest", demand(1_000, 18_920), MACHINE),
        ("two origins have ports each", two_origins(28_232), ROOMY),
        ("no ports to a Unix socket", demand(0, 50_000), unix),
        ("shared connections", shared(100_000), MACHINE),
        ("TLS of shared connections", shared(150_000), SMALL),
        ("nothing is known, TLS", demand(u64::from(u32::MAX), 1 << 40), Limits::default()),
    ];
    for (name, demand, limits) in rows {
        check_fit(name, demand, limits, None);
    }
}

#[test]
fn elastic_users_are_capped_to_what_fits() {
    let portless = Limits { ephemeral_ports: None, ..SMALL };
    let rows = [
        ("files", demand(0, 50_000), MACHINE, 19_920),
        ("one file left", demand(19_919, 10_000), MACHINE, 1),
        ("ports", demand(1_000, 50_000), ROOMY, 27_232),
        ("memory", demand(0, 500_000), portless, 167_772),
        ("memory of TLS", demand(0, 100_000), portless, 69_905),
    ];
    for (name, demand, limits, expected) in rows {
        check_fit(name, demand, limits, Some(expected));
    }
}

#[test]
fn notes_say_what_was_lowered() {
    let roomy = Limits { open_files: None, ..MACHINE };
    let small = Limits { available_memory: Some(1024 * 1024), ..MACHINE };
    let texts = [MACHINE, roomy, small]
        .map(|limits| fit(&demand(0, 50_000), &limits, false).expect("elastic users fit").notes.join("\n"));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn refusals_say_what_to_change() {
    let roomy = Limits { open_files: None, ..MACHINE };
    let portless = Limits { ephemeral_ports: None, ..MACHINE };
    let full = Limits { open_files: Some(70), ..MACHINE };
    let small = Limits { available_memory: Some(GIB), ..MACHINE };
    let tight = Limits { open_files: None, ephemeral_ports: None, ..small };
    let of_three = Demand { connections_per_user: 3, ..demand(10_000, 0) };
    let shared = Demand { shared: true, ..demand(1_000_000, 0) };
    let rows = [
        ("files", demand(30_000, 0), portless, false),
        ("files of three origins", of_three, MACHINE, false),
        ("more files than Linux grants", demand(2_000_000, 0), portless, false),
        ("no file left, and no user fixed", demand(0, 500), full, false),
        ("ports, by one elastic user", demand(28_232, 1), roomy, false),
        ("more than all ports", demand(100_000, 0), roomy, false),
        ("memory of TLS", demand(70_000, 0), tight, true),
        ("memory, connections shared", shared, small, true),
        ("files and ports", demand(40_000, 0), MACHINE, false),
        ("all of it", demand(1_000_000, 0), small, true),
    ];
    let refusals = rows.map(|(name, demand, limits, tls)| {
        let misfit = fit(&demand, &limits, tls).expect_err(name);
        format!("# {name}\n{misfit}\n")
    });
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn limits_are_raised_to_what_the_system_grants() {
    let rows = [
        ("to the hard limit", Some(1_024), Some(4_096), None, Some(Some(4_096))),
        ("there already", Some(4_096), Some(4_096), None, None),
        ("no limit", None, None, None, None),
        ("no hard limit", Some(1_024), None, None, Some(None)),
        ("macOS grants less", Some(256), None, Some(10_240), Some(Some(10_240))),
        ("macOS, hard below", Some(256), Some(1_024), Some(10_240), Some(Some(1_024))),
        ("macOS, soft above", Some(20_000), None, Some(10_240), None),
    ];
    for (name, current, maximum, highest, expected) in rows {
        let expected = expected.map(|current| Rlimit { current, maximum });
        assert_eq!(raised(Rlimit { current, maximum }, highest), expected, "{name}");
    }
}

#[test]
fn this_machine_has_limits() {
    let files = raise_open_files();
    assert!(files.now.is_none_or(|now| files.before.is_some_and(|before| before <= now)), "{files:?}");
    assert_eq!(files.now, files.hard.filter(|_| files.now.is_some()), "{files:?}");
    let limits = read_limits();
    assert_eq!(limits.open_files, files.now);
    if cfg!(target_os = "linux") {
        assert!(limits.files_in_use > 2 && limits.ephemeral_ports.is_some(), "{limits:?}");
        assert!(limits.available_memory > Some(0), "{limits:?}");
    }
}

fn scenario(supply: Supply) -> Scenario {
    Scenario {
        name: "s".to_owned(),
        start: StartAt::Offset(Nanos::ZERO),
        arrivals: Arrivals::Constant(Rate::per_second(1)),
        supply,
        stop: Stop::after(Nanos::SECOND),
        warm_up: Nanos::ZERO,
        cool_down: Nanos::ZERO,
        classes: Vec::new(),
        class_shares: ClassShares::weighted([]),
    }
}

fn workload(supplies: Vec<Supply>) -> Workload {
    Workload {
        name: "w".to_owned(),
        seed: 1,
        scenarios: supplies.into_iter().map(scenario).collect(),
        ..Workload::default()
    }
}

fn elastic(initial: u32, cap: u32) -> Supply {
    Supply::Elastic { initial, cap }
}

#[test]
fn caps_are_lowered_in_proportion() {
    let rows = [
        ("one", vec![elastic(10, 100)], 40, vec![elastic(10, 40)]),
        ("initial above the cap", vec![elastic(60, 100)], 40, vec![elastic(40, 40)]),
        ("what fits stays", vec![elastic(1, 60), elastic(1, 40)], 100, vec![elastic(1, 60), elastic(1, 40)]),
        ("two", vec![elastic(1, 301), elastic(1, 101)], 202, vec![elastic(1, 151), elastic(1, 51)]),
        (
            "the others stay",
            vec![Supply::Fixed(500), elastic(1, 100)],
            50,
            vec![Supply::Fixed(500), elastic(1, 50)],
        ),
        ("one each at least", vec![elastic(1, 1_000), elastic(1, 2)], 2, vec![elastic(1, 1), elastic(1, 1)]),
        ("even past the cap", vec![elastic(0, 9), elastic(2, 9)], 0, vec![elastic(0, 1), elastic(1, 1)]),
        ("none", vec![Supply::Fixed(500)], 0, vec![Supply::Fixed(500)]),
    ];
    for (name, supplies, cap, expected) in rows {
        let mut lowered = workload(supplies);
        lower_caps(&mut lowered, cap);
        assert_eq!(lowered, workload(expected), "{name}");
    }
}

proptest! {
    #[test]
    fn lowered_caps_sum_up(caps in prop::collection::vec(1..=u32::MAX, 1..20), cap in 0..=1_u64 << 38) {
        let mut lowered = workload(caps.iter().map(|c| elastic(1, *c)).collect());
        lower_caps(&mut lowered, cap);
        let after: Vec<u64> = lowered.scenarios.iter().filter_map(|s| elastic_cap(&s.supply)).collect();
        let before: u64 = caps.iter().map(|c| u64::from(*c)).sum();
        prop_assert_eq!(after.iter().sum::<u64>(), before.min(cap.max(caps.len() as u64)));
        prop_assert!(after.iter().zip(&caps).all(|(a, b)| (1..=u64::from(*b)).contains(a)));
    }
}

#[test]
fn numbers_are_grouped() {
    for (n, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(grouped(n), expected);
    }
    assert_eq!((mebibytes(1), mebibytes(GIB)), ("1 MiB".to_owned(), "1,024 MiB".to_owned()));
}
