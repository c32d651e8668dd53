//! The shop: what the `demo` command loads when nothing else is said.

use std::time::Duration;

use serde_json::json;

use super::config::{MockConfig, Route, Session};
use crate::latency::Latency;

impl MockConfig {
    /// A shop-like mock API: reads of a few milliseconds, a search that is sometimes slow, orders that sometimes fail.
    ///
    /// | Route | Latency | Else |
    /// |---|---|---|
    /// | `GET /` | log-normal, median 2 ms, sigma 0.3 | |
    /// | `GET /products` | log-normal, 6 ms, 0.4 | |
    /// | `GET /products/{id}` | log-normal, 4 ms, 0.4 | |
    /// | `GET /search` | bimodal, 8 ms, 60 ms in 5 % | |
    /// | `POST /cart` | log-normal, 8 ms, 0.4 | 201 |
    /// | `POST /orders` | log-normal, 25 ms, 0.5 | 201; 0.5 % are 503 |
    /// | `POST /login` | log-normal, 15 ms, 0.3 | sets the session cookie |
    /// | `GET /me` | log-normal, 3 ms, 0.3 | 401 without the session cookie |
    /// | `GET /health` | none | |
    pub fn shop() -> Self {
        Self::with(vec![
            Route::get("/")
                .latency(usual(2, 0.3))
                .json(json!({ "shop": "demo", "links": ["/products", "/search"] })),
            Route::get("/products").latency(usual(6, 0.4)).json(products()),
            Route::get("/products/{id}").latency(usual(4, 0.4)).json(
                json!({ "id": "{{id}}", "name": "Product {{id}}", "price_cents": 1999, "in_stock": true }),
            ),
            Route::get("/search").latency(search()).json(json!({ "hits": 3, "products": ["3", "14", "15"] })),
            Route::post("/cart")
                .latency(usual(8, 0.4))
                .status(201)
                .json(json!({ "cart": "c-{{n}}", "items": 1 })),
            Route::post("/orders")
                .latency(usual(25, 0.5))
                .failures(0.005, 503)
                .status(201)
                .json(json!({ "order": "o-{{n}}", "state": "accepted" })),
            Route::post("/login")
                .latency(usual(15, 0.3))
                .session(Session::Starts)
                .json(json!({ "user": "u-{{n}}" })),
            Route::get("/me")
                .latency(usual(3, 0.3))
                .session(Session::Requires)
                .json(json!({ "name": "A. Customer", "orders": 4 })),
            Route::get("/health").json(json!({ "status": "ok" })),
        ])
    }
}

fn usual(median_ms: u64, sigma: f64) -> Latency {
    Latency::LogNormal { median: Duration::from_millis(median_ms), sigma }
}

fn search() -> Latency {
    Latency::Bimodal { fast: Duration::from_millis(8), slow: Duration::from_millis(60), slow_share: 0.05 }
}

fn products() -> serde_json::Value {
    (1..=20)
        .map(|id| json!({ "id": id.to_string(), "name": format!("Product {id}"), "price_cents": 499 + 100 * id }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shop_can_be_served_and_survives_its_json() {
        let shop = MockConfig::shop();
        assert_eq!(shop.check(), Ok(()));
        let text = serde_json::to_string_pretty(&shop).expect("json");
        assert_eq!(MockConfig::from_json("shop.json", &text).expect("shop"), shop);
    }
}
