//! Rows per request, written by a thread of their own.

use brunt_engine::{RowChunk, RowTap};
use brunt_report::RequestWriter;
use brunt_run::SeriesName;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

/// Chunks that may wait for the disk: some 10 MB. What does not fit is counted as lost.
const WAITING: usize = 64;

/// The thread that writes rows.
pub(crate) struct Rows {
    writer: JoinHandle<io::Result<()>>,
}

/// Starts writing rows to `file`; one tap a worker.
pub(crate) fn start(
    file: &Path,
    every: u64,
    workers: u32,
    series: Vec<SeriesName>,
) -> io::Result<(Rows, Vec<RowTap>)> {
    let file = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let (sender, receiver) = sync_channel(WAITING);
    let taps = (0..workers).map(|_| RowTap::new(sender.clone(), every)).collect();
    let write = move || write(RequestWriter::new(file), &receiver, &series);
    let writer = thread::Builder::new().name("brunt-rows".into()).spawn(write)?;
    Ok((Rows { writer }, taps))
}

fn write(
    mut rows: RequestWriter<BufWriter<File>>,
    chunks: &Receiver<RowChunk>,
    series: &[SeriesName],
) -> io::Result<()> {
    rows.write_header()?;
    for chunk in chunks {
        for sample in &chunk {
            if let Some(name) = series.get(sample.endpoint.0 as usize) {
                rows.write_sample(sample, name)?;
            }
        }
    }
    rows.finish().map(drop)
}

impl Rows {
    /// Waits for the last row; tells what went wrong.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.writer.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes rows died")))
    }
}
