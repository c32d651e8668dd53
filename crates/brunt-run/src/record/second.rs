//! A sealed second as bytes, and back.
//!
//! The layout stands in `docs/run-record.md`. What makes it small: keys and buckets are differences to the
//! one before, a bucket that counted one value is one byte, what can be derived (totals) is not written, and
//! a service histogram that equals the response histogram (always so in a closed loop) is one byte.
//!
//! Decoding trusts nothing: every length is held against the bytes there are, every bucket against the
//! layout of the histograms, every counter against [`MAX_COUNT`](super::wire::MAX_COUNT).

use super::wire::{Cursor, Malformed, put, put_nanos, put_signed, put_text, put_wide};
use brunt_metrics::{
    CellKey, CellSecond, CheckId, CheckSecond, EndpointId, ErrorKind, HIGHEST_TRACKABLE_US, MAX_TALLY_VALUE,
    Nanos, Outcome, Part, PartSum, Phase, ScenarioId, ScenarioSecond, Second, SparseHistogram, Status,
    TallyId, TallySecond, WorkerSecond, bucket_index,
};

/// Appends `second`.
pub(super) fn encode(second: &Second, out: &mut Vec<u8>) {
    encode_as_1_0(second, out);
    encode_cells(&second.asides, out);
    put(out, second.tallies.len() as u64);
    second.tallies.iter().for_each(|t| encode_tally(t, out));
}

/// The sections that a body has had since version 1.0.
fn encode_as_1_0(second: &Second, out: &mut Vec<u8>) {
    put(out, second.index);
    encode_cells(&second.cells, out);
    put(out, second.scenarios.len() as u64);
    second.scenarios.iter().for_each(|s| encode_scenario(s, out));
    put(out, second.checks.len() as u64);
    for check in &second.checks {
        put(out, u64::from(check.check.0));
        put(out, check.passed);
        put(out, check.failed);
    }
    put(out, second.lag.counts.len() as u64);
    encode_histogram(&second.lag, out);
    put(out, second.requests_started);
    put_nanos(out, second.in_flight_time);
    put(out, second.workers.len() as u64);
    second.workers.iter().for_each(|w| encode_worker(w, out));
}

fn encode_cells(cells: &[CellSecond], out: &mut Vec<u8>) {
    put(out, cells.len() as u64);
    let mut endpoint = 0_u32;
    for cell in cells {
        put(out, u64::from(cell.key.endpoint.0.wrapping_sub(endpoint)));
        endpoint = cell.key.endpoint.0;
        encode_cell(cell, out);
    }
}

fn encode_cell(cell: &CellSecond, out: &mut Vec<u8>) {
    put(out, u64::from(cell.key.outcome.code()) << 2 | cell.key.phase as u64);
    put(out, u64::from(cell.key.status.raw()));
    put(out, cell.bytes_out);
    put(out, cell.bytes_in);
    put(out, cell.retries);
    put(out, cell.response.counts.len() as u64);
    encode_histogram(&cell.response, out);
    // 0 stands for "the same again", so that a length is written one higher.
    if cell.service == cell.response {
        put(out, 0);
    } else {
        put(out, cell.service.counts.len() as u64 + 1);
        encode_histogram(&cell.service, out);
    }
    let mut present = 0_u8;
    for (bit, part) in cell.parts.iter().enumerate() {
        present |= u8::from(*part != PartSum::default()) << bit;
    }
    out.push(present);
    for part in cell.parts.iter().filter(|p| **p != PartSum::default()) {
        // Most requests have the part or none has: the difference is near 0, or the mask says it.
        put_signed(out, cell.response.total.wrapping_sub(part.count).cast_signed());
        put_nanos(out, part.sum);
        put_nanos(out, part.max);
    }
}

fn encode_scenario(s: &ScenarioSecond, out: &mut Vec<u8>) {
    put(out, u64::from(s.scenario.0));
    for count in [s.due, s.started, s.dropped, s.completed, s.failed, s.cut, s.users_added, s.users_retired] {
        put(out, count);
    }
    put_nanos(out, s.user_time);
}

fn encode_worker(w: &WorkerSecond, out: &mut Vec<u8>) {
    put(out, u64::from(w.worker));
    put_nanos(out, w.cpu);
    put_nanos(out, w.stall_max);
    for count in [w.connections, w.connects, w.rows_lost] {
        put(out, count);
    }
}

