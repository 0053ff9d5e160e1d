//! The points in time that the traits use.

use core::time::Duration;

/// A point in time on the clock of a [`TimedFutex`](crate::TimedFutex), or never.
///
/// A deadline is absolute. It is computed once, before the first sleep, so that a wait that is interrupted and begins again
/// still ends at the time that the caller asked for.
///
/// ```
/// use core::time::Duration;
/// use futex_event_platform::Deadline;
///
/// let second = Duration::from_secs(1);
/// let deadline = Deadline::after(second, second);
/// assert!(!deadline.has_passed(second));
/// assert!(deadline.has_passed(2 * second));
/// assert_eq!(Deadline::after(second, Duration::MAX), Deadline::NEVER);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Duration>);

impl Deadline {
    /// The deadline that never passes.
    pub const NEVER: Self = Self(None);

    /// The deadline `timeout` after `now`. It is [`NEVER`](Self::NEVER) if a `Duration` cannot hold the sum.
    pub fn after(now: Duration, timeout: Duration) -> Self {
        Self(now.checked_add(timeout))
    }

    /// Whether the deadline is at `now` or before.
    pub fn has_passed(self, now: Duration) -> bool {
        self.0.map_or(false, |time| time <= now)
    }

    /// The point on the clock, or `None` for never.
    pub const fn time(self) -> Option<Duration> {
        self.0
    }

    /// The remaining time, zero if the deadline has passed. `None` for never; then `now` is not called.
    pub fn remaining(self, now: impl FnOnce() -> Duration) -> Option<Duration> {
        self.0.map(|time| time.saturating_sub(now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TICK: Duration = Duration::from_nanos(1);

    #[test]
    fn a_deadline_passes_at_its_time_and_not_before() {
        let deadline = Deadline::after(SECOND, SECOND);
        assert!(!deadline.has_passed(2 * SECOND - TICK));
        assert!(deadline.has_passed(2 * SECOND));
        assert_eq!(deadline.remaining(|| 2 * SECOND - TICK), Some(TICK));
        assert_eq!(deadline.remaining(|| 3 * SECOND), Some(Duration::ZERO));
    }

    #[test]
    fn a_deadline_that_cannot_be_represented_is_never() {
        assert_eq!(Deadline::after(TICK, Duration::MAX), Deadline::NEVER);
        assert_ne!(
            Deadline::after(Duration::ZERO, Duration::MAX),
            Deadline::NEVER
        );
        assert!(!Deadline::NEVER.has_passed(Duration::MAX));
        assert_eq!(Deadline::NEVER.remaining(|| unreachable!()), None);
    }
}
