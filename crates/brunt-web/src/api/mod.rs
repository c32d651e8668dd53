//! Requests to answers. Handlers read the board or ask the desk; what they may do was decided before (`guard.rs`).

mod events;
mod figures;
mod locust;
mod metrics;

use crate::assets::{ASSETS, COLOURS, POLICY, colours};
use crate::board::Stage;
use crate::course::{Of, series};
use crate::desk::{Act, Download, StartForm};
use crate::guard::{Denied, Wish, is_change};
use crate::routes::{Call, OPERATIONS, Operation, openapi};
use crate::{Access, Aim, Board, Desk, Problem, json, may_aim, state};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use brunt_metrics::EndpointId;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// The most that a request may carry: a form is some hundred bytes.
const MOST_BODY: usize = 64 * 1024;

/// Browsers that follow a run at once; half of all connections that there may be.
pub(crate) const STREAMS: usize = 128;

/// How long the body of a request may take.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// What handlers work with.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) board: Arc<Board>,
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) access: Arc<Access>,
    pub(crate) aim: Arc<Aim>,
    /// Room for browsers that follow a run: others must be able to ask beside them.
    pub(crate) streams: Arc<Semaphore>,
    /// Says when the page ends.
    pub(crate) stopped: watch::Receiver<bool>,
}

type Answer = Result<Response, Problem>;

/// The router of all operations and of the page.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for operation in OPERATIONS {
        router = router.route(operation.path, route(operation));
    }
    for asset in ASSETS {
        router = router.route(asset.path, get(async move || page(asset.kind, asset.text)));
    }
    let colours: Bytes = colours().into();
    router = router.route(COLOURS, get(async move || page("text/css; charset=utf-8", colours)));
    router
        .method_not_allowed_fallback(async || {
            Problem::new(405, "this is not done by that method")
                .hint("the operations are listed in /openapi.json")
        })
        .fallback(async || {
            Problem::missing("there is no such page").hint("the operations are listed in /openapi.json")
        })
        .layer(middleware::from_fn_with_state(app.clone(), guard))
        .with_state(app)
}

fn route(operation: &Operation) -> MethodRouter<App> {
    match operation.call {
        Call::Status => get(status),
        Call::Offer => get(offer),
        Call::Series => get(course),
        Call::Endpoints => {
            get(async |State(app): State<App>| body(&app.board.read(|live| json::endpoints(&live.view))))
        }
        Call::Failures => {
            get(async |State(app): State<App>| body(&app.board.read(|live| json::failures(&live.view))))
        }
        Call::Mix => get(mix),
        Call::Log => get(async |State(app): State<App>| body(&app.board.read(state::log))),
        Call::Findings => get(figures::found),
        Call::Figure => get(figures::one),
        Call::Reference => get(reference),
        Call::Events => get(events::events),
        Call::Runs => get(runs),
        Call::Trend => get(trend),
        Call::File => get(file),
        Call::Compare => get(compare),
        Call::Session => post(session),
        Call::Check => post(check),
        Call::Preview => post(preview),
        Call::Start => post(start),
        Call::Act => post(act),
        Call::Keep => post(keep),
        Call::LocustRequests => get(locust::requests),
        Call::LocustCsv => get(locust::csv),
        Call::LocustExceptions => get(locust::exceptions),
        Call::Metrics => get(metrics::metrics),
        Call::Health => get(async || "ok\n"),
        Call::OpenApi => get(async || body(&openapi())),
    }
}

/// Before anything is read: may it? After: headers that every answer has.
async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = path == COLOURS || ASSETS.iter().any(|asset| asset.path == path);
    let wish = match OPERATIONS.iter().find(|o| fits(o.path, path)) {
        _ if is_page => Wish::Page,
        Some(operation) => operation.wish(),
        None if is_change(request.method()) => Wish::Change,
        None => Wish::Read,
    };
    let allowed = app.access.check(wish, request.uri(), request.headers());
    let mut response = match allowed {
        Ok(()) => match whole(request).await {
            Ok(request) => next.run(request).await,
            Err(problem) => problem.into_response(),
        },
        Err(denied) => deny(denied),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The request with all that it carries: who sends half of it must not keep a place that others need.
async fn whole(request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_PATIENCE, axum::body::to_bytes(body, MOST_BODY)).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(_)) => Err(Problem::new(413, "the request carries too much")
            .hint("a form is some hundred bytes; 64 KB is the most")),
        Err(_) => Err(Problem::new(408, "the request did not come to its end in time")),
    }
}

fn deny(denied: Denied) -> Response {
    Problem::new(denied.status(), denied.title()).hint(denied.hint()).into_response()
}

/// Whether a path is one of a template's.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted.starts_with('{') || wanted == given => {}
            (_, _) => return false,
        }
    }
}

fn page(kind: &'static str, content: impl Into<Body>) -> Response {
    let mut response = Response::new(content.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // A page of another version must not meet modules of this one.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

pub(super) fn body(value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Does something that may block.
pub(super) async fn blocking<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&dyn Desk) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let desk = Arc::clone(&app.desk);
    let done = tokio::task::spawn_blocking(move || work(desk.as_ref())).await;
    done.unwrap_or_else(|_| {
        Err(Problem::new(500, "brunt went wrong there").hint("its standard error says how"))
    })
}

fn told<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|e| {
        Problem::invalid("the body cannot be read").detail(e.to_string()).hint("/openapi.json describes it")
    })
}

async fn status(State(app): State<App>) -> Response {
    let read_only = app.access.read_only;
    let mut status = app.board.read(state::status);
    status["read_only"] = read_only.into();
    status["version"] = env!("CARGO_PKG_VERSION").into();
    body(&status)
}

