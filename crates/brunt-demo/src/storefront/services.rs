//! The reverse proxy and the services behind it: from a request to a backend, its time, and its answer.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use http::{StatusCode, header::COOKIE};
use serde_json::{Value, json};

use super::{
    backend::{Backend, Lookup},
    catalogue::{Catalogue, PER_PAGE},
    config::ShopConfig,
    store::{Items, MOST_QUANTITY, Order, OutOfStock, Store},
};
use crate::{
    api::{Endpoint, Reply, Service, Turn},
    balancer::Balancer,
    clock::now,
    latency::Latency,
    mock::ConfigError,
    planted::{Abilities, Cache, Work},
    stats::lock,
};

/// The longest name of a cart, in bytes; it comes from outside and is kept.
const LONGEST_CART_NAME: usize = 100;

/// Customers that `GET /users` lists.
const CUSTOMERS: u32 = 20;

/// The shop, shared by all threads.
#[derive(Debug)]
pub(crate) struct Shop {
    config: ShopConfig,
    epoch: Instant,
    balancer: Balancer,
    backends: Vec<Backend>,
    catalogue: Catalogue,
    store: Mutex<Store>,
    next_session: AtomicU64,
}

/// The routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Products,
    Product,
    Search,
    ShowCart,
    AddToCart,
    EmptyCart,
    PlaceOrder,
    ShowOrder,
    Orders,
    Users,
    Analytics,
    Health,
}

/// What a part of an answer says when there is no answer but a refusal.
type Answered = Result<Reply, Reply>;

impl Service for Shop {
    type Route = Route;

    const NAME: &'static str = "shop";
    const ABOUT: &'static str = "a shop behind a load balancer; each path also answers with /api before it";
    const ROUTES: &'static [Endpoint<Route>] = &[
        endpoint("GET", "/products", "the catalogue: ?page=1&category=shoes", Route::Products),
        endpoint("GET", "/products/{id}", "one product and its stock", Route::Product),
        endpoint("GET", "/search", "products by name or category: ?q=boot", Route::Search),
        endpoint("GET", "/cart", "the cart of x-user-id, cart_id or session", Route::ShowCart),
        endpoint("POST", "/cart", "adds {\"product_id\": 7, \"quantity\": 1} to the cart", Route::AddToCart),
        endpoint("POST", "/cart/items", "the same", Route::AddToCart),
        endpoint("DELETE", "/cart", "empties the cart", Route::EmptyCart),
        endpoint("POST", "/orders", "orders the cart, or the items in the body", Route::PlaceOrder),
        endpoint("GET", "/orders", "the newest orders", Route::Orders),
        endpoint("GET", "/orders/{id}", "one order", Route::ShowOrder),
        endpoint("GET", "/users", "some customers", Route::Users),
        endpoint("GET", "/analytics", "sales so far", Route::Analytics),
        Endpoint { work: Work::Report, ..endpoint("GET", "/health", "the backends", Route::Health) },
    ];

    fn inner_path(path: &str) -> &str {
        path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path)
    }

    fn abilities(&self) -> Abilities {
        Abilities { backends: self.backends.len(), cache: Cache::Present }
    }

    fn seed(&self) -> u64 {
        self.config.seed
    }

    async fn answer(&self, route: Route, turn: &Turn<'_>) -> Reply {
        if route == Route::Health {
            turn.timer.until(turn.arrived + turn.effect.extra).await;
            return turn.planted_error().unwrap_or_else(|| self.health());
        }
        let Some(backend) = self.backends.get(self.balancer.pick(turn.faults.weights())) else {
            let message = "there is no backend";
            return Reply::error(StatusCode::BAD_GATEWAY, "no_backend", message);
        };
        self.at(backend, route, turn)
            .await
            .named("x-backend", &backend.name)
            .named("x-upstream", &backend.name)
    }

    fn reset(&self, _now: Instant) {
        for backend in &self.backends {
            backend.reset();
        }
        self.balancer.reset();
        *lock(&self.store) = Store::new(&self.config);
        self.next_session.store(1, Relaxed);
    }

    fn report(&self) -> Value {
        let backends: Vec<Value> = self.backends.iter().map(Backend::report).collect();
        let store = lock(&self.store);
        json!({
            "backends": backends,
            "orders": { "placed": store.orders_placed(), "out_of_stock": store.out_of_stock },
            "stock": store.stock_left(),
        })
    }
}

