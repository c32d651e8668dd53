//! Loads with a name: the shapes that people reach for first, with numbers that say what they are for.
//!
//! A preset gives scenarios, think time and expectations. It needs nothing but a target: `brunt run URL --preset
//! smoke`; on a plan it takes the place of the plan's scenarios.

use crate::overlay::LoadOverride;
use crate::units::{duration_text, parse_duration, with_unit};
use brunt_metrics::Nanos;
use std::fmt::Write;

/// A named load.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What it is called.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// How much load there is, and when.
    pub shape: Shape,
    /// The pause after an iteration; none if empty.
    pub think: &'static str,
    /// Pauses only after so many iterations.
    pub every: u32,
    /// What it is expected to show.
    pub expect: &'static [&'static str],
}

/// How much load there is, and when.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Users that come at a rate and stay.
    Spawn {
        /// How many.
        users: u64,
        /// How many come a second; all at once if 0.
        per_second: u64,
        /// How long the whole lasts.
        duration: &'static str,
    },
    /// Users that come evenly within a time and stay.
    RampUp {
        /// How many.
        users: u64,
        /// Within which time, in seconds.
        over_s: u64,
        /// How long the whole lasts, in seconds.
        duration_s: u64,
    },
    /// Numbers of users, each with the time to get there and the time to stay.
    Stages(&'static [(u64, &'static str, &'static str)]),
}

/// All of them, in the order to list them.
pub static PRESETS: [Preset; 13] = [
    Preset {
        name: "smoke",
        doc: "Is it there, and does it answer? 10 users for 30 seconds.",
        shape: Shape::Spawn { users: 10, per_second: 0, duration: "30s" },
        think: "10ms..100ms",
        every: 1,
        expect: &["errors < 1%"],
    },
    Preset {
        name: "light",
        doc: "A baseline: 10 users, 2 more a second, for 5 minutes.",
        shape: Shape::Spawn { users: 10, per_second: 2, duration: "5m" },
        think: "500ms..2s",
        every: 1,
        expect: &["rate ~ 10/s", "p95 < 100ms", "errors < 1%"],
    },
    Preset {
        name: "medium",
        doc: "Usual traffic: 50 users, 10 more a second, for 10 minutes.",
        shape: Shape::Spawn { users: 50, per_second: 10, duration: "10m" },
        think: "200ms..1s",
        every: 1,
        expect: &["rate ~ 10/s", "p95 < 200ms", "errors < 5%"],
    },
    Preset {
        name: "heavy",
        doc: "Peak traffic, to find the bottlenecks: 200 users, 20 more a second, for 15 minutes.",
        shape: Shape::Spawn { users: 200, per_second: 20, duration: "15m" },
        think: "100ms..500ms",
        every: 1,
        expect: &["rate ~ 50/s", "p95 < 500ms", "errors < 10%"],
    },
    Preset {
        name: "spike",
        doc: "A sudden crowd: 0 to 500 users, 100 more a second, for 5 minutes. It may slow down; it must not break.",
        shape: Shape::Spawn { users: 500, per_second: 100, duration: "5m" },
        think: "50ms..200ms",
        every: 1,
        expect: &["recovery < 30s"],
    },
    Preset {
        name: "basic",
        doc: "A quick validation: 10 users for 60 seconds.",
        shape: Shape::Spawn { users: 10, per_second: 2, duration: "60s" },
        think: "1s..3s",
        every: 1,
        expect: &["avg < 200ms", "errors <= 0%"],
    },
    Preset {
        name: "stress",
        doc: "Sustained load: 50 users for 5 minutes.",
        shape: Shape::Spawn { users: 50, per_second: 5, duration: "5m" },
        think: "1s..3s",
        every: 1,
        expect: &["p95 < 500ms", "errors < 1%"],
    },
    Preset {
        name: "cache",
        doc: "Repeated reads at a quick pace, for what a cache makes of them: 20 users for 2 minutes.",
        shape: Shape::Spawn { users: 20, per_second: 4, duration: "2m" },
        think: "100ms..500ms",
        every: 1,
        expect: &["avg < 200ms", "errors <= 0%"],
    },
    Preset {
        name: "spike-1-50-1",
        doc: "From 1 user to 50 and back to 1.",
        shape: Shape::Stages(&[(1, "0s", "15s"), (50, "5s", "30s"), (1, "5s", "15s")]),
        think: "1s..3s",
        every: 1,
        expect: &["errors < 1%", "recovery < 30s"],
    },
    Preset {
        name: "sustained",
        doc: "The same load throughout: 100 users for 5 minutes, 10 to 100 ms between a user's requests.",
        shape: Shape::Spawn { users: 100, per_second: 0, duration: "5m" },
        think: "10ms..100ms",
        every: 1,
        expect: &[],
    },
    Preset {
        name: "burst",
        doc: "Bursts: each of 500 users sends 10 requests in a row, then pauses 0.5 to 2 s; for 3 minutes.",
        shape: Shape::Spawn { users: 500, per_second: 0, duration: "3m" },
        think: "500ms..2s",
        every: 10,
        expect: &[],
    },
    Preset {
        name: "ramp-up",
        doc: "Ever more: 1,000 users within 30 seconds, for 10 minutes in all.",
        shape: Shape::RampUp { users: 1_000, over_s: 30, duration_s: 600 },
        think: "10ms..100ms",
        every: 1,
        expect: &[],
    },
    Preset {
        name: "staircase",
        doc: "Step by step: 50 users for 3 minutes, 100 for 5, 200 for 5.",
        shape: Shape::Stages(&[(50, "0s", "180s"), (100, "0s", "300s"), (200, "0s", "300s")]),
        think: "10ms..100ms",
        every: 1,
        expect: &[],
    },
];

