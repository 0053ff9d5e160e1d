//! What the modelled word promises to models.

use futex_event::platform::Deadline;
use futex_event::{wait_any_timeout, AutoResetEvent, Event};
use futex_event_loom::{
    asleep, freed, leave_free, model, sleeps_of_this_thread, spawn, spawn_killed, until_quiet,
    LoomFutex, Model, SleepEnd,
};

use loom::thread;
use std::cell::Cell;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(1);

fn event() -> Arc<Event<LoomFutex>> {
    Arc::new(Event::with_futex(LoomFutex::new()))
}

/// How many choices of faults there are for a thread that waits until another sets.
fn choices(faults: usize, wait: fn(&Event<LoomFutex>)) -> u64 {
    let explored = Model::new().faults(faults).check(move || {
        let event = event();
        let waiter = thread::spawn({
            let event = Arc::clone(&event);
            move || wait(&event)
        });
        event.set();
        waiter.join().unwrap();
    });
    explored.choices
}

#[test]
fn each_sleep_can_end_spuriously_and_if_it_is_timed_by_its_timeout() {
    let untimed: fn(&Event<LoomFutex>) = Event::wait;
    let timed: fn(&Event<LoomFutex>) = |event| {
        event.wait_timeout(TIMEOUT);
    };
    // None; the first sleep; and, when that has ended spuriously, the second.
    assert_eq!([0, 1, 2].map(|faults| choices(faults, untimed)), [1, 2, 3]);
    assert_eq!([0, 1, 2].map(|faults| choices(faults, timed)), [1, 3, 5]);
}

/// The sleeps of a model that failed are none of the next model on the same thread.
#[test]
fn a_model_that_failed_leaves_nothing_to_the_next() {
    let untimed: fn(&Event<LoomFutex>) = Event::wait;
    let failed = catch_unwind(|| {
        model(|| {
            // A thread that sleeps more often than those of the next model.
            let event = event();
            for _ in 0..3 {
                event.wait_timeout(TIMEOUT);
            }
            panic!("it fails");
        })
    });
    assert!(failed.is_err());
    assert_eq!(choices(1, untimed), 2);
}

#[test]
fn a_timed_wait_that_no_thread_ends_times_out() {
    model(|| {
        let events = [event(), event()];
        assert!(!events[0].wait_timeout(TIMEOUT));
        assert_eq!(wait_any_timeout([&*events[0], &*events[1]], TIMEOUT), None);
    });
}

/// Waits that have a deadline in their names, and none in time.
const FOREVER: [fn(&Event<LoomFutex>) -> bool; 3] = [
    |event| event.wait_deadline(None::<Instant>),
    |event| event.wait_deadline(Deadline::NEVER),
    |event| event.wait_timeout(Duration::MAX),
];

#[test]
fn a_wait_that_may_last_forever_does_not_time_out() {
    for wait in FOREVER {
        model(move || {
            let event = event();
            let waiter = thread::spawn({
                let event = Arc::clone(&event);
                move || wait(&event)
            });
            event.set();
            assert!(waiter.join().unwrap(), "it timed out");
        });
    }
}

/// It says `Timeout` of a sleep that has none.
#[test]
fn a_wait_that_may_last_forever_takes_a_scripted_timeout_for_a_spurious_wake_up() {
    for wait in FOREVER {
        model(move || {
            let event = event();
            let waiter = thread::spawn({
                let event = Arc::clone(&event);
                move || {
                    sleeps_of_this_thread(&[SleepEnd::Timeout]);
                    wait(&event)
                }
            });
            event.set();
            assert!(waiter.join().unwrap(), "it timed out");
        });
    }
}

/// Otherwise a lost wake-up would end as a timeout, which the caller of such a wait need not check for.
#[test]
fn a_wait_that_may_last_forever_and_that_no_thread_ends_is_a_deadlock() {
    for wait in FOREVER {
        let result = catch_unwind(|| {
            model(move || {
                wait(&event());
            })
        });
        let panic = result.expect_err("it returned");
        let message = panic.downcast::<String>().unwrap();
        assert!(message.contains("deadlock"), "{message}");
    }
}

