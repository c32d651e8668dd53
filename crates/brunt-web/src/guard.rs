//! Whether a request may do what it asks for, decided purely from its head.
//!
//! | Threat | Rule | Answer |
//! |---|---|---|
//! | a name that a stranger points at this machine (DNS rebinding) | `Host` is one that brunt knows | 421 |
//! | any page in a tester's browser | `Origin` is the same, `Sec-Fetch-Site` is `same-origin` or `none`; a change needs the header `x-brunt` and a body of JSON, which no form can send | 403 |
//! | whoever is in the network | off the loopback a token is needed: as `Authorization: Bearer`, or as the cookie that it was exchanged for | 401 |
//! | whoever looks over a shoulder | with reading only, nothing can be changed | 403 |
//!
//! The page itself and its modules hold nothing that is not in this repository: they need no token, so that the page can ask for it.

use http::{HeaderMap, Method, Uri, header};
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq;

/// What a request needs to know before it may read anything.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The fewest characters of a token.
    pub const SHORTEST: usize = 16;

    /// A token as somebody chose it; `None` if it is too short to keep anybody out, or cannot stand in a header.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~+/=".contains(&b);
        (text.len() >= Self::SHORTEST && text.bytes().all(is_plain)).then_some(Self(text))
    }

    /// Takes as long whatever stands in `given`, for tokens of one length.
    pub(crate) fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// It is a secret.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Who may do what.
#[derive(Clone, Debug)]
pub struct Access {
    /// Where brunt listens.
    pub bound: SocketAddr,
    /// Names that it is reached by besides, as `--allow-host` has them.
    pub hosts: Vec<String>,
    /// Needed for everything but the page itself; always, off the loopback.
    pub token: Option<Token>,
    /// Nothing can be changed.
    pub read_only: bool,
    /// Whether it is served over TLS.
    pub tls: bool,
}

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The page or one of its modules.
    Page,
    /// Something that is known of runs.
    Read,
    /// To be known by a cookie from now on.
    Session,
    /// To change something.
    Change,
}

/// Why it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    Host,
    Origin,
    Header,
    Token,
    ReadOnly,
}

impl Denied {
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Host => 421,
            Self::Token => 401,
            Self::Origin | Self::Header | Self::ReadOnly => 403,
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Host => "brunt is not known by this host name",
            Self::Origin => "the request comes from another site",
            Self::Header => "a change needs the header `x-brunt: 1` and a body of JSON",
            Self::Token => "a token is needed",
            Self::ReadOnly => "this page is for reading only",
        }
    }

    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Host => "allow the name on the command line: `--allow-host NAME`",
            Self::Origin => "open brunt's own page",
            Self::Header => "send `x-brunt: 1` and `content-type: application/json`",
            Self::Token => {
                "open the address that brunt printed, with its `#token=...`, or send `authorization: Bearer TOKEN`"
            }
            Self::ReadOnly => "it was started with `--web-readonly`",
        }
    }
}

impl Access {
    /// The name of the cookie: ports of one host share their cookies.
    pub(crate) fn cookie(&self) -> String {
        format!("brunt-{}", self.bound.port())
    }

    /// Whether a request with this head may have its wish.
    pub(crate) fn check(&self, wish: Wish, uri: &Uri, headers: &HeaderMap) -> Result<(), Denied> {
        let host = headers
            .get(header::HOST)
            .and_then(|v| v.to_str().ok())
            .or_else(|| uri.authority().map(http::uri::Authority::as_str));
        let host = host.ok_or(Denied::Host)?;
        if !self.knows(host) {
            return Err(Denied::Host);
        }
        self.check_origin(wish, host, headers)?;
        let changes = matches!(wish, Wish::Change | Wish::Session);
        if changes && !(headers.contains_key("x-brunt") && is_json(headers)) {
            return Err(Denied::Header);
        }
        if matches!(wish, Wish::Read | Wish::Change) && !self.has_token(headers) {
            return Err(Denied::Token);
        }
        if wish == Wish::Change && self.read_only {
            return Err(Denied::ReadOnly);
        }
        Ok(())
    }

    /// Whether it is known by this host, whatever the port.
    fn knows(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
        if authority.as_str().contains('@') {
            return false;
        }
        let name = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        if name == "localhost" || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            return true;
        }
        match name.parse::<IpAddr>() {
            // An address cannot be pointed elsewhere. Bound to all addresses, this machine's is not known from here.
            Ok(ip) => ip.is_loopback() || ip == self.bound.ip() || self.bound.ip().is_unspecified(),
            Err(_) => false,
        }
    }

    fn check_origin(&self, wish: Wish, host: &str, headers: &HeaderMap) -> Result<(), Denied> {
        let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
        if let Some(origin) = text("origin") {
            let scheme = if self.tls { "https" } else { "http" };
            if !origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")) {
                return Err(Denied::Origin);
            }
        }
        match (wish, text("sec-fetch-site")) {
            // A link on another page may lead here; what the page then asks for comes from itself.
            (Wish::Page, _) | (_, None | Some("same-origin" | "none")) => Ok(()),
            (Wish::Read | Wish::Session | Wish::Change, Some(_)) => Err(Denied::Origin),
        }
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        if bearer.and_then(|v| v.strip_prefix("Bearer ")).is_some_and(|given| token.is(given.trim())) {
            return true;
        }
        let name = self.cookie();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(key, value)| key == name && token.is(value))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Whether a method changes something.
