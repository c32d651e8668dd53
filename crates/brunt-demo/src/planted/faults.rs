//! The planted faults of a running target: what becomes of each request.
//!
//! Nothing here waits; [`Faults::effect`] says what is to happen, with `now` as a parameter.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{
    ColdCache, Errors, Kind, Leak, PerSecond, Planted, PlantedError, RateLimit, Stall,
    admission::{Effect, Places, Refusal},
    spot::{Asked, Spot},
    text::{self, Need},
};
use crate::{
    connection::After,
    freeze::Rhythm,
    latency::LONGEST_DRAW,
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

/// The planted faults of one target.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    abilities: Abilities,
    active: Mutex<Arc<Active>>,
    /// Whether there are faults, and stalls among them: without, a request costs no lock.
    any: AtomicBool,
    stalls: AtomicBool,
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
    hits: Arc<AtomicU64>,
    /// When its lock is free, when its outage lets the next one go on, or when its bucket is full.
    line: Mutex<Option<Instant>>,
    /// The places of its pool.
    places: Option<Arc<Places>>,
}

/// When a request comes, and what it draws for the fault in question.
#[derive(Debug, Clone, Copy)]
struct Moment {
    now: Instant,
    /// Since the clock began.
    since: Duration,
    draws: Draws,
}

impl Faults {
    /// The faults of `list` for a target with `abilities`; the error says which do not fit.
    pub(crate) fn new(seed: u64, abilities: Abilities, list: Vec<Planted>) -> Result<Self, PlantedError> {
        let faults = Self::none(seed, abilities);
        faults.plant(list)?;
        Ok(faults)
    }

    /// A target with `abilities` that has no faults yet.
    pub(crate) fn none(seed: u64, abilities: Abilities) -> Self {
        Self {
            seed,
            abilities,
            active: Mutex::default(),
            any: AtomicBool::new(false),
            stalls: AtomicBool::new(false),
            cache_epoch: AtomicU64::new(0),
        }
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
        let backends = self.abilities.backends;
        let lack =
            text::names().find(|(name, _)| *name == planted.name()).and_then(|(_, need)| self.lack(need));
        if let Some(lack) = lack {
            let fitting = text::names().filter(|(_, need)| self.lack(*need).is_none()).map(|(name, _)| name);
            problems.push(format!("{lack}; this one takes {}", fitting.collect::<Vec<_>>().join(", ")));
        } else if let Kind::Uneven(uneven) = &planted.kind
            && uneven.weights.len() != backends
        {
            problems.push(format!("these are {} weights for {backends} backends", uneven.weights.len()));
        }
        problems.into_iter().map(|problem| format!("`{planted}`: {problem}")).collect()
    }

