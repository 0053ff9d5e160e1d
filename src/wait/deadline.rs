//! The deadlines that a wait takes.

use super::Until;
use crate::platform::{Deadline, TimedFutex};

/// What a wait takes as its deadline, wherever its name has `_deadline` in it.
///
/// | type | the wait lasts |
/// | --- | --- |
/// | [`platform::Deadline`](Deadline) | until this point on the clock of the event's word, which is [`TimedFutex::now`]; needs no `std` |
/// | `std::time::Instant` | until this point on std's clock; with the feature `std` |
/// | `Option<std::time::Instant>` | the same, or with `None` until the event releases it, however long that takes; with the feature `std` |
///
/// A deadline in the past is a timeout of zero: the wait checks once, makes no system call, and does not block.
///
/// The trait is sealed.
///
/// # Timeouts that may be too long
///
/// `Instant::now() + timeout` panics if the sum is too large. [`Instant::checked_add`] returns `None` then, which is
/// no deadline here:
///
/// [`Instant::checked_add`]: https://doc.rust-lang.org/std/time/struct.Instant.html#method.checked_add
///
#[cfg_attr(feature = "std", doc = "```")]
#[cfg_attr(not(feature = "std"), doc = "```ignore")]
/// use futex_event::Event;
/// use std::time::{Duration, Instant};
///
/// fn both_are_set_in_time(first: &Event, second: &Event, timeout: Duration) -> bool {
///     let deadline = Instant::now().checked_add(timeout);
///     first.wait_deadline(deadline) && second.wait_deadline(deadline)
/// }
///
/// let (first, second) = (Event::new_set(), Event::new_set());
/// assert!(both_are_set_in_time(&first, &second, Duration::MAX));
/// second.clear();
/// assert!(!both_are_set_in_time(&first, &second, Duration::from_millis(5)));
/// ```
///
/// # Without `std`
///
/// ```
/// use core::time::Duration;
/// use futex_event::platform::{Deadline, PrivateFutex, TimedFutex};
/// use futex_event::Event;
///
/// let (first, second) = (Event::new_set(), Event::new());
/// let deadline = Deadline::after(PrivateFutex::now(), Duration::from_millis(5));
/// assert!(first.wait_deadline(deadline));
/// assert!(!second.wait_deadline(deadline));
/// assert!(deadline.has_passed(PrivateFutex::now()));
/// ```
pub trait IntoDeadline {
    /// The sleep of a wait on a word of type `F` that begins now. `None` if the deadline has passed.
    // Seals the trait: the type returned has no name outside of this crate.
    #[doc(hidden)]
    fn into_sleep<F: TimedFutex>(self) -> Option<Until>;
}

impl IntoDeadline for Deadline {
    #[inline]
    fn into_sleep<F: TimedFutex>(self) -> Option<Until> {
        Until::at::<F>(self)
    }
}

#[cfg(feature = "std")]
impl IntoDeadline for std::time::Instant {
    /// A point on the word's clock that is no earlier: std's clock is read first.
    #[inline]
    fn into_sleep<F: TimedFutex>(self) -> Option<Until> {
        Until::after::<F>(self.saturating_duration_since(std::time::Instant::now()))
    }
}

#[cfg(feature = "std")]
impl IntoDeadline for Option<std::time::Instant> {
    #[inline]
    fn into_sleep<F: TimedFutex>(self) -> Option<Until> {
        self.map_or(Some(Until::NEVER), IntoDeadline::into_sleep::<F>)
    }
}
