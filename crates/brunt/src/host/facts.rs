//! What the machine is, for whoever repeats a run: facts that do not change while it goes on.
//!
//! Nothing in it says whose machine it is: no host or user name, no address, no path, no environment variable.

use super::parse;
use std::collections::BTreeMap;
use std::path::Path;

/// A fact longer than this is cut: the record's header is read by people.
const MAX_FACT: usize = 120;

/// Cores that this process may use, affinity and control group quotas counted; at least 1.
pub(crate) fn cores() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// Versions and host facts: name to value. A fact that the system does not tell is left out.
pub(crate) fn environment() -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).ok();
    let uname = rustix::system::uname();
    let release = read("/etc/os-release");
    let cpu = read("/proc/cpuinfo");
    let memory = read("/proc/meminfo").and_then(|t| parse::memory(&t, "MemTotal"));
    let facts = [
        ("brunt", Some(env!("CARGO_PKG_VERSION").to_owned())),
        ("build", Some(if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned())),
        ("os", release.and_then(|t| parse::assigned(&t, "PRETTY_NAME").map(str::to_owned))),
        (
            "kernel",
            Some(format!("{} {}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy())),
        ),
        ("arch", Some(std::env::consts::ARCH.to_owned())),
        ("cpu", cpu.and_then(|t| parse::labelled_line(&t, "model name").map(str::to_owned))),
        ("cores", Some(cores().to_string())),
        ("cores_online", read("/proc/stat").map(|t| parse::core_ticks(&t).len().to_string())),
        ("memory_mib", memory.map(|bytes| (bytes / (1024 * 1024)).to_string())),
        ("cpu_governor", read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
        ("clock_source", read("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        ("local_port_range", read("/proc/sys/net/ipv4/ip_local_port_range")),
    ];
    facts
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), clean(&value?))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// One line of readable text, at most [`MAX_FACT`] characters.
fn clean(value: &str) -> String {
    let words: Vec<&str> =
        value.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(MAX_FACT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_one_clean_line() {
        let rows = [
            ("performance\n", "performance".to_owned()),
            ("32768\t60999\n", "32768 60999".to_owned()),
            ("Fast(R)  CPU \u{1b}[31m@ 3 GHz", "Fast(R) CPU [31m@ 3 GHz".to_owned()),
            ("\n\n", String::new()),
            (&"ü".repeat(500), "ü".repeat(MAX_FACT)),
        ];
        for (value, expected) in rows {
            assert_eq!(clean(value), expected, "{value:?}");
        }
    }

    #[test]
    fn an_environment_says_what_it_must_and_not_who() {
        let facts = environment();
        for name in ["brunt", "build", "kernel", "arch", "cores"] {
            assert!(facts.contains_key(name), "{name} in {facts:?}");
        }
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        assert!(!facts.values().any(|value| value.split(' ').any(|w| w.starts_with('/'))), "{facts:?}");
        // A host named like something that is a fact (`vm`, `linux`) proves nothing.
        if host.len() > 8 {
            assert!(!facts.values().any(|value| value.contains(&host)), "{facts:?}");
        }
    }
}
