//! The manual-reset event.
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
//! - PARKED: threads may be asleep, or about to be, and have not been released.
//! - LISTENED: the same of threads that wait for other events too, and sleep as [listeners](crate::listeners).
//! - generation: how often the event has been cleared, modulo 2^29.
//!
//! | SET | PARKED | state | `set` | `clear` | `wait` |
//! | --- | --- | --- | --- | --- | --- |
//! | 0 | 0 | unset, as after `new` | SET on | false | PARKED on, sleep |
//! | 0 | 1 | unset, threads parked | SET on, wake all | false | sleep |
//! | 1 | 0 | set | writes the same | SET off, next generation | return |
//! | 1 | 1 | set, those parked are being woken | writes the same | all off, next generation | return |
//!
//! LISTENED is to listeners what PARKED is to those who sleep on the word; `set` nudges them.
//!
//! Of a set event only `clear` changes the word. So a `clear` that finds it changed has met another, and need not try again:
//! there was a moment in which the event was unset.
//!
//! # Why it holds
//!
//! A wait begins when it reads an unset word, and remembers the generation. It ends when it finds SET on *or another
//! generation*: only a set event can be cleared, so a generation that has moved on proves that a `set` came in between.
//! That is what makes `clear` harmless to those already released, however late they run.
//!
//! A sleeper is never forgotten, because PARKED goes off only together with a step of the generation, and the step
//! needs SET. So every generation in which somebody parks is ended by one `set` that finds SET off and PARKED on, and
//! that `set` wakes. A thread that turns PARKED on just before it, or finds it on, sleeps on the word exactly as it was
//! with SET off: once SET is on, the kernel's comparison sends it back.
//!
//! Nobody is taken for released who is not, because a thread returns only on what it reads in the word. A wake, from
//! wherever, only makes it look.
//!
//! # Freed after wake
//!
//! `set` publishes with its one write and uses the event's address as a number from then on. A waiter that sees the
//! write may free the event at once: the wake then goes to an address at which nobody, or somebody else, sleeps.
//! References to types with interior mutability do not promise the compiler that the memory stays
//! (rust-lang/rust#98017), so a `&self` that outlives the event inside `set` is no lie either. Rust 1.63, the oldest that
//! is supported, does promise it to LLVM; but there is no read through it after the write, and LLVM moves none there.
//! Miri's models, Stacked Borrows and Tree Borrows, protect the references that a function was given for as long as it runs,
//! but not what lies in an `UnsafeCell`, and all of an event does. `set_raw` needs none of this: its references end with the
//! atomic operation, like those of std's `Arc`.
//!
//! # Orderings
//!
//! There is one variable, whose modifications are seen by all in one order whatever the orderings say. What matters is
//! the edge to the outside: what was done before a `set` is to be visible after a wait, a look or a `clear` that
//! observes it. So `set` writes with Release, and every read that can make an operation report the event as set is an
//! Acquire. All writes to the word are read-modify-writes. They continue the release sequence of each `set` before
//! them, so that a waiter who reads the word only after it has been cleared, or parked on again, is still ordered after
//! the `set`; the other writes can be Relaxed. Those of LISTENED are a Release, and `set` is an Acquire besides: it has to
//! find what a listener did before its mark. That `set` writes when the event is set already is part of this: a
//! reader who clears the event, and then looks at what was pushed before that `set`, must find it.

use crate::listeners;
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::spin::Spin;
#[cfg(feature = "std")]
use crate::wait::left_until;
use crate::wait::{Forever, Interrupted, Sleep, Until};
use core::fmt;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::time::Duration;

pub const SET: u32 = 1 << 0;
const PARKED: u32 = 1 << 1;
const LISTENED: u32 = 1 << 2;
const GENERATION: u32 = !(SET | PARKED | LISTENED);
const ONE_GENERATION: u32 = 1 << 3;

