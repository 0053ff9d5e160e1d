//! System calls, `errno`, signals, `fork` and memory: what the events promise about them, checked with the kernel's help.

#![cfg(all(
    target_os = "linux",
    not(any(futex_event_fallback, futex_event_simulated))
))]

mod common;

use common::process::{assert_held, fork, held, in_child, leave};
use common::seccomp::{filter, filter_naps, filter_without, REFUSE};
use common::signals::{alarm_in, on_signal, unblock};
use common::{
    is_asleep, thread_id, until, until_listening, until_parked, AnyEvent, Watched, PATIENCE,
};
use futex_event::platform::{Deadline, Futex, PrivateFutex, TimedFutex};
use futex_event::{
    wait_any, wait_any_timeout, wait_any_timeout_interruptible, AutoResetEvent, Event, EventCount,
    Interrupted, SharedEvent, Spin, Waitable,
};
use std::fmt::Debug;
use std::io::Write;
use std::mem::zeroed;
use std::os::raw::c_long;
use std::os::unix::thread::JoinHandleExt;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

fn errno() -> &'static mut i32 {
    // SAFETY: it belongs to this thread, and each use lasts for one statement.
    unsafe { &mut *libc::__errno_location() }
}

#[test]
fn only_wakes_of_parked_threads_are_system_calls() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: i32) {
        CALLS.fetch_add(1, Relaxed);
    }

    in_child(|| {
        let quiet = Event::new();
        let (moment, never) = (Duration::from_millis(1), Spin::NEVER);
        let parked = Event::new();
        parked.spinning(never).wait_timeout(moment);
        let shared = SharedEvent::new();
        shared.spinning(never).wait_timeout(moment);
        on_signal(libc::SIGSYS, count);
        filter(libc::SYS_futex, libc::SECCOMP_RET_TRAP);

        let mut held = quiet.set() && !quiet.set() && quiet.is_set() && quiet.try_wait();
        quiet.wait();
        held &= quiet.wait_timeout(Duration::MAX);
        held &= quiet.clear() && !quiet.clear() && !quiet.try_wait();
        held &= !quiet.wait_timeout(Duration::ZERO);
        held &= CALLS.load(Relaxed) == 0;

        let quiet = AutoResetEvent::new();
        held &= quiet.set() && !quiet.set() && quiet.is_set() && quiet.try_wait();
        held &= !quiet.try_wait() && quiet.set() && quiet.clear() && !quiet.clear();
        held &= quiet.set() && quiet.wait_timeout(Duration::MAX) && quiet.set();
        quiet.wait();
        held &= !quiet.wait_timeout(Duration::ZERO);
        held &= CALLS.load(Relaxed) == 0;

        let quiet = EventCount::new();
        quiet.notify_one();
        quiet.notify_all();
        let tickets = [(); 4].map(|()| quiet.prepare());
        quiet.notify_one();
        let [first, second, third, fourth] = tickets;
        first.wait();
        held &= second.wait_timeout(Duration::MAX) && third.wait_timeout(Duration::ZERO);
        drop(fourth);
        held &= !quiet.prepare().wait_timeout(Duration::ZERO);
        quiet.notify_all();
        held &= quiet.wait_until(|| Some(true));
        held &= CALLS.load(Relaxed) == 0;

        let quiet = SharedEvent::new();
        held &= quiet.set() && !quiet.set() && quiet.is_set() && quiet.try_wait();
        held &= quiet.wait_timeout(Duration::MAX) && quiet.clear() && !quiet.clear();
        held &= CALLS.load(Relaxed) == 0;

        // A thread was parked here. By the word it may still be, until the next clear.
        held &= parked.set() && CALLS.load(Relaxed) == 1;
        held &= !parked.set() && parked.clear() && parked.set();
        held &= CALLS.load(Relaxed) == 1;

        // The process that has set the event may have been killed before its wake. So each operation wakes, until the clear.
        held &= shared.set() && CALLS.load(Relaxed) == 2;
        held &= !shared.set() && CALLS.load(Relaxed) == 3;
        held &= shared.clear() && CALLS.load(Relaxed) == 4;
        held &= shared.set() && !shared.set() && shared.clear();
        held && CALLS.load(Relaxed) == 4
    });
}

