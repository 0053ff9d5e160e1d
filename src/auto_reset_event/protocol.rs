//! The protocol of the auto-reset event.
//!
//! # The word
//!
//! ```text
//!  31              17 16               2      1         0
//! +------------------+------------------+----------+-----+
//! |  waiters         |  grants          | LISTENED | SET |
//! +------------------+------------------+----------+-----+
//! ```
//!
//! - waiters: how many threads are counted as waiting, asleep on the word or about to be.
//! - grants: how many of them have been released. Each will take a grant and leave.
//! - SET: the event keeps a token; no thread was waiting for it.
//! - LISTENED: threads wait for the event, or have waited, as [listeners]: because they wait for other events too, or could
//!   not be counted. It never goes off.
//!
//! It always holds that `grants <= waiters`, and that SET is on only if `grants == waiters`.
//!
//! | state | `set` | a counted waiter | a new waiter |
//! | --- | --- | --- | --- |
//! | SET | writes the same word, false | takes its grant | takes the token: SET off |
//! | grants < waiters | grants + 1, wake one | takes a grant, if there is one; else sleeps | is counted, if there are no grants; else listens |
//! | grants == waiters, SET off | SET on | takes its grant | is counted, if there are no grants; else listens |
//!
//! With LISTENED on, `set` first tries to hand the token to a listener; if there are waiters without a grant, only half of the
//! time, at random. If it turns SET on, it checks the listeners once more.
//!
//! `clear` and `try_wait` take the token if there is one, and do nothing else.
//!
//! # Which waiters are counted
//!
//! The grants belong to all threads that were counted when they were given, and any of those may take any grant: so the word
//! needs only their number. What must not happen is that a thread which came later takes a grant, and leaves asleep a thread
//! that had been released. So no thread is counted while there are grants, nor beyond the limit. Such a thread waits as a
//! listener for one event. It has a slot of its own, a `set` claims it directly, and it needs no other thread's help.
//!
//! # Why it holds
//!
//! *No grant is left behind.* A grant is given in the same step that finds a waiter without one. Each waiter that is awake
//! reads the word before it sleeps, and sleeps only on the word as it read it, without grants. The wake that follows the
//! grant takes one thread out of the kernel's queue, if there is any. So among the counted threads, at least as many are
//! awake or being woken as there are grants.
//!
//! *No token is lost to a timeout.* A waiter leaves in one step: with a grant if there is one, however late, and
//! without only if there is none. There is no moment in which it has given up and can still be granted a token.
//!
//! For listeners, see [there](crate::listeners).
//!
//! # Freed after wake
//!
//! As for [`Event`](crate::Event): the write that gives a grant or turns SET on, or the claim of a listener, is the last
//! access of a `set` to the event, and the write with which a waiter leaves is the last access of its wait.
//!
//! # Orderings
//!
//! A token is handed over by a write of `set` and a write of the thread that takes it: Release and Acquire. All writes are
//! read-modify-writes and continue the release sequences of all earlier sets, so it does not matter which grant is taken. A
//! listener's mark is a Release, and a `set` that finds it an Acquire, so that it finds the listener. The mark is an Acquire
//! too: a thread that passes a nudge on, and finds the token, must find the listeners that its `set` found. The nudge does
//! not always tell, see [listeners]. All other accesses to the word can be Relaxed.

use crate::listeners::{self, Awaited, Forked, Process};
use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
use crate::wait::{Sleep, Until, Wait};
use core::iter::once;
use core::mem;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::time::Duration;

pub(super) const SET: u32 = 1;
const LISTENED: u32 = 1 << 1;
const GRANT: u32 = 1 << 2;
const WAITER: u32 = 1 << 17;
/// The highest count that fits into either field.
const LIMIT: u32 = (1 << 15) - 1;

const fn is_set(word: u32) -> bool {
    word & SET != 0
}

const fn grants(word: u32) -> u32 {
    (word / GRANT) & LIMIT
}

const fn waiters(word: u32) -> u32 {
    word / WAITER
}

fn may_be_counted<F: Futex>(word: u32) -> bool {
    grants(word) == 0 && waiters(word) < LIMIT.min(F::WAITERS)
}

#[repr(transparent)]
pub(crate) struct Word<F>(F);

impl<F: Futex> Word<F> {
    pub(super) const fn new(futex: F) -> Self {
        Self(futex)
    }

