//! What the contract says about kernel calls, `errno`, signals, `fork` and memory, asked of the kernel itself.

#![cfg(all(
    target_os = "linux",
    not(any(futex_event_fallback, futex_event_rehearsal))
))]

mod common;

use common::process::fork;
use common::{thread_id, until, until_listening, until_parked, AnyEvent, Watched, PATIENCE};
use futex_event::platform::{Deadline, Futex, PrivateFutex, TimedFutex};
use futex_event::{
    wait_all, wait_any, wait_any_timeout, AutoResetEvent, Event, EventCount, SharedEvent, Waitable,
};
use std::mem::zeroed;
use std::os::raw::c_long;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Runs `claim` in a child process, as `fork` does, and asserts that it held.
fn in_child(claim: impl FnOnce() -> bool) {
    fork(claim).succeeds();
}

/// From now on the kernel answers this thread's calls with this number with `action`. [man 2 seccomp]
fn filter(call: c_long, action: u32) {
    filter_without(0, call, action);
}

/// The same, but only if all of these bits are off in the call's second argument.
fn filter_without(bits: u32, call: c_long, action: u32) {
    let step = |code: u32, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    // Where the lower half of the second argument is in `struct seccomp_data`.
    let second_argument = if cfg!(target_endian = "big") { 28 } else { 24 };
    let filter = [
        // Load the call's number, the first field of the struct. If it is another, skip to the last step.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            3,
            call as u32,
        ),
        // Likewise if one of the bits is on.
        step(
            libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
            0,
            0,
            second_argument,
        ),
        step(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, 1, 0, bits),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, action),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    install(&filter);
}

fn install(filter: &[libc::sock_filter]) {
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_ptr() as *mut _,
    };
    // SAFETY: the program's instructions are there until the kernel has copied them.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program),
            0
        );
    }
}

const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

/// The same for whatever `nanosleep(3)` may be made of.
fn filter_naps(action: u32) {
    filter(libc::SYS_nanosleep, action);
    filter(libc::SYS_clock_nanosleep, action);
    // clock_nanosleep_time64 has one number on all systems with 32 bits, but MIPS counts from 4000.
    if cfg!(target_pointer_width = "32") {
        let first = if cfg!(target_arch = "mips") { 4000 } else { 0 };
        filter(first + 407, action);
    }
}

/// Installs a handler without SA_RESTART, so that the calls it interrupts fail with EINTR.
fn on_signal(signal: i32, handler: extern "C" fn(i32)) {
    // SAFETY: an all-zero `sigaction` is a valid one, and the handlers here do what handlers may.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = handler as usize;
        assert_eq!(libc::sigaction(signal, &action, ptr::null_mut()), 0);
    }
}

fn errno() -> &'static mut i32 {
    // SAFETY: the thread's own, and used for one statement at a time.
    unsafe { &mut *libc::__errno_location() }
}

#[test]
fn the_kernel_sees_no_call_but_for_waking_the_parked() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: i32) {
        CALLS.fetch_add(1, Relaxed);
    }

    in_child(|| {
        let quiet = Event::new();
        let parked = Event::new();
        parked.wait_timeout(Duration::from_millis(1));
        let shared = SharedEvent::new();
        shared.wait_timeout(Duration::from_millis(1));
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

        // Someone was parked here and may still be, for all the word knows, until it is cleared.
        held &= parked.set() && CALLS.load(Relaxed) == 1;
        held &= !parked.set() && parked.clear() && parked.set();
        held &= CALLS.load(Relaxed) == 1;

        // Where whoever has set the event may have been killed, the next one makes up for it, until it is cleared.
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
        // On an idle machine it looks ninety times.
        held &= sleeps() - naps > 5;

        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_millis(20));
        EVENT.wait();
        held && EVENT.is_set()
    });
}

