//! Entries of HTTP archives (HAR 1.2), which browsers and proxies save.

use crate::names::{Field, Named};
use crate::number::Unit;
use crate::row::{Parsed, Span};
use crate::told::Told;
use crate::{Malformed, json};

/// Reads one entry.
pub(crate) fn parse(line: &mut Vec<u8>) -> Parsed {
    let mut told = Told::nothing();
    let mut header = Span::default();
    json::walk(line, 0, &mut |path, value| {
        let text = value.span.in_line(line);
        let (field, rank) = match path {
            b"starteddatetime" => (Field::Time, 0),
            b"time" => (Field::Duration, 0),
            b"request.method" => (Field::Method, 0),
            b"request.url" => (Field::Target, 0),
            b"response.status" => (Field::Status, 0),
            b"response.content.size" => (Field::Bytes, 0),
            b"response.bodysize" if !text.starts_with(b"-") => (Field::Bytes, 1),
            b"request.headers.name" => {
                header = value.span;
                return;
            }
            b"request.headers.value" => match header.in_line(line).to_ascii_lowercase().as_slice() {
                b"user-agent" => (Field::Agent, 0),
                b"referer" => (Field::Referer, 0),
                b"x-forwarded-for" => (Field::Forwarded, 0),
                _ => return,
            },
            _ => return,
        };
        told.put(Named { field, rank, unit: None }, value.span, value.writing(), line);
    })
    .ok_or(Malformed::Json)?;
    told.row(line, Unit::Millis)
}