async fn offer(State(app): State<App>) -> Answer {
    let offer = blocking(&app, |desk| Ok(desk.offer())).await?;
    let mut offer = serde_json::to_value(offer).unwrap_or_default();
    offer["files"] = blocking(&app, |desk| Ok(desk.files())).await?.into();
    Ok(body(&offer))
}

async fn course(State(app): State<App>, Query(query): Query<BTreeMap<String, String>>) -> Answer {
    let number = |name: &str| -> Result<Option<u64>, Problem> {
        let read = |text: &String| {
            text.parse()
                .map_err(|_| Problem::invalid(format!("`{name}` is not a whole number")).detail(text.clone()))
        };
        query.get(name).map(read).transpose()
    };
    let of = match number("endpoint")? {
        Some(id) => Of::Endpoint(EndpointId(u32::try_from(id).unwrap_or(u32::MAX))),
        None => Of::All,
    };
    let after = number("after")?;
    Ok(body(&app.board.read(|live| {
        let mut series = series(&live.course, of, after);
        series["generation"] = live.generation.into();
        series
    })))
}

async fn mix(State(app): State<App>) -> Response {
    body(&app.board.read(|live| {
        let mut mix = json::mix(&live.view);
        mix["planned"] = json!(live.mix);
        mix
    }))
}

async fn reference(State(app): State<App>) -> Answer {
    let reference = blocking(&app, |desk| Ok(desk.reference())).await?;
    Ok(body(&json!(reference)))
}

async fn runs(State(app): State<App>) -> Answer {
    let runs = blocking(&app, Desk::runs).await?;
    Ok(body(&json!({ "runs": runs })))
}

async fn trend(State(app): State<App>, Query(query): Query<BTreeMap<String, String>>) -> Answer {
    let name = query.get("name").cloned().unwrap_or_default();
    Ok(body(&blocking(&app, move |desk| desk.trend(&name)).await?))
}

async fn file(State(app): State<App>, Path((id, name)): Path<(String, String)>) -> Answer {
    safe(&id)?;
    safe(&name)?;
    let Download { name, kind, inline, bytes } = blocking(&app, move |desk| desk.file(&id, &name)).await?;
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let place = if inline { "inline" } else { "attachment" };
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("{place}; filename=\"{plain}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if inline {
        // A report brings its own policy; framed or scripted it is not.
        headers.insert(
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox allow-scripts allow-downloads"),
        );
    }
    Ok(response)
}

/// An id or a name is one segment of a path, whatever a server or a client made of its slashes.
fn safe(name: &str) -> Result<(), Problem> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && name.chars().all(is_plain) {
        Ok(())
    } else {
        Err(Problem::missing("there is no such run or file").hint("/api/v1/runs lists the runs"))
    }
}

async fn compare(State(app): State<App>, Query(query): Query<BTreeMap<String, String>>) -> Answer {
    let side = |name: &str| -> Result<String, Problem> {
        let id = query.get(name).ok_or_else(|| {
            Problem::invalid(format!("`{name}` is missing")).hint("name two runs: `?a=ID&b=ID`")
        })?;
        safe(id)?;
        Ok(id.clone())
    };
    let (before, after) = (side("a")?, side("b")?);
    Ok(body(&blocking(&app, move |desk| desk.compare(&before, &after)).await?))
}

/// The token for a cookie that no script can read and no other site can send.
async fn session(State(app): State<App>, bytes: Bytes) -> Answer {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        token: String,
    }
    let given: Given = told(&bytes)?;
    let Some(token) = app.access.token.as_ref() else { return Ok(body(&json!({ "needed": false }))) };
    if !token.is(&given.token) {
        return Ok(deny(Denied::Token));
    }
    let secure = if app.access.tls { "; Secure" } else { "" };
    let cookie =
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/{secure}", app.access.cookie(), token.text());
    let mut response = body(&json!({ "needed": true }));
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// A form whose load may go where it says.
fn form(app: &App, bytes: &Bytes) -> Result<StartForm, Problem> {
    let form: StartForm = told(bytes)?;
    if let (Some(host), false) = (&form.host, form.demo) {
        may_aim(host, &app.aim, form.confirm.as_deref())?;
    }
    Ok(form)
}

async fn check(State(app): State<App>, bytes: Bytes) -> Answer {
    let form = form(&app, &bytes)?;
    let text = blocking(&app, move |desk| desk.check(&form)).await?;
    Ok(body(&json!({ "text": text })))
}

async fn preview(State(app): State<App>, bytes: Bytes) -> Answer {
    let form = form(&app, &bytes)?;
    let preview = blocking(&app, move |desk| desk.preview(&form)).await?;
    Ok(body(&json!(preview)))
}

async fn start(State(app): State<App>, bytes: Bytes) -> Answer {
    let form = form(&app, &bytes)?;
    blocking(&app, move |desk| desk.start(&form)).await?;
    Ok(body(&json!({ "text": "started" })))
}

async fn act(State(app): State<App>, bytes: Bytes) -> Answer {
    let act: Act = told(&bytes)?;
    match app.board.standing() {
        Stage::Running | Stage::Paused | Stage::Stopping | Stage::Starting => {}
        Stage::Idle | Stage::Ended => {
            return Err(Problem::conflict("no run goes on").hint("start one first"));
        }
    }
    let text = blocking(&app, move |desk| desk.act(&act)).await?;
    Ok(body(&json!({ "text": text })))
}

async fn keep(State(app): State<App>, Path(id): Path<String>, bytes: Bytes) -> Answer {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        name: String,
    }
    safe(&id)?;
    let Given { name } = told(&bytes)?;
    let text = blocking(&app, move |desk| desk.keep(&id, &name)).await?;
    Ok(body(&json!({ "text": text })))
}
