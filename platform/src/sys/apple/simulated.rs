//! Apple's calls, of several versions of macOS.
//!
//! `__ulock_wait2` and its like are written from bsd/sys/ulock.h and bsd/kern/sys_ulock.c in xnu, and
//! `os_sync_wait_on_address` and its like on top of them from os/os_sync_wait_on_address.h, as the system has it.

#![allow(clippy::duplicate_mod)] // It looks its calls up once, so it is compiled again for each version.

use super::{answer, private_and_shared_words, sleep, wake};
use crate::sys::unix::keep_errno;
use crate::sys::Scope;
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use libc::{c_char, c_int};
use std::ffi::CStr;

#[path = "../apple.rs"]
mod not_yet_used;
#[path = "../apple.rs"]
mod on_macos_10_11;
#[path = "../apple.rs"]
mod on_macos_10_12;
#[path = "../apple.rs"]
mod on_macos_10_15;
#[path = "../apple.rs"]
mod on_macos_11;
/// On macOS 14.4.
#[path = "../apple.rs"]
pub(crate) mod system;

/// Versions of macOS that brought calls, and the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    MacOs10_11,
    MacOs10_12,
    MacOs10_15,
    MacOs11,
    MacOs14_4,
}

std::thread_local! {
    /// The version that this thread is on when it looks calls up.
    static VERSION: Cell<Version> = const { Cell::new(Version::MacOs14_4) };
    static LOOK_UPS: Cell<u32> = const { Cell::new(0) };
}

unsafe fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void {
    assert_eq!(handle, libc::RTLD_DEFAULT);
    LOOK_UPS.with(|count| count.set(count.get() + 1));
    // SAFETY: the caller passes a string that ends with a zero byte.
    let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap();
    let is_10_12 = VERSION.with(Cell::get) == Version::MacOs10_12;
    let function = match name {
        "os_sync_wait_on_address" => os_sync_wait_on_address as *const (),
        "os_sync_wait_on_address_with_timeout" => os_sync_wait_on_address_with_timeout as _,
        "os_sync_wake_by_address_any" => os_sync_wake_by_address_any as _,
        "os_sync_wake_by_address_all" => os_sync_wake_by_address_all as _,
        "__ulock_wait2" => ulock_wait2 as _,
        "__ulock_wait" if is_10_12 => ulock_wait_of_10_12 as _,
        "__ulock_wait" => ulock_wait as _,
        "__ulock_wake" if is_10_12 => ulock_wake_of_10_12 as _,
        "__ulock_wake" => ulock_wake as _,
        other => panic!("no version has {}", other),
    };
    let since = match name {
        "__ulock_wait2" => Version::MacOs11,
        "__ulock_wait" | "__ulock_wake" => Version::MacOs10_12,
        _ => Version::MacOs14_4,
    };
    if VERSION.with(Cell::get) >= since {
        function as *mut c_void
    } else {
        ptr::null_mut()
    }
}

/// How many calls there were that correct code does not make. The system refuses them, and our code then polls; so the tests
/// check this number.
static REFUSED: AtomicU32 = AtomicU32::new(0);

fn refuse() -> c_int {
    REFUSED.fetch_add(1, Relaxed);
    libc::EINVAL
}

const UL_COMPARE_AND_WAIT: u32 = 1;
const UL_COMPARE_AND_WAIT_SHARED: u32 = 3;
const UL_OPCODE_MASK: u32 = 0xFF;
const ULF_WAKE_ALL: u32 = 0x100;
const ULF_NO_ERRNO: u32 = 0x0100_0000;

fn scope(operation: u32) -> Option<Scope> {
    match operation & UL_OPCODE_MASK {
        UL_COMPARE_AND_WAIT => Some(Scope::Private),
        UL_COMPARE_AND_WAIT_SHARED => Some(Scope::Shared),
        _ => None,
    }
}

/// Counts the calls. Some calls, by this count, get a rare answer.
fn turn() -> u32 {
    static TURN: AtomicU32 = AtomicU32::new(0);
    TURN.fetch_add(1, Relaxed)
}

/// A tick of the clock that the kernel uses. The real one is shorter; with that, a mistake would not be noticed.
const TICK: u64 = 10_000;

