//! The HTTP load path: connections, TLS, HTTP/1.1, HTTP/2, timings; runs declarative steps.
//!
//! * [`HttpUsers`] makes the users of a worker; each walks its journey and performs requests itself;
//! * `http1`: our own thin codec over tokio's sockets and `httparse`, because measurement showed that a
//!   general client costs more than the whole of a request (see `docs/benchmarks.md`);
//! * `http2`: the `h2` crate, with streams of many users on shared connections if asked for;
//! * `connect`: names, sockets and TLS, each part timed;
//! * `checks` and `saves`: what is asked of an answer, and what is remembered of it; `login`: what is done before a
//!   request that needs a token; `user/faults`: what is sent wrongly on purpose;
//! * [`Secrets`]: what must not stand in any words about an answer;
//! * [`wait_until_ready`]: is there anybody, before the load.
//!
//! The crate knows nothing of plan text or of anything a person sees. The hot path (an HTTP/1.1 request on
//! a kept connection with no checks on its body) takes no lock, allocates nothing and handles no string.

mod error;

mod network;

mod tls;

mod connect;

mod transport;

mod http1;

mod http2;

mod wire;

mod cookies;

mod body;

mod patterns;

mod answer;

mod checks;

mod saves;

mod secrets;

mod login;

mod redirect;

mod exchange;

mod user;

mod ready;

mod demand;

mod rehearsal;

pub use demand::{Demand, demand};
pub use error::{Failure, SetupError};
pub use http1::ResponseError;
pub use network::Settings;
pub use ready::{NotReady, wait_until_ready};
pub use rehearsal::Rehearsal;
pub use secrets::Secrets;
pub use user::{HttpUser, HttpUsers};

/// Reads `bytes` as a response in every way that a fuzzer should try: whole, byte by byte, for `HEAD`. Panics
/// if how the bytes are split changes what is read.
pub fn fuzz_response(bytes: &[u8]) {
    http1::fuzz(bytes);
}
