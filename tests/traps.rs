//! Mistakes that other libraries made, and that no other test here would find. `docs/verification.md` lists the
//! rest.

#[path = "common/allocations.rs"]
mod allocations;
mod common;

use allocations::allocations;
use common::Word;
use futex_event::{AutoResetEvent, Event, EventCount};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;

on_every_word! {
    untimed: [
        waits_allocate_nothing,
        waits_for_a_condition_allocate_nothing,
    ],
    timed: []
}

/// synchronoise: 16 MB for a million waits.
fn waits_allocate_nothing<F: Word>() {
    const ROUNDS: u32 = 1_000;
    // Done once in a program, and not counted: an adversarial word prints its seed.
    F::default().load(Relaxed);
    let (ping, pong) = (
        Event::with_futex(F::default()),
        AutoResetEvent::with_futex(F::default()),
    );
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let rounds = || {
                for _ in 0..ROUNDS {
                    ping.wait();
                    ping.clear();
                    pong.set();
                }
            };
            allocations(rounds)
        });
        let rounds = || {
            for _ in 0..ROUNDS {
                ping.set();
                pong.wait();
            }
        };
        assert_eq!(allocations(rounds), 0);
        assert_eq!(waiter.join().unwrap(), 0);
    });
}

fn waits_for_a_condition_allocate_nothing<F: Word>() {
    const ROUNDS: u32 = 1_000;
    F::default().load(Relaxed);
    let (turn, changed) = (AtomicU32::new(0), EventCount::with_futex(F::default()));
    // Of two threads, one has the even turns and one the odd ones.
    let rounds = |first: u32| {
        let rounds = || {
            for round in (first..ROUNDS).step_by(2) {
                changed.wait_until(|| (turn.load(Relaxed) == round).then_some(()));
                turn.store(round + 1, Relaxed);
                changed.notify_all();
            }
        };
        allocations(rounds)
    };
    thread::scope(|scope| {
        let odd = scope.spawn(|| rounds(1));
        assert_eq!(rounds(0), 0);
        assert_eq!(odd.join().unwrap(), 0);
    });
}

/// libc++'s wait returns after two seconds at the latest, which hides lost wake-ups. (DragonFly's kernel ends every sleep
/// after one second.)
#[cfg(all(target_os = "linux", not(futex_event_simulated = "dragonfly")))]
#[test]
fn a_sleep_has_no_hidden_end() {
    use common::{sleeps, until_parked, Watched};
    use futex_event::platform::PrivateFutex;
    use std::sync::atomic::AtomicI32;

    let event = Event::with_futex(Watched::<PrivateFutex>::default());
    let waiter = AtomicI32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            waiter.store(common::thread_id(), Relaxed);
            event.wait_timeout(common::PATIENCE)
        });
        until_parked(&event, 1);
        let before = sleeps(waiter.load(Relaxed));
        thread::sleep(std::time::Duration::from_millis(2_500));
        assert_eq!(sleeps(waiter.load(Relaxed)), before);
        event.set();
    });
}
