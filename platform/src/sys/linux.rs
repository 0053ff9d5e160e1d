//! Linux and Android: `futex(2)`.
//!
//! A wait is FUTEX_WAIT_BITSET with all bits. Of the waits that every supported kernel has (2.6.25), it is the only one whose
//! timeout is absolute, so that a wait that begins again after a signal keeps its deadline. Its clock is CLOCK_MONOTONIC.
//! Linux 5.6 to 5.9, except for late 5.9.y, forgets here that a time namespace may have shifted that clock. [Linux commit
//! c2f7d08cccf4] If it was shifted forwards, as for a process that was moved to a machine which has run for a shorter time, a wait
//! ends late by as much; if backwards, it polls.
//!
//! For a private word, FUTEX_PRIVATE_FLAG tells the kernel that no other process sleeps on it, so that the kernel need not
//! look the page up. [man 2 futex; include/uapi/linux/futex.h]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0, EAGAIN, EINTR | woken or a spurious return; the word was not `expected`; a signal: check again |
//! | wait | ETIMEDOUT | the deadline has passed, unless the clock does not agree: see [`timed_out`] |
//! | wait | any other error | the kernel refuses, for example under a seccomp filter: see [`nap`] |
//! | wake | 0 | no thread sleeps there; the word may be gone and its page unmapped |
//! | wake | EFAULT, private words | no memory can be at the address, so no thread sleeps there |
//! | wake | EFAULT, shared words | this process has no memory at the address, or none that has a name for other processes, in which waits are refused too |
//! | either | ENOSYS, 32-bit systems | there is no call with 32-bit time: use the one with 64-bit time, see [`time`] |
//!
//! A signal ends a wait that has a timeout, even if its handler was installed with SA_RESTART. A wait without a timeout is
//! restarted by the kernel after such a handler. So the waits of an event that a signal should end have a deadline.
//! [man 7 signal; kernel/futex/waitwake.c: futex_wait]
//!
//! Every call leaves `errno` as it found it, so that a signal handler may set an event.

mod time;

use crate::sys::unix::{nap, result, timed_out};
use crate::sys::{Count, Scope};
use crate::Deadline;
use core::ptr;
use core::sync::atomic::AtomicU32;
use libc::{c_int, c_long};

pub(crate) use crate::sys::unix::now;

/// FUTEX_BITSET_MATCH_ANY, which `libc` lacks on some systems.
const ANY_BITS: u32 = !0;

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    let operation = libc::FUTEX_WAIT_BITSET | flag(scope);
    match time::futex(word, operation, expected, deadline) {
        Ok(()) | Err(libc::EAGAIN) | Err(libc::EINTR) => true,
        Err(libc::ETIMEDOUT) => timed_out(deadline),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, scope: Scope) {
    let operation = libc::FUTEX_WAKE | flag(scope);
    let _ = time::futex(word, operation, count.at_most(), Deadline::NEVER);
}

fn flag(scope: Scope) -> c_int {
    match scope {
        Scope::Private => libc::FUTEX_PRIVATE_FLAG,
        Scope::Shared => 0,
    }
}

/// The futex call with this number. `timeout` points at a time in the layout that this call takes, or is null.
fn call(
    number: c_long,
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    timeout: *const libc::timespec,
) -> Result<(), c_int> {
    result(|| {
        // SAFETY: at any address, the kernel reads at most four bytes, answers EFAULT if it cannot, and writes nothing. A
        // wake uses the first three arguments only.
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

/// `syscall` with the types of `futex(2)`. The compiler does not check the types of variable arguments, which have to be
/// exact: since September 2026, Miri refuses a pointer to an atomic instead of one to a `u32`, and any type for the time but
/// the C library's `timespec`.
///
/// # Safety
///
/// `timeout` must point at a time in the layout that this call takes, or be null.
unsafe fn futex(
    number: c_long,
    word: *mut u32,
    operation: c_int,
    value: u32,
    timeout: *const libc::timespec,
    word2: *mut u32,
    bits: u32,
) -> c_long {
    // SAFETY: by the contract of this function; the kernel checks everything else.
    unsafe { libc::syscall(number, word, operation, value, timeout, word2, bits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The types that the manual gives, and that Miri requires. [man 2 futex; src/shims/unix/linux_like/sync.rs in Miri]
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
