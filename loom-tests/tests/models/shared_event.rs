//! Models of an event across processes, one of which is killed between any two of its steps.

use futex_event::Event;
use futex_event_loom::{until_quiet, LoomFutex};
use loom::sync::Arc;
use loom_tests::{explore, preemptions, spawn, spawn_killed, Bound, UNTIMED};

type Shared = loom_tests::Guarded<Event<LoomFutex<true>>>;

/// Explores a model for each number of steps before the kill, up to one that the operation does not take any more: from
/// there on, nothing is killed, and the executions are as many as before.
fn after_each_step(enough: usize, explore: impl Fn(usize) -> u64) {
    let executions: Vec<_> = (0..enough).map(explore).collect();
    assert_eq!(executions[enough - 2], executions[enough - 1]);
}

fn unset() -> Arc<Shared> {
    Arc::new(Shared::new(Event::with_futex(LoomFutex::default())))
}

#[test]
fn a_set_makes_the_wake_of_one_whose_process_was_killed() {
    after_each_step(6, |steps| {
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
        )
    });
}

/// If the set took effect, its process may have been killed before the wake. Then the clear wakes the waiters.
#[test]
fn a_clear_wakes_the_threads_that_a_killed_process_did_not() {
    after_each_step(6, |steps| {
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
        })
    });
}

#[test]
fn a_clear_whose_process_is_killed_strands_no_waiter() {
    after_each_step(6, |steps| {
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
        )
    });
}

#[test]
fn a_waiter_whose_process_is_killed_leaves_a_usable_event() {
    after_each_step(10, |steps| {
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
        })
    });
}
