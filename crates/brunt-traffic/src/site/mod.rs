//! A site as it is learnt: endpoints with what is asked of them, and how they are used; the model file.
//!
//! [`Site::learn`] makes one of what was observed; [`synth`](crate::synth) plays it. `values` makes paths and queries that look like the real ones without
//! being anybody's: only what many clients asked for is kept as it was.

mod values;

pub use values::{Kept, Param, Privacy, Slot, Values};

use crate::model::{Behaviour, FitSettings, Law, fit};
use crate::observe::Observed;
use crate::prepare::Vocabulary;
use crate::target::Target;
use crate::template::OTHER;
use crate::trace::{HOUR_MS, Stretch, Trace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The newest version of the model file that is written and read.
pub const MODEL_VERSION: &str = "1.0";

/// A model file: everything that is known of how a site is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The version of this document, [`MODEL_VERSION`].
    pub brunt_model: String,
    /// What it is called.
    pub name: String,
    /// What it was learnt from.
    pub learnt: Learnt,
    /// What may be asked for, the most asked for first; the last stands for all that are not told apart.
    pub endpoints: Vec<Endpoint>,
    /// What the last of the endpoints stands for.
    pub others: Vec<Endpoint>,
    /// What was kept of real values, and what was not.
    pub privacy: Privacy,
    /// How it is used.
    pub behaviour: Behaviour,
}

/// What a model was learnt from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learnt {
    /// Requests that were learnt from.
    pub requests: u64,
    /// Their sessions.
    pub sessions: u64,
    /// Their clients.
    pub clients: u64,
    /// When the log was kept.
    pub observed: Vec<Stretch>,
    /// What the log's clock was ahead of UTC, in seconds.
    pub offset_s: i32,
    /// Whether the log tells whole seconds only.
    pub whole_seconds: bool,
    /// Of 2 to this power clients one was learnt from; rates are those of all.
    pub thinned: u32,
    /// Requests per hour, by hour of the week from Monday 00:00 UTC.
    pub week: Vec<f64>,
}

/// One endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Method and template: `GET /users/{int}`.
    pub name: String,
    /// Its share of all requests.
    pub share: f64,
    /// What is asked of it.
    pub values: Values,
    /// Statuses of its answers, with their shares.
    pub statuses: BTreeMap<u16, f64>,
    /// Bytes of its answers.
    pub bytes: Law,
    /// What is sent, if anything, with its type; logs do not tell it, an API's description does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Sent>,
    /// How long its answers took, in milliseconds, if the log told.
    #[serde(default, skip_serializing_if = "Law::is_empty")]
    pub took_ms: Law,
}

/// What a request carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// Its `Content-Type`.
    pub content_type: String,
    /// Itself.
    pub text: String,
}

/// How a site is learnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnSettings {
    /// Endpoints that are told apart at most.
    pub endpoints: usize,
    /// So many clients must have asked for a value to keep it.
    pub least_clients: usize,
    /// How its use is learnt.
    pub fit: FitSettings,
}

impl Default for LearnSettings {
    fn default() -> Self {
        Self { endpoints: crate::MOST_ENDPOINTS, least_clients: 20, fit: FitSettings::default() }
    }
}

/// A model cannot be read or used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is no such document.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It is of a version that this program does not know.
    #[error("the model is of version {0}, and this program reads {MODEL_VERSION}")]
    Version(String),
    /// It contradicts itself.
    #[error("{0}")]
    Inconsistent(&'static str),
}

/// Endpoints of the rest that are kept.
const MOST_OTHERS: usize = 500;

