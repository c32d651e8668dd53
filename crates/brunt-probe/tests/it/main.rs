//! Sources against what is real: this process, a control group of this machine, a demo target's page.

use brunt_metrics::Nanos;
use brunt_probe::Probes;
use brunt_run::{ResourceSeries, RunEvent};
use brunt_workload::{MetricSource, MetricsOf, MetricsRequest, ProcessPick, SeriesPick, Text, TlsSettings};
use std::collections::BTreeMap;
use std::time::Duration;

mod sources;
