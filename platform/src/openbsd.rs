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
//! | wait | 0 | woken, or spuriously: look again |
//! | wait | EAGAIN | the word was not `expected`, or, in 6.2 and 6.3, a signal whose handler asks for a restart: look again |
//! | wait | EINTR, ECANCELED | a signal, the latter if its handler asks for a restart: look again |
//! | wait | ETIMEDOUT | the time is over: look at the clock |
//! | wait | anything else | the kernel refuses: see [`nap`] |
//! | wake | a number | how many were woken; the word need not exist |
//! | either | ENOSYS | the kernel does not know the flag: see below |
//!
//! Since OpenBSD 7.0 a wait gives its error as other calls do, by `errno`. Before, it returned the error's number: see
//! [`result`].
//!
//! The kernel counts a timeout in ticks, rounded up, and adds one: at the usual 100 Hz a wait ends up to 20 ms after its
//! deadline.
//!
//! Every call leaves `errno` as it found it.
//!
//! # What older kernels lack
//!
//! | version | what is missing | what is done here |
//! | --- | --- | --- |
//! | 6.2, 6.3 | FUTEX_PRIVATE_FLAG | private words do without it |
//! | 6.2, 6.3 | futexes that are found by their memory: each process has its own | shared words are polled every millisecond |
//! | 6.4 and some later ones | the same for anonymous shared memory | nothing: see below |
//!
//! 6.2 and 6.3 find a futex by its process and address, as later kernels do if there is the flag. Which kind of kernel
//! it is, a wake with the flag tells, on a word that no thread sleeps on: on the later ones it wakes none. So the first
//! call of a process is preceded by that wake. [sys_futex.c r1.6 of January 2018, and r1.8 of June, which is in 6.4]
//!
//! The kernel of 6.4 finds the memory of a file, and not that of `MAP_ANON | MAP_SHARED`; r1.22, of August 2023, finds
//! both. No call tells the one from the other. So a shared word has to be in the memory of a file, such as `shm_open` gives,
//! to be safe on all of them.

use crate::unix::{keep_errno, nap, pointer, timespec};
use crate::word::Scope;
use crate::Deadline;
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicU8, Ordering::Relaxed};
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
    if scope == Scope::Shared && !has_private_flag() {
        // Relaxed: a wait orders nothing.
        return word.load(Relaxed) != expected || nap(deadline);
    }
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
    wake(word, 1, scope);
}

pub(crate) fn wake_all(word: *const AtomicU32, scope: Scope) {
    wake(word, c_int::MAX as u32, scope);
}

fn wake(word: *const AtomicU32, count: u32, scope: Scope) {
    // A thread that polls sees the change without being woken.
    if scope == Scope::Private || has_private_flag() {
        let _ = call(word, FUTEX_WAKE, count, None, scope);
    }
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
        Scope::Private if has_private_flag() => FUTEX_PRIVATE_FLAG,
        _ => 0,
    };
    raw_call(word, operation | flag, value, timeout)
}

fn raw_call(
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    timeout: Option<libc::timespec>,
) -> Result<(), c_int> {
    let (answer, error) = keep_errno(|| {
        // SAFETY: a wait reads four bytes at the word's address, or answers EFAULT if it cannot; a wake reads none, and
        // neither writes. The timeout is valid or null.
        unsafe {
            futex(
                word as *mut u32,
                operation,
                value as c_int,
                pointer(&timeout),
                ptr::null_mut(),
            )
        }
    });
    result(answer, error)
}

/// Whether the kernel knows FUTEX_PRIVATE_FLAG, and finds other futexes by their memory. The same for all threads at all
/// times: those that sleep and those that wake have to agree.
fn has_private_flag() -> bool {
    const UNKNOWN: u8 = 0;
    const NO: u8 = 1;
    const YES: u8 = 2;
    static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
    static NO_SLEEPERS: AtomicU32 = AtomicU32::new(0);

    let mut answer = ANSWER.load(Relaxed);
    if answer == UNKNOWN {
        let wake = raw_call(&NO_SLEEPERS, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, None);
        answer = if wake == Err(libc::ENOSYS) { NO } else { YES };
        // Relaxed: any thread that asks is told the same.
        ANSWER.store(answer, Relaxed);
    }
    answer == YES
}

/// What a call answered, by either convention. (The count of a wake looks like an error then. It is asked for only where
/// that is zero.)
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
