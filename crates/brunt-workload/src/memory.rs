//! What a user remembers: values saved from answers, rows of data, who it is.
//!
//! A value lives as long as its user, and is replaced when it is saved again. Users of a closed scenario live
//! until they retire; those of an open one are taken from a pool, and what one arrival saved is there for the
//! next that the same user serves, as its cookies are.

use crate::{Draw, Feed, FeedId};

/// A named value that users remember, by its position in [`Workload::slots`](crate::Workload::slots).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u16);

/// The most names that values may be saved under: each costs every user a few words.
pub const MAX_SLOTS: usize = 1_000;

/// The most items that a saved list keeps; what follows is left out.
pub const MAX_LIST: usize = 10_000;

/// Something remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A JSON value that is no string: its text as JSON.
    Json(String),
    /// Several, in order; at most [`MAX_LIST`].
    List(Vec<Self>),
}

impl Value {
    /// The value as text: of a list its JSON-like enumeration is of no use, so it is its first item's.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Json(text) => text,
            Self::List(items) => items.first().map_or("", Self::as_text),
        }
    }

    /// How many items it has; 1 if it is no list.
    pub const fn len(&self) -> usize {
        match self {
            Self::Text(_) | Self::Json(_) => 1,
            Self::List(items) => items.len(),
        }
    }

    /// Whether it is a list without items.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a text of the plan is when it is remembered. It is used as what was saved of an answer would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plain {
    /// A text.
    #[default]
    Text,
    /// A number, a truth value or null: JSON as it stands.
    Json,
}

impl Plain {
    /// What is remembered.
    pub const fn value(self, text: String) -> Value {
        match self {
            Self::Text => Value::Text(text),
            Self::Json => Value::Json(text),
        }
    }
}

/// Which item of a list is meant. What is no list is its own only item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pick {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// Any, each as likely.
    Random,
    /// All of them, as one list.
    All,
    /// Not an item, but how many there are.
    Count,
}

impl Pick {
    /// The item picked; `None` of an empty list, and for [`Pick::Count`].
    pub fn of<'v>(self, value: &'v Value, draw: &mut Draw) -> Option<&'v Value> {
        let Value::List(items) = value else {
            return (self != Self::Count).then_some(value);
        };
        match self {
            Self::First => items.first(),
            Self::Last => items.last(),
            Self::Random => usize::try_from(draw.below(items.len() as u64)).ok().and_then(|at| items.get(at)),
            Self::All => Some(value),
            Self::Count => None,
        }
    }
}

/// What one user remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    values: Vec<Option<Value>>,
    rows: Vec<Option<u32>>,
    /// The user's number in its scenario.
    pub user: u64,
    /// Iterations that the user has begun before this one.
    pub iteration: u64,
    /// The wall-clock time, in milliseconds since 1970-01-01T00:00Z, as of the last request.
    pub unix_ms: u64,
}

impl Memory {
    /// An empty memory of user `user`. Allocates nothing until something is saved.
    pub fn of_user(user: u64) -> Self {
        Self { user, ..Self::default() }
    }

    /// The value saved under `slot`.
    pub fn get(&self, slot: SlotId) -> Option<&Value> {
        self.values.get(usize::from(slot.0)).and_then(Option::as_ref)
    }

    /// Saves `value`; `None` forgets what was there.
    pub fn set(&mut self, slot: SlotId, value: Option<Value>) {
        let at = usize::from(slot.0);
        if self.values.len() <= at {
            if value.is_none() {
                return;
            }
            self.values.resize_with(at + 1, || None);
        }
        self.values[at] = value;
    }

    /// The row of `feed` that the user holds.
    pub fn row(&self, feed: FeedId) -> Option<u32> {
        self.rows.get(usize::from(feed.0)).copied().flatten()
    }

    /// Lets the user hold `row` of `feed`.
    pub fn hold_row(&mut self, feed: FeedId, row: u32) {
        let at = usize::from(feed.0);
        if self.rows.len() <= at {
            self.rows.resize(at + 1, None);
        }
        self.rows[at] = Some(row);
    }
}

/// What a text is rendered from, beside its draws.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The workload's data, by [`FeedId`].
    pub feeds: &'a [Feed],
    /// The user's.
    pub memory: &'a Memory,
}

static NOTHING: Memory = Memory { values: Vec::new(), rows: Vec::new(), user: 0, iteration: 0, unix_ms: 0 };

impl Scope<'_> {
    /// Nothing is remembered, and there is no data: for texts that use neither.
    pub const NONE: Scope<'static> = Scope { feeds: &[], memory: &NOTHING };
}

/// A text used a value that nothing had saved yet, or a row that the user does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The value of this name.
    Value(SlotId),
    /// A row of this data.
    Row(FeedId),
}