    /// # Safety
    ///
    /// As for `AutoResetEvent::set_raw`.
    #[allow(unsafe_code)] // The pointer is the caller's.
    #[inline]
    pub(super) unsafe fn set(this: *const Self) -> bool {
        // The type is transparent.
        let address: *const F = this.cast();
        // SAFETY: the event is valid until it is written, or a listener is claimed for it.
        let mut word = unsafe { (*address).load(Relaxed) };
        while word & LISTENED == 0 {
            let ungranted = grants(word) < waiters(word);
            let next = if ungranted { word + GRANT } else { word | SET };
            // SAFETY: as above.
            match unsafe { (*address).compare_exchange_weak(word, next, Release, Relaxed) } {
                // From here on the event may be gone.
                Ok(_) if ungranted => {
                    F::wake_one(address);
                    return true;
                }
                Ok(_) => return !is_set(word),
                Err(found) => word = found,
            }
        }
        // SAFETY: as above.
        unsafe { Self::set_listened(address) }
    }

    /// The same with LISTENED on.
    ///
    /// # Safety
    ///
    /// As for `AutoResetEvent::set_raw`.
    #[allow(unsafe_code)]
    #[cold]
    #[inline(never)]
    unsafe fn set_listened(address: *const F) -> bool {
        loop {
            // SAFETY: the event is valid until it is written, or a listener is claimed for it.
            let word = unsafe { (*address).load(Acquire) };
            let ungranted = grants(word) < waiters(word);
            if listeners::claim::<F>(address as usize, ungranted) {
                return true;
            }
            let next = if ungranted { word + GRANT } else { word | SET };
            // SAFETY: as above.
            let written = unsafe { (*address).compare_exchange_weak(word, next, AcqRel, Relaxed) };
            // From here on the event may be gone.
            match written {
                Ok(_) if ungranted => {
                    F::wake_one(address);
                    return true;
                }
                Ok(_) => {
                    listeners::nudge_one::<F>(address as usize);
                    return !is_set(word);
                }
                Err(_) => {}
            }
        }
    }

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        is_set(self.0.load(Acquire))
    }

    /// Takes the token, if there is one. Returns whether there was.
    #[inline]
    pub(crate) fn take(&self) -> bool {
        let mut word = self.0.load(Relaxed);
        while is_set(word) {
            match self.exchange(word, word & !SET) {
                Ok(_) => return true,
                Err(found) => word = found,
            }
        }
        false
    }

    /// Waits until a token is taken: true; or until the time is up, and a last check finds none to take: false.
    fn park(&self, sleep: &impl Sleep<F>) -> bool {
        let mut word = self.0.load(Relaxed);
        loop {
            let (is_set, is_counted) = (is_set(word), may_be_counted::<F>(word));
            if !is_set && !is_counted {
                return listeners::listen(once((0, self)), sleep).is_some();
            }
            let next = if is_set { word & !SET } else { word + WAITER };
            match self.exchange(word, next) {
                Ok(_) if is_set => return true,
                Ok(_) => match self.park_counted(next, sleep) {
                    Ok(released) => return released,
                    Err(Forked) => word = self.0.load(Relaxed),
                },
                Err(found) => word = found,
            }
        }
    }

    /// The same for a thread that has been counted, when the word was `word`.
    fn park_counted<S: Sleep<F>>(&self, word: u32, sleep: &S) -> Result<bool, Forked> {
        let counted = Counted {
            word: self,
            process: S::CALLS_BACK.then(Process::this),
        };
        let waited = counted.until_not_counted(word, |word, expected| sleep.on(word, expected));
        mem::forget(counted);
        waited
    }

    fn exchange(&self, word: u32, next: u32) -> Result<u32, u32> {
        self.0.compare_exchange_weak(word, next, Acquire, Relaxed)
    }

    /// Relaxed: the child of a `fork` has one thread.
    pub(super) fn reset_after_fork(&self) {
        let mut word = self.0.load(Relaxed);
        while let Err(found) =
            self.0
                .compare_exchange_weak(word, word & (SET | LISTENED), Relaxed, Relaxed)
        {
            word = found;
        }
    }

    /// For `Debug`: whether a token is there, and whether threads may be parked.
    pub(super) fn state(&self) -> (bool, bool) {
        let word = self.0.load(Relaxed);
        let are_counted = waiters(word) > grants(word);
        let may_listen = word & LISTENED != 0;
        let parked = are_counted || may_listen && listeners::are_there::<F>(self.address());
        (is_set(word), parked)
    }
}

