//! Generated requests as files of other tools.
//!
//! Start with [`Export`], what there is to write, and [`write`](fn@write), which writes one of them. Scripts for k6 and
//! Locust hold no request: they read the canonical document, [`Export::Json`], which lies beside them.
//!
//! What this module does not do: it opens no file, and it sends nothing. Texts of a log are never trusted: what stands in
//! a URL, a line or a cell is escaped as the format has it.

mod kind;

mod document;

mod lines;

mod har;

mod script;

mod sessions;

mod escape;

pub use kind::{Export, ExportOptions, write};
pub use sessions::peak_sessions;