#[test]
fn a_wait_that_the_kernel_refuses_becomes_a_poll_and_not_a_busy_loop() {
    static EVENT: Event = Event::new();
    extern "C" fn set(_: i32) {
        EVENT.set();
    }

    in_child(|| {
        filter(libc::SYS_futex, REFUSE);

        let timeout = Duration::from_millis(100);
        let (begun, cpu, naps) = (Instant::now(), cpu_time(), sleeps());
        let mut held = !EVENT.wait_timeout(timeout);
        held &= begun.elapsed() >= timeout;
        held &= cpu_time() - cpu < timeout / 4;
        // On an idle machine it polls ninety times.
        held &= sleeps() - naps > 5;

        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_millis(20));
        EVENT.wait();
        held && EVENT.is_set()
    });
}

/// The filter counts the calls: one for the sleep, and one for the set that ends it.
#[test]
fn a_wait_for_any_event_is_one_call_and_the_set_that_ends_it_another() {
    let child = fork(|| {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        static EVENTS: [Event; 2] = [Event::new(), Event::new()];
        static WAKES: AtomicU32 = AtomicU32::new(0);
        extern "C" fn count(_: i32) {
            CALLS.fetch_add(1, Relaxed);
        }
        extern "C" fn set(_: i32) {
            // A trap kills the process if its signal is blocked, and ThreadSanitizer blocks all signals in a handler.
            unblock(libc::SIGSYS);
            let before = CALLS.load(Relaxed);
            EVENTS[1].set();
            WAKES.store(CALLS.load(Relaxed) - before, Relaxed);
        }

        on_signal(libc::SIGALRM, set);
        on_signal(libc::SIGSYS, count);
        // Counts only wakes: they differ from FUTEX_WAIT_BITSET in this bit.
        filter_without(8, libc::SYS_futex, libc::SECCOMP_RET_TRAP);
        let all: [&dyn Waitable; 2] = [&EVENTS[0], &EVENTS[1]];
        let sleeps_before = sleeps();
        let mut held = wait_any(all) == 1;
        held &= sleeps() - sleeps_before <= 2;
        held && CALLS.load(Relaxed) == 1 && WAKES.load(Relaxed) == 1
    });
    assert_held(child.status_after_alarms());
}

#[test]
fn a_wait_for_which_the_kernel_refuses_every_sleep_yields() {
    static TURNS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: i32) {
        TURNS.fetch_add(1, Relaxed);
    }

    in_child(|| {
        let event = Event::new();
        let timeout = Duration::from_millis(10);
        on_signal(libc::SIGSYS, count);
        filter(libc::SYS_sched_yield, libc::SECCOMP_RET_TRAP);
        filter(libc::SYS_futex, REFUSE);
        // The thread can still nap, so it does not yield.
        let mut held = !event.wait_timeout(timeout) && TURNS.load(Relaxed) == 0;
        filter_naps(REFUSE);
        held &= !event.wait_timeout(timeout);
        held && TURNS.load(Relaxed) > 0
    });
}

#[test]
fn a_wait_that_the_kernel_does_not_refuse_never_naps() {
    static EVENT: Event<Watched<PrivateFutex>> =
        Event::with_futex(Watched::new(PrivateFutex::new(0)));
    static WAITER: AtomicI32 = AtomicI32::new(0);
    static NAPS: AtomicU32 = AtomicU32::new(0);
    static INTERRUPTIONS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(signal: i32) {
        if signal == libc::SIGSYS {
            NAPS.fetch_add(1, Relaxed);
        } else {
            INTERRUPTIONS.fetch_add(1, Relaxed);
        }
    }

    on_signal(libc::SIGSYS, count);
    on_signal(libc::SIGURG, count);
    // The first sleep of the program starts a thread that naps, and that thread must not inherit the filter.
    common::watch();
    let waiter = thread::spawn(|| {
        WAITER.store(thread_id(), Relaxed);
        filter_naps(libc::SECCOMP_RET_TRAP);
        let word = PrivateFutex::new(0);
        word.wait(1);
        let deadline = Deadline::after(PrivateFutex::now(), Duration::from_millis(5));
        while word.wait_until(0, deadline) {}
        EVENT.wait();
    });
    until_parked(&EVENT, 1);
    send_signal(libc::SIGURG, &WAITER);
    until(|| INTERRUPTIONS.load(Relaxed) == 1);
    until_parked(&EVENT, 1);
    EVENT.set();
    waiter.join().unwrap();
    assert_eq!(NAPS.load(Relaxed), 0);
}

