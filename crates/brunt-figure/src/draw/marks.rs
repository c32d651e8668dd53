//! What is drawn between a panel's axes.

use super::canvas::{Anchor, Area, At, Canvas, Dash, Fill, Letters, Stroke};
use super::layout::{SMALL, letters};
use super::panel::{Frame, dash, line_width, mark};
use crate::palette::{Paint, SHADES};
use crate::text::width;
use crate::{Bars, BoxMark, Cells, Dot, Line, Marks, Scale, Spot, Written};

/// Opacity of the band between the lowest and highest of what a point stands for.
const SPREAD: f64 = 0.18;

pub(super) fn draw(frame: &Frame<'_>, canvas: &mut impl Canvas) {
    match &frame.panel.marks {
        Marks::Lines(all) => {
            for line in all {
                spread(frame, line, canvas);
            }
            for line in all {
                lines(frame, line, canvas);
            }
        }
        Marks::Bars(all) => bars(frame, all, canvas),
        Marks::Boxes(all) => boxes(frame, all, canvas),
        Marks::Cells(all) => cells(frame, all, canvas),
        Marks::Dots(all) => dots(frame, all, canvas),
    }
}

/// The stretches of a line without gaps.
fn stretches(spots: &[Spot]) -> impl Iterator<Item = &[Spot]> {
    spots.split(|s| s.y.is_none()).filter(|part| !part.is_empty())
}

fn spread(frame: &Frame<'_>, line: &Line, canvas: &mut impl Canvas) {
    for part in stretches(&line.spots) {
        let edge = |pick: fn((f64, f64)) -> f64| -> Vec<At> {
            let at = |s: &Spot| Some((frame.x(s.x)?, frame.y(s.spread.map(pick).or(s.y)?)?));
            part.iter().filter_map(at).collect()
        };
        if part.iter().any(|s| s.spread.is_some()) {
            let (mut upper, lower) = (edge(|s| s.1), edge(|s| s.0));
            upper.extend(lower.into_iter().rev());
            canvas.surface(&upper, Fill { paint: Paint::Ink(line.ink), opacity: SPREAD });
        }
    }
}

fn lines(frame: &Frame<'_>, line: &Line, canvas: &mut impl Canvas) {
    let paint = Paint::Ink(line.ink);
    let Some(dash) = dash(line.stroke) else { return discs(frame, line, canvas) };
    let stroke = Stroke { paint, width: line_width(line.ink), dash };
    canvas.begin(&line.name);
    for part in stretches(&line.spots) {
        let points: Vec<At> = part.iter().filter_map(|s| Some((frame.x(s.x)?, frame.y(s.y?)?))).collect();
        match points.as_slice() {
            [] => {}
            [alone] => canvas.disc(*alone, line_width(line.ink) + 0.6, Fill::of(paint)),
            several => canvas.line(several, stroke),
        }
    }
    canvas.end();
}

/// Each value says where it is and how much, when pointed at.
fn discs(frame: &Frame<'_>, line: &Line, canvas: &mut impl Canvas) {
    for spot in &line.spots {
        let place = spot.y.and_then(|y| Some(((frame.x(spot.x)?, frame.y(y)?), y)));
        let Some((at, y)) = place else { continue };
        let x = crate::table::along(&frame.panel.x, spot.x).show();
        canvas.begin(&format!("{}: {x}, {}", line.name, frame.panel.y.unit.show(y)));
        mark(at, (line.ink, line.stroke), canvas);
        canvas.end();
    }
}

fn bars(frame: &Frame<'_>, all: &[Bars], canvas: &mut impl Canvas) {
    let Scale::Names(names) = &frame.panel.y.scale else { return };
    let slot = frame.inner.height / names.len().max(1) as f64;
    let each = (slot - 10.0) / all.len().max(1) as f64;
    for (at, name) in names.iter().enumerate() {
        for (which, bars) in all.iter().enumerate() {
            let top = frame.inner.top + slot * at as f64 + 5.0 + each * which as f64;
            let value = bars.values.get(at).copied().flatten();
            let words = value.map_or("-".into(), |v| frame.panel.x.unit.show(v));
            let end = value.and_then(|v| frame.x(v)).unwrap_or(frame.inner.left);
            let what = if bars.name.is_empty() { String::new() } else { format!(", {}", bars.name) };
            canvas.begin(&format!("{name}{what}: {words}"));
            let area =
                Area { left: frame.inner.left, top, width: end - frame.inner.left, height: each - 1.0 };
            canvas.areas(&[area], Fill::of(Paint::Ink(bars.ink)));
            let wide = width(&words, SMALL);
            let (x, paint, anchor) =
                if end + wide + 6.0 > frame.inner.right() && end - frame.inner.left > wide + 8.0 {
                    (end - 4.0, Paint::Background, Anchor::End)
                } else {
                    (end + 4.0, Paint::Text, Anchor::Start)
                };
            if each >= 10.0 {
                canvas.text((x, top + each / 2.0 + 4.0), &words, Letters { anchor, ..letters(SMALL, paint) });
            }
            canvas.end();
        }
    }
}

