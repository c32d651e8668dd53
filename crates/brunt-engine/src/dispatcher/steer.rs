//! Changes of the load, at their instants.

use super::{Action, Dispatcher, Doing, Nanos};
use crate::steering::Change;

impl Dispatcher {
    /// Makes all changes that are due by `now`, in their order.
    pub(super) fn steer_until(&mut self, now: Nanos, out: &mut Vec<Action>) {
        while let Some((at, steer)) = self.steers.pop_front_if(|(at, _)| *at <= now) {
            // Up to there the old schedule holds, however late this is.
            self.follow_schedules(Nanos(at.0.saturating_sub(1)), out);
            let id = usize::from(steer.scenario.0);
            self.scenarios[id].steer(&self.workload.scenarios[id], at, steer.change);
            if steer.change == Change::Resume {
                self.wake_thinkers(id, at);
            }
        }
    }

    /// A scenario goes on at `at`: whose pause would have been over before is ready then.
    fn wake_thinkers(&mut self, id: usize, at: Nanos) {
        for (until, slot) in self.scenarios[id].overdue_thinkers(at) {
            let user = &mut self.users[slot.0 as usize];
            if user.doing == (Doing::Thinking { until }) && usize::from(user.scenario.0) == id {
                user.doing = Doing::Thinking { until: at };
                self.scenarios[id].push_thinker(at, slot);
            }
        }
    }
}
