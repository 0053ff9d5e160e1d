//! What the Unix systems share: the clock, `errno`, `fork`, and the pause of a wait that cannot sleep on its word.

use crate::sys::nap;
use crate::Deadline;
use core::time::Duration;
use core::{mem, ptr};
use libc::c_int;

/// CLOCK_MONOTONIC; on Apple's systems CLOCK_UPTIME_RAW (since macOS 10.12), because their CLOCK_MONOTONIC counts while the
/// system is asleep and the timeouts of their kernel do not. [man 2 clock_gettime; man 3 clock_gettime]
pub(crate) fn now() -> Duration {
    #[cfg(not(target_vendor = "apple"))]
    use libc::CLOCK_MONOTONIC as CLOCK;
    #[cfg(target_vendor = "apple")]
    use libc::CLOCK_UPTIME_RAW as CLOCK;

    let mut now = zero_time();
    // SAFETY: `now` is a timespec that may be written. Every supported system has the clock.
    unsafe { libc::clock_gettime(CLOCK, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// A 32-bit C library with 64-bit time has padding in its timespec, whose name is private.
fn zero_time() -> libc::timespec {
    // SAFETY: it consists of integers.
    unsafe { mem::zeroed() }
}

/// The time as a `timespec`; if the type cannot hold it, the last second that it can hold.
#[allow(deprecated)] // `time_t`, for musl: so that its users know that it will have 64 bits. Here it may have either.
pub(crate) fn timespec(time: Duration) -> libc::timespec {
    let mut timespec = zero_time();
    timespec.tv_sec = libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX);
    timespec.tv_nsec = time.subsec_nanos() as _;
    timespec
}

/// The [nap](nap::nap) of a wait that the kernel refuses to put to sleep on its word.
pub(crate) fn nap(deadline: Deadline) -> bool {
    nap::nap(deadline, now, sleep)
}

/// What a wait returns if the kernel says that its [time is over](nap::timed_out).
#[allow(dead_code)] // Each call of DragonFly's sleeps.
pub(crate) fn timed_out(deadline: Deadline) -> bool {
    nap::timed_out(deadline, now, sleep)
}

/// Sleeps for this time, and returns whether it is over. If the kernel refuses this sleep too, the thread yields.
fn sleep(time: Duration) -> bool {
    let time = timespec(time);
    // SAFETY: `time` is a valid timespec, and the null pointer says that the remaining time is not asked for.
    let (answer, error) = keep_errno(|| unsafe { libc::nanosleep(&time, ptr::null_mut()) });
    if answer < 0 && error != libc::EINTR {
        // SAFETY: the call has no conditions.
        keep_errno(|| unsafe { libc::sched_yield() });
    }
    answer == 0
}

/// A pointer for a call to which null means none.
#[allow(dead_code)] // FreeBSD's call, DragonFly's and Fuchsia's take their times in another way.
pub(crate) fn pointer<T>(value: &Option<T>) -> *const T {
    value.as_ref().map_or(ptr::null(), |value| value)
}

/// Runs a call of the C library that returns a negative number if it fails, and returns the error. `errno` is unchanged.
#[allow(dead_code)] // OpenBSD's call, and DragonFly's, answer in another way.
pub(crate) fn result<T: PartialOrd + Default>(call: impl FnOnce() -> T) -> Result<(), c_int> {
    match keep_errno(call) {
        (answer, error) if answer < T::default() => Err(error),
        _ => Ok(()),
    }
}

/// Runs a call of the C library, and returns its result and the `errno` that it left. The thread's `errno` is unchanged.
pub(crate) fn keep_errno<T>(call: impl FnOnce() -> T) -> (T, c_int) {
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;
    #[cfg(any(target_os = "linux", target_os = "dragonfly"))]
    use libc::__errno_location as location;
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as location;

    // SAFETY: the C library gives each thread an `errno`, at an address that does not change.
    let errno = unsafe { location() };
    // SAFETY: as above; only this thread uses it, and a signal handler restores it as this function does.
    let before = unsafe { *errno };
    let answer = call();
    // SAFETY: as above.
    let after = unsafe { ptr::replace(errno, before) };
    (answer, after)
}

/// Arranges that the child of each later `fork` runs this before anything else. Returns false if the C library has no memory
/// for it; then nothing is arranged, and a later call can try again.
///
/// It makes no system call, except for memory. [man 3 pthread_atfork]
pub(crate) fn in_each_child(run: unsafe extern "C" fn()) -> bool {
    let (answer, _) = keep_errno(|| {
        // SAFETY: the function may run in a child, and is there as long as this code. If that is in a library that the program
        // unloads, the C library drops the function with it (glibc, bionic, OpenBSD's) or unloads nothing (musl). Apple's does
        // neither: there a library with this code has to stay loaded.
        unsafe { libc::pthread_atfork(None, None, Some(run)) }
    });
    answer == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(deprecated)] // `time_t`, as above.
    fn a_time_that_the_type_cannot_hold_becomes_its_last_second_and_never_negative() {
        let time = timespec(Duration::MAX);
        assert_eq!(time.tv_sec, libc::time_t::MAX);
        assert_eq!(time.tv_nsec, 999_999_999);
    }
}
