//! The embedded cache: values with an end, bounded in number.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use super::config::CacheConfig;

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    User(u64),
    Page { limit: u64, offset: u64 },
}

/// The values, by key.
#[derive(Debug)]
pub(super) struct Embedded {
    ttl: Duration,
    most: usize,
    /// The epoch of the planted faults under which the values were stored.
    epoch: u64,
    /// How often any user was changed: pages of before are not found.
    changes: u64,
    stamps: u64,
    values: HashMap<Key, Entry>,
    /// The keys as they were stored, oldest first, with the stamp that tells them from later ones.
    order: VecDeque<(Key, u64)>,
}

#[derive(Debug)]
struct Entry {
    value: String,
    ends: Instant,
    changes: u64,
    stamp: u64,
}

impl Embedded {
    pub(super) fn new(config: CacheConfig) -> Self {
        Self {
            ttl: config.ttl,
            most: config.entries,
            epoch: 0,
            changes: 0,
            stamps: 0,
            values: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Empties it if the epoch is another.
    pub(super) fn enter(&mut self, epoch: u64) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.values.clear();
            self.order.clear();
        }
    }

    pub(super) fn get(&self, key: Key, now: Instant) -> Option<String> {
        let entry = self.values.get(&key)?;
        let is_current = match key {
            Key::User(_) => true,
            Key::Page { .. } => entry.changes == self.changes,
        };
        (is_current && now < entry.ends).then(|| entry.value.clone())
    }

    pub(super) fn put(&mut self, key: Key, value: String, now: Instant) {
        if self.most == 0 {
            return;
        }
        self.stamps += 1;
        let (stamp, changes) = (self.stamps, self.changes);
        self.values.insert(key, Entry { value, ends: now + self.ttl, changes, stamp });
        self.order.push_back((key, stamp));
        while self.order.len() > self.most {
            if let Some((oldest, stamp)) = self.order.pop_front()
                && self.values.get(&oldest).is_some_and(|entry| entry.stamp == stamp)
            {
                self.values.remove(&oldest);
            }
        }
    }

    /// Forgets a user and all pages.
    pub(super) fn changed(&mut self, id: u64) {
        self.changes += 1;
        self.values.remove(&Key::User(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    #[test]
    fn values_end_by_time_number_change_and_epoch() {
        let ms = Duration::from_millis;
        let mut cache = Embedded::new(CacheConfig { ttl: ms(100), entries: 2 });
        let start = now();
        let page = Key::Page { limit: 10, offset: 0 };
        let found = |cache: &Embedded, at| {
            [Key::User(1), Key::User(2), page].map(|key| cache.get(key, start + ms(at)).is_some())
        };
        cache.put(Key::User(1), "one".to_owned(), start);
        cache.put(page, "page".to_owned(), start + ms(50));
        assert_eq!(found(&cache, 99), [true, false, true]);
        assert_eq!(found(&cache, 100), [false, false, true]);
        cache.put(Key::User(2), "two".to_owned(), start + ms(60));
        assert_eq!(found(&cache, 61), [false, true, true]);
        cache.changed(7);
        assert_eq!(found(&cache, 61), [false, true, false]);
        cache.changed(2);
        assert_eq!(found(&cache, 61), [false, false, false]);
        cache.put(Key::User(1), "one".to_owned(), start);
        cache.enter(0);
        assert_eq!(cache.len(), 1);
        cache.enter(1);
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn it_stays_bounded() {
        let mut cache = Embedded::new(CacheConfig { ttl: Duration::from_secs(1), entries: 3 });
        for number in 0..1_000 {
            cache.put(Key::User(number % 5), String::new(), now());
            assert!(cache.len() <= 3 && cache.order.len() <= 3);
        }
    }
}
