//! The live block on a terminal: drawn in place, over and over.
//!
//! Writes only; it never asks the terminal anything and never changes its mode. So nothing has to be undone
//! but the hidden cursor, which comes back when this is closed or dropped, panic or not.

use crate::text::{clean, width};
use crate::{Style, frame};
use brunt_metrics::Nanos;
use brunt_run::RunView;
use std::io::{self, Write};

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenSize {
    /// How many characters fit in a row.
    pub columns: usize,
    /// How many rows there are.
    pub rows: usize,
}

/// Draws frames to `out`, each over the one before.
pub struct LiveTerminal<W: Write, S: Fn() -> ScreenSize> {
    out: W,
    size: S,
    style: Style,
    /// The columns of each line of the frame on the screen.
    drawn: Vec<usize>,
    cursor_hidden: bool,
}

impl<W: Write, S: Fn() -> ScreenSize> LiveTerminal<W, S> {
    /// Draws to `out`, whose size is asked for before each frame, so that a resize is followed.
    pub fn new(out: W, size: S, style: Style) -> Self {
        Self { out, size, style, drawn: Vec::new(), cursor_hidden: false }
    }

    /// Shows where the run stands, in place of the frame before.
    pub fn draw(&mut self, view: &RunView, now: Nanos) -> io::Result<()> {
        let size = (self.size)();
        // One row stays free for the cursor: a block that scrolls cannot be drawn over.
        let lines = frame(view, now, size.columns, size.rows.saturating_sub(1), self.style);
        let mut out = self.over_the_frame(size);
        if !self.cursor_hidden {
            out.insert_str(0, "\u{1b}[?25l");
        }
        for line in &lines {
            out += line;
            out += "\u{1b}[K\n";
        }
        out += "\u{1b}[J";
        self.cursor_hidden = true;
        self.drawn = lines.iter().map(|line| visible_width(line)).collect();
        self.write(&out)
    }

    /// Prints lines that stay, above the frame. The frame is back with the next [`draw`](Self::draw).
    pub fn println_above(&mut self, text: &str) -> io::Result<()> {
        let mut out = self.over_the_frame((self.size)());
        for line in text.lines() {
            out += &clean(line);
            out += "\u{1b}[K\n";
        }
        out += "\u{1b}[J";
        self.drawn.clear();
        self.write(&out)
    }

    /// Removes the frame and gives the cursor back. Drawing again is possible.
    pub fn close(&mut self) -> io::Result<()> {
        let mut out = self.over_the_frame((self.size)());
        out += "\u{1b}[J";
        self.drawn.clear();
        if std::mem::take(&mut self.cursor_hidden) {
            out += "\u{1b}[?25h";
        }
        self.write(&out)
    }

    /// Moves to the first row of the frame. In a terminal that became narrower its lines have been broken
    /// into more rows than it had.
    fn over_the_frame(&self, size: ScreenSize) -> String {
        let columns = size.columns.max(1);
        let rows: usize = self.drawn.iter().map(|w| w.div_ceil(columns).max(1)).sum();
        if rows == 0 { "\r".into() } else { format!("\r\u{1b}[{rows}A") }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

impl<W: Write, S: Fn() -> ScreenSize> Drop for LiveTerminal<W, S> {
    fn drop(&mut self) {
        if self.cursor_hidden {
            // Nobody is left to be told that the terminal is gone.
            let _ = self.write("\u{1b}[?25h");
        }
    }
}

/// The columns of a rendered line: its colours take none.
fn visible_width(line: &str) -> usize {
    let mut pieces = line.split("\u{1b}[");
    let first = pieces.next().map_or(0, width);
    first + pieces.map(|piece| piece.split_once('m').map_or(0, |(_, text)| width(text))).sum::<usize>()
}
