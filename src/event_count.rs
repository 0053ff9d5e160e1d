//! The event count, which makes a lock-free structure blocking. How it works is in [`protocol`].

mod protocol;
mod spinning;
mod ticket;

pub use ticket::Ticket;

use crate::listeners::{self, OfOneProcess};
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::spin::Spin;
use crate::wait::{Interrupted, IntoDeadline};
use core::fmt;
use core::time::Duration;
use protocol::Word;

/// An event count: makes any lock-free structure blocking.
///
/// It holds no state of its own that threads wait for. The state is in the structure: a queue that is not empty, a slot
/// that is free, a sequence number that has been reached. A thread that finds the structure in another state waits here; a
/// thread that has changed the structure notifies here. No waiter misses a change, and a notification with no thread
/// waiting is a fence and a read.
///
/// ```
/// use crossbeam_queue::SegQueue;
/// use futex_event::EventCount;
/// use std::thread;
///
/// static QUEUE: SegQueue<u32> = SegQueue::new();
/// static FILLED: EventCount = EventCount::new();
///
/// let consumer = thread::spawn(|| FILLED.wait_until(|| QUEUE.pop()));
/// QUEUE.push(42); // first the change,
/// FILLED.notify_one(); // then the notification
/// assert_eq!(consumer.join().unwrap(), 42);
/// ```
///
/// # By hand
///
/// [`wait_until`] is this loop, with some spinning before it. Write the loop by hand if there is something to be done
/// between its steps:
///
/// ```
/// # use crossbeam_queue::SegQueue;
/// # use futex_event::EventCount;
/// fn pop<T>(queue: &SegQueue<T>, filled: &EventCount) -> T {
///     loop {
///         if let Some(item) = queue.pop() {
///             return item; // the common case costs nothing
///         }
///         let ticket = filled.prepare();
///         // From here on no notification is missed: so check once more.
///         if let Some(item) = queue.pop() {
///             return item; // drops the ticket, which cancels it
///         }
///         ticket.wait(); // returns at once if there was a notification since `prepare`
///     }
/// }
/// # let (queue, filled) = (SegQueue::new(), EventCount::new());
/// # queue.push(7);
/// # assert_eq!(pop(&queue, &filled), 7);
/// ```
///
/// The [guide](crate::guide::event_counts) says why the order must be prepare, then check.
///
/// # What it promises
///
/// - [`notify_all`] releases every ticket that was prepared before it. [`notify_one`] releases at least one thread that has
///   a ticket, if there is one; and *k* calls while *k* threads are parked release *k* of them.
/// - A wait may return although the condition does not hold: another thread was faster, or the change was another one.
///   Callers check again. It does not return because of signals, or of wakes that are not for it.
/// - *Memory order.* `prepare` and `notify_*` each make a `SeqCst` fence: [`prepare`] between its mark and what
///   follows, `notify_*` between what precedes and its read of the mark. So if one thread changes the structure and then
///   notifies, and another prepares and then checks the structure, either the check finds the change, or the notification
///   finds the ticket. The accesses to the structure themselves can be `Relaxed` for that.
///   Everything done before a notification *happens before* the return of a wait that it releases. A check that
///   finds the change without a wait is ordered only as the structure's own accesses are.
/// - No operation waits for another thread to finish one. `notify_*` and `prepare` never block.
/// - System calls: one each time a thread parks, and one for each parked thread that a notification releases.
///   None if no thread is parked, whether or not threads have tickets; but with the feature `async`, one if tasks wait and
///   the thread that wakes them is asleep.
/// - Once a wait on a ticket has returned, the event count may be dropped if no other call comes: the notification that
///   released it may still be running in another thread. That the condition holds does not tell this: its notification may
///   be yet to come.
/// - On systems with a futex, `notify_*` and `prepare` may be called in a signal handler, keep `errno`, and work after
///   `fork`, in the child too. The [fallback word] does not promise that.
///
/// # Size
///
/// Four bytes, aligned to four; no heap memory, no thread-local, no destructor. All-zero memory is a valid one. It
/// may be moved, dropped or leaked at any time when no thread has a ticket.
///
/// # Limits
///
/// - The generation, which notifications count up, has 30 bits. A ticket misses them if they count it up exactly 2^30 times,
///   or a multiple, between two reads of the word by its thread. The thread then waits for the next.
/// - 480 threads of a process can be parked on event counts or in [`wait_any`](crate::wait_any()) at the same time, each in
///   a place of its own. All threads beyond these share one place. A `notify_one` that finds no other thread releases all
///   of them; other sets and notifications in the process may wake them without effect.
/// - A notification first releases threads, then wakes them. If its thread is stopped in between, by the scheduler or a
///   debugger, the threads that it was about to wake sleep until it runs again. A second notification does not wake them:
///   they have been released. It does release those that have come since.
/// - A thread that is killed inside a wait (by `pthread_cancel` of the asynchronous type, or at the exit of a process on
///   Windows) keeps its place, and one `notify_one` may be given to it.
///
/// [`wait_until`]: EventCount::wait_until
/// [`prepare`]: EventCount::prepare
/// [`notify_one`]: EventCount::notify_one
/// [`notify_all`]: EventCount::notify_all
#[cfg_attr(
    feature = "std",
    doc = "[fallback word]: crate::platform::FallbackFutex"
)]
#[cfg_attr(
    not(feature = "std"),
    doc = "[fallback word]: https://docs.rs/futex-event-platform/latest/futex_event_platform/struct.FallbackFutex.html"
)]
#[repr(transparent)]
pub struct EventCount<F = PrivateFutex> {
    pub(crate) word: Word<F>,
}

