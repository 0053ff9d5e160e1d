//! Waiting for the first of several events.

mod common;

use common::{
    auto, calls, manual, until, until_listening, Any, Auto, Calls, Manual, TimedWord, Watched,
    Word, PATIENCE,
};
use futex_event::platform::{FallbackFutex, Futex, PrivateFutex};
use futex_event::{
    wait_all, wait_all_deadline, wait_all_timeout, wait_any, wait_any_deadline, wait_any_timeout,
    Event,
};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

on_every_word! {
    untimed: [
        the_first_that_is_set_is_returned_without_a_system_call,
        a_set_of_each_ends_the_wait,
        a_pulse_ends_the_wait,
        one_token_is_taken_and_the_others_stay,
        as_many_sets_as_threads_release_them_all,
        no_waiter_starves_next_to_others,
        every_pulse_of_an_auto_reset_event_releases_a_parked_thread,
        more_threads_than_slots_are_all_released,
        the_same_event_may_be_there_twice,
        any_number_of_events_can_be_waited_for,
        no_events_panic_and_say_so,
        the_waiter_may_free_the_events_while_set_is_running,
    ],
    timed: [
        a_nudge_without_effect_is_not_taken_for_a_claim,
        none_is_never_early,
        zero_and_the_past_check_once,
        a_timed_wait_for_any_is_released,
    ]
}

fn the_first_that_is_set_is_returned_without_a_system_call<F: Word>() {
    let events = [manual::<F>(), manual(), manual()];
    let token = auto::<F>();
    for index in (0..3).rev() {
        events[index].set();
        token.set();
        let all: [Any<F>; 4] = [&events[0], &events[1], &events[2], &token];
        assert_eq!(calls(|| assert_eq!(wait_any(all), index)), Calls::NONE);
    }
    assert!(token.try_wait());
    assert!(events.iter().all(Event::is_set));
}

fn a_set_of_each_ends_the_wait<F: Word>() {
    let _turn = common::take_turn();
    let (first, second, third) = (manual::<F>(), auto::<F>(), manual::<F>());
    let events: [Any<F>; 3] = [&first, &second, &third];
    let sets: [&(dyn Fn() + Sync); 3] =
        [&|| assert!(first.set()), &|| assert!(second.set()), &|| {
            assert!(third.set())
        }];
    for (index, set) in sets.iter().enumerate() {
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait_any(events));
            until_listening::<F>(1);
            set();
            assert_eq!(waiter.join().unwrap(), index);
        });
        first.clear();
        third.clear();
        assert!(!second.is_set());
    }
    // A thread has waited for it in this way, and none does now.
    assert_eq!(calls(|| assert!(second.set())), Calls::NONE);
}

fn a_pulse_ends_the_wait<F: Word>() {
    let _turn = common::take_turn();
    let (event, token) = (manual::<F>(), auto::<F>());
    for _ in 0..50 {
        thread::scope(|scope| {
            let waiters = [(); 2].map(|()| scope.spawn(|| wait_any((&token, &event))));
            until_listening::<F>(2);
            event.set();
            event.clear();
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), 1);
            }
        });
    }
}

fn one_token_is_taken_and_the_others_stay<F: Word>() {
    let tokens = [auto::<F>(), auto()];
    tokens.iter().for_each(|token| assert!(token.set()));
    assert_eq!(wait_any([&tokens[1], &tokens[0]]), 0);
    assert!(tokens[0].is_set() && !tokens[1].is_set());
    assert_eq!(wait_any([&tokens[1], &tokens[0]]), 1);
    assert!(!tokens[0].is_set());
}

/// Each set releases and wakes one thread, whether it waits for this event alone or for several.
fn as_many_sets_as_threads_release_them_all<F: Word>() {
    let _turn = common::take_turn();
    for round in 0..20 {
        let (token, event) = (auto::<F>(), manual::<F>());
        let all: [Any<F>; 2] = [&event, &token];
        thread::scope(|scope| {
            let any = (0..4).map(|_| scope.spawn(|| assert_eq!(wait_any(all), 1)));
            let any: Vec<_> = any.collect();
            until_listening::<F>(4);
            let plain: Vec<_> = (0..round % 5)
                .map(|_| scope.spawn(|| token.wait()))
                .collect();
            common::until_parked(&token, plain.len());
            let calls = calls(|| {
                for _ in 0..4 + plain.len() {
                    assert!(token.set());
                }
            });
            let wakes = 4 + plain.len() as u32;
            assert_eq!(calls, Calls { waits: 0, wakes });
            any.into_iter()
                .chain(plain)
                .for_each(|waiter| waiter.join().unwrap());
        });
        assert!(!token.is_set());
    }
}

