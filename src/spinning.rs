//! Waits with a chosen [`Spin`]: `event.spinning(spin).wait()`, in the same form for everything that can be waited for.

use crate::platform::{Futex, TimedFutex};
use crate::spin::Spin;
use crate::wait::{Forever, Interrupted, IntoDeadline, Wait};
#[cfg(doc)]
use crate::{AllOf, AnyOf, EventCount};
use crate::{AutoResetEvent, Event};
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
