//! A word on the crate `atomic-wait`: what it takes to bring one's own.
//!
//! It uses nothing of this crate but what is public. To bring another word, copy the file, and put your system's three
//! calls in the place of that crate's.

#![allow(unsafe_code)] // `Futex` is a promise that the compiler cannot check.

use crate::platform::{listeners, Futex, Listeners};
use core::sync::atomic::{AtomicU32, Ordering};

/// A word that sleeps by the crate [`atomic-wait`], as an example of a word that somebody else has brought.
///
/// ```
/// use futex_event::{AtomicWaitFutex, Event};
/// use std::thread;
///
/// static READY: Event<AtomicWaitFutex> = Event::with_futex(AtomicWaitFutex::new(0));
///
/// let waiter = thread::spawn(|| READY.wait());
/// READY.set();
/// waiter.join().unwrap();
/// ```
///
/// That crate has no timeouts, so this is no [`TimedFutex`](crate::platform::TimedFutex), and an event on it has neither
/// `wait_timeout` nor `wait_deadline`.
///
/// # What an implementation is made of
///
/// [`Futex`] has eight functions without which there is no word. Four are those of `AtomicU32`; `wait`, `wake_one` and
/// `wake_all` are the system's calls; and [`listeners`](Futex::listeners) is a macro's. Without a [`CLOCK`](Futex::CLOCK),
/// which is always right, if slower, every wait parks at once.
///
/// [`platform::conformance`](crate::platform::conformance) tests whether it is one.
///
/// # What it does not keep
///
/// Its table of threads in [`wait_any`](crate::wait_any()) is not cleared in the child of a `fork`: there, a token of an
/// [`AutoResetEvent`](crate::AutoResetEvent) can be given to a thread of the parent. A word that has to do better gives the
/// macro a `before_use` that calls `pthread_atfork`, as the words of [`platform`](crate::platform) do.
///
/// Its calls may change `errno`, which a signal handler that uses it has to save. Where the kernel refuses to put a
/// thread to sleep (by a filter of system calls, say), a wait is a busy loop. On Apple's systems the crate's waits go
/// through a table of the C++ library and not by the word, so that only its own wakes end them.
///
/// The crate knows Linux, Android, FreeBSD, macOS, iOS, watchOS and Windows, and does not compile elsewhere.
///
/// [`atomic-wait`]: https://docs.rs/atomic-wait
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct AtomicWaitFutex(AtomicU32);

impl AtomicWaitFutex {
    /// A word that holds `value`.
    pub const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }
}

// SAFETY: the word is one `AtomicU32`, and the first four methods are its own. Each call that `atomic-wait` sleeps by
// compares and goes to sleep in one step as seen by the wakes; on Apple's systems it is the count of wakes that is compared
// in this step, which was read before the word. Its wakes may be given a pointer that dangles, as its documentation says.
unsafe impl Futex for AtomicWaitFutex {
    fn listeners() -> &'static Listeners<Self> {
        listeners!(AtomicWaitFutex, AtomicWaitFutex::new(0))
    }

    fn load(&self, order: Ordering) -> u32 {
        self.0.load(order)
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.0.fetch_or(bits, order)
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        self.0.fetch_add(amount, order)
    }

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
        atomic_wait::wait(&self.0, expected);
    }

    fn wake_one(this: *const Self) {
        // The type is transparent, so the address of the word is that of the `AtomicU32`.
        atomic_wait::wake_one(this.cast::<AtomicU32>());
    }

    fn wake_all(this: *const Self) {
        atomic_wait::wake_all(this.cast::<AtomicU32>());
    }
}