fn encode_tally(t: &TallySecond, out: &mut Vec<u8>) {
    put(out, u64::from(t.tally.0));
    put(out, t.phase as u64);
    put_text(out, &t.value);
    put(out, t.count);
}

/// A histogram as it stands in a second's frame, behind the number of its buckets: for stores beside the record, so that
/// there is one format.
pub fn histogram_to_bytes(h: &SparseHistogram) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, h.counts.len() as u64);
    encode_histogram(h, &mut out);
    out
}

/// Reads what [`histogram_to_bytes`] wrote; `None` if it is anything else.
pub fn histogram_from_bytes(bytes: &[u8]) -> Option<SparseHistogram> {
    let mut cursor = Cursor::new(bytes);
    let buckets = cursor.length().ok()?;
    let histogram = decode_histogram(&mut cursor, buckets).ok()?;
    cursor.is_at_end().then_some(histogram)
}

/// Appends all of a histogram but the number of its buckets; nothing when it has none.
fn encode_histogram(h: &SparseHistogram, out: &mut Vec<u8>) {
    if h.counts.is_empty() {
        return;
    }
    let mut before = 0_u32;
    for &(bucket, count) in &h.counts {
        let delta = u64::from(bucket.wrapping_sub(before));
        before = bucket;
        put(out, delta << 1 | u64::from(count != 1));
        if count != 1 {
            put(out, count);
        }
    }
    put_nanos(out, h.min);
    put(out, h.max.0.wrapping_sub(h.min.0));
    put_wide(out, h.sum_ns.wrapping_sub(floor_sum(h.total, h.min)));
}

/// What the sum would be if every value were the minimum: what a sum's encoding is counted from.
fn floor_sum(total: u64, min: Nanos) -> u128 {
    u128::from(total) * u128::from(min.0)
}

/// Reads a second. What follows it is ignored: a later minor version may append to it. A body of version 1.0 ends
/// before the asides.
pub(super) fn decode(cursor: &mut Cursor<'_>) -> Result<Second, Malformed> {
    let index = cursor.varint()?;
    let cells = decode_cells(cursor)?;
    let scenarios = list(cursor, decode_scenario)?;
    let checks = list(cursor, |c| {
        Ok(CheckSecond { check: CheckId(c.narrow()?), passed: c.count()?, failed: c.count()? })
    })?;
    let buckets = cursor.length()?;
    let lag = decode_histogram(cursor, buckets)?;
    let requests_started = cursor.count()?;
    let in_flight_time = cursor.nanos()?;
    let workers = list(cursor, decode_worker)?;
    let (asides, tallies) = if cursor.is_at_end() {
        (Vec::new(), Vec::new())
    } else {
        (decode_cells(cursor)?, list(cursor, decode_tally)?)
    };
    Ok(Second {
        index,
        cells,
        asides,
        scenarios,
        checks,
        lag,
        requests_started,
        in_flight_time,
        workers,
        tallies,
    })
}

