//! OpenBSD's `futex`. [man 2 futex; sys/futex.h; sys/kern/sys_futex.c]

use super::{odd_answer, reject, sleep_in, time, wake_in};
use crate::word::Scope;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::time::Duration;
use libc::c_int;

#[path = "../openbsd.rs"]
pub(crate) mod backend;

/// `uaddr` must point at a word in a wait, and `timeout` at a time or be null.
#[no_mangle]
unsafe extern "C" fn futex(
    uaddr: *mut u32,
    op: c_int,
    val: c_int,
    timeout: *const libc::timespec,
    _uaddr2: *mut u32,
) -> c_int {
    let scope = if op & 128 == 0 {
        Scope::Shared
    } else {
        Scope::Private
    };
    match op & !128 {
        1 => {
            // SAFETY: by the contract of this function.
            let (word, left) = unsafe { (&*uaddr.cast(), timeout.as_ref().map(time)) };
            wait(word, val as u32, left, scope)
        }
        2 => wake_in(scope, uaddr, val) as c_int,
        _ => reject("no such operation"),
    }
}

fn wait(word: &AtomicU32, val: u32, left: Option<Duration>, scope: Scope) -> c_int {
    if word.load(Ordering::SeqCst) != val {
        return answer(libc::EAGAIN);
    }
    // An old kernel multiplies by the ticks of a second.
    if left.map_or(false, |left| left.as_secs().checked_mul(1_024).is_none()) {
        reject("a timeout that overflows in ticks");
    }
    let odd = [
        0,
        libc::EINTR,
        libc::ECANCELED,
        libc::EFAULT,
        libc::ETIMEDOUT,
    ];
    if let Some(odd) = odd_answer(&odd) {
        return answer(odd);
    }
    let word: *const AtomicU32 = word;
    match sleep_in(scope, word.cast(), val, left) {
        Ok(()) => 0,
        Err(error) => answer(error),
    }
}

/// By `errno`, as since 7.0, and by number, as before, in turn.
fn answer(error: c_int) -> c_int {
    static BY_NUMBER: AtomicBool = AtomicBool::new(false);
    if BY_NUMBER.fetch_xor(true, Ordering::Relaxed) {
        error
    } else {
        super::answer(error)
    }
}

private_and_shared_words!();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::claims;

    #[test]
    fn each_answer_has_its_meaning() {
        let answers = [
            0,
            libc::EAGAIN,
            libc::EINTR,
            libc::ECANCELED,
            libc::ETIMEDOUT,
        ];
        claims::look_again::<Private>(&answers);
        claims::pause::<Private>(&[libc::EFAULT, libc::EINVAL, libc::ENOSYS]);
    }
}
