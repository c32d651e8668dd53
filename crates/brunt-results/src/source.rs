//! A file's bytes: opened, unpacked if they are compressed with gzip, and looked at before they are read.

use crate::ResultsError;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// How much is looked at to tell what a file is. Headers of CSV files and first lines of JSON fit with room.
const HEAD: u64 = 256 * 1024;
/// The longest document that is read whole. Summaries have kilobytes; this holds one with 100,000 endpoints.
const MAX_DOCUMENT: u64 = 256 * 1024 * 1024;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes with their beginning known.
pub(crate) struct Source<'a> {
    /// What it begins with, without a byte order mark.
    pub(crate) head: Vec<u8>,
    rest: Box<dyn BufRead + 'a>,
}

impl<'a> Source<'a> {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Source<'static>, ResultsError> {
        Source::new(path, Self::file(path)?)
    }

    pub(crate) fn file(path: &Path) -> Result<File, ResultsError> {
        File::open(path).map_err(|source| ResultsError::Io { path: path.to_owned(), source })
    }

    /// Takes bytes from anywhere.
    pub(crate) fn new(path: &Path, content: impl Read + 'a) -> Result<Self, ResultsError> {
        let failed = |source| ResultsError::Io { path: path.to_owned(), source };
        let mut raw = BufReader::with_capacity(64 * 1024, content);
        let packed = raw.fill_buf().map_err(failed)?.starts_with(b"\x1f\x8b");
        let mut rest: Box<dyn BufRead + 'a> =
            if packed { Box::new(BufReader::new(MultiGzDecoder::new(raw))) } else { Box::new(raw) };
        let mut head = Vec::new();
        match rest.by_ref().take(HEAD).read_to_end(&mut head) {
            Ok(_) => {}
            // A packed file that is cut off: what came before the cut counts, and its reader says so.
            Err(error) if cut(&error) && !head.is_empty() => {}
            Err(error) if cut(&error) => return Err(ResultsError::Empty { path: path.to_owned() }),
            Err(error) => return Err(failed(error)),
        }
        if head.starts_with(UTF8_MARK) {
            head.drain(..UTF8_MARK.len());
        }
        Ok(Self { head, rest })
    }

    /// All bytes from the beginning.
    pub(crate) fn into_reader(self) -> impl BufRead + 'a {
        Cursor::new(self.head).chain(self.rest)
    }

    /// The whole of it, as one text; what is no UTF-8 is replaced.
    pub(crate) fn into_text(self, path: &Path) -> Result<String, ResultsError> {
        let mut bytes = Vec::new();
        match self.into_reader().take(MAX_DOCUMENT + 1).read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if cut(&error) => {}
            Err(source) => return Err(ResultsError::Io { path: path.to_owned(), source }),
        }
        if bytes.len() as u64 > MAX_DOCUMENT {
            let what = "a document of more than 256 MiB";
            let help = "give the tool's CSV or its results line by line instead".to_owned();
            return Err(ResultsError::Unread { path: path.to_owned(), what, help });
        }
        Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }
}

/// Whether an error says that compressed data ends too early or is damaged.
pub(crate) fn cut(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
    )
}