/// The preset called `name`.
pub(crate) fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}

impl Preset {
    /// The preset as a piece of plan, with what the command line asks for in place of its own numbers. `think` stands
    /// at the top, to be given to every kind of user.
    pub fn yaml(&self, load: &LoadOverride) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = write!(out, "scenarios: {{{}: {{", self.name);
        match self.shape {
            Shape::Spawn { users, per_second, duration } => {
                let _ = write!(out, "users: {}", load.users.unwrap_or(users));
                let own = if per_second > 0 { Some(format!("{per_second}/s")) } else { None };
                if let Some(rate) = load.spawn_rate.as_ref().map(|r| with_unit(r, "/s")).or(own) {
                    let _ = write!(out, ", spawn_rate: {rate}");
                }
                let duration =
                    load.duration.as_ref().map_or_else(|| duration.to_owned(), |d| with_unit(d, "s"));
                let _ = write!(out, ", duration: {duration}");
            }
            Shape::RampUp { users, over_s, duration_s } => {
                let users = load.users.unwrap_or(users);
                let rate = load.spawn_rate.as_ref().map(|r| with_unit(r, "/s"));
                let rate = rate.unwrap_or_else(|| format!("{users}/{over_s}s"));
                let duration = load.duration.as_ref().map(|d| with_unit(d, "s"));
                let duration = duration.unwrap_or_else(|| format!("{duration_s}s"));
                let _ = write!(out, "users: {users}, spawn_rate: {rate}, duration: {duration}");
            }
            Shape::Stages(stages) => {
                let _ = write!(out, "stages: [{}]", scaled(stages, load).join(", "));
            }
        }
        out.push_str("}}\n");
        if !self.think.is_empty() {
            match self.every {
                1 => _ = writeln!(out, "think: {}", self.think),
                every => _ = writeln!(out, "think: {{time: {}, every: {every}}}", self.think),
            }
        }
        if !self.expect.is_empty() {
            let _ = writeln!(out, "expect: {:?}", self.expect);
        }
        out
    }
}

/// Stages with other numbers: at most so many users, so long in all, in the same shape.
fn scaled(stages: &[(u64, &str, &str)], load: &LoadOverride) -> Vec<String> {
    let most = stages.iter().map(|s| s.0).max().unwrap_or(1).max(1);
    let time = |text: &str| parse_duration(text).unwrap_or_default();
    let total = stages.iter().fold(Nanos::ZERO, |sum, s| sum + time(s.1) + time(s.2));
    let wanted = load.duration.as_deref().map(|d| parse_duration(&with_unit(d, "s")));
    let mut out = Vec::new();
    for (to, over, hold) in stages {
        let to = load.users.map_or(*to, |users| (to * users).div_ceil(most));
        let length = |text: &str| match (&wanted, total.0) {
            (Some(Ok(wanted)), 1..) => {
                let scaled = u128::from(time(text).0) * u128::from(wanted.0) / u128::from(total.0);
                duration_text(Nanos(u64::try_from(scaled).unwrap_or(u64::MAX)))
            }
            // What cannot be read is complained about where it stands.
            (Some(Err(_)), _) => load.duration.clone().unwrap_or_default(),
            (Some(Ok(_)) | None, _) => text.to_owned(),
        };
        out.push(format!("{{to: {to}, over: {}}}, {{hold: {}}}", length(over), length(hold)));
    }
    out
}