const _: () =
    assert!(core::mem::size_of::<EventCount>() == 4 && core::mem::align_of::<EventCount>() == 4);

impl EventCount {
    /// An event count that no thread waits on.
    ///
    /// ```
    /// static FILLED: futex_event::EventCount = futex_event::EventCount::new();
    /// FILLED.notify_one();
    /// ```
    pub const fn new() -> Self {
        Self::with_futex(PrivateFutex::new(0))
    }
}

impl<F: Futex> EventCount<F> {
    /// An event count on a word of the caller's, which must be zero, and not [shared](Futex::SHARED): that does not
    /// compile.
    ///
    /// ```
    /// use futex_event::{platform::FallbackFutex, EventCount};
    ///
    /// static FILLED: EventCount<FallbackFutex> = EventCount::with_futex(FallbackFutex::new(0));
    /// FILLED.notify_all();
    /// ```
    ///
    /// ```compile_fail
    /// use futex_event::{platform::SharedFutex, EventCount};
    ///
    /// EventCount::with_futex(SharedFutex::new(0));
    /// ```
    pub const fn with_futex(word: F) -> Self {
        let () = OfOneProcess::<F>::CHECKED;
        Self {
            word: Word::new(word),
        }
    }

    /// Prepares a wait: from now on no notification is missed. The caller checks its condition once more, and then either
    /// drops the ticket, which cancels, or [waits](Ticket::wait) on it.
    ///
    /// Never blocks and makes no system call. A `SeqCst` fence, and one atomic write unless another thread has prepared
    /// since the last notification.
    ///
    /// A check that follows finds every change whose notification does not find this ticket.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let filled = EventCount::new();
    /// let ticket = filled.prepare();
    /// filled.notify_one();
    /// ticket.wait(); // at once: there was a notification since
    /// assert!(!filled.prepare().wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    pub fn prepare(&self) -> Ticket<'_, F> {
        self.spinning(Spin::ADAPTIVE).prepare()
    }

    /// The ticket from which [`Ticket::into_raw`] has made this number, for a binding to another language.
    ///
    /// It must be of this event count, and prepared by this thread. A ticket from any other number may wait for a
    /// notification that does not come.
    ///
    /// ```
    /// let filled = futex_event::EventCount::new();
    /// let raw = filled.prepare().into_raw();
    /// filled.notify_one();
    /// filled.ticket_from_raw(raw).wait();
    /// ```
    #[inline]
    pub fn ticket_from_raw(&self, raw: u32) -> Ticket<'_, F> {
        Ticket {
            generation: self.word.generation(raw),
            spin: Spin::ADAPTIVE,
        }
    }

    /// Releases at least one thread that has a ticket, if there is one: of those that are parked, exactly one; if none is,
    /// every ticket.
    ///
    /// Never blocks. One system call if it releases a parked thread, or, with the feature `async`, if only tasks wait and the
    /// thread that wakes them is asleep; none otherwise. If no ticket has been prepared since the last notification that
    /// released all, a `SeqCst` fence and a read: no write to memory.
    ///
    /// Call it after the change. It is enough where any of the waiting threads can make use of the change and
    /// checks until it has: otherwise take [`notify_all`](Self::notify_all).
    ///
    /// ```
    /// use crossbeam_queue::SegQueue;
    /// use futex_event::EventCount;
    /// use std::thread;
    ///
    /// let (queue, filled) = (SegQueue::new(), EventCount::new());
    /// thread::scope(|scope| {
    ///     for _ in 0..2 {
    ///         scope.spawn(|| filled.wait_until(|| queue.pop()));
    ///     }
    ///     for item in 0..2 {
    ///         queue.push(item);
    ///         filled.notify_one();
    ///     }
    /// });
    /// assert!(queue.is_empty());
    /// ```
    #[inline]
    pub fn notify_one(&self) {
        if self.word.is_prepared() {
            self.word.release_one();
        }
    }

    /// Releases every ticket that was prepared before.
    ///
    /// Never blocks. One system call for each parked thread; and, with the feature `async`, one if tasks wait and the thread
    /// that wakes them is asleep. If no ticket has been prepared since the last notification that released all, a `SeqCst`
    /// fence and a read: no write to memory.
    ///
    /// Call it after the change.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use std::thread;
    ///
    /// let (closed, changed) = (AtomicBool::new(false), EventCount::new());
    /// thread::scope(|scope| {
    ///     for _ in 0..3 {
    ///         scope.spawn(|| changed.wait_until(|| closed.load(Relaxed).then_some(())));
    ///     }
    ///     closed.store(true, Relaxed);
    ///     changed.notify_all();
    /// });
    /// ```
    #[inline]
    pub fn notify_all(&self) {
        if self.word.is_prepared() {
            self.word.release_all();
        }
    }

    /// Blocks until `condition` returns something, and returns that. Calls it at once, whenever a notification releases the
    /// thread, and in between while it spins.
    ///
    /// Makes no system call if the first call returns something. Spins before it parks, for 5 to 120 µs, if that has paid
    /// off lately: see [`Spin::ADAPTIVE`]. While it spins it has no ticket, so notifications cost no more.
    ///
    /// Only this thread calls the condition, often, and never two calls at the same time. It should take no longer than a
    /// check and an attempt.
    ///
    /// Everything done before a notification that releases this thread is visible to the caller. But the condition may find
    /// a change before its notification comes. So the condition must order what it reads, for example by an `Acquire`.
    ///
    /// # Panics
    ///
    /// If `condition` panics. The event count can be used as before, and a notification that had released this thread goes to
    /// another one.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::sync::atomic::{AtomicU64, Ordering::{Acquire, Release}};
    /// use std::thread;
    ///
    /// let (published, advanced) = (AtomicU64::new(0), EventCount::new());
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         for sequence in 1..=10 {
    ///             published.store(sequence, Release);
    ///             advanced.notify_all();
    ///         }
    ///     });
    ///     let reached = advanced.wait_until(|| Some(published.load(Acquire)).filter(|&at| at >= 10));
    ///     assert_eq!(reached, 10);
    /// });
    /// ```
    #[inline]
    pub fn wait_until<T>(&self, condition: impl FnMut() -> Option<T>) -> T {
        self.spinning(Spin::ADAPTIVE).wait_until(condition)
    }
}

