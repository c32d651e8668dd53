//! The planted faults of a running target: what becomes of each request.
//!
//! Nothing here waits; [`Faults::effect`] says what is to happen, with `now` as a parameter.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use http::{Method, StatusCode};

use super::{ColdCache, Errors, Leak, Planted, PlantedError};
use crate::{
    latency::LONGEST_DRAW,
    mock::Pattern,
    random::{Draws, Purpose},
    stats::{PlantedStats, lock},
};

/// Keeps the draws of faults apart from those of routes, which count from 0.
const STREAM: u64 = 1 << 32;

/// What a target has that faults can break.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// How many backends it balances over; 0 for none.
    pub(crate) backends: usize,
    pub(crate) cache: Cache,
}

/// Whether a target has a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Cache {
    #[default]
    None,
    Present,
}

/// A request as faults see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    /// The path as it was sent.
    pub(crate) path: &'a str,
    /// The path within the service, if the target answers under several.
    pub(crate) inner_path: &'a str,
    pub(crate) work: Work,
}

/// Whether a route does the target's work, or only tells about the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Service,
    Report,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    /// It waits for a lock, and has passed it at this instant; only then is it served.
    pub(crate) passed_lock_at: Option<Instant>,
    /// It takes so much longer to be served.
    pub(crate) extra: Duration,
    /// It is answered by this status after its time, and does nothing else.
    pub(crate) error: Option<StatusCode>,
}

/// The planted faults of one target.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    abilities: Abilities,
    active: Mutex<Arc<Active>>,
    /// How often the cache was emptied.
    cache_epoch: AtomicU64,
}

/// One list of faults, from its planting to the next.
#[derive(Debug, Default)]
struct Active {
    list: Vec<Armed>,
    /// When the first request came.
    begun: OnceLock<Instant>,
}

#[derive(Debug)]
struct Armed {
    planted: Planted,
    spot: Spot,
    /// Requests that it could hit.
    seen: AtomicU64,
    /// Requests that it did hit.
    hits: AtomicU64,
    /// When its lock is free.
    free: Mutex<Option<Instant>>,
}

impl Faults {
    /// The faults of `list` for a target with `abilities`; the error says which do not fit.
    pub(crate) fn new(seed: u64, abilities: Abilities, list: Vec<Planted>) -> Result<Self, PlantedError> {
        let faults = Self { seed, abilities, active: Mutex::default(), cache_epoch: AtomicU64::new(0) };
        faults.plant(list)?;
        Ok(faults)
    }

    /// Replaces all faults. If one does not fit, nothing changes.
    pub(crate) fn plant(&self, list: Vec<Planted>) -> Result<(), PlantedError> {
        let problems: Vec<String> = list.iter().flat_map(|planted| self.problems(planted)).collect();
        if !problems.is_empty() {
            return Err(PlantedError(problems));
        }
        self.arm(list);
        Ok(())
    }

    fn problems(&self, planted: &Planted) -> Vec<String> {
        let mut problems = planted.problems();
        match planted {
            Planted::Uneven(_) if self.abilities.backends == 0 => {
                problems.push("this target has no backends to balance over".to_owned());
            }
            Planted::Uneven(uneven) if uneven.weights.len() != self.abilities.backends => {
                let (weights, backends) = (uneven.weights.len(), self.abilities.backends);
                problems.push(format!("these are {weights} weights for {backends} backends"));
            }
            Planted::ColdCache(_) if self.abilities.cache == Cache::None => {
                problems.push("this target has no cache".to_owned());
            }
            Planted::Slow(_)
            | Planted::Errors(_)
            | Planted::Leak(_)
            | Planted::Lock(_)
            | Planted::Uneven(_)
            | Planted::ColdCache(_) => {}
        }
        problems.into_iter().map(|problem| format!("`{planted}`: {problem}")).collect()
    }

    fn arm(&self, list: Vec<Planted>) {
        if list.iter().any(|planted| matches!(planted, Planted::ColdCache(_))) {
            self.cache_epoch.fetch_add(1, Relaxed);
        }
        let list = list.into_iter().map(Armed::new).collect();
        *lock(&self.active) = Arc::new(Active { list, begun: OnceLock::new() });
    }

