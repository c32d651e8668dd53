//! Waiting with a precision of some tens of microseconds.
//!
//! For: delays that are the *truth* of a measurement. tokio's own timer counts in milliseconds, so that a delay of 5 ms
//! takes between 5 and 6; a load tool could not be checked against that. On Linux this is a `timerfd` (a
//! high-resolution kernel timer) that wakes the runtime through epoll, with the deadlines of the thread in one ordered
//! map: one system call when the earliest deadline changes, none otherwise. Elsewhere it is tokio's sleep, with tokio's
//! precision.
//!
//! Not for: promises under overload. A delay never ends early; how late it ends is up to the machine (about 0.1 ms when
//! idle). Start with [`Timer`].

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{Sleep, Timer};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::portable::{Sleep, Timer};

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        collections::BTreeMap,
        future::Future,
        io,
        os::fd::OwnedFd,
        pin::Pin,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        task::{Context, Poll, Waker},
        time::{Duration, Instant},
    };

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    use crate::clock::now;

    /// The precise timer of one runtime. Clones share it.
    #[derive(Debug, Clone)]
    pub(crate) struct Timer(Arc<Inner>);

    #[derive(Debug)]
    struct Inner {
        fd: AsyncFd<OwnedFd>,
        pending: Mutex<Pending>,
    }

    #[derive(Debug, Default)]
    struct Pending {
        /// Who to wake, by deadline; the number makes equal deadlines different keys.
        wakers: BTreeMap<(Instant, u64), Waker>,
        next_number: u64,
        /// The deadline that the kernel timer is set to.
        armed: Option<Instant>,
    }

    impl Timer {
        /// Creates the timer of the current tokio runtime and spawns the task that drives it.
        pub(crate) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            // What `register` demands: the descriptor is open, stays the same, and is closed only with the `AsyncFd`.
            // An `OwnedFd` that is never replaced (nothing here calls `get_mut`) is that.
            #[expect(
                deprecated,
                reason = "unsound only for types that are not I/O safe; an OwnedFd is, and unsafe is forbidden"
            )]
            let fd = AsyncFd::new(fd)?;
            let timer = Self(Arc::new(Inner { fd, pending: Mutex::default() }));
            tokio::spawn(timer.clone().drive());
            Ok(timer)
        }

        /// Waits until `deadline`; a deadline that is past costs nothing.
        pub(crate) fn until(&self, deadline: Instant) -> Sleep {
            Sleep { timer: self.clone(), deadline, key: None }
        }

        async fn drive(self) {
            let mut expirations = [0_u8; 8];
            while let Ok(mut ready) = self.0.fd.readable().await {
                // Reading clears the kernel's expiration count; an error here only says that there is none.
                let _ = rustix::io::read(self.0.fd.get_ref(), &mut expirations);
                ready.clear_ready();
                drop(ready);
                self.wake_due();
            }
        }

        fn wake_due(&self) {
            let mut due = Vec::new();
            {
                let mut pending = self.pending();
                pending.armed = None;
                let at = now();
                while let Some(entry) = pending.wakers.first_entry() {
                    if entry.key().0 > at {
                        break;
                    }
                    due.push(entry.remove());
                }
                self.arm(&mut pending, at);
            }
            due.into_iter().for_each(Waker::wake);
        }

        /// Sets the kernel timer to the earliest deadline, unless it is set to that or to an earlier one already.
        fn arm(&self, pending: &mut Pending, at: Instant) {
            let Some((&(deadline, _), _)) = pending.wakers.first_key_value() else {
                return;
            };
            if pending.armed.is_some_and(|armed| armed <= deadline) {
                return;
            }
            // A value of zero would disarm the timer.
            let wait = deadline.saturating_duration_since(at).max(Duration::from_nanos(1));
            let spec = Itimerspec {
                it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
                it_value: Timespec {
                    tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                    tv_nsec: i64::from(wait.subsec_nanos()),
                },
            };
            // It cannot fail: the descriptor is ours and the value is in range.
            if timerfd_settime(self.0.fd.get_ref(), TimerfdTimerFlags::empty(), &spec).is_ok() {
                pending.armed = Some(deadline);
            }
        }

        fn pending(&self) -> MutexGuard<'_, Pending> {
            self.0.pending.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// The future of [`Timer::until`]. Dropping it gives the wait up.
    #[derive(Debug)]
    #[must_use = "a sleep does nothing unless awaited"]
    pub(crate) struct Sleep {
        timer: Timer,
        deadline: Instant,
        key: Option<(Instant, u64)>,
    }

    impl Future for Sleep {
        type Output = ();

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            let this = self.get_mut();
            let at = now();
            if at >= this.deadline {
                return Poll::Ready(());
            }
            let mut pending = this.timer.pending();
            let key = *this.key.get_or_insert_with(|| {
                pending.next_number += 1;
                (this.deadline, pending.next_number)
            });
            pending.wakers.insert(key, context.waker().clone());
            this.timer.arm(&mut pending, at);
            Poll::Pending
        }
    }

    impl Drop for Sleep {
        fn drop(&mut self) {
            if let Some(key) = self.key {
                self.timer.pending().wakers.remove(&key);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use std::{
        future::Future,
        io,
        pin::Pin,
        task::{Context, Poll},
        time::Instant,
    };

    /// The timer of one runtime: here, tokio's.
    #[derive(Debug, Clone)]
    pub(crate) struct Timer;

    impl Timer {
        /// Takes the timer of the current tokio runtime.
        #[expect(clippy::unnecessary_wraps, reason = "the Linux timer can fail")]
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits until `deadline`.
        pub(crate) fn until(&self, deadline: Instant) -> Sleep {
            Sleep(Box::pin(tokio::time::sleep_until(deadline.into())))
        }
    }

    /// The future of [`Timer::until`].
    #[derive(Debug)]
    #[must_use = "a sleep does nothing unless awaited"]
    pub(crate) struct Sleep(Pin<Box<tokio::time::Sleep>>);

    impl Future for Sleep {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            self.0.as_mut().poll(context)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::now;

    fn run<F: Future>(future: impl FnOnce(Timer) -> F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async { future(Timer::new().expect("timer")).await })
    }

    #[test]
    fn a_delay_never_ends_early() {
        run(|timer| async move {
            for micros in [0, 300, 2_500] {
                let deadline = now() + Duration::from_micros(micros);
                timer.until(deadline).await;
                assert!(now() >= deadline);
            }
        });
    }

    #[test]
    fn delays_end_in_the_order_of_their_deadlines() {
        let order = run(|timer| async move {
            let start = now();
            let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
            for millis in [6_u64, 2, 4, 2] {
                let (timer, sender) = (timer.clone(), sender.clone());
                tokio::spawn(async move {
                    timer.until(start + Duration::from_millis(millis)).await;
                    sender.send(millis).expect("receiver");
                });
            }
            drop(sender);
            let mut order = Vec::new();
            while let Some(millis) = receiver.recv().await {
                order.push(millis);
            }
            order
        });
        assert_eq!(order, [2, 2, 4, 6]);
    }

    #[test]
    fn a_dropped_delay_does_not_hold_up_the_others() {
        run(|timer| async move {
            let start = now();
            {
                let dropped = timer.until(start + Duration::from_mins(1));
                tokio::select! { biased; () = dropped => {}, () = timer.until(start + Duration::from_millis(1)) => {} }
            }
            timer.until(start + Duration::from_millis(2)).await;
            assert!(start.elapsed() < Duration::from_secs(30));
        });
    }
}
