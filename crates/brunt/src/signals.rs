//! Ctrl-C: the first ends the run gracefully, the second cuts it, the third leaves at once.

use brunt_engine::Control;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::thread;

/// Steers the run by signals until the process ends: `control` reaches the run, `announce` the user.
pub(crate) fn steer(
    control: impl Fn(Control) + Send + 'static,
    announce: impl Fn(&str) + Send + 'static,
) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let steer = move || {
        for (n, _) in signals.forever().enumerate() {
            match n {
                0 => {
                    announce("stopping: what is under way may end; press Ctrl-C again to cut it");
                    control(Control::Stop);
                }
                1 => {
                    announce("cutting");
                    control(Control::Cut);
                }
                _ => leave(),
            }
        }
    };
    thread::Builder::new().name("brunt-signals".into()).spawn(steer).map(drop)
}

/// The record is readable at any time: leaving now loses only what no second was sealed of.
#[expect(clippy::exit, clippy::disallowed_methods, reason = "the user asked three times")]
fn leave() {
    std::process::exit(130);
}

/// Calls `heard` at each Ctrl-C until the process ends; it leaves at the third.
pub(crate) fn each(heard: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let listen = move || {
        for (n, _) in signals.forever().enumerate() {
            if n >= 2 {
                leave();
            }
            heard();
        }
    };
    thread::Builder::new().name("brunt-signals".into()).spawn(listen).map(drop)
}

/// Waits for Ctrl-C.
pub(crate) fn wait() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    signals.forever().next();
    Ok(())
}