/// Counted where the calls are filtered: one for the sleep, and one for the set that ends it.
#[test]
fn a_wait_for_any_event_is_one_call_and_the_set_that_ends_it_another() {
    in_child(|| {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        static EVENTS: [Event; 2] = [Event::new(), Event::new()];
        static WAKES: AtomicU32 = AtomicU32::new(0);
        extern "C" fn count(_: i32) {
            CALLS.fetch_add(1, Relaxed);
        }
        extern "C" fn set(_: i32) {
            // A trap that comes while its signal is blocked kills. ThreadSanitizer blocks all while this runs.
            unblock(libc::SIGSYS);
            let before = CALLS.load(Relaxed);
            EVENTS[1].set();
            WAKES.store(CALLS.load(Relaxed) - before, Relaxed);
        }

        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_millis(20));
        on_signal(libc::SIGSYS, count);
        // Wakes alone: the bit in which they differ from FUTEX_WAIT_BITSET.
        filter_without(8, libc::SYS_futex, libc::SECCOMP_RET_TRAP);
        let all: [&dyn Waitable; 2] = [&EVENTS[0], &EVENTS[1]];
        let sleeps_before = sleeps();
        let mut held = wait_any(&all) == 1;
        held &= sleeps() - sleeps_before <= 2;
        held && CALLS.load(Relaxed) == 1 && WAKES.load(Relaxed) == 1
    });
}

/// kmsrsos #355, systemd #11967, Termux: a sandbox that lists the calls that plain waits make, and kills at any other.
#[test]
fn a_wait_for_several_events_makes_no_other_call_than_a_plain_wait() {
    static EVENTS: [Event; 2] = [Event::new(), Event::new()];
    static TOKEN: AutoResetEvent = AutoResetEvent::new();
    static ALARMS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn set(_: i32) {
        if ALARMS.fetch_add(1, Relaxed) % 2 == 0 {
            TOKEN.set();
        } else {
            EVENTS[0].set();
            EVENTS[1].set();
        }
    }

    let mut allowed = vec![
        libc::SYS_futex,
        libc::SYS_exit_group,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_clock_gettime,
    ];
    if cfg!(target_pointer_width = "32") {
        let first = if cfg!(target_arch = "mips") { 4000 } else { 0 };
        // futex_time64, clock_gettime64, and what i686 and ARM return from a handler by.
        allowed.extend([first + 422, first + 403, first + 119, first + 173]);
    }
    let filter = allowing_only(&allowed);
    in_child(|| {
        // The processors are counted by the first wait of a process.
        for _ in 0..10 {
            Event::new().wait_timeout(Duration::from_nanos(1));
        }
        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_millis(20));
        install(&filter);
        let all: [&dyn Waitable; 3] = [&EVENTS[0], &TOKEN, &EVENTS[1]];
        let mut held = wait_any_timeout(&all, Duration::from_millis(1)).is_none();
        held &= wait_any(&all) == 1;
        wait_all(&[&EVENTS[0], &EVENTS[1]]);
        held && wait_any(&all) == 0
    });
}

/// A filter with which any other call ends the process.
fn allowing_only(calls: &[c_long]) -> Vec<libc::sock_filter> {
    let step = |code: u32, jt: usize, k| libc::sock_filter {
        code: code as u16,
        jt: jt as u8,
        jf: 0,
        k,
    };
    let load = step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0);
    let compare = |(index, call): (usize, &c_long)| {
        let code = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        step(code, calls.len() - index, *call as u32)
    };
    let answer = |action| step(libc::BPF_RET | libc::BPF_K, 0, action);
    let mut filter = vec![load];
    filter.extend(calls.iter().enumerate().map(compare));
    filter.extend([
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        answer(libc::SECCOMP_RET_ALLOW),
    ]);
    filter
}

fn unblock(signal: i32) {
    // SAFETY: an all-zero set is a valid one, and the calls have no other conditions.
    unsafe {
        let mut signals: libc::sigset_t = zeroed();
        libc::sigaddset(&mut signals, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &signals, ptr::null_mut());
    }
}

/// Sends SIGALRM then.
fn alarm_in(time: Duration) {
    // SAFETY: the timer is a valid one.
    unsafe {
        let mut timer: libc::itimerval = zeroed();
        timer.it_value.tv_usec = time.as_micros() as _;
        timer.it_interval = timer.it_value;
        libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut());
    }
}

