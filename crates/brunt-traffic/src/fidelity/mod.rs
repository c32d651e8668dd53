//! How alike two traces are: distances between laws, a trained discriminator, the queue that the traffic would build.
//!
//! Each measure is defined as in the reference implementation of `cargo xtask fidelity` (docs/fidelity.md has the
//! protocol). A number alone says little: what real days reach among themselves is its floor.

mod bits;
mod bursts;
mod copies;
mod discriminator;
mod distance;
mod features;
mod mask;
mod queue;
mod score;
mod trees;

pub use bits::{Bits, Foreseen, OfClass};
pub use bursts::{SCALES, dispersion_curve};
pub use copies::{GAP_EDGES_S, gap_cell};
pub use mask::without_bursts;
pub use queue::{Waits, waits};
pub(crate) use score::by_hour;
pub use score::{STEPS, Score, Scorer};