const fn endpoint(
    method: &'static str,
    path: &'static str,
    about: &'static str,
    route: Route,
) -> Endpoint<Route> {
    Endpoint { method, path, about, work: Work::Service, route }
}

impl Shop {
    /// A shop that has just opened.
    pub(crate) fn new(config: ShopConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let backend = |(number, backend)| Backend::new(number, backend, config.cache_entries);
        Ok(Self {
            epoch: now(),
            balancer: Balancer::new(config.balancer, config.backends.len()),
            backends: (1..).zip(config.backends.iter().copied()).map(backend).collect(),
            catalogue: Catalogue::new(config.products),
            store: Mutex::new(Store::new(&config)),
            next_session: AtomicU64::new(1),
            config,
        })
    }

    /// Serves a request at `backend`.
    async fn at(&self, backend: &Backend, route: Route, turn: &Turn<'_>) -> Reply {
        let _visit = backend.enter();
        let lookup = match route {
            Route::Products | Route::Product | Route::Search => {
                let key = format!("{}?{}", Self::inner_path(turn.path), turn.query.0);
                Some(backend.look_up(&key, turn.faults.cache_epoch(turn.arrived)))
            }
            Route::ShowCart
            | Route::AddToCart
            | Route::EmptyCart
            | Route::PlaceOrder
            | Route::ShowOrder
            | Route::Orders
            | Route::Users
            | Route::Analytics
            | Route::Health => None,
        };
        let work = match lookup {
            Some(Lookup::Hit) => self.config.latency.cache_hit,
            Some(Lookup::Miss) | None => self.latency(route),
        };
        let since = turn.arrived.saturating_duration_since(self.epoch);
        let work = turn.effect.stretched(work.draw(turn.draws));
        let Some(end) = backend.admit(since, work, turn.effect.extra) else {
            let message = format!("the queue of {} is full", backend.name);
            return Reply::error(StatusCode::SERVICE_UNAVAILABLE, "overloaded", &message)
                .named("retry-after", "1");
        };
        turn.timer.until(self.epoch + end).await;
        let reply = match turn.planted_error() {
            Some(error) => error,
            None => self.perform(route, turn).unwrap_or_else(|refusal| refusal),
        };
        match lookup {
            Some(Lookup::Hit) => reply.named("x-cache", "hit"),
            Some(Lookup::Miss) => reply.named("x-cache", "miss"),
            None => reply,
        }
    }

    fn latency(&self, route: Route) -> Latency {
        let latency = &self.config.latency;
        match route {
            Route::Products => latency.catalogue,
            Route::Product => latency.details,
            Route::Search => latency.search,
            Route::ShowCart | Route::AddToCart | Route::EmptyCart => latency.cart,
            Route::PlaceOrder | Route::ShowOrder | Route::Orders => latency.orders,
            Route::Users | Route::Analytics => latency.accounts,
            Route::Health => Latency::Constant(Duration::ZERO),
        }
    }

