//! Whether the load leads to the same answer: the same server is fed with both, and waits are compared.

use super::distance::quantile;
use crate::random::Random;
use crate::trace::Stretch;

/// How long requests wait at one server that takes them in order, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Waits {
    /// Half wait no longer.
    pub p50_s: f64,
    /// 95 % wait no longer.
    pub p95_s: f64,
    /// 99 % wait no longer.
    pub p99_s: f64,
    /// The longest.
    pub max_s: f64,
}

/// Waits at a server with exponential service times of `service_s` on average (Lindley's recursion, 1952); within whole seconds
/// arrivals are spread evenly at random. `random` decides service times and spread.
pub fn waits(at_ms: &[i64], observed: &[Stretch], service_s: f64, random: &mut Random) -> Waits {
    let mut all = Vec::with_capacity(at_ms.len());
    for stretch in observed {
        let rows =
            at_ms.partition_point(|t| *t < stretch.from_ms)..at_ms.partition_point(|t| *t < stretch.to_ms);
        let mut arrivals: Vec<f64> =
            at_ms[rows].iter().map(|t| t.div_euclid(1_000) as f64 + random.unit()).collect();
        arrivals.sort_unstable_by(f64::total_cmp);
        let (mut wait, mut before): (f64, Option<(f64, f64)>) = (0.0, None);
        for at in arrivals {
            if let Some((last, service)) = before {
                wait = (wait + service - (at - last)).max(0.0_f64);
            }
            all.push(wait);
            before = Some((at, random.exponential(service_s)));
        }
    }
    all.sort_unstable_by(f64::total_cmp);
    Waits {
        p50_s: quantile(&all, 0.5),
        p95_s: quantile(&all, 0.95),
        p99_s: quantile(&all, 0.99),
        max_s: all.last().copied().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::waits;
    use crate::random::Random;
    use crate::trace::Stretch;

    #[test]
    fn a_poisson_stream_waits_as_theory_says() {
        // M/M/1 at a load of 1/2: mean wait = rho/(1-rho) * service, P(wait > t) = rho exp(-(1-rho) t / service).
        let mut random = Random::new(&[7]);
        let mut at = 0.0;
        let arrivals: Vec<i64> = (0..400_000)
            .map(|_| {
                at += random.exponential(2.0);
                #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a week")]
                let ms = (at * 1_000.0) as i64;
                ms
            })
            .collect();
        let all = [Stretch { from_ms: 0, to_ms: arrivals[arrivals.len() - 1] + 1 }];
        let seen = waits(&arrivals, &all, 1.0, &mut random);
        let wanted = |share: f64| 2.0 * (0.5 / (1.0 - share)).ln();
        assert!((seen.p95_s / wanted(0.95) - 1.0).abs() < 0.1, "{seen:?}");
        assert!((seen.p99_s / wanted(0.99) - 1.0).abs() < 0.15, "{seen:?}");
    }
}
