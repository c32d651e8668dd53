//! Names of endpoints: paths that differ in ids alone share one.

use super::super::call::split_origin;
use super::entry::Recorded;
use std::collections::{HashMap, HashSet};

/// A segment as it stands in a name, if it looks like an id.
pub(super) const ID: &str = "{id}";

/// The path of a URL, without origin and query.
pub(super) fn path(url: &str) -> &str {
    let rest = split_origin(url).map_or(url, |(_, rest)| rest);
    rest.split(['?', '#']).next().unwrap_or_default()
}

/// The name of each entry's endpoint, where it is not the path itself.
pub(super) fn names(entries: &[Recorded]) -> Vec<Option<String>> {
    let mut paths: HashMap<(&str, String), HashSet<&str>> = HashMap::new();
    for entry in entries {
        let path = path(&entry.url);
        paths.entry((&entry.method, template(path))).or_default().insert(path);
    }
    let name = |entry: &Recorded| {
        let template = template(path(&entry.url));
        let varies = paths.get(&(entry.method.as_str(), template.clone())).is_some_and(|p| p.len() > 1);
        (varies && template.contains(ID)).then_some(template)
    };
    entries.iter().map(name).collect()
}

fn template(path: &str) -> String {
    path.split('/').map(|s| if is_id(s) { ID } else { s }).collect::<Vec<_>>().join("/")
}

/// Numbers, UUIDs, and long texts of hexadecimal or mixed digits and letters.
pub(super) fn is_id(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let hex = bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    let word = bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-');
    digits > 0
        && (digits == bytes.len() || (hex && bytes.len() >= 8) || (word && bytes.len() >= 20 && digits >= 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        for id in
            ["1", "4711", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "deadbeef01", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
        {
            assert!(is_id(id), "{id}");
        }
        for word in ["", "v1", "products", "deadbeef", "2nd", "a1b2", "summer-sale-for-everybody"] {
            assert!(!is_id(word), "{word}");
        }
        assert_eq!(template("/api/orders/17/items/3"), "/api/orders/{id}/items/{id}");
    }
}
