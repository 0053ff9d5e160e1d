//! Waits that their caller can end.
//!
//! A host such as CPython runs its signal handlers between two steps of a thread, so a sleeping thread has to return to run
//! them. The caller passes a closure that says whether the wait is to end. A wait calls it *instead of a sleep*, each time
//! the thread is about to sleep again. So the thread has checked the event just before, and has not been released. If the
//! closure returns true, the protocols see a sleep that has timed out. They check once more, so a set that comes while the
//! closure runs wins, and they leave as at a timeout, so no token is lost.
//!
//! # Sleeps that a signal ends
//!
//! Some kernels restart a call by themselves if the signal's handler was installed with SA_RESTART. Linux does so for a wait
//! without a timeout, and not for one with a timeout (kernel/futex/waitwake.c: -ERESTARTSYS, -ERESTART_RESTARTBLOCK). So here
//! a wait without a deadline sleeps until one that is too far away to come. NetBSD does so for any wait, so there the closure is
//! called every tenth of a second too.
//!
//! # A closure that panics
//!
//! leaves in the middle of a protocol. Destructors undo what the wait has written to the event or to the table of listeners:
//! see `Counted` and `Listening`.

use super::{Sleep, Until};
use crate::platform::{Deadline, TimedFutex};
use core::cell::{Cell, RefCell};
use core::fmt;
use core::time::Duration;

/// The error of a wait that ended because its caller's closure said so, and not because it was released.
///
/// See [`Event::wait_interruptible`](crate::Event::wait_interruptible).
///
/// ```
/// assert_eq!(futex_event::Interrupted.to_string(), "the wait was interrupted");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the wait was interrupted")
    }
}

#[cfg(feature = "std")]
impl std::error::Error for Interrupted {}

/// The longest sleep between two calls of the closure.
const LONGEST: Duration = if cfg!(any(target_os = "netbsd", futex_event_simulated = "netbsd")) {
    Duration::from_millis(100)
} else {
    // A century. It never comes, and every kernel's type can hold the sum.
    Duration::from_secs(100 * 365 * 24 * 60 * 60)
};

/// One wait's closure, and what it has returned.
pub(crate) struct Interruption<C> {
    interrupted: RefCell<C>,
    /// The closure has returned true. It is not called again.
    has_come: Cell<bool>,
    /// The thread has slept since the last call.
    has_slept: Cell<bool>,
}

impl<C: FnMut() -> bool> Interruption<C> {
    pub(crate) fn new(interrupted: C) -> Self {
        Self {
            interrupted: RefCell::new(interrupted),
            has_come: Cell::new(false),
            has_slept: Cell::new(false),
        }
    }

    /// A sleep that also ends when the closure says so.
    pub(crate) fn or(&self, until: Until) -> Interruptible<'_, C> {
        Interruptible {
            until,
            interruption: self,
        }
    }

    /// What a wait returns, which was released or was not.
    pub(crate) fn answer<T>(&self, released: Option<T>) -> Result<Option<T>, Interrupted> {
        if released.is_none() && self.has_come.get() {
            return Err(Interrupted);
        }
        Ok(released)
    }

    /// Calls the closure, unless it has returned true already.
    fn ask(&self) -> bool {
        if !self.has_come.get() {
            self.has_come.set((self.interrupted.borrow_mut())());
            self.has_slept.set(false);
        }
        self.has_come.get()
    }
}

/// A sleep until a deadline, or never, that also ends when the closure says so.
pub(crate) struct Interruptible<'a, C> {
    until: Until,
    interruption: &'a Interruption<C>,
}

impl<F: TimedFutex, C: FnMut() -> bool> Sleep<F> for Interruptible<'_, C> {
    const CALLS_BACK: bool = true;

    fn on(&self, word: &F, expected: u32) -> bool {
        if self.interruption.has_come.get() {
            return false;
        }
        if self.interruption.has_slept.replace(true) {
            // Without a sleep, as the word may have another meaning in the child of a `fork`.
            return !self.interruption.ask();
        }
        let latest = Deadline::after(F::now(), LONGEST);
        if self.until.is_by(latest) {
            return self.until.on(word, expected);
        }
        word.wait_until(expected, latest);
        true
    }

    fn time(&self) -> Duration {
        Sleep::<F>::time(&self.until)
    }

    /// Calls the closure too: a listener that is nudged again and again never falls asleep.
    fn is_over(&self) -> bool {
        Sleep::<F>::is_over(&self.until) || self.interruption.ask()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::PrivateFutex;

    /// A sleep that ends at once, since the word has another value.
    fn sleep<C: FnMut() -> bool>(until: &Interruptible<'_, C>) -> bool {
        until.on(&PrivateFutex::new(0), 1)
    }

    fn is_over<C: FnMut() -> bool>(until: &Interruptible<'_, C>) -> bool {
        Sleep::<PrivateFutex>::is_over(until)
    }

    #[test]
    fn the_closure_is_called_once_after_each_sleep() {
        let asked = Cell::new(0);
        let interruption = Interruption::new(|| {
            asked.set(asked.get() + 1);
            false
        });
        let until = interruption.or(Until::NEVER);
        for sleeps in 0..3 {
            assert!(sleep(&until));
            assert_eq!(asked.get(), sleeps);
            // Instead of a sleep.
            assert!(sleep(&until));
            assert_eq!(asked.get(), sleeps + 1);
        }
        // A listener that was nudged calls the closure, and not again before it has slept.
        assert!(!is_over(&until));
        assert_eq!(asked.get(), 4);
        assert!(sleep(&until));
        assert_eq!(asked.get(), 4);
        assert!(sleep(&until));
        assert_eq!(asked.get(), 5);
    }

    #[test]
    fn a_closure_that_has_returned_true_is_not_called_again() {
        let has_returned_true = Cell::new(false);
        let interruption = Interruption::new(|| {
            assert!(!has_returned_true.replace(true), "called again");
            true
        });
        let until = interruption.or(Until::NEVER);
        assert!(sleep(&until));
        assert!(!sleep(&until));
        assert!(!sleep(&until));
        assert!(is_over(&until));
        assert_eq!(interruption.answer(Some(7)), Ok(Some(7)));
        assert_eq!(interruption.answer(None::<()>), Err(Interrupted));
    }

    #[test]
    fn a_nudged_listener_calls_the_closure_and_reads_the_clock() {
        let interruption = Interruption::new(|| true);
        assert!(is_over(&interruption.or(Until::NEVER)));

        let interruption = Interruption::new(|| false);
        let now = Until::after::<PrivateFutex>(Duration::from_nanos(1)).unwrap();
        while !Sleep::<PrivateFutex>::is_over(&now) {}
        assert!(is_over(&interruption.or(now)));
        assert_eq!(interruption.answer(None::<()>), Ok(None));
    }
}
