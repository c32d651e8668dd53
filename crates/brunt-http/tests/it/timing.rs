//! Where a request's time goes, and what happens when the run is cut.

use crate::drive::{Plan, Ran, ms};
use brunt_demo::{Config, MockConfig, start};
use brunt_metrics::{Nanos, Part};
use brunt_run::StopReason;
use brunt_workload::HttpVersion;

fn sum_of_parts(ran: &Ran) -> Nanos {
    Part::ALL.iter().fold(Nanos::ZERO, |sum, part| sum + ran.part(*part).sum)
}

#[test]
fn parts_add_up_to_the_service_time() {
    let target = start(Config::mock(MockConfig::default())).unwrap();
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        // 40 ms to the first byte; and a body of ten pieces, 10 ms apart, the first at once.
        for (path, part, least, other) in [
            ("/delay/40", Part::Waiting, 40, Part::Receiving),
            ("/drip/1000/100", Part::Receiving, 80, Part::Waiting),
        ] {
            let ran = Plan::to(&target.url()).get(path).version(version).times(5).run();
            assert_eq!(ran.outcomes(), "0: 5 x 200 ok", "{}", ran.details());
            let (took, else_took) = (ran.part(part), ran.part(other));
            assert_eq!(took.count, 5, "{version:?} {path}");
            assert!(took.sum >= ms(5 * least), "{version:?} {path}: {} of {part:?}", took.sum);
            assert!(else_took.sum < took.sum, "{version:?} {path}: {} of {other:?}", else_took.sum);
            assert_eq!(ran.part(Part::Connect).count, 1);
            let service: u128 = ran.total.cells.iter().map(|c| c.service.sum_ns).sum();
            let parts = u128::from(sum_of_parts(&ran).0);
            assert!(parts <= service, "{version:?} {path}: {parts} in {service}");
            assert!(parts * 10 >= service * 9, "{version:?} {path}: only {parts} of {service} is explained");
        }
    }
}

/// The time of a request that fails is explained as well.
#[test]
fn parts_of_a_timeout() {
    let target = start(Config::faulty()).unwrap();
    for (path, part) in [("/never", Part::Waiting), ("/never-headers-end", Part::Receiving)] {
        let ran = Plan::to(&target.url()).get(path).timeout(ms(200)).run();
        assert_eq!(ran.outcomes(), "0: 1 x request timeout");
        assert!(ran.part(part).sum >= ms(150), "{path}: {}", ran.part(part).sum);
        assert!(sum_of_parts(&ran) <= ran.service_max());
    }
}

#[test]
fn a_cut_ends_what_is_under_way_and_counts_it() {
    let target = start(Config::faulty()).unwrap();
    let mock = start(Config::mock(MockConfig::default())).unwrap();
    for (url, path, version) in [
        (target.url(), "/never", HttpVersion::Http1),
        (target.url(), "/never-headers-end", HttpVersion::Http1),
        (mock.url(), "/delay/20000", HttpVersion::Http2),
    ] {
        let ran = Plan::to(&url)
            .get(path)
            .timeout(Nanos::from_secs(20))
            .version(version)
            .users(3)
            .times(9)
            .cut()
            .run();
        assert_eq!(ran.outcomes(), "0: 3 x cut", "{path}");
        assert_eq!(ran.reason, StopReason::Cut);
        assert!(ran.total.scenarios.iter().all(|s| s.cut == 3));
        assert!(ran.details().is_empty(), "a cut is no error to explain: {}", ran.details());
    }
}