/// With FUTEX_PRIVATE_FLAG the kernel does not have to look up the page.
#[test]
fn every_call_has_the_private_flag() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: i32) {
        CALLS.fetch_add(1, Relaxed);
    }

    in_child(|| {
        on_signal(libc::SIGSYS, count);
        filter_without(
            libc::FUTEX_PRIVATE_FLAG as u32,
            libc::SYS_futex,
            libc::SECCOMP_RET_TRAP,
        );
        let word = PrivateFutex::new(0);
        word.wait(1);
        let deadline = Deadline::after(PrivateFutex::now(), Duration::from_millis(1));
        while word.wait_until(0, deadline) {}
        PrivateFutex::wake_one(&word);
        PrivateFutex::wake_all(&word);
        let held = CALLS.load(Relaxed) == 0;
        // The filter does notice a call without the flag.
        // SAFETY: a wake does not touch the word.
        unsafe { libc::syscall(libc::SYS_futex, &word, libc::FUTEX_WAKE, 1) };
        held && CALLS.load(Relaxed) == 1
    });
}

/// As on a kernel without CONFIG_COMPAT_32BIT_TIME.
#[cfg(all(target_pointer_width = "32", not(target_arch = "x86_64")))]
#[test]
fn where_the_old_call_is_gone_a_wait_sleeps_by_the_one_with_64_bit_time() {
    in_child(|| {
        filter(
            libc::SYS_futex,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32,
        );

        sleeps_and_does_not_poll()
    });
}

/// As under a filter that is older than Linux 5.1.
#[cfg(all(target_pointer_width = "32", not(target_arch = "x86_64")))]
#[test]
fn where_a_filter_allows_only_the_old_call_a_wait_sleeps_by_it() {
    in_child(|| {
        filter(common::seccomp::FIRST_NUMBER + 422, REFUSE);
        sleeps_and_does_not_poll()
    });
}

#[cfg(all(target_pointer_width = "32", not(target_arch = "x86_64")))]
fn sleeps_and_does_not_poll() -> bool {
    // A poll would sleep a hundred times.
    let before = sleeps();
    !Event::new().wait_timeout(Duration::from_millis(100)) && sleeps() - before < 10
}

/// How often this process has slept.
fn sleeps() -> c_long {
    // SAFETY: writes to `usage` only.
    unsafe {
        let mut usage: libc::rusage = zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage.ru_nvcsw
    }
}

