//! Latency histograms: dense while recording, sparse once sealed, merged without loss.
//!
//! The layout is that of `HdrHistogram` with 3 significant digits from 1 us to 1 h, bucket for bucket
//! (<https://github.com/HdrHistogram/HdrHistogram>, `AbstractHistogram.java`), so that exports need no
//! conversion. A value is rounded to the nearest microsecond; minimum and maximum are kept exactly, in
//! nanoseconds. Values above 1 h count in the last bucket, with their exact maximum kept.
//!
//! [`Histogram`] holds counts in pages of 256 that are made when first touched: a series whose latencies
//! span two octaves costs about 16 KB and recording allocates nothing once its pages exist.
//! [`SparseHistogram`] holds only what was counted. Neither keeps samples, and neither can forget: merging
//! is addition, so the percentile of a merged histogram is the percentile of the union.

use crate::Nanos;

/// Counters per power of two of the value.
const HALF: u64 = 1024;
const HALF_BITS: u32 = 10;
/// The largest value with a bucket of its own, in microseconds: one hour.
pub const HIGHEST_TRACKABLE_US: u64 = 3_600_000_000;
/// Counters in all: (22 octaves + 1) x 1,024, as `HdrHistogram` computes it for 1 us..1 h and 3 digits.
const BUCKETS: usize = 23 * 1024;
const PAGE: usize = 256;
const PAGES: usize = BUCKETS / PAGE;
/// One bit a page.
type DirtyPages = u128;

/// The bucket of a value in microseconds; values above one hour share the last one's bucket.
#[inline]
pub const fn bucket_index(us: u64) -> usize {
    let v = if us > HIGHEST_TRACKABLE_US { HIGHEST_TRACKABLE_US } else { us };
    let bits = 64 - (v | (2 * HALF - 1)).leading_zeros();
    let shift = bits - (HALF_BITS + 1);
    #[expect(clippy::cast_possible_truncation, reason = "below BUCKETS by construction")]
    let index = (((shift as u64) << HALF_BITS) + (v >> shift)) as usize;
    index
}

/// The lowest and highest value, in microseconds, that a bucket counts.
pub const fn bucket_bounds_us(index: usize) -> (u64, u64) {
    let i = index as u64;
    if i < 2 * HALF {
        return (i, i);
    }
    let shift = (i >> HALF_BITS) - 1;
    let low = ((i & (HALF - 1)) + HALF) << shift;
    (low, low + (1 << shift) - 1)
}

/// The value that stands for a bucket: its highest, as `HdrHistogram` reports it.
const fn bucket_value(index: usize) -> Nanos {
    Nanos(bucket_bounds_us(index).1 * 1_000)
}

/// A histogram that is recorded into. See the module's text for layout, memory and precision.
#[derive(Clone, Debug)]
pub struct Histogram {
    pages: Vec<Option<Box<[u64; PAGE]>>>,
    dirty: DirtyPages,
    total: u64,
    sum_ns: u128,
    min: Nanos,
    max: Nanos,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { pages: Vec::new(), dirty: 0, total: 0, sum_ns: 0, min: Nanos::MAX, max: Nanos::ZERO }
    }
}

