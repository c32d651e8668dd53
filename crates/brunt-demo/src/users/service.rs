//! The gateway, its instances, and what becomes of a request there.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{
    config::{APPS, Role, UsersConfig},
    shared::{Found, Shared},
    store::Outcome,
    validation::{self, Operation},
};
use crate::{
    api::{Endpoint, Reply, Service, Turn},
    balancer::{Algorithm, Balancer},
    clock::now,
    mock::ConfigError,
    planted::{Abilities, Cache, Work},
    queue::Queue,
    random::{Draws, Purpose},
    stats::lock,
};

/// The users target.
#[derive(Debug)]
pub(crate) struct Users {
    config: UsersConfig,
    balancer: Balancer,
    /// Those of this process.
    apps: Vec<App>,
    shared: Shared,
    epoch: Instant,
}

/// One instance of the application.
#[derive(Debug)]
struct App {
    name: String,
    /// Its connections to the database.
    connections: Mutex<Queue>,
    requests: AtomicU64,
    rejected: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    List,
    Create,
    Show,
    Replace,
    Patch,
    Delete,
    Health,
    AppHealth(usize),
    GatewayHealth,
    CacheStats,
}

impl Users {
    /// The target that `config` describes, for `threads` serving threads.
    pub(crate) fn new(config: UsersConfig, threads: usize) -> Result<Self, ConfigError> {
        config.check()?;
        let numbers = match config.role {
            Role::Gateway => 1..=APPS,
            Role::App(number) => number..=number,
        };
        let apps: Vec<App> = numbers.map(|number| App::new(number, &config)).collect();
        Ok(Self {
            balancer: Balancer::new(Algorithm::RoundRobin, apps.len()),
            apps,
            shared: Shared::new(&config, threads),
            epoch: now(),
            config,
        })
    }

    /// An answer of `app`, to a request that is about users.
    async fn at(&self, app: &App, route: Route, turn: &Turn<'_>) -> Reply {
        app.requests.fetch_add(1, Relaxed);
        let ready = turn.arrived + turn.effect.stretched(self.config.latency.app.draw(turn.draws));
        let operation = match operation(route, turn) {
            Ok(operation) => operation,
            Err(refusal) => {
                turn.timer.until(ready + turn.effect.extra).await;
                return turn.planted_error().unwrap_or(refusal);
            }
        };
        turn.timer.until(ready).await;
        let Some(key) = operation.key() else {
            self.shared.prepare(None, turn).await;
            return self.query(app, &operation, turn).await;
        };
        let epoch = turn.faults.cache_epoch(now());
        self.shared.prepare(epoch, turn).await;
        match self.shared.look_up(key, epoch, turn).await {
            Found::Hit(outcome) => {
                turn.timer.until(now() + turn.effect.extra).await;
                turn.planted_error().unwrap_or_else(|| answer(&outcome)).named("x-cache", "HIT")
            }
            Found::Miss => self.query(app, &operation, turn).await.named("x-cache", "MISS"),
        }
    }

    /// The answer by way of the database.
    async fn query(&self, app: &App, operation: &Operation, turn: &Turn<'_>) -> Reply {
        let latency = &self.config.latency;
        let latency = if operation.key().is_some() { latency.read } else { latency.write };
        // Independent of the draw for the application.
        let draws = Draws::new(turn.draws.bits(Purpose::PayloadSize), 0, 0);
        let service = turn.effect.stretched(latency.draw(draws)) + turn.effect.extra;
        let admitted = lock(&app.connections).admit(now().saturating_duration_since(self.epoch), service);
        let Some(end) = admitted else {
            app.rejected.fetch_add(1, Relaxed);
            return detail(StatusCode::SERVICE_UNAVAILABLE, "all connections to the database are taken")
                .header(header::RETRY_AFTER, 1.into());
        };
        turn.timer.until(self.epoch + end).await;
        if let Some(error) = turn.planted_error() {
            return error;
        }
        match self.shared.run(operation, turn).await {
            Ok(outcome) => answer(&outcome),
            Err(error) => {
                let text = format!("the store of users does not answer: {error}");
                detail(StatusCode::SERVICE_UNAVAILABLE, &text)
            }
        }
    }

