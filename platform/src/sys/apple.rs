//! macOS, iOS and Apple's other systems: `os_sync_wait_on_address`, or `__ulock_wait2` under it.
//!
//! | calls | since | a timeout is |
//! | --- | --- | --- |
//! | `os_sync_…`, public | macOS 14.4, iOS and tvOS 17.4, watchOS 10.4, visionOS 1.1 | nanoseconds, not zero |
//! | `__ulock_wait2`, `__ulock_wake`, private | macOS 11 | nanoseconds, zero means forever |
//! | `__ulock_wait`, `__ulock_wake`, private | macOS 10.12 | 32 bits of microseconds, zero means forever |
//!
//! The first of these that the system has is used. The public calls only call the private ones, so all find the same sleeping
//! threads, also across processes that use different ones. A process that uses none of them, because the system lacks the
//! public calls and the private ones are left out of the program, finds no sleeping threads of other processes: if it sets a
//! shared word, a thread that sleeps by a call in another process sleeps on. So on a system without the public calls, all
//! programs that share a word have the private calls, or none has; a program for Mac Catalyst has none.
//! [os/os_sync_wait_on_address.h and src/os/lock.c in libplatform; bsd/sys/ulock.h and bsd/kern/sys_ulock.c in xnu]
//!
//! UL_COMPARE_AND_WAIT_SHARED, for shared words, came with macOS 10.15 (xnu-6153). An older kernel finds words by their process
//! and address only, and answers EINVAL: then shared words are polled every millisecond.
//!
//! The kernel finds a private word by its process and address, and a shared one by the memory object of its page. So a shared
//! word has to be in shared memory, as the header says. After a `fork`, the first write to other memory copies it into another
//! object, and a later wake does not find the threads that went to sleep before. The same happens once to anonymous shared memory
//! that was split before its first `fork`, by an `munmap` or `mprotect` of a part.
//! [osfmk/vm/vm_map.c: vm_map_fork_share, read in the source only]
//!
//! All timeouts are relative. The kernel measures them by mach_absolute_time, which stands still while the system is asleep;
//! so does CLOCK_UPTIME_RAW, the clock here. The kernel rounds a timeout down to a tick of it, 42 ns on Apple's processors. So
//! the clock is read again before a deadline counts as passed. [man 3 clock_gettime; osfmk/kern/clock.c in xnu]
//!
//! # Private calls
//!
//! The App Store rejects programs that contain the name of a private function. Programs for iOS and the others are distributed
//! through it, so for these systems the private calls are left out. For macOS, the builder of the program decides:
//! `--cfg futex_event_apple_public` leaves them out there too. This is not a feature of the crate, because cargo unites
//! features: a feature that leaves the calls out would take them from crates that did not ask for it, and a feature that adds
//! them could be enabled by any crate in a program, and not be disabled by its author.
//!
//! If this leaves no call, waits and wakes use [`without_futex`].
//!
//! # The choice of the calls, and signal handlers
//!
//! A function that a system may lack is looked up by its name. `dlsym` takes a lock of the loader and so may not be called in
//! a signal handler, in which a wake may. So a wait looks the functions up, before it first sleeps, and a wake does not. If a
//! wake of a private word finds that no thread has looked them up, then no thread sleeps: see [`chosen_by_sleepers`]. On a
//! shared word, threads of other processes may sleep, so there a wake has to look the functions up if it is the first call of
//! the process. To be safe in a signal handler, a process wakes any shared word once before.
//!
//! A process chooses once, for its waits and its wakes, and the child of a `fork` inherits the choice. (If the child has to
//! choose, because the parent had not waited, it relies on the loader's own handling of `fork`.)
//!
//! # What the kernel answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | 0 or more | woken, or the word was not `expected`: check again |
//! | wait | EINTR | a signal, also with SA_RESTART, or a spurious return: check again |
//! | wait | EFAULT | the word's page is not in memory; the check brings it in |
//! | wait | ETIMEDOUT | the time is over, except for a tick: read the clock, see [`timed_out`] |
//! | wait | EINVAL, before macOS 10.15 | the word is shared, and the kernel cannot sleep on it: see [`nap`] |
//! | wait | EDOM, or EINVAL from the public call | a thread sleeps at this address by another kind of call, on what was there before: see [`nap`] |
//! | wait | any other error, such as ENOMEM | the kernel refuses: see [`nap`] |
//! | wake | EINTR | not documented, but Apple's own callers of `__ulock_wake` try again |
//! | wake | ENOENT, EINVAL, EDOM | no thread sleeps there; the word may be gone and its page unmapped. For a shared word that this process has unmapped: none is found there |
//!
//! Every call leaves `errno` as it found it.

