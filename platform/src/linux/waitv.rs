//! Sleeping on several words at once: `futex_waitv(2)`, Linux 5.16 and later.
//!
//! The deadline is absolute and has 64-bit time on every architecture. The kernel compares and queues one word after
//! the other. [man 2 futex_waitv; include/uapi/linux/futex.h; kernel/futex/syscalls.c]
//!
//! | answer | meaning here |
//! | --- | --- |
//! | an index, EAGAIN, EINTR | woken; one of the words has another value; a signal: look again |
//! | ETIMEDOUT | the deadline has passed |
//! | ENOSYS, EPERM | an older kernel, or a filter that does not know the call: not to be asked again |
//! | anything else | not this time: there is no memory, perhaps |
//!
//! Android has the call in its kernels, but kills the apps that make it: its filter lets through what its C library
//! calls, and answers the rest with SIGSYS. So there it is never made. [bionic: libc/SECCOMP_ALLOWLIST_APP.TXT]

use super::time::Time64;
use crate::unix::{keep_errno, now, pointer};
use crate::word::Scope;
use crate::Deadline;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use libc::c_long;

/// It has one number everywhere, but x32 has a bit besides, and MIPS counts from 4000 or 5000. `libc` has it for most
/// systems only. [arch/*/kernel/syscalls/*.tbl]
const FUTEX_WAITV: c_long = if cfg!(any(target_arch = "mips", target_arch = "mips32r6")) {
    4449
} else if cfg!(any(target_arch = "mips64", target_arch = "mips64r6")) {
    5449
} else if cfg!(all(target_arch = "x86_64", target_pointer_width = "32")) {
    0x4000_01C1
} else {
    449
};

/// FUTEX_WAITV_MAX.
const MOST_WORDS: usize = 128;
/// FUTEX2_SIZE_U32 and FUTEX2_PRIVATE.
const SIZE_U32: u32 = 2;
const PRIVATE: u32 = 128;

/// `struct futex_waitv`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Waiter {
    value: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

pub(crate) fn wait_any<'a>(
    words: impl ExactSizeIterator<Item = (&'a AtomicU32, u32)>,
    deadline: Deadline,
    scope: Scope,
) -> Option<bool> {
    // Relaxed: to learn it late costs one more call.
    static IS_MISSING: AtomicBool = AtomicBool::new(cfg!(target_os = "android"));

    let count = words.len();
    if count > MOST_WORDS || IS_MISSING.load(Relaxed) {
        return None;
    }
    let mut waiters = [Waiter {
        value: 0,
        address: 0,
        flags: match scope {
            Scope::Private => SIZE_U32 | PRIVATE,
            Scope::Shared => SIZE_U32,
        },
        reserved: 0,
    }; MOST_WORDS];
    for (waiter, (word, expected)) in waiters.iter_mut().zip(words) {
        waiter.value = expected.into();
        waiter.address = word as *const AtomicU32 as usize as u64;
    }
    let time = deadline.time().map(Time64::from);
    let (answer, error) = keep_errno(|| {
        // SAFETY: there are `count` waiters; the words outlive the call; the time is valid or null, for never.
        unsafe {
            libc::syscall(
                FUTEX_WAITV,
                waiters.as_ptr(),
                count,
                0,
                pointer(&time),
                libc::CLOCK_MONOTONIC,
            )
        }
    });
    if answer >= 0 {
        return Some(true);
    }
    match error {
        libc::EAGAIN | libc::EINTR => Some(true),
        libc::ETIMEDOUT => Some(!deadline.has_passed(now())),
        libc::ENOSYS | libc::EPERM => {
            IS_MISSING.store(true, Relaxed);
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::size_of;

    #[test]
    #[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
    fn the_number_is_the_one_that_libc_knows() {
        assert_eq!(FUTEX_WAITV, libc::SYS_futex_waitv);
    }

    /// What a wait on so many words answers, of which the last has another value.
    fn answer(count: usize) -> Option<bool> {
        let words = [(); MOST_WORDS + 1].map(|()| AtomicU32::new(0));
        let last = count - 1;
        let waits = (0..count).map(|index| (&words[index], u32::from(index == last)));
        wait_any(waits, Deadline::NEVER, Scope::Private)
    }

    #[test]
    fn each_answer_of_the_kernel_is_told_from_the_others() {
        // SAFETY: a wait for no words reads none.
        let (_, error) = keep_errno(|| unsafe { libc::syscall(FUTEX_WAITV, 0, 0, 0, 0, 0) });
        if error != libc::EINVAL {
            std::println!("SKIPPED: this kernel has no futex_waitv");
            return;
        }
        assert_eq!(answer(1), Some(true));
        assert_eq!(answer(MOST_WORDS), Some(true));
        assert_eq!(answer(MOST_WORDS + 1), None);
        let word = AtomicU32::new(0);
        let passed = Deadline::after(now(), core::time::Duration::ZERO);
        let waits = [(&word, 0), (&word, 0)];
        assert_eq!(
            wait_any(waits.into_iter(), passed, Scope::Private),
            Some(false)
        );
    }

    #[test]
    fn the_layout_is_the_kernels() {
        assert_eq!(size_of::<Waiter>(), 24);
    }
}
