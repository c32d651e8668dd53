//! What a source says at one instant, and what a figure's name says of it. Pure.

use brunt_run::{ResourceKind as Kind, ResourceUnit as Unit};

/// The longest name of a figure: names with labels of pages are longer than anyone reads.
const MAX_NAME: usize = 160;

/// The most figures of one source. A page of metrics may have 100,000; a person chooses those that matter.
pub(crate) const MAX_FIGURES: usize = 64;

/// A figure with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) kind: Kind,
    /// What it can at most be, if that is known.
    pub(crate) limit: Option<f64>,
    /// `None`: the figure is there, and has no value now.
    pub(crate) value: Option<f64>,
}

impl Reading {
    pub(crate) fn new(name: &str, unit: Unit, kind: Kind, value: f64) -> Self {
        let value = Some(value).filter(|v| v.is_finite());
        Self { name: clean(name), unit, kind, limit: None, value }
    }

    pub(crate) fn up_to(mut self, limit: Option<f64>) -> Self {
        self.limit = limit.filter(|l| l.is_finite() && *l > 0.0);
        self
    }
}

/// All that a source said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Readings {
    pub(crate) all: Vec<Reading>,
    /// What people should know once, in words.
    pub(crate) notes: Vec<String>,
}

/// A name from outside: one line, and not longer than it can be read.
fn clean(name: &str) -> String {
    let clean = name.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(MAX_NAME).collect()
}

/// A series' name with its labels, as its page writes it.
pub(crate) fn labelled(name: &str, labels: &[(String, String)]) -> String {
    if labels.is_empty() {
        return name.to_owned();
    }
    let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
    format!("{name}{{{}}}", labels.join(","))
}

/// The unit that a name ends with, as Prometheus' naming conventions have it
/// (<https://prometheus.io/docs/practices/naming/#base-units>).
pub(crate) fn unit_of(name: &str) -> Unit {
    let name = name.strip_suffix("_total").unwrap_or(name);
    let ends = |end: &str| name == end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('_'));
    if ends("bytes") {
        Unit::Bytes
    } else if ends("seconds") {
        Unit::Seconds
    } else if ends("ratio") {
        Unit::Share
    } else if ends("cores") {
        Unit::Cores
    } else {
        Unit::None
    }
}

/// The unit of a counter's rate. Processor time over time is processors; any other time over time a share.
pub(crate) fn unit_of_rate(name: &str) -> Unit {
    match unit_of(name) {
        Unit::Seconds if name.contains("cpu") => Unit::Cores,
        Unit::Seconds => Unit::Share,
        Unit::Bytes => Unit::BytesPerSecond,
        Unit::Cores | Unit::BytesPerSecond | Unit::Share | Unit::PerSecond | Unit::Count | Unit::None => {
            Unit::PerSecond
        }
    }
}

/// What a figure tells of, by its name and unit.
pub(crate) fn kind_of(name: &str, unit: Unit) -> Kind {
    let name = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let bound = has(&["capacity", "limit", "max", "total"]);
    match unit {
        Unit::Cores | Unit::Share if has(&["throttl"]) => Kind::Throttled,
        Unit::Cores | Unit::Share if has(&["cpu", "processor"]) => Kind::Cpu,
        Unit::Bytes if has(&["memory", "rss", "heap", "resident"]) && !bound => Kind::Memory,
        Unit::Count | Unit::None if has(&["queue", "backlog", "pending", "waiting"]) && !bound => Kind::Queue,
        Unit::Seconds if has(&["latency", "duration"]) => Kind::Latency,
        Unit::Cores
        | Unit::Bytes
        | Unit::BytesPerSecond
        | Unit::Share
        | Unit::Seconds
        | Unit::PerSecond
        | Unit::Count
        | Unit::None => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_are() {
        for (name, unit, rate, kind) in [
            ("process_resident_memory_bytes", Unit::Bytes, Unit::BytesPerSecond, Kind::Memory),
            ("gpu_memory_used_bytes", Unit::Bytes, Unit::BytesPerSecond, Kind::Memory),
            ("gpu_memory_total_bytes", Unit::Bytes, Unit::BytesPerSecond, Kind::Other),
            ("inference_queue_size", Unit::None, Unit::PerSecond, Kind::Queue),
            ("inference_queue_capacity", Unit::None, Unit::PerSecond, Kind::Other),
            ("process_cpu_seconds_total", Unit::Seconds, Unit::Cores, Kind::Other),
            ("gpu_busy_seconds_total", Unit::Seconds, Unit::Share, Kind::Other),
            ("inference_latency_seconds", Unit::Seconds, Unit::Share, Kind::Latency),
            ("node_network_receive_bytes_total", Unit::Bytes, Unit::BytesPerSecond, Kind::Other),
            ("cpu_usage_ratio", Unit::Share, Unit::PerSecond, Kind::Cpu),
            ("megabytes", Unit::None, Unit::PerSecond, Kind::Other),
        ] {
            assert_eq!((unit_of(name), unit_of_rate(name)), (unit, rate), "{name}");
            assert_eq!(kind_of(name, unit), kind, "{name}");
        }
        assert_eq!(kind_of("process_cpu_seconds_total", Unit::Cores), Kind::Cpu);
    }

    #[test]
    fn names_from_outside_are_one_short_line() {
        let reading = Reading::new(&"a\u{1b}[31m\n".repeat(100), Unit::None, Kind::Other, f64::NAN);
        assert_eq!(reading.name.chars().count(), MAX_NAME);
        assert!(!reading.name.chars().any(char::is_control));
        assert_eq!(reading.value, None);
    }
}
