//! A user's cookies, as a browser keeps them. Empty until a server sets one, and then made.

use cookie_store::CookieStore;
use http::HeaderMap;
use url::Url;

/// One user's jar.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Option<Box<CookieStore>>);

impl Cookies {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Takes over what a response sets.
    pub(crate) fn learn(&mut self, headers: &HeaderMap, url: &Url) {
        for value in headers.get_all(http::header::SET_COOKIE) {
            if let Ok(text) = value.to_str() {
                // A cookie that is not allowed for this place (another domain's) is refused, as browsers do.
                let _ = self.0.get_or_insert_with(Box::default).parse(text, url);
            }
        }
    }

    /// The `Cookie` header for `url`; `None` when there is none to send.
    pub(crate) fn header_for(&self, url: &Url) -> Option<String> {
        let jar = self.0.as_ref()?;
        let pairs: Vec<String> =
            jar.get_request_values(url).map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}
