//! The page and its modules, in the binary. All of them are of this repository: nothing is loaded from elsewhere.

use brunt_figure::{Theme, theme_css};

/// A file of the page.
pub(crate) struct Asset {
    pub(crate) path: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! script {
    ($name:literal) => {
        Asset {
            path: concat!("/assets/", $name),
            kind: SCRIPT,
            text: include_str!(concat!("../assets/", $name)),
        }
    };
}

/// The page, by the paths under which it is asked for.
pub(crate) const ASSETS: &[Asset] = &[
    Asset { path: "/", kind: "text/html; charset=utf-8", text: include_str!("../assets/index.html") },
    Asset {
        path: "/assets/style.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("../assets/style.css"),
    },
    script!("app.js"),
    script!("chart.js"),
    script!("client.js"),
    script!("dom.js"),
    script!("figures.js"),
    script!("format.js"),
    script!("marks.js"),
    script!("scales.js"),
    script!("tables.js"),
    script!("test.js"),
    script!("overview.js"),
    script!("details.js"),
    script!("history.js"),
    Asset { path: "/assets/icon.svg", kind: "image/svg+xml", text: include_str!("../assets/icon.svg") },
];

/// What the page may do: its own modules, its own style sheet, its own server.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the colours of charts are asked for.
pub(crate) const COLOURS: &str = "/assets/figure.css";

/// The colours of charts, light and dark: the measured palettes of the static drawings.
pub(crate) fn colours() -> String {
    let (light, dark) =
        (theme_css("figure", Theme::Light), theme_css(":root:not([data-theme=light]) figure", Theme::Dark));
    let chosen = theme_css(":root[data-theme=dark] figure", Theme::Dark);
    format!("{light}@media (prefers-color-scheme:dark){{{dark}}}{chosen}")
}
