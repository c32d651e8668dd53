//! The rules file: limits of the detectors, texts, and a team's own rules.

/// What detectors go by, and what they say.
#[derive(Clone, Debug, Default)]
pub struct Rules {}
