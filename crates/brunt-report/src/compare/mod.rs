//! Comparisons for people and for pull requests: text for a terminal, Markdown, JSON.
//!
//! [`comparison_text`] and [`comparison_markdown`] show one comparison, [`variants_text`] and [`variants_markdown`] the
//! totals of any number of variants in seven columns. All of them are functions of data that `brunt-analysis` made.

mod words;

mod text;

mod markdown;

mod json;

pub use json::comparison_json;
pub use markdown::{comparison_markdown, variants_markdown};
pub use text::{comparison_text, variants_text};
pub use words::metric_figure;
pub(crate) use words::{Primary, cells, design, heads, outcome};