impl<F: TimedFutex> EventCount<F> {
    /// Blocks until `condition` returns something, and returns that; `None` if `timeout` has elapsed.
    ///
    /// As [`wait_until`](Self::wait_until). The condition is called once more when the time is up: `None` is never early,
    /// and means that it returned nothing after that. With `Duration::ZERO` this calls it once and makes no system call. For
    /// time, see [`Event::wait_timeout`](crate::Event::wait_timeout).
    ///
    /// # Panics
    ///
    /// As [`wait_until`](Self::wait_until).
    ///
    /// ```
    /// use crossbeam_queue::SegQueue;
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let (queue, filled) = (SegQueue::new(), EventCount::new());
    /// let timeout = Duration::from_millis(5);
    /// assert_eq!(filled.wait_until_timeout(|| queue.pop(), timeout), None);
    /// queue.push('a');
    /// assert_eq!(filled.wait_until_timeout(|| queue.pop(), timeout), Some('a'));
    /// ```
    #[inline]
    pub fn wait_until_timeout<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
    ) -> Option<T> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_timeout(condition, timeout)
    }

    /// Blocks until `condition` returns something, and returns that; `None` if `deadline` has passed.
    ///
    /// As [`wait_until_timeout`](Self::wait_until_timeout); a deadline in the past is a timeout of zero. See
    /// [`IntoDeadline`] for what a deadline can be.
    ///
    /// # Panics
    ///
    /// As [`wait_until`](Self::wait_until).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert_eq!(changed.wait_until_deadline(|| None::<()>, deadline), None);
    /// assert!(Instant::now() >= deadline);
    /// ```
    #[inline]
    pub fn wait_until_deadline<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: impl IntoDeadline,
    ) -> Option<T> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_deadline(condition, deadline)
    }

    /// Blocks until `condition` returns something: `Ok` with that, or until `interrupted` returns true: `Err`.
    ///
    /// As [`wait_until`](Self::wait_until) and [`Event::wait_interruptible`](crate::Event::wait_interruptible).
    /// `interrupted` is called too when a notification has released the thread and the condition returned nothing. After it
    /// has returned true the condition is called once more.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and the condition returned nothing after that.
    ///
    /// # Panics
    ///
    /// If `condition` or `interrupted` panics. The event count can be used as before, and a notification that had released
    /// this thread goes to another one.
    ///
    /// ```
    /// use crossbeam_queue::SegQueue;
    /// use futex_event::{EventCount, Interrupted};
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    ///
    /// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
    ///
    /// let (queue, filled) = (SegQueue::new(), EventCount::new());
    /// # queue.push(7);
    /// match filled.wait_until_interruptible(|| queue.pop(), || SIGNALLED.swap(false, Relaxed)) {
    ///     Ok(item) => println!("there is {item}"),
    ///     Err(Interrupted) => println!("there was a signal"),
    /// }
    /// ```
    #[inline]
    pub fn wait_until_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        interrupted: impl FnMut() -> bool,
    ) -> Result<T, Interrupted> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_interruptible(condition, interrupted)
    }

    /// As [`wait_until_interruptible`](Self::wait_until_interruptible); `Ok(None)` if `timeout` has elapsed.
    ///
    /// # Errors
    ///
    /// As [`wait_until_interruptible`](Self::wait_until_interruptible).
    ///
    /// # Panics
    ///
    /// As [`wait_until_interruptible`](Self::wait_until_interruptible).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let changed = EventCount::new();
    /// let timeout = Duration::from_millis(5);
    /// let found = changed.wait_until_timeout_interruptible(|| None::<()>, timeout, || false);
    /// assert_eq!(found, Ok(None));
    /// ```
    #[inline]
    pub fn wait_until_timeout_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_timeout_interruptible(condition, timeout, interrupted)
    }

    /// As [`wait_until_timeout_interruptible`](Self::wait_until_timeout_interruptible), until `deadline`; one in the past is a
    /// timeout of zero. See [`IntoDeadline`] for what a deadline can be.
    ///
    /// # Errors
    ///
    /// As [`wait_until_interruptible`](Self::wait_until_interruptible).
    ///
    /// # Panics
    ///
    /// As [`wait_until_interruptible`](Self::wait_until_interruptible).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// let found = changed.wait_until_deadline_interruptible(|| None::<()>, deadline, || false);
    /// assert_eq!(found, Ok(None));
    /// ```
    #[inline]
    pub fn wait_until_deadline_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_deadline_interruptible(condition, deadline, interrupted)
    }
}

impl Default for EventCount {
    /// The same as [`new`](EventCount::new).
    fn default() -> Self {
        Self::new()
    }
}

/// Says whether threads may be parked.
impl<F: Futex> fmt::Debug for EventCount<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parked = self.word.is_listened() && listeners::are_there::<F>(self.word.address());
        f.debug_struct("EventCount")
            .field("parked", &parked)
            .finish()
    }
}
