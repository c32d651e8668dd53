//! Where a redirect leads, and what is asked there (RFC 9110, 15.4).

use crate::error::Failure;
use brunt_workload::{Body, Origin, Request, Scheme, Text};
use http::HeaderMap;
use url::Url;

/// The request that follows a redirect.
pub(crate) struct Next {
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    pub(crate) request: Request,
}

/// What to ask next after a response of `status` to `request` at `url` of `origin`; `None` if it is not a redirect.
pub(crate) fn follow(
    status: u16,
    headers: Option<&HeaderMap>,
    (url, origin): (&Url, &Origin),
    request: &Request,
) -> Result<Option<Next>, Failure> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = headers.and_then(|h| h.get(http::header::LOCATION)) else { return Ok(None) };
    let location = location.to_str().map_err(|_| Failure::Redirect("a location that is not text".into()))?;
    let to = url
        .join(location)
        .map_err(|e| Failure::Redirect(format!("cannot follow the location `{location}`: {e}")))?;
    // The same one may be reached by a way of its own (a Unix socket).
    let origin = if to.origin() == url.origin() { origin.clone() } else { origin_of(&to)? };
    let mut request = request.clone();
    let becomes_get = status == 303 || (matches!(status, 301 | 302) && request.method == "POST");
    if becomes_get && request.method != "HEAD" {
        "GET".clone_into(&mut request.method);
        request.body = Body::None;
        request.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    if to.origin() != url.origin() {
        // Another party: it gets neither the credentials nor the name meant for the first.
        let private = ["authorization", "cookie", "host", "proxy-authorization"];
        request.headers.retain(|(name, _)| !private.contains(&name.to_ascii_lowercase().as_str()));
    }
    request.target = Text::literal(target_of(&to));
    Ok(Some(Next { url: to, origin, request }))
}

fn origin_of(url: &Url) -> Result<Origin, Failure> {
    let scheme = match url.scheme() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => return Err(Failure::Redirect(format!("a redirect to `{other}:` cannot be followed"))),
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    Ok(Origin { scheme, host, port: url.port().unwrap_or(scheme.default_port()), unix: None })
}

fn target_of(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use brunt_metrics::{EndpointId, Nanos};
    use brunt_workload::{OnFailure, OriginId};
    use http::HeaderValue;

    fn outline(status: u16, method: &str, location: &'static str) -> String {
        let request = Request {
            endpoint: EndpointId(0),
            origin: OriginId(0),
            method: method.into(),
            target: Text::literal("/a/b?c"),
            headers: vec![
                ("Authorization".into(), Text::literal("x")),
                ("Content-Type".into(), Text::literal("y")),
            ],
            body: Body::Bytes(b"body".as_slice().into()),
            timeout: Nanos::SECOND,
            redirects: 3,
            checks: Vec::new(),
            saves: Vec::new(),
            on_failure: OnFailure::End,
            login: None,
            faults: None,
        };
        let url = Url::parse("http://one.example:8080/a/b?c").unwrap();
        let headers = HeaderMap::from_iter([(http::header::LOCATION, HeaderValue::from_static(location))]);
        let origin = origin_of(&url).unwrap();
        match follow(status, Some(&headers), (&url, &origin), &request) {
            Err(e) => e.to_string(),
            Ok(None) => "stays".into(),
            Ok(Some(next)) => {
                let names: Vec<&str> = next.request.headers.iter().map(|(n, _)| n.as_str()).collect();
                let body = if next.request.body == Body::None { "" } else { " +body" };
                format!(
                    "{} {} {} {}{body}",
                    next.request.method,
                    next.origin.authority(),
                    next.request.target.as_literal().unwrap(),
                    names.join(",")
                )
            }
        }
    }

    #[test]
    fn redirects() {
        for (status, method, location, expected) in [
            (200, "GET", "/x", "stays"),
            (304, "GET", "/x", "stays"),
            (302, "GET", "x?y", "GET one.example:8080 /a/x?y Authorization,Content-Type +body"),
            (302, "POST", "/x", "GET one.example:8080 /x Authorization"),
            (303, "PUT", "/x", "GET one.example:8080 /x Authorization"),
            (307, "POST", "/x", "POST one.example:8080 /x Authorization,Content-Type +body"),
            (301, "GET", "https://two.example/z", "GET two.example /z Content-Type +body"),
            (301, "GET", "//[::1]:9/z", "GET [::1]:9 /z Content-Type +body"),
            (302, "GET", "ftp://x/", "a redirect to `ftp:` cannot be followed"),
            (302, "GET", "http://[", "cannot follow the location `http://[`: invalid IPv6 address"),
        ] {
            assert_eq!(outline(status, method, location), expected, "{status} {method} {location}");
        }
    }
}
