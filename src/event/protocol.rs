//! The protocol of the manual-reset event.
//!
//! # The word
//!
//! ```text
//!  31                           3      2         1       0
//! +------------------------------+----------+--------+-----+
//! |  generation                  | LISTENED | PARKED | SET |
//! +------------------------------+----------+--------+-----+
//! ```
//!
//! - SET: the event is set.
//! - PARKED: threads that have not been released may be asleep on the word, or about to be.
//! - LISTENED: the same for threads that wait for other events too, and sleep as [listeners](crate::listeners).
//! - generation: how often the event has been cleared, modulo 2^29.
//!
//! | SET | PARKED | state | `set` | `clear` | `wait` |
//! | --- | --- | --- | --- | --- | --- |
//! | 0 | 0 | unset, as after `new` | SET on | false | PARKED on, sleep |
//! | 0 | 1 | unset, threads parked | SET on, wake all | false | sleep |
//! | 1 | 0 | set | writes the same word | SET off, next generation | return |
//! | 1 | 1 | set, the parked threads are being woken | writes the same word | all flags off, next generation | return |
//!
//! LISTENED is to listeners what PARKED is to the threads that sleep on the word; `set` nudges the listeners.
//!
//! While the event is set, only `clear` changes the word. So a `clear` whose exchange fails because the word has changed has
//! raced another `clear`. It need not retry: the event was unset at some moment during the call.
//!
//! # Why it holds
//!
//! *A `clear` never takes a release back.* A wait begins when it reads an unset word, and remembers the generation. It ends
//! when it finds SET on *or another generation*: only a set event can be cleared, so a new generation proves that there was a
//! `set` in between. A thread that was released returns however late it runs.
//!
//! *No sleeper is forgotten.* PARKED goes off only together with a step of the generation, and that step needs SET. So
//! every generation in which a thread parks is ended by a `set` that finds SET off and PARKED on, and that `set` wakes. A
//! thread that turns PARKED on just before this `set`, or finds it on, sleeps on the word as it was with SET off: once
//! SET is on, the kernel's comparison fails and the thread does not sleep.
//!
//! *No wait returns spuriously.* A thread returns only because of what it reads in the word. A wake, wherever it comes from,
//! only makes it read the word again.
//!
//! # Freed after wake
//!
//! `set` publishes with its one write, and uses the event's address as a number from then on. A waiter that sees the write may
//! free the event at once: the wake then goes to an address at which no thread sleeps, or one of another owner, which checks
//! and sleeps again. References to types with interior mutability do not promise the compiler that the memory stays valid
//! (rust-lang/rust#98017), so a `&self` that outlives the event inside `set` breaks no rule. Rust 1.63, the oldest version
//! supported, does tell LLVM that the memory stays valid; but there is no read through the reference after the write, and
//! LLVM moves none there. Miri's models, Stacked Borrows and Tree Borrows, protect a function's references for as long as it
//! runs, but not what lies in an `UnsafeCell`, and all of an event does. `set_raw` needs none of this: its references end
//! with the atomic operation, like those in std's `Arc`.
//!
//! # Orderings
//!
//! There is one variable, whose modifications all threads see in one order whatever the orderings say. What matters is the
//! edge to the outside: what was done before a `set` must be visible after a wait, `is_set` or `clear` that observes it. So
//! `set` writes with Release, and every read that can make an operation report the event as set is an Acquire. All writes
//! to the word are read-modify-writes. They continue the release sequence of each earlier `set`, so a waiter that reads the
//! word only after it has been cleared, or parked on again, is still ordered after the `set`; the other writes can be
//! Relaxed. Only the mark of LISTENED is a Release, and `set` is also an Acquire: a `set` that finds the mark must find what
//! the listener did before it. `set` writes even if the event is already set, because this is part of the edge: a reader that
//! clears the event and then checks a queue must find what was pushed before that `set`.

use crate::listeners;
use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
use crate::wait::{Sleep, Until, Wait};
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::time::Duration;

pub(crate) const SET: u32 = 1;
const PARKED: u32 = 1 << 1;
const LISTENED: u32 = 1 << 2;
const GENERATION: u32 = !(SET | PARKED | LISTENED);
const ONE_GENERATION: u32 = 1 << 3;

pub(crate) const fn is_set(word: u32) -> bool {
    word & SET != 0
}

/// Whether a wait that began by reading `begun` is released when the word is `now`.
const fn is_released(begun: u32, now: u32) -> bool {
    is_set(now) || (now ^ begun) & GENERATION != 0
}

#[repr(transparent)]
pub(crate) struct Word<F>(F);

impl<F: Futex> Word<F> {
    pub(super) const fn new(futex: F) -> Self {
        Self(futex)
    }

    /// # Safety
    ///
    /// As for `Event::set_raw`.
    #[allow(unsafe_code)] // The pointer is the caller's.
    #[inline]
    pub(super) unsafe fn set(this: *const Self) -> bool {
        // The type is transparent.
        let address: *const F = this.cast();
        // SAFETY: the event is valid until this write.
        let before = unsafe { (*address).fetch_or(SET, AcqRel) };
        // From here on the event may be gone.
        if before & (PARKED | LISTENED) != 0 {
            wake(address, before);
        }
        !is_set(before)
    }