/// A manual-reset event: once set it stays set until it is cleared, and it releases every waiter.
///
/// It does what Python's `threading.Event` does, in four bytes and without a lock: waiters sleep in the kernel on the
/// event itself.
///
/// ```
/// use futex_event::Event;
/// use std::thread;
///
/// static READY: Event = Event::new();
///
/// let waiter = thread::spawn(|| READY.wait());
/// READY.set();
/// waiter.join().unwrap();
/// assert!(READY.is_set());
/// ```
///
/// # What it promises
///
/// - A `set` releases **every** wait that began before it. A wait that was released returns, even if [`clear`] follows
///   at once and before the waiting thread has run.
/// - A wait returns only because it was released, or at its deadline. There are no spurious returns.
/// - Everything done before a `set` *happens before* the return of each [`wait`], [`try_wait`], timed wait with true,
///   [`is_set`] with true and [`clear`] with true that observes that `set` or a later one. This includes a `set` of an
///   event that is set already.
/// - No operation waits for another thread to finish one. [`set`], [`clear`], [`is_set`] and [`try_wait`] never block.
/// - Kernel calls: one each time a thread parks, and one for the first `set` after any thread has parked, whatever their
///   number. (The mark that tells `set` is taken off by `clear`. So if all who parked have given up since, the call is
///   made without effect.) A `set` makes one more for each thread that it releases in [`wait_any`], and one if async tasks
///   wait, with the feature `async`, and the thread that wakes them is asleep.
/// - Once a wait has returned, the event may be dropped, even while the `set` that released it is still running in
///   another thread.
/// - On systems with a futex, `set`, `clear` and `is_set` may be called in a signal handler, keep `errno`, and work
///   after `fork`. The [fallback word] does not promise that.
///
/// # Size
///
/// Four bytes, aligned to four; no heap memory, no thread-local, no destructor. All-zero memory is an unset event. It
/// may be moved, dropped or leaked at any time when no one waits on it.
///
/// # Limits
///
/// - A thread that waits notices a `set` and `clear` by a count of 29 bits, which can wrap if the thread does not look for
///   seconds.
/// - If the thread that sets is stopped between the write of a `set` and its wake, threads that were parked sleep on until it
///   runs again. A second `set` in that time returns false and wakes nobody: to do otherwise would cost every `set` of a set
///   event a kernel call.
///
/// The guide has these and [all other limits](crate::guide::limitations) in full.
///
/// [`wait_any`]: crate::wait_any()
/// [`set`]: Event::set
/// [`clear`]: Event::clear
/// [`is_set`]: Event::is_set
/// [`wait`]: Event::wait
/// [`try_wait`]: Event::try_wait
/// [fallback word]: crate::platform::FallbackFutex
#[repr(transparent)]
pub struct Event<F = PrivateFutex> {
    word: F,
}

const _: () = assert!(core::mem::size_of::<Event>() == 4 && core::mem::align_of::<Event>() == 4);

impl Event {
    /// An event that is not set.
    ///
    /// ```
    /// static STOP: futex_event::Event = futex_event::Event::new();
    /// assert!(!STOP.is_set());
    /// ```
    pub const fn new() -> Self {
        Self::with_futex(PrivateFutex::new(0))
    }

    /// An event that is set: a gate that stands open to begin with.
    ///
    /// To find it set before the first `set` orders nothing: there has been nothing to be ordered after.
    ///
    /// ```
    /// static MAY_RUN: futex_event::Event = futex_event::Event::new_set();
    /// MAY_RUN.wait();
    /// assert!(MAY_RUN.clear());
    /// ```
    pub const fn new_set() -> Self {
        Self::with_futex(PrivateFutex::new(SET))
    }
}

impl<F: Futex> Event<F> {
    /// An event on a word of the caller's, which must be zero, for an event that is not set.
    ///
    /// ```
    /// use futex_event::{platform::FallbackFutex, Event};
    ///
    /// static EVENT: Event<FallbackFutex> = Event::with_futex(FallbackFutex::new(0));
    /// assert!(EVENT.set());
    /// ```
    pub const fn with_futex(word: F) -> Self {
        Self { word }
    }

