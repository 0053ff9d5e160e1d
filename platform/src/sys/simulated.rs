//! The other systems, with their calls simulated on Linux.
//!
//! `openbsd/simulated.rs`, and so on, compiles `openbsd.rs` unchanged and defines the functions that it takes from its
//! system. They behave as the manual page and the source of the system say, rare answers included, and are built on Linux's
//! futex. This checks our code. It cannot show that the system itself behaves so.
//!
//! Constants from a system's headers are written out again there, so that a wrong one in our code is noticed.

#![allow(dead_code, unused_imports)] // A build for the tests of the whole workspace uses one of the systems only.

#[path = "apple/simulated.rs"]
mod apple;
#[path = "dragonfly/simulated.rs"]
mod dragonfly;
#[path = "freebsd/simulated.rs"]
mod freebsd;
#[path = "fuchsia/simulated.rs"]
mod fuchsia;
#[path = "netbsd/simulated.rs"]
mod netbsd;
#[path = "openbsd/simulated.rs"]
mod openbsd;

#[cfg(futex_event_simulated = "apple")]
pub(crate) use apple::system as chosen;
#[cfg(futex_event_simulated = "dragonfly")]
pub(crate) use dragonfly::system as chosen;
#[cfg(futex_event_simulated = "freebsd")]
pub(crate) use freebsd::system as chosen;
#[cfg(futex_event_simulated = "netbsd")]
pub(crate) use netbsd::system as chosen;
#[cfg(futex_event_simulated = "openbsd")]
pub(crate) use openbsd::system as chosen;

use super::unix::{pointer, timespec};
use super::Scope;
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use core::time::Duration;
use core::{ptr, slice};
use libc::{c_int, c_long, c_uint, c_void};
use std::{eprintln, process, thread_local};

