//! Models of an event across processes, one of which is killed between any two of its steps.

use futex_event::Event;
use futex_event_loom::{until_quiet, LoomFutex};
use loom::sync::Arc;
use loom_tests::{explore, preemptions, spawn, spawn_killed, Bound, UNTIMED};

type Shared = loom_tests::Guarded<Event<LoomFutex<true>>>;

/// More steps than any operation takes.
const ENOUGH: usize = 6;

fn unset() -> Arc<Shared> {
    Arc::new(Shared::new(Event::with_futex(LoomFutex::default())))
}

#[test]
fn a_set_makes_the_wake_of_one_whose_process_was_killed() {
    for steps in 0..ENOUGH {
        let name = format!("set, killed after {steps} steps");
        explore(
            &name,
            preemptions(1),
            [UNTIMED, &[&[]]],
            move |[first, second]| {
                let shared = unset();
                let waiters = [first, second].map(|script| {
                    spawn(script, &shared, |shared| {
                        shared.event.wait();
                        assert_eq!(shared.read(), 1);
                    })
                });
                shared.write(1);
                let setter = spawn_killed(steps, &shared, |shared| {
                    shared.event.set();
                });
                setter.join();
                shared.event.set();
                waiters.into_iter().for_each(|waiter| waiter.join());
            },
        );
    }
}

/// If the set took effect, its process may have been killed before the wake. Then the clear wakes the waiters.
#[test]
fn a_clear_wakes_the_threads_that_a_killed_process_did_not() {
    for steps in 0..ENOUGH {
        let name = format!("set, killed after {steps} steps, cleared");
        explore(&name, Bound::None, [UNTIMED], move |[script]| {
            let shared = unset();
            let waiter = spawn(script, &shared, |shared| shared.event.wait());
            until_quiet();
            let setter = spawn_killed(steps, &shared, |shared| {
                shared.event.set();
            });
            setter.join();
            if !shared.event.clear() {
                shared.event.set();
            }
            waiter.join();
        });
    }
}

#[test]
fn a_clear_whose_process_is_killed_strands_no_waiter() {
    for steps in 0..ENOUGH {
        let name = format!("clear, killed after {steps} steps");
        explore(
            &name,
            preemptions(1).deep(3),
            [UNTIMED, &[&[]]],
            move |[script, late]| {
                let shared = unset();
                let waiter = spawn(script, &shared, |shared| shared.event.wait());
                until_quiet();
                let clearer = spawn_killed(steps, &shared, |shared| {
                    shared.event.clear();
                });
                shared.event.set();
                clearer.join();
                waiter.join();
                let late = spawn(late, &shared, |shared| shared.event.wait());
                shared.event.set();
                late.join();
            },
        );
    }
}

#[test]
fn a_waiter_whose_process_is_killed_leaves_a_usable_event() {
    for steps in 0..ENOUGH {
        let name = format!("wait, killed after {steps} steps");
        explore(&name, preemptions(1).deep(3), [UNTIMED], move |[script]| {
            let shared = unset();
            let killed = spawn_killed(steps, &shared, |shared| shared.event.wait());
            let waiter = spawn(script, &shared, |shared| shared.event.wait());
            assert!(shared.event.set());
            waiter.join();
            killed.join();
            assert!(shared.event.clear());
            assert!(!shared.event.is_set());
        });
    }
}