/// A thread that is counted as waiting. If the wait unwinds, by a panic of the caller's closure, the thread leaves here, as
/// if its time were up. If it has been released, its token goes to another.
struct Counted<'a, F: Futex> {
    word: &'a Word<F>,
    /// Where it is counted; `None` if its wait calls no closure, which could fork.
    process: Option<Process<F>>,
}

impl<F: Futex> Counted<'_, F> {
    /// Waits until a token is taken: true; or until the time is up, and a last check finds none: false. Then the thread is not
    /// counted any more. `sleep` is what [`Sleep::on`] is.
    fn until_not_counted(
        &self,
        mut word: u32,
        sleep: impl Fn(&F, u32) -> bool,
    ) -> Result<bool, Forked> {
        let mut in_time = true;
        loop {
            let released = grants(word) > 0;
            if !released && in_time {
                in_time = sleep(&self.word.0, word);
                self.is_counted()?;
                word = self.word.0.load(Relaxed);
                continue;
            }
            if waiters(word) == 0 {
                // Forgotten, by a call of `reset_after_fork` where there was no fork.
                return Ok(false);
            }
            let grant = if released { GRANT } else { 0 };
            match self.word.exchange(word, word - WAITER - grant) {
                Ok(_) => return Ok(released),
                Err(found) => word = found,
            }
        }
    }

    fn is_counted(&self) -> Result<(), Forked> {
        self.process.as_ref().map_or(Ok(()), Process::is_this)
    }
}

impl<F: Futex> Drop for Counted<'_, F> {
    fn drop(&mut self) {
        let word = self.word;
        let leave = || self.until_not_counted(word.0.load(Relaxed), |_, _| false);
        if let Ok(true) = self.is_counted().and_then(|()| leave()) {
            word.give_back();
        }
    }
}

/// As a listener sees the event.
impl<F: Futex> Awaited for &Word<F> {
    fn address(self) -> usize {
        &self.0 as *const F as usize
    }

    /// Writes even if LISTENED is already on: see [listeners]. An Acquire for a thread that passes a nudge on.
    fn mark(self) -> bool {
        is_set(self.0.fetch_or(LISTENED, AcqRel))
    }

    fn takes(self) -> bool {
        self.take()
    }

    fn pass_on(self) {
        if self.mark() {
            listeners::nudge_one::<F>(self.address());
        }
    }

    #[allow(unsafe_code)]
    fn give_back(self) {
        // SAFETY: a reference is valid.
        unsafe { Word::set(self) };
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
        let released = self.word.take() || self.word.wait_for_token(self.spin, sleep);
        released.then_some(())
    }

    /// A timeout of zero is found before any function is called.
    #[inline]
    fn after(self, timeout: Duration) -> Option<()>
    where
        F: TimedFutex,
    {
        let wait = || {
            let sleep = move || Until::after::<F>(timeout);
            self.word.wait_for_token(self.spin, sleep)
        };
        (self.word.take() || timeout != Duration::ZERO && wait()).then_some(())
    }
}

impl<F: Futex> Waiting<'_, F> {
    /// Spins, and does not park.
    #[inline]
    pub(crate) fn try_wait(&self) -> bool {
        self.word.take() || self.word.spin_alone(self.spin)
    }
}

impl<F: Futex> Word<F> {
    #[cold]
    #[inline(never)]
    fn wait_for_token<S: Sleep<F>>(&self, spin: Spin, sleep: impl FnOnce() -> Option<S>) -> bool {
        sleep().map_or(false, |sleep| self.spin_or_park(spin, &sleep))
    }

    #[inline(never)]
    fn spin_or_park(&self, spin: Spin, sleep: &impl Sleep<F>) -> bool {
        if self.others_wait() {
            return self.park(sleep);
        }
        let released = || self.take().then_some(());
        let park = || self.park(sleep).then_some(());
        let wait = spin.then_park(self.address(), 1, false, sleep, released, park);
        wait.is_some()
    }

    #[cold]
    #[inline(never)]
    fn spin_alone(&self, spin: Spin) -> bool {
        if self.others_wait() {
            return false;
        }
        let released = || self.take().then_some(());
        spin.alone::<F, ()>(self.address(), 1, false, released)
            .is_some()
    }

    /// Then a wait does not spin: a `set` releases the threads that were counted first.
    fn others_wait(&self) -> bool {
        waiters(self.0.load(Relaxed)) > 0
    }
}