    /// Why a kind that needs this has nothing to break here.
    fn lack(&self, need: Need) -> Option<&'static str> {
        match need {
            Need::Backends if self.abilities.backends == 0 => Some(
                "this target has no backends to balance over, as `shop` has, and `users` with its gateway",
            ),
            Need::Cache if self.abilities.cache == Cache::None => {
                Some("this target has no cache, as `shop`, `users` and `inference` have")
            }
            Need::Nothing | Need::Backends | Need::Cache => None,
        }
    }

    fn arm(&self, list: Vec<Planted>) {
        if list.iter().any(|planted| matches!(planted.kind, Kind::ColdCache(_))) {
            self.cache_epoch.fetch_add(1, Relaxed);
        }
        let stalls = list.iter().any(|planted| matches!(planted.kind, Kind::Stall(_)));
        let list: Vec<Armed> = list.into_iter().map(Armed::new).collect();
        let mut active = lock(&self.active);
        self.any.store(!list.is_empty(), Relaxed);
        self.stalls.store(stalls, Relaxed);
        *active = Arc::new(Active { list, begun: OnceLock::new() });
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

    /// How long ago the clock of the faults began, at `now`; nothing while it stands, or without faults.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        let begun = *self.active().begun.get()?;
        Some(now.saturating_duration_since(begun))
    }

    /// What becomes of the request `asked` that came at `now`.
    pub(crate) fn effect(&self, asked: Asked<'_>, now: Instant) -> Effect {
        let mut effect = Effect::default();
        if !self.any.load(Relaxed) {
            return effect;
        }
        let active = self.active();
        let since = active.since(now);
        let concerned = || active.list.iter().zip(0_u64..).filter(|(armed, _)| armed.spot.has(asked));
        // Who is turned away stands in no line.
        for (armed, index) in concerned() {
            if let Kind::RateLimit(limit) = &armed.planted.kind
                && armed.spot.lasts(since)
                && armed.takes(self.seed, index).is_some()
                && let Err(retry_after) = armed.token(limit, now)
            {
                armed.hit();
                effect.refusal = Some(Refusal {
                    status: StatusCode::TOO_MANY_REQUESTS,
                    code: "rate_limited",
                    message: "turned away on purpose: above the rate of a planted limit",
                    retry_after,
                });
                return effect;
            }
        }
        for (armed, index) in concerned() {
            let is_on = armed.spot.lasts(since) || matches!(armed.planted.kind, Kind::Outage(_));
            if is_on && let Some(draws) = armed.takes(self.seed, index) {
                armed.apply(Moment { now, since, draws }, &mut effect);
            }
        }
        effect.extra = effect.extra.min(LONGEST_DRAW);
        effect
    }

    /// The weights of the backends, if they are uneven. Counts a hit: call it once per balanced request.
    pub(crate) fn weights(&self) -> Option<Vec<u32>> {
        if !self.any.load(Relaxed) {
            return None;
        }
        self.active().list.iter().find_map(|armed| {
            let Kind::Uneven(uneven) = &armed.planted.kind else { return None };
            armed.hit();
            Some(uneven.weights.clone())
        })
    }

    /// The epoch of the cache: what was stored under another epoch is gone. Nothing if every look-up misses at `now`.
    pub(crate) fn cache_epoch(&self, now: Instant) -> Option<u64> {
        if self.any.load(Relaxed) {
            let active = self.active();
            let since = active.since(now);
            let cold = active.list.iter().find(|armed| {
                matches!(armed.planted.kind, Kind::ColdCache(ColdCache { lasts: Some(lasts) }) if since < lasts)
            });
            if let Some(armed) = cold {
                armed.hit();
                return None;
            }
        }
        Some(self.cache_epoch.load(Relaxed))
    }

    /// Whether a stall is planted.
    pub(crate) fn has_stalls(&self) -> bool {
        self.stalls.load(Relaxed)
    }

    /// The end of the freeze that `now` lies in, if it lies in one. It does not start the clock.
    pub(crate) fn frozen_until(&self, now: Instant) -> Option<Instant> {
        let active = self.active();
        let begun = *active.begun.get()?;
        let since = now.saturating_duration_since(begun);
        let ends = active.list.iter().filter_map(|armed| armed.stall()?.end(since));
        Some(begun + ends.max()?)
    }

    /// Counts a read or a write that a stall held up.
    pub(crate) fn count_frozen(&self) {
        let active = self.active();
        active.list.iter().filter(|armed| armed.stall().is_some()).for_each(Armed::hit);
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
        let hits = Arc::default();
        let places = if let Kind::Pool(pool) = &planted.kind {
            Some(Arc::new(Places::new(pool.size, pool.queue, Arc::clone(&hits))))
        } else {
            None
        };
        let spot = Spot::new(&planted.place);
        Self { planted, spot, seen: AtomicU64::new(0), hits, line: Mutex::default(), places }
    }

    fn hit(&self) {
        self.hits.fetch_add(1, Relaxed);
    }

    /// The draws of the next request, if it belongs to the share.
    fn takes(&self, seed: u64, index: u64) -> Option<Draws> {
        let draws = Draws::new(seed, STREAM + index, self.seen.fetch_add(1, Relaxed));
        let share = self.spot.share;
        (share >= 1.0 || draws.uniform(Purpose::Failure) < share).then_some(draws)
    }

    /// What it does to a request of its share.
    fn apply(&self, at: Moment, effect: &mut Effect) {
        let own_time = at.since.saturating_sub(self.spot.from);
        match &self.planted.kind {
            Kind::Slow(slow) => {
                effect.extra += slow.extra.unwrap_or_default();
                effect.factor *= slow.factor.unwrap_or(1.0);
            }
            Kind::Tail(tail) => effect.extra += exponential(tail.mean, at.draws),
            Kind::Bimodal(bimodal) => effect.mode = effect.mode.max(bimodal.mode),
            Kind::Errors(errors) => {
                if !in_burst(errors, own_time) {
                    return;
                }
                effect.error = effect.error.or(StatusCode::from_u16(errors.status).ok());
            }
            Kind::Leak(leak) => {
                effect.extra += grown(leak, self.hits.fetch_add(1, Relaxed), own_time);
                return;
            }
            Kind::Lock(lock) => {
                effect.passes_at = effect.passes_at.max(Some(self.pass(at.now, lock.hold)));
            }
            Kind::Pool(_) => {
                // It counts those that wait.
                effect.places.extend(self.places.clone());
                return;
            }
            Kind::Outage(outage) => {
                let Some(passes_at) = self.held(at, outage.drain) else { return };
                effect.passes_at = effect.passes_at.max(Some(passes_at));
            }
            Kind::Close(_) => effect.after = After::Close,
            Kind::RateLimit(_) | Kind::Stall(_) | Kind::Uneven(_) | Kind::ColdCache(_) => return,
        }
        self.hit();
    }

    /// When a request that comes `now` has had the lock for `hold`.
    fn pass(&self, now: Instant, hold: Duration) -> Instant {
        let mut free = lock(&self.line);
        let passed = free.map_or(now, |free| free.max(now)) + hold;
        *free = Some(passed);
        passed
    }

    /// When a request goes on that comes in an outage, or into its backlog.
    fn held(&self, at: Moment, drain: Option<PerSecond>) -> Option<Instant> {
        let Moment { now, since, .. } = at;
        let gap = drain.map(PerSecond::gap).unwrap_or_default();
        let mut next = lock(&self.line);
        let left = self.spot.to.filter(|_| self.spot.lasts(since)).map(|to| now + to.saturating_sub(since));
        let earliest = left.unwrap_or(now);
        let passes_at = next.map_or(earliest, |next| next.max(earliest));
        if passes_at == now && left.is_none() {
            return None;
        }
        *next = Some(passes_at + gap);
        Some(passes_at)
    }

    /// Takes a token for a request that comes `now`, or says after which time there is one.
    ///
    /// As the generic cell rate algorithm (ITU-T I.371): `line` is when the bucket is full again, each token is a `gap` of
    /// that, and `burst` of them are in a full bucket.
    fn token(&self, limit: &RateLimit, now: Instant) -> Result<(), Duration> {
        let gap = limit.rate.gap();
        let room = gap.mul_f64(limit.burst.map_or_else(|| limit.rate.get().ceil().max(1.0), f64::from) - 1.0);
        let mut full = lock(&self.line);
        let empty = full.map_or(now, |full| full.max(now));
        match empty.saturating_duration_since(now).checked_sub(room) {
            Some(wait) if wait > Duration::ZERO => Err(wait),
            Some(_) | None => {
                *full = Some(empty + gap);
                Ok(())
            }
        }
    }

    fn stall(&self) -> Option<Rhythm> {
        let Kind::Stall(Stall { every, lasts }) = self.planted.kind else { return None };
        Some(Rhythm { every, lasts })
    }
}

