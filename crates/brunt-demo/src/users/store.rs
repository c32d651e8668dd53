//! The users themselves: in this process, or in a Redis that several processes share.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{
    config::UsersConfig,
    redis::{Batch, RedisError, Session, Value},
    validation::Operation,
};

/// The keys in Redis: a hash of users by id, one of ids by e-mail, the ids in order, and the last id.
const USERS: &str = "brunt:users:users";
const EMAILS: &str = "brunt:users:emails";
const IDS: &str = "brunt:users:ids";
const LAST_ID: &str = "brunt:users:last_id";
const SEEDED: &str = "brunt:users:seeded";

/// How many users are sent to Redis at a time when it is filled.
const CHUNK: usize = 1_000;

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) email: String,
}

impl User {
    /// The user with this id at the start.
    fn initial(id: u64) -> Self {
        Self { id, name: format!("User {id}"), email: format!("user{id}@example.com") }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What became of an operation; users are JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    User(String),
    Page { total: u64, list: String },
    Created(User),
    Updated(User),
    Deleted(u64),
    NoSuchUser,
    EmailTaken,
    Full,
}

/// All users of this process.
#[derive(Debug, Default)]
pub(super) struct Table {
    users: BTreeMap<u64, User>,
    /// Who has an e-mail, in small letters.
    emails: HashMap<String, u64>,
    last_id: u64,
    most: usize,
}

impl Table {
    pub(super) fn new(config: &UsersConfig) -> Self {
        let mut table = Self { most: config.most_users, ..Self::default() };
        for user in (1_u64..).take(config.users).map(User::initial) {
            table.emails.insert(user.email.to_lowercase(), user.id);
            table.last_id = user.id;
            table.users.insert(user.id, user);
        }
        table
    }

    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    pub(super) fn run(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::List { limit, offset } => {
                let size = |number: &u64| usize::try_from(*number).unwrap_or(usize::MAX);
                let page = self.users.values().skip(size(offset)).take(size(limit));
                let list = page.map(User::json).collect::<Vec<_>>().join(",");
                Outcome::Page { total: self.users.len() as u64, list: format!("[{list}]") }
            }
            Operation::Show(id) => {
                self.users.get(id).map_or(Outcome::NoSuchUser, |user| Outcome::User(user.json()))
            }
            Operation::Create { name, email } => self.create(name, email),
            Operation::Update { id, name, email } => self.update(*id, name.as_ref(), email.as_ref()),
            Operation::Delete(id) => match self.users.remove(id) {
                Some(user) => {
                    self.emails.remove(&user.email.to_lowercase());
                    Outcome::Deleted(*id)
                }
                None => Outcome::NoSuchUser,
            },
        }
    }

    fn create(&mut self, name: &str, email: &str) -> Outcome {
        if self.emails.contains_key(&email.to_lowercase()) {
            return Outcome::EmailTaken;
        }
        if self.users.len() >= self.most {
            return Outcome::Full;
        }
        self.last_id += 1;
        let user = User { id: self.last_id, name: name.to_owned(), email: email.to_owned() };
        self.emails.insert(email.to_lowercase(), user.id);
        self.users.insert(user.id, user.clone());
        Outcome::Created(user)
    }

    fn update(&mut self, id: u64, name: Option<&String>, email: Option<&String>) -> Outcome {
        let Some(user) = self.users.get_mut(&id) else {
            return Outcome::NoSuchUser;
        };
        if let Some(email) = email {
            if self.emails.get(&email.to_lowercase()).is_some_and(|owner| *owner != id) {
                return Outcome::EmailTaken;
            }
            self.emails.remove(&user.email.to_lowercase());
            self.emails.insert(email.to_lowercase(), id);
            user.email.clone_from(email);
        }
        if let Some(name) = name {
            user.name.clone_from(name);
        }
        Outcome::Updated(user.clone())
    }
}

