//! Where the parts of a figure go.

use super::canvas::{Anchor, Area, Canvas, Fill, Letters, Stroke, Weight};
use super::{Frame, Look, panel};
use crate::palette::Paint;
use crate::text::{fit, width, wrap};
use crate::{Figure, Marks, Panel, Scale};

/// Sizes of text, in pixels.
pub(super) const BODY: f64 = 13.0;
pub(super) const SMALL: f64 = 12.0;
const TITLE: f64 = 17.0;
/// Between the drawing's edge and what is drawn.
const MARGIN: f64 = 14.0;
/// Between panels.
const GAP: f64 = 18.0;
const LINE: f64 = 1.4;

pub(super) const fn letters(size: f64, paint: Paint) -> Letters {
    Letters { size, paint, anchor: Anchor::Start, weight: Weight::Plain }
}

/// The height of a figure's drawing.
pub(super) fn height(figure: &Figure, look: &Look) -> f64 {
    let head = head(figure, look).iter().map(|t| t.lines.len() as f64 * t.size * LINE + t.after).sum::<f64>();
    let foot = foot(figure, look).iter().map(|t| t.lines.len() as f64 * t.size * LINE + t.after).sum::<f64>();
    let rows = rows(figure, look.width);
    let panels: f64 = rows.iter().map(|row| row_height(figure, row)).sum();
    let gaps = GAP * rows.len().saturating_sub(1) as f64;
    MARGIN * 2.0 + head + legend_height(figure, look.width) + panels + gaps + foot
}

/// Draws all of a figure.
pub(super) fn draw(figure: &Figure, look: &Look, canvas: &mut impl Canvas) {
    let mut top = MARGIN;
    for text in head(figure, look) {
        top = write(canvas, &text, top);
    }
    top = legend(figure, look.width, (canvas, top));
    let mut first = true;
    for row in rows(figure, look.width) {
        if !first {
            top += GAP;
        }
        first = false;
        let height = row_height(figure, &row);
        let areas = columns(figure, &row, look.width);
        for (at, (left, wide)) in row.iter().zip(areas) {
            let Some(panel) = figure.panels.get(*at) else { continue };
            let area = Area { left, top, width: wide, height };
            let names =
                if hides_names(figure, &row, *at) { panel::Names::Hidden } else { panel::Names::Shown };
            panel::draw(panel, figure, (area, names), canvas);
        }
        top += height;
    }
    for text in foot(figure, look) {
        top = write(canvas, &text, top);
    }
}

/// Lines of text in one size.
struct Text {
    lines: Vec<String>,
    size: f64,
    weight: Weight,
    paint: Paint,
    /// Room below.
    after: f64,
}

fn write(canvas: &mut impl Canvas, text: &Text, mut top: f64) -> f64 {
    for line in &text.lines {
        let looks = Letters { weight: text.weight, ..letters(text.size, text.paint) };
        canvas.text((MARGIN, top + text.size), line, looks);
        top += text.size * LINE;
    }
    top + text.after
}

fn head(figure: &Figure, look: &Look) -> Vec<Text> {
    if look.frame == Frame::Bare {
        return Vec::new();
    }
    let room = look.width - 2.0 * MARGIN;
    let mut parts = vec![Text {
        // Bold letters are wider than those that are measured.
        lines: vec![fit(&figure.title, TITLE, room / 1.1)],
        size: TITLE,
        weight: Weight::Bold,
        paint: Paint::Text,
        after: 4.0,
    }];
    if !figure.says.is_empty() {
        let lines = figure.says.iter().flat_map(|s| wrap(s, BODY, room)).collect();
        parts.push(Text { lines, size: BODY, weight: Weight::Plain, paint: Paint::Text, after: 6.0 });
    }
    parts
}

fn foot(figure: &Figure, look: &Look) -> Vec<Text> {
    if look.frame == Frame::Bare {
        return Vec::new();
    }
    let room = look.width - 2.0 * MARGIN;
    let texts = std::iter::once(&figure.how_to_read).chain(&figure.notes);
    let lines: Vec<String> =
        std::iter::once(String::new()).chain(texts.flat_map(|t| wrap(t, SMALL, room))).collect();
    vec![Text { lines, size: SMALL, weight: Weight::Plain, paint: Paint::MutedText, after: 0.0 }]
}

/// The entries of a legend with their left edges and lines, and the number of lines.
fn legend_places(figure: &Figure, wide: f64) -> (Vec<(String, f64, usize)>, usize) {
    let mut places = Vec::new();
    let (mut left, mut line) = (MARGIN, 0);
    for (name, _, _) in figure.legend() {
        let name = fit(name, SMALL, (wide - 2.0 * MARGIN - 40.0).min(260.0));
        let takes = 26.0 + width(&name, SMALL) + 16.0;
        if left + takes > wide - MARGIN && left > MARGIN {
            left = MARGIN;
            line += 1;
        }
        places.push((name, left, line));
        left += takes;
    }
    let lines = if places.is_empty() { 0 } else { line + 1 };
    (places, lines)
}

