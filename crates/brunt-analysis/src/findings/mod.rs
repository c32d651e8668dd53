//! What a run shows about its target: claims with evidence, ranked by what they cost users.
//!
//! [`findings`] is a pure function of a [`Course`] and of [`Rules`]. It holds what can be seen from the outside, second
//! by second; what cannot be told from that is left out or said to be a limit, and never guessed.
//!
//! Start with [`findings`], then [`Finding`].

mod finding;

mod rules;

pub use finding::{Confidence, Cost, Evidence, Figure, Finding, Number, Seconds, Severity};
pub use rules::Rules;

use crate::Course;

/// What the run shows, the most expensive first; generator limits before all else, and findings that are part of
/// another one after those that are not.
///
/// If the generator was the limit, all that is said about the target is marked as not reliable.
pub fn findings(_course: &Course, _rules: &Rules) -> Vec<Finding> {
    Vec::new()
}
