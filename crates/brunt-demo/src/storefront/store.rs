//! What the shop remembers: stock, carts, orders. Every order is all or nothing.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::config::ShopConfig;

/// How many carts and how many orders are kept: a million requests fit in a test machine's memory.
pub const MOST_KEPT: usize = 100_000;

/// The most of one product in a cart.
pub(super) const MOST_QUANTITY: u32 = 1_000;

/// Product ids and quantities.
pub(super) type Items = BTreeMap<u32, u32>;

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) number: u64,
    pub(super) items: Items,
    pub(super) total_cents: u64,
}

/// Why an order was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfStock {
    pub(super) product: u32,
    pub(super) asked: u32,
    pub(super) in_stock: u32,
}

/// The state of all services.
#[derive(Debug)]
pub(super) struct Store {
    /// By id - 1.
    stock: Vec<u32>,
    carts: HashMap<String, Items>,
    /// The carts' names, the oldest first.
    cart_names: VecDeque<String>,
    orders: VecDeque<Order>,
    next_order: u64,
    /// Orders that found too little in stock.
    pub(super) out_of_stock: u64,
    pub(super) revenue_cents: u64,
}

impl Store {
    pub(super) fn new(config: &ShopConfig) -> Self {
        let stock = |id| config.stock_of.get(&id).copied().unwrap_or(config.stock);
        Self {
            stock: (1..=config.products).map(stock).collect(),
            carts: HashMap::new(),
            cart_names: VecDeque::new(),
            orders: VecDeque::new(),
            next_order: 1,
            out_of_stock: 0,
            revenue_cents: 0,
        }
    }

    pub(super) fn in_stock(&self, product: u32) -> u32 {
        let index = usize::try_from(product).ok().and_then(|id| id.checked_sub(1));
        index.and_then(|index| self.stock.get(index)).copied().unwrap_or(0)
    }

    pub(super) fn stock_left(&self) -> u64 {
        self.stock.iter().copied().map(u64::from).sum()
    }

    pub(super) fn orders_placed(&self) -> u64 {
        self.next_order - 1
    }

    /// The content of a cart; one that is not known is empty.
    pub(super) fn cart(&self, name: &str) -> Items {
        self.carts.get(name).cloned().unwrap_or_default()
    }

    /// Puts `items` in a cart, as far as [`MOST_QUANTITY`] allows, and gives what it then holds.
    pub(super) fn add(&mut self, name: &str, items: &Items) -> Items {
        if !self.carts.contains_key(name) {
            if self.cart_names.len() >= MOST_KEPT
                && let Some(oldest) = self.cart_names.pop_front()
            {
                self.carts.remove(&oldest);
            }
            self.cart_names.push_back(name.to_owned());
        }
        let cart = self.carts.entry(name.to_owned()).or_default();
        for (product, quantity) in items {
            let held = cart.entry(*product).or_default();
            *held = held.saturating_add(*quantity).min(MOST_QUANTITY);
        }
        cart.clone()
    }

    pub(super) fn empty_cart(&mut self, name: &str) {
        if let Some(cart) = self.carts.get_mut(name) {
            cart.clear();
        }
    }

    /// Takes all of `items` from the stock, or nothing.
    pub(super) fn order(&mut self, items: Items, total_cents: u64) -> Result<Order, OutOfStock> {
        let lacking = items.iter().find(|(product, asked)| self.in_stock(**product) < **asked);
        if let Some((product, asked)) = lacking {
            self.out_of_stock += 1;
            return Err(OutOfStock { product: *product, asked: *asked, in_stock: self.in_stock(*product) });
        }
        for (product, quantity) in &items {
            let index = usize::try_from(*product).unwrap_or_default().saturating_sub(1);
            if let Some(left) = self.stock.get_mut(index) {
                *left = left.saturating_sub(*quantity);
            }
        }
        let order = Order { number: self.next_order, items, total_cents };
        self.next_order += 1;
        self.revenue_cents += total_cents;
        if self.orders.len() >= MOST_KEPT {
            self.orders.pop_front();
        }
        self.orders.push_back(order.clone());
        Ok(order)
    }

    pub(super) fn find_order(&self, number: u64) -> Option<&Order> {
        let first = self.orders.front()?.number;
        self.orders.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    /// The last `count` orders, the newest first.
    pub(super) fn newest(&self, count: usize) -> impl Iterator<Item = &Order> {
        self.orders.iter().rev().take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        let stock_of = BTreeMap::from([(2, 5)]);
        Store::new(&ShopConfig { products: 3, stock: 10, stock_of, ..ShopConfig::default() })
    }

    #[test]
    fn stock_runs_out_and_no_order_is_carried_out_in_part() {
        let mut store = store();
        let items = |pairs: &[(u32, u32)]| pairs.iter().copied().collect::<Items>();
        assert_eq!(store.order(items(&[(1, 4), (2, 3)]), 700).map(|order| order.number), Ok(1));
        let refused = store.order(items(&[(1, 1), (2, 3)]), 400);
        assert_eq!(refused, Err(OutOfStock { product: 2, asked: 3, in_stock: 2 }));
        assert_eq!((store.in_stock(1), store.in_stock(2), store.in_stock(9)), (6, 2, 0));
        assert_eq!(store.order(items(&[(2, 2)]), 200).map(|order| order.number), Ok(2));
        assert_eq!((store.orders_placed(), store.out_of_stock, store.revenue_cents), (2, 1, 900));
        assert_eq!(store.find_order(2).map(|order| order.total_cents), Some(200));
        assert_eq!((store.find_order(0), store.find_order(3)), (None, None));
        assert_eq!(store.newest(9).map(|order| order.number).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn carts_are_kept_up_to_a_limit() {
        let mut store = store();
        let one = Items::from([(1, 1)]);
        for number in 0..=MOST_KEPT {
            store.add(&number.to_string(), &one);
        }
        assert!(store.cart("0").is_empty());
        assert_eq!(store.cart("1"), one);
        assert_eq!(store.add("1", &Items::from([(1, 5_000)])), Items::from([(1, MOST_QUANTITY)]));
        store.empty_cart("1");
        assert!(store.cart("1").is_empty());
    }
}
