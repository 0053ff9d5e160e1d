//! Waits on an event count with a chosen [`Spin`].

use super::protocol::UntilSome;
use super::{EventCount, Ticket};
use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
use crate::spinning::Spinning;
use crate::wait::{Interrupted, IntoDeadline, Wait};
use core::time::Duration;

impl<F> EventCount<F> {
    /// The event count, for a wait that spins in another way than [`Spin::ADAPTIVE`] before it parks.
    ///
    /// ```
    /// use futex_event::{EventCount, Spin};
    /// use std::time::Duration;
    ///
    /// let changed = EventCount::new();
    /// let ticket = changed.spinning(Spin::NEVER).prepare();
    /// assert!(!ticket.wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    pub fn spinning(&self, spin: Spin) -> Spinning<'_, Self> {
        Spinning { event: self, spin }
    }
}

impl<'a, F: Futex> Spinning<'a, EventCount<F>> {
    /// As [`EventCount::prepare`], for a ticket whose wait spins in this way.
    #[inline]
    pub fn prepare(&self) -> Ticket<'a, F> {
        Ticket {
            generation: self.event.word.prepare(),
            spin: self.spin,
        }
    }

    #[inline]
    fn until_some<C>(&self, condition: C) -> UntilSome<'a, F, C> {
        UntilSome {
            word: &self.event.word,
            condition,
            spin: self.spin,
        }
    }

    /// As [`EventCount::wait_until`].
    ///
    /// # Panics
    ///
    /// As [`EventCount::wait_until`].
    #[inline]
    pub fn wait_until<T>(&self, condition: impl FnMut() -> Option<T>) -> T {
        self.until_some(condition).forever()
    }
}

impl<F: TimedFutex> Spinning<'_, EventCount<F>> {
    /// As [`EventCount::wait_until_timeout`].
    ///
    /// # Panics
    ///
    /// As [`EventCount::wait_until`].
    #[inline]
    pub fn wait_until_timeout<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
    ) -> Option<T> {
        self.until_some(condition).after(timeout)
    }

    /// As [`EventCount::wait_until_deadline`].
    ///
    /// # Panics
    ///
    /// As [`EventCount::wait_until`].
    #[inline]
    pub fn wait_until_deadline<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: impl IntoDeadline,
    ) -> Option<T> {
        self.until_some(condition).until(deadline)
    }

    /// As [`EventCount::wait_until_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`EventCount::wait_until_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`EventCount::wait_until_interruptible`].
    #[inline]
    pub fn wait_until_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        interrupted: impl FnMut() -> bool,
    ) -> Result<T, Interrupted> {
        self.until_some(condition)
            .forever_or_interrupted(interrupted)
    }

    /// As [`EventCount::wait_until_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`EventCount::wait_until_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`EventCount::wait_until_interruptible`].
    #[inline]
    pub fn wait_until_timeout_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        self.until_some(condition)
            .after_or_interrupted(timeout, interrupted)
    }

    /// As [`EventCount::wait_until_deadline_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`EventCount::wait_until_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`EventCount::wait_until_interruptible`].
    #[inline]
    pub fn wait_until_deadline_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        self.until_some(condition)
            .until_or_interrupted(deadline, interrupted)
    }
}
