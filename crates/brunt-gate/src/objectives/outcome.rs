//! From what was tracked to an outcome.

use super::evidence::evenness;
use super::finding::{Finding, find, limit_of};
use super::recovery::Recovered;
use super::sliding::Both;
use super::tracker::Tracker;
use super::words::{clock, counted, figure, limit_words, sentence, subject};
use brunt_objective::{
    Comparison, Dimension, NoData, Objective, Severity, Share, Statistic, Window, duration_text,
};
use brunt_run::{ObjectiveOutcome, ObjectiveUnit, Standing};

/// A finding with the sum that it is about.
struct Weighed<'t> {
    finding: Finding,
    sum: Option<&'t Both>,
    notes: Vec<String>,
    /// Of a window: the figure there, which is known though its seconds are gone.
    measured: Option<f64>,
}

impl Tracker {
    /// What the objective may be taken for, as far as the run has gone.
    pub(super) fn outcome(&self) -> ObjectiveOutcome {
        if self.objective.measure.statistic == Statistic::Recovery {
            return self.recovered();
        }
        let weighed = self.weighed();
        let statistic = self.objective.measure.statistic;
        let whole = weighed.sum.unwrap_or(&self.whole);
        let measured = weighed.measured.or_else(|| whole.own.figure(statistic));
        let limit = limit_of(&self.objective, &self.baseline, &whole.other).ok();
        let mut outcome = blank(&self.objective);
        outcome.measured = measured;
        outcome.limit = limit;
        outcome.samples = self.whole.own.samples(statistic);
        outcome.broken = self.broken.filter(|_| self.objective.comparison != Comparison::About);
        outcome.worst = self.worst;
        outcome.notes = weighed.notes;
        if self.objective.window == Window::Run && self.objective.comparison != Comparison::About {
            outcome.interval = self.interval(measured);
        }
        if statistic == Statistic::Balance
            && let Some(p) = evenness(&whole.own)
        {
            let k = whole.own.values().len();
            outcome.notes.push(format!("chi-square: p = {p:.3} over {k} values"));
        }
        settle(&self.objective, &mut outcome, weighed.finding);
        self.told_of_rows(&mut outcome);
        outcome
    }

    /// Of an objective that may be broken for a while, what counts is for how long it was.
    fn told_of_rows(&self, outcome: &mut ObjectiveOutcome) {
        let Window::For(length) = self.objective.window else { return };
        let longest = self.broken.map_or(0, |b| b.longest) as f64;
        let length_s = length.as_secs_f64();
        if outcome.margin.is_some() {
            outcome.margin = Some((length_s - longest) / length_s);
        }
        if outcome.standing == Standing::Passed && longest > 0.0 {
            outcome.text = format!(
                "{} broke threshold {} for at most {longest} s in a row, and may for less than {}",
                subject(&self.objective),
                limit_words(&self.objective, outcome.limit),
                duration_text(length),
            );
        }
    }

    fn interval(&self, measured: Option<f64>) -> Option<(f64, f64)> {
        match self.objective.measure.statistic {
            Statistic::Time { point, .. } => {
                measured.and_then(|_| self.batches.interval(point, &self.whole.own))
            }
            Statistic::Share(_) => self.batches.share_interval(&self.whole.own),
            Statistic::Count(_) | Statistic::Rate(_) | Statistic::Balance | Statistic::Recovery => None,
        }
    }

