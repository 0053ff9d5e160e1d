//! The auto-reset event.
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
//! - SET: a token is remembered; no thread was waiting for it.
//! - LISTENED: threads wait for it, or have waited, as [listeners]: for other events too, or because they could not be
//!   counted. It never goes off.
//!
//! It always holds that `grants <= waiters`, and that SET is on only if `grants == waiters`.
//!
//! | state | `set` | a waiter that is counted | a newcomer |
//! | --- | --- | --- | --- |
//! | SET | writes the same, false | takes its grant | takes the token: SET off |
//! | grants < waiters | grants + 1, wake one | takes a grant, if there is one; else sleeps | is counted, if there are no grants; else listens |
//! | grants == waiters, SET off | SET on | takes its grant | the same |
//!
//! With LISTENED on, `set` first tries to hand the token to a listener; every other time only, if there are waiters without
//! a grant. If it turns SET on, it looks at the listeners once more.
//!
//! `clear` and `try_wait` take the token if there is one, and do nothing else.
//!
//! # Who is counted
//!
//! Grants belong to all that were counted when they were given, and any of them may take any: so the word need only count
//! them. What must not happen is that a thread which came later takes one, and leaves a thread asleep that had been
//! released. So while there are grants, no thread is counted, and none beyond the limit. Such a thread waits as a listener
//! of one event. It has a slot of its own, is claimed by a `set` directly, and needs no further call by anyone.
//!
//! # Why it holds
//!
//! *No grant is left lying.* A grant is given in one step with finding a waiter without one. Every waiter that is awake
//! looks before it sleeps, and sleeps only on the word as it saw it, without grants. The wake that follows the grant
//! takes one out of the queue, if any are there. So of those counted, at least as many are awake, or are being woken, as
//! there are grants.
//!
//! *No token is lost to a timeout.* A waiter leaves in one step: with a grant if there is one, however late, and only
//! otherwise without. There is no moment in which it has given up and can still be granted something.
//!
//! For listeners, see [there](crate::listeners).
//!
//! # Freed after wake
//!
//! As for [`Event`](crate::Event): the write that gives a grant or turns SET on, or the claim of a listener, is the last
//! time that `set` touches the event, and the write with which a waiter leaves is the last time that its wait does.
//!
//! # Orderings
//!
//! A token is handed over by a write of `set` and a write of whoever takes it: Release and Acquire. All writes are
//! read-modify-writes and continue the release sequences of all sets before them, so that it does not matter which
//! grant is taken. A listener's mark is a Release, and a `set` that finds it an Acquire, so that it finds the listener.
//! Everything else in the word can be Relaxed.

use crate::listeners::{self, OfOneProcess};
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::several::Begun;
use crate::spin::Spin;
use crate::wait::{Forever, Interrupted, IntoDeadline, NoTime, Sleep, Wait};
use crate::wait_any;
use core::fmt;
use core::mem;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::time::Duration;

const SET: u32 = 1 << 0;
const LISTENED: u32 = 1 << 1;
const GRANT: u32 = 1 << 2;
const WAITER: u32 = 1 << 17;
/// The highest count that fits into either field.
const LIMIT: u32 = (1 << 15) - 1;

const fn grants(word: u32) -> u32 {
    (word / GRANT) & LIMIT
}

const fn waiters(word: u32) -> u32 {
    word / WAITER
}

