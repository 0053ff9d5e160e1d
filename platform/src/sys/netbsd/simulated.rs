//! NetBSD's `__futex`, and a NetBSD without it. [sys/futex.h; sys/kern/sys_futex.c; man 3 sysctl]

use super::{answer, private_and_shared_words, rare_answer, reject, sleep, time, wake};
use crate::sys::unix::now;
use crate::sys::Scope;
use crate::Deadline;
use core::cell::Cell;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use libc::c_int;
use std::thread_local;

#[path = "../netbsd.rs"]
pub(crate) mod system;

// It asks for the version once, so it is compiled again for an older kernel, and for one that does not tell its version.
#[allow(clippy::duplicate_mod)]
#[path = "../netbsd.rs"]
mod older;
#[allow(clippy::duplicate_mod)]
#[path = "../netbsd.rs"]
mod untold;

thread_local! {
    /// The version of the kernel of this thread, encoded as `__NetBSD_Version__`. `None` if the kernel does not tell.
    static VERSION: Cell<Option<c_int>> = const { Cell::new(Some(NETBSD_10)) };
}

const NETBSD_10: c_int = 1_000_000_000;
const NETBSD_9_99: c_int = 999_009_900;

/// Our code declares it with `...`. On the processors that Linux runs on, that is the same calling convention.
///
/// In a wait, `uaddr` must point at a word; `timeout` must point at a time or be null.
#[no_mangle]
unsafe extern "C" fn netbsd_syscall(
    number: c_int,
    uaddr: *mut u32,
    op: c_int,
    val: c_int,
    timeout: *const libc::timespec,
    _uaddr2: *mut u32,
    _val2: c_int,
    val3: c_int,
) -> c_int {
    if number != 166 || VERSION.with(Cell::get) != Some(NETBSD_10) {
        reject("no such number, which means SIGSYS");
    }
    let scope = if op & 128 == 0 {
        Scope::Shared
    } else {
        Scope::Private
    };
    // The kernel reads the time, also for an operation that does not use it.
    // SAFETY: by the contract of this function.
    let given = unsafe { timeout.as_ref() }.map(time);
    match op & !128 {
        0 => {
            let deadline = given.map_or(Deadline::NEVER, |given| Deadline::after(now(), given));
            // SAFETY: as above.
            wait(unsafe { &*uaddr.cast() }, val as u32, deadline, scope)
        }
        1 if val < 0 => reject("a negative count"),
        1 => wake(scope, uaddr, val) as c_int,
        9 if val3 != -1 => reject("not all bits"),
        9 => {
            let deadline = match given.map(|time| (time, time.checked_sub(now()))) {
                None => Deadline::NEVER,
                Some((_, None)) => return answer(libc::ETIMEDOUT),
                // As ticks it is zero, which is no limit.
                Some((_, Some(left))) if left.as_micros() == 0 => Deadline::NEVER,
                Some((time, _)) => Deadline::after(Duration::ZERO, time),
            };
            // SAFETY: as above.
            wait(unsafe { &*uaddr.cast() }, val as u32, deadline, scope)
        }
        _ => reject("no such operation"),
    }
}

fn wait(word: &AtomicU32, val: u32, deadline: Deadline, scope: Scope) -> c_int {
    if word.load(SeqCst) != val {
        return answer(libc::EAGAIN);
    }
    if let Some(rare) = rare_answer(&[0, libc::EINTR, libc::ENOMEM, libc::ETIMEDOUT]) {
        return answer(rare);
    }
    let word: *const AtomicU32 = word;
    loop {
        let slept = sleep(scope, word.cast(), val, deadline.remaining(now));
        // As after a handler with SA_RESTART.
        if slept != Err(libc::EINTR) {
            return answer(slept.err().unwrap_or(0));
        }
    }
}

/// `kern.osrevision`, or `None` if the kernel does not tell.
pub(super) fn revision() -> Option<c_int> {
    VERSION.with(Cell::get)
}

private_and_shared_words!(system, Private, Shared);
private_and_shared_words!(older, OlderPrivate, OlderShared);
private_and_shared_words!(untold, UntoldPrivate, UntoldShared);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sys::simulated::claims;
    use crate::{Futex, TimedFutex};
    use std::vec::Vec;

    #[test]
    fn each_answer_has_its_meaning() {
        claims::check_again::<Private>(&[0, libc::EAGAIN, libc::EINTR]);
        // The clock does not agree with ETIMEDOUT.
        claims::pause::<Private>(&[libc::EFAULT, libc::ENOMEM, libc::ENOSYS, libc::ETIMEDOUT]);
    }

    #[test]
    fn a_deadline_that_is_less_than_a_microsecond_ahead_ends_a_sleep() {
        for nanoseconds in (0..4_000).step_by(20) {
            let deadline = Deadline::after(Private::now(), Duration::from_nanos(nanoseconds));
            while Private::default().wait_until(0, deadline) {}
        }
    }

    /// On a kernel of this version, or one that does not tell its version, waits and wakes do not use the call. The word's
    /// module asks for the version here, and keeps to it in other threads.
    fn does_without_the_call<F: TimedFutex + Default>(version: Option<c_int>) {
        VERSION.with(|here| here.set(version));
        let word = F::default();
        F::wake_one(&word);
        F::wake_all(&word);
        word.wait(1);
        let deadline = Deadline::after(F::now(), Duration::from_millis(3));
        while word.wait_until(0, deadline) {}
        assert!(deadline.has_passed(F::now()));
    }

    pub(crate) fn words() -> Vec<claims::Tests> {
        before_netbsd_10_no_word_uses_the_call();
        claims::tests![Private, Shared, OlderPrivate]
    }

    #[test]
    fn before_netbsd_10_no_word_uses_the_call() {
        does_without_the_call::<OlderPrivate>(Some(NETBSD_9_99));
        does_without_the_call::<OlderShared>(Some(NETBSD_9_99));
    }

    #[test]
    fn before_netbsd_10_the_shared_word_is_polled() {
        before_netbsd_10_no_word_uses_the_call();
        claims::is_polled::<OlderShared>();
    }

    #[test]
    fn a_kernel_that_does_not_tell_its_version_is_old() {
        does_without_the_call::<UntoldPrivate>(None);
    }
}
