//! The names of runs: sortable by time, readable, and unlikely to meet.

use jiff::Timestamp;

/// The longest part of an id that comes from the workload's name.
const MAX_NAME: usize = 40;

/// An id for a run of the workload `name` that begins at `unix_ms`: `20261120-190102-checkout-7f3a`.
///
/// The time is UTC. Of the name, ASCII letters (made small) and digits stay, runs of anything else become one
/// `-`. `random` keeps runs apart that begin in the same second: four hexadecimal digits of it. The result is
/// a valid folder name on every system.
pub fn new_run_id(name: &str, unix_ms: u64, random: u32) -> String {
    let at = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let at = at.unwrap_or(Timestamp::MAX).strftime("%Y%m%d-%H%M%S");
    let name = safe_name(name);
    let tail = (random >> 16) ^ (random & 0xffff);
    format!("{at}-{name}-{tail:04x}")
}

fn safe_name(name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            safe.push(c.to_ascii_lowercase());
        } else if !safe.is_empty() && !safe.ends_with('-') {
            safe.push('-');
        }
        if safe.len() >= MAX_NAME {
            break;
        }
    }
    let safe = safe.trim_end_matches('-');
    if safe.is_empty() { "run".to_owned() } else { safe.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        let long = "a very long name ".repeat(9);
        for (name, ms, random, id) in [
            ("checkout", 1_795_201_262_000, 0x7f3a, "20261120-190102-checkout-7f3a"),
            ("Check out / v2!", 1_795_201_262_999, 0xffff_0001, "20261120-190102-check-out-v2-fffe"),
            ("../../etc", 0, 0, "19700101-000000-etc-0000"),
            ("größe", 0, 1, "19700101-000000-gr-e-0001"),
            ("///", 0, 1, "19700101-000000-run-0001"),
            ("x", u64::MAX, 1, "99991230-220000-x-0001"),
            (&long, 0, 1, "19700101-000000-a-very-long-name-a-very-long-name-a-very-0001"),
        ] {
            assert_eq!(new_run_id(name, ms, random), id);
        }
    }
}
