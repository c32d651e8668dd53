//! Files with one JSON object a line.

use crate::notes::{At, Notes};
use crate::source::cut;
use std::io::{BufRead, Read};

/// The longest line. A request with its body and headers fits; what is longer is no line.
const MAX_LINE: u64 = 16 * 1024 * 1024;

/// Lines, one at a time, in one buffer.
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), line: 0 }
    }

    /// The next line with something in it; `None` at the end, or where the file cannot be read on.
    pub(crate) fn next(&mut self, notes: &mut Notes) -> Option<(u64, &[u8])> {
        loop {
            self.buffer.clear();
            self.line += 1;
            match self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.buffer) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    let why = if cut(&error) {
                        "the compressed file is cut off or damaged"
                    } else {
                        "it cannot be read"
                    };
                    notes.cut(At::line(self.line), format!("{why} from here ({error}): read up to here"));
                    return None;
                }
            }
            if !self.buffer.trim_ascii().is_empty() {
                notes.go_on();
                break;
            }
        }
        Some((self.line, self.buffer.trim_ascii()))
    }
}

/// What is wrong, without the place, which is told otherwise.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = crate::words::shown(&error.to_string());
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Says that a line is not what it should be.
pub(crate) fn bad_line(error: &serde_json::Error, line: u64, notes: &mut Notes) {
    let at = At { line, column: error.column() as u64 };
    if error.is_eof() {
        notes.torn("broken lines", at, "a line that ends too early".to_owned());
    } else {
        notes.problem("broken lines", at, || format!("the line is left out: {}", reason(error)));
    }
}
