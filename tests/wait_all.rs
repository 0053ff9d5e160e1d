//! Waiting for all of several events, also with another event that ends the wait.

mod common;

use common::{auto, calls, manual, until_listening, Any, Calls, Manual, TimedWord, Word, PATIENCE};
use futex_event::platform::Deadline;
use futex_event::{wait_all, wait_all_deadline, wait_all_timeout, AllOf, Stopped};
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

on_every_word! {
    untimed: [
        it_returns_when_each_has_been_set_once,
        it_makes_no_system_call_if_all_are_set,
        an_event_may_be_there_twice,
        any_number_of_events_can_be_waited_for,
        the_other_event_ends_the_wait_while_events_are_unset,
        pulses_of_each_event_end_the_wait_that_another_may_end,
        if_both_hold_the_other_event_wins,
        a_wait_that_the_events_end_takes_no_token,
        a_token_releases_one_of_several_waits,
        it_makes_no_system_call_if_one_of_both_holds,
    ],
    timed: [
        a_timeout_that_cannot_be_represented_means_forever,
        it_is_never_early_and_needs_all,
        with_another_event_it_is_never_early_and_needs_all,
        zero_and_the_past_check_once,
    ]
}

fn it_returns_when_each_has_been_set_once<F: Word>() {
    let events = [manual::<F>(), manual(), manual()];
    thread::scope(|scope| {
        let waiter = scope.spawn(|| wait_all(&events));
        for event in &events {
            // It sleeps on the first event that has not been set.
            common::until_parked(&events[0], 1);
            if !ptr::eq(event, &events[0]) {
                event.set();
                event.clear();
            }
        }
        assert!(!waiter.is_finished());
        events[0].set();
        events[0].clear();
        waiter.join().unwrap();
    });
}

fn it_makes_no_system_call_if_all_are_set<F: Word>() {
    let events = [manual::<F>(), manual()];
    events.iter().for_each(|event| assert!(event.set()));
    assert_eq!(calls(|| wait_all(&events)), Calls::NONE);
    let none: [&Manual<F>; 0] = [];
    assert_eq!(calls(|| wait_all(none)), Calls::NONE);
}

fn an_event_may_be_there_twice<F: Word>() {
    let events = [manual::<F>(), manual()];
    thread::scope(|scope| {
        let twice = [&events[0], &events[1], &events[0], &events[1]];
        let waiter = scope.spawn(move || wait_all(twice));
        for event in &events {
            common::until_parked(event, 1);
            event.set();
        }
        waiter.join().unwrap();
    });
}

fn any_number_of_events_can_be_waited_for<F: Word>() {
    let _turn = common::take_turn();
    for count in [1, 15, 16, 17, 32, 33, 128, 129, 5_000] {
        let events: Vec<_> = (0..count).map(|_| manual::<F>()).collect();
        let token = auto::<F>();
        let last = count - 1;
        events[..last].iter().for_each(|event| assert!(event.set()));
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait_all(&events));
            let other = scope.spawn(|| AllOf(&events).or(&token).wait());
            common::until_parked(&events[last], 1);
            until_listening::<F>(1);
            events[last].set();
            events[last].clear();
            waiter.join().unwrap();
            assert_eq!(other.join().unwrap(), Ok(()));
        });
        thread::scope(|scope| {
            let waiter = scope.spawn(|| AllOf(&events).or(&token).wait());
            until_listening::<F>(1);
            assert!(token.set());
            assert_eq!(waiter.join().unwrap(), Err(Stopped));
        });
    }
}

/// For any number of events that have been set by then.
fn the_other_event_ends_the_wait_while_events_are_unset<F: Word>() {
    let _turn = common::take_turn();
    let (stop, token) = (manual::<F>(), auto::<F>());
    let others: [(Any<F>, &(dyn Fn() -> bool + Sync)); 3] = [
        (&stop, &|| stop.set() && stop.clear()),
        (&stop, &|| stop.set()),
        (&token, &|| token.set()),
    ];
    for (other, set) in others {
        for set_before in 0..3 {
            let events = [manual::<F>(), manual(), manual()];
            thread::scope(|scope| {
                let waiter = scope.spawn(|| AllOf(&events).or(other).wait());
                until_listening::<F>(1);
                for event in &events[..set_before] {
                    event.set();
                    until_listening::<F>(1);
                }
                assert!(set());
                assert_eq!(waiter.join().unwrap(), Err(Stopped));
            });
            stop.clear();
        }
    }
    assert!(!token.is_set());
}

