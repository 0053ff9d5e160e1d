//! What the events rely on, asked of the words alone.

mod common;

use common::{until, until_parked, TimedWord, Watched, Word};
use futex_event::platform::{Deadline, FallbackFutex, Futex, PrivateFutex};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

#[test]
fn a_wait_for_another_value_returns() {
    fn claim<F: Word>() {
        let word = F::default();
        word.fetch_or(1, Relaxed);
        word.wait(0);
        word.wait(2);
    }
    claim::<PrivateFutex>();
    claim::<FallbackFutex>();
}

#[test]
fn a_timed_wait_for_another_value_returns_before_its_deadline() {
    fn claim<F: TimedWord>() {
        let word = F::default();
        word.fetch_or(1, Relaxed);
        assert!(word.wait_until(0, Deadline::NEVER));
        assert!(word.wait_until(0, Deadline::after(F::now(), common::PATIENCE)));
    }
    claim::<PrivateFutex>();
    claim::<FallbackFutex>();
}

#[test]
fn a_wait_returns_false_at_its_deadline_and_not_before() {
    fn claim<F: TimedWord>() {
        let word = F::default();
        let deadline = Deadline::after(F::now(), Duration::from_millis(5));
        while word.wait_until(0, deadline) {}
        assert!(deadline.has_passed(F::now()));
        assert!(!word.wait_until(0, deadline));
    }
    claim::<PrivateFutex>();
    claim::<FallbackFutex>();
}

#[test]
fn wake_one_wakes_one_and_wake_all_the_rest() {
    fn claim<F: Word>() {
        let word = Watched::<F>::default();
        let woken = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    word.wait(0);
                    woken.fetch_add(1, Relaxed);
                });
            }
            until_parked(&word, 4);
            for expected in 1..=2 {
                Watched::wake_one(&word);
                until(|| woken.load(Relaxed) == expected);
                until_parked(&word, 4 - expected as usize);
            }
            Watched::wake_all(&word);
        });
        assert_eq!(woken.load(Relaxed), 4);
    }
    claim::<PrivateFutex>();
    claim::<FallbackFutex>();
}

#[test]
fn wake_one_wakes_the_thread_that_has_slept_longest() {
    fn claim<F: Word>() {
        const SLEEPERS: usize = 3;
        let word = Watched::<F>::default();
        let woken = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let (word, woken) = (&word, &woken);
            for number in 0..SLEEPERS {
                scope.spawn(move || {
                    word.wait(0);
                    woken.lock().unwrap().push(number);
                });
                until_parked(word, number + 1);
            }
            for number in 0..SLEEPERS {
                Watched::wake_one(word);
                until(|| woken.lock().unwrap().len() > number);
            }
        });
        assert_eq!(*woken.lock().unwrap(), [0, 1, 2]);
    }
    // Other systems do not say.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    claim::<PrivateFutex>();
    claim::<FallbackFutex>();
}

#[test]
fn a_wake_is_for_one_word() {
    fn claim<F: Word>() {
        // More than the fallback has queues, so that some share one.
        const WORDS: usize = 150;
        let words: Vec<_> = (0..WORDS).map(|_| Watched::<F>::default()).collect();
        let woken = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let woken = &woken;
            for (number, word) in words.iter().enumerate() {
                scope.spawn(move || {
                    word.wait(0);
                    woken.lock().unwrap().push(number);
                });
            }
            for word in &words {
                until_parked(word, 1);
            }
            for (number, word) in words.iter().enumerate() {
                if number % 2 == 0 {
                    Watched::wake_one(word);
                } else {
                    Watched::wake_all(word);
                }
                until(|| woken.lock().unwrap().len() > number);
            }
        });
        assert!(woken.lock().unwrap().iter().copied().eq(0..WORDS));
    }
    claim::<PrivateFutex>();
    claim::<FallbackFutex>();
}
