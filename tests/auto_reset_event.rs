//! What only `AutoResetEvent` promises, on every word.

mod common;

use common::{calls, until, until_listening, until_parked, Calls, TimedWord, Watched, Word};
use futex_event::platform::{FallbackFutex, PrivateFutex};
use futex_event::AutoResetEvent;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

on_every_word! {
    untimed: [
        a_token_is_taken_once,
        one_set_releases_one_of_many,
        as_many_sets_as_parked_threads_release_them_all_with_one_call_each,
        sets_beyond_the_parked_leave_one_token,
        clear_strands_no_released_waiter,
        at_the_limit_a_further_thread_waits_and_is_released,
        at_the_limit_the_token_of_a_set_is_still_taken,
    ],
    timed: [
        a_grant_is_not_for_later_threads,
        a_timed_out_waiter_is_not_counted_any_more,
    ]
}

fn unset<F: Word>() -> AutoResetEvent<Watched<F>> {
    AutoResetEvent::with_futex(Watched::default())
}

fn a_token_is_taken_once<F: Word>() {
    let event = unset::<F>();
    for take in [
        AutoResetEvent::try_wait,
        AutoResetEvent::clear,
        |event: &AutoResetEvent<_>| {
            event.wait();
            true
        },
    ] {
        assert!(event.set());
        assert!(event.is_set());
        assert!(take(&event));
        assert!(!event.is_set());
        assert!(!event.try_wait());
    }
}

fn one_set_releases_one_of_many<F: Word>() {
    const WAITERS: usize = 5;
    let event = unset::<F>();
    let released = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            scope.spawn(|| {
                event.wait();
                released.fetch_add(1, Relaxed);
            });
        }
        for parked in (0..WAITERS).rev() {
            until_parked(&event, parked + 1);
            assert!(event.set());
            assert!(!event.is_set());
            until_parked(&event, parked);
            let expected = (WAITERS - parked) as u32;
            until(|| released.load(Relaxed) == expected);
        }
    });
    assert!(!event.is_set());
}

fn as_many_sets_as_parked_threads_release_them_all_with_one_call_each<F: Word>() {
    const WAITERS: u32 = 5;
    for _ in 0..100 {
        let event = unset::<F>();
        thread::scope(|scope| {
            for _ in 0..WAITERS {
                scope.spawn(|| event.wait());
            }
            until_parked(&event, WAITERS as usize);
            let calls = calls(|| {
                for _ in 0..WAITERS {
                    assert!(event.set());
                }
            });
            let wakes = WAITERS;
            assert_eq!(calls, Calls { waits: 0, wakes });
        });
        assert!(!event.is_set());
    }
}

fn sets_beyond_the_parked_leave_one_token<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(event.set());
        assert!(event.set());
        assert!(!event.set());
    });
    assert!(event.try_wait());
    assert!(!event.try_wait());
}

fn a_grant_is_not_for_later_threads<F: TimedWord>() {
    // The later thread waits as a listener.
    let _turn = common::take_turn();
    for round in 0..500 {
        let event = unset::<F>();
        thread::scope(|scope| {
            scope.spawn(|| event.wait());
            until_parked(&event, 1);
            assert!(event.set());
            assert!(!event.try_wait());
            assert!(!event.wait_timeout(Duration::from_nanos(round)));
        });
    }
}

fn clear_strands_no_released_waiter<F: Word>() {
    for _ in 0..200 {
        let event = unset::<F>();
        thread::scope(|scope| {
            scope.spawn(|| event.wait());
            scope.spawn(|| event.wait());
            until_parked(&event, 2);
            assert!(event.set());
            assert!(event.set());
            assert!(!event.clear());
        });
    }
}

fn a_timed_out_waiter_is_not_counted_any_more<F: TimedWord>() {
    let event = unset::<F>();
    assert!(!event.wait_timeout(Duration::from_millis(1)));
    assert_eq!(calls(|| assert!(event.set())), Calls::NONE);
    assert!(event.is_set());
    assert!(!event.set());
}

/// An event that counts two waiters.
type Narrow<F> = AutoResetEvent<Watched<F, 2>>;

fn at_the_limit_a_further_thread_waits_and_is_released<F: Word>() {
    let _turn = common::take_turn();
    for _ in 0..100 {
        let event = Narrow::<F>::with_futex(Watched::default());
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| event.wait());
            }
            until_parked(&event, 2);
            scope.spawn(|| event.wait());
            until_listening::<F>(1);
            for _ in 0..3 {
                let calls = calls(|| assert!(event.set()));
                assert_eq!(calls, Calls { waits: 0, wakes: 1 });
            }
        });
        assert!(!event.is_set());
    }
}

fn at_the_limit_the_token_of_a_set_is_still_taken<F: Word>() {
    let _turn = common::take_turn();
    let event = Narrow::<F>::with_futex(Watched::default());
    let released = AtomicU32::new(0);
    thread::scope(|scope| {
        let wait = || {
            event.wait();
            released.fetch_add(1, Relaxed);
        };
        scope.spawn(wait);
        scope.spawn(wait);
        until_parked(&event, 2);
        scope.spawn(wait);
        until_listening::<F>(1);
        assert!(event.set());
        until(|| released.load(Relaxed) == 1);
        assert!(event.set());
        assert!(event.set());
    });
    assert_eq!(released.load(Relaxed), 3);
}

/// A set wakes the thread that it releases, and no other.
#[test]
fn one_set_disturbs_one_thread() {
    fn claim<F: Word>() {
        const WAITERS: usize = 5;
        let event = unset::<F>();
        thread::scope(|scope| {
            let waiters: Vec<_> = (1..=WAITERS)
                .map(|parked| {
                    let waiter = scope.spawn(|| calls(|| event.wait()));
                    until_parked(&event, parked);
                    waiter
                })
                .collect();
            for parked in (0..WAITERS).rev() {
                assert!(event.set());
                until_parked(&event, parked);
            }
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), Calls { waits: 1, wakes: 0 });
            }
        });
    }
    // On a simulated system, some sleeps end spuriously.
    if cfg!(not(futex_event_simulated)) {
        claim::<PrivateFutex>();
    }
    claim::<FallbackFutex>();
}
