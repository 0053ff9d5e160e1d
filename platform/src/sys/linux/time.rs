//! The two layouts in which the kernel takes a time, and the calls that take them.
//!
//! A 64-bit system has one `futex`, with 64-bit time: the C library's `timespec`. A 32-bit system has two: the old `futex`,
//! whose timespec is two 32-bit numbers whatever the C library's `timespec` is, and since Linux 5.1 `futex_time64`. The old
//! one is tried first, because
//!
//! - every seccomp filter knows it, while a filter older than Linux 5.1 may answer the new number with EPERM, which
//!   says nothing about the kernel;
//! - its 32 bits are enough: CLOCK_MONOTONIC counts from boot and takes 68 years to use them up. A later deadline is
//!   shortened; the caller sees that it has not passed and waits again.
//!
//! A kernel built without CONFIG_COMPAT_32BIT_TIME answers the old number with ENOSYS, also to wakes. That is remembered.
//! On architectures that are younger than the new number, `libc` gives it the old name. musl does the same.
//! [kernel/futex/syscalls.c; musl src/thread/__timedwait.c]

use super::call;
use crate::sys::unix::pointer;
use crate::Deadline;
use core::sync::atomic::AtomicU32;
#[cfg(any(test, not(any(target_pointer_width = "64", target_arch = "x86_64"))))]
use core::time::Duration;
use libc::c_int;

/// `futex(2)`: `call` with the right number, and the time in its layout.
#[cfg(any(target_pointer_width = "64", target_arch = "x86_64"))]
pub(super) fn futex(
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    deadline: Deadline,
) -> Result<(), c_int> {
    use crate::sys::unix::timespec;
    const _: () = assert!(core::mem::size_of::<libc::timespec>() == 16);

    let time = deadline.time().map(timespec);
    call(libc::SYS_futex, word, operation, value, pointer(&time))
}

/// `futex(2)`: `call` with the right number, and the time in its layout.
#[cfg(not(any(target_pointer_width = "64", target_arch = "x86_64")))]
pub(super) fn futex(
    word: *const AtomicU32,
    operation: c_int,
    value: u32,
    deadline: Deadline,
) -> Result<(), c_int> {
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use libc::c_long;

    /// `futex_time64` has the same number everywhere, except that MIPS counts from 4000. `libc` has it under this name on a
    /// few architectures only. [arch/*/kernel/syscalls/*.tbl]
    const FUTEX_TIME64: c_long = if cfg!(any(target_arch = "mips", target_arch = "mips32r6")) {
        4422
    } else {
        422
    };

    // riscv32 has no old call. What `libc` has as SYS_futex there depends on its version: a call that does not exist, the new
    // one, or nothing. For m68k it has the new one under that name.
    #[cfg(target_arch = "riscv32")]
    const FUTEX: c_long = FUTEX_TIME64;
    #[cfg(target_arch = "m68k")]
    const FUTEX: c_long = 235;
    #[cfg(not(any(target_arch = "riscv32", target_arch = "m68k")))]
    const FUTEX: c_long = libc::SYS_futex as c_long;

    // Relaxed: a thread that reads it late makes one more call.
    static ONLY_TIME64: AtomicBool = AtomicBool::new(FUTEX == FUTEX_TIME64);

    if !ONLY_TIME64.load(Relaxed) {
        let time = deadline.time().map(Time32::from);
        match call(FUTEX, word, operation, value, pointer(&time).cast()) {
            Err(libc::ENOSYS) => ONLY_TIME64.store(true, Relaxed),
            answer => return answer,
        }
    }
    let time = deadline.time().map(Time64::from);
    call(FUTEX_TIME64, word, operation, value, pointer(&time).cast())
}

/// `struct __kernel_timespec`.
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
#[cfg(any(test, not(any(target_pointer_width = "64", target_arch = "x86_64"))))]
struct Time64 {
    seconds: i64,
    nanoseconds: i64,
}

#[cfg(any(test, not(any(target_pointer_width = "64", target_arch = "x86_64"))))]
impl From<Duration> for Time64 {
    fn from(time: Duration) -> Self {
        Self {
            seconds: time.as_secs().min(i64::MAX as u64) as i64,
            nanoseconds: time.subsec_nanos().into(),
        }
    }
}

/// `struct old_timespec32`.
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
#[cfg(any(test, not(any(target_pointer_width = "64", target_arch = "x86_64"))))]
struct Time32 {
    seconds: i32,
    nanoseconds: i32,
}

#[cfg(any(test, not(any(target_pointer_width = "64", target_arch = "x86_64"))))]
impl From<Duration> for Time32 {
    fn from(time: Duration) -> Self {
        Self {
            seconds: time.as_secs().min(i32::MAX as u64) as i32,
            nanoseconds: time.subsec_nanos() as i32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::size_of;

    #[test]
    fn layouts_are_those_of_the_kernel() {
        assert_eq!(size_of::<Time64>(), 16);
        assert_eq!(size_of::<Time32>(), 8);
    }

    #[test]
    fn times_keep_every_nanosecond() {
        let time = Duration::new(2_147_483_647, 999_999_999);
        assert_eq!(
            Time64::from(time),
            Time64 {
                seconds: 2_147_483_647,
                nanoseconds: 999_999_999
            }
        );
        assert_eq!(
            Time32::from(time),
            Time32 {
                seconds: 2_147_483_647,
                nanoseconds: 999_999_999
            }
        );
    }

    #[test]
    fn times_that_the_type_cannot_hold_become_its_last_second_and_never_negative() {
        assert_eq!(Time32::from(Duration::from_secs(1 << 31)).seconds, i32::MAX);
        assert_eq!(Time32::from(Duration::from_secs(1 << 32)).seconds, i32::MAX);
        assert_eq!(Time64::from(Duration::from_secs(1 << 32)).seconds, 1 << 32);
        assert_eq!(Time64::from(Duration::MAX).seconds, i64::MAX);
    }
}
