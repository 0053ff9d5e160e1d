//! The table of system calls in the guide, checked by filters: any call that a row does not name ends the process.
//!
//! This is a program of its own, in whose main process no thread waits, so each child is a process that has not waited
//! before. Its `clock_gettime` makes a system call, as on a machine without a vDSO.

#![cfg(all(
    target_os = "linux",
    not(any(futex_event_fallback, futex_event_simulated))
))]

mod common;

use common::process::{assert_held, fork, in_child, Child};
use common::seccomp::{
    allowing_only, filter, filter_naps, install, FIRST_NUMBER, HAS_TIME64, REFUSE,
};
use common::signals::on_signal;
use common::{is_process_asleep, until};
use futex_event::{
    wait_all, wait_all_interruptible, wait_any, wait_any_interruptible, wait_any_timeout,
    AutoResetEvent, Event, EventCount, Interrupted, SharedEvent, Spin, Waitable,
};
use std::os::raw::{c_int, c_long};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

const PAGE: &str = include_str!("../src/guide/system_calls.md");

/// The rows that the tests check, by how they begin.
const QUIET: &str = "`new`, `is_set`";
const EVENT_COUNT: &str = "`EventCount`";
const SET: &str = "`set` after";
const SHARED: &str = "`SharedEvent`";
const WAIT: &str = "a wait without a timeout";
const TIMED_WAIT: &str = "a wait with a timeout";
const INTERRUPTIBLE: &str = "an interruptible wait";
const CLOCK: &str = "reading the clock";
const LISTENER: &str = "the first wait in";
const REFUSED: &str = "a wait whose `futex` is refused";
const ROWS: [&str; 10] = [
    QUIET,
    EVENT_COUNT,
    SET,
    SHARED,
    WAIT,
    TIMED_WAIT,
    INTERRUPTIBLE,
    CLOCK,
    LISTENER,
    REFUSED,
];

/// Replaces the C library's function.
#[no_mangle]
unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> c_int {
    // SAFETY: the caller's time may be written.
    unsafe { common::clock::by_system_call(clock, time) }
}

/// The cells of the first table's rows: the operation, and the names of the calls.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let table = PAGE.lines().skip_while(|line| !line.starts_with("| --- "));
    let rows = table.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (operation, calls) = (cells.next().unwrap(), cells.next().unwrap());
        let calls = match calls {
            "none" => Vec::new(),
            calls => calls
                .split(", ")
                .map(|call| call.trim_matches('`'))
                .collect(),
        };
        (operation, calls)
    })
    .collect()
}

/// The calls of some rows, except one.
fn named_without(without: &str, operations: &[&str]) -> Vec<c_long> {
    let rows = rows();
    let names = operations.iter().flat_map(|operation| {
        let row = rows.iter().find(|row| row.0.starts_with(operation));
        row.unwrap().1.clone()
    });
    let names = names.filter(|name| *name != without);
    // The calls of the tests themselves: to exit, for which AddressSanitizer makes one more call, and to return from a handler.
    let mut numbers = vec![
        libc::SYS_exit_group,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigreturn,
    ];
    if HAS_TIME64 {
        numbers.extend([FIRST_NUMBER + 119, FIRST_NUMBER + 173]);
    }
    numbers.extend(names.flat_map(numbers_of));
    numbers
}

/// The number of a call, and of its form for 64-bit time.
fn numbers_of(name: &str) -> Vec<c_long> {
    let (number, with_time64) = match name {
        "futex" => (libc::SYS_futex, 422),
        "clock_gettime" => (libc::SYS_clock_gettime, 403),
        "clock_nanosleep" => (libc::SYS_clock_nanosleep, 407),
        "nanosleep" => (libc::SYS_nanosleep, 0),
        "restart_syscall" => (libc::SYS_restart_syscall, 0),
        "sched_yield" => (libc::SYS_sched_yield, 0),
        "brk" => (libc::SYS_brk, 0),
        "madvise" => (libc::SYS_madvise, 0),
        #[cfg(any(target_pointer_width = "64", target_arch = "x86_64"))]
        "mmap" => (libc::SYS_mmap, 0),
        #[cfg(not(any(target_pointer_width = "64", target_arch = "x86_64")))]
        "mmap" => (libc::SYS_mmap2, 0),
        other => panic!("the table names {other}, and the tests do not know its number"),
    };
    let mut numbers = vec![number as c_long];
    if HAS_TIME64 && with_time64 != 0 {
        numbers.push(FIRST_NUMBER + with_time64);
    }
    numbers
}

