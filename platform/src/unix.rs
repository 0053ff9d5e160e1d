//! What the backends of the Unix systems share: the clock, `errno`, and what to do when the kernel refuses to sleep.

use crate::Deadline;
use core::time::Duration;
use core::{mem, ptr};
use libc::c_int;

/// CLOCK_MONOTONIC; on Apple's systems CLOCK_UPTIME_RAW (since macOS 10.12), because theirs goes on while the system is
/// asleep, and the timeouts of their kernel do not. [man 2 clock_gettime; man 3 clock_gettime]
pub(crate) fn now() -> Duration {
    #[cfg(not(target_vendor = "apple"))]
    use libc::CLOCK_MONOTONIC as CLOCK;
    #[cfg(target_vendor = "apple")]
    use libc::CLOCK_UPTIME_RAW as CLOCK;

    let mut now = zero_time();
    // SAFETY: `now` is a timespec to write to. Every supported system has the clock.
    unsafe { libc::clock_gettime(CLOCK, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Where a 32-bit C library has 64-bit time, its timespec has padding, which only it can name.
fn zero_time() -> libc::timespec {
    // SAFETY: a struct of integers.
    unsafe { mem::zeroed() }
}

/// The time as the C library has it; the last second that its type can hold, if it is later.
pub(crate) fn timespec(time: Duration) -> libc::timespec {
    let mut timespec = zero_time();
    timespec.tv_sec = libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX);
    timespec.tv_nsec = time.subsec_nanos() as _;
    timespec
}

/// What a wait does instead of sleeping on the word when the kernel refuses that for a reason its file does not know.
///
/// The caller will look at the word and come back. To panic would take a whole program down for a filter that somebody
/// put around it; to return at once would burn a CPU in silence. So the wait becomes a poll at this pace: correct, but
/// late by up to a millisecond. If even that sleep is refused, it gives its turn to others.
///
/// This helps the thread whose waits are refused. A thread whose *wakes* are refused cannot be helped: those that it
/// should have woken sleep on.
///
/// Returns false if the deadline has passed.
#[cold]
pub(crate) fn nap(deadline: Deadline) -> bool {
    const PACE: Duration = Duration::from_millis(1);
    let pause = deadline.remaining(now).map_or(PACE, |left| left.min(PACE));
    let time = timespec(pause);
    // SAFETY: `time` is a valid timespec, and the null pointer says that nobody asks what is left of it.
    let (answer, error) = keep_errno(|| unsafe { libc::nanosleep(&time, ptr::null_mut()) });
    if answer < 0 && error != libc::EINTR {
        // SAFETY: the call has no conditions.
        keep_errno(|| unsafe { libc::sched_yield() });
    }
    !deadline.has_passed(now())
}

/// A pointer for a call that takes none for null.
#[allow(dead_code)] // FreeBSD's call, DragonFly's and Fuchsia's take their times in another way.
pub(crate) fn pointer<T>(value: &Option<T>) -> *const T {
    value.as_ref().map_or(ptr::null(), |value| value)
}

/// Runs a call of the C library, one that answers with less than zero if it fails, and returns the error of a failure; the
/// thread keeps the `errno` it had.
#[allow(dead_code)] // OpenBSD's call, and DragonFly's, answer in another way.
pub(crate) fn result<T: PartialOrd + Default>(call: impl FnOnce() -> T) -> Result<(), c_int> {
    match keep_errno(call) {
        (answer, error) if answer < T::default() => Err(error),
        _ => Ok(()),
    }
}

/// Runs a call of the C library and returns its answer beside the `errno` it left; the thread keeps the one it had.
pub(crate) fn keep_errno<T>(call: impl FnOnce() -> T) -> (T, c_int) {
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;
    #[cfg(any(target_os = "linux", target_os = "dragonfly"))]
    use libc::__errno_location as location;
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as location;

    // SAFETY: the C library gives each thread an `errno`, at an address that stays.
    let errno = unsafe { location() };
    // SAFETY: as above; only this thread uses it, and a signal handler puts it back as this function does.
    let before = unsafe { *errno };
    let answer = call();
    // SAFETY: as above.
    let after = unsafe { ptr::replace(errno, before) };
    (answer, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_the_type_becomes_its_last_second_and_never_negative() {
        let time = timespec(Duration::MAX);
        assert_eq!(time.tv_sec, libc::time_t::MAX);
        assert_eq!(time.tv_nsec, 999_999_999);
    }
}
