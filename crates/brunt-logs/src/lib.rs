//! Access logs, line by line, as the requests that they tell of.
//!
//! Start with [`Log`], which reads [`Entry`] after [`Entry`] from anything that can be read, in memory that does not
//! grow with the log, in the [`Format`] that its first lines are recognised by. A packed log is unpacked by [`open`]. A line that is not understood is counted, its first examples are kept, and reading goes on.
//!
//! What this crate does not do: it opens no file, and it does not know what is made of requests.

mod clf;
mod entry;
mod format;
mod lines;
mod log;
mod number;
mod open;
mod row;
mod time;

pub use entry::{Entry, Malformed};
pub use format::Format;
pub use log::{Log, LogError, Skipped};
pub use open::{Opened, Packing, open};
