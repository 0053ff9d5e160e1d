//! The backends of other systems, run on Linux against a rehearsal of their calls.
//!
//! Each file in `rehearsal/` compiles one backend as it is, and defines the functions that it takes from its system: with
//! the behaviour that the system's manual page describes, odd answers included, on top of Linux's futex. This proves our
//! side of the calls. That the systems keep theirs, it cannot prove.

#![allow(dead_code)] // A build for tests of the whole workspace uses one of the backends only.

pub(crate) mod apple;

use crate::word::Scope;
use core::ptr;
use core::time::Duration;
use libc::{c_int, c_long};

/// What a system's call does in the end: sleeps while the word is `expected`, until a wake or for this long, or for ever.
/// `Err` with Linux's error.
fn sleep(word: *const u32, expected: u32, time: Option<Duration>) -> Result<(), c_int> {
    sleep_in(Scope::Shared, word, expected, time)
}

/// As [`sleep`], only that a wake in the other scope does not find the sleeper.
fn sleep_in(
    scope: Scope,
    word: *const u32,
    expected: u32,
    time: Option<Duration>,
) -> Result<(), c_int> {
    let operation = libc::FUTEX_WAIT | flag(scope);
    let time = time.map(crate::unix::timespec);
    let time: *const libc::timespec = time.as_ref().map_or(ptr::null(), |time| time);
    // SAFETY: the kernel reads the word, or answers EFAULT, and reads the time, which is valid or null.
    let answer = unsafe { libc::syscall(libc::SYS_futex, word, operation, expected, time) };
    result(answer).map(|_| ())
}

/// Wakes up to `count` sleepers, and returns how many there were.
fn wake(word: *const u32, count: c_int) -> c_long {
    wake_in(Scope::Shared, word, count)
}

/// As [`wake`], for those who went to sleep in this scope.
fn wake_in(scope: Scope, word: *const u32, count: c_int) -> c_long {
    let operation = libc::FUTEX_WAKE | flag(scope);
    // SAFETY: the kernel uses the address to find sleepers, and answers EFAULT if it cannot be one.
    let answer = unsafe { libc::syscall(libc::SYS_futex, word, operation, count) };
    result(answer).unwrap_or(0)
}

fn flag(scope: Scope) -> c_int {
    match scope {
        Scope::Private => libc::FUTEX_PRIVATE_FLAG,
        Scope::Shared => 0,
    }
}

fn result(answer: c_long) -> Result<c_long, c_int> {
    if answer >= 0 {
        return Ok(answer);
    }
    // SAFETY: the C library gives each thread an `errno`.
    Err(unsafe { *libc::__errno_location() })
}