pub(crate) fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn access(bound: &str, token: Option<&str>) -> Access {
        Access {
            bound: bound.parse().unwrap(),
            hosts: vec!["bench.test".into()],
            token: token.and_then(Token::new),
            read_only: false,
            tls: false,
        }
    }

    fn head(rows: &[(&'static str, &str)]) -> HeaderMap {
        rows.iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>()
    }

    const SENT: [(&str, &str); 2] = [("x-brunt", "1"), ("content-type", "application/json; charset=utf-8")];

    fn check(access: &Access, wish: Wish, rows: &[(&'static str, &str)], expected: Result<(), Denied>) {
        assert_eq!(access.check(wish, &Uri::from_static("/x"), &head(rows)), expected, "{wish:?} {rows:?}");
    }

    #[test]
    fn names_that_strangers_point_here_are_not_known() {
        let local = access("127.0.0.1:8089", None);
        for known in
            ["localhost:8089", "127.0.0.1:8089", "[::1]:8089", "LOCALHOST", "bench.test", "Bench.Test:1"]
        {
            check(&local, Wish::Read, &[("host", known)], Ok(()));
        }
        for strange in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8089",
            "10.0.0.5",
            "",
            "a@localhost",
        ] {
            check(&local, Wish::Page, &[("host", strange)], Err(Denied::Host));
        }
        check(&local, Wish::Read, &[], Err(Denied::Host));
        check(&access("10.0.0.5:8089", None), Wish::Read, &[("host", "10.0.0.5:8089")], Ok(()));
        check(&access("0.0.0.0:8089", None), Wish::Read, &[("host", "10.9.9.9:8089")], Ok(()));
        check(&access("0.0.0.0:8089", None), Wish::Read, &[("host", "evil.example")], Err(Denied::Host));
    }

    #[test]
    fn other_sites_change_and_read_nothing() {
        let local = access("127.0.0.1:8089", None);
        let host = ("host", "localhost:8089");
        let change = |more: &[(&'static str, &'static str)]| [&[host], &SENT[..], more].concat();
        check(&local, Wish::Change, &change(&[]), Ok(()));
        check(
            &local,
            Wish::Change,
            &change(&[("origin", "http://localhost:8089"), ("sec-fetch-site", "same-origin")]),
            Ok(()),
        );
        for origin in [
            "http://evil.example",
            "null",
            "http://localhost:8080",
            "https://localhost:8089",
            "http://localhost:8089.evil.example",
        ] {
            check(&local, Wish::Change, &change(&[("origin", origin)]), Err(Denied::Origin));
            check(&local, Wish::Read, &[host, ("origin", origin)], Err(Denied::Origin));
        }
        for site in ["cross-site", "same-site", "x"] {
            check(&local, Wish::Change, &change(&[("sec-fetch-site", site)]), Err(Denied::Origin));
            check(&local, Wish::Read, &[host, ("sec-fetch-site", site)], Err(Denied::Origin));
            check(&local, Wish::Page, &[host, ("sec-fetch-site", site)], Ok(()));
        }
        // What a form of another page can send.
        for kind in [
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/plain",
            "text/plain; application/json",
        ] {
            check(
                &local,
                Wish::Change,
                &[host, ("x-brunt", "1"), ("content-type", kind)],
                Err(Denied::Header),
            );
        }
        check(&local, Wish::Change, &[host, ("content-type", "application/json")], Err(Denied::Header));
        check(&local, Wish::Session, &[host], Err(Denied::Header));
    }

    #[test]
    fn a_token_is_needed_where_there_is_one() {
        let guarded = access("0.0.0.0:8089", Some(TOKEN));
        let host = ("host", "10.0.0.5:8089");
        check(&guarded, Wish::Page, &[host], Ok(()));
        check(&guarded, Wish::Read, &[host], Err(Denied::Token));
        check(&guarded, Wish::Change, &[&[host], &SENT[..]].concat(), Err(Denied::Token));
        check(&guarded, Wish::Read, &[host, ("authorization", "Bearer 0123456789abcdef")], Ok(()));
        check(&guarded, Wish::Read, &[host, ("cookie", "a=b; brunt-8089=0123456789abcdef")], Ok(()));
        for wrong in [
            ("authorization", "Bearer 0123456789abcdeX"),
            ("authorization", "0123456789abcdef"),
            ("authorization", "Bearer "),
            ("cookie", "brunt-8080=0123456789abcdef"),
            ("cookie", "brunt-8089="),
            ("cookie", "brunt-8089=0123456789abcdef0"),
        ] {
            check(&guarded, Wish::Read, &[host, wrong], Err(Denied::Token));
        }
        assert!(Token::new("short").is_none() && Token::new("with space 0123456789").is_none());
        assert_eq!(format!("{:?}", guarded.token.as_ref().unwrap()), "Token(..)");
    }

    #[test]
    fn reading_only() {
        let shared = Access { read_only: true, ..access("127.0.0.1:8089", None) };
        let host = ("host", "localhost");
        check(&shared, Wish::Read, &[host], Ok(()));
        check(&shared, Wish::Change, &[&[host], &SENT[..]].concat(), Err(Denied::ReadOnly));
    }
}
