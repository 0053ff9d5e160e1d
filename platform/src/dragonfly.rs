//! DragonFly: `umtx_sleep(2)` and `umtx_wakeup(2)`, since version 1.1.
//!
//! The timeout is a relative number of microseconds, where zero means for ever. An old manual page limits it to a second;
//! later kernels take more, but sleep no longer than their `kern.umtx_timeout_max`, which is a second again. They count
//! on callers to come back: a sleeper is found by the physical address of its word, which can change when the memory is
//! paged or copied, and then a wake does not reach it. So one call sleeps a second at most here, with a deadline or
//! without. The kernel sleeps in ticks, rounded up: at the usual 100 Hz a wait ends up to 10 ms late.
//! [man 2 umtx; sys/kern/kern_umtx.c]
//!
//! Since the address is a physical one, shared words need no other call than private ones.
//!
//! To get at the page, newer kernels add zero to the word, in a wake too. This changes no value, whatever the memory
//! holds by then.
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | sleep | 0 | woken, or for nothing: look again |
//! | sleep | EBUSY | the word was not `expected`: look again |
//! | sleep | EINTR | a signal, whether or not its handler asks for a restart: look again |
//! | sleep | EWOULDBLOCK, in old manual pages ETIMEDOUT | the time is over: look at the clock |
//! | sleep | anything else | the kernel refuses: see [`nap`] |
//! | wakeup | 0 | done; if more than one was asked for, all are woken |
//! | wakeup | EFAULT, EINVAL | no memory at the address: nobody sleeps there |
//!
//! Every call leaves `errno` as it found it.

use crate::units::{round_up, MICROSECOND};
use crate::unix::{keep_errno, nap};
use crate::word::Scope;
use crate::Deadline;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use libc::c_int;

pub(crate) use crate::unix::now;

/// In microseconds.
const MOST: u64 = 1_000_000;

/// A count that means everyone.
const ALL: c_int = 0;

extern "C" {
    fn umtx_sleep(word: *const c_int, value: c_int, timeout: c_int) -> c_int;
    fn umtx_wakeup(word: *const c_int, count: c_int) -> c_int;
}

pub(crate) fn wait(word: &AtomicU32, expected: u32, scope: Scope) {
    wait_until(word, expected, Deadline::NEVER, scope);
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
    let word: *const AtomicU32 = word;
    let timeout = match microseconds(deadline.remaining(now)) {
        0 => return false,
        timeout => timeout,
    };
    let (answer, error) = keep_errno(|| {
        // SAFETY: the word is there, and no more than compared; the zero that the kernel adds is added atomically.
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

pub(crate) fn wake_one(word: *const AtomicU32, _: Scope) {
    wake(word, 1);
}

pub(crate) fn wake_all(word: *const AtomicU32, _: Scope) {
    wake(word, ALL);
}

fn wake(word: *const AtomicU32, count: c_int) {
    keep_errno(|| {
        // SAFETY: the kernel changes no value, and answers with an error if there is no memory at this address.
        unsafe { umtx_wakeup(word.cast(), count) }
    });
}

/// How long one call sleeps if this much time is left. Zero only if none is.
fn microseconds(left: Option<Duration>) -> c_int {
    round_up(left.unwrap_or(Duration::MAX), MICROSECOND, MOST) as c_int
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_sleeps_for_what_is_left_but_for_no_more_than_a_second() {
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
