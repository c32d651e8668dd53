//! Histograms that a view adds up for as long as a run lasts, and the statistics it shows of them.

use brunt_metrics::{Histogram, Nanos, SparseHistogram};

/// Distinct buckets up to which a series stays sparse. At this length a sparse histogram costs 4 KB, two
/// pages of a dense one, and adding a second to it stays cheaper than recording: thousands of quiet
/// endpoints stay small, the busy ones become dense.
const SPARSE_BUCKETS: usize = 256;

/// All that was counted of one series: sparse while it is small, dense from then on.
#[derive(Clone, Debug)]
pub(super) enum Accumulator {
    Sparse(SparseHistogram),
    Dense(Box<Histogram>),
}

impl Default for Accumulator {
    fn default() -> Self {
        Self::Sparse(SparseHistogram::default())
    }
}

impl Accumulator {
    pub(super) fn add(&mut self, more: &SparseHistogram) {
        match self {
            Self::Dense(dense) => dense.add(more),
            Self::Sparse(sparse) => {
                sparse.merge(more);
                if sparse.counts.len() > SPARSE_BUCKETS {
                    let mut dense = Histogram::default();
                    dense.add(sparse);
                    *self = Self::Dense(Box::new(dense));
                }
            }
        }
    }

    pub(super) fn add_to(&self, sum: &mut Histogram) {
        match self {
            Self::Sparse(sparse) => sum.add(sparse),
            Self::Dense(dense) => sum.add(&dense.to_sparse()),
        }
    }
}

/// What is shown of a histogram. All durations are `None` when nothing was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyView {
    /// Values counted.
    pub count: u64,
    /// The exact minimum.
    pub min: Option<Nanos>,
    /// The exact mean.
    pub mean: Option<Nanos>,
    /// The standard deviation over bucket values; `None` below two values.
    pub std_dev: Option<Nanos>,
    /// The median.
    pub p50: Option<Nanos>,
    /// The 75th percentile.
    pub p75: Option<Nanos>,
    /// The 90th percentile.
    pub p90: Option<Nanos>,
    /// The 95th percentile.
    pub p95: Option<Nanos>,
    /// The 99th percentile.
    pub p99: Option<Nanos>,
    /// The 99.9th percentile.
    pub p999: Option<Nanos>,
    /// The exact maximum.
    pub max: Option<Nanos>,
}

impl LatencyView {
    /// The statistics of `histogram`.
    pub fn of(histogram: &Histogram) -> Self {
        Self {
            count: histogram.count(),
            min: histogram.min(),
            mean: histogram.mean(),
            std_dev: histogram.std_dev(),
            p50: histogram.quantile(0.50),
            p75: histogram.quantile(0.75),
            p90: histogram.quantile(0.90),
            p95: histogram.quantile(0.95),
            p99: histogram.quantile(0.99),
            p999: histogram.quantile(0.999),
            max: histogram.max(),
        }
    }
}

impl From<&SparseHistogram> for LatencyView {
    fn from(sealed: &SparseHistogram) -> Self {
        let mut dense = Histogram::default();
        dense.add(sealed);
        Self::of(&dense)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accumulator_counts_the_same_sparse_and_dense() {
        let mut accumulator = Accumulator::default();
        let mut truth = Histogram::default();
        for i in 0..2_000_u64 {
            let mut one = Histogram::default();
            one.record(Nanos(i * i * 1_000));
            accumulator.add(&one.to_sparse());
            truth.record(Nanos(i * i * 1_000));
            let mut sum = Histogram::default();
            if i % 100 == 0 {
                accumulator.add_to(&mut sum);
                assert_eq!(sum.to_sparse(), truth.to_sparse(), "{i}");
            }
        }
        assert!(matches!(accumulator, Accumulator::Dense(_)));
    }

    #[test]
    fn nothing_counted_has_no_statistics() {
        assert_eq!(LatencyView::of(&Histogram::default()), LatencyView::default());
    }
}