    /// Starts everything anew, with the same faults and an empty cache: what a restart does.
    pub(crate) fn reset(&self) {
        self.arm(self.list());
        self.cache_epoch.fetch_add(1, Relaxed);
    }

    /// The faults.
    pub(crate) fn list(&self) -> Vec<Planted> {
        self.active().list.iter().map(|armed| armed.planted.clone()).collect()
    }

    /// The faults as text, and how many requests each hit.
    pub(crate) fn stats(&self) -> Vec<PlantedStats> {
        let active = self.active();
        let stats = active
            .list
            .iter()
            .map(|armed| PlantedStats { fault: armed.planted.to_string(), hits: armed.hits.load(Relaxed) });
        stats.collect()
    }

    /// What becomes of the request `asked` that came at `now`.
    pub(crate) fn effect(&self, asked: Asked<'_>, now: Instant) -> Effect {
        let active = self.active();
        let since = active.since(now);
        let mut effect = Effect::default();
        for (armed, index) in active.list.iter().zip(0_u64..).filter(|(armed, _)| armed.spot.has(asked)) {
            let draws = |number| Draws::new(self.seed, STREAM + index, number);
            match &armed.planted {
                Planted::Slow(slow) => {
                    if armed.takes(slow.share, draws) {
                        effect.extra += slow.extra;
                    }
                }
                Planted::Errors(errors) => {
                    if in_burst(errors, since) && armed.takes(errors.share, draws) {
                        let status = StatusCode::from_u16(errors.status).ok();
                        effect.error = effect.error.or(status);
                    }
                }
                Planted::Leak(leak) => {
                    armed.hits.fetch_add(1, Relaxed);
                    effect.extra += grown(leak, armed.seen.fetch_add(1, Relaxed), since);
                }
                Planted::Lock(planted) => {
                    if armed.takes(planted.share, draws) {
                        let passed = armed.pass(now, planted.hold);
                        effect.passed_lock_at = effect.passed_lock_at.max(Some(passed));
                    }
                }
                Planted::Uneven(_) | Planted::ColdCache(_) => {}
            }
        }
        effect.extra = effect.extra.min(LONGEST_DRAW);
        effect
    }

    /// The weights of the backends, if they are uneven. Counts a hit: call it once per balanced request.
    pub(crate) fn weights(&self) -> Option<Vec<u32>> {
        let active = self.active();
        active.list.iter().find_map(|armed| match &armed.planted {
            Planted::Uneven(uneven) => {
                armed.hits.fetch_add(1, Relaxed);
                Some(uneven.weights.clone())
            }
            Planted::Slow(_)
            | Planted::Errors(_)
            | Planted::Leak(_)
            | Planted::Lock(_)
            | Planted::ColdCache(_) => None,
        })
    }

    /// The epoch of the cache: what was stored under another epoch is gone. Nothing if every look-up misses at `now`.
    pub(crate) fn cache_epoch(&self, now: Instant) -> Option<u64> {
        let active = self.active();
        let since = active.since(now);
        let cold = active.list.iter().find(|armed| match &armed.planted {
            Planted::ColdCache(ColdCache { lasts }) => lasts.is_some_and(|lasts| since < lasts),
            Planted::Slow(_)
            | Planted::Errors(_)
            | Planted::Leak(_)
            | Planted::Lock(_)
            | Planted::Uneven(_) => false,
        });
        match cold {
            Some(armed) => {
                armed.hits.fetch_add(1, Relaxed);
                None
            }
            None => Some(self.cache_epoch.load(Relaxed)),
        }
    }

    fn active(&self) -> Arc<Active> {
        Arc::clone(&lock(&self.active))
    }
}

impl Active {
    /// The time since the first request; starts it if this is the first.
    fn since(&self, now: Instant) -> Duration {
        now.saturating_duration_since(*self.begun.get_or_init(|| now))
    }
}

impl Armed {
    fn new(planted: Planted) -> Self {
        let spot = Spot::new(&planted);
        Self { planted, spot, seen: AtomicU64::new(0), hits: AtomicU64::new(0), free: Mutex::default() }
    }

