//! A figure as data: what is shown, not how it is drawn.
//!
//! One model feeds the static drawings, the browser's charts, the table beneath each figure and the tests. Values are in
//! the unit of their axis; what is not known is `None`, and drawn as a gap.

use crate::{Kind, Unit};
use serde::Serialize;

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Which of the figures it is.
    pub kind: Kind,
    /// What it shows, in a line.
    pub title: String,
    /// How it is read, in a sentence or two.
    pub how_to_read: String,
    /// What it shows of this run: generated from its numbers; empty where nothing stands out.
    pub says: Vec<String>,
    /// What was left out, thinned or cannot be told.
    pub notes: Vec<String>,
    /// One panel, or several that are read together.
    pub panels: Vec<Panel>,
}

impl Figure {
    /// One without panels, which says nothing yet.
    pub fn begun(kind: Kind, title: String) -> Self {
        Self {
            kind,
            title,
            how_to_read: kind.how_to_read().to_owned(),
            says: Vec::new(),
            notes: Vec::new(),
            panels: Vec::new(),
        }
    }
}

/// A pair of axes and what is drawn between them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panel {
    /// Which part of the figure it is; empty where there is only one.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn.
    pub marks: Marks,
    /// Values that should not be passed.
    pub limits: Vec<Limit>,
    /// Stretches of the horizontal axis that are marked.
    pub bands: Vec<Band>,
}

/// One direction of a panel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// What is measured along it.
    pub label: String,
    /// The unit of its values.
    pub unit: Unit,
    /// How values become places.
    pub scale: Scale,
    /// The lowest and highest value that is shown; `low < high`. Of categories: 0 and their number.
    pub low: f64,
    /// See `low`.
    pub high: f64,
}

/// How values become places on an axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal steps are equal differences.
    Linear,
    /// Equal steps are equal factors.
    Log,
    /// Seconds since the start of a run.
    Time,
    /// Shares of requests from below, 0 to 1 and without 1: equal steps are equal factors of what remains above.
    Tail,
    /// Names, the first on top or to the left; the value of the nth is `n + 0.5`.
    Names(Vec<String>),
}

/// What is drawn in a panel.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Marks {
    /// Values along the horizontal axis.
    Lines(Vec<Line>),
    /// Horizontal bars from 0, grouped by the names of the vertical axis.
    Bars(Vec<Bars>),
    /// Spreads along the horizontal axis, one of each name of the vertical axis.
    Boxes(Vec<BoxMark>),
    /// A value for each pair of places, as shades.
    Cells(Cells),
    /// Single values.
    Dots(Vec<Dot>),
}

/// A series of values that belong together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What it is, in the legend.
    pub name: String,
    /// Its colour, by meaning.
    pub ink: Ink,
    /// How it is drawn.
    pub stroke: LineStroke,
    /// Its values, ascending in `x`.
    pub spots: Vec<Spot>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStroke {
    /// Without gaps.
    Solid,
    /// What was asked for or expected, beside what was.
    Dashed,
    /// Single values, as discs that nothing joins: marks on another line.
    Dots,
    /// The same as rings, so that two kinds of marks are told apart without colours.
    Rings,
}

/// A value of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spot {
    /// Where.
    pub x: f64,
    /// How much; `None` where nothing was measured.
    pub y: Option<f64>,
    /// The lowest and highest of what was put together, where several were.
    pub spread: Option<(f64, f64)>,
}

/// Bars of one kind, one at each name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bars {
    /// What they are, in the legend.
    pub name: String,
    /// Their colour, by meaning.
    pub ink: Ink,
    /// Their lengths, in the order of the axis' names.
    pub values: Vec<Option<f64>>,
}

/// The spread of values at one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BoxMark {
    /// Half of the values lie below. All are `None` where nothing was measured.
    pub median: Option<f64>,
    /// A quarter lies below the first, three quarters below the second.
    pub quartiles: (Option<f64>, Option<f64>),
    /// How far the whiskers go: 5 % and 95 %.
    pub whiskers: (Option<f64>, Option<f64>),
    /// 99 % lie below.
    pub p99: Option<f64>,
    /// The least and the greatest.
    pub extremes: (Option<f64>, Option<f64>),
}

/// Shades in rows and columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cells {
    /// What the shades tell.
    pub label: String,
    /// The unit of the values.
    pub unit: Unit,
    /// How values become shades.
    pub shade: Scale,
    /// The borders between columns, ascending: one more than there are columns.
    pub columns: Vec<f64>,
    /// The borders between rows, ascending: one more than there are rows.
    pub rows: Vec<f64>,
    /// The values, row by row.
    pub values: Vec<Option<f64>>,
    /// Whether each value is written into its cell.
    pub written: Written,
}