/// CPU time of this process.
fn cpu_time() -> Duration {
    // SAFETY: writes to `time` only.
    unsafe {
        let mut time: libc::timespec = zeroed();
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

#[test]
fn set_keeps_errno_when_it_wakes_a_thread() {
    fn claim<E: AnyEvent>() {
        let event = E::unset();
        thread::scope(|scope| {
            scope.spawn(|| event.wait());
            until_parked(&event, 1);
            *errno() = 1234;
            event.set();
            assert_eq!(*errno(), 1234);
        });
    }
    claim::<Event<Watched<PrivateFutex>>>();
    claim::<AutoResetEvent<Watched<PrivateFutex>>>();

    let _turn = common::take_turn();
    let changed: EventCount<Watched<PrivateFutex>> = EventCount::with_futex(Watched::default());
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        thread::scope(|scope| {
            scope.spawn(|| changed.prepare().wait());
            until_listening::<PrivateFutex>(1);
            *errno() = 1234;
            notify(&changed);
            assert_eq!(*errno(), 1234);
        });
    }
}

/// A wake on unmapped memory wakes no thread; a wake on an address that cannot be mapped fails.
#[test]
fn a_wake_keeps_errno_where_there_is_no_memory() {
    let page = map_page();
    unmap_page(page);
    let nowhere = !3_usize;
    for address in [page as usize, nowhere] {
        let address = address as *const PrivateFutex;
        *errno() = 1234;
        PrivateFutex::wake_all(address);
        PrivateFutex::wake_one(address);
        assert_eq!(*errno(), 1234);
    }
}

#[test]
fn a_signal_handler_may_set_the_event_its_own_thread_waits_for() {
    static EVENT: Event<Watched<PrivateFutex>> =
        Event::with_futex(Watched::new(PrivateFutex::new(0)));
    static AUTO_RESET: AutoResetEvent<Watched<PrivateFutex>> =
        AutoResetEvent::with_futex(Watched::new(PrivateFutex::new(0)));
    static WAITER: AtomicI32 = AtomicI32::new(0);
    extern "C" fn set(signal: i32) {
        if signal == libc::SIGUSR1 {
            EVENT.set();
        } else {
            AUTO_RESET.set();
        }
    }

    on_signal(libc::SIGUSR1, set);
    on_signal(libc::SIGHUP, set);
    let waiter = thread::spawn(|| {
        WAITER.store(thread_id(), Relaxed);
        *errno() = 1234;
        EVENT.wait();
        AUTO_RESET.wait();
        *errno()
    });
    until_parked(&EVENT, 1);
    send_signal(libc::SIGUSR1, &WAITER);
    until_parked(&AUTO_RESET, 1);
    send_signal(libc::SIGHUP, &WAITER);
    assert_eq!(waiter.join().unwrap(), 1234);
}

#[test]
fn signals_neither_release_a_waiter_nor_move_its_deadline() {
    static INTERRUPTIONS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: i32) {
        INTERRUPTIONS.fetch_add(1, Relaxed);
    }

    on_signal(libc::SIGUSR2, count);
    let event: Event<Watched<PrivateFutex>> = Event::with_futex(Watched::default());
    let waiter = AtomicI32::new(0);
    thread::scope(|scope| {
        let untimed = scope.spawn(|| {
            waiter.store(thread_id(), Relaxed);
            event.wait()
        });
        for signals in 1..=20 {
            until_parked(&event, 1);
            send_signal(libc::SIGUSR2, &waiter);
            until(|| INTERRUPTIONS.load(Relaxed) == signals);
        }
        until_parked(&event, 1);
        assert!(!untimed.is_finished());
        event.set();
    });

    event.clear();
    let timeout = Duration::from_millis(100);
    let begun = Instant::now();
    thread::scope(|scope| {
        let timed = scope.spawn(|| {
            waiter.store(thread_id(), Relaxed);
            event.wait_timeout(timeout)
        });
        // A wait whose deadline each signal moves would last as long as the signals come.
        while !timed.is_finished() && begun.elapsed() < PATIENCE {
            send_signal(libc::SIGUSR2, &waiter);
            thread::sleep(Duration::from_millis(1));
        }
        assert!(!timed.join().unwrap());
    });
    assert!(begun.elapsed() >= timeout);
    assert!(begun.elapsed() < PATIENCE);
}

/// Sends a signal to a thread of this process, or to none if it has ended.
fn send_signal(signal: i32, thread: &AtomicI32) {
    // SAFETY: the call touches no memory of this process.
    unsafe {
        libc::syscall(
            libc::SYS_tgkill,
            libc::getpid(),
            thread.load(Relaxed),
            signal,
        )
    };
}

#[test]
fn the_child_of_a_fork_may_use_every_event() {
    static FRESH: Event = Event::new();
    static SET: Event = Event::new();
    static PARKED_ON: Event<Watched<PrivateFutex>> =
        Event::with_futex(Watched::new(PrivateFutex::new(0)));

    SET.set();
    let waiter = thread::spawn(|| PARKED_ON.wait());
    until_parked(&PARKED_ON, 1);
    in_child(|| {
        let timeout = Duration::from_millis(5);
        let begun = Instant::now();
        let mut held = !FRESH.wait_timeout(timeout) && begun.elapsed() >= timeout;
        held &= FRESH.set() && FRESH.try_wait();
        SET.wait();
        held &= SET.clear() && !SET.wait_timeout(timeout) && SET.set();
        let auto_reset = AutoResetEvent::new();
        held &= !auto_reset.wait_timeout(timeout) && auto_reset.set() && !auto_reset.set();
        auto_reset.wait();
        held &= !auto_reset.is_set();
        // The thread that is parked on it does not exist in the child.
        PARKED_ON.set() && PARKED_ON.clear() && !PARKED_ON.is_set() && held
    });
    assert!(SET.is_set() && !FRESH.is_set());
    assert!(!waiter.is_finished());
    PARKED_ON.set();
    waiter.join().unwrap();
}

