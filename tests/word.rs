//! What the tests and the events rely on beyond what every word promises. Not on a simulated system,
//! where some sleeps end spuriously.

#![cfg(not(futex_event_simulated))]

mod common;

use common::{until, until_parked, Watched, Word};
use futex_event::platform::{FallbackFutex, Futex, PrivateFutex};
use std::sync::Mutex;
use std::thread;

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