/// Runs `claim` in a child that may make only the calls of these rows.
fn makes_only(operations: &[&str], claim: impl FnOnce() -> bool) {
    let filter = allowing_only(&named_without("", operations));
    in_child(|| {
        install(&filter);
        claim()
    });
}

/// The same, without one of the calls: then the child is killed.
fn is_killed_without(call: &str, operations: &[&str], claim: impl FnOnce() -> bool) {
    let filter = allowing_only(&named_without(call, operations));
    let child = fork(|| {
        install(&filter);
        claim()
    });
    assert_killed(child.next_status());
}

fn assert_killed(status: c_int) {
    assert!(libc::WIFSIGNALED(status), "the child's status: {status}");
    assert_eq!(libc::WTERMSIG(status), libc::SIGSYS);
}

const TIMEOUT: Duration = Duration::from_millis(2);

static EVENT: Event = Event::new();
static OTHER: Event = Event::new();
static TOKEN: AutoResetEvent = AutoResetEvent::new();
static SHARED_EVENT: SharedEvent = SharedEvent::new();
static CHANGED: EventCount = EventCount::new();
/// What `CHANGED` is notified of.
static IS_CHANGED: AtomicBool = AtomicBool::new(false);

fn all() -> [&'static dyn Waitable; 3] {
    [&EVENT, &TOKEN, &OTHER]
}

/// Sets the events in turn, at each alarm that the parent sends.
fn set_by_alarms() {
    static ALARMS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn set(_: c_int) {
        match ALARMS.fetch_add(1, Relaxed) % 4 {
            0 => TOKEN.set(),
            1 => EVENT.set(),
            2 => OTHER.set(),
            _ => SHARED_EVENT.set(),
        };
    }
    on_signal(libc::SIGALRM, set);
}

/// Notifies `CHANGED` at each alarm: in turn, one thread and all.
fn notify_by_alarms() {
    static ALARMS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn notify(_: c_int) {
        IS_CHANGED.store(true, Relaxed);
        match ALARMS.fetch_add(1, Relaxed) % 2 {
            0 => CHANGED.notify_one(),
            _ => CHANGED.notify_all(),
        };
    }
    on_signal(libc::SIGALRM, notify);
}

/// Takes the change that an alarm announces.
fn take_change() -> Option<()> {
    IS_CHANGED.swap(false, Relaxed).then_some(())
}

/// Alarms that only end a sleep.
fn interrupt_by_alarms() {
    extern "C" fn nothing(_: c_int) {}
    on_signal(libc::SIGALRM, nothing);
}

#[test]
fn every_row_is_held_by_a_test_and_every_name_is_a_call() {
    let rows = rows();
    assert_eq!(rows.len(), ROWS.len());
    for (row, begins) in rows.iter().zip(ROWS) {
        assert!(row.0.starts_with(begins), "{}", row.0);
        for name in &row.1 {
            numbers_of(name);
        }
    }
}

mod under_a_filter {
    use super::*;

    #[test]
    fn quiet_operations_make_no_call() {
        makes_only(&[QUIET], || {
            let (event, token, shared) = (Event::new(), AutoResetEvent::new(), SharedEvent::new());
            let all: [&dyn Waitable; 2] = [&event, &token];
            let mut held = !event.try_wait() && !token.try_wait() && !shared.try_wait();
            held &= !event.wait_timeout(Duration::ZERO) && !token.wait_timeout(Duration::ZERO);
            held &= wait_any_timeout(all, Duration::ZERO).is_none();
            held &= event.set() && token.set() && shared.set() && !shared.set();
            event.wait();
            token.wait();
            shared.wait();
            wait_all([&event]);
            held &= wait_any(all) == 0 && event.wait_timeout(Duration::MAX);
            held && event.is_set() && event.clear() && shared.clear() && !token.clear()
        });
    }

    /// Threads that have a ticket, and do not sleep, cost no call.
    #[test]
    fn an_event_count_on_which_no_thread_sleeps_makes_no_call() {
        makes_only(&[EVENT_COUNT], || {
            let changed = EventCount::new();
            changed.notify_one();
            changed.notify_all();
            drop(changed.prepare());
            changed.notify_all();
            let released = changed.prepare();
            changed.notify_one();
            released.wait();
            let released = changed.prepare();
            changed.notify_all();
            let mut held = released.wait_timeout(Duration::MAX);
            held &= !changed.prepare().wait_timeout(Duration::ZERO);
            held && changed.wait_until(|| Some(7)) == 7
        });
    }

