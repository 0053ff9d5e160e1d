//! Models of `Event`.

use futex_event::{Event, Interrupted};
use futex_event_loom::{until_quiet, LoomFutex, SleepEnd};
use loom::sync::Arc;
use loom::thread;
use loom_tests::{explore, preemptions, spawn, Bound, TIMED, UNTIMED};

use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(1);

type Guarded = loom_tests::Guarded<Event<LoomFutex>>;

fn unset() -> Arc<Guarded> {
    Arc::new(Guarded::new(Event::with_futex(LoomFutex::default())))
}

fn wait_and_read(guarded: &Guarded) {
    guarded.event.wait();
    assert_eq!(guarded.read(), 1);
}

#[test]
fn set_publishes_to_every_waiter() {
    explore(
        "publish",
        preemptions(1).deep(3),
        [UNTIMED, UNTIMED],
        |scripts| {
            let guarded = unset();
            let waiters = scripts.map(|script| spawn(script, &guarded, wait_and_read));
            guarded.write(1);
            assert!(guarded.event.set());
            waiters.into_iter().for_each(|waiter| waiter.join());
        },
    );
}

#[test]
fn a_pulse_releases_the_threads_that_were_parked() {
    explore("pulse, one waiter", Bound::None, [UNTIMED], |[script]| {
        let guarded = unset();
        let waiter = spawn(script, &guarded, wait_and_read);
        until_quiet();
        guarded.write(1);
        assert!(guarded.event.set());
        assert!(guarded.event.clear());
        waiter.join();
    });
    explore(
        "pulse, two waiters",
        preemptions(1).deep(2),
        [UNTIMED, UNTIMED],
        |scripts| {
            let guarded = unset();
            let waiters = scripts.map(|script| spawn(script, &guarded, wait_and_read));
            until_quiet();
            guarded.write(1);
            assert!(guarded.event.set());
            assert!(guarded.event.clear());
            waiters.into_iter().for_each(|waiter| waiter.join());
        },
    );
}

/// The released thread may read the word only after the newcomer has parked in the next generation.
#[test]
fn a_pulse_releases_the_parked_and_not_the_newcomer() {
    explore(
        "pulse, newcomer",
        Bound::None,
        [UNTIMED, UNTIMED],
        |[first, second]| {
            let guarded = unset();
            let parked = spawn(first, &guarded, wait_and_read);
            until_quiet();
            guarded.write(1);
            assert!(guarded.event.set());
            assert!(guarded.event.clear());
            let newcomer = spawn(second, &guarded, |guarded| guarded.event.wait());
            parked.join();
            until_quiet();
            guarded.event.set();
            newcomer.join();
        },
    );
}

#[test]
fn clear_against_set_against_wait() {
    explore(
        "clear against set",
        preemptions(1).deep(3),
        [UNTIMED],
        |[script]| {
            let guarded = unset();
            let waiter = spawn(script, &guarded, wait_and_read);
            let clearer = spawn(&[], &guarded, |guarded| {
                let cleared = guarded.event.clear();
                if cleared {
                    assert_eq!(guarded.read(), 1);
                }
                cleared
            });
            guarded.write(1);
            assert!(guarded.event.set());
            let cleared = clearer.join();
            // If the clear came before the wait began, this releases the waiter. Otherwise the first set has released it.
            assert_eq!(guarded.event.set(), cleared);
            waiter.join();
        },
    );
}

#[test]
fn park_clear_set_wakes() {
    explore("park, clear, set", Bound::None, [UNTIMED], |[script]| {
        let guarded = unset();
        let waiter = spawn(script, &guarded, wait_and_read);
        assert!(!guarded.event.clear());
        guarded.write(1);
        assert!(guarded.event.set());
        waiter.join();
    });
}

#[test]
fn the_last_of_several_sets_and_clears_counts() {
    explore(
        "two generations",
        preemptions(1).deep(3),
        [UNTIMED],
        |[script]| {
            let guarded = unset();
            let waiter = spawn(script, &guarded, |guarded| guarded.event.wait());
            let setter = spawn(&[], &guarded, |guarded| {
                guarded.event.set();
            });
            guarded.event.set();
            guarded.event.clear();
            guarded.event.set();
            setter.join();
            waiter.join();
        },
    );
}

#[test]
fn a_thread_waits_again_in_the_next_generation() {
    explore("wait twice", preemptions(3), [UNTIMED], |[script]| {
        let guarded = unset();
        let waiter = spawn(script, &guarded, |guarded| {
            guarded.event.wait();
            assert!(guarded.event.clear());
            guarded.event.wait();
            assert_eq!(guarded.read(), 1);
        });
        assert!(guarded.event.set());
        // Until the clear, so the next set is another one.
        while guarded.event.is_set() {
            thread::yield_now();
        }
        guarded.write(1);
        assert!(guarded.event.set());
        waiter.join();
    });
}

#[test]
fn timeout_against_set() {
    explore("timeout against set", Bound::None, [TIMED], |[script]| {
        let guarded = unset();
        let waiter = spawn(script, &guarded, move |guarded| {
            if guarded.event.wait_timeout(TIMEOUT) {
                assert_eq!(guarded.read(), 1);
            } else {
                assert!(script.contains(&SleepEnd::Timeout));
            }
        });
        guarded.write(1);
        assert!(guarded.event.set());
        waiter.join();
    });
}

/// The closure is called instead of a sleep. When it has returned true, the thread checks once more.
#[test]
fn interruption_against_set() {
    explore(
        "interruption against set",
        Bound::None,
        [UNTIMED],
        |[script]| {
            let guarded = unset();
            let waiter = spawn(script, &guarded, move |guarded| {
                match guarded.event.wait_interruptible(|| true) {
                    Ok(()) => assert_eq!(guarded.read(), 1),
                    Err(Interrupted) => assert!(!script.is_empty()),
                }
            });
            guarded.write(1);
            assert!(guarded.event.set());
            waiter.join();
        },
    );
}

/// A thread that gives up does not erase the mark that another is parked.
#[test]
fn timeout_against_set_against_wait() {
    explore(
        "timeout next to a waiter",
        preemptions(1).deep(3),
        [TIMED, UNTIMED],
        |[timed, untimed]| {
            let guarded = unset();
            let impatient = spawn(timed, &guarded, |guarded| {
                if guarded.event.wait_timeout(TIMEOUT) {
                    assert_eq!(guarded.read(), 1);
                }
            });
            let patient = spawn(untimed, &guarded, wait_and_read);
            guarded.write(1);
            assert!(guarded.event.set());
            impatient.join();
            patient.join();
        },
    );
}