use crate::sys::units::{self, NANOSECOND};
use crate::sys::unix::{keep_errno, nap, timed_out};
use crate::sys::{without_futex, Count, Scope};
use crate::Deadline;
use core::ffi::c_void;
use core::mem::{self, size_of};
use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU8};
use core::time::Duration;
use libc::c_int;

#[cfg(target_vendor = "apple")]
use libc::dlsym;
// Simulated.
#[cfg(not(target_vendor = "apple"))]
use super::dlsym;

pub(crate) use crate::sys::unix::now;

/// The calls that this process uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    OsSync = 1,
    Ulock = 2,
    Missing = 3,
}

/// Zero until the calls are chosen. It changes once.
static CHOICE: AtomicU8 = AtomicU8::new(0);

impl Calls {
    fn from_choice(choice: u8) -> Option<Self> {
        let all = [Self::OsSync, Self::Ulock, Self::Missing];
        all.iter().copied().find(|calls| *calls as u8 == choice)
    }

    /// Looks up what the system has.
    fn find() -> Self {
        if os_sync::find() {
            Self::OsSync
        } else if ulock::find() {
            Self::Ulock
        } else {
            Self::Missing
        }
    }
}

/// The choice, which is made here if it has not been made. Making it is not async-signal-safe.
pub(crate) fn choose() -> Calls {
    chosen().unwrap_or_else(|| {
        let (found, _) = keep_errno(Calls::find);
        let before = CHOICE.compare_exchange(0, found as u8, AcqRel, Acquire);
        before.err().and_then(Calls::from_choice).unwrap_or(found)
    })
}

/// The choice, if it has been made.
fn chosen() -> Option<Calls> {
    // Acquire: makes the addresses of the functions visible, which are stored before the choice.
    Calls::from_choice(CHOICE.load(Acquire))
}

/// The choice of the threads that may be asleep, or `None` if no thread is. For wakes: for a private word this looks nothing
/// up.
///
/// Suppose that a wake comes here, after the change of its word, and finds no choice. It then writes to `CHOICE` the value that
/// is there. A thread that chooses later does so by a compare-exchange, which reads that write or a later one, and the threads
/// that wait read the choice, by release and acquire in each step. So the change happens before each of these waits, and when
/// the kernel compares the word for one of them, it finds the change and does not let the thread sleep.
fn chosen_by_sleepers(scope: Scope) -> Option<Calls> {
    match scope {
        Scope::Private => chosen().or_else(|| {
            let mark = CHOICE.compare_exchange(0, 0, AcqRel, Acquire);
            mark.err().and_then(Calls::from_choice)
        }),
        Scope::Shared => Some(choose()),
    }
}

