//! Processes of this host as a source: what `/proc` says of those that are meant, from one sample to the next.

use crate::groups;
use crate::proc::{Process, Table, allowed_cores, io, meant, stat, ticks_since};
use crate::reading::{Reading, Readings};
use brunt_run::{ResourceKind as Kind, ResourceUnit as Unit};
use brunt_workload::ProcessPick;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

/// The most processes that are looked at one by one: a machine has hundreds, a few thousand at most.
const MAX_TABLE: usize = 20_000;

/// The most processes of one source whose open files, limits and disk traffic are read each second.
const MAX_LOOKED_INTO: usize = 64;

/// The most threads of one source that are told apart.
const MAX_THREADS: usize = 128;

/// The source.
#[derive(Debug)]
pub(crate) struct Processes {
    pick: ProcessPick,
    own_id: u32,
    page_bytes: f64,
    ticks_per_second: f64,
    before: Option<Before>,
    /// What the first process may use at most: processors and memory.
    limits: Option<(u32, Option<f64>, Option<f64>)>,
    /// Command lines by process and name: a program that starts another keeps its id and changes its name.
    commands: HashMap<(u32, u64, String), String>,
}

#[derive(Debug)]
struct Before {
    table: Table,
    ids: BTreeSet<u32>,
    /// Ticks by thread.
    threads: HashMap<(u32, u32), u64>,
    io: Option<(u64, u64)>,
}

impl Processes {
    pub(crate) fn new(pick: ProcessPick) -> Self {
        Self {
            pick,
            own_id: std::process::id(),
            page_bytes: rustix::param::page_size() as f64,
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            before: None,
            limits: None,
            commands: HashMap::new(),
        }
    }

    /// What they used in the `seconds` since the sample before.
    pub(crate) fn sample(&mut self, seconds: f64) -> Result<Readings, String> {
        let table = table()?;
        let ids = self.meant(&table);
        if ids.is_empty() {
            self.before = None;
            return Err(match &self.pick {
                ProcessPick::Id(id) => format!("there is no process {id}"),
                ProcessPick::Name(name) => format!("no process is called `{name}`"),
                ProcessPick::Command(part) => format!("no process has `{part}` in its command line"),
            });
        }
        let looked_into: Vec<u32> = ids.iter().copied().take(MAX_LOOKED_INTO).collect();
        let now = Before { threads: threads(&looked_into), io: sum_of_io(&looked_into), table, ids };
        let first = looked_into.first().copied().unwrap_or_default();
        if self.limits.is_none_or(|(id, ..)| id != first) {
            let (cores, memory) = limits(first);
            self.limits = Some((first, cores, memory));
        }
        let all = self.readings(&now, &looked_into, seconds);
        self.before = Some(now);
        Ok(Readings { all, notes: Vec::new() })
    }

    fn meant(&mut self, table: &Table) -> BTreeSet<u32> {
        let known = std::mem::take(&mut self.commands);
        let seen = std::cell::RefCell::new(HashMap::new());
        let command = |p: &Process| {
            let key = (p.id, p.began, p.name.clone());
            let line = known.get(&key).cloned().unwrap_or_else(|| read(p.id, "cmdline").unwrap_or_default());
            seen.borrow_mut().insert(key, line.clone());
            line
        };
        let ids = meant(table, &self.pick, self.own_id, &command);
        self.commands = seen.into_inner();
        ids
    }