/// An auto-reset event: each `set` releases one waiter, or is remembered for the next.
///
/// Like the auto-reset event of Win32 and .NET, or a semaphore that never counts beyond one while nobody waits; in
/// four bytes and without a lock. Waiters sleep in the kernel on the event itself.
///
/// ```
/// use futex_event::AutoResetEvent;
/// use std::thread;
///
/// static WORK: AutoResetEvent = AutoResetEvent::new();
///
/// let worker = thread::spawn(|| WORK.wait());
/// WORK.set(); // releases the worker, or is remembered until it comes
/// worker.join().unwrap();
/// assert!(!WORK.is_set()); // the wait has taken it
/// ```
///
/// # What it promises
///
/// - Each `set` releases exactly one thread that waits and has not been released yet. With none waiting, one token is
///   remembered; a further `set` then changes nothing and returns false.
/// - So *k* sets while *k* or more threads are parked release *k* of them. They do not collapse into one, and a thread
///   that comes to wait later cannot take what was given to those parked.
/// - Nothing is lost or doubled, whatever races: at rest, the sets that returned true are as many as the waits that
///   were released, the clears that returned true, and one more if the event is set. A timeout that races a `set` ends
///   either with true, or with the token still there for somebody else.
/// - A wait returns only because it was released, or at its deadline. There are no spurious returns.
/// - Everything done before a `set` *happens before* the return of the wait, [`try_wait`] or [`clear`] that takes its
///   token, and of an [`is_set`] that sees it. This includes a `set` of an event that is set already.
/// - No operation waits for another thread to finish one. [`set`], [`clear`], [`is_set`] and [`try_wait`] never block.
/// - Kernel calls: one each time a thread parks, and one for a `set` that releases a parked thread. With the feature `async`,
///   one for a `set` that finds only tasks waiting, if the thread that wakes them is asleep.
/// - Once a wait has returned, the event may be dropped, even while the `set` that released it is still running in
///   another thread.
/// - On systems with a futex, `set`, `clear` and `is_set` may be called in a signal handler and keep `errno`, and the
///   child of a `fork` may use the event; if threads were waiting on it then, after one call:
///   [`reset_after_fork`](AutoResetEvent::reset_after_fork). The [fallback word] does not promise that.
///
/// Which of several waiters is released is not specified. No waiter starves: of those in a plain `wait`, the system
/// chooses, Linux the one that has slept longest; others, in [`wait_any`] or not counted (see below), have every other turn.
///
/// # Size
///
/// Four bytes, aligned to four; no heap memory, no thread-local, no destructor. All-zero memory is an unset event. It
/// may be moved, dropped or leaked at any time when no one waits on it.
///
/// # Limits
///
/// A wait begins when the thread can be released by a `set`. It can at once, but for a thread that spins: for some
/// microseconds, if that has been of use before, it looks for a remembered token. See [`Spin`].
///
/// At most 32,767 threads are counted as waiting on one event, and none while threads that were released have not yet run.
/// Other threads wait in a table of the process, as those in [`wait_any`] do; its size is given there.
///
/// If the thread that sets is stopped between the two steps of a `set`, to release a thread and to wake it, one of the threads
/// that were parked sleeps on until it runs again: not always the one that this `set` was for.
///
/// A thread that is killed inside a wait stays counted, and the next `set` may be given to it.
///
/// The guide has these and [all other limits](crate::guide::limitations) in full.
///
/// [`wait_any`]: crate::wait_any()
/// [`set`]: AutoResetEvent::set
/// [`clear`]: AutoResetEvent::clear
/// [`is_set`]: AutoResetEvent::is_set
/// [`try_wait`]: AutoResetEvent::try_wait
/// [fallback word]: crate::platform::FallbackFutex
#[repr(transparent)]
pub struct AutoResetEvent<F = PrivateFutex> {
    word: F,
}

const _: () = assert!(
    core::mem::size_of::<AutoResetEvent>() == 4 && core::mem::align_of::<AutoResetEvent>() == 4
);

impl AutoResetEvent {
    /// An event that is not set.
    ///
    /// ```
    /// static WORK: futex_event::AutoResetEvent = futex_event::AutoResetEvent::new();
    /// assert!(!WORK.is_set());
    /// ```
    pub const fn new() -> Self {
        Self::with_futex(PrivateFutex::new(0))
    }

    /// An event that is set: a token is remembered to begin with. To take that one orders nothing.
    ///
    /// ```
    /// static FREE: futex_event::AutoResetEvent = futex_event::AutoResetEvent::new_set();
    /// assert!(FREE.try_wait());
    /// assert!(!FREE.try_wait());
    /// ```
    pub const fn new_set() -> Self {
        Self::with_futex(PrivateFutex::new(SET))
    }
}

impl<F: Futex> AutoResetEvent<F> {
    /// An event on a word of the caller's, which must be zero, and not [shared](Futex::SHARED): that does not compile.
    ///
    /// ```
    /// use futex_event::{platform::FallbackFutex, AutoResetEvent};
    ///
    /// static EVENT: AutoResetEvent<FallbackFutex> =
    ///     AutoResetEvent::with_futex(FallbackFutex::new(0));
    /// assert!(EVENT.set());
    /// ```
    pub const fn with_futex(word: F) -> Self {
        let () = OfOneProcess::<F>::CHECKED;
        Self { word }
    }

