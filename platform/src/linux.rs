//! Linux and Android: `futex(2)`.
//!
//! A wait is FUTEX_WAIT_BITSET with all bits: of the waits that every supported kernel has (2.6.25), the only one whose
//! timeout is absolute, so that a wait begun again after a signal keeps its deadline. Its clock is CLOCK_MONOTONIC.
//! For a private word FUTEX_PRIVATE_FLAG tells the kernel that no other process sleeps on it, which spares it the
//! look-up of the page. [man 2 futex; include/uapi/linux/futex.h]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0, EAGAIN, EINTR | woken, or for nothing; the word was not `expected`; a signal: look again |
//! | wait | ETIMEDOUT | the deadline has passed |
//! | wait | anything else | the kernel refuses, as under a seccomp filter: see [`nap`] |
//! | wake | 0 | nobody sleeps there; perhaps the word is gone, and its page unmapped |
//! | wake | EFAULT | the address can hold no memory: nobody sleeps there either |
//! | either | ENOSYS, 32-bit systems | no call with 32-bit time: use the one with 64-bit time, see [`time`] |
//!
//! A signal ends a wait that has a timeout, whether or not its handler asks for a restart. A wait that has none is begun again
//! by the kernel if the handler was installed with SA_RESTART. So the waits of an event that a signal is to end have a
//! deadline. [man 7 signal; kernel/futex/waitwake.c: futex_wait]
//!
//! Every call leaves `errno` as it found it, so that an event can be set in a signal handler.

mod time;

use crate::unix::{nap, result};
use crate::word::Scope;
use crate::Deadline;
use core::ptr;
use core::sync::atomic::AtomicU32;
use libc::{c_int, c_long};

pub(crate) use crate::unix::now;

/// FUTEX_BITSET_MATCH_ANY, which `libc` does not have on every system.
const ANY_BITS: u32 = !0;

pub(crate) fn wait(word: &AtomicU32, expected: u32, scope: Scope) {
    wait_until(word, expected, Deadline::NEVER, scope);
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    let operation = libc::FUTEX_WAIT_BITSET | flag(scope);
    match time::futex(word, operation, expected, deadline) {
        Ok(()) | Err(libc::EAGAIN) | Err(libc::EINTR) => true,
        // The kernel was told less than the deadline if that is more than its type for time can hold.
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
    let operation = libc::FUTEX_WAKE | flag(scope);
    let _ = time::futex(word, operation, count, Deadline::NEVER);
}

fn flag(scope: Scope) -> c_int {
    match scope {
        Scope::Private => libc::FUTEX_PRIVATE_FLAG,
        Scope::Shared => 0,
    }
}

/// The futex call with this number. `timeout` points at a time in the layout that the number stands for, or is null.
fn call(
    number: c_long,
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    timeout: *const libc::timespec,
) -> Result<(), c_int> {
    result(|| {
        // SAFETY: whatever the word's address is, the kernel reads no more than four bytes there, and answers EFAULT
        // if it cannot; it writes nothing. A wake reads the first three arguments only.
        unsafe {
            futex(
                number,
                word as *mut u32,
                operation,
                value,
                timeout,
                ptr::null_mut(),
                ANY_BITS,
            )
        }
    })
}

/// `syscall` with the types of `futex(2)`. Its own are not checked by the compiler, and those of C's variable arguments
/// have to be exact: Miri, since September 2026, refuses a pointer to an atomic in place of one to a `u32`, and anything
/// but the C library's `timespec` for the time.
///
/// # Safety
///
/// `timeout` must point at a time in the layout that the number stands for, or be null.
unsafe fn futex(
    number: c_long,
    word: *mut u32,
    operation: c_int,
    value: u32,
    timeout: *const libc::timespec,
    word2: *mut u32,
    bits: u32,
) -> c_long {
    // SAFETY: as the caller says; the kernel checks all else.
    unsafe { libc::syscall(number, word, operation, value, timeout, word2, bits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that the manual gives, and that Miri asks for. [man 2 futex; src/shims/unix/linux_like/sync.rs in Miri]
    #[test]
    fn the_call_has_the_types_of_the_manual() {
        type Futex =
            unsafe fn(c_long, *mut u32, c_int, u32, *const libc::timespec, *mut u32, u32) -> c_long;
        let call: Futex = futex;
        let mut word = 7;
        // SAFETY: the word is there, and null is no time.
        let woken = unsafe {
            call(
                libc::SYS_futex as c_long,
                &mut word,
                libc::FUTEX_WAKE,
                1,
                ptr::null(),
                ptr::null_mut(),
                ANY_BITS,
            )
        };
        assert_eq!((woken, word), (0, 7));
    }
}
