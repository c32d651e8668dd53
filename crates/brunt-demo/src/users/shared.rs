//! What the instances share: the users and the cache, each in this process or in Redis.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use serde_json::{Value, json};

use super::{
    cache::{Embedded, Key},
    config::{Role, UsersConfig},
    redis::{Batch, Client, RedisError, Session, Value as RedisValue},
    store::{self, Outcome, Table},
    validation::Operation,
};
use crate::{api::Turn, clock::now, latency::Latency, stats::lock};

/// What all our cached values in Redis begin with; the pages are one hash, since they all end together.
const CACHED: &str = "brunt:users:cache:";
const PAGES: &str = "brunt:users:cache:pages";

/// How many keys Redis is asked to look at per step when the cache is emptied.
const SCAN: &str = "1000";

/// The users and the cache.
#[derive(Debug)]
pub(super) struct Shared {
    store: Store,
    cache: Cache,
    latency: Latency,
    ttl_s: u64,
    most_users: usize,
    initial_users: usize,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug)]
enum Store {
    Here(Mutex<Table>),
    InRedis,
}

#[derive(Debug)]
enum Cache {
    Here(Mutex<Embedded>),
    InRedis(Box<Remote>),
}

/// A Redis, and how far it was made to follow resets and planted faults.
#[derive(Debug)]
struct Remote {
    client: Client,
    /// Resets so far.
    resets: AtomicU64,
    /// The state that it is in; nothing before the first request.
    done: tokio::sync::Mutex<Option<Progress>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Progress {
    resets: u64,
    epoch: u64,
}

/// The result of a look-up.
#[derive(Debug)]
pub(super) enum Found {
    Hit(Outcome),
    Miss,
}

/// How the cache and the store are, in a word.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) cache: &'static str,
    pub(super) store: &'static str,
}

