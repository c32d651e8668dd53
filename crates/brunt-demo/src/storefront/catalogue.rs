//! What the shop sells: made from numbers, the same in every run.

use serde_json::{Value, json};

/// Products on one page of the catalogue or of a search.
pub(super) const PER_PAGE: usize = 20;

const CATEGORIES: [&str; 5] = ["shoes", "books", "garden", "kitchen", "toys"];
const ADJECTIVES: [&str; 7] = ["red", "small", "classic", "folding", "quiet", "green", "heavy"];
const NOUNS: [[&str; 3]; 5] = [
    ["running shoe", "boot", "sandal"],
    ["novel", "atlas", "cookbook"],
    ["rake", "hose", "lantern"],
    ["kettle", "pan", "knife"],
    ["puzzle", "kite", "robot"],
];

/// One product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) category: &'static str,
    pub(super) price_cents: u64,
}

impl Product {
    fn new(id: u32) -> Self {
        let number = id as usize;
        let category = number % CATEGORIES.len();
        let noun = NOUNS[category][number / CATEGORIES.len() % NOUNS[category].len()];
        let name = format!("{} {noun} {id}", ADJECTIVES[number % ADJECTIVES.len()]);
        let price_cents = 499 + u64::from(id) * 137 % 20_000;
        Self { id, name, category: CATEGORIES[category], price_cents }
    }

    pub(super) fn json(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "category": self.category, "price_cents": self.price_cents })
    }
}

/// All products, by id from 1.
#[derive(Debug)]
pub(super) struct Catalogue(Vec<Product>);

impl Catalogue {
    pub(super) fn new(products: u32) -> Self {
        Self((1..=products).map(Product::new).collect())
    }

    pub(super) fn get(&self, id: u32) -> Option<&Product> {
        self.0.get(usize::try_from(id).ok()?.checked_sub(1)?)
    }

    /// A page (from 1) of the products in `category`, or of all.
    pub(super) fn page(&self, page: usize, category: Option<&str>) -> Value {
        let chosen = self.0.iter().filter(|product| category.is_none_or(|name| product.category == name));
        let total = chosen.clone().count();
        let first = page.saturating_sub(1).saturating_mul(PER_PAGE);
        let products: Vec<Value> = chosen.skip(first).take(PER_PAGE).map(Product::json).collect();
        let pages = total.div_ceil(PER_PAGE);
        json!({ "page": page, "pages": pages, "total": total, "products": products, "categories": CATEGORIES })
    }

    /// The products whose name or category contains `text`, whatever its case: how many, and the first page of them.
    pub(super) fn search(&self, text: &str) -> Value {
        let wanted = text.to_lowercase();
        let found = self.0.iter().filter(|p| p.name.contains(&wanted) || p.category.contains(&wanted));
        let total = found.clone().count();
        let products: Vec<Value> = found.take(PER_PAGE).map(Product::json).collect();
        json!({ "query": text, "total": total, "products": products })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_searches() {
        let catalogue = Catalogue::new(100);
        let count = |value: &Value| value["products"].as_array().map_or(0, Vec::len);
        for (page, category, total, shown) in [
            (1, None, 100, 20),
            (5, None, 100, 20),
            (6, None, 100, 0),
            (1, Some("shoes"), 20, 20),
            (2, Some("shoes"), 20, 0),
            (1, Some("cars"), 0, 0),
            (usize::MAX, None, 100, 0),
        ] {
            let value = catalogue.page(page, category);
            assert_eq!((&value["total"], count(&value)), (&json!(total), shown), "{page} {category:?}");
        }
        for (text, total) in [("SHOE", 20), ("kite", 7), ("", 100), ("nothing", 0)] {
            assert_eq!(catalogue.search(text)["total"], total, "{text}");
        }
        assert_eq!(catalogue.get(0), None);
        assert_eq!(catalogue.get(100).map(|product| product.id), Some(100));
        assert_eq!(catalogue.get(101), None);
    }
}
