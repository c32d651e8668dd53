//! Requests side by side: as many lanes as may be under way at once, each taking the next request when it is free.
//!
//! A lane has HTTP/1 connections of its own, as a browser's have; over HTTP/2 all share the user's connection. They
//! share the user's cookies and memory: what one saves the next to begin may use.

use super::{Agent, Lane, User};
use brunt_engine::{Batch, Errand, Performed, VuContext};
use brunt_metrics::Outcome;
use brunt_workload::Draw;
use std::cell::Cell;
use std::pin::Pin;

impl User {
    pub(super) async fn side_by_side(
        &mut self,
        batch: Batch<'_>,
        ctx: &VuContext,
        mut draw: Draw,
    ) -> Performed {
        let at_once = usize::from(batch.at_once.max(1)).min(batch.requests.len());
        let others = at_once.saturating_sub(1);
        if self.more_lanes.len() < others {
            self.more_lanes.resize_with(others, Lane::default);
        }
        // In the order of the requests, whichever lane takes them.
        let draws: Vec<Draw> = batch.requests.iter().map(|_| draw.branch()).collect();
        let beside = ctx.side_by_side();
        let next = Cell::new(0);
        let total = Cell::new(Performed { ended: batch.due, outcome: Outcome::Ok, status: 0, goes_on: true });
        let (network, person) = (&self.network, &self.person);
        let lanes = std::iter::once(&mut self.lane).chain(&mut self.more_lanes).take(at_once);
        let running = lanes.map(|lane| {
            let (next, total, draws, beside) = (&next, &total, &draws, &beside);
            let running: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async move {
                let mut agent = Agent { network, person, lane };
                // What waits for a lane is due when that is free: the plan wants it so, nobody is late.
                let mut due = batch.due;
                while let Some((id, draw)) = batch.requests.get(next.get()).zip(draws.get(next.get())) {
                    next.set(next.get() + 1);
                    let errand = Errand { id: *id, due, start: batch.start };
                    let done = agent.perform(errand, *draw, beside).await;
                    total.set(total.get().and(done));
                    due = done.ended;
                    if beside.is_cut() {
                        return;
                    }
                }
            });
            running
        });
        ctx.all(running.collect()).await;
        total.get()
    }
}
