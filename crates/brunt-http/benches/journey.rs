//! What a journey costs beside its I/O, in processor time an iteration: `cargo bench -p brunt-http`.
//!
//! An iteration is a GET and a POST. Fixed ones, against the same with a drawn id in the GET's path, a JSON check of its
//! answer, and a value saved from it for the POST's body; and the parts of that, against parsing the answer's JSON alone.
//! The lab's `journey` measures the whole with its I/O.
//!
//! Rounds are interleaved and medians printed: the machine may be shared.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and prints"
)]

use brunt_http::{Rehearsal, Settings};
use brunt_metrics::{CheckId, EndpointId, EndpointKind, Nanos, ScenarioId};
use brunt_workload::{
    Body, Check, CheckRule, Comparison, Draw, Endpoint, Escape, Extract, Generator, IterationIndex, JsonTest,
    OnFailure, Origin, OriginId, Pick, Plain, Request, RequestId, Save, Scheme, SlotId, Source,
    TargetSettings, Text, TextPart, Workload,
};
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: usize = 9;
const CALLS: u64 = 100_000;

const PRODUCT: &str = r#"{"id":17,"name":"item-17","price_cents":1250,"currency":"EUR","in_stock":true,"stock":42,"rating":4.6,"tags":["tea","green","loose"],"maker":{"id":7,"name":"Garden and Leaf","country":"JP"},"description":"Loose leaf tea of the first harvest, in a tin of 100 g. Keep it cool and dry."}"#;

/// The fixed requests.
const FIXED: [RequestId; 2] = [RequestId(0), RequestId(1)];
/// Those of the journey.
const JOURNEY: [RequestId; 2] = [RequestId(2), RequestId(3)];
/// What the journey remembers.
const PRODUCT_ID: SlotId = SlotId(0);

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nServer: nginx\r\nDate: Wed, 25 Nov 2026 02:00:00 GMT\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: keep-alive\r\n\r\n{body}"
    )
    .into_bytes()
}

fn request(method: &str, target: Text, body: Body) -> Request {
    let json = ("content-type".to_owned(), Text::literal("application/json"));
    Request {
        endpoint: EndpointId(0),
        origin: OriginId(0),
        method: method.into(),
        target,
        headers: if body == Body::None { Vec::new() } else { vec![json] },
        body,
        timeout: Nanos::SECOND,
        redirects: 0,
        checks: Vec::new(),
        saves: Vec::new(),
        on_failure: OnFailure::End,
        login: None,
        faults: None,
    }
}

fn around(before: &str, source: Source, escape: Escape, after: &str) -> Text {
    let literal = |text: &str| TextPart::Literal(text.into());
    Text { parts: vec![literal(before), TextPart::Dynamic { source, escape }, literal(after)] }
}

fn requests() -> Vec<Request> {
    let id = Source::Generated(Generator::Int { min: 1, max: 500 });
    let mut get = request("GET", around("/products/", id, Escape::Path, ""), Body::None);
    get.checks = vec![CheckId(0), CheckId(1)];
    let from = Extract::Json("$.id".into());
    get.saves = vec![Save {
        slot: PRODUCT_ID,
        from,
        pick: Pick::First,
        default: None,
        plain: Plain::Text,
        check: CheckId(3),
    }];
    let saved = Source::Saved { slot: PRODUCT_ID, pick: Pick::First };
    let body = around(r#"{"id":"#, saved, Escape::JsonValue, r#","quantity":1}"#);
    let mut post = request("POST", Text::literal("/cart"), Body::Text(body));
    post.checks = vec![CheckId(2)];
    let fixed_body = Body::Bytes(br#"{"id":17,"quantity":1}"#.as_slice().into());
    vec![
        request("GET", Text::literal("/products/17"), Body::None),
        request("POST", Text::literal("/cart"), fixed_body),
        get,
        post,
    ]
}

fn workload() -> Workload {
    let check = |name: &str, rule| Check { name: name.into(), rule };
    let price = JsonTest::Compare(Comparison::Greater, Text::literal("0"));
    let endpoint = Endpoint {
        scenario: "main".into(),
        action: "journey".into(),
        method: "GET".into(),
        name: "/".into(),
        kind: EndpointKind::Request,
        tags: Vec::new(),
    };
    let origin = Origin { scheme: Scheme::Http, host: "127.0.0.1".into(), port: 8080, unix: None };
    Workload {
        name: "bench".into(),
        seed: 1,
        scenarios: Vec::new(),
        endpoints: vec![endpoint],
        requests: requests(),
        checks: vec![
            check("status", CheckRule::Status(vec![(200, 200)])),
            check("price", CheckRule::Json { path: "$.price_cents".into(), test: price }),
            check("status", CheckRule::Status(vec![(201, 201)])),
            check("saved", CheckRule::Saved(PRODUCT_ID)),
        ],
        feeds: Vec::new(),
        slots: vec!["product".into()],
        logins: Vec::new(),
        fault_mixes: Vec::new(),
        tallies: Vec::new(),
        target: TargetSettings { origins: vec![origin], ..TargetSettings::default() },
    }
}

/// A user, and what the server says.
struct Stage {
    user: Rehearsal,
    answers: [Vec<u8>; 2],
}

impl Stage {
    /// One iteration: both requests and both answers.
    fn iterate(&mut self, requests: [RequestId; 2], i: u64) {
        let draw = Draw::new(1, ScenarioId(0), IterationIndex(i));
        for (id, bytes) in requests.into_iter().zip(&self.answers) {
            assert!(black_box(self.user.request(id, draw)).is_ok(), "what it needs is saved");
            assert!(black_box(self.user.answer(id, black_box(bytes), draw)), "the answer is right");
        }
    }

    fn render(&mut self, requests: [RequestId; 2], i: u64) {
        let draw = Draw::new(1, ScenarioId(0), IterationIndex(i));
        for id in requests {
            assert!(black_box(self.user.request(id, draw)).is_ok(), "what it needs is saved");
        }
    }
}

/// Nanoseconds a call.
fn time(mut call: impl FnMut(u64)) -> f64 {
    let begun = Instant::now();
    (0..CALLS).for_each(&mut call);
    begun.elapsed().as_nanos() as f64 / CALLS as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints the medians of both and of their ratio, round by round.
fn compare(name: &str, mut ours: impl FnMut() -> f64, yardstick: &str, mut other: impl FnMut() -> f64) {
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (ours(), other())).collect();
    let ratio = median(rounds.iter().map(|(a, b)| a / b).collect());
    let (a, b) = rounds.into_iter().unzip();
    println!("{name:<30} {:>7.1} ns   {ratio:>5.1} x {yardstick} ({:.1} ns)", median(a), median(b));
}

fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::prepare(&Arc::new(workload()))?;
    let answers = [answer("200 OK", PRODUCT), answer("201 Created", r#"{"items":1}"#)];
    let stage = || Stage { user: Rehearsal::new(settings.clone()), answers: answers.clone() };
    let (mut a, mut b) = (stage(), stage());
    compare(
        "journey, an iteration",
        || time(|i| a.iterate(JOURNEY, i)),
        "fixed requests",
        || time(|i| b.iterate(FIXED, i)),
    );
    let parse =
        |_| assert!(serde_json::from_slice::<serde_json::Value>(black_box(PRODUCT.as_bytes())).is_ok());
    compare(
        "journey, both requests rendered",
        || time(|i| a.render(JOURNEY, i)),
        "parsing the JSON",
        || time(parse),
    );
    compare("journey, an iteration", || time(|i| a.iterate(JOURNEY, i)), "parsing the JSON", || time(parse));
    Ok(())
}