fn kernel_waits(operation: u32, address: *mut c_void, value: u64, time: u64) -> Result<(), c_int> {
    let scope = match scope(operation) {
        Some(scope) if operation & !(UL_OPCODE_MASK | ULF_NO_ERRNO) == 0 => scope,
        _ => return Err(refuse()),
    };
    let word: *const u32 = address.cast();
    if word.is_null() || word as usize % 4 != 0 {
        return Err(refuse());
    }
    let turn = turn();
    if turn % 37 == 0 {
        return Err(libc::EINTR);
    }
    if turn % 41 == 0 {
        // Paged out.
        return Err(libc::EFAULT);
    }
    if turn % 997 == 0 {
        return Err(libc::ENOMEM);
    }
    let time = match time {
        0 => None,
        // With the uptime added, it overflows 64 bits. Not every kernel checks that.
        time if time > i64::MAX as u64 => return Err(libc::ETIMEDOUT),
        time if time < TICK => return Err(libc::ETIMEDOUT),
        time => Some(Duration::from_nanos(time - time % TICK)),
    };
    let expected = match u32::try_from(value) {
        Ok(expected) => expected,
        Err(_) => return Ok(()),
    };
    match sleep(scope, word, expected, time) {
        Err(libc::EAGAIN) => Ok(()),
        other => other,
    }
}

fn kernel_wakes(operation: u32, address: *mut c_void) -> Result<(), c_int> {
    let scope = match scope(operation) {
        Some(scope) if operation & !(UL_OPCODE_MASK | ULF_WAKE_ALL | ULF_NO_ERRNO) == 0 => scope,
        _ => return Err(refuse()),
    };
    if address.is_null() {
        return Err(refuse());
    }
    if turn() % 31 == 0 {
        return Err(libc::EINTR);
    }
    let all = operation & ULF_WAKE_ALL != 0;
    match wake(scope, address.cast(), if all { c_int::MAX } else { 1 }) {
        0 => Err(libc::ENOENT),
        _ => Ok(()),
    }
}

/// What the C library returns for this answer of the kernel. Success is the number of threads that still sleep.
fn returned(operation: u32, call: impl FnOnce() -> Result<(), c_int>) -> c_int {
    match (keep_errno(call).0, operation & ULF_NO_ERRNO) {
        (Ok(()), _) => 2,
        (Err(error), 0) => answer(error),
        (Err(error), _) => -error,
    }
}

extern "C" fn ulock_wait(operation: u32, address: *mut c_void, value: u64, time: u32) -> c_int {
    returned(operation, || {
        kernel_waits(operation, address, value, u64::from(time) * 1_000)
    })
}

/// Before macOS 10.15, which does not know UL_COMPARE_AND_WAIT_SHARED.
extern "C" fn ulock_wait_of_10_12(
    operation: u32,
    address: *mut c_void,
    value: u64,
    time: u32,
) -> c_int {
    match scope(operation) {
        Some(Scope::Shared) => returned(operation, || Err(libc::EINVAL)),
        _ => ulock_wait(operation, address, value, time),
    }
}

extern "C" fn ulock_wait2(
    operation: u32,
    address: *mut c_void,
    value: u64,
    time: u64,
    _: u64,
) -> c_int {
    returned(operation, || kernel_waits(operation, address, value, time))
}

extern "C" fn ulock_wake(operation: u32, address: *mut c_void, _: u64) -> c_int {
    returned(operation, || kernel_wakes(operation, address))
}

/// As `ulock_wait_of_10_12`.
extern "C" fn ulock_wake_of_10_12(operation: u32, address: *mut c_void, thread: u64) -> c_int {
    match scope(operation) {
        Some(Scope::Shared) => returned(operation, || Err(libc::EINVAL)),
        _ => ulock_wake(operation, address, thread),
    }
}

const OS_SYNC_SHARED: u32 = 1;
const OS_CLOCK_MACH_ABSOLUTE_TIME: u32 = 32;

fn operation(size: usize, flags: u32) -> Option<u32> {
    match (size, flags) {
        (4, 0) => Some(UL_COMPARE_AND_WAIT),
        (4, OS_SYNC_SHARED) => Some(UL_COMPARE_AND_WAIT_SHARED),
        _ => None,
    }
}

extern "C" fn os_sync_wait_on_address(
    address: *mut c_void,
    value: u64,
    size: usize,
    flags: u32,
) -> c_int {
    match operation(size, flags) {
        Some(operation) => ulock_wait2(operation, address, value, 0, 0),
        None => answer(refuse()),
    }
}

extern "C" fn os_sync_wait_on_address_with_timeout(
    address: *mut c_void,
    value: u64,
    size: usize,
    flags: u32,
    clock: u32,
    timeout: u64,
) -> c_int {
    match operation(size, flags) {
        Some(operation) if timeout != 0 && clock == OS_CLOCK_MACH_ABSOLUTE_TIME => {
            ulock_wait2(operation, address, value, timeout, 0)
        }
        _ => answer(refuse()),
    }
}

