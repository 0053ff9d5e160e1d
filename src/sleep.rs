//! How a waiter sleeps: for ever, or until a deadline.
//!
//! Both are functions that sleep on a futex while it has the given value, and return false if the waiter's time is up,
//! so that it looks once more and then gives up.

use crate::platform::{Deadline, Futex, TimedFutex};
use core::time::Duration;

pub(crate) fn for_ever<F: Futex>(futex: &F, expected: u32) -> bool {
    futex.wait(expected);
    true
}

/// The deadline is `timeout` from now; `None` if that is now.
pub(crate) fn for_at_most<F: TimedFutex>(timeout: Duration) -> Option<impl Fn(&F, u32) -> bool> {
    if timeout == Duration::ZERO {
        return None;
    }
    let deadline = Deadline::after(F::now(), timeout);
    // The clock is read after each sleep, since a futex whose word keeps changing sends its callers back without a look
    // at theirs.
    Some(move |futex: &F, expected| {
        futex.wait_until(expected, deadline) && !deadline.has_passed(F::now())
    })
}

/// What is left of the time until `deadline`.
#[cfg(feature = "std")]
pub(crate) fn left_until(deadline: std::time::Instant) -> Duration {
    deadline.saturating_duration_since(std::time::Instant::now())
}