/// Win32's `PulseEvent` misses now and then.
fn every_pulse_of_an_auto_reset_event_releases_a_parked_thread<F: Word>() {
    const PULSES: usize = 1_000;
    let _turn = common::take_turn();
    let (token, event) = (auto::<F>(), manual::<F>());
    let all: [Any<F>; 2] = [&event, &token];
    for plain in [true, false] {
        let released = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..PULSES {
                    if plain {
                        token.wait();
                    } else {
                        assert_eq!(wait_any(all), 1);
                    }
                    released.fetch_add(1, Relaxed);
                }
            });
            for pulse in 0..PULSES {
                until(|| released.load(Relaxed) == pulse);
                if plain {
                    common::until_parked(&token, 1);
                } else {
                    until_listening::<F>(1);
                }
                assert!(token.set());
                assert!(!token.clear());
            }
        });
    }
}

/// The table has fewer than a thousand slots. No token is reserved for the threads beyond, and none is lost.
fn more_threads_than_slots_are_all_released<F: Word>() {
    let _turn = common::take_turn();
    let (token, event) = (auto::<F>(), manual::<F>());
    let all: [Any<F>; 2] = [&event, &token];
    let threads = Watched::<F>::listeners().slots() + 8;
    let taken = AtomicUsize::new(0);
    let mut tokens = 0;
    thread::scope(|scope| {
        for _ in 0..threads {
            let thread = thread::Builder::new().stack_size(64 * 1024);
            let wait = || {
                assert_eq!(wait_any(all), 1);
                taken.fetch_add(1, Relaxed);
            };
            thread.spawn_scoped(scope, wait).expect("a thread");
        }
        until_listening::<F>(threads);
        until(|| {
            tokens += usize::from(token.set());
            taken.load(Relaxed) == threads
        });
    });
    assert_eq!(tokens, threads + usize::from(token.try_wait()));
    // They have all left the overflow slot too.
    assert!(!format!("{token:?}").contains("parked: true"));
}

/// Pulses of the first event make the listeners check; sets of the second release them at the same time.
fn a_nudge_without_effect_is_not_taken_for_a_claim<F: TimedWord>() {
    let _turn = common::take_turn();
    let (token, event) = (auto::<F>(), manual::<F>());
    let all: [Any<F>; 2] = [&event, &token];
    let [tokens, pulses] = [(); 2].map(|()| AtomicUsize::new(0));
    let mut sets = 0;
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for round in 0..300 {
                        match wait_any_timeout(all, Duration::from_micros(round)) {
                            Some(0) => pulses.fetch_add(1, Relaxed),
                            Some(_) => tokens.fetch_add(1, Relaxed),
                            None => 0,
                        };
                    }
                })
            })
            .collect();
        until(|| {
            event.set();
            event.clear();
            for _ in 0..2 {
                sets += usize::from(token.set());
            }
            waiters.iter().all(|waiter| waiter.is_finished())
        });
    });
    assert_eq!(sets, tokens.into_inner() + usize::from(token.try_wait()));
}

/// Threads that wait for a busy event, with timeouts now and then, next to threads that wait for other events.
#[test]
fn a_set_wakes_no_thread_that_it_does_not_release() {
    fn claim<F: TimedWord>() {
        let _turn = common::take_turn();
        let stop = manual::<F>();
        let work: Vec<_> = (0..32).map(|_| auto::<F>()).collect();
        let busy = auto::<F>();
        thread::scope(|scope| {
            let idle = work.iter().map(|work| {
                let events = (&stop, work);
                scope.spawn(move || calls(|| assert_eq!(wait_any(events), 0)))
            });
            let idle: Vec<_> = idle.collect();
            until_listening::<F>(32);
            let done = AtomicUsize::new(0);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for round in 0..500 {
                            busy.wait_timeout(Duration::from_micros(round % 100));
                        }
                        done.fetch_add(1, Relaxed);
                    });
                }
                until(|| {
                    (0..10).for_each(|_| _ = busy.set());
                    done.load(Relaxed) == 4
                });
            });
            stop.set();
            for waiter in idle {
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

/// Neither a steady stream of plain waiters nor one of waits for several events keeps the others waiting.
fn no_waiter_starves_next_to_others<F: Word>() {
    let _turn = common::take_turn();
    let (token, event) = (auto::<F>(), manual::<F>());
    let all: [Any<F>; 2] = [&event, &token];
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let stream = |wait: &'static str| {
            let (token, stop, all) = (&token, &stop, &all);
            scope.spawn(move || {
                while !stop.load(Relaxed) {
                    match wait {
                        "plain" => token.wait(),
                        _ => assert!(wait_any(all) < 2),
                    }
                }
            })
        };
        for wait in ["plain", "any"] {
            stop.store(false, Relaxed);
            let waiters = [stream(wait), stream(wait)];
            let (all, token) = (&all, &token);
            let other = scope.spawn(move || match wait {
                "plain" => assert_eq!(wait_any(all), 1),
                _ => token.wait(),
            });
            until(|| {
                token.set();
                other.is_finished()
            });
            stop.store(true, Relaxed);
            until(|| {
                token.set();
                waiters.iter().all(|waiter| waiter.is_finished())
            });
            token.clear();
        }
    });
}

