//! A PostgreSQL server of one's own, for as long as a test lasts.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use tempfile::TempDir;

/// The longest that the server may take to be ready.
const LIMIT: Duration = Duration::from_mins(1);
/// What it says then.
const READY: &str = "database system is ready to accept connections";
/// Whom Debian's server runs as. It refuses to run as root.
const OWNER: &str = "postgres";
/// The user of the database.
const USER: &str = "brunt";
/// That user's password, which tests look for where it must not be.
pub const POSTGRES_PASSWORD: &str = "s3cret-of-the-test";

/// A server on the loopback with a database that is empty. It ends, and its files are removed, when it is dropped.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    port: u16,
    /// Removed last.
    _folder: TempDir,
}

/// Whom to run as.
#[derive(Clone, Copy, Debug)]
struct Owner {
    user: u32,
    group: u32,
}

impl Postgres {
    /// Starts one; `None` if it is not installed. As root it runs as Debian's user for it.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = TempDir::new().expect("a temporary folder");
        let owner = rustix::process::geteuid().is_root().then(|| Owner { user: id("-u"), group: id("-g") });
        if let Some(owner) = owner {
            std::os::unix::fs::chown(folder.path(), Some(owner.user), Some(owner.group))
                .expect("a folder to give away");
        }
        let data = folder.path().join("data");
        make_cluster(&programs, &data, owner);
        // Asked for and given back: somebody else could take it before the server does, which is then a failed test.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr());
        let port = free.expect("a free port").port();
        let mut command = as_owner(&programs.join("postgres"), owner);
        command.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-p", &port.to_string(), "-F"]);
        command.args(["-c", "listen_addresses=127.0.0.1"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let lines = BufReader::new(server.stderr.take().expect("a pipe was asked for")).lines();
        let (send, said) = channel();
        std::thread::spawn(move || {
            // Read to the end, so that a full pipe never stops the server; nobody listens once it is ready.
            lines.map_while(Result::ok).for_each(|line| drop(send.send(line)));
        });
        let mut all = String::new();
        let started = Self { server, port, _folder: folder };
        while !all.contains(READY) {
            let line =
                said.recv_timeout(LIMIT).unwrap_or_else(|e| panic!("the server is not ready: {e}\n{all}"));
            all.push_str(&line);
            all.push('\n');
        }
        Some(started)
    }

    /// How to reach its database, with the password.
    pub fn url(&self) -> String {
        format!("postgres://{USER}:{POSTGRES_PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is its word for ending now and in order.
        let _ = kill_process(Pid::from_child(&self.server), Signal::INT);
        let _ = self.server.wait();
    }
}

/// Where the server's programs are.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let debian = versions.map(|version| version.path().join("bin"));
    let has_all = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    debian.chain(std::env::split_paths(&path)).find(has_all)
}

/// A number of Debian's user.
fn id(which: &str) -> u32 {
    let output = Command::new("id").args([which, OWNER]).output().expect("`id` is there");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("Debian's package makes a user `postgres`")
}

fn as_owner(program: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).current_dir("/").env_clear().env("LC_ALL", "C");
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

fn make_cluster(programs: &Path, data: &Path, owner: Option<Owner>) {
    let password = data.with_extension("password");
    std::fs::write(&password, POSTGRES_PASSWORD).expect("a file in a folder of our own");
    let mut command = as_owner(&programs.join("initdb"), owner);
    command.arg("-D").arg(data).args([
        "-U",
        USER,
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
        "--pwfile",
    ]);
    let output = command.arg(&password).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
}
