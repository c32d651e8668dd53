//! A panel: axes, grid, bands, limits, and what is drawn between them.

use super::canvas::{Anchor, Area, At, Canvas, Dash, Fill, Letters, Stroke, Weight};
use super::layout::{BODY, SMALL, letters};
use super::marks;
use crate::palette::Paint;
use crate::text::{fit, width};
use crate::ticks::ticks;
use crate::{Along, Axis, Figure, Ink, LineStroke, Marks, Panel, Scale, Tone};

/// Room above a panel for its title, and for the name of its vertical axis.
const TITLE: f64 = 18.0;
const NAME: f64 = 20.0;
/// Room below: marks and the name of the horizontal axis.
const BELOW: f64 = 38.0;
/// The widest that names at a vertical axis may be.
const MOST_GUTTER: f64 = 240.0;
/// The most room of a name below a panel.
const MOST_NAME: f64 = 150.0;
/// Room to the right for names at the ends of lines.
const MOST_ENDS: f64 = 150.0;

/// Whether the names of a vertical axis are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Shown,
    Hidden,
}

/// What is drawn on, and its axes.
pub(super) struct Frame<'a> {
    pub(super) panel: &'a Panel,
    /// Between the axes.
    pub(super) inner: Area,
}

impl Frame<'_> {
    pub(super) fn x(&self, value: f64) -> Option<f64> {
        Some(self.inner.left + self.panel.x.place(value)? * self.inner.width)
    }

    /// The first of names is on top; of all else, the greatest.
    pub(super) fn y(&self, value: f64) -> Option<f64> {
        let place = self.panel.y.place(value)?;
        Some(match self.panel.y.scale {
            Scale::Names(_) => self.inner.top + place * self.inner.height,
            Scale::Linear | Scale::Log | Scale::Time | Scale::Tail => {
                self.inner.bottom() - place * self.inner.height
            }
        })
    }
}

/// The room above a panel.
pub(super) fn above(panel: &Panel) -> f64 {
    let title = if panel.title.is_empty() { 0.0 } else { TITLE };
    let named = !matches!(panel.y.scale, Scale::Names(_)) || matches!(panel.marks, Marks::Cells(_));
    title + if named { NAME } else { 6.0 }
}

pub(super) fn below(panel: &Panel) -> f64 {
    if panel.x.label.is_empty() { BELOW - 16.0 } else { BELOW }
}

/// The room to the left, for what stands at the vertical axis.
pub(super) fn gutter(panel: &Panel, (wide, names): (f64, Names)) -> f64 {
    if names == Names::Hidden {
        return 4.0;
    }
    let most = MOST_GUTTER.min(wide * 0.35);
    let widest = ticks(&panel.y, 5).iter().map(|(_, word)| width(word, SMALL)).fold(0.0, f64::max);
    widest.min(most) + 8.0
}

/// Draws a panel into an area.
pub(super) fn draw(panel: &Panel, figure: &Figure, (area, names): (Area, Names), canvas: &mut impl Canvas) {
    let left = gutter(panel, (area.width / 0.75, names));
    let ends = if figure.panels.len() == 1 { end_room(panel) } else { 6.0 };
    let inner = Area {
        left: area.left + left,
        top: area.top + above(panel),
        width: (area.width - left - ends).max(40.0),
        height: area.height - above(panel) - below(panel),
    };
    let frame = Frame { panel, inner };
    titles(&frame, area, canvas);
    heights(&frame, names, canvas);
    let along = panel.x.scale == Scale::Time;
    if along {
        canvas.begin_time(inner, (panel.x.low, panel.x.high));
    }
    bands(&frame, canvas);
    grid(&frame, canvas);
    band_names(&frame, canvas);
    marks::draw(&frame, canvas);
    limits(&frame, Along::X, canvas);
    if along {
        canvas.end();
    }
    limits(&frame, Along::Y, canvas);
    if ends > 10.0 {
        end_names(&frame, canvas);
    }
}

/// How many marks a panel has room for at its vertical axis.
fn room_up(frame: &Frame<'_>) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some dozens")]
    let room = (frame.inner.height / 34.0) as usize;
    room
}