    async fn health(&self, app: &App, turn: &Turn<'_>) -> Reply {
        app.requests.fetch_add(1, Relaxed);
        turn.timer.until(turn.arrived + turn.effect.extra).await;
        if let Some(error) = turn.planted_error() {
            return error;
        }
        let health = self.shared.health(turn).await;
        let (status, text) = if health.store == "unavailable" {
            (StatusCode::SERVICE_UNAVAILABLE, "unhealthy")
        } else {
            (StatusCode::OK, "healthy")
        };
        let value = json!({
            "status": text, "instance": app.name, "cache": health.cache, "database": health.store,
        });
        Reply::json(status, &value)
    }

    /// The health of the gateway itself.
    async fn gateway_health(&self, turn: &Turn<'_>) -> Reply {
        turn.timer.until(turn.arrived + turn.effect.extra).await;
        let names: Vec<&str> = self.apps.iter().map(|app| app.name.as_str()).collect();
        let value = json!({ "status": "healthy", "service": "gateway", "apps": names });
        turn.planted_error().unwrap_or_else(|| Reply::ok(&value))
    }

    /// The instance with the number `number`, from 1.
    fn app(&self, number: usize) -> Option<&App> {
        match self.config.role {
            Role::Gateway => self.apps.get(number.checked_sub(1)?),
            Role::App(own) => self.apps.first().filter(|_| own == number),
        }
    }

    fn absent(&self) -> Reply {
        let names: Vec<&str> = self.apps.iter().map(|app| app.name.as_str()).collect();
        detail(
            StatusCode::NOT_FOUND,
            &format!("only {} is served here, without the gateway", names.join(", ")),
        )
    }
}

impl App {
    fn new(number: usize, config: &UsersConfig) -> Self {
        Self {
            name: format!("app{number}"),
            connections: Mutex::new(connections(config)),
            requests: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }

    fn reset(&self, config: &UsersConfig) {
        *lock(&self.connections) = connections(config);
        self.requests.store(0, Relaxed);
        self.rejected.store(0, Relaxed);
    }

    fn report(&self) -> Value {
        json!({
            "name": self.name,
            "requests": self.requests.load(Relaxed),
            "rejected": self.rejected.load(Relaxed),
        })
    }
}

fn connections(config: &UsersConfig) -> Queue {
    Queue::new(config.database.connections, config.database.queue)
}

impl Service for Users {
    type Route = Route;

    const NAME: &'static str = "users";
    const ABOUT: &'static str =
        "users behind a gateway with a cache; /users also answers below /api and /api/v1";
    const ROUTES: &'static [Endpoint<Route>] = &[
        endpoint("GET", "/users", "a page of users: ?limit=100&offset=0", Work::Service, Route::List),
        endpoint("POST", "/users", "creates {\"name\": .., \"email\": ..}", Work::Service, Route::Create),
        endpoint("GET", "/users/{id}", "one user", Work::Service, Route::Show),
        endpoint("PUT", "/users/{id}", "sets name and e-mail", Work::Service, Route::Replace),
        endpoint("PATCH", "/users/{id}", "sets name or e-mail", Work::Service, Route::Patch),
        endpoint("DELETE", "/users/{id}", "deletes a user", Work::Service, Route::Delete),
        endpoint("GET", "/health", "of the next instance", Work::Report, Route::Health),
        endpoint("GET", "/app1/health", "of the first instance", Work::Report, Route::AppHealth(1)),
        endpoint("GET", "/app2/health", "of the second", Work::Report, Route::AppHealth(2)),
        endpoint("GET", "/app3/health", "of the third", Work::Report, Route::AppHealth(3)),
        endpoint("GET", "/gateway-health", "of the gateway", Work::Report, Route::GatewayHealth),
        endpoint("GET", "/cache/stats", "hits and misses of the cache", Work::Report, Route::CacheStats),
    ];

    fn inner_path(path: &str) -> &str {
        let inner = path.strip_prefix("/api/v1").or_else(|| path.strip_prefix("/api")).unwrap_or(path);
        let is_users = inner == "/users" || inner.starts_with("/users/");
        // Collections are asked for with a slash behind as well.
        match inner {
            "/users/" => "/users",
            inner if is_users => inner,
            _ => path,
        }
    }

