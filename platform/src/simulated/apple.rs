//! Apple's calls, of several versions of macOS.
//!
//! `__ulock_wait2` and its like are written from bsd/sys/ulock.h and bsd/kern/sys_ulock.c in xnu, and
//! `os_sync_wait_on_address` and its like on top of them from os/os_sync_wait_on_address.h, as the system has it.

#![allow(clippy::duplicate_mod)] // A backend looks its calls up once. So there is one for each system.

use super::{sleep_in, wake_in};
use crate::unix::keep_errno;
use crate::word::Scope;
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use libc::{c_char, c_int};
use std::ffi::CStr;

/// On macOS 14.4.
#[path = "../apple.rs"]
pub(crate) mod backend;
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

/// Versions of macOS that brought calls, and the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum System {
    MacOs10_11,
    MacOs10_12,
    MacOs10_15,
    MacOs11,
    MacOs14_4,
}

std::thread_local! {
    /// The system that this thread is on when it looks calls up.
    static SYSTEM: Cell<System> = const { Cell::new(System::MacOs14_4) };
    static LOOK_UPS: Cell<u32> = const { Cell::new(0) };
}

unsafe fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void {
    assert_eq!(handle, libc::RTLD_DEFAULT);
    LOOK_UPS.with(|count| count.set(count.get() + 1));
    // SAFETY: by the caller, a string as C has them.
    let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap();
    let is_10_12 = SYSTEM.with(Cell::get) == System::MacOs10_12;
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
        "__ulock_wait2" => System::MacOs11,
        "__ulock_wait" | "__ulock_wake" => System::MacOs10_12,
        _ => System::MacOs14_4,
    };
    if SYSTEM.with(Cell::get) >= since {
        function as *mut c_void
    } else {
        ptr::null_mut()
    }
}

/// How often a call came that no correct backend makes. The system would refuse it, and the backend make do; so the
/// tests look here.
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

/// Counts the calls. That some of them are answered oddly depends on the count.
fn turn() -> u32 {
    static TURN: AtomicU32 = AtomicU32::new(0);
    TURN.fetch_add(1, Relaxed)
}

/// A tick of the clock by which the kernel measures. It is shorter there, and a mistake would not show.
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
        // When the uptime is added, the sum is past the end of 64 bits. Not every kernel looks.
        time if time > i64::MAX as u64 => return Err(libc::ETIMEDOUT),
        time if time < TICK => return Err(libc::ETIMEDOUT),
        time => Some(Duration::from_nanos(time - time % TICK)),
    };
    let expected = match u32::try_from(value) {
        Ok(expected) => expected,
        Err(_) => return Ok(()),
    };
    match sleep_in(scope, word, expected, time) {
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
    match wake_in(scope, address.cast(), if all { c_int::MAX } else { 1 }) {
        0 => Err(libc::ENOENT),
        _ => Ok(()),
    }
}

/// The answer of the kernel as the C library hands it on. Success is the number of those who sleep on.
fn answer(operation: u32, call: impl FnOnce() -> Result<(), c_int>) -> c_int {
    match (keep_errno(call).0, operation & ULF_NO_ERRNO) {
        (Ok(()), _) => 2,
        (Err(error), 0) => fail(error),
        (Err(error), _) => -error,
    }
}

fn fail(error: c_int) -> c_int {
    // SAFETY: the C library gives each thread an `errno`.
    unsafe { *libc::__errno_location() = error };
    -1
}

extern "C" fn ulock_wait(operation: u32, address: *mut c_void, value: u64, time: u32) -> c_int {
    answer(operation, || {
        kernel_waits(operation, address, value, u64::from(time) * 1_000)
    })
}

