//! Which figures there are.

use serde::{Serialize, Serializer};
use std::fmt;

/// One of the figures, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Response times over time: p50, p95, p99.
    Latency,
    /// The rate that was asked for, and the one that was reached.
    Rate,
    /// Users over time.
    Users,
    /// Response times over time, a panel for each endpoint.
    Facets,
    /// Requests a second of each endpoint, as bars.
    Throughput,
    /// The share of failed requests over time, a line for each endpoint.
    Errors,
    /// A shade for each endpoint and method.
    Matrix,
    /// The spread of response times of each endpoint.
    Box,
    /// Requests a second and failed share of each endpoint, as bars.
    EndpointBars,
    /// Response time, throughput and error rate of several runs, as grouped bars.
    Compare,
    /// A panel for each endpoint, a line for each of several runs.
    CompareFacets,
    /// Requests of several runs over time: real traffic beside what was made of it.
    Traffic,
    /// How many requests took how long, over time.
    Heat,
    /// Response time by share of requests, up to the slowest.
    Spectrum,
    /// Response time by load, and where it turns.
    LoadLatency,
    /// How the generator fared.
    Generator,
    /// What was sampled of the target and its surroundings, below the load.
    Resources,
    /// How a value went from run to run.
    Trend,
    /// One of a log.
    Log(LogKind),
}

/// Figures that are not of runs but of a log, or of one beside what was made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogKind {
    /// Requests over time.
    Course,
    /// Requests by hour of the day and day of the week.
    Hours,
    /// Shares of endpoints.
    Endpoints,
    /// Burstiness by scale of time.
    Bursts,
    /// Requests of sessions and the pauses within them.
    Sessions,
}

/// What a figure needs of its runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Totals do.
    Totals,
    /// Seconds.
    Seconds,
    /// Seconds of this tool's own runs: what was sampled beside the load.
    OwnSeconds,
    /// No run, but a log.
    Log,
}

