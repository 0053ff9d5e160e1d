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
//! - waiters: how many threads have come in to wait and have not left.
//! - grants: how many of them have been released. Each will take a grant and leave.
//! - SET: a token is remembered; nobody was waiting for it.
//! - LISTENED: threads listen, asleep on the [epoch](crate::epoch): they wait at the door, or for other events too.
//!
//! It always holds that `grants <= waiters`; that SET is on only if `grants == waiters`; and that LISTENED is on only
//! if SET is off.
//!
//! | state | `set` | a waiter who is in | a newcomer |
//! | --- | --- | --- | --- |
//! | SET | writes the same, false | takes its grant | takes the token: SET off |
//! | grants < waiters | grants + 1, wake one | takes a grant, if there is one; else sleeps | comes in, if the door is open; else LISTENED on, sleeps |
//! | grants == waiters, SET off | SET on; LISTENED off, call | takes its grant | the same |
//!
//! `clear` and `try_wait` take the token if there is one, and do nothing else.
//!
//! # The door
//!
//! The door is open while there are no grants, and fewer waiters than the limit. Grants belong to all who were in when
//! they were given, and any of them may take any: so the word need only count them. What must not happen is that a
//! thread which came later takes one, and leaves somebody asleep who had been released. So while there are grants
//! nobody comes in. Those who are granted have been woken and are about to leave; the last of them opens the door.
//!
//! A thread at the door sleeps on the epoch, not on the event's word. `set` wakes *one* thread of those asleep on the
//! word, which is right only if each of them may take the grant. Whoever opens the door, or turns SET on, takes
//! LISTENED off in the same step and calls: everybody who sleeps on the epoch looks again.
//!
//! Threads that wait for several events listen in the same way, and take SET only. They would have to give a grant back
//! if another event ended their wait.
//!
//! # Why it holds
//!
//! *No grant is left lying.* A grant is given in one step with finding a waiter without one. Every waiter who is awake
//! looks before it sleeps, and sleeps only on the word as it saw it, without grants. The wake that follows the grant
//! takes one out of the queue, if any are there. So of those in, at least as many are awake, or are being woken, as
//! there are grants.
//!
//! *No token is lost to a timeout.* A waiter leaves in one step: with a grant if there is one, however late, and only
//! otherwise without. There is no moment in which it has given up and can still be granted something.
//!
//! # Freed after wake
//!
//! As for [`Event`](crate::Event): the write that gives a grant or turns SET on is the last time that `set` touches the
//! event, and the write with which a waiter leaves is the last time that its wait does.
//!
//! # Orderings
//!
//! A token is handed over by a write of `set` and a write of whoever takes it: Release and Acquire. All writes are
//! read-modify-writes and continue the release sequences of all sets before them, so that it does not matter which
//! grant is taken. Everything else in the word can be Relaxed.

