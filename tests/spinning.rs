//! How a wait spins affects speed only, and it spins as its caller chose.

mod common;

use common::{calls, until_parked, TimedWord, Watched, Word, PATIENCE};
use futex_event::{AutoResetEvent, Event, Spin};
use std::thread;
use std::time::{Duration, Instant};

on_every_word! {
    untimed: [
        a_set_releases_a_wait_however_it_spins,
        a_wait_that_never_spins_parks,
        no_thread_spins_for_a_token_while_others_are_parked,
    ],
    timed: [
        false_is_never_early_however_long_the_spin,
    ]
}

const POLICIES: [Spin; 3] = [
    Spin::NEVER,
    Spin::ADAPTIVE,
    Spin::at_most(Duration::from_micros(200)),
];

fn a_set_releases_a_wait_however_it_spins<F: Word>() {
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

fn no_thread_spins_for_a_token_while_others_are_parked<F: Word>() {
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
                "a spin lasted past its deadline"
            );
            let deadline = Instant::now() + timeout;
            assert!(!event.spinning(spin).wait_deadline(deadline));
            assert!(!auto.spinning(spin).wait_deadline(deadline));
            assert!(Instant::now() >= deadline);
        }
    }
}

/// Two threads that are confined to one CPU of several. The waits find that out by their outcomes, without a system call.
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
    // The fastest of several interleaved runs, since other tests run at the same time.
    let mut fastest = POLICIES.map(|spin| (spin, Duration::MAX));
    for _ in 0..5 {
        for (spin, took) in &mut fastest {
            *took = trips(*spin).min(*took);
        }
    }
    let [(_, never), spinning @ ..] = fastest;
    for (spin, took) in spinning {
        // With a spin in each wait it would take a hundred times as long.
        assert!(
            took < 4 * never,
            "{took:?} with {spin:?}, {never:?} without"
        );
    }
}

/// The first CPU that the process may use, so it is the same for all threads.
#[cfg(target_os = "linux")]
fn confine_to_one_cpu() {
    // SAFETY: a set of CPUs is a struct of integers, which the calls write and read.
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
