//! As much of a Redis server as the users target talks to, on a thread of the test.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// The server; its drop closes all connections and the port.
pub(crate) struct FakeRedis {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    texts: BTreeMap<String, String>,
    hashes: BTreeMap<String, BTreeMap<String, String>>,
    sets: BTreeMap<String, BTreeSet<u64>>,
    streams: Vec<TcpStream>,
    /// The names of the commands that came.
    seen: Vec<String>,
    is_gone: bool,
}

impl FakeRedis {
    pub(crate) fn start() -> Self {
        Self::at("127.0.0.1:0".parse().expect("address"))
    }

    /// At a given address, as after a restart.
    pub(crate) fn at(address: SocketAddr) -> Self {
        // The one before may be about to close the port.
        let bound = (0..100_000).find_map(|_| TcpListener::bind(address).ok());
        let listener = bound.expect("bind");
        let address = listener.local_addr().expect("address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut state = shared.lock().expect("state");
                if state.is_gone {
                    return;
                }
                state.streams.push(stream.try_clone().expect("clone"));
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://me:secret@{}/3", self.address)
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let state = self.state.lock().expect("state");
        let keys = state.texts.keys().chain(state.hashes.keys()).chain(state.sets.keys());
        keys.cloned().collect()
    }

    pub(crate) fn seen(&self, command: &str) -> usize {
        self.state.lock().expect("state").seen.iter().filter(|seen| *seen == command).count()
    }
}

impl Drop for FakeRedis {
    fn drop(&mut self) {
        {
            let mut state = self.state.lock().expect("state");
            state.is_gone = true;
            for stream in state.streams.drain(..) {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        }
        // Wakes the accepting thread, which then ends and closes the port.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some(command) = read(&mut reader) {
        let answer = state.lock().expect("state").run(&command);
        if (&*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let count = size(reader, '*')?;
    (0..count)
        .map(|_| {
            let length = size(reader, '$')?;
            let mut bytes = vec![0; length + 2];
            reader.read_exact(&mut bytes).ok()?;
            String::from_utf8(bytes[..length].to_vec()).ok()
        })
        .collect()
}

/// The number behind `sign`.
fn size(reader: &mut impl BufRead, sign: char) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.trim_end().strip_prefix(sign)?.parse().ok()
}

fn bulk(text: Option<&String>) -> String {
    text.map_or("$-1\r\n".to_owned(), |text| format!("${}\r\n{text}\r\n", text.len()))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    format!("*{}\r\n{}", items.len(), items.concat())
}

impl State {
    fn run(&mut self, command: &[String]) -> String {
        let parts: Vec<&str> = command.iter().map(String::as_str).collect();
        self.seen.push(parts[0].to_owned());
        let number = |number: usize| format!(":{number}\r\n");
        match parts.as_slice() {
            ["AUTH", "me", "secret"] | ["SELECT", "3"] | ["PING"] => "+OK\r\n".to_owned(),
            ["GET", key] => bulk(self.texts.get(*key)),
            ["SETEX", key, ttl, value] => {
                assert!(ttl.parse::<u64>().is_ok_and(|ttl| ttl > 0), "{ttl}");
                self.texts.insert((*key).to_owned(), (*value).to_owned());
                "+OK\r\n".to_owned()
            }
            ["SETNX", key, value] => {
                let is_new = !self.texts.contains_key(*key);
                self.texts.entry((*key).to_owned()).or_insert((*value).to_owned());
                number(usize::from(is_new))
            }
            ["INCRBY", key, by] => {
                let old: usize = self.texts.get(*key).map_or(0, |text| text.parse().expect("number"));
                let new = old + by.parse::<usize>().expect("number");
                self.texts.insert((*key).to_owned(), new.to_string());
                number(new)
            }
            ["DEL", keys @ ..] => {
                for key in keys {
                    self.texts.remove(*key);
                    self.hashes.remove(*key);
                    self.sets.remove(*key);
                }
                number(keys.len())
            }
            ["EXPIRE", ..] => number(1),
            ["SCAN", "0", "MATCH", pattern, "COUNT", _] => {
                let start = pattern.trim_end_matches('*');
                let keys = self.texts.keys().chain(self.hashes.keys()).filter(|key| key.starts_with(start));
                format!("*2\r\n$1\r\n0\r\n{}", list(keys.map(|key| bulk(Some(key)))))
            }
            _ => self.run_on_collection(&parts),
        }
    }

    fn run_on_collection(&mut self, parts: &[&str]) -> String {
        let number = |number: usize| format!(":{number}\r\n");
        let key = parts[1].to_owned();
        let hash = self.hashes.entry(key.clone()).or_default();
        let answer = match parts[2..] {
            [field] if parts[0] == "HGET" => bulk(hash.get(field)),
            ref fields if parts[0] == "HMGET" => list(fields.iter().map(|field| bulk(hash.get(*field)))),
            [field] if parts[0] == "HEXISTS" => number(usize::from(hash.contains_key(field))),
            [field, value] if parts[0] == "HSET" => {
                hash.insert(field.to_owned(), value.to_owned());
                number(1)
            }
            [field, value] if parts[0] == "HSETNX" => {
                let is_new = !hash.contains_key(field);
                hash.entry(field.to_owned()).or_insert(value.to_owned());
                number(usize::from(is_new))
            }
            [field] if parts[0] == "HDEL" => number(usize::from(hash.remove(field).is_some())),
            ref rest => {
                let set = self.sets.entry(key.clone()).or_default();
                let id = |text: &str| text.parse::<u64>().expect("id");
                match *rest {
                    [] if parts[0] == "ZCARD" => number(set.len()),
                    [score, member] if parts[0] == "ZADD" && score == member => {
                        number(usize::from(set.insert(id(member))))
                    }
                    [member] if parts[0] == "ZREM" => number(usize::from(set.remove(&id(member)))),
                    [from, to] if parts[0] == "ZRANGE" => {
                        let (from, to) = (from.parse().expect("from"), to.parse::<usize>().expect("to"));
                        let page = set.iter().skip(from).take((to + 1).saturating_sub(from));
                        list(page.map(|id| bulk(Some(&id.to_string()))))
                    }
                    _ => format!("-ERR unknown command {parts:?}\r\n"),
                }
            }
        };
        self.hashes.retain(|_, hash| !hash.is_empty());
        self.sets.retain(|_, set| !set.is_empty());
        answer
    }
}