/// dmtcp #691, dd-trace-py #16718: a child inherits counts of threads that do not exist in it.
#[test]
fn the_child_of_a_fork_may_use_events_on_which_threads_of_its_parent_wait() {
    type Word = Watched<PrivateFutex>;
    static PLAIN: AutoResetEvent<Word> =
        AutoResetEvent::with_futex(Watched::new(PrivateFutex::new(0)));
    static LISTENED: AutoResetEvent<Word> =
        AutoResetEvent::with_futex(Watched::new(PrivateFutex::new(0)));
    static STOP: Event<Word> = Event::with_futex(Watched::new(PrivateFutex::new(0)));
    extern "C" fn set(_: i32) {
        PLAIN.set();
    }

    let _turn = common::take_turn();
    let all = || wait_any::<Word>((&STOP, &LISTENED));
    let waiters = [(); 2].map(|()| (thread::spawn(|| PLAIN.wait()), thread::spawn(all)));
    until_parked(&PLAIN, 2);
    until_listening::<PrivateFutex>(2);
    in_child(|| {
        PLAIN.reset_after_fork();
        let mut held = PLAIN.set() && !PLAIN.set() && PLAIN.try_wait() && !PLAIN.try_wait();
        // The table is empty in the child, so the listeners need no reset.
        held &= LISTENED.set() && !LISTENED.set();
        held &= all() == 1 && !LISTENED.is_set();
        held &= STOP.set() && all() == 0;
        // Now with a thread of the child's own.
        let timeout = Duration::from_millis(1);
        held &= wait_any_timeout::<Word>((&PLAIN, &LISTENED), timeout).is_none();
        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_millis(5));
        held &= wait_any::<Word>((&LISTENED, &PLAIN)) == 1;
        PLAIN.wait();
        held
    });
    assert!(!PLAIN.is_set() && !LISTENED.is_set() && !STOP.is_set());
    // It is unspecified which thread a set releases, so all are released before one is joined.
    for _ in &waiters {
        assert!(PLAIN.set() && LISTENED.set());
    }
    for (plain, any) in waiters {
        plain.join().unwrap();
        assert_eq!(any.join().unwrap(), 1);
    }
}

/// The closure of a wait forks. In the child the wait goes on, and reports no event that has not been set there.
#[test]
fn a_closure_may_fork() {
    static STOP: Event = Event::new();
    static WORK: AutoResetEvent = AutoResetEvent::new();
    const TIMEOUT: Duration = Duration::from_millis(50);
    extern "C" fn nothing(_: i32) {}
    extern "C" fn set(_: i32) {
        WORK.set();
    }
    fn set_later() {
        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_millis(5));
    }

    /// Runs a wait whose closure forks when a signal has come, and ends the wait of the parent. True if the wait was
    /// `expected` in the child, which does this first.
    fn is<T: PartialEq>(
        expected: T,
        in_the_child: fn(),
        wait: impl Fn(&mut dyn FnMut() -> bool) -> Result<T, Interrupted>,
    ) -> bool {
        on_signal(libc::SIGALRM, nothing);
        alarm_in(Duration::from_millis(5));
        let mut forked = None;
        let (waited, child) = loop {
            let waited = wait(&mut || {
                // SAFETY: this process has one thread.
                let child = *forked.get_or_insert_with(|| match unsafe { libc::fork() } {
                    0 => {
                        in_the_child();
                        0
                    }
                    child => child,
                });
                child != 0
            });
            // On a busy machine the time of a wait may pass before a signal comes.
            if let Some(child) = forked {
                break (waited, child);
            }
        };
        if child == 0 {
            leave(waited == Ok(expected));
        }
        let mut status = 0;
        // SAFETY: writes to `status` only.
        while unsafe { libc::waitpid(child, &mut status, 0) } != child {}
        waited == Err(Interrupted) && held(status)
    }

    in_child(|| {
        let any = |interrupted: &mut dyn FnMut() -> bool, timeout| {
            wait_any_timeout_interruptible((&STOP, &WORK), timeout, interrupted)
        };
        let plain = |interrupted: &mut dyn FnMut() -> bool, timeout| {
            WORK.wait_timeout_interruptible(timeout, interrupted)
        };
        let repair = || WORK.reset_after_fork();
        let repair_and_set_later = || {
            WORK.reset_after_fork();
            set_later();
        };
        is(None, || (), |interrupted| any(interrupted, TIMEOUT))
            && is(Some(1), set_later, |interrupted| any(interrupted, PATIENCE))
            && is(false, repair, |interrupted| plain(interrupted, TIMEOUT))
            && is(true, repair_and_set_later, |interrupted| {
                plain(interrupted, PATIENCE)
            })
    });
}

