//! The words that the events of Python live in.
//!
//! They are the system's own, with one difference: the main thread does not sleep for longer than [`BACKSTOP`] at a time.
//!
//! # Why
//!
//! Python's handler of a signal, in C, does no more than to note the signal. The handlers in Python run when the main
//! thread looks at those notes, and so it has to look. A signal that the main thread takes while it sleeps ends the
//! sleep, with EINTR, and it looks at once. Two cases are left:
//!
//! - the signal comes after the last look and before the kernel has put the thread to sleep. A futex has nothing like the
//!   signal mask of `ppoll` that would close this gap;
//! - another thread takes the signal: by `signal.pthread_kill`, or where the main thread blocks it, or on a system that
//!   gives signals to any thread.
//!
//! `signal.set_wakeup_fd` would tell of both, but there is one in a process, and it is the user's. There is no way to ask
//! without the GIL whether a signal has been noted. So the main thread comes back by itself: the gap costs a signal 40 ms
//! at most, where `threading.Event` misses it until the next one. Other threads run no handlers and need not look; they sleep
//! as long as they are to.
//!
//! The sleep is cut short in the word, and not by a loop of short waits, because a wait has to remain one: a manual-reset
//! event that is set and cleared between two short waits would be missed, and a place among the waiters lost.

use futex_event::platform::{Deadline, Futex, Listeners, PrivateFutex, TimedFutex};
use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// So that with a wake-up and the GIL there are fewer than 50 ms between a signal and its handler.
const BACKSTOP: Duration = Duration::from_millis(40);

thread_local! {
    static HAS_SLEPT: Cell<bool> = const { Cell::new(false) };
    static RUNS_SIGNAL_HANDLERS: Cell<bool> = const { Cell::new(false) };
}

/// Before a wait of this thread: says whether it is the one in which signal handlers run.
pub fn begin_wait(runs_signal_handlers: bool) {
    RUNS_SIGNAL_HANDLERS.set(runs_signal_handlers);
    HAS_SLEPT.set(false);
}

/// Whether this thread has slept, or was about to, since its last wait began.
pub fn has_slept() -> bool {
    HAS_SLEPT.get()
}

macro_rules! word {
    ($(#[$attribute:meta])* $name:ident over $inner:ident) => {
        $(#[$attribute])*
        #[repr(transparent)]
        pub struct $name($inner);

        impl $name {
            #[allow(clippy::declare_interior_mutable_const)] // The initial value, of which each word has its copy.
            pub const ZERO: Self = Self($inner::new(0));
        }

        // SAFETY: every method is that of the system's word, at the same address.
        unsafe impl Futex for $name {
            const SHARED: bool = $inner::SHARED;
            const CLOCK: Option<fn() -> Duration> = $inner::CLOCK;

            /// For the children of a `fork`, see [`crate::fork`].
            fn listeners() -> &'static Listeners<Self> {
                futex_event::platform::listeners!($name, $name::ZERO)
            }

            #[inline]
            fn load(&self, order: Ordering) -> u32 {
                self.0.load(order)
            }

            #[inline]
            fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
                self.0.fetch_or(bits, order)
            }

            #[inline]
            fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
                self.0.fetch_add(amount, order)
            }

            #[inline]
            fn compare_exchange_weak(
                &self,
                current: u32,
                new: u32,
                success: Ordering,
                failure: Ordering,
            ) -> Result<u32, u32> {
                self.0.compare_exchange_weak(current, new, success, failure)
            }

            fn wait(&self, expected: u32) {
                self.wait_until(expected, Deadline::NEVER);
            }

            fn wake_one(this: *const Self) {
                $inner::wake_one(this.cast())
            }

            fn wake_all(this: *const Self) {
                $inner::wake_all(this.cast())
            }
        }

        // SAFETY: as above; to sleep for a shorter time than asked is to wake for no reason, which a word may do.
        unsafe impl TimedFutex for $name {
            fn now() -> Duration {
                $inner::now()
            }

            fn wait_until(&self, expected: u32, deadline: Deadline) -> bool {
                HAS_SLEPT.set(true);
                if RUNS_SIGNAL_HANDLERS.get() {
                    let backstop = Deadline::after(Self::now(), BACKSTOP);
                    if deadline.time().is_none_or(|time| backstop.has_passed(time)) {
                        self.0.wait_until(expected, backstop);
                        return true;
                    }
                }
                self.0.wait_until(expected, deadline)
            }
        }
    };
}

word! {
    /// For the threads of this process.
    Word over PrivateFutex
}

#[cfg(unix)]
use futex_event::platform::SharedFutex;
#[cfg(unix)]
word! {
    /// For all processes that map the memory.
    SharedWord over SharedFutex
}
