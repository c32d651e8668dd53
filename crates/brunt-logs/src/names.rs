//! The names that logs give to what they tell: keys of JSON, columns of tables.

use crate::number::Unit;

/// What a value tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Time,
    /// A day, to which `Time` may give the time of day.
    Date,
    Client,
    Forwarded,
    Host,
    Session,
    Agent,
    Referer,
    Method,
    Target,
    Query,
    /// A request line: method, target and version in one.
    Request,
    Status,
    Bytes,
    Duration,
}

impl Field {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Duration as usize + 1;
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) field: Field,
    /// Of several names for one field the lowest counts.
    pub(crate) rank: u8,
    /// What it is counted in, where the name says it.
    pub(crate) unit: Option<Unit>,
}

/// What a name stands for; nothing where it is not known. Expects it as [`normal`] leaves it, nested ones joined by dots.
pub(crate) fn named(name: &[u8]) -> Option<Named> {
    whole(name).or_else(|| {
        let short = unwrapped(name)?;
        whole(short).map(|found| Named { rank: found.rank + 1, ..found })
    })
}

/// A name in lower case with `_` for `-` and blanks.
pub(crate) const fn normal(byte: u8) -> u8 {
    match byte {
        b'-' | b' ' => b'_',
        other => other.to_ascii_lowercase(),
    }
}

/// A name without the objects that requests and answers are told in. What a request's body or an answer's header is called tells
/// nothing here.
fn unwrapped(name: &[u8]) -> Option<&[u8]> {
    const WRAPPERS: [&[u8]; 12] = [
        b"jsonpayload.",
        b"fields.",
        b"data.",
        b"log.",
        b"access.",
        b"http.",
        b"httprequest.",
        b"http_request.",
        b"request.",
        b"req.",
        b"response.",
        b"res.",
    ];
    let mut rest = name;
    let mut of_request = false;
    while let Some(wrapper) = WRAPPERS.iter().find(|wrapper| rest.starts_with(wrapper)) {
        rest = &rest[wrapper.len()..];
        of_request = matches!(*wrapper, b"request." | b"req.");
    }
    if of_request && let Some(header) = rest.strip_prefix(b"headers.") {
        return matches!(header, b"user_agent" | b"referer" | b"x_forwarded_for" | b"host").then_some(header);
    }
    let body = matches!(rest, b"bytes" | b"size" | b"length" | b"body.bytes" | b"content_length");
    (rest.len() < name.len() && !(of_request && body)).then_some(rest)
}

fn whole(name: &[u8]) -> Option<Named> {
    if let Some((field, rank)) = plain(name) {
        return Some(Named { field, rank, unit: None });
    }
    let (unit, rank) = duration(name)?;
    Some(Named { field: Field::Duration, rank, unit })
}

