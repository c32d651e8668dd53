//! Time for workers: read it, and be woken at an instant.
//!
//! One alarm a worker is enough: the worker keeps a heap of what is due and arms the alarm for the
//! earliest. The real alarm is a kernel timer with nanosecond resolution, registered with the same event
//! loop as the sockets: tokio's own wheel ticks in milliseconds, which is coarser than the lag that brunt
//! promises, and spinning would burn a core at low rates.

use brunt_metrics::Nanos;
use std::task::{Context, Poll};

/// Time as a worker sees it: nanoseconds since the start of the run.
pub trait Clock {
    /// The present instant.
    fn now(&self) -> Nanos;

    /// Sets the alarm to `at`, if that is earlier than what it is set to.
    fn arm(&self, at: Nanos);

    /// Ready once the alarm has gone off; it is then unset.
    fn poll_alarm(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Processor time that the calling thread has used; `None` where the system does not tell.
    fn thread_cpu(&self) -> Option<Nanos>;
}

pub use real::RealClock;

#[cfg(target_os = "linux")]
mod real {
    use super::{Clock, Context, Nanos, Poll};
    use rustix::time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
        timerfd_create, timerfd_settime,
    };
    use std::cell::Cell;
    use std::io;
    use std::os::fd::OwnedFd;
    use tokio::io::unix::AsyncFd;

    fn nanos(t: Timespec) -> u64 {
        let (s, ns) = (u64::try_from(t.tv_sec).unwrap_or(0), u64::try_from(t.tv_nsec).unwrap_or(0));
        s * 1_000_000_000 + ns
    }

    /// The monotonic clock and a kernel timer on it.
    #[derive(Debug)]
    pub struct RealClock {
        start: u64,
        timer: AsyncFd<OwnedFd>,
        armed: Cell<Nanos>,
    }

    impl RealClock {
        /// The present, as a start for the clocks of all workers of a run: nanoseconds of the monotonic clock.
        pub fn present() -> u64 {
            nanos(clock_gettime(ClockId::Monotonic))
        }

        /// A clock whose zero is `start`. Must be made inside a tokio runtime with I/O enabled.
        pub fn new(start: u64) -> io::Result<Self> {
            let timer =
                timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            #[expect(unsafe_code, reason = "tokio cannot see that this descriptor is owned")]
            // SAFETY: an `OwnedFd` is an open descriptor, always the same one, until it is dropped.
            let timer = unsafe { AsyncFd::register_with_interest(timer, tokio::io::Interest::READABLE) }?;
            Ok(Self { start, timer, armed: Cell::new(Nanos::MAX) })
        }
    }

    impl Clock for RealClock {
        #[inline]
        fn now(&self) -> Nanos {
            Nanos(Self::present().saturating_sub(self.start))
        }

        fn arm(&self, at: Nanos) {
            if at >= self.armed.get() {
                return;
            }
            self.armed.set(at);
            let at = self.start.saturating_add(at.0).max(1);
            let value = Timespec {
                tv_sec: i64::try_from(at / 1_000_000_000).unwrap_or(i64::MAX),
                tv_nsec: i64::try_from(at % 1_000_000_000).unwrap_or(0),
            };
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let spec = Itimerspec { it_interval: zero, it_value: value };
            // Fails only for an invalid timer or an invalid time; both are excluded above.
            let _ = timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &spec);
        }

        fn poll_alarm(&self, cx: &mut Context<'_>) -> Poll<()> {
            // Setting the timer again clears its expiry, so it need not be read: one system call less.
            match self.timer.poll_read_ready(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(guard) => {
                    if let Ok(mut guard) = guard {
                        guard.clear_ready();
                    }
                    self.armed.set(Nanos::MAX);
                    Poll::Ready(())
                }
            }
        }

        fn thread_cpu(&self) -> Option<Nanos> {
            Some(Nanos(nanos(clock_gettime(ClockId::ThreadCPUTime))))
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod real {
    use super::{Clock, Context, Nanos, Poll};
    use std::cell::{Cell, RefCell};
    use std::future::Future;
    use std::io;
    use std::pin::Pin;
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    static ORIGIN: OnceLock<Instant> = OnceLock::new();

    /// The monotonic clock, with tokio's timer as the alarm: systems without a kernel timer that can be polled
    /// get its millisecond granularity.
    #[derive(Debug)]
    pub struct RealClock {
        start: u64,
        sleep: RefCell<Pin<Box<tokio::time::Sleep>>>,
        armed: Cell<Nanos>,
    }

    impl RealClock {
        /// The present, as a start for the clocks of all workers of a run: nanoseconds of the monotonic clock.
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
        pub fn present() -> u64 {
            let origin = ORIGIN.get_or_init(Instant::now);
            1 + u64::try_from(origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }

        /// A clock whose zero is `start`. Must be made inside a tokio runtime with time enabled.
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
        pub fn new(start: u64) -> io::Result<Self> {
            let sleep = RefCell::new(Box::pin(tokio::time::sleep(Duration::from_secs(3_600))));
            Ok(Self { start, sleep, armed: Cell::new(Nanos::MAX) })
        }
    }

    impl Clock for RealClock {
        fn now(&self) -> Nanos {
            Nanos(Self::present().saturating_sub(self.start))
        }

        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
        fn arm(&self, at: Nanos) {
            if at < self.armed.get() {
                self.armed.set(at);
                let deadline = tokio::time::Instant::now()
                    + Duration::from((at - self.now()).min(Nanos::from_secs(3_600)));
                self.sleep.borrow_mut().as_mut().reset(deadline);
            }
        }

        fn poll_alarm(&self, cx: &mut Context<'_>) -> Poll<()> {
            let fired = self.sleep.borrow_mut().as_mut().poll(cx);
            if fired.is_ready() {
                self.armed.set(Nanos::MAX);
            }
            fired
        }

        fn thread_cpu(&self) -> Option<Nanos> {
            None
        }
    }
}
