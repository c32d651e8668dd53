//! Which endpoints need attention first: by what users wait for, by what fails, and by how far their times spread.

use brunt_run::Summary;
use serde::Serialize;

/// An endpoint's part in what users suffer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HotSpot {
    /// Its place in the summary's list of endpoints.
    pub endpoint: usize,
    /// Its name: `POST /orders`.
    pub name: String,
    /// Its requests.
    pub requests: u64,
    /// Its share of all the time that users waited, 0 to 1; `None` where no mean is known.
    pub time_share: Option<f64>,
    /// Its share of all errors, 0 to 1; `None` without errors.
    pub error_share: Option<f64>,
    /// How far its times spread: P95 over the median; `None` where one is unknown.
    pub spread: Option<f64>,
}

/// All endpoints that had requests, the one with the largest share of time and errors together first.
pub fn hot_spots(summary: &Summary) -> Vec<HotSpot> {
    let busy = |e: &brunt_run::EndpointFigures| {
        e.figures.response.mean_ms.map(|mean| mean * e.figures.requests as f64)
    };
    let all_time: Option<f64> = summary.endpoints.iter().filter(|e| e.figures.requests > 0).map(busy).sum();
    let all_errors: u64 = summary.endpoints.iter().map(|e| e.figures.errors).sum();
    let mut spots: Vec<HotSpot> = summary
        .endpoints
        .iter()
        .enumerate()
        .filter(|(_, e)| e.figures.requests > 0)
        .map(|(endpoint, e)| HotSpot {
            endpoint,
            name: e.series.label(),
            requests: e.figures.requests,
            time_share: busy(e).zip(all_time.filter(|all| *all > 0.0)).map(|(own, all)| own / all),
            error_share: (all_errors > 0).then(|| e.figures.errors as f64 / all_errors as f64),
            spread: e
                .figures
                .response
                .p95_ms
                .zip(e.figures.response.p50_ms.filter(|p| *p > 0.0))
                .map(|(a, b)| a / b),
        })
        .collect();
    let weight = |spot: &HotSpot| spot.time_share.unwrap_or(0.0) + spot.error_share.unwrap_or(0.0);
    spots.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    spots
}

/// Fewer requests than this have no spread worth a name: their P95 is their maximum.
const FEWEST_FOR_SPREAD: u64 = 20;

/// The endpoints that lead in one way each; `None` where nothing is known, or nothing failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Leaders {
    /// The name of the one that users wait for most.
    pub time: Option<String>,
    /// Of the one with most errors.
    pub errors: Option<String>,
    /// Of the one whose times spread widest, among those with 20 requests or more.
    pub spread: Option<String>,
}

/// Who leads among some endpoints.
pub fn leaders(spots: &[HotSpot]) -> Leaders {
    let first = |value: fn(&HotSpot) -> Option<f64>| {
        let known = spots.iter().filter_map(|spot| Some((spot, value(spot)?)));
        // Of equals the first: spots come ranked.
        known.rev().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(spot, _)| spot.name.clone())
    };
    Leaders {
        time: first(|spot| spot.time_share),
        errors: first(|spot| spot.error_share),
        spread: first(|spot| spot.spread.filter(|_| spot.requests >= FEWEST_FOR_SPREAD)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_leader() {
        let spot = |name: &str, requests, time_share, error_share, spread| HotSpot {
            endpoint: 0,
            name: name.into(),
            requests,
            time_share,
            error_share,
            spread,
        };
        let check = |spots: &[HotSpot], expected: [Option<&str>; 3]| {
            let got = leaders(spots);
            assert_eq!([got.time.as_deref(), got.errors.as_deref(), got.spread.as_deref()], expected);
        };
        check(&[], [None, None, None]);
        check(&[spot("only", 5, None, None, None)], [None, None, None]);
        check(
            &[
                spot("slow", 100, Some(0.7), None, Some(2.0)),
                spot("wide", 20, Some(0.2), None, Some(9.0)),
                spot("rare", 19, Some(0.1), None, Some(50.0)),
            ],
            [Some("slow"), None, Some("wide")],
        );
        check(
            &[
                spot("first", 50, Some(0.5), Some(0.5), Some(2.0)),
                spot("second", 50, Some(0.5), Some(0.5), Some(2.0)),
            ],
            [Some("first"); 3],
        );
    }
}
