//! Undoing a body's content coding, for the checks that read it. Bounded, so that a small body cannot unfold
//! into a machine's memory.

use crate::error::Failure;
use http::HeaderMap;
use std::io::{self, Read};

/// The most codings of one body; servers use one.
const MAX_CODINGS: usize = 5;

/// The body as its sender meant it, at most `limit` bytes.
pub(crate) fn decode(body: Vec<u8>, headers: &HeaderMap, limit: u64) -> Result<Vec<u8>, Failure> {
    let codings = headers.get_all(http::header::CONTENT_ENCODING).iter();
    let codings: Vec<String> = codings
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(',').map(|c| c.trim().to_ascii_lowercase()))
        .filter(|c| !c.is_empty() && c != "identity")
        .collect();
    if codings.len() > MAX_CODINGS {
        let reason = format!("more than {MAX_CODINGS} codings");
        return Err(Failure::Decode { coding: codings.join(", "), reason });
    }
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

    /// "brunt brunt brunt" as other programs encode it: brotli 1.2.1, zstd 1.5.7, zlib with and without its frame.
    const BROTLI: &[u8] = &[
        0x1b, 0x10, 0x00, 0xf8, 0x8d, 0x54, 0xb5, 0xbf, 0x14, 0x73, 0x93, 0x4b, 0x10, 0xba, 0xba, 0x80, 0x27,
        0x0e, 0xd0, 0x17,
    ];
    const ZSTD: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x11, 0x65, 0x00, 0x00, 0x30, 0x62, 0x72, 0x75, 0x6e, 0x74, 0x20, 0x01,
        0x00, 0x31, 0x4a, 0x11,
    ];
    const ZLIB: &[u8] =
        &[0x78, 0x9c, 0x4b, 0x2a, 0x2a, 0xcd, 0x2b, 0x51, 0x48, 0x42, 0x90, 0x00, 0x3c, 0x7a, 0x06, 0xc2];
    const DEFLATE: &[u8] = &[0x4b, 0x2a, 0x2a, 0xcd, 0x2b, 0x51, 0x48, 0x42, 0x90, 0x00];
    /// The same a hundred times over, each in less than thirty bytes.
    const BROTLI_100: &[u8] = &[
        0x1b, 0xa3, 0x06, 0xf8, 0x8d, 0x54, 0xb5, 0xbf, 0x14, 0x73, 0x93, 0x4b, 0x10, 0xba, 0xba, 0x82, 0xc7,
        0xb0, 0x3a, 0x00, 0x04, 0xfa, 0x62, 0x93, 0x01,
    ];
    const ZSTD_100: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x60, 0xa4, 0x05, 0x85, 0x00, 0x00, 0x30, 0x62, 0x72, 0x75, 0x6e, 0x74, 0x20,
        0x02, 0x00, 0x90, 0xd2, 0xfc, 0x20, 0x71, 0x29, 0x02,
    ];

    #[test]
    fn codings_are_undone() {
        let text = b"brunt brunt brunt".to_vec();
        assert_eq!(decode(text.clone(), &HeaderMap::new(), 100).unwrap(), text);
        assert_eq!(decode(gzip(&text), &headers("gzip"), 100).unwrap(), text);
        assert_eq!(decode(gzip(&gzip(&text)), &headers("gzip, gzip"), 100).unwrap(), text);
        for (body, coding) in
            [(BROTLI, "br"), (ZSTD, "zstd"), (ZLIB, "deflate"), (DEFLATE, "deflate"), (&text, "identity")]
        {
            assert_eq!(decode(body.to_vec(), &headers(coding), 17).unwrap(), text, "{coding}");
        }
        for (body, coding) in [(BROTLI_100, "br"), (ZSTD_100, "zstd")] {
            assert_eq!(decode(body.to_vec(), &headers(coding), 1_700).unwrap(), text.repeat(100), "{coding}");
            assert!(matches!(
                decode(body.to_vec(), &headers(coding), 1_699),
                Err(Failure::BodyTooLarge(1_699))
            ));
        }
    }

    #[test]
    fn what_cannot_be_undone_is_said() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert!(matches!(decode(bomb, &headers("gzip"), 1_000), Err(Failure::BodyTooLarge(1_000))));
        let cut = |body: &[u8]| body[..body.len() - 3].to_vec();
        for (body, coding) in [
            (b"plain".to_vec(), "gzip"),
            (b"x".to_vec(), "rot13"),
            (b"x".to_vec(), "zstd"),
            (b"x".to_vec(), "deflate"),
            (cut(&gzip(b"text")), "gzip"),
            (cut(BROTLI), "br"),
            (cut(ZSTD), "zstd"),
            (b"text".to_vec(), "identity, gzip, gzip, gzip, gzip, gzip, gzip"),
        ] {
            assert!(matches!(decode(body, &headers(coding), 100), Err(Failure::Decode { .. })), "{coding}");
        }
    }
}
