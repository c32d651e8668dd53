//! Frames: what `seconds.brunt` is made of. A frame is whole or it is not there.
//!
//! The file is a head of 12 bytes, then frames `length u32 | crc32 u32 | payload`, all little-endian. A
//! payload is one byte that says what it holds and whether it is deflated, then the body. What a body means
//! is not known here. Start with [`append`] and [`FrameReader`].

use super::FormatVersion;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use std::io::{self, Read};

/// The first bytes of the file.
pub(super) const MAGIC: [u8; 8] = *b"BRUNTSEC";
/// Magic, major and minor version.
pub(super) const HEAD_LEN: usize = 12;
const FRAME_HEAD_LEN: usize = 8;
/// The largest payload and the largest inflated body. A second of 10,000 endpoints with 24 kinds of answer
/// each takes about 15 MB; what is larger is no second.
pub(super) const MAX_FRAME: usize = 64 << 20;
/// Bodies below this are not worth a compressor's set-up: 100 endpoints at a few requests each.
const DEFLATE_FROM: usize = 512;
/// Set in a payload's first byte when the body is deflated (RFC 1951, no wrapper).
const DEFLATED: u8 = 0x80;

/// A sealed second.
pub(super) const KIND_SECOND: u8 = 1;
/// A host's second.
pub(super) const KIND_HOST: u8 = 2;
/// What was seen beside the load in a second.
pub(super) const KIND_RESOURCES: u8 = 3;

/// The head of a file of this version.
pub(super) fn head(version: FormatVersion) -> [u8; HEAD_LEN] {
    let mut head = [0; HEAD_LEN];
    head[..8].copy_from_slice(&MAGIC);
    head[8..10].copy_from_slice(&version.major.to_le_bytes());
    head[10..].copy_from_slice(&version.minor.to_le_bytes());
    head
}

/// The version of a file's head; `None` if it is no head.
pub(super) fn version_of(head: &[u8; HEAD_LEN]) -> Option<FormatVersion> {
    let [magic @ .., a, b, c, d] = head;
    (*magic == MAGIC)
        .then(|| FormatVersion { major: u16::from_le_bytes([*a, *b]), minor: u16::from_le_bytes([*c, *d]) })
}

/// Writes a frame of `body` to the end of `out`, deflated if that is smaller by an eighth. `Err` gives back
/// the body's length if it is larger than [`MAX_FRAME`].
pub(super) fn append(out: &mut Vec<u8>, kind: u8, body: &[u8]) -> Result<(), usize> {
    if body.len() >= MAX_FRAME {
        return Err(body.len());
    }
    let start = out.len();
    out.extend_from_slice(&[0; FRAME_HEAD_LEN]);
    if let Some(small) = deflated(body) {
        out.push(kind | DEFLATED);
        out.extend_from_slice(&small);
    } else {
        out.push(kind);
        out.extend_from_slice(body);
    }
    let payload = &out[start + FRAME_HEAD_LEN..];
    let crc = crc32fast::hash(payload).to_le_bytes();
    let length = u32::try_from(payload.len()).map_err(|_| payload.len())?.to_le_bytes();
    out[start..start + 4].copy_from_slice(&length);
    out[start + 4..start + FRAME_HEAD_LEN].copy_from_slice(&crc);
    Ok(())
}

fn deflated(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < DEFLATE_FROM {
        return None;
    }
    let mut small = Vec::with_capacity(body.len());
    // Reading from a slice into a vector cannot fail; were it to, the body goes as it is.
    DeflateEncoder::new(body, Compression::fast()).read_to_end(&mut small).ok()?;
    (small.len() <= body.len() - body.len() / 8).then_some(small)
}

/// What comes next in a file of frames.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A whole frame; its body is in [`FrameReader::body`].
    Frame(u8),
    /// The file ends behind a whole frame.
    End,
    /// What follows is no whole frame.
    Torn(Tear),
}

/// Why what follows is no whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tear {
    Cut,
    Checksum,
    Undecodable(String),
    Unreadable(String),
}

/// Reads frames one after another; holds one at a time.
#[derive(Debug)]
pub(super) struct FrameReader<R> {
    source: R,
    payload: Vec<u8>,
    inflated: Vec<u8>,
    intact: u64,
    ahead: u64,
}

impl<R: Read> FrameReader<R> {
    /// Reads on behind the head of a file.
    pub(super) fn new(source: R) -> Self {
        Self { source, payload: Vec::new(), inflated: Vec::new(), intact: HEAD_LEN as u64, ahead: 0 }
    }

    /// Where in the file the last frame accepted ends.
    pub(super) const fn intact(&self) -> u64 {
        self.intact
    }

    /// The body of the frame that [`read`](Self::read) found.
    pub(super) fn body(&self) -> &[u8] {
        if self.payload.first().is_some_and(|kind| kind & DEFLATED != 0) {
            &self.inflated
        } else {
            self.payload.get(1..).unwrap_or_default()
        }
    }

    /// Says that the frame read last means something: it counts as intact.
    pub(super) const fn accept(&mut self) {
        self.intact += self.ahead;
        self.ahead = 0;
    }

    /// Reads a frame. Not to be called again after anything but [`Next::Frame`].
    pub(super) fn read(&mut self) -> Next {
        match self.read_frame() {
            Ok(next) => next,
            Err(error) => Next::Torn(Tear::Unreadable(error.to_string())),
        }
    }