    #[inline]
    pub(super) fn clear(&self) -> bool {
        let word = self.0.load(Relaxed);
        if !is_set(word) {
            return false;
        }
        if F::SHARED && word & PARKED != 0 {
            wake(&self.0, word);
        }
        let next = (word & GENERATION).wrapping_add(ONE_GENERATION);
        loop {
            match self.0.compare_exchange_weak(word, next, Acquire, Relaxed) {
                Ok(_) => return true,
                // It failed spuriously.
                Err(found) if found == word => {}
                // Only a `clear` changes the word of a set event. So the event has been unset since it was read.
                Err(_) => return false,
            }
        }
    }

    /// The word; and if SET or another generation is in it, what was done before the `set`.
    #[inline]
    pub(crate) fn read(&self) -> u32 {
        self.0.load(Acquire)
    }

    /// Whether the wait that began by reading `begun` is released.
    #[inline]
    pub(crate) fn has_released(&self, begun: u32) -> bool {
        is_released(begun, self.read())
    }

    /// Waits until the wait that began by reading `begun` is released: true; or until its time is up, and a last check finds
    /// it not released: false.
    pub(crate) fn park(&self, begun: u32, sleep: &impl Sleep<F>) -> bool {
        while let Some(word) = self.mark_parked(begun) {
            if !sleep.on(&self.0, word) {
                return self.has_released(begun);
            }
        }
        true
    }

    /// Turns PARKED on, and returns the word as it is then. `None` if the wait that began by reading `begun` is released.
    fn mark_parked(&self, begun: u32) -> Option<u32> {
        loop {
            let word = self.read();
            if is_released(begun, word) {
                return None;
            }
            let marked = word | PARKED;
            if marked == word
                || self
                    .0
                    .compare_exchange_weak(word, marked, Relaxed, Relaxed)
                    .is_ok()
            {
                return Some(marked);
            }
        }
    }

    /// Turns LISTENED on: true. False if the wait that began by reading `begun` is released.
    ///
    /// Writes even if LISTENED is already on: see [listeners].
    pub(crate) fn mark_listened(&self, begun: u32) -> bool {
        loop {
            let word = self.read();
            if is_released(begun, word) {
                return false;
            }
            let marked = self
                .0
                .compare_exchange_weak(word, word | LISTENED, Release, Relaxed);
            if marked.is_ok() {
                return true;
            }
        }
    }

    /// For `Debug`: whether the event is set, and whether threads may be parked on it.
    pub(super) fn state(&self) -> (bool, bool) {
        let word = self.0.load(Relaxed);
        let is_set = is_set(word);
        (is_set, !is_set && word & (PARKED | LISTENED) != 0)
    }

    /// As a number, by which it is known to the table of listeners and to the histories of spins.
    pub(crate) fn address(&self) -> usize {
        &self.0 as *const F as usize
    }
}

/// Wakes the threads that were parked before a `set`, unless an earlier `set` of this process does. The event may be gone.
#[cold]
fn wake<F: Futex>(address: *const F, before: u32) {
    if is_set(before) && !F::SHARED {
        return;
    }
    if before & PARKED != 0 {
        F::wake_all(address);
    }
    // (A shared word has no listeners, nor a table of them.)
    if !F::SHARED && before & LISTENED != 0 {
        listeners::nudge_all::<F>(address as usize);
    }
}

/// A wait that has not begun.
pub(crate) struct Waiting<'a, F> {
    pub(super) word: &'a Word<F>,
    pub(super) spin: Spin,
}

impl<F: Futex> Wait<F> for Waiting<'_, F> {
    type Released = ();

    #[inline]
    fn wait_by<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> Option<()> {
        let begun = self.word.read();
        let released = is_set(begun) || self.word.wait_from(begun, self.spin, sleep);
        released.then_some(())
    }

    /// A timeout of zero is found before any function is called.
    #[inline]
    fn after(self, timeout: Duration) -> Option<()>
    where
        F: TimedFutex,
    {
        let begun = self.word.read();
        let wait = || {
            let sleep = move || Until::after::<F>(timeout);
            self.word.wait_from(begun, self.spin, sleep)
        };
        (is_set(begun) || timeout != Duration::ZERO && wait()).then_some(())
    }
}

impl<F: Futex> Waiting<'_, F> {
    /// Spins, and does not park.
    #[inline]
    pub(crate) fn try_wait(&self) -> bool {
        let begun = self.word.read();
        is_set(begun) || self.word.spin_from(begun, self.spin)
    }
}

impl<F: Futex> Word<F> {
    #[cold]
    #[inline(never)]
    fn wait_from<S: Sleep<F>>(
        &self,
        begun: u32,
        spin: Spin,
        sleep: impl FnOnce() -> Option<S>,
    ) -> bool {
        sleep().map_or(false, |sleep| self.spin_or_park(begun, spin, &sleep))
    }

    #[inline(never)]
    fn spin_or_park(&self, begun: u32, spin: Spin, sleep: &impl Sleep<F>) -> bool {
        let released = || self.has_released(begun).then_some(());
        let park = || self.park(begun, sleep).then_some(());
        let wait = spin.then_park(
            self.address(),
            1,
            others_parked(begun),
            sleep,
            released,
            park,
        );
        wait.is_some()
    }

    #[cold]
    #[inline(never)]
    fn spin_from(&self, begun: u32, spin: Spin) -> bool {
        let released = || self.has_released(begun).then_some(());
        spin.alone::<F, ()>(self.address(), 1, others_parked(begun), released)
            .is_some()
    }
}

/// Whether other threads are parked already. The mark may also be that of a thread that has timed out.
const fn others_parked(word: u32) -> bool {
    word & PARKED != 0
}