#[test]
fn a_wait_for_which_the_kernel_refuses_every_sleep_gives_its_turn_to_others() {
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
        // It can still nap, and does nothing else.
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
    // The first wait of the program starts a thread that naps. The filter would be handed down to it.
    EVENT.wait_timeout(Duration::from_nanos(1));
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

/// Which spares the kernel the look-up of the page.
#[test]
fn every_call_says_that_the_word_is_of_this_process_alone() {
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
        // One that does not say so is noticed.
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
fn where_a_filter_knows_the_old_call_alone_a_wait_sleeps_by_it() {
    // MIPS counts from 4000.
    let futex_time64 = if cfg!(target_arch = "mips") {
        4422
    } else {
        422
    };
    in_child(|| {
        filter(futex_time64, REFUSE);
        sleeps_and_does_not_poll()
    });
}

#[cfg(all(target_pointer_width = "32", not(target_arch = "x86_64")))]
fn sleeps_and_does_not_poll() -> bool {
    // A poll would go to sleep a hundred times.
    let before = sleeps();
    !Event::new().wait_timeout(Duration::from_millis(100)) && sleeps() - before < 10
}

/// How often this process has gone to sleep.
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

/// A wake on memory that has been unmapped wakes nobody; on an address that can hold no memory it fails.
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
        // One whose deadline is moved by each signal goes on for as long as these do.
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
        // The thread that is parked on it has no copy here.
        PARKED_ON.set() && PARKED_ON.clear() && !PARKED_ON.is_set() && held
    });
    assert!(SET.is_set() && !FRESH.is_set());
    assert!(!waiter.is_finished());
    PARKED_ON.set();
    waiter.join().unwrap();
}

/// dmtcp #691, dd-trace-py #16718: what a child inherits counts threads that are not there.
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
    let all = || wait_any::<Word>(&[&STOP, &LISTENED]);
    let waiters = [(); 2].map(|()| (thread::spawn(|| PLAIN.wait()), thread::spawn(all)));
    until_parked(&PLAIN, 2);
    until_listening::<PrivateFutex>(2);
    in_child(|| {
        PLAIN.reset_after_fork();
        let mut held = PLAIN.set() && !PLAIN.set() && PLAIN.try_wait() && !PLAIN.try_wait();
        // The table is empty here, so that nothing more has to be done for those.
        held &= LISTENED.set() && !LISTENED.set();
        held &= all() == 1 && !LISTENED.is_set();
        held &= STOP.set() && all() == 0;
        // Now with a thread of the child's own.
        let timeout = Duration::from_millis(1);
        held &= wait_any_timeout::<Word>(&[&PLAIN, &LISTENED], timeout).is_none();
        on_signal(libc::SIGALRM, set);
        alarm_in(Duration::from_millis(5));
        held &= wait_any::<Word>(&[&LISTENED, &PLAIN]) == 1;
        PLAIN.wait();
        held
    });
    assert!(!PLAIN.is_set() && !LISTENED.is_set() && !STOP.is_set());
    // Which of them a set releases is not said, so all are released before any is waited for.
    for _ in &waiters {
        assert!(PLAIN.set() && LISTENED.set());
    }
    for (plain, any) in waiters {
        plain.join().unwrap();
        assert_eq!(any.join().unwrap(), 1);
    }
}

/// At whatever step the signal comes.
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
        while wait_any(&[&TOKENS[0], &TOKENS[1], &STOP]) < 2 {
            takes += 1;
        }
        alarm_in(Duration::ZERO);
        let left = TOKENS.iter().filter(|token| token.try_wait()).count() as u32;
        takes + left == SETS.load(Relaxed)
    });
}

/// At whatever step the signal comes: the handler adds an item and notifies, and the thread takes it.
#[test]
fn a_signal_handler_may_notify_its_own_thread() {
    static ADDED: AtomicU32 = AtomicU32::new(0);
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    static CHANGED: EventCount = EventCount::new();
    extern "C" fn add(_: i32) {
        // Only when the last one has been taken: a notification that is missed leaves the thread asleep for good.
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

/// With threads of the parent asleep on it, which are not in the child.
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
        // No notification goes to a thread that is not there, nor wakes one.
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

/// glibc 12674, and musl's sem_post: whoever touches the memory after publishing dies here.
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
            // Both with the waiter parked and with the waiter on its way.
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
            // Both with the waiter parked and with the waiter on its way.
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
    // SAFETY: a new mapping disturbs none.
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
    // SAFETY: the page was mapped by `map_page`, and nobody uses it any more.
    assert_eq!(unsafe { libc::munmap(page.cast(), 4096) }, 0);
}
