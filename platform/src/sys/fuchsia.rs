//! Fuchsia: `zx_futex_wait` and `zx_futex_wake`, for the threads of one process.
//!
//! The deadline is absolute, in nanoseconds on the clock that `zx_clock_get_monotonic` reads. The kernel may give a thread
//! slack in its deadlines, so a timeout is checked against the clock. A futex can have an owner, which inherits the priority
//! of the threads that wait for it; an event has none.
//! [fuchsia.dev: zx_futex_wait, zx_futex_wake, zx_clock_get_monotonic, zx_nanosleep;
//! zircon/types.h, zircon/errors.h]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | ZX_OK | woken, or a spurious return: check again |
//! | wait | ZX_ERR_BAD_STATE | the word was not `expected`: check again |
//! | wait | ZX_ERR_TIMED_OUT | the deadline has passed, unless the clock does not agree: see [`timed_out`] |
//! | wait | any other error | the kernel refuses: see [`nap`] |
//! | wake | ZX_OK | done; the word need not exist |
//!
//! There are no signals that could end a sleep. A call returns its error, so there is no `errno` to preserve.

use crate::sys::nap::{nap, timed_out};
use crate::sys::units::{round_up, NANOSECOND};
use crate::sys::{Count, Scope};
use crate::Deadline;
use core::sync::atomic::AtomicU32;
use core::time::Duration;

#[allow(non_camel_case_types)]
type zx_status_t = i32;
#[allow(non_camel_case_types)]
type zx_time_t = i64;

const ZX_OK: zx_status_t = 0;
const ZX_ERR_BAD_STATE: zx_status_t = -20;
const ZX_ERR_TIMED_OUT: zx_status_t = -21;
const ZX_HANDLE_INVALID: u32 = 0;
const ZX_TIME_INFINITE: zx_time_t = zx_time_t::MAX;

#[cfg_attr(target_os = "fuchsia", link(name = "zircon"))]
extern "C" {
    fn zx_clock_get_monotonic() -> zx_time_t;
    fn zx_nanosleep(deadline: zx_time_t) -> zx_status_t;
    fn zx_futex_wait(
        word: *const i32,
        expected: i32,
        owner: u32,
        deadline: zx_time_t,
    ) -> zx_status_t;
    fn zx_futex_wake(word: *const i32, count: u32) -> zx_status_t;
}

pub(crate) fn now() -> Duration {
    // SAFETY: the call has no conditions.
    let nanoseconds = unsafe { zx_clock_get_monotonic() };
    Duration::from_nanos(nanoseconds as u64)
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
    let word: *const AtomicU32 = word;
    let until = nanoseconds(deadline);
    // SAFETY: the word is there and is only read.
    match unsafe { zx_futex_wait(word.cast(), expected as i32, ZX_HANDLE_INVALID, until) } {
        ZX_OK | ZX_ERR_BAD_STATE => true,
        ZX_ERR_TIMED_OUT => timed_out(deadline, now, sleep),
        _ => nap(deadline, now, sleep),
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, _: Scope) {
    let count = match count {
        Count::One => 1,
        Count::All => u32::MAX,
    };
    // SAFETY: the kernel only looks the address up. There need not be memory at it.
    unsafe { zx_futex_wake(word.cast(), count) };
}

/// Sleeps for this time, and returns whether it is over.
fn sleep(time: Duration) -> bool {
    let end = Deadline::after(now(), time);
    // SAFETY: the call has no conditions.
    unsafe { zx_nanosleep(nanoseconds(end)) == ZX_OK }
}

/// The deadline as the kernel takes it. One that the type cannot hold, which means 292 years, becomes never.
fn nanoseconds(deadline: Deadline) -> zx_time_t {
    deadline.time().map_or(ZX_TIME_INFINITE, |time| {
        round_up(time, NANOSECOND, ZX_TIME_INFINITE as u64) as zx_time_t
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_counts_in_nanoseconds() {
        let deadline = Deadline::after(Duration::new(5, 6), Duration::ZERO);
        assert_eq!(nanoseconds(deadline), 5_000_000_006);
    }

    #[test]
    fn a_deadline_that_the_type_cannot_hold_is_never_and_not_negative() {
        assert_eq!(nanoseconds(Deadline::NEVER), i64::MAX);
        let last = Deadline::after(Duration::MAX, Duration::ZERO);
        assert_eq!(nanoseconds(last), i64::MAX);
        let first_too_many = Duration::from_nanos(1 << 63);
        assert_eq!(
            nanoseconds(Deadline::after(first_too_many, Duration::ZERO)),
            i64::MAX
        );
    }
}