fn pulses_of_each_event_end_the_wait_that_another_may_end<F: Word>() {
    let _turn = common::take_turn();
    let (stop, token) = (manual::<F>(), auto::<F>());
    let others: [Any<F>; 2] = [&stop, &token];
    for other in others {
        for order in [[0, 1, 2], [2, 0, 1], [2, 1, 0]] {
            let events = [manual::<F>(), manual(), manual()];
            thread::scope(|scope| {
                let waiter = scope.spawn(|| AllOf(&events).or(other).wait());
                for event in order {
                    until_listening::<F>(1);
                    assert!(!waiter.is_finished());
                    events[event].set();
                    events[event].clear();
                }
                assert_eq!(waiter.join().unwrap(), Ok(()));
            });
        }
    }
}

fn if_both_hold_the_other_event_wins<F: Word>() {
    let _turn = common::take_turn();
    let (events, stop, token) = ([manual::<F>(), manual()], manual::<F>(), auto::<F>());
    let others: [(Any<F>, &(dyn Fn() -> bool + Sync)); 2] =
        [(&stop, &|| stop.set()), (&token, &|| token.set())];
    for (other, set) in others {
        let set_all = || events.iter().for_each(|event| assert!(event.set()));
        let clear_all = || events.iter().for_each(|event| assert!(event.clear()));
        set_all();
        assert!(set());
        assert_eq!(AllOf(&events).or(other).wait(), Err(Stopped));
        stop.clear();
        assert!(!token.is_set(), "the wait has taken the token");

        // The same for a thread that sleeps: the events are set after the other one.
        clear_all();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| AllOf(&events).or(other).wait());
            until_listening::<F>(1);
            assert!(set());
            set_all();
            assert_eq!(waiter.join().unwrap(), Err(Stopped));
        });
        stop.clear();
        clear_all();
        assert!(!token.is_set(), "the wait has taken the token");
    }
    // In an empty list, all events have been set.
    let none: [&Manual<F>; 0] = [];
    assert_eq!(AllOf(none).or(&stop).wait(), Ok(()));
    stop.set();
    assert_eq!(AllOf(none).or(&stop).wait(), Err(Stopped));
}

fn a_wait_that_the_events_end_takes_no_token<F: Word>() {
    let _turn = common::take_turn();
    for _ in 0..50 {
        let (events, token) = ([manual::<F>(), manual()], auto::<F>());
        let released = thread::scope(|scope| {
            let waiter = scope.spawn(|| AllOf(&events).or(&token).wait());
            until_listening::<F>(1);
            events.iter().for_each(|event| assert!(event.set()));
            assert!(token.set(), "there is no token yet");
            waiter.join().unwrap()
        });
        // Which of them ends it is a race.
        assert_eq!(token.is_set(), released == Ok(()));
    }
}

/// A wait for all or another event is a waiter of that event like any other.
fn a_token_releases_one_of_several_waits<F: Word>() {
    let _turn = common::take_turn();
    let (never, token) = (manual::<F>(), auto::<F>());
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| AllOf([&never]).or(&token).wait()))
            .collect();
        for parked in (1..=4).rev() {
            until_listening::<F>(parked);
            let set = calls(|| assert!(token.set()));
            assert_eq!(set, Calls { waits: 0, wakes: 1 });
        }
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Err(Stopped));
        }
    });
    assert!(!token.is_set());
}

fn it_makes_no_system_call_if_one_of_both_holds<F: Word>() {
    let (events, token) = ([manual::<F>(), manual()], auto::<F>());
    token.set();
    let stopped = || assert_eq!(AllOf(&events).or(&token).wait(), Err(Stopped));
    assert_eq!(calls(stopped), Calls::NONE);
    events.iter().for_each(|event| assert!(event.set()));
    let all = || assert_eq!(AllOf(&events).or(&token).wait(), Ok(()));
    assert_eq!(calls(all), Calls::NONE);
}

