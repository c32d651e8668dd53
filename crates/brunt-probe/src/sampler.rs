//! The sources, each as something that can be asked for its figures.

use crate::groups::{ControlGroup, GroupPick};
use crate::page::{Before, readings};
use crate::process::Processes;
use crate::query;
use crate::reading::Readings;
use crate::redis::Redis;
use crate::text::Page;
use brunt_deliver::Fetcher;
use brunt_metrics::Nanos;
use brunt_workload::{
    MetricSource, MetricsOf, MetricsQuery, MetricsRequest, SeriesPick, Source, Text, TextPart, TlsSettings,
};
use std::time::Duration;

/// A source of figures. Asking it may take as long as its timeout.
pub(crate) enum Sampler {
    Processes(Processes),
    Group(ControlGroup),
    Page {
        fetcher: Fetcher,
        page: MetricsRequest,
        select: Vec<SeriesPick>,
        before: Before,
    },
    Prometheus {
        fetcher: Fetcher,
        queries: Vec<(Text, MetricsQuery)>,
        headers: Vec<(String, Text)>,
    },
    Redis(Redis),
    /// It cannot be asked, and why.
    Broken(String),
}

impl Sampler {
    pub(crate) fn new(source: &MetricSource, tls: &TlsSettings) -> Self {
        Self::made(source, tls).unwrap_or_else(Self::Broken)
    }

    fn made(source: &MetricSource, tls: &TlsSettings) -> Result<Self, String> {
        let fetcher = || Fetcher::new(tls, source.timeout);
        Ok(match &source.asks {
            MetricsOf::Process(pick) => Self::Processes(Processes::new(pick.clone())),
            MetricsOf::Cgroup(path) => Self::Group(ControlGroup::new(GroupPick::Path(path.clone()))),
            MetricsOf::Container(begins) => {
                Self::Group(ControlGroup::new(GroupPick::Container(begins.clone())))
            }
            MetricsOf::Page { page, select } => Self::Page {
                fetcher: fetcher()?,
                page: page.clone(),
                select: select.clone(),
                before: Before::default(),
            },
            MetricsOf::Prometheus { server, queries } => Self::Prometheus {
                fetcher: fetcher()?,
                queries: queries.iter().map(|q| (asking(&server.url, &q.query), q.clone())).collect(),
                headers: server.headers.clone(),
            },
            MetricsOf::Redis { address, user, password } => {
                let login = password.as_ref().map(|p| (user.as_ref().map(exposed), exposed(p)));
                Self::Redis(Redis::new(address.clone(), login, duration(source.timeout)))
            }
        })
    }

    /// Its figures; counted over the `seconds` since the last time that it gave any.
    pub(crate) fn sample(&mut self, seconds: f64) -> Result<Readings, String> {
        match self {
            Self::Processes(processes) => processes.sample(seconds),
            Self::Group(group) => group.sample(seconds),
            Self::Redis(redis) => redis.sample(seconds),
            Self::Broken(why) => Err(why.clone()),
            Self::Page { fetcher, page, select, before } => {
                let text = fetcher.page(&page.url, &page.headers).map_err(|e| e.to_string())?;
                let page = Page::parse(&text);
                if page.samples.is_empty() {
                    return Err("this is no page of metrics: no line of it is a sample".to_owned());
                }
                let mut seen = readings(&page, select, before, seconds);
                if seen.all.is_empty() {
                    seen.notes.push("none of its series is one of those selected".to_owned());
                }
                Ok(seen)
            }
            Self::Prometheus { fetcher, queries, headers } => {
                let mut all = Readings::default();
                for (url, query) in queries {
                    let json = fetcher.page(url, headers).map_err(|e| e.to_string())?;
                    let found = query::readings(query, &json)?;
                    if found.is_empty() {
                        all.notes.push(format!("the query of `{}` finds nothing", query.name));
                    }
                    all.all.extend(found);
                }
                Ok(all)
            }
        }
    }
}

fn duration(time: Nanos) -> Duration {
    Duration::from_nanos(time.0)
}

/// The URL of an instant query.
fn asking(base: &Text, query: &str) -> Text {
    let mut parts = base.parts.clone();
    if let Some(TextPart::Literal(last)) = parts.last_mut() {
        while last.ends_with('/') {
            last.pop();
        }
    }
    parts.push(TextPart::Literal(format!("/api/v1/query?query={}", encoded(query))));
    Text { parts }
}

/// Percent-encoded (RFC 3986, 2.1): all but the unreserved characters.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(nibble), 16).map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    out
}

/// Texts of sources hold literals and secrets only.
fn exposed(text: &Text) -> String {
    let part = |part: &TextPart| match part {
        TextPart::Literal(text) => text.clone(),
        TextPart::Dynamic { source: Source::Secret(secret), .. } => secret.expose().to_owned(),
        TextPart::Dynamic { .. } => String::new(),
    };
    text.parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_put_into_urls() {
        for (base, query, expected) in [
            ("http://p:9090", "up", "http://p:9090/api/v1/query?query=up"),
            (
                "http://p/prom/",
                "sum(rate(a{b=\"c\"}[1m]))",
                "http://p/prom/api/v1/query?query=sum%28rate%28a%7Bb%3D%22c%22%7D%5B1m%5D%29%29",
            ),
            ("http://p", "é", "http://p/api/v1/query?query=%C3%A9"),
        ] {
            assert_eq!(exposed(&asking(&Text::literal(base), query)), expected);
        }
    }
}
