//! What a browser may ask for, as plain data, and who does it.

use crate::course::{Of, series};
use crate::{Problem, json};
use brunt_analysis::Course;
use brunt_metrics::Phase;
use brunt_run::{RunEvent, RunView};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Does what is asked for. Its methods may block: they are called on threads of their own.
pub trait Desk: Send + Sync + 'static {
    /// What can be started.
    fn offer(&self) -> Offer;

    /// What a run would do, without doing it.
    fn preview(&self, form: &StartForm) -> Result<Preview, Problem>;

    /// Starts a run, and answers when it is under way or refused.
    fn start(&self, form: &StartForm) -> Result<(), Problem>;

    /// Does something with the run that goes on; answers what was done, in a sentence.
    fn act(&self, act: &Act) -> Result<String, Problem>;

    /// Whether something answers at a target: a sentence.
    fn check(&self, form: &StartForm) -> Result<String, Problem>;

    /// The recorded runs, newest first.
    fn runs(&self) -> Result<Vec<RunRow>, Problem>;

    /// How the runs of this name went from one to the next, as a figure.
    fn trend(&self, name: &str) -> Result<Value, Problem>;

    /// The run that the one under way is compared with, in numbers; `None` if there is none.
    fn reference(&self) -> Option<Reference>;

    /// A file about a recorded run: a report, its totals, a figure.
    fn file(&self, run: &str, name: &str) -> Result<Download, Problem>;

    /// The names of the files that [`file`](Self::file) makes.
    fn files(&self) -> Vec<String>;

    /// Two runs against each other, as `brunt compare --json` writes it, with figures under `figures`.
    fn compare(&self, before: &str, after: &str) -> Result<Value, Problem>;

    /// Keeps a run as the baseline of this name; answers what was done, in a sentence.
    fn keep(&self, run: &str, baseline: &str) -> Result<String, Problem>;
}

/// What can be started, and what the form proposes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Offer {
    /// The plan or URL that brunt was called with, as it was written; `None` if there is none.
    pub plan: Option<String>,
    /// Where the plan's load goes; the form's host if there is no plan.
    pub hosts: Vec<String>,
    /// Names of the plan's profiles.
    pub profiles: Vec<String>,
    /// Names of the plan's environments.
    pub environments: Vec<String>,
    /// Named loads, each with a line on what it is.
    pub presets: Vec<(String, String)>,
    /// Tags that the plan's actions have.
    pub tags: Vec<String>,
    /// User classes of the plan.
    pub classes: Vec<String>,
    /// What the fields propose.
    pub proposed: StartForm,
    /// Whether the plan brings a load of its own, which an empty form runs.
    pub has_load: bool,
}

/// A run that is asked for. Every field may be left out: then the plan decides, or what `brunt run` does by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StartForm {
    /// The embedded demo, with a target of its own; nothing else is looked at then.
    pub demo: bool,
    /// Where the load goes: a base URL, or the URL itself if there is no plan.
    pub host: Option<String>,
    /// Users at once.
    pub users: Option<u64>,
    /// Users started per second: `2`, `10/s`.
    pub spawn_rate: Option<String>,
    /// Constant arrivals instead of users: `50/s`.
    pub rate: Option<String>,
    /// How long: `30s`, `5m`.
    pub run_time: Option<String>,
    /// A profile of the plan.
    pub profile: Option<String>,
    /// An environment of the plan.
    pub environment: Option<String>,
    /// A named load.
    pub preset: Option<String>,
    /// Only what has one of these tags.
    pub tags: Vec<String>,
    /// Nothing that has one of these.
    pub exclude_tags: Vec<String>,
    /// Only these user classes.
    pub classes: Vec<String>,
    /// Objectives beside the plan's.
    pub objectives: Vec<String>,
    /// A user's pause between requests, where there is no plan.
    pub think: Option<String>,
    /// How long what runs may go on after the end.
    pub stop_timeout: Option<String>,
    /// Where all randomness comes from.
    pub seed: Option<u64>,
    /// The host's name once more, where load goes to a public address.
    pub confirm: Option<String>,
}

/// What a run would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Preview {
    /// Its name.
    pub name: String,
    /// Where its load would go.
    pub targets: Vec<String>,
    /// When it would be over, in seconds; `None` if it has no end in time.
    pub planned_s: Option<f64>,
    /// Each scenario with its executor in words, what its curve counts (`users` or `iterations/s`), the curve and the seconds
    /// between two of its values.
    pub scenarios: Vec<(String, String, &'static str, Vec<f64>, f64)>,
    /// What is sent, as the plan says it.
    pub mix: Vec<Planned>,
    /// What to know before.
    pub warnings: Vec<String>,
}

/// The share of requests that a plan sends somewhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    /// The scenario.
    pub scenario: String,
    /// The user class.
    pub class: String,
    /// The action.
    pub action: String,
    /// Its share of the scenario's iterations, 0 to 1.
    pub share: f64,
}

/// Something done with a run that goes on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Nothing starts any more; what runs has its grace. Braces, so that fields too many are refused.
    Stop {},
    /// What runs is cut.
    Cut {},
    /// The schedule stands still.
    Pause {},
    /// It goes on.
    Resume {},
    /// Another load from now on.
    Edit {
        /// The scenario; all that can be changed so, if left out.
        #[serde(default)]
        scenario: Option<String>,
        /// Users at once, of closed scenarios.
        #[serde(default)]
        users: Option<u64>,
        /// How fast they come or go: `2`, `10/s`.
        #[serde(default)]
        spawn_rate: Option<String>,
        /// Arrivals, of open scenarios: `50/s`.
        #[serde(default)]
        rate: Option<String>,
    },
    /// A note at this instant.
    Annotate {
        /// What it says.
        text: String,
    },
}

/// A recorded run in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// Its workload's name.
    pub name: String,
    /// When it began, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// What it was taken for, in words; why it cannot be read; that it has no end.
    pub state: String,
    /// How long it took, in seconds.
    pub elapsed_s: Option<f64>,
    /// Requests.
    pub requests: Option<u64>,
    /// Failed requests.
    pub errors: Option<u64>,
    /// The 95th percentile of response times, in milliseconds.
    pub p95_ms: Option<f64>,
    /// Names of baselines that it is kept under.
    pub baselines: Vec<String>,
    /// The branch that was checked out.
    pub branch: Option<String>,
    /// Its labels: `key=value`.
    pub labels: Vec<String>,
}

/// A run to compare with while another goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reference {
    /// Its id.
    pub id: String,
    /// When it began, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// Its course, in the form of `/api/v1/series`.
    pub series: Value,
    /// Its totals, in the form of `total` in `/api/v1/status`.
    pub total: Value,
    /// Its endpoints, in the form of `/api/v1/endpoints`.
    pub endpoints: Value,
}

impl Reference {
    /// The numbers of a recorded run; `None` if its record does not say what it is.
    pub fn of(events: impl IntoIterator<Item = RunEvent>) -> Option<Self> {
        let (mut view, mut course) =
            (RunView::default(), Course { most: crate::board::SLICES, ..Course::default() });
        for event in events {
            view.apply(&event);
            course.add(event);
        }
        let header = view.header()?;
        Some(Self {
            id: header.id.clone(),
            started_unix_ms: header.started_unix_ms,
            series: series(&course, Of::All, None),
            total: json::totals(&view.total(Phase::Load)),
            endpoints: json::endpoints(&view),
        })
    }
}

/// A file to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// What it should be called.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// Whether a browser may show it; it is saved otherwise.
    pub inline: bool,
    /// The bytes.
    pub bytes: Bytes,
}