fn list<T>(
    cursor: &mut Cursor<'_>,
    entry: impl Fn(&mut Cursor<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let length = cursor.length()?;
    // Grown as entries come, not as the length promises: an entry is larger in memory than its bytes.
    let mut entries = Vec::new();
    for _ in 0..length {
        entries.push(entry(cursor)?);
    }
    Ok(entries)
}

fn decode_cells(cursor: &mut Cursor<'_>) -> Result<Vec<CellSecond>, Malformed> {
    let length = cursor.length()?;
    let mut endpoint = 0_u32;
    let mut cells = Vec::new();
    let mut folded = false;
    for _ in 0..length {
        endpoint = endpoint.wrapping_add(cursor.narrow()?);
        let (cell, known) = decode_cell(EndpointId(endpoint), cursor)?;
        folded |= known == KnownOutcome::No;
        cells.push(cell);
    }
    Ok(if folded { merged_by_key(cells) } else { cells })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KnownOutcome {
    Yes,
    No,
}

/// Brings cells back to one a key, ascending, after outcomes of a later version were read as `io`.
fn merged_by_key(mut cells: Vec<CellSecond>) -> Vec<CellSecond> {
    cells.sort_by_key(|c| c.key);
    cells.dedup_by(|next, kept| {
        let same = next.key == kept.key;
        if same {
            kept.merge(next);
        }
        same
    });
    cells
}

fn decode_cell(
    endpoint: EndpointId,
    cursor: &mut Cursor<'_>,
) -> Result<(CellSecond, KnownOutcome), Malformed> {
    let ending: u16 = cursor.narrow()?;
    let code = u8::try_from(ending >> 2).map_err(|_| Malformed::Range)?;
    let (outcome, known) = match Outcome::from_code(code) {
        Some(outcome) => (outcome, KnownOutcome::Yes),
        None => (Outcome::Error(ErrorKind::Io), KnownOutcome::No),
    };
    let phase = u8::try_from(ending & 3).ok().and_then(Phase::from_code).ok_or(Malformed::Range)?;
    let status = Status::from_raw(cursor.narrow()?);
    let mut cell = CellSecond::empty(CellKey { endpoint, phase, status, outcome });
    cell.bytes_out = cursor.count()?;
    cell.bytes_in = cursor.count()?;
    cell.retries = cursor.count()?;
    let buckets = cursor.length()?;
    cell.response = decode_histogram(cursor, buckets)?;
    cell.service = match cursor.length()? {
        0 => cell.response.clone(),
        more => decode_histogram(cursor, more - 1)?,
    };
    let present = cursor.byte()?;
    if present >> Part::ALL.len() != 0 {
        return Err(Malformed::Range);
    }
    for (bit, part) in cell.parts.iter_mut().enumerate() {
        if present >> bit & 1 == 1 {
            let count = cell.response.total.wrapping_sub(cursor.signed()?.cast_unsigned());
            if count > super::wire::MAX_COUNT {
                return Err(Malformed::Range);
            }
            *part = PartSum { count, sum: cursor.nanos()?, max: cursor.nanos()? };
        }
    }
    Ok((cell, known))
}

fn decode_scenario(c: &mut Cursor<'_>) -> Result<ScenarioSecond, Malformed> {
    Ok(ScenarioSecond {
        scenario: ScenarioId(c.narrow()?),
        due: c.count()?,
        started: c.count()?,
        dropped: c.count()?,
        completed: c.count()?,
        failed: c.count()?,
        cut: c.count()?,
        users_added: c.count()?,
        users_retired: c.count()?,
        user_time: c.nanos()?,
    })
}

fn decode_worker(c: &mut Cursor<'_>) -> Result<WorkerSecond, Malformed> {
    Ok(WorkerSecond {
        worker: c.narrow()?,
        cpu: c.nanos()?,
        stall_max: c.nanos()?,
        connections: c.count()?,
        connects: c.count()?,
        rows_lost: c.count()?,
    })
}

fn decode_tally(c: &mut Cursor<'_>) -> Result<TallySecond, Malformed> {
    Ok(TallySecond {
        tally: TallyId(c.narrow()?),
        phase: Phase::from_code(c.narrow()?).ok_or(Malformed::Range)?,
        value: c.text(MAX_TALLY_VALUE)?,
        count: c.count()?,
    })
}

fn decode_histogram(cursor: &mut Cursor<'_>, buckets: usize) -> Result<SparseHistogram, Malformed> {
    if buckets == 0 {
        return Ok(SparseHistogram::default());
    }
    let highest = bucket_index(HIGHEST_TRACKABLE_US) as u64;
    let mut counts = Vec::new();
    let (mut bucket, mut total) = (0_u64, 0_u64);
    for position in 0..buckets {
        let step = cursor.varint()?;
        bucket += step >> 1;
        if bucket > highest || (position > 0 && step >> 1 == 0) {
            return Err(Malformed::Range);
        }
        let count = if step & 1 == 1 { cursor.count()? } else { 1 };
        total += count;
        if count == 0 || total > super::wire::MAX_COUNT {
            return Err(Malformed::Range);
        }
        counts.push((u32::try_from(bucket).map_err(|_| Malformed::Range)?, count));
    }
    let min = cursor.nanos()?;
    let max = Nanos(min.0.checked_add(cursor.varint()?).ok_or(Malformed::Range)?);
    let sum_ns = floor_sum(total, min).checked_add(cursor.wide()?).ok_or(Malformed::Range)?;
    // No sum of so many values at most `max` is larger; beyond it later additions could overflow.
    if sum_ns > floor_sum(total, max) {
        return Err(Malformed::Range);
    }
    Ok(SparseHistogram { counts, total, sum_ns, min, max })
}

#[cfg(test)]
mod tests;
