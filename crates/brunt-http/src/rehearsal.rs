//! Requests and answers without a connection between them: what a journey costs beside its I/O, for benchmarks.
//!
//! What is done is done by the functions that users run. Not here: connections, the clock, redirects, cookies, and
//! what is recorded.

use crate::answer::Answer;
use crate::body;
use crate::checks::Grounds;
use crate::http1;
use crate::network::Settings;
use crate::saves;
use crate::wire::{Message, render_http1};
use brunt_metrics::Nanos;
use brunt_workload::{Draw, Memory, Missing, RequestId, Scope};

/// A user who sends nothing.
pub struct Rehearsal {
    settings: Settings,
    memory: Memory,
    target: Vec<u8>,
    scratch: Vec<u8>,
    rendered: Vec<u8>,
}

impl Rehearsal {
    /// A user of this workload.
    pub fn new(settings: Settings) -> Self {
        let (target, scratch, rendered) = (Vec::new(), Vec::new(), Vec::new());
        Self { settings, memory: Memory::of_user(0), target, scratch, rendered }
    }

    /// The request as HTTP/1.1. One in which nothing changes is ready and not rendered.
    pub fn request(&mut self, id: RequestId, mut draw: Draw) -> Result<&[u8], Missing> {
        let workload = &self.settings.workload;
        if let Some(fixed) = &self.settings.wires[id.0 as usize].fixed {
            return Ok(fixed);
        }
        let request = &workload.requests[id.0 as usize];
        let scope = Scope { feeds: &workload.feeds, memory: &self.memory };
        self.target.clear();
        self.rendered.clear();
        request.target.render(&mut draw, &scope, &mut self.target)?;
        let origin = &workload.target.origins[usize::from(request.origin.0)];
        let keep_alive = workload.target.keep_alive;
        let message = Message { request, origin, keep_alive, cookies: None, target: &self.target, scope };
        render_http1(&message, &mut draw, &mut self.scratch, &mut self.rendered)?;
        Ok(&self.rendered)
    }

    /// Takes in the bytes of a complete answer to the request. Whether it can be read, all checks hold, and all that is
    /// to be saved is found.
    pub fn answer(&mut self, id: RequestId, bytes: &[u8], mut draw: Draw) -> bool {
        let Self { settings, memory, .. } = self;
        let workload = &settings.workload;
        let request = &workload.requests[id.0 as usize];
        let Some(mut reply) = http1::whole(bytes, &settings.wires[id.0 as usize].wants) else { return false };
        let decoded = match (reply.body.take(), &reply.headers) {
            (None, _) => Ok(Vec::new()),
            (Some(body), None) => Ok(body),
            (Some(body), Some(headers)) => body::decode(body, headers, workload.target.max_kept_body),
        };
        let Ok(decoded) = decoded else { return false };
        let answer = Answer::new(&reply, &decoded, &[], Nanos::ZERO, &settings.secrets);
        let hold = request.checks.iter().all(|id| {
            let scope = Scope { feeds: &workload.feeds, memory };
            let (check, pattern) =
                (&workload.checks[id.0 as usize], &settings.patterns.checks[id.0 as usize]);
            let (rule, slots, draw) = (&check.rule, &workload.slots, draw.branch());
            Grounds { rule, pattern, scope, slots, draw }.holds(&answer)
        });
        let saved =
            request.saves.iter().zip(&settings.patterns.saves[id.0 as usize]).all(|(save, pattern)| {
                let scope = Scope { feeds: &workload.feeds, memory };
                let value = saves::value_of(save, pattern, &answer, &mut draw.branch(), &scope);
                value.is_ok_and(|value| {
                    memory.set(save.slot, Some(value));
                    true
                })
            });
        hold && saved
    }
}
