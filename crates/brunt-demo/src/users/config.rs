//! The configuration of the users target and the checks of its values.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    duration_text,
    latency::Latency,
    mock::{ConfigError, Problem, SyntaxError},
};

/// The most users, cache entries and places in a queue: what a test machine has memory for.
const MOST_PLACES: usize = 1_000_000;

/// The instances behind the gateway.
pub(super) const APPS: usize = 3;

/// The highest number of an instance that is served alone.
const MOST_APPS: usize = 100;

/// The whole behaviour of the users target; see [`crate::users`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UsersConfig {
    /// What all randomness derives from.
    pub seed: u64,
    /// Which part of the system is served.
    pub role: Role,
    /// A real Redis instead of the embedded cache.
    pub redis: Option<RedisUrl>,
    /// How many users there are at the start.
    pub users: usize,
    /// How many users there can be.
    pub most_users: usize,
    /// The cache.
    pub cache: CacheConfig,
    /// The database of each instance.
    pub database: DatabaseConfig,
    /// How long the parts take.
    pub latency: LatencyConfig,
}

/// Which part of the system is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The gateway and the three instances behind it.
    #[default]
    Gateway,
    /// The instance of this number, from 1, alone.
    App(usize),
}

/// The cache before the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// How long a value is found; whole seconds with a real Redis, rounded up.
    #[serde(with = "duration_text")]
    pub ttl: Duration,
    /// How many values the embedded cache holds; the oldest makes place.
    pub entries: usize,
}

/// The connections of one instance to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// How many queries run at a time, at least 1.
    pub connections: usize,
    /// How many may wait for a connection.
    pub queue: usize,
}

/// How long the parts of an answer take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyConfig {
    /// The application itself.
    pub app: Latency,
    /// A look-up in the embedded cache.
    pub cache: Latency,
    /// A query that reads.
    pub read: Latency,
    /// A query that writes.
    pub write: Latency,
}

impl Default for UsersConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            role: Role::default(),
            redis: None,
            users: 100,
            most_users: 100_000,
            cache: CacheConfig::default(),
            database: DatabaseConfig::default(),
            latency: LatencyConfig::default(),
        }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { ttl: Duration::from_mins(1), entries: 10_000 }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { connections: 10, queue: 500 }
    }
}

impl Default for LatencyConfig {
    fn default() -> Self {
        let usual = |median_us, sigma| Latency::LogNormal { median: Duration::from_micros(median_us), sigma };
        Self {
            app: usual(1_000, 0.2),
            cache: usual(500, 0.2),
            read: usual(15_000, 0.4),
            write: usual(20_000, 0.4),
        }
    }
}

impl LatencyConfig {
    /// Every part takes `latency`.
    pub fn all(latency: Latency) -> Self {
        Self { app: latency, cache: latency, read: latency, write: latency }
    }
}

impl UsersConfig {
    /// Reads and checks a configuration; `file` is the name to show in an error.
    pub fn from_json(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_str(text)
            .map_err(|error| ConfigError::Syntax(SyntaxError::new(file, text, &error)))?;
        config.check()?;
        Ok(config)
    }

    /// All that is wrong with the values, if anything is.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        let mut add = |at: &str, message: String| problems.push(Problem { at: at.to_owned(), message });
        if let Role::App(number) = self.role
            && !(1..=MOST_APPS).contains(&number)
        {
            add("role.app", format!("is {number}, which is not between 1 and {MOST_APPS}"));
        }
        for (at, value, least) in [
            ("most_users", self.most_users, 1),
            ("cache.entries", self.cache.entries, 0),
            ("database.connections", self.database.connections, 1),
            ("database.queue", self.database.queue, 0),
        ] {
            if !(least..=MOST_PLACES).contains(&value) {
                add(at, format!("is {value}, which is not between {least} and {MOST_PLACES}"));
            }
        }
        if self.users > self.most_users {
            add("users", format!("is {}, and `most_users` is {}", self.users, self.most_users));
        }
        if self.cache.ttl.is_zero() {
            add("cache.ttl", "is 0; to have no cache write `\"entries\": 0`".to_owned());
        }
        for (at, latency) in [
            ("latency.app", self.latency.app),
            ("latency.cache", self.latency.cache),
            ("latency.read", self.latency.read),
            ("latency.write", self.latency.write),
        ] {
            latency.problems().into_iter().for_each(|message| add(at, message));
        }
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::Service { target: "users", problems }) }
    }
}

