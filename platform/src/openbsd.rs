//! OpenBSD: `futex(2)`, since version 6.2.
//!
//! A wait is FUTEX_WAIT, whose timeout is relative: so it is computed anew for each call. The clock is CLOCK_MONOTONIC.
//! For a private word FUTEX_PRIVATE_FLAG spares the kernel the look-up of the memory's mapping.
//! [man 2 futex; sys/futex.h; sys/kern/sys_futex.c]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0 | woken, or for nothing: look again |
//! | wait | EAGAIN | the word was not `expected`: look again |
//! | wait | EINTR, ECANCELED | a signal, the latter if its handler asks for a restart: look again |
//! | wait | ETIMEDOUT | the time is over: look at the clock |
//! | wait | anything else | the kernel refuses: see [`nap`] |
//! | wake | a number | how many were woken; the word need not exist |
//!
//! Since OpenBSD 7.0 a wait gives its error as other calls do, by `errno`. Before, it returned the error's number: see
//! [`result`].
//!
//! Every call leaves `errno` as it found it.

use crate::unix::{keep_errno, nap, pointer, timespec};
use crate::word::Scope;
use crate::Deadline;
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use libc::c_int;

pub(crate) use crate::unix::now;

const FUTEX_WAIT: c_int = 1;
const FUTEX_WAKE: c_int = 2;
const FUTEX_PRIVATE_FLAG: c_int = 128;

/// Older kernels multiply the seconds by the number of ticks in one, without a look at whether that overflows.
const MOST: Duration = Duration::from_secs(i32::MAX as u64);

extern "C" {
    fn futex(
        word: *mut u32,
        operation: c_int,
        value: c_int,
        timeout: *const libc::timespec,
        other: *mut u32,
    ) -> c_int;
}

pub(crate) fn wait(word: &AtomicU32, expected: u32, scope: Scope) {
    wait_until(word, expected, Deadline::NEVER, scope);
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    let timeout = match deadline.remaining(now) {
        Some(Duration::ZERO) => return false,
        left => left.map(relative),
    };
    match call(word, FUTEX_WAIT, expected, timeout, scope) {
        Ok(()) | Err(libc::EAGAIN) | Err(libc::EINTR) | Err(libc::ECANCELED) => true,
        Err(libc::ETIMEDOUT) => !deadline.has_passed(now()),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake_one(word: *const AtomicU32, scope: Scope) {
    let _ = call(word, FUTEX_WAKE, 1, None, scope);
}

pub(crate) fn wake_all(word: *const AtomicU32, scope: Scope) {
    let _ = call(word, FUTEX_WAKE, c_int::MAX as u32, None, scope);
}

fn relative(left: Duration) -> libc::timespec {
    timespec(left.min(MOST))
}

fn call(
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    timeout: Option<libc::timespec>,
    scope: Scope,
) -> Result<(), c_int> {
    let flag = match scope {
        Scope::Private => FUTEX_PRIVATE_FLAG,
        Scope::Shared => 0,
    };
    let (answer, error) = keep_errno(|| {
        // SAFETY: a wait reads four bytes at the word's address, or answers EFAULT if it cannot; a wake reads none, and
        // neither writes. The timeout is valid or null.
        unsafe {
            futex(
                word as *mut u32,
                operation | flag,
                value as c_int,
                pointer(&timeout),
                ptr::null_mut(),
            )
        }
    });
    result(answer, error)
}

/// What a call answered, by either convention. (A wake's count looks like an error then, but nobody asks.)
fn result(answer: c_int, errno: c_int) -> Result<(), c_int> {
    match answer {
        0 => Ok(()),
        -1 => Err(errno),
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_by_either_convention() {
        assert_eq!(result(0, libc::ENOENT), Ok(()));
        assert_eq!(result(-1, libc::ETIMEDOUT), Err(libc::ETIMEDOUT));
        assert_eq!(result(libc::ETIMEDOUT, libc::ENOENT), Err(libc::ETIMEDOUT));
    }

    #[test]
    fn a_time_is_relative_and_cannot_overflow_in_ticks() {
        let time = relative(Duration::new(5, 6));
        assert_eq!((time.tv_sec, time.tv_nsec), (5, 6));
        let time = relative(Duration::MAX);
        assert_eq!((time.tv_sec, time.tv_nsec), (0x7fff_ffff, 0));
    }
}
