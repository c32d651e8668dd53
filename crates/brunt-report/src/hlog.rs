//! Histograms per second and endpoint as a histogram log, format 1.3, for the tools of `HdrHistogram`
//! (`HistogramLogProcessor`, HdrHistogram plotter, and the readers of all its ports).
//!
//! Format: `HistogramLogWriter.java` of <https://github.com/HdrHistogram/HdrHistogram>. Values are
//! microseconds, because the buckets of a record are those of a histogram of 1 us to 1 h with 3 digits, one
//! to one. `Interval_Max` is in milliseconds, as that tool's default shows it for nanoseconds: so tools are
//! to be told a ratio of 1,000 (`HistogramLogProcessor -outputValueUnitRatio 1000` for milliseconds). The
//! first comment of the file says so.

use crate::{ExportError, csv};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brunt_metrics::{CellSecond, HIGHEST_TRACKABLE_US, Phase, Second, SparseHistogram, bucket_bounds_us};
use brunt_run::{RunEvent, RunHeader, SeriesName};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::Write;

/// Which of a request's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// From the instant it was due to its end: what a user would feel.
    Response,
    /// From the instant it was started to its end: what the server did.
    Service,
}

impl Timing {
    fn of(self, cell: &CellSecond) -> &SparseHistogram {
        match self {
            Self::Response => cell.response_times(),
            Self::Service => cell.service_times(),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Response => "response time (due to ended)",
            Self::Service => "service time (started to ended)",
        }
    }
}

/// Writes the histograms of `events` as a histogram log: a line for each second and tag with requests, of
/// whichever outcome. The tag is `scenario/action/method/name`, and `;warm-up` or `;cool-down` behind it for
/// requests of these phases; commas, white space, quotes and `|` in it become `_`. Endpoints that would share
/// a tag get `#` and their number behind it.
///
/// Values above 1 h count in the highest bucket; `Interval_Max` is exact.
pub fn write_hlog(
    events: impl IntoIterator<Item = RunEvent>,
    timing: Timing,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let mut log: Option<Log> = None;
    for event in events {
        match event {
            RunEvent::Started(header) => {
                write_head(&header, timing, out)?;
                log = Some(Log::new(*header, timing));
            }
            RunEvent::Second(second) => log.as_mut().ok_or(ExportError::NoHeader)?.write(&second, out)?,
            RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::ErrorDetail(_)
            | RunEvent::Warning(_)
            | RunEvent::Mark(_)
            | RunEvent::Verdict(_)
            | RunEvent::Finished(_) => {}
        }
    }
    if log.is_none() { Err(ExportError::NoHeader) } else { Ok(()) }
}

fn write_head(header: &RunHeader, timing: Timing, out: &mut impl Write) -> Result<(), ExportError> {
    let ms = header.started_unix_ms;
    let at = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let date = at.unwrap_or(Timestamp::MAX).strftime("%a %b %d %H:%M:%S UTC %Y");
    let seconds = format!("{}.{:03} (seconds since epoch)", ms / 1_000, ms % 1_000);
    write!(
        out,
        "#[brunt run {}: {}; values in microseconds, Interval_Max in milliseconds]\n\
         #[Histogram log format version 1.3]\n\
         #[StartTime: {seconds}, {date}]\n\
         #[BaseTime: {seconds}]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        safe(&header.id),
        timing.words(),
    )?;
    Ok(())
}

/// What the lines of a log share.
struct Log {
    tags: Tags,
    timing: Timing,
    /// 188 KB of counters, used again for every line.
    dense: Option<Histogram<u64>>,
    serializer: V2DeflateSerializer,
    bytes: Vec<u8>,
}

impl Log {
    fn new(header: RunHeader, timing: Timing) -> Self {
        let serializer = V2DeflateSerializer::new();
        Self { tags: Tags::new(header), timing, dense: None, serializer, bytes: Vec::new() }
    }

    /// Writes a line for each endpoint and phase of the second; its cells stand ascending by both.
    fn write(&mut self, second: &Second, out: &mut impl Write) -> Result<(), ExportError> {
        for group in
            second.cells.chunk_by(|a, b| (a.key.endpoint, a.key.phase) == (b.key.endpoint, b.key.phase))
        {
            let mut times = SparseHistogram::default();
            for cell in group {
                times.merge(self.timing.of(cell));
            }
            let Some(first) = group.first().filter(|_| times.total > 0) else {
                continue;
            };
            let tag = self.tags.tag(first);
            self.serialize(&times).map_err(|reason| ExportError::Histogram {
                tag: tag.clone(),
                second: second.index,
                reason,
            })?;
            let (at, max) = (second.index, times.max.as_millis_f64());
            writeln!(out, "Tag={tag},{at}.000,1.000,{max:.3},{}", STANDARD.encode(&self.bytes))?;
        }
        Ok(())
    }

    fn serialize(&mut self, times: &SparseHistogram) -> Result<(), String> {
        let dense = match &mut self.dense {
            Some(dense) => dense,
            none => none
                .insert(Histogram::new_with_bounds(1, HIGHEST_TRACKABLE_US, 3).map_err(|e| e.to_string())?),
        };
        dense.reset();
        for &(bucket, count) in &times.counts {
            dense.record_n(bucket_bounds_us(bucket as usize).0, count).map_err(|e| e.to_string())?;
        }
        self.bytes.clear();
        self.serializer.serialize(dense, &mut self.bytes).map_err(|e| e.to_string())?;
        Ok(())
    }
}

/// The tags of endpoints, made once.
struct Tags {
    header: RunHeader,
    tags: Vec<String>,
}

impl Tags {
    fn new(header: RunHeader) -> Self {
        let mut taken = BTreeSet::new();
        let mut tags = Vec::with_capacity(header.endpoints.len());
        for (number, series) in header.endpoints.iter().enumerate() {
            let mut tag = tag_of(series);
            if !taken.insert(tag.clone()) {
                tag = format!("{tag}#{number}");
                taken.insert(tag.clone());
            }
            tags.push(tag);
        }
        Self { header, tags }
    }

    fn tag(&self, cell: &CellSecond) -> String {
        let endpoint = cell.key.endpoint.0;
        let known = self.tags.get(endpoint as usize).cloned();
        let tag = known.unwrap_or_else(|| tag_of(&csv::series_of(&self.header, endpoint)));
        match cell.key.phase {
            Phase::Load => tag,
            phase @ (Phase::WarmUp | Phase::CoolDown) => format!("{tag};{}", phase.name()),
        }
    }
}

fn tag_of(series: &SeriesName) -> String {
    safe(&[&series.scenario, &series.action, &series.method, &series.name].map(String::as_str).join("/"))
}

/// A text without what ends a tag, a field or a line in some reader.
fn safe(text: &str) -> String {
    let unsafe_in_tag = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '|' | '"' | '\'');
    text.chars().map(|c| if unsafe_in_tag(c) { '_' } else { c }).collect()
}
