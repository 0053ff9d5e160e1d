//! The tests that a word must pass before events are put on it.
//!
//! They are for whoever writes a [`Futex`]. Call [`timed_futex`] in a test, or [`futex`] if the word cannot time out.
//! Both panic and name the claim that the word did not meet.
//!
//! ```
//! use futex_event_platform::{conformance, FallbackFutex};
//!
//! conformance::timed_futex::<FallbackFutex>();
//! ```
//!
//! A word may wake threads in vain, and nobody can ask it from outside whether a thread is asleep yet. So the tests ask
//! for what events rely on, in rounds enough for a mistake to show: no change slept through, no wake lost, no deadline
//! early, and that a sleep is a sleep.
//!
//! A word under test starts as zero: hence `Default`.

use crate::{Deadline, Futex, TimedFutex};
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::time::Duration;
use std::boxed::Box;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;
use std::vec::Vec;

/// A claim that takes so long hangs. They take a second or two each where a hand-off costs some microseconds.
const PATIENCE: Duration = Duration::from_secs(300);
const HAND_OFFS: u32 = 100_000;
/// A wait that comes back more often than this in a fraction of a second does not sleep.
const RETURNS: u32 = 1_000;

/// Panics unless the word meets the claims that are made of every [`Futex`].
///
/// Blocks for some seconds; for minutes, if a wake is lost. A thread that nobody woke is left behind.
pub fn futex<F: Futex + Default + Send>() {
    untimed::<F>();
    check("no_wake_is_lost_in_hand_offs", || {
        hand_off::<F>(Futex::wait)
    });
}

/// Panics unless the word meets the claims that are made of every [`TimedFutex`], and so of every [`Futex`].
///
/// Blocks as [`futex`] does.
pub fn timed_futex<F: TimedFutex + Default + Send>() {
    untimed::<F>();
    timed::<F>();
    check("no_wake_is_lost_in_hand_offs", || {
        // If a wake is lost, the deadline is too far off to make up for it.
        let far = Deadline::after(F::now(), 2 * PATIENCE);
        hand_off::<F>(move |word, turn| match turn % 4 {
            0 | 1 => word.wait(turn),
            _ => assert!(word.wait_until(turn, far), "false is early"),
        });
    });
}

/// Panics unless the word's calls leave `errno` as they found it.
///
/// [`PrivateFutex`](crate::PrivateFutex) and `SharedFutex` promise it on Unix systems with a futex. A word need not.
#[cfg(unix)]
pub fn keeps_errno<F: TimedFutex + Default + Send>() {
    check("errno_is_kept", || {
        /// Makes `errno` one that no wait and no wake knows, ENOTDIR.
        fn errno_of_a_failure() -> Option<i32> {
            let failure = std::fs::File::open("/dev/null/file");
            failure.err().and_then(|error| error.raw_os_error())
        }

        let word = Box::<F>::default();
        let address: *const F = &*word;
        let errno = errno_of_a_failure();
        assert!(errno.is_some());
        let is_kept = |call| {
            let now = std::io::Error::last_os_error().raw_os_error();
            assert_eq!(now, errno, "{}", call);
        };
        word.wait(1);
        is_kept("wait for another value");
        while word.wait_until(0, soon::<F>(2)) {}
        is_kept("wait until its deadline");
        F::wake_one(address);
        is_kept("wake one of none");
        F::wake_all(address);
        is_kept("wake all of none");
    });
}

macro_rules! check_all {
    ($($claim:ident,)*) => { $(check(stringify!($claim), $claim::<F>);)* };
}

fn untimed<F: Futex + Default + Send>() {
    check_all![
        a_word_starts_as_zero_and_changes_like_an_atomic,
        a_wait_for_another_value_returns,
        a_wait_for_any_value_sleeps,
        wake_all_wakes_all,
        wake_one_wakes_one,
        a_wake_reaches_the_sleepers_of_its_word,
        a_freed_word_may_be_woken,
        there_is_one_epoch,
        a_wake_of_each_word_ends_a_wait_for_any,
    ];
}

fn timed<F: TimedFutex + Default + Send>() {
    check_all![
        the_clock_is_monotonic_and_counts_in_seconds,
        a_timed_wait_for_another_value_returns_before_its_deadline,
        a_deadline_that_has_passed_ends_a_wait,
        false_is_never_early,
        a_far_deadline_is_far,
        a_wait_for_any_word_keeps_its_deadline,
    ];
}

/// Runs the claim on a thread of its own, so that one that hangs can be named.
fn check(claim: &'static str, run: impl FnOnce() + Send + 'static) {
    let (sender, result) = mpsc::channel();
    let thread = thread::Builder::new().name(claim.into()).spawn(move || {
        run();
        let _ = sender.send(());
    });
    match result.recv_timeout(PATIENCE) {
        Ok(()) => {}
        Err(RecvTimeoutError::Timeout) => panic!("{}: a thread sleeps for ever", claim),
        // What it panicked with has been printed under its name.
        Err(RecvTimeoutError::Disconnected) => panic!("{}: {:?}", claim, thread.map(|_| "failed")),
    }
}