    /// Whether the next request belongs to the share.
    fn takes(&self, share: f64, draws: impl Fn(u64) -> Draws) -> bool {
        let number = self.seen.fetch_add(1, Relaxed);
        let hit = share >= 1.0 || draws(number).uniform(Purpose::Failure) < share;
        self.hits.fetch_add(u64::from(hit), Relaxed);
        hit
    }

    /// When a request that comes `now` has had the lock for `hold`.
    fn pass(&self, now: Instant, hold: Duration) -> Instant {
        let mut free = lock(&self.free);
        let passed = free.map_or(now, |free| free.max(now)) + hold;
        *free = Some(passed);
        passed
    }
}

fn in_burst(errors: &Errors, since: Duration) -> bool {
    match (errors.every, errors.lasts) {
        (Some(every), Some(lasts)) => {
            since >= every && since.as_nanos() % every.as_nanos().max(1) < lasts.as_nanos()
        }
        (None, _) | (_, None) => true,
    }
}

fn grown(leak: &Leak, served: u64, since: Duration) -> Duration {
    let requests = leak.per_1000.unwrap_or_default().as_secs_f64() * served as f64 / 1000.0;
    let minutes = leak.per_minute.unwrap_or_default().as_secs_f64() * since.as_secs_f64() / 60.0;
    Duration::from_secs_f64((requests + minutes).min(LONGEST_DRAW.as_secs_f64()))
}

/// Which requests a fault can hit.
#[derive(Debug)]
struct Spot {
    method: Option<String>,
    path: Option<Paths>,
}

#[derive(Debug)]
enum Paths {
    Exactly(Pattern),
    Below(Pattern),
}

impl Spot {
    /// The spot of a fault that was checked: a path that cannot be read hits nothing.
    fn new(planted: &Planted) -> Self {
        let place = planted.place().unwrap_or_default();
        let path = place.path.and_then(|path| match path.strip_suffix("/*") {
            Some("") => None,
            Some(above) => Pattern::parse(above).ok().map(Paths::Below),
            None => Pattern::parse(&path).ok().map(Paths::Exactly),
        });
        Self { method: place.method, path }
    }

    fn has(&self, asked: Asked<'_>) -> bool {
        let method = self.method.as_ref().is_none_or(|method| method == asked.method.as_str());
        let path = match &self.path {
            None => asked.work == Work::Service,
            Some(paths) => paths.have(asked.path) || paths.have(asked.inner_path),
        };
        method && path
    }
}