fn the_same_event_may_be_there_twice<F: Word>() {
    let _turn = common::take_turn();
    let (event, token) = (manual::<F>(), auto::<F>());
    let all: [Any<F>; 4] = [&event, &token, &event, &token];
    thread::scope(|scope| {
        let waiter = scope.spawn(|| wait_any(all));
        until_listening::<F>(1);
        token.set();
        assert!([1, 3].contains(&waiter.join().unwrap()));
        assert!(!token.is_set());
        let waiter = scope.spawn(|| wait_any(all));
        until_listening::<F>(1);
        event.set();
        assert!([0, 2].contains(&waiter.join().unwrap()));
    });
    wait_all([&event, &event]);
}

fn any_number_of_events_can_be_waited_for<F: Word>() {
    let _turn = common::take_turn();
    for count in [1, 15, 16, 17, 32, 33, 128, 129, 5_000] {
        let events: Vec<_> = (1..count).map(|_| manual::<F>()).collect();
        let (token, last) = (auto::<F>(), manual::<F>());
        let few = events.iter().map(|event| event as Any<F>);
        let sets: [(Any<F>, &(dyn Fn() -> bool + Sync)); 2] = [
            (&token, &|| token.set()),
            (&last, &|| last.set() && last.clear()),
        ];
        for (extra, set) in sets {
            let all: Vec<_> = few.clone().chain([extra]).collect();
            thread::scope(|scope| {
                let waiter = scope.spawn(|| wait_any(&all));
                until_listening::<F>(1);
                assert!(set());
                assert_eq!(waiter.join().unwrap(), count - 1);
            });
        }
        last.set();
        events.iter().for_each(|event| assert!(event.set()));
        let all: Vec<_> = events.iter().chain([&last]).collect();
        wait_all(&all);
    }
}

fn no_events_panic_and_say_so<F: Word>() {
    let none: [Any<F>; 0] = [];
    let panic = catch_unwind(AssertUnwindSafe(|| wait_any(none))).unwrap_err();
    let text = panic.downcast::<&str>().unwrap();
    assert!(text.contains("no events"));
}

fn the_waiter_may_free_the_events_while_set_is_running<F: Word>() {
    let _turn = common::take_turn();
    for round in 0..300 {
        let events = Box::into_raw(Box::new((manual::<F>(), auto::<F>())));
        let address = events as usize;
        let waiter = thread::spawn(move || {
            let events = address as *mut (Manual<F>, Auto<F>);
            // SAFETY: only this thread frees them, when it has been released.
            unsafe {
                wait_any((&(*events).0, &(*events).1));
                drop(Box::from_raw(events));
            }
        });
        if round % 2 == 0 {
            thread::yield_now();
        }
        // SAFETY: as above; no thread is released before this has written.
        unsafe {
            if round % 4 < 2 {
                (*events).0.set();
            } else {
                (*events).1.set();
            }
        }
        waiter.join().unwrap();
    }
}

fn none_is_never_early<F: TimedWord>() {
    let _turn = common::take_turn();
    let (event, token) = (manual::<F>(), auto::<F>());
    for microseconds in [1, 700, 1_500, 20_000] {
        let timeout = Duration::from_micros(microseconds);
        let begun = Instant::now();
        assert_eq!(wait_any_timeout((&event, &token), timeout), None);
        assert!(begun.elapsed() >= timeout);
        let deadline = Instant::now() + timeout;
        assert_eq!(wait_any_deadline([&event, &event], deadline), None);
        assert!(Instant::now() >= deadline);
    }
}

fn zero_and_the_past_check_once<F: TimedWord>() {
    let (event, token) = (manual::<F>(), auto::<F>());
    let all: [Any<F>; 2] = [&event, &token];
    let past = Instant::now();
    let check = |expected| {
        let calls = calls(|| {
            assert_eq!(wait_any_timeout(all, Duration::ZERO), expected);
            assert_eq!(
                wait_all_timeout([&event], Duration::ZERO),
                expected == Some(0)
            );
            if expected != Some(1) {
                assert_eq!(wait_any_deadline(all, past), expected);
            }
            assert_eq!(wait_all_deadline([&event], past), expected == Some(0));
        });
        assert_eq!(calls, Calls::NONE);
    };
    check(None);
    token.set();
    check(Some(1));
    check(None);
    event.set();
    check(Some(0));
}

fn a_timed_wait_for_any_is_released<F: TimedWord>() {
    let _turn = common::take_turn();
    let (event, token) = (manual::<F>(), auto::<F>());
    let all: [Any<F>; 2] = [&event, &token];
    thread::scope(|scope| {
        for timeout in [PATIENCE, Duration::MAX] {
            let waiter = scope.spawn(move || wait_any_timeout(all, timeout));
            until_listening::<F>(1);
            token.set();
            assert_eq!(waiter.join().unwrap(), Some(1));
        }
        let waiter = scope.spawn(|| wait_any_deadline(all, Instant::now() + PATIENCE));
        until_listening::<F>(1);
        event.set();
        event.clear();
        assert_eq!(waiter.join().unwrap(), Some(0));
    });
}
