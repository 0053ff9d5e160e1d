//! What a wait does before it parks is a matter of speed only, and it does what it was told.

mod common;

use common::{calls, until_parked, AnyEvent, Calls, TimedWord, Watched, Word, PATIENCE};
use futex_event::{AutoResetEvent, Event, Spin};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

on_every_word! {
    untimed: [
        a_set_releases_a_wait_that_was_told_how_to_spin,
        a_wait_that_never_spins_parks,
        nobody_spins_where_others_are_parked,
    ],
    timed: [
        false_is_never_early_however_long_the_spin,
    ]
}

const POLICIES: [Spin; 3] = [
    Spin::ADAPTIVE,
    Spin::NEVER,
    Spin::at_most(Duration::from_micros(200)),
];

fn a_set_releases_a_wait_that_was_told_how_to_spin<F: Word>() {
    let event = Event::with_futex(Watched::<F>::default());
    let auto = AutoResetEvent::with_futex(Watched::<F>::default());
    for spin in POLICIES {
        for _ in 0..20 {
            thread::scope(|scope| {
                scope.spawn(|| {
                    event.spinning(spin).wait();
                    auto.spinning(spin).wait();
                });
                event.set();
                auto.set();
            });
            assert!(event.clear() && !auto.is_set());
        }
    }
}

fn a_wait_that_never_spins_parks<F: Word>() {
    let event = Event::with_futex(Watched::<F>::default());
    thread::scope(|scope| {
        let waiter = scope.spawn(|| calls(|| event.spinning(Spin::NEVER).wait()));
        until_parked(&event, 1);
        event.set();
        assert!(waiter.join().unwrap().waits > 0);
    });
}

fn nobody_spins_where_others_are_parked<F: Word>() {
    let event = Event::with_futex(Watched::<F>::default());
    thread::scope(|scope| {
        scope.spawn(|| event.spinning(Spin::NEVER).wait());
        until_parked(&event, 1);
        scope.spawn(|| event.spinning(Spin::at_most(2 * PATIENCE)).wait());
        until_parked(&event, 2);
        event.set();
    });
}

fn false_is_never_early_however_long_the_spin<F: TimedWord>() {
    let event = Event::with_futex(Watched::<F>::default());
    let auto = AutoResetEvent::with_futex(Watched::<F>::default());
    for spin in [Spin::ADAPTIVE, Spin::NEVER, Spin::at_most(PATIENCE)] {
        for timeout in [3, 300, 3_000].map(Duration::from_micros) {
            let begun = Instant::now();
            assert!(!event.spinning(spin).wait_timeout(timeout));
            assert!(!auto.spinning(spin).wait_timeout(timeout));
            assert!(begun.elapsed() >= 2 * timeout);
            assert!(
                begun.elapsed() < PATIENCE,
                "a spin went on past its deadline"
            );
            let deadline = Instant::now() + timeout;
            assert!(!event.spinning(spin).wait_deadline(deadline));
            assert!(!auto.spinning(spin).wait_deadline(deadline));
            assert!(Instant::now() >= deadline);
        }
    }
}

/// Of a wait that is released while it looks, the kernel does not hear, nor of the set.
#[test]
fn a_wait_that_is_released_while_it_spins_enters_no_kernel() {
    type Word = Watched<futex_event::platform::PrivateFutex>;

    fn claim<E: AnyEvent>(event: E, wait: impl Fn(&E) + Sync) {
        let waits = AtomicBool::new(false);
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                waits.store(true, Relaxed);
                calls(|| wait(&event))
            });
            common::until(|| waits.load(Relaxed));
            // So that it has begun to look, most likely. If not, it finds the event set, which is no claim at all.
            thread::sleep(Duration::from_millis(20));
            let none = Calls { waits: 0, wakes: 0 };
            assert_eq!(calls(|| assert!(event.set())), none);
            assert_eq!(waiter.join().unwrap(), none);
        });
    }

    if thread::available_parallelism().map_or(1, usize::from) == 1 {
        println!("SKIPPED: with one CPU nobody spins");
        return;
    }
    let long = Spin::at_most(PATIENCE);
    claim(Event::<Word>::unset(), |event| event.spinning(long).wait());
    claim(AutoResetEvent::<Word>::unset(), |event| {
        event.spinning(long).wait()
    });
}
