//! `wait_all`: waiting for all of several manual-reset events.

mod or;
mod protocol;

pub use or::{AllOr, Stopped};

use super::events::ManualResetList;
use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
use crate::spinning::Spinning;
use crate::wait::{Interrupted, IntoDeadline, Wait};
#[cfg(doc)]
use crate::Event;
use core::time::Duration;
use protocol::Each;

/// Blocks until each of the events has been set, though perhaps not all at the same time.
///
/// The events are a [list](ManualResetList): a tuple, an array, a slice or a `Vec` of events, or of references to events.
///
/// - It is *sticky*: an event counts from the first moment at which it is set after this has begun, even if it is cleared
///   before the others are set. (Win32's `WaitForMultipleObjects` returns only when all are set at the same moment.)
/// - Duplicates are fine: the same event may be in the list twice. (For Win32's that is an error.)
/// - It takes nothing: the events are left as they are. There is no such wait for auto-reset events, since the tokens of
///   several cannot be taken in one step.
///
/// Returns at once, and makes no system call, if all are set when it begins, or if the list is empty. Otherwise it spins, if
/// that has paid off in the last waits for these events (see [`Spin::ADAPTIVE`], and [`AllOf`] to choose). Then it
/// sleeps for one event after the other, so as a rule it makes one system call for each that is not yet set. A wait for
/// more than 16 events uses some stack for each: see the [limits](crate::guide::limitations#several-events).
///
/// Everything done before those sets is visible to the caller.
///
/// To wait for all of these *or* for another event, as for a stop: [`AllOf::or`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all, Event};
/// use std::thread;
///
/// let ready = [Event::new(), Event::new()];
/// thread::scope(|scope| {
///     for event in &ready {
///         scope.spawn(|| event.set());
///     }
///     wait_all(&ready);
/// });
/// ```
pub fn wait_all<F: Futex>(events: impl ManualResetList<F>) {
    AllOf(events).spinning(Spin::ADAPTIVE).wait()
}

/// Blocks until each of the events has been set since this began: true, or until `timeout` has elapsed: false.
///
/// As [`wait_all`]. False is never early. With `Duration::ZERO` this checks each event once and makes no system call. For
/// time, see [`Event::wait_timeout`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_timeout, Event};
/// use std::time::Duration;
///
/// let (first, second) = (Event::new(), Event::new());
/// first.set();
/// assert!(!wait_all_timeout([&first, &second], Duration::from_millis(5)));
/// second.set();
/// assert!(wait_all_timeout([&first, &second], Duration::from_millis(5)));
/// ```
pub fn wait_all_timeout<F: TimedFutex>(events: impl ManualResetList<F>, timeout: Duration) -> bool {
    AllOf(events).spinning(Spin::ADAPTIVE).wait_timeout(timeout)
}

/// Blocks until each of the events has been set since this began: true, or until `deadline`: false.
///
/// As [`wait_all_timeout`]; a deadline in the past is a timeout of zero. See [`IntoDeadline`] for what a deadline can be.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_deadline, Event};
/// use std::time::{Duration, Instant};
///
/// let events = [Event::new(), Event::new_set()];
/// let deadline = Instant::now().checked_add(Duration::from_millis(5));
/// assert!(!wait_all_deadline(&events, deadline));
/// ```
pub fn wait_all_deadline<F: TimedFutex>(
    events: impl ManualResetList<F>,
    deadline: impl IntoDeadline,
) -> bool {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline(deadline)
}

/// Blocks until each of the events has been set since this began: `Ok`, or until `interrupted` returns true: `Err`.
///
/// As [`wait_all`] and [`Event::wait_interruptible`].
///
/// # Errors
///
/// [`Interrupted`] if `interrupted` has returned true, and not every event had been set by then.
///
/// # Panics
///
/// If `interrupted` panics. The wait has ended then, and the events can be used as before.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_interruptible, Event};
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
///
/// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
///
/// let (first, second) = (Event::new_set(), Event::new_set());
/// let waited = wait_all_interruptible([&first, &second], || SIGNALLED.swap(false, Relaxed));
/// assert_eq!(waited, Ok(()));
/// ```
pub fn wait_all_interruptible<F: TimedFutex>(
    events: impl ManualResetList<F>,
    interrupted: impl FnMut() -> bool,
) -> Result<(), Interrupted> {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_interruptible(interrupted)
}

