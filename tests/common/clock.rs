//! For programs that replace the C library's `clock_gettime`.

use super::seccomp::{FIRST_NUMBER, HAS_TIME64};
use std::mem::size_of;
use std::os::raw::{c_int, c_long};

/// `clock_gettime` by a system call, without the vDSO.
///
/// # Safety
///
/// `time` must point at a time that may be written.
pub unsafe fn by_system_call(clock: libc::clockid_t, time: *mut libc::timespec) -> c_int {
    // With 64-bit time on a 32-bit processor, the call has another number.
    let has_time64 = HAS_TIME64 && size_of::<libc::timespec>() > 2 * size_of::<c_long>();
    let number = if has_time64 {
        FIRST_NUMBER + 403
    } else {
        libc::SYS_clock_gettime
    };
    // SAFETY: by the contract of this function; this call has the layout of the C library's time.
    unsafe { libc::syscall(number, clock, time) as c_int }
}
