//! The forms of a wait: forever, for a timeout, or until a deadline; and each of these in a form that its caller can end.

use super::{Forever, Interrupted, Interruption, IntoDeadline, Sleep, Until};
use crate::platform::{Futex, TimedFutex};
use core::time::Duration;

/// A wait that has not begun, on words of type `F`.
pub(crate) trait Wait<F>: Sized {
    /// What it returns when it is released.
    type Released;

    /// Waits, with the sleep that `sleep` returns. `sleep` is called when a first check has found nothing; it returns `None`
    /// if there is no time to wait. This returns `None` if the sleep was over before the wait was released.
    fn wait_by<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> Option<Self::Released>;

    #[inline]
    fn forever(self) -> Self::Released
    where
        F: Futex,
    {
        self.wait_by(move || Some(Forever))
            .expect("only a release ends a wait without a deadline")
    }

    #[inline]
    fn after(self, timeout: Duration) -> Option<Self::Released>
    where
        F: TimedFutex,
    {
        self.wait_by(move || Until::after::<F>(timeout))
    }

    #[inline]
    fn until(self, deadline: impl IntoDeadline) -> Option<Self::Released>
    where
        F: TimedFutex,
    {
        self.wait_by(move || deadline.into_sleep::<F>())
    }

    #[inline]
    fn forever_or_interrupted(
        self,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Self::Released, Interrupted>
    where
        F: TimedFutex,
    {
        let released = self.or_interrupted(move || Some(Until::NEVER), interrupted)?;
        Ok(released.expect("a release or an interruption ends a wait without a deadline"))
    }

    #[inline]
    fn after_or_interrupted(
        self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<Self::Released>, Interrupted>
    where
        F: TimedFutex,
    {
        self.or_interrupted(move || Until::after::<F>(timeout), interrupted)
    }

    #[inline]
    fn until_or_interrupted(
        self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<Self::Released>, Interrupted>
    where
        F: TimedFutex,
    {
        self.or_interrupted(move || deadline.into_sleep::<F>(), interrupted)
    }

    #[inline]
    fn or_interrupted(
        self,
        until: impl FnOnce() -> Option<Until>,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<Self::Released>, Interrupted>
    where
        F: TimedFutex,
    {
        let interruption = Interruption::new(interrupted);
        let released = self.wait_by(|| until().map(|until| interruption.or(until)));
        interruption.answer(released)
    }
}