    /// Sets the event and releases every thread that waits. True if it was unset.
    ///
    /// Never blocks. One kernel call if threads are parked, or have been and gave up; none otherwise.
    ///
    /// Everything the caller did before is visible to whoever observes this `set`, whether it returns true or false.
    ///
    /// ```
    /// let event = futex_event::Event::new();
    /// assert!(event.set());
    /// assert!(!event.set());
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
    /// use futex_event::Event;
    /// use std::thread;
    ///
    /// let event = Box::into_raw(Box::new(Event::new()));
    /// let address = event as usize;
    /// // SAFETY: the event is freed below, and not before this call has taken effect.
    /// let setter = thread::spawn(move || unsafe { Event::set_raw(address as *const Event) });
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
        // SAFETY: the event is valid until this write.
        let before = unsafe { (*address).fetch_or(SET, AcqRel) };
        // From here on the event may be gone.
        if before & (PARKED | LISTENED) != 0 {
            wake(address, before);
        }
        before & SET == 0
    }

    /// Makes the event unset. True if it was set; false if it was not, or if another thread cleared it at the same time.
    ///
    /// Never blocks and enters no kernel. Takes nothing back: who was released by a `set` returns from its wait.
    ///
    /// True says that the caller has seen a `set`, and sees everything done before it. So a consumer may clear the
    /// event, look for work, and wait if there is none; a producer who adds work and then sets is never missed.
    ///
    /// ```
    /// let event = futex_event::Event::new();
    /// event.set();
    /// assert!(event.clear());
    /// assert!(!event.clear());
    /// ```
    #[inline]
    pub fn clear(&self) -> bool {
        let word = self.word.load(Relaxed);
        if word & SET == 0 {
            return false;
        }
        if F::SHARED && word & PARKED != 0 {
            wake(&self.word, word);
        }
        let next = (word & GENERATION).wrapping_add(ONE_GENERATION);
        loop {
            match self
                .word
                .compare_exchange_weak(word, next, Acquire, Relaxed)
            {
                Ok(_) => return true,
                // It failed for nothing.
                Err(found) if found == word => {}
                // Only a clear changes the word of a set event. So it has been unset since it was read.
                Err(_) => return false,
            }
        }
    }

    /// Whether the event is set.
    ///
    /// Never blocks and enters no kernel. If true, everything done before the `set` is visible to the caller.
    ///
    /// ```
    /// let event = futex_event::Event::new();
    /// assert!(!event.is_set());
    /// event.set();
    /// assert!(event.is_set());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.look() & SET != 0
    }

    /// Whether a wait would return at once. The same as [`is_set`](Self::is_set): a manual-reset event has nothing to
    /// take.
    ///
    /// ```
    /// let event = futex_event::Event::new();
    /// assert!(!event.try_wait());
    /// event.set();
    /// assert!(event.try_wait());
    /// assert!(event.try_wait());
    /// ```
    #[inline]
    #[must_use]
    pub fn try_wait(&self) -> bool {
        self.is_set()
    }

    /// Blocks until the event is set. Returns at once, and enters no kernel, if it is.
    ///
    /// Spins before it parks, for 5 to 120 µs, if that has been of use lately: see [`Spin::ADAPTIVE`].
    ///
    /// Everything done before the `set` is visible to the caller afterwards.
    ///
    /// ```
    /// use futex_event::Event;
    /// use std::thread;
    ///
    /// let event = Event::new();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| event.wait());
    ///     event.set();
    /// });
    /// ```
    #[inline]
    pub fn wait(&self) {
        self.wait_spinning(Spin::ADAPTIVE)
    }

    #[inline]
    pub(crate) fn wait_spinning(&self, spin: Spin) {
        let word = self.look();
        if word & SET == 0 {
            self.spin_or_park(word, spin, &Forever);
        }
    }

    /// The word, and with SET or another generation in it, what was before the `set`.
    #[inline]
    pub(crate) fn look(&self) -> u32 {
        self.word.load(Acquire)
    }

    /// Spins for a while, and then parks.
    #[cold]
    #[inline(never)]
    fn spin_or_park(&self, begun: u32, spin: Spin, sleep: &impl Sleep<F>) -> bool {
        let released = || is_released(begun, self.look()).then_some(());
        let park = || self.park(begun, sleep).then_some(());
        let address: *const F = &self.word;
        // PARKED may also be left over from a thread whose time ran out.
        let crowd = begun & PARKED != 0;
        let wait = spin.then_park(address as usize, 1, crowd, sleep, released, park);
        wait.is_some()
    }

    /// Spins for a while, and does not park.
    #[inline]
    pub(crate) fn try_wait_spinning(&self, spin: Spin) -> bool {
        let begun = self.look();
        is_set(begun) || self.spin_alone(begun, spin)
    }

    #[cold]
    #[inline(never)]
    fn spin_alone(&self, begun: u32, spin: Spin) -> bool {
        let released = || is_released(begun, self.look()).then_some(());
        let address: *const F = &self.word;
        let crowd = begun & PARKED != 0;
        spin.alone::<F, ()>(address as usize, 1, crowd, released)
            .is_some()
    }

    /// Waits until the wait that began by reading `begun` is released: true, or its time is up and a last look finds it
    /// still unreleased: false.
    pub(crate) fn park(&self, begun: u32, sleep: &impl Sleep<F>) -> bool {
        while let Some(word) = self.mark_parked(begun) {
            if !sleep.on(&self.word, word) {
                return is_released(begun, self.look());
            }
        }
        true
    }

    /// Turns PARKED on, and returns the word as it is then. `None` if the wait that began by reading `begun` is released.
    fn mark_parked(&self, begun: u32) -> Option<u32> {
        loop {
            let word = self.look();
            if is_released(begun, word) {
                return None;
            }
            let marked = word | PARKED;
            if marked == word
                || self
                    .word
                    .compare_exchange_weak(word, marked, Relaxed, Relaxed)
                    .is_ok()
            {
                return Some(marked);
            }
        }
    }

    /// Turns LISTENED on: true. False if the wait that began by reading `begun` is released.
    ///
    /// It writes if LISTENED is on already, too: see [listeners].
    pub(crate) fn mark_listened(&self, begun: u32) -> bool {
        loop {
            let word = self.look();
            if is_released(begun, word) {
                return false;
            }
            let marked = self
                .word
                .compare_exchange_weak(word, word | LISTENED, Release, Relaxed);
            if marked.is_ok() {
                return true;
            }
        }
    }

    /// Whether the wait that began by reading `begun` is released.
    pub(crate) fn has_released(&self, begun: u32) -> bool {
        is_released(begun, self.look())
    }
}

