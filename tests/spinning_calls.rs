//! A wait that is released while it spins makes no system call.
//!
//! This is a program of its own. Events that share a place in the table of histories, or follow each other at one address,
//! share their history, and waits of other tests share a CPU with the thread that they wait for, or have clocks that jump.

mod common;

use common::{calls, until_parked, AnyEvent, Calls, Watched, PATIENCE};
use futex_event::{AllOf, AnyOf, AutoResetEvent, Event, Spin, Waitable};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

type Kernel = Watched<futex_event::platform::PrivateFutex>;

/// Starts a wait with a long spin limit in a thread of its own, calls `disturb`, and then `set`. Returns the calls of the
/// wait.
fn calls_of_a_spin(
    wait: impl FnOnce() + Send,
    disturb: impl FnOnce(),
    set: impl FnOnce(),
) -> Calls {
    let waits = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            waits.store(true, Relaxed);
            calls(wait)
        });
        common::until(|| waits.load(Relaxed));
        // By now it has most likely begun to spin. If not, it finds the event set, and this run shows nothing.
        thread::sleep(Duration::from_millis(20));
        disturb();
        set();
        waiter.join().unwrap()
    })
}

const LONG: Spin = Spin::at_most(PATIENCE);

/// Neither the wait nor the set makes one.
#[test]
fn a_wait_that_is_released_while_it_spins_makes_no_system_call() {
    let (event, token) = (Event::<Kernel>::unset(), AutoResetEvent::<Kernel>::unset());
    let spin = |wait: &(dyn Fn() + Sync), set: &dyn Fn() -> bool| {
        let set = || assert_eq!(calls(|| assert!(set())), Calls::NONE);
        assert_eq!(calls_of_a_spin(wait, || {}, set), Calls::NONE);
        event.clear();
    };
    spin(&|| event.spinning(LONG).wait(), &|| event.set());
    spin(&|| token.spinning(LONG).wait(), &|| token.set());
    let both: [&dyn Waitable<_>; 2] = [&event, &token];
    let any = AnyOf(&both);
    spin(
        &|| {
            any.spinning(LONG).wait();
        },
        &|| token.set(),
    );
    let one = [&event];
    let all = AllOf(&one);
    spin(&|| all.spinning(LONG).wait(), &|| event.set());
}

/// Each of these spins has succeeded.
#[test]
fn waits_with_a_fixed_spin_limit_keep_spinning_after_long_spins() {
    let token = AutoResetEvent::<Kernel>::unset();
    for _ in 0..4 {
        let spun = calls_of_a_spin(
            || token.spinning(LONG).wait(),
            || {},
            || {
                token.set();
            },
        );
        assert_eq!(spun, Calls::NONE);
    }
}

#[test]
fn another_waiter_does_not_end_a_spin() {
    let event = Event::<Kernel>::unset();
    thread::scope(|scope| {
        let parks = || {
            scope.spawn(|| event.spinning(Spin::NEVER).wait());
            until_parked(&event, 1);
        };
        let spun = calls_of_a_spin(
            || event.spinning(LONG).wait(),
            parks,
            || {
                event.set();
            },
        );
        assert_eq!(spun, Calls::NONE);
    });

    let token = AutoResetEvent::<Kernel>::unset();
    thread::scope(|scope| {
        let parks = || {
            scope.spawn(|| token.spinning(Spin::NEVER).wait());
            until_parked(&token, 1);
        };
        // The first is for the thread that is parked.
        let both = || {
            assert!(token.set());
            common::until(|| common::are_parked(&token, 0));
            token.set();
        };
        let spun = calls_of_a_spin(|| token.spinning(LONG).wait(), parks, both);
        assert_eq!(spun, Calls::NONE);
    });
}

/// The mark of a parked thread stays in the word after its timeout.
#[test]
fn a_thread_that_gave_up_does_not_keep_others_from_spinning() {
    let event = Event::<Kernel>::unset();
    let timeout = Duration::from_millis(1);
    assert!(!event.spinning(Spin::NEVER).wait_timeout(timeout));
    let spun = calls_of_a_spin(
        || event.spinning(LONG).wait(),
        || {},
        || {
            event.set();
        },
    );
    assert_eq!(spun, Calls::NONE);

    let token = AutoResetEvent::<Kernel>::unset();
    assert!(!token.spinning(Spin::NEVER).wait_timeout(timeout));
    let events: [&dyn Waitable<_>; 2] = [&token, &event];
    event.clear();
    assert_eq!(
        AnyOf(&events).spinning(Spin::NEVER).wait_timeout(timeout),
        None
    );
    let spun = calls_of_a_spin(
        || token.spinning(LONG).wait(),
        || {},
        || {
            token.set();
        },
    );
    assert_eq!(spun, Calls::NONE);
}

/// A spin that lasts until the deadline leaves no mark, so the next set makes no system call.
#[test]
fn a_wait_that_spins_until_its_deadline_does_not_park() {
    let (event, token) = (Event::<Kernel>::unset(), AutoResetEvent::<Kernel>::unset());
    let timeout = Duration::from_micros(200);
    let spins = calls(|| {
        for _ in 0..20 {
            assert!(!event.spinning(LONG).wait_timeout(timeout));
            assert!(!token.spinning(LONG).wait_timeout(timeout));
            let any = AnyOf((&event, &token)).spinning(LONG).wait_timeout(timeout);
            assert_eq!(any, None);
            assert!(!AllOf([&event]).spinning(LONG).wait_timeout(timeout));
        }
        assert!(event.set() && token.set());
    });
    assert_eq!(spins, Calls::NONE);
}
