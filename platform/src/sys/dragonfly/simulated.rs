//! DragonFly's `umtx_sleep` and `umtx_wakeup`. [man 2 umtx; sys/kern/kern_umtx.c]

use super::{answer, rare_answer, reject, sleep, wake};
use crate::sys::Scope;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use libc::c_int;

#[path = "../dragonfly.rs"]
pub(crate) mod system;

/// `ptr` must point at a word.
#[no_mangle]
unsafe extern "C" fn umtx_sleep(ptr: *const c_int, value: c_int, timeout: c_int) -> c_int {
    // SAFETY: by the contract of this function. The newer kernels do the same.
    let found = unsafe { &*ptr.cast::<AtomicU32>() }.fetch_add(0, SeqCst);
    // The range of the old manual page. The kernel sleeps in ticks, here of a millisecond.
    let time = match timeout {
        0 => None,
        1..=1_000_000 => Some(Duration::from_millis((timeout as u64 + 999) / 1_000)),
        _ => reject("a timeout out of its range"),
    };
    if found != value as u32 {
        return answer(libc::EBUSY);
    }
    let rare = [
        0,
        libc::EINTR,
        libc::EINVAL,
        libc::EWOULDBLOCK,
        libc::ETIMEDOUT,
    ];
    if let Some(rare) = rare_answer(&rare) {
        return answer(rare);
    }
    match sleep(Scope::Shared, ptr.cast(), value as u32, time) {
        Ok(()) => 0,
        Err(libc::EAGAIN) => answer(libc::EBUSY),
        Err(libc::ETIMEDOUT) => answer(libc::EWOULDBLOCK),
        Err(error) => answer(error),
    }
}

#[no_mangle]
extern "C" fn umtx_wakeup(ptr: *const c_int, count: c_int) -> c_int {
    // A count above one means all.
    let count = if count == 1 { 1 } else { c_int::MAX };
    wake(Scope::Shared, ptr.cast(), count);
    0
}

word! {
    /// A word for one process, or for several.
    Word
}
sleeps_by!(Word, system, Scope::Private);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sys::simulated::claims;
    use std::vec::Vec;

    pub(crate) fn words() -> Vec<claims::Tests> {
        claims::tests![Word]
    }

    #[test]
    fn each_answer_has_its_meaning() {
        let answers = [
            0,
            libc::EBUSY,
            libc::EINTR,
            libc::EWOULDBLOCK,
            libc::ETIMEDOUT,
        ];
        claims::check_again::<Word>(&answers);
        claims::pause::<Word>(&[libc::EFAULT, libc::EINVAL, libc::ENOSYS]);
    }
}
