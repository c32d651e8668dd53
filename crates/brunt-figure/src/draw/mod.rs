//! Figures as drawings: SVG text, and pixels.
//!
//! A drawing is laid out once, in pixels, on a canvas of which there are two. An SVG is complete without style sheets
//! (presentation attributes), and has classes by which a page can give it the colours of its theme. Text is measured with
//! the font that pixels are drawn in, so that nothing runs over.

mod canvas;

mod layout;

mod panel;

mod marks;

mod png;

mod svg;

use crate::Figure;
use crate::palette::Theme;

/// How a figure is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// The width, in pixels.
    pub width: f64,
    /// Light or dark.
    pub theme: Theme,
    /// Whether the figure's words are part of the drawing.
    pub frame: Frame,
}

/// Whether a figure's words are part of its drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Title, what it says, how it is read: the drawing stands alone.
    Whole,
    /// Only the panels and their legend: a page has the words.
    Bare,
}

/// The width of drawings unless asked otherwise.
pub const WIDTH: f64 = 960.0;

/// The narrowest and widest that a drawing can be.
pub const WIDTHS: (f64, f64) = (320.0, 4_000.0);

impl Default for Look {
    fn default() -> Self {
        Self { width: WIDTH, theme: Theme::Light, frame: Frame::Whole }
    }
}

/// Why pixels cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The picture would be empty or too large.
    #[error("a picture of {width} x {height} pixels cannot be made")]
    Size {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The pixels cannot be written as PNG.
    #[error("the picture cannot be written as PNG: {0}")]
    Encode(String),
}

/// A figure as SVG.
pub fn svg(figure: &Figure, look: &Look) -> String {
    let look = held(look);
    let height = layout::height(figure, &look);
    let mut canvas = svg::Svg::new((look.width, height), look.theme, (&figure.title, &figure.how_to_read));
    layout::draw(figure, &look, &mut canvas);
    canvas.finish()
}

/// A figure as PNG, two pixels for each of the look's.
///
/// # Errors
///
/// [`DrawError`] where the picture is too large.
pub fn png(figure: &Figure, look: &Look) -> Result<Vec<u8>, DrawError> {
    let look = held(look);
    let height = layout::height(figure, &look);
    let mut canvas = png::Pixels::new((look.width, height), look.theme)?;
    layout::draw(figure, &look, &mut canvas);
    canvas.finish()
}

fn held(look: &Look) -> Look {
    Look { width: look.width.clamp(WIDTHS.0, WIDTHS.1), ..*look }
}
