//! Linux and Android: `futex(2)`.
//!
//! A wait is FUTEX_WAIT_BITSET with all bits: of the waits that every supported kernel has (2.6.25), the only one whose
//! timeout is absolute, so that a wait begun again after a signal keeps its deadline. Its clock is CLOCK_MONOTONIC.
//! FUTEX_PRIVATE_FLAG tells the kernel that the word is not shared between processes, which spares it the look-up of
//! the page. [man 2 futex; include/uapi/linux/futex.h]
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
//! Every call leaves `errno` as it found it, so that an event can be set in a signal handler.

#![allow(clippy::incompatible_msrv)] // The C types are `libc`'s; that newer versions of it take them from core is its affair.

mod time;

use crate::Deadline;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use core::{mem, ptr};
use libc::{c_int, c_long};

/// FUTEX_BITSET_MATCH_ANY, which `libc` does not have on every system.
const ANY_BITS: u32 = !0;

pub(crate) fn now() -> Duration {
    let mut now = zero_time();
    // SAFETY: `now` is a timespec to write to. The clock exists on every supported kernel.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Where a 32-bit C library has 64-bit time, its timespec has padding, which only it can name.
fn zero_time() -> libc::timespec {
    // SAFETY: a struct of integers.
    unsafe { mem::zeroed() }
}

pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    wait_until(word, expected, Deadline::NEVER);
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    match time::futex(word, libc::FUTEX_WAIT_BITSET, expected, deadline) {
        Ok(()) | Err(libc::EAGAIN) | Err(libc::EINTR) => true,
        // The kernel was told less than the deadline if that is more than its type for time can hold.
        Err(libc::ETIMEDOUT) => !deadline.has_passed(now()),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake_one(word: *const AtomicU32) {
    wake(word, 1);
}

pub(crate) fn wake_all(word: *const AtomicU32) {
    wake(word, c_int::MAX as u32);
}

fn wake(word: *const AtomicU32, count: u32) {
    let _ = time::futex(word, libc::FUTEX_WAKE, count, Deadline::NEVER);
}

/// What a wait does instead of sleeping on the word when the kernel refuses that for a reason this file does not know.
///
/// The caller will look at the word and come back. To panic would take a whole program down for a filter that somebody
/// put around it; to return at once would burn a CPU in silence. So the wait becomes a poll at this pace: correct, but
/// late by up to a millisecond. If even that sleep is refused, it gives its turn to others.
///
/// This helps the thread whose waits are refused. A thread whose *wakes* are refused cannot be helped: those that it
/// should have woken sleep on.
#[cold]
fn nap(deadline: Deadline) -> bool {
    const PACE: Duration = Duration::from_millis(1);
    let pause = deadline
        .remaining(now())
        .map_or(PACE, |left| left.min(PACE));
    let mut time = zero_time();
    time.tv_nsec = pause.subsec_nanos() as _;
    // SAFETY: `time` is a valid timespec, and the null pointer says that nobody asks what is left of it.
    let (answer, error) = keep_errno(|| unsafe { libc::nanosleep(&time, ptr::null_mut()) });
    if answer < 0 && error != libc::EINTR {
        // SAFETY: the call has no conditions.
        keep_errno(|| unsafe { libc::sched_yield() });
    }
    !deadline.has_passed(now())
}

/// The futex call with this number. `timeout` points at a time in the layout that the number stands for, or is null.
fn call<T>(
    number: c_long,
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    timeout: *const T,
) -> Result<(), c_int> {
    let operation = operation | libc::FUTEX_PRIVATE_FLAG;
    let unused = ptr::null::<u32>();
    let (answer, error) = keep_errno(|| {
        // SAFETY: whatever the word's address is, the kernel reads no more than four bytes there, and answers EFAULT
        // if it cannot; it writes nothing. A wake reads the first three arguments only.
        unsafe { libc::syscall(number, word, operation, value, timeout, unused, ANY_BITS) }
    });
    if answer < 0 {
        Err(error)
    } else {
        Ok(())
    }
}

/// Runs a call of the C library and returns its answer beside the `errno` it left; the thread keeps the one it had.
fn keep_errno<T>(call: impl FnOnce() -> T) -> (T, c_int) {
    #[cfg(target_os = "android")]
    use libc::__errno as location;
    #[cfg(not(target_os = "android"))]
    use libc::__errno_location as location;

    // SAFETY: the C library gives each thread an `errno`, at an address that stays.
    let errno = unsafe { location() };
    // SAFETY: as above; only this thread uses it, and a signal handler puts it back as this function does.
    let before = unsafe { *errno };
    let answer = call();
    // SAFETY: as above.
    let after = unsafe { ptr::replace(errno, before) };
    (answer, after)
}
