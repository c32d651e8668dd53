//! SVG as text.

use super::canvas::{Anchor, Area, At, Canvas, Fill, Letters, Stroke, Weight};
use crate::palette::{Paint, Theme, hex};
use crate::text::clean;
use std::fmt::Write as _;

const FONTS: &str = "system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif";

/// An SVG that grows.
pub(super) struct Svg {
    out: String,
    theme: Theme,
}

// Writing to a String cannot fail, so results of `write!` are dropped here.
impl Svg {
    pub(super) fn new((width, height): At, theme: Theme, (title, description): (&str, &str)) -> Self {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" \
             font-family=\"{FONTS}\"><title>{2}</title><desc>{3}</desc>",
            Number(width),
            Number(height),
            escaped(title),
            escaped(description)
        );
        let mut svg = Self { out, theme };
        let all = Area { left: 0.0, top: 0.0, width, height };
        svg.areas(&[all], Fill::of(Paint::Background));
        svg
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    fn filled(&mut self, fill: Fill) {
        let _ = write!(
            self.out,
            " class=\"f-{}\" fill=\"{}\"",
            fill.paint.class(),
            hex(fill.paint.rgb(self.theme))
        );
        if fill.opacity < 1.0 {
            let _ = write!(self.out, " fill-opacity=\"{}\"", fill.opacity);
        }
    }

    fn stroked(&mut self, stroke: Stroke) {
        let _ = write!(
            self.out,
            " class=\"s-{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"",
            stroke.paint.class(),
            hex(stroke.paint.rgb(self.theme)),
            Number(stroke.width)
        );
        if let Some((ink, gap)) = stroke.dash.lengths() {
            let _ = write!(self.out, " stroke-dasharray=\"{ink} {gap}\"");
        }
    }

    fn points(&mut self, points: &[At]) {
        for (i, (x, y)) in points.iter().enumerate() {
            let _ = write!(self.out, "{}{},{}", if i == 0 { "" } else { " " }, Number(*x), Number(*y));
        }
    }
}

impl Canvas for Svg {
    fn begin(&mut self, name: &str) {
        let _ = write!(self.out, "<g><title>{}</title>", escaped(name));
    }

    fn begin_time(&mut self, inner: Area, (low, high): (f64, f64)) {
        let _ = writeln!(
            self.out,
            "<g data-along=\"{} {} {} {} {low} {high}\">",
            Number(inner.left),
            Number(inner.top),
            Number(inner.right()),
            Number(inner.bottom())
        );
    }

    fn end(&mut self) {
        self.out.push_str("</g>\n");
    }

    fn areas(&mut self, areas: &[Area], fill: Fill) {
        if areas.is_empty() {
            return;
        }
        self.out.push_str("<path d=\"");
        for a in areas {
            let (left, top, width, height) =
                (Number(a.left), Number(a.top), Number(a.width), Number(a.height));
            let _ = write!(self.out, "M{left} {top}h{width}v{height}h-{width}z");
        }
        self.out.push('"');
        self.filled(fill);
        self.out.push_str("/>\n");
    }

    fn line(&mut self, points: &[At], stroke: Stroke) {
        self.out.push_str("<polyline points=\"");
        self.points(points);
        self.out.push('"');
        self.stroked(stroke);
        self.out.push_str(" stroke-linejoin=\"round\"/>\n");
    }

    fn surface(&mut self, points: &[At], fill: Fill) {
        self.out.push_str("<polygon points=\"");
        self.points(points);
        self.out.push('"');
        self.filled(fill);
        self.out.push_str("/>\n");
    }

    fn disc(&mut self, (x, y): At, radius: f64, fill: Fill) {
        let _ =
            write!(self.out, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"", Number(x), Number(y), Number(radius));
        self.filled(fill);
        self.out.push_str("/>\n");
    }

    fn ring(&mut self, (x, y): At, radius: f64, stroke: Stroke) {
        let _ =
            write!(self.out, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"", Number(x), Number(y), Number(radius));
        self.stroked(stroke);
        self.out.push_str("/>\n");
    }

    fn text(&mut self, (x, y): At, text: &str, letters: Letters) {
        let _ =
            write!(self.out, "<text x=\"{}\" y=\"{}\" font-size=\"{}\"", Number(x), Number(y), letters.size);
        match letters.anchor {
            Anchor::Start => {}
            Anchor::Middle => self.out.push_str(" text-anchor=\"middle\""),
            Anchor::End => self.out.push_str(" text-anchor=\"end\""),
        }
        if letters.weight == Weight::Bold {
            self.out.push_str(" font-weight=\"600\"");
        }
        self.filled(Fill::of(letters.paint));
        let _ = writeln!(self.out, ">{}</text>", escaped(text));
    }
}

/// A coordinate, to a tenth of a pixel.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0 * 10.0).round() / 10.0;
        // Not "-0".
        write!(f, "{}", tenths + 0.0)
    }
}

/// Text as XML shows it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
