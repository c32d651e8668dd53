//! What a drawing is made of.

use crate::palette::Paint;

/// A point in pixels from the upper left corner.
pub(super) type At = (f64, f64);

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) const fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) const fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// A line's looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) paint: Paint,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

/// Whether a line has gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dash {
    None,
    Long,
}

impl Dash {
    /// Lengths of ink and of gap, in pixels.
    pub(super) const fn lengths(self) -> Option<(f64, f64)> {
        match self {
            Self::None => None,
            Self::Long => Some((6.0, 4.0)),
        }
    }
}

/// A surface's looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fill {
    pub(super) paint: Paint,
    /// 0 to 1.
    pub(super) opacity: f64,
}

impl Fill {
    pub(super) const fn of(paint: Paint) -> Self {
        Self { paint, opacity: 1.0 }
    }
}

/// A text's looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Letters {
    pub(super) size: f64,
    pub(super) paint: Paint,
    pub(super) anchor: Anchor,
    pub(super) weight: Weight,
}

/// Which part of a text its point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    Bold,
}

/// Something that can be drawn on.
pub(super) trait Canvas {
    /// What is drawn until [`Canvas::end`] belongs together, and has this name.
    fn begin(&mut self, name: &str);

    /// What is drawn until [`Canvas::end`] has its places along time, whose ends are given in seconds.
    fn begin_time(&mut self, inner: Area, ends: (f64, f64));

    /// Ends what was begun last.
    fn end(&mut self);

    /// Rectangles of one colour.
    fn areas(&mut self, areas: &[Area], fill: Fill);

    /// A line through points.
    fn line(&mut self, points: &[At], stroke: Stroke);

    /// What lies within points.
    fn surface(&mut self, points: &[At], fill: Fill);

    /// A disc.
    fn disc(&mut self, at: At, radius: f64, fill: Fill);

    /// A circle.
    fn ring(&mut self, at: At, radius: f64, stroke: Stroke);

    /// A text; `at` is on its base line.
    fn text(&mut self, at: At, text: &str, letters: Letters);
}
