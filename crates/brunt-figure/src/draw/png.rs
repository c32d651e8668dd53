//! Pixels.

use super::DrawError;
use super::canvas::{Anchor, Area, At, Canvas, Fill, Letters, Stroke, Weight};
use crate::palette::{Paint, Theme};
use crate::text::{clean, font, width};
use ab_glyph::{Font, FontRef, Glyph, PxScale, point};
use tiny_skia::{
    Color, FillRule, LineJoin, Paint as SkiaPaint, Path, PathBuilder, Pixmap, PremultipliedColorU8, Rect,
    StrokeDash, Transform,
};

/// Pixels for each of the drawing's.
const SCALE: f64 = 2.0;
/// The most pixels of a side: a picture of 16,000 x 16,000 takes a gigabyte.
const MAX_SIDE: u32 = 16_000;

/// A picture that is drawn on.
pub(super) struct Pixels {
    map: Pixmap,
    theme: Theme,
    font: Option<&'static FontRef<'static>>,
}

impl Pixels {
    pub(super) fn new((width, height): At, theme: Theme) -> Result<Self, DrawError> {
        let side = |length: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "held below MAX_SIDE + 1"
            )]
            let pixels = (length * SCALE).ceil().clamp(0.0, f64::from(MAX_SIDE + 1)) as u32;
            pixels
        };
        let (width, height) = (side(width), side(height));
        let too_large = width > MAX_SIDE || height > MAX_SIDE;
        let map = if too_large { None } else { Pixmap::new(width, height) };
        let mut map = map.ok_or(DrawError::Size { width, height })?;
        map.fill(colour(Paint::Background, theme, 1.0));
        Ok(Self { map, theme, font: font() })
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, DrawError> {
        self.map.encode_png().map_err(|e| DrawError::Encode(e.to_string()))
    }

    fn fill_path(&mut self, path: Option<Path>, fill: Fill) {
        if let Some(path) = path {
            let paint = self.paint(fill);
            self.map.fill_path(&path, &paint, FillRule::Winding, scaled(), None);
        }
    }

    fn stroke_path(&mut self, path: Option<Path>, stroke: Stroke) {
        let Some(path) = path else { return };
        let dash = stroke.dash.lengths().and_then(|(ink, gap)| StrokeDash::new(vec![f(ink), f(gap)], 0.0));
        let looks = tiny_skia::Stroke {
            width: f(stroke.width),
            line_join: LineJoin::Round,
            dash,
            ..tiny_skia::Stroke::default()
        };
        let paint = self.paint(Fill::of(stroke.paint));
        self.map.stroke_path(&path, &paint, &looks, scaled(), None);
    }

    fn paint(&self, fill: Fill) -> SkiaPaint<'static> {
        let mut paint = SkiaPaint::default();
        paint.set_color(colour(fill.paint, self.theme, fill.opacity));
        paint
    }

    fn glyph(&mut self, font: &FontRef<'static>, glyph: Glyph, paint: Paint) {
        let Some(outline) = font.outline_glyph(glyph) else { return };
        let bounds = outline.px_bounds();
        let [red, green, blue] = paint.rgb(self.theme);
        let (wide, high) = (self.map.width(), self.map.height());
        outline.draw(|x, y, cover| {
            let at = |offset: f32, more: u32| {
                #[expect(clippy::cast_possible_truncation, reason = "pixels of a picture")]
                let place = offset as i64 + i64::from(more);
                u32::try_from(place).ok()
            };
            let (Some(x), Some(y)) = (at(bounds.min.x, x), at(bounds.min.y, y)) else { return };
            if x >= wide || y >= high || cover <= 0.0 {
                return;
            }
            let place = (y * wide + x) as usize;
            if let Some(pixel) = self.map.pixels_mut().get_mut(place) {
                *pixel = blend(*pixel, [red, green, blue], cover.min(1.0));
            }
        });
    }
}

/// A colour over a pixel that is opaque.
fn blend(under: PremultipliedColorU8, over: [u8; 3], cover: f32) -> PremultipliedColorU8 {
    let mix = |below: u8, above: u8| {
        let mixed = f32::from(below) * (1.0 - cover) + f32::from(above) * cover;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let byte = mixed.round() as u8;
        byte
    };
    let mixed = [mix(under.red(), over[0]), mix(under.green(), over[1]), mix(under.blue(), over[2])];
    PremultipliedColorU8::from_rgba(mixed[0], mixed[1], mixed[2], 255).unwrap_or(under)
}

impl Canvas for Pixels {
    fn begin(&mut self, _name: &str) {}

    fn begin_time(&mut self, _inner: Area, _ends: (f64, f64)) {}

    fn end(&mut self) {}

    fn areas(&mut self, areas: &[Area], fill: Fill) {
        let paint = self.paint(fill);
        for area in areas {
            if let Some(rect) = Rect::from_xywh(f(area.left), f(area.top), f(area.width), f(area.height)) {
                self.map.fill_rect(rect, &paint, scaled(), None);
            }
        }
    }

    fn line(&mut self, points: &[At], stroke: Stroke) {
        self.stroke_path(path(points, Ends::Open), stroke);
    }

    fn surface(&mut self, points: &[At], fill: Fill) {
        self.fill_path(path(points, Ends::Closed), fill);
    }

    fn disc(&mut self, (x, y): At, radius: f64, fill: Fill) {
        self.fill_path(PathBuilder::from_circle(f(x), f(y), f(radius)), fill);
    }

    fn ring(&mut self, (x, y): At, radius: f64, stroke: Stroke) {
        self.stroke_path(PathBuilder::from_circle(f(x), f(y), f(radius)), stroke);
    }

    fn text(&mut self, (x, y): At, text: &str, letters: Letters) {
        let Some(font) = self.font else { return };
        let text = clean(text);
        let left = match letters.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width(&text, letters.size) / 2.0,
            Anchor::End => x - width(&text, letters.size),
        };
        let em = font.units_per_em().unwrap_or(2_048.0);
        // A scale of this library is the height of a line, not of the em.
        let scale = PxScale::from(f(letters.size * SCALE) * font.height_unscaled() / em);
        let strikes: &[f64] = match letters.weight {
            Weight::Plain => &[0.0],
            // One font is enough: bold is the same letter struck twice.
            Weight::Bold => &[0.0, 0.4],
        };
        for shift in strikes {
            let mut pen = (left + shift) * SCALE;
            for c in text.chars() {
                let id = font.glyph_id(c);
                let glyph = id.with_scale_and_position(scale, point(f(pen), f(y * SCALE)));
                self.glyph(font, glyph, letters.paint);
                pen += f64::from(font.h_advance_unscaled(id) / em) * letters.size * SCALE;
            }
        }
    }
}

/// Whether a path returns to its beginning.
#[derive(Clone, Copy)]
enum Ends {
    Open,
    Closed,
}

fn path(points: &[At], ends: Ends) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    builder.move_to(f(first.0), f(first.1));
    for (x, y) in rest {
        builder.line_to(f(*x), f(*y));
    }
    match ends {
        Ends::Open => {}
        Ends::Closed => builder.close(),
    }
    builder.finish()
}

fn colour(paint: Paint, theme: Theme, opacity: f64) -> Color {
    let [red, green, blue] = paint.rgb(theme);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    let alpha = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
    Color::from_rgba8(red, green, blue, alpha)
}

fn scaled() -> Transform {
    Transform::from_scale(f(SCALE), f(SCALE))
}

#[expect(clippy::cast_possible_truncation, reason = "places on a picture")]
const fn f(value: f64) -> f32 {
    value as f32
}
