//! A word on the crate `atomic-wait`: an example of how to write a word of your own.
//!
//! It uses only public items of this crate. For another word, copy the file, and replace the three calls of that crate by
//! your system's.

#![allow(unsafe_code)] // `Futex` is a promise that the compiler cannot check.

use crate::platform::{listeners, Futex, Listeners};
use core::sync::atomic::{AtomicU32, Ordering};

/// A word that sleeps by the crate [`atomic-wait`], as an example of a word from outside this library.
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
/// That crate has no timeouts, so this word is not a [`TimedFutex`](crate::platform::TimedFutex), and an event on it has
/// neither `wait_timeout` nor `wait_deadline`.
///
/// # What an implementation needs
///
/// [`Futex`] has eight required functions. Four are those of `AtomicU32`; `wait`, `wake_one` and `wake_all` are the
/// system's calls; and a macro provides [`listeners`](Futex::listeners). A [`CLOCK`](Futex::CLOCK) is optional: without
/// one every wait parks at once, which is correct, but slower.
///
/// [`platform::conformance`](crate::platform::conformance) tests a word against what events require.
///
/// # What it does not promise
///
/// Its table of threads in [`wait_any`](crate::wait_any()) is not cleared in the child of a `fork`: there, a token of an
/// [`AutoResetEvent`](crate::AutoResetEvent) can be given to a thread of the parent. To clear the table, a word gives the
/// macro a `before_use` that calls `pthread_atfork`, as the words of [`platform`](crate::platform) do.
///
/// Its calls may change `errno`, which a signal handler that uses it has to save. Where the kernel refuses to put a
/// thread to sleep (by a filter of system calls, say), a wait is a busy loop. On Apple's systems the crate's waits sleep on
/// a table of the C++ library and not on the word, so only its own wakes end them.
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
// compares the word and falls asleep in one step with respect to the wakes. (On Apple's systems this step compares a count
// of wakes, which was read before the word.) Its wakes accept a dangling pointer, as its documentation says.
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