/// What a thread leaves behind that is killed in a wait: here a signal handler never returns to the wait.
#[test]
fn a_wait_that_never_ends_takes_one_token_with_it() {
    static PLAIN: AutoResetEvent = AutoResetEvent::new();
    static LISTENED: AutoResetEvent = AutoResetEvent::new();
    static STOP: Event = Event::new();
    const MOMENT: Duration = Duration::from_millis(1);

    fn is_waited_for(event: &AutoResetEvent) -> bool {
        let mut text = [0; 100];
        write!(&mut text[..], "{event:?}").unwrap();
        text.windows(12).any(|part| part == b"parked: true")
    }
    /// One set goes to the thread that is gone. After that the event works as usual.
    fn loses_one_token(event: &AutoResetEvent, wait: impl Fn() -> bool) -> bool {
        event.set()
            && !event.is_set()
            && (0..3).all(|_| {
                let is_usual = !wait() && event.set() && !event.set() && event.is_set();
                is_usual && wait() && !event.is_set()
            })
    }
    extern "C" fn plain(_: i32) {
        if is_waited_for(&PLAIN) {
            leave(loses_one_token(&PLAIN, || PLAIN.wait_timeout(MOMENT)));
        }
    }
    extern "C" fn listened(_: i32) {
        if is_waited_for(&LISTENED) {
            let wait = |index| wait_any_timeout((&STOP, &LISTENED), MOMENT) == Some(index);
            let loses_none = STOP.set() && wait(0) && STOP.clear() && STOP.set() && STOP.clear();
            leave(loses_none && loses_one_token(&LISTENED, || wait(1)));
        }
    }

    in_child(|| {
        on_signal(libc::SIGALRM, plain);
        alarm_in(Duration::from_millis(5));
        PLAIN.wait();
        false
    });
    in_child(|| {
        on_signal(libc::SIGALRM, listened);
        alarm_in(Duration::from_millis(5));
        wait_any((&STOP, &LISTENED));
        false
    });
}

/// At any step of the wait.
#[test]
fn a_signal_handler_may_set_an_event_of_its_own_threads_wait_for_several() {
    static TOKENS: [AutoResetEvent; 2] = [AutoResetEvent::new(), AutoResetEvent::new()];
    static STOP: Event = Event::new();
    static SETS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn set(_: i32) {
        for token in &TOKENS {
            SETS.fetch_add(token.set().into(), Relaxed);
        }
        if SETS.load(Relaxed) > 5_000 {
            STOP.set();
        }
    }

    in_child(|| {
        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_micros(30));
        let mut takes = 0;
        while wait_any((&TOKENS[0], &TOKENS[1], &STOP)) < 2 {
            takes += 1;
        }
        alarm_in(Duration::ZERO);
        let left = TOKENS.iter().filter(|token| token.try_wait()).count() as u32;
        takes + left == SETS.load(Relaxed)
    });
}

/// At any step of the wait: the handler adds an item and notifies, and the thread takes it.
#[test]
fn a_signal_handler_may_notify_its_own_thread() {
    static ADDED: AtomicU32 = AtomicU32::new(0);
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    static CHANGED: EventCount = EventCount::new();
    extern "C" fn add(_: i32) {
        // Only when the last item has been taken, so that a missed notification would leave the thread asleep forever.
        if ADDED.load(Relaxed) == TAKEN.load(Relaxed) {
            ADDED.fetch_add(1, Relaxed);
            CHANGED.notify_one();
        }
    }

    in_child(|| {
        on_signal(libc::SIGALRM, add);
        alarm_in(Duration::from_micros(30));
        for taken in 0..5_000 {
            CHANGED.wait_until(|| (ADDED.load(Relaxed) > taken).then_some(()));
            TAKEN.store(taken + 1, Relaxed);
        }
        alarm_in(Duration::ZERO);
        true
    });
}