/// Where a Redis server is: `redis://[user:password@]host[:6379][/database]`.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: u32,
}

impl RedisUrl {
    /// The place that `text` names, or the sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "write redis://host:port, or redis://user:password@host:port/database";
        let rest = match text.split_once("://") {
            Some(("redis", rest)) => rest,
            Some(("rediss", _)) => {
                return Err(format!("TLS to Redis is not spoken here; {form}"));
            }
            Some(_) | None => return Err(format!("this is no URL of a Redis server; {form}")),
        };
        let (login, place) =
            rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let (place, database) = place.split_once('/').unwrap_or((place, ""));
        let database = if database.is_empty() { Ok(0) } else { database.parse() };
        let database =
            database.map_err(|_| format!("the database behind the last `/` is no number; {form}"))?;
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, after)) => (host, after.strip_prefix(':')),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(6379), str::parse).map_err(|_| format!("the port is no number; {form}"))?;
        if host.is_empty() {
            return Err(format!("there is no host; {form}"));
        }
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
            None => (None, None),
            Some((user, password)) => (Some(user), Some(password)),
        };
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self { host: host.to_owned(), port, user: given(user), password: given(password), database })
    }
}

impl fmt::Display for RedisUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "redis://{host}:{}/{}", self.port, self.database)
    }
}

impl fmt::Debug for RedisUrl {
    /// Without the password, which would end up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for RedisUrl {
    /// Without the password.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RedisUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_urls() {
        for (text, expected) in [
            ("redis://localhost", Ok("redis://localhost:6379/0")),
            ("redis://127.0.0.1:7000/3", Ok("redis://127.0.0.1:7000/3")),
            ("redis://[::1]:7000", Ok("redis://[::1]:7000/0")),
            ("redis://me:se@cret@host:1/", Ok("redis://host:1/0")),
            ("rediss://host", Err("TLS")),
            ("localhost:6379", Err("no URL")),
            ("redis://", Err("no host")),
            ("redis://host:port", Err("port")),
            ("redis://host/x", Err("database")),
        ] {
            match (RedisUrl::parse(text), expected) {
                (Ok(url), Ok(shown)) => assert_eq!(url.to_string(), shown, "{text}"),
                (Err(problem), Err(word)) => assert!(problem.contains(word), "{text}: {problem}"),
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
        let url = RedisUrl::parse("redis://me:se@cret@host").expect("URL");
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("me"), Some("se@cret")));
        assert!(!format!("{url:?}").contains("cret"));
    }

    #[test]
    fn the_documented_configuration_is_the_default() {
        let documentation = include_str!("mod.rs");
        let example = documentation.split("```json").nth(1).and_then(|rest| rest.split("```").next());
        let text: String =
            example.expect("json").lines().map(|line| line.trim_start_matches("//!")).collect();
        assert_eq!(UsersConfig::from_json("users.json", &text), Ok(UsersConfig::default()));
        let role = UsersConfig::from_json("users.json", r#"{"role": {"app": 2}}"#).map(|config| config.role);
        assert_eq!(role, Ok(Role::App(2)));
    }

    #[test]
    fn problems() {
        let text = r#"{
            "role": {"app": 0}, "users": 9, "most_users": 5,
            "cache": {"ttl": "0s"}, "database": {"connections": 0},
            "latency": {"read": {"uniform": {"min": "2ms", "max": "1ms"}}}
        }"#;
        let rows = [text, r#"{ "redis": "http://host" }"#, r#"{ "rediss": null }"#];
        let shown: Vec<String> = rows
            .iter()
            .map(|text| UsersConfig::from_json("users.json", text).expect_err(text).to_string())
            .collect();
        insta::assert_snapshot!(shown.join("\n\n"));
    }
}
