//! Colours, by what they mean.
//!
//! Measured for contrast against their background and for distance under simulated deuteranopia, protanopia and
//! tritanopia; a test holds them to it. Colour is never the only difference: lines have names at their ends or a legend,
//! verdicts a mark and a word.

use crate::Ink;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on nearly black.
    Dark,
}

/// Red, green, blue.
pub(crate) type Rgb = [u8; 3];

/// Steps between the lightest and the darkest shade.
pub(crate) const SHADES: usize = 16;

/// What something is painted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Paint {
    Ink(Ink),
    Text,
    MutedText,
    Grid,
    Background,
    Aside,
    Found,
    Limit,
    /// Of [`SHADES`], 0 is the least.
    Shade(usize),
    /// Text on a shade.
    OnShade(usize),
}

const CATEGORIES: usize = 8;
const LIGHT_CATEGORIES: [u32; CATEGORIES] =
    [0x0b_5fa5, 0xd5_5e00, 0x43_9abf, 0xde_59ff, 0xa6_885b, 0x56_1dbf, 0x73_2855, 0x3d_4000];
const DARK_CATEGORIES: [u32; CATEGORIES] =
    [0x6b_b4ff, 0xff_9d4d, 0x00_8c8c, 0x93_59ff, 0x00_f2aa, 0xf2_da00, 0xa6_7b3a, 0xc6_ff8c];
const LIGHT_HEAT: [u32; 5] = [0xf7_f8fa, 0xbe_d0e8, 0x6e_96c8, 0x30_5a96, 0x0c_2454];
const DARK_HEAT: [u32; 5] = [0x14_1a26, 0x23_3c6e, 0x5a_647d, 0xa5_9664, 0xff_ea6e];

impl Paint {
    /// Its colour.
    pub(crate) fn rgb(self, theme: Theme) -> Rgb {
        let pick = |light: u32, dark: u32| {
            split(match theme {
                Theme::Light => light,
                Theme::Dark => dark,
            })
        };
        match self {
            Self::Ink(ink) => ink_rgb(ink, theme),
            Self::Text => pick(0x16_202c, 0xe8_edf3),
            Self::MutedText => pick(0x56_6273, 0xa3_b0c0),
            Self::Grid => pick(0xdf_e4ea, 0x2a_3340),
            Self::Background => pick(0xff_ffff, 0x0f_141b),
            Self::Aside => pick(0xee_f0f3, 0x1b_222c),
            Self::Found => pick(0xfd_f0d5, 0x3a_2f14),
            Self::Limit => pick(0xb3_261e, 0xff_8a80),
            Self::Shade(step) => shade(step, theme),
            Self::OnShade(step) => {
                let under = shade(step, theme);
                // Of black and white one always has 4.58 or more.
                let (dark, light) = (split(0), split(0xff_ffff));
                if contrast(under, dark) >= contrast(under, light) { dark } else { light }
            }
        }
    }

    /// Its name in a style sheet.
    pub(crate) fn class(self) -> String {
        match self {
            Self::Ink(Ink::P50) => "p50".into(),
            Self::Ink(Ink::P95) => "p95".into(),
            Self::Ink(Ink::P99) => "p99".into(),
            Self::Ink(Ink::Baseline) => "base".into(),
            Self::Ink(Ink::This) => "this".into(),
            Self::Ink(Ink::Category(at)) if at < CATEGORIES => format!("c{at}"),
            Self::Ink(Ink::Category(_) | Ink::Muted) => "muted".into(),
            Self::Ink(Ink::Bad) => "bad".into(),
            Self::Text => "text".into(),
            Self::MutedText => "soft".into(),
            Self::Grid => "grid".into(),
            Self::Background => "ground".into(),
            Self::Aside => "aside".into(),
            Self::Found => "found".into(),
            Self::Limit => "limit".into(),
            Self::Shade(step) => format!("h{step}"),
            Self::OnShade(step) => format!("o{step}"),
        }
    }

    /// All that can be drawn with.
    fn all() -> impl Iterator<Item = Self> {
        let inks = [Ink::P50, Ink::P95, Ink::P99, Ink::Baseline, Ink::This, Ink::Muted, Ink::Bad];
        let inks = inks.into_iter().chain((0..CATEGORIES).map(Ink::Category)).map(Self::Ink);
        let plain = [
            Self::Text,
            Self::MutedText,
            Self::Grid,
            Self::Background,
            Self::Aside,
            Self::Found,
            Self::Limit,
        ];
        inks.chain(plain).chain((0..SHADES).flat_map(|step| [Self::Shade(step), Self::OnShade(step)]))
    }
}

/// A style sheet that gives drawings of one theme the colours of another: the rules' selectors begin with `scope`.
pub fn theme_css(scope: &str, theme: Theme) -> String {
    let rule = |paint: Paint| {
        let (class, colour) = (paint.class(), hex(paint.rgb(theme)));
        format!("{scope} .s-{class}{{stroke:{colour}}}{scope} .f-{class}{{fill:{colour}}}")
    };
    Paint::all().map(rule).collect()
}

