//! What connections cost: churn, TLS handshakes, name resolution.

use super::{Confidence, Evidence, Figure, Rules, draft::Draft, draft::percent, draft::time};
use super::{facts::Facts, kind::Kind};
use brunt_metrics::{Part, PartSum};

pub(super) fn detect(facts: &Facts<'_>, rules: &Rules) -> Vec<Draft> {
    let parts = parts(facts);
    let sum = |part: Part| parts[part as usize].sum.as_millis_f64();
    // Parts are of service time, which is what they are compared with.
    let service: f64 =
        facts.slices().flat_map(|s| &s.measured.cells).map(|c| c.service.sum_ns as f64 / 1e6).sum();
    if service <= 0.0 || facts.requests < 100.0 {
        return Vec::new();
    }
    let opened = parts[Part::Connect as usize].count as f64;
    let handshakes = parts[Part::Tls as usize].count as f64;
    let share = (sum(Part::Connect) + sum(Part::Tls)) / service;
    let fresh = opened / facts.requests;
    let kind = Kind::ConnectionChurn;
    let mut found = Vec::new();
    if fresh >= rules.limit(kind, "new_share") && share >= rules.limit(kind, "time_share") {
        let mean = |part: Part| parts[part as usize].mean().map_or(0.0, brunt_metrics::Nanos::as_millis_f64);
        let claim = format!(
            "{} of the requests open a connection of their own: connecting ({}) and TLS ({}) are {} of the time",
            percent(fresh),
            time(mean(Part::Connect)),
            time(mean(Part::Tls)),
            percent(share)
        );
        let evidence = Evidence::of("parts of the requests' time", Figure::Parts)
            .number("new connections", 100.0 * fresh, "%")
            .number("connecting and TLS", 100.0 * share, "%")
            .number("TLS", 100.0 * sum(Part::Tls) / service, "%")
            .number("mean connect", mean(Part::Connect), "ms")
            .number("mean TLS", mean(Part::Tls), "ms")
            .number("handshakes", handshakes, "");
        let draft = Draft::new(kind, claim).costs(share, 0.0).sure(Confidence::High).evidence(evidence);
        found.push(draft.or_else(
            "the plan asks for new connections, as real clients may have them",
            "look whether the target answers `connection: close` or a low keep-alive limit; run with kept connections",
        ));
    }
    let dns = sum(Part::Dns) / service;
    if dns >= rules.limit(Kind::DnsCost, "time_share") {
        let claim = format!("resolving names is {} of the time", percent(dns));
        let evidence = Evidence::of("parts of the requests' time", Figure::Parts)
            .number("resolving", 100.0 * dns, "%")
            .number("look-ups", parts[Part::Dns as usize].count as f64, "");
        let draft =
            Draft::new(Kind::DnsCost, claim).costs(dns, 0.0).sure(Confidence::High).evidence(evidence);
        found.push(draft.or_else(
            "a slow resolver of the generator's machine, which users do not have",
            "give the address instead of the name, and compare",
        ));
    }
    found
}

fn parts(facts: &Facts<'_>) -> [PartSum; 7] {
    let mut parts = [PartSum::default(); 7];
    for cell in facts.slices().flat_map(|s| &s.measured.cells) {
        for (sum, more) in parts.iter_mut().zip(&cell.parts) {
            sum.merge(more);
        }
    }
    parts
}
