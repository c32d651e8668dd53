//! Which requests a fault can hit.

use std::time::Duration;

use http::Method;

use super::Place;
use crate::mock::Pattern;

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

/// A [`Place`] made ready.
#[derive(Debug)]
pub(super) struct Spot {
    method: Option<String>,
    path: Option<Paths>,
    pub(super) share: f64,
    pub(super) from: Duration,
    pub(super) to: Option<Duration>,
}

#[derive(Debug)]
enum Paths {
    Exactly(Pattern),
    Below(Pattern),
}

impl Spot {
    /// The spot of a fault that was checked: a path that cannot be read hits nothing.
    pub(super) fn new(place: &Place) -> Self {
        let path = place.path.as_ref().and_then(|path| match path.strip_suffix("/*") {
            Some("") => None,
            Some(above) => Pattern::parse(above).ok().map(Paths::Below),
            None => Pattern::parse(path).ok().map(Paths::Exactly),
        });
        let from = place.from.unwrap_or_default();
        Self { method: place.method.clone(), path, share: place.share, from, to: place.to }
    }

    /// Whether it is about such requests, whenever they come.
    pub(super) fn has(&self, asked: Asked<'_>) -> bool {
        let method = self.method.as_ref().is_none_or(|method| method == asked.method.as_str());
        let path = match &self.path {
            None => asked.work == Work::Service,
            Some(paths) => paths.have(asked.path) || paths.have(asked.inner_path),
        };
        method && path
    }

    /// Whether the fault is on, `since` after the clock began.
    pub(super) fn lasts(&self, since: Duration) -> bool {
        since >= self.from && self.to.is_none_or(|to| since < to)
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
