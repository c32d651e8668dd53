//! One row per request, for those who ask for it: handed on in chunks, off the hot path.
//!
//! A worker fills a chunk and gives it to a bounded queue. When whoever writes the rows cannot follow, whole
//! chunks are counted as lost and the load goes on undisturbed.

use brunt_metrics::Sample;
use std::sync::mpsc::{SyncSender, TrySendError};

/// Rows of one worker, in the order in which its requests ended.
pub type RowChunk = Vec<Sample>;

/// Rows per chunk: about 170 KB, some milliseconds of a fast worker's work.
const CHUNK: usize = 1_024;

/// Where a worker puts its rows.
#[derive(Debug)]
pub struct RowTap {
    sender: SyncSender<RowChunk>,
    chunk: RowChunk,
    /// One request in this many is kept; above 0.
    every: u64,
    seen: u64,
    lost: u64,
}

impl RowTap {
    /// A tap that keeps one request in `every` and hands chunks to `sender`.
    pub fn new(sender: SyncSender<RowChunk>, every: u64) -> Self {
        Self { sender, chunk: Vec::with_capacity(CHUNK), every: every.max(1), seen: 0, lost: 0 }
    }

    pub(crate) fn push(&mut self, sample: &Sample) {
        self.seen += 1;
        if self.seen.is_multiple_of(self.every) {
            self.chunk.push(*sample);
            if self.chunk.len() == CHUNK {
                self.flush();
            }
        }
    }

    /// Hands on what there is.
    pub(crate) fn flush(&mut self) {
        if self.chunk.is_empty() {
            return;
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        if let Err(TrySendError::Full(chunk) | TrySendError::Disconnected(chunk)) =
            self.sender.try_send(chunk)
        {
            self.lost += chunk.len() as u64;
            self.chunk = chunk;
            self.chunk.clear();
        }
    }

    /// Rows lost since the last call.
    pub(crate) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}