/// What stands at the marks of the vertical axis.
fn heights(frame: &Frame<'_>, names: Names, canvas: &mut impl Canvas) {
    if names == Names::Hidden {
        return;
    }
    let inner = frame.inner;
    for (value, word) in ticks(&frame.panel.y, room_up(frame)) {
        let Some(y) = frame.y(value) else { continue };
        let looks = Letters { anchor: Anchor::End, ..letters(SMALL, Paint::Text) };
        let room = MOST_GUTTER.min(inner.left - 12.0);
        canvas.text((inner.left - 6.0, y + 4.0), &fit(&word, SMALL, room), looks);
    }
}

fn titles(frame: &Frame<'_>, area: Area, canvas: &mut impl Canvas) {
    let panel = frame.panel;
    if !panel.title.is_empty() {
        let looks = Letters { weight: Weight::Bold, ..letters(BODY, Paint::Text) };
        canvas.text((area.left, area.top + 13.0), &fit(&panel.title, BODY, area.width / 1.1), looks);
    }
    let base = frame.inner.top - 8.0;
    if !matches!(panel.y.scale, Scale::Names(_)) {
        canvas.text((area.left, base), &named(&panel.y), letters(SMALL, Paint::MutedText));
    }
    if let Marks::Cells(cells) = &panel.marks {
        marks::key(cells, (area.right(), base), canvas);
    }
    if !panel.x.label.is_empty() {
        let at = (frame.inner.left + frame.inner.width / 2.0, area.bottom() - 4.0);
        let looks = Letters { anchor: Anchor::Middle, ..letters(SMALL, Paint::MutedText) };
        canvas.text(at, &named(&panel.x), looks);
    }
}

/// What is measured along an axis; logarithmic ones say so.
fn named(axis: &Axis) -> String {
    match axis.scale {
        Scale::Log => format!("{} (logarithmic)", axis.label),
        Scale::Linear | Scale::Time | Scale::Tail | Scale::Names(_) => axis.label.clone(),
    }
}

fn bands(frame: &Frame<'_>, canvas: &mut impl Canvas) {
    for band in &frame.panel.bands {
        let (Some(from), Some(to)) = (frame.x(band.from), frame.x(band.to)) else { continue };
        if to - from < 0.5 {
            continue;
        }
        let paint = match band.tone {
            Tone::Aside => Paint::Aside,
            Tone::Found => Paint::Found,
        };
        canvas.begin(&band.name);
        let area = Area { left: from, width: to - from, ..frame.inner };
        canvas.areas(&[area], Fill::of(paint));
        canvas.end();
    }
}

/// Names of bands, where there is room.
fn band_names(frame: &Frame<'_>, canvas: &mut impl Canvas) {
    let mut named_until = f64::NEG_INFINITY;
    for band in &frame.panel.bands {
        let (Some(from), Some(to)) = (frame.x(band.from), frame.x(band.to)) else { continue };
        let room = to - from - 6.0;
        if room >= width(&band.name, SMALL) && from > named_until {
            let at = (from + 3.0, frame.inner.top + 12.0);
            canvas.text(at, &band.name, letters(SMALL, Paint::MutedText));
            named_until = from + width(&band.name, SMALL) + 6.0;
        }
    }
}

fn grid(frame: &Frame<'_>, canvas: &mut impl Canvas) {
    let inner = frame.inner;
    let thin = Stroke { paint: Paint::Grid, width: 1.0, dash: Dash::None };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some dozens")]
    let across = (inner.width / 70.0) as usize;
    for (value, _) in ticks(&frame.panel.y, room_up(frame)) {
        let Some(y) = frame.y(value) else { continue };
        if !matches!(frame.panel.y.scale, Scale::Names(_)) {
            canvas.line(&[(inner.left, y), (inner.right(), y)], thin);
        }
    }
    let mut free_from = f64::NEG_INFINITY;
    for (value, word) in ticks(&frame.panel.x, across.max(2)) {
        let Some(x) = frame.x(value) else { continue };
        if !matches!(frame.panel.x.scale, Scale::Names(_)) {
            canvas.line(&[(x, inner.top), (x, inner.bottom())], thin);
        }
        let is_name = matches!(frame.panel.x.scale, Scale::Names(_));
        let word = if is_name { fit(&word, SMALL, MOST_NAME.min(inner.width / 2.0)) } else { word };
        let half = width(&word, SMALL) / 2.0;
        let x = if is_name { x.min(inner.right() + 4.0 - half).max(inner.left - 4.0 + half) } else { x };
        if x - half > free_from {
            let looks = Letters { anchor: Anchor::Middle, ..letters(SMALL, Paint::Text) };
            canvas.text((x, inner.bottom() + 16.0), &word, looks);
            free_from = x + half + 6.0;
        }
    }
    let axis = Stroke { paint: Paint::MutedText, ..thin };
    canvas.line(&[(inner.left, inner.bottom()), (inner.right(), inner.bottom())], axis);
}

