//! The terminal view of a run, live or replayed.
//!
//! What is shown is made by pure functions of a [`RunView`](brunt_run::RunView): the same for a run that is
//! under way and for a record. They read no environment, no clock and no terminal: the caller says how wide
//! the screen is and which [`Style`] it can take.
//!
//! * [`frame`]: the live block, redrawn in place on a terminal;
//! * [`plain_line`], paced by [`PlainPace`]: one line now and then, where there is no terminal;
//! * [`json_tick`] and [`json_summary`]: the same for programs;
//! * [`summary`]: the final tables.
//!
//! [`LiveTerminal`] writes to whatever it is given, without raw mode and alternate screen: Ctrl-C, scroll-back and copying work as
//! ever. [`FullTerminal`], with both, is there when it is asked for: `full/`.
//!
//! Text that comes from outside (names, error messages) is never passed on as control codes, and no line is
//! ever wider than asked for.

mod style;

mod text;

mod frame;

mod plain;

mod json;

mod table;

mod summary;

mod live;

mod objectives;

mod resources;

mod full;

pub use frame::frame;
pub use full::{FullTerminal, Key, Load, Picture, State, Wish, draw};
pub use json::{JSON_VERSION, json_summary, json_tick};
pub use live::{LiveTerminal, ScreenSize};
pub use plain::{PLAIN_INTERVAL, PlainPace, plain_line};
pub use style::Style;
pub use summary::{MAX_ROWS, summary};
