//! Figures of runs: what is drawn, as data; and drawn, as SVG, PNG and tables.
//!
//! A [`Figure`] is made from runs by [`figure`], and from it alone come the static drawing ([`svg`], [`png`]), the table
//! beneath it ([`Table`]), and what a browser draws. A point that stands for a longer stretch comes from merged
//! histograms, never from averaged percentiles. Nothing here reads files, asks a clock or computes verdicts.
//!
//! Start with [`Kind`], [`Source`] and [`figure`].

mod figure;

mod kind;

mod unit;

mod source;

mod over_time;

mod make;

mod palette;

mod text;

mod ticks;

mod draw;

mod table;

pub use draw::{DrawError, Frame, Look, WIDTH, WIDTHS, png, svg};
pub use figure::{
    Along, Axis, Band, Bars, BoxMark, Cells, Dot, Figure, Ink, Limit, Line, LineStroke, Marks, Panel, Scale,
    Spot, Tone, Written,
};
pub use kind::{Kind, LogKind, Needs};
pub use make::{Standing, Step, figure, trend};
pub use palette::{Theme, theme_css};
pub use source::{Asked, MAX_ENDPOINTS, MAX_ROWS, Metric, NoFigure, POINTS, Source};
pub use table::{Table, Value};
pub use unit::Unit;
