//! FreeBSD's `_umtx_op`. [man 2 _umtx_op; sys/umtx.h; sys/kern/kern_umtx.c]

use super::{answer, private_and_shared_words, rare_answer, reject, sleep, time, wake};
use crate::sys::Scope;
use core::mem::size_of;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use libc::{c_int, c_long, c_ulong, c_void};

#[path = "../freebsd.rs"]
pub(crate) mod system;

/// FreeBSD's clocks have other numbers than Linux's; our code takes either from `libc`.
#[repr(C)]
struct UmtxTime {
    timeout: libc::timespec,
    flags: u32,
    clock: u32,
}

/// In a wait, `obj` must point at a word; `uaddr2` must point at a time of the size `uaddr`, or be null.
#[no_mangle]
unsafe extern "C" fn _umtx_op(
    obj: *mut c_void,
    op: c_int,
    val: c_ulong,
    uaddr: *mut c_void,
    uaddr2: *mut c_void,
) -> c_int {
    // To 3 and 11, a word is shared if its mapping is. Here it always is.
    let scope = match op {
        3 | 11 => Scope::Shared,
        15 | 16 => Scope::Private,
        _ => reject("no such operation"),
    };
    match op {
        3 | 16 => {
            let count = c_int::try_from(val).unwrap_or_else(|_| reject("a count beyond INT_MAX"));
            wake(scope, obj.cast(), count);
            0
        }
        _ => {
            // SAFETY: by the contract of this function.
            let (word, left) = unsafe { (&*obj.cast(), left(uaddr as usize, uaddr2.cast())) };
            wait(word, val, left, scope)
        }
    }
}

fn wait(word: &AtomicU32, val: c_ulong, left: Option<Duration>, scope: Scope) -> c_int {
    // The kernel converts the word to a `u_long`. If that is not `val`, it returns without an error.
    let value = word.load(SeqCst);
    if c_ulong::from(value) != val {
        return 0;
    }
    if let Some(rare) = rare_answer(&[0, libc::EINTR, libc::EFAULT, libc::ETIMEDOUT]) {
        return answer(rare);
    }
    if left == Some(Duration::ZERO) {
        return answer(libc::ETIMEDOUT);
    }
    let word: *const AtomicU32 = word;
    match sleep(scope, word.cast(), value, left) {
        Ok(()) | Err(libc::EAGAIN) => 0,
        Err(error) => answer(error),
    }
}

/// The rest of the timeout, or `None` if there is no timeout.
///
/// # Safety
///
/// `timeout` must point at `size` bytes of a time, or be null.
unsafe fn left(size: usize, timeout: *const UmtxTime) -> Option<Duration> {
    if timeout.is_null() {
        return None;
    }
    // SAFETY: both begin with a timespec.
    let given = time(unsafe { &(*timeout).timeout });
    if size <= size_of::<libc::timespec>() {
        return Some(given);
    }
    // SAFETY: it is larger than a timespec, so it is a `_umtx_time`.
    let timeout = unsafe { &*timeout };
    if timeout.clock != libc::CLOCK_MONOTONIC as u32 {
        reject("another clock");
    }
    match timeout.flags {
        0 => Some(given),
        1 => {
            // A `sbintime_t` has 64 bits, 32 of which are the fraction.
            if given.as_secs() > c_long::from(i32::MAX) as u64 {
                reject("an absolute time that overflows the kernel's");
            }
            Some(given.saturating_sub(crate::sys::unix::now()))
        }
        _ => reject("no such flags"),
    }
}

private_and_shared_words!(system, Private, Shared);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sys::simulated::claims;
    use std::vec::Vec;

    pub(crate) fn words() -> Vec<claims::Tests> {
        claims::tests![Private, Shared]
    }

    #[test]
    fn each_answer_has_its_meaning() {
        claims::check_again::<Private>(&[0, libc::EINTR]);
        // The clock does not agree with ETIMEDOUT.
        claims::pause::<Private>(&[libc::EFAULT, libc::EINVAL, libc::ENOSYS, libc::ETIMEDOUT]);
    }
}