extern "C" fn os_sync_wake_by_address_any(address: *mut c_void, size: usize, flags: u32) -> c_int {
    match operation(size, flags) {
        Some(operation) => ulock_wake(operation, address, 0),
        None => answer(refuse()),
    }
}

extern "C" fn os_sync_wake_by_address_all(address: *mut c_void, size: usize, flags: u32) -> c_int {
    match operation(size, flags) {
        Some(operation) => ulock_wake(operation | ULF_WAKE_ALL, address, 0),
        None => answer(refuse()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sys::simulated::claims;
    use crate::Futex;
    use std::vec::Vec;

    private_and_shared_words!(system, Private14_4, Shared14_4);
    private_and_shared_words!(on_macos_11, Private11, Shared11);
    private_and_shared_words!(on_macos_10_15, Private10_15, Shared10_15);
    private_and_shared_words!(on_macos_10_12, Private10_12, Shared10_12);
    private_and_shared_words!(on_macos_10_11, Private10_11, Shared10_11);
    private_and_shared_words!(not_yet_used, PrivateNotYetUsed, SharedNotYetUsed);

    /// Makes the module that `choose` belongs to choose its calls on this version.
    fn on<T>(version: Version, choose: fn() -> T) -> T {
        VERSION.with(|current| current.set(version));
        choose()
    }

    pub(crate) fn words() -> Vec<claims::Tests> {
        on(Version::MacOs14_4, system::choose);
        #[allow(unused_mut)] // Without the feature and the calls below.
        let mut words = claims::tests![Private14_4, Shared14_4];
        #[cfg(not(futex_event_apple_public))]
        {
            on(Version::MacOs11, on_macos_11::choose);
            on(Version::MacOs10_15, on_macos_10_15::choose);
            on(Version::MacOs10_12, on_macos_10_12::choose);
            words.extend(claims::tests![Private11, Shared11]);
            words.extend(claims::tests![Private10_15, Shared10_15, Private10_12]);
        }
        #[cfg(feature = "std")]
        {
            on(Version::MacOs10_11, on_macos_10_11::choose);
            words.extend(claims::tests![Private10_11]);
        }
        words
    }

    pub(crate) fn assert_that_no_call_was_refused() {
        assert_eq!(REFUSED.load(Relaxed), 0, "calls that the system refuses");
    }

    #[test]
    fn macos_14_4_has_public_calls() {
        use system::{choose, Calls};

        assert_eq!(on(Version::MacOs14_4, choose), Calls::OsSync);
    }

    #[cfg(not(futex_event_apple_public))]
    #[test]
    fn macos_11_has_private_calls() {
        use on_macos_11::{choose, Calls};

        assert_eq!(on(Version::MacOs11, choose), Calls::Ulock);
    }

    #[cfg(not(futex_event_apple_public))]
    #[test]
    fn macos_10_15_has_private_calls_with_microseconds() {
        use on_macos_10_15::{choose, Calls};

        assert_eq!(on(Version::MacOs10_15, choose), Calls::Ulock);
    }

    #[cfg(not(futex_event_apple_public))]
    #[test]
    fn macos_10_12_has_private_calls_for_private_words_and_polls_shared_ones() {
        use on_macos_10_12::{choose, Calls};

        assert_eq!(on(Version::MacOs10_12, choose), Calls::Ulock);
        claims::is_polled::<Shared10_12>();
    }

    #[test]
    fn without_calls_shared_words_are_polled() {
        use on_macos_10_11::{choose, Calls};

        assert_eq!(on(Version::MacOs10_11, choose), Calls::Missing);
        claims::is_polled::<Shared10_11>();
    }

    #[cfg(futex_event_apple_public)]
    #[test]
    fn private_calls_are_left_out() {
        use on_macos_11::{choose, Calls};

        assert_eq!(on(Version::MacOs11, choose), Calls::Missing);
        assert_eq!(LOOK_UPS.with(Cell::get), 1);
    }

    #[test]
    fn a_wake_of_a_private_word_looks_nothing_up() {
        let look_ups = || LOOK_UPS.with(Cell::get);

        let private = PrivateNotYetUsed::default();
        PrivateNotYetUsed::wake_one(&private);
        PrivateNotYetUsed::wake_all(&private);
        assert_eq!(look_ups(), 0);

        let shared = SharedNotYetUsed::default();
        SharedNotYetUsed::wake_one(&shared);
        assert_eq!(look_ups(), 4);
        SharedNotYetUsed::wake_one(&shared);
        private.wait(1);
        assert_eq!(look_ups(), 4, "the choice is made once");
    }
}
