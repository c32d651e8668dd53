//! Logs as they lie on disk: plain, or packed by gzip, xz or zstd, known by their first bytes.
//!
//! A packed log that was cut off gives all that stands before the cut, and then an error of
//! [`io::ErrorKind::UnexpectedEof`]; one that is damaged gives [`io::ErrorKind::InvalidData`].

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

/// What one read asks for: large, since logs are.
const BUFFER: usize = 1 << 17;

/// The most memory that unpacking may take, in MB: `xz -9` needs 65, `zstd --ultra -22` 128.
const MEMORY_MB: u32 = 512;

/// How a log is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// By gzip; several members one after the other are one log.
    Gzip,
    /// By xz.
    Xz,
    /// By zstd; several frames one after the other are one log.
    Zstd,
}

impl Packing {
    fn of(begin: &[u8]) -> Self {
        if begin.starts_with(&[0x1f, 0x8b]) {
            Self::Gzip
        } else if begin.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
            Self::Xz
        } else if begin.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || skippable(begin) {
            Self::Zstd
        } else {
            Self::Plain
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        })
    }
}

/// A frame that zstd passes over (RFC 8878, 3.1.2): `pzstd` writes them.
const fn skippable(begin: &[u8]) -> bool {
    matches!(begin, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Reads a log whatever it is packed with.
///
/// Errors when the first bytes cannot be read.
pub fn open<R: Read>(mut from: R) -> io::Result<Opened<R>> {
    let mut begin = Vec::with_capacity(6);
    from.by_ref().take(6).read_to_end(&mut begin)?;
    let packing = Packing::of(&begin);
    let source = Source { begin: Cursor::new(begin), from, ended: false };
    let unpacked = match packing {
        Packing::Plain => Unpacked::Plain(source),
        Packing::Gzip => Unpacked::Gzip(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, source))),
        Packing::Xz => Unpacked::Xz(Box::new(XzReader::new_mem_limit(
            BufReader::with_capacity(BUFFER, source),
            true,
            MEMORY_MB << 10,
        ))),
        Packing::Zstd => Unpacked::Zstd(Box::new(Frames {
            source: BufReader::with_capacity(BUFFER, source),
            decoder: patient_decoder(),
            block: Vec::new(),
            failed: None,
        })),
    };
    Ok(Opened { packing, buffer: BufReader::with_capacity(BUFFER, unpacked) })
}

/// A log that is unpacked while it is read.
pub struct Opened<R: Read> {
    packing: Packing,
    buffer: BufReader<Unpacked<R>>,
}

impl<R: Read> Opened<R> {
    /// How it is packed.
    pub const fn packing(&self) -> Packing {
        self.packing
    }
}

impl<R: Read> fmt::Debug for Opened<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("packing", &self.packing).finish_non_exhaustive()
    }
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.buffer.read(into)
    }
}

impl<R: Read> BufRead for Opened<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.buffer.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.buffer.consume(amount);
    }
}

enum Unpacked<R: Read> {
    Plain(Source<R>),
    Gzip(MultiGzDecoder<BufReader<Source<R>>>),
    Xz(Box<XzReader<BufReader<Source<R>>>>),
    Zstd(Box<Frames<R>>),
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(into),
            Self::Gzip(decoder) => {
                decoder.read(into).map_err(|e| why(e, decoder.get_ref().get_ref().ended, Packing::Gzip))
            }
            Self::Xz(decoder) => {
                decoder.read(into).map_err(|e| why(e, decoder.inner().get_ref().ended, Packing::Xz))
            }
            Self::Zstd(frames) => {
                frames.read(into).map_err(|e| why(e, frames.source.get_ref().ended, Packing::Zstd))
            }
        }
    }
}

/// Says what an unpacker's error means: whoever fails after the end of what there is was cut off.
fn why(error: io::Error, ended: bool, packing: Packing) -> io::Error {
    if error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    if error.kind() == io::ErrorKind::OutOfMemory {
        let why = format!(
            "to unpack the {packing} data takes more than {MEMORY_MB} MB of memory: unpack it into a plain file"
        );
        return io::Error::new(io::ErrorKind::OutOfMemory, why);
    }
    if ended {
        return io::Error::new(io::ErrorKind::UnexpectedEof, format!("the {packing} data is cut off"));
    }
    let damaged = matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
    );
    if damaged {
        return io::Error::new(io::ErrorKind::InvalidData, format!("the {packing} data is damaged: {error}"));
    }
    error
}

/// What is read from, which remembers that it ended.
struct Source<R> {
    begin: Cursor<Vec<u8>>,
    from: R,
    ended: bool,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut read = self.begin.read(into)?;
        if read == 0 {
            read = self.from.read(into)?;
            self.ended |= read == 0 && !into.is_empty();
        }
        Ok(read)
    }
}

/// The frames of zstd data, one after the other.
struct Frames<R> {
    source: BufReader<Source<R>>,
    decoder: FrameDecoder,
    /// The block that is decoded next, whole.
    block: Vec<u8>,
    /// What ended the data, given when all that was decoded before has been read.
    failed: Option<io::Error>,
}

fn patient_decoder() -> FrameDecoder {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(u64::from(MEMORY_MB) << 20);
    decoder
}

/// The last block of a frame, empty (RFC 8878, 3.1.1.2), and room for a checksum that is not looked at. A decoder holds back what later
/// blocks may refer to: where a frame is cut off, this makes it give what it has.
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        while self.decoder.can_collect() == 0 {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            if self.decoder.is_finished() {
                if self.source.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.next_frame()?;
            } else if let Err(error) = self.next_block() {
                self.failed = Some(error);
                if !self.decoder.is_finished() {
                    self.decode(&LAST_BLOCK[..])?;
                }
            }
        }
        self.decoder.read(into)
    }
}

impl<R: Read> Frames<R> {
    fn next_frame(&mut self) -> io::Result<()> {
        let Err(error) = self.decoder.reset(&mut self.source) else { return Ok(()) };
        if matches!(error, FrameDecoderError::WindowSizeTooBig { .. }) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. }) = &error
        else {
            return Err(io::Error::other(error));
        };
        let length = u64::from(*length);
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        if skipped < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Decodes one block, once all of it is here (its header: RFC 8878, 3.1.1.2).
    fn next_block(&mut self) -> io::Result<()> {
        let mut header = [0; 3];
        self.source.read_exact(&mut header)?;
        let [a, b, c] = header.map(usize::from);
        let size = (a | b << 8 | c << 16) >> 3;
        let repeated = a >> 1 & 3 == 1;
        let size = if repeated { 1 } else { size };
        let mut block = std::mem::take(&mut self.block);
        block.clear();
        block.extend_from_slice(&header);
        self.source.by_ref().take(size as u64).read_to_end(&mut block)?;
        let whole = block.len() == header.len() + size;
        let decoded = if whole { self.decode(&block) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        self.block = block;
        decoded
    }

    fn decode(&mut self, block: &[u8]) -> io::Result<()> {
        self.decoder
            .decode_blocks(block.chain(&mut self.source), BlockDecodingStrategy::UptoBlocks(1))
            .map(drop)
            .map_err(io::Error::other)
    }
}
