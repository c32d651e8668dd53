//! The shop: services behind a load balancer, with backends that are not alike, and stock that runs out.
//!
//! For: loading a system as it is in the field, whose weak places are known. Not for: comparing a measured latency with its
//! truth to the microsecond (see [`crate::mock`]). Start with [`ShopConfig`].
//!
//! One port is the entry: a reverse proxy that gives each request to one of the backends, which all run every service,
//! in this process. Each path answers with `/api` before it as well: `/api/products` is `/products`.
//!
//! | Route | Service | Median | |
//! |---|---|---|---|
//! | `GET /products?page=&category=` | catalogue | 6 ms | 20 a page; cached |
//! | `GET /products/{id}` | details | 4 ms | cached but for the stock |
//! | `GET /search?q=` | search | 12 ms | name or category contains `q`; all without `q`; cached |
//! | `POST /cart`, `POST /cart/items` | cart | 8 ms | `{"product_id": 7, "quantity": 2}`; 201 |
//! | `GET /cart`, `DELETE /cart` | cart | 8 ms | |
//! | `POST /orders` | orders | 25 ms | orders the cart, or `{"product_id": ..}`, or `{"items": [..]}`; 201; 409 when out of stock |
//! | `GET /orders/{id}`, `GET /orders` | orders | 25 ms | |
//! | `GET /users`, `GET /analytics` | accounts | 15 ms | customers; sales so far |
//! | `GET /health` | the proxy | none | |
//!
//! Whose cart it is say, in this order: `cart_id` in the body or the query, `user_id` in the body, the header `x-user-id`,
//! the cookie `session`. Without any of them `POST /cart` starts a session and sets the cookie.
//!
//! Each answer of a backend says which one it was, in `x-backend` and `x-upstream` (`backend-2`), and what a cache did, in
//! `x-cache` (`hit` or `miss`). `GET /__stats` adds `backends`, `orders` and `stock`.
//!
//! # Configuration
//!
//! As JSON ([`ShopConfig::from_json`]); unknown keys are errors, everything may be left out. These are the defaults, but
//! for `stock_of`, which is empty:
//!
//! ```json
//! {
//!   "seed": 1,
//!   "products": 100,
//!   "stock": 1000,
//!   "stock_of": { "7": 3 },
//!   "balancer": "round_robin",
//!   "backends": [
//!     { "slowdown": 1.0, "workers": 8, "queue": 100 },
//!     { "slowdown": 1.5, "workers": 6, "queue": 100 },
//!     { "slowdown": 3.0, "workers": 4, "queue": 100 }
//!   ],
//!   "latency": {
//!     "catalogue": { "log_normal": { "median": "6ms", "sigma": 0.4 } },
//!     "details": { "log_normal": { "median": "4ms", "sigma": 0.4 } },
//!     "search": { "log_normal": { "median": "12ms", "sigma": 0.5 } },
//!     "cart": { "log_normal": { "median": "8ms", "sigma": 0.4 } },
//!     "orders": { "log_normal": { "median": "25ms", "sigma": 0.5 } },
//!     "accounts": { "log_normal": { "median": "15ms", "sigma": 0.4 } },
//!     "cache_hit": { "log_normal": { "median": "1ms", "sigma": 0.2 } }
//!   },
//!   "cache_entries": 1000
//! }
//! ```
//!
//! # The truth
//!
//! * A request on backend i takes its service's draw times `slowdown`, and a wait for one of the `workers` before. With m
//!   the mean draw of the traffic, backend i answers at most `workers` / (m × `slowdown`) requests per second.
//! * Round robin gives each of n backends 1/n of the requests, so that the whole is saturated when its weakest backend is:
//!   at n times the least of these. With the defaults backend 3 is the weakest, at 4/(3 m), and the shop saturates at 4/m,
//!   although the backends together could do 8/m + 4/m + 1.33/m. A better algorithm is worth up to 3.3 times the
//!   throughput. That is the seam: [`Algorithm`] has one variant now.
//! * A request that finds `queue` requests waiting at its backend gets 503 with `Retry-After: 1` at once. A client that
//!   gives up does not give its place back.
//! * Each backend has a cache of its own: each first look-up of a page, product or search misses on each backend.
//! * A product is ordered until its stock is used up; from then on an order that holds it gets 409
//!   (`{"error": "out_of_stock", "product_id": .., "in_stock": ..}`), is not carried out in part, and leaves the cart as it
//!   is. `/__reset` restocks.
//! * Carts and orders are kept up to [`MOST_KEPT`] of each; then the oldest is forgotten.

mod backend;
mod catalogue;
mod config;
mod services;
mod store;

pub(crate) use self::services::Shop;
pub use self::{
    config::{BackendConfig, LatencyConfig, ShopConfig},
    store::MOST_KEPT,
};
pub use crate::balancer::Algorithm;
