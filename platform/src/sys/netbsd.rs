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
//! | wait | EINTR | a signal, also with SA_RESTART: check again |
//! | wait | ETIMEDOUT | the deadline has passed, or as many ticks as fit into an `int`: read the clock, see [`timed_out`] |
//! | wait | any other error | the kernel refuses, for example with ENOMEM: see [`nap`] |
//! | wake | a number | the number of threads that it woke |
//! | wake | EFAULT, shared words | no memory at the address, so no thread sleeps there |
//!
//! The deadline is passed in nanoseconds. The kernel sleeps in ticks, rounds the time up to one and adds another: at the usual
//! 100 Hz a wait ends up to 20 ms late.
//!
//! # Before NetBSD 10
//!
//! The call cannot be tried: a kernel that does not know a number answers ENOSYS, but also sends SIGSYS, which ends the
//! process. [sys/kern/syscalls.master: 166; sys_nosys] So a process asks the kernel for its version once, and all its waits
//! and wakes use the answer. On an older kernel they use [`without_futex`].
//!
//! Every call leaves `errno` as it found it.

use crate::sys::unix::{keep_errno, nap, pointer, result, timed_out, timespec};
use crate::sys::{without_futex, Count, Scope};
use crate::Deadline;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use core::{mem, ptr};
use libc::{c_int, c_uint, c_void};

pub(crate) use crate::sys::unix::now;

const SYS___FUTEX: c_int = 166;
const FUTEX_WAKE: c_int = 1;
const FUTEX_WAIT_BITSET: c_int = 9;
const FUTEX_PRIVATE_FLAG: c_int = 128;
/// FUTEX_BITSET_MATCH_ANY.
const ANY_BITS: c_int = !0;

const CTL_KERN: c_int = 1;
const KERN_OSREV: c_int = 3;
/// NetBSD 10.0, as the kernel encodes versions: two digits for each part. [sys/param.h: __NetBSD_Version__]
const NETBSD_10: c_int = 10_00_00_00_00;

extern "C" {
    #[cfg_attr(not(target_os = "netbsd"), link_name = "netbsd_syscall")]
    fn syscall(number: c_int, ...) -> c_int;

    #[cfg_attr(not(target_os = "netbsd"), link_name = "netbsd_sysctl")]
    fn sysctl(
        name: *const c_int,
        name_length: c_uint,
        old: *mut c_void,
        old_length: *mut usize,
        new: *const c_void,
        new_length: usize,
    ) -> c_int;
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    if !has_futex() {
        let left = deadline.remaining(now);
        return without_futex::wait(word, expected, left, scope) || !deadline.has_passed(now());
    }
    match call(word, FUTEX_WAIT_BITSET, expected as c_int, deadline, scope) {
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
    let _ = call(word, FUTEX_WAKE, count, Deadline::NEVER, scope);
}

fn call(
    word: *const AtomicU32,
    operation: c_int,
    value: c_int,
    deadline: Deadline,
    scope: Scope,
) -> Result<(), c_int> {
    let flag = match scope {
        Scope::Private => FUTEX_PRIVATE_FLAG,
        Scope::Shared => 0,
    };
    let time = deadline.time().map(timespec);
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
        let found = revision();
        // Relaxed: only the number is published. The first thread to write it decides for all.
        known = match REVISION.compare_exchange(UNKNOWN, found, Relaxed, Relaxed) {
            Ok(_) => found,
            Err(known) => known,
        };
    }
    known >= NETBSD_10
}

/// The version of the kernel. If the kernel does not tell, that of the oldest, since that works everywhere. [man 3 sysctl]
#[cold]
fn revision() -> c_int {
    let name = [CTL_KERN, KERN_OSREV];
    let mut revision: c_int = 0;
    let mut length = mem::size_of::<c_int>();
    let (answer, _) = keep_errno(|| {
        // SAFETY: there are two numbers at `name`, and room for one of this length at `revision`. Nothing is set.
        unsafe {
            sysctl(
                name.as_ptr(),
                2,
                (&mut revision as *mut c_int).cast(),
                &mut length,
                ptr::null(),
                0,
            )
        }
    });
    if answer == 0 {
        revision.max(1)
    } else {
        1
    }
}
