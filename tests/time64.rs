//! 32-bit Linux without the calls that take 32-bit time, as a kernel without CONFIG_COMPAT_32BIT_TIME is.
//!
//! In `linux.rs` the kernel itself is made to say so, by a seccomp filter. Here the program says it in the kernel's place,
//! which works in an emulator too. All other tests use the call with 32-bit time.

#![cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86", target_arch = "arm"),
    not(futex_event_fallback)
))]

mod common;

use common::{until_parked, Watched, PATIENCE};
use futex_event::platform::PrivateFutex;
use futex_event::{AutoResetEvent, Event, Spin};
use libc::{c_char, c_long};
use std::cell::Cell;
use std::mem::transmute;
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

/// `futex_time64`. [arch/x86/entry/syscalls/syscall_32.tbl, arch/arm/tools/syscall.tbl]
const SYS_FUTEX_TIME64: c_long = 422;

thread_local! {
    /// Whether the old call is gone. For std it must not be: it uses no other.
    static GONE: Cell<bool> = const { Cell::new(false) };
    /// How often this thread has made the old call and was refused, and how often it has made the new one.
    static CALLS: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

type Syscall = unsafe extern "C" fn(c_long, ...) -> c_long;

/// Replaces the C library's function, which is variadic. On these processors the arguments are passed in the same places as
/// if there were always six.
#[no_mangle]
unsafe extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    let (old, new) = CALLS.with(Cell::get);
    if number == SYS_FUTEX_TIME64 {
        CALLS.with(|calls| calls.set((old, new + 1)));
    }
    if number == libc::SYS_futex && GONE.with(Cell::get) {
        CALLS.with(|calls| calls.set((old + 1, new)));
        // SAFETY: the thread's own.
        unsafe { *libc::__errno_location() = libc::ENOSYS };
        return -1;
    }
    // SAFETY: the C library's own function is the next of this name, and it gets what its caller gave.
    unsafe {
        let name: *const c_char = b"syscall\0".as_ptr().cast();
        let next: Syscall = transmute(libc::dlsym(libc::RTLD_NEXT, name));
        next(number, a, b, c, d, e, f)
    }
}

/// How often this thread made the old call in `work`, and how often the new one.
fn calls(work: impl FnOnce()) -> (u32, u32) {
    CALLS.with(Cell::take);
    work();
    CALLS.with(Cell::take)
}

/// The same, with the old call gone. `work` must not use std's own waits.
fn calls_with_the_old_one_gone(work: impl FnOnce()) -> (u32, u32) {
    calls(|| {
        GONE.with(|gone| gone.set(true));
        work();
        GONE.with(|gone| gone.set(false));
    })
}

/// Has the library learn that the old call is gone, if it has not.
fn learn() {
    static LEARNED: Once = Once::new();
    LEARNED.call_once(|| {
        let event = Event::new();
        // A wait that spins until its deadline makes no call.
        let event = event.spinning(Spin::NEVER);
        let sleep = || assert!(!event.wait_timeout(Duration::from_nanos(1)));
        assert_eq!(calls_with_the_old_one_gone(sleep), (1, 1));
    });
}

#[test]
fn the_old_call_is_not_tried_again() {
    learn();
    let event = Event::new();
    let (old, new) = calls_with_the_old_one_gone(|| {
        event.wait_timeout(Duration::from_millis(1));
        event.set();
    });
    assert_eq!(old, 0);
    // To sleep and to wake.
    assert!(new >= 2);
}

#[test]
fn false_is_never_early() {
    learn();
    let event = AutoResetEvent::new();
    for nanoseconds in [1, 1_000_000, 30_000_001] {
        let timeout = Duration::from_nanos(nanoseconds);
        let begun = Instant::now();
        assert!(!event.wait_timeout(timeout));
        let taken = begun.elapsed();
        assert!(
            taken >= timeout && taken < PATIENCE,
            "{taken:?} instead of {timeout:?}"
        );
    }
}

/// In one sleep: the kernel gets the whole of a time that does not fit into the old call's type.
#[test]
fn a_far_deadline_is_slept_for() {
    learn();
    for seconds in [1 << 31, 1 << 33, u64::MAX] {
        let event = Event::with_futex(Watched::<PrivateFutex>::default());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                calls(|| assert!(event.wait_timeout(Duration::new(seconds, 999_999_999))))
            });
            until_parked(&event, 1);
            event.set();
            assert_eq!(waiter.join().unwrap(), (0, 1));
        });
    }
}

#[test]
fn no_hand_off_is_lost() {
    const ROUNDS: u32 = 2_000;
    learn();
    let ping = Event::with_futex(Watched::<PrivateFutex>::default());
    let pong = AutoResetEvent::with_futex(Watched::<PrivateFutex>::default());
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                ping.wait();
                ping.clear();
                pong.set();
            }
        });
        for _ in 0..ROUNDS {
            ping.set();
            pong.wait();
        }
    });
}
