//! FreeBSD's `_umtx_op`. [man 2 _umtx_op; sys/umtx.h; sys/kern/kern_umtx.c]

use super::{answer, odd_answer, reject, sleep_in, time, wake_in};
use crate::word::Scope;
use core::mem::size_of;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use libc::{c_int, c_long, c_ulong, c_void};

#[path = "../freebsd.rs"]
pub(crate) mod backend;

/// The clocks have other numbers than Linux's; the backend takes either from `libc`.
#[repr(C)]
struct UmtxTime {
    timeout: libc::timespec,
    flags: u32,
    clock: u32,
}

/// `obj` must point at a word in a wait, and `uaddr2` at a time of the size that `uaddr` says, or be null.
#[no_mangle]
unsafe extern "C" fn _umtx_op(
    obj: *mut c_void,
    op: c_int,
    val: c_ulong,
    uaddr: *mut c_void,
    uaddr2: *mut c_void,
) -> c_int {
    // 3 and 11 take a word for shared if its mapping is. Here they always do.
    let scope = match op {
        3 | 11 => Scope::Shared,
        15 | 16 => Scope::Private,
        _ => reject("no such operation"),
    };
    match op {
        3 | 16 => {
            let count = c_int::try_from(val).unwrap_or_else(|_| reject("a count beyond INT_MAX"));
            wake_in(scope, obj.cast(), count);
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
    // The kernel puts the word into a `u_long`, and says nothing of it if that is not `val`.
    let value = word.load(SeqCst);
    if c_ulong::from(value) != val {
        return 0;
    }
    if let Some(odd) = odd_answer(&[0, libc::EINTR, libc::EFAULT, libc::ETIMEDOUT]) {
        return answer(odd);
    }
    if left == Some(Duration::ZERO) {
        return answer(libc::ETIMEDOUT);
    }
    let word: *const AtomicU32 = word;
    match sleep_in(scope, word.cast(), value, left) {
        Ok(()) | Err(libc::EAGAIN) => 0,
        Err(error) => answer(error),
    }
}

/// How much of the timeout is left; `None` if there is none.
///
/// # Safety
///
/// `timeout` must point at `size` bytes of a time, or be null.
unsafe fn left(size: usize, timeout: *const UmtxTime) -> Option<Duration> {
    if timeout.is_null() {
        return None;
    }
    // SAFETY: either is a timespec at least.
    let given = time(unsafe { &(*timeout).timeout });
    if size <= size_of::<libc::timespec>() {
        return Some(given);
    }
    // SAFETY: it is larger than that, so it is a `_umtx_time`.
    let timeout = unsafe { &*timeout };
    if timeout.clock != libc::CLOCK_MONOTONIC as u32 {
        reject("a clock that is not the backend's");
    }
    match timeout.flags {
        0 => Some(given),
        1 => {
            // A `sbintime_t` is 64 bits, of which 32 are behind the point.
            if given.as_secs() > c_long::from(i32::MAX) as u64 {
                reject("an absolute time that overflows the kernel's");
            }
            Some(given.saturating_sub(crate::unix::now()))
        }
        _ => reject("no such flags"),
    }
}

private_and_shared_words!();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::claims;

    #[test]
    fn each_answer_has_its_meaning() {
        claims::look_again::<Private>(&[0, libc::EINTR, libc::ETIMEDOUT]);
        claims::pause::<Private>(&[libc::EFAULT, libc::EINVAL, libc::ENOSYS]);
    }
}
