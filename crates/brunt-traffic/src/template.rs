//! Endpoints mined from paths, without a specification.
//!
//! Paths are a tree of typed parts. A part that many ask for stays a word; where there are many light brothers they become one
//! variable, and so on below. A path keeps its words only where they carry weight: what few ask for is a value.

use crate::target::{Target, typed};
use std::collections::{BTreeMap, HashMap};

/// More light brothers than this become a variable.
const MOST_BROTHERS: usize = 8;

/// What a part must have of all requests to stay a word among many brothers.
const HEAVY_SHARE: f64 = 0.002;

/// And at least so many requests.
const HEAVY_COUNT: u64 = 30;

/// How many times as often as the value before it a value may be asked for and still be one: by Zipf's law it is twice at most.
const JUMP: u64 = 3;

/// Parts of a path that are looked at; what comes deeper belongs to the last of them.
const DEEPEST: usize = 8;

/// Children of one part that are kept apart before they are a variable whatever they weigh: bounds memory.
const MOST_CHILDREN: usize = 20_000;

/// The part of a path that none of the mined ones continues with.
const NEW: &str = "{new}";

#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    count: u64,
    /// So many clients at least asked for something in here: the most of any one path.
    clients: usize,
    children: BTreeMap<Box<str>, Node>,
}

/// The tree of paths, collapsed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Templates {
    root: Node,
}

/// Takes paths with how often they were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Miner {
    root: Node,
}

/// How a part is made: what values of one kind have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Make {
    hyphens: usize,
    digits: bool,
    extension: bool,
}

impl Make {
    fn of(part: &str) -> Self {
        Self {
            hyphens: part.bytes().filter(|b| matches!(b, b'-' | b'_')).count().min(2),
            digits: part.bytes().any(|b| b.is_ascii_digit()),
            extension: part.contains('.'),
        }
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1).take(DEEPEST)
}

/// The variable that a part becomes: its extension, which tells kinds of files apart, stays.
fn variable(part: &str) -> String {
    let extension = part.rsplit_once('.').map(|(_, ext)| ext).filter(|ext| {
        (1..=6).contains(&ext.len())
            && ext.bytes().all(|b| b.is_ascii_alphanumeric())
            && ext.as_bytes()[0].is_ascii_alphabetic()
    });
    extension.map_or_else(|| "{var}".to_owned(), |ext| format!("{{var}}.{}", ext.to_ascii_lowercase()))
}

impl Miner {
    /// Takes a path that was asked for so often, by so many clients.
    pub fn add(&mut self, path: &str, count: u64, clients: usize) {
        let mut node = &mut self.root;
        node.count += count;
        node.clients = node.clients.max(clients);
        for part in parts(path) {
            let key = typed(part);
            let full = node.children.len() >= MOST_CHILDREN && !node.children.contains_key(key);
            let key: Box<str> = if full { variable(part).into() } else { key.into() };
            node = node.children.entry(key).or_default();
            node.count += count;
            node.clients = node.clients.max(clients);
        }
    }

    /// Decides what is a word and what a variable. Among many brothers a word is one that weighs enough, and that so many clients
    /// asked for: what few know is theirs.
    pub fn solve(mut self, least_clients: usize) -> Templates {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is a count"
        )]
        let heavy = HEAVY_COUNT.max((HEAVY_SHARE * self.root.count as f64) as u64);
        self.root.collapse(heavy, least_clients);
        Templates { root: self.root }
    }
}

