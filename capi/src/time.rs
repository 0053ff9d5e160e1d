//! Time, in nanoseconds.

use core::time::Duration;
use futex_event::platform::{PrivateFutex, TimedFutex};

/// Returns the time on the clock of the deadlines, in nanoseconds: on Linux that of CLOCK_MONOTONIC. It is monotonic,
/// and on Linux stands still while the machine is suspended.
///
/// Does not block. May be called in a signal handler.
#[no_mangle]
pub extern "C" fn futex_event_now() -> u64 {
    // The clock counts from about the start of the system: 64 bits are enough for 584 years.
    PrivateFutex::now().as_nanos() as u64
}

/// A timeout in nanoseconds as a duration.
pub(crate) fn timeout(nanoseconds: u64) -> Duration {
    match nanoseconds {
        u64::MAX => Duration::MAX,
        _ => Duration::from_nanos(nanoseconds),
    }
}

/// What is left of the time until the deadline.
pub(crate) fn left_until(deadline: u64) -> Duration {
    match deadline {
        u64::MAX => Duration::MAX,
        _ => Duration::from_nanos(deadline.saturating_sub(futex_event_now())),
    }
}