fn ink_rgb(ink: Ink, theme: Theme) -> Rgb {
    let (light, dark) = match ink {
        Ink::P50 => (0x5b_93c7, 0x4f_86d9),
        Ink::P95 => (0xb0_521a, 0xff_9d4d),
        Ink::P99 => (0x4a_1248, 0xff_f2c2),
        Ink::Baseline => (0x0b_5fa5, 0x6b_b4ff),
        Ink::This => (0xd5_5e00, 0xff_9d4d),
        Ink::Category(at) => match (LIGHT_CATEGORIES.get(at), DARK_CATEGORIES.get(at)) {
            (Some(light), Some(dark)) => (*light, *dark),
            _ => (0x6b_7686, 0x8d_9aab),
        },
        Ink::Muted => (0x6b_7686, 0x8d_9aab),
        Ink::Bad => (0xb3_261e, 0xff_8a80),
    };
    split(match theme {
        Theme::Light => light,
        Theme::Dark => dark,
    })
}

fn shade(step: usize, theme: Theme) -> Rgb {
    let stops = match theme {
        Theme::Light => LIGHT_HEAT,
        Theme::Dark => DARK_HEAT,
    };
    let along = step.min(SHADES - 1) as f64 / (SHADES - 1) as f64 * (stops.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 3")]
    let at = (along.floor() as usize).min(stops.len() - 2);
    let (from, to) = (split(stops[at]), split(stops[at + 1]));
    let part = along - at as f64;
    std::array::from_fn(|i| {
        let mixed = f64::from(from[i]) * (1.0 - part) + f64::from(to[i]) * part;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let byte = mixed.round() as u8;
        byte
    })
}

const fn split(rgb: u32) -> Rgb {
    let [_, red, green, blue] = rgb.to_be_bytes();
    [red, green, blue]
}

pub(crate) fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The contrast ratio of two colours, 1 to 21: WCAG 2.2, relative luminance of sRGB.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: Rgb) -> f64 {
    let [red, green, blue] = rgb.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn linear(byte: u8) -> f64 {
    let c = f64::from(byte) / 255.0;
    if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

    #[test]
    fn everything_stands_out_from_its_background() {
        for theme in THEMES {
            let ground = Paint::Background.rgb(theme);
            for paint in Paint::all() {
                let least = match paint {
                    Paint::Ink(_) | Paint::Limit => 3.0,
                    Paint::Text | Paint::MutedText => 4.5,
                    Paint::Grid | Paint::Background | Paint::Aside | Paint::Found | Paint::Shade(_) => {
                        continue;
                    }
                    Paint::OnShade(step) => {
                        let ratio = contrast(paint.rgb(theme), shade(step, theme));
                        assert!(ratio >= 4.5, "{step} {theme:?}: {ratio}");
                        continue;
                    }
                };
                let ratio = contrast(paint.rgb(theme), ground);
                assert!(ratio >= least, "{paint:?} {theme:?}: {ratio}");
            }
            for band in [Paint::Aside, Paint::Found] {
                let ratio = contrast(Paint::MutedText.rgb(theme), band.rgb(theme));
                assert!(ratio >= 4.5, "{band:?} {theme:?}: {ratio}");
            }
        }
    }

    #[test]
    fn shades_grow_darker_or_lighter_without_turning() {
        for theme in THEMES {
            let lights: Vec<f64> = (0..SHADES).map(|s| luminance(shade(s, theme))).collect();
            assert!(
                lights.windows(2).all(|w| (w[0] > w[1]) == (theme == Theme::Light)),
                "{theme:?}: {lights:?}"
            );
        }
    }

    /// What a colour looks like to people who lack one kind of cones: Machado, Oliveira and Fernandes (2009), severity 1,
    /// on linear light; and to all others.
    const VISIONS: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    fn lab(rgb: Rgb, vision: &[[f64; 3]; 3]) -> [f64; 3] {
        let light = rgb.map(linear);
        let seen: [f64; 3] =
            std::array::from_fn(|i| (0..3).map(|j| vision[i][j] * light[j]).sum::<f64>().clamp(0.0, 1.0));
        // sRGB to XYZ, white D65 (IEC 61966-2-1), to CIE L*a*b*.
        let xyz = [
            (0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.950_47,
            0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2],
            (0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.088_83,
        ];
        let f = xyz.map(|t| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
        [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])]
    }

    #[test]
    fn colours_that_meet_can_be_told_apart_by_everyone() {
        let sets: [Vec<Ink>; 3] = [
            vec![Ink::P50, Ink::P95, Ink::P99],
            vec![Ink::Baseline, Ink::This],
            (0..CATEGORIES).map(Ink::Category).collect(),
        ];
        for theme in THEMES {
            for set in &sets {
                for (i, a) in set.iter().enumerate() {
                    for b in &set[i + 1..] {
                        for (at, vision) in VISIONS.iter().enumerate() {
                            let (one, other) =
                                (lab(ink_rgb(*a, theme), vision), lab(ink_rgb(*b, theme), vision));
                            let apart =
                                one.iter().zip(other).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
                            assert!(apart >= 18.0, "{a:?} {b:?} {theme:?}, vision {at}: {apart:.1}");
                        }
                    }
                }
            }
        }
    }
}
