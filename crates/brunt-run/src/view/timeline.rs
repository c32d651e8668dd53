//! The course of a run in a bounded number of points: every point covers the same number of seconds, and
//! when there are too many points each two become one.

use brunt_metrics::{Nanos, Second, SparseHistogram};

/// The most points of a timeline: 20 minutes at full resolution, and wider than any terminal.
pub const MAX_TIMELINE: usize = 1_200;

/// Some seconds of a run, summed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelinePoint {
    /// The first second that it covers.
    pub from: u64,
    /// How many seconds it covers; the last point of a timeline may cover fewer than the others.
    pub seconds: u64,
    /// Requests that ended.
    pub requests: u64,
    /// Of these, in an error.
    pub errors: u64,
    /// Iterations that schedules asked for.
    pub due: u64,
    /// Iterations begun.
    pub started: u64,
    /// Iterations dropped at the users' cap.
    pub dropped: u64,
    /// Users' time: divided by the point's length, the mean number of users.
    pub user_time: Nanos,
    /// Requests' time in flight: divided by the point's length, the mean number in flight.
    pub in_flight_time: Nanos,
    /// Response times of all requests, in coarser buckets: a quantile is at most 1 % too high.
    pub response: SparseHistogram,
}

impl TimelinePoint {
    fn of(second: &Second) -> Self {
        let mut point = Self {
            from: second.index,
            seconds: 1,
            requests: second.requests(),
            errors: second.errors(),
            in_flight_time: second.in_flight_time,
            ..Self::default()
        };
        for s in &second.scenarios {
            point.due += s.due;
            point.started += s.started;
            point.dropped += s.dropped;
            point.user_time = point.user_time + s.user_time;
        }
        for cell in &second.cells {
            point.response.merge(&coarse(cell.response_times()));
        }
        point
    }

    fn merge(&mut self, next: &Self) {
        self.seconds = next.from + next.seconds - self.from;
        self.requests += next.requests;
        self.errors += next.errors;
        self.due += next.due;
        self.started += next.started;
        self.dropped += next.dropped;
        self.user_time = self.user_time + next.user_time;
        self.in_flight_time = self.in_flight_time + next.in_flight_time;
        self.response.merge(&next.response);
    }

    /// Requests ended per second.
    pub fn request_rate(&self) -> f64 {
        self.per_second(self.requests as f64)
    }

    /// Errors per second.
    pub fn error_rate(&self) -> f64 {
        self.per_second(self.errors as f64)
    }

    /// Iterations due per second.
    pub fn due_rate(&self) -> f64 {
        self.per_second(self.due as f64)
    }

    /// Iterations begun per second.
    pub fn started_rate(&self) -> f64 {
        self.per_second(self.started as f64)
    }

    /// The mean number of users.
    pub fn users(&self) -> f64 {
        self.per_second(self.user_time.as_secs_f64())
    }

    /// The mean number of requests in flight.
    pub fn in_flight(&self) -> f64 {
        self.per_second(self.in_flight_time.as_secs_f64())
    }

    fn per_second(&self, amount: f64) -> f64 {
        amount / self.seconds.max(1) as f64
    }
}

/// All seconds of a run so far, in at most [`MAX_TIMELINE`] points.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    points: Vec<TimelinePoint>,
    /// Seconds in a full point: a power of two.
    step: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { points: Vec::new(), step: 1 }
    }
}

impl Timeline {
    pub(super) fn points(&self) -> &[TimelinePoint] {
        &self.points
    }

    pub(super) fn add(&mut self, second: &Second) {
        self.push(TimelinePoint::of(second));
        while self.points.len() > MAX_TIMELINE {
            self.step *= 2;
            for point in std::mem::take(&mut self.points) {
                self.push(point);
            }
        }
    }

    fn push(&mut self, point: TimelinePoint) {
        match self.points.last_mut() {
            Some(last) if last.from / self.step == point.from / self.step => last.merge(&point),
            Some(_) | None => self.points.push(point),
        }
    }
}

/// The same counts with neighbouring buckets joined into their highest, so that a bucket is at most 1/128
/// wide of its value and a point stays small. Extremes and the sum stay exact.
fn coarse(fine: &SparseHistogram) -> SparseHistogram {
    let mut counts: Vec<(u32, u64)> = Vec::new();
    for &(index, count) in &fine.counts {
        let bits = u32::BITS - index.leading_zeros();
        let joined = index | ((1 << bits.saturating_sub(8).min(3)) - 1);
        match counts.last_mut() {
            Some((last, sum)) if *last == joined => *sum += count,
            Some(_) | None => counts.push((joined, count)),
        }
    }
    SparseHistogram { counts, ..fine.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::Histogram;
    use proptest::prelude::*;

    #[test]
    fn a_run_of_days_stays_bounded_and_loses_nothing() {
        let mut timeline = Timeline::default();
        let days = 3 * 86_400;
        for index in 0..days {
            timeline.add(&Second { index, in_flight_time: Nanos(7), ..Second::default() });
            assert!(timeline.points.len() <= MAX_TIMELINE);
        }
        let points = timeline.points();
        assert!(points.len() > MAX_TIMELINE / 2);
        assert_eq!(points.iter().map(|p| p.in_flight_time.0).sum::<u64>(), 7 * days);
        assert_eq!(points.iter().map(|p| p.seconds).sum::<u64>(), days);
        assert!(points.windows(2).all(|w| w[0].from + w[0].seconds == w[1].from));
    }

    proptest! {
        #[test]
        fn coarse_quantiles_are_at_most_a_percent_high(
            values in prop::collection::vec(1_000_u64..100_000_000_000, 1..200), q in 0.0_f64..=1.0,
        ) {
            let mut fine = Histogram::default();
            for &v in &values {
                fine.record(Nanos(v));
            }
            let rough = coarse(&fine.to_sparse());
            prop_assert_eq!(rough.counts.iter().map(|(_, c)| c).sum::<u64>(), rough.total);
            prop_assert!(rough.counts.windows(2).all(|w| w[0].0 < w[1].0));
            let (truth, got) = (fine.quantile(q).unwrap().0 as f64, rough.quantile(q).unwrap().0 as f64);
            prop_assert!(got >= truth && got <= truth * 1.01 + 1_000.0, "{} for {}", got, truth);
        }
    }
}