pub(crate) fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
    scope: Scope,
) -> bool {
    let left = deadline.remaining(now);
    // None of the calls takes zero as no time.
    if left == Some(Duration::ZERO) {
        return false;
    }
    let answer = match choose() {
        Calls::OsSync => os_sync::wait(word, expected, left, scope),
        Calls::Ulock => ulock::wait(word, expected, left, scope),
        Calls::Missing => missing::wait(word, expected, left, scope),
    };
    match meaning(answer) {
        Meaning::CheckAgain => true,
        Meaning::ReadTheClock => timed_out(deadline),
        // Relaxed: a wait orders nothing.
        Meaning::Refused => word.load(Relaxed) != expected || nap(deadline),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    CheckAgain,
    ReadTheClock,
    Refused,
}

/// The table above.
fn meaning(answer: Result<(), c_int>) -> Meaning {
    match answer {
        Ok(()) | Err(libc::EINTR) | Err(libc::EFAULT) => Meaning::CheckAgain,
        Err(libc::ETIMEDOUT) => Meaning::ReadTheClock,
        Err(_) => Meaning::Refused,
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, scope: Scope) {
    let calls = match chosen_by_sleepers(scope) {
        Some(calls) => calls,
        None => return,
    };
    let once = || match calls {
        Calls::OsSync => os_sync::wake(word, count, scope),
        Calls::Ulock => ulock::wake(word, count, scope),
        Calls::Missing => missing::wake(word, count, scope),
    };
    while once() == Err(libc::EINTR) {}
}

/// The time for a call that takes nanoseconds, to which zero means forever or is not allowed.
///
/// At most 292 years, so that no kernel overflows 64 bits when it adds the time since it started.
fn nanoseconds(left: Option<Duration>) -> u64 {
    left.map_or(0, |left| units::round_up(left, NANOSECOND, i64::MAX as u64))
}

/// Functions of the C library that a system may lack: a module for each, with `find`, which looks it up and returns whether
/// it is there, and `call`.
macro_rules! looked_up {
    ($(fn $name:ident($($parameter:ident: $type:ty),* $(,)?) -> c_int;)*) => {$(
        mod $name {
            use super::*;

            static ADDRESS: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

            pub(super) fn find() -> bool {
                let name = concat!(stringify!($name), "\0");
                // SAFETY: the string ends with a zero byte.
                let address = unsafe { dlsym(libc::RTLD_DEFAULT, name.as_ptr().cast()) };
                // Relaxed: the callers acquire the choice, which is released after this.
                ADDRESS.store(address, Relaxed);
                is_found()
            }

            pub(super) fn is_found() -> bool {
                !ADDRESS.load(Relaxed).is_null()
            }

            /// # Safety
            ///
            /// The function has been found, and its conditions are met.
            pub(super) unsafe fn call($($parameter: $type),*) -> c_int {
                type Function = unsafe extern "C" fn($($type),*) -> c_int;
                let address = ADDRESS.load(Relaxed);
                // SAFETY: the function of this name was found, so this is its address; by the header, this is its type.
                let function: Function = unsafe { mem::transmute(address) };
                // SAFETY: by the contract of this function.
                unsafe { function($($parameter),*) }
            }
        }
    )*};
}

/// [os/os_sync_wait_on_address.h, os/clock.h]
mod os_sync {
    use super::*;
    use crate::sys::unix::result;

    looked_up! {
        fn os_sync_wait_on_address(address: *mut c_void, value: u64, size: usize, flags: u32) -> c_int;
        fn os_sync_wait_on_address_with_timeout(
            address: *mut c_void, value: u64, size: usize, flags: u32, clock: u32, timeout: u64,
        ) -> c_int;
        fn os_sync_wake_by_address_any(address: *mut c_void, size: usize, flags: u32) -> c_int;
        fn os_sync_wake_by_address_all(address: *mut c_void, size: usize, flags: u32) -> c_int;
    }

    /// OS_SYNC_WAIT_ON_ADDRESS_SHARED and OS_SYNC_WAKE_BY_ADDRESS_SHARED.
    const SHARED: u32 = 1;
    /// OS_CLOCK_MACH_ABSOLUTE_TIME.
    const CLOCK: u32 = 32;
    const SIZE: usize = size_of::<u32>();

    pub(super) fn find() -> bool {
        os_sync_wait_on_address::find()
            && os_sync_wait_on_address_with_timeout::find()
            && os_sync_wake_by_address_any::find()
            && os_sync_wake_by_address_all::find()
    }

    pub(super) fn wait(
        word: &AtomicU32,
        expected: u32,
        left: Option<Duration>,
        scope: Scope,
    ) -> Result<(), c_int> {
        let (address, value, flags) = (address(word), expected.into(), flags(scope));
        // SAFETY: the choice says that the functions were found. They read the word and write nothing.
        result(|| unsafe {
            match nanoseconds(left) {
                0 => os_sync_wait_on_address::call(address, value, SIZE, flags),
                time => os_sync_wait_on_address_with_timeout::call(
                    address, value, SIZE, flags, CLOCK, time,
                ),
            }
        })
    }

    pub(super) fn wake(word: *const AtomicU32, count: Count, scope: Scope) -> Result<(), c_int> {
        let (address, flags) = (address(word), flags(scope));
        // SAFETY: the choice says that the functions were found. They look the address up and do not touch the memory.
        result(|| unsafe {
            match count {
                Count::One => os_sync_wake_by_address_any::call(address, SIZE, flags),
                Count::All => os_sync_wake_by_address_all::call(address, SIZE, flags),
            }
        })
    }

    fn flags(scope: Scope) -> u32 {
        match scope {
            Scope::Private => 0,
            Scope::Shared => SHARED,
        }
    }

    /// The C library has these names, with these types, according to the crate `libc`.
    #[cfg(all(test, target_vendor = "apple"))]
    #[allow(dead_code)] // Compiled, but not linked, because older systems lack these functions.
    fn names() {
        let _: unsafe extern "C" fn(*mut c_void, u64, usize, u32) -> c_int =
            libc::os_sync_wait_on_address;
        let _: unsafe extern "C" fn(*mut c_void, u64, usize, u32, u32, u64) -> c_int =
            libc::os_sync_wait_on_address_with_timeout;
        let _: [unsafe extern "C" fn(*mut c_void, usize, u32) -> c_int; 2] = [
            libc::os_sync_wake_by_address_any,
            libc::os_sync_wake_by_address_all,
        ];
        const _: () = assert!(libc::OS_SYNC_WAIT_ON_ADDRESS_SHARED == SHARED);
        const _: () = assert!(libc::OS_SYNC_WAKE_BY_ADDRESS_SHARED == SHARED);
        const _: () = assert!(libc::OS_CLOCK_MACH_ABSOLUTE_TIME == CLOCK);
    }
}

/// [bsd/sys/ulock.h in xnu]
#[cfg(not(any(
    futex_event_apple_public,
    all(target_vendor = "apple", not(target_os = "macos"))
)))]
mod ulock {
    use super::*;
    use crate::sys::units::MICROSECOND;