pub(crate) fn is_set(word: u32) -> bool {
    word & SET != 0
}

/// Whether a wait that began by reading `begun` has been released when the word is `now`.
#[inline]
fn is_released(begun: u32, now: u32) -> bool {
    now & SET != 0 || (now ^ begun) & GENERATION != 0
}

/// Wakes the threads that were parked before a `set`, unless an earlier `set` of this process does. The event may be gone.
#[cold]
fn wake<F: Futex>(address: *const F, before: u32) {
    if before & SET != 0 && !F::SHARED {
        return;
    }
    if before & PARKED != 0 {
        F::wake_all(address);
    }
    if before & LISTENED != 0 {
        listeners::nudge_all::<F>(address as usize);
    }
}

impl<F: TimedFutex> Event<F> {
    /// Blocks until the event is set: true, or until `timeout` has gone by: false.
    ///
    /// False is never early. True wins: if the event is found set, or to have been set and cleared since the wait
    /// began, this is true however late. If so, everything done before that `set` is visible to the caller.
    ///
    /// With `Duration::ZERO` this looks once and enters no kernel. A timeout that leads beyond what a `Duration` can
    /// hold means for ever. Time is that of [`TimedFutex::now`]: monotonic, on Linux CLOCK_MONOTONIC, which stands
    /// still while the machine is suspended. The [guide](crate::guide::timeouts) has the other systems, and how late.
    ///
    /// ```
    /// use futex_event::Event;
    /// use std::time::Duration;
    ///
    /// let event = Event::new();
    /// assert!(!event.wait_timeout(Duration::from_millis(5)));
    /// event.set();
    /// assert!(event.wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_timeout_spinning(timeout, Spin::ADAPTIVE)
    }

    /// Blocks until the event is set: true, or until `deadline`: false.
    ///
    /// As [`wait_timeout`](Self::wait_timeout); a deadline in the past is a timeout of zero. With the feature `std`.
    ///
    /// ```
    /// use futex_event::Event;
    /// use std::time::{Duration, Instant};
    ///
    /// let event = Event::new();
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
        self.is_set() || self.wait_timeout_spinning(left_until(deadline), spin)
    }

    #[inline]
    pub(crate) fn wait_timeout_spinning(&self, timeout: Duration, spin: Spin) -> bool {
        let word = self.look();
        word & SET != 0 || self.spin_or_park_until(word, timeout, spin)
    }

    /// Blocks until the event is set: `Ok`, or until `interrupted` returns true: `Err`.
    ///
    /// For threads of a host whose signal handlers have to run while the thread waits, as CPython's do. `interrupted` is
    /// called on the waiting thread each time it wakes without having been released: after a signal whose handler ran on
    /// this thread, and now and then for no reason. It is not called before the thread first sleeps. If the event is set it is not called at all. If it returns
    /// true, the wait looks at the event a last time, so that a `set` wins over an interruption. It may take as long as it
    /// likes, and use any event.
    ///
    /// A signal that comes before the thread sleeps does not end the sleep. The [guide](crate::guide::language_runtimes) says
    /// what to do about that, and on which systems a signal ends a sleep: on Unix systems with a futex, whether or not the
    /// handler was installed with SA_RESTART.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and the event was not set by then.
    ///
    /// # Panics
    ///
    /// If `interrupted` panics. The wait has ended then, and the event can be used as before.
    ///
    /// ```
    /// use futex_event::{Event, Interrupted};
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    ///
    /// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
    ///
    /// let event = Event::new();
    /// # event.set();
    /// match event.wait_interruptible(|| SIGNALLED.swap(false, Relaxed)) {
    ///     Ok(()) => println!("the event is set"),
    ///     Err(Interrupted) => println!("there was a signal"),
    /// }
    /// ```
    #[inline]
    pub fn wait_interruptible(&self, interrupted: impl FnMut() -> bool) -> Result<(), Interrupted> {
        self.spinning(Spin::ADAPTIVE)
            .wait_interruptible(interrupted)
    }

    /// A wait that sleeps in a way of its own: `sleep` is asked for when the event is not set, and `None` says that there is no
    /// time to wait.
    #[inline]
    pub(crate) fn wait_by<S: Sleep<F>>(
        &self,
        spin: Spin,
        sleep: impl FnOnce() -> Option<S>,
    ) -> bool {
        let begun = self.look();
        is_set(begun) || sleep().map_or(false, |sleep| self.spin_or_park(begun, spin, &sleep))
    }

    #[cold]
    #[inline(never)]
    fn spin_or_park_until(&self, begun: u32, timeout: Duration, spin: Spin) -> bool {
        Until::at_most::<F>(timeout).map_or(false, |until| self.spin_or_park(begun, spin, &until))
    }
}

impl Default for Event {
    /// The same as [`new`](Event::new).
    fn default() -> Self {
        Self::new()
    }
}

/// Says whether the event is set, and whether threads may be parked on it.
impl<F: Futex> fmt::Debug for Event<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word.load(Relaxed);
        f.debug_struct("Event")
            .field("set", &(word & SET != 0))
            .field(
                "parked",
                &(word & SET == 0 && word & (PARKED | LISTENED) != 0),
            )
            .finish()
    }
}