    /// Releases one thread that waits, or remembers a token if none does. True if it did either, false if a token was
    /// remembered already.
    ///
    /// Never blocks. One kernel call if it releases a parked thread, none otherwise.
    ///
    /// Everything the caller did before is visible to whoever takes the token, whether this returns true or false.
    ///
    /// ```
    /// let event = futex_event::AutoResetEvent::new();
    /// assert!(event.set());
    /// assert!(!event.set()); // the token of the first is still there
    /// assert!(event.try_wait());
    /// assert!(event.set());
    /// ```
    #[allow(unsafe_code)]
    #[inline]
    pub fn set(&self) -> bool {
        // SAFETY: a reference is valid.
        unsafe { Self::set_raw(self) }
    }

    /// [`set`](Self::set) through a pointer, for an event whose memory may be freed while this runs, by a thread that it has
    /// released.
    ///
    /// `set` may be used for that, too: see [why](crate::guide::limitations#memory-that-is-freed-during-a-set). But there the
    /// caller holds a reference that outlives what it refers to, which the language does not forbid for types like this and
    /// does not promise either. Here no reference lasts longer than the call of one atomic operation of core.
    ///
    /// # Safety
    ///
    /// `this` points at an event, which stays valid until this call has taken effect. It may be moved, freed or unmapped as
    /// soon as a wait, a look or a `clear` has observed that.
    ///
    /// ```
    /// use futex_event::AutoResetEvent;
    /// use std::thread;
    ///
    /// let event = Box::into_raw(Box::new(AutoResetEvent::new()));
    /// let address = event as usize;
    /// // SAFETY: the event is freed below, and not before this call has taken effect.
    /// let setter = thread::spawn(move || unsafe { AutoResetEvent::set_raw(address as *const AutoResetEvent) });
    /// // SAFETY: as above. When the wait has returned, this thread alone uses the event.
    /// unsafe {
    ///     (*event).wait();
    ///     drop(Box::from_raw(event));
    /// }
    /// assert!(setter.join().unwrap());
    /// ```
    #[allow(unsafe_code)] // The pointer is the caller's.
    #[inline]
    pub unsafe fn set_raw(this: *const Self) -> bool {
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
                Ok(_) => return word & SET == 0,
                Err(found) => word = found,
            }
        }
        // SAFETY: as above.
        unsafe { Self::set_listened(address) }
    }

    /// # Safety
    ///
    /// As for `set_raw`.
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
                    return word & SET == 0;
                }
                Err(_) => {}
            }
        }
    }

    /// Takes the remembered token, if there is one, and drops it. True if there was one.
    ///
    /// Never blocks and enters no kernel. Takes nothing back: who was released by a `set` returns from its wait.
    ///
    /// If true, everything done before the `set` is visible to the caller.
    ///
    /// ```
    /// let event = futex_event::AutoResetEvent::new();
    /// event.set();
    /// assert!(event.clear());
    /// assert!(!event.clear());
    /// ```
    #[inline]
    pub fn clear(&self) -> bool {
        self.try_wait()
    }

    /// Puts the event right in the child of a `fork`, if threads of the parent may have been waiting on it.
    ///
    /// They are not in the child, but its copy of the event has them counted: without this call, a `set` in the child is
    /// given to a thread that is not there. A token that was remembered stays. To be called before any thread of the child
    /// waits on the event; a thread that does is forgotten, and may sleep on.
    ///
    /// It writes the event and nothing else, so it may be called where nothing else is safe after a `fork`.
    ///
    /// ```
    /// static WORK: futex_event::AutoResetEvent = futex_event::AutoResetEvent::new();
    ///
    /// // In the child, first of all:
    /// WORK.reset_after_fork();
    /// assert!(WORK.set());
    /// assert!(WORK.try_wait());
    /// ```
    pub fn reset_after_fork(&self) {
        let mut word = self.word.load(Relaxed);
        // Relaxed: the child has one thread.
        while let Err(found) =
            self.word
                .compare_exchange_weak(word, word & (SET | LISTENED), Relaxed, Relaxed)
        {
            word = found;
        }
    }

    /// Whether a token is remembered, so that a wait would return at once.
    ///
    /// Never blocks and enters no kernel. If true, everything done before the `set` is visible to the caller.
    ///
    /// ```
    /// let event = futex_event::AutoResetEvent::new();
    /// event.set();
    /// assert!(event.is_set());
    /// event.wait();
    /// assert!(!event.is_set());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.word.load(Acquire) & SET != 0
    }

    /// Takes the remembered token, if there is one. True if there was one.
    ///
    /// Never blocks and enters no kernel. If true, everything done before the `set` is visible to the caller.
    ///
    /// ```
    /// let event = futex_event::AutoResetEvent::new();
    /// assert!(!event.try_wait());
    /// event.set();
    /// assert!(event.try_wait());
    /// assert!(!event.try_wait());
    /// ```
    #[inline]
    pub fn try_wait(&self) -> bool {
        let mut word = self.word.load(Relaxed);
        while word & SET != 0 {
            match self.exchange(word, word & !SET) {
                Ok(_) => return true,
                Err(found) => word = found,
            }
        }
        false
    }

    /// Blocks until a `set` releases this wait. Returns at once, and enters no kernel, if a token is remembered.
    ///
    /// Spins before it parks, for 5 to 120 µs, if that has been of use lately: see [`Spin::ADAPTIVE`].
    ///
    /// Everything done before the `set` is visible to the caller afterwards.
    ///
    /// ```
    /// use futex_event::AutoResetEvent;
    /// use std::thread;
    ///
    /// let event = AutoResetEvent::new();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| event.wait());
    ///     scope.spawn(|| event.wait());
    ///     event.set();
    ///     // If nobody had come yet, this could be a second set of a set event.
    ///     while !event.set() {
    ///         thread::yield_now();
    ///     }
    /// });
    /// ```
    #[inline]
    pub fn wait(&self) {
        self.waiting(Spin::ADAPTIVE).wait_by(|| Some(Forever));
    }

    /// A wait that has not begun.
    #[inline]
    pub(crate) fn waiting(&self, spin: Spin) -> Waiting<'_, F> {
        Waiting { event: self, spin }
    }

    /// Spins for a while, unless others have come in to wait, and then parks.
    #[cold]
    #[inline(never)]
    fn spin_or_park(&self, spin: Spin, sleep: &impl Sleep<F>) -> bool {
        // A `set` releases those who have come in first.
        if waiters(self.word.load(Relaxed)) > 0 {
            return self.park(sleep);
        }
        let released = || self.try_wait().then_some(());
        let park = || self.park(sleep).then_some(());
        let address: *const F = &self.word;
        let wait = spin.then_park(address as usize, 1, false, sleep, released, park);
        wait.is_some()
    }

    /// Spins for a while, unless others have come in to wait, and does not park.
    #[cold]
    #[inline(never)]
    fn spin_alone(&self, spin: Spin) -> bool {
        // As in a wait that parks.
        if waiters(self.word.load(Relaxed)) > 0 {
            return false;
        }
        let released = || self.try_wait().then_some(());
        let address: *const F = &self.word;
        spin.alone::<F, ()>(address as usize, 1, false, released)
            .is_some()
    }

    /// Waits until a token is taken: true, or until time is up and a last look finds none to take: false.
    fn park(&self, sleep: &impl Sleep<F>) -> bool {
        let mut word = self.word.load(Relaxed);
        loop {
            let (is_set, is_counted) = (word & SET != 0, may_be_counted::<F>(word));
            if !is_set && !is_counted {
                return self.listen(sleep);
            }
            let next = if is_set { word & !SET } else { word + WAITER };
            match self.exchange(word, next) {
                Ok(_) if is_set => return true,
                Ok(_) => return self.park_counted(next, sleep),
                Err(found) => word = found,
            }
        }
    }

    /// The same for a thread that has been counted, when the word was `word`.
    fn park_counted(&self, word: u32, sleep: &impl Sleep<F>) -> bool {
        let counted = Counted(self);
        let released = self.until_not_counted(word, sleep);
        mem::forget(counted);
        released
    }

    fn until_not_counted(&self, mut word: u32, sleep: &impl Sleep<F>) -> bool {
        let mut in_time = true;
        loop {
            let released = grants(word) > 0;
            if !released && in_time {
                in_time = sleep.on(&self.word, word);
                word = self.word.load(Relaxed);
                continue;
            }
            if waiters(word) == 0 {
                // Forgotten, by a call of `reset_after_fork` where there was no fork.
                return false;
            }
            let grant = if released { GRANT } else { 0 };
            match self.exchange(word, word - WAITER - grant) {
                Ok(_) => return released,
                Err(found) => word = found,
            }
        }
    }

    /// The same for a thread that cannot be counted: it waits for several events, of which there is one.
    fn listen(&self, sleep: &impl Sleep<F>) -> bool {
        let begun = Begun {
            before: None,
            events: &[self as _],
            words: Default::default(),
            first: 0,
        };
        wait_any::listen(&begun, sleep).is_some()
    }

    /// Turns LISTENED on. Returns whether a token is remembered.
    ///
    /// It writes if LISTENED is on already, too: see [listeners]. An Acquire, so that whoever finds the token finds the tasks
    /// that the `set` found.
    pub(crate) fn mark_listened(&self) -> bool {
        self.word.fetch_or(LISTENED, AcqRel) & SET != 0
    }

    /// Has another listener look at the token, if there is one, for a thread that should have, and has left its slot.
    pub(crate) fn pass_on(&self) {
        if self.mark_listened() {
            let address: *const F = &self.word;
            listeners::nudge_one::<F>(address as usize);
        }
    }

    fn exchange(&self, word: u32, next: u32) -> Result<u32, u32> {
        self.word
            .compare_exchange_weak(word, next, Acquire, Relaxed)
    }
}

