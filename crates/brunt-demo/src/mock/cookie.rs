//! Sessions without a store: a cookie that the server can recognise as its own.

use http::{HeaderMap, header::COOKIE};

use crate::random::{Draws, Purpose};

/// The name of the cookie.
const NAME: &str = "session";

/// Keeps sessions apart from the draws of routes, which count from 0.
const STREAM: u64 = u64::MAX;

/// The `Set-Cookie` value that starts session `number`.
pub(super) fn set_cookie(seed: u64, number: u64) -> String {
    format!("{NAME}={}; Path=/; HttpOnly", token(seed, number))
}

/// Whether the request carries a session that [`set_cookie`] started under the same seed.
pub(super) fn has_session(seed: u64, headers: &HeaderMap) -> bool {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(name, value)| name == NAME && is_ours(seed, value))
}

fn token(seed: u64, number: u64) -> String {
    format!("{number:x}-{:016x}", Draws::new(seed, STREAM, number).bits(Purpose::Session))
}

fn is_ours(seed: u64, value: &str) -> bool {
    let number = value.split_once('-').and_then(|(number, _)| u64::from_str_radix(number, 16).ok());
    number.is_some_and(|number| token(seed, number) == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_cookie_is_a_session() {
        let has = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, cookie.parse().expect("header"));
            has_session(5, &headers)
        };
        let cookie = set_cookie(5, 17);
        let pair = cookie.split(';').next().expect("pair");
        assert!(has(pair));
        assert!(has(&format!("a=b; {pair}; c=d")));
        assert!(!has("session=11-0000000000000000"));
        assert!(!has("session="));
        assert!(!has(set_cookie(6, 17).split(';').next().expect("pair")));
    }
}
