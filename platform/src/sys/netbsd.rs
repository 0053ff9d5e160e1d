//! NetBSD: `__futex(2)`, since version 10.
//!
//! The C library has no function for it, so it is called by number. It is like Linux's call, but has two arguments where
//! Linux uses one for two purposes. A wait is FUTEX_WAIT_BITSET with all bits, whose timeout is absolute, while that of
//! FUTEX_WAIT is relative; the clock is CLOCK_MONOTONIC. For a private word, FUTEX_PRIVATE_FLAG tells the kernel that no
//! other process sleeps on it. [sys/futex.h; sys/kern/sys_futex.c: do_futex, futex_func_wait]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0, EAGAIN | woken or a spurious return; the word was not `expected`: check again |
//! | wait | EINTR | a signal: check again. After a handler with SA_RESTART, the kernel restarts the call |
//! | wait | ETIMEDOUT | the deadline has passed, or as many ticks as fit into an `int`: read the clock, see [`timed_out`] |
//! | wait | any other error | the kernel refuses, for example with ENOMEM: see [`nap`] |
//! | wake | a number | the number of threads that it woke |
//! | wake | EFAULT, shared words | this process has no memory at the address |
//!
//! The deadline is passed in nanoseconds. The kernel sleeps in ticks, rounds the time up to one and adds another: at the usual
//! 100 Hz a wait ends up to 20 ms late. But it drops what is left of a microsecond, and a time of zero is no limit: a thread whose
//! deadline was less than a microsecond ahead, as the kernel reads the clock, would sleep until it is woken. So the kernel gets a
//! deadline that is at least [`AHEAD`] in the future, which at 100 Hz is as many ticks. (A thread that loses its CPU for just as
//! long between the two readings of the clock could still meet that microsecond.) [sys_futex.c r1.18 of April 2022, which is in
//! 10.0: futex_wait; subr_time.c: tstohz; kern_condvar.c: cv_timedwait_sig]
//!
//! # Before NetBSD 10
//!
//! The call cannot be tried: a kernel that does not know a number answers ENOSYS, but also sends SIGSYS, which ends the
//! process. [sys/kern/syscalls.master: 166; sys_nosys] So a process asks the kernel for its version once, and all its waits
//! and wakes use the answer. On an older kernel they use [`without_futex`].
//!
//! Every call leaves `errno` as it found it.

use crate::sys::units::MILLISECOND;
use crate::sys::unix::{nap, pointer, result, timed_out, timespec};
use crate::sys::{sysctl, without_futex, Count, Scope};
use crate::Deadline;
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use libc::c_int;

pub(crate) use crate::sys::unix::now;

const SYS___FUTEX: c_int = 166;
const FUTEX_WAKE: c_int = 1;
const FUTEX_WAIT_BITSET: c_int = 9;
const FUTEX_PRIVATE_FLAG: c_int = 128;
/// FUTEX_BITSET_MATCH_ANY.
const ANY_BITS: c_int = !0;

const KERN_OSREV: c_int = 3;
/// NetBSD 10.0, as the kernel encodes versions: two digits for each part. [sys/param.h: __NetBSD_Version__]
const NETBSD_10: c_int = 10_00_00_00_00;

/// How far ahead the deadline of a sleep is at least.
const AHEAD: Duration = MILLISECOND;

extern "C" {
    #[cfg_attr(not(target_os = "netbsd"), link_name = "netbsd_syscall")]
    fn syscall(number: c_int, ...) -> c_int;
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    let left = deadline.remaining(now);
    if !has_futex() {
        return without_futex::wait(word, expected, left, scope) || !deadline.has_passed(now());
    }
    if left == Some(Duration::ZERO) {
        return false;
    }
    let later = left.map_or(Duration::ZERO, |left| AHEAD.saturating_sub(left));
    let until = deadline.time().and_then(|time| time.checked_add(later));
    match call(word, FUTEX_WAIT_BITSET, expected as c_int, until, scope) {
        Ok(()) | Err(libc::EAGAIN) | Err(libc::EINTR) => true,
        Err(libc::ETIMEDOUT) => timed_out(deadline),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, scope: Scope) {
    if !has_futex() {
        return without_futex::wake(word, count, scope);
    }
    let count = count.at_most() as c_int;
    let _ = call(word, FUTEX_WAKE, count, None, scope);
}

fn call(
    word: *const AtomicU32,
    operation: c_int,
    value: c_int,
    deadline: Option<Duration>,
    scope: Scope,
) -> Result<(), c_int> {
    let flag = match scope {
        Scope::Private => FUTEX_PRIVATE_FLAG,
        Scope::Shared => 0,
    };
    let time = deadline.map(timespec);
    let other = ptr::null::<u32>();
    let unused: c_int = 0;
    result(|| {
        // SAFETY: these are the seven arguments of the call. At any address of a word, the kernel reads at most four
        // bytes, answers EFAULT if it cannot, and writes nothing. The time is valid or null.
        unsafe {
            syscall(
                SYS___FUTEX,
                word,
                operation | flag,
                value,
                pointer(&time),
                other,
                unused,
                ANY_BITS,
            )
        }
    })
}

/// Whether the kernel has the call. All calls in a process return the same.
fn has_futex() -> bool {
    const UNKNOWN: c_int = 0;
    static REVISION: AtomicI32 = AtomicI32::new(UNKNOWN);

    let mut known = REVISION.load(Relaxed);
    if known == UNKNOWN {
        // If the kernel does not tell, the oldest, since what works there works everywhere.
        let oldest = 1;
        let found = sysctl::kern(KERN_OSREV)
            .map_or(oldest, c_int::from_ne_bytes)
            .max(oldest);
        // Relaxed: only the number is published. The first thread to write it decides for all.
        known = match REVISION.compare_exchange(UNKNOWN, found, Relaxed, Relaxed) {
            Ok(_) => found,
            Err(known) => known,
        };
    }
    known >= NETBSD_10
}