impl Histogram {
    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: Nanos) {
        self.add_bucket(bucket_index((value.0 + 500) / 1_000), 1);
        self.sum_ns += u128::from(value.0);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    #[inline]
    fn add_bucket(&mut self, index: usize, count: u64) {
        let page = index / PAGE;
        if self.dirty & (1 << page) == 0 {
            self.touch(page);
        }
        if let Some(counts) = self.pages[page].as_mut() {
            counts[index % PAGE] += count;
        }
        self.total += count;
    }

    #[cold]
    fn touch(&mut self, page: usize) {
        if self.pages.is_empty() {
            self.pages.resize_with(PAGES, || None);
        }
        self.pages[page].get_or_insert_with(|| Box::new([0; PAGE]));
        self.dirty |= 1 << page;
    }

    /// Adds all that a sealed histogram counted.
    pub fn add(&mut self, other: &SparseHistogram) {
        for &(index, count) in &other.counts {
            self.add_bucket((index as usize).min(BUCKETS - 1), count);
        }
        self.sum_ns += other.sum_ns;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Takes out all that was counted, leaving an empty histogram that keeps its pages.
    pub fn drain(&mut self) -> SparseHistogram {
        let sealed = self.to_sparse();
        let mut dirty = self.dirty;
        while dirty != 0 {
            let page = dirty.trailing_zeros() as usize;
            dirty &= dirty - 1;
            if let Some(counts) = self.pages[page].as_mut() {
                counts.fill(0);
            }
        }
        self.dirty = 0;
        self.total = 0;
        self.sum_ns = 0;
        self.min = Nanos::MAX;
        self.max = Nanos::ZERO;
        sealed
    }

    /// A sealed copy.
    pub fn to_sparse(&self) -> SparseHistogram {
        #[expect(clippy::cast_possible_truncation, reason = "an index is below BUCKETS, 23,552")]
        let counts = self.buckets().map(|(index, count)| (index as u32, count)).collect();
        SparseHistogram { counts, total: self.total, sum_ns: self.sum_ns, min: self.min, max: self.max }
    }

    fn buckets(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let dirty = self.dirty;
        self.pages
            .iter()
            .enumerate()
            .filter(move |(p, _)| dirty & (1 << p) != 0)
            .filter_map(|(p, page)| page.as_ref().map(|counts| (p, counts)))
            .flat_map(|(p, counts)| {
                counts.iter().enumerate().filter(|(_, c)| **c > 0).map(move |(i, c)| (p * PAGE + i, *c))
            })
    }

    /// Values counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The value at quantile `q` in 0..=1; `None` when nothing was counted. Never above the exact maximum.
    pub fn quantile(&self, q: f64) -> Option<Nanos> {
        quantile(self.buckets(), &self.extent(), q)
    }

    /// The exact minimum, or `None`.
    pub fn min(&self) -> Option<Nanos> {
        (self.total > 0).then_some(self.min)
    }

    /// The exact maximum, or `None`.
    pub fn max(&self) -> Option<Nanos> {
        (self.total > 0).then_some(self.max)
    }

    /// The exact mean, or `None`.
    pub fn mean(&self) -> Option<Nanos> {
        mean(self.sum_ns, self.total)
    }

    /// The standard deviation over bucket values, or `None` below two values. Population form (divides by n).
    pub fn std_dev(&self) -> Option<Nanos> {
        let mean = self.mean()?.0 as f64;
        if self.total < 2 {
            return None;
        }
        let squares: f64 =
            self.buckets().map(|(i, c)| (bucket_value(i).0 as f64 - mean).powi(2) * c as f64).sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a root is not negative")]
        let deviation = (squares / self.total as f64).sqrt().round() as u64;
        Some(Nanos(deviation))
    }

    fn extent(&self) -> Extent {
        Extent { total: self.total, min: self.min, max: self.max }
    }
}

/// A sealed histogram: what was counted, in ascending order of bucket, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparseHistogram {
    /// `(bucket, count)`, ascending by bucket, every count above 0.
    pub counts: Vec<(u32, u64)>,
    /// The sum of all counts.
    pub total: u64,
    /// The exact sum of all values, in nanoseconds.
    pub sum_ns: u128,
    /// The exact minimum; [`Nanos::MAX`] when empty.
    pub min: Nanos,
    /// The exact maximum; 0 when empty.
    pub max: Nanos,
}

impl Default for SparseHistogram {
    fn default() -> Self {
        Self { counts: Vec::new(), total: 0, sum_ns: 0, min: Nanos::MAX, max: Nanos::ZERO }
    }
}

