//! Models of `AutoResetEvent`.
//!
//! On the modelled word two threads can be counted; a third is a listener.

use futex_event::AutoResetEvent;
use futex_event_loom::{until_quiet, LoomFutex, Running, SleepEnd};
use loom::sync::Arc;
use loom_tests::{explore, preemptions, spawn, Bound, TIMED, UNTIMED};

use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(1);

type Guarded = loom_tests::Guarded<AutoResetEvent<LoomFutex>>;

fn unset() -> Arc<Guarded> {
    Arc::new(Guarded::new(AutoResetEvent::with_futex(
        LoomFutex::default(),
    )))
}

fn wait_and_read(guarded: &Guarded) {
    guarded.event.wait();
    assert_eq!(guarded.read(), 1);
}

fn wait_timeout(guarded: &Guarded) -> bool {
    guarded.event.wait_timeout(TIMEOUT)
}

/// Takes the token that is left, if any, and asserts that none was lost or doubled.
fn assert_conserved(guarded: &Guarded, sets: &[bool], taken: &[bool]) {
    let count = |happened: &[bool]| happened.iter().filter(|happened| **happened).count();
    let remembered = guarded.event.try_wait();
    assert_eq!(count(sets), count(taken) + usize::from(remembered));
    assert!(!guarded.event.try_wait());
}

#[test]
fn a_token_is_handed_over_with_what_was_before() {
    explore("hand over", Bound::None, [UNTIMED], |[script]| {
        let guarded = unset();
        let waiter = spawn(script, &guarded, wait_and_read);
        guarded.write(1);
        assert!(guarded.event.set());
        waiter.join();
        assert!(!guarded.event.is_set());
    });
}

#[test]
fn two_sets_release_two_parked() {
    explore(
        "two sets, two waiters",
        preemptions(1).deep(2),
        [UNTIMED, UNTIMED],
        |scripts| {
            let guarded = unset();
            let waiters =
                scripts.map(|script| spawn(script, &guarded, |guarded| guarded.event.wait()));
            until_quiet();
            let setter = spawn(&[], &guarded, |guarded| guarded.event.set());
            assert!(guarded.event.set());
            assert!(setter.join());
            for waiter in waiters {
                waiter.join();
            }
            assert!(!guarded.event.is_set());
        },
    );
}

#[test]
fn timeout_against_set() {
    explore("timeout against set", Bound::None, [TIMED], |[script]| {
        let guarded = unset();
        let waiter = spawn(script, &guarded, move |guarded| {
            let released = wait_timeout(guarded);
            if released {
                assert_eq!(guarded.read(), 1);
            }
            assert!(released || script.contains(&SleepEnd::Timeout));
            released
        });
        guarded.write(1);
        let set = guarded.event.set();
        assert_conserved(&guarded, &[set], &[waiter.join()]);
    });
}

/// The closure is called instead of a sleep. When it has returned true, the thread takes what it was given.
#[test]
fn interruption_against_set() {
    explore(
        "interruption against set",
        Bound::None,
        [UNTIMED],
        |[script]| {
            let guarded = unset();
            let waiter = spawn(script, &guarded, move |guarded| {
                let released = guarded.event.wait_interruptible(|| true).is_ok();
                if released {
                    assert_eq!(guarded.read(), 1);
                }
                assert!(released || !script.is_empty());
                released
            });
            guarded.write(1);
            let set = guarded.event.set();
            assert_conserved(&guarded, &[set], &[waiter.join()]);
        },
    );
}

#[test]
fn timeouts_against_sets() {
    explore(
        "timeouts against sets",
        preemptions(0).deep(2),
        [TIMED, TIMED],
        |scripts| {
            let guarded = unset();
            let waiters = scripts.map(|script| spawn(script, &guarded, wait_timeout));
            let set = guarded.event.set();
            let (mut sets, taken) = release(&guarded, waiters);
            sets.push(set);
            assert_conserved(&guarded, &sets, &taken);
        },
    );
}

