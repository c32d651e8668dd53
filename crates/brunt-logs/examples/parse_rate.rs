//! How quickly a log is parsed, beside how quickly its newlines are counted: `parse_rate FILE`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement at a prompt")]

use brunt_logs::{Log, open};
use std::error::Error;
use std::fs::File;
use std::io::BufRead;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: parse_rate FILE")?;

    let begun = Instant::now();
    let mut from = open(File::open(&path)?)?;
    let mut newlines = 0_u64;
    loop {
        let part = from.fill_buf()?;
        if part.is_empty() {
            break;
        }
        newlines += memchr::memchr_iter(b'\n', part).count() as u64;
        let taken = part.len();
        from.consume(taken);
    }
    let counting = newlines as f64 / begun.elapsed().as_secs_f64();

    let begun = Instant::now();
    let mut log = Log::new(open(File::open(&path)?)?);
    let (mut entries, mut sum) = (0_u64, 0_u64);
    while let Some(entry) = log.entry()? {
        entries += 1;
        sum = sum.wrapping_add(entry.bytes + entry.target.len() as u64 + entry.agent.len() as u64);
    }
    let parsing = log.lines() as f64 / begun.elapsed().as_secs_f64();

    println!("format    {}", log.format());
    println!(
        "lines     {} ({entries} entries, {} skipped, checksum {sum})",
        log.lines(),
        log.skipped().lines
    );
    println!("counting  {:.2} M lines/s", counting / 1e6);
    println!("parsing   {:.2} M lines/s", parsing / 1e6);
    println!("ratio     {:.1}", counting / parsing);
    Ok(())
}
