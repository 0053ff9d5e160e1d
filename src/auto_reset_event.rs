//! The auto-reset event: its API. How it works is in [`protocol`].

mod protocol;

use crate::listeners::OfOneProcess;
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::spin::Spin;
use crate::wait::{Forever, Interrupted, IntoDeadline, Wait};
use core::fmt;
use core::time::Duration;
use protocol::SET;
pub(crate) use protocol::{Waiting, Word};

/// An auto-reset event: each `set` releases one waiter, or leaves one token for the next.
///
/// Like the auto-reset event of Win32 and .NET, or a semaphore that never counts beyond one while no thread waits; in
/// four bytes and without a lock. Waiters sleep in the kernel on the event itself.
///
/// ```
/// use futex_event::AutoResetEvent;
/// use std::thread;
///
/// static WORK: AutoResetEvent = AutoResetEvent::new();
///
/// let worker = thread::spawn(|| WORK.wait());
/// WORK.set(); // releases the worker, or leaves a token until it comes
/// worker.join().unwrap();
/// assert!(!WORK.is_set()); // the wait has taken the token
/// ```
///
/// # Guarantees
///
/// - Each `set` releases exactly one thread that waits and has not been released yet. If no thread waits, the event keeps one
///   token; a further `set` then changes nothing and returns false.
/// - So *k* sets while *k* or more threads are parked release *k* of them. They do not collapse into one, and a thread
///   that begins to wait later cannot take a token that was given to a parked one.
/// - Nothing is lost or doubled in any race: at rest, the number of sets that returned true equals the number of waits that
///   were released, plus the clears that returned true, plus one if the event is set. A timeout that races a `set` ends
///   either with true, or with the token still there for another thread.
/// - A wait returns only because it was released, or at its deadline. It never returns spuriously.
/// - Everything done before a `set` *happens before* the return of the wait, [`try_wait`] or [`clear`] that takes its
///   token, and of an [`is_set`] that sees it. This holds for a `set` of an event that is already set, too.
/// - No operation waits for another thread to finish one. [`set`], [`clear`], [`is_set`] and [`try_wait`] never block.
/// - System calls: one each time a thread parks, and one for a `set` that releases a parked thread. With the feature `async`,
///   one for a `set` that finds only tasks waiting, if the thread that wakes them is asleep.
/// - Once a wait has returned, the event may be dropped, even while the `set` that released it is still running in
///   another thread.
/// - On systems with a futex, `set`, `clear`, `is_set` and `try_wait` may be called in a signal handler and keep `errno`,
///   and the child of a `fork` may use the event; if threads were waiting on it then, after one call:
///   [`reset_after_fork`](AutoResetEvent::reset_after_fork). The [fallback word] does not promise that.
///
/// Which of several waiters is released is not specified. Among the threads in a plain `wait` the system chooses; Linux
/// wakes the one that has slept longest. If others wait too, in [`wait_any`] or not counted (see below), they get half of
/// the tokens, at random. So neither kind starves. A single waiter can: see
/// [the guide](crate::guide::limitations#order-fairness-and-starvation).
///
/// # Size
///
/// Four bytes, aligned to four; no heap memory, no thread-local, no destructor. All-zero memory is an unset event. It
/// may be moved, dropped or leaked at any time when no thread waits on it.
///
/// # Limits
///
/// A thread that spins is not a waiter yet: it polls for a token, for some microseconds. So two sets while two threads spin
/// can leave one token, which one of the threads takes. A wait that does not spin ([`Spin::NEVER`]) begins at once, and so
/// does every wait while other threads are counted as waiting.
///
/// At most 32,767 threads are counted as waiting on one event, and none while threads that were released have not yet run.
/// Other threads wait in a table of the process, like those in [`wait_any`], whose page gives its size.
///
/// If the thread that sets is stopped between the two steps of a `set`, which are to release a thread and to wake it, one of
/// the parked threads sleeps until it runs again: not always the one that this `set` was for.
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
#[cfg_attr(
    feature = "std",
    doc = "[fallback word]: crate::platform::FallbackFutex"
)]
#[cfg_attr(
    not(feature = "std"),
    doc = "[fallback word]: https://docs.rs/futex-event-platform/latest/futex_event_platform/struct.FallbackFutex.html"
)]
#[repr(transparent)]
pub struct AutoResetEvent<F = PrivateFutex> {
    pub(crate) word: Word<F>,
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

