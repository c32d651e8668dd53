//! What must be measured is known: the simulator must report it exactly.