impl SparseHistogram {
    /// Adds `other`. Associative and commutative; the default value changes nothing.
    pub fn merge(&mut self, other: &Self) {
        if !other.counts.is_empty() {
            self.counts = merged_counts(&self.counts, &other.counts);
        }
        self.total += other.total;
        self.sum_ns += other.sum_ns;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The value at quantile `q` in 0..=1; `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<Nanos> {
        let extent = Extent { total: self.total, min: self.min, max: self.max };
        quantile(self.counts.iter().map(|&(i, c)| (i as usize, c)), &extent, q)
    }

    /// How many values lie above `limit`, to the precision of a bucket: one that holds the limit counts as below.
    pub fn count_above(&self, limit: Nanos) -> u64 {
        let above = |index: u32| bucket_bounds_us(index as usize).0 > limit.0 / 1_000;
        self.counts.iter().filter(|(index, _)| above(*index)).map(|(_, count)| count).sum()
    }

    /// The exact mean, or `None` when empty.
    pub fn mean(&self) -> Option<Nanos> {
        mean(self.sum_ns, self.total)
    }
}

fn merged_counts(a: &[(u32, u64)], b: &[(u32, u64)]) -> Vec<(u32, u64)> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while let (Some(&(ia, ca)), Some(&(ib, cb))) = (a.get(i), b.get(j)) {
        if ia <= ib {
            out.push((ia, if ia == ib { ca + cb } else { ca }));
            i += 1;
            j += usize::from(ia == ib);
        } else {
            out.push((ib, cb));
            j += 1;
        }
    }
    out.extend_from_slice(&a[i..]);
    out.extend_from_slice(&b[j..]);
    out
}

struct Extent {
    total: u64,
    min: Nanos,
    max: Nanos,
}

/// The nearest-rank quantile: the value of the bucket that holds the element of rank `ceil(q * n)`, held
/// between the exact extremes. Rank as in Hyndman & Fan (1996), definition 1.
fn quantile(buckets: impl Iterator<Item = (usize, u64)>, extent: &Extent, q: f64) -> Option<Nanos> {
    if extent.total == 0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= q <= 1 after clamp")]
    let rank = ((q.clamp(0.0, 1.0) * extent.total as f64).ceil() as u64).clamp(1, extent.total);
    if rank == extent.total {
        return Some(extent.max);
    }
    let mut seen = 0;
    for (index, count) in buckets {
        seen += count;
        if seen >= rank {
            return Some(bucket_value(index).clamp(extent.min, extent.max));
        }
    }
    Some(extent.max)
}

fn mean(sum_ns: u128, total: u64) -> Option<Nanos> {
    let mean = sum_ns.checked_div(u128::from(total))?;
    Some(Nanos(u64::try_from(mean).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(values: &[u64]) -> Histogram {
        let mut h = Histogram::default();
        for &v in values {
            h.record(Nanos(v));
        }
        h
    }

    #[test]
    fn layout_is_that_of_hdrhistogram() {
        let reference = hdrhistogram::Histogram::<u64>::new_with_bounds(1, HIGHEST_TRACKABLE_US, 3).unwrap();
        assert_eq!(reference.distinct_values(), BUCKETS);
        let mut us = 0_u64;
        while us <= HIGHEST_TRACKABLE_US {
            let (low, high) = bucket_bounds_us(bucket_index(us));
            assert_eq!(
                (low, high),
                (reference.lowest_equivalent(us), reference.highest_equivalent(us)),
                "{us}"
            );
            us += 1 + us / 1_500;
        }
    }

    #[test]
    fn empty_has_no_statistics() {
        let h = Histogram::default();
        assert_eq!(
            (h.quantile(0.5), h.min(), h.max(), h.mean(), h.std_dev()),
            (None, None, None, None, None)
        );
    }

    #[test]
    fn a_known_list() {
        let h = histogram(&[1_000_000, 2_000_000, 3_000_000, 4_000_000]);
        assert_eq!(h.quantile(0.5), Some(Nanos(2_000_000)));
        assert_eq!(h.quantile(0.75).unwrap().0 / 10_000, 300);
        assert_eq!(h.quantile(1.0), Some(Nanos(4_000_000)));
        assert_eq!(h.mean(), Some(Nanos(2_500_000)));
        assert_eq!(h.std_dev().unwrap().0 / 10_000, 111);
    }

    #[test]
    fn values_above_a_limit_are_counted() {
        let h = histogram(&[900_000, 1_000_000, 1_001_000, 5_000_000, 5_000_000]).to_sparse();
        for (limit, above) in [(0, 5), (1_000_000, 3), (4_000_000, 2), (9_000_000, 0)] {
            assert_eq!(h.count_above(Nanos(limit)), above, "{limit}");
        }
    }

    #[test]
    fn above_an_hour_keeps_the_exact_maximum() {
        let h = histogram(&[7_200_000_000_000, 1_000]);
        assert_eq!(h.max(), Some(Nanos(7_200_000_000_000)));
        assert_eq!(h.quantile(1.0), h.max());
        assert_eq!(h.count(), 2);
    }

    proptest! {
        #[test]
        fn quantiles_agree_with_a_sorted_list(
            mut values in prop::collection::vec(0_u64..10_000_000_000, 1..300), q in 0.0_f64..=1.0,
        ) {
            let h = histogram(&values);
            values.sort_unstable();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= q <= 1")]
            let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let (truth, got) = (values[rank - 1] as f64, h.quantile(q).unwrap().0 as f64);
            prop_assert!((got - truth).abs() <= truth * 0.001 + 1_000.0, "{got} for {truth}");
            prop_assert!(h.quantile(q) <= h.max() && h.quantile(q) >= h.min());
        }

        #[test]
        fn merge_is_the_union_in_any_order(
            a in prop::collection::vec(0_u64..5_000_000_000_000, 0..60),
            b in prop::collection::vec(0_u64..5_000_000_000, 0..60),
            c in prop::collection::vec(0_u64..5_000_000, 0..60),
        ) {
            let sealed = |v: &[u64]| histogram(v).to_sparse();
            let union = sealed(&[a.clone(), b.clone(), c.clone()].concat());
            let mut left = sealed(&a);
            left.merge(&sealed(&b));
            left.merge(&sealed(&c));
            let mut right = sealed(&c);
            right.merge(&sealed(&b));
            right.merge(&sealed(&a));
            let mut dense = Histogram::default();
            for part in [&a, &b, &c] {
                dense.add(&sealed(part));
            }
            prop_assert_eq!(&left, &union);
            prop_assert_eq!(&right, &union);
            prop_assert_eq!(&dense.drain(), &union);
            prop_assert_eq!(dense.drain(), SparseHistogram::default());
        }
    }
}
