//! The time that users get for what they have begun, once they are to leave.

use super::{Action, Dispatcher, Doing, Nanos, Slot};
use std::cmp::Reverse;

impl Dispatcher {
    /// Users that leave anyway get no longer than the grace that begins now.
    pub(super) fn shorten_grace(&mut self, now: Nanos) {
        for (slot, user) in (0_u32..).map(Slot).zip(&mut self.users) {
            let latest = now + self.workload.scenarios[usize::from(user.scenario.0)].stop.grace;
            if let Doing::Leaving { cut_at } | Doing::Parting { cut_at } = &mut user.doing
                && *cut_at > latest
            {
                *cut_at = latest;
                self.cuts.push(Reverse((latest, slot)));
                self.next_wake = self.next_wake.min(latest);
            }
        }
    }

    /// Cuts the leaving users whose grace ends at or before `now`.
    pub(super) fn cut_until(&mut self, now: Nanos, out: &mut Vec<Action>) {
        while let Some(Reverse((cut_at, slot))) = self.cuts.peek().copied()
            && cut_at <= now
        {
            self.cuts.pop();
            let user = &mut self.users[slot.0 as usize];
            if user.doing == (Doing::Leaving { cut_at }) || user.doing == (Doing::Parting { cut_at }) {
                user.doing = Doing::Cut;
                out.push(Action::Cut { slot });
            }
        }
    }
}
