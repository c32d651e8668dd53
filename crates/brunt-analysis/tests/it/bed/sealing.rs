//! From simulated requests to the seconds of a course.

use super::{Load, World};
use brunt_analysis::{Course, Resource};
use brunt_metrics::{
    EndpointId, Nanos, Outcome, Part, Parts, Phase, Sample, ScenarioId, Shard, Status, TallyId,
};
use brunt_run::{PhaseChange, RunEvent, RunHeader, ScenarioHeader, SeriesName};
use std::collections::BTreeMap;

/// A request that was served. Times in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub endpoint: usize,
    pub due: f64,
    pub started: f64,
    pub ended: f64,
    pub status: Status,
    pub outcome: Outcome,
    pub connect: f64,
    pub tls: f64,
    pub dns: f64,
    pub bytes: u64,
    pub hit: Option<bool>,
    pub upstream: Option<usize>,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            endpoint: 0,
            due: 0.0,
            started: 0.0,
            ended: 0.0,
            status: Status::code(200),
            outcome: Outcome::Ok,
            connect: 0.0,
            tls: 0.0,
            dns: 0.0,
            bytes: 200,
            hit: None,
            upstream: None,
        }
    }
}

/// How long requests in flight at the end of the load are waited for, in seconds.
const GRACE: f64 = 5.0;

#[derive(Clone, Copy)]
enum What {
    Start,
    End(usize),
    Users(usize),
}

fn nanos(seconds: f64) -> Nanos {
    Nanos((seconds * 1e9) as u64)
}

/// The course of the requests `made` in `world`; `busy` is the work begun in each second, `speeds` how slow it was.
pub(crate) fn course(world: &World, made: &[Made], (busy, speeds): (&[f64], &[f64])) -> Course {
    let mut events: Vec<(f64, What)> = Vec::with_capacity(made.len() * 2);
    for (index, one) in made.iter().enumerate() {
        events.push((one.started, What::Start));
        events.push((one.ended, What::End(index)));
    }
    if let Load::Closed(steps, _) = &world.load {
        let mut known = 0;
        for &(from, users) in steps {
            events.push((from, What::Users(users - known)));
            known = users;
        }
    }
    events.retain(|e| e.0 < world.seconds + GRACE);
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut course = Course::from_events([RunEvent::Started(Box::new(header(world)))]);
    let phase = |at, phase| RunEvent::Phase(PhaseChange { at: nanos(at), scenario: ScenarioId(0), phase });
    course.add(phase(0.0, Some(Phase::Load)));
    let mut shard = Shard::new(0, 1, world.endpoints.len(), 0).with_tallies(2);
    let last = events.last().map_or(0.0, |e| e.0).ceil().max(world.seconds);
    let mut events = events.into_iter().peekable();
    for second in 1..=last as u64 {
        while let Some((at, what)) = events.next_if(|e| e.0 < second as f64) {
            note(&mut shard, world, made, (at, what));
        }
        if second == world.seconds as u64 + 1 {
            course.add(phase(world.seconds, None));
        }
        course.add(RunEvent::Second(Box::new(shard.seal(Nanos::from_secs(second)))));
    }
    if let Some(cores) = world.target.cores {
        let used = busy.iter().enumerate();
        let values =
            used.map(|(at, b)| (Nanos::from_secs(at as u64 + 1), (100.0 * b / cores as f64).min(100.0)));
        let resource = Resource {
            name: "cpu".to_owned(),
            unit: "%".to_owned(),
            values: values.collect(),
            ..Resource::default()
        };
        course.resources.push(resource);
    }
    if let Some(name) = world.target.gauge {
        let speeds = speeds.iter().take(world.seconds as usize).enumerate();
        let values = speeds.map(|(at, s)| (Nanos::from_secs(at as u64 + 1), 60.0 + 100.0 * s.ln())).collect();
        course.resources.push(Resource {
            name: name.to_owned(),
            unit: "%".to_owned(),
            values,
            ..Resource::default()
        });
    }
    course
}

fn note(shard: &mut Shard, world: &World, made: &[Made], (at, what): (f64, What)) {
    let scenario = ScenarioId(0);
    match what {
        What::Start => {
            shard.request_started(nanos(at));
            shard.scenario(scenario).due += 1;
            shard.scenario(scenario).started += 1;
        }
        What::Users(more) => (0..more).for_each(|_| shard.user_added(scenario, nanos(at))),
        What::End(index) => {
            let one = &made[index];
            let mut parts = Parts::default();
            parts.set(Part::Connect, nanos(one.connect));
            parts.set(Part::Tls, nanos(one.tls));
            parts.set(Part::Dns, nanos(one.dns));
            parts.set(Part::Waiting, nanos(one.ended - one.started - one.connect - one.tls - one.dns));
            shard.record(&Sample {
                endpoint: EndpointId(one.endpoint as u32),
                phase: Phase::Load,
                scheduled: nanos(one.due),
                started: nanos(one.started),
                ended: nanos(one.ended),
                parts,
                outcome: one.outcome,
                status: one.status,
                bytes_out: 100,
                bytes_in: one.bytes,
                retries: 0,
            });
            shard.record_lag(nanos(one.started - one.due));
            shard.worker().connects += u64::from(one.connect > 0.0);
            let passed = one.outcome.is_ok();
            shard.scenario(scenario).completed += u64::from(passed);
            shard.scenario(scenario).failed += u64::from(!passed);
            if let Some(upstream) = one.upstream {
                shard.tally(TallyId(0), Phase::Load, world.target.upstreams[upstream].0.as_bytes());
            }
            if let Some(hit) = one.hit {
                shard.tally(TallyId(1), Phase::Load, if hit { b"HIT" } else { b"MISS" });
            }
        }
    }
}

fn header(world: &World) -> RunHeader {
    let name = |e: &super::Endpoint| SeriesName {
        scenario: "main".to_owned(),
        action: e.name.to_owned(),
        method: "GET".to_owned(),
        name: e.name.to_owned(),
        ..SeriesName::default()
    };
    let open = matches!(world.load, Load::Open(_));
    RunHeader {
        id: "simulated".to_owned(),
        name: "simulated".to_owned(),
        started_unix_ms: 0,
        seed: world.seed,
        targets: vec!["http://target".to_owned()],
        planned_duration: Some(nanos(world.seconds)),
        workers: 1,
        simulated: true,
        scenarios: vec![ScenarioHeader {
            name: "main".to_owned(),
            executor: "simulated".to_owned(),
            open,
            max_users: 100_000,
            curve: Vec::new(),
            curve_step: Nanos::ZERO,
        }],
        endpoints: world.endpoints.iter().map(name).collect(),
        checks: Vec::new(),
        tallies: vec!["upstream".to_owned(), "cache".to_owned()],
        objectives: Vec::new(),
        profile: None,
        labels: BTreeMap::new(),
        environment: BTreeMap::default(),
    }
}