impl Node {
    fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.clients = self.clients.max(other.clients);
        for (key, child) in other.children {
            self.children.entry(key).or_default().absorb(child);
        }
    }

    /// Light brothers, and those heavy ones that are values like them: that are made like most of them, and no more than three times as
    /// often asked for as the one before. A popular product is a product still; a word of the API stands out.
    fn with_heavy_values(&self, light: Vec<Box<str>>) -> Vec<Box<str>> {
        let mut makes: BTreeMap<Make, usize> = BTreeMap::new();
        for key in &light {
            *makes.entry(Make::of(key)).or_default() += 1;
        }
        let usual = makes.iter().max_by_key(|(_, n)| **n).filter(|(_, n)| **n * 5 >= light.len() * 3);
        let Some((usual, _)) = usual else { return light };
        let count = |key: &str| self.children.get(key).map_or(0, |child| child.count);
        let mut most = light.iter().map(|key| count(key)).max().unwrap_or(0);
        let mut heavy: Vec<Box<str>> = self
            .children
            .keys()
            .filter(|key| {
                !key.is_empty() && !key.starts_with('{') && !light.contains(key) && Make::of(key) == *usual
            })
            .cloned()
            .collect();
        heavy.sort_by_key(|key| count(key));
        let mut values = light;
        for key in heavy {
            if count(&key) > most.saturating_mul(JUMP) {
                break;
            }
            most = count(&key);
            values.push(key);
        }
        values
    }

    fn collapse(&mut self, heavy: u64, least_clients: usize) {
        let light: Vec<Box<str>> = self
            .children
            .iter()
            .filter(|(key, child)| {
                !key.is_empty()
                    && !key.starts_with('{')
                    && (child.count < heavy || child.clients < least_clients)
            })
            .map(|(key, _)| key.clone())
            .collect();
        if light.len() > MOST_BROTHERS {
            let values = self.with_heavy_values(light);
            for key in values {
                if let Some(child) = self.children.remove(&key) {
                    self.children.entry(variable(&key).into()).or_default().absorb(child);
                }
            }
        }
        for child in self.children.values_mut() {
            child.collapse(heavy, least_clients);
        }
    }
}

impl Templates {
    /// The template of a path. A part that none of the mined ones has ends it as `{new}`.
    pub fn of(&self, path: &str) -> String {
        let mut node = &self.root;
        let mut out = String::new();
        for part in parts(path) {
            let variable = variable(part);
            let key = [typed(part), variable.as_str(), "{var}"]
                .into_iter()
                .find_map(|key| node.children.get_key_value(key));
            out.push('/');
            let Some((key, child)) = key else {
                out.push_str(NEW);
                break;
            };
            out.push_str(key);
            node = child;
        }
        if out.is_empty() {
            out.push('/');
        }
        out
    }

    /// The endpoint of a target: method, template, and `?` where it has a query.
    pub fn endpoint(&self, target: &Target) -> String {
        let query = if target.query.is_some() { "?" } else { "" };
        format!("{} {}{query}", target.method, self.of(&target.path))
    }
}

/// The endpoints that are told apart, by position, the most asked for first; the last stands for all others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    /// Their names: `GET /users/{int}`.
    pub names: Vec<String>,
    known: HashMap<String, u16>,
}

/// The name of all endpoints that are not told apart.
pub const OTHER: &str = "OTHER";

impl Endpoints {
    /// The most asked for of these, at most `most` with the one that stands for all others.
    pub fn top(counted: &BTreeMap<String, u64>, most: usize) -> Self {
        let mut by_count: Vec<_> = counted.iter().collect();
        by_count.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), *name));
        by_count.truncate(most.clamp(2, usize::from(u16::MAX)) - 1);
        Self::named(by_count.into_iter().map(|(name, _)| name.clone()).collect())
    }

    /// With these names, the most asked for first; the one that stands for all others is added.
    pub fn named(mut names: Vec<String>) -> Self {
        names.retain(|name| name != OTHER);
        let known = names
            .iter()
            .enumerate()
            .map(|(i, name)| (name.clone(), u16::try_from(i).unwrap_or(u16::MAX)))
            .collect();
        names.push(OTHER.to_owned());
        Self { names, known }
    }

    /// The position of a name.
    pub fn position(&self, name: &str) -> u16 {
        self.known.get(name).copied().unwrap_or(u16::try_from(self.names.len() - 1).unwrap_or(u16::MAX))
    }
}
