//! How an event count works.
//!
//! # The word
//!
//! ```text
//!  31                                      2     1          0
//! +---------------------------------------+----------+----------+
//! |  generation                           | LISTENED | PREPARED |
//! +---------------------------------------+----------+----------+
//! ```
//!
//! - PREPARED: threads may have a ticket of this generation.
//! - LISTENED: threads may be asleep, or about to be, as [listeners](crate::listeners).
//! - generation: how often tickets have been released by a step of it, modulo 2^30.
//!
//! | word | `prepare` | `notify_one` | `notify_all` | a `wait` with a ticket of this generation |
//! | --- | --- | --- | --- | --- |
//! | no mark | PREPARED on | nothing | nothing | (there is no such ticket) |
//! | PREPARED | reads | next generation, no mark | next generation, no mark | LISTENED on, sleeps |
//! | PREPARED, LISTENED | reads | claims a listener; if there is none, as `notify_all` | next generation, no mark; nudges all listeners | sleeps |
//!
//! LISTENED is never on without PREPARED: a thread turns it on only in the generation of its ticket, in which PREPARED is on,
//! and should the generation have wrapped it turns that on too.
//!
//! A ticket is the generation in which it was prepared, and is released when the generation has moved on. A thread that
//! waits takes a slot of the table of listeners, publishes it, turns LISTENED on in one step with a last check of the
//! generation, and sleeps on its slot until that is claimed, or nudged and the generation has moved on. To drop a ticket
//! does nothing; the mark that it leaves costs the next notification one exchange.
//!
//! # Why it holds
//!
//! *No change is missed* by both sides. A writer changes the structure, makes a fence, and reads the word; a reader
//! turns PREPARED on, makes a fence, and checks the structure. Of the two fences one is first. If it is the reader's,
//! the writer finds the mark, or a later word; a word without the mark is of a later generation, which has released the
//! ticket. If it is the writer's, the reader's check finds the change. Neither fence can be weaker: without it the check,
//! or the read of the word, may come before the write that precedes it (the store-buffer pattern), and both find
//! nothing.
//!
//! A reader that finds PREPARED on need not write it again: a writer whose fence comes later finds what the reader has read
//! before its own fence, or something newer.
//!
//! *No listener sleeps through its release.* Its mark and the step of the generation are both read-modify-writes of the
//! word. If the mark comes first, the thread that takes the step finds LISTENED, and the slot, and nudges it. If the
//! step comes first, the mark finds another generation.
//!
//! *k notifications release k sleepers.* `notify_one` claims one of them in one step, and a claimed one cannot be claimed
//! again. If it finds none to claim, it ends the generation, which releases every ticket that is not asleep; and because
//! a thread may have gone to sleep since that pass through the table, it goes through it again, and nudges. A step of the
//! generation and a claim may release the same wait. Then both changes came before that thread's next check, and every
//! thread that sleeps with a ticket of a later generation has checked after the first of them.
//!
//! # Freed after wake
//!
//! As for [`Event`](crate::Event): after the claim, or the step of the generation, `notify` uses the address as a number
//! only. So `notify_one` does one or the other, never both.
//!
//! # The other shape
//!
//! The word could do without PREPARED and without fences if each notification stepped the generation: a ticket would be
//! a plain read. That is one atomic write for each notification, of a line that all writers and readers share, where
//! this is a fence and a read. Measured, both take 3 ns for one thread. For two threads that notify at the same time, the
//! write takes four to twelve times as long, and the fence and the read no longer: see `docs/speed.md`. Such a
//! notification could not turn LISTENED off either, without touching the word a second time, after it has released a
//! thread.
//!
//! The threads could sleep on the word itself, with a count of them in it, which `notify_one` reduces. But a thread that
//! leaves cannot tell whether it was counted out, as systems do not say whether a sleep ended by a wake. So the count
//! would be too high after each timeout, threads that arrive together would make each other's calls fail with EAGAIN, and
//! the generation would have a third of the bits. folly's event count takes eight bytes, and makes a call for each
//! notification until the thread that was woken has run.
//!
//! # Orderings
//!
//! The fences are SeqCst, and order the marks and checks that they stand between. One is also the Acquire of the read before
//! it in `prepare`, which is Relaxed. The step of the generation is a Release, and a wait reads the generation by an Acquire:
//! what was done before the notification is visible when it returns, and the thread may free the event count. For the first
//! the fence in `notify` would do. But the step itself comes after that fence, so without a Release of its own it would not
//! come before what the thread does to the memory. The read before a mark can be Relaxed: a wait that finds there that its
//! generation has ended reads it once more before it returns. The mark LISTENED is a Release and the step an Acquire, so the
//! thread that makes the step finds the listener, or the task. A task's mark needs the Release although a fence follows it: the
//! step may find the mark before that fence is made. The claim has its own, described [there](crate::listeners).