    fn read_frame(&mut self) -> io::Result<Next> {
        let mut head = Vec::with_capacity(FRAME_HEAD_LEN);
        match self.source.by_ref().take(FRAME_HEAD_LEN as u64).read_to_end(&mut head)? {
            0 => return Ok(Next::End),
            FRAME_HEAD_LEN => {}
            _ => return Ok(Next::Torn(Tear::Cut)),
        }
        let (length, crc) = (le_u32(&head[..4]), le_u32(&head[4..]));
        // A length of 0 is what a file system leaves that grew the file before it lost power.
        if length == 0 || length as usize > MAX_FRAME {
            return Ok(Next::Torn(Tear::Checksum));
        }
        self.payload.clear();
        // Grows as bytes come: a wrong length asks for no memory.
        let read = self.source.by_ref().take(u64::from(length)).read_to_end(&mut self.payload)?;
        if read < length as usize {
            return Ok(Next::Torn(Tear::Cut));
        }
        if crc32fast::hash(&self.payload) != crc {
            return Ok(Next::Torn(Tear::Checksum));
        }
        self.ahead = FRAME_HEAD_LEN as u64 + u64::from(length);
        let kind = self.payload[0];
        if kind & DEFLATED != 0 {
            self.inflated.clear();
            let inflating = DeflateDecoder::new(&self.payload[1..]).take(MAX_FRAME as u64 + 1);
            if let Err(error) = io::BufReader::new(inflating).read_to_end(&mut self.inflated) {
                return Ok(Next::Torn(Tear::Undecodable(error.to_string())));
            }
            if self.inflated.len() > MAX_FRAME {
                return Ok(Next::Torn(Tear::Undecodable("it inflates to more than 64 MiB".to_owned())));
            }
        }
        Ok(Next::Frame(kind & !DEFLATED))
    }
}

fn le_u32(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(bodies: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        for body in bodies {
            append(&mut out, KIND_SECOND, body).unwrap();
        }
        out
    }

    fn read_all(bytes: &[u8]) -> (Vec<Vec<u8>>, u64, Next) {
        let mut reader = FrameReader::new(bytes);
        let mut bodies = Vec::new();
        loop {
            match reader.read() {
                Next::Frame(_) => {
                    bodies.push(reader.body().to_vec());
                    reader.accept();
                }
                end @ (Next::End | Next::Torn(_)) => return (bodies, reader.intact() - HEAD_LEN as u64, end),
            }
        }
    }

    #[test]
    fn a_body_that_repeats_itself_is_deflated_and_one_that_does_not_is_not() {
        let dull = vec![7; 10_000];
        let small = frames(std::slice::from_ref(&dull));
        assert!(small.len() < 200, "{}", small.len());
        assert_eq!(read_all(&small).0, [dull]);
        let dense: Vec<u8> =
            (0..2_500_u32).flat_map(|i| crc32fast::hash(&i.to_le_bytes()).to_le_bytes()).collect();
        assert_eq!(frames(&[dense]).len(), FRAME_HEAD_LEN + 1 + 10_000);
    }

    #[test]
    fn zeros_behind_the_last_frame_are_torn() {
        let bytes = [frames(&[vec![1, 2, 3]]), vec![0; 4_096]].concat();
        assert_eq!(read_all(&bytes), (vec![vec![1, 2, 3]], 12, Next::Torn(Tear::Checksum)));
    }

    #[test]
    fn too_large_is_refused() {
        assert_eq!(append(&mut Vec::new(), KIND_SECOND, &vec![0; MAX_FRAME]), Err(MAX_FRAME));
    }

    #[test]
    fn heads() {
        let version = FormatVersion { major: 1, minor: 258 };
        let head = head(version);
        assert_eq!(&head, b"BRUNTSEC\x01\x00\x02\x01");
        assert_eq!(version_of(&head), Some(version));
        assert_eq!(version_of(b"BRUNTSEX\x01\x00\x02\x01"), None);
    }

    proptest! {
        #[test]
        fn every_truncation_delivers_the_frames_before_it(
            bodies in prop::collection::vec(prop::collection::vec(0_u8..3, 0..800), 0..4),
        ) {
            let bytes = frames(&bodies);
            let mut ends = vec![0];
            for body in &bodies {
                ends.push(ends.last().unwrap() + frames(std::slice::from_ref(body)).len());
            }
            for cut in 0..=bytes.len() {
                let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
                let (read, intact, end) = read_all(&bytes[..cut]);
                prop_assert_eq!(&read, &bodies[..whole]);
                prop_assert_eq!(intact, ends[whole] as u64);
                prop_assert_eq!(end, if ends[whole] == cut { Next::End } else { Next::Torn(Tear::Cut) });
            }
        }

        #[test]
        fn a_changed_byte_is_noticed(
            body in prop::collection::vec(any::<u8>(), 1..600), at in any::<prop::sample::Index>(), by in 1_u8..,
        ) {
            let good = frames(&[vec![9], body]);
            let mut bad = good.clone();
            let at = 10 + at.index(bad.len() - 10);
            bad[at] ^= by;
            let (read, intact, end) = read_all(&bad);
            prop_assert_eq!(read, vec![vec![9_u8]]);
            prop_assert_eq!(intact, 10);
            prop_assert!(matches!(end, Next::Torn(_)), "{:?}", end);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            read_all(&bytes);
        }
    }
}
