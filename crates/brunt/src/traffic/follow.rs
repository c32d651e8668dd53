//! A log file that grows, read on and on: whole lines only, also over rotation and truncation.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::path::PathBuf;

/// How much is read at once.
const BLOCK: usize = 1 << 16;

/// Gives what stands in the file now and then nothing, until more is there. A file of the same name that takes its place is read from its
/// beginning, after the rest of the one before; one that became shorter is read from its beginning.
pub(super) struct Follow {
    path: PathBuf,
    file: File,
    read: u64,
    /// Read, and not yet given: whole lines, and behind them a line that has not ended.
    held: Vec<u8>,
    given: usize,
    whole: usize,
}

impl Follow {
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file = File::open(&path)?;
        Ok(Self { path, file, read: 0, held: Vec::new(), given: 0, whole: 0 })
    }

    /// Reads on; false where there is nothing more.
    fn more(&mut self) -> io::Result<bool> {
        self.held.drain(..self.given);
        (self.given, self.whole) = (0, 0);
        loop {
            let before = self.held.len();
            self.held.resize(before + BLOCK, 0);
            let n = self.file.read(&mut self.held[before..]);
            self.held.truncate(before + n.as_ref().map_or(0, |n| *n));
            let n = n?;
            self.read += n as u64;
            if let Some(last) = memchr::memrchr(b'\n', &self.held[before..]) {
                self.whole = before + last + 1;
                return Ok(true);
            }
            if n == 0 && !self.turn()? {
                return Ok(false);
            }
            if self.whole > 0 {
                return Ok(true);
            }
        }
    }

    /// Goes to the beginning of the file that is there now, if it is another one or a shorter one.
    fn turn(&mut self) -> io::Result<bool> {
        // Between the end of one and the beginning of the next there may be none.
        let Ok(now) = std::fs::metadata(&self.path) else { return Ok(false) };
        let mine = self.file.metadata()?;
        if !same(&mine, &now) {
            self.file = File::open(&self.path)?;
        } else if mine.len() < self.read {
            self.file.rewind()?;
        } else {
            return Ok(false);
        }
        self.read = 0;
        // What was written of a last line is all that there will be of it.
        if !self.held.is_empty() {
            self.held.push(b'\n');
            self.whole = self.held.len();
        }
        Ok(true)
    }
}

impl Read for Follow {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.whole && !self.more()? {
            return Ok(0);
        }
        let n = into.len().min(self.whole - self.given);
        into[..n].copy_from_slice(&self.held[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Without numbers of files a new one is known by being shorter.
#[cfg(not(unix))]
fn same(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;

    #[test]
    fn whole_lines_are_given_once_over_rotation_and_truncation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let write = |text: &str| {
            let mut file = File::options().append(true).create(true).open(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        write("one\ntw");
        let mut follow = Follow::open(path.clone()).unwrap();
        let mut all = |wanted: &str| {
            let mut text = String::new();
            follow.read_to_string(&mut text).unwrap();
            assert_eq!(text, wanted);
        };
        all("one\n");
        all("");
        write("o\nthree\nfo");
        all("two\nthree\n");
        // Rotated: the last line has no end and never will.
        fs::rename(&path, folder.path().join("access.log.1")).unwrap();
        all("");
        write("five\nsi");
        all("fo\nfive\n");
        // Emptied in place, as `copytruncate` does.
        fs::write(&path, "").unwrap();
        all("si\n");
        write("seven\n");
        all("seven\n");
        // Longer than one block.
        let long = format!("{}\n", "x".repeat(3 * BLOCK));
        write(&long);
        all(&long);
    }
}
