//! Deterministic random numbers that are a function of *which* number is asked for, not of who asked first.
//!
//! Requests arrive in an order that no test controls, so a generator with a state would give other numbers in each
//! run. Here the draw is a hash of (seed, stream, number, purpose): request 17 of a route always gets the same latency.
//! Not for secrets.

/// A source of draws for one request: a point in the space of all draws of one seed.
///
/// Two draws with a different [`Purpose`] are independent; the same purpose gives the same value again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Draws {
    key: u64,
}

/// What a draw is for. Each purpose has its own, independent value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The first uniform behind a latency.
    Latency = 1,
    /// The second uniform behind a latency (a normal needs two).
    LatencyPair = 2,
    /// Whether the request fails.
    Failure = 3,
    /// How large the payload is.
    PayloadSize = 4,
    /// The identifier of a session.
    Session = 5,
}

impl Draws {
    /// The draws of request `number` (from 0) of the stream `stream` (a route, say) under `seed`.
    pub(crate) fn new(seed: u64, stream: u64, number: u64) -> Self {
        let key = mix(mix(mix(seed) ^ stream) ^ number);
        Self { key }
    }

    /// 64 random bits.
    pub(crate) fn bits(self, purpose: Purpose) -> u64 {
        mix(self.key ^ (purpose as u64).wrapping_mul(GOLDEN))
    }

    /// A uniform number in the open interval (0, 1): neither end can come out, so `ln` of it is finite.
    pub(crate) fn uniform(self, purpose: Purpose) -> f64 {
        // 53 bits is what an f64 holds; the half step keeps it off 0 and off 1.
        ((self.bits(purpose) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// A standard normal number (mean 0, standard deviation 1), by Box and Muller (1958).
    pub(crate) fn normal(self) -> f64 {
        let radius = (-2.0 * self.uniform(Purpose::Latency).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform(Purpose::LatencyPair)).cos()
    }
}

/// 2^64 divided by the golden ratio, the increment of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_gives_the_published_sequence() {
        // First output of SplitMix64 seeded with 0, as in the reference implementation (prng.di.unimi.it).
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn a_draw_depends_on_its_place_only() {
        let draws = Draws::new(7, 3, 41);
        assert_eq!(draws.bits(Purpose::Failure), Draws::new(7, 3, 41).bits(Purpose::Failure));
        for other in [Draws::new(8, 3, 41), Draws::new(7, 4, 41), Draws::new(7, 3, 42)] {
            assert_ne!(draws.bits(Purpose::Failure), other.bits(Purpose::Failure));
        }
        assert_ne!(draws.bits(Purpose::Failure), draws.bits(Purpose::Latency));
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let count = 100_000;
        let (mut uniform, mut normal, mut square) = (0.0, 0.0, 0.0);
        for number in 0..count {
            let draws = Draws::new(1, 0, number);
            uniform += draws.uniform(Purpose::Failure);
            let z = draws.normal();
            normal += z;
            square += z * z;
        }
        let n = count as f64;
        // Five standard errors: 1/sqrt(12 n) for the uniform mean, 1/sqrt(n) and sqrt(2/n) for the normal's moments.
        assert!((uniform / n - 0.5).abs() < 5.0 / (12.0 * n).sqrt());
        assert!((normal / n).abs() < 5.0 / n.sqrt());
        assert!((square / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
    }
}