#[test]
fn clear_against_set_against_wait() {
    explore(
        "clear against set",
        preemptions(1).deep(2),
        [TIMED],
        |[script]| {
            let guarded = unset();
            let waiter = spawn(script, &guarded, wait_timeout);
            let clearer = spawn(&[], &guarded, |guarded| guarded.event.clear());
            let set = guarded.event.set();
            let (mut sets, mut taken) = release(&guarded, [waiter]);
            sets.push(set);
            taken.push(clearer.join());
            assert_conserved(&guarded, &sets, &taken);
        },
    );
}

/// The newcomer comes when a token has been granted and not yet taken. If it took the token, the first thread would sleep
/// forever.
#[test]
fn grant_against_newcomer() {
    explore(
        "grant against newcomer",
        preemptions(1).deep(3),
        [UNTIMED, TIMED],
        |[first, second]| {
            let guarded = unset();
            let parked = spawn(first, &guarded, wait_and_read);
            until_quiet();
            guarded.write(1);
            assert!(guarded.event.set());
            let newcomer = spawn(second, &guarded, wait_timeout);
            parked.join();
            let (sets, taken) = release(&guarded, [newcomer]);
            assert_conserved(&guarded, &sets, &taken);
        },
    );
}

/// Threads that come while there is a grant become listeners, and as many sets release them.
#[test]
fn threads_that_could_not_be_counted_are_released_by_as_many_sets() {
    explore(
        "newcomers listen",
        preemptions(0).deep(1),
        [&[&[]]],
        |[script]| {
            let guarded = unset();
            let parked = spawn(script, &guarded, |guarded| guarded.event.wait());
            until_quiet();
            assert!(guarded.event.set());
            let newcomers = [
                spawn(&[], &guarded, |guarded| guarded.event.wait()),
                spawn(&[], &guarded, |guarded| guarded.event.wait()),
            ];
            parked.join();
            until_quiet();
            assert!(guarded.event.set());
            assert!(guarded.event.set());
            newcomers.into_iter().for_each(Running::join);
            assert!(!guarded.event.is_set());
        },
    );
}

#[test]
fn a_third_thread_listens_and_loses_nothing() {
    explore("limit", preemptions(1), [UNTIMED], |[script]| {
        let guarded = unset();
        let waiters = [
            spawn(script, &guarded, |guarded| guarded.event.wait()),
            spawn(&[], &guarded, |guarded| guarded.event.wait()),
        ];
        until_quiet();
        let late = spawn(&[], &guarded, |guarded| guarded.event.wait());
        until_quiet();
        for _ in 0..3 {
            assert!(guarded.event.set());
        }
        for waiter in waiters.into_iter().chain([late]) {
            waiter.join();
        }
        assert!(!guarded.event.is_set());
    });
}

#[test]
fn timeouts_of_the_counted_and_of_a_listener() {
    explore(
        "limit, timeout",
        preemptions(0).deep(1),
        [TIMED],
        |[script]| {
            let guarded = unset();
            let waiters = [
                spawn(script, &guarded, wait_timeout),
                spawn(&[], &guarded, wait_timeout),
                spawn(&[], &guarded, wait_timeout),
            ];
            let (sets, taken) = release(&guarded, waiters);
            assert_conserved(&guarded, &sets, &taken);
        },
    );
}

/// Sets the event until all waiters have returned. What the sets returned, and the waits.
fn release<const N: usize>(
    guarded: &Guarded,
    waiters: [Running<bool>; N],
) -> (Vec<bool>, Vec<bool>) {
    let mut sets = Vec::new();
    while waiters.iter().any(|waiter| !waiter.is_finished()) {
        sets.push(guarded.event.set());
        until_quiet();
    }
    let taken = waiters.into_iter().map(|waiter| waiter.join());
    (sets, taken.collect())
}
