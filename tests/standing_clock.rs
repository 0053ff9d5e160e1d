//! Waits with a timeout while the clock stands still, as under libfaketime, or where a filter refuses to tell the time: the
//! kernel says that the time is over, and the clock that it is not. Such a wait lasts until its event is set. It sleeps
//! meanwhile.
//!
//! This is a program of its own, whose `clock_gettime` can stand still.

#![cfg(target_os = "linux")]

mod common;

use common::clock::by_system_call;
use common::is_emulated;
use common::seccomp::HAS_TIME64;
use futex_event::platform::{FallbackFutex, PrivateFutex, SharedFutex, TimedFutex};
use futex_event::{AnyOf, AutoResetEvent, Event, Spin};
use std::os::raw::c_int;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Where CLOCK_MONOTONIC stands, in nanoseconds, or zero while it runs.
static STANDS_AT: AtomicU64 = AtomicU64::new(0);

/// Replaces the C library's function.
#[no_mangle]
unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> c_int {
    let stands_at = STANDS_AT.load(Relaxed);
    if clock != libc::CLOCK_MONOTONIC || stands_at == 0 {
        // SAFETY: the caller's time may be written.
        return unsafe { by_system_call(clock, time) };
    }
    // SAFETY: as above.
    let time = unsafe { &mut *time };
    time.tv_sec = (stands_at / 1_000_000_000) as _;
    time.tv_nsec = (stands_at % 1_000_000_000) as _;
    0
}

/// The time by this clock, which does not stand still.
fn time_by(clock: libc::clockid_t) -> Duration {
    // SAFETY: it consists of integers.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: the time may be written.
    assert_eq!(unsafe { by_system_call(clock, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A thread that waits with a timeout, and what ends its wait.
struct Waiter {
    name: String,
    /// Returns whether the wait was released, how long it lasted, and how long it ran on a CPU.
    thread: JoinHandle<(bool, Duration, Duration)>,
    set: Box<dyn FnOnce()>,
}

impl Waiter {
    fn start<E: Send + Sync + 'static, T: 'static>(
        name: String,
        timeout: Duration,
        event: E,
        wait: fn(&E, Duration) -> bool,
        set: fn(&E) -> T,
    ) -> Self {
        let event = Arc::new(event);
        let thread = thread::spawn({
            let event = Arc::clone(&event);
            move || {
                let clocks = [libc::CLOCK_MONOTONIC_RAW, libc::CLOCK_THREAD_CPUTIME_ID];
                let before = clocks.map(time_by);
                let released = wait(&event, timeout);
                let after = clocks.map(time_by);
                (released, after[0] - before[0], after[1] - before[1])
            }
        });
        let set = Box::new(move || {
            set(&event);
        });
        Self { name, thread, set }
    }

    fn slept_until_set(self) {
        (self.set)();
        let (released, lasted, ran) = self.thread.join().unwrap();
        let name = self.name;
        assert!(released, "{name}: it timed out, and no time has passed");
        // It sleeps for a millisecond at a time, which in an emulator takes an eighth of the time.
        let limit = lasted / if is_emulated() { 4 } else { 10 };
        assert!(ran < limit, "{name}: it ran for {ran:?} of {lasted:?}");
    }
}

/// Waits of each kind on words of this type.
fn waits_on<F: TimedFutex + Default + Send>(timeout: Duration) -> Vec<Waiter> {
    let name = |kind| format!("{kind}<{}>, {timeout:?}", std::any::type_name::<F>());
    vec![
        Waiter::start(
            name("Event"),
            timeout,
            Event::<F>::with_futex(F::default()),
            |event, timeout| event.wait_timeout(timeout),
            |event| event.set(),
        ),
        Waiter::start(
            name("interruptible Event"),
            timeout,
            Event::<F>::with_futex(F::default()),
            |event, timeout| event.wait_timeout_interruptible(timeout, || false) == Ok(true),
            |event| event.set(),
        ),
        Waiter::start(
            name("AutoResetEvent"),
            timeout,
            AutoResetEvent::<F>::with_futex(F::default()),
            |event, timeout| event.wait_timeout(timeout),
            |event| event.set(),
        ),
        Waiter::start(
            name("wait_any on Event"),
            timeout,
            [(); 2].map(|()| Event::<F>::with_futex(F::default())),
            |events, timeout| {
                let any = AnyOf(events);
                any.spinning(Spin::NEVER).wait_timeout(timeout) == Some(1)
            },
            |events| events[1].set(),
        ),
    ]
}

/// With 64-bit time on a 32-bit processor, std reads its clock by another function, which does not stand still here.
fn waits_on_fallback_words(timeout: Duration) -> Vec<Waiter> {
    if HAS_TIME64 {
        return Vec::new();
    }
    waits_on::<FallbackFutex>(timeout)
}

/// A `SharedFutex` is for manual-reset events only.
fn waits_on_shared_words(timeout: Duration) -> Vec<Waiter> {
    vec![Waiter::start(
        format!("Event<SharedFutex>, {timeout:?}"),
        timeout,
        Event::with_futex(SharedFutex::new(0)),
        |event, timeout| event.wait_timeout(timeout),
        |event| event.set(),
    )]
}

#[test]
fn a_timed_wait_sleeps_while_the_clock_stands_still() {
    // Few at a time, so that those that do not sleep can run.
    let waits: [fn(Duration) -> Vec<Waiter>; 3] = [
        waits_on::<PrivateFutex>,
        waits_on_fallback_words,
        waits_on_shared_words,
    ];
    // Where it is; and, as if it could not be read, where it was when the system started.
    for stands_at in [time_by(libc::CLOCK_MONOTONIC).as_nanos() as u64, 1] {
        STANDS_AT.store(stands_at, Relaxed);
        // The rest of the time is too short for a sleep, and long enough for one.
        for timeout in [Duration::from_nanos(1), Duration::from_millis(20)] {
            for start in waits {
                let waiters = start(timeout);
                thread::sleep(Duration::from_millis(120));
                waiters.into_iter().for_each(Waiter::slept_until_set);
            }
        }
        STANDS_AT.store(0, Relaxed);
    }
}
