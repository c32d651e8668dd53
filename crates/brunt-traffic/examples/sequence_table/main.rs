//! The tables of docs/sequence-model.md, for any log: `cargo xtask sequence LOG [alternate] [masked] [hidden=64] [only=likeness|bundles|requests]`.
//!
//! Learns from one part of the log and judges by the other: bits per request of counts, of the model and of a small recurrent network; and the
//! measures of likeness of the model with its chain, and with the network in place of the chain.

mod counts;
mod encode;
mod gru;
#[path = "../table/mod.rs"]
mod table;

use brunt_traffic::fidelity::{Bits, OfClass};
use brunt_traffic::model::{Behaviour, Chain, FitSettings, Lesson, Play, generate, generate_by};
use brunt_traffic::{Random, SESSION_GAP_MS, Session};
use counts::{Memory, one_table, table_by_class};
use encode::{Alphabet, GAPS, Player, Told};
use gru::{Gru, Schedule, Shape, Step};
use std::error::Error;
use std::io::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use table::{Parts, head, line, now};

const USAGE: &str =
    "usage: cargo xtask sequence LOG [alternate] [masked] [hidden=64] [only=likeness|bundles|requests]";

/// Seeds whose mean is shown.
const SEEDS: u64 = 3;

/// One of so many clients is kept back to choose the number of epochs.
const KEPT_BACK: usize = 10;

/// Epochs without a gain that end the search.
const PATIENCE: usize = 4;

/// The best of five that were tried on clients that were kept back from the first 70 % of the blog; nothing was tried on what is judged by.
const SCHEDULE: Schedule = Schedule { epochs: 40, rate: 0.004, decay: 0.9, batch: 256, hidden: 0.2 };

/// A network that has learnt.
struct Trained {
    gru: Gru,
    alphabet: Alphabet,
    epochs: usize,
    took: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// The class and the length are told.
    Told,
    /// The network says when a session ends.
    Foreseen,
}

impl Ends {
    fn told(self, class: u16, session: &Session) -> Told {
        match self {
            Self::Told => Told::ClassAndLength(class, session.len()),
            Self::Foreseen => Told::Nothing,
        }
    }
}