/// A thread that is counted as waiting. It leaves here if the wait unwinds, by a panic of the caller's closure, as it would
/// if its time were up. If it has been released, that is for another.
struct Counted<'a, F: Futex>(&'a AutoResetEvent<F>);

impl<F: Futex> Drop for Counted<'_, F> {
    fn drop(&mut self) {
        let event = self.0;
        if event.until_not_counted(event.word.load(Relaxed), &NoTime) {
            event.set();
        }
    }
}

fn may_be_counted<F: Futex>(word: u32) -> bool {
    grants(word) == 0 && waiters(word) < LIMIT.min(F::WAITERS)
}

impl<F: TimedFutex> AutoResetEvent<F> {
    /// Blocks until a `set` releases this wait: true, or until `timeout` has gone by: false.
    ///
    /// False is never early, and takes nothing: a `set` that comes at the last moment either makes this true, or its
    /// token is for others. If true, everything done before the `set` is visible to the caller.
    ///
    /// With `Duration::ZERO` this looks once and enters no kernel. A timeout that leads beyond what a `Duration` can
    /// hold means for ever. Time is that of [`TimedFutex::now`]: monotonic, on Linux CLOCK_MONOTONIC, which stands
    /// still while the machine is suspended. The [guide](crate::guide::timeouts) has the other systems, and how late.
    ///
    /// ```
    /// use futex_event::AutoResetEvent;
    /// use std::time::Duration;
    ///
    /// let event = AutoResetEvent::new();
    /// assert!(!event.wait_timeout(Duration::from_millis(5)));
    /// event.set();
    /// assert!(event.wait_timeout(Duration::from_millis(5)));
    /// assert!(!event.wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.waiting(Spin::ADAPTIVE).after(timeout).is_some()
    }

    /// Blocks until a `set` releases this wait: true, or until `deadline`: false.
    ///
    /// As [`wait_timeout`](Self::wait_timeout); a deadline in the past is a timeout of zero. It is a
    /// [`platform::Deadline`](crate::platform::Deadline), or with the feature `std` an `Instant` or an `Option<Instant>`: see
    /// [`IntoDeadline`].
    ///
    /// ```
    /// use futex_event::AutoResetEvent;
    /// use std::time::{Duration, Instant};
    ///
    /// let event = AutoResetEvent::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert!(!event.wait_deadline(deadline));
    /// assert!(Instant::now() >= deadline);
    /// ```
    #[inline]
    pub fn wait_deadline(&self, deadline: impl IntoDeadline) -> bool {
        self.waiting(Spin::ADAPTIVE).until(deadline).is_some()
    }

    /// Blocks until a `set` releases this wait: `Ok`, or until `interrupted` returns true: `Err`.
    ///
    /// For threads of a host whose signal handlers have to run while the thread waits, as CPython's do. `interrupted` is
    /// called on the waiting thread each time it wakes without having been released: after a signal whose handler ran on
    /// this thread, and now and then for no reason. It is not called before the thread first sleeps. If a token is remembered it is not called at all. If it returns
    /// true, the wait looks at the event a last time, so that a `set` wins over an interruption. It may take as long as it
    /// likes, and use any event.
    ///
    /// A signal that comes before the thread sleeps does not end the sleep. The [guide](crate::guide::language_runtimes) says
    /// what to do about that, and on which systems a signal ends a sleep: on Unix systems with a futex, whether or not the
    /// handler was installed with SA_RESTART.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and no `set` has released this wait by then.
    ///
    /// # Panics
    ///
    /// If `interrupted` panics. The wait has ended then, and the event can be used as before: if a `set` has released this
    /// wait meanwhile, its token goes to another, or is remembered.
    ///
    /// ```
    /// use futex_event::{AutoResetEvent, Interrupted};
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    ///
    /// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
    ///
    /// let event = AutoResetEvent::new();
    /// # event.set();
    /// match event.wait_interruptible(|| SIGNALLED.swap(false, Relaxed)) {
    ///     Ok(()) => println!("released"),
    ///     Err(Interrupted) => println!("there was a signal"),
    /// }
    /// ```
    #[inline]
    pub fn wait_interruptible(&self, interrupted: impl FnMut() -> bool) -> Result<(), Interrupted> {
        self.waiting(Spin::ADAPTIVE)
            .forever_or_interrupted(interrupted)
    }

    /// Blocks until a `set` releases this wait: `Ok(true)`; until `timeout` has elapsed: `Ok(false)`; or until `interrupted`
    /// returns true: `Err`.
    ///
    /// As [`wait_timeout`](Self::wait_timeout) and [`wait_interruptible`](Self::wait_interruptible). However often the
    /// thread wakes, the timeout counts from the beginning.
    ///
    /// # Errors
    ///
    /// As [`wait_interruptible`](Self::wait_interruptible).
    ///
    /// # Panics
    ///
    /// As [`wait_interruptible`](Self::wait_interruptible).
    ///
    /// ```
    /// use futex_event::AutoResetEvent;
    /// use std::time::Duration;
    ///
    /// let event = AutoResetEvent::new();
    /// let timeout = Duration::from_millis(5);
    /// assert_eq!(event.wait_timeout_interruptible(timeout, || false), Ok(false));
    /// ```
    #[inline]
    pub fn wait_timeout_interruptible(
        &self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        self.waiting(Spin::ADAPTIVE)
            .after_or_interrupted(timeout, interrupted)
            .map(|released| released.is_some())
    }

    /// As [`wait_timeout_interruptible`](Self::wait_timeout_interruptible), until `deadline`, which is as in
    /// [`wait_deadline`](Self::wait_deadline).
    ///
    /// # Errors
    ///
    /// As [`wait_interruptible`](Self::wait_interruptible).
    ///
    /// # Panics
    ///
    /// As [`wait_interruptible`](Self::wait_interruptible).
    ///
    /// ```
    /// use futex_event::AutoResetEvent;
    /// use std::time::{Duration, Instant};
    ///
    /// let event = AutoResetEvent::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert_eq!(event.wait_deadline_interruptible(deadline, || false), Ok(false));
    /// assert!(Instant::now() >= deadline);
    /// ```
    #[inline]
    pub fn wait_deadline_interruptible(
        &self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        self.waiting(Spin::ADAPTIVE)
            .until_or_interrupted(deadline, interrupted)
            .map(|released| released.is_some())
    }
}