    fn abilities(&self) -> Abilities {
        let backends = match self.config.role {
            Role::Gateway => self.apps.len(),
            Role::App(_) => 0,
        };
        Abilities { backends, cache: Cache::Present }
    }

    fn seed(&self) -> u64 {
        self.config.seed
    }

    async fn answer(&self, route: Route, turn: &Turn<'_>) -> Reply {
        let balanced = || {
            let weights = if self.apps.len() > 1 { turn.faults.weights() } else { None };
            self.apps.get(self.balancer.pick(weights))
        };
        let app = match route {
            Route::GatewayHealth if self.config.role == Role::Gateway => {
                return self.gateway_health(turn).await;
            }
            Route::CacheStats => {
                turn.timer.until(turn.arrived + turn.effect.extra).await;
                return turn.planted_error().unwrap_or_else(|| Reply::ok(&self.shared.cache_report()));
            }
            Route::AppHealth(number) => self.app(number),
            Route::GatewayHealth => None,
            Route::Health
            | Route::List
            | Route::Create
            | Route::Show
            | Route::Replace
            | Route::Patch
            | Route::Delete => balanced(),
        };
        let Some(app) = app else {
            return self.absent();
        };
        let reply = match route {
            Route::Health | Route::AppHealth(_) => self.health(app, turn).await,
            Route::List
            | Route::Create
            | Route::Show
            | Route::Replace
            | Route::Patch
            | Route::Delete
            | Route::GatewayHealth
            | Route::CacheStats => self.at(app, route, turn).await,
        };
        reply.named("x-upstream", &app.name)
    }

    fn reset(&self, _now: Instant) {
        self.apps.iter().for_each(|app| app.reset(&self.config));
        self.balancer.reset();
        self.shared.reset(&self.config);
    }

    fn report(&self) -> Value {
        let apps: Vec<Value> = self.apps.iter().map(App::report).collect();
        let mut report = json!({ "apps": apps, "cache": self.shared.cache_report() });
        if let Some(users) = self.shared.users() {
            report["users"] = users.into();
        }
        report
    }
}

const fn endpoint(
    method: &'static str,
    path: &'static str,
    about: &'static str,
    work: Work,
    route: Route,
) -> Endpoint<Route> {
    Endpoint { method, path, about, work, route }
}

/// What a request for users asks for.
fn operation(route: Route, turn: &Turn<'_>) -> Result<Operation, Reply> {
    let id = turn.values.first().copied().unwrap_or_default();
    match route {
        Route::Show => validation::show(id),
        Route::Create => validation::create(turn.body),
        Route::Replace => validation::replace(id, turn.body),
        Route::Patch => validation::patch(id, turn.body),
        Route::Delete => validation::delete(id),
        Route::List | Route::Health | Route::AppHealth(_) | Route::GatewayHealth | Route::CacheStats => {
            validation::list(turn.query)
        }
    }
}

fn detail(status: StatusCode, text: &str) -> Reply {
    Reply::json(status, &json!({ "detail": text }))
}

fn answer(outcome: &Outcome) -> Reply {
    let json = |status, body: String| Reply::text(status, "application/json", body);
    match outcome {
        Outcome::User(text) => json(StatusCode::OK, text.clone()),
        Outcome::Page { total, list } => {
            json(StatusCode::OK, list.clone()).named("x-total-count", &total.to_string())
        }
        Outcome::Created(user) => json(StatusCode::CREATED, user.json()),
        Outcome::Updated(user) => json(StatusCode::OK, user.json()),
        Outcome::Deleted(_) => Reply::empty(StatusCode::NO_CONTENT),
        Outcome::NoSuchUser => detail(StatusCode::NOT_FOUND, "User not found"),
        Outcome::EmailTaken => detail(StatusCode::CONFLICT, "Email already registered"),
        Outcome::Full => detail(
            StatusCode::INSUFFICIENT_STORAGE,
            "there are as many users as `most_users` allows; delete some",
        ),
    }
}
