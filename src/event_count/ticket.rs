//! The ticket of a thread that waits on an event count in a loop of its own.

use super::protocol::Generation;
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::spin::Spin;
use crate::wait::{Interrupted, IntoDeadline, Sleep, Wait};
#[cfg(doc)]
use crate::EventCount;
use core::fmt;
use core::time::Duration;

/// The right to wait for the next notification of an [`EventCount`] since [`prepare`](EventCount::prepare).
///
/// To drop it cancels the wait. It costs the next notification an atomic write, and no system call.
#[must_use = "a wait is prepared: check the condition once more, then wait on the ticket or drop it"]
pub struct Ticket<'a, F = PrivateFutex> {
    pub(super) generation: Generation<'a, F>,
    pub(super) spin: Spin,
}

impl<F: Futex> Ticket<'_, F> {
    /// The ticket as a number, for a binding to another language: see [`EventCount::ticket_from_raw`]. The number can be
    /// dropped, as the ticket can.
    #[inline]
    pub fn into_raw(self) -> u32 {
        self.generation.number
    }

    /// Blocks until the ticket is released. Returns at once, and makes no system call, if there was a notification since
    /// [`prepare`](EventCount::prepare) that has released it.
    ///
    /// Spins before it parks, for 5 to 120 µs, if that has paid off lately: see [`Spin::ADAPTIVE`].
    ///
    /// Everything done before the notification that releases it is visible to the caller afterwards. It does not say that
    /// the condition holds: check again.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use std::thread;
    ///
    /// let (done, changed) = (AtomicBool::new(false), EventCount::new());
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         done.store(true, Relaxed);
    ///         changed.notify_all();
    ///     });
    ///     while !done.load(Relaxed) {
    ///         let ticket = changed.prepare();
    ///         if !done.load(Relaxed) {
    ///             ticket.wait();
    ///         }
    ///     }
    /// });
    /// ```
    #[inline]
    pub fn wait(self) {
        self.forever()
    }
}

impl<F: TimedFutex> Ticket<'_, F> {
    /// Blocks until the ticket is released: true, or until `timeout` has elapsed: false.
    ///
    /// As [`wait`](Self::wait). False is never early. With `Duration::ZERO` this checks once and makes no system call. For
    /// time, see [`Event::wait_timeout`](crate::Event::wait_timeout).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let changed = EventCount::new();
    /// assert!(!changed.prepare().wait_timeout(Duration::from_millis(5)));
    /// let ticket = changed.prepare();
    /// changed.notify_all();
    /// assert!(ticket.wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    pub fn wait_timeout(self, timeout: Duration) -> bool {
        self.after(timeout).is_some()
    }

    /// Blocks until the ticket is released: true, or until `deadline`: false.
    ///
    /// As [`wait_timeout`](Self::wait_timeout); a deadline in the past is a timeout of zero. See [`IntoDeadline`] for what a
    /// deadline can be.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert!(!changed.prepare().wait_deadline(deadline));
    /// assert!(Instant::now() >= deadline);
    /// ```
    #[inline]
    pub fn wait_deadline(self, deadline: impl IntoDeadline) -> bool {
        self.until(deadline).is_some()
    }

    /// Blocks until the ticket is released: `Ok`, or until `interrupted` returns true: `Err`.
    ///
    /// As [`wait`](Self::wait) and [`Event::wait_interruptible`](crate::Event::wait_interruptible).
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and the ticket was not released by then. No notification is taken
    /// from another thread.
    ///
    /// # Panics
    ///
    /// If `interrupted` panics. A notification that has released this thread by then is passed on.
    ///
    /// ```
    /// use futex_event::EventCount;
    ///
    /// let changed = EventCount::new();
    /// let ticket = changed.prepare();
    /// changed.notify_one();
    /// assert_eq!(ticket.wait_interruptible(|| true), Ok(()));
    /// ```
    #[inline]
    pub fn wait_interruptible(self, interrupted: impl FnMut() -> bool) -> Result<(), Interrupted> {
        self.forever_or_interrupted(interrupted)
    }

    /// Blocks until the ticket is released: `Ok(true)`, until `timeout` has elapsed: `Ok(false)`, or until `interrupted`
    /// returns true: `Err`.
    ///
    /// As [`wait_timeout`](Self::wait_timeout) and [`wait_interruptible`](Self::wait_interruptible).
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
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let changed = EventCount::new();
    /// let ticket = changed.prepare();
    /// let timeout = Duration::from_millis(5);
    /// assert_eq!(ticket.wait_timeout_interruptible(timeout, || false), Ok(false));
    /// ```
    #[inline]
    pub fn wait_timeout_interruptible(
        self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        let released = self.after_or_interrupted(timeout, interrupted)?;
        Ok(released.is_some())
    }

    /// As [`wait_timeout_interruptible`](Self::wait_timeout_interruptible), until `deadline`; one in the past is a timeout of
    /// zero. See [`IntoDeadline`] for what a deadline can be.
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
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// let ticket = changed.prepare();
    /// assert_eq!(ticket.wait_deadline_interruptible(deadline, || false), Ok(false));
    /// ```
    #[inline]
    pub fn wait_deadline_interruptible(
        self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        let released = self.until_or_interrupted(deadline, interrupted)?;
        Ok(released.is_some())
    }
}

impl<F: Futex> Wait<F> for Ticket<'_, F> {
    type Released = ();

    #[inline]
    fn wait_by<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> Option<()> {
        if self.generation.has_ended() {
            return Some(());
        }
        self.spin_or_park(&sleep()?)
    }
}

impl<F: Futex> Ticket<'_, F> {
    #[cold]
    #[inline(never)]
    fn spin_or_park(&self, sleep: &impl Sleep<F>) -> Option<()> {
        let generation = self.generation;
        let others_parked = generation.word.is_listened();
        let released = || generation.has_ended().then_some(());
        let park = || generation.listen(sleep).then_some(());
        let place = generation.word.address();
        self.spin
            .then_park(place, 1, others_parked, sleep, released, park)
    }
}

/// Says whether the ticket has been released.
impl<F: Futex> fmt::Debug for Ticket<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("released", &self.generation.has_ended())
            .finish()
    }
}