fn plain(name: &[u8]) -> Option<(Field, u8)> {
    Some(match name {
        b"start_time" | b"startutc" | b"starteddatetime" | b"time_iso8601" | b"msec" | b"request_start" => {
            (Field::Time, 0)
        }
        b"time" | b"timestamp" | b"ts" | b"@timestamp" | b"datetime" | b"event_time" | b"date_time" => {
            (Field::Time, 2)
        }
        b"time_local" | b"startlocal" | b"@t" | b"t" | b"eventtime" | b"created_at" | b"logged_at" => {
            (Field::Time, 4)
        }
        b"date" | b"day" => (Field::Date, 0),
        b"remote_addr"
        | b"remote_ip"
        | b"clienthost"
        | b"downstream_remote_address"
        | b"remoteip"
        | b"c_ip" => (Field::Client, 0),
        b"remoteaddr" | b"remote_address" | b"remoteaddress" | b"source.ip" | b"source.address" => {
            (Field::Client, 1)
        }
        b"client_ip" | b"clientip" | b"client" | b"ip" | b"client.ip" | b"client_addr" | b"clientaddr" => {
            (Field::Client, 2)
        }
        b"remote" | b"ip_address" | b"ipaddress" | b"peer" | b"client_address" | b"client_host"
        | b"remote_host" => (Field::Client, 3),
        b"http_x_forwarded_for"
        | b"x_forwarded_for"
        | b"request_x_forwarded_for"
        | b"forwarded_for"
        | b"xff" => (Field::Forwarded, 0),
        b"http_host" | b"authority" | b"requesthost" | b"cs_host" | b"url.domain" => (Field::Host, 0),
        b"host" | b"server_name" | b"vhost" | b"virtual_host" | b"domain" | b"domain_name" => {
            (Field::Host, 2)
        }
        b"session" | b"session_id" | b"sessionid" | b"sid" | b"session.id" => (Field::Session, 0),
        b"http_user_agent"
        | b"user_agent"
        | b"useragent"
        | b"request_user_agent"
        | b"user_agent.original" => (Field::Agent, 0),
        b"agent" | b"ua" | b"browser" => (Field::Agent, 2),
        b"http_referer" | b"referer" | b"referrer" | b"http_referrer" | b"request_referer"
        | b"request.referrer" => (Field::Referer, 0),
        b"request_method" | b"method" | b"requestmethod" | b"verb" | b"http_method" | b"httpmethod"
        | b"cs_method" => (Field::Method, 0),
        b"request_uri" | b"requesturi" | b"uri" | b"requesturl" | b"request_url" | b"original_url"
        | b"originalurl" => (Field::Target, 0),
        b"url" | b"url.original" | b"url.full" | b"target" => (Field::Target, 2),
        b"path" | b"requestpath" | b"request_path" | b"url.path" | b"pathname" => (Field::Target, 4),
        b"endpoint" | b"route" | b"page" | b"resource" => (Field::Target, 6),
        b"query" | b"query_string" | b"querystring" | b"args" | b"url.query" => (Field::Query, 0),
        b"request" | b"request_line" | b"requestline" => (Field::Request, 0),
        b"status" | b"status_code" | b"statuscode" | b"response_code" | b"responsecode"
        | b"downstreamstatus" => (Field::Status, 0),
        b"response_status" | b"http_status" | b"httpstatus" | b"http_status_code" | b"code"
        | b"sc_status" => (Field::Status, 2),
        b"body_bytes_sent"
        | b"bytes_sent"
        | b"responsesize"
        | b"response_size"
        | b"downstreamcontentsize" => (Field::Bytes, 0),
        b"bytes" | b"size" | b"bytes_out" | b"length" | b"body.bytes" | b"sc_bytes" | b"response_length" => {
            (Field::Bytes, 2)
        }
        _ => return None,
    })
}

/// Names of durations, with the unit that they have or say.
fn duration(name: &[u8]) -> Option<(Option<Unit>, u8)> {
    match name {
        b"request_time" => Some((Some(Unit::Seconds), 0)),
        b"upstream_response_time" => Some((Some(Unit::Seconds), 4)),
        b"event.duration" => Some((Some(Unit::Nanos), 0)),
        b"time_micros" | b"duration_micros" => Some((Some(Unit::Micros), 0)),
        b"durationms" | b"latencyms" | b"elapsedms" | b"responsetimems" | b"time_taken_ms" => {
            Some((Some(Unit::Millis), 0))
        }
        b"durationns" | b"durationnanos" | b"latencyns" => Some((Some(Unit::Nanos), 0)),
        b"duration" | b"latency" | b"elapsed" | b"responsetime" | b"response_time" | b"time_taken"
        | b"timetaken" | b"took" => Some((None, 1)),
        b"request_duration" | b"elapsed_time" | b"elapsedtime" | b"total_time" | b"processing_time"
        | b"latency_human" => Some((None, 2)),
        _ => {
            let (short, unit) = Unit::of_name(name)?;
            let (_, rank) = duration(short)?;
            Some((Some(unit), rank))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, named, normal};

    #[test]
    fn names() {
        for (name, wanted) in [
            ("RequestMethod", Some((Field::Method, "None"))),
            ("request.headers.User-Agent", Some((Field::Agent, "None"))),
            ("response.headers.Host", None),
            ("http.response.status_code", Some((Field::Status, "None"))),
            ("request.bytes", None),
            ("response.bytes", Some((Field::Bytes, "None"))),
            ("httpRequest.latency", Some((Field::Duration, "None"))),
            ("latency_ms", Some((Field::Duration, "Some(Millis)"))),
            ("Response Time_s", Some((Field::Duration, "Some(Seconds)"))),
            ("request_time_us", Some((Field::Duration, "Some(Micros)"))),
            ("nothing_ms", None),
            ("", None),
        ] {
            let name: Vec<u8> = name.bytes().map(normal).collect();
            let found = named(&name).map(|n| (n.field, format!("{:?}", n.unit)));
            assert_eq!(
                found,
                wanted.map(|(field, unit)| (field, unit.to_owned())),
                "{}",
                name.escape_ascii()
            );
        }
    }
}