fn a_timeout_that_cannot_be_represented_means_forever<F: TimedWord>() {
    let _turn = common::take_turn();
    let (events, stop) = ([manual::<F>(), manual()], auto::<F>());
    thread::scope(|scope| {
        let waiters = [
            scope.spawn(|| wait_all_timeout(&events, Duration::MAX)),
            scope.spawn(|| wait_all_deadline(&events, Deadline::NEVER)),
            scope.spawn(|| wait_all_deadline(&events, None::<Instant>)),
        ];
        for event in &events {
            common::until_parked(event, waiters.len());
            event.set();
        }
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
    });
    events.iter().for_each(|event| assert!(event.clear()));
    thread::scope(|scope| {
        let waiters = [
            scope.spawn(|| AllOf(&events).or(&stop).wait_timeout(Duration::MAX)),
            scope.spawn(|| AllOf(&events).or(&stop).wait_deadline(Deadline::NEVER)),
            scope.spawn(|| AllOf(&events).or(&stop).wait_deadline(None::<Instant>)),
        ];
        for event in &events {
            until_listening::<F>(waiters.len());
            event.set();
        }
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Ok(true));
        }
    });
}

fn it_is_never_early_and_needs_all<F: TimedWord>() {
    let events = [manual::<F>(), manual()];
    let timeout = Duration::from_millis(5);
    for set in [0, 1] {
        events[set].set();
        let begun = Instant::now();
        assert!(!wait_all_timeout(&events, timeout));
        assert!(begun.elapsed() >= timeout);
        let deadline = Instant::now() + timeout;
        assert!(!wait_all_deadline(&events, deadline));
        assert!(Instant::now() >= deadline);
        let deadline = Deadline::after(F::now(), timeout);
        assert!(!wait_all_deadline(&events, deadline));
        assert!(deadline.has_passed(F::now()));
        events[1 - set].set();
        assert!(wait_all_timeout(&events, timeout));
        events.iter().for_each(|event| assert!(event.clear()));
    }
}

fn with_another_event_it_is_never_early_and_needs_all<F: TimedWord>() {
    let _turn = common::take_turn();
    let (events, stop) = ([manual::<F>(), manual()], auto::<F>());
    let wait = AllOf(&events).or(&stop);
    let timeout = Duration::from_millis(5);
    for set in [0, 1] {
        events[set].set();
        let begun = Instant::now();
        assert_eq!(wait.wait_timeout(timeout), Ok(false));
        assert!(begun.elapsed() >= timeout);
        let deadline = Deadline::after(F::now(), timeout);
        assert_eq!(wait.wait_deadline(deadline), Ok(false));
        assert!(deadline.has_passed(F::now()));
        stop.set();
        assert_eq!(wait.wait_timeout(PATIENCE), Err(Stopped));
        events[1 - set].set();
        assert_eq!(wait.wait_timeout(timeout), Ok(true));
        events.iter().for_each(|event| assert!(event.clear()));
    }
}

fn zero_and_the_past_check_once<F: TimedWord>() {
    let (events, stop) = ([manual::<F>(), manual()], auto::<F>());
    let past = Instant::now();
    let check = |stopped: bool, all| {
        let expected = if stopped { Err(Stopped) } else { Ok(all) };
        let calls = calls(|| {
            assert_eq!(wait_all_timeout(&events, Duration::ZERO), all);
            assert_eq!(wait_all_deadline(&events, past), all);
            let wait = AllOf(&events).or(&stop);
            assert_eq!(wait.wait_timeout(Duration::ZERO), expected);
            assert_eq!(wait.wait_deadline(past), Ok(all));
        });
        assert_eq!(calls, Calls::NONE);
    };
    check(false, false);
    stop.set();
    check(true, false);
    check(false, false);
    events.iter().for_each(|event| assert!(event.set()));
    check(false, true);
    stop.set();
    check(true, true);
}
