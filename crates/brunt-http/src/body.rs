//! Undoing a body's content coding, for the checks that read it. Bounded, so that a small body cannot unfold
//! into a machine's memory.

use crate::error::Failure;
use http::HeaderMap;
use std::io::{self, Read};

/// The body as its sender meant it, at most `limit` bytes.
pub(crate) fn decode(body: Vec<u8>, headers: &HeaderMap, limit: u64) -> Result<Vec<u8>, Failure> {
    let codings = headers.get_all(http::header::CONTENT_ENCODING).iter();
    let codings: Vec<String> = codings
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(',').map(|c| c.trim().to_ascii_lowercase()))
        .filter(|c| !c.is_empty() && c != "identity")
        .collect();
    // Applied in the order in which they are listed (RFC 9110, 8.4), so undone from the last.
    codings.iter().rev().try_fold(body, |body, coding| undo(&body, coding, limit))
}

fn undo(body: &[u8], coding: &str, limit: u64) -> Result<Vec<u8>, Failure> {
    let failed =
        |e: &dyn std::fmt::Display| Failure::Decode { coding: coding.to_owned(), reason: e.to_string() };
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let decoded = match coding {
        "gzip" | "x-gzip" => read_bounded(flate2::read::MultiGzDecoder::new(body), limit),
        "deflate" => read_bounded(flate2::read::ZlibDecoder::new(body), limit)
            // Many servers send the bare stream.
            .or_else(|_| read_bounded(flate2::read::DeflateDecoder::new(body), limit)),
        "br" => read_bounded(brotli_decompressor::Decompressor::new(body, 4_096), limit),
        "zstd" => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(body).map_err(|e| failed(&e))?;
            read_bounded(decoder, limit)
        }
        _ => return Err(failed(&"a coding that brunt does not know (it knows gzip, deflate, br, zstd)")),
    };
    let decoded = decoded.map_err(|e| failed(&e))?;
    if decoded.len() as u64 > limit { Err(Failure::BodyTooLarge(limit)) } else { Ok(decoded) }
}

/// One byte more than `limit`, at most: enough to know that there is more.
fn read_bounded(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::io::Write;

    fn headers(coding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(http::header::CONTENT_ENCODING, HeaderValue::from_static(coding))])
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// "brunt brunt brunt" as other programs encode it (brotli 1.0.9, zstd 1.5.4).
    const BROTLI: &[u8] = &[
        0x0b, 0x08, 0x80, 0x62, 0x72, 0x75, 0x6e, 0x74, 0x20, 0x62, 0x72, 0x75, 0x6e, 0x74, 0x20, 0x62, 0x72,
        0x75, 0x6e, 0x74, 0x03,
    ];

    #[test]
    fn codings_are_undone() {
        let text = b"brunt brunt brunt".to_vec();
        assert_eq!(decode(text.clone(), &HeaderMap::new(), 100).unwrap(), text);
        assert_eq!(decode(gzip(&text), &headers("gzip"), 100).unwrap(), text);
        assert_eq!(decode(gzip(&gzip(&text)), &headers("gzip, gzip"), 100).unwrap(), text);
        assert_eq!(decode(BROTLI.to_vec(), &headers("br"), 100).unwrap(), text);
    }

    #[test]
    fn what_cannot_be_undone_is_said() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert!(matches!(decode(bomb, &headers("gzip"), 1_000), Err(Failure::BodyTooLarge(1_000))));
        for (body, coding) in [(b"plain".to_vec(), "gzip"), (b"x".to_vec(), "rot13"), (b"x".to_vec(), "zstd")]
        {
            assert!(matches!(decode(body, &headers(coding), 100), Err(Failure::Decode { .. })), "{coding}");
        }
    }
}
