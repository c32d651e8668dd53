//! What is shown, as snapshots of whole screens.

mod full;

mod runs;

mod screens;

mod streams;