fn limits(frame: &Frame<'_>, of: Along, canvas: &mut impl Canvas) {
    let inner = frame.inner;
    let stroke = Stroke { paint: Paint::Limit, width: 1.4, dash: Dash::Long };
    for limit in frame.panel.limits.iter().filter(|limit| limit.along == of) {
        canvas.begin(&limit.name);
        match limit.along {
            Along::Y => {
                if let Some(y) = frame.y(limit.at) {
                    canvas.line(&[(inner.left, y), (inner.right(), y)], stroke);
                    let looks = Letters { anchor: Anchor::End, ..letters(SMALL, Paint::Limit) };
                    canvas.text((inner.right() - 4.0, y - 4.0), &fit(&limit.name, SMALL, inner.width), looks);
                }
            }
            Along::X => {
                if let Some(x) = frame.x(limit.at) {
                    canvas.line(&[(x, inner.top), (x, inner.bottom())], stroke);
                    let anchor = if x > inner.left + inner.width * 0.7 { Anchor::End } else { Anchor::Start };
                    let shift = if anchor == Anchor::End { -4.0 } else { 4.0 };
                    let looks = Letters { anchor, ..letters(SMALL, Paint::Limit) };
                    canvas.text((x + shift, inner.top + 12.0), &limit.name, looks);
                }
            }
        }
        canvas.end();
    }
}

/// The radius of a value's disc.
const DISC: f64 = 3.4;

/// How a line is dashed; `None` if nothing joins its values.
pub(super) const fn dash(stroke: LineStroke) -> Option<Dash> {
    match stroke {
        LineStroke::Solid => Some(Dash::None),
        LineStroke::Dashed => Some(Dash::Long),
        LineStroke::Dots | LineStroke::Rings => None,
    }
}

/// Draws a single value.
pub(super) fn mark(at: At, (ink, stroke): (Ink, LineStroke), canvas: &mut impl Canvas) {
    let paint = Paint::Ink(ink);
    match stroke {
        LineStroke::Rings => canvas.ring(at, DISC + 0.8, Stroke { paint, width: 1.6, dash: Dash::None }),
        LineStroke::Solid | LineStroke::Dashed | LineStroke::Dots => canvas.disc(at, DISC, Fill::of(paint)),
    }
}

/// The width of a line of a colour: the slower the quantile, the heavier.
pub(super) const fn line_width(ink: Ink) -> f64 {
    match ink {
        Ink::P50 | Ink::Muted => 1.3,
        Ink::P95 | Ink::Baseline | Ink::This | Ink::Category(_) | Ink::Bad => 1.8,
        Ink::P99 => 2.2,
    }
}

/// The names that stand at the ends of lines, and how wide they are.
fn end_room(panel: &Panel) -> f64 {
    let Marks::Lines(lines) = &panel.marks else { return 6.0 };
    if lines.len() > 6 {
        return 6.0;
    }
    let widest =
        lines.iter().filter(|l| dash(l.stroke).is_some()).map(|l| width(&l.name, SMALL)).fold(0.0, f64::max);
    if widest == 0.0 { 6.0 } else { widest.min(MOST_ENDS) + 12.0 }
}

/// Writes names at the ends of lines, pushed apart so that none hides another.
fn end_names(frame: &Frame<'_>, canvas: &mut impl Canvas) {
    let Marks::Lines(lines) = &frame.panel.marks else { return };
    let mut names: Vec<(f64, &str, Ink, LineStroke)> = lines
        .iter()
        .filter_map(|line| {
            dash(line.stroke)?;
            let last = line.spots.iter().rev().find_map(|s| s.y)?;
            Some((frame.y(last)?, line.name.as_str(), line.ink, line.stroke))
        })
        .collect();
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, ..) in &mut names {
        *y = y.max(lowest + 14.0);
        lowest = *y;
    }
    let over = (lowest - frame.inner.bottom()).max(0.0);
    for (y, name, ink, _) in names {
        let at = (frame.inner.right() + 6.0, y - over + 4.0);
        canvas.text(at, &fit(name, SMALL, MOST_ENDS), letters(SMALL, Paint::Ink(ink)));
    }
}
