//! The HTTP load path over real sockets: against the demo targets, and against servers of a few lines where a
//! test needs a server that does one thing at one moment.

#![expect(clippy::unwrap_used, reason = "clippy knows only functions marked as tests for such")]

mod alloc;
mod batches;
mod checks;
mod connections;
mod drive;
mod faults;
mod http2;
mod injected;
mod logins;
mod memory;
mod messages;
mod places;
mod ready;
mod redirects;
mod secrets;
mod server;
mod timing;
mod tls;