/// Runs `operation` on the users in Redis.
///
/// The steps of one operation are not a transaction: of two that change the same user at the same time, either may win.
/// E-mails stay unique, because a single command takes them.
pub(super) async fn run_in_redis(
    session: &Session<'_>,
    operation: &Operation,
    most: usize,
) -> Result<Outcome, RedisError> {
    Ok(match operation {
        Operation::List { limit, offset } => page(session, *limit, *offset).await?,
        Operation::Show(id) => {
            find(session, *id).await?.map_or(Outcome::NoSuchUser, |user| Outcome::User(user.json()))
        }
        Operation::Create { name, email } => create(session, name, email, most).await?,
        Operation::Update { id, name, email } => match find(session, *id).await? {
            Some(user) => {
                let name = name.clone().unwrap_or_else(|| user.name.clone());
                let email = email.clone().unwrap_or_else(|| user.email.clone());
                update(session, &user, User { id: *id, name, email }).await?
            }
            None => Outcome::NoSuchUser,
        },
        Operation::Delete(id) => match find(session, *id).await? {
            Some(user) => {
                let id_text = id.to_string();
                let batch = Batch::one(&["HDEL", USERS, &id_text]).and(&["ZREM", IDS, &id_text]);
                session.call(batch.and(&["HDEL", EMAILS, &user.email.to_lowercase()])).await?;
                Outcome::Deleted(*id)
            }
            None => Outcome::NoSuchUser,
        },
    })
}

async fn find(session: &Session<'_>, id: u64) -> Result<Option<User>, RedisError> {
    let values = session.call(Batch::one(&["HGET", USERS, &id.to_string()])).await?;
    Ok(values.first().and_then(Value::text).and_then(|text| serde_json::from_str(text).ok()))
}

async fn page(session: &Session<'_>, limit: u64, offset: u64) -> Result<Outcome, RedisError> {
    let last = offset.saturating_add(limit).saturating_sub(1).min(i64::MAX.unsigned_abs());
    let batch = Batch::one(&["ZCARD", IDS]).and(&["ZRANGE", IDS, &offset.to_string(), &last.to_string()]);
    let values = session.call(batch).await?;
    let total = values.first().map_or(0, Value::number);
    let ids: Vec<&str> = values.get(1).map_or(&[][..], Value::list).iter().filter_map(Value::text).collect();
    if ids.is_empty() {
        return Ok(Outcome::Page { total, list: "[]".to_owned() });
    }
    let values = session.call(Batch::one(&[&["HMGET", USERS][..], &ids].concat())).await?;
    // One that was deleted in between is nil.
    let users = values.first().map_or(&[][..], Value::list).iter().filter_map(Value::text);
    let list = users.collect::<Vec<_>>().join(",");
    Ok(Outcome::Page { total, list: format!("[{list}]") })
}

async fn create(session: &Session<'_>, name: &str, email: &str, most: usize) -> Result<Outcome, RedisError> {
    let small = email.to_lowercase();
    let values = session.call(Batch::one(&["ZCARD", IDS]).and(&["HEXISTS", EMAILS, &small])).await?;
    if values.get(1).map_or(0, Value::number) > 0 {
        return Ok(Outcome::EmailTaken);
    }
    if values.first().map_or(0, Value::number) >= most as u64 {
        return Ok(Outcome::Full);
    }
    let values = session.call(Batch::one(&["INCRBY", LAST_ID, "1"])).await?;
    let user =
        User { id: values.first().map_or(0, Value::number), name: name.to_owned(), email: email.to_owned() };
    let id = user.id.to_string();
    let values = session.call(Batch::one(&["HSETNX", EMAILS, &small, &id])).await?;
    if values.first().map_or(0, Value::number) == 0 {
        return Ok(Outcome::EmailTaken);
    }
    session.call(Batch::one(&["HSET", USERS, &id, &user.json()]).and(&["ZADD", IDS, &id, &id])).await?;
    Ok(Outcome::Created(user))
}

