//! The generator's own figures.

use super::{all_values, amounts, bands, points, seconds};
use crate::source::{Asked, NoFigure, Source};
use crate::{Axis, Figure, Ink, Kind, Marks, Panel, Unit};
use brunt_metrics::{Nanos, SparseHistogram};

/// A core is called busy from this share on.
const BUSY: f64 = 0.9;

pub(super) fn generator(source: Source<'_>, asked: &Asked) -> Result<Figure, NoFigure> {
    let course = seconds(Kind::Generator, source)?;
    if course.slices.iter().all(|s| s.host.is_none()) {
        return Err(NoFigure::NoGenerator { kind: Kind::Generator, run: source.name.to_owned() });
    }
    let mut figure = Figure::begun(Kind::Generator, format!("The generator of {}", source.name));
    let points = points(course, asked);
    let mut processor =
        points.host(("busiest core", Ink::This), |h| h.cores_busy.iter().copied().reduce(f64::max));
    processor.extend(points.host(("taken by the hypervisor", Ink::Bad), |h| h.steal));
    processor.extend(points.host(("waiting for a core", Ink::Muted), |h| h.cpu_pressure));
    let late = points.lines([("p50", Ink::P50), ("p99", Ink::P99)], |slices| {
        let mut lag = SparseHistogram::default();
        for slice in slices {
            lag.merge(&slice.measured.lag);
        }
        [0.5, 0.99].map(|q| lag.quantile(q).map(|v| Nanos(v.0.max(1_000)).as_millis_f64()))
    });
    let connections = points.lines([("", Ink::This)], |slices| {
        let open = |s: &&brunt_analysis::Slice| s.measured.workers.iter().map(|w| w.connections).sum::<u64>();
        [slices.iter().map(open).max().map(|n| n as f64)]
    });
    let memory = points.host(("", Ink::This), |h| h.resident_bytes.map(|b| b as f64));
    let busiest = processor.first().and_then(super::top).map(|t| t.1);
    let lag = source.summary.lag.p99_ms;
    figure.says.push(format!(
        "The busiest core was at most {} busy; 99 % of requests started within {} of when they were due.{}",
        busiest.map_or("-".into(), |share| Unit::Share.show(share)),
        lag.map_or("-".into(), |ms| Unit::Milliseconds.show(ms)),
        if busiest.is_some_and(|b| b > BUSY) { " A busy core makes times longer than they are." } else { "" }
    ));
    let mut shares = amounts("processors", "share of time", Unit::Share, (processor, points.end));
    shares.y.high = 1.05;
    let lateness = Panel {
        title: "how late requests started".into(),
        x: Axis::time(points.end),
        y: Axis::log("lateness", Unit::Milliseconds, all_values(&late)),
        marks: Marks::Lines(late),
        limits: Vec::new(),
        bands: Vec::new(),
    };
    figure.panels = vec![
        shares,
        lateness,
        amounts("connections open", "connections", Unit::Count, (connections, points.end)),
        amounts("memory of this process", "memory", Unit::Bytes, (memory, points.end)),
    ];
    let marked = bands(source, course);
    figure.panels.iter_mut().for_each(|p| p.bands.clone_from(&marked));
    Ok(figure)
}
