//! Mean response times of three kinds of target, as functions of the load: what limits tell themselves apart by.
//!
//! Formulas: Erlang C for open load (Kleinrock 1975, 3.5), scaled by `g` for how irregular arrivals and work are
//! (Allen-Cunneen: `(ca^2 + cs^2)/2`); for users in a closed loop, the birth-death chain of the finite source
//! (machine repair) model. None of them is exact for work that is not exponential; they are here to tell a shared
//! section from a pool, whose curves differ long before the limit.

/// What may limit a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    /// So many requests are worked on at a time, each for the whole of its time.
    Pool,
    /// Requests pass one after another through a part of their work.
    Serial,
}

/// The mean number of servers that are needed: Erlang's formula in its recursion, interpolated for a broken number.
fn erlang_c(servers: f64, offered: f64) -> f64 {
    let whole = |k: f64| {
        let mut blocked = 1.0;
        let mut n = 1.0;
        while n <= k {
            blocked = offered * blocked / (n + offered * blocked);
            n += 1.0;
        }
        let busy = (offered / k).min(0.999_999);
        blocked / (1.0 - busy * (1.0 - blocked))
    };
    let below = servers.floor().max(1.0);
    let part = (servers - below).clamp(0.0, 1.0);
    whole(below) * (1.0 - part) + whole(below + 1.0) * part
}

/// The mean wait at `rate` (a second) of a target that does `capacity` a second, each for `work` seconds, at `g`.
pub(super) fn open_wait(limit: Limit, (rate, capacity): (f64, f64), work: f64, g: f64) -> f64 {
    let busy = (rate / capacity).min(0.999);
    match limit {
        Limit::Serial => g * busy / (1.0 - busy) / capacity,
        Limit::Pool => {
            let servers = (capacity * work).max(1.0);
            g * erlang_c(servers, servers * busy) / (capacity * (1.0 - busy))
        }
    }
}

/// The mean response time of `users` who pause for `think` seconds, of a target that does `capacity` a second and takes `work`
/// seconds alone. Between the bound that regular work reaches (`g` = 0: nobody waits who need not) and the chain, whose
/// work is exponential (`g` = 1).
pub(super) fn closed_response(
    limit: Limit,
    (users, think): (f64, f64),
    capacity: f64,
    (work, g): (f64, f64),
) -> f64 {
    let bound = work.max(users / capacity - think);
    bound + g.min(1.0) * (chain(limit, (users, think), capacity, work) - bound).max(0.0)
}

fn chain(limit: Limit, (users, think): (f64, f64), capacity: f64, work: f64) -> f64 {
    let (servers, hold, delay) = match limit {
        // What is not under the lock goes on in parallel, like a pause.
        Limit::Serial => (1.0, 1.0 / capacity, (work - 1.0 / capacity).max(0.0)),
        Limit::Pool => ((capacity * work).max(1.0), work, 0.0),
    };
    let away = think + delay;
    if away <= 1e-9 {
        return hold * (users / servers).max(1.0);
    }
    // Birth-death chain: j at the station; arrivals (n - j)/away, departures min(j, servers)/hold.
    let (mut weight, mut sum, mut present, mut done) = (1.0_f64, 1.0_f64, 0.0_f64, 0.0_f64);
    let mut j = 0.0;
    while j < users {
        weight *= (users - j) / away * hold / (j + 1.0_f64).min(servers);
        j += 1.0;
        sum += weight;
        present += j * weight;
        done += j.min(servers) / hold * weight;
        if weight > 1e200 {
            (weight, sum, present, done) = (weight / 1e200, sum / 1e200, present / 1e200, done / 1e200);
        }
    }
    if done > 0.0 { present / done + delay } else { work }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_those_of_the_textbook() {
        for (limit, rate, capacity, work, expected) in [
            // M/M/1 at half load: as long as the work.
            (Limit::Serial, 50.0, 100.0, 0.01, 0.01),
            (Limit::Pool, 50.0, 100.0, 0.01, 0.01),
            // M/M/2, a = 1: C = 1/3, W = (1/3)/(2 - 1) = 1/3 of the work.
            (Limit::Pool, 100.0, 200.0, 0.01, 0.01 / 3.0),
            // M/M/10 at 0.8: C(10, 8) = 0.409 (tables of Erlang C), W = 0.409/(10 - 8) of the work.
            (Limit::Pool, 800.0, 1000.0, 0.01, 0.4092 / 2.0 * 0.01),
        ] {
            let got = open_wait(limit, (rate, capacity), work, 1.0);
            assert!((got / expected - 1.0).abs() < 0.01, "{limit:?} {rate}: {got} for {expected}");
        }
    }

    #[test]
    fn users_wait_as_the_chain_says() {
        for (limit, users, think, capacity, work, expected) in [
            // Alone, nobody waits.
            (Limit::Pool, 1.0, 0.1, 400.0, 0.01, 0.01),
            (Limit::Serial, 1.0, 0.0, 400.0, 0.01, 0.01),
            // Far beyond the limit: users / capacity - think.
            (Limit::Pool, 1000.0, 0.1, 400.0, 0.01, 2.4),
            (Limit::Serial, 100.0, 0.0, 400.0, 0.01, 0.25),
            // Without pauses a pool makes nobody wait up to its size.
            (Limit::Pool, 4.0, 0.0, 400.0, 0.01, 0.01),
            (Limit::Pool, 8.0, 0.0, 400.0, 0.01, 0.02),
        ] {
            let got = closed_response(limit, (users, think), capacity, (work, 1.0));
            assert!((got / expected - 1.0).abs() < 0.01, "{limit:?} {users}: {got} for {expected}");
        }
    }
}
