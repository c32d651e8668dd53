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
