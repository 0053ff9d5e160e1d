//! Fuchsia's futex. [fuchsia.dev: zx_futex_wait, zx_futex_wake, zx_clock_get_monotonic, zx_nanosleep]

use super::{rare_answer, reject, sleep, wake};
use crate::sys::unix::{self, keep_errno};
use crate::sys::Scope;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use libc::c_int;

#[path = "../fuchsia.rs"]
pub(crate) mod system;

#[no_mangle]
extern "C" fn zx_clock_get_monotonic() -> i64 {
    unix::now().as_nanos() as i64
}

#[no_mangle]
extern "C" fn zx_nanosleep(deadline: i64) -> i32 {
    std::thread::sleep(left(deadline).unwrap_or_else(|| reject("a sleep without an end")));
    0
}

/// `value_ptr` must point at a word.
#[no_mangle]
unsafe extern "C" fn zx_futex_wait(
    value_ptr: *const i32,
    current_value: i32,
    new_futex_owner: u32,
    deadline: i64,
) -> i32 {
    if new_futex_owner != 0 {
        reject("no such handle");
    }
    // SAFETY: by the contract of this function.
    let found = unsafe { &*value_ptr.cast::<AtomicU32>() }.load(SeqCst);
    if found != current_value as u32 {
        return -20;
    }
    if let Some(rare) = rare_answer(&[0, -10, -21]) {
        return rare;
    }
    let left = left(deadline);
    let (result, _) = keep_errno(|| sleep(Scope::Private, value_ptr.cast(), found, left));
    match result {
        Ok(()) => 0,
        Err(libc::EAGAIN) => -20,
        Err(libc::ETIMEDOUT) => -21,
        Err(libc::EINTR) => 0,
        Err(_) => -10,
    }
}

#[no_mangle]
extern "C" fn zx_futex_wake(value_ptr: *const i32, wake_count: u32) -> i32 {
    let count = c_int::try_from(wake_count).unwrap_or(c_int::MAX);
    keep_errno(|| wake(Scope::Private, value_ptr.cast(), count));
    0
}

/// The time until a deadline, or `None` if it is ZX_TIME_INFINITE.
fn left(deadline: i64) -> Option<Duration> {
    if deadline == i64::MAX {
        return None;
    }
    let left = deadline.saturating_sub(zx_clock_get_monotonic());
    Some(Duration::from_nanos(left.max(0) as u64))
}

word! {
    /// A word for one process.
    Private
}
sleeps_by!(Private, system, Scope::Private);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sys::simulated::claims;
    use std::vec::Vec;

    pub(crate) fn words() -> Vec<claims::Tests> {
        claims::tests![Private]
    }

    #[test]
    fn each_answer_has_its_meaning() {
        claims::check_again::<Private>(&[0, -20]);
        // The clock does not agree with ZX_ERR_TIMED_OUT.
        claims::pause::<Private>(&[-10, -11, -2, -21]);
    }
}
