//! FreeBSD: `_umtx_op(2)`.
//!
//! A wait is UMTX_OP_WAIT_UINT_PRIVATE with a `_umtx_time`, which FreeBSD has since version 10: with UMTX_ABSTIME the
//! timeout is absolute, and its clock is CLOCK_MONOTONIC. A shared word uses UMTX_OP_WAIT_UINT and UMTX_OP_WAKE, which find
//! out from the memory's mapping whether it is shared between processes. [man 2 _umtx_op; sys/umtx.h]
//!
//! FreeBSD 10 subtracts the word's offset in its mapping where it has to be added, so it finds a thread of another process only
//! if both have mapped the same range, in one piece. [kern_umtx.c of 10.4 and of 11: umtx_key_get]
//!
//! Since FreeBSD 14 at the latest, the kernel sleeps until the deadline. Before, it slept in ticks, rounded the time up to one and
//! added another. A tick is a millisecond, or 10 ms in a virtual machine. [kern_umtx.c: msleep_sbt; before, tstohz]
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0 | woken, or the word was not `expected`: check again |
//! | wait | EINTR | a signal, also with SA_RESTART: check again |
//! | wait | ETIMEDOUT | the deadline has passed, unless the clock does not agree: see [`timed_out`] |
//! | wait | any other error | the kernel refuses: see [`nap`] |
//! | wake | 0 | done; it does not tell how many threads woke |
//! | wake | EFAULT, shared words | this process has no memory at the address, or may not write to it |
//!
//! Every call leaves `errno` as it found it.

use crate::sys::unix::{nap, result, timed_out, timespec};
use crate::sys::{Count, Scope};
use crate::Deadline;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use core::{mem, ptr};
use libc::{c_int, c_ulong, c_void};

pub(crate) use crate::sys::unix::now;

const UMTX_OP_WAKE: c_int = 3;
const UMTX_OP_WAIT_UINT: c_int = 11;
const UMTX_OP_WAIT_UINT_PRIVATE: c_int = 15;
const UMTX_OP_WAKE_PRIVATE: c_int = 16;

const UMTX_ABSTIME: u32 = 1;

/// `struct _umtx_time`.
#[repr(C)]
struct UmtxTime {
    time: libc::timespec,
    flags: u32,
    clock: u32,
}

/// The kernel's type for such times, `sbintime_t`, holds fewer than 2^31 seconds. No system runs for so long; if one did, a
/// wait with a later deadline would read the clock then and sleep again.
const LAST: Duration = Duration::from_secs(i32::MAX as u64);

extern "C" {
    fn _umtx_op(
        object: *mut c_void,
        operation: c_int,
        value: c_ulong,
        size: *mut c_void,
        time: *mut c_void,
    ) -> c_int;
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    let operation = match scope {
        Scope::Private => UMTX_OP_WAIT_UINT_PRIVATE,
        Scope::Shared => UMTX_OP_WAIT_UINT,
    };
    // The kernel compares the whole `u_long` with the word, so its upper half has to be zero.
    let value = c_ulong::from(expected);
    match call(word, operation, value, deadline.time().map(absolute)) {
        Ok(()) | Err(libc::EINTR) => true,
        Err(libc::ETIMEDOUT) => timed_out(deadline),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, scope: Scope) {
    let operation = match scope {
        Scope::Private => UMTX_OP_WAKE_PRIVATE,
        Scope::Shared => UMTX_OP_WAKE,
    };
    let _ = call(word, operation, c_ulong::from(count.at_most()), None);
}

fn absolute(time: Duration) -> UmtxTime {
    UmtxTime {
        time: timespec(time.min(LAST)),
        flags: UMTX_ABSTIME,
        clock: libc::CLOCK_MONOTONIC as u32,
    }
}

fn call(
    word: *const AtomicU32,
    operation: c_int,
    value: c_ulong,
    time: Option<UmtxTime>,
) -> Result<(), c_int> {
    // The fourth argument is the size of what the fifth points at: it distinguishes a `_umtx_time` from a timespec.
    let (size, time): (usize, *const UmtxTime) = match &time {
        Some(time) => (mem::size_of::<UmtxTime>(), time),
        None => (0, ptr::null()),
    };
    result(|| {
        // SAFETY: at any address of a word, the kernel reads at most four bytes, answers EFAULT if it cannot, and writes
        // nothing. It reads `size` bytes at `time`, and none if that is null.
        unsafe {
            _umtx_op(
                word as *mut c_void,
                operation,
                value,
                size as *mut c_void,
                time as *mut c_void,
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_absolute_and_on_the_clock_of_now() {
        let time = absolute(Duration::new(5, 6));
        assert_eq!((time.time.tv_sec, time.time.tv_nsec), (5, 6));
        assert_eq!(time.flags, 1);
        assert_eq!(time.clock, libc::CLOCK_MONOTONIC as u32);
    }

    #[test]
    fn a_time_fits_into_the_type_that_the_kernel_uses() {
        assert_eq!(absolute(LAST).time.tv_sec, 0x7fff_ffff);
        let time = absolute(Duration::MAX).time;
        assert_eq!((time.tv_sec, time.tv_nsec), (0x7fff_ffff, 0));
    }

    #[test]
    fn the_layout_is_the_one_of_the_header() {
        let time = mem::size_of::<libc::timespec>();
        assert_eq!(mem::size_of::<UmtxTime>(), time + 2 * mem::size_of::<u32>());
    }
}
