//! The tests that a word must pass before events are put on it.
//!
//! They are for whoever writes a [`Futex`]. They come with the feature `conformance`, which only tests need:
//!
//! ```toml
//! [dev-dependencies]
//! futex-event = { version = "0.1", features = ["conformance"] }
//! ```
//!
//! Call [`timed_futex`] in a test, or [`futex`] if the word cannot time out. Both panic and name the claim that the word
//! did not meet. What is [`FallbackFutex`](crate::FallbackFutex) here is the word to be tested, and `futex-event` has
//! this crate under the name `futex_event::platform`:
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

macro_rules! check_all {
    ($($claim:ident,)*) => { $(check(stringify!($claim), $claim::<F>);)* };
}

/// Panics unless the word meets the claims that are made of every [`Futex`].
///
/// Blocks for some seconds; for minutes, if a wake is lost. A thread that nobody woke is left behind.
pub fn futex<F: Futex + Default + Send>() {
    untimed::<F>();
    check_all![no_wake_is_lost_in_hand_offs,];
}

/// Panics unless the word meets the claims that are made of every [`TimedFutex`], and so of every [`Futex`].
///
/// Blocks as [`futex`] does.
pub fn timed_futex<F: TimedFutex + Default + Send>() {
    untimed::<F>();
    timed::<F>();
    check_all![no_wake_is_lost_in_timed_hand_offs,];
}

/// Panics unless the word's calls leave `errno`, on Windows the thread's last error, as they found it.
///
/// [`PrivateFutex`](crate::PrivateFutex) and `SharedFutex` promise it on systems with a futex. A word need not.
#[cfg(any(unix, windows))]
pub fn keeps_errno<F: TimedFutex + Default + Send>() {
    check("errno_is_kept", || {
        /// Makes `errno` one that no wait and no wake knows: ENOTDIR, or that Windows found no such path.
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
        let soon = Deadline::after(F::now(), Duration::from_millis(2));
        while word.wait_until(0, soon) {}
        is_kept("wait until its deadline");
        F::wake_one(address);
        is_kept("wake one of none");
        F::wake_all(address);
        is_kept("wake all of none");
    });
}

fn untimed<F: Futex + Default + Send>() {
    check_all![
        a_word_starts_as_zero_and_changes_like_an_atomic,
        a_wait_for_another_value_returns,
        a_wait_sleeps,
        wake_all_wakes_all,
        wake_one_wakes_one,
        a_wake_reaches_the_sleepers_of_its_word,
        a_freed_word_may_be_woken,
        there_is_one_table,
        the_clock_of_spins_goes_on_and_not_back,
    ];
}

fn timed<F: TimedFutex + Default + Send>() {
    check_all![
        the_clock_is_monotonic_and_counts_in_seconds,
        a_timed_wait_for_another_value_returns_before_its_deadline,
        a_deadline_that_has_passed_ends_a_wait,
        false_is_never_early,
        a_far_deadline_is_far,
    ];
}

