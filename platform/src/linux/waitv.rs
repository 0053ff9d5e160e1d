//! Sleeping on several words at once: `futex_waitv(2)`, Linux 5.16 and later.
//!
//! The deadline is absolute and has 64-bit time on every architecture. The kernel compares and queues one word after
//! the other. [man 2 futex_waitv; include/uapi/linux/futex.h; kernel/futex/syscalls.c]
//!
//! | answer | meaning here |
//! | --- | --- |
//! | an index, EAGAIN, EINTR | woken; one of the words has another value; a signal: look again |
//! | ETIMEDOUT | the deadline has passed |
//! | ENOSYS, EPERM | an older kernel, or a filter that does not know the call: not to be asked again |
//! | anything else | not this time: there is no memory, perhaps |

use super::time::Time64;
use crate::unix::{keep_errno, now};
use crate::word::Scope;
use crate::Deadline;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// FUTEX_WAITV_MAX.
const MOST_WORDS: usize = 128;
/// FUTEX2_SIZE_U32 and FUTEX2_PRIVATE.
const SIZE_U32: u32 = 2;
const PRIVATE: u32 = 128;

/// `struct futex_waitv`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Waiter {
    value: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

pub(crate) fn wait_any<'a>(
    words: impl ExactSizeIterator<Item = (&'a AtomicU32, u32)>,
    deadline: Deadline,
    scope: Scope,
) -> Option<bool> {
    // Relaxed: to learn it late costs one more call.
    static IS_MISSING: AtomicBool = AtomicBool::new(false);

    let count = words.len();
    if count > MOST_WORDS || IS_MISSING.load(Relaxed) {
        return None;
    }
    let mut waiters = [Waiter {
        value: 0,
        address: 0,
        flags: match scope {
            Scope::Private => SIZE_U32 | PRIVATE,
            Scope::Shared => SIZE_U32,
        },
        reserved: 0,
    }; MOST_WORDS];
    for (waiter, (word, expected)) in waiters.iter_mut().zip(words) {
        waiter.value = expected.into();
        waiter.address = word as *const AtomicU32 as usize as u64;
    }
    let time = deadline.time().map(Time64::from);
    let time: *const Time64 = time.as_ref().map_or(ptr::null(), |time| time);
    let (answer, error) = keep_errno(|| {
        // SAFETY: there are `count` waiters; the words outlive the call; the time is valid or null, for never.
        unsafe {
            libc::syscall(
                libc::SYS_futex_waitv,
                waiters.as_ptr(),
                count,
                0,
                time,
                libc::CLOCK_MONOTONIC,
            )
        }
    });
    if answer >= 0 {
        return Some(true);
    }
    match error {
        libc::EAGAIN | libc::EINTR => Some(true),
        libc::ETIMEDOUT => Some(!deadline.has_passed(now())),
        libc::ENOSYS | libc::EPERM => {
            IS_MISSING.store(true, Relaxed);
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::size_of;

    #[test]
    fn the_layout_is_the_kernels() {
        assert_eq!(size_of::<Waiter>(), 24);
    }
}
