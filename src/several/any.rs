//! `wait_any`: waiting for the first of several events.

mod protocol;

use super::events::WaitableList;
use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
use crate::spinning::Spinning;
use crate::wait::{Interrupted, IntoDeadline, Wait};
use core::time::Duration;
use protocol::First;

/// Blocks until one of the events releases this wait, and returns its index.
///
/// The events are a [list](WaitableList): a tuple, whose events can be of both kinds, or an array, slice or `Vec` of events
/// of one type.
///
/// If several are set when the wait begins, it returns the first of them in the list, and the others stay as they are. So an
/// event that is always set again by the time of the next wait starves those after it: to be fair, rotate the list. If they are
/// set during the wait, shortly one after the other, it may return any of them: check a stop event with
/// [`is_set`](crate::Event::is_set) where it must win over a token that came right after it. A manual-reset event that was set
/// and cleared since the wait began counts too. Returns at once, and makes no system call, if an event is set already.
///
/// Of an auto-reset event this takes one token, that event's and no other. A thread that waits here is a waiter like any
/// other: *k* sets of an auto-reset event release *k* of the threads that wait for it, here or in a plain `wait`, and
/// neither kind of waiter starves. No token is reserved for a wait that another event ends.
///
/// Everything done before the `set` of the event whose index is returned is visible to the caller.
///
/// Before it parks, it spins, for 5 to 120 µs, if that has paid off in the last waits for these events: see
/// [`Spin::ADAPTIVE`], and [`AnyOf`] to choose.
///
/// One system call for each sleep, as for a plain wait, and one by the `set` that releases the thread. A `set` wakes no
/// thread that it does not release, with the exceptions below. An event for which no thread waits in this way pays nothing;
/// an auto-reset event for which a thread once did pays some nanoseconds with each `set`. The same event may be in the list
/// twice.
///
/// # Limits
///
/// Any number of events can be waited for. A wait for more than 16 uses some stack for each: see the
/// [limits](crate::guide::limitations#several-events).
///
/// - All of the above holds for up to 15 events. A thread that waits for more is also woken by sets of other events that
///   threads wait for in this way, and then checks all of its events. Until it has checked, two sets of one auto-reset
///   event can leave only one token. Threads that wait for fewer events are released first.
/// - 480 threads of a process can wait in this way at the same time, each in a slot of a table. All threads beyond these
///   are woken by each `set` of an event for which a thread waits in this way, and what is said of more than 15 events holds
///   for them too.
/// - A thread that was woken for a token that another thread took first, or that is released by another event, is not a
///   waiter again until it has run and checked all its events.
/// - In the child of a `fork` no thread of the parent is left in the table, unless the events live in a word of your own that
///   does not arrange it. A thread that is killed inside the wait keeps its slot, and one token may be given to it.
///
/// The guide has these and [all other limits](crate::guide::limitations#several-events) in full.
///
/// # Panics
///
/// If the list is empty: such a wait would never end.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any, AutoResetEvent, Event};
/// use std::thread;
///
/// static WORK: AutoResetEvent = AutoResetEvent::new();
/// static STOP: Event = Event::new();
///
/// let worker = thread::spawn(|| loop {
///     match wait_any((&STOP, &WORK)) {
///         0 => break,
///         _ => { /* do what there is to do */ }
///     }
/// });
/// WORK.set();
/// STOP.set();
/// worker.join().unwrap();
/// ```
pub fn wait_any<F: Futex>(events: impl WaitableList<F>) -> usize {
    AnyOf(events).spinning(Spin::ADAPTIVE).wait()
}

/// Blocks until one of the events releases this wait: its index, or until `timeout` has elapsed: `None`.
///
/// As [`wait_any`]. `None` is never early, and takes nothing. With `Duration::ZERO` this checks each event once and makes
/// no system call. For time, see [`Event::wait_timeout`](crate::Event::wait_timeout).
///
/// # Panics
///
/// As [`wait_any`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_timeout, AutoResetEvent, Event};
/// use std::time::Duration;
///
/// let (work, stop) = (AutoResetEvent::new(), Event::new());
/// let timeout = Duration::from_millis(5);
/// assert_eq!(wait_any_timeout((&stop, &work), timeout), None);
/// work.set();
/// assert_eq!(wait_any_timeout((&stop, &work), timeout), Some(1));
/// assert_eq!(wait_any_timeout((&stop, &work), timeout), None);
/// ```
pub fn wait_any_timeout<F: TimedFutex>(
    events: impl WaitableList<F>,
    timeout: Duration,
) -> Option<usize> {
    AnyOf(events).spinning(Spin::ADAPTIVE).wait_timeout(timeout)
}