async fn update(session: &Session<'_>, old: &User, new: User) -> Result<Outcome, RedisError> {
    let id = new.id.to_string();
    let (old_email, new_email) = (old.email.to_lowercase(), new.email.to_lowercase());
    let mut batch = Batch::one(&["HSET", USERS, &id, &new.json()]);
    if old_email != new_email {
        let values = session.call(Batch::one(&["HSETNX", EMAILS, &new_email, &id])).await?;
        if values.first().map_or(0, Value::number) == 0 {
            return Ok(Outcome::EmailTaken);
        }
        batch = batch.and(&["HDEL", EMAILS, &old_email]);
    }
    session.call(batch).await?;
    Ok(Outcome::Updated(new))
}

/// Removes all users from Redis.
pub(super) async fn clear_redis(session: &Session<'_>) -> Result<(), RedisError> {
    session.call(Batch::one(&["DEL", USERS, EMAILS, IDS, LAST_ID, SEEDED])).await.map(drop)
}

/// Fills Redis with the users of the start, unless some process has done so.
pub(super) async fn seed_redis(session: &Session<'_>, count: usize) -> Result<(), RedisError> {
    let values = session.call(Batch::one(&["SETNX", SEEDED, "1"])).await?;
    if values.first().map_or(0, Value::number) == 0 || count == 0 {
        return Ok(());
    }
    // Ids are taken first, so that one who creates a user meanwhile gets another.
    let values = session.call(Batch::one(&["INCRBY", LAST_ID, &count.to_string()])).await?;
    let last = values.first().map_or(0, Value::number);
    let users: Vec<User> = (last.saturating_sub(count as u64) + 1..=last).map(User::initial).collect();
    for chunk in users.chunks(CHUNK) {
        let mut batch = Batch::default();
        for user in chunk {
            let id = user.id.to_string();
            batch = batch.and(&["HSET", USERS, &id, &user.json()]).and(&["ZADD", IDS, &id, &id]);
            batch = batch.and(&["HSETNX", EMAILS, &user.email, &id]);
        }
        session.call(batch).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations() {
        let config = UsersConfig { users: 2, most_users: 3, ..UsersConfig::default() };
        let mut table = Table::new(&config);
        let user = |id, name: &str, email: &str| User { id, name: name.to_owned(), email: email.to_owned() };
        let create =
            |name: &str, email: &str| Operation::Create { name: name.to_owned(), email: email.to_owned() };
        let update = |id, name: Option<&str>, email: Option<&str>| Operation::Update {
            id,
            name: name.map(str::to_owned),
            email: email.map(str::to_owned),
        };
        let page =
            |total, list: &[User]| Outcome::Page { total, list: serde_json::to_string(list).expect("JSON") };
        let (one, two) = (User::initial(1), User::initial(2));
        let three = user(3, "C", "c@x.example");
        let rows = [
            (Operation::Show(1), Outcome::User(one.json())),
            (Operation::Show(3), Outcome::NoSuchUser),
            (create("B", "USER2@example.com"), Outcome::EmailTaken),
            (create("C", "c@x.example"), Outcome::Created(three.clone())),
            (create("D", "d@x.example"), Outcome::Full),
            (Operation::List { limit: 2, offset: 1 }, page(3, &[two.clone(), three])),
            (Operation::List { limit: 2, offset: 9 }, page(3, &[])),
            (update(3, None, Some("user1@example.com")), Outcome::EmailTaken),
            (update(3, Some("E"), Some("C@x.example")), Outcome::Updated(user(3, "E", "C@x.example"))),
            (update(9, Some("E"), None), Outcome::NoSuchUser),
            (Operation::Delete(3), Outcome::Deleted(3)),
            (Operation::Delete(3), Outcome::NoSuchUser),
            (create("F", "c@x.example"), Outcome::Created(user(4, "F", "c@x.example"))),
        ];
        for (operation, expected) in rows {
            assert_eq!(table.run(&operation), expected, "{operation:?}");
        }
        assert_eq!(table.len(), 3);
    }
}