const LEGEND_LINE: f64 = 18.0;

fn legend_height(figure: &Figure, wide: f64) -> f64 {
    match legend_places(figure, wide).1 {
        0 => 0.0,
        lines => lines as f64 * LEGEND_LINE + 6.0,
    }
}

fn legend(figure: &Figure, wide: f64, (canvas, top): (&mut impl Canvas, f64)) -> f64 {
    let bars = figure.panels.iter().any(|p| matches!(p.marks, Marks::Bars(_)))
        && !figure.panels.iter().any(|p| matches!(p.marks, Marks::Lines(_)));
    let (places, _) = legend_places(figure, wide);
    for ((name, left, line), (_, ink, stroke)) in places.into_iter().zip(figure.legend()) {
        let middle = top + line as f64 * LEGEND_LINE + 8.0;
        if bars {
            let area = Area { left: left + 6.0, top: middle - 5.0, width: 12.0, height: 10.0 };
            canvas.areas(&[area], Fill::of(Paint::Ink(ink)));
        } else {
            let paint = Paint::Ink(ink);
            match panel::dash(stroke) {
                Some(dash) => {
                    let looks = Stroke { paint, width: panel::line_width(ink), dash };
                    canvas.line(&[(left, middle), (left + 20.0, middle)], looks);
                }
                None => panel::mark((left + 10.0, middle), (ink, stroke), canvas),
            }
        }
        canvas.text((left + 26.0, middle + 4.0), &name, letters(SMALL, Paint::Text));
    }
    top + legend_height(figure, wide)
}

/// Which panels stand beside each other: their places in the figure, row by row.
fn rows(figure: &Figure, wide: f64) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..figure.panels.len()).collect();
    all.chunks(across(figure, wide)).map(<[usize]>::to_vec).collect()
}

/// Less than this is no panel.
const NARROWEST: f64 = 300.0;

/// How many panels stand beside each other.
fn across(figure: &Figure, wide: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a dozen at most")]
    let room = (wide / NARROWEST) as usize;
    figure.kind.layout().0.min(room).max(1)
}

/// Whether the names of a panel's vertical axis stand at its neighbour already.
fn hides_names(figure: &Figure, row: &[usize], at: usize) -> bool {
    let names = |at: usize| match figure.panels.get(at).map(|p| &p.y.scale) {
        Some(Scale::Names(names)) => Some(names),
        Some(Scale::Linear | Scale::Log | Scale::Time | Scale::Tail) | None => None,
    };
    row.first().is_some_and(|first| *first != at && names(*first).is_some() && names(*first) == names(at))
}

/// Left edges and widths of the panels of a row: those without names get less.
fn columns(figure: &Figure, row: &[usize], wide: f64) -> Vec<(f64, f64)> {
    // The last row may be short: its panels are as wide as those above it.
    let slots = across(figure, wide).min(figure.panels.len()).max(1);
    let room = wide - 2.0 * MARGIN - GAP * (slots - 1) as f64;
    let gutter: f64 = row
        .iter()
        .filter(|at| !hides_names(figure, row, **at))
        .filter_map(|at| figure.panels.get(*at))
        .filter(|p| matches!(p.y.scale, Scale::Names(_)))
        .map(|p| panel::gutter(p, (wide, panel::Names::Shown)))
        .sum();
    let each = (room - gutter) / slots as f64;
    let mut left = MARGIN;
    row.iter()
        .map(|at| {
            let own = figure
                .panels
                .get(*at)
                .filter(|p| matches!(p.y.scale, Scale::Names(_)) && !hides_names(figure, row, *at))
                .map_or(0.0, |p| panel::gutter(p, (wide, panel::Names::Shown)));
            let place = (left, each + own);
            left += each + own + GAP;
            place
        })
        .collect()
}

fn row_height(figure: &Figure, row: &[usize]) -> f64 {
    let panels = row.iter().filter_map(|at| figure.panels.get(*at));
    panels.map(|p| panel_height(figure, p)).fold(0.0, f64::max)
}

/// The height of a panel with its title and axis.
fn panel_height(figure: &Figure, panel: &Panel) -> f64 {
    let names = match &panel.y.scale {
        Scale::Names(names) => names.len().max(1) as f64,
        Scale::Linear | Scale::Log | Scale::Time | Scale::Tail => 0.0,
    };
    let inner = match &panel.marks {
        Marks::Bars(bars) => names * (bars.len() as f64 * 12.0 + 10.0),
        Marks::Boxes(_) | Marks::Cells(_) if names > 0.0 => names * 26.0,
        Marks::Lines(_) | Marks::Boxes(_) | Marks::Cells(_) | Marks::Dots(_) => figure.kind.layout().1,
    };
    inner + panel::above(panel) + panel::below(panel)
}