    fn perform(&self, route: Route, turn: &Turn<'_>) -> Answered {
        match route {
            Route::Products => self.products(turn),
            Route::Product => self.product(turn),
            Route::Search => Ok(Reply::ok(&self.catalogue.search(&turn.query.get("q").unwrap_or_default()))),
            Route::ShowCart => self.show_cart(turn),
            Route::AddToCart => self.add_to_cart(turn),
            Route::EmptyCart => {
                if let Some(cart) = cart_name(turn, &Value::Null)? {
                    lock(&self.store).empty_cart(&cart);
                }
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            Route::PlaceOrder => self.place_order(turn),
            Route::ShowOrder => self.show_order(turn),
            Route::Orders => {
                let orders: Vec<Value> = lock(&self.store).newest(PER_PAGE).map(order_json).collect();
                Ok(Reply::ok(&json!({ "orders": orders })))
            }
            Route::Users => {
                let user = |id| json!({ "id": format!("u-{id}"), "name": format!("Customer {id}") });
                Ok(Reply::ok(&json!({ "users": (1..=CUSTOMERS).map(user).collect::<Vec<_>>() })))
            }
            Route::Analytics => {
                let store = lock(&self.store);
                let (orders, revenue_cents) = (store.orders_placed(), store.revenue_cents);
                Ok(Reply::ok(&json!({
                    "orders": orders,
                    "out_of_stock": store.out_of_stock,
                    "revenue_cents": revenue_cents,
                })))
            }
            Route::Health => Ok(self.health()),
        }
    }

    fn health(&self) -> Reply {
        let backends: Vec<&str> = self.backends.iter().map(|backend| backend.name.as_str()).collect();
        Reply::ok(&json!({ "status": "ok", "backends": backends }))
    }

    fn products(&self, turn: &Turn<'_>) -> Answered {
        let page = match turn.query.get("page") {
            None => 1,
            Some(text) => text.parse().ok().filter(|page| *page > 0).ok_or_else(|| {
                bad_request("bad_page", &format!("`page` is `{text}`; pages are numbered from 1"))
            })?,
        };
        Ok(Reply::ok(&self.catalogue.page(page, turn.query.get("category").as_deref())))
    }

    fn product(&self, turn: &Turn<'_>) -> Answered {
        let text = turn.values.first().copied().unwrap_or_default();
        let id = self.known(text.parse().ok(), text)?;
        let mut value = self.catalogue.get(id).map(super::catalogue::Product::json).unwrap_or_default();
        let in_stock = lock(&self.store).in_stock(id);
        if let Value::Object(fields) = &mut value {
            fields.insert("in_stock".to_owned(), in_stock.into());
        }
        Ok(Reply::ok(&value))
    }

    fn show_cart(&self, turn: &Turn<'_>) -> Answered {
        let name = cart_name(turn, &Value::Null)?;
        let items = name.as_deref().map(|name| lock(&self.store).cart(name)).unwrap_or_default();
        Ok(Reply::ok(&self.cart_json(name.as_deref(), &items)))
    }

    fn add_to_cart(&self, turn: &Turn<'_>) -> Answered {
        let body = turn.json()?;
        let items = self.items(&body)?;
        if items.is_empty() {
            let message = "say what to add: {\"product_id\": 7, \"quantity\": 1}";
            return Err(bad_request("no_product", message));
        }
        let known = cart_name(turn, &body)?;
        let name = known.clone().unwrap_or_else(|| {
            let number = self.next_session.fetch_add(1, Relaxed);
            format!("s-{number}-{:016x}", turn.draws.bits(crate::random::Purpose::Session))
        });
        let items = lock(&self.store).add(&name, &items);
        let reply = Reply::json(StatusCode::CREATED, &self.cart_json(Some(&name), &items));
        Ok(match known {
            Some(_) => reply,
            None => reply.named("set-cookie", &format!("session={name}; Path=/; HttpOnly")),
        })
    }

    fn place_order(&self, turn: &Turn<'_>) -> Answered {
        let body = turn.json()?;
        let cart = cart_name(turn, &body)?;
        let direct = self.items(&body)?;
        let mut store = lock(&self.store);
        let from_cart = direct.is_empty();
        let items = match &cart {
            Some(cart) if from_cart => store.cart(cart),
            Some(_) | None => direct,
        };
        if items.is_empty() {
            let message =
                "there is nothing to order: the cart is empty, and the body has no product_id and no items";
            return Err(bad_request("empty_cart", message));
        }
        let total_cents = self.total_cents(&items);
        let order = store.order(items, total_cents).map_err(out_of_stock)?;
        if let Some(cart) = cart.filter(|_| from_cart) {
            store.empty_cart(&cart);
        }
        drop(store);
        Ok(Reply::json(StatusCode::CREATED, &order_json(&order))
            .named("location", &format!("/orders/o-{}", order.number)))
    }

    fn show_order(&self, turn: &Turn<'_>) -> Answered {
        let text = turn.values.first().copied().unwrap_or_default();
        let number = text.strip_prefix("o-").unwrap_or(text).parse().ok();
        let store = lock(&self.store);
        let order = number.and_then(|number| store.find_order(number)).ok_or_else(|| {
            let message = format!("there is no order `{text}`");
            Reply::error(StatusCode::NOT_FOUND, "no_such_order", &message)
        })?;
        Ok(Reply::ok(&order_json(order)))
    }

    /// The products that a body names: itself, or each of its `items`. Nothing, if it names none.
    fn items(&self, body: &Value) -> Result<Items, Reply> {
        let mut items = Items::new();
        let listed = match body.get("items") {
            None => std::slice::from_ref(body),
            Some(Value::Array(listed)) => listed.as_slice(),
            Some(_) => return Err(bad_request("bad_items", "`items` is not a list")),
        };
        for item in listed {
            let product = ["product_id", "product", "id"].iter().find_map(|key| item.get(key));
            let Some(product) = product else {
                if body.get("items").is_some() {
                    return Err(bad_request("bad_items", "an item has no `product_id`"));
                }
                continue;
            };
            let text = product.as_str().map_or_else(|| product.to_string(), str::to_owned);
            let id = self.known(text.parse().ok(), &text)?;
            let held = items.entry(id).or_default();
            *held = (*held + quantity(item)?).min(MOST_QUANTITY);
        }
        Ok(items)
    }

    /// The id, if there is such a product.
    fn known(&self, id: Option<u32>, text: &str) -> Result<u32, Reply> {
        let known = id.filter(|id| self.catalogue.get(*id).is_some());
        known.ok_or_else(|| {
            let message = format!("there is no product `{text}`; they are 1 to {}", self.config.products);
            Reply::error(StatusCode::NOT_FOUND, "no_such_product", &message)
        })
    }

    fn total_cents(&self, items: &Items) -> u64 {
        let price = |id| self.catalogue.get(id).map_or(0, |product| product.price_cents);
        items.iter().map(|(id, quantity)| price(*id) * u64::from(*quantity)).sum()
    }

    fn cart_json(&self, name: Option<&str>, items: &Items) -> Value {
        let total_cents = self.total_cents(items);
        json!({ "cart_id": name, "items": items_json(items), "total_cents": total_cents })
    }
}

fn bad_request(code: &str, message: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, code, message)
}