    #[test]
    fn an_event_count_parks_and_wakes_by_futex_alone() {
        let child = |filter: &[libc::sock_filter]| {
            fork(|| {
                notify_by_alarms();
                install(filter);
                let changed = CHANGED.spinning(Spin::NEVER);
                // By one alarm that notifies one thread, and by one that notifies all.
                changed.wait_until(take_change);
                changed.wait_until(take_change);
                true
            })
            .status_after_alarms()
        };
        let rows = [WAIT, SET, LISTENER];
        assert_held(child(&allowing_only(&named_without("", &rows))));
        assert_killed(child(&allowing_only(&named_without("futex", &rows))));
    }

    /// Threads that have parked and timed out leave their mark.
    fn threads_have_parked() {
        EVENT.spinning(Spin::NEVER).wait_timeout(TIMEOUT);
        SHARED_EVENT.spinning(Spin::NEVER).wait_timeout(TIMEOUT);
    }

    #[test]
    fn a_set_wakes_by_futex_alone() {
        fn wakes(row: &str, before: fn(), claim: fn() -> bool) {
            let child = |filter: &[libc::sock_filter]| {
                fork(|| {
                    threads_have_parked();
                    before();
                    install(filter);
                    claim()
                })
            };
            child(&allowing_only(&named_without("", &[row]))).succeeds();
            let without = allowing_only(&named_without("futex", &[row]));
            assert_killed(child(&without).next_status());
        }
        wakes(SET, || {}, || EVENT.set());
        wakes(SHARED, || {}, || SHARED_EVENT.set());
        let set = || {
            SHARED_EVENT.set();
        };
        wakes(SHARED, set, || SHARED_EVENT.clear());
    }

    /// Without a spin it reads no clock, the first time too.
    #[test]
    fn a_wait_without_a_timeout_makes_one_kind_of_call() {
        let child = |filter: &[libc::sock_filter]| {
            fork(|| {
                set_by_alarms();
                install(filter);
                TOKEN.spinning(Spin::NEVER).wait();
                EVENT.spinning(Spin::NEVER).wait();
                SHARED_EVENT.spinning(Spin::NEVER).wait();
                true
            })
            .status_after_alarms()
        };
        let rows = [WAIT, SET, SHARED];
        assert_held(child(&allowing_only(&named_without("", &rows))));
        assert_killed(child(&allowing_only(&named_without("futex", &rows))));
    }

    /// kmsrsos #355, systemd #11967, Termux: a sandbox allows the calls of plain waits, and kills at any other.
    #[test]
    fn a_wait_for_several_events_makes_no_other_call_than_a_plain_wait() {
        let filter = allowing_only(&named_without("", &[WAIT, TIMED_WAIT, SET, CLOCK]));
        let child = fork(|| {
            set_by_alarms();
            install(&filter);
            let mut held = wait_any_timeout(all(), Duration::from_nanos(1)).is_none();
            held &= wait_any(all()) == 1;
            wait_all([&EVENT, &OTHER]);
            held && wait_any(all()) == 0
        });
        assert_held(child.status_after_alarms());
    }

    #[test]
    fn a_wait_with_a_timeout_reads_the_clock_too() {
        let claim = || {
            let mut held = !EVENT.wait_timeout(TIMEOUT) && !TOKEN.wait_timeout(TIMEOUT);
            held &= !SHARED_EVENT.wait_timeout(TIMEOUT) && !CHANGED.prepare().wait_timeout(TIMEOUT);
            held && wait_any_timeout(all(), TIMEOUT).is_none()
        };
        makes_only(&[TIMED_WAIT, CLOCK], claim);
        is_killed_without("futex", &[TIMED_WAIT, CLOCK], claim);
        is_killed_without("clock_gettime", &[TIMED_WAIT, CLOCK], claim);
    }