/// Whether values stand in their cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// They do.
    InCells,
    /// The shades must do.
    No,
}

/// A single value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dot {
    /// Where, along the horizontal axis.
    pub x: f64,
    /// Where, along the vertical axis.
    pub y: f64,
    /// Its colour, by meaning.
    pub ink: Ink,
    /// What it is, in words.
    pub name: String,
}

/// A value that should not be passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// Its words: `p95 < 300 ms`.
    pub name: String,
    /// Along which axis.
    pub along: Along,
    /// The value.
    pub at: f64,
}

/// One of a panel's axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// The horizontal one.
    X,
    /// The vertical one.
    Y,
}

/// A stretch of the horizontal axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Band {
    /// What it is: `warm-up`.
    pub name: String,
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What it means.
    pub tone: Tone,
}

/// What a band means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// It stands apart and is not judged.
    Aside,
    /// Something was found there.
    Found,
}

/// A colour by what it means; the palettes for light and dark are in `palette.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    /// The median.
    P50,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
    /// What is compared with.
    Baseline,
    /// What is looked at.
    This,
    /// One of several things without an order; the ninth and all after it are grey.
    Category(usize),
    /// What was asked for, and what is of less interest.
    Muted,
    /// Errors.
    Bad,
}

impl Figure {
    /// The names and colours that a legend explains, in the order in which they first come.
    pub fn legend(&self) -> Vec<(&str, Ink, LineStroke)> {
        let mut seen: Vec<(&str, Ink, LineStroke)> = Vec::new();
        for panel in &self.panels {
            let entries: Vec<(&str, Ink, LineStroke)> = match &panel.marks {
                Marks::Lines(lines) => lines.iter().map(|l| (l.name.as_str(), l.ink, l.stroke)).collect(),
                Marks::Bars(bars) => {
                    bars.iter().map(|b| (b.name.as_str(), b.ink, LineStroke::Solid)).collect()
                }
                Marks::Boxes(_) | Marks::Cells(_) | Marks::Dots(_) => Vec::new(),
            };
            for entry in entries {
                if !entry.0.is_empty() && !seen.contains(&entry) {
                    seen.push(entry);
                }
            }
        }
        seen
    }
}

impl Axis {
    /// An axis of names.
    pub fn names(label: &str, names: Vec<String>) -> Self {
        let high = names.len().max(1) as f64;
        Self { label: label.to_owned(), unit: Unit::None, scale: Scale::Names(names), low: 0.0, high }
    }

    /// Seconds of a run, up to `end`.
    pub fn time(end: f64) -> Self {
        Self {
            label: "time since start".into(),
            unit: Unit::Seconds,
            scale: Scale::Time,
            low: 0.0,
            high: end.max(1.0),
        }
    }

    /// From 0 to a little above the greatest of `values`.
    pub fn from_zero(label: &str, unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let top = values.into_iter().filter(|v| v.is_finite()).fold(0.0_f64, f64::max);
        let high = if top > 0.0 { top * 1.05 } else { 1.0 };
        Self { label: label.to_owned(), unit, scale: Scale::Linear, low: 0.0, high }
    }

    /// Factors around the least and greatest of `values` above 0.
    pub fn log(label: &str, unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let positive = values.into_iter().filter(|v| v.is_finite() && *v > 0.0);
        let (low, high) = positive.fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low.is_finite() { (low / 1.15, high * 1.15) } else { (1.0, 10.0) };
        Self { label: label.to_owned(), unit, scale: Scale::Log, low, high: high.max(low * 2.0) }
    }

    /// Where a value lies, 0 at `low` and 1 at `high`; `None` where the axis cannot show it. Values beyond the ends are
    /// held at them.
    pub fn place(&self, value: f64) -> Option<f64> {
        let along = |v: f64| match self.scale {
            Scale::Linear | Scale::Time | Scale::Names(_) => Some(v),
            Scale::Log => (v > 0.0).then(|| v.ln()),
            Scale::Tail => (v < 1.0).then(|| -(1.0 - v).ln()),
        };
        let (low, high) = (along(self.low)?, along(self.high)?);
        value.is_finite().then_some(())?;
        let place = (along(value.clamp(self.low, self.high))? - low) / (high - low);
        place.is_finite().then(|| place.clamp(0.0, 1.0))
    }
}
