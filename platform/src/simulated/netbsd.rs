//! NetBSD's `__futex`, and a NetBSD without it. [sys/futex.h; sys/kern/sys_futex.c; man 3 sysctl]

use super::{answer, odd_answer, reject, sleep_in, time, wake_in};
use crate::word::Scope;
use core::cell::Cell;
use core::mem::size_of;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use libc::{c_int, c_uint, c_void};
use std::thread_local;

#[path = "../netbsd.rs"]
pub(crate) mod backend;

// Since a process asks for the version once, it is there again for an older kernel, and for one that does not tell.
#[allow(clippy::duplicate_mod)]
#[path = "../netbsd.rs"]
mod older;
#[allow(clippy::duplicate_mod)]
#[path = "../netbsd.rs"]
mod untold;

thread_local! {
    /// The version of the kernel under this thread, as `__NetBSD_Version__` counts; none if the kernel does not tell.
    static VERSION: Cell<Option<c_int>> = const { Cell::new(Some(NETBSD_10)) };
}

const NETBSD_10: c_int = 1_000_000_000;
const NETBSD_9_99: c_int = 999_009_900;

/// The backend declares it with `...`, which is the same call on the processors that Linux runs on.
///
/// `uaddr` must point at a word in a wait, and `timeout` at a time or be null.
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
    // Of an operation that does not need it, the time is read all the same.
    // SAFETY: by the contract of this function.
    let given = unsafe { timeout.as_ref() }.map(time);
    match op & !128 {
        0 => {
            // SAFETY: as above.
            wait(unsafe { &*uaddr.cast() }, val as u32, given, scope)
        }
        1 if val < 0 => reject("a negative count"),
        1 => wake_in(scope, uaddr, val) as c_int,
        9 if val3 != -1 => reject("not all bits"),
        9 => {
            let left = given.map(|given| given.saturating_sub(crate::unix::now()));
            // SAFETY: as above.
            wait(unsafe { &*uaddr.cast() }, val as u32, left, scope)
        }
        _ => reject("no such operation"),
    }
}

fn wait(word: &AtomicU32, val: u32, left: Option<Duration>, scope: Scope) -> c_int {
    if word.load(SeqCst) != val {
        return answer(libc::EAGAIN);
    }
    if let Some(odd) = odd_answer(&[0, libc::EINTR, libc::ENOMEM, libc::ETIMEDOUT]) {
        return answer(odd);
    }
    let word: *const AtomicU32 = word;
    answer(sleep_in(scope, word.cast(), val, left).err().unwrap_or(0))
}

/// `name` must point at `namelen` numbers, and `oldp` at `oldlenp` bytes.
#[no_mangle]
unsafe extern "C" fn netbsd_sysctl(
    name: *const c_int,
    namelen: c_uint,
    oldp: *mut c_void,
    oldlenp: *mut usize,
    newp: *const c_void,
    _newlen: usize,
) -> c_int {
    // SAFETY: by the contract of this function.
    let (name, length) = unsafe {
        (
            core::slice::from_raw_parts(name, namelen as usize),
            *oldlenp,
        )
    };
    if name != [1, 3] || length != size_of::<c_int>() || !newp.is_null() {
        reject("not a question for kern.osrevision");
    }
    match VERSION.with(Cell::get) {
        Some(version) => {
            // SAFETY: there is room for it.
            unsafe { *oldp.cast() = version };
            0
        }
        None => answer(libc::EPERM),
    }
}

private_and_shared_words!();

word! {
    /// A word for one process, before NetBSD 10.
    OlderPrivate
}
sleeps_by!(OlderPrivate, older(Scope::Private));

word! {
    /// A word for several, before NetBSD 10.
    OlderShared
}
sleeps_by!(OlderShared, older(Scope::Shared));

word! {
    /// A word on a kernel that does not tell its version.
    UntoldPrivate
}
sleeps_by!(UntoldPrivate, untold(Scope::Private));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;
    use crate::simulated::claims;
    use crate::{Deadline, Futex, TimedFutex};

    #[test]
    fn each_answer_has_its_meaning() {
        claims::look_again::<Private>(&[0, libc::EAGAIN, libc::EINTR, libc::ETIMEDOUT]);
        claims::pause::<Private>(&[libc::EFAULT, libc::ENOMEM, libc::ENOSYS]);
    }

    /// On a kernel of this version, or one that does not tell, waits and wakes do without the call. Another version is
    /// not noticed any more then.
    fn does_without<F: TimedFutex + Default>(version: Option<c_int>) {
        VERSION.with(|here| here.set(version));
        let word = F::default();
        F::wake_one(&word);
        F::wake_all(&word);
        word.wait(1);
        let deadline = Deadline::after(F::now(), Duration::from_millis(3));
        while word.wait_until(0, deadline) {}
        assert!(deadline.has_passed(F::now()));
    }

    #[test]
    fn before_netbsd_10_the_private_word_conforms() {
        does_without::<OlderPrivate>(Some(NETBSD_9_99));
        conformance::timed_futex::<OlderPrivate>();
    }

    #[test]
    fn before_netbsd_10_the_shared_word_is_polled() {
        does_without::<OlderShared>(Some(NETBSD_9_99));
        // Nobody wakes it.
        let word = OlderShared::default();
        word.wait(0);
        conformance::keeps_errno::<OlderShared>();
    }

    #[test]
    fn a_kernel_that_does_not_tell_its_version_is_old() {
        does_without::<UntoldPrivate>(None);
    }
}
