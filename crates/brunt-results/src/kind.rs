//! Which file of which tool it is, told by what is in it.

use std::fmt;

/// Who made results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// This one.
    Brunt,
    /// <https://locust.io>
    Locust,
    /// <https://k6.io>
    K6,
    /// <https://jmeter.apache.org>
    Jmeter,
    /// <https://github.com/tsenart/vegeta>
    Vegeta,
    /// <https://github.com/hatoo/oha>
    Oha,
    /// <https://github.com/wg/wrk>
    Wrk,
    /// <https://github.com/giltene/wrk2>
    Wrk2,
    /// <https://github.com/rakyll/hey>
    Hey,
}

impl Tool {
    /// Its name, as its makers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brunt => "brunt",
            Self::Locust => "Locust",
            Self::K6 => "k6",
            Self::Jmeter => "JMeter",
            Self::Vegeta => "vegeta",
            Self::Oha => "oha",
            Self::Wrk => "wrk",
            Self::Wrk2 => "wrk2",
            Self::Hey => "hey",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A kind of file (or folder) of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A folder that a run of ours left.
    BruntRecord,
    /// `summary.json`.
    BruntSummary,
    /// A row a second, endpoint and kind of answer.
    BruntSeconds,
    /// A row a request.
    BruntRequests,
    /// `PREFIX_stats.csv`: a row a request name, and the total.
    LocustStats,
    /// `PREFIX_stats_history.csv`: a row a second.
    LocustHistory,
    /// `PREFIX_failures.csv`: a row an error.
    LocustFailures,
    /// `PREFIX_exceptions.csv`: errors of the test itself.
    LocustExceptions,
    /// `--json` and `--json-file`: an object a request name.
    LocustJson,
    /// A row a request, as Locust's `csv_request_logger.py` writes it.
    LocustRequests,
    /// `--out csv`: a row a metric sample.
    K6Csv,
    /// `--out json`: a line a metric sample.
    K6Json,
    /// `handleSummary(data)` as JSON.
    K6Summary,
    /// The older `--summary-export`.
    K6SummaryExport,
    /// The newer machine-readable summary.
    K6MachineSummary,
    /// A JTL as CSV: a row a sample.
    JmeterCsv,
    /// A JTL as XML: an element a sample.
    JmeterXml,
    /// `vegeta encode -to csv`: a row a request, without header.
    VegetaCsv,
    /// `vegeta encode -to json`: a line a request.
    VegetaJson,
    /// What `vegeta attack` writes: Go's binary form.
    VegetaGob,
    /// `vegeta report -type json`.
    VegetaReport,
    /// `oha --output-format json`, or `--json`.
    OhaJson,
    /// `oha --output-format csv`: a row a request.
    OhaCsv,
    /// What wrk or wrk2 prints.
    WrkText,
    /// `hey -o csv`: a row a request.
    HeyCsv,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 25] = [
        Self::BruntRecord,
        Self::BruntSummary,
        Self::BruntSeconds,
        Self::BruntRequests,
        Self::LocustStats,
        Self::LocustHistory,
        Self::LocustFailures,
        Self::LocustExceptions,
        Self::LocustJson,
        Self::LocustRequests,
        Self::K6Csv,
        Self::K6Json,
        Self::K6Summary,
        Self::K6SummaryExport,
        Self::K6MachineSummary,
        Self::JmeterCsv,
        Self::JmeterXml,
        Self::VegetaCsv,
        Self::VegetaJson,
        Self::VegetaGob,
        Self::VegetaReport,
        Self::OhaJson,
        Self::OhaCsv,
        Self::WrkText,
        Self::HeyCsv,
    ];

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BruntRecord => "brunt record",
            Self::BruntSummary => "brunt summary",
            Self::BruntSeconds => "brunt seconds CSV",
            Self::BruntRequests => "brunt requests CSV",
            Self::LocustStats => "Locust stats CSV",
            Self::LocustHistory => "Locust history CSV",
            Self::LocustFailures => "Locust failures CSV",
            Self::LocustExceptions => "Locust exceptions CSV",
            Self::LocustJson => "Locust statistics JSON",
            Self::LocustRequests => "Locust requests CSV",
            Self::K6Csv => "k6 CSV",
            Self::K6Json => "k6 JSON lines",
            Self::K6Summary => "k6 summary (handleSummary)",
            Self::K6SummaryExport => "k6 summary (--summary-export)",
            Self::K6MachineSummary => "k6 summary (machine-readable)",
            Self::JmeterCsv => "JMeter JTL as CSV",
            Self::JmeterXml => "JMeter JTL as XML",
            Self::VegetaCsv => "vegeta results as CSV",
            Self::VegetaGob => "vegeta results (gob)",
            Self::VegetaJson => "vegeta results as JSON",
            Self::VegetaReport => "vegeta report as JSON",
            Self::OhaJson => "oha JSON",
            Self::OhaCsv => "oha CSV",
            Self::WrkText => "wrk or wrk2 text",
            Self::HeyCsv => "hey CSV",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