impl Shared {
    pub(super) fn new(config: &UsersConfig, threads: usize) -> Self {
        let (store, cache) = match (&config.redis, config.role) {
            (None, Role::Gateway | Role::App(_)) => {
                (Store::here(config), Cache::Here(Mutex::new(Embedded::new(config.cache))))
            }
            (Some(url), role) => {
                let remote = Remote {
                    client: Client::new(url.clone(), threads),
                    resets: AtomicU64::new(0),
                    done: tokio::sync::Mutex::default(),
                };
                let store = match role {
                    Role::Gateway => Store::here(config),
                    Role::App(_) => Store::InRedis,
                };
                (store, Cache::InRedis(Box::new(remote)))
            }
        };
        let ttl = config.cache.ttl;
        Self {
            store,
            cache,
            latency: config.latency.cache,
            ttl_s: ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0),
            most_users: config.most_users,
            initial_users: config.users,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Brings Redis to where resets and planted faults want it; others wait for that. If it fails, the next request
    /// tries again. `epoch` is that of the cache, if it is known.
    pub(super) async fn prepare(&self, epoch: Option<u64>, turn: &Turn<'_>) {
        let Cache::InRedis(remote) = &self.cache else { return };
        let mut done = remote.done.lock().await;
        let resets = remote.resets.load(Relaxed);
        let epoch = epoch.or(done.map(|done| done.epoch)).unwrap_or(0);
        let wanted = Progress { resets, epoch };
        if *done == Some(wanted) {
            return;
        }
        if self.bring_to(&remote.session(turn), *done, wanted).await.is_ok() {
            *done = Some(wanted);
        }
    }

    async fn bring_to(
        &self,
        redis: &Session<'_>,
        from: Option<Progress>,
        to: Progress,
    ) -> Result<(), RedisError> {
        let is_reset = from.is_some_and(|from| from.resets != to.resets);
        match self.store {
            // What an earlier process cached is about other users.
            Store::Here(_) => empty(redis).await,
            Store::InRedis => {
                if from.map_or(to.epoch > 0, |from| from.epoch != to.epoch) || is_reset {
                    empty(redis).await?;
                }
                if is_reset {
                    store::clear_redis(redis).await?;
                }
                store::seed_redis(redis, self.initial_users).await
            }
        }
    }

    /// Looks in the cache, whose epoch is `epoch` or in which nothing is found; takes the time that it takes.
    pub(super) async fn look_up(&self, key: Key, epoch: Option<u64>, turn: &Turn<'_>) -> Found {
        let found = match (&self.cache, epoch) {
            (Cache::Here(cache), epoch) => {
                let end = now() + turn.effect.stretched(self.latency.draw(turn.draws));
                turn.timer.until(end).await;
                epoch.and_then(|epoch| {
                    let mut cache = lock(cache);
                    cache.enter(epoch);
                    cache.get(key, now())
                })
            }
            (Cache::InRedis(remote), Some(_)) => remote.get(key, turn).await,
            (Cache::InRedis(_), None) => None,
        };
        if let Some(outcome) = found.and_then(|text| outcome(key, &text)) {
            self.hits.fetch_add(1, Relaxed);
            Found::Hit(outcome)
        } else {
            self.misses.fetch_add(1, Relaxed);
            Found::Miss
        }
    }

    /// Runs `operation` on the users, and keeps the cache in step with them.
    pub(super) async fn run(&self, operation: &Operation, turn: &Turn<'_>) -> Result<Outcome, RedisError> {
        let outcome = match (&self.store, &self.cache) {
            (Store::Here(table), Cache::Here(cache)) => {
                let mut table = lock(table);
                let outcome = table.run(operation);
                // Under the lock of the users, so that no read puts back what a write has just made old.
                let mut cache = lock(cache);
                match change(operation, &outcome) {
                    Change::Read(key, text) => cache.put(key, text, now()),
                    Change::Written(id) => cache.changed(id),
                    Change::Nothing => {}
                }
                return Ok(outcome);
            }
            (Store::Here(table), Cache::InRedis(_)) => lock(table).run(operation),
            (Store::InRedis, Cache::InRedis(remote)) => {
                store::run_in_redis(&remote.session(turn), operation, self.most_users).await?
            }
            (Store::InRedis, Cache::Here(_)) => Outcome::NoSuchUser,
        };
        if let Cache::InRedis(remote) = &self.cache {
            remote.follow(&change(operation, &outcome), self.ttl_s, turn).await;
        }
        Ok(outcome)
    }

    pub(super) async fn health(&self, turn: &Turn<'_>) -> Health {
        let Cache::InRedis(remote) = &self.cache else {
            return Health { cache: "embedded", store: "connected" };
        };
        let is_there = remote.session(turn).call(Batch::one(&["PING"])).await.is_ok();
        let redis = if is_there { "connected" } else { "unavailable" };
        match self.store {
            Store::Here(_) => Health { cache: redis, store: "connected" },
            Store::InRedis => Health { cache: redis, store: redis },
        }
    }

    pub(super) fn cache_report(&self) -> Value {
        let (hits, misses) = (self.hits.load(Relaxed), self.misses.load(Relaxed));
        let share = if hits + misses == 0 { 0.0 } else { hits as f64 / (hits + misses) as f64 };
        let mut report = json!({ "hits": hits, "misses": misses, "hit_ratio": share, "ttl_s": self.ttl_s });
        let (backend, errors) = match &self.cache {
            Cache::Here(cache) => {
                report["entries"] = lock(cache).len().into();
                ("embedded", 0)
            }
            Cache::InRedis(remote) => {
                report["server"] = remote.client.url().to_string().into();
                report["connections"] = remote.client.connections().into();
                ("redis", remote.client.errors())
            }
        };
        report["backend"] = backend.into();
        report["errors"] = errors.into();
        report
    }

    /// How many users there are, if they are in this process.
    pub(super) fn users(&self) -> Option<usize> {
        match &self.store {
            Store::Here(table) => Some(lock(table).len()),
            Store::InRedis => None,
        }
    }

    pub(super) fn reset(&self, config: &UsersConfig) {
        if let Store::Here(table) = &self.store {
            *lock(table) = Table::new(config);
        }
        match &self.cache {
            Cache::Here(cache) => *lock(cache) = Embedded::new(config.cache),
            Cache::InRedis(remote) => {
                remote.resets.fetch_add(1, Relaxed);
                remote.client.reset();
            }
        }
        self.hits.store(0, Relaxed);
        self.misses.store(0, Relaxed);
    }
}

impl Store {
    fn here(config: &UsersConfig) -> Self {
        Self::Here(Mutex::new(Table::new(config)))
    }
}

impl Remote {
    fn session<'a>(&'a self, turn: &Turn<'a>) -> Session<'a> {
        Session { client: &self.client, thread: turn.thread, timer: turn.timer }
    }

