//! The tests that a word must pass before events use it.
//!
//! They are for the author of a [`Futex`]. They need the feature `conformance`, which only tests enable:
//!
//! ```toml
//! [dev-dependencies]
//! futex-event = { version = "0.2", features = ["conformance"] }
//! ```
//!
//! Call [`timed_futex`] in a test, or [`futex`] if the word cannot time out. If the word does not meet a claim, both panic with
//! the name of the claim. In this example the word under test is [`FallbackFutex`](crate::FallbackFutex). `futex-event` has
//! this crate under the name `futex_event::platform`:
//!
//! ```
//! use futex_event_platform::{conformance, FallbackFutex};
//!
//! conformance::timed_futex::<FallbackFutex>();
//! ```
//!
//! A word may wake threads spuriously, and there is no way to ask it whether a thread is asleep. So the tests check what
//! events rely on, in enough rounds for a mistake to be noticed: no thread sleeps through a change, no wake is lost, no
//! deadline passes early, and a sleep is a sleep.
//!
//! A word under test starts as zero, by `Default`.

use crate::{Deadline, Futex, TimedFutex};
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::time::Duration;
use std::boxed::Box;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Instant;
use std::vec::Vec;

/// A claim that takes longer hangs. With hand-offs of some microseconds, a claim takes a second or two.
const PATIENCE: Duration = Duration::from_secs(300);
const HAND_OFFS: u32 = 50_000;
/// A wait that returns more often than this in a fraction of a second does not sleep.
const RETURNS: u32 = 1_000;

macro_rules! claims {
    ($($claim:ident,)*) => { [$(Running::start(stringify!($claim), $claim::<F>)),*] };
}

/// Panics unless the word meets the claims of every [`Futex`].
///
/// It blocks for some seconds, or for minutes if a wake is lost. Then it leaves a sleeping thread behind. The claims run at
/// the same time, each on a thread of its own.
pub fn futex<F: Futex + Default + Send>() {
    check(untimed::<F>());
    check(claims![no_wake_is_lost_in_hand_offs,]);
}

/// Panics unless the word meets the claims of every [`TimedFutex`], which include those of every [`Futex`].
///
/// It blocks as [`futex`] does.
pub fn timed_futex<F: TimedFutex + Default + Send>() {
    timed_futex_in_hand_offs::<F>(HAND_OFFS);
}

/// As [`timed_futex`], with another number of hand-offs.
pub(crate) fn timed_futex_in_hand_offs<F: TimedFutex + Default + Send>(hand_offs: u32) {
    let timed = timed::<F>();
    check(untimed::<F>());
    let hand_offs = Running::start("no_wake_is_lost_in_timed_hand_offs", move || {
        no_wake_is_lost_in_timed_hand_offs::<F>(hand_offs)
    });
    check(timed);
    check([hand_offs]);
}

/// Panics unless the calls of the word leave `errno`, or on Windows the thread's last error, as they found it.
///
/// [`PrivateFutex`](crate::PrivateFutex) and `SharedFutex` promise this on systems with a futex. Other words need not.
#[cfg(any(unix, windows))]
pub fn keeps_errno<F: TimedFutex + Default + Send>() {
    check([Running::start("errno_is_kept", || {
        /// Sets `errno` to an error of no wait and no wake: ENOTDIR, or on Windows that there is no such path.
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
    })]);
}

fn untimed<F: Futex + Default + Send>() -> [Running; 9] {
    claims![
        a_word_starts_as_zero_and_changes_like_an_atomic,
        a_wait_for_another_value_returns,
        a_wait_sleeps,
        wake_all_wakes_all,
        wake_one_wakes_one,
        a_wake_reaches_the_sleepers_of_its_word,
        a_freed_word_may_be_woken,
        there_is_one_table,
        the_clock_of_spins_advances_and_never_goes_back,
    ]
}

fn timed<F: TimedFutex + Default + Send>() -> [Running; 5] {
    claims![
        the_clock_is_monotonic_and_counts_in_seconds,
        a_timed_wait_for_another_value_returns_before_its_deadline,
        a_deadline_that_has_passed_ends_a_wait,
        false_is_never_early,
        a_distant_deadline_is_distant,
    ]
}