/// Blocks until each of the events has been set since this began: `Ok(true)`, until `timeout` has elapsed: `Ok(false)`, or
/// until `interrupted` returns true: `Err`.
///
/// As [`wait_all_timeout`] and [`wait_all_interruptible`]. However often the thread wakes, the timeout counts from the
/// beginning.
///
/// # Errors
///
/// As [`wait_all_interruptible`].
///
/// # Panics
///
/// As [`wait_all_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_timeout_interruptible, Event};
/// use std::time::Duration;
///
/// let event = Event::new();
/// let timeout = Duration::from_millis(5);
/// assert_eq!(wait_all_timeout_interruptible([&event], timeout, || false), Ok(false));
/// ```
pub fn wait_all_timeout_interruptible<F: TimedFutex>(
    events: impl ManualResetList<F>,
    timeout: Duration,
    interrupted: impl FnMut() -> bool,
) -> Result<bool, Interrupted> {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_timeout_interruptible(timeout, interrupted)
}

/// As [`wait_all_timeout_interruptible`], until `deadline`; one in the past is a timeout of zero. See [`IntoDeadline`] for
/// what a deadline can be.
///
/// # Errors
///
/// As [`wait_all_interruptible`].
///
/// # Panics
///
/// As [`wait_all_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_deadline_interruptible, Event};
/// use std::time::{Duration, Instant};
///
/// let event = Event::new();
/// let deadline = Instant::now() + Duration::from_millis(5);
/// assert_eq!(wait_all_deadline_interruptible([&event], deadline, || false), Ok(false));
/// ```
pub fn wait_all_deadline_interruptible<F: TimedFutex>(
    events: impl ManualResetList<F>,
    deadline: impl IntoDeadline,
    interrupted: impl FnMut() -> bool,
) -> Result<bool, Interrupted> {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline_interruptible(deadline, interrupted)
}

/// A [list](ManualResetList) of manual-reset events, which end a wait when each of them has been set: for a [`wait_all`]
/// with a chosen [`Spin`], or [which another event ends too](AllOf::or).
///
/// ```
/// use futex_event::{AllOf, Event, Spin};
///
/// let (first, second) = (Event::new_set(), Event::new_set());
/// AllOf([&first, &second]).spinning(Spin::NEVER).wait();
/// ```
pub struct AllOf<L>(pub L);

impl<L> AllOf<L> {
    /// The events, for a wait that spins in another way than [`Spin::ADAPTIVE`] before it parks.
    #[inline]
    pub fn spinning(&self, spin: Spin) -> Spinning<'_, Self> {
        Spinning { event: self, spin }
    }
}

impl<L> Spinning<'_, AllOf<L>> {
    #[inline]
    fn each(&self) -> Each<'_, L> {
        Each {
            events: &self.event.0,
            spin: self.spin,
        }
    }

    /// As [`wait_all`].
    #[inline]
    pub fn wait<F: Futex>(&self)
    where
        L: ManualResetList<F>,
    {
        self.each().forever()
    }

    /// Whether each of the events is set, or has been set while this spun.
    ///
    /// Spins as [`wait`](Self::wait) would, and does not park. Makes no system call, unless reading the clock is one.
    ///
    /// ```
    /// use futex_event::{AllOf, Event, Spin};
    ///
    /// let (first, second) = (Event::new_set(), Event::new());
    /// assert!(!AllOf([&first, &second]).spinning(Spin::ADAPTIVE).try_wait());
    /// second.set();
    /// assert!(AllOf([&first, &second]).spinning(Spin::ADAPTIVE).try_wait());
    /// ```
    #[inline]
    pub fn try_wait<F: Futex>(&self) -> bool
    where
        L: ManualResetList<F>,
    {
        self.each().try_wait()
    }

    /// As [`wait_all_timeout`].
    #[inline]
    pub fn wait_timeout<F: TimedFutex>(&self, timeout: Duration) -> bool
    where
        L: ManualResetList<F>,
    {
        self.each().after(timeout).is_some()
    }

    /// As [`wait_all_deadline`].
    #[inline]
    pub fn wait_deadline<F: TimedFutex>(&self, deadline: impl IntoDeadline) -> bool
    where
        L: ManualResetList<F>,
    {
        self.each().until(deadline).is_some()
    }

    /// As [`wait_all_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_all_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_all_interruptible`].
    #[inline]
    pub fn wait_interruptible<F: TimedFutex>(
        &self,
        interrupted: impl FnMut() -> bool,
    ) -> Result<(), Interrupted>
    where
        L: ManualResetList<F>,
    {
        self.each().forever_or_interrupted(interrupted)
    }

    /// As [`wait_all_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_all_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_all_interruptible`].
    #[inline]
    pub fn wait_timeout_interruptible<F: TimedFutex>(
        &self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted>
    where
        L: ManualResetList<F>,
    {
        let released = self.each().after_or_interrupted(timeout, interrupted)?;
        Ok(released.is_some())
    }

    /// As [`wait_all_deadline_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_all_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_all_interruptible`].
    #[inline]
    pub fn wait_deadline_interruptible<F: TimedFutex>(
        &self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted>
    where
        L: ManualResetList<F>,
    {
        let released = self.each().until_or_interrupted(deadline, interrupted)?;
        Ok(released.is_some())
    }
}
