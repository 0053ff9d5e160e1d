//! Waits with a chosen [`Spin`]: `event.spinning(spin).wait()`, the same way for everything that can be waited for.

use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
#[cfg(feature = "std")]
use crate::wait::left_until;
use crate::wait::{Forever, Interrupted, IntoDeadline, Until, Wait};
#[cfg(doc)]
use crate::{AllOf, AnyOf};
use crate::{AutoResetEvent, Event, EventCount, Ticket};
use core::time::Duration;

/// Something to wait for, with a choice of how its waits spin: an [`Event`], an [`AutoResetEvent`], an [`EventCount`],
/// [`AnyOf`] several events, or [`AllOf`] them. See [`Event::spinning`].
#[derive(Debug)]
#[must_use = "it does nothing until it is waited for"]
pub struct Spinning<'a, E> {
    pub(crate) event: &'a E,
    pub(crate) spin: Spin,
}

macro_rules! spinning {
    ($kind:ident) => {
        impl<F> $kind<F> {
            /// The event, for a wait that spins in another way than [`Spin::ADAPTIVE`] before it parks.
            ///
            /// ```
            #[doc = concat!("use futex_event::{", stringify!($kind), ", Spin};")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let event = ", stringify!($kind), "::new();")]
            /// let released = event.spinning(Spin::NEVER).wait_timeout(Duration::from_millis(5));
            /// assert!(!released);
            /// ```
            #[inline]
            pub fn spinning(&self, spin: Spin) -> Spinning<'_, Self> {
                Spinning { event: self, spin }
            }
        }

        impl<F: Futex> Spinning<'_, $kind<F>> {
            #[doc = concat!("As [`", stringify!($kind), "::wait`].")]
            #[inline]
            pub fn wait(&self) {
                self.event.waiting(self.spin).wait_by(|| Some(Forever));
            }

            #[doc = concat!(
                "As [`", stringify!($kind), "::try_wait`], after a spin if that returns false at first. True if the wait was released."
            )]
            ///
            /// Spins as [`wait`](Self::wait) would, and does not park. Makes no system call, except to read the clock where that
            /// is one. For a thread that holds something that it has to release before it sleeps, such as an interpreter's
            /// [global lock](crate::guide::language_runtimes).
            ///
            /// If true, everything done before the `set` is visible to the caller.
            ///
            /// ```
            #[doc = concat!("use futex_event::{", stringify!($kind), ", Spin};")]
            ///
            #[doc = concat!("let event = ", stringify!($kind), "::new();")]
            /// assert!(!event.spinning(Spin::ADAPTIVE).try_wait());
            /// event.set();
            /// assert!(event.spinning(Spin::ADAPTIVE).try_wait());
            /// ```
            #[inline]
            pub fn try_wait(&self) -> bool {
                self.event.waiting(self.spin).try_wait()
            }
        }

        impl<F: TimedFutex> Spinning<'_, $kind<F>> {
            #[doc = concat!("As [`", stringify!($kind), "::wait_timeout`].")]
            #[inline]
            pub fn wait_timeout(&self, timeout: Duration) -> bool {
                self.event.waiting(self.spin).after(timeout).is_some()
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_deadline`].")]
            #[inline]
            pub fn wait_deadline(&self, deadline: impl IntoDeadline) -> bool {
                self.event.waiting(self.spin).until(deadline).is_some()
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            ///
            /// # Errors
            ///
            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            ///
            /// # Panics
            ///
            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            #[inline]
            pub fn wait_interruptible(
                &self,
                interrupted: impl FnMut() -> bool,
            ) -> Result<(), Interrupted> {
                self.event
                    .waiting(self.spin)
                    .forever_or_interrupted(interrupted)
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_timeout_interruptible`].")]
            ///
            /// # Errors
            ///
            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            ///
            /// # Panics
            ///
            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            #[inline]
            pub fn wait_timeout_interruptible(
                &self,
                timeout: Duration,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                self.event
                    .waiting(self.spin)
                    .after_or_interrupted(timeout, interrupted)
                    .map(|released| released.is_some())
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_deadline_interruptible`].")]
            ///
            /// # Errors
            ///
            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            ///
            /// # Panics
            ///
            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            #[inline]
            pub fn wait_deadline_interruptible(
                &self,
                deadline: impl IntoDeadline,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                self.event
                    .waiting(self.spin)
                    .until_or_interrupted(deadline, interrupted)
                    .map(|released| released.is_some())
            }
        }
    };
}

spinning!(Event);
spinning!(AutoResetEvent);

impl<F> EventCount<F> {
    /// The event count, for a wait that does something else before it parks than [`Spin::ADAPTIVE`].
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
    /// As [`EventCount::prepare`], for a ticket whose wait spins so.
    #[inline]
    pub fn prepare(&self) -> Ticket<'a, F> {
        self.event.prepare_spinning(self.spin)
    }

    /// As [`EventCount::wait_until`].
    #[inline]
    pub fn wait_until<T>(&self, condition: impl FnMut() -> Option<T>) -> T {
        self.event.wait_until_spinning(condition, self.spin)
    }
}

impl<F: TimedFutex> Spinning<'_, EventCount<F>> {
    /// As [`EventCount::wait_until_timeout`].
    #[inline]
    pub fn wait_until_timeout<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
    ) -> Option<T> {
        self.event
            .wait_until_timeout_spinning(condition, timeout, self.spin)
    }

    /// As [`EventCount::wait_until_deadline`], with the feature `std`.
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_until_deadline<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: std::time::Instant,
    ) -> Option<T> {
        self.event
            .wait_until_deadline_spinning(condition, deadline, self.spin)
    }

    /// As [`EventCount::wait_until_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`EventCount::wait_until_interruptible`].
    #[inline]
    pub fn wait_until_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        interrupted: impl FnMut() -> bool,
    ) -> Result<T, Interrupted> {
        let until = || Some(Until::NEVER);
        let found = self
            .event
            .interruptible_until(condition, until, interrupted, self.spin)?;
        Ok(found.expect("the condition or an interruption ends a wait without a deadline"))
    }

    /// As [`EventCount::wait_until_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`EventCount::wait_until_interruptible`].
    #[inline]
    pub fn wait_until_timeout_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        let until = move || Until::after::<F>(timeout);
        self.event
            .interruptible_until(condition, until, interrupted, self.spin)
    }

    /// As [`EventCount::wait_until_deadline_interruptible`], with the feature `std`.
    ///
    /// # Errors
    ///
    /// As [`EventCount::wait_until_interruptible`].
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_until_deadline_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: std::time::Instant,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        let until = || Until::after::<F>(left_until(deadline));
        self.event
            .interruptible_until(condition, until, interrupted, self.spin)
    }
}
