//! The manual-reset event: its API. How it works is in [`protocol`].

mod protocol;

use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::spin::Spin;
use crate::wait::{Forever, Interrupted, IntoDeadline, Wait};
use core::fmt;
use core::time::Duration;
pub(crate) use protocol::{is_set, Waiting, Word, SET};

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
/// # Guarantees
///
/// - A `set` releases **every** wait that began before it. A released wait returns even if [`clear`] follows at once,
///   before the waiting thread has run.
/// - A wait returns only because it was released, or at its deadline. It never returns spuriously.
/// - Everything done before a `set` *happens before* the return of each [`wait`], [`try_wait`], timed wait with true,
///   [`is_set`] with true and [`clear`] with true that observes that `set` or a later one. This holds for a `set` of an
///   event that is already set, too.
/// - No operation waits for another thread to finish one. [`set`], [`clear`], [`is_set`] and [`try_wait`] never block.
/// - System calls: one each time a thread parks, and one for the first `set` after any thread has parked, however many
///   have. (A mark in the event tells `set` to make it, and only `clear` removes the mark. So if all threads that parked
///   have timed out since, the call has no effect.) A `set` makes one more for each thread that it releases in
///   [`wait_any`] or [`AllOf::or`](crate::AllOf::or); and, with the feature `async`, one if tasks wait and the thread that
///   wakes them is asleep.
/// - Once a wait has returned, the event may be dropped, even while the `set` that released it is still running in
///   another thread.
/// - On systems with a futex, `set`, `clear`, `is_set` and `try_wait` may be called in a signal handler, keep `errno`, and
///   work after `fork`. The [fallback word] does not promise that.
///
/// # Size
///
/// Four bytes, aligned to four; no heap memory, no thread-local, no destructor. All-zero memory is an unset event. It
/// may be moved, dropped or leaked at any time when no thread waits on it.
///
/// # Limits
///
/// - A waiting thread notices a `set` followed by a `clear` by a count of 29 bits, which can wrap if the thread does not
///   run for seconds.
/// - If the thread that sets is stopped between the write of a `set` and its wake, threads that were parked sleep until
///   it runs again. A second `set` in that time returns false and wakes no thread: otherwise every `set` of a set event would
///   cost a system call.
///
/// The guide has these and [all other limits](crate::guide::limitations) in full.
///
/// [`wait_any`]: crate::wait_any()
/// [`set`]: Event::set
/// [`clear`]: Event::clear
/// [`is_set`]: Event::is_set
/// [`wait`]: Event::wait
/// [`try_wait`]: Event::try_wait
#[cfg_attr(
    feature = "std",
    doc = "[fallback word]: crate::platform::FallbackFutex"
)]
#[cfg_attr(
    not(feature = "std"),
    doc = "[fallback word]: https://docs.rs/futex-event-platform/latest/futex_event_platform/struct.FallbackFutex.html"
)]
#[repr(transparent)]
pub struct Event<F = PrivateFutex> {
    pub(crate) word: Word<F>,
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

    /// An event that is set: a gate that is open to begin with.
    ///
    /// To find it set before the first `set` orders nothing, since there is no `set` to be ordered after.
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
    /// An event on a word of the caller's. The word must be zero, and the event is not set.
    ///
    /// ```
    /// use futex_event::{platform::FallbackFutex, Event};
    ///
    /// static EVENT: Event<FallbackFutex> = Event::with_futex(FallbackFutex::new(0));
    /// assert!(EVENT.set());
    /// ```
    pub const fn with_futex(word: F) -> Self {
        Self {
            word: Word::new(word),
        }
    }

