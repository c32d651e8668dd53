//! Playing a site: requests that could be sent, and what may be changed about them.

use crate::model::{Made, Play, Source, generate};
use crate::random::Random;
use crate::site::{Endpoint, Site};
use crate::synthetic::{SYNTHETIC_VERSION, Synthetic, SyntheticRequest};
use crate::template::OTHER;
use crate::trace::Stretch;
use std::collections::BTreeMap;

/// What is generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The same seed makes the same requests.
    pub seed: u64,
    /// The first moment, in milliseconds since 1970 UTC.
    pub start_ms: i64,
    /// How long it lasts when it is played.
    pub span_ms: i64,
    /// What is changed.
    pub factors: Factors,
    /// Whether calls that the system under test makes by itself are in it.
    pub self_calls: bool,
    /// Whether clients that are always there are in it: monitors, crawlers, feed readers.
    pub sources: bool,
}

/// What is changed against what was learnt; 1 is as it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// How many times as many sessions begin.
    pub rate: f64,
    /// How many times as fast the clock of the day goes; think times stay.
    pub compress: f64,
    /// How many times as likely sessions that write are, against the others.
    pub writes: f64,
    /// How much more the seldom asked is asked for.
    pub tail: f64,
    /// How many times as much begins scatter beyond chance.
    pub burstiness: f64,
}

impl Factors {
    /// As it was.
    pub const NONE: Self = Self { rate: 1.0, compress: 1.0, writes: 1.0, tail: 1.0, burstiness: 1.0 };

    /// A harder one: twice the load, more writes, a longer tail, more bursts.
    pub const IMPROVED: Self = Self { rate: 2.0, compress: 1.0, writes: 2.0, tail: 2.0, burstiness: 1.5 };

    /// Those that are not 1, by name.
    pub fn changed(&self) -> BTreeMap<String, f64> {
        let all = [
            ("rate", self.rate),
            ("compress", self.compress),
            ("writes", self.writes),
            ("tail", self.tail),
            ("burstiness", self.burstiness),
        ];
        all.into_iter().filter(|(_, f)| (f - 1.0).abs() > 1e-12).map(|(n, f)| (n.to_owned(), f)).collect()
    }
}

/// An endpoint with less of all requests than this is seldom asked.
const SELDOM: f64 = 0.005;

/// Words that keep draws apart.
const VALUES: u64 = 11;
const KEEP: u64 = 12;

/// Makes requests of a site.
pub fn synthesise(site: &Site, wanted: &Wanted) -> Synthetic {
    let factors = &wanted.factors;
    let learnt_span = scaled(wanted.span_ms, factors.compress);
    let stretch = Stretch { from_ms: wanted.start_ms, to_ms: wanted.start_ms + learnt_span };
    let made = draw(site, wanted, stretch);
    let chosen = chosen(site, wanted, made);
    let mut requests = Vec::with_capacity(chosen.len());
    for (n, made) in chosen.iter().enumerate() {
        let mut random = Random::new(&[wanted.seed, VALUES, n as u64]);
        let Some((of, path)) = target(site, made.endpoint, factors.tail, &mut random) else { continue };
        let at_ms = made.at_ms - wanted.start_ms;
        let Ok(at_ms) = u64::try_from(at_ms) else { continue };
        requests.push(SyntheticRequest {
            at_ms,
            session: made.session,
            together: made.together,
            method: method_of(of).to_owned(),
            path,
            endpoint: of.name.clone(),
            headers: of
                .body
                .iter()
                .map(|sent| ("content-type".to_owned(), sent.content_type.clone()))
                .collect(),
            body: of.body.as_ref().map(|sent| sent.text.clone()),
        });
    }
    let span_ms = u64::try_from(wanted.span_ms).unwrap_or(0);
    requests.retain(|r| r.at_ms < span_ms);
    Synthetic {
        brunt_synthetic: SYNTHETIC_VERSION.into(),
        model: site.name.clone(),
        seed: wanted.seed,
        start_unix_s: wanted.start_ms.div_euclid(1_000),
        span_ms,
        factors: factors.changed(),
        requests,
    }
}

