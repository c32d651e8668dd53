//! Where load may go: a page in a browser must not turn brunt into a weapon.
//!
//! Decided purely, by the text of a URL; a name is not resolved. Rules, first match wins:
//!
//! | Target | Allowed |
//! |---|---|
//! | the host of the plan or URL that brunt was started with | yes |
//! | matches a pattern of `--allow-target` (`*` stands for any characters but `/`) | yes |
//! | anything else, when a plan or pattern was given | no |
//! | `localhost`, an address of this machine or of a private network | yes |
//! | anything else | if its host is typed once more |

use crate::Problem;
use http::Uri;
use std::net::IpAddr;

/// What brunt was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    /// Hosts of the plan, as URLs.
    pub hosts: Vec<String>,
    /// Patterns of hosts, as `--allow-target` has them: `*.test.example`, `10.0.*`.
    pub patterns: Vec<String>,
}

/// Why load may not go somewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no URL with a host.
    #[error("`{0}` is not a URL with a host")]
    NoHost(String),
    /// Neither the plan's host nor allowed.
    #[error("load may not go to `{host}`: brunt was started for {known}")]
    Elsewhere {
        /// Where it was to go.
        host: String,
        /// Where it may go.
        known: String,
    },
    /// A public address, and it was not confirmed.
    #[error("`{host}` is not on this machine or in a private network")]
    Unconfirmed {
        /// Where it was to go.
        host: String,
    },
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let problem = |status| Self::new(status, refused.to_string());
        match &refused {
            Refused::NoHost(_) => problem(422).hint("write `http://127.0.0.1:8080`"),
            Refused::Elsewhere { .. } => problem(403)
                .hint("start brunt with that target, or allow it on the command line: `--allow-target HOST`"),
            Refused::Unconfirmed { host } => {
                problem(403).hint(format!("if you may load it, type its name to confirm: `{host}`"))
            }
        }
    }
}

/// Whether load may go to `url`. `confirm` is the host's name as somebody typed it again.
pub fn may_aim(url: &str, aim: &Aim, confirm: Option<&str>) -> Result<(), Refused> {
    let host = host_of(url).ok_or_else(|| Refused::NoHost(url.to_owned()))?;
    let known: Vec<String> = aim.hosts.iter().filter_map(|url| host_of(url)).collect();
    if known.contains(&host) || aim.patterns.iter().any(|pattern| matches(pattern, &host)) {
        return Ok(());
    }
    if !known.is_empty() || !aim.patterns.is_empty() {
        let known = known.iter().chain(&aim.patterns).map(|k| format!("`{k}`")).collect::<Vec<_>>();
        return Err(Refused::Elsewhere { host, known: known.join(", ") });
    }
    let is_confirmed = confirm.is_some_and(|typed| typed.trim().eq_ignore_ascii_case(&host));
    if is_near(&host) || is_confirmed { Ok(()) } else { Err(Refused::Unconfirmed { host }) }
}

/// The host of a URL, in lower case, without port and brackets; a Unix socket is this machine.
fn host_of(url: &str) -> Option<String> {
    if url.starts_with("http+unix:") || url.starts_with("unix:") {
        return Some("localhost".into());
    }
    let uri: Uri = url.parse().ok()?;
    uri.scheme()?;
    let authority = uri.authority()?;
    // `user@host` hides where it goes.
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

/// Whether an address stays on this machine or in a network of its owner. Names other than `localhost` may be anywhere.
fn is_near(host: &str) -> bool {
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    match host.parse() {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
            None => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        },
        Err(_) => false,
    }
}

/// Whether a pattern with `*` matches a whole host.
fn matches(pattern: &str, host: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = host.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_load_may_go() {
        let free = Aim::default();
        let planned =
            Aim { hosts: vec!["http://shop.test:8080/x".into()], patterns: vec!["*.stage.example".into()] };
        let check = |aim: &Aim, url: &str, confirm: Option<&str>, expected: Option<&str>| {
            let got = may_aim(url, aim, confirm).err();
            let name = got.as_ref().map(|refused| match refused {
                Refused::NoHost(_) => "no host",
                Refused::Elsewhere { .. } => "elsewhere",
                Refused::Unconfirmed { .. } => "unconfirmed",
            });
            assert_eq!(name, expected, "{url} {confirm:?}: {got:?}");
        };
        for near in [
            "http://localhost:8080",
            "http://a.localhost",
            "http://127.0.0.1",
            "http://127.9.9.9:1/",
            "https://[::1]:8443/x",
            "http://192.168.1.5",
            "http://10.1.2.3",
            "http://172.31.0.1",
            "http://[fd00::1]",
            "http://[::ffff:127.0.0.1]",
            "http+unix:///run/x.sock:/path",
        ] {
            check(&free, near, None, None);
        }
        for far in [
            "http://example.com",
            "http://8.8.8.8",
            "http://[2001:db8::1]",
            "http://127.0.0.1.example.com",
            "http://172.32.0.1",
        ] {
            check(&free, far, None, Some("unconfirmed"));
        }
        check(&free, "http://example.com/path", Some("example.com"), None);
        check(&free, "http://Example.COM./path", Some(" EXAMPLE.com "), None);
        check(&free, "http://example.com", Some("example.org"), Some("unconfirmed"));
        for odd in ["", "example.com", "http://", "/x", "http://localhost@example.com", "http:///x"] {
            check(&free, odd, Some("example.com"), Some("no host"));
        }
        check(&planned, "http://shop.test:9999/other", None, None);
        check(&planned, "https://a.b.stage.example", None, None);
        // What was named on the command line is all there is, this machine included.
        for elsewhere in [
            "http://localhost",
            "http://stage.example",
            "http://evil.example/shop.test",
            "http://shop.test.evil.example",
        ] {
            check(&planned, elsewhere, Some("localhost"), Some("elsewhere"));
        }
    }

    #[test]
    fn patterns() {
        let check = |pattern: &str, host: &str, expected: bool| {
            assert_eq!(matches(pattern, host), expected, "{pattern} {host}");
        };
        check("a.example", "a.example", true);
        check("a.example", "xa.example", false);
        check("*.example", "a.example", true);
        check("*.example", "example", false);
        check("10.0.*", "10.0.3.4", true);
        check("10.0.*", "110.0.3.4", false);
        check("a*b*c", "a-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("*", "anything", true);
        check("ab*ba", "aba", false);
    }
}
