//! All of several events, or another one.

use super::protocol::{Each, EachOr};
use super::AllOf;
use crate::platform::{Futex, TimedFutex};
use crate::several::events::{ManualResetList, Waitable};
use crate::spin::Spin;
use crate::wait::{Interrupted, IntoDeadline, Wait};
use core::fmt;
use core::time::Duration;

impl<L> AllOf<L> {
    /// All of these events, or the event `other`, which ends the wait too: for a start-up that can be cancelled, or a shutdown
    /// that can be forced.
    ///
    /// The other event can be of either kind.
    ///
    /// ```
    /// use futex_event::{AllOf, Event, Stopped};
    /// use std::thread;
    ///
    /// static STOP: Event = Event::new();
    ///
    /// fn start(parts: &[Event]) -> Result<(), Stopped> {
    ///     AllOf(parts).or(&STOP).wait()?;
    ///     // Each part is ready.
    ///     Ok(())
    /// }
    ///
    /// let parts = [Event::new_set(), Event::new()];
    /// thread::scope(|scope| {
    ///     let starter = scope.spawn(|| start(&parts));
    ///     STOP.set();
    ///     assert_eq!(starter.join().unwrap(), Err(Stopped));
    /// });
    /// ```
    #[inline]
    pub fn or<E>(self, other: E) -> AllOr<L, E> {
        AllOr {
            all: self.0,
            other,
            spin: Spin::ADAPTIVE,
        }
    }
}

/// Several manual-reset events, which end a wait when each of them has been set, and another event, which ends it too: see
/// [`AllOf::or`].
///
/// The waits return `Ok` if each of the events has been set since the wait began, as [`wait_all`](crate::wait_all()) has it:
/// an event that was set and cleared counts. They return `Err` if the other event has released the wait, as
/// [`wait_any`](crate::wait_any()) has it. Everything done before those sets, or that one, is visible to the caller.
///
/// # If both hold
///
/// *The other event wins.* It is first in each check. So if it is set as the wait begins, the wait returns `Err`, even if all
/// events are set too; and a wait that returns `Ok` has found the other event unset before it found the last of the events
/// set.
///
/// If the other event is an auto-reset one, a wait takes its token only if it returns `Err`.
///
/// # Cost
///
/// No system call if the other event or all events are set when the wait begins. Otherwise it spins as `wait_all` does. Then
/// it sleeps for one event after the other, each time together with the other event, as in a `wait_any` for the two. So
/// there is as a rule one system call for each event that is not yet set. The limits are those of
/// [`wait_any`](crate::wait_any()) for two events.
#[must_use = "it does nothing until it is waited for"]
pub struct AllOr<L, E> {
    all: L,
    other: E,
    spin: Spin,
}

impl<L, E> AllOr<L, E> {
    /// The same, for a wait that spins in another way than [`Spin::ADAPTIVE`] before it parks.
    ///
    /// ```
    /// use futex_event::{AllOf, AutoResetEvent, Event, Spin, Stopped};
    /// use std::time::Duration;
    ///
    /// let (parts, hurry) = ([Event::new(), Event::new()], AutoResetEvent::new());
    /// let shutdown = AllOf(&parts).or(&hurry).spinning(Spin::NEVER);
    /// assert_eq!(shutdown.wait_timeout(Duration::from_millis(5)), Ok(false));
    /// hurry.set();
    /// assert_eq!(shutdown.wait(), Err(Stopped));
    /// assert!(!hurry.is_set()); // the wait has taken the token
    /// ```
    #[inline]
    pub fn spinning(self, spin: Spin) -> Self {
        Self { spin, ..self }
    }

    #[inline]
    fn each_or<F>(&self) -> EachOr<'_, F, L>
    where
        E: Waitable<F>,
    {
        EachOr {
            all: Each {
                events: &self.all,
                spin: self.spin,
            },
            other: self.other.kind(),
        }
    }

    /// Blocks until each of the events has been set: `Ok`, or until the other event releases this wait: `Err`.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the other event has released this wait.
    #[inline]
    pub fn wait<F: Futex>(&self) -> Result<(), Stopped>
    where
        L: ManualResetList<F>,
        E: Waitable<F>,
    {
        self.each_or().forever()
    }