    looked_up! {
        fn __ulock_wait(operation: u32, address: *mut c_void, value: u64, microseconds: u32) -> c_int;
        fn __ulock_wait2(
            operation: u32, address: *mut c_void, value: u64, nanoseconds: u64, value2: u64,
        ) -> c_int;
        fn __ulock_wake(operation: u32, address: *mut c_void, thread: u64) -> c_int;
    }

    const UL_COMPARE_AND_WAIT: u32 = 1;
    const UL_COMPARE_AND_WAIT_SHARED: u32 = 3;
    const ULF_WAKE_ALL: u32 = 0x100;
    /// An error is returned as a negative number, and `errno` is unchanged.
    const ULF_NO_ERRNO: u32 = 0x0100_0000;

    pub(super) fn find() -> bool {
        __ulock_wake::find() && (__ulock_wait2::find() || __ulock_wait::find())
    }

    pub(super) fn wait(
        word: &AtomicU32,
        expected: u32,
        left: Option<Duration>,
        scope: Scope,
    ) -> Result<(), c_int> {
        let (operation, address, value) = (operation(scope), address(word), expected.into());
        // SAFETY: the choice says that one of the two was found. They read the word and write nothing.
        result(unsafe {
            if __ulock_wait2::is_found() {
                __ulock_wait2::call(operation, address, value, nanoseconds(left), 0)
            } else {
                __ulock_wait::call(operation, address, value, microseconds(left))
            }
        })
    }