fn boxes(frame: &Frame<'_>, all: &[BoxMark], canvas: &mut impl Canvas) {
    let Scale::Names(names) = &frame.panel.y.scale else { return };
    let unit = frame.panel.x.unit;
    let thin = Stroke { paint: Paint::MutedText, width: 1.2, dash: Dash::None };
    let heavy = Stroke { paint: Paint::Text, width: 2.4, dash: Dash::None };
    for (at, (name, mark)) in names.iter().zip(all).enumerate() {
        let Some(y) = frame.y(at as f64 + 0.5) else { continue };
        let place = |value: Option<f64>| value.and_then(|v| frame.x(v));
        let show = |value: Option<f64>| value.map_or("-".into(), |v| unit.show(v));
        canvas.begin(&format!(
            "{name}: median {}, middle half {} to {}, p99 {}, slowest {}",
            show(mark.median),
            show(mark.quartiles.0),
            show(mark.quartiles.1),
            show(mark.p99),
            show(mark.extremes.1)
        ));
        if let (Some(from), Some(to)) = (place(mark.whiskers.0), place(mark.whiskers.1)) {
            canvas.line(&[(from, y), (to, y)], thin);
            for end in [from, to] {
                canvas.line(&[(end, y - 4.0), (end, y + 4.0)], thin);
            }
        }
        let left = place(mark.quartiles.0.or(mark.median));
        if let (Some(from), Some(to)) = (left, place(mark.quartiles.1)) {
            let area = Area { left: from, top: y - 7.0, width: (to - from).max(1.0), height: 14.0 };
            canvas.areas(&[area], Fill::of(Paint::Ink(crate::Ink::P50)));
        }
        if let Some(x) = place(mark.median) {
            canvas.line(&[(x, y - 7.0), (x, y + 7.0)], heavy);
        }
        if let Some(x) = place(mark.p99) {
            canvas.disc((x, y), 3.0, Fill::of(Paint::Ink(crate::Ink::P99)));
        }
        if let Some(x) = place(mark.extremes.1) {
            canvas.ring((x, y), 3.0, Stroke { paint: Paint::Limit, ..thin });
        }
        canvas.end();
    }
}

fn cells(frame: &Frame<'_>, cells: &Cells, canvas: &mut impl Canvas) {
    let columns = cells.columns.len().saturating_sub(1);
    let rows = cells.rows.len().saturating_sub(1);
    let mut of_shade: Vec<Vec<Area>> = vec![Vec::new(); SHADES];
    let mut words: Vec<(At, String, usize)> = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let value = cells.values.get(row * columns + column).copied().flatten();
            let edges = (
                frame.x(cells.columns[column]),
                frame.x(cells.columns[column + 1]),
                frame.y(cells.rows[row]),
                frame.y(cells.rows[row + 1]),
            );
            let (Some(left), Some(right), Some(one), Some(other)) = edges else { continue };
            let area = Area { left, top: one.min(other), width: right - left, height: (one - other).abs() };
            let middle = (area.left + area.width / 2.0, area.top + area.height / 2.0 + 4.0);
            match value {
                Some(value) => {
                    let shade = shade(cells, value);
                    of_shade[shade].push(area);
                    words.push((middle, cells.unit.show(value), shade));
                }
                None => words.push((middle, "-".into(), 0)),
            }
        }
    }
    for (shade, areas) in of_shade.iter().enumerate() {
        canvas.areas(areas, Fill::of(Paint::Shade(shade)));
    }
    if cells.written == Written::InCells {
        for (at, text, shade) in words {
            let paint = if text == "-" { Paint::MutedText } else { Paint::OnShade(shade) };
            canvas.text(at, &text, Letters { anchor: Anchor::Middle, ..letters(SMALL, paint) });
        }
    }
}

/// The least and greatest of some cells, for their shades.
fn ends(cells: &Cells) -> (f64, f64) {
    let known = cells.values.iter().flatten();
    let (low, high) = known.fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
    match cells.shade {
        Scale::Log => (low, high),
        Scale::Linear | Scale::Time | Scale::Tail | Scale::Names(_) => (0.0, high),
    }
}

fn shade(cells: &Cells, value: f64) -> usize {
    let (low, high) = ends(cells);
    let place = match cells.shade {
        // The least is still seen: a single slow request is what one looks for.
        Scale::Log if high > low => 0.12 + 0.88 * (value / low).ln() / (high / low).ln(),
        Scale::Linear | Scale::Time | Scale::Tail | Scale::Names(_) if high > low => {
            (value - low) / (high - low)
        }
        Scale::Log | Scale::Linear | Scale::Time | Scale::Tail | Scale::Names(_) => 0.5,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to SHADES - 1")]
    let step = (place.clamp(0.0, 1.0) * (SHADES - 1) as f64).round() as usize;
    step
}

/// The key of shades, ending at a point.
pub(super) fn key(cells: &Cells, (right, base): At, canvas: &mut impl Canvas) {
    let (low, high) = ends(cells);
    if !low.is_finite() {
        return;
    }
    let show = |v: f64| cells.unit.show(v);
    let most = show(high);
    let looks = Letters { anchor: Anchor::End, ..letters(SMALL, Paint::MutedText) };
    canvas.text((right, base), &most, looks);
    let mut left = right - width(&most, SMALL) - 6.0 - 6.0 * SHADES as f64;
    let first = left;
    for step in 0..SHADES {
        let area = Area { left, top: base - 10.0, width: 6.0, height: 11.0 };
        canvas.areas(&[area], Fill::of(Paint::Shade(step)));
        left += 6.0;
    }
    canvas.text((first - 6.0, base), &format!("{}: {}", cells.label, show(low)), looks);
}

fn dots(frame: &Frame<'_>, all: &[Dot], canvas: &mut impl Canvas) {
    for dot in all {
        let (Some(x), Some(y)) = (frame.x(dot.x), frame.y(dot.y)) else { continue };
        let words = (frame.panel.x.unit.show(dot.x), frame.panel.y.unit.show(dot.y));
        canvas.begin(&format!("{}: {}, {}", dot.name, words.0, words.1));
        canvas.disc((x, y), 3.4, Fill { paint: Paint::Ink(dot.ink), opacity: 0.75 });
        canvas.end();
    }
}