use crate::listeners::{self, listen, Awaited};
use crate::platform::Futex;
use crate::spin::Spin;
use crate::wait::{Sleep, Wait};
use core::cell::RefCell;
use core::hint::spin_loop;
use core::iter::once;
use core::mem;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

const PREPARED: u32 = 1;
const LISTENED: u32 = 1 << 1;
const MARKS: u32 = PREPARED | LISTENED;
const ONE_GENERATION: u32 = 1 << 2;

#[repr(transparent)]
pub(crate) struct Word<F>(F);

impl<F: Futex> Word<F> {
    pub(super) const fn new(futex: F) -> Self {
        Self(futex)
    }

    #[inline]
    pub(super) fn prepare(&self) -> Generation<'_, F> {
        let mut word = self.0.load(Relaxed);
        if word & PREPARED == 0 {
            word = self.0.fetch_or(PREPARED, Relaxed);
        }
        F::full_fence();
        self.generation(word)
    }

    /// The generation in a word.
    #[inline]
    pub(super) fn generation(&self, word: u32) -> Generation<'_, F> {
        Generation {
            word: self,
            number: word & !MARKS,
        }
    }

    /// Whether a notification has anything to release.
    #[inline]
    pub(super) fn is_prepared(&self) -> bool {
        F::full_fence();
        self.0.load(Relaxed) & PREPARED != 0
    }

    #[cold]
    #[inline(never)]
    pub(super) fn release_one(&self) {
        let address = self.address();
        loop {
            // Relaxed: listeners that the claim does not find because of that are found after the step.
            let word = self.0.load(Relaxed);
            if word & LISTENED != 0 && listeners::claim::<F>(address, false) {
                // The event count may be gone.
                return;
            }
            if self.try_end(word) {
                return;
            }
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn release_all(&self) {
        while !self.try_end(self.0.load(Relaxed)) {}
    }

    /// Ends the generation of this word, and wakes its listeners. True if there is nothing left to release; false if the word
    /// has changed.
    fn try_end(&self, word: u32) -> bool {
        if word & PREPARED == 0 {
            return true;
        }
        let address = self.address();
        let next = (word & !MARKS).wrapping_add(ONE_GENERATION);
        let stepped = self
            .0
            .compare_exchange_weak(word, next, AcqRel, Relaxed)
            .is_ok();
        // From here on the event count may be gone.
        if stepped && word & LISTENED != 0 {
            listeners::nudge_all::<F>(address);
        }
        stepped
    }

    /// Turns both marks on, for a task that has registered its waker and is about to check its condition: `prepare` and
    /// the mark of a listener in one.
    #[cfg(feature = "async")]
    pub(crate) fn mark_for_task(&self) {
        self.0.fetch_or(MARKS, Release);
        F::full_fence();
    }

    /// Whether threads may be asleep.
    pub(super) fn is_listened(&self) -> bool {
        self.0.load(Relaxed) & LISTENED != 0
    }

    /// As a number, by which it is known to the table of listeners, to tasks, and to the histories of spins.
    pub(crate) fn address(&self) -> usize {
        &self.0 as *const F as usize
    }
}

/// A generation, for a thread that waits until it has ended.
pub(super) struct Generation<'a, F> {
    pub(super) word: &'a Word<F>,
    pub(super) number: u32,
}

