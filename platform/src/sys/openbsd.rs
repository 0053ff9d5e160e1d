//! OpenBSD: `futex(2)`, since version 6.2.
//!
//! A wait is FUTEX_WAIT, whose timeout is relative, so it is computed again for each call. The clock is CLOCK_MONOTONIC.
//! For a private word, FUTEX_PRIVATE_FLAG saves the kernel the look-up of the memory's mapping.
//! [man 2 futex; sys/futex.h; sys/kern/sys_futex.c]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0 | woken, or a spurious return: check again |
//! | wait | EAGAIN | the word was not `expected`, or, in 6.2 and 6.3, a signal with SA_RESTART: check again |
//! | wait | EINTR, ECANCELED | a signal, the latter with SA_RESTART: check again |
//! | wait | ETIMEDOUT | the time of this call is over: read the clock, see [`timed_out`] |
//! | wait | any other error | the kernel refuses: see [`nap`] |
//! | wake | a number | the number of threads that it woke; the word need not exist |
//!
//! Since OpenBSD 7.0 a wait returns its error as other calls do, by `errno`. Before, it returned the number of the error: see
//! [`result`].
//!
//! The kernel counts a timeout in ticks, rounds it up to one and adds another: at the usual 100 Hz a wait ends up to 20 ms after
//! its deadline.
//!
//! Every call leaves `errno` as it found it.
//!
//! # Older kernels
//!
//! | version | what a process finds of a wait in another process | shared words | private words |
//! | --- | --- | --- | --- |
//! | 6.2, 6.3 | nothing: a futex is found by its process and address | are polled every millisecond | are used without FUTEX_PRIVATE_FLAG, which the kernel does not know |
//! | 6.4 to 7.0 | a futex in the memory of a file, but not one in `MAP_ANON \| MAP_SHARED` memory | sleep for at most [`SLICE`] at a time | sleep |
//! | 7.1 and later | both | sleep | sleep |
//!
//! So from 6.4 to 7.0 a wake by another process ends a sleep at once if the word is in the memory of a file. If it is in
//! anonymous memory, the sleeping thread finds the change when it checks the word after a slice.
//!
//! One call tells most of them apart: a wait with the flag, for a value that the word does not have. The oldest kernels answer
//! ENOSYS; those before 7.0 return EAGAIN; later ones leave it in `errno`, and are asked for their version. Each process makes
//! these calls once.
//!
//! [sys_futex.c: r1.6 of January 2018 is in 6.3; r1.8 of June 2018 finds the memory of files, and is in 6.4; r1.17 of March
//! 2021, which is in 6.9, does not find anonymous memory; r1.21 of August 2022, which is in 7.2, does. The change of `errno` is of
//! May 2021, between 6.9 and 7.0. regress/sys/kern/futex/futex.c has a process woken in anonymous memory since r1.5 of 22 November
//! 2021, between 7.0 and 7.1.]

use crate::sys::unix::{keep_errno, nap, pointer, timed_out, timespec};
use crate::sys::{sysctl, Count, Scope};
use crate::Deadline;
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicU8, Ordering::Relaxed};
use core::time::Duration;
use libc::c_int;

pub(crate) use crate::sys::unix::now;

const FUTEX_WAIT: c_int = 1;
const FUTEX_WAKE: c_int = 2;
const FUTEX_PRIVATE_FLAG: c_int = 128;

const KERN_OSRELEASE: c_int = 2;

/// Older kernels multiply the seconds by the number of ticks per second, and do not check for an overflow.
const MOST: Duration = Duration::from_secs(i32::MAX as u64);

/// How long a thread sleeps on a shared word that a wake may miss: a tick, which the kernel makes up to two.
const SLICE: Duration = Duration::from_millis(10);

extern "C" {
    fn futex(
        word: *mut u32,
        operation: c_int,
        value: c_int,
        timeout: *const libc::timespec,
        other: *mut u32,
    ) -> c_int;
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    let left = deadline.remaining(now);
    if left == Some(Duration::ZERO) {
        return false;
    }
    let most = match (scope, kernel_finds()) {
        // Relaxed: a wait orders nothing.
        (Scope::Shared, Finds::Nothing) => {
            return word.load(Relaxed) != expected || nap(deadline);
        }
        (Scope::Shared, Finds::Files) => Some(SLICE),
        _ => None,
    };
    let timeout = left.map_or(most, |left| Some(left.min(most.unwrap_or(MOST))));
    match call(word, FUTEX_WAIT, expected, timeout, scope) {
        Ok(()) | Err(libc::EAGAIN) | Err(libc::EINTR) | Err(libc::ECANCELED) => true,
        Err(libc::ETIMEDOUT) if timeout == left => timed_out(deadline),
        Err(libc::ETIMEDOUT) => !deadline.has_passed(now()),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, scope: Scope) {
    // A thread that polls sees the change without a wake.
    if scope == Scope::Private || kernel_finds() != Finds::Nothing {
        let _ = call(word, FUTEX_WAKE, count.at_most(), None, scope);
    }
}

fn call(
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    timeout: Option<Duration>,
    scope: Scope,
) -> Result<(), c_int> {
    let flag = match scope {
        Scope::Private if kernel_finds() != Finds::Nothing => FUTEX_PRIVATE_FLAG,
        _ => 0,
    };
    let (answer, errno) = raw_call(word, operation | flag, value, timeout);
    result(answer, errno)
}

/// The call, with what it returned and the `errno` that it left.
fn raw_call(
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    timeout: Option<Duration>,
) -> (c_int, c_int) {
    let timeout = timeout.map(timespec);
    keep_errno(|| {
        // SAFETY: a wait reads four bytes at the word's address, or answers EFAULT if it cannot. A wake reads none. Neither
        // writes. The timeout is valid or null.
        unsafe {
            futex(
                word as *mut u32,
                operation,
                value as c_int,
                pointer(&timeout),
                ptr::null_mut(),
            )
        }
    })
}

/// What the kernel finds, when a process wakes the threads of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finds {
    Nothing = 1,
    Files = 2,
    All = 3,
}

/// Which kernel this is. All calls in a process return the same, because threads that sleep and threads that wake have to
/// agree.
fn kernel_finds() -> Finds {
    const UNKNOWN: u8 = 0;
    static KNOWN: AtomicU8 = AtomicU8::new(UNKNOWN);
    static WORD: AtomicU32 = AtomicU32::new(0);

    let known = KNOWN.load(Relaxed);
    for finds in [Finds::All, Finds::Files, Finds::Nothing] {
        if finds as u8 == known {
            return finds;
        }
    }
    let no_value_of_the_word = 1;
    let operation = FUTEX_WAIT | FUTEX_PRIVATE_FLAG;
    let (answer, errno) = raw_call(&WORD, operation, no_value_of_the_word, None);
    let finds = match (answer, result(answer, errno)) {
        (_, Err(libc::ENOSYS)) => Finds::Nothing,
        (-1, _) if is_after_7_0() => Finds::All,
        _ => Finds::Files,
    };
    // Relaxed: only the number is published, and every thread that asks gets the same.
    KNOWN.store(finds as u8, Relaxed);
    finds
}

/// Whether this kernel, which is 7.0 or later, says that it is later.
fn is_after_7_0() -> bool {
    let release = sysctl::kern::<16>(KERN_OSRELEASE);
    release.map_or(false, |release| !release.starts_with(b"7.0\0"))
}

/// What a call answered, by either convention. (With the old one, the count of a wake looks like an error. It is not used.)
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
    fn the_longest_time_cannot_overflow_in_ticks() {
        assert_eq!(MOST.as_secs(), 0x7fff_ffff);
    }
}