    pub(super) fn wake(word: *const AtomicU32, count: Count, scope: Scope) -> Result<(), c_int> {
        let all = match count {
            Count::One => 0,
            Count::All => ULF_WAKE_ALL,
        };
        // SAFETY: the choice says that the function was found. It looks the address up and does not touch the memory.
        result(unsafe { __ulock_wake::call(operation(scope) | all, address(word), 0) })
    }

    fn operation(scope: Scope) -> u32 {
        let compare_and_wait = match scope {
            Scope::Private => UL_COMPARE_AND_WAIT,
            Scope::Shared => UL_COMPARE_AND_WAIT_SHARED,
        };
        compare_and_wait | ULF_NO_ERRNO
    }

    /// The time for the call that takes microseconds: at most an hour and eleven minutes. Zero means forever.
    fn microseconds(left: Option<Duration>) -> u32 {
        left.map_or(0, |left| {
            units::round_up(left, MICROSECOND, u32::MAX.into()) as u32
        })
    }

    fn result(answer: c_int) -> Result<(), c_int> {
        if answer < 0 {
            Err(-answer)
        } else {
            Ok(())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_part_of_a_microsecond_counts_as_one_and_only_never_is_zero() {
            assert_eq!(microseconds(None), 0);
            assert_eq!(microseconds(Some(NANOSECOND)), 1);
            assert_eq!(microseconds(Some(MICROSECOND + NANOSECOND)), 2);
            assert_eq!(microseconds(Some(MICROSECOND * u32::MAX)), u32::MAX);
            assert_eq!(
                microseconds(Some(MICROSECOND * u32::MAX + NANOSECOND)),
                u32::MAX
            );
            assert_eq!(microseconds(Some(Duration::MAX)), u32::MAX);
        }
    }
}

/// Not even their names are in the program.
#[cfg(any(
    futex_event_apple_public,
    all(target_vendor = "apple", not(target_os = "macos"))
))]
use missing as ulock;

/// What is used instead of calls that the system lacks, or that are left out.
mod missing {
    use super::*;

    /// False, as for calls that the system lacks.
    #[allow(dead_code)] // Called if the private calls are left out.
    pub(super) fn find() -> bool {
        false
    }

    pub(super) fn wait(
        word: &AtomicU32,
        expected: u32,
        left: Option<Duration>,
        scope: Scope,
    ) -> Result<(), c_int> {
        if without_futex::wait(word, expected, left, scope) {
            Ok(())
        } else {
            Err(libc::ETIMEDOUT)
        }
    }

    pub(super) fn wake(word: *const AtomicU32, count: Count, scope: Scope) -> Result<(), c_int> {
        without_futex::wake(word, count, scope);
        Ok(())
    }
}

fn address(word: *const AtomicU32) -> *mut c_void {
    word as *mut c_void
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_errors_than_those_of_every_wait_are_refusals() {
        for answer in [Ok(()), Err(libc::EINTR), Err(libc::EFAULT)] {
            assert_eq!(meaning(answer), Meaning::CheckAgain);
        }
        assert_eq!(meaning(Err(libc::ETIMEDOUT)), Meaning::ReadTheClock);
        for error in [libc::EINVAL, libc::ENOMEM, libc::ENOSYS, libc::EPERM] {
            assert_eq!(meaning(Err(error)), Meaning::Refused);
        }
    }

    #[test]
    fn only_never_is_zero_nanoseconds() {
        assert_eq!(nanoseconds(None), 0);
        assert_eq!(nanoseconds(Some(NANOSECOND)), 1);
        assert_eq!(nanoseconds(Some(Duration::MAX)), i64::MAX as u64);
    }

    #[test]
    fn a_choice_survives_its_encoding() {
        for calls in [Calls::OsSync, Calls::Ulock, Calls::Missing] {
            assert_eq!(Calls::from_choice(calls as u8), Some(calls));
        }
        assert_eq!(Calls::from_choice(0), None);
    }

    #[cfg(all(target_os = "macos", not(futex_event_apple_public)))]
    #[test]
    fn a_mac_has_calls() {
        assert_ne!(choose(), Calls::Missing);
    }
}
