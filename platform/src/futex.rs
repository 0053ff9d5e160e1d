//! What an event needs of a word.

use crate::{Deadline, Listeners};
use core::sync::atomic::{self, Ordering};
use core::time::Duration;

/// A 32-bit atomic word that threads can sleep on.
///
/// The events of `futex-event` are written over this trait alone, so whoever can put a thread to sleep on a word (a
/// kernel, a unikernel, a model checker) can run them. The first four methods are those of
/// [`AtomicU32`](core::sync::atomic::AtomicU32); the others are wait-on-address as every system has it.
///
/// # Safety
///
/// Callers may guard memory with an event, so its soundness rests on the word. An implementation promises that
///
/// - `load`, `fetch_or`, `fetch_add` and `compare_exchange_weak` act on one `u32` of the word as the methods of
///   `AtomicU32` do, with the given orderings;
/// - [`wait`](Self::wait) compares and goes to sleep in one step as seen by the wakes: a wake that follows a change of
///   the word finds every thread that went to sleep on the value before the change;
/// - the wakes get along with any address, of memory that is gone or used for something else, and change no value there.
///
/// A wait may return for no reason at all, and a wake may wake threads in vain: events check. No call need order
/// memory; events bring their own orderings.
pub unsafe trait Futex: Sync + 'static {
    /// How many threads an event counts as waiting on one word at most, if the event's own limit is not lower. There is
    /// a reason to set it only in tests, which have too few threads to come to the events' limit.
    const WAITERS: u32 = u32::MAX;

    /// Whether threads of other processes may sleep on the word, and wake. Any of them may be killed at any moment; events
    /// then make a call more here and there, so that nobody waits for what a dead thread was about to do.
    const SHARED: bool = false;

    /// A monotonic clock, of a microsecond or finer, that is cheap to read: by it a wait measures for how long it spins before
    /// it sleeps. `None`, as here, is always right, and has every wait sleep at once.
    ///
    /// It is a matter of speed only. A clock that stands still, or jumps, makes a spin shorter or longer by some
    /// microseconds, and nothing worse.
    const CLOCK: Option<fn() -> Duration> = None;

    /// A fence of the order `SeqCst`, as [`core::sync::atomic::fence`]. There is a reason to replace it only in a model
    /// checker, whose fences are its own.
    #[inline]
    fn full_fence() {
        atomic::fence(Ordering::SeqCst);
    }

    /// The table of threads that wait for several events: one for all words of this type and this process. The macro
    /// [`listeners!`](crate::listeners!) makes it.
    ///
    /// Its words are zero to begin with, and the events alone change them. That of a [shared](Self::SHARED) word is not
    /// used.
    fn listeners() -> &'static Listeners<Self>
    where
        Self: Sized;

    /// The value of the word.
    fn load(&self, order: Ordering) -> u32;

    /// Turns on the given bits and returns the value before.
    fn fetch_or(&self, bits: u32, order: Ordering) -> u32;

    /// Adds, wrapping around, and returns the value before.
    fn fetch_add(&self, amount: u32, order: Ordering) -> u32;

    /// Stores `new` if the word is `current`: `Ok` with the value before if it did, `Err` with the value found if it
    /// did not. May fail although the word is `current`.
    ///
    /// Callers give `failure` no stronger than `success`: before Rust 1.64, `AtomicU32` panics otherwise.
    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32>;

    /// Sleeps while the word is `expected`, until a wake. Returns at once if it is something else.
    ///
    /// May return early and without a wake. If the system refuses to put the thread to sleep, an implementation paces
    /// the caller, who will be back soon, instead of returning at once.
    fn wait(&self, expected: u32);

    /// Wakes one of the threads asleep on the word at this address, if there is one.
    ///
    /// The address is a number here: the word may be gone, and its memory may be unmapped or hold something else.
    fn wake_one(this: *const Self);

    /// Wakes all threads asleep on the word at this address. For the address, see [`wake_one`](Self::wake_one).
    fn wake_all(this: *const Self);
}

/// A word whose sleepers can give up at a deadline.
///
/// # Safety
///
/// As for [`Futex`]; what is said there of `wait` holds for [`wait_until`](Self::wait_until).
pub unsafe trait TimedFutex: Futex {
    /// The time on the clock by which [`wait_until`](Self::wait_until) measures: monotonic, from a fixed origin.
    fn now() -> Duration;

    /// As [`wait`](Futex::wait), but also returns at the deadline.
    ///
    /// If the system can end a sleep for a signal, whose handler has run on this thread, then it should end this one for every
    /// signal, if there is a deadline, however far. An implementation does not begin the sleep again by itself. The waits
    /// whose names end in `_interruptible` rely on it, and on nothing else.
    ///
    /// Returns false if the deadline has passed, never before it; true if the caller should look at the word and, if
    /// need be, come back with the same deadline.
    fn wait_until(&self, expected: u32, deadline: Deadline) -> bool;
}