/// Learns from sessions as the chain does; the number of epochs is chosen by clients that are kept back, and then all are learnt from.
fn train(lesson: &Lesson, ends: Ends, hidden: usize, seed: u64) -> Trained {
    let began = now();
    let (alphabet, tokens) = alphabet(&lesson.behaviour);
    let kept_back = |session: &Session| Random::new(&[u64::from(session.client), 7]).below(KEPT_BACK) == 0;
    let (mut own, mut back) = (Vec::new(), Vec::new());
    for (session, class) in lesson.sessions.iter().zip(&lesson.class) {
        let steps = alphabet.steps(ends.told(*class, session), session);
        if kept_back(session) { back.push(steps) } else { own.push(steps) }
    }
    let tokens = match ends {
        Ends::Told => tokens,
        Ends::Foreseen => tokens + 1,
    };
    let shape = Shape { inputs: alphabet.inputs(), width: 32, hidden, tokens, gap_hidden: 32, gaps: GAPS };
    let random = |part: u64| Random::new(&[seed, 0x0067_7275, part]);
    let mut best = (0, f64::MAX);
    Gru::new(shape, &mut random(0)).train(&own, &SCHEDULE, &mut random(1), |gru, epoch| {
        let nats = surprise(gru, &back);
        if nats < best.1 {
            best = (epoch, nats);
        }
        if epoch < best.0 + PATIENCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let epochs = best.0 + 1;
    own.append(&mut back);
    let mut gru = Gru::new(shape, &mut random(0));
    let schedule = Schedule { epochs, ..SCHEDULE };
    gru.train(&own, &schedule, &mut random(1), |_, _| ControlFlow::Continue(()));
    Trained { gru, alphabet, epochs, took: began.elapsed() }
}

/// Nats per step.
fn surprise(gru: &Gru, sessions: &[Vec<Step>]) -> f64 {
    let nats = |steps: &Vec<Step>| -> f64 {
        gru.foresee(steps).iter().map(|f| -f.token.ln() - f.gap.map_or(0.0, f64::ln)).sum()
    };
    let steps: usize = sessions.iter().map(Vec::len).sum();
    sessions.iter().map(nats).sum::<f64>() / steps.max(1) as f64
}

/// What a network reads and writes, and how many tokens there are without the end.
fn alphabet(behaviour: &Behaviour) -> (Alphabet, usize) {
    let tokens = usize::from(behaviour.endpoints) + behaviour.bundles.0.len();
    let number = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    (Alphabet { tokens: number(tokens), classes: number(behaviour.classes.len()) }, tokens)
}

/// Bits of a network for all sessions.
fn bits_of(trained: &Trained, ends: Ends, behaviour: &Behaviour, held: &[Session]) -> Bits {
    let mut bits = Bits::default();
    let foresee = |told, session| trained.gru.foresee(&trained.alphabet.steps(told, session));
    for session in held {
        let of: Vec<OfClass> = match ends {
            Ends::Told => counts::classes(behaviour, session.len())
                .zip(0..)
                .map(|(class, k)| OfClass { steps: foresee(ends.told(k, session), session), ..class })
                .collect(),
            Ends::Foreseen => {
                vec![OfClass { share: 1.0, length: 1.0, steps: foresee(Told::Nothing, session) }]
            }
        };
        bits.add(session.len(), &of);
    }
    bits
}

fn row(out: &mut impl Write, name: &str, bits: &[Bits], took: Duration) -> Result<(), Box<dyn Error>> {
    let mean = |of: fn(&Bits) -> f64| bits.iter().map(of).sum::<f64>() / bits.len() as f64;
    let (tokens, gaps) = (mean(Bits::tokens_per_event), mean(Bits::gaps_per_event));
    let took = took.as_secs_f64() / bits.len() as f64;
    writeln!(out, "| {name} | {tokens:.3} | {gaps:.3} | {:.3} | {took:.1} s |", tokens + gaps)?;
    out.flush()?;
    Ok(())
}

/// The table of bits, of models that were learnt with some kinds of bundles, for sessions that are folded alike.
fn table_of_bits(
    out: &mut impl Write,
    (lessons, networks): (&[Lesson], &[Trained]),
    held: &[Vec<Session>],
    hidden: usize,
) -> Result<(), Box<dyn Error>> {
    let (first, own) = (&lessons[0], &held[0]);
    let (_, tokens) = alphabet(&first.behaviour);
    let end = u16::try_from(tokens)?;
    let timed = |of: &mut dyn FnMut() -> Bits| {
        let began = now();
        (of(), began.elapsed())
    };
    let requests: usize = own.iter().map(Session::len).sum();
    writeln!(
        out,
        "{} sessions learnt from; {} of {requests} requests judged by\n",
        first.sessions.len(),
        own.len()
    )?;
    writeln!(out, "| | requests and ends | gaps | together | learnt and judged in |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    let tables = [
        ("requests of the hour", Memory::Hour),
        ("chain of first order", Memory::Order(1)),
        ("chain of second order, backed off", Memory::Order(2)),
        ("chain of third order, backed off", Memory::Order(3)),
    ];
    for (name, memory) in tables {
        let (bits, took) = timed(&mut || one_table(memory, &first.sessions, own, end));
        row(out, name, &[bits], took)?;
    }
    let (bits, took) = timed(&mut || table_by_class(Memory::Order(3), first, own, end));
    row(out, "the same by class, a tenth of all", &[bits], took)?;
    let began = now();
    let of = |(lesson, held): (&Lesson, &Vec<Session>)| counts::model(&lesson.behaviour, None, held, tokens);
    row(out, "**brunt's model**", &lessons.iter().zip(held).map(of).collect::<Vec<_>>(), began.elapsed())?;
    let began = now();
    let of = |(lesson, held): (&Lesson, &Vec<Session>)| {
        let all = Chain::learn(lesson.sessions.iter().map(|session| (0, session)), 1);
        counts::model(&lesson.behaviour, Some(&all), held, tokens)
    };
    row(
        out,
        "the same, a tenth of all",
        &lessons.iter().zip(held).map(of).collect::<Vec<_>>(),
        began.elapsed(),
    )?;
    let began = now();
    let of = |((network, lesson), held): ((&Trained, &Lesson), &Vec<Session>)| {
        bits_of(network, Ends::Told, &lesson.behaviour, held)
    };
    let of_networks: Vec<Bits> = networks.iter().zip(lessons).zip(held).map(of).collect();
    let took = began.elapsed() + networks.iter().map(|network| network.took).sum();
    row(out, &format!("the model with a GRU of {hidden} for its chain"), &of_networks, took)?;
    let (mut alone, began) = (Vec::new(), now());
    for (seed, (lesson, held)) in (0..).zip(lessons.iter().zip(held)) {
        let network = train(lesson, Ends::Foreseen, hidden, seed);
        alone.push(bits_of(&network, Ends::Foreseen, &lesson.behaviour, held));
    }
    row(out, &format!("a GRU of {hidden} alone, which says when sessions end"), &alone, began.elapsed())?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let began = now();
    let hidden = args.iter().find_map(|a| a.strip_prefix("hidden=")).map_or(Ok(64), str::parse)?;
    let parts = Parts::read(&args, USAGE)?;
    let mut out = std::io::stdout().lock();
    let (from, held) = (parts.from.len(), parts.held.len());
    writeln!(
        out,
        "{} lines; learnt from {from} requests, judged by {held}, split {:?}",
        parts.lines, parts.split
    )?;
    let usual = FitSettings::default();
    let lessons = |bundles: usize| -> Vec<Lesson> {
        (0..SEEDS).map(|seed| parts.lesson(&FitSettings { seed, bundles, ..usual })).collect()
    };
    let networks = |lessons: &[Lesson]| -> Vec<Trained> {
        (0..).zip(lessons).map(|(seed, lesson)| train(lesson, Ends::Told, hidden, seed)).collect()
    };
    let only = args.iter().find_map(|a| a.strip_prefix("only="));
    let folded = lessons(usual.bundles);
    let own_networks = if only == Some("requests") { Vec::new() } else { networks(&folded) };
    if only.is_none_or(|only| only == "likeness") {
        table_of_likeness(&mut out, &parts, &folded, &own_networks)?;
    }
    let persistent = parts.held.persistent(&parts.held_time);
    let mut judged = parts.held.sessions(SESSION_GAP_MS);
    judged.retain(|session| !persistent[session.client as usize]);
    if only.is_none_or(|only| only == "bundles") {
        writeln!(out, "\nbundles as one: ")?;
        let fold = |lesson: &Lesson| lesson.behaviour.bundles.fold(&judged, parts.endpoints());
        let held: Vec<_> = folded.iter().map(fold).collect();
        table_of_bits(&mut out, (&folded, &own_networks), &held, hidden)?;
    }
    if only.is_none_or(|only| only == "requests") {
        writeln!(out, "\nevery request for itself: ")?;
        let lessons = lessons(0);
        let held = vec![judged; lessons.len()];
        table_of_bits(&mut out, (&lessons, &networks(&lessons)), &held, hidden)?;
    }
    writeln!(out, "\nall of it took {:.0} s", began.elapsed().as_secs_f64())?;
    Ok(())
}

/// The model with its chain, and with a network for its chain: all measures, and what it costs.
fn table_of_likeness(
    out: &mut impl Write,
    parts: &Parts,
    lessons: &[Lesson],
    networks: &[Trained],
) -> Result<(), Box<dyn Error>> {
    let judge = parts.judge();
    let rate = |(made, took): (usize, Duration)| made as f64 / took.as_secs_f64() / 1e6;
    let spent = |began: Instant, made: usize, spent: &mut (usize, Duration)| {
        *spent = (spent.0 + made, spent.1 + began.elapsed());
    };
    let (mut chain, mut network) = (Vec::new(), Vec::new());
    let (mut by_chain, mut by_network) = ((0, Duration::ZERO), (0, Duration::ZERO));
    for (seed, (lesson, trained)) in (0..).zip(lessons.iter().zip(networks)) {
        let model = &lesson.behaviour;
        let play = Play { seed: 100 + seed, rate: 1.0, whole_seconds: true };
        let began = now();
        let drawn = generate(model, &parts.held_time, &play);
        spent(began, drawn.requests.len(), &mut by_chain);
        chain.push(judge.score(&drawn.trace(), seed));
        let began = now();
        let mut player = Player {
            alphabet: trained.alphabet,
            gru: &trained.gru,
            chain: &model.chain,
            memory: gru::Memory::default(),
        };
        let drawn = generate_by(model, &parts.held_time, &play, &mut |class, length, random, steps| {
            player.compose(class, length, random, steps);
        });
        spent(began, drawn.requests.len(), &mut by_network);
        network.push(judge.score(&drawn.trace(), seed));
    }
    writeln!(out)?;
    head(out)?;
    line(out, "**brunt's model**", &chain)?;
    let weights = networks[0].gru.size();
    line(out, &format!("the same with a GRU ({weights} weights)"), &network)?;
    for (name, scores) in [("chain", &chain), ("network", &network)] {
        let each = |of: fn(&brunt_traffic::fidelity::Score) -> f64| {
            scores.iter().map(|(score, _)| format!("{:.3}", of(score))).collect::<Vec<_>>().join(" ")
        };
        writeln!(
            out,
            "\n{name}, by seed: windows {}; sessions {}; transient {}",
            each(|s| s.windows),
            each(|s| s.session_discriminator),
            each(|s| s.transient_discriminator)
        )?;
    }
    let learnt: Vec<String> =
        networks.iter().map(|n| format!("{} epochs in {:.0} s", n.epochs, n.took.as_secs_f64())).collect();
    let contexts = lessons[0].behaviour.chain.contexts();
    let kept = serde_json::to_vec(&lessons[0].behaviour.chain)?.len();
    writeln!(
        out,
        "\nrequests made in a second: {:.2} M by the chain, {:.2} M by the network; the chain has {contexts} contexts \
         ({kept} bytes of JSON), the network {} bytes of weights; learnt: {}",
        rate(by_chain),
        rate(by_network),
        4 * weights,
        learnt.join(", ")
    )?;
    Ok(())
}