    /// An event that is set: it has a token to begin with. To take that one orders nothing.
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
    /// An event on a word of the caller's. The word must be zero, and the event is not set. A [shared](Futex::SHARED) word
    /// does not compile.
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
        Self {
            word: Word::new(word),
        }
    }

    /// Releases one waiting thread, or leaves a token if no thread waits. Returns true if it did either, false if there was
    /// a token already.
    ///
    /// Never blocks. Makes one system call if it releases a parked thread, or, with the feature `async`, if only tasks wait
    /// and the thread that wakes them is asleep. Otherwise none.
    ///
    /// Everything done before it is visible to the thread that takes the token, whether this returns true or false.
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
        // SAFETY: by what the caller promises. The type is transparent.
        unsafe { Word::set(this.cast::<Word<F>>()) }
    }

    /// Takes the token, if there is one, and drops it. Returns true if there was one.
    ///
    /// Never blocks and makes no system call. A wait that a `set` has released still returns.
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
        self.word.take()
    }

    /// Corrects the event in the child of a `fork`, if threads of the parent may have been waiting on it.
    ///
    /// Those threads are not in the child, but its copy of the event has them counted: without this call, a `set` in the
    /// child is given to a thread that is not there. A token stays. Call it before any thread of the child waits on the event; a
    /// thread that already does is forgotten, and may never wake.
    ///
    /// It writes the event and nothing else, so it is safe where only async-signal-safe functions are allowed after a `fork`.
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
        self.word.reset_after_fork()
    }

    /// Whether there is a token, so that a wait would return at once.
    ///
    /// Never blocks and makes no system call. If true, everything done before the `set` is visible to the caller.
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
        self.word.is_set()
    }

    /// Takes the token, if there is one. Returns true if there was one.
    ///
    /// Never blocks and makes no system call. If true, everything done before the `set` is visible to the caller.
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
        self.word.take()
    }

    /// Blocks until a `set` releases this wait. If there is a token, takes it, returns at once and makes no system call.
    ///
    /// Before it parks, it spins for 5 to 120 µs if that has paid off lately: see [`Spin::ADAPTIVE`].
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
    ///     // If no thread waits yet, this could be a second set of a set event.
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
        Waiting {
            word: &self.word,
            spin,
        }
    }
}

impl<F: TimedFutex> AutoResetEvent<F> {
    /// Blocks until a `set` releases this wait: true; or until `timeout` has elapsed: false.
    ///
    /// False is never early, and takes nothing: a `set` at the last moment either makes this true, or its
    /// token is for other threads. If true, everything done before the `set` is visible to the caller.
    ///
    /// With `Duration::ZERO` this checks once and makes no system call. A timeout that ends beyond what a `Duration` can
    /// hold means forever. Time is that of [`TimedFutex::now`]: monotonic, on Linux CLOCK_MONOTONIC, which stands
    /// still while the machine is suspended. The [guide](crate::guide::timeouts) has the other systems, and how late a wait
    /// can end.
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

    /// Blocks until a `set` releases this wait: true; or until `deadline`: false.
    ///
    /// As [`wait_timeout`](Self::wait_timeout); a deadline in the past is a timeout of zero. A deadline is an `Instant` or an
    /// `Option<Instant>`, where `None` means forever; or without `std` a
    /// [`platform::Deadline`](crate::platform::Deadline): see [`IntoDeadline`].
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

    /// Blocks until a `set` releases this wait: `Ok`; or until `interrupted` returns true: `Err`.
    ///
    /// For threads of a host whose signal handlers have to run while the thread waits, like CPython's. `interrupted` is
    /// called on the waiting thread each time it wakes without having been released: after a signal whose handler ran on
    /// this thread, and now and then spuriously. It is not called if there is a token when the wait begins. If it returns true,
    /// the wait checks the event one last time, so a `set` wins over an interruption.
    ///
    /// `interrupted` may take any time, and use any event. The thread still waits while it runs, so a `set` may give it a
    /// token, which lies there until `interrupted` returns: do not wait in it for what another thread does with that token.
    ///
    /// A signal that arrives before the thread sleeps does not end the sleep. The [guide](crate::guide::language_runtimes)
    /// says what to do about that, and on which systems a signal ends a sleep: on Unix systems with a futex, whether or not
    /// the handler was installed with SA_RESTART.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and no `set` has released this wait by then.
    ///
    /// # Panics
    ///
    /// If `interrupted` panics. The wait has ended then, and the event can be used as before: if a `set` has released this
    /// wait in the meantime, its token goes to another thread, or is kept by the event, which keeps one.
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

impl Default for AutoResetEvent {
    /// The same as [`new`](AutoResetEvent::new).
    fn default() -> Self {
        Self::new()
    }
}

/// Says whether there is a token, and whether threads may be parked.
impl<F: Futex> fmt::Debug for AutoResetEvent<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (set, parked) = self.word.state();
        f.debug_struct("AutoResetEvent")
            .field("set", &set)
            .field("parked", &parked)
            .finish()
    }
}