/// A wait that has not begun.
pub(crate) struct Waiting<'a, F> {
    event: &'a AutoResetEvent<F>,
    spin: Spin,
}

impl<F: Futex> Wait<F> for Waiting<'_, F> {
    type Released = ();

    #[inline]
    fn wait_by<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> Option<()> {
        let released = self.event.try_wait() || self.spin_or_park(sleep);
        released.then_some(())
    }
}

impl<F: Futex> Waiting<'_, F> {
    /// Spins, and does not park.
    #[inline]
    pub(crate) fn try_wait(&self) -> bool {
        self.event.try_wait() || self.event.spin_alone(self.spin)
    }

    #[cold]
    #[inline(never)]
    fn spin_or_park<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> bool {
        sleep().map_or(false, |sleep| self.event.spin_or_park(self.spin, &sleep))
    }
}

impl Default for AutoResetEvent {
    /// The same as [`new`](AutoResetEvent::new).
    fn default() -> Self {
        Self::new()
    }
}

/// Says whether a token is remembered, and whether threads may be parked.
impl<F: Futex> fmt::Debug for AutoResetEvent<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word.load(Relaxed);
        let address: *const F = &self.word;
        let parked = waiters(word) > grants(word)
            || word & LISTENED != 0 && listeners::are_there::<F>(address as usize);
        f.debug_struct("AutoResetEvent")
            .field("set", &(word & SET != 0))
            .field("parked", &parked)
            .finish()
    }
}