    fn readings(&self, now: &Before, looked_into: &[u32], seconds: f64) -> Vec<Reading> {
        let processes: Vec<&Process> = now.ids.iter().filter_map(|id| now.table.get(id)).collect();
        let sum = |of: fn(&Process) -> u64| processes.iter().map(|p| of(p)).sum::<u64>() as f64;
        let before = self.before.as_ref();
        let used = before.and_then(|b| ticks_since((&b.table, &b.ids), (&now.table, &now.ids)));
        let cpu = used.map_or(f64::NAN, |ticks| ticks as f64 / self.ticks_per_second / seconds);
        let busiest = before.and_then(|b| busiest(&b.threads, &now.threads));
        let busiest = busiest.map_or(f64::NAN, |ticks| ticks as f64 / self.ticks_per_second / seconds);
        let (cores, memory) = self.limits.map_or((None, None), |(_, cores, memory)| (cores, memory));
        let files: Option<u64> = looked_into.iter().map(|id| open_files(*id)).sum();
        let io = |pick: fn((u64, u64)) -> u64| {
            let (before, now) = (before.and_then(|b| b.io), now.io);
            before.zip(now).map_or(f64::NAN, |(b, n)| pick(n).saturating_sub(pick(b)) as f64 / seconds)
        };
        vec![
            Reading::new("cpu", Unit::Cores, Kind::Cpu, cpu).up_to(cores),
            // One thread can use one processor: a program with one busy thread is at its end there.
            Reading::new("busiest thread", Unit::Cores, Kind::Cpu, busiest).up_to(Some(1.0)),
            Reading::new("memory", Unit::Bytes, Kind::Memory, sum(|p| p.resident_pages) * self.page_bytes)
                .up_to(memory),
            Reading::new("processes", Unit::Count, Kind::Other, processes.len() as f64),
            Reading::new("threads", Unit::Count, Kind::Other, sum(|p| p.threads)),
            Reading::new("open files", Unit::Count, Kind::Other, files.map_or(f64::NAN, |n| n as f64)),
            Reading::new("disk read", Unit::BytesPerSecond, Kind::Other, io(|io| io.0)),
            Reading::new("disk written", Unit::BytesPerSecond, Kind::Other, io(|io| io.1)),
        ]
    }
}

fn read(id: u32, file: &str) -> Option<String> {
    let bytes = fs::read(format!("/proc/{id}/{file}")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Every process that can be seen. Those that end while it is read are left out.
fn table() -> Result<Table, String> {
    let folder = fs::read_dir("/proc").map_err(|e| format!("`/proc` cannot be read: {e}"))?;
    let id = |entry: std::io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse::<u32>().ok();
    let processes = folder.filter_map(id).take(MAX_TABLE).filter_map(|id| stat(&read(id, "stat")?));
    let table: BTreeMap<u32, Process> = processes.map(|p| (p.id, p)).collect();
    if table.is_empty() { Err("this system has no `/proc` with processes".to_owned()) } else { Ok(table) }
}

/// Processor time of each thread, in ticks.
fn threads(ids: &[u32]) -> HashMap<(u32, u32), u64> {
    let mut out = HashMap::new();
    for id in ids {
        let Ok(folder) = fs::read_dir(format!("/proc/{id}/task")) else { continue };
        for entry in folder.filter_map(Result::ok) {
            if out.len() >= MAX_THREADS {
                return out;
            }
            let thread = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            let text = fs::read(entry.path().join("stat")).ok();
            if let Some((thread, text)) = thread.zip(text)
                && let Some(seen) = stat(&String::from_utf8_lossy(&text))
            {
                out.insert((*id, thread), seen.own_ticks);
            }
        }
    }
    out
}

/// The most that any thread used which was there both times.
fn busiest(before: &HashMap<(u32, u32), u64>, now: &HashMap<(u32, u32), u64>) -> Option<u64> {
    now.iter().filter_map(|(key, ticks)| Some(ticks.saturating_sub(*before.get(key)?))).max()
}

/// Needs to be the same user; `None` if any cannot be read.
fn sum_of_io(ids: &[u32]) -> Option<(u64, u64)> {
    let mut sum = (0_u64, 0_u64);
    for id in ids {
        let text = read(*id, "io")?;
        let (read, written) = io(&text, "read_bytes").zip(io(&text, "write_bytes"))?;
        sum = (sum.0.saturating_add(read), sum.1.saturating_add(written));
    }
    Some(sum)
}

/// Since Linux 6.2 the folder's size is the number of files.
fn open_files(id: u32) -> Option<u64> {
    let folder = format!("/proc/{id}/fd");
    let size = fs::metadata(&folder).ok()?.len();
    // Whose files they are may be seen by few: size 0 is no answer then.
    if size > 0 { Some(size) } else { Some(fs::read_dir(folder).ok()?.count() as u64) }
}

/// The processors and the memory that the process may use at most.
fn limits(id: u32) -> (Option<f64>, Option<f64>) {
    let allowed = read(id, "status").and_then(|text| allowed_cores(&text)).map(|n| n as f64);
    let around = read(id, "cgroup").map(|text| groups::bounds(&text)).unwrap_or_default();
    let cores = [allowed, around.cores].into_iter().flatten().reduce(f64::min);
    (cores, around.memory)
}