    /// Sets the event and releases every waiting thread. Returns true if it was unset.
    ///
    /// Never blocks. Makes one system call if it is the first `set` after threads have parked, even if they have timed out
    /// since; one for each thread that it releases in [`wait_any`](crate::wait_any()) or
    /// [`AllOf::or`](crate::AllOf::or); and, with the feature `async`, one if tasks wait and the thread that wakes them is
    /// asleep. Otherwise none.
    ///
    /// Everything done before it is visible to any thread that observes this `set`, whether it returns true or false.
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
    /// `set` can be used for that, too: see [why](crate::guide::limitations#memory-that-is-freed-during-a-set). But then the
    /// caller holds a reference that outlives what it refers to, which the language neither forbids for types like this nor
    /// promises to allow. Here no reference outlives the call of one atomic operation of core.
    ///
    /// # Safety
    ///
    /// `this` points at an event that stays valid until this call has taken effect. The event may be moved, freed or unmapped
    /// as soon as a wait, `is_set`, `try_wait` or `clear` has observed that.
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
        // SAFETY: by what the caller promises. The type is transparent.
        unsafe { Word::set(this.cast::<Word<F>>()) }
    }

    /// Makes the event unset. Returns true if it was set; false if it was not, or if another thread cleared it at the same
    /// time.
    ///
    /// Never blocks and makes no system call. A wait that a `set` has released still returns.
    ///
    /// If true, everything done before the `set` is visible to the caller. So a consumer can clear the event, check for
    /// work, and wait if there is none: it never misses a producer that adds work and then sets the event.
    ///
    /// ```
    /// let event = futex_event::Event::new();
    /// event.set();
    /// assert!(event.clear());
    /// assert!(!event.clear());
    /// ```
    #[inline]
    pub fn clear(&self) -> bool {
        self.word.clear()
    }

    /// Whether the event is set.
    ///
    /// Never blocks and makes no system call. If true, everything done before the `set` is visible to the caller.
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
        is_set(self.word.read())
    }

    /// Whether a wait would return at once. The same as [`is_set`](Self::is_set), since a manual-reset event has no token to
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

    /// Blocks until the event is set. If it is set already, returns at once and makes no system call.
    ///
    /// Before it parks, it spins for 5 to 120 µs if that has paid off lately: see [`Spin::ADAPTIVE`].
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
        self.waiting(Spin::ADAPTIVE).wait_by(|| Some(Forever));
    }

    /// A wait that has not begun.
    #[inline]
    pub(crate) fn waiting(&self, spin: Spin) -> Waiting<'_, F> {
        Waiting {
            word: &self.word,
            spin,
        }
    }
}

impl<F: TimedFutex> Event<F> {
    /// Blocks until the event is set: true; or until `timeout` has elapsed: false.
    ///
    /// False is never early. True wins: if the event is found set, or to have been set and cleared since the wait
    /// began, this returns true however late it is. Then everything done before that `set` is visible to the caller.
    ///
    /// With `Duration::ZERO` this checks once and makes no system call. A timeout that ends beyond what a `Duration` can
    /// hold means forever. Time is that of [`TimedFutex::now`]: monotonic, on Linux CLOCK_MONOTONIC, which stands
    /// still while the machine is suspended. The [guide](crate::guide::timeouts) has the other systems, and how late a wait
    /// can end.
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
        self.waiting(Spin::ADAPTIVE).after(timeout).is_some()
    }

    /// Blocks until the event is set: true; or until `deadline`: false.
    ///
    /// As [`wait_timeout`](Self::wait_timeout); a deadline in the past is a timeout of zero. A deadline is an `Instant` or an
    /// `Option<Instant>`, where `None` means forever; or without `std` a
    /// [`platform::Deadline`](crate::platform::Deadline): see [`IntoDeadline`].
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
    #[inline]
    pub fn wait_deadline(&self, deadline: impl IntoDeadline) -> bool {
        self.waiting(Spin::ADAPTIVE).until(deadline).is_some()
    }

    /// Blocks until the event is set: `Ok`; or until `interrupted` returns true: `Err`.
    ///
    /// For threads of a host whose signal handlers have to run while the thread waits, like CPython's. `interrupted` is
    /// called on the waiting thread each time it wakes without having been released: after a signal whose handler ran on
    /// this thread, and now and then spuriously. It is not called before the thread first sleeps, and not at all if the event
    /// is set. If it returns true, the wait checks the event one last time, so a `set` wins over an interruption.
    /// `interrupted` may take any time, and use any event.
    ///
    /// A signal that arrives before the thread sleeps does not end the sleep. The [guide](crate::guide::language_runtimes)
    /// says what to do about that, and on which systems a signal ends a sleep: on Unix systems with a futex, whether or not
    /// the handler was installed with SA_RESTART.
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
        self.waiting(Spin::ADAPTIVE)
            .forever_or_interrupted(interrupted)
    }

    /// Blocks until the event is set: `Ok(true)`; until `timeout` has elapsed: `Ok(false)`; or until `interrupted` returns
    /// true: `Err`.
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
    /// use futex_event::Event;
    /// use std::time::Duration;
    ///
    /// let event = Event::new();
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
    /// use futex_event::Event;
    /// use std::time::{Duration, Instant};
    ///
    /// let event = Event::new();
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

impl Default for Event {
    /// The same as [`new`](Event::new).
    fn default() -> Self {
        Self::new()
    }
}

/// Says whether the event is set, and whether threads may be parked on it.
impl<F: Futex> fmt::Debug for Event<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (set, parked) = self.word.state();
        f.debug_struct("Event")
            .field("set", &set)
            .field("parked", &parked)
            .finish()
    }
}