use crate::epoch;
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::several::{Listening, Seal, SleepOn, Source, Waitable};
#[cfg(feature = "std")]
use crate::sleep::left_until;
use crate::sleep::{ForEver, Sleep, Until};
use crate::spin::Spin;
use core::fmt;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
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
/// - Kernel calls: none, but one each time a thread parks, and one for a `set` that releases a thread which has come in
///   to wait. Where threads could not be counted in yet (see Limits), or wait in [`wait_any`], one by whoever lets them
///   in or leaves them a token.
/// - Once a wait has returned, the event may be dropped, even while the `set` that released it is still running in
///   another thread.
/// - On systems with a futex, `set`, `clear` and `is_set` may be called in a signal handler and keep `errno`, and the
///   child of a `fork` may use the event, if no thread was waiting on it then. The [fallback word] does not promise
///   that.
///
/// Which of several waiters is released is for the system to choose; on Linux, of those asleep, the one that has slept
/// longest.
///
/// # Size
///
/// Four bytes, aligned to four; no heap memory, no thread-local, no destructor. All-zero memory is an unset event. It
/// may be moved, dropped or leaked at any time when no one waits on it.
///
/// # Limits
///
/// A wait begins when the event has counted the thread in. It does so at once, but for three cases. While they last, the
/// thread can take a remembered token, as a thread that comes fresh can, but no `set` is meant for it alone.
///
/// - It spins, polling for a token, if that has been of use before. See [`Spin`].
/// - 32,767 threads are waiting already.
/// - Threads that were released have not yet run and left.
///
/// In the last two cases it sleeps like any other, and is woken when it can be counted in; if others are faster then, it
/// sleeps again.
///
/// A thread that cannot be counted in yet sleeps on a count of 32 bits, which the events of the process
/// advance. If it is kept from falling asleep until the count has been advanced 2^32 times, or a multiple of that, to
/// the exact count, it sleeps until the next advance.
///
/// After a `fork`, the child's copy of an event counts the parent's threads that were waiting on it, which are not
/// there. A `set` in the child is given to one of them, and lost. Give the child a new event, or fork when nobody
/// waits.
///
/// Between the write of a `set` and its wake, the thread that sets can be stopped, by the scheduler or a debugger. The
/// thread that it released then sleeps on until it runs again, unless another waiter comes upon the token. A second
/// `set` in that time releases, and wakes, a second thread.
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
        let () = epoch::OfOneProcess::<F>::CHECKED;
        Self { word }
    }

    /// Releases one thread that waits, or remembers a token if none does. True if it did either, false if a token was
    /// remembered already.
    ///
    /// Never blocks. One kernel call if it releases a thread, none otherwise, except to call those whom the event could
    /// not count in (see Limits, above): one then, too.
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
    #[inline]
    pub fn set(&self) -> bool {
        let address: *const F = &self.word;
        let mut word = self.word.load(Relaxed);
        loop {
            let ungranted = grants(word) < waiters(word);
            let next = if ungranted {
                word + GRANT
            } else {
                (word | SET) & !LISTENED
            };
            match self
                .word
                .compare_exchange_weak(word, next, Release, Relaxed)
            {
                // From here on the event may be gone.
                Ok(_) if ungranted => {
                    F::wake_one(address);
                    return true;
                }
                Ok(_) => {
                    if word & LISTENED != 0 {
                        epoch::call::<F>();
                    }
                    return word & SET == 0;
                }
                Err(found) => word = found,
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
        self.wait_spinning(Spin::ADAPTIVE)
    }

    #[inline]
    pub(crate) fn wait_spinning(&self, spin: Spin) {
        if !self.try_wait() {
            self.spin_or_park(spin, &ForEver);
        }
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

    /// Waits until a token is taken: true, or until time is up and a last look finds none to take: false.
    fn park(&self, sleep: &impl Sleep<F>) -> bool {
        let mut word = match self.come_in(sleep) {
            Ok(word) => word,
            Err(released) => return released,
        };
        let mut in_time = true;
        loop {
            let released = grants(word) > 0;
            if !released && in_time {
                in_time = sleep.on(&self.word, word);
                word = self.word.load(Relaxed);
                continue;
            }
            match self.leave(word, released) {
                Ok(_) => return released,
                Err(found) => word = found,
            }
        }
    }

    /// Counts the thread in: `Ok` with the word as it is then. `Err` if the wait ends at the door: with true if it took
    /// the token, with false if its time was up.
    fn come_in(&self, sleep: &impl Sleep<F>) -> Result<u32, bool> {
        let mut in_time = true;
        loop {
            let epoch = epoch::read::<F>();
            let word = self.word.load(Relaxed);
            if word & SET != 0 {
                if self.exchange(word, word & !SET).is_ok() {
                    return Err(true);
                }
            } else if !in_time {
                return Err(false);
            } else if door_is_open::<F>(word) {
                if self.exchange(word, word + WAITER).is_ok() {
                    return Ok(word + WAITER);
                }
            } else if word & LISTENED != 0 || self.exchange(word, word | LISTENED).is_ok() {
                in_time = sleep.on(F::epoch(), epoch);
            }
        }
    }

    /// Counts the thread out, with or without a grant. If that opens the door, calls those who wait there.
    fn leave(&self, word: u32, with_grant: bool) -> Result<u32, u32> {
        let mut next = word - WAITER - if with_grant { GRANT } else { 0 };
        let call = word & LISTENED != 0 && door_is_open::<F>(next);
        if call {
            next &= !LISTENED;
        }
        let left = self.exchange(word, next);
        if call && left.is_ok() {
            epoch::call::<F>();
        }
        left
    }

    fn exchange(&self, word: u32, next: u32) -> Result<u32, u32> {
        self.word
            .compare_exchange_weak(word, next, Acquire, Relaxed)
    }
}

fn door_is_open<F: Futex>(word: u32) -> bool {
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
        self.wait_timeout_spinning(timeout, Spin::ADAPTIVE)
    }

    /// Blocks until a `set` releases this wait: true, or until `deadline`: false.
    ///
    /// As [`wait_timeout`](Self::wait_timeout); a deadline in the past is a timeout of zero. With the feature `std`.
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
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline(&self, deadline: std::time::Instant) -> bool {
        self.wait_deadline_spinning(deadline, Spin::ADAPTIVE)
    }

    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn wait_deadline_spinning(&self, deadline: std::time::Instant, spin: Spin) -> bool {
        self.try_wait() || self.wait_timeout_spinning(left_until(deadline), spin)
    }

    #[inline]
    pub(crate) fn wait_timeout_spinning(&self, timeout: Duration, spin: Spin) -> bool {
        self.try_wait() || self.spin_or_park_until(timeout, spin)
    }

    #[cold]
    #[inline(never)]
    fn spin_or_park_until(&self, timeout: Duration, spin: Spin) -> bool {
        Until::at_most::<F>(timeout).map_or(false, |until| self.spin_or_park(spin, &until))
    }
}

impl<F: Futex> Waitable<F> for AutoResetEvent<F> {}

/// A thread that waits for several events is not counted in. It listens, and takes a remembered token only: a grant it
/// would have to give back if another event ended its wait.
impl<F: Futex> Source<F> for AutoResetEvent<F> {
    fn take(&self, _: Seal) -> bool {
        self.try_wait()
    }

    fn begin(&self, _: Seal) -> u32 {
        0
    }

    fn claim(&self, _: u32, _: Seal) -> bool {
        self.try_wait()
    }

    fn listen(&self, _: u32, _: SleepOn, _: Seal) -> Listening<'_, F> {
        let mut word = self.word.load(Relaxed);
        loop {
            let set = word & SET != 0;
            let next = if set { word & !SET } else { word | LISTENED };
            if next == word {
                return Listening::OnEpoch;
            }
            match self.exchange(word, next) {
                Ok(_) if set => return Listening::Released,
                Ok(_) => return Listening::OnEpoch,
                Err(found) => word = found,
            }
        }
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
        let parked = waiters(word) > grants(word) || word & LISTENED != 0;
        f.debug_struct("AutoResetEvent")
            .field("set", &(word & SET != 0))
            .field("parked", &parked)
            .finish()
    }
}