    /// Its sleep has a deadline, relative to the clock's time, so that a signal ends it (`src/wait/interruptible.rs`).
    #[test]
    fn an_interruptible_wait_makes_the_calls_of_one_with_a_timeout() {
        let claim = || {
            let yes = || true;
            let mut held = EVENT.wait_interruptible(yes) == Err(Interrupted);
            held &= TOKEN.wait_interruptible(yes) == Err(Interrupted);
            held &= SHARED_EVENT.wait_interruptible(yes) == Err(Interrupted);
            held &= EVENT.wait_timeout_interruptible(Duration::MAX, yes) == Err(Interrupted);
            held &= wait_any_interruptible(all(), yes) == Err(Interrupted);
            held &= wait_all_interruptible([&EVENT, &OTHER], yes) == Err(Interrupted);
            held && CHANGED.prepare().wait_interruptible(yes) == Err(Interrupted)
        };
        let rows = [INTERRUPTIBLE, CLOCK, LISTENER];
        let child = |filter: &[libc::sock_filter]| {
            fork(|| {
                interrupt_by_alarms();
                install(filter);
                claim()
            })
            .status_after_alarms()
        };
        assert_held(child(&allowing_only(&named_without("", &rows))));
        for call in ["futex", "clock_gettime"] {
            assert_killed(child(&allowing_only(&named_without(call, &rows))));
        }
        // Without a spin it reads the clock too.
        let without = allowing_only(&named_without("clock_gettime", &rows));
        let child = fork(|| {
            install(&without);
            EVENT
                .spinning(Spin::NEVER)
                .wait_interruptible(|| true)
                .is_err()
        });
        assert_killed(child.next_status());
    }

    /// A first wait without a chosen `Spin` spins.
    #[test]
    fn a_wait_that_spins_reads_the_clock_too() {
        is_killed_without("clock_gettime", &[WAIT], || {
            TOKEN.wait();
            true
        });
    }

    /// The kernel itself restarts the sleep, by another call.
    #[test]
    fn a_sleep_with_a_deadline_that_is_stopped_and_continued_is_restarted() {
        fn timed() -> bool {
            !EVENT.wait_timeout(Duration::from_millis(600))
        }

        fn interruptible() -> bool {
            EVENT.wait_interruptible(|| true) == Err(Interrupted)
        }

        fn stopped(wait: fn() -> bool, end: fn(&Child) -> c_int, calls: Vec<c_long>) -> c_int {
            let filter = allowing_only(&calls);
            let child = fork(|| {
                interrupt_by_alarms();
                install(&filter);
                wait()
            });
            until(|| is_process_asleep(child.id()));
            child.send(libc::SIGSTOP);
            let mut status = 0;
            // SAFETY: writes to `status` only.
            unsafe { libc::waitpid(child.id(), &mut status, libc::WUNTRACED) };
            assert!(libc::WIFSTOPPED(status));
            child.send(libc::SIGCONT);
            end(&child)
        }

        let by_time = (timed as fn() -> bool, Child::next_status as _, TIMED_WAIT);
        let by_signal = (
            interruptible as _,
            Child::status_after_alarms as _,
            INTERRUPTIBLE,
        );
        for (wait, end, row) in [by_time, by_signal] {
            let rows = [row, CLOCK];
            assert_held(stopped(wait, end, named_without("", &rows)));
            assert_killed(stopped(wait, end, named_without("restart_syscall", &rows)));
        }
    }

    /// For any number of `fork` handlers that the C library already has.
    #[test]
    fn the_first_listener_takes_memory_at_most() {
        extern "C" fn nothing() {}
        let filter = allowing_only(&named_without("", &[TIMED_WAIT, CLOCK, LISTENER]));
        for handlers in [0, 20, 40, 48, 64, 100, 128, 500] {
            in_child(|| {
                for _ in 0..handlers {
                    // SAFETY: the handler does nothing.
                    unsafe { libc::pthread_atfork(None, None, Some(nothing)) };
                }
                install(&filter);
                wait_any_timeout(all(), TIMEOUT).is_none()
            });
        }
    }

    #[test]
    fn a_wait_that_is_refused_naps_and_yields() {
        let claim = || !EVENT.wait_timeout(TIMEOUT) && !TOKEN.wait_timeout(TIMEOUT);
        let rows = [TIMED_WAIT, CLOCK, REFUSED];
        let refused = |filter: &[libc::sock_filter], naps_too: bool| {
            fork(|| {
                let (filter, claim) = (filter, claim);
                filter_of_others(naps_too);
                install(filter);
                claim()
            })
        };
        fn filter_of_others(naps_too: bool) {
            for number in [libc::SYS_futex, FIRST_NUMBER + 422] {
                filter(number, REFUSE);
            }
            if naps_too {
                filter_naps(REFUSE);
            }
        }
        let whole = allowing_only(&named_without("", &rows));
        refused(&whole, false).succeeds();
        refused(&whole, true).succeeds();
        let no_yield = allowing_only(&named_without("sched_yield", &rows));
        refused(&no_yield, false).succeeds();
        assert_killed(refused(&no_yield, true).next_status());
        let no_nap = allowing_only(&named_without("", &[TIMED_WAIT, CLOCK]));
        assert_killed(refused(&no_nap, false).next_status());
    }
}