/// Threads of the parent sleep on it, which do not exist in the child.
#[test]
fn the_child_of_a_fork_may_use_an_event_count_on_which_threads_of_its_parent_wait() {
    static CHANGED: EventCount<Watched<PrivateFutex>> =
        EventCount::with_futex(Watched::new(PrivateFutex::new(0)));
    static WAKES: AtomicU32 = AtomicU32::new(0);
    static RAISED: AtomicU32 = AtomicU32::new(0);
    extern "C" fn raise(_: i32) {
        RAISED.store(1, Relaxed);
        CHANGED.notify_one();
    }

    let _turn = common::take_turn();
    let waiters = [(); 2].map(|()| thread::spawn(|| CHANGED.prepare().wait()));
    until_listening::<PrivateFutex>(2);
    in_child(|| {
        // A notification is not given to a thread that does not exist, and makes no wake for one.
        let calls = common::calls(|| CHANGED.notify_one());
        WAKES.store(calls.wakes, Relaxed);
        let mut held = WAKES.load(Relaxed) == 0;
        held &= !CHANGED.prepare().wait_timeout(Duration::from_millis(1));
        on_signal(libc::SIGALRM, raise);
        alarm_in(Duration::from_millis(5));
        CHANGED.wait_until(|| (RAISED.load(Relaxed) == 1).then_some(()));
        held
    });
    assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
    CHANGED.notify_all();
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

/// glibc 12674, and musl's sem_post: a `set` that accesses the memory after publishing crashes here.
#[test]
fn the_waiter_may_unmap_the_event_while_set_is_running() {
    fn claim<E: AnyEvent>() {
        for round in 0..3_000 {
            let page: *mut E = map_page().cast();
            let address = page as usize;
            let waiter = thread::spawn(move || {
                let page = address as *mut E;
                // SAFETY: zero is an unset event, and the page is there until it is unmapped here.
                unsafe { (*page).wait() };
                unmap_page(page.cast());
            });
            // With the waiter parked, and with the waiter about to park.
            if round % 2 == 0 {
                thread::yield_now();
            }
            // SAFETY: as above; the waiter is not released before this call has written.
            unsafe { (*page).set() };
            waiter.join().unwrap();
        }
    }
    claim::<Event<Watched<PrivateFutex>>>();
    claim::<AutoResetEvent<Watched<PrivateFutex>>>();
}

#[test]
fn the_waiter_may_unmap_the_event_count_while_a_notification_is_running() {
    let _turn = common::take_turn();
    for round in 0..3_000 {
        let page: *mut EventCount = map_page().cast();
        let (address, is_prepared) = (page as usize, AtomicU32::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                let page = address as *mut EventCount;
                // SAFETY: zero is an event count, and the page is there until it is unmapped here.
                let ticket = unsafe { (*page).prepare() };
                is_prepared.store(1, Relaxed);
                ticket.wait();
                unmap_page(page.cast());
            });
            while is_prepared.load(Relaxed) == 0 {
                thread::yield_now();
            }
            // With the waiter parked, and with the waiter about to park.
            if round % 4 < 2 {
                thread::yield_now();
            }
            // SAFETY: as above; the ticket is not released before this call has written.
            let changed = unsafe { &*page };
            if round % 2 == 0 {
                changed.notify_one();
            } else {
                changed.notify_all();
            }
        });
    }
}

