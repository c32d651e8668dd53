//! The full-screen view: charts, endpoints, and keys that steer the run.
//!
//! Three parts, of which the first two are pure. [`Picture`] is what is known of the run, taken once a second from its view; [`State`] is what
//! somebody looks at, and turns keys into [`Wish`]es; [`FullTerminal`] is the screen: the alternate one only, given back at every end,
//! a panic included. Nothing of a request ever waits for it: it reads what the seconds were merged to, and draws when a second or a
//! key has come.

mod draw;
mod picture;
mod state;
mod terminal;

pub use draw::draw;
pub use picture::Picture;
pub use state::{Key, Load, State, Wish};
pub use terminal::FullTerminal;