fn exponential(mean: Duration, draws: Draws) -> Duration {
    let seconds = -mean.as_secs_f64() * draws.uniform(Purpose::Latency).ln();
    Duration::from_secs_f64(seconds.min(LONGEST_DRAW.as_secs_f64()))
}

fn in_burst(errors: &Errors, own_time: Duration) -> bool {
    match (errors.every, errors.lasts) {
        (Some(every), Some(lasts)) => Rhythm { every, lasts }.end(own_time).is_some(),
        (None, _) | (_, None) => true,
    }
}

fn grown(leak: &Leak, served: u64, own_time: Duration) -> Duration {
    let requests = leak.per_1000.unwrap_or_default().as_secs_f64() * served as f64 / 1000.0;
    let minutes = leak.per_minute.unwrap_or_default().as_secs_f64() * own_time.as_secs_f64() / 60.0;
    Duration::from_secs_f64((requests + minutes).min(LONGEST_DRAW.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{super::Work, *};
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
        for effect in &effects {
            let again = again.effect(get("/search"), at);
            assert_eq!((effect.extra, effect.error), (again.extra, again.error));
        }
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
        let passed = |at| faults.effect(get("/orders"), start + ms(at)).passes_at;
        let all = [0, 0, 5, 100].map(passed);
        assert_eq!(all, [20, 40, 60, 120].map(|at| Some(start + ms(at))));
        assert_eq!(faults.effect(get("/search"), start).passes_at, None);
    }

    #[test]
    fn a_cold_cache_is_empty_and_stays_so_for_its_time() {
        let faults = plant(&[]);
        let start = now();
        let first = faults.cache_epoch(start);
        faults.plant(vec![Kind::ColdCache(ColdCache::default()).into()]).expect("plant");
        let second = faults.cache_epoch(start);
        assert!(second.is_some() && second != first);
        faults.plant(vec![Kind::ColdCache(ColdCache { lasts: Some(ms(50)) }).into()]).expect("plant");
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

    #[test]
    fn a_step_a_cold_start_and_a_window_are_a_fault_with_its_time() {
        let rows = [
            ("slow:factor=3,from=100ms", [1.0, 1.0, 3.0, 3.0, 3.0]),
            ("slow:factor=3,to=100ms", [3.0, 3.0, 1.0, 1.0, 1.0]),
            ("slow:factor=3,from=50ms,to=200ms", [1.0, 3.0, 3.0, 1.0, 1.0]),
        ];
        for (text, factors) in rows {
            let faults = plant(&[text]);
            let start = now();
            let found = [0, 99, 100, 200, 900].map(|at| faults.effect(get("/x"), start + ms(at)).factor);
            assert_eq!(found.map(f64::to_bits), factors.map(f64::to_bits), "{text}");
        }
        let faults = plant(&["errors:status=500,from=100ms,to=200ms"]);
        let start = now();
        let failed = [0, 100, 199, 200].map(|at| faults.effect(get("/x"), start + ms(at)).error.is_some());
        assert_eq!((failed, faults.stats()[0].hits), ([false, true, true, false], 2));
    }

    #[test]
    fn what_faults_add_adds_up_and_what_they_multiply_multiplies() {
        let faults = plant(&["slow:factor=2,extra=3ms", "slow:factor=1.5", "slow:extra=4ms"]);
        let effect = faults.effect(get("/x"), now());
        assert_eq!((effect.stretched(ms(10)), effect.extra), (ms(30), ms(7)));
        assert_eq!(effect.stretched(Duration::from_hours(1)), LONGEST_DRAW);
        assert_eq!(Effect::default().stretched(Duration::from_nanos(7)), Duration::from_nanos(7));
    }

    #[test]
    fn the_time_of_a_fault_begins_with_its_window() {
        let faults =
            plant(&["leak:per_minute=6s,from=10s", "errors:status=500,every=100ms,for=30ms,from=1s"]);
        let start = now();
        let effect = |at| {
            let effect = faults.effect(get("/x"), start + ms(at));
            (effect.extra, effect.error.is_some())
        };
        let rows = [(0, ms(0), false), (1_020, ms(0), false), (1_120, ms(0), true), (11_000, ms(100), true)];
        for (at, extra, failed) in rows {
            assert_eq!(effect(at), (extra, failed), "{at}");
        }
    }

    #[test]
    fn a_tail_is_exponential_in_its_share() {
        let faults = plant(&["tail:mean=100ms,share=0.2"]);
        let at = now();
        let extras: Vec<Duration> = (0..20_000).map(|_| faults.effect(get("/x"), at).extra).collect();
        let longer = |than| extras.iter().filter(|extra| **extra > than).count() as f64;
        // The truth of the documentation, within five standard errors of a binomial.
        for than in [ms(0), ms(50), ms(100), ms(300)] {
            let share = 0.2 * (-than.as_secs_f64() / 0.1).exp();
            let truth = 20_000.0 * share;
            assert!((longer(than) - truth).abs() < 5.0 * (truth * (1.0 - share)).sqrt(), "{than:?}");
        }
    }

    #[test]
    fn a_second_mode_has_its_share() {
        let faults = plant(&["bimodal:mode=80ms,share=0.3"]);
        let at = now();
        let modes: Vec<Duration> = (0..10_000).map(|_| faults.effect(get("/x"), at).mode).collect();
        let slow = modes.iter().filter(|mode| **mode == ms(80)).count();
        assert!(slow.abs_diff(3_000) < 230, "{slow}");
        assert!(modes.iter().all(|mode| mode.is_zero() || *mode == ms(80)));
    }

    #[test]
    fn a_rate_limit_is_a_token_bucket() {
        let faults = plant(&["rate_limit:rate=10/s,burst=3", "lock:hold=20ms"]);
        let start = now();
        let retry = |at| {
            let effect = faults.effect(get("/x"), start + ms(at));
            // Who is turned away does not stand in line for the lock.
            assert_eq!(effect.refusal.is_some(), effect.passes_at.is_none(), "{at}");
            effect.refusal.map(|refusal| refusal.retry_after)
        };
        let found = [0, 0, 0, 0, 99, 100, 100, 1_000, 1_000, 1_000, 1_000].map(retry);
        let expected = [None, None, None, Some(100), Some(1), None, Some(100), None, None, None, Some(100)];
        assert_eq!(found, expected.map(|wait| wait.map(ms)));
        assert_eq!(faults.stats()[0].hits, 4);
        // Far above the limit, what comes through is the rate and one burst.
        let faults = plant(&["rate_limit:rate=50/s"]);
        let served = (0..10_000).filter(|at| faults.effect(get("/x"), start + ms(*at)).refusal.is_none());
        assert!(served.count().abs_diff(50 + 500) <= 1);
    }

    #[test]
    fn after_an_outage_the_backlog_drains() {
        let faults = plant(&["outage:from=100ms,to=200ms,drain=100/s"]);
        let start = now();
        let passes = |at| {
            let passes_at = faults.effect(get("/x"), start + ms(at)).passes_at;
            passes_at.map(|passes_at| passes_at.duration_since(start).as_millis())
        };
        let rows = [
            (0, None),
            (99, None),
            (100, Some(200)),
            (150, Some(210)),
            (199, Some(220)),
            // Behind the backlog, while there is one.
            (200, Some(230)),
            (239, Some(240)),
            (251, None),
            (252, None),
        ];
        for (at, expected) in rows {
            assert_eq!(passes(at), expected, "{at}");
        }
        assert_eq!(faults.stats()[0].hits, 5);
        // r = 50/s against a drain of 100/s: 100 ms of backlog are gone after another 100 ms.
        let faults = plant(&["outage:from=1s,to=2s,drain=100/s"]);
        let arrivals = (0..400_u64).map(|n| n * 20);
        let held = arrivals.filter(|at| faults.effect(get("/x"), start + ms(*at)).passes_at.is_some());
        let last = held.max().expect("some");
        assert!(last.abs_diff(3_000) <= 20, "{last}");
        // Without a drain, all at once.
        let faults = plant(&["outage:from=0s,to=50ms"]);
        let all = [0, 10, 49].map(|at| faults.effect(get("/x"), start + ms(at)).passes_at);
        assert_eq!(all, [Some(start + ms(50)); 3]);
        assert_eq!(faults.effect(get("/x"), start + ms(50)).passes_at, None);
    }

    #[test]
    fn a_stall_freezes_from_the_first_request_on() {
        let faults = plant(&["stall:every=100ms,for=30ms", "stall:every=70ms,for=45ms"]);
        let start = now();
        assert!(faults.has_stalls() && !plant(&["close"]).has_stalls());
        assert_eq!((faults.frozen_until(start + ms(110)), faults.age(start)), (None, None));
        assert_eq!(faults.effect(get("/x"), start).after, After::KeepAlive);
        let frozen =
            |at| faults.frozen_until(start + ms(at)).map(|end| end.duration_since(start).as_millis());
        assert_eq!([69, 70, 110, 116, 131].map(frozen), [None, Some(115), Some(130), Some(130), None]);
        assert_eq!(faults.age(start + ms(7)), Some(ms(7)));
        faults.count_frozen();
        assert_eq!(faults.stats().iter().map(|stats| stats.hits).sum::<u64>(), 2);
        faults.plant(Vec::new()).expect("nothing");
        assert_eq!((faults.has_stalls(), faults.frozen_until(start + ms(110))), (false, None));
    }

    #[test]
    fn a_close_is_said_of_the_requests_that_it_hits() {
        let faults = plant(&["close:path=/search"]);
        assert_eq!(faults.effect(get("/search"), now()).after, After::Close);
        assert_eq!(faults.effect(get("/x"), now()).after, After::KeepAlive);
    }
}
