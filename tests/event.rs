//! What only `Event` promises, on every word.

mod common;

use common::{calls, until_parked, Calls, TimedWord, Watched, Word, PATIENCE};
use futex_event::Event;
use std::thread;
use std::time::Duration;

on_every_word! {
    untimed: [
        try_wait_checks_and_takes_nothing,
        set_releases_every_parked_waiter_with_one_call,
        set_of_a_set_event_makes_no_system_call_even_after_waiters_were_parked,
        clear_right_after_set_strands_no_waiter,
        clear_of_an_unset_event_does_not_forget_the_parked,
        park_clear_set_wakes_in_each_generation,
        a_thousand_waiters_are_released_at_once,
    ],
    timed: [
        clear_right_after_set_strands_no_timed_waiter,
        a_timed_out_waiter_leaves_the_event_in_order,
    ]
}

fn unset<F: Word>() -> Event<Watched<F>> {
    Event::with_futex(Watched::default())
}

fn try_wait_checks_and_takes_nothing<F: Word>() {
    let event = unset::<F>();
    assert!(!event.try_wait());
    event.set();
    assert!(event.try_wait());
    assert!(event.try_wait());
    assert!(event.is_set());
}

fn set_releases_every_parked_waiter_with_one_call<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| event.wait());
        }
        until_parked(&event, 8);
        let calls = calls(|| assert!(event.set()));
        assert_eq!(calls, Calls { waits: 0, wakes: 1 });
    });
}

fn set_of_a_set_event_makes_no_system_call_even_after_waiters_were_parked<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        event.set();
    });
    assert_eq!(calls(|| assert!(!event.set())), Calls::default());
}

/// CPython's gh-57711: a word that holds only a flag strands the threads that were not scheduled before the clear.
fn clear_right_after_set_strands_no_waiter<F: Word>() {
    const WAITERS: usize = 5;
    for _ in 0..200 {
        let event = unset::<F>();
        thread::scope(|scope| {
            for _ in 0..WAITERS {
                scope.spawn(|| event.wait());
            }
            until_parked(&event, WAITERS);
            assert!(event.set());
            assert!(event.clear());
        });
        assert!(!event.is_set());
    }
}

fn clear_right_after_set_strands_no_timed_waiter<F: TimedWord>() {
    for _ in 0..200 {
        let event = unset::<F>();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| event.wait_timeout(PATIENCE));
            until_parked(&event, 1);
            assert!(event.set());
            assert!(event.clear());
            assert!(waiter.join().unwrap());
        });
    }
}

fn clear_of_an_unset_event_does_not_forget_the_parked<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(!event.clear());
        assert!(event.set());
    });
}

fn park_clear_set_wakes_in_each_generation<F: Word>() {
    let event = unset::<F>();
    for _ in 0..100 {
        thread::scope(|scope| {
            scope.spawn(|| event.wait());
            until_parked(&event, 1);
            event.clear();
            assert!(event.set());
        });
        assert!(event.clear());
    }
}

fn a_timed_out_waiter_leaves_the_event_in_order<F: TimedWord>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(!event.wait_timeout(Duration::from_millis(1)));
        // The other thread is still asleep, and the event still knows it.
        assert_eq!(calls(|| assert!(event.set())).wakes, 1);
    });
}

fn a_thousand_waiters_are_released_at_once<F: Word>() {
    const WAITERS: usize = 1_000;
    let event = unset::<F>();
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            thread::Builder::new()
                .stack_size(64 * 1024)
                .spawn_scoped(scope, || event.wait())
                .unwrap();
        }
        until_parked(&event, WAITERS);
        assert_eq!(calls(|| assert!(event.set())).wakes, 1);
    });
}