impl Paths {
    fn have(&self, path: &str) -> bool {
        match self {
            Self::Exactly(pattern) => pattern.matches(path).is_some(),
            Self::Below(pattern) => pattern.is_above(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    const ABILITIES: Abilities = Abilities { backends: 3, cache: Cache::Present };

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    fn plant(texts: &[&str]) -> Faults {
        let list = texts.iter().map(|text| Planted::parse(text).expect(text)).collect();
        Faults::new(1, ABILITIES, list).expect("faults")
    }

    fn get(path: &str) -> Asked<'_> {
        let inner_path = path.strip_prefix("/api").unwrap_or(path);
        let work = if inner_path == "/health" { Work::Report } else { Work::Service };
        Asked { method: &Method::GET, path, inner_path, work }
    }

    #[test]
    fn a_share_is_that_share() {
        let faults = plant(&["slow:path=/search,extra=300ms,share=0.3", "errors:status=503,share=0.1"]);
        let at = now();
        let effects: Vec<Effect> = (0..10_000).map(|_| faults.effect(get("/search"), at)).collect();
        let slow = effects.iter().filter(|effect| effect.extra == ms(300)).count();
        let errors = effects.iter().filter(|effect| effect.error.is_some()).count();
        // Five standard errors of a binomial: 5 sqrt(p (1-p) n).
        assert!(slow.abs_diff(3_000) < 230, "{slow}");
        assert!(errors.abs_diff(1_000) < 150, "{errors}");
        let hits: Vec<u64> = faults.stats().iter().map(|stats| stats.hits).collect();
        assert_eq!(hits, [slow as u64, errors as u64]);
        // The same seed, the same requests.
        let again = plant(&["slow:path=/search,extra=300ms,share=0.3", "errors:status=503,share=0.1"]);
        assert!(effects.iter().all(|effect| *effect == again.effect(get("/search"), at)));
    }

    #[test]
    fn paths_and_methods() {
        for (fault, path, hit) in [
            ("", "/search", true),
            ("", "/health", false),
            (",path=/health", "/health", true),
            (",path=/search", "/search", true),
            (",path=/search", "/api/search", true),
            (",path=/api/search", "/api/search", true),
            (",path=/api/search", "/search", false),
            (",path=/products", "/products/7", false),
            (",path=/products/{id}", "/products/7", true),
            (",path=/products/*", "/products/7/reviews", true),
            (",path=/products/*", "/products", true),
            (",path=/products/*", "/productsx", false),
            (",path=/*", "/search", true),
            (",method=GET", "/search", true),
            (",method=POST", "/search", false),
        ] {
            let faults = plant(&[&format!("slow:extra=1s{fault}")]);
            assert_eq!(faults.effect(get(path), now()).extra > Duration::ZERO, hit, "{fault} {path}");
        }
    }

    #[test]
    fn bursts_come_after_the_first_period() {
        let faults = plant(&["errors:status=500,every=100ms,for=30ms"]);
        let start = now() + ms(1);
        for (at, hit) in
            [(0, false), (20, false), (99, false), (100, true), (129, true), (130, false), (215, true)]
        {
            assert_eq!(faults.effect(get("/x"), start + ms(at)).error.is_some(), hit, "{at}");
        }
    }

    #[test]
    fn a_leak_grows_with_requests_and_time_until_a_reset() {
        let faults = plant(&["leak:per_1000=1s,per_minute=6s"]);
        let start = now();
        let extras: Vec<Duration> = (0..3).map(|_| faults.effect(get("/x"), start).extra).collect();
        assert_eq!(extras, [ms(0), ms(1), ms(2)]);
        assert_eq!(faults.effect(get("/x"), start + ms(1_000)).extra, ms(103));
        assert_eq!(faults.effect(get("/x"), start + Duration::from_hours(9)).extra, LONGEST_DRAW);
        faults.reset();
        assert_eq!(faults.effect(get("/x"), start).extra, ms(0));
    }

    #[test]
    fn a_lock_is_passed_by_one_at_a_time() {
        let faults = plant(&["lock:path=/orders,hold=20ms"]);
        let start = now();
        let passed = |at| faults.effect(get("/orders"), start + ms(at)).passed_lock_at;
        let all = [0, 0, 5, 100].map(passed);
        assert_eq!(all, [20, 40, 60, 120].map(|at| Some(start + ms(at))));
        assert_eq!(faults.effect(get("/search"), start), Effect::default());
    }

    #[test]
    fn a_cold_cache_is_empty_and_stays_so_for_its_time() {
        let faults = plant(&[]);
        let start = now();
        let first = faults.cache_epoch(start);
        faults.plant(vec![Planted::ColdCache(ColdCache::default())]).expect("plant");
        let second = faults.cache_epoch(start);
        assert!(second.is_some() && second != first);
        faults.plant(vec![Planted::ColdCache(ColdCache { lasts: Some(ms(50)) })]).expect("plant");
        assert_eq!(faults.cache_epoch(start), None);
        assert_eq!(faults.cache_epoch(start + ms(49)), None);
        assert!(faults.cache_epoch(start + ms(50)).is_some_and(|epoch| Some(epoch) != second));
        assert_eq!(faults.stats()[0].hits, 2);
    }

    #[test]
    fn what_a_target_does_not_have_cannot_break() {
        let parse = |text| Planted::parse(text).expect("fault");
        let faults = plant(&["uneven:weights=8/1/1"]);
        assert_eq!(faults.weights(), Some(vec![8, 1, 1]));
        let list = vec![parse("uneven:weights=1/2"), parse("cold_cache")];
        assert_eq!(faults.plant(list.clone()).expect_err("two weights").0.len(), 1);
        assert_eq!(faults.weights(), Some(vec![8, 1, 1]));
        let error = Faults::new(1, Abilities::default(), list).expect_err("neither");
        insta::assert_snapshot!(error.0.join("\n"));
    }
}