/// Blocks until one of the events releases this wait: its index, or until `deadline`: `None`.
///
/// As [`wait_any_timeout`]; a deadline in the past is a timeout of zero. See [`IntoDeadline`] for what a deadline can be.
///
/// # Panics
///
/// As [`wait_any`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_deadline, Event};
/// use std::time::{Duration, Instant};
///
/// let (first, second) = (Event::new(), Event::new());
/// second.set();
/// let deadline = Instant::now().checked_add(Duration::from_millis(5));
/// assert_eq!(wait_any_deadline([&first, &second], deadline), Some(1));
/// ```
pub fn wait_any_deadline<F: TimedFutex>(
    events: impl WaitableList<F>,
    deadline: impl IntoDeadline,
) -> Option<usize> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline(deadline)
}

/// Blocks until one of the events releases this wait: `Ok` with its index, or until `interrupted` returns true: `Err`.
///
/// As [`wait_any`] and [`Event::wait_interruptible`](crate::Event::wait_interruptible).
///
/// # Errors
///
/// [`Interrupted`] if `interrupted` has returned true, and no event has released this wait by then. No token is taken.
///
/// # Panics
///
/// As [`wait_any`], and if `interrupted` panics: see
/// [`AutoResetEvent::wait_interruptible`](crate::AutoResetEvent::wait_interruptible).
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_interruptible, AutoResetEvent, Event, Interrupted};
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
///
/// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
///
/// let (stop, work) = (Event::new(), AutoResetEvent::new());
/// # work.set();
/// match wait_any_interruptible((&stop, &work), || SIGNALLED.swap(false, Relaxed)) {
///     Ok(0) => println!("time to go"),
///     Ok(_) => println!("there is work"),
///     Err(Interrupted) => println!("there was a signal"),
/// }
/// ```
pub fn wait_any_interruptible<F: TimedFutex>(
    events: impl WaitableList<F>,
    interrupted: impl FnMut() -> bool,
) -> Result<usize, Interrupted> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_interruptible(interrupted)
}

/// Blocks until one of the events releases this wait: `Ok` with its index, until `timeout` has elapsed: `Ok(None)`, or until
/// `interrupted` returns true: `Err`.
///
/// As [`wait_any_timeout`] and [`wait_any_interruptible`]. However often the thread wakes, the timeout counts from the
/// beginning.
///
/// # Errors
///
/// As [`wait_any_interruptible`].
///
/// # Panics
///
/// As [`wait_any_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_timeout_interruptible, AutoResetEvent, Event};
/// use std::time::Duration;
///
/// let (stop, work) = (Event::new(), AutoResetEvent::new());
/// let timeout = Duration::from_millis(5);
/// assert_eq!(wait_any_timeout_interruptible((&stop, &work), timeout, || false), Ok(None));
/// ```
pub fn wait_any_timeout_interruptible<F: TimedFutex>(
    events: impl WaitableList<F>,
    timeout: Duration,
    interrupted: impl FnMut() -> bool,
) -> Result<Option<usize>, Interrupted> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_timeout_interruptible(timeout, interrupted)
}

/// As [`wait_any_timeout_interruptible`], until `deadline`; one in the past is a timeout of zero. See [`IntoDeadline`] for
/// what a deadline can be.
///
/// # Errors
///
/// As [`wait_any_interruptible`].
///
/// # Panics
///
/// As [`wait_any_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_deadline_interruptible, AutoResetEvent, Event};
/// use std::time::{Duration, Instant};
///
/// let (stop, work) = (Event::new(), AutoResetEvent::new());
/// let deadline = Instant::now() + Duration::from_millis(5);
/// assert_eq!(wait_any_deadline_interruptible((&stop, &work), deadline, || false), Ok(None));
/// ```
pub fn wait_any_deadline_interruptible<F: TimedFutex>(
    events: impl WaitableList<F>,
    deadline: impl IntoDeadline,
    interrupted: impl FnMut() -> bool,
) -> Result<Option<usize>, Interrupted> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline_interruptible(deadline, interrupted)
}