/// A page of zeros.
fn map_page() -> *mut u8 {
    // SAFETY: a new mapping affects no other memory.
    let page = unsafe {
        libc::mmap(
            ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(page, libc::MAP_FAILED);
    page.cast()
}

fn unmap_page(page: *mut u8) {
    // SAFETY: the page was mapped by `map_page`, and no thread uses it any more.
    assert_eq!(unsafe { libc::munmap(page.cast(), 4096) }, 0);
}

/// The system call of a sleeping wait is not one at which a thread is cancelled. [man 7 pthreads]
#[test]
fn a_wait_is_no_cancellation_point() {
    extern "C" {
        fn pthread_cancel(thread: libc::pthread_t) -> i32;
        fn pthread_setcancelstate(state: i32, before: *mut i32) -> i32;
    }
    const DISABLE: i32 = 1;
    #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
    const NONE: AtomicI32 = AtomicI32::new(0);
    static WAITERS: [AtomicI32; 4] = [NONE; 4];
    static MANUAL: Event = Event::new();
    static SHARED: SharedEvent = SharedEvent::new();
    static TOKENS: [AutoResetEvent; 2] = [AutoResetEvent::new(), AutoResetEvent::new()];

    let waits: [fn(); 4] = [
        || MANUAL.wait(),
        || SHARED.wait(),
        || TOKENS[0].wait(),
        || _ = wait_any([&TOKENS[1], &TOKENS[1]]),
    ];
    let waiters: Vec<_> = (0..)
        .zip(waits)
        .map(|(index, wait): (usize, fn())| {
            thread::spawn(move || {
                WAITERS[index].store(thread_id(), Relaxed);
                wait();
                // Std calls cancellation points, and does not expect a thread to end there.
                // SAFETY: the call has no conditions.
                unsafe { pthread_setcancelstate(DISABLE, ptr::null_mut()) };
            })
        })
        .collect();
    let are_parked = || {
        let ids = WAITERS.iter().map(|waiter| waiter.load(Relaxed));
        ids.into_iter()
            .all(|thread| thread != 0 && is_asleep(thread))
    };
    until(are_parked);
    for waiter in &waiters {
        // For std it is a number, and for musl a pointer.
        let handle = waiter.as_pthread_t() as libc::pthread_t;
        // SAFETY: the thread has not been joined.
        assert_eq!(unsafe { pthread_cancel(handle) }, 0);
    }
    thread::sleep(Duration::from_millis(20));
    until(are_parked);
    MANUAL.set();
    SHARED.set();
    assert!(TOKENS[0].set() && TOKENS[1].set());
    for waiter in waiters {
        waiter.join().unwrap();
    }
    assert!(!TOKENS[0].is_set() && !TOKENS[1].is_set());
}

/// As with asynchronous cancellation: no destructor on the thread's stack runs.
#[test]
fn a_thread_that_is_killed_in_a_wait_takes_one_token_with_it_and_nothing_else() {
    static KILLED: AtomicI32 = AtomicI32::new(0);
    static MANUAL: Event = Event::new();
    static TOKENS: [AutoResetEvent; 2] = [AutoResetEvent::new(), AutoResetEvent::new()];
    extern "C" fn exit(_: i32) {
        // SAFETY: ends only this thread. No other thread uses what is on its stack.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }

    on_signal(libc::SIGVTALRM, exit);
    let waits: [(fn(), &dyn Debug); 3] = [
        (|| MANUAL.wait(), &MANUAL),
        (|| TOKENS[0].wait(), &TOKENS[0]),
        (|| _ = wait_any((&TOKENS[1], &MANUAL)), &TOKENS[1]),
    ];
    for (wait, event) in waits {
        KILLED.store(0, Relaxed);
        // Never joined: std would read the result, which the thread does not write.
        thread::spawn(move || {
            KILLED.store(thread_id(), Relaxed);
            wait();
        });
        // The first wait of a program for several events can sleep before it, on the C library's lock for `fork`.
        until(|| format!("{event:?}").contains("parked: true") && is_asleep(KILLED.load(Relaxed)));
        send_signal(libc::SIGVTALRM, &KILLED);
        let task = format!("/proc/self/task/{}", KILLED.load(Relaxed));
        until(|| !std::path::Path::new(&task).exists());
    }
    let timeout = Duration::from_millis(1);
    assert!(MANUAL.set() && MANUAL.clear());
    assert!(!MANUAL.wait_timeout(timeout));
    for token in &TOKENS {
        assert!(token.set());
        assert!(!token.is_set(), "it was given to the thread that is gone");
        assert!(token.set() && !token.set());
        assert!(token.wait_timeout(timeout) && !token.wait_timeout(timeout));
    }
    thread::scope(|scope| {
        let waiters = [0, 1].map(|index| scope.spawn(move || wait_any((&MANUAL, &TOKENS[index]))));
        TOKENS.iter().for_each(|token| assert!(token.set()));
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), 1);
        }
    });
}
