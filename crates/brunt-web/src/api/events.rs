//! Each second as a server-sent event.
//!
//! A tick holds all that changed and the points of the course that came or grew since the one before, so that a client that was
//! away, or slow, gets what it missed in one. Its id is `RUN-SECOND`: `Last-Event-ID`, which browsers send by themselves, resumes.

use super::App;
use crate::Problem;
use crate::board::Live;
use crate::serve::pause;
use crate::state::tick;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use http::HeaderMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

/// Proxies end what is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// At most so often: what changes in between comes with the next.
const PACE: Duration = Duration::from_millis(200);

pub(super) async fn events(State(app): State<App>, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let room = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| {
        Problem::new(503, "too many browsers follow the run")
            .hint("close some; /api/v1/status can be asked all the same")
    })?;
    let mut known = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(parse);
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Event, Infallible>>(1);
    tokio::spawn(async move {
        // Given back when the browser has gone.
        let _room = room;
        let mut changed = app.board.watch();
        let mut stopped = app.stopped.clone();
        loop {
            changed.mark_unchanged();
            let (id, text) = app.board.read(|live| next(live, known));
            known = Some(id);
            let event = Event::default().event("tick").id(format!("{}-{}", id.0, id.1)).data(text);
            // Waits until the one before is on its way: a slow client misses ticks, and none pile up.
            if sender.send(Ok(event)).await.is_err() {
                return;
            }
            pause(PACE).await;
            tokio::select! {
                more = changed.changed() => if more.is_err() { return },
                () = sender.closed() => return,
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
    });
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The tick after `known`, with its own id.
fn next(live: &Live, known: Option<(u64, u64)>) -> ((u64, u64), String) {
    let after = known.filter(|(generation, _)| *generation == live.generation).map(|(_, second)| second);
    let last = live.course.slices.last().map_or(0, |slice| slice.from);
    ((live.generation, last), tick(live, after).to_string())
}

fn parse(id: &str) -> Option<(u64, u64)> {
    let (generation, second) = id.split_once('-')?;
    Some((generation.parse().ok()?, second.parse().ok()?))
}
