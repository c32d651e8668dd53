//! What is shown, as snapshots of whole screens.

mod runs;

mod screens;

mod streams;
