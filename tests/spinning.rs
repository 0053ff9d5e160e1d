//! What a wait does before it parks is a matter of speed only, and it does what it was told.

mod common;

use common::{calls, until_parked, AnyEvent, Calls, TimedWord, Watched, Word, PATIENCE};
use futex_event::{AllOf, AnyOf, AutoResetEvent, Event, Spin, Waitable};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

on_every_word! {
    untimed: [
        a_set_releases_a_wait_that_was_told_how_to_spin,
        a_wait_that_never_spins_parks,
        nobody_spins_for_a_token_while_others_are_parked,
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

fn nobody_spins_for_a_token_while_others_are_parked<F: Word>() {
    let event = AutoResetEvent::with_futex(Watched::<F>::default());
    thread::scope(|scope| {
        scope.spawn(|| event.spinning(Spin::NEVER).wait());
        until_parked(&event, 1);
        scope.spawn(|| event.spinning(Spin::at_most(2 * PATIENCE)).wait());
        until_parked(&event, 2);
        assert!(event.set() && event.set());
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

type Kernel = Watched<futex_event::platform::PrivateFutex>;

const NONE: Calls = Calls { waits: 0, wakes: 0 };

/// Starts a wait on a thread of its own that is to spin for as long as it takes, calls `disturb`, and then `set`. The calls
/// of the wait.
fn calls_of_a_spin(
    wait: impl FnOnce() + Send,
    disturb: impl FnOnce(),
    set: impl FnOnce(),
) -> Calls {
    let waits = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            waits.store(true, Relaxed);
            calls(wait)
        });
        common::until(|| waits.load(Relaxed));
        // So that it has begun to spin, most likely. If not, it finds the event set, which is no claim at all.
        thread::sleep(Duration::from_millis(20));
        disturb();
        set();
        waiter.join().unwrap()
    })
}

const LONG: Spin = Spin::at_most(PATIENCE);

/// Of a wait that is released while it spins, the kernel does not hear, nor of the set.
#[test]
fn a_wait_that_is_released_while_it_spins_enters_no_kernel() {
    let (event, token) = (Event::<Kernel>::unset(), AutoResetEvent::<Kernel>::unset());
    let spin = |wait: &(dyn Fn() + Sync), set: &dyn Fn() -> bool| {
        let set = || assert_eq!(calls(|| assert!(set())), NONE);
        assert_eq!(calls_of_a_spin(wait, || {}, set), NONE);
        event.clear();
    };
    spin(&|| event.spinning(LONG).wait(), &|| event.set());
    spin(&|| token.spinning(LONG).wait(), &|| token.set());
    let both: [&dyn Waitable<_>; 2] = [&event, &token];
    let any = AnyOf(&both);
    spin(
        &|| {
            any.spinning(LONG).wait();
        },
        &|| token.set(),
    );
    let one = [&event];
    let all = AllOf(&one);
    spin(&|| all.spinning(LONG).wait(), &|| event.set());
}

#[test]
fn another_waiter_does_not_end_a_spin() {
    let event = Event::<Kernel>::unset();
    thread::scope(|scope| {
        let parks = || {
            scope.spawn(|| event.spinning(Spin::NEVER).wait());
            until_parked(&event, 1);
        };
        let spun = calls_of_a_spin(
            || event.spinning(LONG).wait(),
            parks,
            || {
                event.set();
            },
        );
        assert_eq!(spun, NONE);
    });

    let token = AutoResetEvent::<Kernel>::unset();
    thread::scope(|scope| {
        let parks = || {
            scope.spawn(|| token.spinning(Spin::NEVER).wait());
            until_parked(&token, 1);
        };
        // The first is for the one that is parked.
        let both = || {
            assert!(token.set());
            common::until(|| common::are_parked(&token, 0));
            token.set();
        };
        let spun = calls_of_a_spin(|| token.spinning(LONG).wait(), parks, both);
        assert_eq!(spun, NONE);
    });
}

/// The mark of a thread that has parked stays in the word when its time is up.
#[test]
fn a_thread_that_gave_up_does_not_keep_others_from_spinning() {
    let event = Event::<Kernel>::unset();
    let timeout = Duration::from_millis(1);
    assert!(!event.spinning(Spin::NEVER).wait_timeout(timeout));
    let spun = calls_of_a_spin(
        || event.spinning(LONG).wait(),
        || {},
        || {
            event.set();
        },
    );
    assert_eq!(spun, NONE);

    let token = AutoResetEvent::<Kernel>::unset();
    assert!(!token.spinning(Spin::NEVER).wait_timeout(timeout));
    let events: [&dyn Waitable<_>; 2] = [&token, &event];
    event.clear();
    assert_eq!(
        AnyOf(&events).spinning(Spin::NEVER).wait_timeout(timeout),
        None
    );
    let spun = calls_of_a_spin(
        || token.spinning(LONG).wait(),
        || {},
        || {
            token.set();
        },
    );
    assert_eq!(spun, NONE);
}

/// A spin that takes all the time there is leaves no mark, so the next set enters no kernel.
#[test]
fn a_wait_that_spins_until_its_deadline_does_not_park() {
    let (event, token) = (Event::<Kernel>::unset(), AutoResetEvent::<Kernel>::unset());
    let timeout = Duration::from_micros(200);
    let spins = calls(|| {
        for _ in 0..20 {
            assert!(!event.spinning(LONG).wait_timeout(timeout));
            assert!(!token.spinning(LONG).wait_timeout(timeout));
            let any = AnyOf(&[&event, &token])
                .spinning(LONG)
                .wait_timeout(timeout);
            assert_eq!(any, None);
            assert!(!AllOf(&[&event]).spinning(LONG).wait_timeout(timeout));
        }
        assert!(event.set() && token.set());
    });
    assert_eq!(spins, NONE);
}

/// Two threads that are confined to one CPU of several: no system call asks for it, but the waits find it out.
#[cfg(target_os = "linux")]
#[test]
fn a_wait_that_shares_its_cpu_with_the_setter_soon_does_not_spin() {
    const TRIPS: u32 = 2_000;
    let trips = |spin: Spin| {
        let (ping, pong) = (AutoResetEvent::new(), AutoResetEvent::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                confine_to_one_cpu();
                for _ in 0..TRIPS {
                    ping.spinning(spin).wait();
                    pong.set();
                }
            });
            let first = scope.spawn(|| {
                confine_to_one_cpu();
                let begun = Instant::now();
                for _ in 0..TRIPS {
                    ping.set();
                    pong.spinning(spin).wait();
                }
                begun.elapsed()
            });
            first.join().unwrap()
        })
    };
    // The least of some, side by side, since other tests run too.
    let least = |spin| (0..5).map(|_| trips(spin)).min().unwrap();
    let never = least(Spin::NEVER);
    for spin in [Spin::ADAPTIVE, Spin::at_most(Duration::from_micros(200))] {
        let took = least(spin);
        // With a spin in each wait it is a hundred times as much.
        assert!(
            took < 4 * never,
            "{took:?} with {spin:?}, {never:?} without"
        );
    }
}

/// The first that the process may use, so that it is the same for all.
#[cfg(target_os = "linux")]
fn confine_to_one_cpu() {
    // SAFETY: a set of CPUs is a struct of integers, which is there to be written and read.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let size = std::mem::size_of_val(&set);
        assert_eq!(libc::sched_getaffinity(0, size, &mut set), 0);
        let first = (0..size * 8).find(|&cpu| libc::CPU_ISSET(cpu, &set));
        libc::CPU_ZERO(&mut set);
        libc::CPU_SET(first.unwrap(), &mut set);
        assert_eq!(libc::sched_setaffinity(0, size, &set), 0);
    }
}
