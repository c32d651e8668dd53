//! Whether this machine can drive what a plan asks for: open files, ports, memory.
//!
//! [`raise_open_files`] first takes what the system gives for the asking; [`read_limits`] reads what there
//! is; [`fit`] holds a plan's [`Demand`] against it, before anything is sent. Users that the plan itself fixes
//! must fit, or the plan is refused with what to change; users of open arrivals are capped to what fits
//! ([`lower_caps`]). What is left out: sockets in TIME-WAIT, and memory that a script or large bodies take.

use crate::host;
use brunt_http::Demand;
use brunt_workload::{Supply, Workload};
use rustix::process::{Resource, Rlimit};

/// The limit on open files, before and after it was raised. `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenFiles {
    /// When the program started.
    pub(crate) before: Option<u64>,
    /// Now.
    pub(crate) now: Option<u64>,
    /// What it could be raised to by anyone; more takes a privilege.
    pub(crate) hard: Option<u64>,
}

/// What the machine offers. `None` is no limit, or none that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Files (and so connections) that this process may have open.
    pub(crate) open_files: Option<u64>,
    /// Files that it has open already.
    pub(crate) files_in_use: u64,
    /// Ports for connections to one destination; `None` as well where the target is a Unix socket.
    pub(crate) ephemeral_ports: Option<u64>,
    /// Memory that is free or would be freed, in bytes.
    pub(crate) available_memory: Option<u64>,
}

/// A plan fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fit {
    /// The most users that open arrivals may have in all, if that is less than the plan's own caps: for
    /// [`lower_caps`].
    pub(crate) elastic_cap: Option<u64>,
    /// What was lowered and why, a sentence each, for the run's warnings.
    pub(crate) notes: Vec<String>,
}

/// A plan does not fit: everything that there is too little of, at least one. Its text has several lines:
/// the shortages with their notes, then what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.report())]
pub(crate) struct Misfit {
    /// What there is too little of.
    pub(crate) shortages: Vec<Shortage>,
}

/// Something that a plan needs more of than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Shortage {
    /// Connections are open files.
    #[error(
        "{} are needed for {}, and this process may have {}",
        count(*.needed, "open file"), count(.want.users, "user"), grouped(*.allowed)
    )]
    OpenFiles {
        /// Users that must run and that can.
        want: Want,
        /// Connections of each user.
        connections_per_user: u64,
        /// Files that are needed beside connections.
        reserve: u64,
        /// Files in all.
        needed: u64,
        /// The limit.
        allowed: u64,
    },
    /// Each connection to a destination has a port of its own.
    #[error(
        "{} to one destination are needed, a port each, and this machine has {}",
        count(.want.users, "connection"), count(*.ports, "port")
    )]
    Ports {
        /// Users that must run and that can.
        want: Want,
        /// The machine's ports.
        ports: u64,
    },
    /// Users and their connections are kept in memory.
    #[error(
        "about {} of memory are needed for {}, and {} of the {} that are free may be taken",
        mebibytes(*.needed), count(.want.users, "user"), mebibytes(usable(*.available)), mebibytes(*.available)
    )]
    Memory {
        /// Users that must run and that can.
        want: Want,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        available: u64,
    },
}

/// The users of a plan that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    /// That must run.
    pub(crate) users: u64,
    /// That would fit.
    pub(crate) fitting: u64,
    /// Whether sharing connections would help: they are not shared yet.
    pub(crate) unshared: bool,
}

/// Files for brunt itself: room for eight workers with a poller, a waker and a timer each, the host's counters
/// (see [`host::HostSampler`]), the record and its exports, name look-ups and the terminal.
const RESERVED_FILES: u64 = 64;

/// The share of free memory that users may take, in percent. The rest is for histograms, bodies and
/// whatever else runs here.
const USABLE_PERCENT: u64 = 80;

/// All ports above the privileged ones: what `ip_local_port_range` can be widened to.
const MOST_PORTS: u64 = 65_535 - 1_024 + 1;

/// The highest limit on open files that Linux allows at first (`fs.nr_open`).
const NR_OPEN: u64 = 1024 * 1024;

/// The most open files that macOS grants where it states no limit (`OPEN_MAX`).
const MACOS_OPEN_MAX: u64 = 10_240;

/// Raises the limit on open files as far as it goes without privileges; leaves it where that fails.
pub(crate) fn raise_open_files() -> OpenFiles {
    let Rlimit { current: before, maximum: hard } = rustix::process::getrlimit(Resource::Nofile);
    let highest = cfg!(target_os = "macos").then_some(MACOS_OPEN_MAX);
    if let Some(limit) = raised(Rlimit { current: before, maximum: hard }, highest) {
        // A refusal shows in what is read back.
        let _ = rustix::process::setrlimit(Resource::Nofile, limit);
    }
    OpenFiles { before, now: rustix::process::getrlimit(Resource::Nofile).current, hard }
}