fn soon<F: TimedFutex>(milliseconds: u64) -> Deadline {
    Deadline::after(F::now(), Duration::from_millis(milliseconds))
}

fn a_word_starts_as_zero_and_changes_like_an_atomic<F: Futex + Default>() {
    let word = F::default();
    assert_eq!(word.load(Relaxed), 0);
    assert_eq!(word.fetch_or(0b101, Relaxed), 0);
    assert_eq!(word.fetch_or(0b110, Relaxed), 0b101);
    assert_eq!(word.fetch_add(u32::MAX, Relaxed), 0b111);
    assert_eq!(
        word.compare_exchange_weak(0b111, 1, Relaxed, Relaxed),
        Err(0b110)
    );
    while word
        .compare_exchange_weak(0b110, 1, Relaxed, Relaxed)
        .is_err()
    {}
    assert_eq!(word.load(Relaxed), 1);
}

fn a_wait_for_another_value_returns<F: Futex + Default>() {
    let word = F::default();
    word.wait(1);
    word.fetch_or(1 << 31, Relaxed);
    for expected in [0, 1, !(1 << 31), u32::MAX] {
        word.wait(expected);
    }
}

/// Values that a conversion to another type could change, so that they are never found in the word.
fn a_wait_for_any_value_sleeps<F: Futex + Default>() {
    for value in [1, 1 << 31, u32::MAX] {
        let word = F::default();
        word.fetch_or(value, Relaxed);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut returns = 0;
                while word.load(Acquire) == value {
                    word.wait(value);
                    returns += 1;
                }
                assert!(returns < RETURNS, "it does not sleep on {:#x}", value);
            });
            thread::sleep(Duration::from_millis(20));
            word.fetch_add(1, Release);
            F::wake_all(&word);
        });
    }
}

/// Two threads take turns, and each sleeps by `sleep(word, turn)` while it is the other's. One change slept through, or
/// one wake lost, and both sleep for ever.
fn hand_off<F: Futex + Default + Send>(sleep: impl Fn(&F, u32) + Sync) {
    let word = F::default();
    let play = |player: u32| {
        for mine in (player..HAND_OFFS).step_by(2) {
            loop {
                let turn = word.load(Acquire);
                if turn == mine {
                    break;
                }
                sleep(&word, turn);
            }
            word.fetch_add(1, Release);
            F::wake_one(&word);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| play(1));
        play(0);
    });
    assert_eq!(word.load(Relaxed), HAND_OFFS);
}

fn wake_all_wakes_all<F: Futex + Default>() {
    const THREADS: u32 = 8;
    const ROUNDS: u32 = 200;
    let word = F::default();
    let here = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    here.fetch_add(1, Relaxed);
                    while word.load(Acquire) == round {
                        word.wait(round);
                    }
                }
            });
        }
        for round in 0..ROUNDS {
            // Some are asleep by then, some on their way, others just awake.
            while here.load(Relaxed) < (round + 1) * THREADS {
                thread::yield_now();
            }
            word.fetch_add(1, Release);
            F::wake_all(&word);
        }
    });
}

/// Each of two sleepers goes when it is woken, whatever the word. If both go in most rounds, the word wakes too many.
/// That one of them goes at all is waited for.
fn wake_one_wakes_one<F: Futex + Default>() {
    let pause = Duration::from_millis(5);
    let rounds = (0..200).scan(0_i32, |balance, _| {
        let word = F::default();
        let here = AtomicU32::new(0);
        let gone = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    here.fetch_add(1, Relaxed);
                    word.wait(0);
                    gone.fetch_add(1, Relaxed);
                });
            }
            while here.load(Relaxed) < 2 {
                thread::yield_now();
            }
            while gone.load(Relaxed) == 0 {
                thread::sleep(pause);
                F::wake_one(&word);
                thread::sleep(pause);
            }
            *balance += if gone.load(Relaxed) == 1 { 1 } else { -1 };
            while gone.load(Relaxed) < 2 {
                F::wake_one(&word);
                thread::yield_now();
            }
        });
        Some(*balance)
    });
    assert!(
        rounds.into_iter().any(|balance| balance == 5),
        "it wakes more than one"
    );
}

/// Many words in a row, so that where sleepers are found by a table some share a place in it.
fn a_wake_reaches_the_sleepers_of_its_word<F: Futex + Default>() {
    for _ in 0..20 {
        let words: Vec<F> = (0..64).map(|_| F::default()).collect();
        thread::scope(|scope| {
            for word in &words {
                scope.spawn(move || {
                    while word.load(Acquire) == 0 {
                        word.wait(0);
                    }
                });
            }
            for word in words.iter().rev() {
                word.fetch_add(1, Release);
                F::wake_one(word);
            }
        });
    }
}

fn a_freed_word_may_be_woken<F: Futex + Default>() {
    for _ in 0..100 {
        let word = Box::<F>::default();
        let address: *const F = &*word;
        drop(word);
        F::wake_one(address);
        F::wake_all(address);
    }
}