/// Before macOS 10.15, to which UL_COMPARE_AND_WAIT_SHARED is no operation.
extern "C" fn ulock_wait_of_10_12(
    operation: u32,
    address: *mut c_void,
    value: u64,
    time: u32,
) -> c_int {
    match scope(operation) {
        Some(Scope::Shared) => answer(operation, || Err(libc::EINVAL)),
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
    answer(operation, || kernel_waits(operation, address, value, time))
}

extern "C" fn ulock_wake(operation: u32, address: *mut c_void, _: u64) -> c_int {
    answer(operation, || kernel_wakes(operation, address))
}

/// As `ulock_wait_of_10_12`.
extern "C" fn ulock_wake_of_10_12(operation: u32, address: *mut c_void, thread: u64) -> c_int {
    match scope(operation) {
        Some(Scope::Shared) => answer(operation, || Err(libc::EINVAL)),
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
        None => fail(refuse()),
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
        _ => fail(refuse()),
    }
}

extern "C" fn os_sync_wake_by_address_any(address: *mut c_void, size: usize, flags: u32) -> c_int {
    match operation(size, flags) {
        Some(operation) => ulock_wake(operation, address, 0),
        None => fail(refuse()),
    }
}

extern "C" fn os_sync_wake_by_address_all(address: *mut c_void, size: usize, flags: u32) -> c_int {
    match operation(size, flags) {
        Some(operation) => ulock_wake(operation | ULF_WAKE_ALL, address, 0),
        None => fail(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conformance, Deadline, Futex, TimedFutex};
    use std::thread;
    use std::time::Instant;

    macro_rules! words {
        ($backend:ident, $private:ident, $shared:ident) => {
            word! {
                /// Of this backend.
                $private
            }
            word! {
                /// Of this backend.
                $shared
            }
            sleeps_by!($private, $backend(Scope::Private));
            sleeps_by!($shared, $backend(Scope::Shared));
        };
    }

    words!(backend, Private14_4, Shared14_4);
    words!(on_macos_11, Private11, Shared11);
    words!(on_macos_10_15, Private10_15, Shared10_15);
    words!(on_macos_10_12, Private10_12, Shared10_12);
    words!(on_macos_10_11, Private10_11, Shared10_11);
    words!(not_yet_used, PrivateNotYetUsed, SharedNotYetUsed);

    /// Has the backend that `choose` belongs to choose its calls on this system.
    fn on<T>(system: System, choose: fn() -> T) -> T {
        SYSTEM.with(|current| current.set(system));
        choose()
    }

    fn conforms<F: TimedFutex + Default + Send>() {
        conformance::timed_futex::<F>();
        conformance::keeps_errno::<F>();
        assert_eq!(REFUSED.load(Relaxed), 0, "calls that the system refuses");
    }

    /// No wake reaches a thread that waits on such a word, and it finds the change all the same.
    fn is_polled<F: TimedFutex + Default>() {
        let word = F::default();
        thread::scope(|scope| {
            scope.spawn(|| {
                while word.load(Relaxed) == 0 {
                    word.wait(0);
                }
            });
            // As another process would, whose wake does not reach this one.
            word.fetch_or(1, Relaxed);
        });
        let shortest = (0..100).map(|_| {
            let start = Instant::now();
            word.wait(0);
            start.elapsed()
        });
        // Less than any nap.
        assert!(shortest.min() < Some(Duration::from_millis(1)));

        let deadline = Deadline::after(F::now(), Duration::from_millis(20));
        let mut returns = 0;
        while word.wait_until(1, deadline) {
            returns += 1;
        }
        assert!(deadline.has_passed(F::now()));
        assert!(returns <= 20, "it does not nap");
    }

    #[test]
    fn macos_14_4_has_public_calls() {
        use backend::{choose, Calls};

        assert_eq!(on(System::MacOs14_4, choose), Calls::OsSync);
        conforms::<Private14_4>();
        conforms::<Shared14_4>();
    }

    #[cfg(not(futex_event_apple_public))]
    #[test]
    fn macos_11_has_private_calls() {
        use on_macos_11::{choose, Calls};

        assert_eq!(on(System::MacOs11, choose), Calls::Ulock);
        conforms::<Private11>();
        conforms::<Shared11>();
    }

    #[cfg(not(futex_event_apple_public))]
    #[test]
    fn macos_10_15_has_private_calls_with_microseconds() {
        use on_macos_10_15::{choose, Calls};

        assert_eq!(on(System::MacOs10_15, choose), Calls::Ulock);
        conforms::<Private10_15>();
        conforms::<Shared10_15>();
    }

    #[cfg(not(futex_event_apple_public))]
    #[test]
    fn macos_10_12_has_private_calls_for_private_words_and_polls_shared_ones() {
        use on_macos_10_12::{choose, Calls};

        assert_eq!(on(System::MacOs10_12, choose), Calls::Ulock);
        conforms::<Private10_12>();
        is_polled::<Shared10_12>();
        conformance::keeps_errno::<Shared10_12>();
    }

    #[cfg(feature = "std")]
    #[test]
    fn without_calls_private_words_sleep_by_the_fallback() {
        use on_macos_10_11::{choose, Calls};

        assert_eq!(on(System::MacOs10_11, choose), Calls::Missing);
        conforms::<Private10_11>();
    }

    #[test]
    fn without_calls_shared_words_are_looked_at_again_and_again() {
        use on_macos_10_11::{choose, Calls};

        assert_eq!(on(System::MacOs10_11, choose), Calls::Missing);
        is_polled::<Shared10_11>();
    }

    #[cfg(futex_event_apple_public)]
    #[test]
    fn private_calls_are_left_out() {
        use on_macos_11::{choose, Calls};

        assert_eq!(on(System::MacOs11, choose), Calls::Missing);
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
