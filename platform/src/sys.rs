//! The systems: which of them the crate is compiled for, and what each one provides.
//!
//! A system is a module with three functions. The words in `word.rs` are made from them.
//!
//! | function | what it does |
//! | --- | --- |
//! | `now() -> Duration` | reads the clock that deadlines are on, as [`TimedFutex::now`](crate::TimedFutex::now) |
//! | `wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, scope: Scope) -> bool` | sleeps, as [`TimedFutex::wait_until`](crate::TimedFutex::wait_until) |
//! | `wake(word: *const AtomicU32, count: Count, scope: Scope)` | wakes threads that sleep on the word at this address, which may be gone |

/// Which threads may sleep on a word, and wake those that do. A system that makes no difference ignores it.
#[allow(dead_code)] // Some systems have private words only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The threads of this process.
    Private,
    /// The threads of every process that has the memory of the word mapped, at any address.
    Shared,
}

/// How many threads a wake wakes.
#[allow(dead_code)] // Without a futex and without std, no word wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    One,
    All,
}

#[allow(dead_code)] // Some systems have a call for each, or another number for all.
impl Count {
    /// As a number of threads, for calls that take an `int`, or a wider type, and wake at most so many.
    pub(crate) fn at_most(self) -> u32 {
        match self {
            Self::One => 1,
            Self::All => i32::MAX as u32,
        }
    }
}

#[cfg(feature = "std")]
pub(crate) mod fallback;
mod nap;
#[cfg(any(
    all(test, target_os = "linux", not(futex_event_fallback)),
    futex_event_simulated
))]
mod simulated;
mod units;

/// Makes the private word sleep by this module.
#[allow(unused_macros)] // Unused without a futex and without std.
macro_rules! private_words_sleep_by {
    ($system:path) => {
        #[allow(unused_imports)]
        // With `futex_event_fallback`, some systems have no use for it.
        use $system as system;

        #[cfg(not(futex_event_fallback))]
        sleeps_by!(crate::PrivateFutex, system, Scope::Private);
    };
}

cfg_if::cfg_if! {
    if #[cfg(futex_event_simulated)] {
        private_words_sleep_by!(simulated::chosen);
    } else if #[cfg(any(target_os = "linux", target_os = "android"))] {
        mod linux;
        private_words_sleep_by!(linux);
    } else if #[cfg(target_vendor = "apple")] {
        mod apple;
        private_words_sleep_by!(apple);
    } else if #[cfg(target_os = "dragonfly")] {
        mod dragonfly;
        private_words_sleep_by!(dragonfly);
    } else if #[cfg(target_os = "freebsd")] {
        mod freebsd;
        private_words_sleep_by!(freebsd);
    } else if #[cfg(target_os = "netbsd")] {
        mod netbsd;
        private_words_sleep_by!(netbsd);
    } else if #[cfg(target_os = "openbsd")] {
        mod openbsd;
        private_words_sleep_by!(openbsd);
    } else if #[cfg(target_os = "fuchsia")] {
        mod fuchsia;
        private_words_sleep_by!(fuchsia);
    } else if #[cfg(all(windows, not(target_vendor = "win7")))] {
        mod windows;
        private_words_sleep_by!(windows);
    } else if #[cfg(feature = "std")] {
        private_words_sleep_by!(fallback);
    }
}

// `futex_event_fallback` is for tests.
#[cfg(all(futex_event_fallback, feature = "std"))]
sleeps_by!(crate::PrivateFutex, fallback, Scope::Private);

cfg_if::cfg_if! {
    // Those with the C library; the same list as in `Cargo.toml`.
    if #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "netbsd",
        target_os = "dragonfly"
    ))] {
        mod shared;
        mod sysctl;
        mod unix;
        mod without_futex;
        pub use shared::SharedFutex;
        pub(crate) use unix::in_each_child;
    } else {
        mod not_shared;
        pub use not_shared::NoSharedFutexOnThisSystem;

        /// There is no `fork` here, or no C library that announces it.
        #[allow(dead_code)] // As above.
        pub(crate) fn in_each_child(_: unsafe extern "C" fn()) -> bool {
            true
        }
    }
}