/// A [list](WaitableList) of events, the first of which to be set ends a wait: for a [`wait_any`] with a chosen [`Spin`].
///
/// ```
/// use futex_event::{AnyOf, AutoResetEvent, Event, Spin};
/// use std::time::Duration;
///
/// let (work, stop) = (AutoResetEvent::new(), Event::new());
/// work.set();
/// assert_eq!(AnyOf((&stop, &work)).spinning(Spin::NEVER).wait(), 1);
///
/// let spin = Spin::at_most(Duration::from_micros(50));
/// let released = AnyOf((&stop, &work)).spinning(spin).wait_timeout(Duration::from_millis(5));
/// assert_eq!(released, None);
/// ```
pub struct AnyOf<L>(pub L);

impl<L> AnyOf<L> {
    /// The events, for a wait that does something other before it parks than [`Spin::ADAPTIVE`].
    #[inline]
    pub fn spinning(&self, spin: Spin) -> Spinning<'_, Self> {
        Spinning { event: self, spin }
    }
}

impl<L> Spinning<'_, AnyOf<L>> {
    #[inline]
    fn first(&self) -> First<'_, L> {
        First {
            events: &self.event.0,
            spin: self.spin,
        }
    }

    /// As [`wait_any`].
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    #[inline]
    pub fn wait<F: Futex>(&self) -> usize
    where
        L: WaitableList<F>,
    {
        self.first().forever()
    }

    /// Takes the first of the events that is set, or is set while this spins, and returns its index; `None` if none is.
    ///
    /// Spins as [`wait`](Self::wait) would, and does not park. Makes no system call, unless reading the clock is one.
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    ///
    /// ```
    /// use futex_event::{AnyOf, AutoResetEvent, Event, Spin};
    ///
    /// let (stop, work) = (Event::new(), AutoResetEvent::new());
    /// assert_eq!(AnyOf((&stop, &work)).spinning(Spin::ADAPTIVE).try_wait(), None);
    /// work.set();
    /// assert_eq!(AnyOf((&stop, &work)).spinning(Spin::ADAPTIVE).try_wait(), Some(1));
    /// ```
    #[inline]
    pub fn try_wait<F: Futex>(&self) -> Option<usize>
    where
        L: WaitableList<F>,
    {
        self.first().try_wait()
    }

    /// As [`wait_any_timeout`].
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    #[inline]
    pub fn wait_timeout<F: TimedFutex>(&self, timeout: Duration) -> Option<usize>
    where
        L: WaitableList<F>,
    {
        self.first().after(timeout)
    }

    /// As [`wait_any_deadline`].
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    #[inline]
    pub fn wait_deadline<F: TimedFutex>(&self, deadline: impl IntoDeadline) -> Option<usize>
    where
        L: WaitableList<F>,
    {
        self.first().until(deadline)
    }

    /// As [`wait_any_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_any_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_any_interruptible`].
    #[inline]
    pub fn wait_interruptible<F: TimedFutex>(
        &self,
        interrupted: impl FnMut() -> bool,
    ) -> Result<usize, Interrupted>
    where
        L: WaitableList<F>,
    {
        self.first().forever_or_interrupted(interrupted)
    }

    /// As [`wait_any_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_any_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_any_interruptible`].
    #[inline]
    pub fn wait_timeout_interruptible<F: TimedFutex>(
        &self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<usize>, Interrupted>
    where
        L: WaitableList<F>,
    {
        self.first().after_or_interrupted(timeout, interrupted)
    }

    /// As [`wait_any_deadline_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_any_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_any_interruptible`].
    #[inline]
    pub fn wait_deadline_interruptible<F: TimedFutex>(
        &self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<usize>, Interrupted>
    where
        L: WaitableList<F>,
    {
        self.first().until_or_interrupted(deadline, interrupted)
    }
}