/// `now` with its soft limit raised to the hard one, but not above what the system grants at all; `None` if
/// that is no more than now.
fn raised(now: Rlimit, highest: Option<u64>) -> Option<Rlimit> {
    let soft = now.current?;
    let goal = now.maximum.into_iter().chain(highest).min();
    goal.is_none_or(|goal| goal > soft).then_some(Rlimit { current: goal, ..now })
}

/// What this machine offers now. The caller takes `ephemeral_ports` away where all targets are Unix sockets.
pub(crate) fn read_limits() -> Limits {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok();
    let machine = meminfo.and_then(|text| host::parse::memory(&text, "MemAvailable"));
    Limits {
        open_files: rustix::process::getrlimit(Resource::Nofile).current,
        files_in_use: host::open_files(0).unwrap_or(0),
        ephemeral_ports: host::ephemeral_ports(),
        available_memory: machine.into_iter().chain(host::cgroup::available_memory()).min(),
    }
}

/// Holds what a plan asks for against what there is. `tls` says whether any of its connections is encrypted.
///
/// All users are taken to be connected at once. A name that stands for several addresses has more ports than
/// are counted here.
pub(crate) fn fit(demand: &Demand, limits: &Limits, tls: bool) -> Result<Fit, Misfit> {
    let rooms = Rooms::new(demand, limits, tls);
    // Open arrivals need one user at least.
    let users = demand.fixed_users.saturating_add(demand.elastic_users.min(1));
    let Some((tightest, limit)) = rooms.tightest() else {
        return Ok(Fit::default());
    };
    if users > limit {
        let want = Want { users, fitting: limit, unshared: !demand.shared };
        return Err(Misfit { shortages: rooms.shortages(want, demand, limits) });
    }
    let room = limit - demand.fixed_users;
    if room >= demand.elastic_users {
        return Ok(Fit::default());
    }
    let note = format!(
        "open arrivals may have {} at most, not {}: {}; what they can't run is dropped and counted",
        count(room, "user"),
        grouped(demand.elastic_users),
        tightest.remedy(),
    );
    Ok(Fit { elastic_cap: Some(room), notes: vec![note] })
}

/// How many users there is room for, by resource; `None` where it sets no limit.
struct Rooms {
    files: Option<u64>,
    ports: Option<u64>,
    memory: Option<u64>,
    bytes_per_user: u64,
    reserved_files: u64,
}

/// What limits the number of users.
#[derive(Clone, Copy)]
enum Resources {
    Files,
    Ports,
    Memory,
}

impl Resources {
    /// What there is not enough of, and how to get more.
    fn remedy(self) -> &'static str {
        match self {
            Self::Files => "there are too few open files (a higher `ulimit -n` helps)",
            Self::Ports => "there are too few ports (a wider `net.ipv4.ip_local_port_range` helps)",
            Self::Memory => "there is too little memory",
        }
    }
}

impl Rooms {
    fn new(demand: &Demand, limits: &Limits, tls: bool) -> Self {
        let reserved_files = RESERVED_FILES.saturating_add(limits.files_in_use);
        // With shared connections it is they that are encrypted, and they are few.
        let bytes_per_user = demand.memory(1, tls && !demand.shared).max(1);
        let unshared = |limit: Option<u64>| limit.filter(|_| !demand.shared);
        Self {
            files: unshared(limits.open_files)
                .map(|files| files.saturating_sub(reserved_files) / demand.connections_per_user.max(1)),
            ports: unshared(limits.ephemeral_ports),
            memory: limits.available_memory.map(|bytes| usable(bytes) / bytes_per_user),
            bytes_per_user,
            reserved_files,
        }
    }

    /// What limits the users most, and to how many; `None` if nothing does.
    fn tightest(&self) -> Option<(Resources, u64)> {
        let rows = [
            (Resources::Files, self.files),
            (Resources::Ports, self.ports),
            (Resources::Memory, self.memory),
        ];
        rows.into_iter().filter_map(|(what, limit)| Some((what, limit?))).min_by_key(|(_, limit)| *limit)
    }

    /// Everything that there is too little of for `want.users`.
    fn shortages(&self, want: Want, demand: &Demand, limits: &Limits) -> Vec<Shortage> {
        let users = want.users;
        let lacks = |room: Option<u64>| room.is_some_and(|room| room < users);
        let files = limits.open_files.filter(|_| lacks(self.files)).map(|allowed| Shortage::OpenFiles {
            want,
            connections_per_user: demand.connections_per_user.max(1),
            reserve: self.reserved_files,
            needed: users
                .saturating_mul(demand.connections_per_user.max(1))
                .saturating_add(self.reserved_files),
            allowed,
        });
        let ports = limits.ephemeral_ports.filter(|_| lacks(self.ports));
        let memory = limits.available_memory.filter(|_| lacks(self.memory));
        let needed = users.saturating_mul(self.bytes_per_user);
        files
            .into_iter()
            .chain(ports.map(|ports| Shortage::Ports { want, ports }))
            .chain(memory.map(|available| Shortage::Memory { want, needed, available }))
            .collect()
    }
}