    /// As [`wait`](Self::wait): `Ok(true)`; or until `timeout` has elapsed: `Ok(false)`.
    ///
    /// `Ok(false)` is never early, and takes nothing. With `Duration::ZERO` this checks each event once and makes no system
    /// call. For time, see [`Event::wait_timeout`](crate::Event::wait_timeout).
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// ```
    /// use futex_event::{AllOf, Event, Stopped};
    /// use std::time::Duration;
    ///
    /// let (parts, stop) = ([Event::new(), Event::new()], Event::new());
    /// let timeout = Duration::from_millis(5);
    /// assert_eq!(AllOf(&parts).or(&stop).wait_timeout(timeout), Ok(false));
    /// parts.iter().for_each(|part| assert!(part.set()));
    /// assert_eq!(AllOf(&parts).or(&stop).wait_timeout(timeout), Ok(true));
    /// stop.set();
    /// assert_eq!(AllOf(&parts).or(&stop).wait_timeout(timeout), Err(Stopped));
    /// ```
    #[inline]
    pub fn wait_timeout<F: TimedFutex>(&self, timeout: Duration) -> Result<bool, Stopped>
    where
        L: ManualResetList<F>,
        E: Waitable<F>,
    {
        in_time(self.each_or().after(timeout))
    }

    /// As [`wait_timeout`](Self::wait_timeout), until `deadline`; one in the past is a timeout of zero. See
    /// [`IntoDeadline`] for what a deadline can be.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// ```
    /// use futex_event::{AllOf, Event};
    /// use std::time::{Duration, Instant};
    ///
    /// let (parts, stop) = ([Event::new(), Event::new()], Event::new());
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert_eq!(AllOf(&parts).or(&stop).wait_deadline(deadline), Ok(false));
    /// ```
    #[inline]
    pub fn wait_deadline<F: TimedFutex>(&self, deadline: impl IntoDeadline) -> Result<bool, Stopped>
    where
        L: ManualResetList<F>,
        E: Waitable<F>,
    {
        in_time(self.each_or().until(deadline))
    }

    /// As [`wait`](Self::wait): `Ok` with what that returns; or until `interrupted` returns true: `Err`.
    ///
    /// See [`Event::wait_interruptible`](crate::Event::wait_interruptible).
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and nothing else has ended the wait by then. No token is taken.
    ///
    /// # Panics
    ///
    /// If `interrupted` panics: see
    /// [`AutoResetEvent::wait_interruptible`](crate::AutoResetEvent::wait_interruptible).
    ///
    /// ```
    /// use futex_event::{AllOf, Event, Stopped};
    ///
    /// let (parts, stop) = ([Event::new(), Event::new()], Event::new_set());
    /// assert_eq!(AllOf(&parts).or(&stop).wait_interruptible(|| true), Ok(Err(Stopped)));
    /// ```
    #[inline]
    pub fn wait_interruptible<F: TimedFutex>(
        &self,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Result<(), Stopped>, Interrupted>
    where
        L: ManualResetList<F>,
        E: Waitable<F>,
    {
        self.each_or().forever_or_interrupted(interrupted)
    }

    /// As [`wait_timeout`](Self::wait_timeout): `Ok` with what that returns; or until `interrupted` returns true: `Err`.
    /// However often the thread wakes, the timeout counts from the beginning.
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
    /// use futex_event::{AllOf, Event};
    /// use std::time::Duration;
    ///
    /// let (parts, stop) = ([Event::new(), Event::new()], Event::new());
    /// let timeout = Duration::from_millis(5);
    /// let waited = AllOf(&parts).or(&stop).wait_timeout_interruptible(timeout, || false);
    /// assert_eq!(waited, Ok(Ok(false)));
    /// ```
    #[inline]
    pub fn wait_timeout_interruptible<F: TimedFutex>(
        &self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Result<bool, Stopped>, Interrupted>
    where
        L: ManualResetList<F>,
        E: Waitable<F>,
    {
        let waited = self.each_or().after_or_interrupted(timeout, interrupted)?;
        Ok(in_time(waited))
    }

    /// As [`wait_timeout_interruptible`](Self::wait_timeout_interruptible), until `deadline`; one in the past is a timeout
    /// of zero.
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
    /// use futex_event::{AllOf, Event};
    /// use std::time::{Duration, Instant};
    ///
    /// let (parts, stop) = ([Event::new(), Event::new()], Event::new());
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// let waited = AllOf(&parts).or(&stop).wait_deadline_interruptible(deadline, || false);
    /// assert_eq!(waited, Ok(Ok(false)));
    /// ```
    #[inline]
    pub fn wait_deadline_interruptible<F: TimedFutex>(
        &self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Result<bool, Stopped>, Interrupted>
    where
        L: ManualResetList<F>,
        E: Waitable<F>,
    {
        let waited = self.each_or().until_or_interrupted(deadline, interrupted)?;
        Ok(in_time(waited))
    }
}

fn in_time(waited: Option<Result<(), Stopped>>) -> Result<bool, Stopped> {
    Ok(waited.transpose()?.is_some())
}

/// The error of a wait for all of several events that another event has ended: see [`AllOf::or`].
///
/// ```
/// assert_eq!(futex_event::Stopped.to_string(), "the wait was ended by another event");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the wait was ended by another event")
    }
}

#[cfg(feature = "std")]
impl std::error::Error for Stopped {}
