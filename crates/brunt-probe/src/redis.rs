//! A Redis server's `INFO` as a source: one kept connection, the protocol's simplest form (RESP 2).

use crate::reading::{Reading, Readings};
use brunt_run::{ResourceKind as Kind, ResourceUnit as Unit};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The longest answer: `INFO` takes some 10 kB.
const MAX_ANSWER: usize = 1 << 20;

/// The source.
pub(crate) struct Redis {
    address: String,
    login: Option<(Option<String>, String)>,
    timeout: Duration,
    connection: Option<BufReader<TcpStream>>,
    before: Option<Info>,
}

/// What `INFO` says: `key:value` lines.
pub(crate) type Info = BTreeMap<String, f64>;

impl Redis {
    pub(crate) const fn new(
        address: String,
        login: Option<(Option<String>, String)>,
        timeout: Duration,
    ) -> Self {
        Self { address, login, timeout, connection: None, before: None }
    }

    /// What the server did in the `seconds` since the sample before.
    pub(crate) fn sample(&mut self, seconds: f64) -> Result<Readings, String> {
        // A connection that failed is not used again.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let text = ask(&mut connection, &["INFO"])?;
        self.connection = Some(connection);
        let now = info(&text);
        let all = readings(self.before.as_ref(), &now, seconds);
        self.before = Some(now);
        Ok(Readings { all, notes: Vec::new() })
    }

    fn connect(&self) -> Result<BufReader<TcpStream>, String> {
        let words = |e: std::io::Error| e.to_string();
        let mut addresses = self.address.to_socket_addrs().map_err(words)?;
        let address = addresses.next().ok_or("its name has no address")?;
        let stream = TcpStream::connect_timeout(&address, self.timeout).map_err(words)?;
        stream.set_read_timeout(Some(self.timeout)).map_err(words)?;
        stream.set_write_timeout(Some(self.timeout)).map_err(words)?;
        let mut connection = BufReader::new(stream);
        match &self.login {
            Some((Some(user), password)) => drop(ask(&mut connection, &["AUTH", user, password])?),
            Some((None, password)) => drop(ask(&mut connection, &["AUTH", password])?),
            None => {}
        }
        Ok(connection)
    }
}

/// Sends a command and reads its answer: a bulk string, or a line.
fn ask(connection: &mut BufReader<TcpStream>, words: &[&str]) -> Result<String, String> {
    let mut out = format!("*{}\r\n", words.len());
    for word in words {
        let _ = write!(out, "${}\r\n{word}\r\n", word.len());
    }
    connection.get_mut().write_all(out.as_bytes()).map_err(|e| e.to_string())?;
    answer(connection)
}

/// Reads one answer.
fn answer(source: &mut impl BufRead) -> Result<String, String> {
    let mut line = Vec::new();
    source.take(1 << 10).read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
    let line = String::from_utf8_lossy(&line);
    let line = line.trim_end();
    if let Some(error) = line.strip_prefix('-') {
        return Err(error.chars().filter(|c| !c.is_control()).collect());
    }
    if let Some(simple) = line.strip_prefix('+') {
        return Ok(simple.to_owned());
    }
    let length: usize =
        line.strip_prefix('$').and_then(|n| n.parse().ok()).ok_or("this is no answer of a Redis server")?;
    if length > MAX_ANSWER {
        return Err("its answer is too long".to_owned());
    }
    let mut body = vec![0; length + 2];
    source.read_exact(&mut body).map_err(|e| e.to_string())?;
    body.truncate(length);
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Numbers of `INFO`; all else is left out.
pub(crate) fn info(text: &str) -> Info {
    let pair = |line: &str| {
        let (key, value) = line.trim().split_once(':')?;
        let value = value.parse::<f64>().ok().filter(|v| v.is_finite())?;
        Some((key.to_owned(), value))
    };
    text.lines().filter_map(pair).collect()
}

fn readings(before: Option<&Info>, now: &Info, seconds: f64) -> Vec<Reading> {
    let of = |key: &str| now.get(key).copied().unwrap_or(f64::NAN);
    let rate = |key: &str| {
        let since = before.and_then(|b| Some(now.get(key)? - b.get(key)?)).filter(|d| *d >= 0.0);
        since.map_or(f64::NAN, |d| d / seconds)
    };
    let cpu = rate("used_cpu_user") + rate("used_cpu_sys");
    let limit = |key: &str| now.get(key).copied().filter(|v| *v > 0.0);
    let hits = rate("keyspace_hits");
    let asked = hits + rate("keyspace_misses");
    vec![
        // Commands are served by one thread.
        Reading::new("cpu", Unit::Cores, Kind::Cpu, cpu).up_to(Some(1.0)),
        Reading::new("memory", Unit::Bytes, Kind::Memory, of("used_memory")).up_to(limit("maxmemory")),
        Reading::new("clients", Unit::Count, Kind::Other, of("connected_clients")).up_to(limit("maxclients")),
        Reading::new("blocked clients", Unit::Count, Kind::Other, of("blocked_clients")),
        Reading::new("commands", Unit::PerSecond, Kind::Other, rate("total_commands_processed")),
        Reading::new(
            "hit share",
            Unit::Share,
            Kind::Other,
            if asked > 0.0 { hits / asked } else { f64::NAN },
        ),
        Reading::new("evicted keys", Unit::PerSecond, Kind::Other, rate("evicted_keys")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_read() {
        for (bytes, expected) in [
            ("+OK\r\n", Ok("OK")),
            ("$5\r\na:1\r\n\r\n", Ok("a:1\r\n")),
            ("-NOAUTH Authentication required.\r\n", Err("NOAUTH Authentication required.")),
            ("$99999999\r\n", Err("its answer is too long")),
            ("HTTP/1.1 400 Bad Request\r\n", Err("this is no answer of a Redis server")),
            ("$5\r\na", Err("failed to fill whole buffer")),
        ] {
            let got = answer(&mut bytes.as_bytes());
            assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned), "{bytes:?}");
        }
    }

    /// From Redis 7.0.15.
    #[test]
    fn what_happened_between_two_infos() {
        let text = |cpu: f64, commands: u64, hits: u64| {
            format!(
                "# Clients\r\nconnected_clients:3\r\nmaxclients:10000\r\nblocked_clients:0\r\n# Memory\r\nused_memory:1048576\r\n\
                 used_memory_human:1.00M\r\nmaxmemory:0\r\n# CPU\r\nused_cpu_sys:0.5\r\nused_cpu_user:{cpu}\r\n\
                 total_commands_processed:{commands}\r\nkeyspace_hits:{hits}\r\nkeyspace_misses:2\r\nevicted_keys:0\r\n"
            )
        };
        let (before, now) = (info(&text(1.0, 100, 4)), info(&text(1.5, 300, 6)));
        let got: Vec<_> =
            readings(Some(&before), &now, 2.0).into_iter().map(|r| (r.name, r.value, r.limit)).collect();
        let row = |name: &str, value: f64, limit: Option<f64>| (name.to_owned(), Some(value), limit);
        assert_eq!(
            got,
            [
                row("cpu", 0.25, Some(1.0)),
                row("memory", 1_048_576.0, None),
                row("clients", 3.0, Some(10_000.0)),
                row("blocked clients", 0.0, None),
                row("commands", 100.0, None),
                row("hit share", 1.0, None),
                row("evicted keys", 0.0, None),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), length in 0_u32..99) {
            let _ = answer(&mut bytes.as_slice());
            let mut framed = format!("${length}\r\n").into_bytes();
            framed.extend(&bytes);
            let _ = answer(&mut framed.as_slice()).map(|text| info(&text));
        }
    }
}
