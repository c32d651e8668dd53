//! Units, samples, outcomes, histograms and the per-second store: the vocabulary of brunt.
//!
//! Everything that is measured is said in these types, from the worker that records a request to the
//! report that draws it. The path through the crate is the path of a measurement:
//!
//! 1. a request ends and becomes a [`Sample`] (plain, `Copy`, three instants);
//! 2. the worker records it into its own [`Shard`]: no lock, no channel, no allocation once warm;
//! 3. once a second the shard is sealed into a [`Second`]: counters and two sparse histograms per series,
//!    what stands aside of the requests ([`EndpointKind`]), and tallies;
//! 4. seconds are merged with [`Second::merge`]: over workers, over machines and over time, the same sum.
//!
//! This crate knows nothing of HTTP, files, clocks or async: instants come in as [`Nanos`] of run time.

mod units;

mod outcome;

mod sample;

mod histogram;

mod second;

mod tally;

mod shard;

pub use histogram::{HIGHEST_TRACKABLE_US, Histogram, SparseHistogram, bucket_bounds_us, bucket_index};
pub use outcome::{ErrorKind, Outcome, Phase, Status};
pub use sample::{CheckId, EndpointId, EndpointKind, Part, Parts, Sample, ScenarioId, TallyId};
pub use second::{CellKey, CellSecond, CheckSecond, PartSum, ScenarioSecond, Second, WorkerSecond};
pub use shard::Shard;
pub use tally::{MAX_TALLY_VALUE, MAX_TALLY_VALUES, TALLY_EMPTY, TALLY_OTHER, TallySecond};
pub use units::Nanos;