    fn weighed(&self) -> Weighed<'_> {
        if self.selects_nothing {
            let text = format!("no data: nothing of the run has {}", self.objective.measure.filters);
            let text = if self.objective.measure.filters.0.is_empty() {
                "no data: the run has nothing of it".into()
            } else {
                text
            };
            return Weighed { finding: Finding::NoData(text), sum: None, notes: Vec::new(), measured: None };
        }
        match self.objective.window {
            Window::Run => {
                let finding = self.offered_or(find(&self.objective, &self.baseline, &self.whole));
                Weighed { finding, sum: Some(&self.whole), notes: Vec::new(), measured: None }
            }
            Window::Over(length) => self.over(length.second()),
            Window::For(length) => self.sustained_for(length.second()),
            Window::Stage => self.per_stage(),
        }
    }

    /// A rate that the schedules did not even ask for is nothing that the target could have shown.
    fn offered_or(&self, finding: Finding) -> Finding {
        let lower = matches!(self.objective.comparison, Comparison::Above | Comparison::AtLeast);
        let statistic = self.objective.measure.statistic;
        let offered = self.offered.rate(statistic, self.whole.own.hits);
        let limit = limit_of(&self.objective, &self.baseline, &self.whole.other);
        match (finding, offered, limit) {
            (Finding::Broken, Some(offered), Ok(limit)) if lower && offered < limit => {
                let (offered, limit) =
                    (figure(Dimension::Rate, round(offered)), figure(Dimension::Rate, limit));
                Finding::TooLittle(format!("no data (offered {offered} < required {limit})"))
            }
            (finding, _, _) => finding,
        }
    }

    fn over(&self, length: u64) -> Weighed<'_> {
        let w = self.windows;
        let mut notes = Vec::new();
        let judged = w.held + w.broken;
        if judged > 0 && w.too_little + w.empty > 0 {
            notes.push(format!(
                "{} of {} windows had too little data",
                w.too_little + w.empty,
                judged + w.too_little + w.empty
            ));
        }
        let finding = if w.broken > 0 {
            self.offered_or(Finding::Broken)
        } else if w.held > 0 {
            Finding::Held
        } else if self.seconds < length {
            Finding::TooLittle(format!(
                "too little data: {} s of load, and a window is {length} s",
                self.seconds
            ))
        } else {
            // No window could be judged: the whole says why.
            match find(&self.objective, &self.baseline, &self.whole) {
                Finding::Held | Finding::Broken => {
                    Finding::TooLittle("too little data: no window had enough".into())
                }
                finding @ (Finding::TooLittle(_) | Finding::NoData(_) | Finding::Unknown(_)) => finding,
            }
        };
        Weighed { finding, sum: Some(&self.whole), notes, measured: self.worst.map(|w| w.value) }
    }

    fn sustained_for(&self, length: u64) -> Weighed<'_> {
        let longest = self.broken.map_or(0, |b| b.longest);
        let judged = self.windows.held + self.windows.broken;
        let finding = if longest >= length {
            self.offered_or(Finding::Broken)
        } else if judged == 0 {
            match find(&self.objective, &self.baseline, &self.whole) {
                Finding::Held | Finding::Broken => {
                    Finding::TooLittle("too little data: no whole second of load".into())
                }
                finding @ (Finding::TooLittle(_) | Finding::NoData(_) | Finding::Unknown(_)) => finding,
            }
        } else if self.seconds < length {
            Finding::TooLittle(format!(
                "too little data: {} s of load cannot be broken for {length} s",
                self.seconds
            ))
        } else {
            Finding::Held
        };
        Weighed { finding, sum: Some(&self.whole), notes: Vec::new(), measured: self.worst.map(|w| w.value) }
    }

    fn per_stage(&self) -> Weighed<'_> {
        let mut worst: Option<Weighed<'_>> = None;
        let rank = |f: &Finding| match f {
            Finding::Broken => 0,
            Finding::NoData(_) => 1,
            Finding::Unknown(_) => 2,
            Finding::TooLittle(_) => 3,
            Finding::Held => 4,
        };
        let distance = |w: &Weighed<'_>| {
            let figure = w.measured.unwrap_or(0.0);
            if self.objective.comparison.is_upper() { -figure } else { figure }
        };
        for (at, (begun, both)) in self.all_stages().enumerate() {
            let finding = self.offered_or(find(&self.objective, &self.baseline, both));
            let seconds = both.own.seconds.round();
            let notes = vec![format!("stage {} (from {}, {seconds} s)", at + 1, clock(begun))];
            let measured = both.own.figure(self.objective.measure.statistic);
            let next = Weighed { finding, sum: Some(both), notes, measured };
            let graver = worst
                .as_ref()
                .is_none_or(|w| (rank(&next.finding), distance(&next)) < (rank(&w.finding), distance(w)));
            if graver {
                worst = Some(next);
            }
        }
        worst.unwrap_or_else(|| {
            let finding = Finding::NoData("no data: no whole second of load".into());
            Weighed { finding, sum: None, notes: Vec::new(), measured: None }
        })
    }

    fn recovered(&self) -> ObjectiveOutcome {
        let mut outcome = blank(&self.objective);
        outcome.samples = self.recovery.samples();
        let limit = limit_of(&self.objective, &self.baseline, &self.whole.other).unwrap_or(0.0);
        outcome.limit = Some(limit);
        let finding = match self.recovery.outcome() {
            Recovered::After(ms) => {
                outcome.measured = Some(ms);
                if self.objective.comparison.holds(ms, limit) { Finding::Held } else { Finding::Broken }
            }
            Recovered::NotWithin(ms) if ms >= limit => {
                outcome.measured = Some(ms);
                outcome.notes.push("it had not recovered when the run ended".into());
                Finding::Broken
            }
            Recovered::NotWithin(ms) => Finding::TooLittle(format!(
                "too little data: the run ended {} after the load was back, and the target had not recovered",
                figure(Dimension::Time, ms)
            )),
            Recovered::Unknown(why) => Finding::TooLittle(format!("no data: {why}")),
        };
        settle(&self.objective, &mut outcome, finding);
        outcome
    }

    /// Whether what is known now is reason enough to end the run.
    pub(super) fn is_broken(&self) -> bool {
        match self.objective.window {
            Window::For(length) => self.sustained(length),
            Window::Run | Window::Stage | Window::Over(_) => {
                self.weighed().finding == Finding::Broken
                    || (self.objective.measure.statistic == Statistic::Recovery
                        && self.recovered().standing == Standing::Failed)
            }
        }
    }
}

