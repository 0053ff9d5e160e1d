//! DragonFly: `umtx_sleep(2)` and `umtx_wakeup(2)`, since version 1.1.
//!
//! The timeout is a relative number of microseconds, where zero means forever. An old manual page limits it to a second;
//! later kernels take more, but sleep at most for their `kern.umtx_timeout_max`, which is two seconds. They rely on callers
//! to come back: a sleeping thread is found by the physical address of its word, which can change when the memory is paged or
//! copied, and then a wake does not reach it. So one call sleeps for at most a second here, with a deadline or without. The
//! kernel sleeps in ticks, rounded up: at the usual 100 Hz a sleep ends up to 10 ms late, or early, and then begins again. So each
//! call sleeps, also if the clock stands still. [man 2 umtx; sys/kern/kern_umtx.c]
//!
//! Because the address is a physical one, the same call does for shared and private words.
//!
//! To reach the page, newer kernels add zero to the word, also in a wake. This changes no value, whatever the memory is used
//! for by then.
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | sleep | 0 | woken, or a spurious return: check again |
//! | sleep | EBUSY | the word was not `expected`: check again |
//! | sleep | EINTR | a signal, also with SA_RESTART: check again |
//! | sleep | EWOULDBLOCK, in old manual pages ETIMEDOUT | the time is over: read the clock |
//! | sleep | any other error | the kernel refuses: see [`nap`] |
//! | wakeup | 0 | done; if more than one was asked for, all are woken |
//! | wakeup | EFAULT, EINVAL | this process has no memory at the address. For EINVAL the kernel prints a warning on its console |
//!
//! Every call leaves `errno` as it found it.

use crate::sys::units::{round_up, MICROSECOND};
use crate::sys::unix::{keep_errno, nap};
use crate::sys::{Count, Scope};
use crate::Deadline;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use libc::c_int;

pub(crate) use crate::sys::unix::now;

/// In microseconds.
const MOST: u64 = 1_000_000;

extern "C" {
    fn umtx_sleep(word: *const c_int, value: c_int, timeout: c_int) -> c_int;
    fn umtx_wakeup(word: *const c_int, count: c_int) -> c_int;
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
    let word: *const AtomicU32 = word;
    let timeout = match microseconds(deadline.remaining(now)) {
        0 => return false,
        timeout => timeout,
    };
    let (answer, error) = keep_errno(|| {
        // SAFETY: the word is there and is only compared; the kernel adds its zero atomically.
        unsafe { umtx_sleep(word.cast(), expected as c_int, timeout) }
    });
    if answer == 0 {
        return true;
    }
    match error {
        libc::EBUSY | libc::EINTR => true,
        libc::EWOULDBLOCK | libc::ETIMEDOUT => !deadline.has_passed(now()),
        _ => nap(deadline),
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, _: Scope) {
    let count = match count {
        Count::One => 1,
        // Zero means all.
        Count::All => 0,
    };
    keep_errno(|| {
        // SAFETY: the kernel changes no value, and returns an error if there is no memory at this address.
        unsafe { umtx_wakeup(word.cast(), count) }
    });
}

/// How long one call sleeps if this much time remains. It is zero only if none does.
fn microseconds(left: Option<Duration>) -> c_int {
    round_up(left.unwrap_or(Duration::MAX), MICROSECOND, MOST) as c_int
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_sleeps_for_the_remaining_time_but_at_most_a_second() {
        assert_eq!(microseconds(Some(3 * MICROSECOND)), 3);
        assert_eq!(microseconds(Some(Duration::from_secs(1))), 1_000_000);
        assert_eq!(microseconds(Some(Duration::new(1, 1))), 1_000_000);
        assert_eq!(microseconds(Some(Duration::MAX)), 1_000_000);
        assert_eq!(microseconds(None), 1_000_000);
    }

    #[test]
    fn only_no_time_is_zero() {
        assert_eq!(microseconds(Some(Duration::ZERO)), 0);
        assert_eq!(microseconds(Some(Duration::from_nanos(1))), 1);
    }
}
