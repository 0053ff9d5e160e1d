//! The backends of other systems, run on Linux with their systems' calls simulated.
//!
//! Each file in `simulated/` compiles one backend unchanged and defines the functions that the backend takes from its
//! system. They behave as the system's manual page and source say, rare answers included, and are built on Linux's futex.
//! This checks the backend. It cannot show that the system itself behaves so.
//!
//! Constants from a system's headers are written out again there, so that a wrong one in a backend is noticed.

#![allow(dead_code, unused_imports)] // A build for tests of the whole workspace uses one of the backends only.

/// What is claimed of each word of a system: `conform!(claim: Word, ...)`.
macro_rules! conform {
    ($($claim:ident: $word:ident),+) => {
        #[cfg(test)]
        mod words {
            use super::*;
            use crate::conformance;

            $(
                #[test]
                fn $claim() {
                    conformance::timed_futex::<$word>();
                }
            )+

            #[test]
            fn calls_keep_errno() {
                $(conformance::keeps_errno::<$word>();)+
            }
        }
    };
}

/// The words of a system that tells private ones from shared ones, on the module `backend`.
macro_rules! private_and_shared_words {
    () => {
        word! {
            /// A word for one process.
            Private
        }
        sleeps_by!(Private, backend(Scope::Private));

        word! {
            /// A word for several.
            Shared
        }
        sleeps_by!(Shared, backend(Scope::Shared));

        conform!(the_private_word_conforms: Private, the_shared_word_conforms: Shared);
    };
}

pub(crate) mod apple;
pub(crate) mod dragonfly;
pub(crate) mod freebsd;
pub(crate) mod fuchsia;
pub(crate) mod netbsd;
pub(crate) mod openbsd;

use crate::unix::{pointer, timespec};
use crate::word::Scope;
use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use core::time::Duration;
use libc::{c_int, c_long};
use std::{eprintln, process, thread_local};

/// What a system's call does in the end: sleeps while the word is `expected`, until a wake or for this long, or for ever.
/// `Err` with Linux's error.
fn sleep(word: *const u32, expected: u32, time: Option<Duration>) -> Result<(), c_int> {
    sleep_in(Scope::Shared, word, expected, time)
}

/// As [`sleep`], only that a wake in the other scope does not find the sleeper.
fn sleep_in(
    scope: Scope,
    word: *const u32,
    expected: u32,
    time: Option<Duration>,
) -> Result<(), c_int> {
    let operation = libc::FUTEX_WAIT | flag(scope);
    let time = time.map(timespec);
    // SAFETY: the kernel reads the word, or answers EFAULT, and reads the time, which is valid or null.
    let answer =
        unsafe { libc::syscall(libc::SYS_futex, word, operation, expected, pointer(&time)) };
    result(answer).map(|_| ())
}

/// Wakes up to `count` sleepers, and returns how many there were.
fn wake(word: *const u32, count: c_int) -> c_long {
    wake_in(Scope::Shared, word, count)
}

/// As [`wake`], for those who went to sleep in this scope.
fn wake_in(scope: Scope, word: *const u32, count: c_int) -> c_long {
    let operation = libc::FUTEX_WAKE | flag(scope);
    // SAFETY: the kernel uses the address to find sleepers, and answers EFAULT if it cannot be one.
    let answer = unsafe { libc::syscall(libc::SYS_futex, word, operation, count) };
    result(answer).unwrap_or(0)
}

fn flag(scope: Scope) -> c_int {
    match scope {
        Scope::Private => libc::FUTEX_PRIVATE_FLAG,
        Scope::Shared => 0,
    }
}

fn result(answer: c_long) -> Result<c_long, c_int> {
    if answer >= 0 {
        return Ok(answer);
    }
    // SAFETY: the C library gives each thread an `errno`.
    Err(unsafe { *libc::__errno_location() })
}

/// Answers as a call of the C library does: -1 and this `errno`, or zero without an error.
fn answer(error: c_int) -> c_int {
    if error == 0 {
        return 0;
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// Ends the process. For a call that the system would refuse as malformed: to refuse it would only make the backend
/// slow, which a test could miss.
fn reject(call: &str) -> ! {
    eprintln!("a call that its system does not take: {}", call);
    process::abort();
}

/// The time of a timespec that a backend passes.
fn time(time: &libc::timespec) -> Duration {
    if time.tv_sec < 0 || !(0..1_000_000_000).contains(&time.tv_nsec) {
        reject("a timespec out of its range");
    }
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

thread_local! {
    static SCRIPT: Cell<Option<c_int>> = const { Cell::new(None) };
}

/// What a wait answers instead of sleeping: now and then one of these, in turn.
fn odd_answer(odd: &[c_int]) -> Option<c_int> {
    static WAITS: AtomicUsize = AtomicUsize::new(0);
    const ONE_IN: usize = 16;

    let script = SCRIPT.with(Cell::get);
    if script.is_some() {
        return script;
    }
    let wait = WAITS.fetch_add(1, Relaxed);
    if wait % ONE_IN == 0 {
        Some(odd[wait / ONE_IN % odd.len()])
    } else {
        None
    }
}

/// Claims about the answers of a simulated wait.
#[cfg(test)]
mod claims {
    use super::*;
    use crate::{Deadline, TimedFutex};
    use std::time::Instant;
    use std::vec::Vec;

    /// That of a wait which the system refuses, at least.
    const PAUSE: Duration = Duration::from_millis(1);
    const WAITS: u32 = 20;

    /// How long each of some waits takes that the system answers so.
    fn durations<F: TimedFutex + Default>(answer: c_int, wait: impl Fn(&F)) -> Vec<Duration> {
        let word = F::default();
        SCRIPT.with(|script| script.set(Some(answer)));
        let durations = (0..WAITS)
            .map(|_| {
                let begin = Instant::now();
                wait(&word);
                begin.elapsed()
            })
            .collect();
        SCRIPT.with(|script| script.set(None));
        durations
    }

    /// An early wait until a deadline that is far.
    fn early<F: TimedFutex>(word: &F) {
        let far = Deadline::after(F::now(), Duration::from_secs(3_600));
        assert!(word.wait_until(0, far), "false is early");
    }

    /// These answers send the caller back to the word at once, and none says that the deadline has passed.
    pub(super) fn look_again<F: TimedFutex + Default>(answers: &[c_int]) {
        for &answer in answers {
            // Any of them, since each may be interrupted.
            let is_quick = |durations: Vec<_>| durations.into_iter().any(|time| time < PAUSE);
            assert!(is_quick(durations(answer, |word: &F| word.wait(0))));
            assert!(is_quick(durations(answer, early::<F>)), "{}", answer);
        }
    }

    /// These answers are refusals, after which the caller is paced.
    pub(super) fn pause<F: TimedFutex + Default>(answers: &[c_int]) {
        for &answer in answers {
            let is_slow = |durations: Vec<_>| durations.into_iter().all(|time| time >= PAUSE);
            assert!(is_slow(durations(answer, |word: &F| word.wait(0))));
            assert!(is_slow(durations(answer, early::<F>)), "{}", answer);
        }
    }
}