impl<F> Clone for Generation<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Generation<'_, F> {}

impl<F: Futex> Generation<'_, F> {
    #[inline]
    pub(super) fn has_ended(self) -> bool {
        self.word.0.load(Acquire) & !MARKS != self.number
    }

    /// Waits until a notification releases this thread: true; or until the time is up, and a last check finds the generation
    /// unchanged: false.
    pub(super) fn listen(self, sleep: &impl Sleep<F>) -> bool {
        listen(once((0, self)), sleep).is_some()
    }
}

/// A listener waits for the end of its generation as it does for an event: a claim releases it, and so does the step of the
/// generation.
impl<F: Futex> Awaited for Generation<'_, F> {
    fn address(self) -> usize {
        self.word.address()
    }

    /// It writes if LISTENED is on already, too: see [listeners].
    fn mark(self) -> bool {
        let Word(word) = self.word;
        loop {
            let found = word.load(Relaxed);
            if found & !MARKS != self.number {
                return true;
            }
            let marked = word.compare_exchange_weak(found, found | MARKS, Release, Relaxed);
            if marked.is_ok() {
                return false;
            }
        }
    }

    fn takes(self) -> bool {
        self.has_ended()
    }

    /// There is no token.
    fn pass_on(self) {}

    fn give_back(self) {
        self.word.release_one();
    }
}

/// A poll of a condition is taken to be as much work as reading this many words: about what a check of a queue takes.
const CONDITION: usize = 4;

/// How many pauses are between two polls of a condition, after one, two, four and so on: they take from half a microsecond to
/// two. In that time a full queue gets several free places, and an empty one several items. Threads that poll as fast as they
/// can pass single items to each other, and slow down the threads that have work.
const MOST_PAUSES: u32 = 64;

/// Releases another thread on drop: for a thread that was released, and whose condition panics before it has checked the change.
struct PassOn<'a, F: Futex>(&'a Word<F>);

impl<F: Futex> Drop for PassOn<'_, F> {
    fn drop(&mut self) {
        self.0.release_one();
    }
}

/// A wait until `condition` returns something.
pub(super) struct UntilSome<'a, F, C> {
    pub(super) word: &'a Word<F>,
    pub(super) condition: C,
    pub(super) spin: Spin,
}

impl<F: Futex, T, C: FnMut() -> Option<T>> Wait<F> for UntilSome<'_, F, C> {
    type Released = T;

    #[inline]
    fn wait_by<S: Sleep<F>>(mut self, sleep: impl FnOnce() -> Option<S>) -> Option<T> {
        let found = (self.condition)();
        if found.is_some() {
            return found;
        }
        self.spin_or_park(&sleep()?)
    }
}

impl<F: Futex, T, C: FnMut() -> Option<T>> UntilSome<'_, F, C> {
    #[cold]
    #[inline(never)]
    fn spin_or_park(self, sleep: &impl Sleep<F>) -> Option<T> {
        let word = self.word;
        // Two closures call it, one after the other.
        let condition = RefCell::new(self.condition);
        let check = || (condition.borrow_mut())();
        let park = || {
            let mut is_released = false;
            loop {
                let unless_checked = is_released.then(|| PassOn(word));
                let generation = word.prepare();
                let found = check();
                mem::forget(unless_checked);
                if found.is_some() {
                    return found;
                }
                // A thread that is released again and again never sleeps, and only a sleep checks the time.
                let is_over = is_released && sleep.is_over();
                is_released = !is_over && generation.listen(sleep);
                if !is_released {
                    return check();
                }
            }
        };
        let mut pauses = 1;
        let poll = || {
            (0..pauses).for_each(|_| spin_loop());
            pauses = (2 * pauses).min(MOST_PAUSES);
            check()
        };
        // A notification releases parked threads first, and the change may be for them.
        let others_parked = word.is_listened();
        self.spin
            .then_park(word.address(), CONDITION, others_parked, sleep, poll, park)
    }
}
