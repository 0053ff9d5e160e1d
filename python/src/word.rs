//! The futex words of the Python events.
//!
//! They are those of the system, with one difference: the main thread sleeps for at most [`BACKSTOP`] at a time.
//!
//! # Why
//!
//! CPython's signal handler in C only records the signal. The handlers in Python run when the main thread checks for
//! recorded signals, so a wait has to check. A signal that the main thread takes while it sleeps ends the sleep with EINTR,
//! and the thread checks at once. Two cases remain:
//!
//! - The signal comes after the last check and before the kernel has put the thread to sleep. A futex has nothing like the
//!   signal mask of `ppoll`, which would close this gap.
//! - Another thread takes the signal: after `signal.pthread_kill`, if the main thread blocks the signal, or on a system that
//!   delivers signals to any thread.
//!
//! `signal.set_wakeup_fd` would report both, but a process has only one, and it belongs to the user. Without the GIL,
//! nothing says whether a signal has been recorded. So the main thread wakes by itself: the gap delays a handler by 40 ms at
//! most, where `threading.Event` delays it until the next signal. Other threads run no handlers, and sleep until they are
//! released or their time is up.
//!
//! The word cuts the sleep short, instead of a loop of short waits: an event that is set and cleared between two short waits
//! would be missed, and each short wait would give up its place among the waiters.

use futex_event::platform::{Deadline, Futex, Listeners, PrivateFutex, TimedFutex};
use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// With the wake-up and the GIL, there are fewer than 50 ms between a signal and its handler.
const BACKSTOP: Duration = Duration::from_millis(40);

thread_local! {
    static HAS_SLEPT: Cell<bool> = const { Cell::new(false) };
    static RUNS_SIGNAL_HANDLERS: Cell<bool> = const { Cell::new(false) };
}

/// To be called before a wait of this thread, which is the one that runs signal handlers, or not.
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
            #[allow(clippy::declare_interior_mutable_const)] // Each word has a copy of this initial value.
            pub const ZERO: Self = Self($inner::new(0));
        }

        // SAFETY: every method calls that of the system's word, at the same address.
        unsafe impl Futex for $name {
            const SHARED: bool = $inner::SHARED;
            const CLOCK: Option<fn() -> Duration> = $inner::CLOCK;

            /// [`crate::fork`] clears it in the child of a `fork`.
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

        // SAFETY: as above. A sleep that ends before its deadline is a spurious wake-up, which a word may have.
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
    /// For threads of this process.
    Word over PrivateFutex
}

futex_event::platform::where_words_can_be_shared! {{
    use futex_event::platform::SharedFutex;

    word! {
        /// For threads of all processes that map the memory.
        SharedWord over SharedFutex
    }
} else {}}