/// Both outcomes of a race are found without any fault.
#[test]
fn a_timed_wait_can_be_released_and_can_time_out() {
    static OUTCOMES: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];
    model(|| {
        let event = event();
        let waiter = thread::spawn({
            let event = Arc::clone(&event);
            move || event.wait_timeout(TIMEOUT)
        });
        event.set();
        let released = waiter.join().unwrap();
        OUTCOMES[usize::from(released)].store(true, Relaxed);
    });
    assert!(OUTCOMES.iter().all(|outcome| outcome.load(Relaxed)));
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_script_that_says_wake_does_not_time_out() {
    model(|| {
        sleeps_of_this_thread(&[SleepEnd::Spurious, SleepEnd::Wake]);
        event().wait_timeout(TIMEOUT);
    });
}

#[test]
#[should_panic(expected = "after it was freed")]
fn an_access_to_a_freed_event_fails() {
    model(|| {
        let event = event();
        freed(&*event);
        let _ = event.is_set();
    });
}

/// An event may get the address of another that was dropped in the same execution.
#[test]
fn a_dropped_event_leaves_nothing_to_the_next() {
    model(|| {
        for _ in 0..2 {
            let event = Box::new(Event::with_futex(LoomFutex::new()));
            assert!(event.set());
        }
    });
}

#[test]
fn until_quiet_returns_when_all_threads_are_asleep_or_done() {
    model(|| {
        let event = Arc::new(AutoResetEvent::with_futex(LoomFutex::new()));
        let waiters = [(); 2].map(|()| {
            let event = Arc::clone(&event);
            spawn(move || {
                sleeps_of_this_thread(&[]);
                event.wait()
            })
        });
        until_quiet();
        assert_eq!(asleep(), 2);
        for left in [1, 0] {
            assert!(event.set());
            until_quiet();
            assert_eq!(asleep(), left);
        }
        waiters.into_iter().for_each(|waiter| waiter.join());
    });
}

/// After one step the killed thread has set the event, and has not woken the thread that sleeps on it.
#[test]
fn a_killed_thread_stops_between_two_steps() {
    thread_local! {
        static LATER_STEP: Cell<bool> = const { Cell::new(false) };
    }
    for (steps, is_set) in [(0, false), (1, true)] {
        model(move || {
            let event = Arc::new(Event::with_futex(LoomFutex::<true>::default()));
            LATER_STEP.with(|later| later.set(false));
            let killed = spawn_killed(steps, {
                let event = Arc::clone(&event);
                move || {
                    event.set();
                    assert!(event.is_set());
                    assert!(event.is_set());
                    LATER_STEP.with(|later| later.set(true));
                }
            });
            killed.join();
            assert_eq!(event.is_set(), is_set);
            assert!(!LATER_STEP.with(Cell::get));
        });
    }
}

/// A set wakes all threads in the overflow slot, but claims only one thread that has a slot of its own.
#[test]
fn threads_find_no_slot_when_none_is_left_free() {
    static WOKEN: AtomicUsize = AtomicUsize::new(0);
    for (free, woken) in [(3, 1), (0, 2)] {
        WOKEN.store(0, Relaxed);
        Model::new().faults(0).preemptions(0).check(move || {
            leave_free(free);
            let events = Arc::new([(); 2].map(|()| AutoResetEvent::with_futex(LoomFutex::new())));
            let waiters = [(); 2].map(|()| {
                let events = Arc::clone(&events);
                spawn(move || {
                    sleeps_of_this_thread(&[]);
                    futex_event::wait_any([&events[0], &events[1]])
                })
            });
            until_quiet();
            let before = asleep();
            events[0].set();
            WOKEN.fetch_max(before - asleep(), Relaxed);
            until_quiet();
            events[1].set();
            until_quiet();
            waiters.into_iter().for_each(|waiter| {
                waiter.join();
            });
        });
        assert_eq!(WOKEN.load(Relaxed), woken, "with {free} slots");
    }
}