fn check<const CLAIMS: usize>(claims: [Running; CLAIMS]) {
    for claim in claims {
        if let Err(failure) = claim.verdict(PATIENCE) {
            panic!("{}: {:?}", claim.name, failure);
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// Its message has been printed under the name of the claim.
    Panicked,
    SleptForever,
}

/// A claim on a thread of its own, so that one that hangs can be named.
struct Running {
    name: &'static str,
    result: Receiver<()>,
}

impl Running {
    fn start(name: &'static str, run: impl FnOnce() + Send + 'static) -> Self {
        let (sender, result) = mpsc::channel();
        let thread = thread::Builder::new().name(name.into());
        let running = thread.spawn(move || {
            run();
            let _ = sender.send(());
        });
        running.expect("a thread for the claim");
        Self { name, result }
    }

    fn verdict(&self, patience: Duration) -> Result<(), Failure> {
        self.result
            .recv_timeout(patience)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => Failure::SleptForever,
                RecvTimeoutError::Disconnected => Failure::Panicked,
            })
    }
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

/// Also on values that a conversion to another type could change, so that they never equal the word.
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

/// Two threads take turns, and each sleeps by `sleep(word, turn)` while it is the other's turn. If one sleeps through a change,
/// or a wake is lost, both sleep forever.
fn hand_off<F: Futex + Default + Send>(hand_offs: u32, sleep: impl Fn(&F, u32) + Sync) {
    let word = F::default();
    let play = |player: u32| {
        for mine in (player..hand_offs).step_by(2) {
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
    assert_eq!(word.load(Relaxed), hand_offs);
}

fn no_wake_is_lost_in_hand_offs<F: Futex + Default + Send>() {
    hand_off::<F>(HAND_OFFS, Futex::wait);
}

fn no_wake_is_lost_in_timed_hand_offs<F: TimedFutex + Default + Send>(hand_offs: u32) {
    // The deadline is too distant to make up for a lost wake.
    let far = Deadline::after(F::now(), 2 * PATIENCE);
    hand_off::<F>(hand_offs, |word, turn| match turn % 4 {
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
            // Some sleep by then, some are about to, others have just woken.
            while here.load(Relaxed) < (round + 1) * THREADS {
                thread::yield_now();
            }
            word.fetch_add(1, Release);
            F::wake_all(&word);
        }
    });
}

/// Each of two sleepers leaves when it is woken, whatever the word. Now and then both leave, because a sleep may end
/// spuriously. If both leave in most rounds, the word wakes too many. The test waits until one of them leaves.
fn wake_one_wakes_one<F: Futex + Default>() {
    let pause = Duration::from_millis(5);
    let mut balance = 0;
    while (-40..5).contains(&balance) {
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
            balance += if gone.load(Relaxed) == 1 { 1 } else { -1 };
            while gone.load(Relaxed) < 2 {
                F::wake_one(&word);
                thread::yield_now();
            }
        });
    }
    assert_eq!(balance, 5, "it wakes more than one");
}

