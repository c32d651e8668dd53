//! Statistics of plain numbers: what comparison, findings, capacity search and objectives are made of.
//!
//! Pure functions: no run, no clock, no randomness. Each names its source and defines its symbols. Where a figure does not
//! exist (the variance of one value) the answer is `None`. Nothing here decides what is good or bad.
//!
//! Most of it takes values to be independent. Seconds of a run are not: their neighbours resemble each other. Start
//! with [`batches`], which makes values that nearly are, or with [`Estimate::of_mean`], which takes what remains into account.

mod distribution;

mod describe;

mod serial;

mod interval;

mod samples;

mod multiple;

mod trend;

mod periodic;

mod change;

mod sequential;

pub use change::{Anomaly, AnomalyRule, ChangePoint, ChangeRule, anomalies, change_points};
pub use describe::{Z_PER_MAD, mad, mean, median, quantile, robust_z, std_dev, variance};
pub use distribution::{
    beta_cdf, beta_quantile, binomial_cdf, chi_square_upper, normal_cdf, normal_quantile, t_cdf, t_quantile,
};
pub use interval::{Estimate, Interval, clopper_pearson, detectable, prediction, wilson};
pub use multiple::{benjamini_hochberg, holm};
pub use periodic::{Periodicity, rayleigh};
pub use samples::{ChiSquare, MAX_ARRANGEMENTS, chi_square_counts, permutation, welch};
pub use sequential::{ErrorWatch, LatencyWatch, Tally};
pub use serial::{
    Batches, CAUTION, MAX_AUTOCORRELATION, MIN_BATCHES, TARGET_AUTOCORRELATION, batches, inflation, lag1,
};
pub use trend::{MonotoneTrend, Slope, mann_kendall, theil_sen};
