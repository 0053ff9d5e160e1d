//! NetBSD: `__futex(2)`, since version 10. Before, there is none.
//!
//! The C library has no function for it, so it is called by number. It is Linux's, with two arguments where Linux puts
//! two meanings into one. A wait is FUTEX_WAIT_BITSET with all bits, whose timeout is absolute where that of FUTEX_WAIT
//! is relative; the clock is CLOCK_MONOTONIC. For a private word FUTEX_PRIVATE_FLAG tells the kernel that no other
//! process sleeps on it. [sys/futex.h; sys/kern/sys_futex.c: do_futex, futex_func_wait]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0, EAGAIN | woken, or for nothing; the word was not `expected`: look again |
//! | wait | EINTR | a signal, whether or not its handler asks for a restart: look again |
//! | wait | ETIMEDOUT | the deadline has passed, or as many ticks as fit an `int`: look at the clock |
//! | wait | anything else | the kernel refuses, as with ENOMEM: see [`nap`] |
//! | wake | a number | how many were woken |
//! | wake | EFAULT, shared words | no memory at the address: nobody sleeps there |
//!
//! The deadline is taken to the nanosecond, and slept for in ticks, rounded up, with one added: at the usual 100 Hz a wait
//! ends up to 20 ms late.
//!
//! # Before NetBSD 10
//!
//! The call cannot be tried: a kernel that does not know a number answers ENOSYS, but also sends SIGSYS, of which a
//! process dies. [sys/kern/syscalls.master: 166; sys_nosys] So the kernel is asked for its version, once in a process,
//! and all its threads go by the answer, those that wait and those that wake. On an older one
//!
//! - private words use the fallback, if there is the feature `std`, with its [restrictions](crate::FallbackFutex);
//! - all others are polled every millisecond.
//!
//! Except in the fallback, every call leaves `errno` as it found it.

use crate::unix::{keep_errno, nap, pointer, result, timespec};
use crate::word::Scope;
use crate::Deadline;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use core::{mem, ptr};
use libc::{c_int, c_uint, c_void};

pub(crate) use crate::unix::now;

const SYS___FUTEX: c_int = 166;
const FUTEX_WAKE: c_int = 1;
const FUTEX_WAIT_BITSET: c_int = 9;
const FUTEX_PRIVATE_FLAG: c_int = 128;
/// FUTEX_BITSET_MATCH_ANY.
const ANY_BITS: c_int = !0;

const CTL_KERN: c_int = 1;
const KERN_OSREV: c_int = 3;
/// NetBSD 10.0 as the kernel counts versions, two digits for each part. [sys/param.h: __NetBSD_Version__]
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

pub(crate) fn wait(word: &AtomicU32, expected: u32, scope: Scope) {
    wait_until(word, expected, Deadline::NEVER, scope);
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    if !has_futex() {
        return without_futex::wait_until(word, expected, deadline, scope);
    }
    match call(word, FUTEX_WAIT_BITSET, expected as c_int, deadline, scope) {
        Ok(()) | Err(libc::EAGAIN) | Err(libc::EINTR) => true,
        Err(libc::ETIMEDOUT) => !deadline.has_passed(now()),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake_one(word: *const AtomicU32, scope: Scope) {
    if !has_futex() {
        return without_futex::wake_one(word, scope);
    }
    let _ = call(word, FUTEX_WAKE, 1, Deadline::NEVER, scope);
}

pub(crate) fn wake_all(word: *const AtomicU32, scope: Scope) {
    if !has_futex() {
        return without_futex::wake_all(word, scope);
    }
    let _ = call(word, FUTEX_WAKE, c_int::MAX, Deadline::NEVER, scope);
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
        // SAFETY: the seven arguments of the call. Whatever the word's address is, the kernel reads no more than four
        // bytes there, and answers EFAULT if it cannot; it writes nothing. The time is valid or null.
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

/// Whether the kernel has the call. The same for all threads at all times.
fn has_futex() -> bool {
    const UNKNOWN: c_int = 0;
    static REVISION: AtomicI32 = AtomicI32::new(UNKNOWN);

    let mut known = REVISION.load(Relaxed);
    if known == UNKNOWN {
        let found = revision();
        // Relaxed: nothing but the number is handed over. The first to write it decides for all.
        known = match REVISION.compare_exchange(UNKNOWN, found, Relaxed, Relaxed) {
            Ok(_) => found,
            Err(known) => known,
        };
    }
    known >= NETBSD_10
}

/// The version of the kernel; of the oldest, if it does not tell, for what works there works everywhere. [man 3 sysctl]
#[cold]
fn revision() -> c_int {
    let name = [CTL_KERN, KERN_OSREV];
    let mut revision: c_int = 0;
    let mut length = mem::size_of::<c_int>();
    let (answer, _) = keep_errno(|| {
        // SAFETY: two numbers at `name`, and room for one, of this length, at `revision`. Nothing is set.
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

/// The words before NetBSD 10.
mod without_futex {
    use super::*;
    #[cfg(feature = "std")]
    use crate::fallback;

    #[cold]
    pub(super) fn wait_until(
        word: &AtomicU32,
        expected: u32,
        deadline: Deadline,
        scope: Scope,
    ) -> bool {
        match scope {
            #[cfg(feature = "std")]
            Scope::Private => {
                // The fallback has a clock of its own.
                let its_deadline = deadline.remaining(now).map_or(Deadline::NEVER, |left| {
                    Deadline::after(fallback::now(), left)
                });
                fallback::wait_until(word, expected, its_deadline) || !deadline.has_passed(now())
            }
            // Relaxed: a wait orders nothing.
            _ => word.load(Relaxed) != expected || nap(deadline),
        }
    }

    #[cold]
    #[cfg_attr(not(feature = "std"), allow(unused_variables))]
    pub(super) fn wake_one(word: *const AtomicU32, scope: Scope) {
        // Who polls sees the change without being told.
        #[cfg(feature = "std")]
        if scope == Scope::Private {
            fallback::wake_one(word);
        }
    }

    #[cold]
    #[cfg_attr(not(feature = "std"), allow(unused_variables))]
    pub(super) fn wake_all(word: *const AtomicU32, scope: Scope) {
        #[cfg(feature = "std")]
        if scope == Scope::Private {
            fallback::wake_all(word);
        }
    }
}