/// What the call of every system does in the end: sleeps while the word is `expected`, until a wake, or for this time.
/// `None` is forever, and `Err` has Linux's error.
fn sleep(
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

/// NetBSD's and OpenBSD's: `name` must point at `namelen` numbers, and `oldp` at `*oldlenp` bytes. [man 3 sysctl]
#[no_mangle]
unsafe extern "C" fn simulated_sysctl(
    name: *const c_int,
    namelen: c_uint,
    oldp: *mut c_void,
    oldlenp: *mut usize,
    newp: *const c_void,
    _newlen: usize,
) -> c_int {
    // SAFETY: by the contract of this function.
    let (name, room) = unsafe { (slice::from_raw_parts(name, namelen as usize), *oldlenp) };
    // Not on the heap: tests count allocations.
    let value: Option<[u8; 4]> = match name {
        [1, 2] => Some(openbsd::release()),
        [1, 3] => netbsd::revision().map(c_int::to_ne_bytes),
        _ => reject("neither kern.osrelease nor kern.osrevision"),
    };
    if !newp.is_null() {
        reject("a new version");
    }
    match value {
        None => answer(libc::EPERM),
        Some(value) if value.len() > room => answer(libc::ENOMEM),
        Some(value) => {
            // SAFETY: there is room for the value.
            unsafe {
                ptr::copy_nonoverlapping(value.as_ptr(), oldp.cast(), value.len());
                *oldlenp = value.len();
            }
            0
        }
    }
}

/// Wakes up to `count` threads that sleep in this scope, and returns how many there were.
fn wake(scope: Scope, word: *const u32, count: c_int) -> c_long {
    let operation = libc::FUTEX_WAKE | flag(scope);
    // SAFETY: the kernel uses the address to find sleeping threads, and answers EFAULT if no memory can be there.
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

/// Returns as a call of the C library does: -1 with this `errno`, or zero if there is no error.
fn answer(error: c_int) -> c_int {
    if error == 0 {
        return 0;
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// Ends the process, for a call that the system would refuse as malformed. A refusal would only make our code slow, which a
/// test could miss.
fn reject(call: &str) -> ! {
    eprintln!("this system refuses such a call: {}", call);
    process::abort();
}

/// The time in a timespec that our code passes.
fn time(time: &libc::timespec) -> Duration {
    if time.tv_sec < 0 || !(0..1_000_000_000).contains(&time.tv_nsec) {
        reject("a timespec out of its range");
    }
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

thread_local! {
    static SCRIPT: Cell<Option<c_int>> = const { Cell::new(None) };
}

/// What a wait answers now and then instead of sleeping: these in turn.
fn rare_answer(answers: &[c_int]) -> Option<c_int> {
    static WAITS: AtomicUsize = AtomicUsize::new(0);
    const ONE_IN: usize = 16;

    let script = SCRIPT.with(Cell::get);
    if script.is_some() {
        return script;
    }
    let wait = WAITS.fetch_add(1, Relaxed);
    if wait % ONE_IN == 0 {
        Some(answers[wait / ONE_IN % answers.len()])
    } else {
        None
    }
}

/// Defines the words of a system that distinguishes private ones from shared ones, on the module `system`.
macro_rules! private_and_shared_words {
    ($system:ident, $private:ident, $shared:ident) => {
        word! {
            /// A word for one process.
            $private
        }
        sleeps_by!($private, $system, Scope::Private);

        word! {
            /// A word for several processes.
            $shared
        }
        sleeps_by!($shared, $system, Scope::Shared);
    };
}
pub(crate) use private_and_shared_words;

/// Claims about the words of the simulated systems.
#[cfg(test)]
mod claims {
    use super::*;
    use crate::{conformance, Deadline, TimedFutex};
    use std::string::{String, ToString};
    use std::thread::{self, JoinHandle};
    use std::time::Instant;
    use std::vec::Vec;

    /// The shortest pause after a wait that the system refuses.
    const PAUSE: Duration = Duration::from_millis(1);
    const WAITS: u32 = 20;

    /// The tests for words need time rather than CPUs. So they run on all words at the same time.
    #[test]
    fn the_words_conform() {
        let tests = [
            apple::tests::words(),
            dragonfly::tests::words(),
            freebsd::tests::words(),
            fuchsia::tests::words(),
            netbsd::tests::words(),
            openbsd::tests::words(),
        ];
        for word in tests.into_iter().flatten() {
            word.conforms();
        }
        apple::tests::assert_that_no_call_was_refused();
    }

    /// A thread that tests a word.
    pub(crate) struct Tests(JoinHandle<()>);

    impl Tests {
        pub(super) fn start<F: TimedFutex + Default + Send>(name: &str) -> Self {
            // Our code has no step in which a wake could be lost; the calls have. With few hand-offs a mistaken argument is
            // noticed, and with many the tests of everything else run on these calls too: see `.ci/simulated`.
            let hand_offs = if cfg!(futex_event_simulated) {
                50_000
            } else {
                5_000
            };
            let thread = thread::Builder::new().name(name.to_string());
            let running = thread.spawn(move || {
                conformance::timed_futex_in_hand_offs::<F>(hand_offs);
                conformance::keeps_errno::<F>();
            });
            Self(running.expect("a thread for the word"))
        }

        pub(super) fn conforms(self) {
            self.0.join().expect("it conforms");
        }
    }

    /// Starts the tests of these words.
    macro_rules! tests {
        ($($word:ty),+ $(,)?) => {
            std::vec![$(claims::Tests::start::<$word>(concat!(module_path!(), "::", stringify!($word)))),+]
        };
    }
    pub(super) use tests;

    /// How long each of some waits takes if the system answers so.
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

    /// A wait that returns early, until a distant deadline.
    fn early<F: TimedFutex>(word: &F) {
        let distant = Deadline::after(F::now(), Duration::from_secs(3_600));
        assert!(word.wait_until(0, distant), "false is early");
    }

    /// After these answers a wait returns at once, so that the caller checks the word, and no wait returns false.
    pub(super) fn check_again<F: TimedFutex + Default>(answers: &[c_int]) {
        for &answer in answers {
            // Any of them, because each may be interrupted.
            let is_quick = |durations: Vec<_>| durations.into_iter().any(|time| time < PAUSE);
            assert!(is_quick(durations(answer, |word: &F| word.wait(0))));
            assert!(is_quick(durations(answer, early::<F>)), "{}", answer);
        }
    }

    /// These answers are refusals, after which a wait pauses.
    pub(super) fn pause<F: TimedFutex + Default>(answers: &[c_int]) {
        for &answer in answers {
            let is_slow = |durations: Vec<_>| durations.into_iter().all(|time| time >= PAUSE);
            assert!(is_slow(durations(answer, |word: &F| word.wait(0))));
            assert!(is_slow(durations(answer, early::<F>)), "{}", answer);
        }
    }

    /// A wait on such a word returns without a wake, because it polls.
    pub(super) fn is_polled<F: TimedFutex + Default + Send>() {
        let word = F::default();
        // No thread wakes it.
        word.wait(0);

        let shortest = (0..100).map(|_| {
            let begin = Instant::now();
            word.wait(1);
            begin.elapsed()
        });
        // It does not pause if the word has another value.
        assert!(shortest.min() < Some(PAUSE));

        let deadline = Deadline::after(F::now(), Duration::from_millis(20));
        let mut returns = 0;
        while word.wait_until(0, deadline) {
            returns += 1;
        }
        assert!(deadline.has_passed(F::now()));
        assert!(returns <= 20, "it does not pause");
        conformance::keeps_errno::<F>();
    }
}