fn check(claim: &'static str, run: impl FnOnce() + Send + 'static) {
    if let Err(failure) = verdict(claim, PATIENCE, run) {
        panic!("{}: {:?}", claim, failure);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// What it panicked with has been printed under its name.
    Panicked,
    SleptForEver,
}

/// Runs the claim on a thread of its own, so that one that hangs can be named.
fn verdict(
    claim: &'static str,
    patience: Duration,
    run: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let (sender, result) = mpsc::channel();
    let thread = thread::Builder::new().name(claim.into());
    let running = thread.spawn(move || {
        run();
        let _ = sender.send(());
    });
    running.expect("a thread for the claim");
    result.recv_timeout(patience).map_err(|error| match error {
        RecvTimeoutError::Timeout => Failure::SleptForEver,
        RecvTimeoutError::Disconnected => Failure::Panicked,
    })
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

/// Also on values that a conversion to another type could change, so that they are never found in the word.
fn a_wait_sleeps<F: Futex + Default>() {
    for value in [0, 1, 1 << 31, u32::MAX] {
        let word = F::default();
        word.fetch_or(value, Relaxed);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut returns = 0;
                while word.load(Acquire) == value {
                    word.wait(value);
                    returns += 1;
                    assert!(returns < RETURNS, "it does not sleep on {value:#x}");
                }
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

fn no_wake_is_lost_in_hand_offs<F: Futex + Default + Send>() {
    hand_off::<F>(Futex::wait);
}

fn no_wake_is_lost_in_timed_hand_offs<F: TimedFutex + Default + Send>() {
    // If a wake is lost, the deadline is too far off to make up for it.
    let far = Deadline::after(F::now(), 2 * PATIENCE);
    hand_off::<F>(|word, turn| match turn % 4 {
        0 | 1 => word.wait(turn),
        _ => assert!(word.wait_until(turn, far), "false is early"),
    });
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

fn there_is_one_table<F: Futex + Default>() {
    assert!(ptr::eq(F::listeners(), F::listeners()));
    let table = F::listeners();
    assert!(table.slots() > 0 && table.addresses() > 0 && table.buckets() > 0);
}

fn the_clock_of_spins_goes_on_and_not_back<F: Futex + Default>() {
    let clock = match F::CLOCK {
        Some(clock) => clock,
        None => return,
    };
    let begun = clock();
    let mut last = begun;
    for _ in 0..1_000 {
        let now = clock();
        assert!(now >= last, "{:?} after {:?}", now, last);
        last = now;
    }
    let goes_on = (0..1_000_000).any(|_| clock() > begun);
    assert!(goes_on, "it stands still");
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
        wait_for_false(&word, Deadline::after(time, Duration::ZERO));
    }
}

fn false_is_never_early<F: TimedFutex + Default>() {
    let word = F::default();
    // Parts of a millisecond and of a microsecond, and one that crosses a second wherever it begins.
    for nanoseconds in [1, 999, 1_001, 999_999, 1_000_001, 17_300_001, 1_000_000_001] {
        let deadline = Deadline::after(F::now(), Duration::from_nanos(nanoseconds));
        wait_for_false(&word, deadline);
        assert!(deadline.has_passed(F::now()), "after {} ns", nanoseconds);
    }
}

/// Waits until the deadline on a word that nobody changes.
fn wait_for_false<F: TimedFutex>(word: &F, deadline: Deadline) {
    let mut returns = 0;
    while word.wait_until(0, deadline) {
        returns += 1;
        assert!(
            returns < RETURNS,
            "it does not sleep, or not come to an end"
        );
    }
}

/// What a conversion that overflows would take for now, or for the past, or for soon.
fn a_far_deadline_is_far<F: TimedFutex + Default>() {
    const SECOND: u128 = 1_000_000_000;
    // A little more than what is cut off, for the time that passes until it is cut.
    let spare = SECOND / 1_000;
    let powers = [31, 32, 63, 64].map(|power| 1_u128 << power);
    let units = [1, 1_000, 1_000_000, SECOND];
    let mut far: Vec<_> = powers
        .iter()
        .flat_map(|power| units.map(|unit| power * unit + spare))
        .filter(|time| *time < Duration::MAX.as_nanos())
        .map(|time| Duration::new((time / SECOND) as u64, (time % SECOND) as u32))
        .collect();
    far.push(Duration::MAX - F::now() - PATIENCE);
    far.push(Duration::MAX);

    let words: Vec<F> = far.iter().map(|_| F::default()).collect();
    let here = AtomicU32::new(0);
    thread::scope(|scope| {
        for (word, &time) in words.iter().zip(&far) {
            let here = &here;
            scope.spawn(move || {
                here.fetch_add(1, Relaxed);
                let deadline = Deadline::after(F::now(), time);
                let mut returns = 0;
                while word.load(Acquire) == 0 {
                    assert!(word.wait_until(0, deadline), "{:?} are over", time);
                    returns += 1;
                    assert!(returns < RETURNS, "it does not sleep");
                }
            });
        }
        while here.load(Relaxed) < words.len() as u32 {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(100));
        for word in &words {
            word.fetch_add(1, Release);
            F::wake_all(word);
        }
    });
}

/// That the claims notice mistakes.
#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::fallback;

    /// Waits for what a mistaken conversion makes of the time that is left, and does not look at the clock after that.
    fn wait_for(
        word: &AtomicU32,
        expected: u32,
        deadline: Deadline,
        convert: fn(Duration) -> Duration,
    ) -> bool {
        let now = fallback::now();
        let left = deadline.remaining(|| now).unwrap_or(Duration::MAX);
        fallback::wait_until(word, expected, Deadline::after(now, convert(left)))
    }

    /// Makes words that sleep by the fallback, but for functions of it that are replaced by mistaken ones.
    macro_rules! mistaken {
        ($($mistake:ident: { $($function:item)* })*) => {$(
            #[allow(dead_code)] // Where there is no `errno`, one of them is not tried.
            mod $mistake {
                #[allow(unused_imports)]
                use super::*;

                mod backend {
                    #[allow(unused_imports)]
                    use super::*;
                    pub(crate) use crate::fallback::*;
                    $($function)*
                }
                word! {
                    /// The fallback, with a mistake.
                    Word
                }
                sleeps_by!(Word, backend);
            }
        )*};
    }

    mistaken! {
        a_wait_does_not_compare: {
            pub(crate) fn wait(word: &AtomicU32, _: u32) {
                fallback::wait(word, word.load(Relaxed));
            }
        }
        a_wait_compares_before_it_sleeps: {
            pub(crate) fn wait(word: &AtomicU32, expected: u32) {
                if word.load(Relaxed) == expected {
                    thread::yield_now();
                    fallback::wait(word, word.load(Relaxed));
                }
            }
        }
        a_wait_changes_errno: {
            pub(crate) fn wait(_: &AtomicU32, _: u32) {
                let _ = std::fs::File::open("");
            }
        }
        a_wait_does_not_sleep: {
            pub(crate) fn wait(_: &AtomicU32, _: u32) {}
        }
        wake_one_wakes_all: {
            pub(crate) fn wake_one(word: *const AtomicU32) {
                fallback::wake_all(word);
            }
        }
        wake_all_wakes_one: {
            pub(crate) fn wake_all(word: *const AtomicU32) {
                fallback::wake_one(word);
            }
        }
        a_wake_goes_to_the_next_word: {
            pub(crate) fn wake_one(word: *const AtomicU32) {
                fallback::wake_one(word.wrapping_add(1));
            }
        }
        one_wake_in_thousands_is_lost: {
            pub(crate) fn wake_one(word: *const AtomicU32) {
                static WAKES: AtomicU32 = AtomicU32::new(0);
                if WAKES.fetch_add(1, Relaxed) % 4_096 != 4_095 {
                    fallback::wake_one(word);
                }
            }
        }
        the_clock_counts_milliseconds: {
            pub(crate) fn now() -> Duration {
                fallback::now() * 1_000
            }
        }
        the_clock_ticks_slowly: {
            pub(crate) fn now() -> Duration {
                fallback::now() / 2
            }
        }
        the_clock_goes_back: {
            pub(crate) fn now() -> Duration {
                static AHEAD: AtomicU32 = AtomicU32::new(0);
                fallback::now() + AHEAD.fetch_xor(1, Relaxed) * Duration::from_millis(1)
            }
        }
        a_timed_wait_does_not_compare: {
            pub(crate) fn wait_until(word: &AtomicU32, _: u32, deadline: Deadline) -> bool {
                fallback::wait_until(word, word.load(Relaxed), deadline)
            }
        }
        a_timed_wait_does_not_sleep: {
            pub(crate) fn wait_until(_: &AtomicU32, _: u32, deadline: Deadline) -> bool {
                !deadline.has_passed(now())
            }
        }
        a_timed_wait_hears_no_wake: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
                let elsewhere = AtomicU32::new(word.load(Relaxed));
                fallback::wait_until(&elsewhere, expected, deadline)
            }
        }
        a_deadline_is_rounded_down_to_milliseconds: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
                wait_for(word, expected, deadline, |left| Duration::from_millis(left.as_millis() as u64))
            }
        }
        a_deadline_is_cut_to_32_bits_of_milliseconds: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
                wait_for(word, expected, deadline, |left| Duration::from_millis(u64::from(left.as_millis() as u32)))
            }
        }
        a_deadline_is_cut_to_64_bits_of_nanoseconds: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
                wait_for(word, expected, deadline, |left| Duration::from_nanos(left.as_nanos() as u64))
            }
        }
        never_is_at_once: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
                deadline != Deadline::NEVER && fallback::wait_until(word, expected, deadline)
            }
        }
        zero_is_for_ever: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
                let passed = deadline.has_passed(now());
                let deadline = if passed { Deadline::NEVER } else { deadline };
                fallback::wait_until(word, expected, deadline)
            }
        }
        a_deadline_is_never_over: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
                fallback::wait_until(word, expected, deadline);
                true
            }
        }
        the_clock_stands_still: {
            pub(crate) fn now() -> Duration {
                Duration::ZERO
            }
        }
    }

    /// Runs the claims on the mistaken words, all at once, and asserts that they fail in this way.
    macro_rules! assert_noticed {
        ($failure:ident after $patience:expr, $($claim:ident: $($mistake:ident),*;)*) => {
            thread::scope(|scope| {$($(
                scope.spawn(|| {
                    let claim = stringify!($claim);
                    let verdict = verdict(claim, $patience, $claim::<$mistake::Word>);
                    assert_eq!(verdict, Err(Failure::$failure), "{} of {}", claim, stringify!($mistake));
                });
            )*)*});
        };
    }

    #[test]
    fn mistakes_make_claims_panic() {
        assert_noticed! { Panicked after PATIENCE,
            a_wait_sleeps: a_wait_does_not_sleep;
            wake_one_wakes_one: wake_one_wakes_all;
            the_clock_is_monotonic_and_counts_in_seconds:
                the_clock_counts_milliseconds, the_clock_ticks_slowly, the_clock_goes_back;
            the_clock_of_spins_goes_on_and_not_back: the_clock_stands_still, the_clock_goes_back;
            a_deadline_that_has_passed_ends_a_wait: a_deadline_is_never_over;
            false_is_never_early:
                a_timed_wait_does_not_sleep, a_deadline_is_rounded_down_to_milliseconds;
            a_far_deadline_is_far:
                a_deadline_is_cut_to_32_bits_of_milliseconds,
                a_deadline_is_cut_to_64_bits_of_nanoseconds,
                never_is_at_once;
        }
    }

    #[test]
    fn mistakes_make_claims_hang() {
        assert_noticed! { SleptForEver after Duration::from_secs(2),
            a_wait_for_another_value_returns: a_wait_does_not_compare;
            wake_all_wakes_all: wake_all_wakes_one;
            a_wake_reaches_the_sleepers_of_its_word: a_wake_goes_to_the_next_word;
            no_wake_is_lost_in_hand_offs:
                a_wait_compares_before_it_sleeps, one_wake_in_thousands_is_lost;
            a_timed_wait_for_another_value_returns_before_its_deadline:
                a_timed_wait_does_not_compare;
            a_deadline_that_has_passed_ends_a_wait: zero_is_for_ever;
            a_far_deadline_is_far: a_timed_wait_hears_no_wake;
        }
    }

    #[test]
    #[should_panic(expected = "a_wait_sleeps: Panicked")]
    fn the_suite_names_the_claim() {
        timed_futex::<a_wait_does_not_sleep::Word>();
    }

    #[cfg(any(unix, windows))]
    #[test]
    #[should_panic(expected = "errno_is_kept: Panicked")]
    fn a_changed_errno_is_noticed() {
        keeps_errno::<a_wait_changes_errno::Word>();
    }
}
