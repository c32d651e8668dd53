//! Verdicts: generator health, self-checks and what a run may claim.