impl Site {
    /// Learns a site.
    pub fn learn(name: &str, observed: &Observed, settings: &LearnSettings) -> Self {
        let words = Vocabulary::mine(observed, settings.endpoints, settings.least_clients, |_| true);
        let trace = words.trace(observed);
        let stretches = trace.observed();
        let names = &words.endpoints.names;
        let mut behaviour = fit(
            &trace,
            &stretches,
            &observed.clients,
            u16::try_from(names.len()).unwrap_or(u16::MAX),
            &settings.fit,
        );
        behaviour.multiply(f64::from(2_u32.saturating_pow(observed.thinned)));
        let mut privacy = Privacy { least_clients: settings.least_clients, ..Privacy::default() };
        let by_name = rows_by_name(observed, &words);
        let mut endpoint = |name: &str| {
            by_name.get(name).map_or_else(Endpoint::default, |rows| {
                learn_endpoint(name, rows, observed, settings.least_clients, &mut privacy)
            })
        };
        let mut endpoints: Vec<Endpoint> =
            names.iter().filter(|n| *n != OTHER).map(|name| endpoint(name)).collect();
        let told: std::collections::BTreeSet<&String> = names.iter().collect();
        let mut rest: Vec<(&String, usize)> =
            by_name.iter().filter(|(n, _)| !told.contains(n)).map(|(n, rows)| (n, rows.len())).collect();
        rest.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), *name));
        rest.truncate(MOST_OTHERS);
        let others: Vec<Endpoint> = rest.into_iter().map(|(name, _)| endpoint(name)).collect();
        let left = 1.0 - endpoints.iter().map(|e| e.share).sum::<f64>();
        endpoints.push(Endpoint { name: OTHER.into(), share: left.max(0.0), ..Endpoint::default() });
        Self {
            brunt_model: MODEL_VERSION.into(),
            name: name.into(),
            learnt: Learnt {
                requests: trace.len() as u64,
                sessions: trace.sessions(settings.fit.session_gap_ms).len() as u64,
                clients: observed.clients.len() as u64,
                week: week(&trace, &stretches, observed.thinned),
                observed: stretches,
                offset_s: observed.offset_s,
                whole_seconds: !observed.fractions,
                thinned: observed.thinned,
            },
            endpoints,
            others,
            privacy,
            behaviour,
        }
    }

    /// Tells what requests with a method to a path carry; says whether any endpoint is meant by that.
    pub fn give_body(&mut self, method: &str, path: &str, sent: &Sent) -> bool {
        let mut given = false;
        for endpoint in self.endpoints.iter_mut().chain(&mut self.others) {
            let Some((own, template)) = endpoint.name.split_once(' ') else { continue };
            if own == method && fits(template.trim_end_matches('?'), path) {
                endpoint.body = Some(sent.clone());
                given = true;
            }
        }
        given
    }

    /// Endpoints that write, and of which nobody has told what they are sent.
    pub fn without_body(&self) -> usize {
        let writes = |e: &&Endpoint| ["POST ", "PUT ", "PATCH "].iter().any(|m| e.name.starts_with(m));
        self.endpoints.iter().filter(writes).filter(|e| e.body.is_none()).count()
    }

    /// Reads a model file.
    pub fn from_json(text: &[u8]) -> Result<Self, ModelError> {
        // The version first: another one has other fields.
        let head: Head = serde_json::from_slice(text)?;
        if head.brunt_model != MODEL_VERSION {
            return Err(ModelError::Version(head.brunt_model));
        }
        let site: Self = serde_json::from_slice(text)?;
        if usize::from(site.behaviour.endpoints) != site.endpoints.len() || site.endpoints.is_empty() {
            return Err(ModelError::Inconsistent(
                "`behaviour.endpoints` must be how many `endpoints` there are",
            ));
        }
        if site.learnt.week.len() != 24 * 7 {
            return Err(ModelError::Inconsistent("`learnt.week` must have the 168 hours of a week"));
        }
        Ok(site)
    }

    /// The busiest hour of the week: hours since Monday 00:00 UTC.
    pub fn peak_hour(&self) -> i64 {
        let busiest =
            (0..self.learnt.week.len()).max_by(|a, b| self.learnt.week[*a].total_cmp(&self.learnt.week[*b]));
        busiest.and_then(|h| i64::try_from(h).ok()).unwrap_or(0)
    }
}

/// What every version has.
#[derive(Deserialize)]
struct Head {
    brunt_model: String,
}

/// Whether a path is one of a template.
fn fits(template: &str, path: &str) -> bool {
    let (mut of, mut parts) = (template.split('/'), path.split('/'));
    loop {
        match (of.next(), parts.next()) {
            (None, None) => return true,
            (Some(t), Some(p)) if t == p || t.starts_with('{') && !p.is_empty() => {}
            (_, _) => return false,
        }
    }
}

/// Rows of events, by the full name of their endpoint.
fn rows_by_name(observed: &Observed, words: &Vocabulary) -> BTreeMap<String, Vec<usize>> {
    let names: Vec<String> = observed.targets.iter().map(|t| words.templates.endpoint(t)).collect();
    let mut by_target: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
    for (row, event) in observed.events.iter().enumerate() {
        by_target[event.target as usize].push(row);
    }
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (name, rows) in names.into_iter().zip(by_target) {
        if !rows.is_empty() {
            by_name.entry(name).or_default().extend(rows);
        }
    }
    by_name
}

fn learn_endpoint(
    name: &str,
    rows: &[usize],
    observed: &Observed,
    least_clients: usize,
    privacy: &mut Privacy,
) -> Endpoint {
    let n = rows.len() as f64;
    let mut statuses: BTreeMap<u16, f64> = BTreeMap::new();
    let mut asked: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for event in rows.iter().map(|row| &observed.events[*row]) {
        *statuses.entry(event.status).or_default() += 1.0 / n;
        asked.entry(event.target).or_default().push(event.client);
    }
    let asked: Vec<(&Target, usize, usize)> = asked
        .into_iter()
        .map(|(target, mut clients)| {
            let count = clients.len();
            clients.sort_unstable();
            clients.dedup();
            (&observed.targets[target as usize], count, clients.len())
        })
        .collect();
    let events = || rows.iter().map(|row| &observed.events[*row]);
    let took = events().filter(|e| e.duration_us > 0).map(|e| f64::from(e.duration_us) / 1_000.0);
    Endpoint {
        name: name.into(),
        share: n / observed.events.len() as f64,
        values: Values::learn(name, &asked, least_clients, privacy),
        statuses,
        bytes: Law::of(events().map(|e| f64::from(e.bytes)).collect()),
        body: None,
        took_ms: Law::of(took.collect()),
    }
}

/// 1970-01-01 was a Thursday.
const MONDAY: i64 = 3 * 24;

/// The hour of the week, from Monday 00:00 UTC.
pub(crate) fn hour_of_week(at_ms: i64) -> usize {
    usize::try_from((at_ms.div_euclid(HOUR_MS) + MONDAY).rem_euclid(168)).unwrap_or(0)
}

fn week(trace: &Trace, stretches: &[Stretch], thinned: u32) -> Vec<f64> {
    let (mut counts, mut hours) = (vec![0.0; 168], vec![0.0; 168]);
    trace.at_ms.iter().for_each(|at| counts[hour_of_week(*at)] += f64::from(2_u32.saturating_pow(thinned)));
    for piece in stretches.iter().flat_map(|s| s.hours()) {
        hours[hour_of_week(piece.from_ms)] += piece.length_h();
    }
    let mean = counts.iter().sum::<f64>() / hours.iter().sum::<f64>().max(1e-9);
    // What was seen for less than half an hour says nothing: the mean of all stands for it.
    counts.iter().zip(&hours).map(|(n, h)| if *h < 0.5 { mean } else { n / h }).collect()
}