/// An outcome without figures.
pub(super) fn blank(objective: &Objective) -> ObjectiveOutcome {
    ObjectiveOutcome {
        objective: objective.to_string(),
        name: objective.label(),
        standing: Standing::NotJudged,
        text: String::new(),
        notes: Vec::new(),
        unit: match objective.measure.statistic.dimension() {
            Dimension::Time => ObjectiveUnit::Milliseconds,
            Dimension::Share => ObjectiveUnit::Percent,
            Dimension::Rate => ObjectiveUnit::PerSecond,
            Dimension::Count => ObjectiveUnit::Count,
        },
        measured: None,
        interval: None,
        limit: None,
        margin: None,
        samples: 0,
        broken: None,
        worst: None,
        burn: None,
        aborted_at: None,
    }
}

/// Writes a finding into the outcome: standing, sentence, margin, burn.
pub(super) fn settle(objective: &Objective, outcome: &mut ObjectiveOutcome, finding: Finding) {
    if let (Some(measured), Some(limit)) = (outcome.measured, outcome.limit) {
        outcome.margin = margin(objective.comparison, measured, limit);
        outcome.burn = burn(objective, measured, limit);
    }
    let told = match (outcome.measured, outcome.limit) {
        (Some(measured), Some(limit)) => sentence(objective, measured, limit),
        (_, _) => format!(
            "{} not judged against threshold {}",
            subject(objective),
            limit_words(objective, outcome.limit)
        ),
    };
    let broken = match objective.severity {
        Severity::Fail => Standing::Failed,
        Severity::Warn => Standing::Warned,
    };
    let (standing, text) = match finding {
        _ if objective.comparison == Comparison::About => (Standing::Noted, told),
        Finding::Held => (Standing::Passed, told),
        Finding::Broken => (broken, format!("{told}{}", window_words(objective, outcome))),
        Finding::TooLittle(why) | Finding::Unknown(why) => {
            (Standing::NotJudged, not_judged(objective, outcome, &why))
        }
        Finding::NoData(why) => {
            let text = format!("{}: {why}", subject(objective));
            match objective.no_data {
                NoData::Fails => (broken, text),
                NoData::Passes => (Standing::Passed, text),
                NoData::Skips => (Standing::Noted, text),
            }
        }
    };
    outcome.standing = standing;
    outcome.text = text;
}

fn not_judged(objective: &Objective, outcome: &ObjectiveOutcome, why: &str) -> String {
    let subject = subject(objective);
    let samples = counted(objective.measure.statistic, outcome.samples);
    let why = why
        .strip_prefix(&format!("too little data: {samples}, and "))
        .map_or_else(|| why.to_owned(), |rest| format!("{samples}, and {rest}"));
    format!("{subject} not judged against threshold {}: {why}", limit_words(objective, outcome.limit))
}

/// Where a broken window lies.
fn window_words(objective: &Objective, outcome: &ObjectiveOutcome) -> String {
    match (objective.window, outcome.worst, outcome.broken) {
        (Window::Over(length), Some(worst), _) => {
            format!(" over {} from {}", duration_text(length), clock(worst.from))
        }
        (Window::For(_), _, Some(broken)) => {
            format!(" for {} s from {}", broken.longest, clock(broken.first))
        }
        (Window::Stage, _, _) => {
            outcome.notes.first().map(|stage| format!(" in {stage}")).unwrap_or_default()
        }
        (Window::Run | Window::Over(_) | Window::For(_), _, _) => String::new(),
    }
}

/// By how much a figure holds, as a share of the limit.
fn margin(comparison: Comparison, measured: f64, limit: f64) -> Option<f64> {
    let sign = match comparison {
        Comparison::Below | Comparison::AtMost => 1.0,
        Comparison::Above | Comparison::AtLeast => -1.0,
        Comparison::Equal | Comparison::Unequal | Comparison::About => return None,
    };
    // Added to nothing, a negative nothing is none.
    (limit > 0.0).then(|| sign * (limit - measured) / limit + 0.0)
}

/// The error budget's burn rate: the bad share measured over the bad share allowed.
fn burn(objective: &Objective, measured: f64, limit: f64) -> Option<f64> {
    let (bad, may) = match (objective.measure.statistic, objective.comparison) {
        (Statistic::Share(Share::Errors), Comparison::Below | Comparison::AtMost) => (measured, limit),
        (Statistic::Share(Share::Checks), Comparison::Above | Comparison::AtLeast) => {
            (100.0 - measured, 100.0 - limit)
        }
        (_, _) => return None,
    };
    (may > 0.0).then(|| bad / may)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
