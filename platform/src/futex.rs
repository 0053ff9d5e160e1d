//! What an event needs of a word.

use crate::{Deadline, Listeners};
use core::sync::atomic::{self, Ordering};
use core::time::Duration;

/// A 32-bit atomic word that threads can sleep on.
///
/// The events of `futex-event` use a word through this trait alone. So they run on anything that can put a thread to sleep
/// on a word: a kernel, a unikernel, a model checker. The first four methods are those of
/// [`AtomicU32`](core::sync::atomic::AtomicU32); the others are the usual wait-on-address operations.
///
/// # Safety
///
/// Callers may guard memory with an event, so their soundness depends on the word. An implementation promises that
///
/// - `load`, `fetch_or`, `fetch_add` and `compare_exchange_weak` act on one `u32` of the word as the methods of
///   `AtomicU32` do, with the given orderings;
/// - [`wait`](Self::wait) compares and goes to sleep in one step with respect to the wakes: a wake that follows a change of
///   the word finds every thread that went to sleep on the value before the change;
/// - the wakes accept any address, also of memory that is unmapped or used for something else, and change no value there.
///
/// A wait may return spuriously, and a wake may wake threads without need: events check. No call has to order memory;
/// events use their own orderings.
pub unsafe trait Futex: Sync + 'static {
    /// The highest number of threads that an event counts as waiting on one word, unless the event's own limit is lower.
    /// Only tests have a reason to set it: they have too few threads to reach the limit of the events.
    const WAITERS: u32 = u32::MAX;

    /// Whether threads of other processes may sleep on the word, and wake those that do. Such a thread may be killed at any
    /// moment. So events make a few more calls on such a word, and no thread waits for something that a killed thread was
    /// about to do.
    const SHARED: bool = false;

    /// A monotonic clock with a resolution of a microsecond or better that is cheap to read. A wait measures with it how long
    /// it spins before it sleeps. `None`, the default, is always correct: then every wait sleeps at once.
    ///
    /// It affects speed only. If the clock stands still or jumps, a spin becomes a few microseconds shorter or longer.
    const CLOCK: Option<fn() -> Duration> = None;

    /// A `SeqCst` fence, as [`core::sync::atomic::fence`]. Only a model checker has a reason to replace it, by its own fence.
    #[inline]
    fn full_fence() {
        atomic::fence(Ordering::SeqCst);
    }

    /// The table of threads that wait for several events. There is one per process for all words of this type. The macro
    /// [`listeners!`](crate::listeners!) makes it.
    ///
    /// Its words start as zero, and only the events change them. The table of a [shared](Self::SHARED) word is not used.
    fn listeners() -> &'static Listeners<Self>
    where
        Self: Sized;

    /// The value of the word.
    fn load(&self, order: Ordering) -> u32;

    /// Sets the given bits and returns the previous value.
    fn fetch_or(&self, bits: u32, order: Ordering) -> u32;

    /// Adds, wrapping around, and returns the previous value.
    fn fetch_add(&self, amount: u32, order: Ordering) -> u32;

    /// Stores `new` if the word is `current`. Returns `Ok` with the previous value if it stored, and `Err` with the value
    /// that it found if it did not. It may fail although the word is `current`.
    ///
    /// Callers pass a `failure` that is no stronger than `success`: before Rust 1.64, `AtomicU32` panics otherwise.
    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32>;

    /// Sleeps if the word is `expected`, until a wake. Returns at once if the word has another value.
    ///
    /// It may return spuriously. If the system refuses to put the thread to sleep, an implementation should pause for a
    /// moment before it returns, because the caller checks the word and comes back.
    fn wait(&self, expected: u32);

    /// Wakes one of the threads that sleep on the word at this address, if there is one.
    ///
    /// The address is only a number: the word may be gone, and its memory may be unmapped or used for something else.
    fn wake_one(this: *const Self);

    /// Wakes all threads that sleep on the word at this address. For the address, see [`wake_one`](Self::wake_one).
    fn wake_all(this: *const Self);
}

/// A word on which a thread can sleep until a deadline.
///
/// # Safety
///
/// As for [`Futex`]: what it says about `wait` also holds for [`wait_until`](Self::wait_until).
pub unsafe trait TimedFutex: Futex {
    /// The time on the clock of [`wait_until`](Self::wait_until): monotonic, since a fixed origin.
    fn now() -> Duration;

    /// As [`wait`](Futex::wait), but also returns at the deadline.
    ///
    /// If a signal handler runs on the sleeping thread and the system can end a sleep for that, this sleep should end, for
    /// every signal, if there is a deadline, however distant. An implementation does not resume the sleep by itself. The
    /// waits whose names end in `_interruptible` rely on this, and on nothing else.
    ///
    /// Returns false if the deadline has passed, and never before it. Returns true if the caller should check the word and,
    /// if need be, come back with the same deadline.
    fn wait_until(&self, expected: u32, deadline: Deadline) -> bool;
}
