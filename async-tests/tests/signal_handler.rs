//! A `set` in a signal handler, of events for which tasks wait: with an allocator that counts, and a filter that allows
//! only a few system calls.

#![cfg(target_os = "linux")]

#[path = "../../tests/common/allocations.rs"]
mod allocations;
#[path = "../../tests/common/seccomp.rs"]
#[allow(dead_code)] // This program uses only a part.
mod seccomp;
#[path = "../../tests/common/signals.rs"]
#[allow(dead_code)] // As above.
mod signals;

use allocations::allocations;
use async_tests::{in_time, tokio_threads};
use futex_event::{wait_any_async, AutoResetEvent, Event};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

static TOKEN: AutoResetEvent = AutoResetEvent::new();
static MANUAL: Event = Event::new();
/// How often the handler has allocated, or changed `errno`.
static FAULTS: AtomicU64 = AtomicU64::new(0);
static TOKENS_TAKEN: AtomicU64 = AtomicU64::new(0);
static PULSES_SEEN: AtomicU64 = AtomicU64::new(0);

extern "C" fn set(_: i32) {
    // SAFETY: it belongs to this thread.
    let errno = unsafe { &mut *libc::__errno_location() };
    let kept = *errno;
    *errno = 77;
    let allocations = allocations(|| {
        TOKEN.set();
        MANUAL.set();
    });
    FAULTS.fetch_add(allocations, Relaxed);
    FAULTS.fetch_add(u64::from(*errno != 77), Relaxed);
    *errno = kept;
}

#[test]
fn a_set_in_a_signal_handler_reaches_tasks_and_does_nothing_that_a_handler_may_not() {
    const ROUNDS: u64 = 2_000;
    in_time(|| {
        signals::on_signal(libc::SIGUSR1, set);
        let runtime = tokio_threads();
        let never: &'static Event = Box::leak(Box::new(Event::new()));
        runtime.spawn(async move {
            loop {
                wait_any_async((never, &TOKEN)).await;
                TOKENS_TAKEN.fetch_add(1, Relaxed);
            }
        });
        runtime.spawn(async {
            loop {
                MANUAL.wait_async().await;
                MANUAL.clear();
                PULSES_SEEN.fetch_add(1, Relaxed);
            }
        });
        let setter = thread::spawn(|| {
            // SAFETY: the calls have no conditions.
            let (process, thread) = unsafe { (libc::getpid(), libc::gettid()) };
            seccomp::install(&seccomp::allowing_only(&[
                libc::SYS_futex,
                libc::SYS_tgkill,
                libc::SYS_rt_sigreturn,
                libc::SYS_sched_yield,
                // For the end of the thread, and of the process.
                libc::SYS_exit,
                libc::SYS_exit_group,
                libc::SYS_madvise,
                libc::SYS_munmap,
                libc::SYS_sigaltstack,
                libc::SYS_rt_sigprocmask,
            ]));
            for round in 0..ROUNDS {
                // SAFETY: the thread is this one.
                unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
                while TOKENS_TAKEN.load(Relaxed) == round || PULSES_SEEN.load(Relaxed) == round {
                    thread::yield_now();
                }
            }
        });
        setter.join().unwrap();
        assert_eq!(TOKENS_TAKEN.load(Relaxed), ROUNDS);
        assert_eq!(PULSES_SEEN.load(Relaxed), ROUNDS);
        assert_eq!(FAULTS.load(Relaxed), 0);
    });
}