impl Kind {
    /// All that are made of runs, in the order of this program's lists.
    pub const ALL: [Self; 18] = [
        Self::Latency,
        Self::Rate,
        Self::Users,
        Self::Facets,
        Self::Throughput,
        Self::Errors,
        Self::Matrix,
        Self::Box,
        Self::EndpointBars,
        Self::Heat,
        Self::Spectrum,
        Self::LoadLatency,
        Self::Resources,
        Self::Generator,
        Self::Compare,
        Self::CompareFacets,
        Self::Traffic,
        Self::Trend,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Rate => "rate",
            Self::Users => "users",
            Self::Facets => "facets",
            Self::Throughput => "throughput",
            Self::Errors => "errors",
            Self::Matrix => "matrix",
            Self::Box => "box",
            Self::EndpointBars => "endpoint-bars",
            Self::Compare => "compare",
            Self::CompareFacets => "compare-facets",
            Self::Traffic => "traffic",
            Self::Heat => "heat",
            Self::Spectrum => "spectrum",
            Self::LoadLatency => "load-latency",
            Self::Generator => "generator",
            Self::Resources => "resources",
            Self::Trend => "trend",
            Self::Log(of) => of.name(),
        }
    }

    /// The kind of a name, of those that are made of runs.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it shows, in a few words.
    pub const fn shows(self) -> &'static str {
        match self {
            Self::Latency => "response times over time: p50, p95, p99",
            Self::Rate => "the rate asked for and the rate reached, over time",
            Self::Users => "users over time",
            Self::Facets => "response times over time, a panel for each endpoint",
            Self::Throughput => "requests a second of each endpoint",
            Self::Errors => "the share of failed requests over time, by endpoint",
            Self::Matrix => "a value for each endpoint and method",
            Self::Box => "the spread of response times of each endpoint",
            Self::EndpointBars => "throughput and error rate of each endpoint",
            Self::Compare => "response time, throughput and error rate, runs side by side",
            Self::CompareFacets => {
                "response times over time, runs over each other, a panel for each endpoint"
            }
            Self::Traffic => "requests of several runs over time and by endpoint: real beside synthetic",
            Self::Heat => "how many requests took how long, over time",
            Self::Spectrum => "response time by share of requests, to the slowest",
            Self::LoadLatency => "response time by load, and its knee",
            Self::Generator => "whether the generator kept up: processor, lateness, sockets",
            Self::Resources => "what was sampled of the target, below load and response times",
            Self::Trend => "a value from run to run, with what became of each run",
            Self::Log(of) => of.shows(),
        }
    }

    /// How it is read.
    pub const fn how_to_read(self) -> &'static str {
        match self {
            Self::Latency => {
                "Half of the requests were faster than p50, 95 % faster than p95, 99 % faster than p99. Shaded: the lowest and \
                 highest second of each point. The axis is logarithmic: equal heights are equal factors."
            }
            Self::Rate => {
                "Dashed: what the schedule asked for. A gap below it is load that the target was never given: look at \
                 `generator` for whose fault that is."
            }
            Self::Users => {
                "How many users there were. Where it is flat at the top, all users that the plan allows were busy."
            }
            Self::Facets => {
                "All panels have the same axes, so heights can be compared. A spike in one panel is that endpoint's own; one in \
                 all of them at once is something that they share."
            }
            Self::Throughput => "The longest bars carry the load: what is slow there costs most.",
            Self::Errors => {
                "0 is no failed request. A line that leaves 0 for a while is a burst: look what else happened then. Shaded: the \
                 lowest and highest second of each point."
            }
            Self::Matrix => {
                "The darker, the more. A dark row is an endpoint, a dark column a method, that costs more than others."
            }
            Self::Box => {
                "The box holds the middle half of the requests, its line the median; whiskers reach from 5 % to 95 %, the dot \
                 is p99, the ring the slowest. A long right side is a long tail: few requests wait much longer than most."
            }
            Self::EndpointBars => {
                "Left: how much an endpoint was asked. Right: how often it failed. A long bar on both sides is where to begin."
            }
            Self::Compare => {
                "Bars of one endpoint stand together. What is longer took longer, served more, or failed more; whether it is more \
                 than noise says `brunt compare`."
            }
            Self::CompareFacets => {
                "Lines that lie on each other are no change. All panels have the same axes."
            }
            Self::Traffic => {
                "Lines that lie on each other: the synthetic traffic is realistic. Where they part, the model has to be tuned."
            }
            Self::Heat => {
                "Each column is a stretch of time, each row a response time; the darker, the more requests. Two dark stripes are \
                 two kinds of answers; a dark slope is a target that slows down."
            }
            Self::Spectrum => {
                "To the right, ever fewer and slower requests: each step to the next mark is a tenth of what remained. A curve \
                 that bends upwards early has a tail that users meet."
            }
            Self::LoadLatency => {
                "Each dot is a stretch of time: how much was served, and how long it took. Where dots rise without moving to the \
                 right, the target is full."
            }
            Self::Generator => {
                "When a processor is near 100 % or requests start late, the load is not what was asked for, and times say as much \
                 of this machine as of the target."
            }
            Self::Resources => {
                "All panels share the time axis of the load. What rises with the response times or lies at its limit is where to look \
                 first; what rises beside them need not be the cause. A gap is time of which a source said nothing."
            }
            Self::Trend => {
                "The oldest run is on the left. A step that stays is a change; a single spike may be the machine: whether it is more than \
                 noise says `brunt compare`. Values of runs that are not to be trusted say nothing of the target."
            }
            Self::Log(of) => of.how_to_read(),
        }
    }

    /// What it needs of its runs.
    pub const fn needs(self) -> Needs {
        match self {
            Self::Throughput
            | Self::Matrix
            | Self::Box
            | Self::EndpointBars
            | Self::Compare
            | Self::Trend => Needs::Totals,
            Self::Latency
            | Self::Rate
            | Self::Users
            | Self::Facets
            | Self::Errors
            | Self::CompareFacets
            | Self::Traffic
            | Self::Heat
            | Self::Spectrum
            | Self::LoadLatency => Needs::Seconds,
            Self::Generator | Self::Resources => Needs::OwnSeconds,
            Self::Log(_) => Needs::Log,
        }
    }

    /// How many of its panels stand beside each other at most, and how high one is (without axes; those of bars, boxes and
    /// named cells are as high as they have names).
    pub(crate) const fn layout(self) -> (usize, f64) {
        match self {
            Self::Facets | Self::CompareFacets | Self::Resources => (3, 120.0),
            Self::Generator => (2, 130.0),
            Self::Log(LogKind::Hours | LogKind::Sessions) => (2, 250.0),
            Self::EndpointBars => (2, 250.0),
            Self::Compare => (3, 250.0),
            Self::Rate => (1, 170.0),
            Self::Latency
            | Self::Users
            | Self::Throughput
            | Self::Errors
            | Self::Matrix
            | Self::Box
            | Self::Traffic
            | Self::Heat
            | Self::Spectrum
            | Self::LoadLatency
            | Self::Log(LogKind::Course | LogKind::Endpoints | LogKind::Bursts)
            | Self::Trend => (1, 250.0),
        }
    }

    /// The fewest and the most runs that it shows together.
    pub const fn runs(self) -> (usize, usize) {
        match self {
            Self::Compare | Self::CompareFacets | Self::Traffic => (2, 8),
            Self::Spectrum => (1, 8),
            Self::Trend => (2, 10_000),
            Self::Latency
            | Self::Rate
            | Self::Users
            | Self::Facets
            | Self::Throughput
            | Self::Errors
            | Self::Matrix
            | Self::Box
            | Self::EndpointBars
            | Self::Heat
            | Self::LoadLatency
            | Self::Generator
            | Self::Resources => (1, 1),
            Self::Log(_) => (0, 0),
        }
    }
}

impl LogKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Course => "log-course",
            Self::Hours => "log-hours",
            Self::Endpoints => "log-endpoints",
            Self::Bursts => "log-bursts",
            Self::Sessions => "log-sessions",
        }
    }

    const fn shows(self) -> &'static str {
        match self {
            Self::Course => "requests of a log over time",
            Self::Hours => "requests by hour of the day and day of the week",
            Self::Endpoints => "what is asked for most",
            Self::Bursts => "burstiness by scale of time",
            Self::Sessions => "requests of sessions, and pauses within them",
        }
    }

    const fn how_to_read(self) -> &'static str {
        match self {
            Self::Course => {
                "Each point is an hour. A gap is time of which the log says nothing. What stands out: look which endpoint and which \
                 clients it was before a model learns from it."
            }
            Self::Hours => {
                "Means of the hours that were observed, in the log's own time. A load test at the mean of the day misses the busiest \
                 hour by as much as its value is above the others."
            }
            Self::Endpoints => {
                "The longest bars carry the load. Where bars of one endpoint differ, the mix is not alike."
            }
            Self::Bursts => {
                "How much more counts scatter than independent requests would (1), in windows of a second to hours. What lies below the \
                 real line is smoother than real traffic: queues at the target will be shorter than real ones."
            }
            Self::Sessions => {
                "Shares of sessions with so many requests or fewer, and of pauses so long or shorter. Lines that lie on each other are alike."
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
