//! Waits that are told how to spin: `event.spinning(spin).wait()`, the same way for everything that can be waited for.

use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
#[cfg(feature = "std")]
use crate::wait::left_until;
use crate::wait::{Interrupted, Interruption, Until};
#[cfg(doc)]
use crate::{AllOf, AnyOf};
use crate::{AutoResetEvent, Event, EventCount, Ticket};
use core::time::Duration;

/// Something to wait for, each of whose waits spins as it is told: an [`Event`], an [`AutoResetEvent`], an [`EventCount`],
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
            /// The event, for a wait that does something else before it parks than [`Spin::ADAPTIVE`].
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
                self.event.wait_spinning(self.spin)
            }

            #[doc = concat!(
                "As [`", stringify!($kind), "::try_wait`], after a spin if that is unset at first. True if the wait was released."
            )]
            ///
            /// Spins as [`wait`](Self::wait) would, and does not park. Makes no system call, but to read the clock where that
            /// is one. For a thread that holds something which it has to leave before it sleeps, as a
            /// [global lock](crate::guide::language_runtimes) of an interpreter.
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
                self.event.try_wait_spinning(self.spin)
            }
        }

        impl<F: TimedFutex> Spinning<'_, $kind<F>> {
            #[doc = concat!("As [`", stringify!($kind), "::wait_timeout`].")]
            #[inline]
            pub fn wait_timeout(&self, timeout: Duration) -> bool {
                self.event.wait_timeout_spinning(timeout, self.spin)
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_deadline`], with the feature `std`.")]
            #[cfg(feature = "std")]
            #[inline]
            pub fn wait_deadline(&self, deadline: std::time::Instant) -> bool {
                self.event.wait_deadline_spinning(deadline, self.spin)
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_interruptible`].")]
            ///
            /// # Errors
            ///
            /// [`Interrupted`] if `interrupted` has returned true, and the wait was not released by then.
            #[inline]
            pub fn wait_interruptible(
                &self,
                interrupted: impl FnMut() -> bool,
            ) -> Result<(), Interrupted> {
                self.wait_until_or_interrupted(|| Some(Until::NEVER), interrupted)?;
                Ok(())
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_timeout_interruptible`].")]
            ///
            /// # Errors
            ///
            /// As [`wait_interruptible`](Self::wait_interruptible).
            #[inline]
            pub fn wait_timeout_interruptible(
                &self,
                timeout: Duration,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                self.wait_until_or_interrupted(|| Until::at_most::<F>(timeout), interrupted)
            }

            #[doc = concat!(
                "As [`", stringify!($kind), "::wait_deadline_interruptible`], with the feature `std`."
            )]
            ///
            /// # Errors
            ///
            /// As [`wait_interruptible`](Self::wait_interruptible).
            #[cfg(feature = "std")]
            #[inline]
            pub fn wait_deadline_interruptible(
                &self,
                deadline: std::time::Instant,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                let until = || Until::at_most::<F>(left_until(deadline));
                self.wait_until_or_interrupted(until, interrupted)
            }

            #[inline]
            fn wait_until_or_interrupted(
                &self,
                until: impl FnOnce() -> Option<Until>,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                let interruption = Interruption::new(interrupted);
                let sleep = || until().map(|until| interruption.or(until));
                let released = self.event.wait_by(self.spin, sleep);
                Ok(interruption.answer(released.then_some(()))?.is_some())
            }
        }

        impl<F: TimedFutex> $kind<F> {
            /// Blocks until a `set` releases this wait: `Ok(true)`, until `timeout` has gone by: `Ok(false)`, or until
            /// `interrupted` returns true: `Err`.
            ///
            /// As [`wait_timeout`](Self::wait_timeout) and [`wait_interruptible`](Self::wait_interruptible). However often the
            /// thread wakes, the timeout counts from the beginning.
            ///
            /// # Errors
            ///
            /// As [`wait_interruptible`](Self::wait_interruptible).
            ///
            /// ```
            #[doc = concat!("use futex_event::", stringify!($kind), ";")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let event = ", stringify!($kind), "::new();")]
            /// let timeout = Duration::from_millis(5);
            /// assert_eq!(event.wait_timeout_interruptible(timeout, || false), Ok(false));
            /// ```
            #[inline]
            pub fn wait_timeout_interruptible(
                &self,
                timeout: Duration,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                self.spinning(Spin::ADAPTIVE)
                    .wait_timeout_interruptible(timeout, interrupted)
            }

            /// As [`wait_timeout_interruptible`](Self::wait_timeout_interruptible), until `deadline`; one in the past is a
            /// timeout of zero. With the feature `std`.
            ///
            /// # Errors
            ///
            /// As [`wait_interruptible`](Self::wait_interruptible).
            ///
            /// ```
            #[doc = concat!("use futex_event::", stringify!($kind), ";")]
            /// use std::time::{Duration, Instant};
            ///
            #[doc = concat!("let event = ", stringify!($kind), "::new();")]
            /// let deadline = Instant::now() + Duration::from_millis(5);
            /// assert_eq!(event.wait_deadline_interruptible(deadline, || false), Ok(false));
            /// assert!(Instant::now() >= deadline);
            /// ```
            #[cfg(feature = "std")]
            #[inline]
            pub fn wait_deadline_interruptible(
                &self,
                deadline: std::time::Instant,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                self.spinning(Spin::ADAPTIVE)
                    .wait_deadline_interruptible(deadline, interrupted)
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
        let until = || Until::at_most::<F>(timeout);
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
        let until = || Until::at_most::<F>(left_until(deadline));
        self.event
            .interruptible_until(condition, until, interrupted, self.spin)
    }
}