/// Many adjacent words: if sleepers are in a table, some words share a place in it.
fn a_wake_reaches_the_sleepers_of_its_word<F: Futex + Default>() {
    for _ in 0..5 {
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

fn the_clock_of_spins_advances_and_never_goes_back<F: Futex + Default>() {
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
    let advances = (0..1_000_000).any(|_| clock() > begun);
    assert!(advances, "it stands still");
}

fn the_clock_is_monotonic_and_counts_in_seconds<F: TimedFutex + Default>() {
    let mut last = F::now();
    for _ in 0..1_000 {
        let now = F::now();
        assert!(now >= last, "{:?} after {:?}", now, last);
        last = now;
    }

    // One clock is read between two readings of the other. The tolerance is a tick of the coarsest clock in use.
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

/// Waits until the deadline on a word that no thread changes.
fn wait_for_false<F: TimedFutex>(word: &F, deadline: Deadline) {
    let mut returns = 0;
    while word.wait_until(0, deadline) {
        returns += 1;
        assert!(returns < RETURNS, "it does not sleep, or never ends");
    }
}

/// Times that a conversion that overflows would make past, present, or near.
fn a_distant_deadline_is_distant<F: TimedFutex + Default>() {
    const SECOND: u128 = 1_000_000_000;
    // A little more than what is cut off, for the time that passes until then.
    let spare = SECOND / 1_000;
    let powers = [31, 32, 63, 64].map(|power| 1_u128 << power);
    let units = [1, 1_000, 1_000_000, SECOND];
    let mut distant: Vec<_> = powers
        .iter()
        .flat_map(|power| units.map(|unit| power * unit + spare))
        .filter(|time| *time < Duration::MAX.as_nanos())
        .map(|time| Duration::new((time / SECOND) as u64, (time % SECOND) as u32))
        .collect();
    distant.push(Duration::MAX - F::now() - PATIENCE);
    distant.push(Duration::MAX);

    let words: Vec<F> = distant.iter().map(|_| F::default()).collect();
    let here = AtomicU32::new(0);
    thread::scope(|scope| {
        for (word, &time) in words.iter().zip(&distant) {
            let here = &here;
            scope.spawn(move || {
                here.fetch_add(1, Relaxed);
                let deadline = Deadline::after(F::now(), time);
                let mut returns = 0;
                // The nearest is two seconds away. On a busy machine it may come before the wake.
                while word.load(Acquire) == 0 && !deadline.has_passed(F::now()) {
                    let in_time = word.wait_until(0, deadline) || deadline.has_passed(F::now());
                    assert!(in_time, "{:?} are over", time);
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

/// The claims notice mistakes.
#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::sys::{fallback, Count, Scope};

    /// Sleeps on a word with the fallback.
    fn sleep_by_fallback(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
        fallback::wait_until(word, expected, deadline, Scope::Private)
    }

    /// Wakes a thread of a word with the fallback, or all.
    fn wake_by_fallback(word: *const AtomicU32, count: Count) {
        fallback::wake(word, count, Scope::Private);
    }

    /// Waits for the time that a mistaken conversion makes of the remaining time, and does not read the clock after that.
    fn wait_for(
        word: &AtomicU32,
        expected: u32,
        deadline: Deadline,
        convert: fn(Duration) -> Duration,
    ) -> bool {
        let now = fallback::now();
        let left = deadline.remaining(|| now).unwrap_or(Duration::MAX);
        sleep_by_fallback(word, expected, Deadline::after(now, convert(left)))
    }

    /// Makes words that sleep as the fallback does, except for the functions that are replaced by mistaken ones.
    macro_rules! mistaken {
        ($($mistake:ident: { $($function:item)* })*) => {$(
            #[allow(dead_code)] // On a system without `errno`, one of them is not used.
            mod $mistake {
                #[allow(unused_imports)]
                use super::*;

                mod system {
                    #[allow(unused_imports)]
                    use super::*;
                    #[allow(unused_imports)]
                    pub(crate) use crate::sys::fallback::*;
                    $($function)*
                }
                word! {
                    /// The fallback, with a mistake.
                    Word
                }
                sleeps_by!(Word, system, Scope::Private);
            }
        )*};
    }

    mistaken! {
        a_wait_does_not_compare: {
            pub(crate) fn wait_until(word: &AtomicU32, _: u32, deadline: Deadline, _: Scope) -> bool {
                sleep_by_fallback(word, word.load(Relaxed), deadline)
            }
        }
        a_wait_compares_before_it_sleeps: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                if word.load(Relaxed) != expected {
                    return true;
                }
                thread::yield_now();
                sleep_by_fallback(word, word.load(Relaxed), deadline)
            }
        }
        a_wait_changes_errno: {
            pub(crate) fn wait_until(_: &AtomicU32, _: u32, deadline: Deadline, _: Scope) -> bool {
                // Another error than that of a path through something that is no folder, also on Windows.
                let _ = std::fs::File::open("a file that does not exist");
                !deadline.has_passed(now())
            }
        }
        a_wait_does_not_sleep: {
            pub(crate) fn wait_until(_: &AtomicU32, _: u32, deadline: Deadline, _: Scope) -> bool {
                !deadline.has_passed(now())
            }
        }
        wake_one_wakes_all: {
            pub(crate) fn wake(word: *const AtomicU32, _: Count, _: Scope) {
                wake_by_fallback(word, Count::All);
            }
        }
        wake_all_wakes_one: {
            pub(crate) fn wake(word: *const AtomicU32, _: Count, _: Scope) {
                wake_by_fallback(word, Count::One);
            }
        }
        a_wake_goes_to_the_next_word: {
            pub(crate) fn wake(word: *const AtomicU32, count: Count, _: Scope) {
                wake_by_fallback(word.wrapping_add(1), count);
            }
        }
        one_wake_in_thousands_is_lost: {
            pub(crate) fn wake(word: *const AtomicU32, count: Count, _: Scope) {
                static WAKES: AtomicU32 = AtomicU32::new(0);
                if WAKES.fetch_add(1, Relaxed) % 4_096 != 4_095 {
                    wake_by_fallback(word, count);
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
        a_timed_wait_hears_no_wake: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                let elsewhere = AtomicU32::new(word.load(Relaxed));
                sleep_by_fallback(&elsewhere, expected, deadline)
            }
        }
        a_deadline_is_rounded_down_to_milliseconds: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                wait_for(word, expected, deadline, |left| Duration::from_millis(left.as_millis() as u64))
            }
        }
        a_deadline_is_cut_to_32_bits_of_milliseconds: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                wait_for(word, expected, deadline, |left| Duration::from_millis(u64::from(left.as_millis() as u32)))
            }
        }
        a_deadline_is_cut_to_64_bits_of_nanoseconds: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                wait_for(word, expected, deadline, |left| Duration::from_nanos(left.as_nanos() as u64))
            }
        }
        never_is_at_once: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                deadline != Deadline::NEVER && sleep_by_fallback(word, expected, deadline)
            }
        }
        zero_is_forever: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                let passed = deadline.has_passed(now());
                let deadline = if passed { Deadline::NEVER } else { deadline };
                sleep_by_fallback(word, expected, deadline)
            }
        }
        a_deadline_is_never_over: {
            pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
                sleep_by_fallback(word, expected, deadline);
                true
            }
        }
        the_clock_stands_still: {
            pub(crate) fn now() -> Duration {
                Duration::ZERO
            }
        }
    }

    /// Runs the claims on the mistaken words, all at the same time, and asserts that they fail in this way.
    macro_rules! assert_noticed {
        ($failure:ident after $patience:expr, $($claim:ident: $($mistake:ident),*;)*) => {
            thread::scope(|scope| {$($(
                scope.spawn(|| {
                    let claim = stringify!($claim);
                    let running = Running::start(claim, $claim::<$mistake::Word>);
                    let verdict = running.verdict($patience);
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
            the_clock_of_spins_advances_and_never_goes_back: the_clock_stands_still, the_clock_goes_back;
            a_deadline_that_has_passed_ends_a_wait: a_deadline_is_never_over;
            false_is_never_early:
                a_wait_does_not_sleep, a_deadline_is_rounded_down_to_milliseconds;
            a_distant_deadline_is_distant:
                a_deadline_is_cut_to_32_bits_of_milliseconds,
                a_deadline_is_cut_to_64_bits_of_nanoseconds,
                never_is_at_once;
        }
    }

    #[test]
    fn mistakes_make_claims_hang() {
        assert_noticed! { SleptForever after Duration::from_secs(2),
            a_wait_for_another_value_returns: a_wait_does_not_compare;
            wake_all_wakes_all: wake_all_wakes_one;
            a_wake_reaches_the_sleepers_of_its_word: a_wake_goes_to_the_next_word;
            no_wake_is_lost_in_hand_offs:
                a_wait_compares_before_it_sleeps, one_wake_in_thousands_is_lost;
            a_timed_wait_for_another_value_returns_before_its_deadline: a_wait_does_not_compare;
            a_deadline_that_has_passed_ends_a_wait: zero_is_forever;
            a_distant_deadline_is_distant: a_timed_wait_hears_no_wake;
        }
    }

    #[test]
    #[should_panic(expected = "wake_one_wakes_one: Panicked")]
    fn the_suite_names_the_claim() {
        timed_futex::<wake_one_wakes_all::Word>();
    }

    #[cfg(any(unix, windows))]
    #[test]
    #[should_panic(expected = "errno_is_kept: Panicked")]
    fn a_changed_errno_is_noticed() {
        keeps_errno::<a_wait_changes_errno::Word>();
    }
}
