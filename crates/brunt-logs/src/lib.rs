//! Access logs, line by line, as the requests that they tell of.
//!
//! Start with [`Log`], which reads [`Entry`] after [`Entry`] from anything that can be read, in memory that does not
//! grow with the log, in the [`Format`] that its first lines are recognised by. A packed log is unpacked by [`open`]. A line that is not understood is counted, its first examples are kept, and reading goes on.
//!
//! What this crate does not do: it opens no file, and it does not know what is made of requests.

mod alb;
mod clf;
mod document;
mod entry;
mod format;
mod har;
mod json;
mod lines;
mod log;
mod names;
mod number;
mod open;
mod pattern;
mod row;
mod table;
mod time;
mod told;
mod w3c;

pub use entry::{Entry, Malformed};
pub use format::Format;
pub use log::{Log, LogError, Skipped};
pub use open::{Opened, Packing, open};
pub use pattern::FormatError;