/// Draws the sessions of a stretch, with all that is asked for but the values; times are spread within the seconds that a log of whole
/// seconds tells.
fn draw(site: &Site, wanted: &Wanted, stretch: Stretch) -> Vec<Made> {
    let factors = &wanted.factors;
    let mut behaviour = site.behaviour.clone();
    behaviour.sources.retain(|source| match source {
        Source::Triggered(_) => wanted.self_calls && wanted.sources,
        Source::Periodic(_) | Source::Fleet(_) => wanted.sources,
    });
    // What is left out below for having no writes or nothing seldom is made up for here.
    behaviour.multiply(factors.rate / factors.compress * factors.writes.max(1.0) * factors.tail.max(1.0));
    for class in &mut behaviour.classes {
        if let Some(arrivals) = &mut class.arrivals {
            arrivals.day_dispersion *= factors.burstiness;
            arrivals.scatter.iter_mut().for_each(|s| *s = (*s * factors.burstiness).min(0.98));
        }
    }
    let play = Play { seed: wanted.seed, rate: 1.0, whole_seconds: false };
    let mut drawn = generate(&behaviour, &[stretch], &play).requests;
    if (factors.compress - 1.0).abs() > 1e-12 {
        // Each session begins so much sooner; within it nothing changes. Timers do not know what day it is.
        drawn.retain(|made| !made.source || made.at_ms < wanted.start_ms + wanted.span_ms);
        let mut begins: BTreeMap<u32, i64> = BTreeMap::new();
        for made in drawn.iter_mut().filter(|made| !made.source) {
            let begin = *begins.entry(made.session).or_insert(made.at_ms);
            let moved = stretch.from_ms + scaled(begin - stretch.from_ms, 1.0 / factors.compress);
            made.at_ms += moved - begin;
        }
        drawn.sort_by_key(|made| made.at_ms);
    }
    drawn
}

/// Leaves out sessions so that those that write, or ask for what is seldom asked for, are as much more likely as is wanted.
fn chosen(site: &Site, wanted: &Wanted, mut made: Vec<Made>) -> Vec<Made> {
    let factors = &wanted.factors;
    let (writes, tail) = (factors.writes.max(1.0), factors.tail.max(1.0));
    if writes * tail <= 1.0 {
        return made;
    }
    let writing: Vec<bool> = site.endpoints.iter().map(|e| is_write(&e.name)).collect();
    let seldom: Vec<bool> = site.endpoints.iter().map(|e| e.share < SELDOM || e.name == OTHER).collect();
    let mut sessions: BTreeMap<u32, (bool, bool)> = BTreeMap::new();
    for made in &made {
        let of = sessions.entry(made.session).or_default();
        of.0 |= writing.get(usize::from(made.endpoint)).copied().unwrap_or(false);
        of.1 |= seldom.get(usize::from(made.endpoint)).copied().unwrap_or(false);
    }
    made.retain(|made| {
        if made.source {
            return true;
        }
        let (writes_in, seldom_in) = sessions.get(&made.session).copied().unwrap_or_default();
        let mut chance = 1.0;
        if !writes_in {
            chance /= writes;
        }
        if !seldom_in {
            chance /= tail;
        }
        Random::new(&[wanted.seed, KEEP, u64::from(made.session)]).unit() < chance
    });
    made
}

fn is_write(name: &str) -> bool {
    ["POST ", "PUT ", "PATCH ", "DELETE "].iter().any(|method| name.starts_with(method))
}

fn method_of(endpoint: &Endpoint) -> &str {
    endpoint.name.split_once(' ').map_or("-", |(method, _)| method)
}

/// Endpoint and target of a request; `None` for what is no request.
fn target<'a>(
    site: &'a Site,
    endpoint: u16,
    flat: f64,
    random: &mut Random,
) -> Option<(&'a Endpoint, String)> {
    let of = site.endpoints.get(usize::from(endpoint))?;
    let of = if of.name == OTHER { other(site, flat, random)? } else { of };
    if method_of(of) == "-" {
        return None;
    }
    Some((of, of.values.make(&of.name, flat, random)))
}

/// What is asked for and how, of an endpoint as it was learnt; of what is no request too.
pub(crate) fn target_of(site: &Site, endpoint: u16, random: &mut Random) -> (String, String) {
    target(site, endpoint, 1.0, random)
        .map_or_else(|| ("/".into(), "-".into()), |(of, path)| (path, method_of(of).to_owned()))
}

/// One of the endpoints that are not told apart, as often as it was asked for.
fn other<'a>(site: &'a Site, flat: f64, random: &mut Random) -> Option<&'a Endpoint> {
    let weight = |share: f64| share.powf(1.0 / flat.max(1.0));
    let mut left = random.unit() * site.others.iter().map(|e| weight(e.share)).sum::<f64>();
    for of in &site.others {
        left -= weight(of.share);
        if left <= 0.0 {
            return Some(of);
        }
    }
    site.others.last()
}

fn scaled(ms: i64, factor: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of days")]
    let scaled = (ms as f64 * factor).round() as i64;
    scaled
}