fn there_is_one_epoch<F: Futex + Default>() {
    assert!(ptr::eq(F::epoch(), F::epoch()));
}

fn the_clock_is_monotonic_and_counts_in_seconds<F: TimedFutex + Default>() {
    let mut last = F::now();
    for _ in 0..1_000 {
        let now = F::now();
        assert!(now >= last, "{:?} after {:?}", now, last);
        last = now;
    }

    // One clock is read inside the readings of the other. The tolerance is a tick of the coarsest clock in use.
    let tolerance = Duration::from_millis(20);
    let (outer, first, inner) = (Instant::now(), F::now(), Instant::now());
    thread::sleep(Duration::from_millis(200));
    let (inner, elapsed, outer) = (inner.elapsed(), F::now() - first, outer.elapsed());
    assert!(elapsed + tolerance >= inner, "{:?} in {:?}", elapsed, inner);
    assert!(elapsed <= outer + tolerance, "{:?} in {:?}", elapsed, outer);
}

fn a_timed_wait_for_another_value_returns_before_its_deadline<F: TimedFutex + Default>() {
    let word = F::default();
    for expected in [1, u32::MAX] {
        assert!(word.wait_until(expected, Deadline::NEVER));
        assert!(word.wait_until(expected, Deadline::after(F::now(), PATIENCE)));
    }
}

fn a_deadline_that_has_passed_ends_a_wait<F: TimedFutex + Default>() {
    let word = F::default();
    let now = F::now();
    for time in [now, now / 2, Duration::from_nanos(1), Duration::ZERO] {
        while word.wait_until(0, Deadline::after(time, Duration::ZERO)) {}
    }
}

fn false_is_never_early<F: TimedFutex + Default>() {
    let word = F::default();
    // Parts of a millisecond and of a microsecond, and one that crosses a second wherever it begins.
    for nanoseconds in [1, 999, 1_001, 999_999, 1_000_001, 17_300_001, 1_000_000_001] {
        let deadline = Deadline::after(F::now(), Duration::from_nanos(nanoseconds));
        let mut returns = 0;
        while word.wait_until(0, deadline) {
            returns += 1;
        }
        assert!(deadline.has_passed(F::now()), "after {} ns", nanoseconds);
        assert!(returns < RETURNS, "it does not sleep");
    }
}

/// What a conversion that overflows would take for now, or for the past, or for soon.
fn a_far_deadline_is_far<F: TimedFutex + Default>() {
    const NANOSECONDS: u128 = 1_000_000_000;
    let units: [u128; 4] = [1, 1_000, 1_000_000, NANOSECONDS];
    let powers = [31, 32, 63].map(|power| 1 << power);
    let products = powers
        .iter()
        .flat_map(|&power: &u128| units.map(|unit| unit * power));
    let mut far: Vec<_> = products
        .map(|time| Duration::new((time / NANOSECONDS) as u64, (time % NANOSECONDS) as u32))
        .collect();
    far.push(Duration::MAX - F::now() - PATIENCE);
    far.push(Duration::MAX);
    for time in far {
        let word = F::default();
        let deadline = Deadline::after(F::now(), time);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut returns = 0;
                while word.load(Acquire) == 0 {
                    assert!(word.wait_until(0, deadline), "{:?} are over", time);
                    returns += 1;
                }
                assert!(returns < RETURNS, "it does not sleep");
            });
            thread::sleep(Duration::from_millis(3));
            word.fetch_add(1, Release);
            F::wake_all(&word);
        });
    }
}

/// A word that cannot wait for any of several says so, and that is all.
fn a_wake_of_each_word_ends_a_wait_for_any<F: Futex + Default>() {
    for round in 0..300 {
        let words = [(); 3].map(|()| F::default());
        thread::scope(|scope| {
            scope.spawn(|| {
                let waits = [(&words[0], 0), (&words[1], 0), (&words[2], 0)];
                while words.iter().all(|word| word.load(Acquire) == 0) {
                    if F::wait_any(&waits, Deadline::NEVER).is_none() {
                        return;
                    }
                }
            });
            let word = &words[round % words.len()];
            word.fetch_add(1, Release);
            F::wake_one(word);
        });
        let changed = &words[round % words.len()];
        F::wait_any(
            &[(&words[(round + 1) % words.len()], 0), (changed, 0)],
            Deadline::NEVER,
        );
    }
}

fn a_wait_for_any_word_keeps_its_deadline<F: TimedFutex + Default>() {
    let words = [F::default(), F::default()];
    for milliseconds in [0, 1, 17] {
        let deadline = soon::<F>(milliseconds);
        let wait = || F::wait_any(&[(&words[0], 0), (&words[1], 0), (&words[0], 0)], deadline);
        let last = core::iter::repeat_with(wait).find(|&answer| answer != Some(true));
        if let Some(Some(_)) = last {
            assert!(deadline.has_passed(F::now()), "false is early");
        }
    }
}