fn out_of_stock(lacking: OutOfStock) -> Reply {
    let OutOfStock { product, asked, in_stock } = lacking;
    let message = format!("product {product} is out of stock: {asked} asked for, {in_stock} left");
    let value = json!({
        "error": "out_of_stock",
        "message": message,
        "product_id": product,
        "asked": asked,
        "in_stock": in_stock,
    });
    Reply::json(StatusCode::CONFLICT, &value)
}

fn quantity(item: &Value) -> Result<u32, Reply> {
    let quantity = match item.get("quantity") {
        None => Some(1),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64().and_then(|quantity| u32::try_from(quantity).ok()),
    };
    quantity.filter(|quantity| (1..=MOST_QUANTITY).contains(quantity)).ok_or_else(|| {
        bad_request("bad_quantity", &format!("`quantity` is not a number between 1 and {MOST_QUANTITY}"))
    })
}

fn items_json(items: &Items) -> Vec<Value> {
    items.iter().map(|(id, quantity)| json!({ "product_id": id, "quantity": quantity })).collect()
}

fn order_json(order: &Order) -> Value {
    json!({
        "order_id": format!("o-{}", order.number),
        "state": "accepted",
        "items": items_json(&order.items),
        "total_cents": order.total_cents,
    })
}

/// Whose cart a request is about, if it says so.
fn cart_name(turn: &Turn<'_>, body: &Value) -> Result<Option<String>, Reply> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let field = |name: &str| body.get(name).and_then(text);
    let user = || {
        let header = turn.headers.get("x-user-id").and_then(|value| value.to_str().ok());
        field("user_id").or_else(|| header.map(str::to_owned)).map(|user| format!("u-{user}"))
    };
    let name = field("cart_id").or_else(|| turn.query.get("cart_id")).or_else(user).or_else(|| session(turn));
    match name {
        Some(name) if name.is_empty() || name.len() > LONGEST_CART_NAME => {
            let message = format!("the name of a cart or user has 1 to {LONGEST_CART_NAME} bytes");
            Err(bad_request("bad_cart", &message))
        }
        name => Ok(name),
    }
}

/// The value of the session cookie.
fn session(turn: &Turn<'_>) -> Option<String> {
    let cookies = turn.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "session").map(|(_, value)| value.to_owned())
}
