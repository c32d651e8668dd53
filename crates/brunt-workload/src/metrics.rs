//! What is watched beside the load: figures of the target and its surroundings. As data; somebody else samples.

use crate::Text;
use brunt_metrics::Nanos;

/// Something whose figures are sampled beside the load.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSource {
    /// What it is called in tables and records.
    pub name: String,
    /// What is asked.
    pub asks: MetricsOf,
    /// The time between two samples: whole seconds.
    pub every: Nanos,
    /// How long an answer may take; shorter than `every`.
    pub timeout: Nanos,
}

/// Where figures come from.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricsOf {
    /// Processes of this host, with those that they started.
    Process(ProcessPick),
    /// A control group of this host, by its path: `/system.slice/nginx.service`.
    Cgroup(String),
    /// A container of this host, by the beginning of its id or name as it stands in its control group's path.
    Container(String),
    /// A page in Prometheus' text format.
    Page {
        /// The page.
        page: MetricsRequest,
        /// Which of its series; all if empty.
        select: Vec<SeriesPick>,
    },
    /// A Prometheus server.
    Prometheus {
        /// The server's base URL.
        server: MetricsRequest,
        /// What is asked of it.
        queries: Vec<MetricsQuery>,
    },
    /// A Redis server's `INFO`.
    Redis {
        /// Host and port.
        address: String,
        /// Who asks.
        user: Option<Text>,
        /// Its password; a secret.
        password: Option<Text>,
    },
}

/// Which processes are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessPick {
    /// The one with this id.
    Id(u32),
    /// All of this name.
    Name(String),
    /// All in whose command line this stands.
    Command(String),
}

/// Where a page is and what is sent with the request for it.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsRequest {
    /// The whole URL. Texts hold literals and secrets only.
    pub url: Text,
    /// Header fields.
    pub headers: Vec<(String, Text)>,
}

/// Which series of a page: those of a name that have these labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesPick {
    /// The name; `*` stands for any characters.
    pub name: String,
    /// Labels that must have, or must not have, a value; `*` in it stands for any characters.
    pub labels: Vec<LabelPick>,
}

/// What a label must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelPick {
    /// The label.
    pub label: String,
    /// The value; `*` in it stands for any characters.
    pub value: String,
    /// Whether it must or must not be so.
    pub must: Must,
}

/// Whether something must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Must {
    /// It must.
    Be,
    /// It must not.
    NotBe,
}

/// A query to a Prometheus server.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsQuery {
    /// What its answer is called.
    pub name: String,
    /// The query, in `PromQL`.
    pub query: String,
    /// The unit of its values, as plans write it; guessed from the name where there is none.
    pub unit: Option<String>,
    /// What its values can at most be.
    pub limit: Option<f64>,
}

/// The most sources of a run: each has a thread of its own.
pub const MAX_METRIC_SOURCES: usize = 32;