    /// A value, or nothing if Redis fails.
    async fn get(&self, key: Key, turn: &Turn<'_>) -> Option<String> {
        let batch = match key {
            Key::User(id) => Batch::one(&["GET", &user_key(id)]),
            Key::Page { limit, offset } => Batch::one(&["HGET", PAGES, &page_field(limit, offset)]),
        };
        let values = self.session(turn).call(batch).await.ok()?;
        values.first().and_then(RedisValue::text).map(str::to_owned)
    }

    /// Stores what was read, removes what was changed. A failure is counted, and else ends with the time to live.
    async fn follow(&self, change: &Change, ttl_s: u64, turn: &Turn<'_>) {
        let ttl = ttl_s.to_string();
        let batch = match change {
            Change::Read(Key::User(id), text) => Batch::one(&["SETEX", &user_key(*id), &ttl, text]),
            Change::Read(Key::Page { limit, offset }, text) => {
                Batch::one(&["HSET", PAGES, &page_field(*limit, *offset), text]).and(&["EXPIRE", PAGES, &ttl])
            }
            Change::Written(id) => Batch::one(&["DEL", &user_key(*id), PAGES]),
            Change::Nothing => return,
        };
        // The client has counted it.
        let _ = self.session(turn).call(batch).await;
    }
}

fn user_key(id: u64) -> String {
    format!("{CACHED}user:{id}")
}

fn page_field(limit: u64, offset: u64) -> String {
    format!("{limit}:{offset}")
}

/// Removes all cached values from Redis.
async fn empty(redis: &Session<'_>) -> Result<(), RedisError> {
    let mut cursor = "0".to_owned();
    loop {
        let pattern = format!("{CACHED}*");
        let values = redis.call(Batch::one(&["SCAN", &cursor, "MATCH", &pattern, "COUNT", SCAN])).await?;
        let [next, keys] = values.first().map_or(&[][..], RedisValue::list) else { return Ok(()) };
        let keys: Vec<&str> = keys.list().iter().filter_map(RedisValue::text).collect();
        if !keys.is_empty() {
            redis.call(Batch::one(&[&["DEL"][..], &keys].concat())).await?;
        }
        match next.text() {
            Some(next) if next != "0" => next.clone_into(&mut cursor),
            Some(_) | None => return Ok(()),
        }
    }
}

/// What an operation means for the cache.
#[derive(Debug)]
enum Change {
    /// A value was read that can be kept.
    Read(Key, String),
    /// The user with this id is not what it was.
    Written(u64),
    Nothing,
}

fn change(operation: &Operation, outcome: &Outcome) -> Change {
    match (operation, outcome) {
        (Operation::Show(id), Outcome::User(text)) => Change::Read(Key::User(*id), text.clone()),
        (Operation::List { limit, offset }, Outcome::Page { total, list }) => {
            Change::Read(Key::Page { limit: *limit, offset: *offset }, format!("{total} {list}"))
        }
        (_, Outcome::Created(user) | Outcome::Updated(user)) => Change::Written(user.id),
        (_, Outcome::Deleted(id)) => Change::Written(*id),
        (_, Outcome::User(_) | Outcome::Page { .. }) => Change::Nothing,
        (_, Outcome::NoSuchUser | Outcome::EmailTaken | Outcome::Full) => Change::Nothing,
    }
}

/// The outcome that a cached text stands for.
fn outcome(key: Key, text: &str) -> Option<Outcome> {
    match key {
        Key::User(_) => Some(Outcome::User(text.to_owned())),
        Key::Page { .. } => {
            let (total, list) = text.split_once(' ')?;
            Some(Outcome::Page { total: total.parse().ok()?, list: list.to_owned() })
        }
    }
}