/// Of free memory, what users may take.
fn usable(available: u64) -> u64 {
    available / 100 * USABLE_PERCENT
}

impl Misfit {
    fn report(&self) -> String {
        let shortages = self.shortages.iter().map(|s| format!("{s}\n   = note: {}\n", s.note()));
        let mut text: String = shortages.collect();
        // What lacks several things takes all their remedies; one that has none leaves the others useless.
        let remedies: Option<Vec<String>> = self.shortages.iter().map(Shortage::remedy).collect();
        let remedies = remedies.map(|all| all.join("; "));
        let want = self.shortages.first().map(Shortage::want);
        let general = want.into_iter().flat_map(Want::alternatives);
        for (i, help) in remedies.into_iter().chain(general).enumerate() {
            let (line, or) = if i == 0 { ("", "") } else { ("\n", "or ") };
            text.extend([line, "   = help: ", or, &help]);
        }
        text
    }
}

impl Want {
    /// What helps against every shortage.
    fn alternatives(self) -> Vec<String> {
        let fewer = format!("ask for fewer users: {} would fit", grouped(self.fitting));
        let share = "let users share connections over HTTP/2: `--http2 --shared-connections 100`".to_owned();
        let split = "split the load over several machines".to_owned();
        let fewer = (self.fitting > 0).then_some(fewer);
        fewer.into_iter().chain(self.unshared.then_some(share)).chain([split]).collect()
    }
}

impl Shortage {
    fn want(&self) -> Want {
        match self {
            Self::OpenFiles { want, .. } | Self::Ports { want, .. } | Self::Memory { want, .. } => *want,
        }
    }

    /// Why so much is needed.
    fn note(&self) -> String {
        match self {
            Self::OpenFiles { connections_per_user, reserve, .. } => {
                let connections = count(*connections_per_user, "connection");
                format!(
                    "{connections} a user, and {} for brunt itself and what it has open",
                    grouped(*reserve)
                )
            }
            Self::Ports { .. } => {
                "each connection keeps a port of this machine until it is closed".to_owned()
            }
            Self::Memory { .. } => "users that do not fit would be swapped out, or end the run".to_owned(),
        }
    }

    /// How to get more of it, if there is a way.
    fn remedy(&self) -> Option<String> {
        match self {
            Self::OpenFiles { needed, .. } => Some(raise_files(*needed)),
            Self::Ports { want, ports } => widen_ports(want.users, *ports),
            Self::Memory { .. } => None,
        }
    }
}

/// The limit was raised as far as it goes already, so that more takes a privilege.
fn raise_files(needed: u64) -> String {
    let limit = needed.checked_next_power_of_two().unwrap_or(needed);
    let first =
        if limit > NR_OPEN { format!("`sysctl -w fs.nr_open={limit}`, then ") } else { String::new() };
    format!(
        "allow more open files, as root: {first}`ulimit -n {limit}` (containers: `--ulimit nofile={limit}`)"
    )
}

/// `None` where all ports there are would not do.
fn widen_ports(users: u64, ports: u64) -> Option<String> {
    (users <= MOST_PORTS && ports < MOST_PORTS).then(|| {
        "allow more ports, as root: `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"`".to_owned()
    })
}

/// Lowers the caps of all open arrivals so that they sum up to `cap`, in proportion; each keeps one user at
/// least, even if that is more than `cap`. Caps that fit stay.
pub(crate) fn lower_caps(workload: &mut Workload, cap: u64) {
    let caps = |workload: &Workload| -> Vec<u64> {
        workload.scenarios.iter().filter_map(|s| elastic_cap(&s.supply)).collect()
    };
    let caps = caps(workload);
    let (scenarios, total) = (caps.len() as u64, caps.iter().sum::<u64>());
    if total <= cap {
        return;
    }
    // Beyond the one user that each keeps: `room` is shared out by the running sum, so that rounding neither
    // loses nor adds a user.
    let (room, asked) = (cap.saturating_sub(scenarios), total.saturating_sub(scenarios).max(1));
    let share = |sum: u64| u128::from(sum) * u128::from(room) / u128::from(asked);
    let mut sum = 0;
    for scenario in &mut workload.scenarios {
        if let Supply::Elastic { initial, cap } = &mut scenario.supply {
            let before = share(sum);
            sum += u64::from(cap.saturating_sub(1));
            let lowered = u32::try_from(share(sum) - before).unwrap_or(u32::MAX).saturating_add(1);
            *cap = lowered.min(*cap);
            *initial = (*initial).min(*cap);
        }
    }
}

fn elastic_cap(supply: &Supply) -> Option<u64> {
    match supply {
        Supply::Elastic { cap, .. } => Some(u64::from(*cap)),
        Supply::Fixed(_) | Supply::Spawn { .. } | Supply::Ramp { .. } => None,
    }
}

/// `1 user`, `30,000 users`.
fn count(n: u64, noun: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(n))
}

/// `30,064`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1,465 MiB`, rounded up.
fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", grouped(bytes.div_ceil(1024 * 1024)))
}

#[cfg(test)]
mod tests;
